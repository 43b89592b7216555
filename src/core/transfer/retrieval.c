/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The objects of a study, what to ask for, and the verdict.  The files decide, whatever a tool said. */
#include "core/transfer/retrieval_p.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dicom/query.h"
#include "dicom/sopclass.h"
#include "dicom/value.h"
#include "wrappers/retriever.h"

static void object_free(void *p)
{
	struct object *o = p;

	if (!o)
		return;
	free(o->series);
	free(o->sop_class);
	free(o->path);
	free(o->words);
	free(o);
}

struct object *retrieval_next(const struct retrieval *r, size_t *at, const char **ret_sop)
{
	void *value = NULL;

	*ret_sop = r->objects ? map_next(r->objects, at, &value) : NULL;
	return *ret_sop ? value : NULL;
}

void retrieval_init(struct retrieval *r, struct plan_study *in, const struct abilities *means)
{
	memset(r, 0, sizeof *r);
	r->in = in;
	r->told = in->series_uid || in->only.count ? -1 : in->study.instances;
	r->seen = (struct retrieval_seen){ .series_sum = -1, .claimed = -1, .list = in->only.count ? PROOF_LIST_NAMED : PROOF_LIST_NONE };
	r->base = r->way = r->best = (struct way){ means->first, 0 };
	r->company = means->studies;
	r->batch_max = means->studies == FORM_ALONE ? 1 : QUERY_LIST_UIDS_MAX;
	snprintf(r->uid, sizeof r->uid, "%s", study_get(&in->study, STUDY_UID));
	value_trim(r->uid);
	for (size_t i = 0; i < in->only.count; i++)
		retrieval_list(r, in->only.items[i].series, in->only.items[i].sop, in->only.items[i].sop_class);
	r->listed = in->only.count > 0;
}

void retrieval_done(struct retrieval *r)
{
	map_free(r->objects, object_free);
	map_free(r->came, object_free);
	map_free(r->more, NULL);
	map_free(r->seen.named, NULL);
	r->objects = r->came = r->more = r->seen.named = NULL;
}

static struct object *object_new(const char *series, const char *sop_class)
{
	struct object *o = mem_alloc(sizeof *o);

	o->series = mem_str(series);
	o->sop_class = mem_str(sop_class);
	return o;
}

bool retrieval_list(struct retrieval *r, const char *series, const char *sop, const char *sop_class)
{
	struct object *o;

	if (!*sop || (r->in->series_uid && *series && strcmp(series, r->in->series_uid)))
		return false;
	if (!r->objects)
		r->objects = map_new();
	o = map_get(r->objects, sop);
	if (o || (r->listed && r->in->only.count)) {
		if (o && !*o->sop_class && *sop_class) {
			free(o->sop_class);
			o->sop_class = mem_str(sop_class);
		}
		return false;
	}
	map_put(r->objects, sop, object_new(series, sop_class));
	r->wanted++;
	return true;
}

void retrieval_unlist(struct retrieval *r)
{
	const char *sop;

	for (size_t at = 0; r->objects && (sop = map_next(r->objects, &at, NULL));) {
		if (!r->seen.named)
			r->seen.named = map_new();
		map_put(r->seen.named, sop, NULL);
	}
	map_free(r->objects, object_free);
	r->objects = NULL;
	r->wanted = 0;
	r->listed = false;
	r->seen.list = PROOF_LIST_NONE;
}

void retrieval_believe(struct retrieval *r, enum proof_list worth, bool by_series)
{
	r->listed = true;
	r->seen.list = worth;
	r->seen.by_series = by_series;
}

void retrieval_count_series(struct retrieval *r, int objects)
{
	if (objects > r->seen.series_sum)
		r->seen.series_sum = objects;
	if (objects > r->told)
		r->told = objects;
}

bool retrieval_have(struct retrieval *r, const char *series, const char *sop, const char *sop_class, const char *path)
{
	struct map **into = r->listed ? &r->objects : &r->came;
	struct object *o = *into ? map_get(*into, sop) : NULL;

	if (!o && r->listed)
		return false;
	if (!*into)
		*into = map_new();
	if (!o) {
		o = object_new(series, sop_class);
		map_put(*into, sop, o);
	}
	if (o->path)
		return false;
	o->path = mem_str(path);
	if (!*o->sop_class && *sop_class) {		/* many a list does not tell it */
		free(o->sop_class);
		o->sop_class = mem_str(sop_class);
	}
	r->here++;
	return true;
}

