/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The course of a search says which range comes next and what an answer means; here it is asked, retried, logged, and what was learned
 * about the PACS is kept. */
#include "core/search/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/node/facts.h"
#include "core/search/search_course.h"
#include "core/search/uidset.h"
#include "dicom/tag.h"
#include "dicom/value.h"
#include "process/loop.h"

#define ROWS_MAX 20000000L
#define UNTOLD_MIN 50			/* rows */
#define NAMED_MAX 20			/* ranges that could not be made whole, each in a line of its own */

struct search {
	struct session *session;
	struct peer peer;
	struct query query;
	struct search_hooks hooks;
	void *owner;
	struct search_result result;
	struct course course;
	struct find *find;
	struct uidset *seen, *seen_pairs;	/* Study Instance UIDs; the same with their Patient IDs */
	struct timer timer;
	long long wait_s;
	int fresh;			/* studies that the current answer brought */
	long available;			/* rows that say whether their study is online */
	int named;			/* ranges that could not be made whole */
	bool stopped;
};

static void ask_next(struct search *);
static void finish_search(struct search *);

/* ---- what an answer meant ---- */

static void learn_number(struct search *w, const char *fact, int number)
{
	char value[24];

	snprintf(value, sizeof value, "%d", number);
	facts_learn(w->session, &w->peer, fact, value);
}

static void state_not_whole(struct search *w, const struct range *r, const char *why)
{
	size_t len = strlen(w->result.statement);
	char text[80];

	if (w->result.whole || r->from < w->result.first_missed)
		w->result.first_missed = r->from;
	w->result.whole = false;
	range_describe(r, text, sizeof text);
	log_line(++w->named > NAMED_MAX ? LOG_VERBOSE : LOG_WARNING, "the window %s could not be made whole: %s", text, why);
	if (len < sizeof w->result.statement - 100)
		snprintf(w->result.statement + len, sizeof w->result.statement - len, "%s%s", len ? ", " : "not whole: ", text);
	else if (w->result.statement[len - 1] != '.')
		snprintf(w->result.statement + len, sizeof w->result.statement - len, ", and others ...");
}

static void state_lost(struct search *w, const struct course_outcome *o)
{
	const struct err *why = &w->result.last.why;

	for (int i = 0; i < o->lost_count; i++) {
		bool told = why->kind && (o->lost[i].note == NOTE_FAILED || o->lost[i].note == NOTE_UNREADABLE);

		state_not_whole(w, &o->lost[i].range, told ? why->text : course_note_text(o->lost[i].note));
	}
}

static void keep_facts(struct search *w, const struct course_outcome *o)
{
	if (o->limit) {
		log_verbose("the PACS cuts its answers at %d rows: asking in windows", o->limit);
		learn_number(w, FACT_CAP, o->limit);
	}
	if (o->limit_raised) {
		log_verbose("the PACS does not cut its answers at %d rows any more", w->result.cap);
		facts_learn(w->session, &w->peer, FACT_CAP, NULL);
	}
	if (o->shown)
		learn_number(w, FACT_WHOLE, o->shown);
	w->result.cap = w->course.limits.cap;
}

static void report_outcome(struct search *w, const struct course_outcome *o)
{
	const struct find_result *r = &w->result.last;

	keep_facts(w, o);
	if (o->broke_off)
		log_verbose("an answer broke off after %d rows (%s): asking in windows", r->rows, r->why.text);
	if (o->doubted)
		log_debug("%d answers and no word of a limit: are there more?", r->rows);
	state_lost(w, o);
}

static void pause_over(void *owner)
{
	ask_next(owner);
}

static void go_on(struct search *w, const struct course_outcome *o)
{
	const struct find_result *r = &w->result.last;

	switch (o->then) {
	case COURSE_GOES_ON:
		ask_next(w);
		break;
	case COURSE_PAUSES:
		log_warning("%s; trying again in %lld s (%d of %lld)", r->why.text, w->wait_s, o->tried, o->tries);
		timer_set(w->session->loop, &w->timer, w->wait_s * 1000 + 1, pause_over, w);
		break;
	case COURSE_FAILS:
		w->result.why = r->why;
		if (!r->why.kind)
			err_set(&w->result.why, ERR_PROTOCOL, "%s", course_note_text(NOTE_GIVEN_UP));
		finish_search(w);
		break;
	}
}

