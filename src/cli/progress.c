/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run says while it goes on and when it is over.  The rule: no line names a patient, and each reaches stderr in one
 * write, so that the live line is never torn. */
#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/amounts.h"
#include "cli/terminal.h"
#include "parse/json.h"

enum {
	REDRAW_MS = 200,
	JSON_MS = 1000,
	PLAIN_MS = 30000,
	SAMPLES = 10,			/* one a second: over these the speed is taken */
	SAMPLE_MS = 1000,
	LINES_MAX = 20,			/* of one kind: those that are not good, at the end; those that were here before */
};
#define LINE_CEILING BUF_MB(1)
#define CLEAR "\r\033[K"

struct sample {
	int64_t at_ms;
	long long bytes;
};

struct progress {
	bool live, json, plain;		/* none of them: says nothing */
	bool verbose, quiet;
	bool drawn;			/* the live line is on the screen */
	int64_t drawn_ms, told_ms;	/* run time of the last ones; -1 = never */
	long long held;			/* objects of finished studies that were here before: no work */
	long long known;		/* studies that were here before */
	struct run_progress last;
	struct sample samples[SAMPLES];	/* a ring, oldest overwritten */
	size_t sampled;
};

static struct progress *current;	/* whose live line a line of the log must spare */

static void add_count(struct buf *b, const char *before, long long count, const char *one, const char *many)
{
	buf_printf(b, "%s%s %s", before, show_count(count), count == 1 ? one : many);
}

static void put(const struct buf *b)
{
	fflush(stdout);			/* the two often are one terminal */
	fwrite(buf_text(b), 1, b->len, stderr);
	fflush(stderr);
}

/* ---- how far it is ---- */

static const struct sample *newest_sample(const struct progress *p)
{
	return p->sampled ? &p->samples[(p->sampled - 1) % SAMPLES] : NULL;
}

static void note(struct progress *p, const struct run_progress *run)
{
	const struct sample *newest = newest_sample(p);

	p->last = *run;
	if (!newest || run->elapsed_ms - newest->at_ms >= SAMPLE_MS)
		p->samples[p->sampled++ % SAMPLES] = (struct sample){ run->elapsed_ms, run->bytes };
}

/* Bytes a second over the last seconds; -1 while there is nothing to say. */
static long long speed(const struct progress *p)
{
	struct sample oldest = p->sampled > SAMPLES ? p->samples[p->sampled % SAMPLES] : p->samples[0];

	if (!p->sampled || p->last.elapsed_ms - oldest.at_ms < SAMPLE_MS)
		oldest = (struct sample){ 0, 0 };
	if (p->last.elapsed_ms - oldest.at_ms < SAMPLE_MS)
		return -1;
	return (p->last.bytes - oldest.bytes) * 1000 / (p->last.elapsed_ms - oldest.at_ms);
}

static long long share_left(int64_t elapsed_ms, long long done, long long left)
{
	return left <= 0 ? 0 : (long long)((double)elapsed_ms * (double)left / (double)done);
}

/* Milliseconds; -1 unknown.  Of objects when it is known how many there will be, else of studies. */
static long long time_left(const struct progress *p)
{
	const struct run_progress *run = &p->last;

	if (run->studies_done >= run->studies)
		return 0;
	if (run->objects_expected >= 0 && run->objects > 0 && run->objects_expected - p->held > run->objects)
		return share_left(run->elapsed_ms, run->objects, run->objects_expected - p->held - run->objects);
	if (run->objects_expected < 0 && run->studies_done && run->objects > 0)
		return share_left(run->elapsed_ms, (long long)run->studies_done, (long long)(run->studies - run->studies_done));
	return -1;
}

/* "3/12 studies, 1,234/5,678 objects, 62.3 MB, 8.2 MB/s, 1 m 02 s left, 1 waiting" */
static void add_status(struct buf *b, const struct progress *p)
{
	const struct run_progress *run = &p->last;
	long long expected = run->objects_expected - p->held, left = time_left(p), rate = speed(p);

	buf_printf(b, "%s/%s, %s", show_count((long long)run->studies_done), show_studies(run->studies), show_count(run->objects));
	if (run->objects_expected >= 0 && expected >= run->objects)
		buf_printf(b, "/%s", show_count(expected));
	else
		expected = run->objects;
	buf_printf(b, " %s, %s", expected == 1 ? "object" : "objects", show_bytes(run->bytes));
	if (rate >= 0)
		buf_printf(b, ", %s/s", show_bytes(rate));
	if (left > 0 && left < 10000)
		buf_printf(b, ", %lld s left", (left + 999) / 1000);	/* tenths would be a promise */
	else if (left > 0)
		buf_printf(b, ", %s left", show_duration(left));
	if (run->waiting)
		buf_printf(b, ", %zu waiting", run->waiting);
}

