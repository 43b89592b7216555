/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The questions of the lister, and the rows of their answers. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/query/objects_p.h"
#include "dicom/tag.h"
#include "dicom/value.h"

#define ROWS_MAX 4000000L

static void image_query(struct query *q, const char *studies, const char *series, const struct peer *peer,
			const struct retrieval *r)
{
	query_init(q, LEVEL_IMAGE);
	query_set_study(q, peer->model, study_get(&r->in->study, STUDY_PATIENT_ID), studies);
	dataset_text(&q->keys, TAG_SeriesInstanceUID, series);
	dataset_text(&q->keys, TAG_SOPInstanceUID, "");
	dataset_text(&q->keys, TAG_SOPClassUID, "");
}

static void series_query(struct query *q, const char *study, const struct peer *peer, const struct retrieval *r)
{
	query_init(q, LEVEL_SERIES);
	query_set_study(q, peer->model, study_get(&r->in->study, STUDY_PATIENT_ID), study);
	dataset_text(&q->keys, TAG_SeriesInstanceUID, "");
	dataset_text(&q->keys, TAG_NumberOfSeriesRelatedInstances, "");
}

/* The place of the study of a row; -1 when it is none of those asked for. */
static long place_of(struct group *g, const struct dataset *row)
{
	const char *study = dataset_get(row, TAG_StudyInstanceUID);
	int *rows = *study ? map_get(g->index, study) : g->count == 1 ? &g->rows[0] : NULL;

	return rows ? rows - g->rows : -1;
}

static bool answered_twice(struct group *g, const char *series)
{
	if (!g->seen)
		g->seen = map_new();
	return !map_put(g->seen, series, NULL);
}

static bool is_asked_for(const struct retrieval *r, const char *series)
{
	return !r->in->series_uid || !strcmp(series, r->in->series_uid);
}

static void count_row(void *owner, struct dataset *row)
{
	struct group *g = owner;
	long count = dataset_int(row, TAG_NumberOfSeriesRelatedInstances, -1), at = place_of(g, row);

	if (at < 0 || !is_asked_for(g->of[at], dataset_get(row, TAG_SeriesInstanceUID)) ||
	    answered_twice(g, dataset_get(row, TAG_SeriesInstanceUID)))
		return;
	if (count < 0)
		g->sums[at] = -2;
	else if (g->sums[at] != -2)
		g->sums[at] = (g->sums[at] < 0 ? 0 : g->sums[at]) + (int)count;
}

static void study_row(void *owner, struct dataset *row)
{
	struct group *g = owner;

	g->known |= place_of(g, row) >= 0;
}

static int *rows_of(struct group *g, const struct dataset *row, struct retrieval **ret_r)
{
	long at = place_of(g, row);

	if (at < 0) {
		g->stray = true;
		return NULL;
	}
	*ret_r = g->of[at];
	return &g->rows[at];
}

static void image_row(void *owner, struct dataset *row)
{
	struct group *g = owner;
	struct retrieval *r;
	int *rows = rows_of(g, row, &r);
	const char *series = dataset_get(row, TAG_SeriesInstanceUID);

	if (!rows)
		return;
	if (!*series && g->stage == BY_SERIES && g->series_asked == 1)
		series = g->series[0];
	if (retrieval_list(r, series, dataset_get(row, TAG_SOPInstanceUID), dataset_get(row, TAG_SOPClassUID)))
		++*rows;
}

static void series_row(void *owner, struct dataset *row)
{
	struct group *g = owner;
	const char *uid = dataset_get(row, TAG_SeriesInstanceUID);
	long count = dataset_int(row, TAG_NumberOfSeriesRelatedInstances, -1);

	if (!*uid || answered_twice(g, uid))
		return;
	mem_grow(g->series, g->series_count, g->series_room);
	g->series[g->series_count++] = mem_str(uid);
	if (count < 0)
		g->series_sum = -2;
	else if (g->series_sum != -2)
		g->series_sum = (g->series_sum < 0 ? 0 : g->series_sum) + (int)count;
}

static void either_row(void *owner, struct dataset *row)
{
	if (*dataset_get(row, TAG_SOPInstanceUID) || !strncmp(dataset_get(row, TAG_QueryRetrieveLevel), "IMAGE", 5))
		image_row(owner, row);
	else
		series_row(owner, row);
}

static void forget_series(struct group *g)
{
	for (size_t i = 0; i < g->series_count; i++)
		free(g->series[i]);
	g->series_count = 0;
	g->series_sum = -1;
	map_free(g->seen, NULL);
	g->seen = NULL;
}

