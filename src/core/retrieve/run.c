/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One run.  Studies enter a window in the order of the plan, are listed, compared with what is here, asked for, judged by
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
	if (run->stopping)
		return;
	run->stopping = true;
	objects_stop(run->lister);
	for (struct attempt *a = run->attempts; a; a = a->next)
		attempt_stop(a, false);
	if (run->echo)
		echo_stop(run->echo, false);
	if (run->receiver)
		receiver_stop(run->receiver);
}

bool run_ending(const struct run *run)
{
	return run->stopping || run->draining;
}

/* A limit ends a run between objects. */
static void drain(struct run *run)
{
	if (run_ending(run))
		return;
	run->draining = true;
	log_verbose("stopped by %s: nothing new starts, objects in flight are finished", run->result->limit);
	objects_stop(run->lister);
	for (struct attempt *a = run->attempts; a; a = a->next)
		attempt_drain(a);
	if (run->echo)
		echo_stop(run->echo, false);
	if (run->receiver)
		receiver_drain(run->receiver);
}

/* ---- what the intake tells ---- */

/* Of an earlier run, by the plan of its job: a study, or a series, or single objects of it. */
static bool was_wanted(const struct run *run, const char *study, const char *series, const char *sop)
{
	auto_free char *of_series = mem_printf("%s/%s", study, series), *alone = mem_printf("%s//%s", study, sop);

	return map_has(run->left, study) || map_has(run->left, of_series) || map_has(run->left, alone);
}

static bool wanted(void *owner, const char *study, const char *series, const char *sop)
{
	struct run *run = owner;
	struct retrieval *r = map_get(run->by_uid, study);

	if (run->taking_leftovers)
		return was_wanted(run, study, series, sop);
	if (!r)
		return map_has(run->known, study);
	if (r->in->only.count)
		return r->objects && map_has(r->objects, sop);
	return !r->in->series_uid || !strcmp(r->in->series_uid, series);
}

static const char *present(void *owner, const char *study, const char *sop)
{
	struct run *run = owner;
	struct retrieval *r = map_get(run->by_uid, study);
	const struct object *listed = r && r->objects ? map_get(r->objects, sop) : NULL;
	const struct object *came = r && r->came ? map_get(r->came, sop) : NULL;

	return listed && listed->path ? listed->path : came ? came->path : NULL;
}

static int publishing(void *owner, const char *const *studies, size_t count, struct err *e)
{
	return notify_publishing(((struct run *)owner)->session->notify, studies, count, e);
}

static void placed(void *owner, const struct intake_object *object)
{
	struct run *run = owner;
	struct retrieval *r = map_get(run->by_uid, object->study);
	struct attempt *a;

	if (object->duplicate)
		run->result->duplicates++;
	if (object->conflict) {
		run->result->conflicts++;
		log_warning("conflict: SOP Instance UID %s came with other content than the file that is here; both are kept", object->sop);
	}
	if (run->taking_leftovers)
		return;
	if (!object->duplicate) {
		run->result->progress.objects++;
		run->result->progress.bytes += object->bytes;
	}
	if (!r)
		return;
	if (object->conflict)
		r->conflicts++;
	if (!object->duplicate)
		r->in->bytes += object->bytes;
	if ((a = attempts_of(run, r)))
		attempt_touch(a, r, object->bytes);
	if (run->receiver)
		receiver_came(run->receiver, object->connection, object->study);
	if (!retrieval_have(r, object->series, object->sop, object->sop_class, object->path) && !object->duplicate)
		retrieval_surplus(r, object->series, object->sop);
}

/* A damaged object may tell no more than its own UID. */
static struct retrieval *who_wants(struct run *run, const char *study, const char *sop)
{
	if (*study)
		return map_get(run->by_uid, study);
	for (size_t i = 0; i < run->active_count; i++)
		if (run->active[i]->objects && map_has(run->active[i]->objects, sop))
			return run->active[i];
	return NULL;
}

