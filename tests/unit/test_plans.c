/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How SQLite carries out each statement of the ledger: no table that grows without end is read from its beginning to its end, but
 * where the statement is about all of it; neither in a new ledger, nor in a full one whose statistics SQLite knows. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "check.h"
#include "core/ledger/ledger.h"
#include "core/ledger/sql.h"

/* The tables that grow, by the names that statements give them. */
static const char *const growing[] = {
	"instance", "i", "study", "s", "d", "attempt", "a", "attempt_study", "t", "o", "query", "q", "hook", "sync_study", "sync_given_up", "g",
};

/* These are about all of a table, or end after the rows that were asked for. */
static const struct { enum statement which; const char *table; } whole[] = {
	{ SQL_FOLDERS, "i" }, { SQL_QUERIES, "query" }, { SQL_PURGE_QUERIES, "query" }, { SQL_PURGE_ATTEMPT_STUDIES, "attempt_study" },
	{ SQL_STUDIES_OPEN, "s" },		/* by an index that has nothing but what is open */
	{ SQL_GIVEN_UP, "sync_given_up" },	/* each row was put there by name */
};

/* Steps that must be found in the plan. */
static const struct { enum statement which; const char *step; } steps[] = {
	{ SQL_INSTANCES, "(folder=? AND study=?)" },
	{ SQL_INSTANCES_DROP_STUDY, "(folder=? AND study=?)" },
	{ SQL_HELD_FOLDERS, "(folder=? AND study=?)" },
	{ SQL_INSTANCE_DELETE, "(folder=? AND path=?)" },
	{ SQL_INSTANCE_MOVE, "(folder=? AND path=?)" },
	{ SQL_INSTANCE_COUNT, "(folder=?)" },
	{ SQL_STUDY_LAST, "(study_uid=?)" },
	{ SQL_SYNC_VERDICT, "(study_uid=?)" },
	{ SQL_STUDIES_DATED, "study_by_date (date>? AND date<?)" },
	{ SQL_STUDIES_OPEN, "SCAN s USING INDEX study_open" },
	{ SQL_STUDIES_OPEN, "SEARCH s USING INDEX study_by_uid (study_uid=?)" },
	{ SQL_STUDIES_DATED, "SEARCH s USING INDEX study_by_uid (study_uid=?)" },
	{ SQL_STUDY_FIRST, "study_by_date" },
	{ SQL_STUDY_STORY, "(study_uid=?)" },
	{ SQL_ATTEMPTS, "attempt_study_by_uid (study_uid=?)" },
	{ SQL_ESTIMATE_BYTES, "job_by_node (node=?)" },
	{ SQL_ESTIMATE_RATE, "attempt_by_job (job=?)" },
	{ SQL_JOBS_OPEN, "job_open" },
	{ SQL_QUERIES_NODE, "query_by_node (node=?)" },
	{ SQL_QUERIES_SINCE, "query_by_node (node=? AND at>?)" },
	{ SQL_QUERIES_STUDY, "query_by_study (study_uid=?)" },
	{ SQL_SYNC_STUDY, "(sync=? AND study_uid=?)" },
};

