/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a nightly run does with a study, and what it remembers: a row for each case. */
#include "core/nightly/decide.h"

#include "base/mem.h"
#include "check.h"
#include "dicom/value.h"

#define NEVER LEDGER_NEVER
#define ELSEWHERE (-1)

/* Twenty objects unless a row says otherwise; made at noon of March 2nd, long ago. */
static const struct {
	const char *name;
	int count, whole, kept, here;
	bool last_bad, given_up, owed, force, selecting;
	long long settle_h;
	enum nightly_act act;
	enum skip skip;
} choices[] = {
	{ "new", 20, NEVER, 0, 0, .act = NIGHTLY_TAKE },
	{ "new, some of it is here", 20, NEVER, 0, 7, .act = NIGHTLY_TAKE },
	{ "new to this run, all of it is here", 20, NEVER, 0, 20, .act = NIGHTLY_SKIP, .skip = SKIP_HELD },
	{ "more is here than it counts", 20, NEVER, 0, 21, .act = NIGHTLY_TAKE },
	{ "it was whole, and is here", 20, 20, 20, 20, .act = NIGHTLY_LEAVE, .skip = SKIP_HELD },
	{ "it was whole, with fewer than it counts", 20, 20, 18, 18, .act = NIGHTLY_LEAVE, .skip = SKIP_HELD },
	{ "it was whole, one file is gone", 20, 20, 20, 19, .act = NIGHTLY_TAKE },
	{ "it has grown", 22, 20, 20, 20, .act = NIGHTLY_TAKE },
	{ "it has grown, and that is here", 22, 20, 20, 22, .act = NIGHTLY_SKIP, .skip = SKIP_HELD },
	{ "it has shrunk", 18, 20, 20, 20, .act = NIGHTLY_TAKE },
	{ "not counted, new", -1, NEVER, 0, 20, .act = NIGHTLY_TAKE },
	{ "not counted, it came once", -1, -1, 20, 20, .act = NIGHTLY_LEAVE, .skip = SKIP_HELD },
	{ "counted as none", 0, NEVER, 0, 0, .act = NIGHTLY_TAKE },
	{ "counted as none, and that was whole", 0, 0, 0, 0, .act = NIGHTLY_LEAVE, .skip = SKIP_HELD },
	{ "a part of it is wanted, and is here", 20, 20, 1, 1, .selecting = true, .act = NIGHTLY_LEAVE, .skip = SKIP_HELD },
	{ "a part of it is wanted, the count says nothing", 20, NEVER, 0, 20, .selecting = true, .act = NIGHTLY_TAKE },
	{ "sent elsewhere", 20, 20, 0, ELSEWHERE, .act = NIGHTLY_LEAVE, .skip = SKIP_HELD },
	{ "sent elsewhere, it has grown", 22, 20, 0, ELSEWHERE, .act = NIGHTLY_TAKE },
	{ "to be sent elsewhere", 20, NEVER, 0, ELSEWHERE, .act = NIGHTLY_TAKE },
	{ "all anew", 20, 20, 20, 20, .force = true, .act = NIGHTLY_TAKE },
	{ "somebody is to be told", 20, 20, 20, 20, .owed = true, .act = NIGHTLY_TAKE },
	{ "here, but the last word was failed", 20, 20, 20, 20, .last_bad = true, .act = NIGHTLY_TAKE },
	{ "here by count, but the last word was failed", 20, NEVER, 0, 20, .last_bad = true, .act = NIGHTLY_TAKE },
	{ "given up", 20, NEVER, 0, 7, .given_up = true, .act = NIGHTLY_SKIP, .skip = SKIP_GIVEN_UP },
	{ "given up, and it came by other means", 20, NEVER, 0, 20, .given_up = true, .act = NIGHTLY_SKIP, .skip = SKIP_HELD },
	{ "given up, still in the making", 20, NEVER, 0, 7, .given_up = true, .settle_h = 48, .act = NIGHTLY_SKIP, .skip = SKIP_GIVEN_UP },
	{ "in the making", 20, NEVER, 0, 0, .settle_h = 48, .act = NIGHTLY_SKIP, .skip = SKIP_SETTLING },
	{ "made just before that", 20, NEVER, 0, 0, .settle_h = 11, .act = NIGHTLY_TAKE },
	{ "in the making, but all of it is here", 20, NEVER, 0, 20, .settle_h = 48, .act = NIGHTLY_SKIP, .skip = SKIP_HELD },
	{ "in the making, all anew", 20, 20, 20, 20, .force = true, .settle_h = 48, .act = NIGHTLY_SKIP, .skip = SKIP_SETTLING },
};

static void test_choices(void)
{
	for (size_t i = 0; i < countof(choices); i++) {
		const struct nightly_facts f = {
			.memory = { .date = 20260302, .count = choices[i].count, .whole = choices[i].whole, .kept = choices[i].kept },
			.here = choices[i].here, .last_good = !choices[i].last_bad, .given_up = choices[i].given_up, .owed = choices[i].owed,
			.force = choices[i].force, .selecting = choices[i].selecting, .second = 12 * 3600, .now = date_time(20260303, 0),
			.settle_s = choices[i].settle_h * 3600,
		};
		struct nightly_choice c = nightly_decide(&f);

		CHECK_CASE(choices[i].name);
		CHECK_INT(c.act, choices[i].act);
		CHECK_INT(c.skip, choices[i].skip);
		CHECK_INT(c.why != NULL, c.skip == SKIP_SETTLING);
	}
	CHECK_CASE("");
}

