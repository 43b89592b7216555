/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Series are asked for in lists of studies; what a list does not bring is asked for alone.  The rule: a list that was cut, or has
 * rows without a study, proves nothing. */
#include "core/query/series.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/node/facts.h"
#include "core/search/find.h"
#include "dicom/query.h"
#include "dicom/tag.h"
#include "dicom/value.h"

#define AT_ONCE 100			/* studies in one list */
#define ROWS_MAX 1000000L

/* What the series of one study say together. */
struct sum {
	struct study *study;
	struct map *series;		/* Series Instance UIDs seen */
	struct buf modalities, stations;
	int objects;			/* -1 = a series does not say */
};

struct asking {
	struct session *session;
	const struct peer *peer;
	struct series *result;
	bool one_by_one;		/* lists are not taken */
};

/* ---- one question ---- */

static int ask(struct session *s, const struct peer *peer, const struct query *q, struct find_rows *rows, struct err *ret_why,
	       struct err *e)
{
	if (find_now(s, peer, q, ROWS_MAX, rows, e) < 0)
		return -1;
	if (err_stops_asking(rows->result.why.kind)) {
		*e = rows->result.why;
		find_rows_done(rows);
		return -1;
	}
	*ret_why = rows->result.why;
	if (!ret_why->kind && rows->result.cut)
		err_set(ret_why, ERR_PROTOCOL, "the PACS cut its answer");
	return 0;
}

static void below_query(struct query *q, const struct peer *peer, const char *patient_id, const char *studies, const char *series_uid)
{
	query_init(q, series_uid ? LEVEL_IMAGE : LEVEL_SERIES);
	query_set_study(q, peer->model, patient_id, studies);
	if (series_uid)
		dataset_text(&q->keys, TAG_SeriesInstanceUID, series_uid);
	query_add_returns(q);
}

int series_below(struct session *s, const struct peer *peer, const char *patient_id, const char *study_uid, const char *series_uid,
		     series_fn *row, void *owner, struct err *ret_why, struct err *e)
{
	struct find_rows rows;
	struct query q;
	int failed;

	below_query(&q, peer, patient_id, study_uid, series_uid);
	failed = ask(s, peer, &q, &rows, ret_why, e);
	query_done(&q);
	if (failed)
		return -1;
	for (size_t i = 0; i < rows.count; i++)
		row(owner, &rows.rows[i]);
	find_rows_done(&rows);
	return 0;
}

/* ---- summing up ---- */

static void begin_sum(struct sum *sum, struct study *study)
{
	*sum = (struct sum){ .study = study, .series = map_new() };
	buf_init(&sum->modalities, 1000);
	buf_init(&sum->stations, 1000);
}

static void end_sum(struct sum *sum)
{
	map_free(sum->series, NULL);
	buf_done(&sum->modalities);
	buf_done(&sum->stations);
}

static void add_value(struct buf *values, const char *value)
{
	if (*value && !strchr(value, '\\') && !value_has(buf_text(values), value))
		buf_printf(values, "%s%s", values->len ? "\\" : "", value);
}

static void add_series(void *owner, const struct dataset *row)
{
	struct sum *sum = owner;
	long objects = dataset_int(row, TAG_NumberOfSeriesRelatedInstances, -1);
	const char *uid = dataset_get(row, TAG_SeriesInstanceUID);

	if (!*uid || !map_put(sum->series, uid, NULL))
		return;
	add_value(&sum->modalities, dataset_get(row, TAG_Modality));
	add_value(&sum->stations, dataset_get(row, TAG_StationName));
	sum->objects = sum->objects < 0 || objects < 0 || objects > 100000000 ? -1 : sum->objects + (int)objects;
}

