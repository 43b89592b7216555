/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/retrieve/job.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "core/ledger/studies.h"
#include "core/plan/state.h"
#include "core/query/limits.h"

int job_open(struct session *s, const struct settings *how, struct err *e)
{
	static const char *const get[] = { "getscu", "dcmdump", NULL }, *const move[] = { "movescu", "dcmdump", NULL },
			  *const receive[] = { "storescp", NULL };

	if (session_hours(s, how->window, e) < 0 || session_open_ledger(s, e) < 0 || session_open(s, e) < 0 ||
	    session_need_tools(s, how->method == METHOD_MOVE ? move : get, e) < 0)
		return -1;
	if (how->method == METHOD_AUTO && how->listen_port && session_need_tools(s, move, e) < 0)
		return -1;
	if (how->listen_port && session_need_tools(s, receive, e) < 0)
		return -1;
	session_patience(s, how);
	return dcmtk_tls_check(&s->dcmtk, &how->peer.tls, how->method == METHOD_MOVE ? "movescu" : "getscu", e);
}

int job_survey(struct session *s, struct plan *plan, bool always, int *ret_queries, struct err *e)
{
	int failed;

	*ret_queries = 0;
	if (!always && !plan->how.max_studies && !plan->how.max_images)
		return 0;
	failed = limits_plan(s, plan, ret_queries, e);
	s->totals.queries += *ret_queries;
	return failed;
}

static int begin_job(struct session *s, const struct plan *plan, const struct job_options *o, struct err *e)
{
	char node[300];
	struct ledger_job job = { .kind = o->kind, .parent = o->parent, .origin = "cli", .node = node, .command = o->command,
				  .output = plan->how.output, .state = o->state_path ? o->state_path : "", .user = session_user(),
				  .started = clock_wall() };

	peer_key(&plan->how.peer, node);
	if (ledger_job_begin(s->ledger, &job, e) < 0)
		return -1;
	s->job = job.id;
	return 0;
}

/* All of the plan, so that a job that never gets to them has not forgotten them: the run writes over these rows. */
static int put_studies(struct session *s, const struct plan *plan, struct err *e)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct ledger_study study = ledger_study_of(plan, &plan->studies[i], s->job);

		if (ledger_study_put(s->ledger, &study, e) < 0)
			return -1;
	}
	return 0;
}

/* Without a scratch folder the run never came so far that there is anything to carry on. */
static int keep_plan(struct session *s, const struct plan *plan, struct err *e)
{
	auto_free char *path = s->scratch ? file_join(s->scratch, "plan") : NULL;
	FILE *file = path ? fopen(path, "w+e") : NULL;
	int failed;

	if (!path)
		return 0;
	if (!file)
		return err_sys(e, "create %s", path);
	failed = state_put(file, plan, e) < 0 || ledger_job_plan_file(s->ledger, s->job, file, e) < 0 ? -1 : 0;
	fclose(file);
	unlink(path);
	return failed;
}

/* The job, its studies and its plan, all or nothing. */
static int put_job(struct session *s, const struct plan *plan, const struct job_options *o, struct err *e)
{
	if (ledger_begin(s->ledger, e) < 0)
		return -1;
	if (begin_job(s, plan, o, e) == 0 && put_studies(s, plan, e) == 0 && keep_plan(s, plan, e) == 0)
		return ledger_commit(s->ledger, e);
	ledger_rollback(s->ledger);
	return -1;
}

int job_run(struct session *s, struct plan *plan, const struct job_options *o, struct run_result *result, struct err *e)
{
	if (put_job(s, plan, o, e) < 0)
		return -1;
	return run_plan(s, plan, o->state_path, o->hooks, o->owner, result, e);
}

int job_close(struct session *s, const struct plan *plan, int exit_status, struct err *e)
{
	if (ledger_begin(s->ledger, e) < 0)
		return -1;
	if (keep_plan(s, plan, e) == 0 && ledger_job_end(s->ledger, s->job, exit_status, "", e) == 0)
		return ledger_commit(s->ledger, e);
	ledger_rollback(s->ledger);
	return -1;
}

int job_fail(struct session *s, int exit_status, const char *why, struct err *e)
{
	return s->job ? ledger_job_end(s->ledger, s->job, exit_status, why, e) : 0;
}

int job_record(struct session *s, const struct plan *plan, const struct job_options *o, int exit_status, const char *summary,
	       struct err *e)
{
	if (put_job(s, plan, o, e) < 0)
		return -1;
	return ledger_job_end(s->ledger, s->job, exit_status, summary, e);
}

int job_change_status(struct session *s, int exit_status, struct err *e)
{
	return ledger_job_status(s->ledger, s->job, exit_status, e);
}
