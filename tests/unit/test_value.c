/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values as people, files and peers give them: what is taken, and the sentence when it is not. */
#include "dicom/value.h"

#include "base/clock.h"
#include "base/mem.h"
#include "tests/unit/check.h"

#define TEN "1234567890"
#define SIXTY TEN TEN TEN TEN TEN TEN

static const struct { const char *text, *trimmed; } paddings[] = {
	{ "", "" }, { "  ", "" }, { "a", "a" }, { "  a b  ", "a b" }, { "a ", "a" }, { " a", "a" }, { "\ta ", "\ta" },
};

static const struct { const char *uid; bool safe, repeatable; const char *fault; } uids[] = {
	{ "1.2.840.10008.1.1", true, true, "" },
	{ "1", true, true, "" },
	{ "1.02.3", true, true, "" },			/* seen in real archives */
	{ SIXTY "1234", true, true, "" },
	{ SIXTY "12345", false, true, "study UID '" SIXTY "12345' has more than 64 characters" },
	{ SIXTY SIXTY "12345678", false, true, "has more than 64 characters" },
	{ SIXTY SIXTY "123456789", false, false, "has more than 64 characters" },
	{ "", false, false, "study UID is empty" },
	{ " ", false, false, "study UID ' ' has characters other than digits and dots" },
	{ "1.2 ", false, true, "other than digits" },
	{ "1..2", false, true, "study UID '1..2' has two dots in a row" },
	{ ".1", false, true, "begins or ends with a dot" },
	{ "1.", false, true, "begins or ends with a dot" },
	{ "..", false, true, "begins or ends" },
	{ "1.2/../3", false, true, "other than digits" },
	{ "1.2\\1.3", false, false, "other than digits" },
	{ "1.*", false, false, "other than digits" },
	{ "1.?", false, false, "other than digits" },
	{ "1.\n2", false, false, "study UID '1.?2' has characters" },
	{ "1.\xe9", false, false, "study UID '1.?' has characters" },
};

static const struct { const char *aet, *fault; } titles[] = {
	{ "DICOMQR", NULL },
	{ "A", NULL },
	{ "ABCDEFGHIJKLMNOP", NULL },
	{ "MY PACS", NULL },
	{ "a-b@c", NULL },
	{ "ABCDEFGHIJKLMNOPQ", "calling AE title 'ABCDEFGHIJKLMNOPQ' has 17 characters; at most 16 are allowed" },
	{ "", "calling AE title is empty" },
	{ "A\\B", "calling AE title 'A\\B' has a backslash, which is not allowed" },
	{ "@A", "calling AE title '@A' begins with @, which the DCMTK tools take for something else" },
	{ "-A", "calling AE title '-A' begins with -, which the DCMTK tools take for something else" },
	{ " A", "calling AE title ' A' begins or ends with a space" },
	{ "A ", "calling AE title 'A ' begins or ends with a space" },
	{ "    ", "calling AE title '    ' begins or ends with a space" },
	{ "A\tB", "calling AE title 'A?B' has characters that are not printable ASCII" },
	{ "Ä", "calling AE title 'Ä' has characters that are not printable ASCII" },
	{ TEN TEN TEN TEN TEN TEN TEN TEN,
	  "calling AE title '" TEN TEN TEN TEN TEN TEN TEN "...' has 80 characters; at most 16 are allowed" },
};

static const struct { const char *text; int port; const char *fault; } ports[] = {
	{ "104", 104, NULL }, { "1", 1, NULL }, { "65535", 65535, NULL }, { "00104", 104, NULL },
	{ "70000", 0, "port 70000 is out of range 1 to 65535" },
	{ "65536", 0, "port 65536 is out of range 1 to 65535" },
	{ "0", 0, "port 0 is out of range 1 to 65535" },
	{ "99999999999999999999999", 0, "port 99999999999999999999999 is out of range 1 to 65535" },
	{ "", 0, "port '' is not a number" },
	{ "-1", 0, "port '-1' is not a number" },
	{ "+1", 0, "port '+1' is not a number" },
	{ " 1", 0, "port ' 1' is not a number" },
	{ "104x", 0, "port '104x' is not a number" },
	{ "0x68", 0, "port '0x68' is not a number" },
};

