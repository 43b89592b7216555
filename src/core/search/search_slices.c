/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/search/search_slices.h"

#include "base/clock.h"
#include "base/mem.h"
#include "dicom/value.h"

#define FIRST_DAY 19000101		/* no modality is older; what is dated before is asked in one piece */
#define EMPTY_MAX 2
#define BESIDE_DAYS 7			/* a gap of a holiday */

void todo_push(struct todo_stack *s, const struct range *r)
{
	const struct todo item = { .kind = TODO_ASK, .range = *r };

	mem_grow(s->items, s->count, s->room);
	s->items[s->count++] = item;
}

void todo_push_doubt(struct todo_stack *s, enum todo_kind kind, const struct doubt *d)
{
	const struct todo item = { .kind = kind, .range = d->range, .doubt = *d };

	mem_grow(s->items, s->count, s->room);
	s->items[s->count++] = item;
}

static void push_days(struct todo_stack *s, const struct range *like, enum range_state state, int from, int until)
{
	struct range part = *like;

	part.state = state;
	part.from = from;
	part.until = until;
	if (!from || !until || from <= until)
		todo_push(s, &part);
}

static void push_seconds(struct todo_stack *s, const struct range *like, enum range_state state, int second, int last)
{
	struct range part = *like;

	part.state = state;
	part.second = second;
	part.last_second = last;
	if (second <= last)
		todo_push(s, &part);
}

/* ---- the end of a dense range; the rest goes back on the stack ---- */

static struct range slice_seconds(struct todo_stack *s, struct density *d, const struct range *r)
{
	int end = range_end_second(r), whole = end - r->second + 1, length = density_length_seconds(d, r);
	struct range slice = *r;

	if (range_was_cut(r) && length >= whole)
		length = (whole + 1) / 2;
	slice.state = RANGE_SLICE;
	slice.last_second = end;
	slice.second = end - length + 1 > r->second ? end - length + 1 : r->second;
	if (slice.second > r->second)
		push_seconds(s, r, r->second == slice.second - 1 ? RANGE_SLICE : RANGE_DENSE, r->second, slice.second - 1);
	return slice;
}

/* The future is asked for in one piece. */
static struct range slice_upward(struct todo_stack *s, struct density *d, const struct range *r)
{
	int today = date_of(clock_wall()), until, rest;
	struct range slice = *r;

	slice.state = RANGE_SLICE;
	if (!r->until && r->from > today)
		return slice;
	until = date_add(r->from, density_length(d, r->from, 1) - 1);
	if (r->until && until >= r->until)
		until = range_was_cut(r) ? date_add(r->until, -1) : r->until;
	slice.until = until;
	rest = date_add(until, 1);
	if (until != r->until)
		push_days(s, r, rest == r->until ? RANGE_SLICE : RANGE_UPWARD, rest, r->until);
	return slice;
}

/* Tomorrow and later first; then the rest has an end. */
static struct range slice_future(struct todo_stack *s, const struct density *d, const struct range *r)
{
	int tomorrow = date_add(date_of(clock_wall()), 1);
	struct range slice = *r;

	slice.state = RANGE_SLICE;
	slice.from = r->from >= tomorrow ? date_add(r->from, d->step_days) : tomorrow;
	push_days(s, r, r->state, r->from, date_add(slice.from, -1));
	return slice;
}

static struct range slice_downward(struct todo_stack *s, struct density *d, const struct range *r)
{
	struct range slice = *r;
	int from, rest;

	if (!r->until)
		return slice_future(s, d, r);
	from = date_add(r->until, 1 - density_length(d, r->until, -1));
	if (r->from && from <= r->from)
		from = range_was_cut(r) ? date_add(r->from, 1) : r->from;
	if (!r->from && from < FIRST_DAY)
		from = 0;
	slice.state = RANGE_SLICE;
	slice.from = from;
	rest = date_add(from, -1);
	if (from != r->from)		/* a rest of one day was not seen to be cut */
		push_days(s, r, rest == r->from ? RANGE_SLICE : RANGE_DENSE, r->from, rest);
	return slice;
}