void retrieval_surplus(struct retrieval *r, const char *series, const char *sop)
{
	if (!r->listed || r->in->only.count || (r->in->series_uid && strcmp(series, r->in->series_uid)) || map_has(r->objects, sop))
		return;
	if (!r->more)
		r->more = map_new();
	map_put(r->more, sop, NULL);
}

/* How many of them are still on no list. */
static int surplus(const struct retrieval *r)
{
	const char *sop;
	int count = 0;

	for (size_t at = 0; r->listed && r->more && (sop = map_next(r->more, &at, NULL));)
		count += !map_has(r->objects, sop);
	return count;
}

int retrieval_here(const struct retrieval *r)
{
	return r->here + surplus(r);
}

bool retrieval_list_cut(const struct retrieval *r)
{
	return r->relisted && r->listed && surplus(r);
}

bool retrieval_relist(struct retrieval *r)
{
	if (r->relisted || !r->listed || retrieval_missing(r) || !surplus(r))
		return false;
	r->relisted = true;
	retrieval_unlist(r);
	r->here = 0;
	r->in->expected = r->told;
	r->state = RETRIEVAL_WAITING;
	r->list = LIST_WANTED;
	r->list_first = true;
	r->list_tries = 0;
	r->list_not_before = r->not_before = 0;
	return true;
}

void retrieval_damaged(struct retrieval *r, const char *sop, const char *reason, bool again)
{
	struct object *o = r->objects ? map_get(r->objects, sop) : NULL;

	r->damaged++;
	err_set(&r->why, ERR_INPUT, "it came damaged and was quarantined: %s", reason);
	if (!o)
		return;
	free(o->words);
	o->words = mem_str(r->why.text);
	if (!again || o->path)
		return;
	object_refuse(o, o->words);
	o->pass = r->pass;
}

int retrieval_missing(const struct retrieval *r)
{
	if (r->listed)
		return r->wanted - r->here;
	if (r->in->expected >= 0)
		return r->in->expected > r->here ? r->in->expected - r->here : 0;
	return -1;
}

bool retrieval_whole(const struct retrieval *r)
{
	return retrieval_missing(r) == 0 && (r->listed || r->asked || r->here > 0);
}

/* ---- the proof ---- */

/* Named by a list that could not be believed, and not here. */
static int named_missing(const struct retrieval *r)
{
	const struct map *here = r->listed ? r->objects : r->came;
	const char *sop;
	int count = 0;

	for (size_t at = 0; r->seen.named && (sop = map_next(r->seen.named, &at, NULL));) {
		const struct object *o = here ? map_get(here, sop) : NULL;

		count += !o || !o->path;
	}
	return count;
}

/* Asked for are objects that were named, by the user or because of a limit: what the study has besides says nothing of them. */
static void of_named(struct evidence *e)
{
	e->list = PROOF_LIST_NAMED;
	e->unlisted = e->named = 0;
	e->count = e->claimed = -1;
}

static struct evidence evidence_of(const struct retrieval *r)
{
	const struct retrieval_seen *s = &r->seen;
	int missing = r->listed ? r->wanted - r->here : 0;
	struct evidence e = {
		.here = r->here + surplus(r), .list = r->listed ? s->list : PROOF_LIST_NONE, .lacking = missing, .unlisted = surplus(r),
		.named = named_missing(r), .count = r->told, .claimed = s->claimed, .transfer = s->transfer,
		.short_together = s->short_together, .past = s->past, .asked_again = s->asked_again,
		.same_answers = s->by_series && r->told == s->series_sum && r->told != r->in->study.instances,
	};

	if (e.transfer == PROOF_TRANSFER_WELL && s->well_here != e.here)
		e.transfer = PROOF_TRANSFER_NONE;	/* more came afterwards: it was not for all */
	if (r->in->only.count)
		of_named(&e);
	return e;
}

struct proof retrieval_proof(const struct retrieval *r)
{
	const struct evidence e = evidence_of(r);

	return proof_judge(&e);
}

bool retrieval_settled(const struct retrieval *r)
{
	const struct evidence e = evidence_of(r);

	return !e.here || r->seen.frugal || !proof_is_worth_a_request(&e);
}

void retrieval_ask_again(struct retrieval *r)
{
	r->seen.asked_again++;
	r->state = RETRIEVAL_READY;
	r->step = STEP_AGAIN;
	r->batch_max = 1;
	r->tries = 0;
}

