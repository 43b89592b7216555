/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A group of studies is asked for at once; what is not answered believably (fewer objects than counted, refused, cut) is asked
 * again in smaller pieces: one study, its series, each series.  A list that was cut proves nothing. */
#include "core/query/objects_p.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "core/ledger/facts.h"
#include "core/node/facts.h"
#include "core/query/objects_judge.h"

#define DOUBTS_MAX 3			/* so often in a row, and it is taken for a rule */

static const char *const answer_names[] = { "studies", "files", "study", "series", "none" };

static void ask(struct group *);

struct objects *objects_new(struct session *s, const struct peer *peer, objects_fn *listed, objects_heard_fn *heard, void *owner)
{
	struct objects *l = mem_alloc(sizeof *l);
	auto_free char *known = NULL, *cap = NULL;
	char node[300];

	*l = (struct objects){ .session = s, .peer = peer, .listed = listed, .heard = heard, .owner = owner };
	peer_key(peer, node);
	known = s->ledger ? ledger_learned(s->ledger, node, FACT_LIST) : NULL;
	for (size_t i = 0; known && i <= ANSWERS_SERIES; i++)		/* "none" is asked again in each run */
		if (!strcmp(known, answer_names[i]))
			l->answers = (enum answers)i;
	cap = s->ledger ? ledger_learned(s->ledger, node, FACT_LIST_CAP) : NULL;
	l->cap = cap ? atoi(cap) : 0;
	return l;
}

static void learn(struct objects *l, enum answers answers)
{
	struct err e = { ERR_NONE, "" };
	char node[300];

	if (l->answers == answers)
		return;
	l->answers = answers;
	peer_key(l->peer, node);
	log_verbose("the PACS lists objects by %s", answer_names[answers]);
	if (l->session->ledger && ledger_learn(l->session->ledger, node, FACT_LIST, answer_names[answers], &e) < 0)
		log_error("%s", e.text);
}

static void cut_at(struct objects *l, int objects)
{
	struct err e = { ERR_NONE, "" };
	char node[300], number[24];

	if (l->cap == objects)
		return;
	l->cap = objects;
	if (objects)
		log_verbose("the PACS cuts lists of objects at %d, and does not say so", objects);
	peer_key(l->peer, node);
	snprintf(number, sizeof number, "%d", objects);
	if (l->session->ledger && ledger_learn(l->session->ledger, node, FACT_LIST_CAP, number, &e) < 0)
		log_error("%s", e.text);
}

static void group_free(struct group *g)
{
	struct objects *l = g->lister;

	for (struct group **at = &l->groups; *at; at = &(*at)->next)
		if (*at == g) {
			*at = g->next;
			break;
		}
	for (size_t i = 0; i < g->series_count; i++)
		free(g->series[i]);
	free(g->series);
	map_free(g->index, NULL);
	map_free(g->seen, NULL);
	free(g->rows);
	free(g->sums);
	free(g->of);
	free(g);
}

void objects_free(struct objects *l)
{
	if (!l)
		return;
	while (l->groups)
		group_free(l->groups);
	free(l);
}

static void add_group(struct objects *l, struct retrieval *const *of, size_t count, enum stage stage, bool each)
{
	struct group *g = mem_alloc(sizeof *g);

	*g = (struct group){ .lister = l, .count = count, .stage = stage, .each = each, .series_sum = -1, .next = l->groups };
	g->both = stage == BY_STUDIES && count == 1 && of[0]->in->expected < 0 && !l->not_both && l->answers <= ANSWERS_FILES;
	g->of = mem_alloc(count * sizeof *g->of);
	g->rows = mem_alloc(count * sizeof *g->rows);
	g->index = map_new();
	memcpy(g->of, of, count * sizeof *of);
	for (size_t i = 0; i < count; i++) {
		retrieval_unlist(of[i]);
		map_put(g->index, of[i]->uid, &g->rows[i]);
	}
	l->groups = g;
	ask(g);
}

/* One by one, or with a query file for each on one association. */
static void add_smaller(struct objects *l, struct retrieval *const *of, size_t count, size_t at_once)
{
	for (size_t i = 0; i < count; i += at_once) {
		size_t some = count - i < at_once ? count - i : at_once;

		add_group(l, of + i, some, BY_STUDIES, some > 1);
	}
}

