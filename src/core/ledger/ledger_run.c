/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transactions and statements.  A transaction that cannot be completed any more is doomed: nothing after it is written,
 * and its outermost commit fails with the first reason. */
#include "core/ledger/ledger_p.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { PATH_SHOWN = 200 };

void ledger_step(void)
{
	static long long taken;
	const char *stop = getenv("DICOM_QR_STOP_AT_COMMIT");

	taken++;
	if (stop && *stop && strtoll(stop, NULL, 10) == taken)
		raise(SIGKILL);
}

static int explain(struct ledger *l, int code, struct err *e)
{
	const char *words = l->db ? sqlite3_errmsg(l->db) : sqlite3_errstr(code);
	int number = l->db ? sqlite3_system_errno(l->db) : 0;

	switch (code & 0xff) {
	case SQLITE_FULL: case SQLITE_IOERR:
		return err_set(e, ERR_SPACE, "the ledger %.*s cannot be written: %s%s%s", PATH_SHOWN, l->path, words,
			       number ? ": " : "", number ? strerror(number) : "");
	case SQLITE_NOTADB: case SQLITE_CORRUPT:
		return err_set(e, ERR_INPUT, "the ledger %.*s is damaged (%s): move it aside, and a new one is made; files that "
			       "were retrieved stay", PATH_SHOWN, l->path, words);
	case SQLITE_BUSY: case SQLITE_LOCKED:
		return err_set(e, ERR_LOCKED, "the ledger %.*s is in use by another program", PATH_SHOWN, l->path);
	case SQLITE_NOMEM:
		abort();
	default:
		return err_set(e, ERR_SYSTEM, "the ledger %.*s: %s%s%s", PATH_SHOWN, l->path, words, number ? ": " : "",
			       number ? strerror(number) : "");
	}
}

/* Some failures (a full disk, a read error) make SQLite undo the whole transaction by itself. */
static bool is_undone(const struct ledger *l)
{
	return l->depth && l->db && sqlite3_get_autocommit(l->db);
}

int ledger_said(struct ledger *l, int code, struct err *e)
{
	explain(l, code, e);
	if (is_undone(l) && !l->doom.kind)
		l->doom = *e;
	return -1;
}

static int exec(struct ledger *l, const char *sql, struct err *e)
{
	int code = sqlite3_exec(l->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : ledger_said(l, code, e);
}

/* IMMEDIATE: who begins to write waits for other writers here, not in the middle, where waiting cannot help. */
int ledger_begin(struct ledger *l, struct err *e)
{
	if (!l->depth && exec(l, "BEGIN IMMEDIATE", e) < 0)
		return -1;
	l->depth++;
	return 0;
}

int ledger_commit(struct ledger *l, struct err *e)
{
	assert(l->depth);
	if (l->doom.kind || (l->depth == 1 && exec(l, "COMMIT", e) < 0)) {
		if (l->doom.kind)
			*e = l->doom;
		ledger_rollback(l);
		return -1;
	}
	if (!--l->depth)
		ledger_step();
	return 0;
}

void ledger_rollback(struct ledger *l)
{
	if (!l->depth)
		return;
	if (!l->doom.kind)
		err_set(&l->doom, ERR_SYSTEM, "the ledger %.*s: the transaction was rolled back", PATH_SHOWN, l->path);
	if (--l->depth)
		return;
	if (!sqlite3_get_autocommit(l->db))
		sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	l->doom = (struct err){ ERR_NONE, "" };
	free(l->folder);			/* its number may be gone */
	l->folder = NULL;
}

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

const char *column_text(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text ? text : "";
}