static void stop_asking(struct search *w)
{
	err_set(&w->result.why, ERR_INTERRUPTED, "the query was stopped");
	finish_search(w);
}

static void search_answered(void *owner, const struct find_result *r)
{
	struct search *w = owner;
	const struct course_answer answer = { r->rows, w->fresh, r->cut, r->why.kind, r->unfinished, r->unreadable };
	struct course_outcome outcome;

	w->find = NULL;
	w->result.last = *r;
	w->result.keys_ignored |= r->keys_ignored;
	if (w->stopped) {
		stop_asking(w);
		return;
	}
	course_answered(&w->course, &answer, &outcome);
	report_outcome(w, &outcome);
	if (!r->why.kind && !w->course.by_study && w->course.counts.queries == 1 && course_may_be_limited(&w->course, r->rows))
		log_warning("%d answers, a round number: whether the PACS has more cannot be found out here; ask for less at a time", r->rows);
	go_on(w, &outcome);
}

/* ---- asking ---- */

/* Some PACS return one study for several patients. */
static bool was_delivered(struct search *w, const struct dataset *row)
{
	const char *uid = dataset_get(row, TAG_StudyInstanceUID);
	auto_free char *pair = mem_printf("%s\\%s", uid, dataset_get(row, TAG_PatientID));

	if (!w->course.by_study || !*uid)
		return false;
	if (!uidset_add(w->seen_pairs, pair)) {
		w->result.repeated++;
		return true;
	}
	w->result.shared += !uidset_add(w->seen, uid);
	return false;
}

static void search_row(void *owner, struct dataset *set)
{
	struct search *w = owner;

	stamps_add(&w->course.seen, set);
	if (was_delivered(w, set))
		return;
	w->fresh++;
	w->result.rows++;
	w->available += *dataset_get(set, TAG_InstanceAvailability) != '\0';
	w->hooks.row(w->owner, set);
}

static int ask_range(struct search *w, struct err *e)
{
	static const struct find_hooks hooks = { search_row, search_answered };
	const struct query *list = &w->query;
	struct query window;
	char text[80];

	query_init(&window, w->query.level);
	dataset_copy(&window.keys, &w->query.keys);
	if (w->course.counts.queries > 1 && w->course.by_study) {
		range_set_keys(&window, &w->course.now);
		list = &window;
		range_describe(&w->course.now, text, sizeof text);
		log_debug("window %s", text);
	}
	w->fresh = 0;
	stamps_clear(&w->course.seen);
	w->find = find_start(w->session, &w->peer, &list, 1, ROWS_MAX, &hooks, w, e);
	query_done(&window);
	return w->find ? 0 : -1;
}

static void ask_next(struct search *w)
{
	struct course_outcome outcome;
	bool more;

	if (w->stopped) {
		stop_asking(w);
		return;
	}
	more = course_next(&w->course, &outcome);
	report_outcome(w, &outcome);
	if (!more || ask_range(w, &w->result.why) < 0)
		finish_search(w);
}

/* ---- beginning and end ---- */

static const char *coverage_exception(const struct search *w)
{
	bool open = !w->course.all.from && !w->course.all.until;

	if (open && w->course.by_time)
		return " (studies without a date or time cannot be asked for in windows)";
	if (open)
		return " (studies without a date cannot be asked for in windows)";
	return w->course.by_time ? " (studies without a time cannot be asked for in windows)" : "";
}