static void refused(void *owner, const char *study, const char *sop, const char *reason)
{
	struct run *run = owner;
	struct retrieval *r = who_wants(run, study, sop);

	if (r && strcmp(reason, "not asked for")) {
		run->result->damaged++;
		retrieval_damaged(r, sop, reason);
	} else {
		run->result->foreign++;
	}
	log_warning("quarantined: SOP Instance UID %s: %s", *sop ? sop : "unknown", reason);
}

static void intake_failed(void *owner, const struct err *e)
{
	run_fail(owner, e);
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
	if (run->means.foreign || run->stopping)
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

	if (!run->state_path || (!now && (!run->save_due || started < run->next_save_ms)))
		return;
	run->save_due = false;
	if (state_write(run->state_path, run->plan, &e) < 0)
		run_fail(run, &e);
	else
		ledger_step();
	/* A plan of 100,000 studies takes its time to write: at most a twentieth of it is spent so. */
	run->next_save_ms = clock_ms() + SAVE_MS + 20 * (clock_ms() - started);
}

static void pump(struct run *run)
{
	bool paused;

	attempts_conclude(run);
	if (run_ending(run))
		return;
	window_enter(run);
	paused = clock_ms() < run->last_start_ms + run->how->pause_s * 1000;
	if (!paused && associations_open(run))
		attempts_lead(run);
	window_list(run);
	if (run->stopping || !associations_open(run) || paused)
		return;
	while (!run->stopping && attempts_room(run) && associations_room(run) && attempts_start(run))
		if (run->how->pause_s)
			break;
}

static void note_progress(struct run *run)
{
	struct run_progress *p = &run->result->progress;

	p->elapsed_ms = clock_ms() - run->started_ms;
	p->running = attempts_busy(run);
	p->waiting = 0;
	for (size_t i = 0; i < run->active_count; i++)
		p->waiting += run->active[i]->not_before > clock_ms() || run->active[i]->list_not_before > clock_ms();
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
	if (run->attempts || run->echo || objects_running(run->lister) || !intake_idle(run->intake))
		return false;
	if (run->receiver && run_ending(run) && receiver_connections(run->receiver, NULL))
		return false;
	return run_ending(run) || (run->next >= run->plan->count && !run->active_count);
}

static void interrupted(void *owner)
{
	struct run *run = owner;

	run->result->interrupted = true;
	run_stop(run);
	intake_flush(run->intake);
}

/* ---- beginning and end ---- */

static void add_left(struct map *left, const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_study *in = &plan->studies[i];
		auto_free char *study = mem_str(study_get(&in->study, STUDY_UID));
		auto_free char *series = NULL;

		value_trim(study);
		if (in->verdict == VERDICT_SKIPPED)
			continue;
		series = in->series_uid ? mem_printf("%s/%s", study, in->series_uid) : NULL;
		if (!in->only.count)
			map_put(left, series ? series : study, NULL);
		for (size_t n = 0; n < in->only.count; n++) {
			auto_free char *alone = mem_printf("%s//%s", study, in->only.items[n].sop);

			map_put(left, alone, NULL);
		}
	}
}

/* A plan of another output folder is that of another ledger's job. */
static void leftover_folder(void *owner, int64_t job)
{
	struct run *run = owner;
	struct err e = { ERR_NONE, "" };
	auto_free char *text = job > 0 && run->session->ledger ? ledger_job_plan_text(run->session->ledger, job, &e) : NULL;
	struct plan plan;

	plan_init(&plan);
	if (text && state_parse(text, strlen(text), &plan, &e) == 0 && plan.how.output && !strcmp(plan.how.output, run->how->output))
		add_left(run->left, &plan);
	else
		log_verbose("an earlier run left files, and what it wanted is unknown: they are taken in if this run wants them");
	plan_done(&plan);
}

static void leftover(void *owner, const char *path)
{
	struct run *run = owner;
	struct stat st;

	if (lstat(path, &st) == 0)
		intake_add(run->intake, path, st.st_size, "an earlier run", 0, true);
}

static bool leftovers_over(void *owner)
{
	struct run *run = owner;

	return intake_idle(run->intake);
}

