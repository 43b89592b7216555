/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values as they come from people, files and peers.  The rule: a check says what is wrong in one sentence, with the
 * value in it; a comparison never fails and never depends on the locale. */
#include "dicom/value.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum { UID_MAX = 64, UID_REPEATED_MAX = 128, AE_TITLE_MAX = 16 };

/* For sentences: cut, and without control characters. */
static const char *shown(char out[80], const char *text)
{
	int len = snprintf(out, 80, "%.70s", text);

	if (len >= 70)
		memcpy(out + 70, "...", 4);
	return log_clean(out);
}

static void trim_span(const char **text, size_t *len)
{
	while (*len && **text == ' ') {
		++*text;
		--*len;
	}
	while (*len && (*text)[*len - 1] == ' ')
		--*len;
}

char *value_trim(char *text)
{
	const char *start = text;
	size_t len = strlen(text);

	trim_span(&start, &len);
	memmove(text, start, len);
	text[len] = '\0';
	return text;
}

/* What is wrong with a UID; NULL when nothing is. */
static const char *uid_fault(const char *uid)
{
	size_t len = strlen(uid);

	if (!len)
		return "is empty";
	if (strspn(uid, "0123456789.") != len)
		return "has characters other than digits and dots";
	if (len > UID_MAX)
		return "has more than 64 characters";
	if (*uid == '.' || uid[len - 1] == '.')
		return "begins or ends with a dot";
	if (strstr(uid, ".."))
		return "has two dots in a row";
	return NULL;
}

bool uid_is_safe(const char *uid)
{
	return !uid_fault(uid);
}

int uid_check(const char *uid, const char *what, struct err *e)
{
	const char *fault = uid_fault(uid);
	char text[80];

	if (!*uid)
		return err_set(e, ERR_USAGE, "%s %s", what, fault);
	return fault ? err_set(e, ERR_USAGE, "%s '%s' %s", what, shown(text, uid), fault) : 0;
}

/* Printable ASCII, and none of the given characters. */
static bool is_plain(const char *text, const char *without)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e || strchr(without, *text))
			return false;
	return true;
}

bool uid_is_plausible(const char *uid)
{
	size_t len = strlen(uid);

	return len && len <= UID_REPEATED_MAX && strspn(uid, "0123456789.") == len;
}

bool uid_is_repeatable(const char *uid)
{
	return strlen(uid) <= UID_REPEATED_MAX && is_plain(uid, "\\*?") && uid[strspn(uid, " ")];
}

int ae_title_check(const char *aet, const char *what, struct err *e)
{
	size_t len = strlen(aet);
	char text[80];

	if (!len)
		return err_set(e, ERR_USAGE, "%s is empty", what);
	shown(text, aet);
	if (!is_plain(aet, ""))
		return err_set(e, ERR_USAGE, "%s '%s' has characters that are not printable ASCII", what, text);
	if (len > AE_TITLE_MAX)
		return err_set(e, ERR_USAGE, "%s '%s' has %zu characters; at most 16 are allowed", what, text, len);
	if (strchr(aet, '\\'))
		return err_set(e, ERR_USAGE, "%s '%s' has a backslash, which is not allowed", what, text);
	if (*aet == '@' || *aet == '-')
		return err_set(e, ERR_USAGE, "%s '%s' begins with %c, which the DCMTK tools take for something else", what, text,
			       *aet);
	if (*aet == ' ' || aet[len - 1] == ' ')
		return err_set(e, ERR_USAGE, "%s '%s' begins or ends with a space", what, text);
	return 0;
}

int port_parse(const char *text, int *ret_port, struct err *e)
{
	size_t len = strlen(text);
	char quoted[80];
	long port;

	if (!len || strspn(text, "0123456789") != len)
		return err_set(e, ERR_USAGE, "port '%s' is not a number", shown(quoted, text));
	port = len > 9 ? -1 : strtol(text, NULL, 10);
	if (port < 1 || port > 65535)
		return err_set(e, ERR_USAGE, "port %s is out of range 1 to 65535", shown(quoted, text));
	*ret_port = (int)port;
	return 0;
}

