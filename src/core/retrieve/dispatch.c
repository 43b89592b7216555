/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests: studies that are due are put together into batches, started, and judged when their last files are through. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/files/held.h"
#include "core/ledger/facts.h"
#include "core/node/facts.h"
#include "core/retrieve/batch.h"
#include "core/retrieve/run_p.h"


/* ---- how many at once ---- */

static long long known_width(const struct run *run)
{
	auto_free char *known = ledger_learned(run->session->ledger, run->node, FACT_WIDTH);

	return known ? strtoll(known, NULL, 10) : 0;
}

void throttle_begin(struct run *run)
{
	throttle_init(&run->throttle, run->how->parallel, run->how->retry_wait_s * 1000, known_width(run));
}

void throttle_end(struct run *run)
{
	long long known = known_width(run), learned = throttle_learned(&run->throttle, known);
	struct err e = { ERR_NONE, "" };
	char text[24];

	snprintf(text, sizeof text, "%lld", learned);
	if (learned != known && ledger_learn(run->session->ledger, run->node, FACT_WIDTH, learned ? text : NULL, &e) < 0)
		log_error("%s", e.text);
	if (run->echo)
		echo_stop(run->echo, true);
}

size_t associations_used(const struct run *run)
{
	return attempts_busy(run) + objects_running(run->lister);
}

bool associations_room(const struct run *run)
{
	return throttle_room(&run->throttle, associations_used(run));
}

static void obey_throttle(struct run *run, enum throttle_verdict verdict, const struct err *why)
{
	const struct throttle *t = &run->throttle;
	long long pause_s = (t->closed_until - clock_ms() + 999) / 1000;

	switch (verdict) {
	case THROTTLE_GO_ON:
		break;
	case THROTTLE_NARROWED:
		log_verbose("the PACS refuses more than %lld associations at once: %lld from now on", t->ceiling, t->now);
		break;
	case THROTTLE_PAUSED:
		log_warning("%d failures in a row: nothing is asked for %lld s (%s)", t->failures, pause_s, why->text);
		break;
	case THROTTLE_GIVE_UP:
		run_fail(run, why);
		break;
	}
}

static void echo_heard(void *owner, const struct err *why)
{
	struct run *run = owner;
	bool there = !err_transient(why->kind);

	run->echo = NULL;
	if (there || !run_ending(run))
		obey_throttle(run, throttle_echoed(&run->throttle, there, clock_ms()), why);
}

/* What cannot even be started says nothing of the PACS. */
static bool echo_failed_to_start(struct run *run)
{
	struct err e = { ERR_NONE, "" };

	run->echo = echo_start(run->session, &run->how->peer, echo_heard, run, &e);
	if (!run->echo)
		throttle_echoed(&run->throttle, true, clock_ms());
	return !run->echo;
}

bool associations_open(struct run *run)
{
	switch (throttle_turn(&run->throttle, associations_used(run), clock_ms())) {
	case THROTTLE_OPEN:
		return true;
	case THROTTLE_CLOSED:
		return false;
	case THROTTLE_ECHO:
		return echo_failed_to_start(run);
	}
	return false;
}

void associations_heard(struct run *run, const struct err *why, struct throttle_event event)
{
	obey_throttle(run, throttle_heard(&run->throttle, &event, clock_ms()), why);
}

/* ---- starting ---- */

static struct batch_candidate candidate_of(const struct retrieval *r)
{
	return (struct batch_candidate){
		.way = r->way, .company = r->company, .part = r->step != STEP_WHOLE || r->in->series_uid,
		.slow = retrieval_nearline(r) || r->spent_ms, .expected = r->in->expected, .most = r->batch_max,
	};
}

static bool due(const struct retrieval *r, int64_t now)
{
	return r->state == RETRIEVAL_READY && r->not_before <= now;
}

/* May the whole study be asked for beside its list?  Where the list could show that another way is better, or that some of it
 * need not come, it is waited for. */