static int start_find(struct group *g, struct query *queries, size_t count, void (*row)(void *, struct dataset *), struct err *e)
{
	const struct find_hooks hooks = { row, group_heard };
	const struct query **list = mem_alloc(count * sizeof *list);

	for (size_t i = 0; i < count; i++)
		list[i] = &queries[i];
	g->lister->requests += (int)count;
	g->started_ms = clock_ms();
	g->find = find_start(g->lister->session, g->lister->peer, list, count, ROWS_MAX, &hooks, g, e);
	free(list);
	for (size_t i = 0; i < count; i++)
		query_done(&queries[i]);
	return g->find ? 0 : -1;
}

static void add_uids(const struct group *g, struct buf *list)
{
	for (size_t i = 0; i < g->count; i++)
		buf_printf(list, "%s%s", i ? "\\" : "", study_get(&g->of[i]->in->study, STUDY_UID));
}

static int ask_studies(struct group *g, struct err *e)
{
	auto_buf struct buf list = BUF_INIT(BUF_MB(1));
	struct query q;

	add_uids(g, &list);
	image_query(&q, buf_text(&list), "", g->lister->peer, g->of[0]);
	return start_find(g, &q, 1, image_row, e);
}

/* A study that was not counted: its series may tell how many there are, and whether a list was cut. */
static int ask_study_and_series(struct group *g, struct err *e)
{
	const struct retrieval *r = g->of[0];
	struct query queries[2];

	forget_series(g);
	image_query(&queries[0], study_get(&r->in->study, STUDY_UID), "", g->lister->peer, r);
	series_query(&queries[1], study_get(&r->in->study, STUDY_UID), g->lister->peer, r);
	return start_find(g, queries, 2, either_row, e);
}

static int ask_each_study(struct group *g, struct err *e)
{
	struct query queries[FILES_AT_ONCE];

	for (size_t i = 0; i < g->count; i++)
		image_query(&queries[i], study_get(&g->of[i]->in->study, STUDY_UID), "", g->lister->peer, g->of[i]);
	return start_find(g, queries, g->count, image_row, e);
}

static int ask_each_series(struct group *g, struct err *e)
{
	struct query queries[FILES_AT_ONCE];
	size_t count = 0;

	while (count < FILES_AT_ONCE && g->series_asked < g->series_count)
		image_query(&queries[count++], study_get(&g->of[0]->in->study, STUDY_UID), g->series[g->series_asked++],
			    g->lister->peer, g->of[0]);
	return start_find(g, queries, count, image_row, e);
}

/* The series of all, for their counts. */
static int ask_counts(struct group *g, struct err *e)
{
	auto_buf struct buf list = BUF_INIT(BUF_MB(1));
	struct query queries[FILES_AT_ONCE];

	if (g->count <= FILES_AT_ONCE && g->each) {
		for (size_t i = 0; i < g->count; i++)
			series_query(&queries[i], study_get(&g->of[i]->in->study, STUDY_UID), g->lister->peer, g->of[i]);
		return start_find(g, queries, g->count, count_row, e);
	}
	add_uids(g, &list);
	series_query(queries, buf_text(&list), g->lister->peer, g->of[0]);
	return start_find(g, queries, 1, count_row, e);
}

static int ask_study_itself(struct group *g, struct err *e)
{
	struct query q;

	query_init(&q, LEVEL_STUDY);
	query_set_study(&q, g->lister->peer->model, study_get(&g->of[0]->in->study, STUDY_PATIENT_ID),
			study_get(&g->of[0]->in->study, STUDY_UID));
	return start_find(g, &q, 1, study_row, e);
}

int group_ask(struct group *g, struct err *e)
{
	struct query q;

	switch (g->stage) {
	case BY_STUDIES:
		return g->each ? ask_each_study(g, e) : g->both ? ask_study_and_series(g, e) : ask_studies(g, e);
	case BY_COUNTS:
		return ask_counts(g, e);
	case BY_STUDY_ITSELF:
		return ask_study_itself(g, e);
	case BY_SERIES_LIST:
		forget_series(g);
		series_query(&q, study_get(&g->of[0]->in->study, STUDY_UID), g->lister->peer, g->of[0]);
		return start_find(g, &q, 1, series_row, e);
	default:
		if (!g->series_count && g->of[0]->in->series_uid) {
			mem_grow(g->series, g->series_count, g->series_room);
			g->series[g->series_count++] = mem_str(g->of[0]->in->series_uid);
		}
		return ask_each_series(g, e);
	}
}
