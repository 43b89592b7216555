/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr echo: is the PACS there, and does it let us in? */
#include <stdio.h>
#include <stdlib.h>

#include "base/child.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/work.h"
#include "wrappers/echoscu.h"

static const struct opt *const tables[] = { options_node, options_general, NULL };

const struct opt_command command_echo = {
	.name = "dicom-qr echo",
	.synopsis = "NODE [options]",
	.summary = "ask whether a PACS is there (C-ECHO)",
	.description = "Sends a C-ECHO and says whether the PACS answered, or why it did not and what to do.",
	.examples = "dicom-qr echo pacs://server:11112 --aet MY_AET --called-aet PACS",
	.tables = tables,
};

struct echo {
	struct dcmtk_reading said;
	struct child_result result;
	bool over;
};

static void line(void *owner, enum stream from, const char *text, size_t len)
{
	(void)from;
	dcmtk_line(&((struct echo *)owner)->said, text, len);
}

static void done(void *owner, const struct child_result *result)
{
	struct echo *echo = owner;

	echo->result = *result;
	echo->over = true;
}

static bool over(void *owner)
{
	return ((struct echo *)owner)->over;
}

static void interrupted(void *owner)
{
	(void)owner;
	child_stop_all(false);
}

static int ask(struct session *s, const struct peer *peer, const struct values *v, struct err *e)
{
	static const struct child_hooks hooks = { line, done };
	const struct child_limits limits = { 0 };
	struct echo echo = { .over = false };
	struct err trouble = { ERR_NONE, "" };
	struct command *command = echoscu_command(&s->dcmtk, peer);
	int failed = -1;

	log_debug("%s", command_text(command));
	dcmtk_reading_init(&echo.said, SERVICE_ECHO);
	s->on_interrupt = interrupted;
	if (child_start(s->loop, command, &limits, &hooks, &echo, e))
		failed = session_run(s, over, &echo, e);
	if (!failed && s->signal)
		err_set(&trouble, ERR_INTERRUPTED, "stopped");
	if (!failed)
		failed = dcmtk_verdict(&echo.said, trouble.kind ? &trouble : NULL, peer, NULL, 0, e);
	if (!failed && !v->quiet)
		printf("%s at %s:%d answered %s in %lld ms\n", peer->called, peer->host, peer->port, peer->calling,
		       (long long)echo.result.ran_ms);
	dcmtk_reading_done(&echo.said);
	return failed < 0 ? -1 : EXIT_ALL_THERE;
}

int cmd_echo(int argc, char **argv)
{
	static const char *const tools[] = { "echoscu", NULL };
	struct values v;
	struct peer peer;
	struct session s = { 0 };
	struct err e = { ERR_NONE, "" };
	const char **rest = NULL;
	size_t count = 0, used;
	int status = -1, signal;

	values_init(&v);
	if (opt_parse(&command_echo, argc, argv, &v, &rest, &count, &e) == 0) {
		if (commands_answered(&command_echo, &v))
			status = EXIT_ALL_THERE;
		else if (work_begin(&v, &e) == 0 && values_peer(&v, rest, count, &peer, &used, &e) == 0 && session_open(&s, &e) == 0 &&
			 session_need_tools(&s, tools, &e) == 0) {
			long long timeout = v.timeout > 0 ? v.timeout : 60;

			session_timeouts(&s, timeout, timeout);
			status = ask(&s, &peer, &v, &e);
		}
	}
	signal = s.signal;
	session_close(&s);
	if (status < 0)
		status = exit_with(&e, signal);
	values_done(&v);
	free(rest);
	return status;
}
