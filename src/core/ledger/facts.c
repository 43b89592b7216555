/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was learned of nodes. */
#include "core/ledger/facts.h"

#include "base/clock.h"
#include "core/ledger/sql.h"

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

	return ledger_first_text(l, SQL_LEARNED, CELLS(TEXT(node), TEXT(what), NUM(since)), &ignored);
}

struct telling_facts {
	ledger_learned_fn *fn;
	void *owner;
};

static int tell_learned(sqlite3_stmt *s, void *owner)
{
	const struct telling_facts *t = owner;

	return t->fn(t->owner, column_text(s, 0), column_text(s, 1), sqlite3_column_int64(s, 2), sqlite3_column_int(s, 3));
}

int ledger_learned_all(struct ledger *l, const char *node, ledger_learned_fn *fn, void *owner, struct err *e)
{
	struct telling_facts t = { fn, owner };

	return ledger_walk(l, SQL_LEARNED_ALL, CELLS(TEXT(node)), tell_learned, &t, e);
}