/* On 31 March 2024. */
static const struct { const char *text, *key; } dates[] = {
	{ "20240105", "20240105" },
	{ "2024-01-05", "20240105" },
	{ " 20240105 ", "20240105" },
	{ "20240229", "20240229" },
	{ "20240101-20240131", "20240101-20240131" },
	{ "20240101 - 20240131", "20240101-20240131" },
	{ "20240101-", "20240101-" },
	{ "-20240131", "-20240131" },
	{ "20240105-20240105", "20240105" },
	{ "2024-01-01-2024-01-31", "20240101-20240131" },
	{ "2024-01-01-", "20240101-" },
	{ "-2024-01-31", "-20240131" },
	{ "2024-01-01-20240131", "20240101-20240131" },
	{ "2024-01-01/2024-01-31", "20240101-20240131" },
	{ "20240101/20240131", "20240101-20240131" },
	{ "2024-01-01..2024-01-31", "20240101-20240131" },
	{ "2024-01-01..", "20240101-" },
	{ "..2024-01-31", "-20240131" },
	{ "/2024-01-31", "-20240131" },
	{ "today", "20240331" },
	{ "Yesterday", "20240330" },
	{ "20240101-today", "20240101-20240331" },
	{ "yesterday-today", "20240330-20240331" },
	{ "2024-01-01..yesterday", "20240101-20240330" },
	{ "-30d", "20240301-20240331" },
	{ "-0d", "20240331" },
	{ "-4w", "20240303-20240331" },
	{ "-1m", "20240229-20240331" },
	{ "-6m", "20230930-20240331" },
	{ "-12m", "20230331-20240331" },
	{ "-1y", "20230331-20240331" },
	{ "-1Y", "20230331-20240331" },
	{ "-30d..-7d", "20240301-20240324" },
	{ "-99999m", "00010101-20240331" },
	{ "-99999w", "01070925-20240331" },
};

static const struct { const char *text, *fault; } not_dates[] = {
	{ "20241332", "'20241332' is not a date: month 13 does not exist (YYYYMMDD, or a range YYYYMMDD-YYYYMMDD)" },
	{ "20240230", "'20240230' is not a date: day 30 does not exist in month 02 of 2024 (YYYYMMDD" },
	{ "20230229", "day 29 does not exist in month 02 of 2023" },
	{ "19000229", "day 29 does not exist" },
	{ "20240100", "day 00 does not exist" },
	{ "20240001", "month 00 does not exist" },
	{ "00000101", "year 0000 does not exist" },
	{ "2024-13-01", "'2024-13-01' is not a date: month 13 does not exist" },
	{ "20240101-20240231", "'20240101-20240231' is not a date: day 31 does not exist in month 02 of 2024" },
	{ "20240131-20240101", "'20240131-20240101' is not a date range: it ends before it begins" },
	{ "", "the date is empty (YYYYMMDD, or a range YYYYMMDD-YYYYMMDD)" },
	{ "   ", "the date is empty" },
	{ "-", "'-' is not a date (YYYYMMDD" },
	{ "--", "'--' is not a date (" },
	{ "/", "'/' is not a date (" },
	{ "..", "'..' is not a date (" },
	{ "*", "'*' is not a date: wildcards do not work in dates" },
	{ "202401*", "wildcards" },
	{ "2024010?", "wildcards" },
	{ "2024", "'2024' is not a date (" },
	{ "202401", "is not a date" },
	{ "2024010", "is not a date" },
	{ "202401011", "is not a date" },
	{ "+0240101", "is not a date" },
	{ "2024-1-1", "is not a date" },
	{ "../2024-01-31", "is not a date" },
	{ "01.02.2024", "is not a date" },
	{ "20240101-20240102-20240103", "is not a date" },
	{ "20240101\\20240102", "is not a date" },
	{ "-30", "is not a date" },
	{ "-d", "is not a date" },
	{ "30d", "is not a date" },
	{ "-3.5d", "is not a date" },
	{ "-999999d", "is not a date" },
	{ "tomorrow", "is not a date" },
	{ "2024\a101", "'2024?101' is not a date" },
	{ SIXTY SIXTY, "'" SIXTY TEN "...' is not a date" },
};

static void test_trim(void)
{
	CHECK_CASE("trim");
	for (size_t i = 0; i < countof(paddings); i++) {
		auto_free char *text = mem_str(paddings[i].text);

		CHECK(value_trim(text) == text);
		CHECK_STR(text, paddings[i].trimmed);
	}
}