bool retrieval_nearline(const struct retrieval *r)
{
	const char *availability = study_get(&r->in->study, STUDY_AVAILABILITY);

	return !strcmp(availability, "NEARLINE") || !strcmp(availability, "OFFLINE");
}

/* ---- what is withheld ---- */

void object_refuse(struct object *o, const char *words)
{
	o->refused = true;
	if (!o->words)
		o->words = mem_str(words);
}

void object_forgive(struct object *o)
{
	o->refused = false;
	o->strikes = 0;
	free(o->words);
	o->words = NULL;
}

bool retrieval_any_refused(const struct retrieval *r)
{
	const struct object *o;
	const char *sop;

	for (size_t at = 0; (o = retrieval_next(r, &at, &sop));)
		if (o->refused)
			return true;
	return false;
}

bool retrieval_all_refused(const struct retrieval *r)
{
	const struct object *o;
	const char *sop;

	for (size_t at = 0; (o = retrieval_next(r, &at, &sop));)
		if (!o->path && !o->refused)
			return false;
	return r->listed;
}

/* ---- where the ladder starts ---- */

/* What brought objects of these classes before, where the first way could not: C-MOVE for one class means C-MOVE for the study;
 * a transfer syntax is worth it when all agree. */
struct way retrieval_way(const struct retrieval *r, const struct abilities *means)
{
	struct way way = { means->first, 0 };
	const struct object *o;
	const char *sop;
	bool first = true;

	for (size_t at = 0; means->first == METHOD_GET && (o = retrieval_next(r, &at, &sop));) {
		const struct way *known = o->path ? NULL : abilities_way(means, o->sop_class);

		if (o->path)
			continue;
		if (means->move && ((known && known->method == METHOD_MOVE) || (*o->sop_class && !sopclass_in_getscu(o->sop_class))))
			return (struct way){ METHOD_MOVE, 0 };
		if (first)
			way.syntax = known && known->method == METHOD_GET ? known->syntax : 0;
		else if (way.syntax && (!known || known->syntax != way.syntax))
			way.syntax = 0;
		first = false;
	}
	return way;
}

/* With C-GET alone, what it cannot carry is refused beforehand: one such object ends Orthanc's whole C-GET. */
static void refuse_uncarried(struct retrieval *r)
{
	const char *sop;
	struct object *o;

	for (size_t at = 0; (o = retrieval_next(r, &at, &sop));) {
		auto_free char *words = NULL;

		if (o->path || !*o->sop_class || sopclass_in_getscu(o->sop_class) || o->refused)
			continue;
		words = mem_printf("getscu offers no presentation context for %s: use C-MOVE", sopclass_name(o->sop_class));
		object_refuse(o, words);
	}
}

/* Before the length of the list takes its place. */
static void note_told(struct retrieval *r)
{
	if (r->in->counted != COUNT_IMAGES && r->in->expected > r->told)
		r->told = r->in->expected;
}

/* Some PACS decompress what one C-MOVE of several studies sends, and not what a C-MOVE of each sends. */
void retrieval_form_company(struct retrieval *r, const struct abilities *means)
{
	if (r->way.method == METHOD_MOVE && r->company == FORM_LIST && !means->move_lists)
		r->company = FORM_FILES;
}

void retrieval_ready(struct retrieval *r, const struct abilities *means)
{
	r->state = RETRIEVAL_READY;
	note_told(r);
	if (r->listed) {
		r->in->expected = r->wanted;
		r->in->counted = COUNT_IMAGES;
	}
	r->base = r->way = r->best = retrieval_way(r, means);
	retrieval_form_company(r, means);
	if (r->way.method == METHOD_GET && r->listed && !means->move)
		refuse_uncarried(r);
	r->images = means->images == IMAGES_FILES ? FORM_FILES : FORM_LIST;
	r->image_refused = means->images == IMAGES_NONE;
	r->step = STEP_WHOLE;
	if (r->listed && (r->here || r->in->only.count || retrieval_any_refused(r)))
		r->step = r->image_refused ? STEP_SERIES : STEP_MISSING;
	if (retrieval_all_refused(r))
		r->step = STEP_END;
}

