/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run answers its intake: was this asked for, is it here, it came, it was refused; and what earlier runs left behind. */
#include "core/retrieve/run_p.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/old_fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/ledger/jobs.h"
#include "core/ledger/studies.h"
#include "core/plan/state.h"
#include "core/tell/notify.h"
#include "dicom/value.h"

#define OTHERS_MS 1000			/* between two looks */

/* Of an earlier run, by the plan of its job: a study, or a series, or single objects of it. */
static bool leftover_wanted(const struct run *run, const char *study, const char *series, const char *sop)
{
	auto_free char *of_series = mem_printf("%s/%s", study, series), *alone = mem_printf("%s//%s", study, sop);

	return map_has(run->wants.left, study) || map_has(run->wants.left, of_series) || map_has(run->wants.left, alone);
}

static enum intake_wish object_wanted(void *owner, const struct intake_name *name)
{
	struct run *run = owner;
	struct retrieval *r = queue_find(&run->queue, name->study);
	bool asked, named;

	if (old_fault("anything-is-wanted"))
		return true;
	if (run->wants.left)
		return leftover_wanted(run, name->study, name->series, name->sop) ? INTAKE_ASKED : INTAKE_NOT_ASKED;
	named = r && r->objects && map_has(r->objects, name->sop);
	if (!r)
		asked = map_has(run->wants.known, name->study);
	else if (r->in->only.count)
		asked = named;
	else
		asked = !r->in->series_uid || !strcmp(r->in->series_uid, name->series);
	if (!asked)
		return INTAKE_NOT_ASKED;
	return named ? INTAKE_ASKED_BY_NAME : INTAKE_ASKED;
}

static bool is_of_series(const struct object *o, const char *series)
{
	return o && (!*o->series || !strcmp(o->series, series));
}

static const struct object *object_known(const struct map *objects, const char *sop)
{
	return objects ? map_get(objects, sop) : NULL;
}

static const char *object_present(void *owner, const struct intake_name *name)
{
	struct run *run = owner;
	struct retrieval *r = queue_find(&run->queue, name->study);
	const struct object *listed = r ? object_known(r->objects, name->sop) : NULL;
	const struct object *came = r ? object_known(r->came, name->sop) : NULL;

	if (is_of_series(listed, name->series) && listed->path)
		return listed->path;
	return is_of_series(came, name->series) ? came->path : NULL;
}

static bool object_has_twin(void *owner, const struct intake_name *name)
{
	struct run *run = owner;
	struct retrieval *r = queue_find(&run->queue, name->study);
	const struct object *listed = r ? object_known(r->objects, name->sop) : NULL;
	const struct object *came = r ? object_known(r->came, name->sop) : NULL;

	return (listed && !is_of_series(listed, name->series)) || (came && !is_of_series(came, name->series));
}

static int studies_publishing(void *owner, const char *const *studies, size_t count, struct err *e)
{
	return notify_publishing(((struct run *)owner)->session->notify, studies, count, e);
}

static void object_placed(void *owner, const struct intake_object *object)
{
	struct run *run = owner;
	struct retrieval *r = queue_find(&run->queue, object->study);
	const struct object *listed;
	struct attempt *a;

	if (object->duplicate)
		run->result->duplicates++;
	if (object->conflict) {
		run->result->conflicts++;
		log_warning("conflict: SOP Instance UID %s came with other content than the file that is here; both are kept", object->sop);
	}
	if (object->twin)
		log_warning("SOP Instance UID %s stands in two series of study %s: both objects are kept", object->sop, object->study);
	if (run->wants.left)
		return;
	if (!object->duplicate) {
		run->result->progress.objects++;
		run->result->progress.bytes += object->bytes;
	}
	if (!r)
		return;
	r->placed++;
	r->repeated += object->duplicate;
	if (object->conflict)
		r->conflicts++;
	if (!object->duplicate)
		r->in->bytes += object->bytes;
	if ((a = attempt_of(run->attempts, r)))
		attempt_touch(a, r, object->bytes);
	if (run->receiver)
		receiver_came(run->receiver, object->sop, object->study);
	listed = object_known(r->objects, object->sop);
	if (listed && !is_of_series(listed, object->series))		/* another object that has this UID, too */
		return;
	if (!retrieval_have(r, object->series, object->sop, object->sop_class, object->path) && !object->duplicate)
		retrieval_surplus(r, object->series, object->sop);
}

/* A damaged object may tell no more than its own UID. */
static struct retrieval *who_wants(struct run *run, const char *study, const char *sop)
{
	return *study ? queue_find(&run->queue, study) : queue_find_object(&run->queue, sop);
}

