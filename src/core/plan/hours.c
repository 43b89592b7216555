/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows are laid out as moments, day by day around the one asked about, and joined where they touch; so a night on which the clock
 * changes is no special case but for the two times that it skips or repeats. */
#include "core/plan/hours.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define DAY_MINUTES 1440
#define DAYS_AROUND 10			/* from the day before to the same weekday of next week, and one more */
#define WEEK 604800

static const char *const day_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

/* ---- reading ---- */

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* "mon", "Mon": -1 when there is none; *p moves behind it. */
static int read_day(const char **p)
{
	for (int day = 0; day < 7; day++)
		if (!strncasecmp(*p, day_names[day], 3)) {
			*p += 3;
			return day;
		}
	return -1;
}

/* "mon" or "fri-mon" into bits; 0 and *p where it was when no day stands there. */
static unsigned read_days(const char **p)
{
	const char *at = *p;
	int first = read_day(&at), last = first;
	unsigned days = 0;

	if (first < 0)
		return 0;
	if (*skip_blanks(at) == '-') {
		at = skip_blanks(skip_blanks(at) + 1);
		last = read_day(&at);
		if (last < 0)
			return 0;
	}
	for (int day = first;; day = (day + 1) % 7) {
		days |= 1U << day;
		if (day == last)
			break;
	}
	*p = at;
	return days;
}

/* "6:00", "19:30", "24:00" in minutes; -1. */
static int read_time(const char **p)
{
	size_t hour_digits = strspn(*p, "0123456789"), minute_digits;
	int hour, minute;

	if (hour_digits < 1 || hour_digits > 2 || (*p)[hour_digits] != ':')
		return -1;
	hour = atoi(*p);
	*p += hour_digits + 1;
	minute_digits = strspn(*p, "0123456789");
	minute = atoi(*p);
	if (minute_digits != 2 || minute > 59 || hour > 24 || (hour == 24 && minute))
		return -1;
	*p += minute_digits;
	return hour * 60 + minute;
}

static int bad_part(const char *part, size_t len, const char *why, struct err *e)
{
	return err_set(e, ERR_USAGE, "'%.*s': %s", (int)(len < 60 ? len : 60), part, why);
}

/* One part between commas: days, or times, or both; days alone go with the times of the next part. */
static int read_part(const char *text, struct hours *h, unsigned *days, struct err *e)
{
	const char *p = skip_blanks(text);
	size_t len = strlen(p);
	unsigned given = read_days(&p);
	struct hours_span span = { 0, 0, 0 };

	*days |= given;
	p = skip_blanks(p);
	if (given && !*p)
		return 0;
	span.from = read_time(&p);
	p = skip_blanks(p);
	if (span.from >= 0 && *p == '-')
		p = skip_blanks(p + 1);
	else
		span.from = -1;
	span.until = span.from < 0 ? -1 : read_time(&p);
	if (span.until < 0 || *skip_blanks(p))
		return bad_part(skip_blanks(text), len, "write windows like 19:00-06:00, or mon-fri 19:00-06:00, sat-sun 00:00-24:00", e);
	if (span.from == DAY_MINUTES || span.from == span.until)
		return bad_part(skip_blanks(text), len, "it would never be open (00:00-24:00 is the whole day)", e);
	span.days = *days ? *days : 0x7f;
	*days = 0;
	if (h->count == HOURS_SPANS_MAX)
		return err_set(e, ERR_USAGE, "more than %d windows", HOURS_SPANS_MAX);
	h->spans[h->count++] = span;
	return 0;
}