/* Dates are numbers YYYYMMDD of the years 1 to 9999. */
enum { DATE_FIRST = 10101, DATE_LAST = 99991231 };

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

static bool date_exists(int date)
{
	int year = date / 10000, month = date / 100 % 100, day = date % 100;

	return date >= DATE_FIRST && date <= DATE_LAST && month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month);
}

/* Days since 1 March of the year 0: with the leap day last, a month's start is a formula. */
static int day_number(int date)
{
	int month = (date / 100 % 100 + 9) % 12;
	int year = date / 10000 - month / 10;

	return 365 * year + year / 4 - year / 100 + year / 400 + (month * 306 + 5) / 10 + date % 100 - 1;
}

static int date_of_day(int number)
{
	int year = (int)((10000LL * number + 14780) / 3652425);
	int rest, month;

	rest = number - (365 * year + year / 4 - year / 100 + year / 400);
	if (rest < 0) {
		year--;
		rest = number - (365 * year + year / 4 - year / 100 + year / 400);
	}
	month = (100 * rest + 52) / 3060;
	return (year + (month + 2) / 12) * 10000 + ((month + 2) % 12 + 1) * 100 + rest - (month * 306 + 5) / 10 + 1;
}

int date_add(int date, int days)
{
	long long number;

	if (!date_exists(date))
		return 0;
	number = (long long)day_number(date) + days;
	if (number <= day_number(DATE_FIRST))
		return DATE_FIRST;
	return number >= day_number(DATE_LAST) ? DATE_LAST : date_of_day((int)number);
}

int date_days(int from, int until)
{
	return date_exists(from) && date_exists(until) ? day_number(until) - day_number(from) : 0;
}

/* Calendar months back; the 31st becomes the last day of a shorter month. */
static int months_before(int date, int months)
{
	int month = date / 10000 * 12 + date / 100 % 100 - 1 - months;
	int day = date % 100, last;

	if (month < 12)
		return DATE_FIRST;
	last = days_in(month / 12, month % 12 + 1);
	return month / 12 * 10000 + (month % 12 + 1) * 100 + (day < last ? day : last);
}

int date_of(time_t when)
{
	struct tm tm;

	if (!localtime_r(&when, &tm) || tm.tm_year < -1899 || tm.tm_year > 8099)
		return 0;
	return (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
}

/* (time_t)-1 unless this time of the day existed, as summer time or as winter time. */
static time_t exactly(const struct tm *want, int summer)
{
	struct tm tm = *want;
	time_t when;

	tm.tm_isdst = summer;
	when = mktime(&tm);
	return tm.tm_isdst == summer && tm.tm_hour == want->tm_hour && tm.tm_min == want->tm_min ? when : (time_t)-1;
}

time_t date_time(int date, int second)
{
	struct tm tm = { .tm_year = date / 10000 - 1900, .tm_mon = date / 100 % 100 - 1, .tm_mday = date % 100, .tm_hour = second / 3600,
			 .tm_min = second / 60 % 60, .tm_sec = second % 60, .tm_isdst = -1 };
	time_t winter = exactly(&tm, 0), summer = exactly(&tm, 1);

	if (winter == (time_t)-1 && summer == (time_t)-1)
		return mktime(&tm);
	return winter > summer ? winter : summer;
}

static int read_digits(const char *text, size_t len)
{
	int number = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		number = number * 10 + text[i] - '0';
	}
	return number;
}

int date_parse(const char *text)
{
	int date = strlen(text) == 8 ? read_digits(text, 8) : 0;

	return date > 0 && date_exists(date) ? date : 0;
}

#define DATE_FORMS "(YYYYMMDD, or a range YYYYMMDD-YYYYMMDD)"

/* A reader of dates keeps the first thing that it found wrong with something in the shape of a date. */
struct date_reading {
	int today;
	char why[80];
};