void retrieval_join(struct retrieval *r, const struct abilities *means)
{
	const char *sop;
	void *value;

	note_told(r);
	if (!r->listed)
		return;
	r->here = 0;
	for (size_t at = 0; r->came && (sop = map_next(r->came, &at, &value));) {
		struct object *came = value, *o = map_get(r->objects, sop);

		if (!o) {
			retrieval_surplus(r, came->series, sop);
			continue;
		}
		o->path = came->path;
		came->path = NULL;
		if (!*o->sop_class) {
			free(o->sop_class);
			o->sop_class = mem_str(came->sop_class);
		}
		r->here += o->path != NULL;
	}
	map_free(r->came, object_free);
	r->came = NULL;
	r->in->expected = r->wanted;
	r->in->counted = COUNT_IMAGES;
	if (r->way.method == METHOD_GET && !means->move)
		refuse_uncarried(r);
}

static bool lost(struct way way, const struct abilities *m)
{
	return way.method == METHOD_GET ? !m->get : !m->move;
}

void retrieval_redirect(struct retrieval *r, const struct abilities *means)
{
	if (lost(r->way, means) || lost(r->base, means) || lost(r->best, means))
		r->base = r->way = r->best = (struct way){ means->first, 0 };
	retrieval_form_company(r, means);
}

/* ---- what to ask for ---- */

void retrieval_request(const struct retrieval *r, struct request *q)
{
	const char *series;

	*q = (struct request){ .method = r->way.method, .grain = GRAIN_INSTANCES, .form = r->images, .block = RETRIEVAL_BLOCK };
	if (r->way.method == METHOD_GET)
		q->syntax = getscu_syntaxes[r->way.syntax];
	if (r->step == STEP_ISOLATE || r->step == STEP_SERIES)
		q->form = FORM_FILES;
	if (r->step == STEP_WHOLE)
		q->form = r->company;
	if (r->step == STEP_SERIES && retrieval_series(r, &series, 1))
		q->grain = GRAIN_SERIES;
	else if (r->step < STEP_MISSING || r->step == STEP_SERIES || r->step == STEP_AGAIN)
		q->grain = r->in->series_uid ? GRAIN_SERIES : GRAIN_STUDY;
}

/* Missing, not refused, of this series: how many; all but the first skip of them go into sops, as far as there is room. */
static size_t walk_block(const struct retrieval *r, const char *series, size_t skip, const char **sops, size_t room)
{
	const struct object *o;
	const char *sop;
	size_t count = 0;

	for (size_t at = 0; (o = retrieval_next(r, &at, &sop));) {
		if (o->path || o->refused || strcmp(series, o->series))
			continue;
		if (count >= skip && count - skip < room)
			sops[count - skip] = sop;
		count++;
	}
	return count;
}

static void turn_round(const char **sops, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		const char *sop = sops[i];

		sops[i] = sops[count - 1 - i];
		sops[count - 1 - i] = sop;
	}
}

/* Backwards: the last ones of the last series, the very last in front. */
size_t retrieval_block(const struct retrieval *r, const struct request *q, const char **sops, size_t room, const char **ret_series)
{
	const struct object *o;
	const char *sop;
	size_t count;

	*ret_series = NULL;
	for (size_t at = 0; (!*ret_series || r->backwards) && (o = retrieval_next(r, &at, &sop));)
		if (!o->path && !o->refused)
			*ret_series = o->series;
	if (!*ret_series)
		return 0;
	room = room < q->block ? room : q->block;
	count = walk_block(r, *ret_series, 0, sops, room);
	if (r->backwards && count > room)
		walk_block(r, *ret_series, count - room, sops, room);
	count = count < room ? count : room;
	if (r->backwards)
		turn_round(sops, count);
	return count;
}

size_t retrieval_series(const struct retrieval *r, const char **uids, size_t room)
{
	struct map *seen = map_new();
	const struct object *o;
	const char *sop;
	size_t count = 0;

	for (size_t at = 0; count < room && (o = retrieval_next(r, &at, &sop));)
		if (!o->path && !o->refused && *o->series && map_put(seen, o->series, NULL))
			uids[count++] = o->series;
	map_free(seen, NULL);
	return count;
}

void request_name(const struct request *q, size_t studies, char out[64])
{
	static const char *const grains[] = { "study", "series", "instances" };

	if (studies > 1)
		snprintf(out, 64, "%s of %zu studies", q->method == METHOD_GET ? "C-GET" : "C-MOVE", studies);
	else
		snprintf(out, 64, "%s of %s%s%s", q->method == METHOD_GET ? "C-GET" : "C-MOVE", grains[q->grain], q->syntax ? " " : "",
			 q->syntax ? q->syntax : "");
}

