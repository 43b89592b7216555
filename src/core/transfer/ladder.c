/* SPDX-License-Identifier: GPL-3.0-or-later */
/* After an attempt: the next step of the ladder.  Only what is missing is asked for again; what was refused for now, or broke
 * off, waits; what brought nothing is not asked for the same way twice.  Every path ends: a gain is bounded by the objects
 * there are, everything else moves the ladder on or uses up a try. */
#include "core/transfer/retrieval_p.h"

#include <stdio.h>
#include <stdlib.h>

#include "wrappers/retriever.h"

#define WAIT_MS_MAX 300000
#define RECALL_WAITS 6			/* first pause for a NEARLINE study, in retry waits; doubled each time */
#define STRIKES_MAX 2			/* an object at which the association broke so often is left alone */
#define ALIKE_NONE_HERE 5		/* so many single objects fail with one status in a row, and nothing of the study is here: so will the rest */
#define ALIKE_SOME_HERE 25		/* ... and some of it is here */
#define BREAKS_MORE 2			/* than tries, in a row: nothing more is hoped for */

/* What an attempt that brought nothing says. */
enum sort {
	SORT_LATER,			/* not now: no connection, busy */
	SORT_BROKEN,			/* the connection broke or fell silent */
	SORT_SILENT,			/* success, and nothing came */
	SORT_FAILED,			/* the PACS tried, objects failed */
	SORT_REFUSED			/* the request itself was refused */
};

/* "Out of resources": it could not count, or could not send; no object of the request is at fault. */
static bool out_of_resources(const struct outcome *o)
{
	return o->answered && o->status >= 0xa700 && o->status <= 0xa7ff && o->failed <= 0;
}

static enum sort sort_of(const struct outcome *o)
{
	if (o->why.kind == ERR_UNREACHABLE || o->why.kind == ERR_BUSY || out_of_resources(o))
		return SORT_LATER;
	if (!o->answered)
		return o->why.kind == ERR_REFUSED ? SORT_REFUSED : SORT_BROKEN;
	if (o->failed > 0)
		return SORT_FAILED;
	return o->why.kind ? SORT_REFUSED : SORT_SILENT;
}

/* Not offered, or not to us: nothing smaller will be answered either. */
static bool for_good(const struct outcome *o)
{
	return o->why.kind == ERR_REFUSED &&
	       (!o->answered || o->status == 0x0118 || o->status == 0x0122 || o->status == 0x0124 || o->status == 0x0211 ||
		o->status == 0xa801);
}

/* "Identifier does not match SOP class", "SOP class not supported": about the form of a request, not about its objects. */
static bool against_form(const struct outcome *o)
{
	return (o->status >= 0xa900 && o->status <= 0xa9ff) || (o->status >= 0x0105 && o->status <= 0x0124);
}

/* ---- pauses ---- */

static void wait_for(struct retrieval *r, const struct settings *how, int64_t now_ms)
{
	int64_t ms = how->retry_wait_s * 1000;

	for (int i = 1; i < r->tries && ms < WAIT_MS_MAX; i++)
		ms *= 2;
	ms = ms < WAIT_MS_MAX ? ms : WAIT_MS_MAX;
	r->not_before = now_ms + ms + ms / 4 * (rand() % 100) / 100;	/* jitter: many clients must not come back together */
}

/* ---- ways ---- */

static bool may_try_other(const struct retrieval *r, const struct abilities *m)
{
	return !r->other_tried && (r->way.method == METHOD_GET ? m->move : m->get);
}

/* Objects as small as can be asked for here. */
static enum retrieval_step finer(const struct retrieval *r)
{
	return !r->listed ? STEP_AGAIN : r->image_refused ? STEP_SERIES : STEP_MISSING;
}

static void take_other(struct retrieval *r, const struct abilities *m)
{
	r->other_tried = true;
	r->way = (struct way){ r->way.method == METHOD_GET ? METHOD_MOVE : METHOD_GET, 0 };
	retrieval_form_company(r, m);
	r->images = m->images == IMAGES_FILES ? FORM_FILES : FORM_LIST;
	r->image_refused = m->images == IMAGES_NONE;
	r->step = r->here || r->in->only.count || retrieval_any_refused(r) ? finer(r) : STEP_WHOLE;
}

/* The other method takes everything as it is stored, so it comes first; then C-GET in the next transfer syntax, round and round
 * until each had its turn since the last gain. */
