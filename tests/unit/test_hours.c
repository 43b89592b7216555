/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows of the clock: a moment, and whether it is inside, when that ends, when it begins; on ordinary nights and on those on which
 * the clock changes. */
#include "core/plan/hours.h"

#include <stdlib.h>

#include "base/mem.h"
#include "check.h"

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define NEW_YORK "EST5EDT,M3.2.0,M11.1.0"
#define CAIRO "EET-2EEST,M4.5.5/0,M10.5.4/24"	/* midnight itself is skipped */

/* Moments as a local clock shows them, or with " B" the second time that it shows them.  2026-11-25 is a Wednesday. */
static const struct { const char *zone, *windows, *now; const char *closes, *opens; } cases[] = {
	/* one evening */
	{ "UTC0", "19:00-06:00", "2026-11-25 18:59:59", NULL, "2026-11-25 19:00:00" },
	{ "UTC0", "19:00-06:00", "2026-11-25 19:00:00", "2026-11-26 06:00:00", NULL },
	{ "UTC0", "19:00-06:00", "2026-11-26 00:30:00", "2026-11-26 06:00:00", NULL },
	{ "UTC0", "19:00-06:00", "2026-11-26 05:59:59", "2026-11-26 06:00:00", NULL },
	{ "UTC0", "19:00-06:00", "2026-11-26 06:00:00", NULL, "2026-11-26 19:00:00" },
	{ "UTC0", "12:00-13:30", "2026-11-25 13:30:00", NULL, "2026-11-26 12:00:00" },
	{ "UTC0", "20:00-24:00", "2026-11-25 23:59:59", "2026-11-26 00:00:00", NULL },
	{ "UTC0", "20:00-0:00", "2026-11-25 23:59:59", "2026-11-26 00:00:00", NULL },
	/* weekdays: what begins on Friday evening ends on Saturday morning, and nothing begins on Saturday */
	{ "UTC0", "mon-fri 19:00-06:00", "2026-11-28 05:00:00", "2026-11-28 06:00:00", NULL },
	{ "UTC0", "mon-fri 19:00-06:00", "2026-11-28 20:00:00", NULL, "2026-11-30 19:00:00" },
	{ "UTC0", "mon-fri 19:00-06:00", "2026-11-30 05:00:00", NULL, "2026-11-30 19:00:00" },
	{ "UTC0", "mon-fri 19:00-06:00, sat-sun 00:00-24:00", "2026-11-27 20:00:00", "2026-11-30 00:00:00", NULL },
	{ "UTC0", "mon-fri 19:00-06:00, sat-sun 00:00-24:00", "2026-11-30 00:00:00", NULL, "2026-11-30 19:00:00" },
	{ "UTC0", "FRI - Mon 8:00-9:00", "2026-11-24 08:30:00", NULL, "2026-11-27 08:00:00" },
	{ "UTC0", "fri-mon 8:00-9:00", "2026-11-30 08:30:00", "2026-11-30 09:00:00", NULL },
	{ "UTC0", "mon, wed 20:00-22:00", "2026-11-23 21:00:00", "2026-11-23 22:00:00", NULL },
	{ "UTC0", "mon, wed 20:00-22:00", "2026-11-24 21:00:00", NULL, "2026-11-25 20:00:00" },
	{ "UTC0", "wed 8:00-9:00", "2026-11-25 09:00:00", NULL, "2026-12-02 08:00:00" },
	{ "UTC0", "19:00-23:00,22:00-02:00", "2026-11-25 20:00:00", "2026-11-26 02:00:00", NULL },
	/* always */
	{ "UTC0", "00:00-24:00", "2026-11-25 13:00:00", "", NULL },
	{ "UTC0", "00:00-12:00, 12:00-24:00", "2026-11-25 13:00:00", "", NULL },
	/* month and year ends */
	{ "UTC0", "19:00-06:00", "2026-12-31 23:00:00", "2027-01-01 06:00:00", NULL },
	{ "UTC0", "thu 19:00-06:00", "2028-02-29 03:00:00", NULL, "2028-03-02 19:00:00" },
	/* Berlin, 2026-03-29: 02:00 becomes 03:00, so that this night has ten hours */
	{ BERLIN, "19:00-06:00", "2026-03-29 01:59:59", "2026-03-29 06:00:00", NULL },
	{ BERLIN, "19:00-06:00", "2026-03-29 03:00:00", "2026-03-29 06:00:00", NULL },
	{ BERLIN, "22:00-02:30", "2026-03-29 01:59:59", "2026-03-29 03:00:00", NULL },
	{ BERLIN, "22:00-02:30", "2026-03-29 03:00:00", NULL, "2026-03-29 22:00:00" },
	{ BERLIN, "02:30-05:00", "2026-03-29 01:59:59", NULL, "2026-03-29 03:00:00" },
	{ BERLIN, "02:10-02:50", "2026-03-29 01:00:00", NULL, "2026-03-30 02:10:00" },
	/* Berlin, 2026-10-25: 03:00 becomes 02:00, so that this night has twelve */
	{ BERLIN, "19:00-06:00", "2026-10-25 02:30:00", "2026-10-25 06:00:00", NULL },
	{ BERLIN, "19:00-06:00", "2026-10-25 02:30:00 B", "2026-10-25 06:00:00", NULL },
	{ BERLIN, "22:00-02:30", "2026-10-25 02:29:59", "2026-10-25 02:30:00", NULL },
	{ BERLIN, "22:00-02:30", "2026-10-25 02:00:00 B", NULL, "2026-10-25 22:00:00" },
	{ BERLIN, "02:30-05:00", "2026-10-25 02:00:00 B", "2026-10-25 05:00:00", NULL },
	{ NEW_YORK, "20:00-05:00", "2026-11-01 01:30:00 B", "2026-11-01 05:00:00", NULL },
	{ NEW_YORK, "sat 20:00-05:00", "2026-03-08 03:30:00", "2026-03-08 05:00:00", NULL },
	/* Cairo, 2026-04-24: the day begins at 01:00; 2026-10-29: its last hour comes twice */
	{ CAIRO, "fri 00:00-24:00", "2026-04-23 23:59:59", NULL, "2026-04-24 01:00:00" },
	{ CAIRO, "thu-fri 00:00-24:00", "2026-04-23 20:00:00", "2026-04-25 00:00:00", NULL },
	{ CAIRO, "20:00-06:00", "2026-10-29 23:30:00 B", "2026-10-30 06:00:00", NULL },
};