static bool may_go_ahead(const struct run *run, const struct retrieval *r, enum retrieval_list list)
{
	return r->state == RETRIEVAL_WAITING && r->list == list && !r->list_first && !map_count(run->means.ways);
}

static bool nothing_here(struct run *run, struct retrieval *r)
{
	struct err e = { ERR_NONE, "" };

	if (!run->how->force && held_any(run->session->ledger, run->how->output, r->uid, &r->list_first, &e) < 0)
		run_fail(run, &e);
	return !r->list_first && run->ending != RUN_STOPPING;
}

/* An object at least, where the PACS does not count. */
static long long objects_under_way(const struct attempt *a)
{
	long long expected = 0;

	for (size_t i = 0; i < a->batch.count; i++) {
		int of_study = a->batch.studies[i]->in->expected;

		expected += of_study > 0 ? of_study : 1;
	}
	return a->record.objects < expected ? expected - a->record.objects : 0;
}

static struct batch_budget budget_of(const struct run *run)
{
	const struct run_progress *p = &run->result->progress;
	struct batch_budget budget = { .max_bytes = run->how->max_bytes, .bytes = p->bytes, .objects = p->objects };

	for (const struct attempt *a = run->attempts; a; a = a->next)
		budget.under_way += objects_under_way(a);
	return budget;
}

/* The first that is due (list over), or may go ahead of a list that is not, and others that may share its request. */
static struct retrieval **next_batch(struct run *run, enum retrieval_list list, size_t *ret_count)
{
	const struct batch_budget budget = budget_of(run);
	struct retrieval **batch = NULL;
	struct batch_draft draft;
	size_t room = 0;
	int64_t now = clock_ms();

	*ret_count = 0;
	if (batch_waits(&budget))
		return NULL;
	batch_begin(&draft, &budget);
	for (size_t i = 0; i < run->queue.count && !batch_full(&draft); i++) {
		struct retrieval *r = run->queue.studies[i];
		const struct batch_candidate candidate = candidate_of(r);

		if (!(list == LIST_OVER ? due(r, now) : may_go_ahead(run, r, list)) || !batch_fits(&draft, &candidate))
			continue;
		if (list != LIST_OVER && !nothing_here(run, r))
			continue;
		mem_grow(batch, draft.count, room);
		batch[draft.count] = r;
		batch_add(&draft, &candidate);
	}
	*ret_count = batch_count(&draft);
	return batch;
}

/* ---- slots ---- */

/* What the attempts wait for. */
struct waiting {
	size_t busy, intake, lists;
	bool leads;			/* one that is under way is ahead of its list */
};

static struct waiting count_waiting(const struct run *run)
{
	struct waiting w = { 0, 0, 0, false };

	for (const struct attempt *a = run->attempts; a; a = a->next) {
		bool busy = attempt_holds_slot(a), listed = attempt_listed(a);

		w.busy += busy;
		w.intake += !busy && !intake_passed(run->intake, a->ticket);
		w.lists += !listed;
		w.leads |= busy && !listed;
	}
	return w;
}

size_t attempts_busy(const struct run *run)
{
	return count_waiting(run).busy;
}

/* As many again may wait for the intake: what lies in the staging folder stays bounded, and limits on bytes are kept. */
bool attempts_room(const struct run *run)
{
	const struct waiting w = count_waiting(run);

	return w.busy < (size_t)run->how->parallel && w.busy + w.intake < 2 * (size_t)run->how->parallel;
}

/* One at a time goes ahead of its list, which may show that it was not worth a request; and no more wait for lists that are late. */
static bool room_ahead(const struct run *run)
{
	const struct waiting w = count_waiting(run);

	return !w.leads && w.lists < 2 * (size_t)run->how->parallel;
}

static struct retrieval **batch_ahead(struct run *run, enum retrieval_list list, size_t *ret_count)
{
	struct retrieval **batch = room_ahead(run) ? next_batch(run, list, ret_count) : NULL;

