/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What programs are still to be told, and what became of telling them. */
#include "core/ledger/owed.h"

#include "core/ledger/sql.h"

int ledger_owe(struct ledger *l, const struct ledger_owed *o, struct err *e)
{
	return ledger_run(l, SQL_OWE, CELLS(TEXT(o->output), TEXT(o->study_uid), NUM(o->job), TEXT(o->node), TEXT(o->verdict),
					    NUM(o->expected), NUM(o->received)), e);
}

static struct ledger_owed owed_of(sqlite3_stmt *s)
{
	return (struct ledger_owed){
		.output = column_text(s, 0), .study_uid = column_text(s, 1), .job = sqlite3_column_int64(s, 2), .node = column_text(s, 3),
		.verdict = column_text(s, 4), .expected = sqlite3_column_int(s, 5), .received = sqlite3_column_int(s, 6),
		.tries = sqlite3_column_int(s, 7), .serial = sqlite3_column_int64(s, 8),
		.alive = ledger_process_lives(sqlite3_column_int64(s, 9), sqlite3_column_int64(s, 10), column_text(s, 11)),
	};
}

struct telling_owed {
	ledger_owed_fn *fn;
	void *owner;
};

static int tell_owed(sqlite3_stmt *s, void *owner)
{
	const struct telling_owed *t = owner;
	const struct ledger_owed o = owed_of(s);

	return t->fn(t->owner, &o);
}

int ledger_owed(struct ledger *l, const char *output, const char *study_uid, ledger_owed_fn *fn, void *owner, struct err *e)
{
	struct telling_owed t = { fn, owner };

	return ledger_walk(l, SQL_OWED, CELLS(TEXT(output), TEXT(study_uid)), tell_owed, &t, e);
}

int ledger_owed_all(struct ledger *l, const char *output, ledger_owed_fn *fn, void *owner, struct err *e)
{
	struct telling_owed t = { fn, owner };

	return ledger_walk(l, SQL_OWED_ALL, CELLS(TEXT(output)), tell_owed, &t, e);
}

int ledger_owed_of(struct ledger *l, const char *study_uid, ledger_owed_fn *fn, void *owner, struct err *e)
{
	struct telling_owed t = { fn, owner };

	return ledger_walk(l, SQL_OWED_STUDY, CELLS(TEXT(study_uid)), tell_owed, &t, e);
}

static int settle(struct ledger *l, enum statement which, const struct ledger_owed *o, struct err *e)
{
	return ledger_run(l, which, CELLS(TEXT(o->output), TEXT(o->study_uid), NUM(o->serial)), e);
}

int ledger_owed_drop(struct ledger *l, const struct ledger_owed *o, struct err *e)
{
	return settle(l, SQL_OWED_PAID, o, e);
}

int ledger_told(struct ledger *l, const struct ledger_owed *o, const struct ledger_hook *h, struct err *e)
{
	if (ledger_begin(l, e) < 0)
		return -1;
	if (ledger_run(l, SQL_HOOK_ADD, CELLS(NUM(h->job), TEXT(h->study_uid), TEXT(h->verdict), TEXT(h->program), NUM(h->at),
					      NUM(h->ms), NUM(h->exit_status), TEXT(h->words)), e) < 0 ||
	    settle(l, *h->words ? SQL_OWED_TRIED : SQL_OWED_PAID, o, e) < 0) {
		ledger_rollback(l);
		return -1;
	}
	return ledger_commit(l, e);
}

struct telling_hooks {
	ledger_hook_fn *fn;
	void *owner;
};

static int tell_hook(sqlite3_stmt *s, void *owner)
{
	const struct telling_hooks *t = owner;
	const struct ledger_hook h = {
		.job = sqlite3_column_int64(s, 0), .study_uid = column_text(s, 1), .verdict = column_text(s, 2),
		.program = column_text(s, 3), .at = sqlite3_column_int64(s, 4), .ms = sqlite3_column_int64(s, 5),
		.exit_status = sqlite3_column_int(s, 6), .words = column_text(s, 7),
	};

	return t->fn(t->owner, &h);
}

int ledger_hooks(struct ledger *l, const char *study_uid, ledger_hook_fn *fn, void *owner, struct err *e)
{
	struct telling_hooks t = { fn, owner };

	return ledger_walk(l, SQL_HOOKS, CELLS(TEXT(study_uid)), tell_hook, &t, e);
}
