/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the ledger tells people: jobs, queries, studies and attempts, row by row.  One walker steps the statement, a function
 * a table makes the struct of a row. */
#include "core/ledger/ledger.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "core/ledger/ledger_p.h"

#define ALL (-1)			/* SQLite's LIMIT */

int ledger_walk(struct ledger *l, enum statement which, const struct cell *cells, size_t count, row_fn *row, void *owner,
		struct err *e)
{
	sqlite3_stmt *s = ledger_ask(l, which, cells, count, e);
	int code, failed = 0, stopped = 0;

	if (!s)
		return -1;
	while (!stopped && !failed && (code = sqlite3_step(s)) != SQLITE_DONE)
		if (code == SQLITE_ROW)
			stopped = row(s, owner);
		else
			failed = ledger_said(l, code, e);
	ledger_give_back(l, which, s);
	return failed;
}

/* ---- jobs ---- */

struct telling {
	union {
		ledger_job_fn *job;
		ledger_query_fn *query;
		ledger_study_fn *study;
		ledger_attempt_fn *attempt;
		ledger_learned_fn *learned;
		ledger_instance_fn *instance;
		ledger_folder_fn *folder;
	} to;
	void *owner;
	const char *output;
};

static int tell_job(sqlite3_stmt *s, void *owner)
{
	const struct telling *t = owner;
	struct ledger_job j = {
		.id = sqlite3_column_int64(s, 0), .node = column_text(s, 1), .command = column_text(s, 2), .output = column_text(s, 3),
		.state = column_text(s, 4), .user = column_text(s, 5), .started = sqlite3_column_int64(s, 6),
		.ended = sqlite3_column_int64(s, 7), .exit_status = sqlite3_column_int(s, 8), .seen = sqlite3_column_int64(s, 11),
		.studies = sqlite3_column_int64(s, 12), .done = sqlite3_column_int64(s, 13), .good = sqlite3_column_int64(s, 14),
		.expected = sqlite3_column_int64(s, 15), .received = sqlite3_column_int64(s, 16), .bytes = sqlite3_column_int64(s, 17),
	};

	j.alive = !j.ended && ledger_process_lives(sqlite3_column_int64(s, 9), sqlite3_column_int64(s, 10));
	if (j.ended || j.seen < j.started)
		j.seen = j.ended ? j.ended : j.started;
	return t->to.job(t->owner, &j);
}

int ledger_jobs(struct ledger *l, const char *node, int limit, ledger_job_fn *fn, void *owner, struct err *e)
{
	struct telling t = { .to.job = fn, .owner = owner };

	return ledger_walk(l, SQL_JOBS, CELLS(TEXT(node), NUM(limit > 0 ? limit : ALL)), tell_job, &t, e);
}

int ledger_last_finished(struct ledger *l, const char *node, bool nightly, time_t *ret_when, struct err *e)
{
	int64_t when = 0;

	if (ledger_number(l, SQL_JOB_FRESH, CELLS(TEXT(node), NUM(clock_wall()), NUM(nightly)), 0, &when, e) < 0)
		return -1;
	*ret_when = when;
	return 0;
}

int ledger_has_nightly(struct ledger *l, const char *node, bool *ret_any, struct err *e)
{
	int64_t count = 0;

	if (ledger_number(l, SQL_JOB_NIGHTLY, CELLS(TEXT(node)), 0, &count, e) < 0)
		return -1;
	*ret_any = count > 0;
	return 0;
}

/* ---- queries ---- */

static int tell_query(sqlite3_stmt *s, void *owner)
{
	const struct telling *t = owner;
	const struct ledger_query q = {
		.id = sqlite3_column_int64(s, 0), .job = sqlite3_column_int64(s, 1), .node = column_text(s, 2), .level = column_text(s, 3),
		.model = column_text(s, 4), .keys = column_text(s, 5), .at = sqlite3_column_int64(s, 6), .ms = sqlite3_column_int64(s, 7),
		.rows = sqlite3_column_int(s, 8), .status = sqlite3_column_int(s, 9), .comment = column_text(s, 10),
		.cut = sqlite3_column_int(s, 11), .user = column_text(s, 12),
	};

	return t->to.query(t->owner, &q);
}

