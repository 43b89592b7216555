/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The slicing of windows against a PACS made of numbers: every study is in some window that is not cut, whatever the cap and however
 * the studies lie, and it does not take too many windows.  And the set of UIDs that merges them. */
#include "core/search/search_course.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "check.h"
#include "core/search/search.h"
#include "core/search/search_doubt.h"
#include "core/search/uidset.h"
#include "dicom/tag.h"
#include "dicom/value.h"

#define STUDIES_MAX 20000

struct fake {
	struct stamp at;
	bool found;
};

static struct fake studies[STUDIES_MAX];
static size_t study_count;

static bool lies_in(const struct stamp *at, const struct range *r)
{
	if ((r->from && at->day < r->from) || (r->until && at->day > r->until))
		return false;
	return r->last_second < 0 || (at->second >= r->second && at->second <= r->last_second);
}

/* What the PACS returns: the first of them up to its cap. */
static struct course_answer answer_range(struct stamps *seen, const struct range *r, int cap, bool tells)
{
	struct course_answer a = { .rows = 0 };
	int matching = 0;

	stamps_clear(seen);
	for (size_t i = 0; i < study_count; i++) {
		struct dataset row;
		char text[16];

		if (!lies_in(&studies[i].at, r) || ++matching > cap)
			continue;
		a.rows++;
		a.fresh += !studies[i].found;
		studies[i].found = true;
		dataset_init(&row);
		snprintf(text, sizeof text, "%08d", studies[i].at.day);
		dataset_text(&row, TAG_StudyDate, text);
		snprintf(text, sizeof text, "%02d%02d%02d", studies[i].at.second / 3600, studies[i].at.second / 60 % 60,
			 studies[i].at.second % 60);
		dataset_text(&row, TAG_StudyTime, text);
		stamps_add(seen, &row);
		dataset_done(&row);
	}
	a.cut = matching > cap && tells;
	return a;
}

/* Returns how many ranges were asked; -1 when some could not be made whole. */
static int ask_all(struct range all, int cap, bool tells)
{
	struct course c = { .by_study = true, .by_modality = true, .limits.shown = tells ? cap : 0 };
	struct course_outcome o;
	int asked;

	course_begin(&c, &all);
	do {
		struct course_answer a = answer_range(&c.seen, &c.now, cap, tells);

		course_answered(&c, &a, &o);
		CHECK_INT(o.then, COURSE_GOES_ON);
	} while (course_next(&c, &o) && c.counts.queries < 100000);
	asked = c.counts.missed ? -1 : c.counts.queries;
	course_end(&c);
	return asked;
}

static size_t not_found(void)
{
	size_t count = 0;

	for (size_t i = 0; i < study_count; i++)
		count += !studies[i].found;
	return count;
}

static unsigned seed;

static int any(int below)
{
	seed = seed * 1103515245u + 12345u;
	return (int)((seed >> 8) % (unsigned)below);
}

enum lying { EVENLY, WEEKDAYS, ONE_DAY, TWO_ENDS, GROWING, IN_THE_FUTURE, MORNINGS };

static void lay(enum lying how, size_t count)
{
	seed = 1;
	study_count = count;
	for (size_t i = 0; i < count; i++) {
		struct stamp *at = &studies[i].at;

		studies[i].found = false;
		at->second = how == EVENLY ? any(DAY_S) : 8 * 3600 + any(9 * 3600);
		switch (how) {
		case EVENLY: case WEEKDAYS:
			at->day = date_add(20220103, any(1000));
			if (how == WEEKDAYS && date_days(20220103, at->day) % 7 > 4)
				at->day = date_add(at->day, -2);
			break;
		case ONE_DAY:
			at->day = 20230505;
			break;
		case TWO_ENDS:
			at->day = date_add(any(2) ? 20100101 : 20240101, any(20));
			break;
		case GROWING:
			at->day = date_add(20150101, 3600 - any(60) * any(60));
			break;
		case MORNINGS:
			at->day = date_add(20240101, (int)(i % 28));
			at->second = 7 * 3600 + (int)i;
			break;
		case IN_THE_FUTURE:
			at->day = date_add(20300101, any(300));
			break;
		}
	}
}