static void note_fault(struct date_reading *r, int year, int month, int day)
{
	if (*r->why)
		return;
	if (year < 1)
		snprintf(r->why, sizeof r->why, "year 0000 does not exist");
	else if (month < 1 || month > 12)
		snprintf(r->why, sizeof r->why, "month %02d does not exist", month);
	else
		snprintf(r->why, sizeof r->why, "day %02d does not exist in month %02d of %04d", day, month, year);
}

static bool word_is(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && !strncasecmp(text, word, len);
}

/* -30d, -4w, -6m, -1y: that long before today. */
static int read_ago(const struct date_reading *r, const char *text, size_t len)
{
	int count;

	if (len < 3 || len > 7 || *text != '-')
		return 0;
	count = read_digits(text + 1, len - 2);
	if (count < 0)
		return 0;
	switch (tolower((unsigned char)text[len - 1])) {
	case 'd': return date_add(r->today, -count);
	case 'w': return date_add(r->today, -7 * count);
	case 'm': return months_before(r->today, count);
	case 'y': return months_before(r->today, 12 * count);
	default: return 0;
	}
}

/* One day in any form; 0 when it is none. */
static int read_day(struct date_reading *r, const char *text, size_t len)
{
	int year, month, day, date;

	if (word_is(text, len, "today"))
		return r->today;
	if (word_is(text, len, "yesterday"))
		return date_add(r->today, -1);
	if (len == 8) {
		year = read_digits(text, 4);
		month = read_digits(text + 4, 2);
		day = read_digits(text + 6, 2);
	} else if (len == 10 && text[4] == '-' && text[7] == '-') {
		year = read_digits(text, 4);
		month = read_digits(text + 5, 2);
		day = read_digits(text + 8, 2);
	} else {
		return 0;
	}
	if (year < 0 || month < 0 || day < 0)
		return 0;
	date = year * 10000 + month * 100 + day;
	if (date_exists(date))
		return date;
	note_fault(r, year, month, day);
	return 0;
}

/* Either side may be empty, not both. */
static bool read_sides(struct date_reading *r, const char *left, size_t left_len, const char *right, size_t right_len,
		       struct date_range *range)
{
	int from, until;

	trim_span(&left, &left_len);
	trim_span(&right, &right_len);
	from = read_day(r, left, left_len);
	until = read_day(r, right, right_len);
	if (!from)
		from = read_ago(r, left, left_len);
	if (!until)
		until = read_ago(r, right, right_len);
	if ((left_len && !from) || (right_len && !until) || (!from && !until))
		return false;
	*range = (struct date_range){ from, until };
	return true;
}

/* The dash divides dates and stands inside of them, so each is tried. */
static bool read_range(struct date_reading *r, const char *text, size_t len, struct date_range *range)
{
	const char *at = memmem(text, len, "..", 2);
	size_t wide = at ? 2 : 1;
	int date;

	if (!at)
		at = memchr(text, '/', len);
	if (at)
		return read_sides(r, text, (size_t)(at - text), at + wide, len - (size_t)(at - text) - wide, range);
	date = read_ago(r, text, len);
	if (date) {
		*range = (struct date_range){ date, r->today };
		return true;
	}
	date = read_day(r, text, len);
	if (date) {
		*range = (struct date_range){ date, date };
		return true;
	}
	for (size_t i = 0; i < len; i++)
		if (text[i] == '-' && read_sides(r, text, i, text + i + 1, len - i - 1, range))
			return true;
	return false;
}

int date_range_parse(const char *text, struct date_range *ret_range, struct err *e)
{
	struct date_reading r = { .today = date_of(clock_wall()) };
	struct date_range range;
	size_t len = strlen(text);
	char quoted[80];

	shown(quoted, text);
	trim_span(&text, &len);
	if (!len)
		return err_set(e, ERR_USAGE, "the date is empty " DATE_FORMS);
	if (strpbrk(text, "*?"))
		return err_set(e, ERR_USAGE, "'%s' is not a date: wildcards do not work in dates " DATE_FORMS, quoted);
	if (!read_range(&r, text, len, &range))
		return err_set(e, ERR_USAGE, "'%s' is not a date%s%s " DATE_FORMS, quoted, *r.why ? ": " : "", r.why);
	if (range.from && range.until && range.from > range.until)
		return err_set(e, ERR_USAGE, "'%s' is not a date range: it ends before it begins", quoted);
	*ret_range = range;
	return 0;
}

