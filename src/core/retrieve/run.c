/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One run.  Studies enter its queue in the order of the plan, are listed, compared with what is here, asked for, judged by
 * what arrived, and leave with a verdict; what waits for another try holds no slot. */
#include "core/retrieve/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/old_fault.h"
#include "core/files/held.h"
#include "core/plan/state.h"
#include "core/retrieve/run_p.h"
#include "core/tell/notify.h"
#include "dicom/value.h"

#define TICK_MS 100
#define SAVE_MS 5000
#define FREE_FLOOR ((uint64_t)64 << 20)	/* bytes that must stay free in the output */

void run_fail(struct run *run, const struct err *e)
{
	if (run->result->fatal.kind)
		return;
	run->result->fatal = *e;
	run_stop(run);
}

void run_stop(struct run *run)
{
	if (run->ending == RUN_STOPPING)
		return;
	run->ending = RUN_STOPPING;
	if (run->lister)		/* it has come as far as that */
		objects_stop(run->lister);
	if (run->elsewhere)
		elsewhere_stop(run->elsewhere);
	for (struct attempt *a = run->attempts; a; a = a->next)
		attempt_stop(a, false);
	if (run->echo)
		echo_stop(run->echo, false);
	if (run->receiver)
		receiver_stop(run->receiver);
}

bool run_ending(const struct run *run)
{
	return run->ending != RUN_GOES_ON;
}

/* A limit ends a run between objects. */
static void drain(struct run *run)
{
	if (run_ending(run))
		return;
	run->ending = RUN_DRAINING;
	log_verbose("stopped by %s: nothing new starts, objects in flight are finished", run->result->limit);
	objects_stop(run->lister);
	if (run->elsewhere)
		elsewhere_stop(run->elsewhere);
	for (struct attempt *a = run->attempts; a; a = a->next)
		attempt_drain(a);
	if (run->echo)
		echo_stop(run->echo, false);
	if (run->receiver)
		receiver_drain(run->receiver);
}

/* ---- the turn ---- */

static void check_limits(struct run *run)
{
	const struct settings *how = run->how;
	uint64_t free_bytes;
	struct err e = { ERR_NONE, "" };

	if (!run_ending(run)) {
		if (how->max_bytes && run->result->progress.bytes + intake_waiting(run->intake) >= how->max_bytes)
			run->result->limit = "--max-bytes";
		if (how->max_duration_s && run->result->progress.elapsed_ms >= how->max_duration_s * 1000)
			run->result->limit = "--max-duration";
		if (session_closed(run->session))
			run->result->limit = "--window";
		if (run->result->limit)
			drain(run);
	}
	if (run->means.foreign || run->ending == RUN_STOPPING)
		return;
	if (file_free_bytes(how->output, &free_bytes, &e) == 0 && free_bytes < FREE_FLOOR) {
		err_set(&e, ERR_SPACE, "%s: only %llu MB are free: make room, then resume", how->output,
			(unsigned long long)(free_bytes >> 20));
		run_fail(run, &e);
	}
}

static void save(struct run *run, bool now)
{
	struct err e = { ERR_NONE, "" };
	int64_t started = clock_ms();

	if (!run->saving.path || (!now && (!run->saving.due || started < run->saving.next_ms)))
		return;
	run->saving.due = false;
	if (state_write(run->saving.path, run->plan, &e) < 0)
		run_fail(run, &e);
	else
		ledger_step();
	/* A plan of 100,000 studies takes its time to write: at most a twentieth of it is spent so. */
	run->saving.next_ms = clock_ms() + SAVE_MS + 20 * (clock_ms() - started);
}

/* ---- studies ---- */

/* For the log file; who watches sees the progress. */
static void tell_verdict(const struct plan_study *in)
{
	auto_free char *of = in->expected >= 0 ? mem_printf(" of %d", in->expected) : mem_str("");

	log_verbose("study %s of %s: %s: %d%s objects are here%s%s", study_get(&in->study, STUDY_UID),
		    *study_get(&in->study, STUDY_DATE) ? study_get(&in->study, STUDY_DATE) : "an unknown day", verdict_name(in->verdict),
		    in->received, of, in->why ? ": " : "", in->why ? in->why : "");
}

