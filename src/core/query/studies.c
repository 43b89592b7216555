/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/query/studies.h"

#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/ledger/queries.h"
#include "core/query/series.h"
#include "core/search/find.h"
#include "dicom/tag.h"
#include "dicom/value.h"

void studies_left_out(const struct filter_tally *t, struct buf *out)
{
	auto_buf struct buf words = BUF_INIT(1000);

	if (!t->left_out)
		return;
	filter_tally_words(t, &words);
	buf_printf(out, "%d answer%s left out here: %s", t->left_out, t->left_out == 1 ? "" : "s", buf_text(&words));
}

void studies_found_add(struct studies_found *all, const struct studies_found *one)
{
	all->rows += one->rows;
	filter_tally_add(&all->tally, &one->tally);
	if (one->nameless && (!all->nameless || one->nameless_first < all->nameless_first))
		all->nameless_first = one->nameless_first;
	all->nameless += one->nameless;
	all->shared += one->shared;
	all->asked += one->asked;
	all->result.queries += one->result.queries;
	all->result.whole &= one->result.whole;
}

/* ---- the answers ---- */

struct studies_ask {
	struct session *session;
	struct plan *plan;
	const struct filter *conditions;
	struct studies_found *found;
	struct map *seen;
	struct search *search;
	bool over;
};

/* In patient root a study is asked for by its patient and its UID. */
static char *identity_of(const struct studies_ask *a, const struct study *study)
{
	const bool by_patient = a->plan->how.peer.model != MODEL_STUDY;

	return mem_printf("%s\\%s", study_get(study, STUDY_UID), by_patient ? study_get(study, STUDY_PATIENT_ID) : "");
}

/* Is it another study than those before? */
static bool is_new(struct studies_ask *a, const struct study *study)
{
	auto_free char *identity = identity_of(a, study);

	if (map_put(a->seen, identity, NULL))
		return true;
	log_debug("answered twice: %s", study_get(study, STUDY_UID));
	return false;
}

static void note_nameless(struct studies_found *found, int date)
{
	if (!found->nameless++ || date < found->nameless_first)
		found->nameless_first = date;
	log_warning("an answer without a usable Study Instance UID is left out");
}

static bool is_wanted(struct studies_ask *a, const struct study *study, const struct dataset *row)
{
	if (!filter_keep(a->conditions, study, row, &a->found->tally))
		return false;
	if (uid_is_plausible(study_get(study, STUDY_UID)))
		return is_new(a, study);
	note_nameless(a->found, date_parse(study_get(study, STUDY_DATE)));
	return false;
}

static void take_row(void *owner, struct dataset *set)
{
	struct studies_ask *a = owner;
	struct plan_study *in;
	struct study study;

	study_init(&study);
	study_from_row(&study, set);
	a->found->rows++;
	if (!is_wanted(a, &study, set)) {
		study_done(&study);
		return;
	}
	in = plan_add(a->plan);
	study_done(&in->study);
	in->study = study;
	in->expected = study.instances;
	in->counted = study.instances >= 0 ? COUNT_STUDY : COUNT_NONE;
}

static void search_over(void *owner, const struct search_result *result)
{
	struct studies_ask *a = owner;

	a->found->result = *result;
	a->found->shared = result->shared;
	a->search = NULL;
	a->over = true;
}

static bool ask_over(void *owner)
{
	struct studies_ask *a = owner;

	if ((a->session->signal || session_closed(a->session)) && a->search)
		search_stop(a->search);
	return a->over;
}

/* ---- the series tell the rest ---- */

/* The studies of which a condition cannot be checked; returns how many.  some has room for all. */
static size_t find_untold(const struct filter *c, struct study *const *studies, size_t count, struct study **some)
{
	size_t untold = 0;

	for (size_t i = 0; i < count; i++)
		if (filter_need_series(c, studies[i]))
			some[untold++] = studies[i];
	return untold;
}