static const struct {
	const char *name;
	enum lying how;
	size_t count;
	int cap, most;
	struct range all;
} cases[] = {
	{ "20,000 evenly, 200", EVENLY, 20000, 200, 220, { .from = 20220103, .until = 20241001, .last_second = -1 } },
	{ "the same, open", EVENLY, 20000, 200, 220, { .last_second = -1 } },
	{ "20,000 on weekdays, 200", WEEKDAYS, 20000, 200, 220, { .from = 20220101, .last_second = -1 } },
	{ "10,000 on weekdays, 500", WEEKDAYS, 10000, 500, 44, { .until = 20250101, .last_second = -1 } },
	{ "10,000 on weekdays, 13", WEEKDAYS, 10000, 13, 1900, { .last_second = -1 } },
	{ "2,000 on one day, 100", ONE_DAY, 2000, 100, 48, { .last_second = -1 } },
	{ "2,000 on one day that was asked for", ONE_DAY, 2000, 100, 60, { .from = 20230505, .until = 20230505, .last_second = -1 } },
	{ "of the morning", ONE_DAY, 2000, 100, 30,
	  { .from = 20230505, .until = 20230505, .second = 8 * 3600, .last_second = 12 * 3600 - 1 } },
	{ "two ends, 100", TWO_ENDS, 4000, 100, 135, { .last_second = -1 } },
	{ "growing, 100", GROWING, 8000, 100, 220, { .last_second = -1 } },
	{ "4,000 in the mornings of a month, 40", MORNINGS, 4000, 40, 220, { .last_second = -1 } },
	{ "in the future, 100", IN_THE_FUTURE, 2000, 100, 60, { .last_second = -1 } },
	{ "fewer than the cap", EVENLY, 150, 200, 1, { .last_second = -1 } },
	{ "none", EVENLY, 0, 200, 1, { .last_second = -1 } },
	{ "as many as the cap", EVENLY, 200, 200, 1, { .last_second = -1 } },
};

static void test_slicing(void)
{
	for (size_t i = 0; i < countof(cases); i++) {
		int asked, in_range = 0;

		CHECK_CASE(cases[i].name);
		lay(cases[i].how, cases[i].count);
		asked = ask_all(cases[i].all, cases[i].cap, true);
		for (size_t n = 0; n < study_count; n++) {
			in_range += lies_in(&studies[n].at, &cases[i].all);
			studies[n].found |= !lies_in(&studies[n].at, &cases[i].all);
		}
		CHECK_INT(not_found(), 0);
		if (!CHECK(asked > 0 && asked <= cases[i].most))
			printf("# %s: %d windows for %d studies in answers of %d\n", cases[i].name, asked, in_range, cases[i].cap);
	}
	CHECK_CASE("");
}

/* A PACS that cuts without a word: its first answer is doubted, and everything is found. */
static void test_silent_limit(void)
{
	const struct range all = { .last_second = -1 };

	for (int cap = 50; cap <= 500; cap += 150) {
		lay(WEEKDAYS, 3000);
		CHECK(ask_all(all, cap, false) > 0);
		CHECK_INT(not_found(), 0);
	}
	lay(EVENLY, 137);
	CHECK_INT(ask_all(all, 200, false), 3);		/* two more made sure of it */
}

/* A second that holds too many is named, and asked by modality. */
static void test_one_second(void)
{
	struct range second = { .from = 20240101, .until = 20240101, .second = 36000, .last_second = 36000, .state = RANGE_DENSE };
	struct todo_stack todo = { NULL, 0, 0 };
	struct range noted = { .from = 0 };
	struct density density;

	density_begin(&density);
	CHECK_INT(slices_take(&todo, &density, &second, &noted), SLICE_ONE_SECOND);
	CHECK_INT(noted.second, 36000);
	CHECK_INT(noted.modality, 0);
	CHECK_INT(second.modality, 1);
	CHECK_INT(todo.count, RANGE_MODALITIES - 1);
	CHECK(!range_can_divide(&second, true));
	CHECK(!range_is_dense(&second));
	free(todo.items);
}