static void study_leave(struct run *run, struct retrieval *r, bool answered)
{
	struct err e = { ERR_NONE, "" };

	if (old_fault("withheld-is-complete") && !verdict_is_good(r->in->verdict))
		r->in->verdict = VERDICT_COMPLETE;
	queue_remove(&run->queue, r);
	if (retrieval_list_cut(r))
		objects_cut(run->lister, r);
	if (r->in->verdict == VERDICT_FAILED) {
		run->result->last = r->why;
		run->result->last.kind = judge_failure(r->why.kind, answered);
	}
	tell_verdict(r->in);
	if (queue_record(&run->queue, run->session, r->in, &e) < 0)
		run_fail(run, &e);
	else
		notify_next(run->session->notify);
	run->result->progress.studies_done++;
	run->saving.due = true;
	if (run->hooks->study_over)
		run->hooks->study_over(run->owner, r->in, &run->result->progress);
	retrieval_done(r);
	free(r);
}

static void arrived_elsewhere(void *owner, struct retrieval *r)
{
	study_leave(owner, r, true);
}

void run_leave(struct run *run, struct retrieval *r, bool answered)
{
	if (run->elsewhere && r->in->verdict == VERDICT_UNVERIFIED && !run_ending(run))
		elsewhere_ask(run->elsewhere, r);
	else
		study_leave(run, r, answered);
}

/* What is to come is known: it is compared with what is here. */
static void study_begin(struct run *run, struct retrieval *r)
{
	struct err e = { ERR_NONE, "" };

	bool look = !run->how->force && !run->means.foreign && !old_fault("nothing-is-here");

	if (look && held_load(run->session->ledger, run->session->job, run->how->output, r, &e) < 0) {
		run_fail(run, &e);
		return;
	}
	r->in->held = r->here;
	retrieval_ready(r, &run->means);
	if (!run->means.foreign && retrieval_whole(r) && !retrieval_settled(r)) {
		retrieval_ask_again(r);
		return;
	}
	if (retrieval_whole(r) || r->step == STEP_END) {
		retrieval_end(r, &run->means);
		run_leave(run, r, false);
	}
}

static void study_listed(void *owner, struct retrieval *r, const struct err *why)
{
	struct run *run = owner;

	if (run_ending(run)) {
		r->list = LIST_WANTED;
		return;
	}
	switch (queue_listed(&run->queue, r, run->attempts, run->how, why)) {
	case LIST_TURN_KNOWN:
		study_begin(run, r);
		break;
	case LIST_TURN_JOIN:
		retrieval_join(r, &run->means);
		break;
	case LIST_TURN_LATER:
	case LIST_TURN_NONE:
		break;
	case LIST_TURN_END:
		retrieval_end(r, &run->means);
		run_leave(run, r, false);
		break;
	case LIST_TURN_FAIL:
		run_fail(run, why);
		break;
	}
}

static void list_heard(void *owner, const struct err *why, int64_t started_ms)
{
	struct run *run = owner;
	size_t used = associations_used(run), beside = used ? used - 1 : 0;

	run->queue.crowded = beside > 0;
	if (!run_ending(run))
		associations_heard(run, why, (struct throttle_event){ why->kind, false, !err_transient(why->kind), started_ms, beside });
}

static void enter_studies(struct run *run)
{
	static const struct err fine = { ERR_NONE, "" };
	struct retrieval *r;

	queue_enter(&run->queue, &run->means);
	while (!run_ending(run) && (r = queue_without_list(&run->queue, &run->means)))
		study_listed(run, r, &fine);
}

static bool list_some(struct run *run)
{
	struct retrieval *group[OBJECTS_STUDIES_MAX];
	size_t count = queue_ask(&run->queue, run->attempts, group, objects_width(run->lister));

	if (count)
		objects_add(run->lister, group, count);
	return count > 0;
}

