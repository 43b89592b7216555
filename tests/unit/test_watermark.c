/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The nightly run's decisions: which days, how far the watermark moves, what is left alone; at the ends of months and years, in the
 * nights when the clock changes, and with a clock that was wrong. */
#include "core/nightly/watermark.h"

#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "check.h"
#include "dicom/value.h"

#define MARKS 4

static void test_days(void)
{
	static const struct {
		const char *name;
		int begun, marks[MARKS], today, lookback, given;
		int from, mark, doubtful, begins;
		bool first, settled;
	} cases[] = {
		{ "the first run", 0, { 0 }, 20260305, 3, 0, 20260302, 0, 0, 20260302, true, true },
		{ "the first run, told where", 0, { 0 }, 20260305, 3, 20260101, 20260101, 0, 0, 20260101, false, true },
		{ "the first run, only today", 0, { 0 }, 20260305, 0, 0, 20260305, 0, 0, 20260305, true, true },
		{ "the first run failed", 20260302, { 0 }, 20260309, 3, 0, 20260302, 0, 0, 20260302, false, true },
		{ "it failed, told an earlier day", 20260302, { 0 }, 20260309, 3, 20260201, 20260201, 0, 0, 20260201, false, true },
		{ "it failed, told a later day", 20260302, { 0 }, 20260309, 3, 20260308, 20260302, 0, 0, 20260302, false, true },
		{ "every night", 20260101, { 20260302, 20260304, 20260303 }, 20260305, 3, 0, 20260301, 20260304, 0, 20260101, false, true },
		{ "told where, when it counts no more", 20260101, { 20260304 }, 20260305, 3, 20250101, 20260301, 20260304, 0, 20260101, false,
		  true },
		{ "no further back than it began", 20260303, { 20260304 }, 20260305, 3, 0, 20260303, 20260304, 0, 20260303, false, true },
		{ "after a fortnight of downtime", 20260101, { 20260304 }, 20260319, 3, 0, 20260301, 20260304, 0, 20260101, false, true },
		{ "no lookback", 20260101, { 20260304 }, 20260305, 0, 0, 20260304, 20260304, 0, 20260101, false, true },
		{ "the end of a month", 20250101, { 20260228 }, 20260301, 3, 0, 20260225, 20260228, 0, 20250101, false, true },
		{ "the beginning of a month", 20250101, { 20260301 }, 20260302, 3, 0, 20260226, 20260301, 0, 20250101, false, true },
		{ "a leap day", 20230101, { 20240301 }, 20240302, 1, 0, 20240229, 20240301, 0, 20230101, false, true },
		{ "the end of a year", 20240101, { 20251231 }, 20260101, 3, 0, 20251228, 20251231, 0, 20240101, false, true },
		{ "the beginning of a year", 20240101, { 20260101 }, 20260102, 3, 0, 20251229, 20260101, 0, 20240101, false, true },
		{ "the clock set back a little", 20260101, { 20260303, 20260304, 20260305 }, 20260305, 3, 0, 20260301, 20260304, 20260305,
		  20260101, false, true },
		{ "it was far ahead once", 20260101, { 20260304, 20291231 }, 20260306, 3, 0, 20260301, 20260304, 20291231, 20260101, false,
		  true },
		{ "it was ahead from the beginning", 20260101, { 20291231 }, 20260306, 3, 0, 20260101, 0, 20291231, 20260101, false, true },
		{ "set back to before all that is known", 20260301, { 20260304 }, 19700101, 3, 0, 19691229, 0, 20260304, 19691229, true,
		  false },
		{ "the first run, the clock not set", 0, { 0 }, 20000101, 3, 0, 19991229, 0, 0, 19991229, true, false },
		{ "begun in the future", 20290101, { 0 }, 20260306, 3, 0, 20260303, 0, 20290101, 20260303, true, true },
		{ "the very first run was in the future", 20290101, { 20290104 }, 20260306, 3, 0, 20260303, 0, 20290104, 20260303, true, true },
		{ "and the second was not", 20260303, { 20260305, 20290104 }, 20260307, 3, 0, 20260303, 20260305, 20290104, 20260303, false,
		  true },
		{ "a day before it all, and back", 20250303, { 20250305, 20260301 }, 20260302, 3, 0, 20260226, 20260301, 0, 20250303, false,
		  true },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct watermark_past past = { .begun = cases[i].begun, .marks = cases[i].marks };
		struct watermark_days d;

		while (past.count < MARKS && cases[i].marks[past.count])
			past.count++;
		CHECK_CASE(cases[i].name);
		watermark_days(&past, cases[i].today, cases[i].lookback, cases[i].given, &d);
		CHECK_INT(d.from, cases[i].from);
		CHECK_INT(d.until, cases[i].today);
		CHECK_INT(d.mark, cases[i].mark);
		CHECK_INT(d.doubtful, cases[i].doubtful);
		CHECK_INT(d.begun, cases[i].begins);
		CHECK_INT(d.first, cases[i].first);
		CHECK_INT(d.settled, cases[i].settled);
	}
	CHECK_CASE("");
}