int studies_complete(struct session *s, const struct peer *peer, const struct filter *c, struct study *const *studies, size_t count,
		     int *ret_queries, struct err *e)
{
	auto_free struct study **untold = mem_alloc((count + 1) * sizeof *untold);
	struct series result;
	size_t asked = find_untold(c, studies, count, untold), left;

	*ret_queries = 0;
	if (!asked)
		return 0;
	log_verbose("of %zu stud%s the PACS does not tell what is a condition: their series are asked", asked, asked == 1 ? "y" : "ies");
	if (series_studies(s, peer, untold, asked, &result, e) < 0)
		return -1;
	*ret_queries = result.queries;
	s->totals.queries += result.queries;
	left = find_untold(c, studies, count, untold);
	if (left)
		log_warning("%zu stud%s in though the PACS does not tell %s %s", left, left == 1 ? "y stays" : "ies stay",
			    left == 1 ? "its" : "their", c->station_include || c->station_exclude ? "modality or station" : "modality");
	return 0;
}

/* Those whose series show that they do not meet the conditions leave the plan. */
static void check_again(struct studies_ask *a, size_t first)
{
	struct plan *plan = a->plan;
	size_t kept = first;

	for (size_t i = first; i < plan->count; i++) {
		struct plan_study in = plan->studies[i];

		if (!filter_keep_study(a->conditions, &in.study, &a->found->tally)) {
			plan_study_done(&in);
			continue;
		}
		if (in.expected < 0 && in.study.instances >= 0) {
			in.expected = in.study.instances;
			in.counted = COUNT_SERIES;
		}
		plan->studies[kept++] = in;
	}
	plan->count = kept;
}

static int ask_series(struct studies_ask *a, size_t first, struct err *e)
{
	const size_t count = a->plan->count - first;
	auto_free struct study **all = mem_alloc((count + 1) * sizeof *all);

	for (size_t i = 0; i < count; i++)
		all[i] = &a->plan->studies[first + i].study;
	if (studies_complete(a->session, &a->plan->how.peer, a->conditions, all, count, &a->found->asked, e) < 0)
		return -1;
	if (a->found->asked)
		check_again(a, first);
	return 0;
}

/* ---- the ledger ---- */

static void put_query(struct session *s, const struct peer *peer, const struct query *q, const char *keys, const struct search_result *r)
{
	struct err e = { ERR_NONE, "" };
	char node[300];
	struct ledger_query record = { .node = node, .level = level_name(q->level), .model = model_name(peer->model),
		.at = r->began, .user = session_user(), .ms = r->last.ms, .rows = (int)r->rows, .status = r->last.status,
		.comment = r->last.comment, .cut = !r->whole || r->why.kind, .keys = keys };

	peer_key(peer, node);
	if (s->ledger && ledger_query_add(s->ledger, &record, &e) < 0)
		log_error("%s", e.text);
}

void studies_record(struct session *s, const struct peer *peer, const struct query *q, const struct search_result *r)
{
	auto_buf struct buf keys = BUF_INIT(1 << 16);

	find_describe(q, &keys);
	put_query(s, peer, q, buf_text(&keys), r);
}

/* Conditions that are no keys of the query, as words beside them. */
static void describe_here(const struct filter *c, const struct query *q, struct buf *out)
{
	const bool here[] = { c->include || c->exclude, c->station_include || c->station_exclude, c->sr_only,
			      c->timed && !*dataset_get(&q->keys, TAG_StudyTime) };
	static const char *const words[] = { "description", "station", "SR-only", "time" };

	if (c->modality && !*dataset_get(&q->keys, TAG_ModalitiesInStudy)) {
		buf_str(out, " Modality=");
		for (const char *at = c->modality; *at; at++)
			if (*at != ' ')
				buf_char(out, *at);
	}
	for (size_t i = 0; i < countof(here); i++)
		if (here[i])
			buf_printf(out, " checked-here:%s", words[i]);
}

static void record_part(struct studies_ask *a, const struct query *q, const struct search_result *r)
{
	auto_buf struct buf keys = BUF_INIT(1 << 16);

	find_describe(q, &keys);
	describe_here(a->conditions, q, &keys);
	put_query(a->session, &a->plan->how.peer, q, buf_text(&keys), r);
}

/* The first day of which not everything can be fetched: its answer was not made whole, or told of a study without a usable UID; 0 = all
 * of them. */
static int first_missed(const struct studies_found *found)
{
	const struct search_result *r = &found->result;

	if (r->whole || (found->nameless && found->nameless_first < r->first_missed))
		return found->nameless_first;
	return r->first_missed;
}