/* Pure ASCII, so bytes are columns; one is left free, because a full line would wrap. */
static void add_live(struct buf *b, const struct progress *p)
{
	auto_buf struct buf status = BUF_INIT(LINE_CEILING);
	size_t room = terminal_columns(STDERR_FILENO, 80) - 1;

	add_status(&status, p);
	buf_str(b, CLEAR);
	buf_add(b, buf_text(&status), status.len < room ? status.len : room);
}

static void draw(struct progress *p)
{
	auto_buf struct buf b = BUF_INIT(LINE_CEILING);

	add_live(&b, p);
	put(&b);
	p->drawn = true;
	p->drawn_ms = p->last.elapsed_ms;
}

static void clear(struct progress *p)
{
	if (p && p->drawn)
		fputs(CLEAR, stderr);
	if (p)
		p->drawn = false;
}

/* A whole line where the live line was, which moves down. */
static void say(struct progress *p, const char *line)
{
	auto_buf struct buf b = BUF_INIT(LINE_CEILING);

	if (p && p->drawn)
		buf_str(&b, CLEAR);
	buf_printf(&b, "%s\n", line);
	if (p && p->drawn)
		add_live(&b, p);
	put(&b);
}

static void say_json(struct json *event)
{
	auto_buf struct buf b = BUF_INIT(LINE_CEILING);

	json_write(&b, event, false);
	buf_char(&b, '\n');
	put(&b);
	json_free(event);
}

/* ---- a study ---- */

static const char *colour_of(enum verdict v)
{
	switch (v) {
	case VERDICT_COMPLETE: case VERDICT_COMPLETE_BY_COUNT:
		return "\033[32m";
	case VERDICT_FAILED:
		return "\033[31m";
	case VERDICT_UNVERIFIED: case VERDICT_INCOMPLETE: case VERDICT_EMPTY: case VERDICT_PARKED:
		return "\033[33m";
	default:
		return NULL;
	}
}

static void add_verdict(struct buf *b, enum verdict v)
{
	const char *word = verdict_name(v), *colour = terminal_has_colour(STDERR_FILENO) ? colour_of(v) : NULL;
	int pad = 11 - (int)strlen(word);

	buf_printf(b, "%s%s%s%*s ", colour ? colour : "", word, colour ? "\033[0m" : "", pad > 0 ? pad : 0, "");
}

/* A value of the peer, clean; "-" when there is none. */
static void add_value(struct buf *b, const struct study *s, enum study_field field, const char *after)
{
	const char *value = study_get(s, field);
	auto_free char *text = log_clean(mem_str(*value ? value : "-"));

	for (char *c = text; field == STUDY_MODALITIES && *c; c++)
		if (*c == '\\')
			*c = '/';
	buf_printf(b, "%s%s", text, after);
}

static void add_what(struct buf *b, const struct study *s)
{
	add_value(b, s, STUDY_DATE, " ");
	add_value(b, s, STUDY_MODALITIES, "  ");
	add_value(b, s, STUDY_DESCRIPTION, "  ");
}

static void add_why(struct buf *b, const struct plan_study *s)
{
	auto_free char *why = s->why ? log_clean(mem_str(s->why)) : NULL;

	if (why && !verdict_is_good(s->verdict))
		buf_printf(b, ": %s", why);
}

/* "118 of 120 objects" */
static void add_objects(struct buf *b, const struct plan_study *s)
{
	if (s->expected >= 0 && s->expected != s->received)
		buf_printf(b, "%s of ", show_count(s->received));
	add_count(b, "", s->expected >= 0 ? s->expected : s->received, "object", "objects");
}

/* Nothing was asked for, because all of it is here. */
static bool was_here(const struct plan_study *s)
{
	return s->received && !s->bytes && !s->attempts;
}

