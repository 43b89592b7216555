/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ranges still to be covered lie on a stack.  A range whose answer was cut is dense: slices are taken off its newer end,
 * as long as the rows seen so far suggest that they will fit; a slice that is cut becomes dense itself. */
#include "core/query/search_p.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/node/facts.h"
#include "dicom/tag.h"
#include "dicom/value.h"

#define ROWS_MAX 20000000L
#define UNTOLD_MIN 50			/* rows */
#define NAMED_MAX 20			/* windows that could not be made whole, each in a line of its own */

static void next(struct search *);
static void finish(struct search *);

/* ---- judging an answer ---- */

void search_learn_cap(struct search *w, int cap)
{
	char value[24];

	if (cap <= 0 || cap == w->result.cap)
		return;
	w->result.cap = cap;
	snprintf(value, sizeof value, "%d", cap);
	log_verbose("the PACS cuts its answers at %d rows: asking in windows", cap);
	facts_learn(w->session, &w->peer, FACT_CAP, value);
}

/* A longer answer was whole: the limit was raised since. */
static void forget_cap(struct search *w)
{
	log_verbose("the PACS does not cut its answers at %d rows any more", w->result.cap);
	w->result.cap = 0;
	facts_learn(w->session, &w->peer, FACT_CAP, NULL);
}

void search_not_whole(struct search *w, const struct range *r, const char *why)
{
	size_t len = strlen(w->result.statement);
	char text[80];

	if (w->result.whole || r->from < w->result.first_missed)
		w->result.first_missed = r->from;
	w->result.whole = false;
	search_describe(r, text, sizeof text);
	log_line(++w->unwhole > NAMED_MAX ? LOG_VERBOSE : LOG_WARNING, "the window %s could not be made whole: %s", text, why);
	if (len < sizeof w->result.statement - 100)
		snprintf(w->result.statement + len, sizeof w->result.statement - len, "%s%s", len ? ", " : "not whole: ", text);
	else if (w->result.statement[len - 1] != '.')
		snprintf(w->result.statement + len, sizeof w->result.statement - len, ", and others ...");
}

/* Whatever is asked, the PACS fails: it is left in peace. */
static void give_up(struct search *w, const struct find_result *r)
{
	const struct range all = { .from = w->asked.from, .until = w->asked.until, .last_second = -1 };

	if (w->result.rows) {
		w->result.statement[0] = '\0';
		search_not_whole(w, &all, r->why.kind ? r->why.text : "the PACS cuts every answer, however little is asked for");
	} else {
		w->result.why = r->why;
	}
	w->count = 0;
	finish(w);
}

static bool was_cut(struct search *w, const struct find_result *r)
{
	return r->cut || (w->result.cap && r->rows == w->result.cap && !r->why.kind);
}

/* Not the PACS's doing: no other window will fare better. */
static bool own_trouble(const struct err *why)
{
	return why->kind == ERR_INTERRUPTED || why->kind == ERR_USAGE || why->kind == ERR_SYSTEM || why->kind == ERR_TOOL ||
	       why->kind == ERR_SPACE;
}

static void again(void *owner)
{
	struct search *w = owner;

	next(w);
}

/* Broken off after some answers, it is the size that the PACS does not like. */
static bool too_large(const struct search *w, const struct find_result *r)
{
	return r->rows > 0 && search_can_split(w, &w->now);
}

/* A window that failed: in smaller pieces, once more after a pause, or given up by name. */
static void window_failed(struct search *w, const struct find_result *r)
{
	if (own_trouble(&r->why)) {
		w->result.why = r->why;
		finish(w);
	} else if (w->asked_once && w->barren >= FAILED_MAX) {
		give_up(w, r);
	} else if (too_large(w, r)) {
		log_verbose("an answer broke off after %d rows (%s): asking in windows", r->rows, r->why.text);
		w->result.cut++;
		w->asked_once = true;
		if (!w->too_many || r->rows < w->too_many)
			w->too_many = r->rows;
		search_split(w, w->now);
		next(w);
	} else if (err_transient(r->why.kind) && w->now.tries < w->retries && w->barren <= w->retries + 1) {
		struct range retry = w->now;

		retry.tries++;
		search_push(w, &retry);
		timer_set(w->session->loop, &w->timer, w->wait_s * 1000 + 1, again, w);
	} else if (w->asked_once || r->rows) {
		w->asked_once = true;
		w->result.failed++;
		search_not_whole(w, &w->now, r->why.text);
		next(w);
	} else {
		w->result.why = r->why;
		finish(w);
	}
}

