/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table from kinds of errors to exit statuses: the only one. */
#include "cli/exit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/old_fault.h"
#include "base/log.h"

int exit_of_error(const struct err *e, int signal)
{
	static const int statuses[ERR_KINDS] = {
		[ERR_NONE] = EXIT_ALL_THERE, [ERR_USAGE] = EXIT_USAGE, [ERR_SYSTEM] = EXIT_LOCAL, [ERR_SPACE] = EXIT_LOCAL,
		[ERR_TOOL] = EXIT_USAGE, [ERR_INPUT] = EXIT_USAGE, [ERR_UNREACHABLE] = EXIT_FOR_NOW, [ERR_BUSY] = EXIT_FOR_NOW,
		[ERR_REFUSED] = EXIT_FOR_GOOD, [ERR_TIMEOUT] = EXIT_FOR_NOW, [ERR_ABORTED] = EXIT_FOR_NOW,
		[ERR_PROTOCOL] = EXIT_ERROR, [ERR_LOCKED] = EXIT_LOCKED, [ERR_LIMIT] = EXIT_LIMIT, [ERR_INTERRUPTED] = EXIT_SIGNAL,
	};

	if (e->kind == ERR_INTERRUPTED)
		return EXIT_SIGNAL + (signal ? signal : 2);
	return statuses[e->kind];
}

int exit_of_run(const struct plan *plan, const struct run_result *result, int signal)
{
	bool some_good = false, some_bad = false;

	if (result->interrupted)
		return EXIT_SIGNAL + (signal ? signal : 2);
	if (result->fatal.kind)
		return exit_of_error(&result->fatal, signal);
	for (size_t i = 0; i < plan->count; i++) {
		enum verdict v = plan->studies[i].verdict;

		some_bad |= !verdict_is_good(v) && v != VERDICT_WANTED && !plan_study_cut(&plan->studies[i]);
		some_good |= (v != VERDICT_SKIPPED && verdict_is_good(v)) || v == VERDICT_INCOMPLETE || v == VERDICT_EMPTY;
	}
	if (result->limit)
		return EXIT_LIMIT;
	if (some_bad && !some_good && result->last.kind)
		return exit_of_error(&result->last, signal);
	return some_bad && !old_fault("incomplete-ends-with-0") ? EXIT_INCOMPLETE : EXIT_ALL_THERE;
}

int exit_with(const struct err *e, int signal)
{
	log_line(e->kind == ERR_LIMIT ? LOG_WARNING : LOG_ERROR, "%s", e->text);	/* nothing is wrong: not under --quiet */
	return exit_of_error(e, signal);
}

void exit_guard_streams(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO)
		;
	if (fd >= 0)
		close(fd);
}

/* The reader of our pipe has gone, as head does: it has what it wanted. */
static bool reader_left(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}

int exit_flushed(int status)
{
	bool failed = ferror(stdout);

	errno = 0;
	failed |= fflush(stdout) != 0;
	if (!failed || reader_left())
		return status;
	log_error("not all could be written to standard output%s%s", errno ? ": " : "", errno ? strerror(errno) : "");
	return status ? status : EXIT_LOCAL;
}