static const struct {
	const char *name;
	enum verdict verdict;
	enum skip skip;
	int count, held, received, beyond;
	bool selecting, elsewhere;
	enum nightly_end end;
	int whole, kept;
	bool open;			/* days are counted from now on */
} ends[] = {
	{ "complete", VERDICT_COMPLETE, SKIP_NOT, 20, 3, 20, 0, false, false, NIGHTLY_DONE, 20, 20, false },
	{ "complete, with less than it counts", VERDICT_COMPLETE, SKIP_NOT, 20, 0, 18, 0, false, false, NIGHTLY_DONE, NEVER, 18, false },
	{ "by count", VERDICT_COMPLETE_BY_COUNT, SKIP_NOT, 20, 0, 20, 0, false, false, NIGHTLY_DONE, 20, 20, false },
	{ "of a part", VERDICT_COMPLETE, SKIP_NOT, 20, 0, 1, 0, true, false, NIGHTLY_DONE, 20, 1, false },
	{ "elsewhere", VERDICT_UNVERIFIED, SKIP_NOT, 20, 0, 20, 0, false, true, NIGHTLY_DONE, 20, 0, false },
	{ "not counted, without a list", VERDICT_UNVERIFIED, SKIP_NOT, -1, 0, 20, 0, false, false, NIGHTLY_DONE, -1, 20, false },
	{ "not counted, with a list", VERDICT_COMPLETE, SKIP_NOT, -1, 0, 20, 0, false, false, NIGHTLY_DONE, NEVER, 20, false },
	{ "held", VERDICT_SKIPPED, SKIP_HELD, 20, 20, 0, 0, false, false, NIGHTLY_DONE, 20, 20, false },
	{ "left out by a rule", VERDICT_SKIPPED, SKIP_FILTER, 20, 5, 0, 0, true, false, NIGHTLY_DONE, 20, 0, false },
	{ "beyond a limit", VERDICT_SKIPPED, SKIP_LIMIT, 20, 0, 0, 0, false, false, NIGHTLY_LATER, NEVER, 0, false },
	{ "still in the making", VERDICT_SKIPPED, SKIP_SETTLING, 20, 0, 0, 0, false, false, NIGHTLY_LATER, NEVER, 0, false },
	{ "a part, by a limit", VERDICT_COMPLETE, SKIP_NOT, 20, 0, 5, 15, false, false, NIGHTLY_LATER, NEVER, 0, false },
	{ "interrupted before it", VERDICT_WANTED, SKIP_NOT, 20, 0, 0, 0, false, false, NIGHTLY_LATER, NEVER, 0, false },
	{ "its series are not told", VERDICT_SKIPPED, SKIP_UNTOLD, 20, 0, 0, 0, true, false, NIGHTLY_OPEN, NEVER, 0, true },
	{ "incomplete", VERDICT_INCOMPLETE, SKIP_NOT, 20, 0, 19, 0, false, false, NIGHTLY_OPEN, NEVER, 0, true },
	{ "empty", VERDICT_EMPTY, SKIP_NOT, 20, 0, 0, 0, false, false, NIGHTLY_OPEN, NEVER, 0, true },
	{ "failed", VERDICT_FAILED, SKIP_NOT, 20, 0, 0, 0, false, false, NIGHTLY_OPEN, NEVER, 0, true },
	{ "parked", VERDICT_PARKED, SKIP_NOT, 20, 0, 0, 0, false, false, NIGHTLY_OPEN, NEVER, 0, true },
	{ "given up", VERDICT_SKIPPED, SKIP_GIVEN_UP, 20, 3, 0, 0, false, false, NIGHTLY_GIVEN_UP, NEVER, 0, false },
};

static void test_ends(void)
{
	for (size_t i = 0; i < countof(ends); i++) {
		const struct plan_study in = { .verdict = ends[i].verdict, .skip = ends[i].skip, .held = ends[i].held,
					       .received = ends[i].received, .beyond = ends[i].beyond };
		const struct nightly_how how = { ends[i].selecting, ends[i].elsewhere, 20260303 };
		struct ledger_sync_study m = { .count = ends[i].count, .whole = NEVER };

		CHECK_CASE(ends[i].name);
		CHECK_INT(nightly_end_of(&in), ends[i].end);
		nightly_remember(&m, &in, ends[i].end, &how);
		CHECK_INT(m.whole, ends[i].whole);
		CHECK_INT(m.kept, ends[i].kept);
		CHECK_INT(m.since, ends[i].open ? 20260303 : 0);
		m.since = 20260101;
		nightly_remember(&m, &in, ends[i].end, &how);
		CHECK_INT(m.since, ends[i].end == NIGHTLY_DONE ? 0 : 20260101);
	}
	CHECK_CASE("");
}

static void test_too_long(void)
{
	static const struct { int since, today, days; bool late; } cases[] = {
		{ 20260301, 20260331, 30, true }, { 20260301, 20260330, 30, false }, { 20260301, 20260401, 30, true },
		{ 20260301, 20260401, 0, false }, { 0, 20260401, 1, false }, { 20260402, 20260401, 1, false }, { 20260401, 20260401, 1, false },
	};

	for (size_t i = 0; i < countof(cases); i++)
		CHECK_INT(nightly_too_long(&(struct ledger_sync_study){ .since = cases[i].since }, cases[i].today, cases[i].days), cases[i].late);
}

int main(void)
{
	test_choices();
	test_ends();
	test_too_long();
	return check_done();
}
