/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What nightly runs remember: where they began, their watermarks, and the studies of their last days. */
#include "core/ledger/marks.h"

#include "base/clock.h"
#include "core/ledger/sql.h"

static int found_sync(sqlite3_stmt *s, void *owner)
{
	struct ledger_sync *sync = owner;

	sync->id = sqlite3_column_int64(s, 0);
	sync->begun = sqlite3_column_int(s, 1);
	return 1;
}

int ledger_sync_find(struct ledger *l, struct ledger_sync *sync, struct err *e)
{
	sync->id = 0;
	sync->begun = 0;
	return ledger_walk(l, SQL_SYNC_FIND, CELLS(TEXT(sync->node), TEXT(sync->scope)), found_sync, sync, e);
}

int ledger_sync_begin(struct ledger *l, struct ledger_sync *sync, struct err *e)
{
	const int begun = sync->begun;

	if (ledger_run(l, SQL_SYNC_BEGIN, CELLS(TEXT(sync->node), TEXT(sync->scope), TEXT(sync->what), NUM(begun)), e) < 0)
		return -1;
	return ledger_sync_find(l, sync, e);
}

struct telling_marks {
	ledger_mark_fn *fn;
	void *owner;
};

static int tell_mark(sqlite3_stmt *s, void *owner)
{
	const struct telling_marks *t = owner;

	return t->fn(t->owner, sqlite3_column_int(s, 0));
}

int ledger_sync_marks(struct ledger *l, int64_t sync, ledger_mark_fn *fn, void *owner, struct err *e)
{
	struct telling_marks t = { fn, owner };

	return ledger_walk(l, SQL_SYNC_MARKS, CELLS(NUM(sync)), tell_mark, &t, e);
}

int ledger_sync_mark(struct ledger *l, int64_t sync, int day, struct err *e)
{
	return ledger_run(l, SQL_SYNC_MARK, CELLS(NUM(sync), NUM(day), NUM(clock_wall())), e);
}

int ledger_sync_unmark(struct ledger *l, int64_t sync, int above, struct err *e)
{
	return ledger_run(l, SQL_SYNC_UNMARK, CELLS(NUM(sync), NUM(above)), e);
}

int ledger_sync_prune(struct ledger *l, int64_t sync, int before, struct err *e)
{
	return ledger_run(l, SQL_SYNC_PRUNE, CELLS(NUM(sync), NUM(before)), e);
}

struct finding_study {
	struct ledger_sync_study study;
	bool found;
};

static int found_study(sqlite3_stmt *s, void *owner)
{
	struct finding_study *f = owner;

	f->found = true;
	f->study = (struct ledger_sync_study){ .date = sqlite3_column_int(s, 0), .count = sqlite3_column_int(s, 1),
		.seen = sqlite3_column_int64(s, 2), .changed = sqlite3_column_int64(s, 3), .whole = sqlite3_column_int(s, 4),
		.kept = sqlite3_column_int(s, 5),
		.since = sqlite3_column_int(s, 6) };
	return 1;
}

int ledger_sync_study(struct ledger *l, int64_t sync, const char *study_uid, struct ledger_sync_study *ret_study, struct err *e)
{
	struct finding_study f = { .found = false };

	if (ledger_walk(l, SQL_SYNC_STUDY, CELLS(NUM(sync), TEXT(study_uid)), found_study, &f, e) < 0)
		return -1;
	if (f.found)
		*ret_study = f.study;
	return f.found;
}

int ledger_sync_study_put(struct ledger *l, int64_t sync, const char *study_uid, const struct ledger_sync_study *study, struct err *e)
{
	return ledger_run(l, SQL_SYNC_STUDY_PUT, CELLS(NUM(sync), TEXT(study_uid), NUM(study->date), NUM(study->count),
						       NUM(study->seen), NUM(study->changed), NUM(study->whole), NUM(study->kept),
						       NUM(study->since)), e);
}

struct telling_syncs {
	ledger_sync_fn *fn;
	void *owner;
};

static int tell_sync(sqlite3_stmt *s, void *owner)
{
	const struct telling_syncs *t = owner;
	const struct ledger_sync sync = { .id = sqlite3_column_int64(s, 0), .node = column_text(s, 1), .scope = "",
		.what = column_text(s, 2), .begun = sqlite3_column_int(s, 3), .mark = sqlite3_column_int(s, 4) };

	return t->fn(t->owner, &sync);
}

int ledger_syncs(struct ledger *l, const char *node, ledger_sync_fn *fn, void *owner, struct err *e)
{
	struct telling_syncs t = { fn, owner };

	return ledger_walk(l, SQL_SYNCS, CELLS(TEXT(node)), tell_sync, &t, e);
}

struct telling_given_up {
	ledger_given_up_fn *fn;
	void *owner;
};

static int tell_given_up(sqlite3_stmt *s, void *owner)
{
	const struct telling_given_up *t = owner;
	const struct ledger_given_up g = { .study_uid = column_text(s, 0), .date = sqlite3_column_int(s, 1),
					   .at = sqlite3_column_int64(s, 2), .user = column_text(s, 3) };

	return t->fn(t->owner, &g);
}

int ledger_given_up(struct ledger *l, int64_t sync, ledger_given_up_fn *fn, void *owner, struct err *e)
{
	struct telling_given_up t = { fn, owner };

	return ledger_walk(l, SQL_GIVEN_UP, CELLS(NUM(sync)), tell_given_up, &t, e);
}

int ledger_given_up_put(struct ledger *l, int64_t sync, const struct ledger_given_up *g, struct err *e)
{
	return ledger_run(l, SQL_GIVEN_UP_PUT, CELLS(TEXT(g->study_uid), NUM(sync), NUM(g->date), NUM(g->at), TEXT(g->user)), e);
}

int ledger_given_up_drop(struct ledger *l, int64_t sync, const char *study_uid, struct err *e)
{
	return ledger_run(l, SQL_GIVEN_UP_DROP, CELLS(TEXT(study_uid), NUM(sync)), e);
}