/* The days before the first one that could not be made whole were asked as well as any, unless it was given up before. */
static void record_parts(struct studies_ask *a, size_t first, const struct query *q)
{
	const struct search_result *r = &a->found->result;
	const struct date_range *dates = &a->conditions->dates;
	const bool all = r->whole && !a->found->nameless;
	const int missed = all || r->why.kind ? 0 : first_missed(a->found);
	struct date_range before = { dates->from, missed ? date_add(missed, -1) : 0 };
	struct search_result whole = { .whole = true, .began = r->began }, rest = *r;
	struct query part;
	char text[20];

	rest.whole = all;
	if (!before.until || before.until < before.from) {
		record_part(a, q, &rest);
		return;
	}
	for (size_t i = first; i < a->plan->count; i++)
		whole.rows += date_range_has(&before, date_parse(study_get(&a->plan->studies[i].study, STUDY_DATE)));
	rest.rows -= whole.rows;
	query_init(&part, q->level);
	dataset_copy(&part.keys, &q->keys);
	date_range_format(&before, text);
	dataset_text(&part.keys, TAG_StudyDate, text);
	record_part(a, &part, &whole);
	date_range_format(&(struct date_range){ missed, dates->until }, text);
	dataset_text(&part.keys, TAG_StudyDate, text);
	record_part(a, &part, &rest);
	query_done(&part);
}

/* ---- all of it ---- */

static int ask_rows(struct studies_ask *a, const struct query *q, struct err *e)
{
	static const struct search_hooks hooks = { take_row, search_over };
	const struct settings *how = &a->plan->how;
	int failed = -1;

	a->seen = map_new();
	a->search = search_start(a->session, &how->peer, q, how->retries, how->retry_wait_s, &hooks, a, e);
	if (a->search)
		failed = session_run(a->session, ask_over, a, e);
	map_free(a->seen, NULL);
	return failed;
}

static int judge_search(struct session *s, const struct search_result *r, struct err *e)
{
	if (r->why.kind == ERR_INTERRUPTED && !s->signal && session_closed(s))
		return session_tell_closed(s, "the query was not over", e);
	if (!r->why.kind)
		return 0;
	*e = r->why;
	return -1;
}

/* What the PACS returned and the plan does not show. */
static void tell_conditions(const struct plan *plan, const struct studies_found *found, size_t kept)
{
	const struct filter_tally *t = &found->tally;
	auto_buf struct buf words = BUF_INIT(2000);

	studies_left_out(t, &words);
	if (words.len)
		log_line(kept ? LOG_VERBOSE : LOG_WARNING, "%s", buf_text(&words));
	if (t->untold)
		log_warning("%d stud%s in though the PACS does not return %s", t->untold, t->untold == 1 ? "y stays" : "ies stay",
			    tag_name(t->untold_key));
	if (found->shared)
		log_warning("%d stud%s returned for several patients (one Study Instance UID, several Patient IDs): %s", found->shared,
			    found->shared == 1 ? "y is" : "ies are", plan->how.peer.model == MODEL_STUDY ?
			    "each is asked for once, by its UID" : "each patient's part is asked for");
}

int studies_query(struct session *s, struct plan *plan, const struct query *q, const struct filter *c, struct studies_found *found,
		  struct err *e)
{
	struct studies_ask a = { .session = s, .plan = plan, .conditions = c, .found = found };
	const struct search_result *r = &found->result;
	size_t first = plan->count;

	memset(found, 0, sizeof *found);
	if (ask_rows(&a, q, e))
		return -1;
	s->totals.queries += r->queries;
	s->totals.cut += !r->whole;
	record_parts(&a, first, q);
	if (judge_search(s, r, e) < 0 || ask_series(&a, first, e) < 0)
		return -1;
	if (!r->whole)
		plan_not_covered(plan, r->statement);
	else if (found->nameless)
		plan_not_covered(plan, "the PACS told of studies without a usable Study Instance UID");
	log_line(r->queries > 1 + r->assured || !r->whole ? LOG_WARNING : LOG_VERBOSE, "%s", r->statement);
	tell_conditions(plan, found, plan->count - first);
	return 0;
}
