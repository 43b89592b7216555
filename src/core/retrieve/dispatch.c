/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests: studies that are due are put together into batches, started, and judged when their last files are through. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/ledger/held.h"
#include "core/retrieve/run_p.h"
#include "dicom/query.h"

#define BATCH_OBJECTS 500		/* objects in one request for several studies */
#define BATCH_STUDY_OBJECTS 100		/* a study larger than that travels alone */
#define STRAGGLE_MS 5000		/* after the final move response, since the last sign of life */
#define BROKEN_MS 500			/* the same when there was none, and no connection is open */
#define LONE_ANSWERS 3			/* so often only one of several requests was answered: no more of those */

struct attempt *attempts_of(const struct run *run, const struct retrieval *r)
{
	for (struct attempt *a = run->attempts; a; a = a->next)
		for (size_t i = 0; i < a->count; i++)
			if (a->of[i] == r)
				return a;
	return NULL;
}

/* ---- starting ---- */

static bool small(const struct retrieval *r)
{
	return r->step == STEP_WHOLE && r->batch_max > 1 && !r->in->series_uid && r->in->expected >= 0 &&
	       r->in->expected <= BATCH_STUDY_OBJECTS && !retrieval_nearline(r) && !r->spent_ms;
}

static bool due(const struct retrieval *r, int64_t now)
{
	return r->state == RETRIEVAL_READY && r->not_before <= now;
}

static bool fits(const struct retrieval *a, const struct retrieval *b)
{
	return small(b) && a->way.method == b->way.method && a->way.syntax == b->way.syntax && a->company == b->company;
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
	return !r->list_first && !run->stopping;
}

/* The first that is due (list over), or may go ahead of a list that is not, and others that may share its request. */
static struct retrieval **next_batch(struct run *run, enum retrieval_list list, size_t *ret_count)
{
	struct retrieval **batch = NULL;
	size_t count = 0, room = 0, most = QUERY_LIST_UIDS_MAX;
	int64_t now = clock_ms();
	long long objects = 0;

	for (size_t i = 0; i < run->active_count && count < most; i++) {
		struct retrieval *r = run->active[i];

		if (!(list == LIST_OVER ? due(r, now) : may_go_ahead(run, r, list)))
			continue;
		if (count && (!fits(batch[0], r) || objects + r->in->expected > BATCH_OBJECTS))
			continue;
		if (list != LIST_OVER && !nothing_here(run, r))
			continue;
		mem_grow(batch, count, room);
		batch[count++] = r;
		objects += r->in->expected;
		if (!small(r))
			break;
		most = r->batch_max < most ? r->batch_max : most;
	}
	*ret_count = count < most || !count ? count : most;
	return batch;
}

/* ---- slots ---- */

/* Nothing of it is under way any more, on its own association or on those that the PACS opened to us. */
static bool all_handed(const struct run *run, const struct attempt *a)
{
	if (!a->ended || a->stalled || a->cancelled || !a->receiver)
		return a->ended && !a->receiver;
	return a->completed >= 0 && intake_ticket(run->intake) - a->before >= (uint64_t)a->completed &&
	       !receiver_connections(a->receiver, a, UINT_MAX);
}

static void note_handed(struct run *run)
{
	for (struct attempt *a = run->attempts; a; a = a->next) {
		if (a->handed || !all_handed(run, a))
			continue;
		a->handed = true;
		if (a->receiver)
			a->connections = receiver_numbered(a->receiver);
	}
}

static bool lists_over(const struct attempt *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->of[i]->list != LIST_OVER)
			return false;
	return true;
}

/* What the attempts wait for. */
struct waiting {
	size_t busy, intake, lists;
	bool leads;			/* one that is under way is ahead of its list */
};

static struct waiting count_waiting(const struct run *run)
{
	struct waiting w = { 0, 0, 0, false };

