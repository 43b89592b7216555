/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files decide, whatever a tool said; only what is missing is asked for again; what may be retried waits, what was
 * refused descends. */
#include "core/retrieval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dicom/sopclass.h"
#include "dicom/value.h"
#include "wrappers/retriever.h"

#define BLOCK_FIRST 100			/* SOP Instance UIDs in one request */
#define BATCH_FIRST 250			/* QUERY_LIST_UIDS_MAX */
#define WAIT_MS_MAX 300000
#define RECALL_MS 30000			/* first pause for a NEARLINE study, doubled each time */

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

void retrieval_init(struct retrieval *r, struct plan_study *in, const struct means *means)
{
	memset(r, 0, sizeof *r);
	r->in = in;
	r->method = means->first;
	r->block = BLOCK_FIRST;
	r->batch_max = BATCH_FIRST;
	snprintf(r->uid, sizeof r->uid, "%s", study_get(&in->study, STUDY_UID));
	value_trim(r->uid);
	for (size_t i = 0; i < in->only.count; i++)
		retrieval_list(r, in->only.items[i].series, in->only.items[i].sop, in->only.items[i].sop_class);
	r->listed = in->only.count > 0;
}

void retrieval_done(struct retrieval *r)
{
	table_free(r->objects, object_free);
	table_free(r->came, object_free);
	r->objects = r->came = NULL;
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
		r->objects = table_new();
	o = table_get(r->objects, sop);
	if (o || (r->listed && r->in->only.count)) {
		if (o && !*o->sop_class && *sop_class) {
			free(o->sop_class);
			o->sop_class = mem_str(sop_class);
		}
		return false;
	}
	table_put(r->objects, sop, object_new(series, sop_class));
	r->wanted++;
	return true;
}

void retrieval_unlist(struct retrieval *r)
{
	table_free(r->objects, object_free);
	r->objects = NULL;
	r->wanted = 0;
	r->listed = false;
}

