/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr status: the jobs, how far they are, and whether anything has run lately. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/records/sheet.h"
#include "cli/task.h"
#include "core/ledger/jobs.h"
#include "core/ledger/marks.h"

static const struct opt *const tables[] = { options_status, options_rows, options_shape, options_general, NULL };

const struct opt_command command_status = {
	.name = "dicom-qr status",
	.synopsis = "[NODE] [options]",
	.summary = "show the jobs, their progress, and when each was last active",
	.description =
		"Shows the jobs of the ledger, of one node or of all, the last first: running (its process exists), complete, incomplete, limit "
		"(stopped by a limit, can be resumed), stopped (by a signal), failed, or died (the process ended without recording a result).  "
		"\"dicom-qr resume JOB\" carries on a job that is not complete.  Below the jobs stands the watermark of each nightly run "
		"(\"dicom-qr sync\").\n"
		"\n"
		"With --max-age the exit status is 10 unless a run reached its end within that time, complete, incomplete or at a limit: for the "
		"monitoring of a cron job.  Where there are nightly runs, only these count.  A run that --window kept from asking anything does not "
		"count, nor one whose end lies in the future.",
	.examples = "dicom-qr status\ndicom-qr status pacs --max-age 26h --quiet || echo 'nothing has run since yesterday'\n"
		    "dicom-qr status --format json --limit 1",
	.tables = tables,
};

static const struct sheet_column columns[] = {
	{ "job", "JOB", SHEET_NUMBER }, { "state", "STATE", SHEET_TEXT }, { "started", "STARTED", SHEET_TEXT },
	{ "age", "AGE", SHEET_TEXT }, { "progress", "STUDIES", SHEET_TEXT }, { "received", "OBJECTS", SHEET_NUMBER },
	{ "expected", "OF", SHEET_NUMBER }, { "bytes", "SIZE", SHEET_BYTES }, { "node", "NODE", SHEET_TEXT },
	{ "user", "USER", SHEET_TEXT }, { "command", "COMMAND", SHEET_TEXT }, { NULL, NULL, SHEET_TEXT }
};

static const struct sheet_column sync_columns[] = {
	{ "watermark", "COVERED TO", SHEET_TEXT }, { "begun", "SINCE", SHEET_TEXT }, { "node", "NODE", SHEET_TEXT },
	{ "what", "NIGHTLY RUN INTO", SHEET_TEXT }, { NULL, NULL, SHEET_TEXT }
};

static const char *state_word(const struct ledger_job *j)
{
	if (!j->ended)
		return j->alive ? "running" : "died";
	switch (j->exit_status) {
	case EXIT_ALL_THERE: case EXIT_EMPTY:
		return "complete";
	case EXIT_INCOMPLETE:
		return "incomplete";
	case EXIT_LIMIT:
		return "limit";
	default:
		return j->exit_status > EXIT_SIGNAL ? "stopped" : "failed";
	}
}

static char *age_text(long long seconds)
{
	if (seconds < 0)
		seconds = 0;		/* the clock was set back */
	return mem_str(show_duration(seconds * 1000));
}

static int add_job(void *owner, const struct ledger_job *j)
{
	struct json *row = json_new(JSON_OBJECT);
	long long age = (long long)(clock_wall() - j->seen);
	auto_free char *progress = mem_printf("%lld/%lld", j->good, j->studies), *text = age_text(age);

	json_set(row, "job", json_integer(j->id));
	json_set(row, "state", json_string(state_word(j)));
	json_set(row, "kind", json_string(job_kind_name(j->kind)));
	json_set(row, "carriesOn", j->parent ? json_integer(j->parent) : NULL);
	json_set(row, "origin", *j->origin ? json_string(j->origin) : NULL);
	json_set(row, "host", *j->host ? json_string(j->host) : NULL);
	json_set(row, "node", json_string(j->node));
	json_set(row, "command", json_string(j->command));
	json_set(row, "user", json_string(j->user));
	json_set(row, "output", json_string(j->output));
	json_set(row, "stateFile", *j->state ? json_string(j->state) : NULL);
	json_set(row, "started", sheet_time(j->started));
	json_set(row, "ended", sheet_time(j->ended));
	json_set(row, "exitStatus", j->ended ? json_integer(j->exit_status) : NULL);
	json_set(row, "summary", *j->summary ? json_string(j->summary) : NULL);
	json_set(row, "ageSeconds", json_integer(age));
	json_set(row, "age", json_string(text));
	json_set(row, "studies", json_integer(j->studies));
	json_set(row, "studiesDone", json_integer(j->done));
	json_set(row, "studiesGood", json_integer(j->good));
	json_set(row, "progress", json_string(progress));
	json_set(row, "expected", json_integer(j->expected));
	json_set(row, "received", json_integer(j->received));
	json_set(row, "bytes", json_integer(j->bytes));
	json_add(owner, row);
	return 0;
}