static void test_marks(void)
{
	static const struct {
		const char *name;
		int from, until, mark, bad[3];	/* bad: days, -1 = one without a date */
		bool unsettled;
		int moved;
	} cases[] = {
		{ "all is well", 20260301, 20260305, 20260303, { 0 }, false, 20260304 },
		{ "the first time", 20260301, 20260305, 0, { 0 }, false, 20260304 },
		{ "only today", 20260305, 20260305, 0, { 0 }, false, 0 },
		{ "today is bad", 20260301, 20260305, 20260303, { 20260305 }, false, 20260304 },
		{ "yesterday is bad", 20260301, 20260305, 20260302, { 20260304, 20260305 }, false, 20260303 },
		{ "the first bad day counts", 20260301, 20260305, 20260301, { 20260304, 20260303 }, false, 20260302 },
		{ "never backwards", 20260301, 20260305, 20260303, { 20260302 }, false, 20260303 },
		{ "the very first day", 20260301, 20260305, 0, { 20260301 }, false, 0 },
		{ "one without a date", 20260301, 20260305, 20260303, { -1 }, false, 20260303 },
		{ "one of another year", 20260301, 20260305, 20260303, { 20190101 }, false, 20260303 },
		{ "after the new year", 20251228, 20260102, 20251231, { 0 }, false, 20260101 },
		{ "bad on New Year's Day", 20251228, 20260103, 20251230, { 20260101 }, false, 20251231 },
		{ "bad on the first of March", 20240225, 20240305, 20240225, { 20240301 }, false, 20240229 },
		{ "a clock that nobody can trust", 19691229, 19700101, 0, { 0 }, true, 0 },
		{ "already there", 20260301, 20260305, 20260304, { 0 }, false, 20260304 },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		const struct watermark_days d = { .from = cases[i].from, .until = cases[i].until, .mark = cases[i].mark,
					     .settled = !cases[i].unsettled };
		int first_bad = 0;

		CHECK_CASE(cases[i].name);
		for (size_t b = 0; b < countof(cases[i].bad) && cases[i].bad[b]; b++)
			watermark_spoil(&d, &first_bad, cases[i].bad[b] < 0 ? 0 : cases[i].bad[b]);
		CHECK_INT(watermark_mark(&d, first_bad), cases[i].moved);
	}
	CHECK_CASE("");
}

/* Every night for four years, with what the night before left. */
static void test_years(void)
{
	int marks[2000], begun = 0, wrong = 0;
	size_t count = 0;

	for (int today = 20230101; today < 20270101; today = date_add(today, 1)) {
		const struct watermark_past past = { .begun = begun, .marks = marks, .count = count };
		struct watermark_days d;

		if (today % 7 == 3)		/* nothing ran */
			continue;
		watermark_days(&past, today, 3, 0, &d);
		begun = d.begun;
		wrong += d.mark && (d.from > d.mark || date_days(d.from, d.mark) > 3 || d.until != today);
		marks[count++] = watermark_mark(&d, 0);
		wrong += marks[count - 1] != date_add(today, -1);
	}
	CHECK_INT(wrong, 0);
	CHECK(count > 1000);
}

static void test_lookback(void)
{
	static const struct { long long seconds; int days; } cases[] = {
		{ 0, 0 }, { 1, 1 }, { 5400, 1 }, { 86400, 1 }, { 86401, 2 }, { 3 * 86400, 3 }, { 3650LL * 86400, 3650 },
	};

	for (size_t i = 0; i < countof(cases); i++)
		CHECK_INT(watermark_lookback(cases[i].seconds), cases[i].days);
}

/* "2026-03-29 03:30" as a clock on the wall shows it; summer: 1 the first of two such hours, 0 the second, -1 the only one. */
static time_t at(int date, int hour, int minute, int summer)
{
	struct tm tm = { .tm_year = date / 10000 - 1900, .tm_mon = date / 100 % 100 - 1, .tm_mday = date % 100, .tm_hour = hour,
			 .tm_min = minute, .tm_isdst = summer };

	return mktime(&tm);
}

#define HM(hour, minute) ((hour) * 3600 + (minute) * 60)

