/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr query (dicom-query): C-FIND at any level, answers as a table or for machines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/queries/batch.h"
#include "cli/queries/report.h"
#include "cli/queries/tree.h"
#include "cli/task.h"
#include "core/node/facts.h"
#include "core/query/studies.h"
#include "dicom/tag.h"

static const struct opt *const tables[] = {
	options_dates, options_query, options_key, options_batch, options_keys, options_patience, options_format, options_node, options_general, NULL
};

const struct opt_command command_query = {
	.name = "dicom-qr query",
	.synopsis = "NODE [options]",
	.summary = "query a PACS at any level",
	.description =
		"Asks the PACS by C-FIND and shows the answers; where it cuts them, it is asked again in windows of time until all are there, and "
		"the last line on standard error says what was covered.  At the levels below STUDY the unique keys of the levels above are needed: "
		"--study-uid for SERIES, --study-uid (and --series-uid) for IMAGE.",
	.examples =
		"dicom-qr query pacs://server:11112 --aet MY_AET --patient-name \"DOE*\"\n"
		"dicom-qr query pacs://server --level SERIES --study-uid 1.2.840.113619.2.55 --format json\n"
		"dicom-qr query pacs://server -k PatientID=12345 -k StudyDate=20240101- --return InstitutionName --format csv\n"
		"dicom-qr query pacs://server --from 2024-01-01 --until yesterday --modality CT --sort -StudyDate --limit 20\n"
		"dicom-qr query pacs://server --patient-id 12345 --tree --level SERIES",
	.tables = tables,
};

/* How the rows are to be shown. */
struct showing {
	enum format format;
	uint32_t sort;			/* 0 = as they come */
	bool descending, count_only, tree;
	enum level deepest;		/* of a tree */
	long limit;			/* 0 = none */
	bool fail_if_empty, quiet;
};

struct asking {
	struct session *session;
	struct search *windows;
	struct report *report;
	const struct showing *show;
	const struct filter *conditions;
	enum level level;
	struct dataset *held;		/* rows to be sorted, made a tree of, or looked into first */
	size_t held_count, held_room;
	struct filter_tally tally;
	long rows;
	struct search_result result;
	bool limited, over;
};

/* False: it is left out here, and counted. */
static bool meets(struct asking *a, const struct dataset *set, bool *ret_untold)
{
	struct filter c = *a->conditions;
	struct study study;
	bool yes;

	*ret_untold = false;
	if (a->level != LEVEL_STUDY)
		c = (struct filter){ .keys = c.keys, .modality = c.modality, .dates = c.dates };
	if (a->level == LEVEL_IMAGE || a->level == LEVEL_PATIENT)
		c = (struct filter){ .keys = c.keys };
	study_init(&study);
	study_from_row(&study, set);
	yes = filter_keep(&c, &study, set, &a->tally);
	*ret_untold = yes && a->level == LEVEL_STUDY && filter_need_series(&c, &study);
	study_done(&study);
	return yes;
}

static void hold(struct asking *a, const struct dataset *set)
{
	mem_grow(a->held, a->held_count, a->held_room);
	dataset_init(&a->held[a->held_count]);
	dataset_copy(&a->held[a->held_count++], set);
}

static bool is_full(const struct asking *a)
{
	return a->show->limit && a->rows >= a->show->limit;
}

static void show_row(struct asking *a, const struct dataset *set)
{
	if (is_full(a))
		return;
	a->rows++;
	if (!a->show->count_only)
		report_row(a->report, set);
}

static void row(void *owner, struct dataset *set)
{
	struct asking *a = owner;
	bool untold;

	if (!meets(a, set, &untold))
		return;
	if (untold || a->show->sort || a->show->tree) {
		hold(a, set);
	} else {
		show_row(a, set);
		if (is_full(a) && !a->limited) {
			a->limited = true;
			search_stop(a->windows);
		}
	}
}

static void done(void *owner, const struct search_result *result)
{
	struct asking *a = owner;

	a->result = *result;
	a->windows = NULL;
	a->over = true;
}

