/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A group of studies is asked for at once; what is not answered believably (fewer objects than counted, refused, cut) is asked
 * again in smaller pieces: one study, its series, each series.  A list that was cut proves nothing. */
#include "core/lister_p.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#define DOUBTS_MAX 3			/* so often in a row, and it is taken for a rule */
#define LEARNED "image-list"		/* in the ledger: "studies", "files", "study", "series", "none" */

static const char *const answer_names[] = { "studies", "files", "study", "series", "none" };

static void ask(struct group *);

struct lister *lister_new(struct session *s, const struct peer *peer, lister_fn *listed, lister_heard_fn *heard, void *owner)
{
	struct lister *l = mem_alloc(sizeof *l);
	auto_free char *known = NULL;
	char node[300];

	*l = (struct lister){ .session = s, .peer = peer, .listed = listed, .heard = heard, .owner = owner };
	peer_key(peer, node);
	known = s->ledger ? ledger_learned(s->ledger, node, LEARNED) : NULL;
	for (size_t i = 0; known && i <= ANSWERS_SERIES; i++)		/* "none" is asked again in each run */
		if (!strcmp(known, answer_names[i]))
			l->answers = (enum answers)i;
	return l;
}

static void learn(struct lister *l, enum answers answers)
{
	struct err e = { ERR_NONE, "" };
	char node[300];

	if (l->answers == answers)
		return;
	l->answers = answers;
	peer_key(l->peer, node);
	log_verbose("the PACS lists objects by %s", answer_names[answers]);
	if (l->session->ledger && ledger_learn(l->session->ledger, node, LEARNED, answer_names[answers], &e) < 0)
		log_error("%s", e.text);
}

static void group_free(struct group *g)
{
	struct lister *l = g->lister;

	for (struct group **at = &l->groups; *at; at = &(*at)->next)
		if (*at == g) {
			*at = g->next;
			break;
		}
	for (size_t i = 0; i < g->series_count; i++)
		free(g->series[i]);
	free(g->series);
	table_free(g->index, NULL);
	free(g->rows);
	free(g->of);
	free(g);
}

void lister_free(struct lister *l)
{
	if (!l)
		return;
	while (l->groups)
		group_free(l->groups);
	free(l);
}

static void add_group(struct lister *l, struct retrieval *const *of, size_t count, enum stage stage, bool each)
{
	struct group *g = mem_alloc(sizeof *g);

	*g = (struct group){ .lister = l, .count = count, .stage = stage, .each = each, .series_sum = -1, .next = l->groups };
	g->both = stage == BY_STUDIES && count == 1 && of[0]->in->expected < 0 && !l->not_both && l->answers <= ANSWERS_FILES;
	g->of = mem_alloc(count * sizeof *g->of);
	g->rows = mem_alloc(count * sizeof *g->rows);
	g->index = table_new();
	memcpy(g->of, of, count * sizeof *of);
	for (size_t i = 0; i < count; i++) {
		retrieval_unlist(of[i]);
		table_put(g->index, of[i]->uid, &g->rows[i]);
	}
	l->groups = g;
	ask(g);
}

/* One by one, or with a query file for each on one association. */
static void add_smaller(struct lister *l, struct retrieval *const *of, size_t count, size_t at_once)
{
	for (size_t i = 0; i < count; i += at_once) {
		size_t some = count - i < at_once ? count - i : at_once;

		add_group(l, of + i, some, BY_STUDIES, some > 1);
	}
}

void lister_add(struct lister *l, struct retrieval *const *of, size_t count)
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

static void tell(struct group *g, size_t i, bool listed, const struct err *why)
{
	static const struct err fine = { ERR_NONE, "" };
	struct retrieval *r = g->of[i];

	/* A study that the PACS does not know has no list either: only those that it counts objects of tell. */
	if (listed || why)
		g->lister->silent = 0;
	else if (r->in->expected > 0 && ++g->lister->silent >= 3 && g->lister->answers != ANSWERS_NONE)
		learn(g->lister, ANSWERS_NONE);
	if (!listed)
		retrieval_unlist(r);
	r->listed = listed;
	g->lister->listed(g->lister->owner, r, why ? why : &fine);
}

static void tell_all(struct group *g, bool listed, const struct err *why)
{
	for (size_t i = 0; i < g->count; i++)
		tell(g, i, listed, why);
	group_free(g);
}

static void ask(struct group *g)
{
	struct err e = { ERR_NONE, "" };

	if (g->lister->stopped)
		err_set(&e, ERR_INTERRUPTED, "stopped");
	else if (g->lister->answers == ANSWERS_NONE && g->stage == BY_STUDIES) {
		tell_all(g, false, NULL);
		return;
	}
	if (e.kind || group_ask(g, &e) < 0)
		tell_all(g, false, &e);
}

/* Could it simply not be asked just now?  What broke off without an answer may be answered next time. */
static bool passing(const struct find_result *result)
{
	const struct err *why = &result->why;

	return why->kind == ERR_BUSY || why->kind == ERR_UNREACHABLE || why->kind == ERR_TIMEOUT || why->kind == ERR_INTERRUPTED ||
	       why->kind == ERR_SYSTEM || why->kind == ERR_SPACE || why->kind == ERR_TOOL ||
	       (why->kind == ERR_ABORTED && result->status < 0);
}

