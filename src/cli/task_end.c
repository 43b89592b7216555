/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of a command that retrieves.  Who is told of it is told whatever came of it: that a run failed is what matters most. */
#include "cli/task_p.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/amounts.h"
#include "cli/exit.h"
#include "cli/progress.h"
#include "core/retrieve/job.h"
#include "core/tell/metrics.h"
#include "core/tell/notify.h"

/* "sync" of "dicom-qr sync"; "dicom-qr" and the other names as they are. */
static const char *name_of(const struct opt_command *command)
{
	const char *blank = strchr(command->name, ' ');

	return blank ? blank + 1 : command->name;
}

/* As the user calls it, where it has a name. */
static void node_of(const struct values *v, const struct plan *plan, char out[300])
{
	*out = '\0';
	if (v->chosen->node)
		snprintf(out, 300, "%s", v->chosen->node->name);
	else if (plan->how.peer.host[0])
		peer_key(&plan->how.peer, out);
}

/* A command that had nothing to retrieve may have opened nothing, and still there may be studies to tell of. */
static int open_session(struct session *s, struct err *e)
{
	return s->loop ? 0 : session_open(s, e);
}

static void tell_owed(struct session *s, const struct plan *plan, int status)
{
	struct err e = { ERR_NONE, "" };

	if (!plan->how.on_study || status == EXIT_LOCKED || s->signal)
		return;
	if (open_session(s, &e) == 0 && session_open_ledger(s, &e) == 0) {
		notify_open(s, &plan->how);
		notify_rest(s->notify, &e);
	}
	if (e.kind)
		log_line(status ? LOG_VERBOSE : LOG_ERROR, "--on-study: %s", e.text);
}

static void tell_end(struct session *s, const struct opt_command *command, const struct values *v, const struct plan *plan, int status)
{
	const char *state = v->state ? v->state : v->save_state;
	struct err e = { ERR_NONE, "" };
	const struct notify_end end = { .command = name_of(command), .status = status, .plan = plan,
					  .state_path = state && strcmp(state, "-") != 0 ? state : NULL };

	if (!plan->how.on_finish)
		return;
	if (open_session(s, &e) < 0 || notify_finish(s, &plan->how, &end, &e) < 0)
		log_error("--on-finish: %s", e.text);
}

static void write_metrics(const struct session *s, const struct opt_command *command, const struct values *v, const struct plan *plan,
			  int status)
{
	struct err e = { ERR_NONE, "" };
	char node[300];
	struct metrics m = { .command = name_of(command), .node = node, .ended = clock_wall(), .ran_ms = clock_ms() - v->begun_ms,
			     .status = status, .totals = s->totals };

	if (!v->metrics)
		return;
	node_of(v, plan, node);
	plan_summarise(plan, &m.sum);
	if (metrics_write(v->metrics, &m, &e) < 0)
		log_line(status == EXIT_USAGE ? LOG_VERBOSE : LOG_ERROR, "--metrics: %s", e.text);	/* that may be what was said */
}

/* ---- the job ---- */

/* A run that never came to a job of its own: the PACS was down, nothing matched, all was here. */
static void record_run(struct task *t, int status, const struct err *why)
{
	struct session *s = &t->session;
	struct err e = { ERR_NONE, "" };

	if (s->job || t->no_run || !t->plan.how.peer.host[0] || why->kind == ERR_USAGE)
		return;
	if (session_open_ledger(s, &e) < 0 || task_record(t, status, why->text, &e) < 0)
		log_line(status ? LOG_VERBOSE : LOG_ERROR, "this run is not recorded: %s", e.text);
}

/* A program that did not end well is as bad as a study that did not come. */
static int judge_hooks(struct session *s, int status)
{
	struct err e = { ERR_NONE, "" };

	if (status || !s->totals.hooks_failed)
		return status;
	if (s->job && job_change_status(s, EXIT_INCOMPLETE, &e) < 0)
		log_error("%s", e.text);
	return EXIT_INCOMPLETE;
}

/* The last thing that is said. */
static void tell_hooks(const struct session *s)
{
	const int failed = s->totals.hooks_failed;

	if (failed)
		log_error("%d program%s told of studies or of the end did not end well", failed, failed == 1 ? "" : "s");
}

int task_end(struct task *t, int status, const struct err *why)
{
	const struct values *v = t->values;

	if (!v->begun_ms || v->dry_run || v->review)
		return status;
	record_run(t, status, why);
	tell_owed(&t->session, &t->plan, status);
	if (!status && t->session.signal)
		status = EXIT_SIGNAL + t->session.signal;
	status = judge_hooks(&t->session, status);
	tell_end(&t->session, t->kind->about, v, &t->plan, status);
	status = judge_hooks(&t->session, status);
	write_metrics(&t->session, t->kind->about, v, &t->plan, status);
	tell_hooks(&t->session);
	log_verbose("ended: exit status %d, job %lld, %lld objects, %s", status, (long long)t->session.job, t->session.totals.objects,
		    show_bytes(t->session.totals.bytes));
	return status;
}
