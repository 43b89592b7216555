/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which window is asked next.  A dense range is sliced at its newer end, as long as the rows seen so far suggest that a slice
 * will fit under the cap. */
#include "core/query/search_p.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dicom/tag.h"

#define FIRST_DAY 19000101		/* no modality is older; what is dated before is asked in one piece */
#define SURGE_MAX 32.0
#define EMPTY_MAX 2
#define BESIDE_DAYS 7			/* a gap of a holiday */
#define FILL 0.75			/* of the cap, which a slice is meant to reach */

const char *const search_modalities[] = {
	"CT", "MR", "US", "CR", "DX", "MG", "NM", "PT", "XA", "RF", "SR", "OT", "SC", "PR", "KO", "DOC", "ECG", "ES", "XC", "GM", "SM", "IO",
	"PX", "OP", "OPT", "RTIMAGE", "RTPLAN", "RTDOSE", "RTSTRUCT", "SEG", "REG", "BMD", "HD", "IVUS", "MRS", "PS"
};

/* ---- ranges ---- */

void search_push(struct search *w, const struct range *r)
{
	mem_grow(w->todo, w->count, w->room);
	w->todo[w->count++] = *r;
}

bool search_many_days(const struct range *r)
{
	return !r->from || !r->until || r->from < r->until;
}

int search_end_second(const struct range *r)
{
	return r->last_second < 0 ? DAY_S - 1 : r->last_second;
}

static void format_time(int second, char out[16])
{
	snprintf(out, 16, "%02d%02d%02d", second / 3600 % 24, second / 60 % 60, second % 60);
}

void search_describe(const struct range *r, char *out, size_t room)
{
	struct date_range dates = { r->from, r->until };
	char text[20], a[16], b[16];

	date_range_format(&dates, text);
	format_time(r->second, a);
	format_time(search_end_second(r), b);
	snprintf(out, room, "%s%s%s%s%s%s%s", text[0] ? text : "all dates", r->last_second >= 0 ? " " : "", r->last_second >= 0 ? a : "",
		 r->last_second >= 0 ? "-" : "", r->last_second >= 0 ? b : "", r->modality ? " " : "",
		 r->modality ? search_modalities[r->modality - 1] : "");
}

bool search_can_split(const struct search *w, const struct range *r)
{
	return w->by_study && (search_many_days(r) || search_end_second(r) > r->second || (!r->modality && !w->has_modality));
}

/* ---- slicing ---- */

static int slice_length(double density, int cap, int step)
{
	double fits = density > 0 && cap > 0 ? FILL * cap / density : step;

	/* Never more than four times the last length: the days ahead may be busier. */
	if (fits > 4.0 * step)
		fits = 4.0 * step;
	return fits < 1 ? 1 : fits > 40000 ? 40000 : (int)fits;
}

/* Rows that one answer can hold, as far as seen. */
static int answerable(const struct search *w)
{
	return w->result.cap ? w->result.cap : w->too_many ? w->too_many : 2 * w->most_whole;
}

void search_begin(struct search *w)
{
	w->step_days = 30;
	w->step_seconds = DAY_S / 2;
	w->surge = 1;
	for (size_t i = 0; i < countof(w->weekday); i++)
		w->weekday[i] = -1;
}

/* ---- what is expected ---- */

static double *weekday(struct search *w, int day)
{
	int days = date_days(20240101, day) % 7;	/* a Monday */

	return &w->weekday[days < 0 ? days + 7 : days];
}

/* Rows of one day, by those of its day of the week, else by any; 0 = unknown. */
static double expected(struct search *w, int day)
{
	double sum = 0;
	int known = 0;

	if (*weekday(w, day) >= 0)
		return *weekday(w, day);
	for (size_t i = 0; i < countof(w->weekday); i++)
		if (w->weekday[i] >= 0) {
			sum += w->weekday[i];
			known++;
		}
	return known ? sum / known : w->per_day;
}

static void learn_day(struct search *w, int day, double rows)
{
	double *known = weekday(w, day);

	*known = *known >= 0 ? (*known + rows) / 2 : rows;
}