static time_t moment(const char *text)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *end = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);
	time_t t;

	tm.tm_isdst = *end ? 0 : -1;
	t = mktime(&tm);
	if (!*end) {		/* the first of two */
		struct tm early;
		time_t before = t - 3600;

		localtime_r(&before, &early);
		if (early.tm_hour == tm.tm_hour && early.tm_min == tm.tm_min)
			t = before;
	}
	return t;
}

static void expect_moment(time_t got, const char *want)
{
	char text[40] = "";
	struct tm tm;

	if (got) {
		localtime_r(&got, &tm);
		strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
	}
	CHECK_STR(text, want ? want : "");
}

static void test_cases(void)
{
	for (size_t i = 0; i < countof(cases); i++) {
		auto_free char *name = mem_printf("%s in %s at %s", cases[i].windows, cases[i].zone, cases[i].now);
		struct hours h;
		struct hours_now now;
		struct err e = { ERR_NONE, "" };

		CHECK_CASE(name);
		setenv("TZ", cases[i].zone, 1);
		tzset();
		if (!CHECK_INT(hours_parse(cases[i].windows, &h, &e), 0))
			continue;
		hours_at(&h, moment(cases[i].now), &now);
		CHECK_INT(now.open, cases[i].closes != NULL);
		expect_moment(now.closes, cases[i].closes);
		expect_moment(now.opens, cases[i].opens);
		CHECK_CASE("");
	}
}