/* Studies without a date are in no window of dates, those without a time in none of times. */
static void note_unaskable(struct search *w)
{
	if (!w->now.from && !w->now.until && w->dateless)
		search_not_whole(w, &w->now, "it is cut, and studies without a date cannot be asked for in pieces");
	if (!search_many_days(&w->now) && w->now.last_second < 0 && w->timeless)
		search_not_whole(w, &w->now, "it is cut, and studies without a time cannot be asked for in pieces");
}

static void window_cut(struct search *w, const struct find_result *r)
{
	w->result.cut++;
	if (r->rows)
		search_learn_cap(w, r->rows);
	if (w->barren >= BARREN_MAX) {
		give_up(w, r);
		return;
	}
	if (!search_can_split(w, &w->now)) {
		search_not_whole(w, &w->now, "it is cut, and cannot be divided");
	} else {
		note_unaskable(w);
		search_split(w, w->now);
	}
	next(w);
}

/* The PACS says that this is all. */
static void take_whole(struct search *w, int rows)
{
	if (w->now.recheck && search_rechecked(w, rows))
		return;
	if (search_is_doubtful(w, &w->now, rows))
		search_doubt(w, &w->now, rows);
	if (!w->by_study && w->result.queries == 1)
		search_warn_of_limit(w, rows);
	search_note_density(w, &w->now, rows);
}

static void answered(void *owner, const struct find_result *r)
{
	struct search *w = owner;

	w->find = NULL;
	search_sort_stamps(w);
	w->barren = (!was_cut(w, r) && !r->why.kind) || w->result.rows > w->rows_before ? 0 : w->barren + 1;
	w->result.last = *r;
	w->result.keys_ignored |= r->keys_ignored;
	w->tells |= r->cut;
	if (w->stopped) {
		err_set(&w->result.why, ERR_INTERRUPTED, "the query was stopped");
		finish(w);
	} else if (was_cut(w, r)) {
		w->asked_once = true;
		window_cut(w, r);
	} else if (r->why.kind) {
		window_failed(w, r);
	} else {
		w->asked_once = true;
		if (w->result.cap && r->rows > w->result.cap)
			forget_cap(w);
		take_whole(w, r->rows);
		next(w);
	}
}

/* ---- asking ---- */

static void row(void *owner, struct dataset *set)
{
	struct search *w = owner;
	const char *uid = dataset_get(set, TAG_StudyInstanceUID);

	search_stamp(w, set);
	if (w->by_study && *uid && !uidset_add(w->seen, uid)) {
		w->result.repeated++;
		return;
	}
	w->result.rows++;
	w->available += *dataset_get(set, TAG_InstanceAvailability) != '\0';
	w->hooks.row(w->owner, set);
}

static int ask(struct search *w, struct err *e)
{
	static const struct find_hooks hooks = { row, answered };
	const struct query *list = &w->query;
	struct query window;
	char text[80];

	query_init(&window, w->query.level);
	dataset_copy(&window.keys, &w->query.keys);
	if (w->result.queries && w->by_study) {
		search_set_keys(&window, &w->now);
		list = &window;
		search_describe(&w->now, text, sizeof text);
		log_debug("window %s", text);
	}
	w->result.queries++;
	w->timeless = w->dateless = 0;
	w->stamp_count = 0;
	w->rows_before = w->result.rows;
	w->find = find_start(w->session, &w->peer, &list, 1, ROWS_MAX, &hooks, w, e);
	query_done(&window);
	return w->find ? 0 : -1;
}

static void next(struct search *w)
{
	search_settle(w);
	if (!w->count || w->stopped) {
		if (w->stopped)
			err_set(&w->result.why, ERR_INTERRUPTED, "the query was stopped");
		finish(w);
		return;
	}
	search_take(w, &w->now);
	if (ask(w, &w->result.why) < 0)
		finish(w);
}

/* ---- beginning and end ---- */

