/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A group of studies is asked for at once; what is not answered believably (fewer objects than counted, refused, cut) is asked
 * again in smaller pieces: one study, its series, each series.  A list that was cut proves nothing. */
#include "core/lister.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/find.h"
#include "dicom/tag.h"
#include "dicom/value.h"

#define ROWS_MAX 4000000L
#define FILES_AT_ONCE 50		/* query files on one association */
#define DOUBTS_MAX 3			/* so often in a row, and it is taken for a rule */
#define LEARNED "image-list"		/* in the ledger: "studies", "files", "study", "series", "none" */

enum stage { BY_STUDIES, BY_SERIES_LIST, BY_SERIES };
enum answers { ANSWERS_STUDIES, ANSWERS_FILES, ANSWERS_STUDY, ANSWERS_SERIES, ANSWERS_NONE };
static const char *const answer_names[] = { "studies", "files", "study", "series", "none" };

struct group {
	struct lister *lister;
	struct retrieval **of;
	int *rows;			/* answers for each */
	size_t count;
	struct table *index;		/* Study Instance UID -> &rows[i] */
	enum stage stage;
	bool each;			/* BY_STUDIES: a query file for each */
	struct find *find;
	int64_t started_ms;
	char **series;			/* Series Instance UIDs of the one study */
	size_t series_count, series_room, series_asked;
	int series_sum;			/* of NumberOfSeriesRelatedInstances, -1 unknown */
	bool believed;			/* the study-wide list was whole, if smaller than the count */
	int believed_rows;
	bool stray;			/* answers without a Study Instance UID */
	struct group *next;
};

struct lister {
	struct session *session;
	const struct peer *peer;
	lister_fn *listed;
	lister_heard_fn *heard;
	void *owner;
	struct group *groups;
	enum answers answers;
	int silent;			/* studies in a row without any list */
	int doubts;			/* groups of query files in a row that were not answered believably */
	int lies;			/* counts in a row that were larger than what each series has */
	int requests;
	bool stopped;
};

static void ask(struct group *);

struct lister *lister_new(struct session *s, const struct peer *peer, lister_fn *listed, lister_heard_fn *heard, void *owner)
{
	struct lister *l = mem_alloc(sizeof *l);
	auto_free char *known = NULL;
	char node[300];

	*l = (struct lister){ .session = s, .peer = peer, .listed = listed, .heard = heard, .owner = owner };
	peer_key(peer, node);
	known = s->ledger ? ledger_learned(s->ledger, node, LEARNED) : NULL;
	for (size_t i = 0; known && i <= ANSWERS_SERIES; i++)		/* "none" is asked again in each run */
		if (!strcmp(known, answer_names[i]))
			l->answers = (enum answers)i;
	return l;
}

static void learn(struct lister *l, enum answers answers)
{
	struct err e = { ERR_NONE, "" };
	char node[300];

	if (l->answers == answers)
		return;
	l->answers = answers;
	peer_key(l->peer, node);
	log_verbose("the PACS lists objects by %s", answer_names[answers]);
	if (l->session->ledger && ledger_learn(l->session->ledger, node, LEARNED, answer_names[answers], &e) < 0)
		log_error("%s", e.text);
}

static void group_free(struct group *g)
{
	struct lister *l = g->lister;

	for (struct group **at = &l->groups; *at; at = &(*at)->next)
		if (*at == g) {
			*at = g->next;
			break;
		}
	for (size_t i = 0; i < g->series_count; i++)
		free(g->series[i]);
	free(g->series);
	table_free(g->index, NULL);
	free(g->rows);
	free(g->of);
	free(g);
}

void lister_free(struct lister *l)
{
	if (!l)
		return;
	while (l->groups)
		group_free(l->groups);
	free(l);
}

static void add_group(struct lister *l, struct retrieval *const *of, size_t count, enum stage stage, bool each)
{
	struct group *g = mem_alloc(sizeof *g);

	*g = (struct group){ .lister = l, .count = count, .stage = stage, .each = each, .series_sum = -1, .next = l->groups };
	g->of = mem_alloc(count * sizeof *g->of);
	g->rows = mem_alloc(count * sizeof *g->rows);
	g->index = table_new();
	memcpy(g->of, of, count * sizeof *of);
	for (size_t i = 0; i < count; i++) {
		retrieval_unlist(of[i]);
		table_put(g->index, of[i]->uid, &g->rows[i]);
	}
	l->groups = g;
	ask(g);
}

