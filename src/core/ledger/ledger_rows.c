/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the ledger remembers, a function a fact.  No SQL is made of values: each statement stands in the table below and its
 * values are bound. */
#include "core/ledger/ledger.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "core/ledger/ledger_p.h"

/* One of backslash-separated modalities; "" is any. */
#define HAS_MODALITY "(?2 = '' OR instr('\\' || s.modalities || '\\', '\\' || ?2 || '\\') > 0)"

#define GOOD "('complete', 'complete-by-count', 'unverified')"
#define QUERY_COLUMNS "id, job, node, level, model, keys, at, ms, rows, status, comment, cut, user"
#define STUDY_COLUMNS(date) "s.job, s.study_uid, " date ", s.modalities, s.verdict, s.why, s.position, s.expected, s.counted, s.received," \
	" s.bytes, s.attempts, j.node, j.output, j.started"
#define KNOWN_DATE "CASE s.date WHEN '' THEN (SELECT max(d.date) FROM study d WHERE d.study_uid = s.study_uid) ELSE s.date END"
#define OWED_COLUMNS "o.output, study_uid, job, o.node, verdict, expected, received, tries, serial, coalesce(pid, 0), coalesce(born, 0)"
#define OWED_FROM " FROM owed o LEFT JOIN job j ON j.id = job AND ended IS NULL"
#define NIGHTLY "'%dicom-qr sync %'"
/* ?2 is a JSON list of the jobs that run. */
#define OLD_JOBS "(SELECT id FROM job WHERE started < ?1 AND id NOT IN (SELECT value FROM json_each(?2)))"