static void state_coverage(struct search *w)
{
	struct search_result *r = &w->result;
	const char *but = w->by_time && !w->asked.from && !w->asked.until ? " (studies without a date or time cannot be asked for in windows)"
			: w->by_time ? " (studies without a time cannot be asked for in windows)" : "";
	char dates[20];

	if (!r->whole || r->why.kind)
		return;
	date_range_format(&w->asked, dates);
	if (r->queries == 1)
		snprintf(r->statement, sizeof r->statement, "%s covered in one query, not cut", dates[0] ? dates : "all dates");
	else if (r->queries == 1 + r->assured)
		snprintf(r->statement, sizeof r->statement, "%s covered in one query, not cut; %d more made sure of it",
			 dates[0] ? dates : "all dates", r->assured);
	else if (w->asked.from || w->asked.until)
		snprintf(r->statement, sizeof r->statement, "%s covered in %d queries, none left cut%s", dates, r->queries, but);
	else
		snprintf(r->statement, sizeof r->statement, "all dates covered in %d queries, none left cut%s", r->queries,
			 *but ? but : " (studies without a date cannot be asked for in windows)");
}

/* Asked for in many rows, and told in none. */
static void note_availability(struct search *w)
{
	const struct element *key = dataset_find(&w->query.keys, TAG_InstanceAvailability);

	if (w->query.level == LEVEL_STUDY && key && !key->len && !w->available && w->result.rows >= UNTOLD_MIN)
		facts_learn(w->session, &w->peer, FACT_AVAILABILITY, "no");
}

static void finish(struct search *w)
{
	struct search_result result;
	struct search_hooks hooks = w->hooks;
	void *owner = w->owner;

	state_coverage(w);
	note_availability(w);
	result = w->result;
	timer_clear(w->session->loop, &w->timer);
	query_done(&w->query);
	uidset_free(w->seen);
	free(w->todo);
	free(w->stamps);
	free(w);
	hooks.done(owner, &result);
}

/* A time of the day goes with one day; then windows are within it.  False when the time is none that could be divided. */
static bool begin_with_time(struct search *w)
{
	const char *text = dataset_get(&w->query.keys, TAG_StudyTime);
	struct time_range times;
	struct err ignored = { ERR_NONE, "" };

	if (!*text)
		return true;
	if (search_many_days(&w->now) || !strchr(text, '-') || time_range_parse(text, &times, &ignored) < 0)
		return false;
	w->now.second = times.from;
	w->now.last_second = times.until;
	return true;
}

struct search *search_start(struct session *s, const struct peer *peer, const struct query *q, long long retries, long long wait_s,
			      const struct search_hooks *hooks, void *owner, struct err *e)
{
	struct search *w = mem_alloc(sizeof *w);
	const char *dates = dataset_get(&q->keys, TAG_StudyDate);
	struct err ignored = { ERR_NONE, "" };

	w->session = s;
	w->peer = *peer;
	w->hooks = *hooks;
	w->owner = owner;
	w->retries = retries;
	w->wait_s = wait_s;
	w->doubt_rows = -1;
	search_begin(w);
	w->by_study = q->level == LEVEL_STUDY && !*dataset_get(&q->keys, TAG_StudyInstanceUID);
	w->has_modality = *dataset_get(&q->keys, TAG_ModalitiesInStudy);
	w->result.began = clock_wall();
	w->result.whole = true;
	w->seen = uidset_new();
	query_init(&w->query, q->level);
	dataset_copy(&w->query.keys, &q->keys);
	if (!*dataset_get(&q->keys, TAG_InstanceAvailability) && facts_knows_no_availability(s, peer))
		dataset_drop(&w->query.keys, TAG_InstanceAvailability);
	if (*dates)
		date_range_parse(dates, &w->asked, &ignored);
	w->result.cap = facts_cap(s, peer);
	w->shown = facts_whole(s, peer);
	w->now = (struct range){ .from = w->asked.from, .until = w->asked.until, .last_second = -1 };
	w->by_study = begin_with_time(w) && w->by_study;
	if (ask(w, e) < 0) {
		query_done(&w->query);
		uidset_free(w->seen);
		free(w);
		return NULL;
	}
	return w;
}

void search_stop(struct search *w)
{
	w->stopped = true;
	if (w->find)
		find_stop(w->find);
	else
		timer_set(w->session->loop, &w->timer, 1, again, w);
}
