/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The window: studies enter in the order of the plan, are listed in groups, compared with what is here, and leave with a
 * verdict. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/ledger/held.h"
#include "core/retrieve/run_p.h"
#include "core/tell/notify.h"

#define WINDOW 600			/* studies in memory with their lists */
#define GROUP_OBJECTS 10000		/* expected objects in one image-level question */
#define OBJECTS_UNKNOWN 200		/* taken for a study that was not counted */
#define READY_FEW 60			/* so many listed studies are enough to go on with */

/* ---- leaving ---- */

/* The verdict, and that it is to be told, as one. */
static int put_verdict(struct session *s, const struct ledger_study *study, struct err *e)
{
	if (!s->notify)
		return ledger_study_put(s->ledger, study, e);
	if (ledger_begin(s->ledger, e) < 0)
		return -1;
	if (notify_verdict(s->notify, study, e) == 0 && ledger_study_put(s->ledger, study, e) == 0)
		return ledger_commit(s->ledger, e);
	ledger_rollback(s->ledger);
	return -1;
}

static void record_study(struct run *run, const struct plan_study *in)
{
	struct err e = { ERR_NONE, "" };
	const struct ledger_study study = {
		.job = run->session->job, .study_uid = study_get(&in->study, STUDY_UID), .date = study_get(&in->study, STUDY_DATE),
		.modalities = study_get(&in->study, STUDY_MODALITIES), .verdict = verdict_name(in->verdict), .why = in->why,
		.position = (int)(in - run->plan->studies), .expected = in->expected, .received = in->received,
		.attempts = in->attempts, .counted = plan_study_counted(in), .bytes = in->bytes,
	};

	if (put_verdict(run->session, &study, &e) < 0)
		run_fail(run, &e);
	else
		notify_next(run->session->notify);
}

void window_leave(struct run *run, struct retrieval *r)
{
	for (size_t i = 0; i < run->active_count; i++)
		if (run->active[i] == r) {
			memmove(&run->active[i], &run->active[i + 1], (run->active_count - i - 1) * sizeof *run->active);
			run->active_count--;
			break;
		}
	if (retrieval_list_cut(r))
		objects_cut(run->lister, r);
	map_remove(run->by_uid, r->uid);
	if (r->in->verdict == VERDICT_FAILED)
		run->result->last = r->why;
	record_study(run, r->in);
	run->result->progress.studies_done++;
	run->save_due = true;
	if (run->hooks->study_over)
		run->hooks->study_over(run->owner, r->in, &run->result->progress);
	retrieval_done(r);
	free(r);
}

/* ---- listing ---- */

static bool under_way(const struct run *run, const struct retrieval *r)
{
	const struct attempt *a = r->state == RETRIEVAL_RUNNING ? attempts_of(run, r) : NULL;

	return a && a->phase < ATTEMPT_ENDED;
}

/* It could not be asked which objects there are, often enough.  What breaks off each time is done without a list at last. */
static void never_listed(struct run *run, struct retrieval *r, const struct err *why)
{
	static const struct err fine = { ERR_NONE, "" };

	if (why->kind == ERR_TIMEOUT || why->kind == ERR_ABORTED) {
		window_listed(run, r, &fine);
	} else if (r->state == RETRIEVAL_RUNNING) {
		r->list = LIST_OVER;
		r->list_why = *why;		/* when its request is judged */
	} else {
		r->why = *why;
		retrieval_end(r, &run->means);
		window_leave(run, r);
	}
}

/* What failed beside the transfer of the study is asked again after it, as if for the first time: the PACS may do one thing at
 * a time. */
static void not_listed(struct run *run, struct retrieval *r, const struct err *why)
{
	bool excused = under_way(run, r) || (why->kind == ERR_BUSY && run->list_crowded);

	r->list = LIST_WANTED;
	r->list_not_before = clock_ms() + run->how->retry_wait_s * 1000 * (excused ? 1 : r->list_tries + 1);
	r->list_first = true;
	if (!err_transient(why->kind))
		run_fail(run, why);
	else if (!excused && ++r->list_tries > run->how->retries)
		never_listed(run, r, why);
}

void window_listed(void *owner, struct retrieval *r, const struct err *why)
{
	struct run *run = owner;
	struct err e = { ERR_NONE, "" };

	if (run_ending(run)) {
		r->list = LIST_WANTED;
		return;
	}
	if (why->kind) {
		not_listed(run, r, why);
		return;
	}
	r->list = LIST_OVER;
	if (r->state == RETRIEVAL_RUNNING) {
		retrieval_join(r, &run->means);
		return;
	}
	if (!run->how->force && !run->means.foreign && held_load(run->session->ledger, run->session->job, run->how->output, r, &e) < 0) {
		run_fail(run, &e);
		return;
	}
	r->in->held = r->here;
	retrieval_ready(r, &run->means);
	if (retrieval_whole(r) || r->step == STEP_END) {
		retrieval_end(r, &run->means);
		window_leave(run, r);
	}
}