static void state_coverage(struct search *w)
{
	const struct date_range asked = { w->course.all.from, w->course.all.until };
	struct search_result *r = &w->result;
	char dates[20];

	if (!r->whole || r->why.kind)
		return;
	date_range_format(&asked, dates);
	if (!dates[0])
		snprintf(dates, sizeof dates, "all dates");
	if (r->queries == 1)
		snprintf(r->statement, sizeof r->statement, "%s covered in one query, not cut", dates);
	else if (r->queries == 1 + r->assured)
		snprintf(r->statement, sizeof r->statement, "%s covered in one query, not cut; %d more made sure of it", dates, r->assured);
	else
		snprintf(r->statement, sizeof r->statement, "%s covered in %d queries, none left cut%s", dates, r->queries,
			 coverage_exception(w));
}

/* Asked for in many rows, and told in none. */
static void note_availability(struct search *w)
{
	const struct element *key = dataset_find(&w->query.keys, TAG_InstanceAvailability);

	if (w->query.level == LEVEL_STUDY && key && !key->len && !w->available && w->result.rows >= UNTOLD_MIN)
		facts_learn(w->session, &w->peer, FACT_AVAILABILITY, "no");
}

static void free_search(struct search *w)
{
	timer_clear(w->session->loop, &w->timer);
	query_done(&w->query);
	uidset_free(w->seen);
	uidset_free(w->seen_pairs);
	course_end(&w->course);
	free(w);
}

static void finish_search(struct search *w)
{
	struct search_hooks hooks = w->hooks;
	struct search_result result;
	void *owner = w->owner;

	w->result.queries = w->course.counts.queries;
	w->result.cut = w->course.counts.cut;
	w->result.failed = w->course.counts.failed;
	w->result.assured = w->course.counts.assured;
	state_coverage(w);
	note_availability(w);
	result = w->result;
	free_search(w);
	hooks.done(owner, &result);
}

/* A time of the day goes with one day; then ranges are within it.  False when the time is none that could be divided. */
static bool begin_with_time(const struct query *q, struct range *all)
{
	const char *text = dataset_get(&q->keys, TAG_StudyTime);
	struct time_range times;
	struct err ignored = { ERR_NONE, "" };

	if (!*text)
		return true;
	if (range_many_days(all) || !strchr(text, '-') || time_range_parse(text, &times, &ignored) < 0)
		return false;
	all->second = times.from;
	all->last_second = times.until;
	return true;
}

static void begin_course(struct search *w, const struct query *q)
{
	const char *dates = dataset_get(&q->keys, TAG_StudyDate);
	struct date_range asked = { 0, 0 };
	struct err ignored = { ERR_NONE, "" };
	struct range all = { .last_second = -1 };

	if (*dates)
		date_range_parse(dates, &asked, &ignored);
	all.from = asked.from;
	all.until = asked.until;
	w->course.by_study = begin_with_time(q, &all) && q->level == LEVEL_STUDY && !*dataset_get(&q->keys, TAG_StudyInstanceUID);
	w->course.by_modality = !*dataset_get(&q->keys, TAG_ModalitiesInStudy);
	w->course.limits.cap = w->result.cap = facts_cap(w->session, &w->peer);
	w->course.limits.shown = facts_whole(w->session, &w->peer);
	course_begin(&w->course, &all);
}

struct search *search_start(struct session *s, const struct peer *peer, const struct query *q, long long retries, long long wait_s,
			      const struct search_hooks *hooks, void *owner, struct err *e)
{
	struct search *w = mem_alloc(sizeof *w);

	w->session = s;
	w->peer = *peer;
	w->hooks = *hooks;
	w->owner = owner;
	w->wait_s = wait_s;
	w->course.retries = retries;
	w->result.began = clock_wall();
	w->result.whole = true;
	w->seen = uidset_new();
	w->seen_pairs = uidset_new();
	query_init(&w->query, q->level);
	dataset_copy(&w->query.keys, &q->keys);
	if (!*dataset_get(&q->keys, TAG_InstanceAvailability) && facts_knows_no_availability(s, peer))
		dataset_drop(&w->query.keys, TAG_InstanceAvailability);
	begin_course(w, q);
	if (ask_range(w, e) < 0) {
		free_search(w);
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
		timer_set(w->session->loop, &w->timer, 1, pause_over, w);
}
