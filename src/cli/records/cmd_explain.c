/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr explain: the history of one study, and what to tell the administrator of the PACS about it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/records/records.h"
#include "cli/records/sheet.h"
#include "cli/task.h"
#include "core/ledger/attempts.h"
#include "core/ledger/facts.h"
#include "core/ledger/instances.h"
#include "core/ledger/jobs.h"
#include "core/ledger/owed.h"
#include "core/ledger/queries.h"
#include "core/ledger/studies.h"
#include "core/plan/plan.h"
#include "core/plan/state.h"
#include "dicom/value.h"

#define UIDS_SHOWN 20

static const struct opt *const tables[] = { options_shape, options_general, NULL };

const struct opt_command command_explain = {
	.name = "dicom-qr explain",
	.synopsis = "STUDY [options]",
	.summary = "show the history of one study",
	.description =
		"Shows what the ledger knows of a study, by its Study Instance UID: the queries that found it, its verdict in each job, each attempt "
		"with its command line and the words of the PACS, the missing objects, where its files are, and what was learned about the PACS.  "
		"For a study that is not complete it prints a text for the administrator of the PACS.",
	.examples = "dicom-qr explain 1.2.840.113619.2.55\ndicom-qr explain 1.2.840.113619.2.55 --format json",
	.tables = tables,
};

struct history {
	struct ledger *ledger;
	const char *uid;
	struct json *document;
	struct json *queries, *jobs, *attempts, *hooks, *held, *learned, *missing;
	bool owed;					/* its program has not been told yet */
	bool part;					/* that job asked for a part of the study */
	char *node, *verdict, *why, *date, *modalities;	/* of the last job that was about the whole study */
	long long job;
	int expected, received;
	char calling[17], called[17];
	char *words, *rung;				/* of the last attempt that failed */
	time_t said;
	int status;
	struct json *advice;
};

static void keep(char **to, const char *text)
{
	free(*to);
	*to = mem_str(text);
}

static int add_study(void *owner, const struct ledger_study *s)
{
	struct history *t = owner;

	json_add(t->jobs, study_record(s));
	if (*s->date || !t->date)	/* who was given UIDs knows none */
		keep(&t->date, s->date);
	if (*s->modalities || !t->modalities)
		keep(&t->modalities, s->modalities);
	if (t->verdict && !strcmp(s->verdict, "skipped"))
		return 0;
	if (t->verdict && strcmp(t->verdict, "skipped") && !t->part && !strcmp(s->counted, PLAN_PART))
		return 0;
	t->part = !strcmp(s->counted, PLAN_PART);
	keep(&t->node, s->node);
	keep(&t->verdict, s->verdict);
	keep(&t->why, s->why);
	t->job = s->job;
	t->expected = s->expected;
	t->received = s->received;
	return 0;
}

static int add_query(void *owner, const struct ledger_query *q)
{
	json_add(((struct history *)owner)->queries, query_record(q));
	return 0;
}

static int add_attempt(void *owner, const struct ledger_attempt *a)
{
	struct history *t = owner;

	json_add(t->attempts, attempt_record(a));
	if (!*a->words || a->job != t->job)
		return 0;
	keep(&t->words, a->words);
	keep(&t->rung, a->rung);
	t->said = a->at;
	t->status = a->status;
	return 0;
}

static int add_hook(void *owner, const struct ledger_hook *h)
{
	json_add(((struct history *)owner)->hooks, hook_record(h));
	return 0;
}

static int note_owed(void *owner, const struct ledger_owed *o)
{
	(void)o;
	((struct history *)owner)->owed = true;
	return 0;
}

static int add_held(void *owner, const char *output, int64_t files, int64_t bytes)
{
	struct json *row = json_new(JSON_OBJECT);

	json_set(row, "folder", json_string(output));
	json_set(row, "files", json_integer(files));
	json_set(row, "bytes", json_integer(bytes));
	json_add(((struct history *)owner)->held, row);
	return 0;
}

