/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every statement of the ledger, and running them.  No SQL is made of values: the values are bound. */
#include "core/ledger/sql.h"

#include "base/mem.h"

/* One of backslash-separated modalities; "" is any. */
#define HAS_MODALITY "(?2 = '' OR instr('\\' || s.modalities || '\\', '\\' || ?2 || '\\') > 0)"

/* History older than that says little of how fast a node is. */
#define LAST_JOBS "(SELECT id FROM job WHERE node = ?1 ORDER BY id DESC LIMIT 500)"

#define GOOD "('complete', 'complete-by-count', 'unverified')"

#define OPEN SQL_OPEN_VERDICTS

#define QUERY_COLUMNS "id, job, node, level, model, keys, at, ms, rows, status, comment, cut, user"

#define STUDY_COLUMNS(date) "s.job, s.study_uid, " date ", s.modalities, s.verdict, s.why, s.position, s.expected, s.counted, s.received," \
	" s.bytes, s.attempts, j.node, j.output, j.started, s.skip, EXISTS(SELECT 1 FROM sync_given_up g JOIN sync y ON y.id = g.sync" \
	" WHERE g.study_uid = s.study_uid AND y.node = j.node)"

/* A skipped row says nothing new of a study, and a part of it (PLAN_PART) nothing of the whole, so the job before speaks; alone they speak
 * for themselves, a part before what was skipped.  max() makes the other columns those of its row. */
#define LAST_WORD "max(CASE WHEN s.verdict = 'skipped' THEN s.job - 4611686018427387904" \
	" WHEN s.counted = 'part' THEN s.job - 2305843009213693952 ELSE s.job END)"

/* c: nodes and studies, each pair once. */
#define LAST_WORDS "SELECT " STUDY_COLUMNS(KNOWN_DATE) ", " LAST_WORD " FROM c CROSS JOIN study s ON s.study_uid = c.study_uid" \
	" JOIN job j ON j.id = s.job AND j.node = c.node GROUP BY c.node, c.study_uid ORDER BY c.node, 3, c.study_uid"

/* A job that was given UIDs knows no date; another may have learned it. */
#define KNOWN_DATE "CASE s.date WHEN '' THEN (SELECT max(d.date) FROM study d WHERE d.study_uid = s.study_uid) ELSE s.date END"

#define OWED_COLUMNS "w.output, study_uid, job, w.node, verdict, expected, received, tries, serial, coalesce(pid, 0), coalesce(born, 0), coalesce(boot, '')"

#define OWED_FROM " FROM owed w LEFT JOIN job j ON j.id = job AND ended IS NULL"

#define INSTANCE_COLUMNS "path, sop, study, series, sop_class, transfer_syntax, bytes, sha256, at, node, job"

#define FOLDER "(SELECT id FROM folder WHERE path = ?1)"

/* ?2 is a JSON list of the jobs that run. */
#define OLD_JOBS "(SELECT id FROM job WHERE started < ?1 AND id NOT IN (SELECT value FROM json_each(?2)))"