const char *const ledger_sql[STATEMENTS] = {
	[SQL_JOB_BEGIN] = "INSERT INTO job(node, command, output, state, user, started, pid, born)"
			  " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_JOB_END] = "UPDATE job SET ended = ?2, exit_status = ?3, summary = ?4 WHERE id = ?1",
	[SQL_JOBS] = "SELECT id, node, command, output, state, user, started, coalesce(ended, 0), coalesce(exit_status, -1), pid, born,"
		     " (SELECT max(at + coalesce(ms, 0) / 1000) FROM attempt a WHERE a.job = j.id),"
		     " (SELECT count(*) FROM study s WHERE s.job = j.id AND s.verdict <> 'skipped'),"
		     " (SELECT count(*) FROM study s WHERE s.job = j.id AND s.verdict NOT IN ('skipped', 'wanted')),"
		     " (SELECT count(*) FROM study s WHERE s.job = j.id AND s.verdict IN " GOOD "),"
		     " (SELECT sum(max(expected, received)) FROM study s WHERE s.job = j.id AND s.verdict <> 'skipped'),"
		     " (SELECT sum(received) FROM study s WHERE s.job = j.id AND s.verdict <> 'skipped'),"
		     " (SELECT sum(bytes) FROM study s WHERE s.job = j.id) FROM job j"
		     " WHERE (?1 = '' OR node = ?1) ORDER BY id DESC LIMIT ?2",
	/* Ends in the sense of cli/exit.h: all there, some incomplete, nothing matched, stopped by a limit. */
	[SQL_JOB_FRESH] = "SELECT max(ended) FROM job WHERE (?1 = '' OR node = ?1) AND exit_status IN (0, 3, 4, 8) AND ended <= ?2"
			  " AND (?3 = 0 OR command LIKE " NIGHTLY ")",
	[SQL_JOB_NIGHTLY] = "SELECT count(*) FROM job WHERE (?1 = '' OR node = ?1) AND command LIKE " NIGHTLY,
	[SQL_PLAN_PUT] = "INSERT OR REPLACE INTO plan(job, text) VALUES(?, ?)",
	[SQL_PLAN_ROOM] = "INSERT OR REPLACE INTO plan(job, text) VALUES(?, zeroblob(?))",
	[SQL_PLAN_GET] = "SELECT text FROM plan WHERE job = ?",
	[SQL_QUERY_ADD] = "INSERT INTO query(job, node, level, model, keys, at, ms, rows, status, comment, cut, user)"
			  " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_QUERY_JOB] = "UPDATE query SET job = ?2 WHERE id = ?1",
	[SQL_QUERIES] = "SELECT " QUERY_COLUMNS " FROM query WHERE (?1 = '' OR node = ?1) ORDER BY id DESC LIMIT ?2",
	[SQL_QUERIES_STUDY] = "SELECT " QUERY_COLUMNS " FROM query WHERE (job <> 0 AND job IN (SELECT job FROM study WHERE study_uid = ?1))"
			      " OR instr(keys || ' ', '=' || ?1 || ' ') > 0 ORDER BY id",
	[SQL_STUDY_PUT] = "INSERT OR REPLACE INTO study(job, study_uid, position, date, modalities, verdict, why, expected, counted,"
			  " received, bytes, attempts) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_STUDY_LAST] = "SELECT s.verdict, s.received FROM study s JOIN job j ON j.id = s.job"
			   " WHERE s.study_uid = ?2 AND j.output = ?1 AND s.verdict NOT IN ('wanted', 'skipped')"
			   " ORDER BY s.job DESC, s.position DESC LIMIT 1",
	/* "held already" says nothing new of a study, and a part of it (PLAN_PART) nothing of the whole, so the job before speaks; alone
	 * they speak for themselves, a part before what was skipped.  max() makes the other columns those of its row.  A job that was
	 * given UIDs knows no date; another may have learned it. */
	[SQL_STUDIES] = "SELECT " STUDY_COLUMNS(KNOWN_DATE) ", max(CASE WHEN s.verdict = 'skipped' THEN s.job - 4611686018427387904"
			" WHEN s.counted = 'part' THEN s.job - 2305843009213693952 ELSE s.job END)"
			" FROM study s JOIN job j ON j.id = s.job WHERE (?1 = '' OR j.node = ?1) GROUP BY j.node, s.study_uid"
			" ORDER BY j.node, 3, s.study_uid",
	[SQL_STUDY_STORY] = "SELECT " STUDY_COLUMNS("s.date") " FROM study s JOIN job j ON j.id = s.job WHERE s.study_uid = ?1"
			    " ORDER BY s.job, s.position",
	[SQL_ATTEMPTS] = "SELECT a.id, a.job, a.rung, a.command, a.tool_version, a.at, coalesce(a.ms, -1), coalesce(a.bytes, 0),"
			 " coalesce(a.exit_status, -1), coalesce(a.status, -1), coalesce(a.completed, -1), coalesce(a.failed, -1),"
			 " coalesce(a.objects, 0), a.outcome, a.words, (SELECT count(*) FROM attempt_study o WHERE o.attempt = a.id)"
			 " FROM attempt_study t JOIN attempt a ON a.id = t.attempt WHERE t.study_uid = ?1 ORDER BY a.id",
	[SQL_ATTEMPT_BEGIN] = "INSERT INTO attempt(job, rung, command, tool_version, at) VALUES(?, ?, ?, ?, ?)",
	[SQL_ATTEMPT_STUDY] = "INSERT OR IGNORE INTO attempt_study(attempt, study_uid) VALUES(?, ?)",
	[SQL_ATTEMPT_END] = "UPDATE attempt SET ms = ?2, bytes = ?3, exit_status = ?4, status = ?5, completed = ?6, failed = ?7,"
			    " objects = ?8, outcome = ?9, words = ?10, command = ?11, tool_version = ?12 WHERE id = ?1",
	[SQL_FOLDER_GET] = "SELECT id FROM folder WHERE path = ?",
	[SQL_FOLDER_ADD] = "INSERT INTO folder(path) VALUES(?)",
	[SQL_INSTANCE_PUT] = "INSERT INTO instance(folder, path, sop, study, series, sop_class, transfer_syntax, bytes, sha256, at,"
			     " node, job) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
			     " ON CONFLICT(folder, path) DO UPDATE SET sop = ?3, study = ?4, series = ?5, sop_class = ?6,"
			     " transfer_syntax = ?7, bytes = ?8, sha256 = ?9, at = ?10, node = ?11, job = ?12",
	[SQL_INSTANCE_DELETE] = "DELETE FROM instance WHERE folder = (SELECT id FROM folder WHERE path = ?) AND path = ?",
	/* No index has this order: the rows are collected first, so that the callback may change them. */
	[SQL_INSTANCES] = "SELECT path, sop, study, series, sop_class, transfer_syntax, bytes, sha256, at, node, job FROM instance"
			  " WHERE folder = (SELECT id FROM folder WHERE path = ?) AND study = ? ORDER BY path",
	[SQL_INSTANCE_COUNT] = "SELECT count(*) FROM instance WHERE folder = (SELECT id FROM folder WHERE path = ?)",
	[SQL_FOLDER_INSTANCES] = "SELECT path, sop, study, series, sop_class, transfer_syntax, bytes, sha256, at, node, job FROM instance"
				 " WHERE folder = (SELECT id FROM folder WHERE path = ?) ORDER BY study, path",
	[SQL_HELD_FOLDERS] = "SELECT f.path, count(*), sum(i.bytes) FROM folder f JOIN instance i ON i.folder = f.id"
			     " WHERE (?1 = '' OR i.study = ?1) GROUP BY f.id ORDER BY f.path",
	[SQL_INSTANCE_MOVE] = "UPDATE OR REPLACE instance SET path = ?3 WHERE folder = (SELECT id FROM folder WHERE path = ?1) AND path = ?2",
	[SQL_INSTANCES_DROP] = "DELETE FROM instance WHERE folder = (SELECT id FROM folder WHERE path = ?)",
	[SQL_INSTANCES_DROP_STUDY] = "DELETE FROM instance WHERE folder = (SELECT id FROM folder WHERE path = ?) AND study = ?",
	[SQL_LEARN] = "INSERT INTO learned(node, what, value, at, times) VALUES(?1, ?2, ?3, ?4, 1)"
		      " ON CONFLICT(node, what) DO UPDATE SET times = CASE WHEN value = ?3 THEN times + 1 ELSE 1 END,"
		      " value = ?3, at = ?4",
	[SQL_FORGET] = "DELETE FROM learned WHERE node = ? AND what = ?",
	[SQL_LEARNED] = "SELECT value FROM learned WHERE node = ? AND what = ? AND at >= ?",
	[SQL_LEARNED_ALL] = "SELECT what, value, at, times FROM learned WHERE node = ? ORDER BY what",
	[SQL_SYNC_FIND] = "SELECT id, begun FROM sync WHERE node = ? AND scope = ?",
	[SQL_SYNC_BEGIN] = "INSERT INTO sync(node, scope, what, begun) VALUES(?1, ?2, ?3, ?4)"
			   " ON CONFLICT(node, scope) DO UPDATE SET what = ?3, begun = ?4",
	[SQL_SYNC_MARKS] = "SELECT day, at FROM sync_mark WHERE sync = ? ORDER BY day",
	[SQL_SYNC_MARK] = "INSERT OR REPLACE INTO sync_mark(sync, day, at) VALUES(?, ?, ?)",
	[SQL_SYNC_UNMARK] = "DELETE FROM sync_mark WHERE sync = ? AND day > ?",
	[SQL_SYNC_STUDY] = "SELECT date, count, seen, changed, whole, kept FROM sync_study WHERE sync = ? AND study_uid = ?",
	[SQL_SYNC_STUDY_PUT] = "INSERT OR REPLACE INTO sync_study(sync, study_uid, date, count, seen, changed, whole, kept)"
			       " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_SYNC_PRUNE] = "DELETE FROM sync_study WHERE sync = ? AND date < ?",
	[SQL_SYNC_VERDICT] = "SELECT s.verdict FROM study s JOIN job j ON j.id = s.job WHERE s.study_uid = ?3 AND j.node = ?1"
			     " AND j.output = ?2 AND s.verdict <> 'skipped' ORDER BY s.job DESC, s.position DESC LIMIT 1",
	[SQL_SYNCS] = "SELECT id, node, what, begun, coalesce((SELECT max(day) FROM sync_mark WHERE sync = s.id), 0) FROM sync s"
		      " WHERE (?1 = '' OR node = ?1) ORDER BY node, what, id",
	[SQL_PURGE_QUERIES] = "DELETE FROM query WHERE at < ?1",
	[SQL_PURGE_ATTEMPT_STUDIES] = "DELETE FROM attempt_study WHERE attempt IN (SELECT id FROM attempt WHERE job IN " OLD_JOBS ")",
	[SQL_PURGE_ATTEMPTS] = "DELETE FROM attempt WHERE job IN " OLD_JOBS,
	[SQL_PURGE_STUDIES] = "DELETE FROM study WHERE job IN " OLD_JOBS,
	[SQL_PURGE_PLANS] = "DELETE FROM plan WHERE job IN " OLD_JOBS,
	[SQL_OWE] = "INSERT INTO owed(output, study_uid, job, node, verdict, expected, received, tries, serial)"
		    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 1) ON CONFLICT(output, study_uid) DO UPDATE SET job = ?3, node = ?4,"
		    " verdict = ?5, expected = ?6, received = ?7, tries = 0, serial = serial + 1",
	[SQL_OWED] = "SELECT " OWED_COLUMNS OWED_FROM " WHERE o.output = ?1 AND study_uid = ?2",
	[SQL_OWED_ALL] = "SELECT " OWED_COLUMNS OWED_FROM " WHERE o.output = ?1 ORDER BY tries, study_uid",
	[SQL_OWED_TRIED] = "UPDATE owed SET tries = tries + 1 WHERE output = ?1 AND study_uid = ?2 AND serial = ?3",
	[SQL_OWED_PAID] = "DELETE FROM owed WHERE output = ?1 AND study_uid = ?2 AND serial = ?3",
	[SQL_OWED_STUDY] = "SELECT " OWED_COLUMNS OWED_FROM " WHERE study_uid = ?1 ORDER BY o.output",
	[SQL_HOOK_ADD] = "INSERT INTO hook(job, study_uid, verdict, program, at, ms, exit_status, words) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_HOOKS] = "SELECT job, study_uid, verdict, program, at, ms, exit_status, words FROM hook WHERE study_uid = ? ORDER BY id",
	[SQL_PURGE_HOOKS] = "DELETE FROM hook WHERE job IN " OLD_JOBS,
	[SQL_PURGE_JOBS] = "DELETE FROM job WHERE id IN " OLD_JOBS,
	[SQL_ESTIMATE_BYTES] = "SELECT sum(bytes), sum(received) FROM (SELECT s.bytes, s.received FROM study s"
			       " JOIN job j ON j.id = s.job WHERE j.node = ?1 AND s.received > 0 AND s.bytes > 0 AND " HAS_MODALITY
			       " ORDER BY s.job DESC LIMIT 2000)",
	[SQL_ESTIMATE_RATE] = "SELECT sum(objects), sum(ms) / 1000.0 FROM (SELECT a.objects, a.ms FROM attempt a"
			      " JOIN job j ON j.id = a.job WHERE j.node = ?1 AND a.objects > 0 AND a.ms > 0 AND (?2 = '' OR"
			      " EXISTS(SELECT 1 FROM attempt_study t JOIN study s ON s.job = a.job AND s.study_uid = t.study_uid"
			      " WHERE t.attempt = a.id AND " HAS_MODALITY ")) ORDER BY a.id DESC LIMIT 2000)",
};

