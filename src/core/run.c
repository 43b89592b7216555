/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One run.  Studies enter a window in the order of the plan, are listed, compared with what is here, asked for, judged by
 * what arrived, and leave with a verdict; what waits for another try holds no slot. */
#include "core/run.h"

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
#include "core/attempt.h"
#include "core/held.h"
#include "core/lister.h"
#include "core/run_p.h"
#include "core/state.h"
#include "dicom/query.h"

#define TICK_MS 100
#define WINDOW 600			/* studies in memory with their lists */
#define GROUP_OBJECTS 10000		/* expected objects in one image-level question */
#define BATCH_OBJECTS 500		/* objects in one request for several studies */
#define BATCH_STUDY_OBJECTS 100		/* a study larger than that travels alone */
#define STRAGGLE_MS 5000		/* after the final move response, since the last sign of life */
#define SAVE_MS 5000
#define BREAKER_FAILURES 5
#define BREAKER_MS 30000
#define BREAKER_TRIES 3
#define FREE_FLOOR ((uint64_t)64 << 20)	/* bytes that must stay free in the output */

/* ---- studies that leave ---- */

static void record_study(struct run *run, const struct plan_study *in)
{
	struct err e = { ERR_NONE, "" };
	const struct ledger_study study = {
		.job = run->session->job, .study_uid = study_get(&in->study, STUDY_UID), .date = study_get(&in->study, STUDY_DATE),
		.modalities = study_get(&in->study, STUDY_MODALITIES), .verdict = verdict_name(in->verdict), .why = in->why,
		.position = (int)(in - run->plan->studies), .expected = in->expected, .received = in->received,
		.attempts = in->attempts, .counted = count_source_name(in->counted), .bytes = in->bytes,
	};

	if (ledger_study_put(run->session->ledger, &study, &e) < 0)
		run_fail(run, &e);
}

static void leave(struct run *run, struct retrieval *r)
{
	for (size_t i = 0; i < run->active_count; i++)
		if (run->active[i] == r) {
			memmove(&run->active[i], &run->active[i + 1], (run->active_count - i - 1) * sizeof *run->active);
			run->active_count--;
			break;
		}
	table_remove(run->by_uid, r->uid);
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
	lister_stop(run->lister);
	for (struct attempt *a = run->attempts; a; a = a->next)
		attempt_stop(a, false);
	if (run->receiver)
		receiver_stop(run->receiver);
}

/* ---- what the intake tells ---- */

static bool wanted(void *owner, const char *study, const char *series, const char *sop)
{
	struct run *run = owner;
	struct retrieval *r = table_get(run->by_uid, study);

	if (run->taking_leftovers)
		return true;
	if (!r)
		return table_has(run->known, study);
	if (r->in->only.count)
		return r->objects && table_has(r->objects, sop);
	return !r->in->series_uid || !strcmp(r->in->series_uid, series);
}

static const char *present(void *owner, const char *study, const char *sop)
{
	struct run *run = owner;
	struct retrieval *r = table_get(run->by_uid, study);
	struct object *o = r && r->objects ? table_get(r->objects, sop) : NULL;

	if (!o && r && r->came)
		o = table_get(r->came, sop);
	return o ? o->path : NULL;
}

static struct attempt *attempt_of(struct run *run, const struct retrieval *r)
{
	for (struct attempt *a = run->attempts; a; a = a->next)
		for (size_t i = 0; i < a->count; i++)
			if (a->of[i] == r)
				return a;
	return NULL;
}

static void placed(void *owner, const struct intake_object *object)
{
	struct run *run = owner;
	struct retrieval *r = table_get(run->by_uid, object->study);
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
	if ((a = attempt_of(run, r)))
		attempt_touch(a, object->bytes);
	retrieval_have(r, object->series, object->sop, object->sop_class, object->path);
}