const char *const ledger_sql[STATEMENTS] = {
	[SQL_JOB_BEGIN] = "INSERT INTO job(node, command, output, state, user, started, pid, born, kind, parent,"
			  " origin, host, boot) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_JOB_END] = "UPDATE job SET ended = ?2, exit_status = ?3, summary = ?4 WHERE id = ?1",
	[SQL_JOB_STATUS] = "UPDATE job SET exit_status = ?2 WHERE id = ?1",
	[SQL_JOBS] = "SELECT id, node, command, output, state, user, started, coalesce(ended, 0), coalesce(exit_status, -1), pid, born, boot,"
		     " kind, parent, origin, host, (SELECT max(at + coalesce(ms, 0) / 1000) FROM attempt a WHERE a.job = j.id),"
		     " (SELECT count(*) FROM study s WHERE s.job = j.id AND s.verdict <> 'skipped'),"
		     " (SELECT count(*) FROM study s WHERE s.job = j.id AND s.verdict NOT IN ('skipped', 'wanted')),"
		     " (SELECT count(*) FROM study s WHERE s.job = j.id AND s.verdict IN " GOOD "),"
		     " (SELECT sum(max(expected, received)) FROM study s WHERE s.job = j.id AND s.verdict <> 'skipped'),"
		     " (SELECT sum(received) FROM study s WHERE s.job = j.id AND s.verdict <> 'skipped'),"
		     " (SELECT sum(bytes) FROM study s WHERE s.job = j.id), coalesce(summary, '') FROM job j"
		     " WHERE (?1 = '' OR node = ?1) ORDER BY id DESC LIMIT ?2",
	[SQL_JOBS_OPEN] = "SELECT id, pid, born, boot, parent FROM job WHERE ended IS NULL",
	/* Ends in the sense of cli/exit.h: all there, some incomplete, nothing matched, stopped by a limit; but for a run that a window kept
	 * from asking anything. */
	[SQL_JOB_FRESH] = "SELECT max(ended) FROM job j WHERE (?1 = '' OR node = ?1) AND exit_status IN (0, 3, 4, 8) AND ended <= ?2"
			  " AND (?3 = 0 OR kind = 'sync') AND (exit_status <> 8 OR EXISTS(SELECT 1 FROM query q WHERE q.job = j.id)"
			  " OR EXISTS(SELECT 1 FROM attempt a WHERE a.job = j.id))",
	[SQL_JOB_NIGHTLY] = "SELECT count(*) FROM job WHERE (?1 = '' OR node = ?1) AND kind = 'sync'",
	[SQL_NODES] = "WITH RECURSIVE n(node) AS (SELECT min(node) FROM query UNION ALL SELECT (SELECT min(q.node) FROM query q"
		      " WHERE q.node > n.node) FROM n WHERE n.node IS NOT NULL)"
		      " SELECT node FROM n WHERE node IS NOT NULL UNION SELECT node FROM job ORDER BY 1",
	[SQL_PLAN_PUT] = "INSERT OR REPLACE INTO plan(job, text) VALUES(?, ?)",
	[SQL_PLAN_ROOM] = "INSERT OR REPLACE INTO plan(job, text) VALUES(?, zeroblob(?))",
	[SQL_PLAN_GET] = "SELECT text FROM plan WHERE job = ?",
	[SQL_QUERY_ADD] = "INSERT INTO query(job, node, level, model, keys, at, ms, rows, status, comment, cut, user,"
			  " study_uid) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_QUERY_JOB] = "UPDATE query SET job = ?2 WHERE id = ?1",
	[SQL_QUERIES] = "SELECT " QUERY_COLUMNS " FROM query ORDER BY id DESC LIMIT ?1",
	[SQL_QUERIES_NODE] = "SELECT " QUERY_COLUMNS " FROM query WHERE node = ?1 ORDER BY at DESC, id DESC LIMIT ?2",
	[SQL_QUERIES_SINCE] = "SELECT " QUERY_COLUMNS " FROM query WHERE node = ?1 AND at >= ?2 ORDER BY at",
	[SQL_QUERIES_STUDY] = "SELECT " QUERY_COLUMNS " FROM query WHERE id IN (SELECT q.id FROM study s JOIN query q ON q.job = s.job"
			      " WHERE s.study_uid = ?1 UNION SELECT id FROM query WHERE study_uid <> '' AND study_uid = ?1) ORDER BY id",
	[SQL_STUDY_PUT] = "INSERT OR REPLACE INTO study(job, study_uid, position, date, modalities, verdict, why, expected, counted,"
			  " received, bytes, attempts, skip) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_STUDY_LAST] = "SELECT s.verdict, s.received FROM study s JOIN job j ON j.id = s.job"
			   " WHERE s.study_uid = ?2 AND j.output = ?1 AND s.verdict NOT IN ('wanted', 'skipped')"
			   " ORDER BY s.job DESC, s.position DESC LIMIT 1",
	[SQL_STUDIES_DATED] = "WITH c(node, study_uid) AS (SELECT DISTINCT j.node, s.study_uid FROM study s JOIN job j ON j.id = s.job"
			      " WHERE s.date BETWEEN ?2 AND ?3 AND (?1 = '' OR j.node = ?1)) " LAST_WORDS,
	[SQL_STUDIES_OPEN] = "WITH c(node, study_uid) AS (SELECT DISTINCT j.node, s.study_uid FROM study s JOIN job j ON j.id = s.job"
			     " WHERE s.verdict IN " OPEN " AND (?1 = '' OR j.node = ?1)) " LAST_WORDS,
	[SQL_STUDY_FIRST] = "SELECT date FROM study s JOIN job j ON j.id = s.job WHERE date > '0' AND (?1 = '' OR j.node = ?1)"
			    " ORDER BY date LIMIT 1",
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
	[SQL_INSTANCE_DELETE] = "DELETE FROM instance WHERE folder = " FOLDER " AND path = ?2",
	/* +path: no index may give the order, for the rows are to be collected first, so that the callback may change them. */
	[SQL_INSTANCES] = "SELECT " INSTANCE_COLUMNS " FROM instance WHERE folder = " FOLDER " AND study = ?2 ORDER BY +path",
	[SQL_INSTANCE_COUNT] = "SELECT count(*) FROM instance WHERE folder = " FOLDER,
	[SQL_FOLDER_INSTANCES] = "SELECT " INSTANCE_COLUMNS " FROM instance WHERE folder = " FOLDER " ORDER BY +study, +path",
	[SQL_FOLDERS] = "SELECT f.path, count(*), sum(i.bytes) FROM folder f JOIN instance i ON i.folder = f.id GROUP BY f.id ORDER BY f.path",
	[SQL_HELD_FOLDERS] = "SELECT f.path, count(*), sum(i.bytes) FROM folder f CROSS JOIN instance i ON i.folder = f.id AND i.study = ?1"
			     " GROUP BY f.id ORDER BY f.path",
	[SQL_INSTANCE_MOVE] = "UPDATE OR REPLACE instance SET path = ?3 WHERE folder = " FOLDER " AND path = ?2",
	[SQL_INSTANCES_DROP] = "DELETE FROM instance WHERE folder = " FOLDER,
	[SQL_INSTANCES_DROP_STUDY] = "DELETE FROM instance WHERE folder = " FOLDER " AND study = ?2",
	[SQL_ANSWER_PUT] = "INSERT OR REPLACE INTO batch_answer(batch, question, answer, at) VALUES(?, ?, ?, ?)",
	[SQL_ANSWER] = "SELECT answer FROM batch_answer WHERE batch = ? AND question = ? AND at >= ?",
	[SQL_ANSWERS_DROP] = "DELETE FROM batch_answer WHERE batch = ? OR at < ?",
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
	[SQL_SYNC_STUDY] = "SELECT date, count, seen, changed, whole, kept, since FROM sync_study WHERE sync = ? AND study_uid = ?",
	[SQL_SYNC_STUDY_PUT] = "INSERT OR REPLACE INTO sync_study(sync, study_uid, date, count, seen, changed, whole, kept, since)"
			       " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_SYNC_PRUNE] = "DELETE FROM sync_study WHERE sync = ? AND date < ?",
	[SQL_SYNC_VERDICT] = "SELECT s.verdict FROM study s JOIN job j ON j.id = s.job WHERE s.study_uid = ?3 AND j.node = ?1"
			     " AND j.output = ?2 AND s.verdict <> 'skipped' ORDER BY s.job DESC, s.position DESC LIMIT 1",
	[SQL_SYNCS] = "SELECT id, node, what, begun, coalesce((SELECT max(day) FROM sync_mark WHERE sync = y.id), 0) FROM sync y"
		      " WHERE (?1 = '' OR node = ?1) ORDER BY node, what, id",
	[SQL_GIVEN_UP] = "SELECT study_uid, date, at, user FROM sync_given_up WHERE sync = ? ORDER BY date, study_uid",
	[SQL_GIVEN_UP_PUT] = "INSERT OR IGNORE INTO sync_given_up(study_uid, sync, date, at, user) VALUES(?, ?, ?, ?, ?)",
	[SQL_GIVEN_UP_DROP] = "DELETE FROM sync_given_up WHERE study_uid = ? AND sync = ?",
	[SQL_PURGE_QUERIES] = "DELETE FROM query WHERE at < ?1",
	[SQL_PURGE_ATTEMPT_STUDIES] = "DELETE FROM attempt_study WHERE attempt IN (SELECT id FROM attempt WHERE job IN " OLD_JOBS ")",
	[SQL_PURGE_ATTEMPTS] = "DELETE FROM attempt WHERE job IN " OLD_JOBS,
	[SQL_PURGE_STUDIES] = "DELETE FROM study WHERE job IN " OLD_JOBS,
	[SQL_PURGE_PLANS] = "DELETE FROM plan WHERE job IN " OLD_JOBS,
	[SQL_OWE] = "INSERT INTO owed(output, study_uid, job, node, verdict, expected, received, tries, serial)"
		    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 1) ON CONFLICT(output, study_uid) DO UPDATE SET job = ?3, node = ?4,"
		    " verdict = ?5, expected = ?6, received = ?7, tries = 0, serial = serial + 1",
	[SQL_OWED] = "SELECT " OWED_COLUMNS OWED_FROM " WHERE w.output = ?1 AND study_uid = ?2",
	[SQL_OWED_ALL] = "SELECT " OWED_COLUMNS OWED_FROM " WHERE w.output = ?1 ORDER BY tries, study_uid",
	[SQL_OWED_TRIED] = "UPDATE owed SET tries = tries + 1 WHERE output = ?1 AND study_uid = ?2 AND serial = ?3",
	[SQL_OWED_PAID] = "DELETE FROM owed WHERE output = ?1 AND study_uid = ?2 AND serial = ?3",
	[SQL_OWED_STUDY] = "SELECT " OWED_COLUMNS OWED_FROM " WHERE study_uid = ?1 ORDER BY w.output",
	[SQL_HOOK_ADD] = "INSERT INTO hook(job, study_uid, verdict, program, at, ms, exit_status, words) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_HOOKS] = "SELECT job, study_uid, verdict, program, at, ms, exit_status, words FROM hook WHERE study_uid = ? ORDER BY id",
	[SQL_PURGE_HOOKS] = "DELETE FROM hook WHERE job IN " OLD_JOBS,
	[SQL_PURGE_JOBS] = "DELETE FROM job WHERE id IN " OLD_JOBS,
	[SQL_ESTIMATE_BYTES] = "SELECT sum(bytes), sum(received) FROM (SELECT s.bytes, s.received FROM " LAST_JOBS " j"
			       " CROSS JOIN study s ON s.job = j.id WHERE s.received > 0 AND s.bytes > 0 AND " HAS_MODALITY " LIMIT 2000)",
	[SQL_ESTIMATE_RATE] = "SELECT sum(objects), sum(ms) / 1000.0 FROM (SELECT a.objects, a.ms FROM " LAST_JOBS " j"
			      " CROSS JOIN attempt a ON a.job = j.id WHERE a.objects > 0 AND a.ms > 0 AND (?2 = '' OR EXISTS(SELECT 1"
			      " FROM attempt_study t CROSS JOIN study s ON s.job = a.job AND s.study_uid = t.study_uid"
			      " WHERE t.attempt = a.id AND " HAS_MODALITY ")) LIMIT 2000)",
};

