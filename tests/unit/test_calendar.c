/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calendar: what a study adds to its day, and which days a question covers. */
#include "core/ledger/calendar.h"

#include <time.h>

#include "base/mem.h"
#include "check.h"
#include "core/ledger/queries.h"
#include "core/ledger/studies.h"

static time_t noon(int year, int month, int day)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = 12, .tm_isdst = -1 };

	return mktime(&tm);
}

static const struct calendar_day *day_at(const struct calendar *c, int date)
{
	for (size_t i = 0; c->count && i < c->days; i++)
		if (c->nodes[0].days[i].date == date)
			return &c->nodes[0].days[i];
	return NULL;
}

static void test_studies(void)
{
	static const struct { const char *date, *verdict; enum skip skip; bool unfinished; long complete, incomplete, left; } cases[] = {
		{ "20240228", "complete", SKIP_NOT, false, 1, 0, 0 },
		{ "20240228", "complete-by-count", SKIP_NOT, false, 1, 0, 0 },
		{ "20240228", "incomplete", SKIP_NOT, false, 0, 1, 0 },
		{ "20240228", "wanted", SKIP_NOT, false, 0, 1, 0 },
		{ "20240228", "skipped", SKIP_HELD, false, 1, 0, 0 },
		{ "20240228", "skipped", SKIP_LIMIT, true, 0, 0, 1 },
		{ "20240228", "skipped", SKIP_UNTOLD, true, 0, 0, 1 },
		{ "20240228", "skipped", SKIP_SETTLING, true, 0, 0, 1 },
		{ "20240228", "skipped", SKIP_NOT_CHOSEN, false, 0, 0, 1 },
		{ "20240228", "skipped", SKIP_OTHER, false, 0, 0, 1 },
		{ "20240228", "skipped", SKIP_FILTER, false, 0, 0, 1 },
		{ "20240302", "complete", SKIP_NOT, false, 0, 0, 0 },	/* outside */
		{ "", "complete", SKIP_NOT, false, 0, 0, 0 },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		const struct ledger_study s = { .node = "A@h:104", .date = cases[i].date, .verdict = cases[i].verdict, .why = "",
						.skip = cases[i].skip };
		struct calendar c;
		struct err e;

		CHECK_CASE(cases[i].verdict);
		CHECK_INT(calendar_init(&c, &(struct date_range){ 20240227, 20240301 }, &e), 0);
		CHECK_INT(c.days, 4);		/* a leap year */
		calendar_study(&c, &s);
		CHECK_INT(day_at(&c, 20240228)->complete, cases[i].complete);
		CHECK_INT(day_at(&c, 20240228)->incomplete, cases[i].incomplete);
		CHECK_INT(day_at(&c, 20240228)->left, cases[i].left);
		CHECK_INT(day_at(&c, 20240228)->unfinished, cases[i].unfinished);
		calendar_done(&c);
	}
	CHECK_CASE("");
}

static void test_queries(void)
{
	const struct { const char *keys; int status, rows; int64_t job; bool cut; enum covered day27, day1; } cases[] = {
		{ "StudyDate=20240227-20240301", 0, 5, 1, false, COVERED_WHOLE, COVERED_PARTLY },
		{ "StudyDate=20240227-20240301", 0, 0, 0, false, COVERED_WHOLE, COVERED_PARTLY },	/* nothing was there */
		{ "StudyDate=20240227-20240301", 0, 5, 0, false, COVERED_NOT, COVERED_NOT },		/* nobody fetched it */
		{ "StudyDate=20240227-20240301", 0, 5, 1, true, COVERED_NOT, COVERED_NOT },
		{ "StudyDate=20240227-20240301", 0xa700, 5, 1, false, COVERED_NOT, COVERED_NOT },
		{ "StudyDate=-20240227", 0, 5, 1, false, COVERED_WHOLE, COVERED_NOT },
		{ "StudyDate=20240228-", 0, 5, 1, false, COVERED_NOT, COVERED_PARTLY },
		{ "StudyDate=20240227 ModalitiesInStudy=CT", 0, 5, 1, false, COVERED_WHOLE, COVERED_NOT },
		{ "StudyDate=20240227 PatientName=*****", 0, 5, 1, false, COVERED_NOT, COVERED_NOT },
		{ "StudyDate=20240227 Modality=CT,MR", 0, 5, 1, false, COVERED_WHOLE, COVERED_NOT },
		{ "StudyDate=20240227 checked-here:station", 0, 5, 1, false, COVERED_NOT, COVERED_NOT },
		{ "StudyInstanceUID=1.2", 0, 5, 1, false, COVERED_NOT, COVERED_NOT },
		{ "", 0, 5, 1, false, COVERED_WHOLE, COVERED_PARTLY },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		const struct ledger_query q = { .node = "A@h:104", .level = "STUDY", .keys = cases[i].keys, .status = cases[i].status,
						.rows = cases[i].rows, .job = cases[i].job, .cut = cases[i].cut, .at = noon(2024, 3, 1) };
		const struct ledger_study here = { .node = "A@h:104", .date = "", .verdict = "complete", .why = "" };
		struct calendar c;
		struct err e;

		CHECK_CASE(cases[i].keys);
		CHECK_INT(calendar_init(&c, &(struct date_range){ 20240227, 20240302 }, &e), 0);
		calendar_study(&c, &here);		/* the node is there in any case */
		calendar_query(&c, &q);
		CHECK_INT(day_at(&c, 20240227)->covered, cases[i].day27);
		CHECK_INT(day_at(&c, 20240301)->covered, cases[i].day1);
		CHECK_INT(day_at(&c, 20240302)->covered, COVERED_NOT);	/* it had not come yet */
		calendar_done(&c);
	}
	CHECK_CASE("");
}

static void test_limits(void)
{
	struct calendar c;
	struct err e;

	CHECK_INT(calendar_init(&c, &(struct date_range){ 20240302, 20240301 }, &e), -1);
	CHECK_INT(calendar_init(&c, &(struct date_range){ 10000101, 20240301 }, &e), -1);
	CHECK_INT(e.kind, ERR_USAGE);
	CHECK_STR(calendar_state(&(struct calendar_day){ .incomplete = 1, .covered = COVERED_WHOLE }), "incomplete");
	CHECK_STR(calendar_state(&(struct calendar_day){ .covered = COVERED_NOT, .complete = 1 }), "not covered");
	CHECK_STR(calendar_state(&(struct calendar_day){ .covered = COVERED_PARTLY }), "partly covered");
	CHECK_STR(calendar_state(&(struct calendar_day){ .covered = COVERED_WHOLE }), "complete");
	CHECK_STR(calendar_state(&(struct calendar_day){ .covered = COVERED_WHOLE, .left = 1, .unfinished = true }), "incomplete");
}

int main(void)
{
	test_studies();
	test_queries();
	test_limits();
	return check_done();
}