static bool next_way(struct retrieval *r, const struct abilities *m)
{
	if (may_try_other(r, m)) {
		take_other(r, m);
		return true;
	}
	if (!m->get || !r->get_failures || r->syntaxes_tried + 1 >= getscu_syntaxes_count)
		return false;
	r->syntaxes_tried++;
	if (r->way.method != METHOD_GET)
		r->way = (struct way){ METHOD_GET, r->base.method == METHOD_GET ? r->base.syntax : 0 };
	r->way.syntax = (r->way.syntax + 1) % getscu_syntaxes_count;
	r->step = finer(r);
	return true;
}

/* What C-GET answers may not mean that the study must be recalled, but that no transfer syntax fits.  The other ways have their turn
 * after the first pause, and once more before it is left. */
static bool tour_nearline(struct retrieval *r, const struct abilities *m, const struct outcome *o, const struct settings *how)
{
	bool failed = o->answered && o->why.kind && (o->failed > 0 || o->status == 0xa702);

	if (r->way.method != METHOD_GET || !r->listed || !failed || (r->parks != 1 && r->parks < how->retries))
		return false;
	r->get_failures = true;
	if (next_way(r, m))
		return true;
	r->way = r->base;
	r->syntaxes_tried = 0;
	return false;
}

/* The first request recalled it from its archive; it is visited again without holding a slot, and left at last. */
static bool park(struct retrieval *r, const struct abilities *m, const struct outcome *o, const struct settings *how, int64_t now_ms)
{
	int64_t ms = how->retry_wait_s * 1000 * RECALL_WAITS;

	if (!retrieval_nearline(r) || o->gained || o->shared || o->why.kind == ERR_REFUSED)
		return false;
	if (tour_nearline(r, m, o, how))
		return true;
	if (r->parks >= how->retries) {
		r->step = STEP_END;
		return true;
	}
	for (int i = 0; i < r->parks && ms < WAIT_MS_MAX; i++)
		ms *= 2;
	r->not_before = now_ms + (ms < WAIT_MS_MAX ? ms : WAIT_MS_MAX);
	r->parks++;
	return true;
}

/* Every way had its turn with these objects; the others may fare better, from the start. */
static void restart(struct retrieval *r)
{
	r->way = r->best = r->base;
	r->other_tried = false;
	r->syntaxes_tried = 0;
	r->pass++;
	r->step = retrieval_all_refused(r) ? STEP_END : finer(r);
}

static void last_resort(struct retrieval *r, enum sort sort)
{
	r->way = r->best;
	if (!r->listed || r->image_refused || (!r->here && sort == SORT_SILENT))
		r->step = STEP_END;
	else
		r->step = STEP_ISOLATE;
}

static void turn(struct retrieval *r, const struct abilities *m, enum sort sort)
{
	if (r->step == STEP_SERIES && r->listed)
		r->step = STEP_AGAIN;
	else if (!next_way(r, m))
		last_resort(r, sort);
}

/* ---- what was learned ---- */

static const char *class_asked(const struct retrieval *r, const struct outcome *o)
{
	const struct object *object;
	const char *sop;

	for (size_t i = 0; i < o->asked; i++) {
		object = map_get(r->objects, o->sops[i]);
		if (object && object->path)
			return object->sop_class;
	}
	for (size_t at = 0; (object = retrieval_next(r, &at, &sop));)
		if (object->path)
			return object->sop_class;
	return "";
}

static bool same_way(struct way a, struct way b)
{
	return a.method == b.method && (a.method == METHOD_MOVE || a.syntax == b.syntax);
}

static void remember(struct retrieval *r, struct abilities *m, const struct outcome *o)
{
	if (!o->gained || o->shared)
		return;
	r->best = r->way;
	if (r->get_failures && !same_way(r->way, r->base))
		abilities_learn_way(m, class_asked(r, o), r->way);
	r->image_works |= r->step == STEP_MISSING || r->step == STEP_ISOLATE;
	if (r->step == STEP_MISSING && r->images == FORM_FILES && o->gained == (int)o->asked && o->asked > 1)
		abilities_learn_images(m, IMAGES_FILES);
	else if (r->step == STEP_MISSING && r->images == FORM_LIST && m->images == IMAGES_UNKNOWN && o->gained > 1)
		abilities_learn_images(m, IMAGES_LIST);
	else if (r->step == STEP_SERIES && r->form_refused)
		abilities_learn_images(m, IMAGES_NONE);
}

/* ---- nothing came ---- */

