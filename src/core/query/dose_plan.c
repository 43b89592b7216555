/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Studies are asked about together: their series by lists of Study Instance UIDs, the objects of a series by one query file each over
 * one association.  What is not answered believably is asked again, one by one. */
#include "core/query/dose_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/search/find.h"
#include "dicom/tag.h"
#include "dicom/value.h"

#define GROUP 100			/* studies at once */
#define AT_ONCE 40			/* query files on one association */
#define ROWS_MAX 4000000L
#define ROUNDS_MAX 8			/* lists that the rules may ask for, one after the other; they need three */

/* One study of the group. */
struct subject {
	struct plan_study *in;
	struct dose_study study;
	struct err why;			/* the PACS refuses to tell its series */
	bool over;
};

struct selector {
	struct session *session;
	struct plan *plan;
	const struct dose_rules *rules;
	struct dose_plan_result *result;
	bool one_by_one;		/* the PACS takes no lists of UIDs */
	struct subject group[GROUP];
	size_t count;
};

/* ---- asking ---- */

typedef bool row_fn(void *owner, const struct dataset *row);	/* false: it cannot be told whose it is */

struct asking {
	struct session *session;
	struct find *find;
	row_fn *row;
	void *owner;
	struct find_result result;
	bool stray, over;
};

static void heard(void *owner, struct dataset *row)
{
	struct asking *a = owner;

	a->stray |= !a->row(a->owner, row);
}

static void ended(void *owner, const struct find_result *result)
{
	struct asking *a = owner;

	a->result = *result;
	a->find = NULL;
	a->over = true;
}

static bool asking_over(void *owner)
{
	struct asking *a = owner;

	if (a->session->signal && a->find)
		find_stop(a->find);
	return a->over;
}

/* Asks and frees the queries.  *ret_why kind ERR_NONE: all was answered and every row had its place. */
static int ask(struct selector *s, struct query *queries, size_t count, row_fn *row, void *owner, struct err *ret_why, struct err *e)
{
	static const struct find_hooks hooks = { heard, ended };
	struct asking a = { .session = s->session, .row = row, .owner = owner };
	const struct query *list[AT_ONCE];
	int failed = -1;

	for (size_t i = 0; i < count; i++)
		list[i] = &queries[i];
	s->result->queries += (int)count;
	a.find = find_start(s->session, &s->plan->how.peer, list, count, ROWS_MAX, &hooks, &a, e);
	if (a.find)
		failed = session_run(s->session, asking_over, &a, e);
	for (size_t i = 0; i < count; i++)
		query_done(&queries[i]);
	if (failed)
		return -1;
	if (err_stops_asking(a.result.why.kind)) {
		*e = a.result.why;
		return -1;
	}
	*ret_why = a.result.why;
	if (!ret_why->kind && (a.result.cut || a.stray))
		err_set(ret_why, ERR_PROTOCOL, a.result.cut ? "the PACS cut its answer" : "answers without the UIDs above them");
	return 0;
}

static void begin_query(const struct selector *s, struct query *q, enum level level, const struct plan_study *in, const char *studies)
{
	query_init(q, level);
	query_set_study(q, s->plan->how.peer.model, study_get(&in->study, STUDY_PATIENT_ID), studies);
	dataset_text(&q->keys, TAG_SeriesInstanceUID, "");
}

/* ---- series ---- */

static void series_query(const struct selector *s, struct query *q, const struct plan_study *in, const char *studies)
{
	begin_query(s, q, LEVEL_SERIES, in, studies);
	dataset_text(&q->keys, TAG_SpecificCharacterSet, "");
	dataset_text(&q->keys, TAG_Modality, "");
	dataset_text(&q->keys, TAG_SeriesDescription, "");
	dataset_text(&q->keys, TAG_NumberOfSeriesRelatedInstances, "");
}

static void add_series(struct dose_study *study, const struct dataset *row)
{
	const char *uid = dataset_get(row, TAG_SeriesInstanceUID);

	for (size_t i = 0; i < study->count; i++)
		if (!strcmp(study->series[i].uid, uid))
			return;
	if (*uid)
		dose_add(study, uid, dataset_get(row, TAG_Modality), dataset_get(row, TAG_SeriesDescription),
			   (int)dataset_int(row, TAG_NumberOfSeriesRelatedInstances, -1));
}

struct series_hearing {
	struct subject **of;
	struct map *index;		/* Study Instance UID -> struct subject; NULL when there is but one */
};

static bool series_row(void *owner, const struct dataset *row)
{
	struct series_hearing *h = owner;
	struct subject *subject = h->index ? map_get(h->index, dataset_get(row, TAG_StudyInstanceUID)) : h->of[0];

	if (subject)
		add_series(&subject->study, row);
	return subject != NULL;
}