static struct range slice_days(struct todo_stack *s, struct density *d, const struct range *r)
{
	bool upward = r->state == RANGE_UPWARD || r->state == RANGE_UPWARD_CUT;
	struct range rest = *r;

	if (d->empty < EMPTY_MAX || range_was_cut(r))
		return upward ? slice_upward(s, d, r) : slice_downward(s, d, r);
	/* Nothing in some slices in a row: most likely there is nothing more, so the rest is asked for at once. */
	d->empty = 0;
	rest.state = RANGE_BESIDE;
	return rest;
}

static struct range slice_modalities(struct todo_stack *s, struct range r)
{
	r.state = RANGE_SLICE;
	for (int i = RANGE_MODALITIES; i > 1; i--) {
		r.modality = i;
		todo_push(s, &r);
	}
	r.modality = 1;
	return r;
}

enum slice_note slices_take(struct todo_stack *s, struct density *d, struct range *r, struct range *ret_noted)
{
	d->predicted = 0;
	if (range_is_dense(r) && range_many_days(r)) {
		*r = slice_days(s, d, r);
	} else if (range_is_dense(r) && range_end_second(r) == r->second) {
		*ret_noted = *r;
		*r = slice_modalities(s, *r);
		return SLICE_ONE_SECOND;
	}
	if (range_is_dense(r) || density_too_busy(d, r))
		*r = slice_seconds(s, d, r);
	return SLICE_PLAIN;
}

/* ---- dividing a range that was cut ---- */

enum split_known split_known(const struct density *d, const struct range *r)
{
	if (range_many_days(r)) {
		if (r->state == RANGE_BESIDE)
			return KNOWN_BESIDE;
		return r->state == RANGE_SLICE ? KNOWN_SLICED_DAYS : KNOWN_DAYS;
	}
	return range_whole_day(r) && !density_knows_clock(d, r->from) ? KNOWN_DAY : KNOWN_HOURS;
}

static enum split_seen seen_times(const struct range *r, const struct stamps *s)
{
	int first = s->at[0].second, last = s->at[s->count - 1].second;

	return first >= r->second && last <= range_end_second(r) && first < last ? SEEN_TIMES : SEEN_SPREAD;
}

enum split_seen split_seen(enum split_known known, const struct range *r, const struct stamps *s)
{
	int first, last;

	if (!s->count)
		return SEEN_NOTHING;
	if (!range_many_days(r))
		return seen_times(r, s);
	first = s->at[0].day;
	last = s->at[s->count - 1].day;
	if (known == KNOWN_BESIDE && s->count > 1 && r->from && date_days(r->from, first) <= BESIDE_DAYS)
		return SEEN_AT_OLDER_END;
	if (known == KNOWN_BESIDE && s->count > 1 && r->until && date_days(last, r->until) <= BESIDE_DAYS)
		return SEEN_AT_NEWER_END;
	/* A range that was divided by the days seen already shrinks by half at least. */
	return !range_length(r) || 2 * stamps_days(s) <= range_length(r) ? SEEN_CLOSE : SEEN_SPREAD;
}

/* A PACS that answers in the order of dates shows of a range beside the last answer only that it goes on: it is sliced from there,
 * since the studies seen last tell best how many there are. */
static const struct split_rule {
	enum split_known known;
	enum split_seen seen;
	enum split_way way;
} split_rules[] = {
	{ KNOWN_DAYS, SEEN_SPREAD, SPLIT_AROUND_DAYS },
	{ KNOWN_DAYS, SEEN_CLOSE, SPLIT_AROUND_DAYS },
	{ KNOWN_SLICED_DAYS, SEEN_CLOSE, SPLIT_AROUND_DAYS },
	{ KNOWN_BESIDE, SEEN_AT_OLDER_END, SPLIT_UPWARD },
	{ KNOWN_BESIDE, SEEN_AT_NEWER_END, SPLIT_DOWNWARD },
	{ KNOWN_BESIDE, SEEN_CLOSE, SPLIT_AROUND_DAYS },
	{ KNOWN_DAY, SEEN_TIMES, SPLIT_AROUND_TIMES },
};