static void refused(void *owner, const char *study, const char *sop, const char *reason)
{
	struct run *run = owner;
	struct retrieval *r = table_get(run->by_uid, study);

	if (r && strcmp(reason, "not asked for")) {
		run->result->damaged++;
		r->damaged++;
		err_set(&r->why, ERR_INPUT, "a damaged object was quarantined: %s", reason);
	} else {
		run->result->foreign++;
	}
	log_warning("quarantined: SOP Instance UID %s: %s", *sop ? sop : "unknown", reason);
}

static void intake_failed(void *owner, const struct err *e)
{
	run_fail(owner, e);
}

/* ---- listing ---- */

static void listed(void *owner, struct retrieval *r, const struct err *why)
{
	struct run *run = owner;
	struct err e = { ERR_NONE, "" };

	if (run->stopping) {
		r->state = RETRIEVAL_WAITING;
		return;
	}
	if (why->kind) {
		r->why = *why;
		r->state = RETRIEVAL_WAITING;
		r->not_before = clock_ms() + run->how->retry_wait_s * 1000;
		if (!err_transient(why->kind)) {
			run_fail(run, why);
		} else if (++r->tries > run->how->retries) {
			retrieval_end(r, &run->means);
			run_count_failure(run, why);
			leave(run, r);
		}
		return;
	}
	r->tries = 0;
	r->not_before = 0;
	r->why.kind = ERR_NONE;
	if (!run->how->force && !run->means.foreign && held_load(run->session->ledger, run->how->output, r, &e) < 0) {
		run_fail(run, &e);
		return;
	}
	r->in->held = r->here;
	retrieval_ready(r, &run->means);
	if (retrieval_whole(r)) {
		retrieval_end(r, &run->means);
		leave(run, r);
	}
}

static bool may_batch(const struct retrieval *r)
{
	return !r->in->series_uid && !r->in->only.count;
}

/* Lists as many of the waiting as travel together; true when something was started. */
static bool list_some(struct run *run)
{
	struct retrieval *group[LISTER_STUDIES_MAX];
	size_t count = 0, width = lister_width(run->lister);
	int64_t now = clock_ms();
	long long objects = 0;

	for (size_t i = 0; i < run->active_count && count < width; i++) {
		struct retrieval *r = run->active[i];
		int expected = r->in->expected;

		if (r->state != RETRIEVAL_WAITING || r->not_before > now)
			continue;
		if (count && (!may_batch(r) || objects + (expected < 0 ? 200 : expected) > GROUP_OBJECTS))
			break;
		group[count++] = r;
		objects += expected < 0 ? 200 : expected;
		r->state = RETRIEVAL_LISTING;
		if (!may_batch(r))
			break;
	}
	if (count)
		lister_add(run->lister, group, count);
	return count > 0;
}

static void ready_without_list(struct run *run)
{
	static const struct err fine = { ERR_NONE, "" };
	bool again = true;

	while (again && !run->stopping) {
		again = false;
		for (size_t i = 0; i < run->active_count && !again; i++) {
			struct retrieval *r = run->active[i];

			if (r->state == RETRIEVAL_WAITING && (r->listed || run->how->trust != TRUST_LIST || run->means.foreign)) {
				listed(run, r, &fine);
				again = true;
			}
		}
	}
}

/* Takes the next wanted studies of the plan into the window. */
static void enter(struct run *run)
{
	while (run->active_count < WINDOW && run->next < run->plan->count) {
		struct plan_study *in = &run->plan->studies[run->next++];
		struct retrieval *r;

		if (in->verdict != VERDICT_WANTED)
			continue;
		r = mem_alloc(sizeof *r);
		retrieval_init(r, in, &run->means);
		mem_grow(run->active, run->active_count, run->active_room);
		run->active[run->active_count++] = r;
		table_put(run->by_uid, r->uid, r);
	}
}

/* ---- attempts ---- */

static bool small(const struct retrieval *r)
{
	return r->step == STEP_WHOLE && r->batch_max > 1 && !r->in->series_uid && r->in->expected >= 0 &&
	       r->in->expected <= BATCH_STUDY_OBJECTS;
}

static bool due(const struct retrieval *r, int64_t now)
{
	return r->state == RETRIEVAL_READY && r->not_before <= now;
}