static int bind(sqlite3_stmt *s, const struct cell *cells, size_t count)
{
	int code = SQLITE_OK;

	for (int i = 0; i < (int)count && code == SQLITE_OK; i++) {
		const struct cell *c = &cells[i];

		if (c->is_blob)
			code = sqlite3_bind_blob64(s, i + 1, c->text, c->blob_len, SQLITE_STATIC);
		else if (c->text)
			code = sqlite3_bind_text(s, i + 1, c->text, -1, SQLITE_STATIC);
		else
			code = sqlite3_bind_int64(s, i + 1, c->number);
	}
	return code;
}

sqlite3_stmt *ledger_ask(struct ledger *l, enum statement which, const struct cell *cells, size_t count, struct err *e)
{
	sqlite3_stmt *s = l->cached[which];
	int code = SQLITE_OK;

	if (l->doom.kind) {
		*e = l->doom;
		return NULL;
	}
	l->cached[which] = NULL;
	if (!s)
		code = sqlite3_prepare_v3(l->db, ledger_sql[which], -1, SQLITE_PREPARE_PERSISTENT, &s, NULL);
	if (code == SQLITE_OK)
		code = bind(s, cells, count);
	if (code == SQLITE_OK)
		return s;
	ledger_said(l, code, e);
	ledger_give_back(l, which, s);
	return NULL;
}