enum split_way split_choose(enum split_known known, enum split_seen seen)
{
	for (size_t i = 0; i < countof(split_rules); i++)
		if (split_rules[i].known == known && split_rules[i].seen == seen)
			return split_rules[i].way;
	return SPLIT_BY_LENGTH;
}

/* Days without any study seen lie apart, and are asked at once; those between are sliced by the density seen. */
static void split_around_days(struct todo_stack *s, const struct density *d, const struct stamps *seen, const struct range *r)
{
	int first = seen->at[0].day, last = seen->at[seen->count - 1].day;
	bool dense = first < last || (int)seen->count >= d->answerable;

	push_days(s, r, RANGE_BESIDE, r->from, date_add(first, -1));
	push_days(s, r, RANGE_BESIDE, date_add(last, 1), r->until);
	push_days(s, r, dense ? RANGE_DENSE : RANGE_SLICE, first, last);
}

static void split_around_times(struct todo_stack *s, const struct stamps *seen, const struct range *r)
{
	int first = seen->at[0].second, last = seen->at[seen->count - 1].second;

	push_seconds(s, r, RANGE_SLICE, r->second, first - 1);
	push_seconds(s, r, RANGE_SLICE, last + 1, range_end_second(r));
	push_seconds(s, r, RANGE_DENSE_CUT, first, last);
}

void slices_split(struct todo_stack *s, struct density *d, const struct stamps *seen, struct range r)
{
	enum split_known known = split_known(d, &r);
	enum split_way way = split_choose(known, split_seen(known, &r, seen));

	r.tries = 0;
	r.state = way == SPLIT_UPWARD ? RANGE_UPWARD_CUT : RANGE_DENSE_CUT;
	if (range_whole_day(&r))
		density_learn_busy(d, &r);
	switch (way) {
	case SPLIT_AROUND_TIMES:
		density_learn_seconds(d, seen);
		split_around_times(s, seen, &r);
		return;
	case SPLIT_AROUND_DAYS:
		density_learn_days(d, seen);
		split_around_days(s, d, seen, &r);
		return;
	case SPLIT_UPWARD: case SPLIT_DOWNWARD:
		density_learn_days(d, seen);
		break;
	case SPLIT_BY_LENGTH:
		density_forget(d, &r);
		break;
	}
	todo_push(s, &r);
}

/* ---- parting a range that is doubted ---- */

/* The middle of the stamps, moved so that something lies on either side; false when all are alike. */
static bool find_middle(const struct stamps *s, struct stamp *ret_middle, bool *ret_same_day)
{
	const struct stamp *first = &s->at[0], *last = &s->at[s->count - 1], *m = &s->at[s->count / 2];

	*ret_same_day = first->day == last->day;
	*ret_middle = *m;
	if (!*ret_same_day && m->day == first->day)
		ret_middle->day = date_add(m->day, 1);
	if (*ret_same_day && m->second == first->second)
		ret_middle->second++;
	return !*ret_same_day || (first->second >= 0 && first->second < last->second);
}

bool slices_part(struct todo_stack *s, const struct stamps *seen, struct range r)
{
	struct range day = r;
	struct stamp m;
	bool same_day;

	if (seen->count < 2 || !find_middle(seen, &m, &same_day))
		return false;
	if (!same_day) {
		push_days(s, &r, RANGE_DOUBTED, r.from, date_add(m.day, -1));
		push_days(s, &r, RANGE_DOUBTED, m.day, r.until);
		return true;
	}
	if (range_many_days(&r)) {
		push_days(s, &r, RANGE_DOUBTED, r.from, date_add(m.day, -1));
		push_days(s, &r, RANGE_DOUBTED, date_add(m.day, 1), r.until);
	}
	day.from = day.until = m.day;
	push_seconds(s, &day, RANGE_DOUBTED, r.last_second < 0 ? 0 : r.second, m.second - 1);
	push_seconds(s, &day, RANGE_DOUBTED, m.second, range_end_second(&r));
	return true;
}