/* One by one, or with a query file for each on one association. */
static void add_smaller(struct lister *l, struct retrieval *const *of, size_t count, size_t at_once)
{
	for (size_t i = 0; i < count; i += at_once) {
		size_t some = count - i < at_once ? count - i : at_once;

		add_group(l, of + i, some, BY_STUDIES, some > 1);
	}
}

void lister_add(struct lister *l, struct retrieval *const *of, size_t count)
{
	enum stage stage = l->answers == ANSWERS_SERIES ? BY_SERIES_LIST : BY_STUDIES;

	if (l->answers == ANSWERS_STUDIES && count > 1 && !of[0]->in->series_uid && l->peer->model == MODEL_STUDY) {
		add_group(l, of, count, stage, false);
	} else if (l->answers <= ANSWERS_FILES && count > 1 && !of[0]->in->series_uid) {
		add_smaller(l, of, count, FILES_AT_ONCE);
	} else {
		for (size_t i = 0; i < count; i++)
			add_group(l, &of[i], 1, of[i]->in->series_uid ? BY_SERIES : stage, false);
	}
}

/* ---- asking ---- */

static void image_query(struct query *q, const char *studies, const char *series, const struct peer *peer, const struct retrieval *r)
{
	query_init(q, LEVEL_IMAGE);
	if (peer->model != MODEL_STUDY)
		dataset_text(&q->keys, TAG_PatientID, study_get(&r->in->study, STUDY_PATIENT_ID));
	dataset_text(&q->keys, TAG_StudyInstanceUID, studies);
	dataset_text(&q->keys, TAG_SeriesInstanceUID, series);
	dataset_text(&q->keys, TAG_SOPInstanceUID, "");
	dataset_text(&q->keys, TAG_SOPClassUID, "");
}

static void series_query(struct query *q, const char *study, const struct peer *peer, const struct retrieval *r)
{
	query_init(q, LEVEL_SERIES);
	if (peer->model != MODEL_STUDY)
		dataset_text(&q->keys, TAG_PatientID, study_get(&r->in->study, STUDY_PATIENT_ID));
	dataset_text(&q->keys, TAG_StudyInstanceUID, study);
	dataset_text(&q->keys, TAG_SeriesInstanceUID, "");
	dataset_text(&q->keys, TAG_NumberOfSeriesRelatedInstances, "");
}

static int *rows_of(struct group *g, const struct dataset *row, struct retrieval **ret_r)
{
	const char *study = dataset_get(row, TAG_StudyInstanceUID);
	int *rows = *study ? table_get(g->index, study) : g->count == 1 ? &g->rows[0] : NULL;

	if (!rows) {
		g->stray = true;
		return NULL;
	}
	*ret_r = g->of[rows - g->rows];
	return rows;
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

	if (!*uid)
		return;
	mem_grow(g->series, g->series_count, g->series_room);
	g->series[g->series_count++] = mem_str(uid);
	if (count < 0)
		g->series_sum = -2;
	else if (g->series_sum != -2)
		g->series_sum = (g->series_sum < 0 ? 0 : g->series_sum) + (int)count;
}

static void find_done(void *owner, const struct find_result *);