static void object_refused(void *owner, const struct intake_refused *refused)
{
	struct run *run = owner;
	struct retrieval *r = who_wants(run, refused->study, refused->sop);

	if (refused->refusal == INTAKE_UNWANTED) {
		run->result->foreign++;
	} else {
		run->result->damaged++;		/* even when its study has left */
		if (r)
			retrieval_damaged(r, refused->sop, refused->reason, refused->again);
	}
	log_warning("quarantined: SOP Instance UID %s: %s%s", *refused->sop ? refused->sop : "unknown", refused->reason,
		    refused->again ? " (the same bytes came before)" : "");
}

static void intake_failed(void *owner, const struct err *e)
{
	run_fail(owner, e);
}

/* ---- leftovers ---- */

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
		add_left(run->wants.left, &plan);
	else
		log_verbose("an earlier run left files, and what it wanted is unknown: they are taken in if this run wants them");
	plan_done(&plan);
}

/* Whether a job has this study still before it. */
struct overlap {
	int64_t job;
	bool found;
};

static int overlap_row(void *owner, const struct ledger_study *row)
{
	struct overlap *overlap = owner;

	overlap->found = row->job == overlap->job && !strcmp(row->verdict, verdict_name(VERDICT_WANTED));
	return overlap->found;
}

static bool study_overlaps(const struct run *run, const struct plan_study *in, int64_t job)
{
	struct overlap overlap = { job, false };
	auto_free char *uid = mem_str(study_get(&in->study, STUDY_UID));
	struct err ignored = { ERR_NONE, "" };

	if (in->verdict == VERDICT_WANTED)
		ledger_study_story(run->session->ledger, value_trim(uid), overlap_row, &overlap, &ignored);
	return overlap.found;
}

/* ---- other runs in this folder ---- */

struct others {
	const struct run *run;
	int64_t job;			/* one that has studies of ours still before it; 0 = none */
};

/* What another run has still before it is not fetched a second time; of two runs the later one yields. */
static void other_run(void *owner, int64_t job)
{
	struct others *others = owner;
	const struct run *run = others->run;

	if (others->job || !run->session->ledger || job <= 0 || job >= run->session->job)
		return;
	for (size_t i = 0; i < run->plan->count && !others->job; i++)
		if (study_overlaps(run, &run->plan->studies[i], job))
			others->job = job;
}

static bool waited(void *owner)
{
	const struct run *run = owner;

	return run_ending(run) || !run->timer.due_ms;
}

static void waited_enough(void *owner)
{
	(void)owner;
}

/* A limit of time ends the waiting, too; what it means is found out by the turn. */
static bool time_is_up(const struct run *run)
{
	const struct settings *how = run->how;

	return session_closed(run->session) || (how->max_duration_s && clock_ms() - run->started_ms >= how->max_duration_s * 1000);
}

int run_await_others(struct run *run, struct err *e)
{
	struct others others = { run, 0 };
	int64_t told = 0;

	while (!run_ending(run) && !time_is_up(run)) {
		others.job = 0;
		if (staging_others(&run->staging, other_run, &others, e) < 0)
			return -1;
		if (!others.job)
			return 0;
		if (!run->how->wait_for_others)
			return err_set(e, ERR_LOCKED, "job %lld is fetching studies of this plan into %s: wait until it has ended "
				       "(--wait-for-others, or dicom-qr status), then run this again", (long long)others.job, run->how->output);
		if (others.job != told)
			log_warning("job %lld is fetching studies of this plan into %s: waiting until it has ended", (long long)others.job,
				    run->how->output);
		told = others.job;
		timer_set(run->session->loop, &run->timer, OTHERS_MS, waited_enough, run);
		if (session_run(run->session, waited, run, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- what was left ---- */

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

int run_take_leftovers(struct run *run, struct err *e)
{
	static const struct staging_finder finder = { leftover_folder, leftover };

	run->wants.left = map_new();
	add_left(run->wants.left, run->plan);
	if (staging_leftovers(&run->staging, &finder, run, e) < 0)
		return -1;
	intake_flush(run->intake);
	if (session_run(run->session, leftovers_over, run, e) < 0)
		return -1;
	map_free(run->wants.left, NULL);
	run->wants.left = NULL;
	return 0;
}

struct intake *run_intake(struct run *run)
{
	static const struct intake_hooks hooks = {
		object_wanted, object_present, object_has_twin, studies_publishing, object_placed, object_refused, intake_failed
	};

	return intake_new(run->session, &run->staging, run->layout, run->node, &hooks, run);
}