/* 40 jobs, 4,000 studies, 40,000 files of which nearly all are in one folder. */
static const char fill[] =
	"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 40)"
	" INSERT INTO job(node, command, output, state, user, started, ended, exit_status)"
	" SELECT 'A@h:' || (n % 3), '', '/out', '', 'me', n, CASE WHEN n < 39 THEN n + 1 END, 0 FROM n;"
	"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 4000)"
	" INSERT INTO study(job, study_uid, position, date, modalities, verdict, why, expected, counted, received, bytes, attempts)"
	" SELECT n % 40 + 1, '1.2.' || (n / 2), n, 20200101 + n % 28, 'CT', CASE WHEN n % 50 THEN 'complete' ELSE 'failed' END, '', 1, '', 1, 1, 1"
	" FROM n;"
	"INSERT INTO folder VALUES(1, '/out'), (2, '/two'), (3, '/three');"
	"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 40000)"
	" INSERT INTO instance SELECT max(1, n - 39997), 'f' || n, '1.3.' || n, '1.2.' || (n / 20), '1.4', '1.5', '1.6', 1, '', 1, '', 1 FROM n;"
	"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 4000)"
	" INSERT INTO attempt(job, rung, command, tool_version, at) SELECT n % 40 + 1, '', '', '', n FROM n;"
	"INSERT INTO attempt_study SELECT id, '1.2.' || (id / 2) FROM attempt;"
	"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 4000)"
	" INSERT INTO query(job, node, level, model, keys, at, ms, rows, status, comment, cut, study_uid)"
	" SELECT n % 40 + 1, 'A@h:' || (n % 3), 'STUDY', 'study', '', n, 1, 1, 0, '', 0, CASE WHEN n % 4 THEN '' ELSE '1.2.' || n END FROM n;"
	"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 4000)"
	" INSERT INTO hook(job, study_uid, verdict, program, at, ms, exit_status, words) SELECT n % 40 + 1, '1.2.' || n, '', '', 1, 1, 0, '' FROM n;"
	"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 4000)"
	" INSERT INTO sync_study(sync, study_uid, date, count, seen, changed, whole, kept) SELECT n % 2, '1.2.' || n, 20200101 + n % 28, 1, 1, 1, 1, 1"
	" FROM n;"
	"ANALYZE;";

static bool may_scan(enum statement which, const char *table)
{
	for (size_t i = 0; i < countof(whole); i++)
		if (whole[i].which == which && !strcmp(whole[i].table, table))
			return true;
	return false;
}

/* "SCAN s USING INDEX ...": the name is the second word. */
static void check_step(enum statement which, const char *step)
{
	char name[60];

	CHECK(!strstr(step, "AUTOMATIC"));
	if (sscanf(step, "SCAN %59s", name) != 1 || may_scan(which, name))
		return;
	for (size_t i = 0; i < countof(growing); i++)
		if (!CHECK(strcmp(name, growing[i]) != 0))
			printf("%s: %s\n", ledger_sql[which], step);
}

static void check_plan(struct ledger *l, enum statement which)
{
	auto_free char *sql = mem_printf("EXPLAIN QUERY PLAN %s", ledger_sql[which]);
	auto_buf struct buf plan = BUF_INIT(1 << 16);
	sqlite3_stmt *s = NULL;

	CHECK_CASE(ledger_sql[which]);
	CHECK_INT(sqlite3_prepare_v2(l->db, sql, -1, &s, NULL), SQLITE_OK);
	while (s && sqlite3_step(s) == SQLITE_ROW) {
		check_step(which, (const char *)sqlite3_column_text(s, 3));
		buf_printf(&plan, "%s\n", (const char *)sqlite3_column_text(s, 3));
	}
	sqlite3_finalize(s);
	for (size_t i = 0; i < countof(steps); i++)
		if (steps[i].which == which)
			CHECK_HAS(buf_text(&plan), steps[i].step);
	CHECK_CASE("");
}

int main(void)
{
	char folder[] = "/tmp/test-plans-XXXXXX";
	struct err e = { ERR_NONE, "" };
	auto_free char *path = CHECK(mkdtemp(folder)) ? file_join(folder, "ledger.db") : NULL;
	struct ledger *l = ledger_open(path, &e);

	if (CHECK(l)) {
		for (int which = 0; which < STATEMENTS; which++)
			check_plan(l, (enum statement)which);
		if (CHECK_INT(ledger_exec(l, fill, &e), 0))
			for (int which = 0; which < STATEMENTS; which++)
				check_plan(l, (enum statement)which);
	}
	ledger_close(l);
	file_remove_tree(folder, &e);
	return check_done();
}
