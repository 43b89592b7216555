/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/search/search_density.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dicom/tag.h"
#include "dicom/value.h"

#define STAMPS_MAX 16384
#define SURGE_MAX 32.0
#define FILL 0.75			/* of the limit, which a slice is meant to reach */
#define LOOK_AHEAD 14			/* days */
#define LENGTH_MAX 40000

/* ---- stamps ---- */

void stamps_clear(struct stamps *s)
{
	s->count = 0;
	s->timeless = s->dateless = 0;
}

void stamps_add(struct stamps *s, const struct dataset *row)
{
	struct stamp stamp = { date_parse(dataset_get(row, TAG_StudyDate)), time_seconds(dataset_get(row, TAG_StudyTime)) };

	s->timeless += stamp.second < 0;
	s->dateless += !stamp.day;
	if (!stamp.day || s->count >= STAMPS_MAX)
		return;
	mem_grow(s->at, s->count, s->room);
	s->at[s->count++] = stamp;
}

static int compare_stamps(const void *a, const void *b)
{
	const struct stamp *x = a, *y = b;

	if (x->day != y->day)
		return (x->day > y->day) - (x->day < y->day);
	return (x->second > y->second) - (x->second < y->second);
}

void stamps_sort(struct stamps *s)
{
	if (s->count)
		qsort(s->at, s->count, sizeof *s->at, compare_stamps);
}

int stamps_days(const struct stamps *s)
{
	return s->count ? date_days(s->at[0].day, s->at[s->count - 1].day) + 1 : 0;
}

/* ---- expecting ---- */

void density_begin(struct density *d)
{
	memset(d, 0, sizeof *d);
	d->step_days = 30;
	d->step_seconds = DAY_S / 2;
	d->surge = 1;
	for (size_t i = 0; i < countof(d->weekday); i++)
		d->weekday[i] = -1;
}

static size_t weekday_number(int day)
{
	int days = date_days(20240101, day) % 7;	/* a Monday */

	return (size_t)(days < 0 ? days + 7 : days);
}

double density_expect(const struct density *d, int day)
{
	double sum = 0, same = d->weekday[weekday_number(day)];
	int known = 0;

	if (same >= 0)
		return same;
	for (size_t i = 0; i < countof(d->weekday); i++)
		if (d->weekday[i] >= 0) {
			sum += d->weekday[i];
			known++;
		}
	return known ? sum / known : d->per_day;
}

bool density_knows_clock(const struct density *d, int day)
{
	return d->clock_rows >= d->answerable / 4 + 10 && density_expect(d, day) > 0 && d->answerable > 0;
}

bool density_too_busy(const struct density *d, const struct range *r)
{
	double margin = d->weekday[weekday_number(r->from)] >= 0 ? 1.1 : 2;

	return range_whole_day(r) && r->state != RANGE_DOUBTED && density_knows_clock(d, r->from) &&
	       density_expect(d, r->from) > margin * d->answerable;
}

/* ---- lengths ---- */

/* Never more than four times the last length: the days ahead may be busier. */
static int fitting_length(double density, int answerable, int step)
{
	double fits = density > 0 && answerable > 0 ? FILL * answerable / density : step;

	if (fits > 4.0 * step)
		fits = 4.0 * step;
	if (fits > LENGTH_MAX)
		return LENGTH_MAX;
	return fits < 1 ? 1 : (int)fits;
}

/* By the days of the week; where one of them is unknown, or many days fit, by the mean of a day. */
static int length_of_days(const struct density *d, int day, int direction)
{
	int most = fitting_length(d->per_day, d->answerable, d->step_days), days = 0;
	double sum = 0;

	for (; days < LOOK_AHEAD; days++) {
		int next = date_add(day, direction * days);

		if (d->weekday[weekday_number(next)] < 0)
			return most;
		sum += density_expect(d, next);
		if (sum > FILL * d->answerable)
			return days ? days : 1;
	}
	return most > days ? most : days;
}

int density_length(struct density *d, int day, int direction)
{
	return d->step_days = length_of_days(d, day, direction);
}

static double rows_per_second(const struct density *d, int bin, double rows)
{
	return rows * ((double)d->clock[bin] + 0.1) / ((double)d->clock_rows + 0.1 * CLOCK_BINS) / BIN_S;
}

/* Seconds before end in which so many rows are expected, of a day that has rows in all; *ret_rows: those expected in these. */
static int expected_seconds(const struct density *d, const struct range *r, double rows, double wanted, double *ret_rows)
{
	int end = range_end_second(r), at = end + 1;
	double sum = 0;

	while (at > r->second && sum < wanted) {
		int bin = (at - 1) / BIN_S, begin = bin * BIN_S < r->second ? r->second : bin * BIN_S;
		double per_second = rows_per_second(d, bin, rows);

		if (sum + per_second * (at - begin) > wanted)
			begin = at - (int)((wanted - sum) / per_second);
		if (begin == at)
			break;
		sum += per_second * (at - begin);
		at = begin;
	}
	*ret_rows = sum;
	return end + 1 - at < 1 ? 1 : end + 1 - at;
}

