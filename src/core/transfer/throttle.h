/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many associations at once, lists included, and whether any may be.  A refusal for now halves them and sets a ceiling below
 * the number that was refused; successes raise them by one, and many at the ceiling raise that.  After too many failures in a row
 * the breaker opens: a pause, an echo, one request alone, then on.  Pure: told the time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct throttle {
	long long most, now, ceiling;	/* of the settings; in use; above it the PACS refused */
	int successes;			/* since now or ceiling was last changed */
	int64_t narrowed_ms;		/* when now was lowered last */
	int failures, pauses;		/* in a row: failed requests; pauses of the breaker */
	int64_t wait_ms;		/* --retry-wait */
	int64_t closed_until;		/* the breaker is open until then */
	bool ask_first;			/* then an echo is sent ... */
	bool echoing;			/* ... and waited for ... */
	bool alone;			/* ... and one request goes alone */
};

/* learned: associations that the PACS took at once in earlier runs; 0 = not known. */
void throttle_init(struct throttle *, long long parallel, int64_t wait_ms, long long learned);
/* What to remember of the PACS, as learned: 0 = it takes as many as are wanted; learned itself when nothing new is known. */
long long throttle_learned(const struct throttle *, long long learned);
bool throttle_room(const struct throttle *, size_t used);

enum throttle_turn { THROTTLE_OPEN, THROTTLE_CLOSED, THROTTLE_ECHO };
/* May anything start now?  ECHO: an echo must go first; throttle_echoed() is told of it. */
enum throttle_turn throttle_turn(struct throttle *, size_t used, int64_t now_ms);

/* A request or a list is over. */
struct throttle_event {
	enum err_kind kind;		/* ERR_NONE: it went well */
	bool answered;			/* every request had its final status */
	bool gained;			/* something came */
	int64_t started_ms;
	size_t beside;			/* other associations that were open when it started */
};
enum throttle_verdict {
	THROTTLE_GO_ON,
	THROTTLE_NARROWED,		/* fewer from now on */
	THROTTLE_PAUSED,		/* nothing until closed_until */
	THROTTLE_GIVE_UP		/* the breaker opened too often: the run fails with the error of this event */
};
enum throttle_verdict throttle_heard(struct throttle *, const struct throttle_event *, int64_t now_ms);
enum throttle_verdict throttle_echoed(struct throttle *, bool there, int64_t now_ms);