void objects_add(struct objects *l, struct retrieval *const *of, size_t count)
{
	enum stage stage = l->answers == ANSWERS_SERIES ? BY_SERIES_LIST : BY_STUDIES;

	if (l->answers == ANSWERS_STUDIES && count > 1 && !of[0]->in->series_uid && l->peer->model == MODEL_STUDY) {
		add_group(l, of, count, stage, false);
	} else if (l->answers <= ANSWERS_FILES && count > 1 && !of[0]->in->series_uid) {
		add_smaller(l, of, count, FILES_AT_ONCE);
	} else {
		for (size_t i = 0; i < count; i++)
			add_group(l, &of[i], 1, of[i]->in->series_uid ? BY_SERIES : stage, false);
	}
}

/* ---- hearing ---- */

/* worth: PROOF_LIST_NONE = there is no list. */
static void tell(struct group *g, size_t i, enum proof_list worth, const struct err *why)
{
	static const struct err fine = { ERR_NONE, "" };
	struct retrieval *r = g->of[i];
	bool listed = worth != PROOF_LIST_NONE, by_series = g->stage == BY_SERIES && worth != PROOF_LIST_CONFIRMED && !r->in->series_uid;

	/* A study that the PACS does not know has no list either: only those that it counts objects of tell. */
	if (listed || why)
		g->lister->silent = 0;
	else if (r->in->expected > 0 && ++g->lister->silent >= 3 && g->lister->answers != ANSWERS_NONE)
		learn(g->lister, ANSWERS_NONE);
	if (listed)
		retrieval_believe(r, worth, by_series);
	else
		retrieval_unlist(r);
	g->lister->listed(g->lister->owner, r, why ? why : &fine);
}

static void tell_all(struct group *g, enum proof_list worth, const struct err *why)
{
	for (size_t i = 0; i < g->count; i++)
		tell(g, i, worth, why);
	group_free(g);
}

static void ask(struct group *g)
{
	struct err e = { ERR_NONE, "" };

	if (g->lister->stopped)
		err_set(&e, ERR_INTERRUPTED, "stopped");
	else if (g->lister->answers == ANSWERS_NONE && g->stage == BY_STUDIES) {
		tell_all(g, PROOF_LIST_NONE, NULL);
		return;
	}
	if (e.kind || group_ask(g, &e) < 0)
		tell_all(g, PROOF_LIST_NONE, &e);
}

/* An answer that was cut without a row may be that of a PACS that is busy: a smaller question tells, as long as there is one. */
static bool cut_for_good(const struct group *g, const struct find_result *result)
{
	return result->cut && (result->rows || g->stage == BY_STUDIES || g->stage == BY_COUNTS);
}

/* Could it simply not be asked just now?  What broke off without an answer may be answered next time. */
static bool passing(const struct group *g, const struct find_result *result)
{
	const struct err *why = &result->why;

	if (cut_for_good(g, result))
		return false;
	return why->kind == ERR_BUSY || why->kind == ERR_UNREACHABLE || why->kind == ERR_TIMEOUT || why->kind == ERR_INTERRUPTED ||
	       why->kind == ERR_SYSTEM || why->kind == ERR_SPACE || why->kind == ERR_TOOL ||
	       (why->kind == ERR_ABORTED && result->status < 0);
}

static struct list_facts facts_of(const struct objects *l)
{
	return (struct list_facts){ l->cap, l->shown, l->lies >= DOUBTS_MAX };
}

static bool may_be_limit(const struct objects *l, int rows)
{
	const struct list_facts facts = facts_of(l);

	return list_may_be_cut(&facts, rows);
}

static enum proof_list worth_of(const struct group *g, int rows)
{
	const struct list_facts facts = facts_of(g->lister);

	return list_worth(&facts, rows, g->warned);
}

/* As many objects as counted; where nothing was counted, or counts are known to lie, some, and not just as many as a limit. */
static bool credible(const struct objects *l, const struct retrieval *r, int rows, int all_rows)
{
	if (r->in->expected >= 0 && l->lies < DOUBTS_MAX)
		return rows > 0 && rows >= r->in->expected;
	return rows > 0 && !may_be_limit(l, all_rows);
}

/* Nothing says how many objects there should be: a list that was cut without a word would pass. */
static bool needs_count(const struct objects *l, const struct retrieval *r)
{
	return r->in->expected < 0 && l->countless < DOUBTS_MAX;
}