int density_length_seconds(struct density *d, const struct range *r)
{
	double rows = density_expect(d, r->from) * d->surge;

	if (density_knows_clock(d, r->from))
		return expected_seconds(d, r, rows, FILL * d->answerable, &d->predicted);
	return d->step_seconds = fitting_length(d->per_second, d->answerable, d->step_seconds);
}

/* ---- learning ---- */

void density_learn_days(struct density *d, const struct stamps *s)
{
	d->step_days = stamps_days(s);
	d->per_day = (double)s->count / d->step_days;
}

void density_learn_seconds(struct density *d, const struct stamps *s)
{
	d->step_seconds = s->at[s->count - 1].second - s->at[0].second + 1;
	d->per_second = (double)s->count / d->step_seconds;
}

void density_forget(struct density *d, const struct range *r)
{
	if (range_many_days(r)) {
		d->step_days = r->from && r->until ? (range_length(r) + 2) / 3 : d->step_days;
		d->per_day = 0;
		return;
	}
	d->step_seconds = (range_end_second(r) - r->second + 3) / 3;
	d->per_second = 0;
	if (d->predicted > 0)		/* more than was expected */
		d->surge = d->surge < SURGE_MAX / 2 ? d->surge * 2 : SURGE_MAX;
}

void density_learn_busy(struct density *d, const struct range *r)
{
	if (density_knows_clock(d, r->from) && density_expect(d, r->from) < 1.5 * d->answerable)
		d->weekday[weekday_number(r->from)] = 1.5 * d->answerable;
}

static void learn_weekday(struct density *d, int day, double rows)
{
	double *known = &d->weekday[weekday_number(day)];

	*known = *known >= 0 ? (*known + rows) / 2 : rows;
}

/* Parts of a day count when all of it is there: they would tell only of themselves. */
static void learn_clock(struct density *d, const struct range *r, const struct stamps *s)
{
	bool part = r->last_second >= 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->at[i].second >= 0) {
			(part ? d->part : d->clock)[s->at[i].second / BIN_S]++;
			d->clock_rows += !part;
		}
}

static void learn_weekdays(struct density *d, const struct range *r, const struct stamps *s)
{
	if (r->last_second >= 0 || !r->from || !r->until || date_days(r->from, r->until) > 31)
		return;
	for (int n = date_days(r->from, r->until); n >= 0; n--) {
		int day = date_add(r->until, -n), rows = 0;

		for (size_t i = 0; i < s->count; i++)
			rows += s->at[i].day == day;
		learn_weekday(d, day, rows);
	}
}

static void end_counted_day(struct density *d)
{
	learn_weekday(d, d->counted_day, (double)d->counted_rows);
	for (size_t i = 0; i < CLOCK_BINS; i++) {
		d->clock[i] += d->part[i];
		d->clock_rows += d->part[i];
		d->part[i] = 0;
	}
	d->counted_rows = 0;
	d->surge = 1;
}

static double limited(double value, double least, double most)
{
	if (value < least)
		return least;
	return value > most ? most : value;
}

/* A day that is asked in ranges of time: how many rows had it in all, and were they as many as expected? */
static void count_day(struct density *d, const struct range *r, int rows)
{
	if (r->from != d->counted_day && d->counted_day)
		end_counted_day(d);
	d->counted_day = r->from;
	d->counted_rows += rows;
	if (d->predicted > 0.3 * d->answerable)
		d->surge = limited(d->surge * limited(rows / d->predicted, 0.5, 2), 1 / SURGE_MAX, SURGE_MAX);
}

static void learn_empty(struct density *d, bool by_days)
{
	if (by_days) {
		d->per_day = 0;
		d->step_days = d->step_days < 10000 ? d->step_days * 4 : d->step_days;
		return;
	}
	d->per_second = 0;
	d->step_seconds = d->step_seconds < DAY_S / 4 ? d->step_seconds * 4 : DAY_S;
}

void density_learn(struct density *d, const struct range *r, const struct stamps *s, int rows)
{
	bool by_days = r->last_second < 0;
	double *density = by_days ? &d->per_day : &d->per_second, now;

	if (r->modality)
		return;
	if (!by_days)
		count_day(d, r, rows);		/* first: it ends the day before */
	learn_clock(d, r, s);
	learn_weekdays(d, r, s);
	if (!range_length(r))
		return;
	now = (double)rows / range_length(r);
	*density = *density > 0 ? (*density + now) / 2 : now;
	d->empty = rows ? 0 : d->empty + 1;
	if (!rows)
		learn_empty(d, by_days);
}