/* A refused request for objects: is it the list, the level, or these objects? */
static void missing_refused(struct retrieval *r, const struct abilities *m, const struct outcome *o)
{
	if (r->images == FORM_LIST && o->asked > 1)
		r->images = FORM_FILES;
	else if (against_form(o) || (!r->image_works && m->images == IMAGES_UNKNOWN)) {
		r->image_refused = true;
		r->form_refused = against_form(o);
		r->step = STEP_SERIES;
	} else {
		turn(r, m, SORT_REFUSED);
	}
}

static void descend(struct retrieval *r, const struct abilities *m, const struct outcome *o, enum sort sort)
{
	if (for_good(o) && may_try_other(r, m))
		take_other(r, m);
	else if (for_good(o))
		r->step = STEP_END;
	else if (r->step == STEP_WHOLE)
		r->step = finer(r);
	else if (r->step == STEP_MISSING && sort == SORT_REFUSED)
		missing_refused(r, m, o);
	else if (r->step == STEP_MISSING && sort == SORT_BROKEN)
		r->step = STEP_ISOLATE;
	else
		turn(r, m, sort);
}

/* It was busy to the end: less may be asked for, or in another way, but never more than before. */
static void descend_busy(struct retrieval *r, const struct abilities *m)
{
	r->get_failures |= r->way.method == METHOD_GET && r->listed;
	if (r->step == STEP_WHOLE && r->listed)
		r->step = finer(r);
	else if (!next_way(r, m))
		last_resort(r, SORT_LATER);
}

/* Another try after a pause, if any is left. */
static bool again(struct retrieval *r, const struct settings *how, int64_t now_ms)
{
	if (++r->tries > how->retries)
		return false;
	wait_for(r, how, now_ms);
	return true;
}

/* It counted objects as sent, and they were waited for: one more request is enough. */
static bool queued(const struct retrieval *r, const struct outcome *o)
{
	return r->way.method == METHOD_MOVE && o->completed > 0;
}

static void after_nothing(struct retrieval *r, const struct abilities *m, const struct outcome *o, const struct settings *how,
			  int64_t now_ms)
{
	enum sort sort = sort_of(o);

	switch (sort) {
	case SORT_LATER:
		if (again(r, how, now_ms))
			return;
		if (!o->answered)
			r->step = STEP_END;
		else
			descend_busy(r, m);
		return;
	case SORT_BROKEN:
		/* An object that breaks the whole must not be asked for the same way; without a list there is no other. */
		if (again(r, how, now_ms) && (!r->listed || r->step == STEP_SERIES)) {
			r->step = r->listed ? STEP_SERIES : STEP_AGAIN;
			return;
		}
		descend(r, m, o, sort);
		return;
	case SORT_SILENT:
		/* Some say success while they still fetch it from their archive. */
		if (r->unknown) {
			r->step = STEP_END;
			return;
		}
		if (queued(r, o) && r->tries < how->retries - 1)
			r->tries = (int)how->retries - 1;
		if (!r->here && !m->foreign && again(r, how, now_ms)) {
			if (r->tries == 2 && r->step == STEP_WHOLE)
				r->step = finer(r);
			return;
		}
		break;
	case SORT_FAILED:
		r->get_failures |= r->way.method == METHOD_GET;
		break;
	case SORT_REFUSED:
		break;
	}
	if (m->foreign)
		r->step = STEP_END;
	else
		descend(r, m, o, sort);
}

/* ---- the other cases ---- */

static void after_gain(struct retrieval *r, const struct outcome *o, const struct settings *how, int64_t now_ms)
{
	enum sort sort = sort_of(o);

	r->tries = 0;
	r->syntaxes_tried = 0;
	if (sort == SORT_FAILED)
		r->get_failures |= r->way.method == METHOD_GET;
	if (r->step == STEP_WHOLE)
		r->step = finer(r);
	if (sort == SORT_LATER)
		wait_for(r, how, now_ms);
}

/* Those whose requests were answered, and the one at which the association broke too often; getscu breaks off at the request after one
 * whose object it could not store, which is no fault of that next one. */
static size_t refuse_answered(struct retrieval *r, const struct outcome *o)
{
	const char *words = o->why.kind ? o->why.text : o->damaged ? r->why.text : "the PACS says success and sends nothing";
	bool blameless = o->finals && o->failed > 0;
	int strikes = err_transient(o->why.kind) ? STRIKES_MAX : 1;	/* what cannot be understood will not be the next time */
	size_t left = 0;

	for (size_t i = 0; i < o->asked; i++) {
		struct object *object = map_get(r->objects, o->sops[i]);

		if (object->path)
			continue;
		if ((int)i < o->finals || ((int)i == o->finals && !blameless && ++object->strikes >= strikes)) {
			object_refuse(object, words);
			object->pass = r->pass;
		} else {
			left++;
		}
	}
	return left;
}