static void forget_series(struct subject *subject)
{
	const char *modalities = subject->study.modalities;

	dose_study_done(&subject->study);
	subject->study.modalities = modalities;
}

static int series_of_one(struct selector *s, struct subject *subject, struct err *e)
{
	struct series_hearing h = { &subject, NULL };
	struct query q;

	forget_series(subject);
	series_query(s, &q, subject->in, study_get(&subject->in->study, STUDY_UID));
	return ask(s, &q, 1, series_row, &h, &subject->why, e);
}

static int series_of_group(struct selector *s, struct err *e)
{
	auto_buf struct buf list = BUF_INIT(BUF_MB(1));
	struct series_hearing h = { NULL, map_new() };
	struct err why = { ERR_NONE, "" };
	struct query q;
	int failed;

	for (size_t i = 0; i < s->count; i++) {
		auto_free char *uid = mem_str(study_get(&s->group[i].in->study, STUDY_UID));

		buf_printf(&list, "%s%s", i ? "\\" : "", uid);
		map_put(h.index, value_trim(uid), &s->group[i]);
	}
	series_query(s, &q, s->group[0].in, buf_text(&list));
	failed = ask(s, &q, 1, series_row, &h, &why, e);
	map_free(h.index, NULL);
	for (size_t i = 0; !failed && why.kind && i < s->count; i++)
		forget_series(&s->group[i]);
	if (!failed && why.kind) {
		log_verbose("the PACS does not list the series of several studies at once (%s)", why.text);
		s->one_by_one = true;
	}
	return failed;
}

static int list_series(struct selector *s, struct err *e)
{
	if (s->count > 1 && !s->one_by_one && s->plan->how.peer.model == MODEL_STUDY && series_of_group(s, e) < 0)
		return -1;
	for (size_t i = 0; i < s->count; i++)
		if (!s->group[i].study.count && series_of_one(s, &s->group[i], e) < 0)
			return -1;
	return 0;
}

/* ---- objects ---- */

struct place {
	struct subject *subject;
	struct dose_series *series;
};

struct objects_hearing {
	struct map *index;		/* Series Instance UID -> struct dose_series; NULL when there is but one */
	struct dose_series *only;
};

static bool object_row(void *owner, const struct dataset *row)
{
	struct objects_hearing *h = owner;
	const char *series_uid = dataset_get(row, TAG_SeriesInstanceUID), *sop = dataset_get(row, TAG_SOPInstanceUID);
	struct dose_series *series = h->index ? map_get(h->index, series_uid) : h->only;

	if (!series || (!h->index && *series_uid && strcmp(series_uid, series->uid) != 0))
		return !h->index;		/* of a series that was not asked for: a PACS that ignores that key */
	for (size_t i = 0; i < series->objects.count; i++)
		if (!strcmp(series->objects.items[i].sop, sop))
			return true;
	if (*sop)
		wanted_add(&series->objects, series->uid, sop, dataset_get(row, TAG_SOPClassUID));
	return true;
}

static void image_query(const struct selector *s, struct query *q, const struct place *at)
{
	begin_query(s, q, LEVEL_IMAGE, at->subject->in, study_get(&at->subject->in->study, STUDY_UID));
	dataset_text(&q->keys, TAG_SeriesInstanceUID, at->series->uid);
	dataset_text(&q->keys, TAG_SOPInstanceUID, "");
	dataset_text(&q->keys, TAG_SOPClassUID, "");
}

static void listed(struct dose_series *series)
{
	series->ask = false;
	series->list = series->objects.count ? LIST_KNOWN : LIST_EMPTY;
}

static int objects_of_one(struct selector *s, const struct place *at, struct err *e)
{
	struct objects_hearing h = { NULL, at->series };
	struct err why = { ERR_NONE, "" };
	struct query q;

	wanted_done(&at->series->objects);
	image_query(s, &q, at);
	if (ask(s, &q, 1, object_row, &h, &why, e) < 0)
		return -1;
	if (why.kind) {
		log_verbose("series %s: its objects are not listed: %s", at->series->uid, why.text);
		wanted_done(&at->series->objects);
	}
	listed(at->series);
	return 0;
}

static int objects_of_some(struct selector *s, const struct place *places, size_t count, struct err *e)
{
	struct objects_hearing h = { map_new(), NULL };
	struct err why = { ERR_NONE, "" };
	struct query queries[AT_ONCE];
	int failed;

	for (size_t i = 0; i < count; i++) {
		image_query(s, &queries[i], &places[i]);
		map_put(h.index, places[i].series->uid, places[i].series);
	}
	failed = ask(s, queries, count, object_row, &h, &why, e);
	map_free(h.index, NULL);
	for (size_t i = 0; !failed && i < count; i++)
		if (why.kind)
			failed = objects_of_one(s, &places[i], e);
		else
			listed(places[i].series);
	return failed;
}