/* ---- verdicts ---- */

static void note_missing(struct retrieval *r)
{
	const struct object *o;
	const char *sop;

	wanted_done(&r->in->missing);
	for (size_t at = 0; (o = retrieval_next(r, &at, &sop));)
		if (!o->path)
			wanted_add(&r->in->missing, o->series, sop, o->sop_class);
}

static const char *words_of_missing(const struct retrieval *r)
{
	const struct object *o;
	const char *sop;

	for (size_t at = 0; (o = retrieval_next(r, &at, &sop));)
		if (!o->path && o->words)
			return o->words;
	return r->why.kind ? r->why.text : "the PACS says success and sends nothing more";
}

static char *words_of_incomplete(const struct retrieval *r, const struct evidence *e, enum proof_against against)
{
	int missing = retrieval_missing(r);
	auto_free char *words = proof_words(e, against);

	if (against == AGAINST_NOTHING)
		return mem_printf("%d of %d objects are left for another run (--max-images)", r->in->beyond, r->in->expected);
	if (words && r->in->expected > r->in->received)
		return mem_printf("%d of %d objects missing: %s", r->in->expected - r->in->received, r->in->expected, words);
	if (words)
		return mem_printf("it is unknown whether objects are missing: %s%s%s", words, r->why.kind ? ": " : "", r->why.text);
	if (missing < 0)
		return mem_printf("it is unknown how many objects are missing: %s", words_of_missing(r));
	return mem_printf("%d of %d objects missing: %s", missing, r->in->expected, words_of_missing(r));
}

static char *explanation(const struct retrieval *r, const struct evidence *e, enum proof_against against)
{
	switch (r->in->verdict) {
	case VERDICT_INCOMPLETE:
		return words_of_incomplete(r, e, against);
	case VERDICT_COMPLETE_BY_COUNT:
	case VERDICT_UNVERIFIED:
		return proof_words(e, against);
	case VERDICT_EMPTY:
		return mem_str(r->unknown ? "the PACS does not know this study: is the UID right?" : "the PACS says success and sends no object");
	case VERDICT_PARKED:
		return mem_printf("%s at the PACS: it was recalled and has not come yet; resume later",
				  study_get(&r->in->study, STUDY_AVAILABILITY));
	case VERDICT_FAILED:
		return mem_str(words_of_missing(r));
	default:
		return NULL;
	}
}

/* Nothing is here. */
static enum verdict verdict_of_nothing(const struct retrieval *r)
{
	if (retrieval_nearline(r) && r->asked && r->why.kind != ERR_REFUSED)
		return VERDICT_PARKED;
	if (!r->why.kind && r->asked && !retrieval_any_refused(r))
		return VERDICT_EMPTY;
	return VERDICT_FAILED;
}

static struct proof verdict_of(const struct retrieval *r, const struct abilities *means, const struct evidence *e)
{
	if (means->foreign)
		return (struct proof){ r->why.kind ? VERDICT_FAILED : VERDICT_UNVERIFIED, AGAINST_NOTHING };
	if (!e->here)
		return (struct proof){ verdict_of_nothing(r), AGAINST_NOTHING };
	return proof_judge(e);
}

/* Objects that the study has, when the list does not tell. */
static void expect_more(struct retrieval *r, const struct evidence *e, enum proof_against against)
{
	if (r->listed && r->in->received > r->in->expected)
		r->in->expected = r->in->received;
	if (against == AGAINST_COUNT && e->count > r->in->expected)
		r->in->expected = e->count;
	if (against == AGAINST_COUNTERS && e->claimed > r->in->expected)
		r->in->expected = e->claimed;
	if (against == AGAINST_NAMED && e->here + e->named > r->in->expected)
		r->in->expected = e->here + e->named;
}

void retrieval_end(struct retrieval *r, const struct abilities *means)
{
	const struct evidence e = evidence_of(r);
	struct proof proof = verdict_of(r, means, &e);

	r->state = RETRIEVAL_OVER;
	r->in->received = r->here + surplus(r);
	expect_more(r, &e, proof.against);
	if (r->in->beyond && verdict_is_good(proof.verdict))
		proof = (struct proof){ VERDICT_INCOMPLETE, AGAINST_NOTHING };
	r->in->verdict = proof.verdict;
	if (r->in->expected >= 0)
		r->in->expected += r->in->beyond;
	note_missing(r);
	free(r->in->why);
	r->in->why = explanation(r, &e, proof.against);
}