static int start_find(struct group *g, struct query *queries, size_t count, bool images, struct err *e)
{
	const struct find_hooks hooks = { images ? image_row : series_row, find_done };
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

static int ask_studies(struct group *g, struct err *e)
{
	auto_buf struct buf list = BUF_INIT(BUF_MB(1));
	struct query q;

	for (size_t i = 0; i < g->count; i++)
		buf_printf(&list, "%s%s", i ? "\\" : "", study_get(&g->of[i]->in->study, STUDY_UID));
	image_query(&q, buf_text(&list), "", g->lister->peer, g->of[0]);
	return start_find(g, &q, 1, true, e);
}

static int ask_each_study(struct group *g, struct err *e)
{
	struct query queries[FILES_AT_ONCE];

	for (size_t i = 0; i < g->count; i++)
		image_query(&queries[i], study_get(&g->of[i]->in->study, STUDY_UID), "", g->lister->peer, g->of[i]);
	return start_find(g, queries, g->count, true, e);
}

static int ask_each_series(struct group *g, struct err *e)
{
	struct query queries[FILES_AT_ONCE];
	size_t count = 0;

	while (count < FILES_AT_ONCE && g->series_asked < g->series_count)
		image_query(&queries[count++], study_get(&g->of[0]->in->study, STUDY_UID), g->series[g->series_asked++],
			    g->lister->peer, g->of[0]);
	return start_find(g, queries, count, true, e);
}

static int ask_stage(struct group *g, struct err *e)
{
	struct query q;

	switch (g->stage) {
	case BY_STUDIES:
		return g->each ? ask_each_study(g, e) : ask_studies(g, e);
	case BY_SERIES_LIST:
		series_query(&q, study_get(&g->of[0]->in->study, STUDY_UID), g->lister->peer, g->of[0]);
		return start_find(g, &q, 1, false, e);
	default:
		if (!g->series_count && g->of[0]->in->series_uid) {
			mem_grow(g->series, g->series_count, g->series_room);
			g->series[g->series_count++] = mem_str(g->of[0]->in->series_uid);
		}
		return ask_each_series(g, e);
	}
}

/* ---- hearing ---- */

static void tell(struct group *g, size_t i, bool listed, const struct err *why)
{
	static const struct err fine = { ERR_NONE, "" };
	struct retrieval *r = g->of[i];

	if (listed || why)
		g->lister->silent = 0;
	else if (++g->lister->silent >= 3 && g->lister->answers != ANSWERS_NONE)
		learn(g->lister, ANSWERS_NONE);
	if (!listed)
		retrieval_unlist(r);
	r->listed = listed;
	g->lister->listed(g->lister->owner, r, why ? why : &fine);
}

static void tell_all(struct group *g, bool listed, const struct err *why)
{
	for (size_t i = 0; i < g->count; i++)
		tell(g, i, listed, why);
	group_free(g);
}

static void ask(struct group *g)
{
	struct err e = { ERR_NONE, "" };

	if (g->lister->stopped)
		err_set(&e, ERR_INTERRUPTED, "stopped");
	else if (g->lister->answers == ANSWERS_NONE && g->stage == BY_STUDIES) {
		tell_all(g, false, NULL);
		return;
	}
	if (e.kind || ask_stage(g, &e) < 0)
		tell_all(g, false, &e);
}

/* Could it simply not be asked just now?  What broke off without an answer may be answered next time. */
static bool passing(const struct find_result *result)
{
	const struct err *why = &result->why;

	return why->kind == ERR_BUSY || why->kind == ERR_UNREACHABLE || why->kind == ERR_TIMEOUT || why->kind == ERR_INTERRUPTED ||
	       why->kind == ERR_SYSTEM || why->kind == ERR_SPACE || why->kind == ERR_TOOL ||
	       (why->kind == ERR_ABORTED && result->status < 0);
}

/* Cut at a limit, and nothing says so?  Limits are round numbers. */
static bool round_number(int rows)
{
	return rows >= 100 && rows % 100 == 0;
}

/* As many objects as counted; where nothing was counted, or counts are known to lie, some, and not just as many as a limit. */
static bool credible(const struct lister *l, const struct retrieval *r, int rows, int all_rows)
{
	if (r->in->expected >= 0 && l->lies < DOUBTS_MAX)
		return rows > 0 && rows >= r->in->expected;
	return rows > 0 && !round_number(all_rows);
}

/* Fewer objects than counted, or no answer at all: its series are asked, one by one. */
static void one_study_heard(struct group *g, bool believable)
{
	struct retrieval *r = g->of[0];

	if (believable && credible(g->lister, r, g->rows[0], g->rows[0])) {
		tell_all(g, true, NULL);
		return;
	}
	if (!believable)
		retrieval_unlist(r);
	g->believed = believable;
	g->believed_rows = g->rows[0];
	g->stage = BY_SERIES_LIST;
	ask(g);
}

/* What a group says of itself: are lists of UIDs, or several requests on one association, the wrong thing here? */
static void judge_group(struct group *g, bool believable, size_t answered)
{
	struct lister *l = g->lister;

	if (!g->each && (!believable || (answered <= 1 && g->count > 2)))
		learn(l, ANSWERS_FILES);
	else if (g->each && believable)
		l->doubts = 0;
	else if (g->each && ++l->doubts >= DOUBTS_MAX)
		learn(l, ANSWERS_STUDY);
}

static void studies_heard(struct group *g, const struct find_result *result)
{
	bool believable = !result->why.kind && !result->cut && !g->stray;
	struct lister *l = g->lister;
	struct retrieval **doubtful;
	size_t count = 0, answered = 0;
	int all_rows = 0;

	if (g->count == 1) {
		one_study_heard(g, believable);
		return;
	}
	doubtful = mem_alloc(g->count * sizeof *doubtful);
	for (size_t i = 0; i < g->count; i++) {
		all_rows += g->rows[i];
		answered += g->rows[i] > 0;
	}
	judge_group(g, believable, answered);
	for (size_t i = 0; i < g->count; i++)
		if (believable && credible(l, g->of[i], g->rows[i], g->each ? g->rows[i] : all_rows))
			tell(g, i, true, NULL);
		else
			doubtful[count++] = g->of[i];
	add_smaller(l, doubtful, count, g->each ? 1 : FILES_AT_ONCE);
	free(doubtful);
	group_free(g);
}

static void series_heard(struct group *g, const struct find_result *result)
{
	struct plan_study *in = g->of[0]->in;

	if (result->why.kind || result->cut || !g->series_count) {
		tell_all(g, g->believed && g->of[0]->wanted > 0, NULL);
		return;
	}
	if (g->series_sum >= 0 && in->expected < 0) {
		in->expected = g->series_sum;
		in->counted = COUNT_SERIES;
	}
	g->stage = BY_SERIES;
	ask(g);
}

static void each_series_heard(struct group *g, const struct find_result *result)
{
	struct retrieval *r = g->of[0];

	if (result->why.kind || result->cut) {
		tell_all(g, g->believed && r->wanted > 0, NULL);
	} else if (g->series_asked < g->series_count) {
		ask(g);
	} else {
		if (r->wanted && !r->in->series_uid && !g->believed)
			learn(g->lister, ANSWERS_SERIES);
		if (g->believed && g->believed_rows)
			g->lister->lies = r->wanted == g->believed_rows ? g->lister->lies + 1 : 0;
		tell_all(g, r->wanted > 0, NULL);
	}
}

/* A large question that broke off is asked in smaller ones, in this run. */
static void note_break(struct group *g, const struct find_result *result)
{
	if (g->count > 1 && !g->each && (result->why.kind == ERR_ABORTED || result->why.kind == ERR_TIMEOUT) &&
	    g->lister->answers == ANSWERS_STUDIES)
		g->lister->answers = ANSWERS_FILES;
}

static void find_done(void *owner, const struct find_result *result)
{
	struct group *g = owner;

	g->find = NULL;
	if (g->lister->heard)
		g->lister->heard(g->lister->owner, &result->why, g->started_ms);
	if (passing(result)) {
		note_break(g, result);
		tell_all(g, false, &result->why);
	} else if (g->stage == BY_STUDIES) {
		studies_heard(g, result);
	} else if (g->stage == BY_SERIES_LIST) {
		series_heard(g, result);
	} else {
		each_series_heard(g, result);
	}
}

size_t lister_running(const struct lister *l)
{
	size_t count = 0;

	for (const struct group *g = l->groups; g; g = g->next)
		count++;
	return count;
}

void lister_stop(struct lister *l)
{
	l->stopped = true;
	for (struct group *g = l->groups; g; g = g->next)
		if (g->find)
			find_stop(g->find);
}

int lister_requests(const struct lister *l)
{
	return l->requests;
}

size_t lister_width(const struct lister *l)
{
	return l->answers == ANSWERS_STUDIES ? LISTER_STUDIES_MAX : l->answers == ANSWERS_FILES ? FILES_AT_ONCE : 1;
}