/* Seconds before end in which so many rows are expected, of a day that has rows in all; *ret_rows: what is expected in these. */
static int expected_seconds(const struct search *w, int from, int end, double rows, double wanted, double *ret_rows)
{
	int at = end + 1;
	double sum = 0;

	while (at > from && sum < wanted) {
		int bin = (at - 1) / BIN_S, begin = bin * BIN_S < from ? from : bin * BIN_S;
		double per_second = rows * ((double)w->clock[bin] + 0.1) / ((double)w->clock_rows + 0.1 * CLOCK_BINS) / BIN_S;
		double here = per_second * (at - begin);

		if (sum + here > wanted)
			begin = at - (int)((wanted - sum) / per_second);
		sum += per_second * (at - begin);
		if (begin == at)
			break;
		at = begin;
	}
	*ret_rows = sum;
	return end + 1 - at < 1 ? 1 : end + 1 - at;
}

static bool knows_clock(struct search *w, int day)
{
	return w->clock_rows >= answerable(w) / 4 + 10 && expected(w, day) > 0 && answerable(w) > 0;
}

/* ---- the newer end of a dense range; what is left goes back on the stack ---- */

static int slice_of_seconds(struct search *w, const struct range *r)
{
	int end = search_end_second(r), whole = end - r->second + 1, length;

	if (knows_clock(w, r->from)) {
		length = expected_seconds(w, r->second, end, expected(w, r->from) * w->surge, FILL * answerable(w), &w->predicted);
	} else {
		length = slice_length(w->per_second, answerable(w), w->step_seconds);
		w->step_seconds = length;
	}
	return r->was_cut && length >= whole ? (whole + 1) / 2 : length;
}

static void slice_seconds(struct search *w, struct range r, struct range *slice)
{
	int end = search_end_second(&r), length = slice_of_seconds(w, &r);

	w->by_time = true;
	*slice = r;
	slice->dense = slice->was_cut = false;
	slice->last_second = end;
	slice->second = end - length + 1 > r.second ? end - length + 1 : r.second;
	if (slice->second == r.second)
		return;
	r.last_second = slice->second - 1;
	r.dense = r.second != r.last_second;
	r.was_cut = false;
	search_push(w, &r);
}

/* Days from this one on, into the future or the past, that fit into one answer. */
static int slice_of_days(struct search *w, int day, int direction)
{
	double sum = 0;
	int days = 0, most = slice_length(w->per_day, answerable(w), w->step_days);

	for (; days < 14; days++) {
		double more = expected(w, date_add(day, direction * days));

		if (*weekday(w, date_add(day, direction * days)) < 0)
			return most;
		sum += more;
		if (sum > FILL * answerable(w))
			break;
	}
	return days < 14 ? (days ? days : 1) : most > days ? most : days;
}

/* Nothing in some slices in a row: what is left is asked for at once, since most likely there is nothing more. */
static bool is_the_end(struct search *w, struct range r, struct range *slice)
{
	if (w->empty < EMPTY_MAX || r.was_cut)
		return false;
	w->empty = 0;
	*slice = r;
	slice->dense = slice->upward = false;
	slice->outer = true;
	return true;
}

/* From the older end on; the future is asked for in one piece. */
static void slice_upward(struct search *w, struct range r, struct range *slice)
{
	int today = date_of(clock_wall()), until;

	*slice = r;
	slice->dense = slice->was_cut = slice->upward = false;
	if (!r.until && r.from > today)
		return;
	w->step_days = slice_of_days(w, r.from, 1);
	until = date_add(r.from, w->step_days - 1);
	if (r.until && until >= r.until)
		until = r.was_cut ? date_add(r.until, -1) : r.until;
	slice->until = until;
	if (until == r.until)
		return;
	r.from = date_add(until, 1);
	r.dense = r.from != r.until;
	r.was_cut = false;
	search_push(w, &r);
}