/* A window is parted so that something lies on either side, and nothing between. */
static void test_parting(void)
{
	static const struct { const char *name; enum lying how; size_t count; struct range all; } parted[] = {
		{ "days", WEEKDAYS, 100, { .last_second = -1 } },
		{ "one day", ONE_DAY, 100, { .from = 20230505, .until = 20230505, .last_second = -1 } },
		{ "one day of many", ONE_DAY, 100, { .last_second = -1 } },
		{ "part of a day", ONE_DAY, 100, { .from = 20230505, .until = 20230505, .second = 0, .last_second = 86399 } },
	};

	for (size_t i = 0; i < countof(parted); i++) {
		struct todo_stack todo = { NULL, 0, 0 };
		struct stamps seen = { .count = 0 };
		int parts = 0;

		CHECK_CASE(parted[i].name);
		lay(parted[i].how, parted[i].count);
		answer_range(&seen, &parted[i].all, 1000, true);
		stamps_sort(&seen);
		CHECK(slices_part(&todo, &seen, parted[i].all));
		for (size_t n = 0; n < study_count; n++)
			studies[n].found = false;
		while (todo.count) {
			struct range r = todo.items[--todo.count].range;

			CHECK_INT(r.state, RANGE_DOUBTED);
			parts += answer_range(&seen, &r, 1000, true).rows > 0;
		}
		CHECK_INT(parts, 2);
		CHECK_INT(not_found(), 0);
		free(todo.items);
		free(seen.at);
	}
	CHECK_CASE("");
}

static void test_parting_alike(void)
{
	const struct range all = { .last_second = -1 };
	struct todo_stack todo = { NULL, 0, 0 };
	struct stamps seen = { .count = 0 };

	lay(ONE_DAY, 3);
	for (size_t n = 0; n < 3; n++)
		studies[n].at.second = 100;
	answer_range(&seen, &all, 1000, true);
	stamps_sort(&seen);
	CHECK(!slices_part(&todo, &seen, all));		/* all at once: nothing to part */
	CHECK_INT(todo.count, 0);
	free(seen.at);
}

/* Ends meet: a time between two seconds, or one without its seconds, is in one window as text and as a number. */
static void test_keys(void)
{
	static const struct { struct range r; const char *date, *time, *modality; } keys[] = {
		{ { .from = 20240101, .until = 20240131, .last_second = -1 }, "20240101-20240131", "", "" },
		{ { .until = 20240131, .last_second = -1 }, "-20240131", "", "" },
		{ { .from = 20240105, .until = 20240105, .last_second = 43199 }, "20240105", "000000-120000", "" },
		{ { .from = 20240105, .until = 20240105, .second = 43200, .last_second = 86399 }, "20240105", "120000-", "" },
		{ { .from = 20240105, .until = 20240105, .second = 60, .last_second = 60, .modality = 1 }, "20240105", "000100-000100.999999",
		  "CT" },
	};

	for (size_t i = 0; i < countof(keys); i++) {
		struct query q;

		query_init(&q, LEVEL_STUDY);
		range_set_keys(&q, &keys[i].r);
		CHECK_STR(dataset_get(&q.keys, TAG_StudyDate), keys[i].date);
		CHECK_STR(dataset_get(&q.keys, TAG_StudyTime), keys[i].time);
		CHECK_STR(dataset_get(&q.keys, TAG_ModalitiesInStudy), keys[i].modality);
		query_done(&q);
	}
}

static void test_uidset(void)
{
	struct uidset *set = uidset_new();
	char uid[80];
	int again = 0;

	for (int i = 0; i < 5000; i++) {
		snprintf(uid, sizeof uid, "1.2.826.0.1.3680043.10.1338.%d.%d", i % 7, i);
		again += !uidset_add(set, uid);
	}
	CHECK_INT(again, 0);
	for (int i = 0; i < 5000; i++) {
		snprintf(uid, sizeof uid, "1.2.826.0.1.3680043.10.1338.%d.%d", i % 7, i);
		again += !uidset_add(set, uid);
	}
	CHECK_INT(again, 5000);
	CHECK(uidset_add(set, ""));
	CHECK(!uidset_add(set, ""));
	CHECK(uidset_add(set, "1.2.826.0.1.3680043.10.1338.0.00"));	/* a prefix or a longer one is another */
	CHECK(uidset_add(set, "1.2.826.0.1.3680043.10.1338.0."));
	uidset_free(set);
	uidset_free(NULL);
}

