/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tool that was let go while it runs belongs to nobody: it frees itself when its process has ended. */
#include "core/session/tool.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "process/child.h"

#define LIMIT_MS ((int64_t)7 * 86400 * 1000)
#define SLACK_MS 30000
#define LINE_MAX_BYTES (1 << 20)
#define OURS_TOO_MS 500			/* a signal to all processes of a run reaches a tool before us by no more than that */

int64_t tool_patience_ms(const struct session *s)
{
	const char *less = getenv("DICOM_QR_SILENCE_MS");		/* for tests */

	if (less)
		return strtoll(less, NULL, 10);
	return ((int64_t)s->dcmtk.connect_s + s->dcmtk.acse_s + s->dcmtk.dimse_s) * 1000 + SLACK_MS;
}

static void release_tool(struct tool *t)
{
	timer_clear(t->session->loop, &t->silence);
	reading_done(&t->said);
	free(t->name);
	free(t);
}

static void watch_silence(void *owner);

/* How long it may say nothing in the phase it is in; 0 = for ever. */
static int64_t allowed_silence(const struct tool *t)
{
	const int64_t of_phase = t->answering ? t->stall_ms : t->first_ms;

	return t->said.accepted && of_phase ? of_phase : t->silence_ms;
}

static void watch_on(struct tool *t)
{
	const int64_t left = t->heard_ms + allowed_silence(t) - clock_ms();

	if (allowed_silence(t))
		timer_set(t->session->loop, &t->silence, left > 0 ? left : 0, watch_silence, t);
}

/* A line that begins or ends the answers to a request changes how long the next one may take. */
static void hear_line(void *owner, enum stream from, const char *text, size_t len)
{
	struct tool *t = owner;
	const int64_t allowed = allowed_silence(t);

	(void)from;
	t->heard_ms = clock_ms();
	reading_line(&t->said, text, len);
	if (t->said.finals != t->finals)
		t->answering = false;
	else if (t->said.rows != t->rows)
		t->answering = true;
	t->finals = t->said.finals;
	t->rows = t->said.rows;
	if (allowed_silence(t) != allowed)
		watch_on(t);
}

static void tell_end(void *owner)
{
	struct tool *t = owner;

	timer_clear(t->session->loop, &t->silence);
	t->child = NULL;
	t->ended = true;
	if (!t->owner)
		release_tool(t);
	else if (t->done)
		t->done(t->owner, t);
}

/* By somebody else: who ends it so may mean the whole run, and our own signal is on its way. */
static bool ended_from_outside(const struct child_result *result)
{
	return !result->stopped && !result->timed_out && (result->signal == SIGTERM || result->signal == SIGINT);
}

static void end_tool(void *owner, const struct child_result *result)
{
	struct tool *t = owner;

	timer_clear(t->session->loop, &t->silence);
	t->child = NULL;
	t->timed_out |= result->timed_out;
	t->signal = result->signal;
	t->exit_status = result->signal ? 128 + result->signal : result->exit_status;
	t->ran_ms = result->ran_ms;
	if (ended_from_outside(result) && !t->session->signal)
		timer_set(t->session->loop, &t->silence, OURS_TOO_MS, tell_end, t);
	else
		tell_end(t);
}

static void watch_silence(void *owner)
{
	struct tool *t = owner;

	if (t->heard_ms + allowed_silence(t) > clock_ms()) {
		watch_on(t);
		return;
	}
	t->timed_out = true;
	t->waited_ms = allowed_silence(t);
	if (t->waited_ms == t->silence_ms)
		log_warning("%s has written nothing for longer than its own time limits: it is ended", t->name);
	tool_stop(t, false);
}

struct tool *tool_start(struct session *s, struct command *command, const struct tool_how *how,
			void (*done)(void *owner, struct tool *), void *owner, struct err *e)
{
	static const struct child_hooks hooks = { hear_line, end_tool };
	const struct child_limits limits = { .line_max = LINE_MAX_BYTES, .patience_ms = how->patience_ms,
					     .total_ms = how->limit_ms ? how->limit_ms : LIMIT_MS };
	struct tool *t = mem_alloc(sizeof *t);

	t->session = s;
	t->name = mem_str(command->name);
	t->exit_status = -1;
	t->silence_ms = how->silence_ms;
	t->first_ms = how->first_ms;
	t->stall_ms = how->stall_ms;
	t->done = done;
	t->owner = owner ? owner : t;
	t->started_ms = t->heard_ms = clock_ms();
	reading_init(&t->said, how->service);
	if (how->requests)
		t->said.requests = how->requests;
	log_debug("%s", command_text(command));
	t->child = child_start(s->loop, command, &limits, &hooks, t, e);
	if (!t->child) {
		release_tool(t);
		return NULL;
	}
	watch_on(t);
	return t;
}

void tool_stop(struct tool *t, bool now)
{
	if (t->child)
		child_stop(t->child, now);
}

void tool_free(struct tool *t)
{
	if (!t)
		return;
	if (!t->child) {
		release_tool(t);
		return;
	}
	t->owner = NULL;
	child_stop(t->child, false);
}

static bool has_ended(void *owner)
{
	struct tool *t = owner;

	if (t->session->signal)
		tool_stop(t, false);
	return t->ended;
}

int tool_wait(struct tool *t, struct err *e)
{
	if (session_run(t->session, has_ended, t, e) < 0)
		return -1;
	return t->session->signal ? err_set(e, ERR_INTERRUPTED, "stopped") : 0;
}

static void judge_process(const struct tool *t, struct err *ret)
{
	if (t->timed_out)
		err_set(ret, ERR_TIMEOUT, "%s did not end in time", t->name);
	else if (t->signal && t->said.final < 0 && t->session->signal)
		err_set(ret, ERR_INTERRUPTED, "stopped");
	else if (t->signal && t->said.final < 0)
		err_set(ret, ERR_TOOL, "%s was ended by signal %d", t->name, t->signal);
}

int tool_verdict(const struct tool *t, const struct err *own, const struct peer *peer, const char *aet, int port, struct err *e)
{
	struct err trouble = { ERR_NONE, "" };

	if (own && own->kind)
		trouble = *own;
	else
		judge_process(t, &trouble);
	return reading_verdict(&t->said, trouble.kind ? &trouble : NULL, peer, aet, port, e);
}