	for (size_t i = 0; batch && i < *ret_count; i++)
		retrieval_ready(batch[i], &run->means);
	return batch;
}

/* Takes studies. */
static bool start_batch(struct run *run, struct retrieval **studies, size_t count)
{
	const struct attempt_parts parts = { run->session, &run->staging, run->intake, run->receiver, run->how, run->means.queues };
	struct request_batch batch = { .studies = studies, .count = count };
	struct err e = { ERR_NONE, "" };
	struct attempt *a;

	retrieval_request(studies[0], &batch.request);
	for (size_t i = 0; i < count; i++) {
		studies[i]->state = RETRIEVAL_RUNNING;
		studies[i]->in->attempts++;
	}
	a = attempt_start(&parts, &batch, associations_used(run), &e);
	run->result->requests++;
	if (!a) {
		run_fail(run, &e);
		return false;
	}
	a->next = run->attempts;
	run->attempts = a;
	run->last_start_ms = clock_ms();
	return true;
}

bool attempts_start(struct run *run)
{
	size_t count;
	struct retrieval **batch = next_batch(run, LIST_OVER, &count);

	if (!batch)
		batch = batch_ahead(run, LIST_ASKED, &count);
	return batch && start_batch(run, batch, count);
}

/* The transfer takes longer than its list. */
void attempts_lead(struct run *run)
{
	size_t count;
	struct retrieval **batch;

	if (associations_used(run) || run->attempts || run->throttle.alone || run->throttle.now < 2)
		return;
	batch = batch_ahead(run, LIST_WANTED, &count);
	if (batch)
		start_batch(run, batch, count);
}

/* ---- judging ---- */

static void unlink_attempt(struct run *run, struct attempt *a)
{
	for (struct attempt **at = &run->attempts; *at; at = &(*at)->next)
		if (*at == a) {
			*at = a->next;
			break;
		}
}

/* What a batch says of the way studies travel together. */
static void learn_company(struct run *run, const struct attempt *a, size_t gainers)
{
	const struct judge_company company = { a->batch.request.form, a->batch.count, gainers, a->answer.finals, a->answer.whole,
					       attempt_stopped(a) };
	int learned = judge_company(&run->lessons, &company);

	if (learned >= 0)
		abilities_learn_studies(&run->means, (enum form)learned);
}

/* What is not about the studies asked for but about the whole run. */
static void judge_run(struct run *run, const struct attempt *a, int gained)
{
	const struct judge_request request = {
		a->batch.request.method, &a->answer, gained > 0, attempt_stopped(a) || run_ending(run),
		run->how->method == METHOD_AUTO, run->means.get, run->means.move,
	};

	switch (judge_request(&request)) {
	case JUDGE_GO_ON:
		break;
	case JUDGE_FAIL:
		run_fail(run, &a->answer.why);
		break;
	case JUDGE_NO_MOVE:
		run->means.move = false;
		run->means.first = METHOD_GET;
		log_warning("%s; going on without C-MOVE", a->answer.why.text);
		break;
	case JUDGE_OTHER_METHOD:
		abilities_lose(&run->means, a->batch.request.method);
		log_verbose("%s: going on by %s", a->answer.why.text, run->means.get ? "C-GET" : "C-MOVE");
		break;
	}
}

/* Objects that the PACS counted and that did not come; those of its studies that were sent again came, too. */
static int lost_of(const struct attempt *a)
{
	int lost = a->answer.claimed;

	for (size_t i = 0; i < a->batch.count; i++)
		lost -= attempt_placed(a, i);
	return lost > 0 ? lost : 0;
}

/* Do the lists of its studies tell which? */
static bool lost_is_known(const struct attempt *a, int lost)
{
	for (size_t i = 0; i < a->batch.count; i++) {
		if (!a->batch.studies[i]->listed)
			return false;
		lost -= retrieval_missing(a->batch.studies[i]);
	}
	return lost <= 0;
}

/* What the counters of an attempt say of its studies together. */
struct losses {
	int lost;
	bool known;
};