bool retrieval_have(struct retrieval *r, const char *series, const char *sop, const char *sop_class, const char *path)
{
	struct table **into = r->listed ? &r->objects : &r->came;
	struct object *o = *into ? table_get(*into, sop) : NULL;

	if (!o && r->listed)
		return false;
	if (!*into)
		*into = table_new();
	if (!o) {
		o = object_new(series, sop_class);
		table_put(*into, sop, o);
	}
	if (o->path)
		return false;
	o->path = mem_str(path);
	r->here++;
	return true;
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

/* C-GET through getscu cannot carry every class; where a list tells so, the way that can is taken at once. */
static bool needs_move(const struct retrieval *r)
{
	const char *sop;
	void *value;

	for (size_t at = 0; r->objects && (sop = table_next(r->objects, &at, &value));) {
		const struct object *o = value;

		if (!o->path && *o->sop_class && !sopclass_in_getscu(o->sop_class))
			return true;
	}
	return false;
}

/* With C-GET alone, what it cannot carry is refused beforehand: one such object ends Orthanc's whole C-GET. */
static void refuse_uncarried(struct retrieval *r)
{
	const char *sop;
	void *value;

	for (size_t at = 0; r->objects && (sop = table_next(r->objects, &at, &value));) {
		struct object *o = value;

		if (o->path || !*o->sop_class || sopclass_in_getscu(o->sop_class) || o->refused)
			continue;
		o->refused = true;
		o->words = mem_printf("getscu offers no presentation context for %s: use C-MOVE", sopclass_name(o->sop_class));
	}
}

static bool any_refused(const struct retrieval *r)
{
	const char *sop;
	void *value;

	for (size_t at = 0; r->objects && (sop = table_next(r->objects, &at, &value));)
		if (((struct object *)value)->refused)
			return true;
	return false;
}

void retrieval_ready(struct retrieval *r, const struct means *means)
{
	r->state = RETRIEVAL_READY;
	if (r->listed) {
		r->in->expected = r->wanted;
		r->in->counted = COUNT_IMAGES;
	}
	r->method = means->first;
	if (r->method == METHOD_GET && r->listed && needs_move(r)) {
		if (means->move)
			r->method = METHOD_MOVE;
		else
			refuse_uncarried(r);
	}
	r->step = r->listed && (r->here || r->in->only.count || any_refused(r)) ? STEP_MISSING : STEP_WHOLE;
}

/* ---- what to ask for ---- */

void retrieval_request(const struct retrieval *r, const struct means *means, struct request *q)
{
	(void)means;
	*q = (struct request){ .method = r->method, .grain = GRAIN_INSTANCES, .block = r->block };
	if (r->step == STEP_SYNTAX && r->syntax < getscu_syntaxes_count)
		q->syntax = getscu_syntaxes[r->syntax];
	if (r->step == STEP_WHOLE || !r->listed)
		q->grain = r->in->series_uid ? GRAIN_SERIES : GRAIN_STUDY;
	else if (r->step == STEP_SERIES || r->image_refused)
		q->grain = GRAIN_SERIES;
}

size_t retrieval_block(const struct retrieval *r, const struct request *q, const char **sops, size_t room, const char **ret_series)
{
	const char *sop;
	size_t count = 0;
	void *value;

	*ret_series = NULL;
	for (size_t at = 0; r->objects && count < room && count < q->block && (sop = table_next(r->objects, &at, &value));) {
		const struct object *o = value;

		if (o->path || o->refused || (*ret_series && strcmp(*ret_series, o->series)))
			continue;
		*ret_series = o->series;
		sops[count++] = sop;
	}
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

/* ---- after an attempt ---- */

static bool all_missing_refused(const struct retrieval *r)
{
	struct request any = { .block = 1 };
	const char *sop, *series;

	return r->listed && retrieval_block(r, &any, &sop, 1, &series) == 0;
}

static void forget_refusals(struct retrieval *r)
{
	const char *sop;
	void *value;

	for (size_t at = 0; r->objects && (sop = table_next(r->objects, &at, &value));) {
		struct object *o = value;

		o->refused = false;
		free(o->words);
		o->words = NULL;
	}
}

static bool other_method(struct retrieval *r, const struct means *means)
{
	if (r->method != means->first || !means->get || !means->move)
		return false;
	r->method = r->method == METHOD_GET ? METHOD_MOVE : METHOD_GET;
	r->image_refused = false;
	r->block = BLOCK_FIRST;
	forget_refusals(r);
	return true;
}

/* The next step of the ladder that makes sense here. */
static void descend(struct retrieval *r, const struct means *means, const struct outcome *o)
{
	bool refused_by_status = o->why.kind != ERR_NONE;

	if (r->step == STEP_SYNTAX && refused_by_status && r->syntax + 1 < getscu_syntaxes_count) {
		r->syntax++;
		return;
	}
	for (;;) {
		switch (++r->step) {
		case STEP_MISSING:
			return;			/* without a list this is the study once more */
		case STEP_SYNTAX:
			if (r->method != METHOD_GET || !refused_by_status)
				continue;
			if (r->syntax + 1 >= getscu_syntaxes_count)
				continue;
			r->syntax++;
			return;
		case STEP_OTHER_METHOD:
			if (other_method(r, means))
				return;
			continue;
		case STEP_SERIES:
			if (!r->listed || !r->image_refused)
				continue;
			return;
		case STEP_ISOLATE:
			if (!r->listed || r->image_refused)
				continue;
			return;
		default:
			r->step = STEP_END;
			return;
		}
	}
}

/* Blocks that bring nothing are halved; a single object that brings nothing is marked with the PACS's words. */
static void isolate(struct retrieval *r, const struct outcome *o)
{
	struct request q = { .block = r->block };
	const char *sops[BLOCK_FIRST], *series;
	size_t count = retrieval_block(r, &q, sops, BLOCK_FIRST, &series);

	if (o->gained) {
		r->block = r->block * 2 < BLOCK_FIRST ? r->block * 2 : BLOCK_FIRST;
	} else if (count > 1) {
		r->block = (count + 1) / 2;
	} else if (count == 1) {
		struct object *object = table_get(r->objects, sops[0]);

		object->refused = true;
		free(object->words);
		object->words = mem_str(o->why.kind ? o->why.text : "the PACS says success and sends nothing");
		r->block = 2;
	}
	if (all_missing_refused(r))
		r->step = STEP_END;
}

/* Worth the same again after a pause: nothing was answered, or not now. */
static bool passing(const struct outcome *o)
{
	return !o->gained && err_transient(o->why.kind) && !(o->answered && o->why.kind == ERR_ABORTED);
}

static int64_t pause_ms(const struct retrieval *r, const struct settings *how)
{
	int64_t ms = how->retry_wait_s * 1000;

	for (int i = 1; i < r->tries && ms < WAIT_MS_MAX; i++)
		ms *= 2;
	ms = ms < WAIT_MS_MAX ? ms : WAIT_MS_MAX;
	return ms + ms / 4 * (rand() % 100) / 100;	/* jitter: many clients must not come back together */
}

/* Was it said that nothing at all can be had here, so that no other way need be tried? */
static bool hopeless(const struct outcome *o, const struct retrieval *r)
{
	return (o->why.kind == ERR_UNREACHABLE || o->why.kind == ERR_BUSY) && r->tries > 0;
}

/* Everything is here; or the PACS says success and nobody can tell more. */
static bool enough(const struct retrieval *r, const struct means *means, const struct outcome *o)
{
	return retrieval_whole(r) || (!o->why.kind && (means->foreign || (retrieval_missing(r) < 0 && r->here)));
}

static bool is_nearline(const struct retrieval *r)
{
	const char *availability = study_get(&r->in->study, STUDY_AVAILABILITY);

	return !strcmp(availability, "NEARLINE") || !strcmp(availability, "OFFLINE");
}

/* The first request recalled it from its archive; it is visited again without holding a slot. */
static bool park(struct retrieval *r, const struct outcome *o, const struct settings *how, int64_t now_ms)
{
	if (!is_nearline(r) || o->gained || o->shared || o->why.kind == ERR_REFUSED || r->parks >= how->retries)
		return false;
	r->not_before = now_ms + ((int64_t)RECALL_MS << r->parks);
	r->parks++;
	return true;
}

void retrieval_after(struct retrieval *r, const struct means *means, const struct outcome *o, const struct settings *how,
		     int64_t now_ms)
{
	bool wait = false;

	r->state = RETRIEVAL_READY;
	r->not_before = 0;
	if (o->stopped)
		return;
	r->asked = true;
	if (o->why.kind)
		r->why = o->why;
	if (means->foreign && o->completed > r->here)
		r->here = o->completed;
	if (enough(r, means, o)) {
		retrieval_end(r, means);
		return;
	}
	if (park(r, o, how, now_ms))
		return;
	if (o->gained) {
		r->tries = 0;
		r->idle = 0;
	} else {
		r->idle++;
	}
	if (o->shared) {
		/* Nobody is to blame yet: travel in smaller company. */
		r->batch_max = r->batch_max > 2 ? r->batch_max / 2 : 1;
		wait = passing(o);
		if (wait && ++r->tries > how->retries)
			r->step = STEP_END;
	} else if (passing(o)) {
		wait = true;
		if (++r->tries > how->retries || (r->step == STEP_ISOLATE && o->why.kind == ERR_ABORTED)) {
			if (r->step == STEP_ISOLATE)
				isolate(r, o);
			else if (hopeless(o, r))
				r->step = STEP_END;
			else
				descend(r, means, o);
			wait = false;
			r->tries = 0;
		} else if (o->why.kind != ERR_UNREACHABLE && o->why.kind != ERR_BUSY && r->step < STEP_ISOLATE) {
			descend(r, means, o);		/* an object that breaks the whole must not be asked for the same way */
		}
	} else if (r->step == STEP_ISOLATE) {
		isolate(r, o);
	} else if (o->gained && r->listed) {
		if (r->step == STEP_WHOLE)
			r->step = STEP_MISSING;
	} else {
		if (o->why.kind == ERR_REFUSED && r->step != STEP_WHOLE)
			r->image_refused = true;
		descend(r, means, o);
	}
	if (r->step == STEP_END || (!r->listed && r->idle > 2 + how->retries))
		retrieval_end(r, means);
	else if (wait)
		r->not_before = now_ms + pause_ms(r, how);
}

static void note_missing(struct retrieval *r)
{
	const char *sop;
	void *value;

	wanted_done(&r->in->missing);
	for (size_t at = 0; r->objects && (sop = table_next(r->objects, &at, &value));) {
		const struct object *o = value;

		if (!o->path)
			wanted_add(&r->in->missing, o->series, sop, o->sop_class);
	}
}

static const char *words_of_missing(const struct retrieval *r)
{
	const char *sop;
	void *value;

	for (size_t at = 0; r->objects && (sop = table_next(r->objects, &at, &value));)
		if (!((struct object *)value)->path && ((struct object *)value)->words)
			return ((struct object *)value)->words;
	return r->why.kind ? r->why.text : "the PACS says success and sends nothing more";
}

static void explain(struct retrieval *r)
{
	int missing = retrieval_missing(r);

	free(r->in->why);
	r->in->why = NULL;
	switch (r->in->verdict) {
	case VERDICT_INCOMPLETE:
		r->in->why = missing >= 0 ? mem_printf("%d of %d objects missing: %s", missing, r->in->expected, words_of_missing(r))
					  : mem_printf("it is unknown how many objects are missing: %s", words_of_missing(r));
		break;
	case VERDICT_EMPTY:
		r->in->why = mem_str("the PACS says success and sends no object");
		break;
	case VERDICT_PARKED:
		r->in->why = mem_printf("%s at the PACS: it was recalled and has not come yet; resume later",
					study_get(&r->in->study, STUDY_AVAILABILITY));
		break;
	case VERDICT_FAILED:
		r->in->why = mem_str(words_of_missing(r));
		break;
	default:
		break;
	}
}

void retrieval_end(struct retrieval *r, const struct means *means)
{
	int missing = retrieval_missing(r);
	struct plan_study *in = r->in;

	r->state = RETRIEVAL_OVER;
	in->received = r->here;
	if (means->foreign)
		in->verdict = r->why.kind ? VERDICT_FAILED : VERDICT_UNVERIFIED;
	else if (missing == 0 && r->listed)
		in->verdict = VERDICT_COMPLETE;
	else if (missing == 0 && r->here)
		in->verdict = VERDICT_COMPLETE_BY_COUNT;
	else if (missing < 0 && r->here && !r->why.kind)
		in->verdict = VERDICT_UNVERIFIED;
	else if (r->here > 0)
		in->verdict = VERDICT_INCOMPLETE;
	else if (is_nearline(r) && r->asked && r->why.kind != ERR_REFUSED)
		in->verdict = VERDICT_PARKED;
	else if (!r->why.kind && r->asked && !any_refused(r))
		in->verdict = VERDICT_EMPTY;
	else
		in->verdict = VERDICT_FAILED;
	note_missing(r);
	explain(r);
}