/* The first that is due, and others that may share its request. */
static struct retrieval **next_batch(struct run *run, size_t *ret_count)
{
	struct retrieval **batch = NULL;
	size_t count = 0, room = 0, most = QUERY_LIST_UIDS_MAX;
	int64_t now = clock_ms();
	long long objects = 0;

	for (size_t i = 0; i < run->active_count && count < most; i++) {
		struct retrieval *r = run->active[i];

		if (!due(r, now) || (count && (!small(r) || r->method != batch[0]->method || objects + r->in->expected > BATCH_OBJECTS)))
			continue;
		mem_grow(batch, count, room);
		batch[count++] = r;
		objects += r->in->expected;
		if (!small(r) || run->how->peer.model != MODEL_STUDY)
			break;
		most = r->batch_max < most ? r->batch_max : most;
	}
	*ret_count = count;
	return batch;
}

static void attempt_ended(void *owner, struct attempt *a)
{
	(void)owner;
	(void)a;		/* judged when its last files are through: conclude_ready */
}

static bool start_attempt(struct run *run)
{
	struct err e = { ERR_NONE, "" };
	struct request request;
	struct attempt *a;
	size_t count;
	struct retrieval **batch = next_batch(run, &count);

	if (!batch)
		return false;
	retrieval_request(batch[0], &run->means, &request);
	for (size_t i = 0; i < count; i++) {
		batch[i]->state = RETRIEVAL_RUNNING;
		batch[i]->in->attempts++;
	}
	a = attempt_start(run->session, &run->staging, run->intake, run->receiver, run->how, &request, batch, count, attempt_ended,
			  run, &e);
	run->result->requests++;
	if (!a) {
		run_fail(run, &e);
		return false;
	}
	a->next = run->attempts;
	run->attempts = a;
	run->attempt_count++;
	run->last_start_ms = clock_ms();
	return true;
}

static bool batch_is_here(const struct attempt *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (!retrieval_whole(a->of[i]))
			return false;
	return true;
}