static void test_may_be_limit(void)
{
	static const struct { int rows, shown; bool may_be; } rows[] = {
		{ 0, 0, false }, { 9, 0, false }, { 10, 0, true }, { 11, 0, false }, { 40, 0, true }, { 49, 0, false }, { 50, 0, true },
		{ 51, 0, true }, { 337, 0, true }, { 337, 336, true }, { 337, 337, false }, { 20, 337, false }, { 500, 499, true },
	};

	for (size_t i = 0; i < countof(rows); i++) {
		char text[40];

		snprintf(text, sizeof text, "%d rows, %d shown", rows[i].rows, rows[i].shown);
		CHECK_CASE(text);
		CHECK_INT(search_may_be_limit(rows[i].rows, rows[i].shown), rows[i].may_be);
	}
	CHECK_CASE("");
}

static void test_split_choose(void)
{
	static const struct { enum split_known known; enum split_way ways[6]; } rows[] = {
		/* seen:               NOTHING          SPREAD             CLOSE              AT_OLDER_END     AT_NEWER_END     TIMES */
		{ KNOWN_DAYS,        { SPLIT_BY_LENGTH, SPLIT_AROUND_DAYS, SPLIT_AROUND_DAYS, SPLIT_BY_LENGTH, SPLIT_BY_LENGTH, SPLIT_BY_LENGTH } },
		{ KNOWN_SLICED_DAYS, { SPLIT_BY_LENGTH, SPLIT_BY_LENGTH,   SPLIT_AROUND_DAYS, SPLIT_BY_LENGTH, SPLIT_BY_LENGTH, SPLIT_BY_LENGTH } },
		{ KNOWN_BESIDE,      { SPLIT_BY_LENGTH, SPLIT_BY_LENGTH,   SPLIT_AROUND_DAYS, SPLIT_UPWARD,    SPLIT_DOWNWARD,  SPLIT_BY_LENGTH } },
		{ KNOWN_DAY,         { SPLIT_BY_LENGTH, SPLIT_BY_LENGTH,   SPLIT_BY_LENGTH,   SPLIT_BY_LENGTH, SPLIT_BY_LENGTH, SPLIT_AROUND_TIMES } },
		{ KNOWN_HOURS,       { SPLIT_BY_LENGTH, SPLIT_BY_LENGTH,   SPLIT_BY_LENGTH,   SPLIT_BY_LENGTH, SPLIT_BY_LENGTH, SPLIT_BY_LENGTH } },
	};

	for (size_t i = 0; i < countof(rows); i++)
		for (int seen = 0; seen < 6; seen++) {
			char text[40];

			snprintf(text, sizeof text, "known %d, seen %d", rows[i].known, seen);
			CHECK_CASE(text);
			CHECK_INT(split_choose(rows[i].known, (enum split_seen)seen), rows[i].ways[seen]);
		}
	CHECK_CASE("");
}

