/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/transfer/throttle.h"

#define RAISE_AFTER 2			/* successes */
#define PROBE_AFTER 25			/* successes at the ceiling */
#define BREAKER_FAILURES 5
#define BREAKER_WAITS 6			/* the first pause, in retry waits; doubled each time */
#define BREAKER_TRIES 3

void throttle_init(struct throttle *t, long long parallel, int64_t wait_ms, long long learned)
{
	long long lists = parallel > 1 ? 2 : 1;		/* beside the retrievals */

	*t = (struct throttle){ .most = parallel + lists, .wait_ms = wait_ms };
	t->now = t->ceiling = learned > 0 && learned < t->most ? learned : t->most;
}

long long throttle_learned(const struct throttle *t, long long learned)
{
	if (t->ceiling < t->most)
		return t->ceiling;
	return learned >= t->most ? learned : 0;
}

bool throttle_room(const struct throttle *t, size_t used)
{
	return used < (size_t)(t->alone ? 1 : t->now);
}

/* ---- the breaker ---- */

static enum throttle_verdict breaker_open(struct throttle *t, int64_t now_ms)
{
	int64_t ms = t->wait_ms * BREAKER_WAITS << t->pauses;

	if (t->pauses++ >= BREAKER_TRIES)
		return THROTTLE_GIVE_UP;
	t->closed_until = now_ms + ms;
	t->ask_first = true;
	return THROTTLE_PAUSED;
}

enum throttle_turn throttle_turn(struct throttle *t, size_t used, int64_t now_ms)
{
	if (t->echoing || t->closed_until > now_ms)
		return THROTTLE_CLOSED;
	if (!t->ask_first)
		return THROTTLE_OPEN;
	if (used)
		return THROTTLE_CLOSED;
	t->ask_first = false;
	t->echoing = true;
	return THROTTLE_ECHO;
}

enum throttle_verdict throttle_echoed(struct throttle *t, bool there, int64_t now_ms)
{
	t->echoing = false;
	if (!there)
		return breaker_open(t, now_ms);
	t->failures = t->pauses = 0;
	t->alone = true;
	return THROTTLE_GO_ON;
}

static enum throttle_verdict count_failure(struct throttle *t, enum err_kind kind, int64_t now_ms)
{
	if (!err_transient(kind) || kind == ERR_ABORTED)
		return THROTTLE_GO_ON;
	if (++t->failures <= BREAKER_FAILURES || t->closed_until > now_ms)
		return THROTTLE_GO_ON;
	return breaker_open(t, now_ms);
}

/* ---- the width ---- */

static void raise_width(struct throttle *t)
{
	t->successes++;
	if (t->now < t->ceiling && t->successes >= RAISE_AFTER) {
		t->now++;
		t->successes = 0;
	} else if (t->now == t->ceiling && t->ceiling < t->most && t->successes >= PROBE_AFTER) {
		t->ceiling = ++t->now;
		t->successes = 0;
	}
}

static long long lesser(long long a, long long b)
{
	return a < b ? a : b;
}

/* Those that were on their way when it was narrowed say nothing new. */
static enum throttle_verdict narrow(struct throttle *t, const struct throttle_event *event, int64_t now_ms)
{
	if (event->started_ms < t->narrowed_ms)
		return THROTTLE_GO_ON;
	t->ceiling = lesser(t->ceiling, (long long)event->beside);
	t->now = lesser((t->now + 1) / 2, t->ceiling);
	t->successes = 0;
	t->narrowed_ms = now_ms;
	return THROTTLE_NARROWED;
}

enum throttle_verdict throttle_heard(struct throttle *t, const struct throttle_event *event, int64_t now_ms)
{
	t->alone = false;
	if (!event->kind || event->gained) {
		t->failures = t->pauses = 0;
		raise_width(t);
		return THROTTLE_GO_ON;
	}
	if (event->kind == ERR_BUSY && !event->answered && event->beside)
		return narrow(t, event, now_ms);
	return count_failure(t, event->kind, now_ms);
}