void ledger_give_back(struct ledger *l, enum statement which, sqlite3_stmt *s)
{
	sqlite3_reset(s);
	if (l->cached[which])
		sqlite3_finalize(s);
	else
		l->cached[which] = s;
}

static int perform(struct ledger *l, enum statement which, const struct cell *cells, size_t count, struct err *e)
{
	sqlite3_stmt *s = ledger_ask(l, which, cells, count, e);
	int code = s ? sqlite3_step(s) : SQLITE_DONE;
	int failed = !s ? -1 : code == SQLITE_DONE || code == SQLITE_ROW ? 0 : ledger_said(l, code, e);

	if (s)
		ledger_give_back(l, which, s);
	return failed;
}

int ledger_run(struct ledger *l, enum statement which, const struct cell *cells, size_t count, struct err *e)
{
	if (l->depth)
		return perform(l, which, cells, count, e);
	if (ledger_begin(l, e) < 0)
		return -1;
	if (perform(l, which, cells, count, e) < 0) {
		ledger_rollback(l);
		return -1;
	}
	return ledger_commit(l, e);
}

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

int ledger_number(struct ledger *l, enum statement which, const struct cell *cells, size_t count, int64_t fallback,
		  int64_t *ret_number, struct err *e)
{
	sqlite3_stmt *s = ledger_ask(l, which, cells, count, e);
	int code = s ? sqlite3_step(s) : SQLITE_DONE, failed = s ? 0 : -1;

	if (s && code == SQLITE_ROW)
		*ret_number = sqlite3_column_int64(s, 0);
	else if (s && code == SQLITE_DONE)
		*ret_number = fallback;
	else if (s)
		failed = ledger_said(l, code, e);
	if (s)
		ledger_give_back(l, which, s);
	return failed;
}

char *ledger_first_text(struct ledger *l, enum statement which, const struct cell *cells, size_t count, struct err *e)
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

const char *column_text(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text ? text : "";
}