static const struct { const char *text, *said; } bad[] = {
	{ "", "no window is given" }, { "  ", "no window is given" },
	{ "19:00", "'19:00': write windows like 19:00-06:00" }, { "19-6", "write windows like" }, { "19:00-", "write windows like" },
	{ "7pm-6am", "write windows like" }, { "19:0-06:00", "write windows like" }, { "19:60-06:00", "write windows like" },
	{ "25:00-06:00", "write windows like" }, { "19:00-24:01", "write windows like" }, { "-19:00-06:00", "write windows like" },
	{ "19:00-06:00 mon", "write windows like" }, { "mon-fri", "these days have no times" },
	{ "mon- 19:00-06:00", "write windows like" }, { "xyz 19:00-06:00", "'xyz 19:00-06:00': write windows like" },
	{ "19:00-06:00,", "'': write windows like" }, { "19:00-06:00,,mon 1:00-2:00", "'': write windows like" },
	{ "mon-fri 19:00-06:00, sat", "these days have no times" },
	{ "19:00-19:00", "it would never be open" }, { "24:00-06:00", "it would never be open" }, { "00:00-00:00", "it would never be open" },
	{ "1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,"
	  "1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,"
	  "1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00,1:00-2:00", "more than 32 windows" },
};

static void test_bad(void)
{
	for (size_t i = 0; i < countof(bad); i++) {
		struct hours h;
		struct err e = { ERR_NONE, "" };

		CHECK_CASE(bad[i].text);
		CHECK_INT(hours_parse(bad[i].text, &h, &e), -1);
		CHECK_INT(e.kind, ERR_USAGE);
		CHECK_HAS(e.text, bad[i].said);
	}
	CHECK_CASE("");
}

/* Minute by minute over both changes: open is what the laid-out windows say, and each end and beginning is one. */
static void test_every_minute(void)
{
	static const char *const from[] = { "2026-03-28 12:00:00", "2026-10-24 12:00:00" };
	struct hours h;
	struct err e;

	setenv("TZ", BERLIN, 1);
	tzset();
	hours_parse("sat 22:00-02:30, sun 04:00-05:00", &h, &e);
	for (size_t i = 0; i < countof(from); i++) {
		time_t begin = moment(from[i]);
		struct hours_now now, then;
		int open = 0;

		CHECK_CASE(from[i]);
		for (time_t t = begin; t < begin + 86400; t += 60) {
			hours_at(&h, t, &now);
			open += now.open;
			hours_at(&h, now.open ? now.closes : now.opens, &then);
			if (!CHECK(then.open != now.open))
				return;
			hours_at(&h, (now.open ? now.closes : now.opens) - 1, &then);
			if (!CHECK(then.open == now.open))
				return;
		}
		CHECK_INT(open, i ? 330 : 300);		/* 22:00 to 02:30 or the jump, and one hour */
		CHECK_CASE("");
	}
}

static void test_always_and_words(void)
{
	struct hours none = { .count = 0 };
	struct hours_now now;
	char words[HOURS_WHEN_MAX];

	setenv("TZ", "UTC0", 1);
	tzset();
	hours_at(&none, 1000, &now);
	CHECK(now.open && !now.closes && !now.opens);
	hours_when(moment("2026-11-25 19:00:00"), moment("2026-11-25 08:00:00"), words);
	CHECK_STR(words, "19:00");
	hours_when(moment("2026-11-27 19:00:00"), moment("2026-11-25 08:00:00"), words);
	CHECK_STR(words, "Friday, 2026-11-27, 19:00");
}

int main(void)
{
	test_cases();
	test_bad();
	test_every_minute();
	test_always_and_words();
	return check_done();
}
