/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Queries, each with the job that asked it. */
#include "core/ledger/queries.h"

#include <string.h>

#include "base/mem.h"
#include "core/ledger/sql.h"

#define ALL (-1)			/* SQLite's LIMIT */

/* The one study that the keys name, yours; "" when it is none, or several. */
static char *study_named(const char *keys)
{
	static const char name[] = "StudyInstanceUID=";
	const char *at = keys ? strstr(keys, name) : NULL;

	if (!at)
		return mem_str("");
	at += strlen(name);
	return mem_strn(at, strcspn(at, " "));
}

int ledger_query_add(struct ledger *l, const struct ledger_query *q, struct err *e)
{
	auto_free char *study = study_named(q->keys);

	if (ledger_run(l, SQL_QUERY_ADD, CELLS(NUM(q->job), TEXT(q->node), TEXT(q->level), TEXT(q->model), TEXT(q->keys), NUM(q->at),
					       NUM(q->ms), NUM(q->rows), NUM(q->status), TEXT(q->comment), NUM(q->cut),
					       TEXT(q->user), TEXT(study)), e) < 0)
		return -1;
	if (q->job)
		return 0;
	mem_grow(l->loose, l->loose_count, l->loose_room);
	l->loose[l->loose_count++] = sqlite3_last_insert_rowid(l->db);
	return 0;
}

struct telling_queries {
	ledger_query_fn *fn;
	void *owner;
};

static int tell_query(sqlite3_stmt *s, void *owner)
{
	const struct telling_queries *t = owner;
	const struct ledger_query q = {
		.id = sqlite3_column_int64(s, 0), .job = sqlite3_column_int64(s, 1), .node = column_text(s, 2), .level = column_text(s, 3),
		.model = column_text(s, 4), .keys = column_text(s, 5), .at = sqlite3_column_int64(s, 6), .ms = sqlite3_column_int64(s, 7),
		.rows = sqlite3_column_int(s, 8), .status = sqlite3_column_int(s, 9), .comment = column_text(s, 10),
		.cut = sqlite3_column_int(s, 11), .user = column_text(s, 12),
	};

	return t->fn(t->owner, &q);
}

int ledger_queries(struct ledger *l, const char *node, int limit, ledger_query_fn *fn, void *owner, struct err *e)
{
	struct telling_queries t = { fn, owner };

	if (!node || !*node)
		return ledger_walk(l, SQL_QUERIES, CELLS(NUM(limit > 0 ? limit : ALL)), tell_query, &t, e);
	return ledger_walk(l, SQL_QUERIES_NODE, CELLS(TEXT(node), NUM(limit > 0 ? limit : ALL)), tell_query, &t, e);
}

int ledger_queries_since(struct ledger *l, const char *node, time_t since, ledger_query_fn *fn, void *owner, struct err *e)
{
	struct telling_queries t = { fn, owner };

	return ledger_walk(l, SQL_QUERIES_SINCE, CELLS(TEXT(node), NUM(since)), tell_query, &t, e);
}

int ledger_queries_of(struct ledger *l, const char *study_uid, ledger_query_fn *fn, void *owner, struct err *e)
{
	struct telling_queries t = { fn, owner };

	return ledger_walk(l, SQL_QUERIES_STUDY, CELLS(TEXT(study_uid)), tell_query, &t, e);
}