static int add_learned(void *owner, const char *what, const char *value, time_t at, int times)
{
	struct json *row = json_new(JSON_OBJECT);

	json_set(row, "what", json_string(what));
	json_set(row, "value", json_string(value));
	json_set(row, "at", sheet_time(at));
	json_set(row, "times", json_integer(times));
	json_add(((struct history *)owner)->learned, row);
	return 0;
}

/* The plan of the job has the missing objects and our AE title; it may have been purged. */
static void read_plan(struct history *t)
{
	struct err ignored = { ERR_NONE, "" };
	auto_free char *text = t->job ? ledger_job_plan_text(t->ledger, t->job, &ignored) : NULL;
	const struct plan_study *in;
	struct plan plan;

	plan_init(&plan);
	if (text && state_parse(text, strlen(text), &plan, &ignored) == 0) {
		memcpy(t->calling, plan.how.peer.calling, sizeof t->calling);
		memcpy(t->called, plan.how.peer.called, sizeof t->called);
		in = plan_find(&plan, t->uid);
		for (size_t i = 0; in && i < in->missing.count; i++)
			json_add(t->missing, json_string(in->missing.items[i].sop));
	}
	plan_done(&plan);
}

static bool is_good(const struct history *t)
{
	enum verdict verdict;

	return t->verdict && verdict_parse(t->verdict, &verdict) && verdict_is_good(verdict);
}

/* The text can be sent as it is: it names no patient, and only what an administrator can look up. */
static void write_advice(struct history *t)
{
	auto_buf struct buf b = BUF_INIT(BUF_MB(1));
	size_t missing = json_count(t->missing);
	char stamp[20];

	if (!t->verdict || is_good(t) || !strcmp(t->verdict, "skipped"))
		return;
	buf_printf(&b, "On your PACS %s, study %s", t->node, t->uid);
	if (*t->date)
		buf_printf(&b, " of %s", t->date);
	buf_printf(&b, " could not be retrieved completely");
	if (*t->calling)
		buf_printf(&b, " by %s", t->calling);
	if (t->expected >= 0)
		buf_printf(&b, ": the PACS states %d objects, %d arrived", t->expected, t->received);
	else
		buf_printf(&b, ": %d objects arrived", t->received);
	buf_str(&b, ".");
	if (t->words) {
		buf_printf(&b, "  On %s its answer to our %s was: %s", clock_stamp(t->said, stamp), t->rung, t->words);
		if (t->status >= 0 && !strstr(t->words, "0x"))
			buf_printf(&b, " (status 0x%04X)", (unsigned)t->status);
		buf_str(&b, ".");
	} else if (t->why && *t->why) {
		buf_printf(&b, "  Reason: %s.", t->why);
	}
	if (missing) {
		buf_printf(&b, "  Please check whether these objects can be read in your archive (SOP Instance UIDs):");
		for (size_t i = 0; i < missing && i < UIDS_SHOWN; i++)
			buf_printf(&b, "%s %s", i ? "," : "", json_text(json_at(t->missing, i)));
		if (missing > UIDS_SHOWN)
			buf_printf(&b, " and %zu more", missing - UIDS_SHOWN);
		buf_str(&b, ".");
	}
	t->advice = json_string(buf_text(&b));
}

static int collect(struct history *t, struct err *e)
{
	if (ledger_study_story(t->ledger, t->uid, add_study, t, e) < 0 || ledger_queries_of(t->ledger, t->uid, add_query, t, e) < 0 ||
	    ledger_attempts(t->ledger, t->uid, add_attempt, t, e) < 0 || ledger_hooks(t->ledger, t->uid, add_hook, t, e) < 0 ||
	    ledger_owed_of(t->ledger, t->uid, note_owed, t, e) < 0 || ledger_held_folders(t->ledger, t->uid, add_held, t, e) < 0 ||
	    (t->node && ledger_learned_all(t->ledger, t->node, add_learned, t, e) < 0))
		return -1;
	if (!json_count(t->jobs) && !json_count(t->held) && !json_count(t->queries))
		return err_set(e, ERR_INPUT, "the ledger knows nothing of study %s", t->uid);
	read_plan(t);
	write_advice(t);
	return 0;
}

