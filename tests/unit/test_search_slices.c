/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The slicing of windows against a PACS made of numbers: every study is in some window that is not cut, whatever the cap and however
 * the studies lie, and it does not take too many windows.  And the set of UIDs that merges them. */
#include "core/query/search_p.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "check.h"
#include "dicom/tag.h"

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
static int answer(struct search *w, const struct range *r, int cap, int *ret_all)
{
	int rows = 0;

	*ret_all = 0;
	w->stamp_count = 0;
	w->timeless = w->dateless = 0;
	for (size_t i = 0; i < study_count; i++) {
		struct dataset row;
		char text[16];

		if (!lies_in(&studies[i].at, r) || ++*ret_all > cap)
			continue;
		rows++;
		studies[i].found = true;
		dataset_init(&row);
		snprintf(text, sizeof text, "%08d", studies[i].at.day);
		dataset_text(&row, TAG_StudyDate, text);
		snprintf(text, sizeof text, "%02d%02d%02d", studies[i].at.second / 3600, studies[i].at.second / 60 % 60,
			 studies[i].at.second % 60);
		dataset_text(&row, TAG_StudyTime, text);
		search_stamp(w, &row);
		dataset_done(&row);
	}
	search_sort_stamps(w);
	return rows;
}

/* As windows.c does it.  Returns how many were asked; -1 when one second holds too many. */
static int ask_all(struct range all, int cap)
{
	struct search w = { .by_study = true, .doubt_rows = -1 };
	int asked = 0;

	search_begin(&w);
	w.result.whole = true;
	search_push(&w, &all);
	while (w.count && asked < 100000) {
		int rows, matching;

		search_take(&w, &w.now);
		if (!w.result.whole)
			break;
		asked++;
		rows = answer(&w, &w.now, cap, &matching);
		if (matching > cap) {
			w.result.cap = cap;
			CHECK(search_can_split(&w, &w.now));
			search_split(&w, w.now);
		} else {
			search_note_density(&w, &w.now, rows);
		}
	}
	free(w.todo);
	free(w.stamps);
	return w.result.whole ? asked : -1;
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
	{ "10,000 on weekdays, 13", WEEKDAYS, 10000, 13, 1750, { .last_second = -1 } },
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
		asked = ask_all(cases[i].all, cases[i].cap);
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

/* A second that holds too many is named, and asked by modality. */
static void test_one_second(void)
{
	struct search w = { .by_study = true, .step_days = 30, .step_seconds = 10 };
	struct range second = { .from = 20240101, .until = 20240101, .second = 36000, .last_second = 36000, .dense = true };

	w.result.whole = true;
	search_push(&w, &second);
	search_take(&w, &w.now);
	CHECK(!w.result.whole);
	CHECK_HAS(w.result.statement, "20240101 100000-100000");
	CHECK_INT(w.now.modality, 1);
	CHECK(w.count > 20);
	CHECK(!search_can_split(&w, &w.now));
	free(w.todo);
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
		struct search w = { .by_study = true };
		int all, parts = 0;

		CHECK_CASE(parted[i].name);
		lay(parted[i].how, parted[i].count);
		answer(&w, &parted[i].all, 1000, &all);
		CHECK(search_part(&w, parted[i].all));
		for (size_t n = 0; n < study_count; n++)
			studies[n].found = false;
		while (w.count) {
			struct range r = w.todo[--w.count];

			CHECK(r.doubtful);
			parts += answer(&w, &r, 1000, &all) > 0;
		}
		CHECK_INT(parts, 2);
		CHECK_INT(not_found(), 0);
		free(w.todo);
		free(w.stamps);
	}
	CHECK_CASE("");
	{
		struct search w = { .by_study = true };
		const struct range all = { .last_second = -1 };
		int matching;

		lay(ONE_DAY, 3);
		for (size_t n = 0; n < 3; n++)
			studies[n].at.second = 100;
		answer(&w, &all, 1000, &matching);
		CHECK(!search_part(&w, all));		/* all at once: nothing to part */
		free(w.stamps);
	}
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
		search_set_keys(&q, &keys[i].r);
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

int main(void)
{
	clock_set_wall(1735689600);	/* 2025-01-01 */
	test_slicing();
	test_one_second();
	test_parting();
	test_keys();
	test_uidset();
	test_may_be_limit();
	return check_done();
}