static bool over(void *owner)
{
	struct asking *a = owner;

	if (a->session->signal && a->windows)
		search_stop(a->windows);
	return a->over;
}

/* ---- the query ---- */

/* What a patient does not have would be ignored there, and more found than was asked for. */
static int check_patient_level(const struct values *v, struct err *e)
{
	const struct { const char *given, *option; } below[] = {
		{ v->study_date, "--study-date, --from and --until" }, { v->study_time, "--study-time" }, { v->study_uid, "--study-uid" },
		{ v->accession_number, "--accession-number" }, { v->modality, "--modality" },
		{ v->study_description, "--study-description" }, { v->desc_include, "--desc-include" },
		{ v->desc_exclude, "--desc-exclude" }, { v->station_include, "--station-include" },
		{ v->station_exclude, "--station-exclude" }, { v->series_uid, "--series-uid" },
		{ v->sr_only ? "" : NULL, "--sr-only" },
	};

	for (size_t i = 0; i < countof(below); i++)
		if (below[i].given)
			return err_set(e, ERR_USAGE, "%s: patients have no such thing; ask at the STUDY level", below[i].option);
	return 0;
}

/* The same filters at another level. */
static void change_level(struct query *q, enum level level)
{
	struct dataset filters = q->keys;

	query_init(q, level);
	for (size_t i = 0; i < filters.count; i++)
		if (filters.elements[i].len)
			dataset_put(&q->keys, filters.elements[i].tag == TAG_ModalitiesInStudy && level != LEVEL_PATIENT
				    ? (uint32_t)TAG_Modality : filters.elements[i].tag, filters.elements[i].vr,
				    filters.elements[i].value, filters.elements[i].len);
	dataset_done(&filters);
}

static int add_keys(const struct values *v, const struct showing *show, struct query *q, struct err *e)
{
	if (v->series_uid) {
		if (uid_check(v->series_uid, "--series-uid", e) < 0)
			return -1;
		dataset_text(&q->keys, TAG_SeriesInstanceUID, v->series_uid);
	}
	for (size_t i = 0; i < v->returns.count; i++)
		if (strchr(v->returns.items[i], '=') || query_add_text(q, v->returns.items[i], e) < 0)
			return e->kind ? err_in(e, "--return") : err_set(e, ERR_USAGE, "--return: '%s' is no keyword", v->returns.items[i]);
	if (show->sort && !dataset_find(&q->keys, show->sort) && query_add_text(q, tag_name(show->sort), e) < 0)
		return err_in(e, "--sort");
	query_add_returns(q);
	return 0;
}

/* The filters as keys of this level, then -k and --return. */
static int make_query(struct values *v, const struct peer *peer, const struct showing *show, struct query *q, struct filter *c,
		      struct err *e)
{
	enum level level = LEVEL_STUDY;

	if (v->level && !show->tree && level_parse(v->level, &level, e) < 0)
		return err_in(e, "--level");
	if (values_dates(v, e) < 0 || (level == LEVEL_PATIENT && check_patient_level(v, e) < 0) || values_conditions(v, q, c, e) < 0)
		return -1;
	if (level != LEVEL_STUDY)
		change_level(q, level);
	if (add_keys(v, show, q, e) < 0)
		return -1;
	if (show->tree && q->level != LEVEL_STUDY)
		return err_set(e, ERR_USAGE, "--tree begins with studies: leave QueryRetrieveLevel away");
	return query_check(q, peer->model, e);
}