/* The same group, to be compared with the counts of the series. */
static void ask_counts(struct objects *l, struct group *from, const size_t *which, size_t count)
{
	struct group *g = mem_alloc(sizeof *g);

	*g = (struct group){ .lister = l, .count = count, .stage = BY_COUNTS, .each = from->each, .warned = from->warned, .series_sum = -1,
			     .next = l->groups };
	g->of = mem_alloc(count * sizeof *g->of);
	g->rows = mem_alloc(count * sizeof *g->rows);
	g->sums = mem_alloc(count * sizeof *g->sums);
	g->index = map_new();
	for (size_t i = 0; i < count; i++) {
		g->of[i] = from->of[which[i]];
		g->rows[i] = from->rows[which[i]];
		g->sums[i] = -1;
		map_put(g->index, g->of[i]->uid, &g->rows[i]);
	}
	l->groups = g;
	ask(g);
}

static void counts_heard(struct group *g, const struct find_result *result)
{
	bool told = !result->why.kind && !result->cut, any = false;
	struct objects *l = g->lister;
	struct retrieval **doubtful = mem_alloc(g->count * sizeof *doubtful);
	size_t count = 0;

	for (size_t i = 0; i < g->count; i++) {
		struct plan_study *in = g->of[i]->in;

		if (told && g->sums[i] >= 0) {
			any = true;
			in->expected = g->sums[i];
			in->counted = COUNT_SERIES;
			retrieval_count_series(g->of[i], g->sums[i]);
		}
	}
	l->countless = any ? 0 : l->countless + 1;
	for (size_t i = 0; i < g->count; i++)
		if (told && g->sums[i] > g->rows[i] && !g->of[i]->in->series_uid)
			doubtful[count++] = g->of[i];
		else
			tell(g, i, worth_of(g, g->rows[i]), NULL);
	add_smaller(l, doubtful, count, 1);
	free(doubtful);
	group_free(g);
}

/* All that was listed is of the only series there is.  Asked for by that series, an answer that was cut at a limit would be cut
 * at the same object. */
static bool lone_series(const struct group *g)
{
	const struct retrieval *r = g->of[0];
	void *value;

	for (size_t at = 0; g->series_count == 1 && r->objects && map_next(r->objects, &at, &value);)
		if (strcmp(((const struct object *)value)->series, g->series[0]))
			return false;
	return g->series_count == 1 && r->wanted > 0;
}

/* What the series say of a list that was believed: as many objects as they count; or nothing against it. */
static void series_known(struct group *g)
{
	struct retrieval *r = g->of[0];
	bool uncounted = r->in->expected < 0;

	if (g->series_sum >= 0)
		retrieval_count_series(r, g->series_sum);
	if (g->series_sum >= 0 && uncounted) {
		r->in->expected = g->series_sum;
		r->in->counted = COUNT_SERIES;
	}
	if (g->believed && uncounted &&
	    (credible(g->lister, r, g->rows[0], g->rows[0]) || (r->in->expected < 0 && lone_series(g) && g->rows[0] != g->lister->cap))) {
		tell_all(g, worth_of(g, g->rows[0]), NULL);
		return;
	}
	g->stage = BY_SERIES;
	ask(g);
}

/* Two questions at once were not answered well: each by itself. */
static void ask_alone(struct group *g)
{
	g->both = false;
	g->lister->not_both = true;
	g->rows[0] = 0;
	g->stray = false;
	retrieval_unlist(g->of[0]);
	ask(g);
}

/* Fewer objects than counted, or no answer at all: its series are asked, one by one. */
static void one_study_heard(struct group *g, bool believable)
{
	struct retrieval *r = g->of[0];

	if (g->both && !believable) {
		ask_alone(g);
		return;
	}
	if (believable && !g->series_count && credible(g->lister, r, g->rows[0], g->rows[0])) {
		if (!g->both && needs_count(g->lister, r)) {
			ask_counts(g->lister, g, &(size_t){ 0 }, 1);
			group_free(g);
		} else {
			tell_all(g, worth_of(g, g->rows[0]), NULL);
		}
		return;
	}
	if (!believable)
		retrieval_unlist(r);
	g->believed = believable;
	g->believed_rows = g->rows[0];
	g->stage = BY_SERIES_LIST;
	if (g->series_count)
		series_known(g);
	else
		ask(g);
}