static void test_uids(void)
{
	for (size_t i = 0; i < countof(uids); i++) {
		struct err e = { 0 };

		CHECK_CASE(uids[i].uid);
		CHECK_INT(uid_is_safe(uids[i].uid), uids[i].safe);
		CHECK_INT(uid_is_repeatable(uids[i].uid), uids[i].repeatable);
		CHECK_INT(uid_check(uids[i].uid, "study UID", &e), uids[i].safe ? 0 : -1);
		CHECK_HAS(e.text, uids[i].fault);
		CHECK_INT(e.kind, uids[i].safe ? ERR_NONE : ERR_USAGE);
	}
}

static void test_titles(void)
{
	for (size_t i = 0; i < countof(titles); i++) {
		struct err e = { 0 };

		CHECK_CASE(titles[i].aet);
		CHECK_INT(ae_title_check(titles[i].aet, "calling AE title", &e), titles[i].fault ? -1 : 0);
		CHECK_STR(e.text, titles[i].fault ? titles[i].fault : "");
		CHECK_INT(e.kind, titles[i].fault ? ERR_USAGE : ERR_NONE);
	}
}

static void test_ports(void)
{
	for (size_t i = 0; i < countof(ports); i++) {
		struct err e = { 0 };
		int port = 7;

		CHECK_CASE(ports[i].text);
		CHECK_INT(port_parse(ports[i].text, &port, &e), ports[i].fault ? -1 : 0);
		CHECK_INT(port, ports[i].fault ? 7 : ports[i].port);
		CHECK_STR(e.text, ports[i].fault ? ports[i].fault : "");
	}
}

static time_t noon(int year, int month, int day)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = 12, .tm_isdst = -1 };

	return mktime(&tm);
}

static void test_dates(void)
{
	clock_set_wall(noon(2024, 3, 31));
	for (size_t i = 0; i < countof(dates); i++) {
		struct date_range range = { 7, 7 };
		struct err e = { 0 };
		char key[20] = "";

		CHECK_CASE(dates[i].text);
		CHECK_INT(date_range_parse(dates[i].text, &range, &e), 0);
		CHECK_STR(e.text, "");
		date_range_format(&range, key);
		CHECK_STR(key, dates[i].key);
	}
	for (size_t i = 0; i < countof(not_dates); i++) {
		struct date_range range = { 7, 7 };
		struct err e = { 0 };

		CHECK_CASE(not_dates[i].text);
		CHECK_INT(date_range_parse(not_dates[i].text, &range, &e), -1);
		CHECK_HAS(e.text, not_dates[i].fault);
		CHECK_INT(e.kind, ERR_USAGE);
		CHECK_INT(range.from, 7);
	}
}

static void test_range(void)
{
	const struct date_range open = { 0, 0 }, from = { 20240105, 0 }, until = { 0, 20240105 }, day = { 20240105, 20240105 };
	char key[20];

	CHECK_CASE("range");
	date_range_format(&open, key);
	CHECK_STR(key, "");
	CHECK(date_range_has(&open, 20240105));
	CHECK(date_range_has(&open, 0));
	CHECK(!date_range_has(&from, 0));
	CHECK(date_range_has(&from, 20240105));
	CHECK(!date_range_has(&from, 20240104));
	CHECK(date_range_has(&until, 20240105));
	CHECK(!date_range_has(&until, 20240106));
	CHECK(date_range_has(&day, 20240105));
	CHECK(!date_range_has(&day, 20240106));
}