/* Single objects, one after the other, all fail with one status: the rest is not asked for one by one. */
static bool fail_alike(struct retrieval *r, const struct outcome *o)
{
	if (o->gained || !o->finals || !o->why.kind || o->status <= 0) {
		r->alike = 0;
		return false;
	}
	r->alike = o->status == r->alike_status ? r->alike + o->finals : o->finals;
	r->alike_status = o->status;
	return r->alike >= (r->here ? ALIKE_SOME_HERE : ALIKE_NONE_HERE);
}

static void refuse_rest(struct retrieval *r, const struct outcome *o)
{
	char words[sizeof o->why.text];
	struct object *object;
	const char *sop;

	snprintf(words, sizeof words, "as %d others before it: %.400s", r->alike, o->why.text);
	for (size_t at = 0; (object = retrieval_next(r, &at, &sop));)
		if (!object->path && !object->refused) {
			object_refuse(object, words);
			object->pass = r->pass;
		}
	r->alike = 0;
}

static bool block_done(const struct retrieval *r, const struct outcome *o)
{
	for (size_t i = 0; i < o->asked; i++) {
		const struct object *object = map_get(r->objects, o->sops[i]);

		if (!object->path && !object->refused)
			return false;
	}
	return true;
}

/* Another method may bring what this one did not. */
static void forgive(struct retrieval *r)
{
	struct object *object;
	const char *sop;

	for (size_t at = 0; (object = retrieval_next(r, &at, &sop));)
		if (object->refused && object->pass == r->pass)
			object_forgive(object);
}

/* An object that breaks the association stands in the way of those behind it: next time from the other end.  An association that
 * ended after the list of a failed object did not break. */
static void after_break(struct retrieval *r, const struct outcome *o, const struct settings *how, int64_t now_ms)
{
	bool stuck = !o->gained && !o->finals && err_transient(o->why.kind);

	if (stuck && ++r->tries > how->retries + BREAKS_MORE)
		r->step = STEP_END;
	r->backwards = !r->backwards && stuck;
	if (o->why.kind != ERR_TIMEOUT && err_transient(o->why.kind) && !(o->finals && o->failed > 0))
		wait_for(r, how, now_ms);
}

/* Each object had a request of its own: those before the end were answered, the one at which the connection broke is suspect. */
static void after_isolate(struct retrieval *r, const struct abilities *m, const struct outcome *o, const struct settings *how,
			  int64_t now_ms)
{
	enum sort sort = sort_of(o);

	if (o->gained)
		r->tries = 0;
	if (sort == SORT_LATER && again(r, how, now_ms))
		return;
	if (sort == SORT_LATER && !o->answered) {
		r->step = STEP_END;
		return;
	}
	if (refuse_answered(r, o) || sort == SORT_BROKEN)
		after_break(r, o, how, now_ms);
	if (fail_alike(r, o))
		refuse_rest(r, o);
	if (r->step == STEP_END ? !may_try_other(r, m) : !block_done(r, o))
		return;
	r->not_before = 0;
	r->backwards = false;
	if (may_try_other(r, m)) {
		forgive(r);
		r->tries = 0;
		take_other(r, m);
	} else {
		restart(r);
	}
}

/* It travelled with others.  Who got something goes on alone, by name; who got nothing travels in another form, in smaller
 * company, and at last alone. */
static void after_company(struct retrieval *r, struct abilities *m, const struct outcome *o, const struct settings *how, int64_t now_ms)
{
	enum sort sort = sort_of(o);

	(void)m;
	if (o->gained || (r->here && r->listed)) {
		r->step = finer(r);
		r->batch_max = 1;
	} else if (sort == SORT_LATER) {
		if (again(r, how, now_ms))
			return;
		if (!o->answered)
			r->step = STEP_END;
		r->batch_max = 1;
	} else if (sort == SORT_BROKEN && o->finals && o->failed > 0) {
		r->batch_max = 1;	/* the tool went no further than the first request whose objects failed: nothing broke */
	} else if (sort == SORT_BROKEN) {
		wait_for(r, how, now_ms);
		if (o->suspect)
			r->batch_max = 1;
		else if (o->blind)
			r->batch_max = (o->shared + 1) / 2;
	} else if (r->company == FORM_LIST) {
		r->company = FORM_FILES;
	} else {
		r->batch_max = 1;
	}
}

