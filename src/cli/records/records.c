/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/records/records.h"

#include <stdlib.h>

#include "base/mem.h"
#include "cli/records/sheet.h"
#include "core/ledger/attempts.h"
#include "core/ledger/owed.h"
#include "core/ledger/queries.h"
#include "core/ledger/studies.h"

/* A DIMSE status as everybody writes it; null for none. */
static struct json *status_word(int status)
{
	auto_free char *text = status < 0 ? NULL : mem_printf("0x%04X", (unsigned)status);

	return json_string(text);
}

static struct json *known(long long number)
{
	return number < 0 ? json_new(JSON_NULL) : json_integer(number);
}

struct json *query_record(const struct ledger_query *q)
{
	struct json *row = json_new(JSON_OBJECT);

	json_set(row, "query", json_integer(q->id));
	json_set(row, "at", sheet_time(q->at));
	json_set(row, "user", json_string(q->user));
	json_set(row, "node", json_string(q->node));
	json_set(row, "level", json_string(q->level));
	json_set(row, "model", json_string(q->model));
	json_set(row, "keys", json_string(q->keys));
	json_set(row, "rows", json_integer(q->rows));
	json_set(row, "ms", json_integer(q->ms));
	json_set(row, "status", status_word(q->status));
	json_set(row, "cut", json_bool(q->cut));
	json_set(row, "comment", json_string(q->comment));
	json_set(row, "job", q->job ? json_integer(q->job) : NULL);
	return row;
}

struct json *study_record(const struct ledger_study *s)
{
	struct json *row = json_new(JSON_OBJECT);

	json_set(row, "job", json_integer(s->job));
	json_set(row, "at", sheet_time(s->at));
	json_set(row, "node", json_string(s->node));
	json_set(row, "studyInstanceUID", json_string(s->study_uid));
	json_set(row, "studyDate", json_string(s->date));
	json_set(row, "modality", json_string(s->modalities));
	json_set(row, "status", json_string(s->verdict));
	json_set(row, "received", json_integer(s->received));
	json_set(row, "expected", known(s->expected));
	json_set(row, "expectedFrom", json_string(s->counted));
	json_set(row, "bytes", json_integer(s->bytes));
	json_set(row, "attempts", json_integer(s->attempts));
	json_set(row, "output", json_string(s->output));
	json_set(row, "why", json_string(s->why));
	json_set(row, "givenUp", json_bool(s->given_up));
	json_set(row, "skipped", s->skip != SKIP_NOT ? json_string(skip_name(s->skip)) : NULL);
	return row;
}

struct json *attempt_record(const struct ledger_attempt *a)
{
	struct json *row = json_new(JSON_OBJECT);

	json_set(row, "job", json_integer(a->job));
	json_set(row, "at", sheet_time(a->at));
	json_set(row, "what", json_string(a->rung));
	json_set(row, "studies", json_integer(a->studies));
	json_set(row, "ms", known(a->ms));
	json_set(row, "objects", json_integer(a->objects));
	json_set(row, "bytes", json_integer(a->bytes));
	json_set(row, "status", status_word(a->status));
	json_set(row, "completed", known(a->completed));
	json_set(row, "failed", known(a->failed));
	json_set(row, "outcome", json_string(a->outcome));
	json_set(row, "words", json_string(a->words));
	json_set(row, "command", json_string(a->command));
	json_set(row, "toolVersion", json_string(a->tool_version));
	json_set(row, "exitStatus", known(a->exit_status));
	return row;
}

struct json *hook_record(const struct ledger_hook *h)
{
	struct json *row = json_new(JSON_OBJECT);

	json_set(row, "job", json_integer(h->job));
	json_set(row, "at", sheet_time(h->at));
	json_set(row, "program", json_string(h->program));
	json_set(row, "verdict", json_string(h->verdict));
	json_set(row, "ms", json_integer(h->ms));
	json_set(row, "exitStatus", known(h->exit_status));
	json_set(row, "words", *h->words ? json_string(h->words) : NULL);
	return row;
}