static int take_leftovers(struct run *run, struct err *e)
{
	static const struct staging_finder finder = { leftover_folder, leftover };

	run->taking_leftovers = true;
	run->left = map_new();
	add_left(run->left, run->plan);
	if (staging_leftovers(&run->staging, &finder, run, e) < 0)
		return -1;
	intake_flush(run->intake);
	if (session_run(run->session, leftovers_over, run, e) < 0)
		return -1;
	run->taking_leftovers = false;
	map_free(run->left, NULL);
	run->left = NULL;
	return 0;
}

static int open_run(struct run *run, struct err *e)
{
	static const struct intake_hooks hooks = { wanted, present, publishing, placed, refused, intake_failed };
	run->layout = layout_parse(run->how->layout, e);
	if (!run->layout || file_make_dirs(run->how->output, e) < 0 || staging_open(&run->staging, run->how->output, e) < 0 ||
	    staging_label(&run->staging, run->session->job, e) < 0)
		return -1;
	run->intake = intake_new(run->session, &run->staging, run->layout, run->node, &hooks, run);
	if (run->means.move && run->how->listen_port) {
		run->receiver = receiver_open(run->session, &run->staging, run->intake, run->how, e);
		if (!run->receiver)
			return -1;
	}
	notify_open(run->session, run->how);
	run->lister = objects_new(run->session, &run->how->peer, window_listed, window_heard, run);
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
	for (size_t i = 0; i < run->active_count; i++) {
		retrieval_done(run->active[i]);
		free(run->active[i]);
	}
	free(run->active);
	objects_free(run->lister);
	if (run->receiver)
		receiver_close(run->receiver);
	intake_free(run->intake);
	staging_close(&run->staging);
	layout_free(run->layout);
	map_free(run->by_uid, NULL);
	map_free(run->known, NULL);
	map_free(run->left, NULL);
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
		map_put(run->known, study_get(&run->plan->studies[i].study, STUDY_UID), NULL);
}

static int carry_out(struct run *run, struct err *e)
{
	if (take_leftovers(run, e) < 0)
		return -1;
	if (run->state_path)
		save(run, true);
	tick(run);
	if (session_run(run->session, over, run, e) < 0)
		return -1;
	if (run->receiver) {
		run->result->strangers = receiver_refused(run->receiver);
		receiver_stop(run->receiver);
	}
	run->result->queries = objects_requests(run->lister);
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
static int wait_for_hooks(struct run *run, struct err *e)
{
	struct session *s = run->session;

	if (notify_wait(s->notify, e) < 0)
		return -1;
	run->result->interrupted |= s->signal != 0;
	run->result->hooks = s->totals.hooks - run->hooks_before;
	run->result->hooks_failed = s->totals.hooks_failed - run->hooks_failed_before;
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
			   .state_path = state_path, .started_ms = clock_ms(),
			   .staging = { .lock_fd = -1 }, .hooks_before = s->totals.hooks,
			   .hooks_failed_before = s->totals.hooks_failed };
	int failed;

	memset(result, 0, sizeof *result);
	run.by_uid = map_new();
	run.known = map_new();
	peer_key(&run.how->peer, run.node);
	abilities_init(&run.means, run.how);
	abilities_load(&run.means, s->ledger, run.node);
	session_timeouts(s, run.how->timeout_s, run.how->first_timeout_s > run.how->stall_timeout_s ? run.how->first_timeout_s
												      : run.how->stall_timeout_s);
	s->on_interrupt = interrupted;
	s->interrupt_owner = &run;		/* cppcheck-suppress autoVariables ; close_run takes it back */
	count_plan(&run);
	failed = open_run(&run, e);
	if (!failed)
		failed = carry_out(&run, e);
	if (!result->limit)
		result->limit = plan->cut_by;
	if (run.receiver)
		session_run(s, receiver_empty, &run, e);
	close_run(&run);
	add_totals(&run);
	if (!failed)
		failed = wait_for_hooks(&run, e);
	return failed;
}