static void slice_days(struct search *w, struct range r, struct range *slice)
{
	int until = r.until ? r.until : date_add(date_of(clock_wall()), 1), from;

	*slice = r;
	slice->dense = slice->was_cut = false;
	if (!r.until) {
		/* Tomorrow and later first; then the rest has an end. */
		if (r.from >= until)
			until = date_add(r.from, w->step_days);
		slice->from = until;
		r.until = date_add(until, -1);
		search_push(w, &r);
		return;
	}
	w->step_days = slice_of_days(w, until, -1);
	from = date_add(until, 1 - w->step_days);
	if (r.from && from <= r.from)
		from = r.was_cut ? date_add(r.from, 1) : r.from;
	if (!r.from && from < FIRST_DAY)
		from = 0;
	slice->from = from;
	if (from == r.from)
		return;
	r.until = date_add(from, -1);
	r.dense = r.from != r.until;		/* nobody has seen this day cut */
	r.was_cut = false;
	search_push(w, &r);
}

/* Is it as good as certain that this day alone will be cut? */
static bool too_busy(struct search *w, const struct range *r)
{
	return !search_many_days(r) && r->last_second < 0 && !r->doubtful && knows_clock(w, r->from) &&
	       expected(w, r->from) > (*weekday(w, r->from) >= 0 ? 1.1 : 2) * answerable(w);
}

static void slice_modalities(struct search *w, struct range r)
{
	r.dense = false;
	for (size_t i = countof(search_modalities); i > 0; i--) {
		r.modality = (int)i;
		search_push(w, &r);
	}
}

/* The next window to ask from the top of the stack. */
void search_take(struct search *w, struct range *now)
{
	struct range r = w->todo[--w->count];

	w->predicted = 0;
	if (r.dense && search_many_days(&r) && is_the_end(w, r, &r)) {
		*now = r;
		return;
	}
	if (r.dense && search_many_days(&r)) {
		(r.upward ? slice_upward : slice_days)(w, r, &r);
		r.dense = false;
	}
	if (r.dense && search_end_second(&r) == r.second) {
		search_not_whole(w, &r, "more studies in one second than the PACS answers; asked by modality");
		slice_modalities(w, r);
		r = w->todo[--w->count];
	} else if (r.dense || too_busy(w, &r)) {
		slice_seconds(w, r, &r);
	}
	*now = r;
}

/* ---- what an answer tells of the days ---- */

void search_stamp(struct search *w, const struct dataset *row)
{
	struct stamp stamp = { date_parse(dataset_get(row, TAG_StudyDate)), time_seconds(dataset_get(row, TAG_StudyTime)) };

	w->timeless += stamp.second < 0;
	w->dateless += !stamp.day;
	if (!stamp.day || w->stamp_count >= STAMPS_MAX)
		return;
	mem_grow(w->stamps, w->stamp_count, w->stamp_room);
	w->stamps[w->stamp_count++] = stamp;
}

static int by_time(const void *a, const void *b)
{
	const struct stamp *x = a, *y = b;

	return x->day != y->day ? (x->day > y->day) - (x->day < y->day) : (x->second > y->second) - (x->second < y->second);
}

void search_sort_stamps(struct search *w)
{
	if (w->stamp_count)
		qsort(w->stamps, w->stamp_count, sizeof *w->stamps, by_time);
}

static void push_days(struct search *w, const struct range *like, int from, int until)
{
	struct range part = *like;

	part.from = from;
	part.until = until;
	if (!from || !until || from <= until)
		search_push(w, &part);
}

static void push_seconds(struct search *w, const struct range *like, int day, int second, int last)
{
	struct range part = *like;

	part.from = part.until = day;
	part.second = second;
	part.last_second = last;
	if (second <= last)
		search_push(w, &part);
}

/* The middle of the stamps, moved so that something lies on either side; false when all are alike. */
static bool middle(const struct search *w, struct stamp *ret_middle, bool *ret_same_day)
{
	const struct stamp *first = &w->stamps[0], *last = &w->stamps[w->stamp_count - 1], *m = &w->stamps[w->stamp_count / 2];

	*ret_same_day = first->day == last->day;
	*ret_middle = *m;
	if (!*ret_same_day && m->day == first->day)
		ret_middle->day = date_add(m->day, 1);
	if (*ret_same_day && m->second == first->second)
		ret_middle->second++;
	return !*ret_same_day || (first->second >= 0 && first->second < last->second);
}

