/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attempts, the studies that shared each, and how fast a node was in them. */
#include "core/ledger/attempts.h"

#include <string.h>

#include "base/mem.h"
#include "core/ledger/sql.h"

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

struct telling_attempts {
	ledger_attempt_fn *fn;
	void *owner;
};

static int tell_attempt(sqlite3_stmt *s, void *owner)
{
	const struct telling_attempts *t = owner;
	const struct ledger_attempt a = {
		.id = sqlite3_column_int64(s, 0), .job = sqlite3_column_int64(s, 1), .rung = column_text(s, 2),
		.command = column_text(s, 3), .tool_version = column_text(s, 4), .at = sqlite3_column_int64(s, 5),
		.ms = sqlite3_column_int64(s, 6), .bytes = sqlite3_column_int64(s, 7), .exit_status = sqlite3_column_int(s, 8),
		.status = sqlite3_column_int(s, 9), .completed = sqlite3_column_int(s, 10), .failed = sqlite3_column_int(s, 11),
		.objects = sqlite3_column_int(s, 12), .outcome = column_text(s, 13), .words = column_text(s, 14),
		.studies = sqlite3_column_int(s, 15),
	};

	return t->fn(t->owner, &a);
}

int ledger_attempts(struct ledger *l, const char *study_uid, ledger_attempt_fn *fn, void *owner, struct err *e)
{
	struct telling_attempts t = { fn, owner };

	return ledger_walk(l, SQL_ATTEMPTS, CELLS(TEXT(study_uid)), tell_attempt, &t, e);
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
