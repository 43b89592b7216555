/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a hook says is nobody's to believe: its lines go to the log, cleaned there, and no more of them than a person would read. */
#include "core/tell/hook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "process/child.h"

#define LINES_MAX 1000			/* shown of one program */
#define LINE_MAX_BYTES 4096
#define QUOTED_MAX 200			/* of its last line in a report */

struct hook {
	char *name;			/* in the log: "--on-study inbox.sh" */
	long long timeout_s;
	hook_fn *done;
	void *owner;
	unsigned lines;
	char last[LINE_MAX_BYTES];	/* its last line on stderr */
};

static void hear(void *owner, enum stream from, const char *text, size_t len)
{
	struct hook *h = owner;

	(void)len;
	if (!text[strspn(text, " \t")])
		return;
	if (from == STREAM_ERR)
		snprintf(h->last, sizeof h->last, "%s", text);
	if (h->lines++ < LINES_MAX)
		log_verbose("%s: %s", h->name, text);
	else if (h->lines == LINES_MAX + 1)
		log_verbose("%s: and more, which is not shown", h->name);
}

static void put_in_words(const struct hook *h, const struct child_result *r, struct hook_result *result)
{
	char how[64], quoted[QUOTED_MAX + 1];
	int shown;

	if (r->timed_out)
		snprintf(how, sizeof how, "not over within %lld s", h->timeout_s);
	else if (r->stopped)
		snprintf(how, sizeof how, "interrupted");
	else if (r->signal)
		snprintf(how, sizeof how, "ended by signal %d (%s)", r->signal, strsignal(r->signal));
	else
		snprintf(how, sizeof how, "exit status %d", r->exit_status);
	shown = snprintf(quoted, sizeof quoted, "%s", h->last);
	log_clean(quoted);
	snprintf(result->words, sizeof result->words, "%s%s%s%s", how, *quoted ? ": " : "", quoted,
		 shown > QUOTED_MAX ? " ..." : "");
}

static void over(void *owner, const struct child_result *r)
{
	struct hook *h = owner;
	struct hook_result result = { .exit_status = r->timed_out || r->stopped ? -1 : r->exit_status, .ms = r->ran_ms,
				      .interrupted = r->stopped };

	if (result.exit_status || r->signal)
		put_in_words(h, r, &result);
	h->done(h->owner, &result);
	free(h->name);
	free(h);
}

void hook_start(struct session *s, struct command *command, const char *what, long long timeout_s, hook_fn *done, void *owner)
{
	static const struct child_hooks hooks = { hear, over };
	const struct child_limits limits = { .total_ms = timeout_s * 1000, .line_max = LINE_MAX_BYTES - 1 };
	struct hook *h = mem_alloc(sizeof *h);
	struct hook_result failed = { .exit_status = -1 };
	struct err e = { ERR_NONE, "" };

	*h = (struct hook){ .name = mem_printf("%s %s", what, command->name), .timeout_s = timeout_s, .done = done, .owner = owner };
	log_debug("%s: $ %s", what, command_text(command));
	if (child_start(s->loop, command, &limits, &hooks, h, &e))
		return;
	snprintf(failed.words, sizeof failed.words, "%.*s", HOOK_WORDS - 1, e.text);
	done(owner, &failed);
	free(h->name);
	free(h);
}