int hours_parse(const char *text, struct hours *h, struct err *e)
{
	auto_free char *copy = mem_str(text);
	unsigned days = 0;

	h->count = 0;
	if (!*skip_blanks(text))
		return err_set(e, ERR_USAGE, "no window is given: write one like 19:00-06:00");
	if (strlen(text) > HOURS_TEXT_MAX)
		return err_set(e, ERR_USAGE, "more than %d characters", HOURS_TEXT_MAX);
	for (char *part = copy, *next; part; part = next) {
		next = strchr(part, ',');
		if (next)
			*next++ = '\0';
		if (read_part(part, h, &days, e) < 0)
			return -1;
	}
	return days ? err_set(e, ERR_USAGE, "'%s': these days have no times", text) : 0;
}

/* ---- the clock ---- */

/* Minutes that a local clock shows, on one scale over all days. */
static long long shown_at(time_t t)
{
	struct tm tm;

	localtime_r(&t, &tm);
	tm.tm_gmtoff = 0;
	return (long long)timegm(&tm) / 60;
}

/* The first moment at which a local clock shows this time of this day, or a later one. */
static time_t moment(int year, int month, int day, int minute)
{
	struct tm tm = { .tm_year = year, .tm_mon = month, .tm_mday = day, .tm_min = minute, .tm_isdst = -1 };
	struct tm plain = tm;
	long long wanted = (long long)timegm(&plain) / 60;
	time_t t = mktime(&tm);

	if (shown_at(t) == wanted && shown_at(t - 14400) == wanted - 240 && shown_at(t + 14400) == wanted + 240)
		return t;
	/* The clock changes near by: look minute by minute. */
	for (time_t at = t - t % 60 - 14400; at <= t + 14400; at += 60)
		if (shown_at(at) >= wanted)
			return at;
	return t;
}

struct stretch {
	time_t from, until;
};

static int by_beginning(const void *a, const void *b)
{
	const struct stretch *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

/* All windows around now, in order, those that touch joined. */
static size_t lay_out(const struct hours *h, time_t now, struct stretch *out)
{
	struct tm today;
	size_t count = 0, kept = 0;

	localtime_r(&now, &today);
	for (int i = -1; i < DAYS_AROUND; i++)
		for (size_t n = 0; n < h->count; n++) {
			const struct hours_span *s = &h->spans[n];
			int until = s->until <= s->from ? s->until + DAY_MINUTES : s->until;

			if (!(s->days & 1U << ((today.tm_wday + i + 7) % 7)))
				continue;
			out[count].from = moment(today.tm_year, today.tm_mon, today.tm_mday + i, s->from);
			out[count].until = moment(today.tm_year, today.tm_mon, today.tm_mday + i, until);
			if (out[count].from < out[count].until)		/* else the clock skips all of it */
				count++;
		}
	qsort(out, count, sizeof *out, by_beginning);
	for (size_t i = 0; i < count; i++) {
		if (kept && out[i].from <= out[kept - 1].until)
			out[kept - 1].until = out[i].until > out[kept - 1].until ? out[i].until : out[kept - 1].until;
		else
			out[kept++] = out[i];
	}
	return kept;
}

void hours_at(const struct hours *h, time_t now, struct hours_now *ret)
{
	struct stretch all[(DAYS_AROUND + 1) * HOURS_SPANS_MAX];
	size_t count = lay_out(h, now, all);

	*ret = (struct hours_now){ .open = !h->count };
	for (size_t i = 0; i < count; i++) {
		if (all[i].until <= now)
			continue;
		ret->open = all[i].from <= now;
		ret->closes = ret->open && all[i].until - now <= WEEK ? all[i].until : 0;
		ret->opens = ret->open ? 0 : all[i].from;
		return;
	}
}

void hours_when(time_t when, time_t now, char out[HOURS_WHEN_MAX])
{
	struct tm at, today;

	localtime_r(&when, &at);
	localtime_r(&now, &today);
	if (at.tm_year == today.tm_year && at.tm_yday == today.tm_yday)
		strftime(out, HOURS_WHEN_MAX, "%H:%M", &at);
	else
		strftime(out, HOURS_WHEN_MAX, "%A, %Y-%m-%d, %H:%M", &at);
}
