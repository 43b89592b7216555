/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr report: the calendar of days, and what is not complete. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/records/records.h"
#include "cli/records/sheet.h"
#include "cli/task.h"
#include "core/ledger/calendar.h"
#include "core/ledger/jobs.h"
#include "core/ledger/queries.h"
#include "core/ledger/studies.h"

static const struct opt *const tables[] = { options_report, options_dates, options_shape, options_general, NULL };

const struct opt_command command_report = {
	.name = "dicom-qr report",
	.synopsis = "[NODE] [options]",
	.summary = "show for each day which studies are known, here, or never asked for; or the studies that are not complete",
	.description =
		"Shows for each node a calendar of study dates: how many studies the PACS returned, how many are complete here, how many are not, and "
		"whether the day is covered.  A day is covered when, after it was over, a query asked for all its studies, its answer was complete, and "
		"a run carried it out.  A day is incomplete when a limit skipped a study that no other run retrieved, or when the PACS did not tell the "
		"series of a study.  A query with other conditions than dates and modalities covers no day; a query of the same day covers it partly.  "
		"Where only a part of a study was asked for (a series, --select), the part counts until a job asks for the whole study.  Without "
		"--study-date, --from or --until the last 30 days are shown.\n"
		"\n"
		"With --incomplete the studies are listed whose last verdict is incomplete, empty, failed, parked or wanted, with the reason; "
		"\"dicom-qr explain\" shows the history of each.  A study that a nightly run has given up is listed, but does not make "
		"its day incomplete, nor the exit status 3.",
	.examples = "dicom-qr report\ndicom-qr report pacs --study-date 20240101-20240131 --format json\ndicom-qr report --incomplete",
	.tables = tables,
};

/* ---- what is not complete ---- */

static const struct sheet_column open_columns[] = {
	{ "studyDate", "DATE", SHEET_TEXT }, { "modality", "MOD", SHEET_TEXT }, { "studyInstanceUID", "STUDY", SHEET_TEXT },
	{ "node", "NODE", SHEET_TEXT }, { "job", "JOB", SHEET_NUMBER }, { "status", "STATUS", SHEET_TEXT },
	{ "received", "HERE", SHEET_NUMBER }, { "expected", "OF", SHEET_NUMBER }, { "givenUp", "GIVEN UP", SHEET_YES },
	{ "why", "WHY", SHEET_TEXT }, { NULL, NULL, SHEET_TEXT }
};

struct reporting {
	bool waiting;			/* for some study that is not given up */
	struct json *rows;
	struct date_range range;
	struct calendar calendar;
	const char *node;
	struct ledger *ledger;
	struct err *trouble;
};

static int add_open(void *owner, const struct ledger_study *s)
{
	struct reporting *r = owner;
	enum verdict verdict = VERDICT_WANTED;

	verdict_parse(s->verdict, &verdict);
	if (verdict_is_good(verdict) || !date_range_has(&r->range, date_parse(s->date)))
		return 0;
	json_add(r->rows, study_record(s));
	r->waiting |= !s->given_up;
	return 0;
}

static int report_open_studies(struct session *s, const struct values *v, struct reporting *r, struct err *e)
{
	bool any;

	if (ledger_studies_open(s->ledger, r->node, add_open, r, e) < 0)
		return -1;
	any = json_count(r->rows) > 0;
	if (any || !v->quiet)
		sheet_show(r->rows, open_columns, task_wants_json(v), "All known studies are complete");
	return r->waiting ? EXIT_INCOMPLETE : EXIT_ALL_THERE;
}

/* ---- the calendar ---- */

static const struct sheet_column day_columns[] = {
	{ "date", "DAY", SHEET_TEXT }, { "seen", "SEEN", SHEET_NUMBER }, { "complete", "COMPLETE", SHEET_NUMBER },
	{ "incomplete", "INCOMPLETE", SHEET_NUMBER }, { "leftOut", "LEFT OUT", SHEET_NUMBER }, { "givenUp", "GIVEN UP", SHEET_NUMBER }, { "state", "STATE", SHEET_TEXT },
	{ NULL, NULL, SHEET_TEXT }
};

/* Both ends, from the first day that is known until today. */
static int settle_range(struct session *s, struct reporting *r, bool given, struct err *e)
{
	int today = date_of(clock_wall());

	if (!given)
		r->range.from = date_add(today, -30);
	if (!r->range.from) {
		int first = 0, last = r->range.until ? r->range.until : today;

		if (ledger_study_first(s->ledger, r->node, &first, e) < 0)
			return -1;
		r->range.from = first && first < last ? first : last;
	}
	if (!r->range.until)
		r->range.until = today > r->range.from ? today : r->range.from;
	return 0;
}

