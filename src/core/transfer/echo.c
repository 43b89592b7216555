/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/transfer/echo.h"

#include <stdlib.h>

#include "base/mem.h"
#include "core/session/tool.h"
#include "wrappers/echoscu.h"

struct echo {
	const struct peer *peer;
	struct tool *tool;
	echo_done_fn *done;
	void *owner;
};

static void echo_ended(void *owner, struct tool *tool)
{
	struct echo *echo = owner;
	struct err why = { ERR_NONE, "" };

	tool_verdict(tool, NULL, echo->peer, NULL, 0, &why);
	tool_free(tool);
	echo->done(echo->owner, &why);
	free(echo);
}

struct echo *echo_start(struct session *s, const struct peer *peer, echo_done_fn *done, void *owner, struct err *e)
{
	const struct tool_how how = { .service = SERVICE_ECHO, .limit_ms = tool_patience_ms(s) };
	struct echo *echo = mem_alloc(sizeof *echo);

	*echo = (struct echo){ .peer = peer, .done = done, .owner = owner };
	echo->tool = tool_start(s, echoscu_command(&s->dcmtk, peer), &how, echo_ended, echo, e);
	if (echo->tool)
		return echo;
	free(echo);
	return NULL;
}

void echo_stop(struct echo *echo, bool now)
{
	tool_stop(echo->tool, now);
}
