/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/transfer/phase.h"

#include "core/plan/plan.h"

#define STRAGGLE_MS 5000		/* after the final move response, since the last sign of life */
#define QUEUE_DEFAULT_S 300		/* the same when the PACS has queued them, and the user gives no limit */
#define BROKEN_MS 500			/* the same when there was none, and no connection is open */

/* ---- deadlines ---- */

static bool limit_passed(int64_t spent_ms, long long limit_s)
{
	return limit_s > 0 && spent_ms > limit_s * 1000;
}

/* An object that must only become whole is not waited for without end. */
static long long stall_limit(const struct attempt_clock *c, enum attempt_phase phase)
{
	return !c->stall_s && phase == ATTEMPT_DRAINING ? STALL_DEFAULT_S : c->stall_s;
}

enum attempt_stop attempt_deadline(const struct attempt_clock *c, enum attempt_phase phase, int64_t now_ms, long long *ret_limit_s)
{
	int64_t quiet_ms = now_ms - c->progress_ms;

	if (limit_passed(now_ms - c->study_ms + c->spent_ms, c->study_s)) {
		*ret_limit_s = c->study_s;
		return STOP_STUDY;
	}
	if (!c->heard && limit_passed(quiet_ms, c->first_s)) {
		*ret_limit_s = c->first_s;
		return STOP_FIRST;
	}
	if (c->heard && limit_passed(quiet_ms, stall_limit(c, phase))) {
		*ret_limit_s = stall_limit(c, phase);
		return STOP_STALL;
	}
	return STOP_NONE;
}

bool attempt_stop_is_deadline(enum attempt_stop stop)
{
	return stop >= STOP_FIRST;
}

/* ---- phases ---- */

/* Of what the PACS counted, everything came: good, damaged, or twice under one name. */
static bool all_came(const struct attempt_facts *f)
{
	int most = f->objects > f->stored ? f->objects : f->stored;

	return f->completed >= 0 && f->completed <= most && !f->open;
}

/* Success with objects counted and none here: they wait in a queue of the PACS.  A connection over which nothing has come yet is the
 * queue's beginning, not its end. */
static bool queued_there(const struct attempt_facts *f)
{
	bool none = !f->objects && !f->stored;

	return f->well && (f->queues || (f->completed > 0 && none));
}

static int64_t straggler_wait(const struct attempt_facts *f)
{
	int64_t ms = f->finals || f->open ? STRAGGLE_MS : BROKEN_MS;

	if (queued_there(f))
		return (f->first_s ? f->first_s : QUEUE_DEFAULT_S) * 1000;
	return f->stall_s && f->stall_s * 1000 < ms ? f->stall_s * 1000 : ms;
}

bool attempt_came_late(int64_t ended_ms, int64_t first_ms)
{
	return ended_ms && first_ms - ended_ms > STRAGGLE_MS;
}

/* After the final move response objects may still be on their way, or never come.  When our side ended it, its connections
 * are ended too, and what they hold is taken. */
static bool stragglers_possible(const struct attempt_facts *f, int64_t now_ms)
{
	if (!f->moved || f->stop == STOP_ORDERED || f->here || f->broken)
		return false;
	if ((f->stop && !f->open) || all_came(f))
		return false;
	return now_ms - f->quiet_ms < straggler_wait(f);
}

/* Nothing of it is under way any more, on its own association or on those that the PACS opened to us. */
static bool all_received(const struct attempt_facts *f)
{
	if (!f->moved)
		return true;
	if (f->stop || f->completed < 0 || f->open)
		return false;
	return f->received >= (uint64_t)f->completed || f->stored >= f->completed;
}

enum attempt_phase attempt_phase_now(const struct attempt_facts *f, int64_t now_ms)
{
	if (f->phase < ATTEMPT_ENDED || f->phase == ATTEMPT_OVER)
		return f->phase;
	/* One that waits for its list alone has no association: the list may need the only one there is. */
	if (f->through && !stragglers_possible(f, now_ms))
		return f->listed ? ATTEMPT_OVER : ATTEMPT_ARRIVING;
	return all_received(f) ? ATTEMPT_ARRIVING : f->phase;
}

bool attempt_looks_again(const struct attempt_facts *f)
{
	return f->moved && !f->here && !f->broken;
}