/* "[3/12] complete    20240105 CT  CT CHEST  120 objects  62.3 MB  1.2.840..." */
static void tell_study(struct progress *p, const struct plan_study *s)
{
	auto_buf struct buf b = BUF_INIT(LINE_CEILING);

	buf_printf(&b, "[%zu/%zu] ", p->last.studies_done, p->last.studies);
	add_verdict(&b, s->verdict);
	add_what(&b, &s->study);
	add_objects(&b, s);
	if (was_here(s))
		buf_str(&b, "  already here  ");
	else
		buf_printf(&b, "  %s  ", show_bytes(s->bytes));
	add_value(&b, &s->study, STUDY_UID, "");
	add_why(&b, s);
	say(p, buf_text(&b));
}

/* ---- for machines ---- */

static struct json *event_new(const char *name)
{
	struct json *event = json_new(JSON_OBJECT);

	json_set(event, "event", json_string(name));
	return event;
}

static void set_count(struct json *event, const char *name, long long count)
{
	json_set(event, name, count < 0 ? json_new(JSON_NULL) : json_integer(count));
}

static void set_progress(struct json *event, const struct run_progress *run)
{
	set_count(event, "studiesDone", (long long)run->studies_done);
	set_count(event, "studies", (long long)run->studies);
	set_count(event, "objects", run->objects);
	set_count(event, "objectsExpected", run->objects_expected);
	set_count(event, "bytes", run->bytes);
	set_count(event, "elapsedMs", run->elapsed_ms);
}

static void tell_study_json(const struct progress *p, const struct plan_study *s)
{
	struct json *event = event_new("study");

	set_count(event, "studiesDone", (long long)p->last.studies_done);
	set_count(event, "studies", (long long)p->last.studies);
	json_set(event, "studyInstanceUID", json_string(study_get(&s->study, STUDY_UID)));
	json_set(event, "studyDate", json_string(study_get(&s->study, STUDY_DATE)));
	json_set(event, "modality", json_string(study_get(&s->study, STUDY_MODALITIES)));
	json_set(event, "studyDescription", json_string(study_get(&s->study, STUDY_DESCRIPTION)));
	json_set(event, "verdict", json_string(verdict_name(s->verdict)));
	json_set(event, "why", json_string(s->why));
	set_count(event, "objects", s->received);
	set_count(event, "objectsExpected", s->expected);
	set_count(event, "objectsMissing", (long long)s->missing.count);
	set_count(event, "bytes", s->bytes);
	set_count(event, "attempts", s->attempts);
	say_json(event);
}

static void tell_progress_json(const struct progress *p)
{
	struct json *event = event_new("progress");
	long long left = time_left(p);

	set_progress(event, &p->last);
	set_count(event, "bytesPerSecond", speed(p));
	set_count(event, "secondsLeft", left < 0 ? -1 : (left + 999) / 1000);
	set_count(event, "running", (long long)p->last.running);
	set_count(event, "waiting", (long long)p->last.waiting);
	say_json(event);
}

/* ---- the hooks ---- */

static void study_over(void *owner, const struct plan_study *s, const struct run_progress *run)
{
	struct progress *p = owner;

	note(p, run);
	p->held += s->held;
	p->known += was_here(s);
	if (p->quiet)
		return;
	if (p->json)
		tell_study_json(p, s);
	else if ((p->live || p->plain) && (p->verbose || !was_here(s) || p->known <= LINES_MAX))
		tell_study(p, s);
}

static bool due(const struct progress *p, int64_t since_ms, int64_t every_ms)
{
	return since_ms < 0 || p->last.elapsed_ms - since_ms >= every_ms;
}

static void tell_progress(struct progress *p)
{
	auto_buf struct buf b = BUF_INIT(LINE_CEILING);

	add_status(&b, p);
	say(p, buf_text(&b));
}

static void progressed(void *owner, const struct run_progress *run)
{
	struct progress *p = owner;
	bool plain = p->plain && p->verbose;

	note(p, run);
	if (p->quiet)
		return;
	if (p->live && due(p, p->drawn_ms, REDRAW_MS))
		draw(p);
	if (!(p->json && due(p, p->told_ms, JSON_MS)) && !(plain && due(p, p->told_ms, PLAIN_MS)))
		return;
	if (p->json)
		tell_progress_json(p);
	else if (p->told_ms >= 0)		/* the first of them has nothing to tell */
		tell_progress(p);
	p->told_ms = run->elapsed_ms;
}

const struct run_hooks progress_hooks = { study_over, progressed };

struct progress *progress_new(enum progress_mode mode, bool verbose, bool quiet)
{
	struct progress *p = mem_alloc(sizeof *p);