void date_range_format(const struct date_range *range, char out[20])
{
	size_t len = 0;

	*out = '\0';
	if (range->from)
		len = (size_t)snprintf(out, 20, "%08d", range->from);
	if (range->from != range->until)
		len += (size_t)snprintf(out + len, 20 - len, "-");
	if (range->until && range->until != range->from)
		snprintf(out + len, 20 - len, "%08d", range->until);
}

int date_day_parse(const char *text, int *ret_date, struct err *e)
{
	struct date_reading r = { .today = date_of(clock_wall()) };
	size_t len = strlen(text);
	char quoted[80];
	int date;

	shown(quoted, text);
	trim_span(&text, &len);
	date = read_day(&r, text, len);
	if (!date)
		date = read_ago(&r, text, len);
	if (!date)
		return err_set(e, ERR_USAGE, "'%s' is not a day%s%s (YYYY-MM-DD, YYYYMMDD, today, yesterday, -30d)", quoted,
			       *r.why ? ": " : "", r.why);
	*ret_date = date;
	return 0;
}

/* ---- times ---- */

/* Two, four or six digits, colons between them or not; what is missing counts as given by rest.  -1. */
static int read_time(const char *text, size_t len, int rest)
{
	int parts[3] = { 0, rest, rest }, count = 0;

	while (len && count < 3) {
		int number = len >= 2 ? read_digits(text, 2) : -1;

		if (number < 0)
			return -1;
		parts[count++] = number;
		text += 2;
		len -= 2;
		if (len > 1 && count < 3 && *text == ':') {
			text++;
			len--;
		}
	}
	if (len || !count || parts[0] > 23 || parts[1] > 59 || parts[2] > 60)
		return -1;
	return parts[0] * 3600 + parts[1] * 60 + (parts[2] > 59 ? 59 : parts[2]);
}

int time_seconds(const char *tm)
{
	return read_time(tm, strcspn(tm, ". "), 0);
}

int time_range_parse(const char *text, struct time_range *ret_range, struct err *e)
{
	struct time_range range = { 0, 86399 };
	size_t len = strlen(text);
	const char *dash;
	char quoted[80];

	shown(quoted, text);
	trim_span(&text, &len);
	dash = memchr(text, '-', len);
	if (!dash) {
		range.from = read_time(text, len, 0);
		range.until = read_time(text, len, 59);
	} else {
		size_t left = (size_t)(dash - text), right = len - left - 1;

		if (left)
			range.from = read_time(text, left, 0);
		if (right)
			range.until = read_time(dash + 1, right, 59);
		if (!left && !right)
			range.from = -1;
	}
	if (range.from < 0 || range.until < 0)
		return err_set(e, ERR_USAGE, "'%s' is not a time (HHMM-HHMM, HHMMSS-HHMMSS, HH:MM-HH:MM, open at either end)", quoted);
	if (range.from > range.until)
		return err_set(e, ERR_USAGE, "'%s' is not a time range: it ends before it begins", quoted);
	*ret_range = range;
	return 0;
}

bool date_range_has(const struct date_range *range, int date)
{
	if (!date)
		return !range->from && !range->until;
	return (!range->from || date >= range->from) && (!range->until || date <= range->until);
}

/* Takes one character of UTF-8; a byte that is none comes out as a number that no character has. */
static uint32_t next_char(const char **text)
{
	static const unsigned char masks[] = { 0xff, 0x7f, 0x1f, 0x0f, 0x07 };
	const char *s = *text;
	size_t len = buf_utf8_len(s, strnlen(s, 4));
	uint32_t c = (unsigned char)*s & masks[len];

	*text += len ? len : 1;
	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	return len ? c : 0x110000 + c;
}

