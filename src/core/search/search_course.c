/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/search/search_course.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/search/search_doubt.h"

#define BARREN_MAX 40			/* halving a century down to a second takes some thirty */
#define FAILED_MAX 8			/* the same for answers that fail: it is not their size */
#define FRUITLESS_MIN 120		/* answers; some thirty halvings and 36 modalities are asked without need to find a study */
#define BROKEN_MIN 12

static const char *const note_texts[] = {
	[NOTE_FAILED] = "it could not be asked",
	[NOTE_GIVEN_UP] = "the PACS cuts every answer, however little is asked for",
	[NOTE_FRUITLESS] = "the PACS goes on cutting its answers and returns the same studies again, as if it ignored the date and time",
	[NOTE_DATELESS] = "it is cut, and studies without a date cannot be asked for in pieces",
	[NOTE_TIMELESS] = "it is cut, and studies without a time cannot be asked for in pieces",
	[NOTE_UNDIVIDED] = "it is cut, and cannot be divided",
	[NOTE_ONE_SECOND] = "more studies in one second than the PACS answers; asked by modality",
	[NOTE_UNREADABLE] = "some of its answers could not be read, twice",
};

const char *course_note_text(enum course_note note)
{
	return note_texts[note];
}

void course_begin(struct course *c, const struct range *all)
{
	density_begin(&c->density);
	c->now = c->all = *all;
	c->counts.queries = 1;
}

void course_end(struct course *c)
{
	free(c->todo.items);
	free(c->seen.at);
}

static void note_lost(struct course *c, struct course_outcome *o, enum course_note note, const struct range *r)
{
	c->counts.missed++;
	if (o->lost_count >= (int)countof(o->lost))
		return;
	o->lost[o->lost_count].note = note;
	o->lost[o->lost_count++].range = *r;
}

static void learn_limit(struct course *c, struct course_outcome *o, int rows)
{
	if (rows <= 0 || rows == c->limits.cap)
		return;
	c->limits.cap = o->limit = rows;
}

static void show_all(struct course *c, struct course_outcome *o, int rows)
{
	c->limits.refuted = rows;
	if (rows > c->limits.shown)
		c->limits.shown = o->shown = rows;
}

/* Rows that one answer can hold, as far as seen. */
static int answerable_rows(const struct course_limits *l)
{
	if (l->cap)
		return l->cap;
	return l->broken_at ? l->broken_at : 2 * l->most_whole;
}

static void divide_range(struct course *c, const struct range *r)
{
	c->density.answerable = answerable_rows(&c->limits);
	slices_split(&c->todo, &c->density, &c->seen, *r);
}

/* Whatever is asked, the PACS fails: it is left in peace. */
static void give_up(struct course *c, struct course_outcome *o, enum course_note note)
{
	c->todo.count = 0;
	if (c->counts.studies)
		note_lost(c, o, note, &c->all);
	else
		o->then = COURSE_FAILS;
}

/* ---- doubts ---- */

static void raise_doubt(struct course *c, struct course_outcome *o, int rows)
{
	const struct doubt doubt = { c->now, rows, c->counts.studies, c->counts.missed, c->counts.queries };

	todo_push_doubt(&c->todo, TODO_SETTLE, &doubt);
	if (!slices_part(&c->todo, &c->seen, c->now)) {
		c->todo.count--;
		return;
	}
	c->doubting = o->doubted = true;
}

/* The parts may have been cut as well. */
static void confirm_doubt(struct course *c, struct course_outcome *o, const struct doubt *d)
{
	learn_limit(c, o, d->rows);
	c->counts.cut++;
	divide_range(c, &d->range);
}

static void settle_doubt(struct course *c, struct course_outcome *o, const struct doubt *d)
{
	c->doubting = false;
	switch (doubt_settle(d->rows, c->counts.studies - d->studies, c->counts.missed - d->missed)) {
	case DOUBT_REFUTED:
		c->counts.assured += c->counts.queries - d->queries;
		show_all(c, o, d->rows);
		break;
	case DOUBT_CONFIRMED:
		confirm_doubt(c, o, d);
		break;
	case DOUBT_RECHECK:
		todo_push_doubt(&c->todo, TODO_RECHECK, d);
		break;
	case DOUBT_OPEN:
		break;
	}
}

/* ---- the next range ---- */

static void take_range(struct course *c, struct course_outcome *o, struct range r)
{
	struct range noted;

	c->density.answerable = answerable_rows(&c->limits);
	if (slices_take(&c->todo, &c->density, &r, &noted) == SLICE_ONE_SECOND)
		note_lost(c, o, NOTE_ONE_SECOND, &noted);
	c->by_time |= r.last_second >= 0;
	c->now = r;
}

bool course_next(struct course *c, struct course_outcome *o)
{
	memset(o, 0, sizeof *o);
	while (c->todo.count) {
		struct todo item = c->todo.items[--c->todo.count];

		c->rechecked = item.kind == TODO_RECHECK ? item.doubt.rows : 0;
		if (item.kind == TODO_SETTLE) {
			settle_doubt(c, o, &item.doubt);
			continue;
		}
		if (item.kind == TODO_RECHECK)
			c->now = item.range;
		else
			take_range(c, o, item.range);
		c->counts.queries++;
		return true;
	}
	return false;
}

/* ---- answers ---- */

static bool was_cut(const struct course *c, const struct course_answer *a)
{
	return a->cut || (c->limits.cap && a->rows == c->limits.cap && !a->trouble);
}

static void ask_again(struct course *c, struct course_outcome *o, long long most)
{
	struct range again = c->now;

	again.tries++;
	todo_push(&c->todo, &again);
	o->then = COURSE_PAUSES;
	o->tried = again.tries;
	o->tries = most;
}