static void begin(struct history *t)
{
	static const char *const lists[] = { "queries", "jobs", "attempts", "hooks", "missing", "held", "learned" };
	struct json **at[] = { &t->queries, &t->jobs, &t->attempts, &t->hooks, &t->missing, &t->held, &t->learned };

	t->document = json_new(JSON_OBJECT);
	json_set(t->document, "studyInstanceUID", json_string(t->uid));
	json_set(t->document, "studyDate", NULL);
	json_set(t->document, "modality", NULL);
	json_set(t->document, "node", NULL);
	json_set(t->document, "status", NULL);
	json_set(t->document, "why", NULL);
	for (size_t i = 0; i < countof(lists); i++) {
		*at[i] = json_new(JSON_ARRAY);
		json_set(t->document, lists[i], *at[i]);
	}
	json_set(t->document, "hookOwed", NULL);
	json_set(t->document, "advice", NULL);
}

static void finish(struct history *t)
{
	json_set(t->document, "studyDate", json_string(t->date));
	json_set(t->document, "modality", json_string(t->modalities));
	json_set(t->document, "node", json_string(t->node));
	json_set(t->document, "status", json_string(t->verdict));
	json_set(t->document, "why", t->why && *t->why ? json_string(t->why) : NULL);
	json_set(t->document, "hookOwed", json_bool(t->owed));
	json_set(t->document, "advice", t->advice);
}

static void history_done(struct history *t)
{
	json_free(t->document);
	free(t->node);
	free(t->verdict);
	free(t->why);
	free(t->date);
	free(t->modalities);
	free(t->words);
	free(t->rung);
}

/* ---- for people ---- */

static void line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* One line, nothing in it that a terminal would obey. */
static void line(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	puts(log_clean(text));
	free(text);
}

static const char *text_of(const struct json *row, const char *member)
{
	const char *text = json_text(json_get(row, member));

	return text ? text : "";
}

static void tell_queries(const struct history *t)
{
	for (size_t i = 0; i < json_count(t->queries); i++) {
		const struct json *q = json_at(t->queries, i);

		if (!i)
			line("Queries:");
		line("  %s  %s asked %s at level %s: %s", text_of(q, "at"), text_of(q, "user"), text_of(q, "node"), text_of(q, "level"),
		     *text_of(q, "keys") ? text_of(q, "keys") : "all of them");
		line("    %lld rows in %lld ms%s%s%s%s%s", json_int(json_get(q, "rows"), 0), json_int(json_get(q, "ms"), 0),
		     *text_of(q, "status") ? ", status " : "", text_of(q, "status"),
		     json_is_true(json_get(q, "cut")) ? "; the answer was cut" : "", *text_of(q, "comment") ? "; the PACS says: " : "",
		     text_of(q, "comment"));
	}
}

static void tell_attempts(const struct history *t, long long job)
{
	for (size_t i = 0; i < json_count(t->attempts); i++) {
		const struct json *a = json_at(t->attempts, i);
		long long ms = json_int(json_get(a, "ms"), -1);

		if (json_int(json_get(a, "job"), 0) != job)
			continue;
		line("    %s  %s: %s", text_of(a, "at"), text_of(a, "what"), ms < 0 ? "did not end" : show_duration(ms));
		line("      %lld objects, %s%s%s", json_int(json_get(a, "objects"), 0), show_bytes(json_int(json_get(a, "bytes"), 0)),
		     *text_of(a, "status") ? ", final status " : "", text_of(a, "status"));
		if (*text_of(a, "words"))
			line("      %s", text_of(a, "words"));
		line("      $ %s", text_of(a, "command"));
	}
}

static void tell_hooks(const struct history *t, long long job)
{
	for (size_t i = 0; i < json_count(t->hooks); i++) {
		const struct json *h = json_at(t->hooks, i);

		if (json_int(json_get(h, "job"), 0) == job)
			line("    %s  %s was told that it is %s: %s", text_of(h, "at"), text_of(h, "program"), text_of(h, "verdict"),
			     *text_of(h, "words") ? text_of(h, "words") : "done");
	}
}