static int make_showing(const struct values *v, const struct peer *peer, struct showing *show, struct err *e)
{
	const char *keyword = v->sort;

	*show = (struct showing){ .format = FORMAT_TABLE, .count_only = v->count_only, .tree = v->tree, .deepest = LEVEL_IMAGE,
				  .limit = v->limit > 0 ? (long)v->limit : 0, .fail_if_empty = v->fail_if_empty, .quiet = v->quiet };
	if (v->format)
		format_parse(v->format, &show->format);
	if (keyword && *keyword == '-') {
		show->descending = true;
		keyword++;
	}
	if (keyword && !tag_parse(keyword, &show->sort))
		return err_set(e, ERR_USAGE, "--sort: '%.60s' is not an attribute: use its keyword (StudyDate) or its number (0008,0020)", keyword);
	if (!show->tree)
		return 0;
	if (show->count_only || show->sort || show->limit || (show->format != FORMAT_TABLE && show->format != FORMAT_JSON))
		return err_set(e, ERR_USAGE, "--tree goes with --format table or json, and not with --count, --sort or --limit");
	if (peer->model == MODEL_PATIENT_STUDY)
		show->deepest = LEVEL_STUDY;
	return v->level ? level_parse(v->level, &show->deepest, e) : 0;
}

/* ---- what was held back ---- */

/* Rows whose series show that they do not meet the conditions go; the others learn their modalities. */
static int look_into(struct asking *a, const struct peer *peer, struct err *e)
{
	auto_free struct study *studies = mem_alloc((a->held_count + 1) * sizeof *studies);
	auto_free struct study **all = mem_alloc((a->held_count + 1) * sizeof *all);
	size_t kept = 0;
	int failed, queries;

	for (size_t i = 0; i < a->held_count; i++) {
		study_init(&studies[i]);
		study_from_row(&studies[i], &a->held[i]);
		all[i] = &studies[i];
	}
	failed = studies_complete(a->session, peer, a->conditions, all, a->held_count, &queries, e);
	for (size_t i = 0; i < a->held_count; i++) {
		if (!filter_keep_study(a->conditions, &studies[i], &a->tally)) {
			dataset_done(&a->held[i]);
		} else {
			if (*study_get(&studies[i], STUDY_MODALITIES))
				dataset_text(&a->held[i], TAG_ModalitiesInStudy, study_get(&studies[i], STUDY_MODALITIES));
			if (*study_get(&studies[i], STUDY_STATION))
				dataset_text(&a->held[i], TAG_StationName, study_get(&studies[i], STUDY_STATION));
			a->held[kept++] = a->held[i];
		}
		study_done(&studies[i]);
	}
	a->held_count = kept;
	return failed;
}

struct sorted {
	struct dataset set;
	const char *value;
	size_t position;
	const struct showing *show;
};

static bool is_number(uint32_t tag)
{
	const char *vr = tag_vr(tag);

	return !strcmp(vr, "IS") || !strcmp(vr, "US") || !strcmp(vr, "UL") || !strcmp(vr, "DS");
}

/* Rows without a value come last in either direction; equal ones stay as they came. */
static int by_value(const void *one, const void *other)
{
	const struct sorted *a = one, *b = other;
	int order;

	if (!*a->value != !*b->value)
		return *a->value ? -1 : 1;
	if (is_number(a->show->sort)) {
		double x = strtod(a->value, NULL), y = strtod(b->value, NULL);

		order = (x > y) - (x < y);
	} else {
		order = strcmp(a->value, b->value);
	}
	if (order)
		return a->show->descending ? -order : order;
	return (a->position > b->position) - (a->position < b->position);
}

static void sort_held(struct asking *a)
{
	auto_free struct sorted *all = mem_alloc((a->held_count + 1) * sizeof *all);

	for (size_t i = 0; i < a->held_count; i++)
		all[i] = (struct sorted){ a->held[i], dataset_get(&a->held[i], a->show->sort), i, a->show };
	if (a->held_count)
		qsort(all, a->held_count, sizeof *all, by_value);
	for (size_t i = 0; i < a->held_count; i++)
		a->held[i] = all[i].set;
}