static struct outcome outcome_of(const struct run *run, const struct attempt *a, size_t i, const struct retrieval *suspect,
				 const struct losses *losses)
{
	const struct retrieval *r = a->batch.studies[i];
	const struct judge_part part = { a->batch.count - 1, r == suspect, suspect != NULL, a->stop, run->ending == RUN_STOPPING, run->ending == RUN_DRAINING,
					 r->list == LIST_OVER, a->beside };
	struct outcome outcome = judge_study(&a->answer, &part);

	outcome.claimed = a->answer.claimed;
	outcome.placed = attempt_placed(a, i);
	outcome.repeated = r->repeated - a->before[i].repeated;
	outcome.lost = losses->lost;
	outcome.lost_known = losses->known;
	outcome.gained = attempt_gained(a, i);
	outcome.damaged = attempt_damaged(a, i);
	outcome.ms = a->record.ended_ms - a->record.started_ms;
	outcome.sops = a->files.sops;
	outcome.asked = a->files.named;
	return outcome;
}

static void tell_pause(const struct retrieval *r)
{
	int64_t ms = r->not_before - clock_ms();

	if (r->state == RETRIEVAL_READY && ms > 0)
		log_verbose("%s: asked for again in %lld s: %s", r->uid, (long long)(ms + 999) / 1000, r->why.kind ? r->why.text : "nothing came");
}

static void judge_studies(struct run *run, struct attempt *a)
{
	struct retrieval *suspect = a->answer.whole ? NULL : attempt_suspect(a);
	const int lost = lost_of(a);
	const struct losses losses = { lost, lost_is_known(a, lost) };		/* studies leave one by one */

	for (size_t i = 0; i < a->batch.count; i++) {
		struct retrieval *r = a->batch.studies[i];
		const struct outcome outcome = outcome_of(run, a, i, suspect, &losses);

		if (r->list_why.kind && !outcome.stopped) {
			r->why = r->list_why;
			retrieval_end(r, &run->means);
		} else {
			retrieval_after(r, &run->means, &outcome, run->how, clock_ms());
		}
		tell_pause(r);
		if (r->state == RETRIEVAL_OVER)
			run_leave(run, r, outcome.answered);
	}
}

static void conclude(struct run *run, struct attempt *a)
{
	struct err e = { ERR_NONE, "" };
	size_t gainers = 0;
	int gained = 0;

	unlink_attempt(run, a);
	for (size_t i = 0; i < a->batch.count; i++) {
		gained += attempt_gained(a, i);
		gainers += attempt_gained(a, i) > 0;
	}
	if (!attempt_stopped(a) && !run_ending(run))
		associations_heard(run, &a->answer.why, (struct throttle_event){ a->answer.why.kind, a->answer.whole, gained > 0,
										 a->record.started_ms, a->beside });
	learn_company(run, a, gainers);
	if (attempt_late(a))
		abilities_learn_queue(&run->means);
	else if (attempt_prompt(a))
		abilities_learn_prompt(&run->means);
	judge_run(run, a, gained);
	if (ledger_begin(run->session->ledger, &e) < 0 || attempt_tell_ledger(a, &e) < 0) {
		run_fail(run, &e);
		attempt_free(a);
		return;
	}
	attempt_note_failed(a);
	judge_studies(run, a);
	for (size_t i = 0; i < run->queue.count; i++)
		retrieval_redirect(run->queue.studies[i], &run->means);
	abilities_keep(&run->means, run->session->ledger, run->node, &e);
	if (ledger_commit(run->session->ledger, &e) < 0)
		run_fail(run, &e);
	attempt_free(a);
}

void attempts_conclude(struct run *run)
{
	bool again = true;

	while (again) {
		again = false;
		for (struct attempt *a = run->attempts; a && !again; a = a->next) {
			attempt_look(a, run_ending(run));
			if (attempt_concluded(a)) {
				conclude(run, a);
				again = true;
			}
		}
	}
}