/* Lists every series that a rule asked for. */
static int list_objects(struct selector *s, struct err *e)
{
	struct place *places = NULL;
	size_t count = 0, room = 0;
	int failed = 0;

	for (size_t i = 0; i < s->count; i++)
		for (size_t n = 0; !s->group[i].over && n < s->group[i].study.count; n++)
			if (s->group[i].study.series[n].ask) {
				mem_grow(places, count, room);
				places[count++] = (struct place){ &s->group[i], &s->group[i].study.series[n] };
			}
	for (size_t at = 0; at < count && !failed; at += AT_ONCE) {
		size_t some = count - at < AT_ONCE ? count - at : AT_ONCE;

		failed = some > 1 ? objects_of_some(s, places + at, some, e) : objects_of_one(s, places + at, e);
	}
	free(places);
	return failed;
}

/* ---- deciding ---- */

static void note(struct plan_study *in, const char *why, size_t series)
{
	auto_free char *text = NULL;

	if (in->only.count)
		text = mem_printf("%s; %zu object%s", why, in->only.count, in->only.count == 1 ? "" : "s");
	else if (in->series_uid)
		text = mem_printf("%s; 1 of %zu series", why, series);
	else
		text = mem_printf("%s; the whole study", why);
	if (!in->extra)
		in->extra = json_new(JSON_OBJECT);
	json_set(in->extra, SELECTION_MEMBER, json_string(text));
}

const char *dose_plan_words(const struct plan_study *in)
{
	const char *text = in->extra ? json_text(json_get(in->extra, SELECTION_MEMBER)) : NULL;

	if (in->verdict == VERDICT_SKIPPED)
		return in->why ? in->why : "";
	return text ? text : "";
}

static void decide(struct selector *s, struct subject *subject)
{
	char why[300];

	if (subject->why.kind) {
		plan_skip(subject->in, SKIP_UNTOLD, "the PACS does not tell its series: %s", subject->why.text);
		s->result->failed++;
		subject->over = true;
		s->result->left++;
		return;
	}
	switch (dose_decide(s->rules, &subject->study, why, sizeof why)) {
	case DOSE_ASK:
		return;
	case DOSE_TAKE:
		dose_apply(s->rules, &subject->study, subject->in);
		note(subject->in, why, subject->study.count);
		s->result->taken++;
		break;
	case DOSE_LEAVE:
		plan_skip(subject->in, SKIP_FILTER, "%s", why);
		s->result->left++;
		break;
	}
	subject->over = true;
}

static bool decide_all(struct selector *s)
{
	bool over = true;

	for (size_t i = 0; i < s->count; i++) {
		if (!s->group[i].over)
			decide(s, &s->group[i]);
		over &= s->group[i].over;
	}
	return over;
}

static int dose_group(struct selector *s, struct err *e)
{
	if (list_series(s, e) < 0)
		return -1;
	for (int round = 0; !decide_all(s) && round < ROUNDS_MAX; round++)
		if (list_objects(s, e) < 0)
			return -1;
	return 0;
}

static bool leave_unasked(struct selector *s, struct plan_study *in)
{
	char why[200];

	if (!dose_is_none(s->rules, study_get(&in->study, STUDY_MODALITIES), why, sizeof why))
		return false;
	plan_skip(in, SKIP_FILTER, "%s", why);
	s->result->left++;
	return true;
}

int dose_plan_plan(struct session *session, struct plan *plan, const struct dose_rules *rules, struct dose_plan_result *result,
		  struct err *e)
{
	struct selector *s = mem_alloc(sizeof *s);
	int failed = 0;

	memset(result, 0, sizeof *result);
	*s = (struct selector){ .session = session, .plan = plan, .rules = rules, .result = result };
	for (size_t i = 0; i <= plan->count && !failed; i++) {
		struct plan_study *in = i < plan->count ? &plan->studies[i] : NULL;

		if (in && in->verdict == VERDICT_WANTED && !leave_unasked(s, in))
			s->group[s->count++] = (struct subject){ .in = in,
				.study = { .modalities = study_get(&in->study, STUDY_MODALITIES) } };
		if (!s->count || (in && s->count < GROUP))
			continue;
		failed = dose_group(s, e);
		for (size_t n = 0; n < s->count; n++)
			dose_study_done(&s->group[n].study);
		s->count = 0;
	}
	free(s);
	return failed;
}