	p->json = mode == PROGRESS_JSON;
	p->live = mode == PROGRESS_AUTO && terminal_obeys(STDERR_FILENO);
	p->plain = (mode == PROGRESS_PLAIN || mode == PROGRESS_AUTO) && !p->live;
	p->verbose = verbose;
	p->quiet = quiet;
	p->drawn_ms = p->told_ms = -1;
	current = p;
	return p;
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	clear(p);
	if (current == p)
		current = NULL;
	free(p);
}

static const char *program_name = "dicom-qr";

void progress_set_name(const char *name)
{
	program_name = name;
}

/* Who reads JSON lines gets nothing else. */
static void log_json(const char *level, const char *line)
{
	struct json *event = event_new("log");

	json_set(event, "level", json_string(level));
	json_set(event, "text", json_string(line));
	say_json(event);
}

void progress_log(enum log_level level, const char *line)
{
	static const char *const words[] = {
		[LOG_ERROR] = "error", [LOG_WARNING] = "warning", [LOG_INFO] = "info", [LOG_VERBOSE] = "verbose",
		[LOG_DEBUG] = "debug",
	};
	bool named = level != LOG_INFO && level != LOG_VERBOSE;
	auto_free char *text = mem_printf("%s: %s%s%s", program_name, named ? words[level] : "", named ? ": " : "", line);

	if (current && current->json)
		log_json(words[level], line);
	else
		say(current, text);
}

/* ---- the end ---- */

static bool all_good(const struct plan_summary *sum, const struct run_result *result)
{
	for (int v = 0; v < VERDICTS; v++)
		if (sum->studies[v] && !verdict_is_good((enum verdict)v))
			return false;
	return !result->fatal.kind && !result->limit && !result->interrupted;
}

static long long missing_objects(const struct plan *plan)
{
	long long missing = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_study *s = &plan->studies[i];

		if (s->verdict != VERDICT_INCOMPLETE)
			continue;
		if (s->missing.count)
			missing += (long long)s->missing.count;
		else if (s->expected > s->received)
			missing += s->expected - s->received;
	}
	return missing;
}

/* "12 studies: 10 complete, 1 incomplete (3 objects missing), 1 failed" */
static void add_verdicts(struct buf *b, const struct plan *plan, const struct plan_summary *sum)
{
	static const struct {
		enum verdict verdict;
		const char *word;
	} order[] = {
		{ VERDICT_COMPLETE, "complete" },
		{ VERDICT_COMPLETE_BY_COUNT, "complete by count" },
		{ VERDICT_UNVERIFIED, "unverified" },
		{ VERDICT_INCOMPLETE, "incomplete" },
		{ VERDICT_EMPTY, "empty" },
		{ VERDICT_FAILED, "failed" },
		{ VERDICT_PARKED, "parked" },
		{ VERDICT_WANTED, "not done" },
		{ VERDICT_SKIPPED, "skipped" },
	};
	const char *before = ": ";
	long long missing = missing_objects(plan);

	add_count(b, "", (long long)plan->count, "study", "studies");
	for (size_t i = 0; i < countof(order); i++) {
		size_t count = sum->studies[order[i].verdict];

		if (!count)
			continue;
		buf_printf(b, "%s%s %s", before, show_count((long long)count), order[i].word);
		before = ", ";
		if (order[i].verdict != VERDICT_INCOMPLETE || !missing)
			continue;
		add_count(b, " (", missing, "object missing)", "objects missing)");
	}
}

static void add_arrived(struct buf *b, const struct run_progress *run)
{
	add_count(b, "; ", run->objects, "object", "objects");
	buf_printf(b, ", %s in %s", show_bytes(run->bytes), show_duration(run->elapsed_ms));
	if (run->bytes > 0 && run->elapsed_ms > 0)
		buf_printf(b, " (%s/s)", show_bytes((long long)((double)run->bytes * 1000 / (double)run->elapsed_ms)));
}

/* What the sums do not show. */
static void add_oddities(struct buf *b, const struct run_result *result)
{
	if (result->duplicates)
		add_count(b, "; ", result->duplicates, "duplicate", "duplicates");
	if (result->conflicts)
		add_count(b, "; ", result->conflicts, "conflict", "conflicts");
	if (result->damaged)
		add_count(b, "; ", result->damaged, "damaged file", "damaged files");
	if (result->foreign)
		add_count(b, "; ", result->foreign, "object nobody asked for", "objects nobody asked for");
	if (result->strangers)
		add_count(b, "; ", (long long)result->strangers, "connection turned away", "connections turned away");
	if (result->hooks_failed)
		add_count(b, "; ", result->hooks_failed, "program told of a study failed", "programs told of studies failed");
}