int ledger_queries(struct ledger *l, const char *node, int limit, ledger_query_fn *fn, void *owner, struct err *e)
{
	struct telling t = { .to.query = fn, .owner = owner };

	return ledger_walk(l, SQL_QUERIES, CELLS(TEXT(node), NUM(limit > 0 ? limit : ALL)), tell_query, &t, e);
}

int ledger_queries_of(struct ledger *l, const char *study_uid, ledger_query_fn *fn, void *owner, struct err *e)
{
	struct telling t = { .to.query = fn, .owner = owner };

	return ledger_walk(l, SQL_QUERIES_STUDY, CELLS(TEXT(study_uid)), tell_query, &t, e);
}

/* ---- studies and attempts ---- */

static int tell_study(sqlite3_stmt *s, void *owner)
{
	const struct telling *t = owner;
	const struct ledger_study study = {
		.job = sqlite3_column_int64(s, 0), .study_uid = column_text(s, 1), .date = column_text(s, 2),
		.modalities = column_text(s, 3), .verdict = column_text(s, 4), .why = column_text(s, 5),
		.position = sqlite3_column_int(s, 6), .expected = sqlite3_column_int(s, 7), .counted = column_text(s, 8),
		.received = sqlite3_column_int(s, 9), .bytes = sqlite3_column_int64(s, 10), .attempts = sqlite3_column_int(s, 11),
		.node = column_text(s, 12), .output = column_text(s, 13), .at = sqlite3_column_int64(s, 14),
	};

	return t->to.study(t->owner, &study);
}

int ledger_studies(struct ledger *l, const char *node, ledger_study_fn *fn, void *owner, struct err *e)
{
	struct telling t = { .to.study = fn, .owner = owner };

	return ledger_walk(l, SQL_STUDIES, CELLS(TEXT(node)), tell_study, &t, e);
}

int ledger_study_story(struct ledger *l, const char *study_uid, ledger_study_fn *fn, void *owner, struct err *e)
{
	struct telling t = { .to.study = fn, .owner = owner };

	return ledger_walk(l, SQL_STUDY_STORY, CELLS(TEXT(study_uid)), tell_study, &t, e);
}

static int tell_attempt(sqlite3_stmt *s, void *owner)
{
	const struct telling *t = owner;
	const struct ledger_attempt a = {
		.id = sqlite3_column_int64(s, 0), .job = sqlite3_column_int64(s, 1), .rung = column_text(s, 2),
		.command = column_text(s, 3), .tool_version = column_text(s, 4), .at = sqlite3_column_int64(s, 5),
		.ms = sqlite3_column_int64(s, 6), .bytes = sqlite3_column_int64(s, 7), .exit_status = sqlite3_column_int(s, 8),
		.status = sqlite3_column_int(s, 9), .completed = sqlite3_column_int(s, 10), .failed = sqlite3_column_int(s, 11),
		.objects = sqlite3_column_int(s, 12), .outcome = column_text(s, 13), .words = column_text(s, 14),
		.studies = sqlite3_column_int(s, 15),
	};

	return t->to.attempt(t->owner, &a);
}

int ledger_attempts(struct ledger *l, const char *study_uid, ledger_attempt_fn *fn, void *owner, struct err *e)
{
	struct telling t = { .to.attempt = fn, .owner = owner };

	return ledger_walk(l, SQL_ATTEMPTS, CELLS(TEXT(study_uid)), tell_attempt, &t, e);
}

static int tell_learned(sqlite3_stmt *s, void *owner)
{
	const struct telling *t = owner;

	return t->to.learned(t->owner, column_text(s, 0), column_text(s, 1), sqlite3_column_int64(s, 2), sqlite3_column_int(s, 3));
}

int ledger_learned_all(struct ledger *l, const char *node, ledger_learned_fn *fn, void *owner, struct err *e)
{
	struct telling t = { .to.learned = fn, .owner = owner };

	return ledger_walk(l, SQL_LEARNED_ALL, CELLS(TEXT(node)), tell_learned, &t, e);
}

/* ---- files ---- */

