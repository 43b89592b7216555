/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When an attempt is over, and which deadline has passed. */
#include "core/transfer/phase.h"

#include "check.h"

#pragma GCC diagnostic ignored "-Woverride-init"	/* a row says in what it differs */

enum { NOW = 100000 };			/* ms */

#define NEVER 0, 0, 0

static void test_deadlines(void)
{
	static const struct {
		const char *name;
		struct attempt_clock clock;
		enum attempt_phase phase;
		int64_t now_ms;
		enum attempt_stop stop;
		long long limit_s;
	} rows[] = {
		{ "no limits", { NEVER, 0, 0, 0, false }, ATTEMPT_ASKING, 1000000000, STOP_NONE, 0 },
		{ "first, just not", { 10, 5, 0, 0, 0, 0, false }, ATTEMPT_ASKING, 10000, STOP_NONE, 0 },
		{ "first", { 10, 5, 0, 0, 0, 0, false }, ATTEMPT_ASKING, 10001, STOP_FIRST, 10 },
		{ "heard: first is no more", { 10, 0, 0, 0, 0, 0, true }, ATTEMPT_ASKING, 99999, STOP_NONE, 0 },
		{ "stall", { 10, 5, 0, 0, 0, 0, true }, ATTEMPT_ASKING, 5001, STOP_STALL, 5 },
		{ "stall, from the last byte", { 10, 5, 0, 4000, 0, 0, true }, ATTEMPT_ASKING, 9000, STOP_NONE, 0 },
		{ "study", { 10, 5, 20, 20000, 0, 0, true }, ATTEMPT_ASKING, 20001, STOP_STUDY, 20 },
		{ "study, with earlier attempts", { 10, 5, 20, 900, 0, 19500, true }, ATTEMPT_ASKING, 1000, STOP_STUDY, 20 },
		{ "study before the others", { 10, 5, 20, 0, 0, 0, false }, ATTEMPT_ASKING, 20001, STOP_STUDY, 20 },
		{ "draining has a limit always", { NEVER, 0, 0, 0, true }, ATTEMPT_DRAINING, 60001, STOP_STALL, 60 },
		{ "draining, by the user's limit", { 0, 5, 0, 0, 0, 0, true }, ATTEMPT_DRAINING, 5001, STOP_STALL, 5 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		long long limit_s = 0;

		CHECK_CASE(rows[i].name);
		CHECK_INT(attempt_deadline(&rows[i].clock, rows[i].phase, rows[i].now_ms, &limit_s), rows[i].stop);
		CHECK_INT(limit_s, rows[i].limit_s);
	}
}

/* A C-MOVE of three objects, ended a second ago. */
#define MOVED .phase = ATTEMPT_ENDED, .moved = true, .listed = true, .through = true, .finals = 1, .completed = 3, .quiet_ms = NOW - 1000
#define GOT .phase = ATTEMPT_ENDED, .listed = true, .through = true, .finals = 1, .completed = 3, .quiet_ms = NOW - 1000

static void test_phases(void)
{
	static const struct {
		const char *name;
		struct attempt_facts facts;
		enum attempt_phase phase;
	} rows[] = {
		{ "asking", { .phase = ATTEMPT_ASKING, .listed = true, .through = true, .here = true }, ATTEMPT_ASKING },
		{ "draining", { .phase = ATTEMPT_DRAINING, .listed = true, .through = true }, ATTEMPT_DRAINING },
		{ "over stays over", { MOVED, .phase = ATTEMPT_OVER, .open = 1 }, ATTEMPT_OVER },
		/* C-GET */
		{ "got", { GOT }, ATTEMPT_OVER },
		{ "got, and the intake is at work", { GOT, .through = false }, ATTEMPT_ARRIVING },
		{ "got, and the list is not known", { GOT, .listed = false }, ATTEMPT_ARRIVING },
		{ "got, at a deadline", { GOT, .through = false, .stop = STOP_STALL }, ATTEMPT_ARRIVING },
		/* C-MOVE to our receiver */
		{ "moved, nothing came yet", { MOVED }, ATTEMPT_ENDED },
		{ "moved, everything is here", { MOVED, .here = true, .open = 1 }, ATTEMPT_OVER },
		{ "moved, everything is here, no list", { MOVED, .here = true, .listed = false }, ATTEMPT_ARRIVING },
		{ "moved, one is missing, for long, no list", { MOVED, .objects = 2, .listed = false, .quiet_ms = NOW - 5000 }, ATTEMPT_ARRIVING },
		{ "no final response, no list", { MOVED, .completed = -1, .finals = 0, .listed = false }, ATTEMPT_ARRIVING },
		{ "moved, all were received", { MOVED, .through = false, .received = 3 }, ATTEMPT_ARRIVING },
		{ "moved, all were received, open", { MOVED, .through = false, .received = 3, .open = 1 }, ATTEMPT_ENDED },
		{ "moved, all were received, no list", { MOVED, .listed = false, .received = 4 }, ATTEMPT_ARRIVING },
		{ "moved, all were placed", { MOVED, .objects = 3 }, ATTEMPT_OVER },
		{ "moved, all were placed, open", { MOVED, .objects = 3, .open = 1 }, ATTEMPT_ENDED },
		{ "moved, one was damaged", { MOVED, .objects = 2, .stored = 3 }, ATTEMPT_OVER },
		{ "moved, two under one name", { MOVED, .through = false, .received = 2, .stored = 3 }, ATTEMPT_ARRIVING },
		{ "moved, one is missing", { MOVED, .objects = 2, .stored = 2, .received = 2 }, ATTEMPT_ENDED },
		{ "moved, one is missing, for long", { MOVED, .objects = 2, .quiet_ms = NOW - 5000 }, ATTEMPT_OVER },
		{ "moved, one is missing, intake at work", { MOVED, .through = false, .quiet_ms = NOW - 5000 }, ATTEMPT_ENDED },
		{ "moved, one is missing, short stall limit", { MOVED, .objects = 2, .stall_s = 1 }, ATTEMPT_OVER },
		{ "moved, no counters", { MOVED, .completed = -1, .objects = 3, .received = 3, .stored = 3 }, ATTEMPT_ENDED },
		{ "moved, no counters, for long", { MOVED, .completed = -1, .quiet_ms = NOW - 5000 }, ATTEMPT_OVER },
		{ "no final response", { MOVED, .completed = -1, .finals = 0 }, ATTEMPT_OVER },
		{ "no final response, just now", { MOVED, .completed = -1, .finals = 0, .quiet_ms = NOW - 499 }, ATTEMPT_ENDED },
		{ "no final response, open", { MOVED, .completed = -1, .finals = 0, .open = 1 }, ATTEMPT_ENDED },
		/* success first, objects later */
		{ "queued", { MOVED, .well = true, .first_s = 20, .quiet_ms = NOW - 19999 }, ATTEMPT_ENDED },
		{ "queued, for long", { MOVED, .well = true, .first_s = 20, .quiet_ms = NOW - 20000 }, ATTEMPT_OVER },
		{ "queued, no limit", { MOVED, .well = true, .quiet_ms = 0 }, ATTEMPT_ENDED },
		{ "queued, a short stall limit", { MOVED, .well = true, .first_s = 20, .stall_s = 1, .quiet_ms = NOW - 6000 }, ATTEMPT_ENDED },
		{ "some came", { MOVED, .well = true, .objects = 1, .first_s = 20, .quiet_ms = NOW - 5000 }, ATTEMPT_OVER },
		{ "some came damaged", { MOVED, .well = true, .stored = 1, .first_s = 20, .quiet_ms = NOW - 5000 }, ATTEMPT_OVER },
		{ "success and none here, the first connection of the queue", { MOVED, .well = true, .open = 1, .first_s = 20, .quiet_ms = NOW - 7000 },
		  ATTEMPT_ENDED },
		{ "some came, a PACS that queues", { MOVED, .well = true, .queues = true, .objects = 1, .first_s = 20, .quiet_ms = NOW - 5000 },
		  ATTEMPT_ENDED },
		{ "no counters, a PACS that queues", { MOVED, .well = true, .queues = true, .completed = -1, .first_s = 20, .quiet_ms = NOW - 5000 },
		  ATTEMPT_ENDED },
		{ "all came, a PACS that queues", { MOVED, .well = true, .queues = true, .objects = 3, .first_s = 20 }, ATTEMPT_OVER },
		{ "nothing counted", { MOVED, .well = true, .completed = 0, .first_s = 20 }, ATTEMPT_OVER },
		{ "nothing counted, no counters", { MOVED, .well = true, .completed = -1, .first_s = 20, .quiet_ms = NOW - 5000 }, ATTEMPT_OVER },
		{ "failed, some counted", { MOVED, .first_s = 20, .quiet_ms = NOW - 5000 }, ATTEMPT_OVER },
		/* ended by our side */
		{ "interrupted", { MOVED, .stop = STOP_ORDERED, .open = 1 }, ATTEMPT_OVER },
		{ "interrupted, intake at work", { MOVED, .stop = STOP_ORDERED, .through = false, .received = 3 }, ATTEMPT_ENDED },
		{ "stalled, its connections end", { MOVED, .stop = STOP_STALL, .open = 1, .received = 3 }, ATTEMPT_ENDED },
		{ "stalled, they ended", { MOVED, .stop = STOP_STALL }, ATTEMPT_OVER },
		{ "overtime, they ended", { MOVED, .stop = STOP_STUDY }, ATTEMPT_OVER },
		{ "the intake failed", { MOVED, .broken = true }, ATTEMPT_OVER },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CHECK_CASE(rows[i].name);
		CHECK_INT(attempt_phase_now(&rows[i].facts, NOW), rows[i].phase);
	}
}

static void test_looking_again(void)
{
	const struct attempt_facts missing = { MOVED }, here = { MOVED, .here = true }, broken = { MOVED, .broken = true }, got = { GOT };

	CHECK_CASE("");
	CHECK(attempt_looks_again(&missing));
	CHECK(!attempt_looks_again(&here));
	CHECK(!attempt_looks_again(&broken));
	CHECK(!attempt_looks_again(&got));
	CHECK(attempt_came_late(1000, 6001));
	CHECK(!attempt_came_late(1000, 6000));
	CHECK(!attempt_came_late(1000, 0));
	CHECK(!attempt_came_late(0, 6001));
	CHECK(!attempt_stop_is_deadline(STOP_ORDERED));
	CHECK(attempt_stop_is_deadline(STOP_STUDY));
}

int main(void)
{
	test_deadlines();
	test_phases();
	test_looking_again();
	return check_done();
}