/* What a group says of itself: are lists of UIDs, or several requests on one association, the wrong thing here? */
static void judge_group(struct group *g, bool believable, size_t answered)
{
	struct objects *l = g->lister;

	if (!g->each && (!believable || (answered <= 1 && g->count > 2)))
		learn(l, ANSWERS_FILES);
	else if (g->each && believable)
		l->doubts = 0;
	else if (g->each && ++l->doubts >= DOUBTS_MAX)
		learn(l, ANSWERS_STUDY);
}

static void studies_heard(struct group *g, const struct find_result *result)
{
	bool believable = !result->why.kind && !result->cut && !g->stray;
	struct objects *l = g->lister;
	struct retrieval **doubtful;
	auto_free size_t *uncounted = NULL;
	size_t count = 0, answered = 0, uncounted_count = 0;
	int all_rows = 0;

	if (g->count == 1) {
		one_study_heard(g, believable);
		return;
	}
	doubtful = mem_alloc(g->count * sizeof *doubtful);
	uncounted = mem_alloc(g->count * sizeof *uncounted);
	for (size_t i = 0; i < g->count; i++) {
		all_rows += g->rows[i];
		answered += g->rows[i] > 0;
	}
	judge_group(g, believable, answered);
	for (size_t i = 0; i < g->count; i++)
		if (!believable || !credible(l, g->of[i], g->rows[i], g->each ? g->rows[i] : all_rows))
			doubtful[count++] = g->of[i];
		else if (needs_count(l, g->of[i]))
			uncounted[uncounted_count++] = i;
		else
			tell(g, i, worth_of(g, may_be_limit(l, all_rows) ? all_rows : g->rows[i]), NULL);
	if (uncounted_count)
		ask_counts(l, g, uncounted, uncounted_count);
	add_smaller(l, doubtful, count, g->each ? 1 : FILES_AT_ONCE);
	free(doubtful);
	group_free(g);
}

/* Smaller questions failed: what the list of the study is worth by itself. */
static enum proof_list believed_worth(const struct group *g)
{
	return g->believed && g->of[0]->wanted > 0 ? worth_of(g, g->believed_rows) : PROOF_LIST_NONE;
}

/* Nothing is listed of it, in any way.  Does the PACS know it at all? */
static void nothing_listed(struct group *g, const struct find_result *result)
{
	if (!result->why.kind && !result->cut && !g->of[0]->wanted && g->of[0]->in->expected <= 0) {
		g->stage = BY_STUDY_ITSELF;
		ask(g);
	} else {
		tell_all(g, believed_worth(g), NULL);
	}
}

static void study_itself_heard(struct group *g, const struct find_result *result)
{
	g->of[0]->unknown = !result->why.kind && !result->cut && !g->known;
	tell_all(g, PROOF_LIST_NONE, NULL);
}

static void series_heard(struct group *g, const struct find_result *result)
{
	if (result->why.kind || result->cut || !g->series_count)
		nothing_listed(g, result);
	else
		series_known(g);
}

/* How many objects the largest series has, and how many series have as many. */
static int largest_series(const struct retrieval *r, int *ret_such)
{
	struct map *counts = map_new();
	const char *sop;
	void *value;
	int largest = 0;

	for (size_t at = 0; r->objects && (sop = map_next(r->objects, &at, &value));) {
		const struct object *o = value;
		intptr_t count = (intptr_t)map_get(counts, o->series) + 1;

		if (count > largest)
			largest = (int)count;
		map_put(counts, o->series, (void *)count);
	}
	*ret_such = 0;
	for (size_t at = 0; map_next(counts, &at, &value);)
		*ret_such += (int)(intptr_t)value == largest;
	map_free(counts, NULL);
	return largest;
}

void objects_cut(struct objects *l, const struct retrieval *r)
{
	int such;

	cut_at(l, l->answers == ANSWERS_SERIES ? largest_series(r, &such) : r->wanted);
}

static enum proof_list series_worth(struct group *g, const struct retrieval *r)
{
	const struct list_facts facts = facts_of(g->lister);
	struct series_lists lists = { .rows = r->wanted, .of_study = g->believed ? g->believed_rows : -1, .counted = g->series_sum,
				      .warned = g->warned };
	struct list_judgement judgement;