static void tell_jobs(const struct history *t)
{
	for (size_t i = 0; i < json_count(t->jobs); i++) {
		const struct json *j = json_at(t->jobs, i);
		long long expected = json_int(json_get(j, "expected"), -1);

		if (!i)
			line("Jobs:");
		line("  Job %lld, %s, %s: %s%s%s", json_int(json_get(j, "job"), 0), text_of(j, "at"), text_of(j, "node"), text_of(j, "status"),
		     *text_of(j, "why") ? ": " : "", text_of(j, "why"));
		if (expected >= 0)
			line("    %lld of %lld objects (%s%s), into %s", json_int(json_get(j, "received"), 0), expected,
			     strcmp(text_of(j, "expectedFrom"), PLAN_PART) ? "counted by: " : "only this part of the study was asked for",
			     strcmp(text_of(j, "expectedFrom"), PLAN_PART) ? text_of(j, "expectedFrom") : "", text_of(j, "output"));
		tell_attempts(t, json_int(json_get(j, "job"), 0));
		tell_hooks(t, json_int(json_get(j, "job"), 0));
	}
	if (t->owed)
		line("The program of --on-study has not been told of it yet.");
}

static void tell_rest(const struct history *t)
{
	size_t missing = json_count(t->missing);

	if (missing)
		line("Missing objects:");
	for (size_t i = 0; i < missing && i < UIDS_SHOWN; i++)
		line("  %s", json_text(json_at(t->missing, i)));
	if (missing > UIDS_SHOWN)
		line("  ... and %zu more", missing - UIDS_SHOWN);
	for (size_t i = 0; i < json_count(t->held); i++) {
		const struct json *h = json_at(t->held, i);

		line("%s%lld files, %s, in %s", i ? "      " : "Held: ", json_int(json_get(h, "files"), 0),
		     show_bytes(json_int(json_get(h, "bytes"), 0)), text_of(h, "folder"));
	}
	for (size_t i = 0; i < json_count(t->learned); i++) {
		const struct json *l = json_at(t->learned, i);

		if (!i)
			line("Learned about %s:", t->node);
		line("  %s: %s (%s)", text_of(l, "what"), text_of(l, "value"), text_of(l, "at"));
	}
	if (t->advice)
		line("For the administrator of the PACS:");
	if (t->advice)
		line("  %s", json_text(t->advice));
}

static void tell(const struct history *t)
{
	line("Study %s", t->uid);
	if (t->verdict)
		line("  %s%s%s%s%s: %s%s%s%s", t->date, *t->date ? ", " : "", t->modalities, *t->modalities ? ", at " : "at ", t->node,
		     t->verdict, t->part ? " (only a part was asked for)" : "", *t->why ? ": " : "", t->why);
	tell_queries(t);
	tell_jobs(t);
	tell_rest(t);
}

static int explain(struct task *task, struct err *e)
{
	struct session *s = &task->session;
	struct values *v = task->values;
	const char *const *rest = task->rest;
	size_t count = task->count;
	struct history t = { .status = -1 };
	int failed;

	if (count != 1)
		return err_set(e, ERR_USAGE, "give the Study Instance UID of one study");
	if (!uid_is_repeatable(rest[0]))
		return err_set(e, ERR_USAGE, "'%.80s' is not a UID", rest[0]);
	if (session_open_ledger(s, e) < 0)
		return -1;
	t.ledger = s->ledger;
	t.uid = rest[0];
	begin(&t);
	failed = collect(&t, e);
	if (!failed) {
		finish(&t);
		if (task_wants_json(v))
			sheet_json(stdout, t.document);
		else
			tell(&t);
	}
	history_done(&t);
	return failed ? -1 : EXIT_ALL_THERE;
}

int cmd_explain(int argc, char **argv)
{
	return task_run_plain(&command_explain, argc, argv, explain);
}
