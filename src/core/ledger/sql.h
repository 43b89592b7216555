/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to the ledger: one database connection, its cached statements, and running them. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ledger/ledger.h"

enum statement {
	SQL_JOB_BEGIN, SQL_JOB_END, SQL_JOB_STATUS, SQL_JOBS, SQL_JOBS_OPEN, SQL_JOB_FRESH, SQL_JOB_NIGHTLY, SQL_NODES, SQL_PLAN_PUT, SQL_PLAN_ROOM, SQL_PLAN_GET,
	SQL_QUERY_ADD, SQL_QUERY_JOB, SQL_QUERIES, SQL_QUERIES_NODE, SQL_QUERIES_SINCE, SQL_QUERIES_STUDY,
	SQL_STUDY_PUT, SQL_STUDY_LAST, SQL_STUDIES_DATED, SQL_STUDIES_OPEN, SQL_STUDY_FIRST, SQL_STUDY_STORY,
	SQL_ATTEMPT_BEGIN, SQL_ATTEMPT_STUDY, SQL_ATTEMPT_END, SQL_ATTEMPTS,
	SQL_FOLDER_GET, SQL_FOLDER_ADD, SQL_INSTANCE_PUT, SQL_INSTANCE_DELETE, SQL_INSTANCES, SQL_INSTANCE_COUNT,
	SQL_FOLDER_INSTANCES, SQL_FOLDERS, SQL_HELD_FOLDERS, SQL_INSTANCE_MOVE, SQL_INSTANCES_DROP, SQL_INSTANCES_DROP_STUDY,
	SQL_LEARN, SQL_FORGET, SQL_LEARNED, SQL_LEARNED_ALL,
	SQL_ESTIMATE_BYTES, SQL_ESTIMATE_RATE,
	SQL_OWE, SQL_OWED, SQL_OWED_ALL, SQL_OWED_TRIED, SQL_OWED_PAID, SQL_OWED_STUDY, SQL_HOOK_ADD, SQL_HOOKS, SQL_PURGE_HOOKS,
	SQL_SYNC_FIND, SQL_SYNC_BEGIN, SQL_SYNC_MARKS, SQL_SYNC_MARK, SQL_SYNC_UNMARK, SQL_SYNC_STUDY, SQL_SYNC_STUDY_PUT,
	SQL_SYNC_PRUNE, SQL_SYNC_VERDICT, SQL_SYNCS, SQL_GIVEN_UP, SQL_GIVEN_UP_PUT, SQL_GIVEN_UP_DROP,
	SQL_PURGE_QUERIES, SQL_PURGE_ATTEMPT_STUDIES, SQL_PURGE_ATTEMPTS, SQL_PURGE_STUDIES, SQL_PURGE_PLANS, SQL_PURGE_JOBS,
	SQL_ANSWER_PUT, SQL_ANSWER, SQL_ANSWERS_DROP,
	STATEMENTS
};
extern const char *const ledger_sql[STATEMENTS];
/* An index is made over these: where they are asked for in these words it is used. */
#define SQL_OPEN_VERDICTS "('wanted', 'incomplete', 'empty', 'failed', 'parked')"

struct ledger {
	sqlite3 *db;
	char *path;
	sqlite3_stmt *cached[STATEMENTS];
	int depth;			/* of transactions */
	struct err doom;		/* why the open transaction can only be rolled back; ERR_NONE */
	char *folder;			/* the output folder whose number was asked for last; NULL */
	int64_t folder_id;
	int64_t *loose;			/* queries added here that belong to no job yet: the next one begun has asked them */
	size_t loose_count, loose_room;
};

/* A value to bind.  Text and blobs are lent until the statement has run. */
struct cell {
	const char *text;		/* NULL: a number */
	int64_t number;
	size_t blob_len;		/* with text: a blob of that many bytes when is_blob */
	bool is_blob;
};
#define NUM(n) { .number = (n) }
#define TEXT(t) { .text = (t) ? (t) : "" }
#define BLOB(bytes, len) { .text = (bytes), .blob_len = (len), .is_blob = true }
#define CELLS(...) (const struct cell[]){ __VA_ARGS__ }, sizeof (const struct cell[]){ __VA_ARGS__ } / sizeof(struct cell)

/* Runs a statement that changes something, in a transaction of its own when none is open. */
int ledger_run(struct ledger *, enum statement, const struct cell *, size_t count, struct err *);
/* A statement with its values, ready for sqlite3_step; NULL with err.  ledger_give_back it, whatever happened: until then a
 * second one of the same kind can be had. */
sqlite3_stmt *ledger_ask(struct ledger *, enum statement, const struct cell *, size_t count, struct err *);
void ledger_give_back(struct ledger *, enum statement, sqlite3_stmt *);
/* The first column of the first row as a number; fallback when there is no row. */
int ledger_number(struct ledger *, enum statement, const struct cell *, size_t count, int64_t fallback, int64_t *ret_number,
		  struct err *);
/* What SQLite said, for a person.  Dooms the transaction when SQLite has already undone it.  Returns -1. */
int ledger_said(struct ledger *, int code, struct err *);
/* Each row to row(), which stops with non-zero. */
typedef int row_fn(sqlite3_stmt *, void *owner);
int ledger_walk(struct ledger *, enum statement, const struct cell *, size_t count, row_fn *row, void *owner, struct err *);
/* The first column of the first row, yours; NULL when there is none, and then err tells whether that is a failure. */
char *ledger_first_text(struct ledger *, enum statement, const struct cell *, size_t count, struct err *);
const char *column_text(sqlite3_stmt *, int column);	/* never NULL */
/* Is the process there that had this number when it was born then?  boot: of which start of which machine; "" = not known. */
bool ledger_process_lives(int64_t pid, int64_t born, const char *boot);
int ledger_exec(struct ledger *, const char *sql, struct err *);
/* core/ledger/schema.c: the file is ours, or new; it is brought up to date. */
int schema_identify(struct ledger *, bool *ret_old, struct err *);
int schema_migrate(struct ledger *, struct err *);
