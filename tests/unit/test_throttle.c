/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many associations at once, and the breaker. */
#include "core/transfer/throttle.h"

#include "check.h"

static const struct throttle_event good = { .kind = ERR_NONE, .answered = true };

static void hear_good(struct throttle *t, int times)
{
	for (int i = 0; i < times; i++)
		CHECK_INT(throttle_heard(t, &good, 0), THROTTLE_GO_ON);
}

static void test_learned(void)
{
	static const struct { const char *name; long long parallel, learned, now, kept; } rows[] = {
		{ "one at a time", 1, 0, 2, 0 },
		{ "four", 4, 0, 6, 0 },
		{ "four, three are known", 4, 3, 3, 3 },
		{ "four, more are known", 4, 9, 6, 9 },
		{ "four, just as many are known", 4, 6, 6, 6 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct throttle t;

		CHECK_CASE(rows[i].name);
		throttle_init(&t, rows[i].parallel, 1000, rows[i].learned);
		CHECK_INT(t.now, rows[i].now);
		CHECK(throttle_room(&t, (size_t)rows[i].now - 1));
		CHECK(!throttle_room(&t, (size_t)rows[i].now));
		CHECK_INT(throttle_learned(&t, rows[i].learned), rows[i].kept);
	}
	CHECK_CASE("");
}

static void test_width(void)
{
	struct throttle_event busy = { .kind = ERR_BUSY, .started_ms = 100, .beside = 4 };
	struct throttle t;

	throttle_init(&t, 6, 1000, 0);
	CHECK_INT(t.now, 8);
	CHECK_INT(throttle_heard(&t, &busy, 200), THROTTLE_NARROWED);
	CHECK_INT(t.ceiling, 4);
	CHECK_INT(t.now, 4);
	CHECK_INT(throttle_heard(&t, &busy, 300), THROTTLE_GO_ON);	/* it started before that */
	CHECK_INT(t.now, 4);
	busy.started_ms = 250;
	CHECK_INT(throttle_heard(&t, &busy, 300), THROTTLE_NARROWED);
	CHECK_INT(t.now, 2);
	hear_good(&t, 1);
	CHECK_INT(t.now, 2);
	hear_good(&t, 1);
	CHECK_INT(t.now, 3);
	hear_good(&t, 2);
	CHECK_INT(t.now, 4);
	hear_good(&t, 24);
	CHECK_INT(t.now, 4);			/* the ceiling */
	hear_good(&t, 1);
	CHECK_INT(t.ceiling, 5);
	CHECK_INT(throttle_learned(&t, 0), 5);
	hear_good(&t, 3 * 25);
	CHECK_INT(t.now, 8);
	CHECK_INT(throttle_learned(&t, 5), 0);
	hear_good(&t, 100);
	CHECK_INT(t.now, 8);			/* of the settings */
}

/* Not a sign of too many. */
static void test_other_failures(void)
{
	static const struct { const char *name; struct throttle_event event; int failures; } rows[] = {
		{ "busy, alone", { .kind = ERR_BUSY }, 1 },
		{ "busy, answered", { .kind = ERR_BUSY, .answered = true, .beside = 3 }, 1 },
		{ "unreachable", { .kind = ERR_UNREACHABLE, .beside = 3 }, 1 },
		{ "too late", { .kind = ERR_TIMEOUT, .beside = 3 }, 1 },
		{ "aborted", { .kind = ERR_ABORTED, .beside = 3 }, 0 },
		{ "refused", { .kind = ERR_REFUSED, .beside = 3 }, 0 },
		{ "something came", { .kind = ERR_BUSY, .gained = true, .beside = 3 }, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct throttle t;

		CHECK_CASE(rows[i].name);
		throttle_init(&t, 4, 1000, 0);
		CHECK_INT(throttle_heard(&t, &rows[i].event, 10), THROTTLE_GO_ON);
		CHECK_INT(t.now, 6);
		CHECK_INT(t.failures, rows[i].failures);
	}
	CHECK_CASE("");
}

static void fail_often(struct throttle *t, int64_t now, enum throttle_verdict last)
{
	static const struct throttle_event gone = { .kind = ERR_UNREACHABLE };

	for (int i = 0; i < 5; i++)
		CHECK_INT(throttle_heard(t, &gone, now), THROTTLE_GO_ON);
	CHECK_INT(throttle_heard(t, &gone, now), last);
	CHECK_INT(throttle_heard(t, &gone, now), THROTTLE_GO_ON);	/* one that was under way */
}

static void test_breaker(void)
{
	struct throttle t;

	throttle_init(&t, 4, 1000, 0);
	CHECK_INT(throttle_turn(&t, 0, 0), THROTTLE_OPEN);
	fail_often(&t, 1000, THROTTLE_PAUSED);
	CHECK_INT(t.closed_until, 7000);
	CHECK_INT(throttle_turn(&t, 0, 6999), THROTTLE_CLOSED);
	CHECK_INT(throttle_turn(&t, 1, 7000), THROTTLE_CLOSED);		/* something is under way */
	CHECK_INT(throttle_turn(&t, 0, 7000), THROTTLE_ECHO);
	CHECK_INT(throttle_turn(&t, 0, 7000), THROTTLE_CLOSED);		/* it is waited for */
	CHECK_INT(throttle_echoed(&t, true, 8000), THROTTLE_GO_ON);
	CHECK_INT(throttle_turn(&t, 0, 8000), THROTTLE_OPEN);
	CHECK(throttle_room(&t, 0) && !throttle_room(&t, 1));		/* one alone */
	hear_good(&t, 1);
	CHECK(throttle_room(&t, 5));
	fail_often(&t, 10000, THROTTLE_PAUSED);
	CHECK_INT(t.closed_until, 16000);				/* from the start: it was there */
}

static void test_giving_up(void)
{
	struct throttle t;
	int64_t now = 1000, pause = 6000;

	throttle_init(&t, 4, 1000, 0);
	fail_often(&t, now, THROTTLE_PAUSED);
	for (int i = 0; i < 2; i++, pause *= 2) {
		CHECK_INT(t.closed_until, now + pause);
		now = t.closed_until;
		CHECK_INT(throttle_turn(&t, 0, now), THROTTLE_ECHO);
		CHECK_INT(throttle_echoed(&t, false, now), THROTTLE_PAUSED);
	}
	now = t.closed_until;
	CHECK_INT(throttle_turn(&t, 0, now), THROTTLE_ECHO);
	CHECK_INT(throttle_echoed(&t, false, now), THROTTLE_GIVE_UP);
}

int main(void)
{
	test_learned();
	test_width();
	test_other_failures();
	test_breaker();
	test_giving_up();
	return check_done();
}