/* Every day of 9,999 years follows the one before; a few are known by heart. */
static void test_calendar(void)
{
	int date = 10101, wrong = 0, days = 0;
	char text[16];

	CHECK_CASE("calendar");
	for (; date < 99991231; days++) {
		int next = date_add(date, 1);
		bool same_month = next == date + 1, first = next % 100 == 1;

		snprintf(text, sizeof text, "%08d", next);
		wrong += next <= date || (!same_month && !first) || date_parse(text) != next || date_add(next, -1) != date;
		date = next;
	}
	CHECK_INT(wrong, 0);
	CHECK_INT(days, 3652058);
	CHECK_INT(date_days(10101, 99991231), 3652058);
	CHECK_INT(date_days(19700101, 20240331), 19813);
	CHECK_INT(date_days(20240301, 20240228), -2);
	CHECK_INT(date_add(20231231, 1), 20240101);
	CHECK_INT(date_add(20000228, 1), 20000229);
	CHECK_INT(date_add(21000228, 1), 21000301);
	CHECK_INT(date_add(19700101, 19813), 20240331);
	CHECK_INT(date_add(99991231, 1), 99991231);
	CHECK_INT(date_add(10101, -1), 10101);
	CHECK_INT(date_add(20240101, 2147483647), 99991231);
	CHECK_INT(date_add(20240101, -2147483647 - 1), 10101);
	CHECK_INT(date_add(20240230, 1), 0);
	CHECK_INT(date_add(0, 1), 0);
	CHECK_INT(date_days(0, 20240101), 0);
	CHECK_INT(date_of(noon(2024, 2, 29)), 20240229);
	CHECK_INT(date_parse("2024010"), 0);
	CHECK_INT(date_parse("20240101 "), 0);
	CHECK_INT(date_parse("2024.1.1"), 0);
	CHECK_INT(date_parse(""), 0);
	CHECK_INT(date_parse("00000000"), 0);
}

static const struct { const char *pattern, *text; bool exact, folded; } matches[] = {
	{ "", "", true, true },
	{ "", "a", false, false },
	{ "a", "", false, false },
	{ "*", "", true, true },
	{ "***", "abc", true, true },
	{ "?", "", false, false },
	{ "?", "a", true, true },
	{ "?", "é", true, true },
	{ "??", "é", false, false },
	{ "SMITH*", "SMITH^JOHN", true, true },
	{ "smith*", "SMITH^JOHN", false, true },
	{ "*JOHN", "SMITH^JOHN", true, true },
	{ "*J?HN*", "SMITH^JOHN^^", true, true },
	{ "*ab", "aab", true, true },
	{ "a*b*c", "axxbxxbxxc", true, true },
	{ "a*b*c", "axxbxxbxx", false, false },
	{ "*?", "", false, false },
	{ "*?*", "a", true, true },
	{ "a?", "a", false, false },
	{ "MÜLLER", "Müller", false, true },
	{ "ÀÉØÞ", "àéøþ", false, true },
	{ "ŁÓDŹ", "łódź", false, true },
	{ "İŸŽ", "iÿž", false, true },
	{ "ΔΙΟΝΎΣΙΟΣ", "Διονύσιος", false, true },
	{ "ПЁТР", "пётр", false, true },
	{ "ҐЇ", "ґї", false, true },
	{ "×", "÷", false, false },
	{ "[", "{", false, false },
	{ "山*", "山田", true, true },
	{ "\xe9*", "\xe9x", true, true },
	{ "\xe9", "é", false, false },
	{ "\xc3", "\xc3", true, true },
};

