/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr query (dicom-query): C-FIND at any level, answers as a table or for machines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/report.h"
#include "cli/work.h"
#include "dicom/tag.h"

static const struct opt *const tables[] = {
	options_query, options_keys, options_format, options_node, options_general, NULL
};

const struct opt_command command_query = {
	.name = "dicom-qr query",
	.synopsis = "NODE [options]",
	.summary = "query a PACS at any level",
	.description =
		"Sends one C-FIND and shows the answers.  At the levels below STUDY the unique keys of the levels above are needed: "
		"--study-uid for SERIES, --study-uid (and --series-uid) for IMAGE.",
	.examples =
		"dicom-qr query pacs://server:11112 --aet MY_AET --patient-name \"DOE*\"\n"
		"dicom-qr query pacs://server --level SERIES --study-uid 1.2.840.113619.2.55 --format json\n"
		"dicom-qr query pacs://server -k PatientID=12345 -k StudyDate=20240101- --return InstitutionName --format csv",
	.tables = tables,
};

struct asking {
	struct session *session;
	struct windows *windows;
	struct report *report;
	const struct conditions *conditions;
	enum level level;
	int left_out;
	struct windows_result result;
	bool over;
};

static bool meets(struct asking *a, const struct dataset *set)
{
	struct study study;
	char room[200];
	bool yes;

	if (a->level != LEVEL_STUDY)
		return true;
	study_init(&study);
	study_from_row(&study, set);
	yes = !conditions_miss(a->conditions, &study, room, sizeof room, NULL);
	study_done(&study);
	return yes;
}

static void row(void *owner, struct dataset *set)
{
	struct asking *a = owner;

	if (meets(a, set))
		report_row(a->report, set);
	else
		a->left_out++;
}

static void done(void *owner, const struct windows_result *result)
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
		windows_stop(a->windows);
	return a->over;
}

/* The filters as keys of this level, then -k and --return. */
static int make_query(const struct values *v, const struct peer *peer, struct query *q, struct conditions *c, struct err *e)
{
	enum level level = LEVEL_STUDY;

	if (v->level && level_parse(v->level, &level, e) < 0)
		return err_in(e, "--level");
	if (values_query(v, q, c, e) < 0)
		return -1;
	if (level != LEVEL_STUDY) {
		struct dataset filters = q->keys;

		query_init(q, level);
		for (size_t i = 0; i < filters.count; i++)
			if (filters.elements[i].len)
				dataset_put(&q->keys, filters.elements[i].tag == TAG_ModalitiesInStudy && level != LEVEL_PATIENT
					    ? (uint32_t)TAG_Modality : filters.elements[i].tag, filters.elements[i].vr,
					    filters.elements[i].value, filters.elements[i].len);
		dataset_done(&filters);
	}
	if (v->series_uid) {
		if (uid_check(v->series_uid, "--series-uid", e) < 0)
			return -1;
		dataset_text(&q->keys, TAG_SeriesInstanceUID, v->series_uid);
	}
	for (size_t i = 0; i < v->keys.count; i++)
		if (query_add_text(q, v->keys.items[i], e) < 0)
			return err_in(e, "-k");
	for (size_t i = 0; i < v->returns.count; i++)
		if (strchr(v->returns.items[i], '=') || query_add_text(q, v->returns.items[i], e) < 0)
			return e->kind ? err_in(e, "--return") : err_set(e, ERR_USAGE, "--return: '%s' is no keyword", v->returns.items[i]);
	query_add_returns(q);
	return query_check(q, peer->model, e);
}

static int ask(struct session *s, const struct peer *peer, const struct query *q, const struct conditions *c, const struct values *v,
	       struct err *e)
{
	static const struct windows_hooks hooks = { row, done };
	struct asking a = { .session = s, .conditions = c, .level = q->level };
	enum format format = FORMAT_TABLE;
	long rows;

	if (v->format)
		format_parse(v->format, &format);
	a.report = report_open(stdout, format, q);
	a.windows = windows_start(s, peer, q, 3, 5, &hooks, &a, e);
	if (!a.windows || session_run(s, over, &a, e) < 0) {
		report_close(a.report);
		return -1;
	}
	rows = report_close(a.report);
	work_record_query(s, peer, q, &a.result);
	if (a.left_out)
		log_verbose("%d answers that do not meet the conditions were left out", a.left_out);
	if (a.result.why.kind) {
		*e = a.result.why;
		return -1;
	}
	log_line(a.result.queries > 1 || !a.result.whole ? LOG_WARNING : LOG_VERBOSE, "%s", a.result.statement);
	if (!a.result.whole)
		return EXIT_INCOMPLETE;
	return rows || !v->fail_if_empty ? EXIT_ALL_THERE : EXIT_EMPTY;
}

static int prepare(const struct values *v, const char *const *rest, size_t count, struct peer *peer, struct query *q,
		   struct conditions *c, struct err *e)
{
	size_t used;

	if (values_peer(v, rest, count, peer, &used, e) < 0)
		return -1;
	if (used < count)
		return err_set(e, ERR_USAGE, "what is '%s'? One NODE and options are expected", rest[used]);
	return make_query(v, peer, q, c, e);
}

int cmd_query(int argc, char **argv)
{
	struct values v;
	struct peer peer;
	struct query q;
	struct conditions c = { 0 };
	struct session s = { 0 };
	struct err e = { ERR_NONE, "" };
	const char **rest = NULL;
	size_t count = 0;
	int status = -1, signal;

	values_init(&v);
	query_init(&q, LEVEL_STUDY);
	if (opt_parse(&command_query, argc, argv, &v, &rest, &count, &e) == 0) {
		if (commands_answered(&command_query, &v))
			status = EXIT_ALL_THERE;
		else if (work_begin(&v, &e) == 0 && prepare(&v, rest, count, &peer, &q, &c, &e) == 0 && session_open(&s, &e) == 0 &&
			 session_open_ledger(&s, &e) == 0) {
			session_timeouts(&s, v.timeout > 0 ? v.timeout : 60, 300);
			status = ask(&s, &peer, &q, &c, &v, &e);
		}
	}
	signal = s.signal;
	session_close(&s);
	if (status < 0)
		status = exit_with(&e, signal);
	conditions_done(&c);
	query_done(&q);
	values_done(&v);
	free(rest);
	return status;
}
