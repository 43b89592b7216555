/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The account of a batch, from its lines and the studies of the plan. */
#include "cli/queries/account.h"

#include <string.h>

#include "base/mem.h"
#include "check.h"

static const char *const columns[] = { "AccessionNumber", "Pseudonym" };

static void add_study(struct plan *plan, const char *uid, enum verdict verdict, int expected, int received)
{
	struct plan_study *in = plan_add(plan);

	study_set(&in->study, STUDY_UID, uid);
	in->verdict = verdict;
	in->expected = expected;
	in->received = received;
	if (verdict == VERDICT_FAILED)
		in->why = mem_str("refused, twice");
}

static void add_line(struct plan *plan, long line, const char *cell, enum account_outcome outcome, const char *uids)
{
	const char *const cells[] = { cell, "P" };

	account_add(plan, &(struct account_line){ .line = line, .cells = cells, .count = 2, .outcome = outcome, .uids = uids,
						  .reason = outcome == ACCOUNT_ERROR ? "wrong" : "" });
}

static void make_plan(struct plan *plan)
{
	plan_init(plan);
	plan->how.output = mem_str("/out");
	add_study(plan, "1.1", VERDICT_COMPLETE, 3, 3);
	add_study(plan, "1.2", VERDICT_FAILED, -1, 0);
	add_study(plan, "1.3", VERDICT_INCOMPLETE, 4, 2);
	account_begin(plan, NULL, columns, 2);
	add_line(plan, 2, "A1", ACCOUNT_FOUND, "1.1");
	add_line(plan, 3, "A2", ACCOUNT_SEVERAL, "1.1 1.3");
	add_line(plan, 4, "A3", ACCOUNT_SEVERAL, "1.2 1.3");
	add_line(plan, 5, "A4", ACCOUNT_NONE, "");
	add_line(plan, 6, "A1", ACCOUNT_FOUND, "1.1");
	add_line(plan, 7, "x", ACCOUNT_ERROR, "");
	add_line(plan, 8, "A5", ACCOUNT_UNASKED, "");
}

static void test_text(void)
{
	static const char wanted[] =
		"Line,AccessionNumber,Pseudonym,Outcome,Studies,StudyInstanceUIDs,Reason,Verdict,Objects,Expected,Folder,Why\n"
		"2,A1,P,found,1,1.1,,complete,3,3,,\n"
		"3,A2,P,several,2,1.1 1.3,,complete incomplete,5,7,,\n"
		"4,A3,P,several,2,1.2 1.3,,failed incomplete,2,,,\"refused, twice\"\n"
		"5,A4,P,none,0,,,,,,,\n"
		"6,A1,P,found,1,1.1,,complete,3,3,,\n"
		"7,x,P,error,0,,wrong,,,,,\n"
		"8,A5,P,not asked,0,,,,,,,\n";
	auto_buf struct buf text = BUF_INIT(BUF_MB(1));
	struct err e = { ERR_NONE, "" };
	struct plan plan;

	make_plan(&plan);
	CHECK(account_is_kept(&plan));
	CHECK_INT(account_text(&plan, NULL, &text, &e), 0);
	CHECK_STR(buf_text(&text), wanted);
	plan_done(&plan);
}

static void test_summary(void)
{
	auto_buf struct buf line = BUF_INIT(1000), one = BUF_INIT(1000);
	struct plan plan;

	make_plan(&plan);
	account_summary(&plan, &line);
	CHECK_STR(buf_text(&line), "7 lines: 3 studies, 1 not found, 1 named twice, 2 with several studies, 1 with an error, 1 not asked");
	account_begin(&plan, NULL, columns, 2);
	add_line(&plan, 2, "A1", ACCOUNT_FOUND, "1.1");
	account_summary(&plan, &one);
	CHECK_STR(buf_text(&one), "1 line: 1 study");
	plan_done(&plan);
}

static void test_none(void)
{
	struct err e = { ERR_NONE, "" };
	struct plan plan;

	plan_init(&plan);
	CHECK(!account_is_kept(&plan));
	CHECK_INT(account_write(&plan, NULL, &e), 0);
	plan_done(&plan);
}

int main(void)
{
	test_text();
	test_summary();
	test_none();
	return check_done();
}