static void test_settling(void)
{
	const struct {
		const char *name;
		int date, hour, minute, summer;	/* now */
		long long settle;
		int made, second;
		long long changed_ago;		/* -1 = never */
		bool left;
	} cases[] = {
		{ "off", 20260310, 2, 0, -1, 0, 20260310, HM(1, 59), 5, false },
		{ "just made", 20260310, 14, 0, -1, 7200, 20260310, HM(12, 1), -1, true },
		{ "made before that", 20260310, 14, 0, -1, 7200, 20260310, HM(12, 0), -1, false },
		{ "over midnight", 20260310, 1, 0, -1, 7200, 20260309, HM(23, 30), -1, true },
		{ "over midnight, before that", 20260310, 1, 0, -1, 7200, 20260309, HM(22, 59), -1, false },
		{ "over the new year", 20260101, 1, 0, -1, 7200, 20251231, HM(23, 30), -1, true },
		{ "yesterday, no time", 20260310, 1, 0, -1, 7200, 20260309, -1, -1, true },
		{ "yesterday, no time, later", 20260310, 2, 0, -1, 7200, 20260309, -1, -1, false },
		{ "today, no time", 20260310, 2, 0, -1, 7200, 20260310, -1, -1, true },
		{ "no date", 20260310, 2, 0, -1, 7200, 0, HM(1, 0), -1, false },
		{ "the modality's clock is ahead", 20260310, 2, 0, -1, 7200, 20260310, HM(2, 30), -1, true },
		{ "changed lately", 20260310, 2, 0, -1, 7200, 20260308, HM(10, 0), 7199, true },
		{ "changed now", 20260310, 2, 0, -1, 7200, 20260308, HM(10, 0), 0, true },
		{ "changed long ago", 20260310, 2, 0, -1, 7200, 20260308, HM(10, 0), 7200, false },
		{ "changed in the future", 20260310, 2, 0, -1, 7200, 20260308, HM(10, 0), -50000, false },
		/* 29 March 2026: 01:59 is followed by 03:00. */
		{ "summer begins, an hour ago", 20260329, 3, 30, -1, 3600, 20260329, HM(1, 30), -1, false },
		{ "summer begins, less than that", 20260329, 3, 30, -1, 3600, 20260329, HM(1, 31), -1, true },
		{ "an hour that never was", 20260329, 3, 30, -1, 7200, 20260329, HM(2, 30), -1, true },
		{ "the day of 23 hours", 20260329, 23, 59, -1, 23 * 3600, 20260329, HM(0, 0), -1, true },
		{ "the day of 23 hours is over", 20260330, 0, 0, -1, 23 * 3600, 20260329, HM(0, 0), -1, false },
		/* 25 October 2026: 02:00 to 02:59 come twice. */
		{ "winter begins, the same hour again", 20261025, 2, 30, 0, 3600, 20261025, HM(2, 29), -1, true },
		{ "winter begins, two hours later", 20261025, 4, 0, -1, 5400, 20261025, HM(2, 30), -1, false },
		{ "winter begins, across", 20261025, 3, 0, -1, 7200, 20261025, HM(1, 30), -1, false },
		{ "the day of 25 hours", 20261026, 0, 0, -1, 25 * 3600 + 1, 20261025, HM(0, 0), -1, true },
	};

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	for (size_t i = 0; i < countof(cases); i++) {
		time_t now = at(cases[i].date, cases[i].hour, cases[i].minute, cases[i].summer);
		time_t changed = cases[i].changed_ago == -1 ? 0 : now - cases[i].changed_ago;

		CHECK_CASE(cases[i].name);
		CHECK_INT(watermark_unsettled(now, cases[i].settle, cases[i].made, cases[i].second, changed) != NULL, cases[i].left);
	}
	CHECK_CASE("");
}

/* The night in which the hour comes twice is one day, and the day before it is over in both. */
static void test_nights(void)
{
	const struct watermark_past past = { .begun = 20260101, .marks = (const int[]){ 20261023 }, .count = 1 };
	const struct watermark_past spring = { .begun = 20260101, .marks = (const int[]){ 20260327 }, .count = 1 };

	for (int summer = 0; summer < 2; summer++) {
		struct watermark_days d;

		watermark_days(&past, date_of(at(20261025, 2, 30, summer)), 3, 0, &d);
		CHECK_INT(d.from, 20261020);
		CHECK_INT(d.until, 20261025);
		CHECK_INT(watermark_mark(&d, 0), 20261024);
		watermark_days(&spring, date_of(at(20260329, summer ? 3 : 1, 59, -1)), 3, 0, &d);
		CHECK_INT(d.until, 20260329);
		CHECK_INT(watermark_mark(&d, 0), 20260328);
	}
	CHECK_INT(date_time(20261025, HM(2, 30)) - date_time(20261025, HM(1, 30)), 7200);	/* the later one */
	CHECK_INT(date_time(20260329, HM(3, 30)) - date_time(20260329, HM(1, 30)), 3600);
	CHECK_INT(date_of(date_time(20260329, HM(2, 30))), 20260329);
	CHECK_INT(date_of(date_time(20240229, 86399)), 20240229);
	setenv("TZ", "UTC", 1);
	tzset();
	CHECK_INT(date_time(20260101, 61) - date_time(20251231, 86399), 62);
}

int main(void)
{
	test_days();
	test_marks();
	test_years();
	test_lookback();
	test_settling();
	test_nights();
	return check_done();
}