/* What the system calls the time at which a process began, in ticks since the machine did; 0 = there is no such process. */
static int64_t born(pid_t pid)
{
	auto_free char *path = mem_printf("/proc/%d/stat", (int)pid);
	auto_buf struct buf text = BUF_INIT(1 << 16);
	struct err ignored = { ERR_NONE, "" };
	const char *at;
	long long ticks;

	if (file_read(path, &text, &ignored) < 0)
		return 0;
	at = strrchr(buf_text(&text), ')');	/* the name before it may hold anything */
	if (!at || sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %lld", &ticks) != 1)
		return 0;
	return ticks;
}

bool ledger_process_lives(int64_t pid, int64_t born_then)
{
	return pid > 0 && pid <= INT_MAX && born_then && born((pid_t)pid) == born_then;
}

static int begin_job(struct ledger *l, struct ledger_job *j, struct err *e)
{
	if (ledger_run(l, SQL_JOB_BEGIN, CELLS(TEXT(j->node), TEXT(j->command), TEXT(j->output), TEXT(j->state), TEXT(j->user),
					       NUM(j->started), NUM(getpid()), NUM(born(getpid()))), e) < 0)
		return -1;
	j->id = sqlite3_last_insert_rowid(l->db);
	for (size_t i = 0; i < l->loose_count; i++)
		if (ledger_run(l, SQL_QUERY_JOB, CELLS(NUM(l->loose[i]), NUM(j->id)), e) < 0)
			return -1;
	l->loose_count = 0;
	return 0;
}

int ledger_job_begin(struct ledger *l, struct ledger_job *j, struct err *e)
{
	int failed;

	if (ledger_begin(l, e) < 0)
		return -1;
	failed = begin_job(l, j, e);
	if (failed) {
		ledger_rollback(l);
		return -1;
	}
	return ledger_commit(l, e);
}

int ledger_job_end(struct ledger *l, int64_t job, int exit_status, const char *summary, struct err *e)
{
	return ledger_run(l, SQL_JOB_END, CELLS(NUM(job), NUM(clock_wall()), NUM(exit_status), TEXT(summary)), e);
}

int ledger_job_plan(struct ledger *l, int64_t job, const char *json, size_t len, struct err *e)
{
	return ledger_run(l, SQL_PLAN_PUT, CELLS(NUM(job), BLOB(json, len)), e);
}

/* Room first, then piece by piece: SQLite would hold what is bound a second time. */
static int fill_plan(struct ledger *l, int64_t job, FILE *from, struct err *e)
{
	char piece[1 << 16];
	sqlite3_blob *blob = NULL;
	size_t got;
	int at = 0, code = sqlite3_blob_open(l->db, "main", "plan", "text", job, 1, &blob);

	while (code == SQLITE_OK && (got = fread(piece, 1, sizeof piece, from))) {
		code = sqlite3_blob_write(blob, piece, (int)got, at);
		at += (int)got;
	}
	if (code != SQLITE_OK)
		ledger_said(l, code, e);
	sqlite3_blob_close(blob);
	return code == SQLITE_OK ? 0 : -1;
}

int ledger_job_plan_file(struct ledger *l, int64_t job, FILE *from, struct err *e)
{
	long size = fseek(from, 0, SEEK_END) ? -1 : ftell(from);

	if (size < 0 || fseek(from, 0, SEEK_SET))
		return err_sys(e, "read the plan");
	if (ledger_begin(l, e) < 0)
		return -1;
	if (ledger_run(l, SQL_PLAN_ROOM, CELLS(NUM(job), NUM(size)), e) < 0 || fill_plan(l, job, from, e) < 0) {
		ledger_rollback(l);
		return -1;
	}
	return ledger_commit(l, e);
}

/* The first column of the first row, yours; NULL when there is none, and then err tells whether that is a failure. */
static char *first_text(struct ledger *l, enum statement which, const struct cell *cells, size_t count, struct err *e)
{
	sqlite3_stmt *s = ledger_ask(l, which, cells, count, e);
	int code = s ? sqlite3_step(s) : SQLITE_DONE;
	char *text = NULL;

	if (code == SQLITE_ROW)
		text = mem_str(column_text(s, 0));
	else if (code != SQLITE_DONE)
		ledger_said(l, code, e);
	if (s)
		ledger_give_back(l, which, s);
	return text;
}

char *ledger_job_plan_text(struct ledger *l, int64_t job, struct err *e)
{
	struct err why = { ERR_NONE, "" };
	char *text = first_text(l, SQL_PLAN_GET, CELLS(NUM(job)), &why);

	if (text)
		return text;
	if (!why.kind)
		err_set(&why, ERR_INPUT, "there is no job %" PRId64 " with a plan in %.200s", job, l->path);
	*e = why;
	return NULL;
}

int ledger_query_add(struct ledger *l, const struct ledger_query *q, struct err *e)
{
	if (ledger_run(l, SQL_QUERY_ADD, CELLS(NUM(q->job), TEXT(q->node), TEXT(q->level), TEXT(q->model), TEXT(q->keys), NUM(q->at),
					       NUM(q->ms), NUM(q->rows), NUM(q->status), TEXT(q->comment), NUM(q->cut),
					       TEXT(q->user)), e) < 0)
		return -1;
	if (q->job)
		return 0;
	mem_grow(l->loose, l->loose_count, l->loose_room);
	l->loose[l->loose_count++] = sqlite3_last_insert_rowid(l->db);
	return 0;
}

int ledger_study_put(struct ledger *l, const struct ledger_study *s, struct err *e)
{
	return ledger_run(l, SQL_STUDY_PUT, CELLS(NUM(s->job), TEXT(s->study_uid), NUM(s->position), TEXT(s->date),
						  TEXT(s->modalities), TEXT(s->verdict), TEXT(s->why), NUM(s->expected),
						  TEXT(s->counted), NUM(s->received), NUM(s->bytes), NUM(s->attempts)), e);
}

static int add_attempt(struct ledger *l, const struct ledger_attempt *a, int64_t *ret_id, struct err *e)
{
	auto_free char *uids = mem_str(a->study_uids ? a->study_uids : "");
	char *rest = uids, *uid;
	int64_t id;

	if (ledger_run(l, SQL_ATTEMPT_BEGIN, CELLS(NUM(a->job), TEXT(a->rung), TEXT(a->command), TEXT(a->tool_version), NUM(a->at)),
		       e) < 0)
		return -1;
	id = sqlite3_last_insert_rowid(l->db);
	while ((uid = strsep(&rest, "\\")))
		if (*uid && ledger_run(l, SQL_ATTEMPT_STUDY, CELLS(NUM(id), TEXT(uid)), e) < 0)
			return -1;
	*ret_id = id;
	return 0;
}

int ledger_attempt_begin(struct ledger *l, struct ledger_attempt *a, struct err *e)
{
	int64_t id;

	if (ledger_begin(l, e) < 0)
		return -1;
	if (add_attempt(l, a, &id, e) < 0) {
		ledger_rollback(l);
		return -1;
	}
	if (ledger_commit(l, e) < 0)
		return -1;
	a->id = id;
	return 0;
}

int ledger_attempt_end(struct ledger *l, const struct ledger_attempt *a, struct err *e)
{
	return ledger_run(l, SQL_ATTEMPT_END, CELLS(NUM(a->id), NUM(a->ms), NUM(a->bytes), NUM(a->exit_status), NUM(a->status),
						    NUM(a->completed), NUM(a->failed), NUM(a->objects), TEXT(a->outcome),
						    TEXT(a->words), TEXT(a->command), TEXT(a->tool_version)), e);
}

/* The number that stands for an output folder in the rows; remembered, for it is asked with every file. */
static int folder_number(struct ledger *l, const char *output, int64_t *ret_id, struct err *e)
{
	int64_t id;

	if (l->folder && !strcmp(l->folder, output)) {
		*ret_id = l->folder_id;
		return 0;
	}
	if (ledger_number(l, SQL_FOLDER_GET, CELLS(TEXT(output)), 0, &id, e) < 0)
		return -1;
	if (!id && ledger_run(l, SQL_FOLDER_ADD, CELLS(TEXT(output)), e) < 0)
		return -1;
	*ret_id = l->folder_id = id ? id : sqlite3_last_insert_rowid(l->db);
	free(l->folder);
	l->folder = mem_str(output);
	return 0;
}

static int put_instance(struct ledger *l, const struct ledger_instance *i, struct err *e)
{
	int64_t folder;

	if (folder_number(l, i->output, &folder, e) < 0)
		return -1;
	return ledger_run(l, SQL_INSTANCE_PUT, CELLS(NUM(folder), TEXT(i->path), TEXT(i->sop), TEXT(i->study), TEXT(i->series),
						     TEXT(i->sop_class), TEXT(i->transfer_syntax), NUM(i->bytes), TEXT(i->sha256),
						     NUM(i->at), TEXT(i->node), NUM(i->job)), e);
}

int ledger_instance_put(struct ledger *l, const struct ledger_instance *i, struct err *e)
{
	if (l->depth)
		return put_instance(l, i, e);
	if (ledger_begin(l, e) < 0)
		return -1;
	if (put_instance(l, i, e) < 0) {
		ledger_rollback(l);
		return -1;
	}
	return ledger_commit(l, e);
}

int ledger_instance_delete(struct ledger *l, const char *output, const char *path, struct err *e)
{
	return ledger_run(l, SQL_INSTANCE_DELETE, CELLS(TEXT(output), TEXT(path)), e);
}

struct ledger_instance ledger_instance_of(sqlite3_stmt *s, const char *output)
{
	return (struct ledger_instance){
		.output = output, .path = column_text(s, 0), .sop = column_text(s, 1), .study = column_text(s, 2),
		.series = column_text(s, 3), .sop_class = column_text(s, 4), .transfer_syntax = column_text(s, 5),
		.bytes = sqlite3_column_int64(s, 6), .sha256 = column_text(s, 7), .at = sqlite3_column_int64(s, 8),
		.node = column_text(s, 9), .job = sqlite3_column_int64(s, 10),
	};
}

int ledger_instances(struct ledger *l, const char *output, const char *study_uid, ledger_instance_fn *fn, void *owner,
		     struct err *e)
{
	sqlite3_stmt *s = ledger_ask(l, SQL_INSTANCES, CELLS(TEXT(output), TEXT(study_uid)), e);
	int code, failed = 0, stopped = 0;

	if (!s)
		return -1;
	while (!stopped && !failed && (code = sqlite3_step(s)) != SQLITE_DONE) {
		struct ledger_instance i = ledger_instance_of(s, output);

		if (code == SQLITE_ROW)
			stopped = fn(owner, &i);
		else
			failed = ledger_said(l, code, e);
	}
	ledger_give_back(l, SQL_INSTANCES, s);
	return failed;
}

long long ledger_instance_count(struct ledger *l, const char *output, struct err *e)
{
	int64_t count = 0;

	return ledger_number(l, SQL_INSTANCE_COUNT, CELLS(TEXT(output)), 0, &count, e) < 0 ? -1 : count;
}

int ledger_learn(struct ledger *l, const char *node, const char *what, const char *value, struct err *e)
{
	if (!value)
		return ledger_run(l, SQL_FORGET, CELLS(TEXT(node), TEXT(what)), e);
	return ledger_run(l, SQL_LEARN, CELLS(TEXT(node), TEXT(what), TEXT(value), NUM(clock_wall())), e);
}

char *ledger_learned(struct ledger *l, const char *node, const char *what)
{
	return ledger_learned_since(l, node, what, 0);
}

char *ledger_learned_since(struct ledger *l, const char *node, const char *what, time_t since)
{
	struct err ignored = { ERR_NONE, "" };

	return first_text(l, SQL_LEARNED, CELLS(TEXT(node), TEXT(what), NUM(since)), &ignored);
}

char *ledger_last_verdict(struct ledger *l, const char *output, const char *study_uid, int *ret_received)
{
	struct err ignored = { ERR_NONE, "" };
	sqlite3_stmt *s = ledger_ask(l, SQL_STUDY_LAST, CELLS(TEXT(output), TEXT(study_uid)), &ignored);
	char *verdict = NULL;

	if (s && sqlite3_step(s) == SQLITE_ROW) {
		verdict = mem_str(column_text(s, 0));
		if (ret_received)
			*ret_received = sqlite3_column_int(s, 1);
	}
	if (s)
		ledger_give_back(l, SQL_STUDY_LAST, s);
	return verdict;
}

/* The first column of the only row divided by the second; false when there is nothing to divide by. */
static bool quotient(struct ledger *l, enum statement which, const char *node, const char *modality, double *ret_quotient)
{
	struct err ignored = { ERR_NONE, "" };
	sqlite3_stmt *s = ledger_ask(l, which, CELLS(TEXT(node), TEXT(modality)), &ignored);
	double by = s && sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_double(s, 1) : 0;

	if (by > 0)
		*ret_quotient = sqlite3_column_double(s, 0) / by;
	if (s)
		ledger_give_back(l, which, s);
	return by > 0;
}

bool ledger_estimate(struct ledger *l, const char *node, const char *modality, double *ret_bytes, double *ret_per_second)
{
	double bytes, rate;

	if (!quotient(l, SQL_ESTIMATE_BYTES, node, modality, &bytes) || !quotient(l, SQL_ESTIMATE_RATE, node, modality, &rate))
		return false;
	*ret_bytes = bytes;
	*ret_per_second = rate;
	return true;
}