static void list_studies(struct run *run)
{
	size_t most = run->how->parallel > 1 ? 2 : 1;

	while (!run_ending(run) && associations_open(run) && associations_room(run) && objects_running(run->lister) < most && list_some(run))
		;
}

static void pump(struct run *run)
{
	bool paused;

	attempts_conclude(run);
	if (run->elsewhere)
		elsewhere_turn(run->elsewhere);
	if (run_ending(run))
		return;
	enter_studies(run);
	paused = clock_ms() < run->last_start_ms + run->how->pause_s * 1000;
	if (!paused && associations_open(run))
		attempts_lead(run);
	list_studies(run);
	if (run_ending(run) || !associations_open(run) || paused)
		return;
	while (!run_ending(run) && attempts_room(run) && associations_room(run) && attempts_start(run))
		if (run->how->pause_s)
			break;
}

static void note_progress(struct run *run)
{
	struct run_progress *p = &run->result->progress;

	p->elapsed_ms = clock_ms() - run->started_ms;
	p->running = attempts_busy(run);
	p->waiting = 0;
	for (size_t i = 0; i < run->queue.count; i++)
		p->waiting += run->queue.studies[i]->not_before > clock_ms() || run->queue.studies[i]->list_not_before > clock_ms();
	if (run->hooks->progress)
		run->hooks->progress(run->owner, p);
}

static void tick(void *owner)
{
	struct run *run = owner;

	timer_set(run->session->loop, &run->timer, TICK_MS, tick, run);
	if (run->receiver)
		receiver_scan(run->receiver);
	for (struct attempt *a = run->attempts; a; a = a->next)
		attempt_tick(a);
	if (run->receiver && !run->flushed_at--) {
		intake_flush(run->intake);		/* moved objects: judge stragglers by what is through */
		run->flushed_at = 5;
	}
	note_progress(run);
	check_limits(run);
	save(run, false);
}

static bool over(void *owner)
{
	struct run *run = owner;

	pump(run);
	if (run->elsewhere && !elsewhere_idle(run->elsewhere))
		return false;
	if (run->attempts || run->echo || objects_running(run->lister) || !intake_idle(run->intake))
		return false;
	if (run->receiver && run_ending(run) && receiver_connections(run->receiver, NULL))
		return false;
	return run_ending(run) || queue_empty(&run->queue);
}

static void interrupted(void *owner)
{
	struct run *run = owner;

	run->result->interrupted = true;
	run_stop(run);
	if (run->intake)
		intake_flush(run->intake);
}

/* ---- beginning and end ---- */

static int open_run(struct run *run, struct err *e)
{
	run->layout = layout_parse(run->how->layout, e);
	if (run->layout && !layout_tells_patients(run->layout))
		log_warning("layout '%s': patients can share a folder; {PatientID} tells them apart", run->how->layout);
	if (!run->layout || file_make_dirs(run->how->output, e) < 0 || staging_open(&run->staging, run->how->output, e) < 0 ||
	    staging_label(&run->staging, run->session->job, e) < 0 || run_await_others(run, e) < 0)
		return -1;
	run->intake = run_intake(run);
	if (run->means.move && run->how->listen_port) {
		run->receiver = receiver_open(run->session, &run->staging, run->intake, run->how, e);
		if (!run->receiver)
			return -1;
	}
	notify_open(run->session, run->how);
	run->lister = objects_new(run->session, &run->how->peer, study_listed, list_heard, run);
	if (run->means.foreign)
		run->elsewhere = elsewhere_new(run->session, run->how, arrived_elsewhere, run);
	throttle_begin(run);
	return 0;
}