static void test_split_seen(void)
{
	static struct stamp at[2] = { { 20240110, 100 }, { 20240112, 200 } };
	static const struct { const char *name; enum split_known known; struct range r; enum split_seen seen; } rows[] = {
		{ "days, open", KNOWN_DAYS, { .last_second = -1 }, SEEN_CLOSE },
		{ "days, narrow", KNOWN_DAYS, { .from = 20240110, .until = 20240113, .last_second = -1 }, SEEN_SPREAD },
		{ "days, wide", KNOWN_SLICED_DAYS, { .from = 20240101, .until = 20240201, .last_second = -1 }, SEEN_CLOSE },
		{ "beside, near its older end", KNOWN_BESIDE, { .from = 20240104, .until = 20240301, .last_second = -1 }, SEEN_AT_OLDER_END },
		{ "beside, near its newer end", KNOWN_BESIDE, { .until = 20240115, .last_second = -1 }, SEEN_AT_NEWER_END },
		{ "beside, near neither", KNOWN_BESIDE, { .from = 20230101, .until = 20250101, .last_second = -1 }, SEEN_CLOSE },
		{ "a day", KNOWN_DAY, { .from = 20240110, .until = 20240110, .last_second = -1 }, SEEN_TIMES },
		{ "hours that begin later", KNOWN_DAY, { .from = 20240110, .until = 20240110, .second = 150, .last_second = 999 }, SEEN_SPREAD },
	};
	const struct stamps seen = { at, 2, 2, 0, 0 }, none = { .count = 0 };

	for (size_t i = 0; i < countof(rows); i++) {
		CHECK_CASE(rows[i].name);
		CHECK_INT(split_seen(rows[i].known, &rows[i].r, &seen), rows[i].seen);
		CHECK_INT(split_seen(rows[i].known, &rows[i].r, &none), SEEN_NOTHING);
	}
	CHECK_CASE("");
}

static void test_doubt_settle(void)
{
	static const struct { int rows; long more; int missed; enum doubt_verdict verdict; } rows[] = {
		{ 100, 0, 0, DOUBT_REFUTED }, { 100, 0, 1, DOUBT_OPEN }, { 100, 1, 0, DOUBT_RECHECK }, { 100, 3, 0, DOUBT_RECHECK },
		{ 100, 4, 0, DOUBT_CONFIRMED }, { 100, 4, 1, DOUBT_CONFIRMED }, { 500, 7, 0, DOUBT_RECHECK }, { 500, 8, 0, DOUBT_CONFIRMED },
	};

	for (size_t i = 0; i < countof(rows); i++) {
		char text[40];

		snprintf(text, sizeof text, "%d rows, %ld more, %d missed", rows[i].rows, rows[i].more, rows[i].missed);
		CHECK_CASE(text);
		CHECK_INT(doubt_settle(rows[i].rows, rows[i].more, rows[i].missed), rows[i].verdict);
	}
	CHECK_CASE("");
}

/* Against a PACS that does the same whatever is asked. */
static int ask_stubborn(struct course *c, const struct course_answer *always, struct course_outcome *o)
{
	const struct range all = { .last_second = -1 };
	struct course_answer a = *always;
	struct stamp same[2] = { { 20240105, 3600 }, { 20240107, 7200 } };
	enum course_note last = NOTE_FAILED;

	course_begin(c, &all);
	c->by_study = c->by_modality = true;
	a.fresh = always->rows;
	do {
		stamps_clear(&c->seen);
		for (int i = 0; i < always->rows && i < 2; i++) {
			mem_grow(c->seen.at, c->seen.count, c->seen.room);
			c->seen.at[c->seen.count++] = same[i];
		}
		course_answered(c, &a, o);
		a.fresh = 0;
		if (o->lost_count)
			last = o->lost[o->lost_count - 1].note;
	} while (o->then != COURSE_FAILS && course_next(c, o) && c->counts.queries < 10000);
	return last;
}

/* Dates are ignored and every answer is cut: the end comes, and it is named. */
static void test_bounds(void)
{
	static const struct { const char *name; struct course_answer always; int most; enum course_note note; } rows[] = {
		{ "the same studies again, cut", { .rows = 100, .cut = true }, 45, NOTE_GIVEN_UP },
		{ "cut without a row", { .cut = true }, 45, NOTE_FAILED },
		{ "broken off after one row", { .rows = 1, .trouble = ERR_ABORTED }, 15, NOTE_FAILED },
		{ "rows that cannot be read", { .rows = 4, .trouble = ERR_PROTOCOL, .unreadable = true }, 2, NOTE_UNREADABLE },
	};

	for (size_t i = 0; i < countof(rows); i++) {
		struct course c = { .retries = 3 };
		struct course_outcome o;

		CHECK_CASE(rows[i].name);
		CHECK_INT(ask_stubborn(&c, &rows[i].always, &o), rows[i].note);
		CHECK(c.counts.queries <= rows[i].most);
		course_end(&c);
	}
	CHECK_CASE("");
}

