/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Studies: what each job wanted, and what became of it. */
#include "core/ledger/studies.h"

#include <stdlib.h>

#include "base/mem.h"
#include "core/ledger/sql.h"
#include "dicom/value.h"

int ledger_study_put(struct ledger *l, const struct ledger_study *s, struct err *e)
{
	return ledger_run(l, SQL_STUDY_PUT, CELLS(NUM(s->job), TEXT(s->study_uid), NUM(s->position), TEXT(s->date),
						  TEXT(s->modalities), TEXT(s->verdict), TEXT(s->why), NUM(s->expected),
						  TEXT(s->counted), NUM(s->received), NUM(s->bytes), NUM(s->attempts), TEXT(skip_name(s->skip))), e);
}

struct ledger_study ledger_study_of(const struct plan *plan, const struct plan_study *in, int64_t job)
{
	return (struct ledger_study){
		.job = job, .study_uid = study_get(&in->study, STUDY_UID), .date = study_get(&in->study, STUDY_DATE),
		.modalities = study_get(&in->study, STUDY_MODALITIES), .verdict = verdict_name(in->verdict), .why = in->why,
		.skip = in->skip, .position = (int)(in - plan->studies), .expected = in->expected, .received = in->received,
		.attempts = in->attempts, .counted = plan_study_counted(in), .bytes = in->bytes,
	};
}

char *ledger_last_verdict(struct ledger *l, const char *output, const char *study_uid, int *ret_received)
{
	struct err ignored = { ERR_NONE, "" };
	sqlite3_stmt *s = ledger_ask(l, SQL_STUDY_LAST, CELLS(TEXT(output), TEXT(study_uid)), &ignored);
	char *verdict = NULL;

	if (s && sqlite3_step(s) == SQLITE_ROW) {
		verdict = mem_str(column_text(s, 0));
		if (ret_received)
			*ret_received = sqlite3_column_int(s, 1);
	}
	if (s)
		ledger_give_back(l, SQL_STUDY_LAST, s);
	return verdict;
}

static int found_verdict(sqlite3_stmt *s, void *owner)
{
	char **verdict = owner;

	*verdict = mem_str(column_text(s, 0));
	return 1;
}

char *ledger_standing(struct ledger *l, const char *node, const char *output, const char *study_uid)
{
	struct err ignored = { ERR_NONE, "" };
	char *verdict = NULL;

	ledger_walk(l, SQL_SYNC_VERDICT, CELLS(TEXT(node), TEXT(output), TEXT(study_uid)), found_verdict, &verdict, &ignored);
	return verdict;
}

struct telling_studies {
	ledger_study_fn *fn;
	void *owner;
};

static int tell_study(sqlite3_stmt *s, void *owner)
{
	const struct telling_studies *t = owner;
	struct ledger_study study = {
		.job = sqlite3_column_int64(s, 0), .study_uid = column_text(s, 1), .date = column_text(s, 2),
		.modalities = column_text(s, 3), .verdict = column_text(s, 4), .why = column_text(s, 5),
		.position = sqlite3_column_int(s, 6), .expected = sqlite3_column_int(s, 7), .counted = column_text(s, 8),
		.received = sqlite3_column_int(s, 9), .bytes = sqlite3_column_int64(s, 10), .attempts = sqlite3_column_int(s, 11),
		.node = column_text(s, 12), .output = column_text(s, 13), .at = sqlite3_column_int64(s, 14),
		.skip = SKIP_OTHER, .given_up = sqlite3_column_int(s, 16),
	};

	skip_parse(column_text(s, 15), &study.skip);
	return t->fn(t->owner, &study);
}

int ledger_studies_dated(struct ledger *l, const char *node, const struct date_range *range, ledger_study_fn *fn, void *owner,
			 struct err *e)
{
	struct telling_studies t = { fn, owner };
	auto_free char *from = range->from ? mem_printf("%08d", range->from) : mem_str("");
	auto_free char *until = mem_printf("%08d", range->until ? range->until : 99999999);

	return ledger_walk(l, SQL_STUDIES_DATED, CELLS(TEXT(node), TEXT(from), TEXT(until)), tell_study, &t, e);
}

int ledger_studies_open(struct ledger *l, const char *node, ledger_study_fn *fn, void *owner, struct err *e)
{
	struct telling_studies t = { fn, owner };

	return ledger_walk(l, SQL_STUDIES_OPEN, CELLS(TEXT(node)), tell_study, &t, e);
}

int ledger_study_first(struct ledger *l, const char *node, int *ret_date, struct err *e)
{
	struct err why = { ERR_NONE, "" };
	auto_free char *date = ledger_first_text(l, SQL_STUDY_FIRST, CELLS(TEXT(node)), &why);

	*ret_date = date ? date_parse(date) : 0;
	if (why.kind)
		*e = why;
	return why.kind ? -1 : 0;
}

int ledger_study_story(struct ledger *l, const char *study_uid, ledger_study_fn *fn, void *owner, struct err *e)
{
	struct telling_studies t = { fn, owner };

	return ledger_walk(l, SQL_STUDY_STORY, CELLS(TEXT(study_uid)), tell_study, &t, e);
}