static void test_matches(void)
{
	char pattern[201], text[5001];

	for (size_t i = 0; i < countof(matches); i++) {
		CHECK_CASE(matches[i].pattern);
		CHECK_INT(value_matches(matches[i].pattern, matches[i].text, false), matches[i].exact);
		CHECK_INT(value_matches(matches[i].pattern, matches[i].text, true), matches[i].folded);
	}
	CHECK_CASE("many stars");		/* a recursive matcher would not come back */
	for (size_t i = 0; i < 200; i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[199] = 'b';
	pattern[200] = '\0';
	memset(text, 'a', 5000);
	text[5000] = '\0';
	CHECK(!value_matches(pattern, text, true));
}

static const struct { const char *multi, *word; bool has; } lists[] = {
	{ "CT", "CT", true }, { "CT\\MR", "MR", true }, { "CT\\MR", "CT", true }, { "CT\\ MR ", "MR", true },
	{ "CT\\MR", "M", false }, { "CTX\\MR", "CT", false }, { "CT\\MR", "ct", false }, { "", "CT", false },
	{ "", "", true }, { "CT\\", "", true }, { "CT", "", false }, { "CT\\MR", "CT\\MR", false }, { "\\\\SR", "SR", true },
};

static const struct { const char *text, *word; bool contains; } parts[] = {
	{ "CT Thorax", "thorax", true }, { "CT Thorax", "", true }, { "", "", true }, { "", "a", false },
	{ "CT Thorax", "thoraxx", false }, { "aab", "AB", true }, { "Schädel", "SCHÄDEL", true }, { "ГРУДЬ", "рудь", true },
	{ "Ελληνικά", "ΕΛΛΗΝΙΚΆ", true }, { "é", "\xa9", false }, { "a\xff" "b", "B", true },
};

static const struct { const char *pn, *group; } names[] = {
	{ "SMITH^JOHN", "SMITH^JOHN" }, { "Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada^Tarou" }, { "=山田^太郎", "山田^太郎" },
	{ "^^^=  =やまだ", "やまだ" }, { "", "" }, { "==", "" }, { "^^^^", "" }, { "A=", "A" },
};

static void test_lists_and_names(void)
{
	char out[40];

	for (size_t i = 0; i < countof(lists); i++) {
		CHECK_CASE(lists[i].multi);
		CHECK_INT(value_has(lists[i].multi, lists[i].word), lists[i].has);
	}
	for (size_t i = 0; i < countof(parts); i++) {
		CHECK_CASE(parts[i].text);
		CHECK_INT(value_contains_fold(parts[i].text, parts[i].word), parts[i].contains);
	}
	for (size_t i = 0; i < countof(names); i++) {
		CHECK_CASE(names[i].pn);
		CHECK_STR(name_group(names[i].pn, out, sizeof out), names[i].group);
	}
	CHECK_CASE("cut name");
	CHECK_STR(name_group("aé", out, 3), "a");
	CHECK_STR(name_group("aé", out, 4), "aé");
	CHECK_STR(name_group("a=b", out, 1), "");
}

static void test_days_and_times(void)
{
	static const struct { const char *text; int date; } days[] = {
		{ "20240105", 20240105 }, { "2024-01-05", 20240105 }, { " 2024-01-05 ", 20240105 }, { "20240105-20240106", 0 }, { "", 0 },
		{ "2024-01", 0 }, { "20240230", 0 }, { "2024*", 0 }, { "-", 0 },
	};
	static const struct { const char *text; int from, until; } times[] = {
		{ "1015", 36900, 36959 }, { "10:15", 36900, 36959 }, { "10", 36000, 39599 }, { "101530", 36930, 36930 },
		{ "0800-1200", 28800, 43259 }, { "08:00:00-12:00:00", 28800, 43200 }, { "-1200", 0, 43259 }, { "1200-", 43200, 86399 },
		{ "2500", -1, 0 }, { "1260", -1, 0 }, { "1200-1100", -1, 0 }, { "-", -1, 0 }, { "", -1, 0 }, { "101", -1, 0 }, { "1015x", -1, 0 },
		{ "10*", -1, 0 }, { "10:", -1, 0 },
	};
	static const struct { const char *tm; int second; } stored[] = {
		{ "101530", 36930 }, { "101530.250000", 36930 }, { "1015", 36900 }, { "10", 36000 }, { "10:15:30", 36930 }, { "", -1 }, { "x", -1 },
		{ "235960", 86399 }, { "246000", -1 },
	};
	struct err e;
	int date;

	for (size_t i = 0; i < countof(days); i++) {
		CHECK_CASE(days[i].text);
		date = 0;
		CHECK_INT(date_day_parse(days[i].text, &date, &e), days[i].date ? 0 : -1);
		CHECK_INT(date, days[i].date);
	}
	for (size_t i = 0; i < countof(times); i++) {
		struct time_range range = { -1, 0 };

		CHECK_CASE(times[i].text);
		CHECK_INT(time_range_parse(times[i].text, &range, &e), times[i].from < 0 ? -1 : 0);
		CHECK_INT(range.from, times[i].from);
		CHECK_INT(range.until, times[i].until);
	}
	for (size_t i = 0; i < countof(stored); i++) {
		CHECK_CASE(stored[i].tm);
		CHECK_INT(time_seconds(stored[i].tm), stored[i].second);
	}
	CHECK_CASE("");
	CHECK_INT(date_day_parse("-1d", &date, &e), 0);
	CHECK_INT(date_days(date, date_of(clock_wall())), 1);
}

int main(void)
{
	test_days_and_times();
	test_trim();
	test_uids();
	test_titles();
	test_ports();
	test_dates();
	test_range();
	test_calendar();
	test_matches();
	test_lists_and_names();
	return check_done();
}