/* Everything is here; or the PACS says success and nobody can tell more. */
static bool enough(const struct retrieval *r, const struct abilities *means, const struct outcome *o)
{
	return retrieval_whole(r) || (!o->why.kind && (means->foreign || (retrieval_missing(r) < 0 && r->here)));
}

/* The request was for all of the study, or of the series asked for. */
static bool was_for_all(const struct retrieval *r)
{
	return (r->step == STEP_WHOLE || r->step == STEP_AGAIN) && !r->in->only.count;
}

/* How many objects the study has by the counters: each sub-operation is one.  What was here before the request is expected to come
 * again; what came twice within it is sent twice, and counted twice. */
static int claimed_objects(const struct retrieval *r, const struct outcome *o)
{
	int before = retrieval_here(r) - (o->placed - o->repeated), copies = o->repeated - before;

	return copies > 0 ? o->claimed - copies : o->claimed;
}

static void note_counters(struct retrieval *r, const struct outcome *o, bool well)
{
	struct retrieval_seen *seen = &r->seen;

	if (o->shared)
		seen->short_together |= o->lost && !o->lost_known;
	else if (o->claimed >= 0 && well)
		seen->claimed = retrieval_here(r);
	else if (o->claimed >= 0 && claimed_objects(r, o) > seen->claimed)
		seen->claimed = claimed_objects(r, o);
}

/* What it says of the number of objects (proof.h).  Success with nothing, and a refusal, say nothing. */
static void note_evidence(struct retrieval *r, const struct outcome *o)
{
	bool well = o->answered && !o->why.kind && o->failed <= 0 && !o->lost;

	if (!was_for_all(r) || (well && !retrieval_here(r)))
		return;
	note_counters(r, o, well);
	if (well) {
		r->seen.transfer = PROOF_TRANSFER_WELL;
		r->seen.well_here = retrieval_here(r);
	} else if (o->answered ? o->lost && !o->lost_known : !o->stopped && sort_of(o) == SORT_BROKEN) {
		r->seen.transfer = PROOF_TRANSFER_BROKE;
	}
}

static void note_outcome(struct retrieval *r, const struct abilities *means, const struct outcome *o)
{
	r->asked = true;
	r->spent_ms += o->shared ? 0 : o->ms;
	if (o->why.kind || !o->damaged)
		r->why = o->why;
	if (means->foreign && !o->shared && o->completed > r->here)
		r->here = o->completed;
	else if (means->foreign && o->shared && !o->why.kind && r->in->expected > r->here)
		r->here = r->in->expected;		/* the counters are of all together */
}

/* Another request for all of it, after a pause when the last one did not end well. */
static bool ask_for_proof(struct retrieval *r, const struct abilities *means, const struct outcome *o, const struct settings *how,
			  int64_t now_ms)
{
	if (means->foreign || o->overtime || for_good(o) || retrieval_settled(r))
		return false;
	retrieval_ask_again(r);
	if (o->why.kind && !o->gained)
		wait_for(r, how, now_ms);
	return true;
}

void retrieval_after(struct retrieval *r, struct abilities *means, const struct outcome *o, const struct settings *how,
		     int64_t now_ms)
{
	r->state = RETRIEVAL_READY;
	r->not_before = 0;
	note_evidence(r, o);
	if (o->stopped) {
		if (r->listed && retrieval_whole(r) && retrieval_settled(r))
			retrieval_end(r, means);
		return;
	}
	if (o->crowded) {
		wait_for(r, how, now_ms);
		return;
	}
	note_outcome(r, means, o);
	remember(r, means, o);
	if (enough(r, means, o) && (retrieval_relist(r) || ask_for_proof(r, means, o, how, now_ms)))
		return;
	if (enough(r, means, o) || o->overtime) {
		retrieval_end(r, means);
		return;
	}
	if (park(r, means, o, how, now_ms))
		;
	else if (o->shared)
		after_company(r, means, o, how, now_ms);
	else if (r->step == STEP_ISOLATE)
		after_isolate(r, means, o, how, now_ms);
	else if (o->gained)
		after_gain(r, o, how, now_ms);
	else
		after_nothing(r, means, o, how, now_ms);
	if (retrieval_all_refused(r) && r->step != STEP_END && may_try_other(r, means)) {
		forgive(r);
		r->tries = 0;
		take_other(r, means);
	}
	if (r->step == STEP_END || retrieval_all_refused(r))
		retrieval_end(r, means);
}