static int show_held(struct asking *a, const struct peer *peer, struct err *e)
{
	struct tree_result tree;

	if (!a->held_count && !a->show->tree)
		return 0;
	if (a->level == LEVEL_STUDY && look_into(a, peer, e) < 0)
		return -1;
	if (a->show->tree) {
		a->rows = (long)a->held_count;
		if (tree_show(a->session, peer, stdout, a->held, a->held_count, a->show->deepest, a->show->format == FORMAT_JSON, &tree,
			      e) < 0)
			return -1;
		if (tree.failed)
			a->result.whole = false;
		return 0;
	}
	if (a->show->sort)
		sort_held(a);
	for (size_t i = 0; i < a->held_count; i++) {
		a->limited |= is_full(a);
		show_row(a, &a->held[i]);
	}
	return 0;
}

/* ---- all of it ---- */

static void free_held(struct asking *a)
{
	for (size_t i = 0; i < a->held_count; i++)
		dataset_done(&a->held[i]);
	free(a->held);
}

static void print_count(const struct asking *a)
{
	if (a->show->format == FORMAT_JSON || a->show->format == FORMAT_JSONL)
		printf("{\"count\":%ld,\"leftOut\":%d}\n", a->rows, a->tally.left_out);
	else
		printf("%ld\n", a->rows);
}

static void tell_conditions(const struct asking *a)
{
	const struct filter_tally *t = &a->tally;
	auto_buf struct buf words = BUF_INIT(2000);

	studies_left_out(t, &words);
	if (words.len)
		log_warning("%s", buf_text(&words));
	if (t->untold)
		log_warning("%d answer%s in though the PACS does not return %s", t->untold, t->untold == 1 ? " stays" : "s stay",
			    tag_name(t->untold_key));
	if (a->result.shared)
		log_warning("%d stud%s returned for several patients (one Study Instance UID, several Patient IDs)", a->result.shared,
			    a->result.shared == 1 ? "y is" : "ies are");
}

static int answered(struct asking *a, const struct peer *peer, const struct query *q, struct err *e)
{
	if (a->limited && !a->session->signal) {
		a->result.why.kind = ERR_NONE;
		a->result.whole = true;
	}
	studies_record(a->session, peer, q, &a->result);
	if (!a->result.why.kind && show_held(a, peer, e) < 0)
		return -1;
	if (a->result.why.kind) {
		*e = a->result.why;
		return -1;
	}
	tell_conditions(a);
	if (a->limited)
		log_warning("stopped after %ld rows (--limit)", a->rows);
	else
		log_line(a->result.queries > 1 + a->result.assured || !a->result.whole ? LOG_WARNING : LOG_VERBOSE, "%s", a->result.statement);
	if (!a->result.whole)
		return EXIT_INCOMPLETE;
	return a->rows || !a->show->fail_if_empty ? EXIT_ALL_THERE : EXIT_EMPTY;
}

static int ask(struct task *t, const struct showing *show, struct err *e)
{
	static const struct search_hooks hooks = { row, done };
	struct session *s = &t->session;
	const struct settings *how = &t->plan.how;
	const struct peer *peer = &how->peer;
	struct query *q = &t->query;
	struct asking a = { .session = s, .conditions = &t->filter, .level = q->level, .show = show };
	int status = -1;

	facts_steer(s, peer, q);
	if (!show->count_only && !show->tree)
		a.report = report_open(stdout, show->format, q);
	a.windows = search_start(s, peer, q, how->retries, how->retry_wait_s, &hooks, &a, e);
	if (a.windows && session_run(s, over, &a, e) == 0)
		status = answered(&a, peer, q, e);
	if (a.report)
		report_close(a.report);
	if (a.report && status >= 0 && !a.rows && show->format == FORMAT_TABLE && !show->quiet)
		printf("Nothing found\n");
	if (show->count_only && status >= 0)
		print_count(&a);
	free_held(&a);
	return status;
}

/* ---- the lines of a batch ---- */

static int check_batch(const struct values *v, struct err *e)
{
	if (v->batch_report && !v->batch)
		return err_set(e, ERR_USAGE, "--batch-report goes with --batch");
	if (v->batch && (v->level || v->tree || v->sort || v->limit > 0 || v->returns.count || v->series_uid))
		return err_set(e, ERR_USAGE, "--batch asks for studies, by the columns of its file: --level, --return, --series-uid, --sort, "
			       "--limit and --tree do not go with it");
	return 0;
}