void window_heard(void *owner, const struct err *why, int64_t started_ms)
{
	struct run *run = owner;
	size_t used = associations_used(run), beside = used ? used - 1 : 0;

	run->list_crowded = beside > 0;
	if (!run_ending(run))
		associations_heard(run, why, (struct throttle_event){ why->kind, false, !err_transient(why->kind), started_ms, beside });
}

static bool may_share(const struct retrieval *r)
{
	return !r->in->series_uid && !r->in->only.count;
}

/* A list that failed before is not asked for beside the transfer again. */
static bool waits(const struct run *run, const struct retrieval *r, int64_t now)
{
	return r->list == LIST_WANTED && r->list_not_before <= now && !(r->list_first && under_way(run, r));
}

/* Lists as many of the waiting as travel together; true when something was started. */
static bool list_some(struct run *run)
{
	struct retrieval *group[OBJECTS_STUDIES_MAX];
	size_t count = 0, width = objects_width(run->lister);
	int64_t now = clock_ms();
	long long objects = 0;

	for (size_t i = 0; i < run->active_count && count < width; i++) {
		struct retrieval *r = run->active[i];
		int expected = r->in->expected < 0 ? OBJECTS_UNKNOWN : r->in->expected;

		if (!waits(run, r, now))
			continue;
		if (count && (!may_share(r) || objects + expected > GROUP_OBJECTS))
			break;
		group[count++] = r;
		objects += expected;
		r->list = LIST_ASKED;
		if (!may_share(r))
			break;
	}
	if (count)
		objects_add(run->lister, group, count);
	return count > 0;
}

/* Lists are asked for in groups: while there is enough to go on with, those that wait become more.  What has come waits for
 * nothing else. */
static bool time_to_list(const struct run *run)
{
	size_t ready = 0, waiting = 0;
	int64_t now = clock_ms();

	for (size_t i = 0; i < run->active_count; i++) {
		const struct retrieval *r = run->active[i];

		if (!waits(run, r, now)) {
			ready += r->state == RETRIEVAL_READY;
			continue;
		}
		if (r->state == RETRIEVAL_RUNNING)
			return true;
		waiting++;
	}
	return waiting && (ready < READY_FEW || waiting >= OBJECTS_STUDIES_MAX || run->next >= run->plan->count);
}

/* Who needs no list, or will have none, is ready. */
static void ready_without_list(struct run *run)
{
	static const struct err fine = { ERR_NONE, "" };
	bool again = true;

	while (again && !run->stopping) {
		again = false;
		for (size_t i = 0; i < run->active_count && !again; i++) {
			struct retrieval *r = run->active[i];

			if (r->state == RETRIEVAL_WAITING && r->list == LIST_WANTED && (r->listed || run->how->trust != TRUST_LIST || run->means.foreign)) {
				window_listed(run, r, &fine);
				again = true;
			}
		}
	}
}

void window_list(struct run *run)
{
	size_t most = run->how->parallel > 1 ? 2 : 1;

	while (!run->stopping && associations_open(run) && associations_room(run) && objects_running(run->lister) < most && time_to_list(run) &&
	       list_some(run))
		;
}

/* ---- entering ---- */

/* The next wanted studies of the plan; parts of one study one after the other. */
static void take_in(struct run *run)
{
	while (run->active_count < WINDOW && run->next < run->plan->count) {
		struct plan_study *in = &run->plan->studies[run->next];
		struct retrieval *r;

		if (in->verdict != VERDICT_WANTED) {
			run->next++;
			continue;
		}
		r = mem_alloc(sizeof *r);
		retrieval_init(r, in, &run->means);
		if (run->how->peer.model != MODEL_STUDY)
			r->company = FORM_FILES;		/* a list is of studies of one patient there */
		r->list_first = in->series_uid || in->only.count || in->attempts || retrieval_nearline(r) || run->how->max_images;
		if (map_has(run->by_uid, r->uid)) {
			retrieval_done(r);
			free(r);
			return;
		}
		run->next++;
		mem_grow(run->active, run->active_count, run->active_room);
		run->active[run->active_count++] = r;
		map_put(run->by_uid, r->uid, r);
	}
}

void window_enter(struct run *run)
{
	take_in(run);
	ready_without_list(run);
}