static int tell_instance(sqlite3_stmt *s, void *owner)
{
	const struct telling *t = owner;
	const struct ledger_instance i = ledger_instance_of(s, t->output);

	return t->to.instance(t->owner, &i);
}

int ledger_folder_instances(struct ledger *l, const char *output, ledger_instance_fn *fn, void *owner, struct err *e)
{
	struct telling t = { .to.instance = fn, .owner = owner, .output = output };

	return ledger_walk(l, SQL_FOLDER_INSTANCES, CELLS(TEXT(output)), tell_instance, &t, e);
}

static int tell_folder(sqlite3_stmt *s, void *owner)
{
	const struct telling *t = owner;

	return t->to.folder(t->owner, column_text(s, 0), sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 2));
}

int ledger_held_folders(struct ledger *l, const char *study_uid, ledger_folder_fn *fn, void *owner, struct err *e)
{
	struct telling t = { .to.folder = fn, .owner = owner };

	return ledger_walk(l, SQL_HELD_FOLDERS, CELLS(TEXT(study_uid)), tell_folder, &t, e);
}

int ledger_instance_move(struct ledger *l, const char *output, const char *from, const char *to, struct err *e)
{
	return ledger_run(l, SQL_INSTANCE_MOVE, CELLS(TEXT(output), TEXT(from), TEXT(to)), e);
}

int ledger_instances_drop(struct ledger *l, const char *output, const char *study_uid, long long *ret_count, struct err *e)
{
	int failed = study_uid ? ledger_run(l, SQL_INSTANCES_DROP_STUDY, CELLS(TEXT(output), TEXT(study_uid)), e)
			       : ledger_run(l, SQL_INSTANCES_DROP, CELLS(TEXT(output)), e);

	if (!failed)
		*ret_count = sqlite3_changes64(l->db);
	return failed;
}

/* ---- forgetting ---- */

struct alive {
	struct buf list;		/* JSON */
};

static int note_alive(void *owner, const struct ledger_job *j)
{
	struct alive *a = owner;

	if (j->alive)
		buf_printf(&a->list, "%s%lld", a->list.len ? "," : "[", (long long)j->id);
	return 0;
}

static int forget_rows(struct ledger *l, time_t before, const char *alive, struct ledger_purged *p, struct err *e)
{
	const struct {
		enum statement which;
		long long *count;
	} steps[] = {
		{ SQL_PURGE_QUERIES, &p->queries }, { SQL_PURGE_ATTEMPT_STUDIES, NULL }, { SQL_PURGE_ATTEMPTS, &p->attempts },
		{ SQL_PURGE_HOOKS, NULL }, { SQL_PURGE_STUDIES, &p->studies }, { SQL_PURGE_PLANS, NULL }, { SQL_PURGE_JOBS, &p->jobs },
	};

	for (size_t i = 0; i < countof(steps); i++) {
		if (steps[i].which == SQL_PURGE_QUERIES ? ledger_run(l, steps[i].which, CELLS(NUM(before)), e) < 0
							: ledger_run(l, steps[i].which, CELLS(NUM(before), TEXT(alive)), e) < 0)
			return -1;
		if (steps[i].count)
			*steps[i].count = sqlite3_changes64(l->db);
	}
	return 0;
}

/* What was deleted stands in the file, and in the write-ahead log beside it, until both are written anew. */
static int write_anew(struct ledger *l, struct err *e)
{
	int code = sqlite3_exec(l->db, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : ledger_said(l, code, e);
}

int ledger_purge(struct ledger *l, time_t before, bool only_count, struct ledger_purged *p, struct err *e)
{
	struct alive alive = { BUF_INIT(BUF_MB(1)) };
	int failed = ledger_jobs(l, NULL, 0, note_alive, &alive, e);

	buf_str(&alive.list, alive.list.len ? "]" : "[]");
	if (!failed)
		failed = ledger_begin(l, e);
	if (!failed && forget_rows(l, before, buf_text(&alive.list), p, e) < 0)
		failed = -1;
	buf_done(&alive.list);
	if (failed || only_count) {
		ledger_rollback(l);
		return failed;
	}
	return ledger_commit(l, e) < 0 ? -1 : write_anew(l, e);
}