static void range_broken_off(struct course *c, const struct course_answer *a, struct course_outcome *o)
{
	c->counts.cut++;
	c->asked_once = o->broke_off = true;
	if (++c->counts.broken > BROKEN_MIN + 2 * c->counts.fruitful) {
		give_up(c, o, NOTE_FAILED);
		return;
	}
	if (!c->limits.broken_at || a->rows < c->limits.broken_at)
		c->limits.broken_at = a->rows;
	divide_range(c, &c->now);
}

/* What was read is delivered; less would not be read any better. */
static void range_unreadable(struct course *c, struct course_outcome *o)
{
	if (!c->now.tries && c->retries > 0) {
		ask_again(c, o, 1);
		return;
	}
	c->asked_once = true;
	c->counts.failed++;
	note_lost(c, o, NOTE_UNREADABLE, &c->now);
}

/* A lost connection may look like an answer that cannot be understood: that is asked once more only. */
static long long most_tries(const struct course *c, const struct course_answer *a)
{
	if (err_transient(a->trouble))
		return c->retries;
	return a->unfinished && a->trouble == ERR_PROTOCOL && c->retries > 0;
}

/* In smaller pieces, once more after a pause, or given up by name.  Broken off after some rows, it is the size that the PACS does not
 * like. */
static void range_failed(struct course *c, const struct course_answer *a, struct course_outcome *o)
{
	bool divides = a->rows > 0 && c->by_study && range_can_divide(&c->now, c->by_modality);
	long long most = most_tries(c, a);

	if (err_ends_all(a->trouble) || a->trouble == ERR_USAGE) {
		o->then = COURSE_FAILS;
	} else if (a->unreadable) {
		range_unreadable(c, o);
	} else if (c->asked_once && c->counts.barren >= FAILED_MAX) {
		give_up(c, o, NOTE_FAILED);
	} else if (divides) {
		range_broken_off(c, a, o);
	} else if (c->now.tries < most && c->counts.barren <= c->retries + 1) {
		ask_again(c, o, most);
	} else if (c->asked_once || a->rows) {
		c->asked_once = true;
		c->counts.failed++;
		note_lost(c, o, NOTE_FAILED, &c->now);
	} else {
		o->then = COURSE_FAILS;
	}
}

/* Studies without a date are in no range of dates, those without a time in none of times. */
static void range_cut(struct course *c, const struct course_answer *a, struct course_outcome *o)
{
	c->asked_once = true;
	c->counts.cut++;
	learn_limit(c, o, a->rows);
	if (c->counts.barren_cuts >= BARREN_MAX) {
		give_up(c, o, NOTE_GIVEN_UP);
		return;
	}
	if (!c->by_study || !range_can_divide(&c->now, c->by_modality)) {
		note_lost(c, o, NOTE_UNDIVIDED, &c->now);
		return;
	}
	if (!c->now.from && !c->now.until && c->seen.dateless)
		note_lost(c, o, NOTE_DATELESS, &c->now);
	if (range_whole_day(&c->now) && c->seen.timeless)
		note_lost(c, o, NOTE_TIMELESS, &c->now);
	divide_range(c, &c->now);
}

static void learn_density(struct course *c, int rows)
{
	c->density.answerable = answerable_rows(&c->limits);
	density_learn(&c->density, &c->now, &c->seen, rows);
	if (!c->now.modality && range_length(&c->now) && rows > c->limits.most_whole)
		c->limits.most_whole = rows;
}

/* The answer to a question asked again for a doubt's sake.  True when it is cut: its parts are asked for. */
static bool range_rechecked(struct course *c, int rows, struct course_outcome *o)
{
	const struct doubt doubt = { .range = c->now, .rows = c->rechecked };

	if (rows > c->rechecked) {
		show_all(c, o, rows);
		return false;
	}
	confirm_doubt(c, o, &doubt);
	return true;
}

/* The PACS says that this is all. */
static void range_whole(struct course *c, int rows, struct course_outcome *o)
{
	c->asked_once = true;
	c->counts.fruitful += rows > 0;
	if (c->limits.cap && rows > c->limits.cap) {
		c->limits.cap = 0;
		o->limit_raised = true;
	}
	if (c->rechecked && range_rechecked(c, rows, o))
		return;
	if (!c->rechecked && doubt_arises(c, rows))
		raise_doubt(c, o, rows);
	learn_density(c, rows);
}

/* Requests grow with what is learned: without a new study only so many are made. */
static void count_answer(struct course *c, const struct course_answer *a)
{
	bool whole = !was_cut(c, a) && !a->trouble;

	c->counts.studies += a->fresh;
	c->limits.tells |= a->cut;
	c->counts.fruitless = a->fresh ? 0 : c->counts.fruitless + 1;
	c->counts.barren = whole || a->fresh ? 0 : c->counts.barren + 1;
	if (a->fresh || (whole && a->rows))
		c->counts.barren_cuts = 0;
	else if (!whole)
		c->counts.barren_cuts++;
}

void course_answered(struct course *c, const struct course_answer *a, struct course_outcome *o)
{
	memset(o, 0, sizeof *o);
	stamps_sort(&c->seen);
	count_answer(c, a);
	if (c->counts.fruitless > FRUITLESS_MIN + c->counts.studies / 8)
		give_up(c, o, a->trouble && !a->cut ? NOTE_FAILED : NOTE_FRUITLESS);
	else if (was_cut(c, a))
		range_cut(c, a, o);
	else if (a->trouble)
		range_failed(c, a, o);
	else
		range_whole(c, a->rows, o);
}