static void show_study(struct report *report, const struct study *study)
{
	static const struct { uint32_t tag; enum study_field field; } fields[] = {
		{ TAG_StudyInstanceUID, STUDY_UID }, { TAG_PatientName, STUDY_PATIENT_NAME }, { TAG_PatientID, STUDY_PATIENT_ID },
		{ TAG_PatientBirthDate, STUDY_BIRTH_DATE }, { TAG_StudyDate, STUDY_DATE }, { TAG_StudyTime, STUDY_TIME },
		{ TAG_ModalitiesInStudy, STUDY_MODALITIES }, { TAG_StudyDescription, STUDY_DESCRIPTION },
		{ TAG_AccessionNumber, STUDY_ACCESSION }, { TAG_InstanceAvailability, STUDY_AVAILABILITY }, { TAG_StudyID, STUDY_ID },
	};
	struct dataset row;
	char count[20];

	dataset_init(&row);
	for (size_t i = 0; i < countof(fields); i++)
		dataset_text(&row, fields[i].tag, study_get(study, fields[i].field));
	snprintf(count, sizeof count, "%d", study->instances);
	dataset_text(&row, TAG_NumberOfStudyRelatedInstances, study->instances < 0 ? "" : count);
	snprintf(count, sizeof count, "%d", study->series);
	dataset_text(&row, TAG_NumberOfStudyRelatedSeries, study->series < 0 ? "" : count);
	report_row(report, &row);
	dataset_done(&row);
}

/* The account on standard output; with --batch-report it has its file, and the studies are shown. */
static int show_batch(const struct plan *plan, const struct values *v, const struct showing *show,
		      const struct query *q, struct err *e)
{
	struct report *report;

	if ((!show->count_only || v->batch_report) && batch_report(plan, v, e) < 0)
		return -1;
	if (show->count_only) {
		printf("%zu\n", plan->count);
	} else if (v->batch_report) {
		report = report_open(stdout, show->format, q);
		for (size_t i = 0; i < plan->count; i++)
			show_study(report, &plan->studies[i].study);
		report_close(report);
	}
	return 0;
}

static int ask_batch(struct task *t, const struct showing *show, struct err *e)
{
	const struct values *v = t->values;
	struct batch *batch = batch_read(v->batch, e);
	struct studies_found found;
	int failed;

	if (!batch)
		return -1;
	failed = batch_resolve(batch, &t->session, v, &t->plan, &found, e);
	if (!failed)
		failed = show_batch(&t->plan, v, show, &t->query, e);
	if (!failed && (batch_errors(batch) || !found.result.whole))
		failed = EXIT_INCOMPLETE;
	else if (!failed)
		failed = t->plan.count || !show->fail_if_empty ? EXIT_ALL_THERE : EXIT_EMPTY;
	batch_free(batch);
	return failed;
}

static int prepare(struct task *t, struct showing *show, struct err *e)
{
	struct values *v = t->values;
	struct peer *peer = &t->plan.how.peer;

	if (task_peer(t, peer, e) < 0 || check_batch(v, e) < 0 || make_showing(v, peer, show, e) < 0)
		return -1;
	return make_query(v, peer, show, &t->query, &t->filter, e);
}

static int query(struct task *t, struct err *e)
{
	struct session *s = &t->session;
	struct settings *how = &t->plan.how;
	struct showing show;

	if (prepare(t, &show, e) < 0 || session_open(s, e) < 0 || session_open_ledger(s, e) < 0)
		return -1;
	values_patience(t->values, how);
	session_patience(s, how);
	return t->values->batch ? ask_batch(t, &show, e) : ask(t, &show, e);
}

int cmd_query(int argc, char **argv)
{
	return task_run_plain(&command_query, argc, argv, query);
}