/* The first answer fails: how often is it asked? */
static void test_retries(void)
{
	static const struct { const char *name; struct course_answer always; long long retries; int queries; } rows[] = {
		{ "not reached", { .trouble = ERR_UNREACHABLE }, 3, 4 },
		{ "not reached, no retries", { .trouble = ERR_UNREACHABLE }, 0, 1 },
		{ "busy, one retry", { .trouble = ERR_BUSY }, 1, 2 },
		{ "refused", { .trouble = ERR_REFUSED }, 3, 1 },
		{ "not understood", { .trouble = ERR_PROTOCOL }, 3, 1 },
		{ "lost in the middle", { .trouble = ERR_PROTOCOL, .unfinished = true }, 3, 2 },
		{ "lost in the middle, no retries", { .trouble = ERR_PROTOCOL, .unfinished = true }, 0, 1 },
		{ "the disk is full", { .trouble = ERR_SPACE }, 3, 1 },
	};

	for (size_t i = 0; i < countof(rows); i++) {
		struct course c = { .retries = rows[i].retries };
		struct course_outcome o;

		CHECK_CASE(rows[i].name);
		ask_stubborn(&c, &rows[i].always, &o);
		CHECK_INT(o.then, COURSE_FAILS);
		CHECK_INT(c.counts.queries, rows[i].queries);
		course_end(&c);
	}
	CHECK_CASE("");
}

/* The same, when some questions between are answered by nothing: it does not begin to count again. */
static void test_bound_with_empty_answers(void)
{
	const struct range all = { .last_second = -1 };
	struct course c = { .by_study = true, .by_modality = true };
	struct course_outcome o;
	bool given_up = false;

	course_begin(&c, &all);
	do {
		bool empty = c.counts.queries % 2 == 0;
		struct course_answer a = { .rows = empty ? 0 : 50, .fresh = c.counts.queries == 1 ? 50 : 0, .cut = !empty };

		stamps_clear(&c.seen);
		course_answered(&c, &a, &o);
		given_up |= o.lost_count && (o.lost[0].note == NOTE_GIVEN_UP || o.lost[0].note == NOTE_FRUITLESS);
	} while (course_next(&c, &o) && c.counts.queries < 10000);
	CHECK(given_up);
	CHECK(c.counts.queries < 150);
	course_end(&c);
}

static void test_density(void)
{
	const struct range day = { .from = 20240102, .until = 20240102, .last_second = -1 };
	struct stamp at[] = { { 20240102, 3600 }, { 20240102, 7200 } };
	const struct stamps seen = { at, 2, 2, 0, 0 };
	struct density d;

	density_begin(&d);
	d.answerable = 100;
	CHECK_INT((int)density_expect(&d, 20240102), 0);
	CHECK_INT(density_length(&d, 20240102, -1), 30);		/* nothing is known */
	density_learn(&d, &day, &seen, 2);
	CHECK_INT((int)density_expect(&d, 20240109), 2);		/* a Tuesday as well */
	CHECK_INT((int)density_expect(&d, 20240110), 2);		/* by the days that are known */
	CHECK_INT(density_length(&d, 20240110, 1), 37);		/* 75 rows */
	CHECK(!density_knows_clock(&d, 20240109));
	d.clock_rows = 1000;
	CHECK(density_knows_clock(&d, 20240109));
	CHECK(!density_too_busy(&d, &day));
	d.answerable = 1;
	CHECK(density_too_busy(&d, &day));
	density_learn(&d, &day, &(struct stamps){ .count = 0 }, 0);
	CHECK_INT(d.empty, 1);
	CHECK_INT((int)density_expect(&d, 20240102), 1);		/* the mean of both weeks */
}

int main(void)
{
	clock_set_wall(1735689600);	/* 2025-01-01 */
	test_slicing();
	test_silent_limit();
	test_split_choose();
	test_split_seen();
	test_doubt_settle();
	test_bounds();
	test_retries();
	test_bound_with_empty_answers();
	test_density();
	test_one_second();
	test_parting();
	test_parting_alike();
	test_keys();
	test_uidset();
	test_may_be_limit();
	return check_done();
}