static int add_study(void *owner, const struct ledger_study *s)
{
	calendar_study(&((struct reporting *)owner)->calendar, s);
	return 0;
}

static int add_query(void *owner, const struct ledger_query *q)
{
	calendar_query(&((struct reporting *)owner)->calendar, q);
	return 0;
}

/* A query before that day covers nothing of it. */
static time_t day_begins(int date)
{
	struct tm tm = { .tm_year = date / 10000 - 1900, .tm_mon = date / 100 % 100 - 1, .tm_mday = date % 100, .tm_isdst = -1 };

	return mktime(&tm);
}

static int add_node(void *owner, const char *node)
{
	struct reporting *r = owner;

	if (*r->node && strcmp(r->node, node) != 0)
		return 0;
	calendar_node(&r->calendar, node);
	return ledger_queries_since(r->ledger, node, day_begins(r->calendar.first), add_query, r, r->trouble);
}

static int fill_calendar(struct session *s, struct reporting *r, struct err *e)
{
	struct err why = { ERR_NONE, "" };

	r->ledger = s->ledger;
	r->trouble = &why;
	if (ledger_nodes(s->ledger, add_node, r, e) < 0 || ledger_studies_dated(s->ledger, r->node, &r->range, add_study, r, e) < 0)
		return -1;
	if (why.kind)
		*e = why;
	return why.kind ? -1 : 0;
}

static struct json *day_record(const struct calendar_day *d)
{
	static const char *const covered[] = { "no", "partly", "yes" };
	struct json *row = json_new(JSON_OBJECT);
	auto_free char *date = mem_printf("%04d-%02d-%02d", d->date / 10000, d->date / 100 % 100, d->date % 100);

	json_set(row, "date", json_string(date));
	json_set(row, "seen", json_integer(d->seen));
	json_set(row, "complete", json_integer(d->complete));
	json_set(row, "incomplete", json_integer(d->incomplete));
	json_set(row, "leftOut", json_integer(d->left));
	json_set(row, "givenUp", d->given_up ? json_integer(d->given_up) : NULL);
	json_set(row, "covered", json_string(covered[d->covered]));
	json_set(row, "state", json_string(calendar_state(d)));
	return row;
}

static struct json *node_record(const struct calendar *c, const struct calendar_days *n)
{
	struct json *node = json_new(JSON_OBJECT), *days = json_new(JSON_ARRAY);

	for (size_t i = 0; i < c->days; i++)
		json_add(days, day_record(&n->days[i]));
	json_set(node, "node", json_string(n->node));
	json_set(node, "days", days);
	return node;
}

static void show_calendar(const struct calendar *c, const struct values *v, struct json *rows)
{
	for (size_t i = 0; i < c->count; i++)
		json_add(rows, node_record(c, &c->nodes[i]));
	if (task_wants_json(v)) {
		sheet_json(stdout, rows);
		return;
	}
	for (size_t i = 0; i < c->count; i++) {
		printf("%s%s\n", i ? "\n" : "", c->nodes[i].node);
		sheet_table(stdout, json_get(json_at(rows, i), "days"), day_columns);
	}
	if (!c->count)
		printf("Nothing is recorded\n");
}

static int report_calendar(struct session *s, const struct values *v, struct reporting *r, struct err *e)
{
	int status = -1;

	if (settle_range(s, r, v->study_date != NULL, e) < 0 || calendar_init(&r->calendar, &r->range, e) < 0)
		return -1;
	if (fill_calendar(s, r, e) == 0) {
		show_calendar(&r->calendar, v, r->rows);
		status = EXIT_ALL_THERE;
	}
	calendar_done(&r->calendar);
	return status;
}

static int report(struct task *t, struct err *e)
{
	struct session *s = &t->session;
	struct values *v = t->values;
	struct reporting r = { .rows = NULL };
	char node[300];
	int status;

	if (values_dates(v, e) < 0)
		return -1;
	if (v->study_date && date_range_parse(v->study_date, &r.range, e) < 0)
		return err_in(e, "--study-date");
	if (task_node(t, node, e) < 0 || session_open_ledger(s, e) < 0)
		return -1;
	r.node = node;
	r.rows = json_new(JSON_ARRAY);
	status = v->incomplete ? report_open_studies(s, v, &r, e) : report_calendar(s, v, &r, e);
	json_free(r.rows);
	return status;
}

int cmd_report(int argc, char **argv)
{
	return task_run_plain(&command_report, argc, argv, report);
}