/* After the final move response objects may still be on their way, or never come. */
static bool stragglers_possible(struct run *run, const struct attempt *a)
{
	int64_t quiet;

	if (!a->receiver || a->cancelled || run->stopping || batch_is_here(a))
		return false;
	if (a->completed >= 0 && a->completed <= a->objects && !receiver_connections(a->receiver))
		return false;
	quiet = clock_ms() - (receiver_last_ms(a->receiver) > a->ended_ms ? receiver_last_ms(a->receiver) : a->ended_ms);
	return quiet < STRAGGLE_MS;
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

static void conclude(struct run *run, struct attempt *a)
{
	struct err e = { ERR_NONE, "" };
	int gained = 0;

	unlink_attempt(run, a);
	ledger_begin(run->session->ledger, &e);
	for (size_t i = 0; i < a->count; i++)
		gained += a->of[i]->here - a->here_before[i];
	run_count_outcome(run, a, gained);
	for (size_t i = 0; i < a->count; i++) {
		struct retrieval *r = a->of[i];
		const struct outcome outcome = {
			.why = a->why, .completed = a->completed, .failed = a->failed, .gained = r->here - a->here_before[i],
			.shared = a->count > 1, .answered = a->status >= 0, .stopped = a->cancelled || run->stopping,
		};

		retrieval_after(r, &run->means, &outcome, run->how, clock_ms());
		if (a->stalled && a->count == 1 && run->how->study_timeout_s && r->state != RETRIEVAL_OVER &&
		    a->ended_ms - a->started_ms >= run->how->study_timeout_s * 1000)
			retrieval_end(r, &run->means);
		if (r->state == RETRIEVAL_OVER)
			leave(run, r);
	}
	if (ledger_commit(run->session->ledger, &e) < 0)
		run_fail(run, &e);
	attempt_free(a);
}

static void conclude_ready(struct run *run)
{
	bool again = true;

	while (again) {
		again = false;
		for (struct attempt *a = run->attempts; a && !again; a = a->next)
			if (a->ended && (intake_passed(run->intake, a->ticket) || intake_has_failed(run->intake)) &&
			    !stragglers_possible(run, a)) {
				conclude(run, a);
				again = true;
			} else if (a->ended && a->receiver) {
				a->ticket = intake_ticket(run->intake);
			}
	}
}

/* ---- width and breaker ---- */

/* A refusal for now halves the width, successes raise it by one, up to what the user allows. */
void run_count_outcome(struct run *run, const struct attempt *a, int gained)
{
	if (!a->why.kind || gained) {
		run->failures = run->breaker_tries = 0;
		run->breaker_until = 0;
		if (run->width < run->how->parallel && ++run->successes >= 2) {
			run->width++;
			run->successes = 0;
		}
		return;
	}
	if (a->cancelled)
		return;
	if (a->why.kind == ERR_BUSY && run->width > 1) {
		run->width = (run->width + 1) / 2;
		run->successes = 0;
		log_verbose("the PACS is busy: %lld requests at once from now on", run->width);
	}
	if (a->status == 0xa801 && a->request.method == METHOD_MOVE && run->how->method == METHOD_AUTO) {
		run->means.move = false;
		log_warning("%s; going on without C-MOVE", a->why.text);
	} else if (a->why.kind == ERR_REFUSED && (!a->said.accepted || a->status == 0xa801))
		run_fail(run, &a->why);		/* nobody else will fare better */
	else
		run_count_failure(run, &a->why);
}

void run_count_failure(struct run *run, const struct err *why)
{
	if (!err_transient(why->kind) || why->kind == ERR_ABORTED || ++run->failures <= BREAKER_FAILURES)
		return;
	if (run->breaker_tries++ >= BREAKER_TRIES) {
		run_fail(run, why);
		return;
	}
	run->breaker_until = clock_ms() + ((int64_t)BREAKER_MS << (run->breaker_tries - 1));
	run->width = 1;
	log_warning("%d failures in a row: nothing is asked for %d s (%s)", run->failures, (BREAKER_MS << (run->breaker_tries - 1)) / 1000,
		    why->text);
}

/* ---- the turn ---- */

static void check_limits(struct run *run)
{
	const struct settings *how = run->how;
	uint64_t free_bytes;
	struct err e = { ERR_NONE, "" };

	if (how->max_bytes && run->result->progress.bytes >= how->max_bytes)
		run->result->limit = "--max-bytes";
	if (how->max_duration_s && run->result->progress.elapsed_ms >= how->max_duration_s * 1000)
		run->result->limit = "--max-duration";
	if (run->result->limit)
		run_stop(run);
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
	conclude_ready(run);
	if (run->stopping)
		return;
	enter(run);
	ready_without_list(run);
	while (!run->stopping && lister_running(run->lister) < (size_t)(run->width > 1 ? 2 : 1) && list_some(run))
		;
	if (run->breaker_until > clock_ms() || clock_ms() < run->last_start_ms + run->how->pause_s * 1000)
		return;
	while (!run->stopping && run->attempt_count < (size_t)run->width && start_attempt(run))
		if (run->how->pause_s)
			break;
}

static void note_progress(struct run *run)
{
	struct run_progress *p = &run->result->progress;

	p->elapsed_ms = clock_ms() - run->started_ms;
	p->running = run->attempt_count;
	p->waiting = 0;
	for (size_t i = 0; i < run->active_count; i++)
		p->waiting += run->active[i]->not_before > clock_ms();
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
	if (run->attempts || lister_running(run->lister) || !intake_idle(run->intake))
		return false;
	if (run->receiver && run->stopping && receiver_connections(run->receiver))
		return false;
	return run->stopping || (run->next >= run->plan->count && !run->active_count);
}

static void interrupted(void *owner)
{
	struct run *run = owner;

	run->result->interrupted = true;
	run_stop(run);
	intake_flush(run->intake);
}

/* ---- beginning and end ---- */

static void leftover(void *owner, const char *path)
{
	struct run *run = owner;
	struct stat st;

	if (lstat(path, &st) == 0)
		intake_add(run->intake, path, st.st_size, "an earlier run", true);
}

static bool leftovers_over(void *owner)
{
	struct run *run = owner;

	return intake_idle(run->intake);
}

static int take_leftovers(struct run *run, struct err *e)
{
	run->taking_leftovers = true;
	if (staging_leftovers(&run->staging, leftover, run, e) < 0)
		return -1;
	intake_flush(run->intake);
	if (session_run(run->session, leftovers_over, run, e) < 0)
		return -1;
	run->taking_leftovers = false;
	return 0;
}

static void means_of(const struct settings *how, struct means *m)
{
	bool can_move = how->listen_port || how->destination[0];

	*m = (struct means){ .first = how->method };
	m->get = how->method != METHOD_MOVE;
	m->move = how->method != METHOD_GET && can_move;
	if (how->method == METHOD_AUTO) {
		m->first = METHOD_GET;
		m->move = how->listen_port != 0;	/* what goes to somebody else proves nothing here */
	}
	m->foreign = how->method == METHOD_MOVE && !how->listen_port;
}

static int open_run(struct run *run, struct err *e)
{
	static const struct intake_hooks hooks = { wanted, present, placed, refused, intake_failed };
	char node[300];

	peer_key(&run->how->peer, node);
	run->layout = layout_parse(run->how->layout, e);
	if (!run->layout || file_make_dirs(run->how->output, e) < 0 || staging_open(&run->staging, run->how->output, e) < 0)
		return -1;
	run->intake = intake_new(run->session, &run->staging, run->layout, node, &hooks, run);
	if (run->means.move && run->how->listen_port) {
		run->receiver = receiver_open(run->session, &run->staging, run->intake, run->how, e);
		if (!run->receiver)
			return -1;
	}
	run->lister = lister_new(run->session, &run->how->peer, listed, run);
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
	lister_free(run->lister);
	if (run->receiver)
		receiver_close(run->receiver);
	intake_free(run->intake);
	staging_close(&run->staging);
	layout_free(run->layout);
	table_free(run->by_uid, NULL);
	table_free(run->known, NULL);
	run->session->on_interrupt = NULL;
}

static void count_plan(struct run *run)
{
	struct plan_summary summary;

	plan_summarise(run->plan, &summary);
	run->result->progress.studies = summary.studies[VERDICT_WANTED];
	run->result->progress.objects_expected = summary.expected_known ? summary.expected : -1;
	for (size_t i = 0; i < run->plan->count; i++)
		table_put(run->known, study_get(&run->plan->studies[i].study, STUDY_UID), NULL);
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
	run->result->queries = lister_requests(run->lister);
	note_progress(run);
	save(run, true);
	return 0;
}

static bool receiver_empty(void *owner)
{
	struct run *run = owner;

	return !run->receiver || (!receiver_connections(run->receiver) && intake_idle(run->intake));
}

int run_plan(struct session *s, struct plan *plan, const char *state_path, const struct run_hooks *hooks, void *owner,
	     struct run_result *result, struct err *e)
{
	struct run run = { .session = s, .plan = plan, .how = &plan->how, .hooks = hooks, .owner = owner, .result = result,
			   .state_path = state_path, .started_ms = clock_ms(), .width = plan->how.parallel,
			   .staging = { .lock_fd = -1 } };
	int failed;

	memset(result, 0, sizeof *result);
	run.by_uid = table_new();
	run.known = table_new();
	means_of(run.how, &run.means);
	session_timeouts(s, run.how->timeout_s, run.how->first_timeout_s > run.how->stall_timeout_s ? run.how->first_timeout_s
												      : run.how->stall_timeout_s);
	s->on_interrupt = interrupted;
	s->interrupt_owner = &run;
	count_plan(&run);
	failed = open_run(&run, e);
	if (!failed)
		failed = carry_out(&run, e);
	if (run.receiver)
		session_run(s, receiver_empty, &run, e);
	close_run(&run);
	return failed;
}