bool search_part(struct search *w, struct range r)
{
	struct stamp m;
	bool same_day;

	if (w->stamp_count < 2 || !middle(w, &m, &same_day))
		return false;
	r.doubtful = true;
	if (!same_day) {
		push_days(w, &r, r.from, date_add(m.day, -1));
		push_days(w, &r, m.day, r.until);
		return true;
	}
	if (search_many_days(&r)) {
		push_days(w, &r, r.from, date_add(m.day, -1));
		push_days(w, &r, date_add(m.day, 1), r.until);
	}
	push_seconds(w, &r, m.day, r.last_second < 0 ? 0 : r.second, m.second - 1);
	push_seconds(w, &r, m.day, m.second, search_end_second(&r));
	return true;
}

/* Days without any study seen lie apart, and are asked at once; those between are sliced by the density seen. */
static void split_by_stamps(struct search *w, struct range r)
{
	int first = w->stamps[0].day, last = w->stamps[w->stamp_count - 1].day;
	int days = date_days(first, last) + 1;

	w->per_day = (double)w->stamp_count / days;
	w->step_days = days;
	r.sliced = true;
	r.dense = r.was_cut = false;
	r.outer = true;
	r.upward = false;
	push_days(w, &r, r.from, date_add(first, -1));
	push_days(w, &r, date_add(last, 1), r.until);
	r.outer = false;
	r.dense = first < last || (int)w->stamp_count >= answerable(w);
	push_days(w, &r, first, last);
}

/* A PACS that answers in the order of dates shows of what lies beside the last answer only that it goes on: then it is sliced from
 * there, since what was seen last tells best how much there is. */
static bool goes_on(struct search *w, struct range *r)
{
	int first, last;

	if (!r->outer || w->stamp_count < 2 || !search_many_days(r))
		return false;
	first = w->stamps[0].day;
	last = w->stamps[w->stamp_count - 1].day;
	r->upward = r->from && date_days(r->from, first) <= BESIDE_DAYS;
	if (!r->upward && !(r->until && date_days(last, r->until) <= BESIDE_DAYS))
		return false;
	w->per_day = (double)w->stamp_count / (date_days(first, last) + 1);
	w->step_days = date_days(first, last) + 1;
	r->dense = r->sliced = true;
	r->outer = false;
	return true;
}

/* What was seen lies close together: a range that was split by that already shrinks by half at least. */
static bool narrowed(const struct search *w, const struct range *r)
{
	int days;

	if (!w->stamp_count || !search_many_days(r))
		return false;
	if (!r->sliced || !r->from || !r->until)
		return true;
	days = date_days(w->stamps[0].day, w->stamps[w->stamp_count - 1].day) + 1;
	return 2 * days <= date_days(r->from, r->until) + 1;
}

/* The same inside one day. */
static bool split_by_times(struct search *w, struct range r)
{
	int first = w->stamps[0].second, last = w->stamps[w->stamp_count - 1].second;

	if (first < r.second || last > search_end_second(&r) || first >= last)
		return false;
	w->per_second = (double)w->stamp_count / (last - first + 1);
	w->step_seconds = last - first + 1;
	r.sliced = true;
	push_seconds(w, &r, r.from, r.second, first - 1);
	push_seconds(w, &r, r.from, last + 1, search_end_second(&r));
	r.dense = true;
	push_seconds(w, &r, r.from, first, last);
	return true;
}

void search_split(struct search *w, struct range r)
{
	bool whole_day = !search_many_days(&r) && r.last_second < 0;

	r.tries = 0;
	r.doubtful = false;
	r.was_cut = true;
	if (whole_day && knows_clock(w, r.from) && expected(w, r.from) < 1.5 * answerable(w))
		*weekday(w, r.from) = 1.5 * answerable(w);
	if (whole_day && !knows_clock(w, r.from) && w->stamp_count > 1) {
		r.sliced = false;
		if (split_by_times(w, r))
			return;
	}
	if (goes_on(w, &r)) {
		search_push(w, &r);
		return;
	}
	if (narrowed(w, &r)) {
		split_by_stamps(w, r);
		return;
	}
	if (search_many_days(&r)) {
		w->step_days = r.from && r.until ? (date_days(r.from, r.until) + 3) / 3 : w->step_days;
		w->per_day = 0;
	} else {
		w->step_seconds = (search_end_second(&r) - r.second + 3) / 3;
		w->per_second = 0;
		if (w->predicted > 0)		/* here are more than was thought */
			w->surge = w->surge < SURGE_MAX / 2 ? w->surge * 2 : SURGE_MAX;
	}
	r.dense = r.sliced = true;
	search_push(w, &r);
}