static void close_run(struct run *run)
{
	timer_clear(run->session->loop, &run->timer);
	while (run->attempts) {
		struct attempt *a = run->attempts;

		run->attempts = a->next;
		attempt_free(a);
	}
	elsewhere_free(run->elsewhere);
	queue_done(&run->queue);
	objects_free(run->lister);
	if (run->receiver)
		receiver_close(run->receiver);
	intake_free(run->intake);
	run->staging.keep |= old_fault("staging-stays");
	staging_close(&run->staging);
	layout_free(run->layout);
	map_free(run->wants.known, NULL);
	map_free(run->wants.left, NULL);
	abilities_done(&run->means);
	run->session->on_interrupt = NULL;
	run->session->interrupt_owner = NULL;
}

static void count_plan(struct run *run)
{
	struct plan_summary summary;

	plan_summarise(run->plan, &summary);
	run->result->progress.studies = summary.studies[VERDICT_WANTED];
	run->result->progress.objects_expected = summary.expected_known ? summary.expected : -1;
	for (size_t i = 0; i < run->plan->count; i++)
		map_put(run->wants.known, study_get(&run->plan->studies[i].study, STUDY_UID), NULL);
}

static int carry_out(struct run *run, struct err *e)
{
	if (run_take_leftovers(run, e) < 0)
		return -1;
	if (run->saving.path)
		save(run, true);
	tick(run);
	if (session_run(run->session, over, run, e) < 0)
		return -1;
	if (run->receiver) {
		run->result->strangers = receiver_refused(run->receiver);
		receiver_stop(run->receiver);
	}
	run->result->queries = objects_requests(run->lister);
	if (run->elsewhere)
		run->result->queries += elsewhere_requests(run->elsewhere);
	throttle_end(run);
	note_progress(run);
	save(run, true);
	return 0;
}

static void add_totals(struct run *run)
{
	struct totals *t = &run->session->totals;
	const struct run_result *r = run->result;

	t->queries += r->queries;
	t->requests += r->requests;
	t->objects += r->progress.objects;
	t->bytes += r->progress.bytes;
	t->duplicates += r->duplicates;
	t->conflicts += r->conflicts;
	t->damaged += r->damaged;
	t->foreign += r->foreign;
}

/* What is told of studies neither holds up a transfer nor counts as its time. */
static int wait_for_hooks(struct run *run, const struct totals *before, struct err *e)
{
	struct session *s = run->session;

	if (notify_wait(s->notify, e) < 0)
		return -1;
	run->result->interrupted |= s->signal != 0;
	run->result->hooks = s->totals.hooks - before->hooks;
	run->result->hooks_failed = s->totals.hooks_failed - before->hooks_failed;
	return 0;
}

static bool receiver_empty(void *owner)
{
	struct run *run = owner;

	return !run->receiver || (!receiver_connections(run->receiver, NULL) && intake_idle(run->intake));
}

int run_plan(struct session *s, struct plan *plan, const char *state_path, const struct run_hooks *hooks, void *owner,
	     struct run_result *result, struct err *e)
{
	struct run run = { .session = s, .plan = plan, .how = &plan->how, .hooks = hooks, .owner = owner, .result = result,
			   .saving = { .path = state_path }, .started_ms = clock_ms(),
			   .staging = { .lock_fd = -1 } };
	const struct totals before = s->totals;
	int failed;

	memset(result, 0, sizeof *result);
	queue_init(&run.queue, plan);
	run.wants.known = map_new();
	peer_key(&run.how->peer, run.node);
	abilities_init(&run.means, run.how);
	abilities_load(&run.means, s->ledger, run.node);
	session_patience(s, run.how);
	s->on_interrupt = interrupted;
	s->interrupt_owner = &run;		/* cppcheck-suppress autoVariables ; close_run takes it back */
	count_plan(&run);
	failed = open_run(&run, e);
	if (!failed)
		failed = carry_out(&run, e);
	if (queue_empty(&run.queue))
		result->limit = NULL;		/* it was met by the last object, and kept nothing out */
	if (!result->limit)
		result->limit = plan->cut_by;
	if (run.receiver)
		session_run(s, receiver_empty, &run, e);
	close_run(&run);
	add_totals(&run);
	if (!failed)
		failed = wait_for_hooks(&run, &before, e);
	return failed;
}
