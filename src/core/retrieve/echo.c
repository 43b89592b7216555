/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/retrieve/echo.h"

#include <stdlib.h>

#include "base/child.h"
#include "base/mem.h"
#include "wrappers/echoscu.h"

struct echo {
	const struct peer *peer;
	struct child *child;
	struct dcmtk_reading said;
	echo_done_fn *done;
	void *owner;
};

static void echo_free(struct echo *echo)
{
	dcmtk_reading_done(&echo->said);
	free(echo);
}

static void echo_line(void *owner, enum stream from, const char *text, size_t len)
{
	struct echo *echo = owner;

	(void)from;
	dcmtk_line(&echo->said, text, len);
}

static void echo_ended(void *owner, const struct child_result *result)
{
	struct echo *echo = owner;
	struct err why = { ERR_NONE, "" };

	(void)result;
	dcmtk_verdict(&echo->said, NULL, echo->peer, NULL, 0, &why);
	echo->done(echo->owner, &why);
	echo_free(echo);
}

struct echo *echo_start(struct session *s, const struct peer *peer, echo_done_fn *done, void *owner, struct err *e)
{
	static const struct child_hooks hooks = { echo_line, echo_ended };
	struct echo *echo = mem_alloc(sizeof *echo);

	*echo = (struct echo){ .peer = peer, .done = done, .owner = owner };
	dcmtk_reading_init(&echo->said, SERVICE_ECHO);
	echo->child = child_start(s->loop, echoscu_command(&s->dcmtk, peer), NULL, &hooks, echo, e);
	if (echo->child)
		return echo;
	echo_free(echo);
	return NULL;
}

void echo_stop(struct echo *echo, bool now)
{
	child_stop(echo->child, now);
}