/* The days and times of an answer that was whole.  Parts of a day count when all of it is there: they would tell only of themselves. */
static void learn_times(struct search *w, const struct range *r)
{
	for (size_t i = 0; i < w->stamp_count; i++)
		if (w->stamps[i].second >= 0) {
			(r->last_second >= 0 ? w->part : w->clock)[w->stamps[i].second / BIN_S]++;
			w->clock_rows += r->last_second < 0;
		}
	if (r->last_second >= 0 || !r->from || !r->until || date_days(r->from, r->until) > 31)
		return;
	for (int n = date_days(r->from, r->until); n >= 0; n--) {
		int day = date_add(r->until, -n), rows = 0;

		for (size_t i = 0; i < w->stamp_count; i++)
			rows += w->stamps[i].day == day;
		learn_day(w, day, rows);
	}
}

static void day_is_over(struct search *w)
{
	learn_day(w, w->counted_day, (double)w->counted_rows);
	for (size_t i = 0; i < CLOCK_BINS; i++) {
		w->clock[i] += w->part[i];
		w->clock_rows += w->part[i];
		w->part[i] = 0;
	}
	w->counted_rows = 0;
	w->surge = 1;
}

/* A day that is asked in windows of time: how many rows had it in all, and does it keep what was expected? */
static void count_day(struct search *w, const struct range *r, int rows)
{
	if (r->from != w->counted_day && w->counted_day)
		day_is_over(w);
	w->counted_day = r->from;
	w->counted_rows += rows;
	if (w->predicted > 0.3 * answerable(w)) {
		double factor = rows / w->predicted;

		w->surge *= factor < 0.5 ? 0.5 : factor > 2 ? 2 : factor;
		w->surge = w->surge > SURGE_MAX ? SURGE_MAX : w->surge < 1 / SURGE_MAX ? 1 / SURGE_MAX : w->surge;
	}
}

void search_note_density(struct search *w, const struct range *r, int rows)
{
	double *density = search_many_days(r) || r->last_second < 0 ? &w->per_day : &w->per_second;
	int length = r->last_second >= 0 ? search_end_second(r) - r->second + 1 : r->from && r->until ? date_days(r->from, r->until) + 1 : 0;
	double now;

	if (r->modality)
		return;
	if (r->last_second >= 0)
		count_day(w, r, rows);		/* first: it ends the day before */
	learn_times(w, r);
	if (!length)
		return;
	w->most_whole = rows > w->most_whole ? rows : w->most_whole;
	now = (double)rows / length;
	*density = *density > 0 ? (*density + now) / 2 : now;
	w->empty = rows ? 0 : w->empty + 1;
	if (rows)
		return;
	*density = 0;
	if (density == &w->per_day)
		w->step_days = w->step_days < 10000 ? w->step_days * 4 : w->step_days;
	else
		w->step_seconds = w->step_seconds < DAY_S / 4 ? w->step_seconds * 4 : DAY_S;
}

/* Times may have fractions (125959.5) or lack their seconds (1300), and some PACS compare them as text.  So a window ends where the
 * next begins, and the last one of a day has no end; what is found twice is merged. */
static char *time_key(const struct range *r)
{
	char a[16], b[16];

	format_time(r->second, a);
	format_time(r->last_second + 1, b);
	if (r->last_second >= DAY_S - 1)
		return mem_printf("%s-", a);
	return r->last_second == r->second ? mem_printf("%s-%s.999999", a, a) : mem_printf("%s-%s", a, b);
}

void search_set_keys(struct query *q, const struct range *r)
{
	struct date_range dates = { r->from, r->until };
	auto_free char *times = NULL;
	char text[20];

	date_range_format(&dates, text);
	dataset_text(&q->keys, TAG_StudyDate, text);
	if (r->last_second >= 0) {
		times = time_key(r);
		dataset_text(&q->keys, TAG_StudyTime, times);
	}
	if (r->modality)
		dataset_text(&q->keys, TAG_ModalitiesInStudy, search_modalities[r->modality - 1]);
}