static void use_sum(struct asking *a, const struct sum *sum)
{
	struct study *study = sum->study;
	size_t series = map_count(sum->series);

	if (!series) {
		a->result->silent++;
		return;
	}
	a->result->told++;
	if (!*study_get(study, STUDY_MODALITIES))
		study_set(study, STUDY_MODALITIES, buf_text(&sum->modalities));
	if (!*study_get(study, STUDY_STATION))
		study_set(study, STUDY_STATION, buf_text(&sum->stations));
	if (study->series < 0)
		study->series = (int)series;
	if (study->instances < 0)
		study->instances = sum->objects;
}

/* ---- one, and many ---- */

static int ask_one(struct asking *a, struct study *study, struct err *e)
{
	struct err why = { ERR_NONE, "" };
	struct sum sum;
	int failed;

	begin_sum(&sum, study);
	a->result->queries++;
	failed = series_below(a->session, a->peer, study_get(study, STUDY_PATIENT_ID), study_get(study, STUDY_UID), NULL, add_series,
				  &sum, &why, e);
	if (!failed && why.kind) {
		log_verbose("study %s: its series are not listed: %s", study_get(study, STUDY_UID), why.text);
		a->result->silent++;
	} else if (!failed) {
		use_sum(a, &sum);
	}
	end_sum(&sum);
	return failed;
}

/* False when a row belongs to none of them. */
static bool share_out(const struct find_rows *rows, struct map *index)
{
	for (size_t i = 0; i < rows->count; i++) {
		struct sum *sum = map_get(index, dataset_get(&rows->rows[i], TAG_StudyInstanceUID));

		if (!sum)
			return false;
		add_series(sum, &rows->rows[i]);
	}
	return true;
}

/* told: set when the list was answered; then studies that got no series in it are left to be asked alone. */
static int ask_list(struct asking *a, struct sum *sums, size_t count, bool *ret_told, struct err *e)
{
	auto_buf struct buf list = BUF_INIT(BUF_MB(1));
	struct map *index = map_new();
	struct err why = { ERR_NONE, "" };
	struct find_rows rows;
	struct query q;
	int failed;

	for (size_t i = 0; i < count; i++) {
		auto_free char *uid = mem_str(study_get(sums[i].study, STUDY_UID));

		buf_printf(&list, "%s%s", i ? "\\" : "", uid);
		map_put(index, value_trim(uid), &sums[i]);
	}
	below_query(&q, a->peer, "", buf_text(&list), NULL);
	a->result->queries++;
	failed = ask(a->session, a->peer, &q, &rows, &why, e);
	query_done(&q);
	if (!failed) {
		*ret_told = !why.kind && rows.count && (int)rows.count != facts_cap(a->session, a->peer) && share_out(&rows, index);
		find_rows_done(&rows);
	}
	map_free(index, NULL);
	return failed;
}

static int ask_some(struct asking *a, struct study *const *studies, size_t count, struct err *e)
{
	auto_free struct sum *sums = mem_alloc(count * sizeof *sums);
	bool told = false;
	int failed = 0;

	for (size_t i = 0; i < count; i++)
		begin_sum(&sums[i], studies[i]);
	if (count > 1 && !a->one_by_one && a->peer->model == MODEL_STUDY) {
		failed = ask_list(a, sums, count, &told, e);
		a->one_by_one = !told;
	}
	for (size_t i = 0; i < count; i++) {
		if (!failed && told && map_count(sums[i].series))
			use_sum(a, &sums[i]);
		else if (!failed)
			failed = ask_one(a, studies[i], e);
		end_sum(&sums[i]);
	}
	return failed;
}

int series_studies(struct session *s, const struct peer *peer, struct study *const *studies, size_t count,
		       struct series *result, struct err *e)
{
	struct asking a = { .session = s, .peer = peer, .result = result };

	*result = (struct series){ 0 };
	if (peer->model == MODEL_PATIENT_STUDY) {		/* has no series level */
		result->silent = count;
		return 0;
	}
	for (size_t at = 0; at < count; at += AT_ONCE)
		if (ask_some(&a, studies + at, count - at < AT_ONCE ? count - at : AT_ONCE, e) < 0)
			return -1;
	return 0;
}