static struct json *day(int date)
{
	auto_free char *text = date ? mem_printf("%04d-%02d-%02d", date / 10000, date / 100 % 100, date % 100) : NULL;

	return text ? json_string(text) : NULL;
}

static int add_sync(void *owner, const struct ledger_sync *s)
{
	struct json *row = json_new(JSON_OBJECT);

	json_set(row, "node", json_string(s->node));
	json_set(row, "what", json_string(s->what));
	json_set(row, "begun", day(s->begun));
	json_set(row, "watermark", day(s->mark));
	json_add(owner, row);
	return 0;
}

struct ends {
	time_t last;			/* 0 = none */
	bool nightly;			/* there are nightly runs */
	time_t last_nightly;
};

static int look_at_ends(struct ledger *l, const char *node, struct ends *ends, struct err *e)
{
	*ends = (struct ends){ 0, false, 0 };
	if (ledger_last_finished(l, node, false, &ends->last, e) < 0 || ledger_has_nightly(l, node, &ends->nightly, e) < 0)
		return -1;
	return ledger_last_finished(l, node, true, &ends->last_nightly, e);
}

static bool is_stale(const struct values *v, const struct ends *ends)
{
	time_t last = ends->nightly ? ends->last_nightly : ends->last;

	return v->max_age > 0 && (!last || clock_wall() - last > v->max_age);
}

static void show(const struct json *jobs, const struct json *syncs, time_t finished)
{
	char stamp[20];
	auto_free char *age = age_text((long long)(clock_wall() - finished));

	sheet_show(jobs, columns, false, "No job is recorded");
	if (finished)
		printf("Last run that reached its end: %s, %s ago\n", clock_stamp(finished, stamp), age);
	else if (json_count(jobs))
		printf("No run has reached its end\n");
	if (json_count(syncs)) {
		printf("\n");
		sheet_table(stdout, syncs, sync_columns);
	}
}

/* Takes jobs and syncs. */
static void show_json(const struct values *v, struct json *jobs, struct json *syncs, const struct ends *ends)
{
	struct json *all = json_new(JSON_OBJECT);

	json_set(all, "jobs", jobs);
	json_set(all, "syncs", syncs);
	json_set(all, "lastFinished", sheet_time(ends->last));
	json_set(all, "lastFinishedAgeSeconds", ends->last ? json_integer((long long)(clock_wall() - ends->last)) : NULL);
	json_set(all, "lastNightly", sheet_time(ends->last_nightly));
	json_set(all, "stale", v->max_age > 0 ? json_bool(is_stale(v, ends)) : NULL);
	sheet_json(stdout, all);
	json_free(all);
}

static int status(struct task *t, struct err *e)
{
	struct session *s = &t->session;
	struct values *v = t->values;
	struct json *jobs = json_new(JSON_ARRAY), *syncs = json_new(JSON_ARRAY);
	struct ends ends;
	char node[300];

	if (task_node(t, node, e) < 0 || session_open_ledger(s, e) < 0 ||
	    ledger_jobs(s->ledger, node, v->limit > 0 ? (int)v->limit : 20, add_job, jobs, e) < 0 ||
	    ledger_syncs(s->ledger, node, add_sync, syncs, e) < 0 || look_at_ends(s->ledger, node, &ends, e) < 0) {
		json_free(jobs);
		json_free(syncs);
		return -1;
	}
	if (task_wants_json(v)) {
		show_json(v, jobs, syncs, &ends);
	} else {
		if (!v->quiet)
			show(jobs, syncs, ends.last);
		json_free(jobs);
		json_free(syncs);
	}
	if (!is_stale(v, &ends))
		return EXIT_ALL_THERE;
	log_error("stale: no %srun%s%s reached its end within %s", ends.nightly ? "nightly " : "", *node ? " against " : "", node, show_duration(v->max_age * 1000));
	return EXIT_STALE;
}

int cmd_status(int argc, char **argv)
{
	return task_run_plain(&command_status, argc, argv, status);
}