/* Cut at a limit, and nothing says so?  Limits are round numbers. */
static bool round_number(int rows)
{
	return rows >= 100 && rows % 100 == 0;
}

/* As many objects as counted; where nothing was counted, or counts are known to lie, some, and not just as many as a limit. */
static bool credible(const struct lister *l, const struct retrieval *r, int rows, int all_rows)
{
	if (r->in->expected >= 0 && l->lies < DOUBTS_MAX)
		return rows > 0 && rows >= r->in->expected;
	return rows > 0 && !round_number(all_rows);
}

/* All that was listed is of the only series there is.  Asked for by that series, an answer that was cut at a limit would be cut
 * at the same object. */
static bool lone_series(const struct group *g)
{
	const struct retrieval *r = g->of[0];
	void *value;

	for (size_t at = 0; g->series_count == 1 && r->objects && table_next(r->objects, &at, &value);)
		if (strcmp(((const struct object *)value)->series, g->series[0]))
			return false;
	return g->series_count == 1 && r->wanted > 0;
}

/* What the series say of a list that was believed: as many objects as they count; or nothing against it. */
static void series_known(struct group *g)
{
	struct retrieval *r = g->of[0];
	bool uncounted = r->in->expected < 0;

	if (g->series_sum >= 0 && uncounted) {
		r->in->expected = g->series_sum;
		r->in->counted = COUNT_SERIES;
	}
	if (g->believed && uncounted &&
	    (credible(g->lister, r, g->rows[0], g->rows[0]) || (r->in->expected < 0 && lone_series(g)))) {
		tell_all(g, true, NULL);
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
		tell_all(g, true, NULL);
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
	struct lister *l = g->lister;

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
	struct lister *l = g->lister;
	struct retrieval **doubtful;
	size_t count = 0, answered = 0;
	int all_rows = 0;

	if (g->count == 1) {
		one_study_heard(g, believable);
		return;
	}
	doubtful = mem_alloc(g->count * sizeof *doubtful);
	for (size_t i = 0; i < g->count; i++) {
		all_rows += g->rows[i];
		answered += g->rows[i] > 0;
	}
	judge_group(g, believable, answered);
	for (size_t i = 0; i < g->count; i++)
		if (believable && credible(l, g->of[i], g->rows[i], g->each ? g->rows[i] : all_rows))
			tell(g, i, true, NULL);
		else
			doubtful[count++] = g->of[i];
	add_smaller(l, doubtful, count, g->each ? 1 : FILES_AT_ONCE);
	free(doubtful);
	group_free(g);
}

static void series_heard(struct group *g, const struct find_result *result)
{
	if (result->why.kind || result->cut || !g->series_count)
		tell_all(g, g->believed && g->of[0]->wanted > 0, NULL);
	else
		series_known(g);
}

static void each_series_heard(struct group *g, const struct find_result *result)
{
	struct retrieval *r = g->of[0];

	if (result->why.kind || result->cut) {
		tell_all(g, g->believed && r->wanted > 0, NULL);
	} else if (g->series_asked < g->series_count) {
		ask(g);
	} else {
		if (r->wanted && !r->in->series_uid && !g->believed)
			learn(g->lister, ANSWERS_SERIES);
		if (g->believed && g->believed_rows)
			g->lister->lies = r->wanted == g->believed_rows ? g->lister->lies + 1 : 0;
		tell_all(g, r->wanted > 0, NULL);
	}
}

/* A large question that broke off is asked in smaller ones, in this run. */
static void note_break(struct group *g, const struct find_result *result)
{
	if (g->count > 1 && !g->each && (result->why.kind == ERR_ABORTED || result->why.kind == ERR_TIMEOUT) &&
	    g->lister->answers == ANSWERS_STUDIES)
		g->lister->answers = ANSWERS_FILES;
}

void group_heard(void *owner, const struct find_result *result)
{
	struct group *g = owner;

	g->find = NULL;
	if (g->lister->heard)
		g->lister->heard(g->lister->owner, &result->why, g->started_ms);
	if (g->both && (result->why.kind == ERR_ABORTED || result->why.kind == ERR_TIMEOUT)) {
		ask_alone(g);
	} else if (passing(result)) {
		note_break(g, result);
		tell_all(g, false, &result->why);
	} else if (g->stage == BY_STUDIES) {
		studies_heard(g, result);
	} else if (g->stage == BY_SERIES_LIST) {
		series_heard(g, result);
	} else {
		each_series_heard(g, result);
	}
}

size_t lister_running(const struct lister *l)
{
	size_t count = 0;

	for (const struct group *g = l->groups; g; g = g->next)
		count++;
	return count;
}

void lister_stop(struct lister *l)
{
	l->stopped = true;
	for (struct group *g = l->groups; g; g = g->next)
		if (g->find)
			find_stop(g->find);
}

int lister_requests(const struct lister *l)
{
	return l->requests;
}

size_t lister_width(const struct lister *l)
{
	return l->answers == ANSWERS_STUDIES ? LISTER_STUDIES_MAX : l->answers == ANSWERS_FILES ? FILES_AT_ONCE : 1;
}