/* Why a run broke off, the log has said already. */
static void add_ending(struct buf *b, const struct run_result *result)
{
	if (result->fatal.kind && result->fatal.kind != ERR_INTERRUPTED)
		buf_str(b, "; stopped early");
	else if (result->interrupted || result->fatal.kind)
		buf_str(b, "; interrupted");
	else if (result->limit)
		buf_printf(b, "; stopped by %s", result->limit);
}

/* Those that were never tried have nothing to tell. */
static bool has_ending(const struct plan_study *s)
{
	return !verdict_is_good(s->verdict) && (s->verdict != VERDICT_WANTED || s->why || s->attempts);
}

static void tell_bad_study(const struct plan_study *s)
{
	auto_buf struct buf b = BUF_INIT(LINE_CEILING);

	buf_str(&b, "  ");
	add_verdict(&b, s->verdict);
	add_what(&b, &s->study);
	add_value(&b, &s->study, STUDY_UID, "");
	add_why(&b, s);
	say(NULL, buf_text(&b));
}

/* The first of them; the ledger knows all. */
static void tell_bad_studies(const struct plan *plan)
{
	auto_buf struct buf b = BUF_INIT(LINE_CEILING);
	long long told = 0, more = 0;

	for (size_t i = 0; i < plan->count; i++) {
		if (!has_ending(&plan->studies[i]))
			continue;
		if (told++ < LINES_MAX)
			tell_bad_study(&plan->studies[i]);
		else
			more++;
	}
	if (!more)
		return;
	buf_printf(&b, "  and %s more: dicom-qr report --incomplete", show_count(more));
	say(NULL, buf_text(&b));
}

static struct json *fatal_json(const struct err *fatal)
{
	struct json *error;

	if (!fatal->kind)
		return NULL;
	error = json_new(JSON_OBJECT);
	json_set(error, "kind", json_string(err_kind_name(fatal->kind)));
	json_set(error, "text", json_string(fatal->text));
	return error;
}

static void tell_end_json(const struct plan *plan, const struct plan_summary *sum, const struct run_result *result)
{
	struct json *event = event_new("end"), *verdicts = json_new(JSON_OBJECT);

	for (int v = 0; v < VERDICTS; v++)
		set_count(verdicts, verdict_name((enum verdict)v), (long long)sum->studies[v]);
	set_progress(event, &result->progress);
	set_count(event, "studiesInPlan", (long long)plan->count);
	json_set(event, "verdicts", verdicts);
	set_count(event, "objectsMissing", missing_objects(plan));
	set_count(event, "requests", result->requests);
	set_count(event, "queries", result->queries);
	set_count(event, "duplicates", result->duplicates);
	set_count(event, "conflicts", result->conflicts);
	set_count(event, "damaged", result->damaged);
	set_count(event, "foreign", result->foreign);
	set_count(event, "strangers", (long long)result->strangers);
	set_count(event, "hooks", result->hooks);
	set_count(event, "hooksFailed", result->hooks_failed);
	json_set(event, "interrupted", json_bool(result->interrupted));
	json_set(event, "limit", json_string(result->limit));
	json_set(event, "error", fatal_json(&result->fatal));
	json_set(event, "good", json_bool(all_good(sum, result)));
	say_json(event);
}

void progress_summary(const struct plan *plan, const struct run_result *result, bool quiet, enum progress_mode mode)
{
	auto_buf struct buf b = BUF_INIT(LINE_CEILING);
	struct plan_summary sum;

	plan_summarise(plan, &sum);
	clear(current);
	if (quiet && all_good(&sum, result))
		return;
	if (mode == PROGRESS_JSON) {
		tell_end_json(plan, &sum, result);
		return;
	}
	add_verdicts(&b, plan, &sum);
	add_arrived(&b, &result->progress);
	if (!quiet)
		add_oddities(&b, result);
	add_ending(&b, result);
	if (!quiet && current && current->known > LINES_MAX)
		add_count(&b, "; ", current->known, "study was already here", "studies were already here");
	say(NULL, buf_text(&b));
	if (!quiet)
		tell_bad_studies(plan);
}
