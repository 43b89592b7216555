/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Old rows are deleted, and the file is written anew. */
#include "core/ledger/purge.h"

#include "base/buf.h"
#include "base/mem.h"
#include "core/ledger/jobs.h"
#include "core/ledger/sql.h"

struct alive {
	struct buf list;		/* JSON */
};

static int note_alive(void *owner, int64_t job, int64_t parent)
{
	struct alive *a = owner;

	(void)parent;
	buf_printf(&a->list, "%s%lld", a->list.len ? "," : "[", (long long)job);
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

/* What was deleted is overwritten by zeros, which the checkpoint brings into the file itself before it is written anew and shortened:
 * no block that the file gives back holds a patient. */
static int write_anew(struct ledger *l, struct err *e)
{
	int code = sqlite3_exec(l->db, "PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : ledger_said(l, code, e);
}

int ledger_purge(struct ledger *l, time_t before, bool only_count, struct ledger_purged *p, struct err *e)
{
	struct alive alive = { BUF_INIT(BUF_MB(1)) };
	int failed = ledger_living(l, note_alive, &alive, e);

	buf_str(&alive.list, alive.list.len ? "]" : "[]");
	if (!failed)
		failed = ledger_exec(l, "PRAGMA secure_delete = ON", e) < 0 || ledger_begin(l, e) < 0 ? -1 : 0;
	if (!failed && forget_rows(l, before, buf_text(&alive.list), p, e) < 0)
		failed = -1;
	buf_done(&alive.list);
	if (failed || only_count) {
		ledger_rollback(l);
		return failed;
	}
	return ledger_commit(l, e) < 0 ? -1 : write_anew(l, e);
}