/* Blocks of letters whose small ones follow at a distance; 1 = capital and small alternate, the first is a capital. */
static const struct { uint16_t first, last, distance; } capitals[] = {
	{ 'A', 'Z', 32 }, { 0xc0, 0xd6, 32 }, { 0xd8, 0xde, 32 }, { 0x100, 0x12f, 1 }, { 0x132, 0x137, 1 },
	{ 0x139, 0x148, 1 }, { 0x14a, 0x177, 1 }, { 0x179, 0x17e, 1 }, { 0x386, 0x386, 38 }, { 0x388, 0x38a, 37 },
	{ 0x38c, 0x38c, 64 }, { 0x38e, 0x38f, 63 }, { 0x391, 0x3a1, 32 }, { 0x3a3, 0x3ab, 32 }, { 0x3c2, 0x3c2, 1 },
	{ 0x400, 0x40f, 80 }, { 0x410, 0x42f, 32 }, { 0x460, 0x481, 1 }, { 0x48a, 0x4bf, 1 }, { 0x4c1, 0x4ce, 1 },
	{ 0x4d0, 0x52f, 1 }, { 0xff21, 0xff3a, 32 },
};

static uint32_t fold_char(uint32_t c)
{
	if (c == 0x130)			/* I with a dot: its small letter is ASCII */
		return 'i';
	if (c == 0x178)			/* Y with diaeresis: its small letter is in Latin-1 */
		return 0xff;
	for (size_t i = 0; i < countof(capitals) && c >= capitals[i].first; i++)
		if (c <= capitals[i].last)
			return capitals[i].distance > 1 ? c + capitals[i].distance : c + !((c - capitals[i].first) & 1);
	return c;
}

static uint32_t next_folded(const char **text, bool fold)
{
	uint32_t c = next_char(text);

	return fold ? fold_char(c) : c;
}

/* On a mismatch only the last star is tried one further: an earlier one cannot help, so the work is at most the product
 * of the lengths. */
bool value_matches(const char *pattern, const char *text, bool fold)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		const char *p = pattern, *t = text;
		uint32_t c = next_folded(&t, fold);

		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern && (*pattern == '?' || next_folded(&p, fold) == c)) {
			pattern = *pattern == '?' ? pattern + 1 : p;
			text = t;
		} else if (star) {
			next_char(&retry);
			pattern = star;
			text = retry;
		} else {
			return false;
		}
	}
	return !pattern[strspn(pattern, "*")];
}

bool value_has(const char *multi, const char *word)
{
	size_t word_len = strlen(word);

	for (;;) {
		const char *value = multi;
		size_t whole = strcspn(multi, "\\"), len = whole;

		trim_span(&value, &len);
		if (len == word_len && !memcmp(value, word, len))
			return true;
		if (!multi[whole])
			return false;
		multi += whole + 1;
	}
}

static bool begins_fold(const char *text, const char *word)
{
	while (*word) {
		if (!*text || next_folded(&text, true) != next_folded(&word, true))
			return false;
	}
	return true;
}

bool value_contains_fold(const char *text, const char *word)
{
	while (*text && !begins_fold(text, word))
		next_char(&text);
	return *text || !*word;
}

const char *name_group(const char *pn, char *out, size_t room)
{
	size_t len = strcspn(pn, "=");

	/* A group of nothing but delimiters and spaces says nothing. */
	while (pn[len] && strspn(pn, "^ ") >= len) {
		pn += len + 1;
		len = strcspn(pn, "=");
	}
	if (strspn(pn, "^ ") >= len)
		len = 0;
	if (room && len >= room) {
		len = room - 1;
		while (len && ((unsigned char)pn[len] & 0xc0) == 0x80)
			len--;
	}
	if (room)
		snprintf(out, room, "%.*s", (int)len, pn);
	return out;
}