	lists.largest = largest_series(r, &lists.as_large);
	judgement = series_lists_judge(&facts, &lists);
	cut_at(g->lister, judgement.cap);
	return judgement.worth;
}

/* One series was asked for, its list may have been cut, and nobody counted it. */
static bool series_needs_count(const struct group *g, enum proof_list worth)
{
	return worth == PROOF_LIST_DOUBTFUL && g->of[0]->in->series_uid && needs_count(g->lister, g->of[0]);
}

static void all_series_heard(struct group *g)
{
	struct retrieval *r = g->of[0];
	struct plan_study *in = r->in;
	enum proof_list worth = series_worth(g, r);

	if (series_needs_count(g, worth)) {
		ask_counts(g->lister, g, &(size_t){ 0 }, 1);
		group_free(g);
		return;
	}
	if (worth == PROOF_LIST_NONE && g->series_sum > in->expected) {
		in->expected = g->series_sum;
		in->counted = COUNT_SERIES;
	}
	if (worth != PROOF_LIST_NONE && !in->series_uid && !g->believed && !g->cut)
		learn(g->lister, ANSWERS_SERIES);
	if (worth != PROOF_LIST_NONE && g->believed && g->believed_rows)
		g->lister->lies = r->wanted == g->believed_rows ? g->lister->lies + (in->expected > r->wanted) : 0;
	tell_all(g, worth, NULL);
}

static void each_series_heard(struct group *g, const struct find_result *result)
{
	if (result->why.kind || result->cut)
		tell_all(g, believed_worth(g), NULL);
	else if (g->series_asked < g->series_count)
		ask(g);
	else
		all_series_heard(g);
}

/* A large question that broke off is asked in smaller ones, in this run. */
static void note_break(struct group *g, const struct find_result *result)
{
	if (g->count > 1 && !g->each && (result->why.kind == ERR_ABORTED || result->why.kind == ERR_TIMEOUT) &&
	    g->lister->answers == ANSWERS_STUDIES)
		g->lister->answers = ANSWERS_FILES;
}

/* The longest whole answer about one study. */
static void note_shown(const struct group *g)
{
	for (size_t i = 0; i < g->count && g->stage == BY_STUDIES; i++)
		if (g->rows[i] > g->lister->shown)
			g->lister->shown = g->rows[i];
}

void group_heard(void *owner, const struct find_result *result)
{
	struct group *g = owner;

	g->find = NULL;
	g->warned |= result->keys_ignored;
	g->cut |= result->cut;
	if (!result->why.kind && !result->cut)
		note_shown(g);
	if (g->lister->heard)
		g->lister->heard(g->lister->owner, &result->why, g->started_ms);
	if (g->both && (result->why.kind == ERR_ABORTED || result->why.kind == ERR_TIMEOUT)) {
		ask_alone(g);
	} else if (g->stage == BY_COUNTS && (result->why.kind == ERR_ABORTED || result->why.kind == ERR_TIMEOUT)) {
		counts_heard(g, result);		/* there is a list, if none to compare it with */
	} else if (passing(g, result)) {
		note_break(g, result);
		tell_all(g, PROOF_LIST_NONE, &result->why);
	} else if (g->stage == BY_STUDIES) {
		studies_heard(g, result);
	} else if (g->stage == BY_COUNTS) {
		counts_heard(g, result);
	} else if (g->stage == BY_STUDY_ITSELF) {
		study_itself_heard(g, result);
	} else if (g->stage == BY_SERIES_LIST) {
		series_heard(g, result);
	} else {
		each_series_heard(g, result);
	}
}

size_t objects_running(const struct objects *l)
{
	size_t count = 0;

	for (const struct group *g = l->groups; g; g = g->next)
		count++;
	return count;
}

void objects_stop(struct objects *l)
{
	l->stopped = true;
	for (struct group *g = l->groups; g; g = g->next)
		if (g->find)
			find_stop(g->find);
}

int objects_requests(const struct objects *l)
{
	return l->requests;
}

size_t objects_width(const struct objects *l)
{
	return l->answers == ANSWERS_STUDIES ? OBJECTS_STUDIES_MAX : l->answers == ANSWERS_FILES ? FILES_AT_ONCE : 1;
}