	for (const struct attempt *a = run->attempts; a; a = a->next) {
		w.busy += !a->handed;
		w.intake += a->handed && !intake_passed(run->intake, a->ticket);
		w.lists += !lists_over(a);
		w.leads |= !a->handed && !lists_over(a);
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

static void attempt_over(void *owner, struct attempt *a)
{
	(void)owner;
	(void)a;		/* judged when its last files are through */
}

static struct retrieval **batch_ahead(struct run *run, enum retrieval_list list, size_t *ret_count)
{
	struct retrieval **batch = room_ahead(run) ? next_batch(run, list, ret_count) : NULL;

	for (size_t i = 0; batch && i < *ret_count; i++)
		retrieval_ready(batch[i], &run->means);
	return batch;
}

/* Takes batch. */
static bool start_batch(struct run *run, struct retrieval **batch, size_t count)
{
	struct err e = { ERR_NONE, "" };
	struct request request;
	struct attempt *a;

	retrieval_request(batch[0], &request);
	for (size_t i = 0; i < count; i++) {
		batch[i]->state = RETRIEVAL_RUNNING;
		batch[i]->in->attempts++;
	}
	a = attempt_start(run->session, &run->staging, run->intake, run->receiver, run->how, &request, batch, count, attempt_over,
			  run, &e);
	run->result->requests++;
	if (!a) {
		run_fail(run, &e);
		return false;
	}
	a->next = run->attempts;
	run->attempts = a;
	run->attempt_count++;
	a->company = width_used(run);
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

	if (width_used(run) || run->attempts || run->width.alone || run->width.now < 2)
		return;
	batch = batch_ahead(run, LIST_WANTED, &count);
	if (batch)
		start_batch(run, batch, count);
}

/* ---- judging ---- */

static bool batch_is_here(const struct attempt *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (!retrieval_whole(a->of[i]))
			return false;
	return true;
}

/* After the final move response objects may still be on their way, or never come.  When we ended it ourselves, its connections
 * are ended too, and what they hold is taken. */
static bool stragglers_possible(struct run *run, struct attempt *a)
{
	long long stall_ms = run->how->stall_timeout_s * 1000, most_ms = a->finals ? STRAGGLE_MS : BROKEN_MS;
	int64_t last = a->progress_ms > a->ended_ms ? a->progress_ms : a->ended_ms;
	size_t open;

	if (!a->receiver || a->cancelled || run->stopping || batch_is_here(a))
		return false;
	if (a->stalled && !a->hung_up)
		receiver_hang_up(a->receiver, attempts_busy(run) == 1 ? NULL : a);
	a->hung_up = true;
	open = receiver_connections(a->receiver, a, a->connections);
	if (a->stalled && !open)
		return false;
	if (a->completed >= 0 && a->completed <= a->objects && !open)
		return false;
	if (open)
		most_ms = STRAGGLE_MS;
	return clock_ms() - last < (stall_ms && stall_ms < most_ms ? stall_ms : most_ms);
}

static void unlink_attempt(struct run *run, struct attempt *a)
{
	for (struct attempt **at = &run->attempts; *at; at = &(*at)->next)
		if (*at == a) {
			*at = a->next;
			break;
		}
	run->attempt_count--;
}

/* What a batch says of the way studies travel together. */
static void learn_company(struct run *run, const struct attempt *a, size_t gainers)
{
	if (a->count < 2 || a->cancelled)
		return;
	if (a->request.form == FORM_LIST && a->answered && gainers <= 1)
		run->list_doubts++;
	if (a->request.form != FORM_FILES)
		return;
	if (a->answered && gainers == a->count && run->list_doubts)
		abilities_learn_studies(&run->means, FORM_FILES);
	if (a->answered)
		run->lone_answers = 0;
	else if (a->finals == 1 && ++run->lone_answers >= LONE_ANSWERS)
		abilities_learn_studies(&run->means, FORM_ALONE);
}

/* What is not about the studies asked for but about the whole run. */
static void judge_run(struct run *run, const struct attempt *a, int gained)
{
	bool unknown_here = a->status == 0xa801 && a->request.method == METHOD_MOVE;

	if (!a->why.kind || gained || a->cancelled || run->draining)
		return;
	if (a->why.kind == ERR_SPACE) {
		run_fail(run, &a->why);
	} else if (unknown_here && run->how->method == METHOD_AUTO && run->means.get) {
		run->means.move = false;
		run->means.first = METHOD_GET;
		log_warning("%s; going on without C-MOVE", a->why.text);
	} else if (dcmtk_service_refused(&a->said) && abilities_lose(&run->means, a->request.method)) {
		log_verbose("%s: going on by %s", a->why.text, run->means.get ? "C-GET" : "C-MOVE");
	} else if (a->why.kind == ERR_REFUSED && (!a->said.accepted || dcmtk_service_refused(&a->said) || unknown_here)) {
		run_fail(run, &a->why);		/* nobody else will fare better */
	}
}

static struct outcome outcome_of(const struct run *run, const struct attempt *a, size_t i, const struct retrieval *suspect)
{
	const struct retrieval *r = a->of[i];
	bool shared = a->count > 1;

	return (struct outcome){
		.why = a->why, .answered = a->answered, .status = a->status, .finals = a->finals, .completed = a->completed,
		.failed = a->said.failed_all, .gained = r->here - a->here_before[i], .damaged = r->damaged - a->damaged_before[i],
		.ms = a->ended_ms - a->started_ms, .sops = a->sops, .asked = a->asked, .shared = a->count - 1,
		.suspect = shared && r == suspect, .blind = shared && !suspect,
		.crowded = a->why.kind == ERR_BUSY && !a->answered && a->company > 1,
		.overtime = a->overtime && (!shared || r == suspect),
		.stopped = a->cancelled || run->stopping || (run->draining && (a->why.kind || !a->answered || r->list != LIST_OVER)),
	};
}

static void tell_pause(const struct retrieval *r)
{
	int64_t ms = r->not_before - clock_ms();

	if (r->state == RETRIEVAL_READY && ms > 0)
		log_verbose("%s: asked for again in %lld s: %s", r->uid, (long long)(ms + 999) / 1000, r->why.kind ? r->why.text : "nothing came");
}

static void judge_studies(struct run *run, struct attempt *a)
{
	struct retrieval *suspect = a->answered ? NULL : attempt_suspect(a);

	for (size_t i = 0; i < a->count; i++) {
		struct retrieval *r = a->of[i];
		const struct outcome outcome = outcome_of(run, a, i, suspect);

		if (r->list_why.kind && !outcome.stopped) {
			r->why = r->list_why;
			retrieval_end(r, &run->means);
		} else {
			retrieval_after(r, &run->means, &outcome, run->how, clock_ms());
		}
		tell_pause(r);
		if (r->state == RETRIEVAL_OVER)
			window_leave(run, r);
	}
}

static void conclude(struct run *run, struct attempt *a)
{
	struct err e = { ERR_NONE, "" };
	size_t gainers = 0;
	int gained = 0;

	unlink_attempt(run, a);
	for (size_t i = 0; i < a->count; i++) {
		gained += a->of[i]->here - a->here_before[i];
		gainers += a->of[i]->here > a->here_before[i];
	}
	if (!a->cancelled && !run->draining)
		width_heard(run, &a->why, a->answered, gained > 0, a->started_ms, a->company);
	learn_company(run, a, gainers);
	judge_run(run, a, gained);
	if (ledger_begin(run->session->ledger, &e) < 0 || attempt_tell_ledger(a, &e) < 0) {
		run_fail(run, &e);
		attempt_free(a);
		return;
	}
	attempt_note_failed(a);
	judge_studies(run, a);
	for (size_t i = 0; i < run->active_count; i++)
		retrieval_redirect(run->active[i], &run->means);
	abilities_keep(&run->means, run->session->ledger, run->node, &e);
	if (ledger_commit(run->session->ledger, &e) < 0)
		run_fail(run, &e);
	attempt_free(a);
}

/* When the files that were there at its end are through, the lists known, and those that may still come have come or will not. */
static bool ready_to_conclude(struct run *run, struct attempt *a)
{
	if (!a->ended || (!intake_passed(run->intake, a->ticket) && !intake_has_failed(run->intake)))
		return false;
	if (!run_ending(run) && !lists_over(a))
		return false;
	if (a->settled || !a->receiver || batch_is_here(a) || intake_has_failed(run->intake))
		return true;
	if (stragglers_possible(run, a))
		return false;
	receiver_scan(run->receiver);
	intake_flush(run->intake);
	a->ticket = intake_ticket(run->intake);
	a->settled = true;
	return intake_passed(run->intake, a->ticket);
}

void attempts_conclude(struct run *run)
{
	bool again = true;

	note_handed(run);
	while (again) {
		again = false;
		for (struct attempt *a = run->attempts; a && !again; a = a->next)
			if (ready_to_conclude(run, a)) {
				conclude(run, a);
				again = true;
			}
	}
}
