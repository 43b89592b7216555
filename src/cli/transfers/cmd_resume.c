/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr resume: carry on from a state file or a job number. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/transfers/dryrun.h"
#include "cli/transfers/fetch.h"
#include "core/files/held.h"
#include "core/ledger/jobs.h"
#include "core/plan/state.h"
#include "core/retrieve/job.h"

static const struct opt *const tables[] = {
	options_resume, options_retrieve, options_limits, options_tell, options_node, options_general, NULL
};

const struct opt_command command_resume = {
	.name = "dicom-qr resume",
	.synopsis = "--state FILE [options]\nJOB [options]",
	.summary = "carry on from a state file or a job number",
	.description =
		"Retrieves the studies of a state file (or of a job, by its number) that are not complete yet.  Options given here replace "
		"those that the state holds; limits hold for each run anew, so that it takes the next studies where --max-studies or --max-images "
		"left them.  Objects that arrived before are not asked for again.",
	.examples = "dicom-qr resume --state query.state\ndicom-qr resume --state retrieval.state --parallel 4",
	.tables = tables,
};

struct looking {
	long long job, by;		/* by: the living one that is at it, 0 = none */
};

/* The job itself, or one that carries it on. */
static int find_living(void *owner, int64_t job, int64_t parent)
{
	struct looking *l = owner;

	if (job == l->job || parent == l->job)
		l->by = job;
	return l->by != 0;
}

/* Two at once would fetch everything twice. */
static int check_rest(struct session *s, long long job, struct err *e)
{
	struct looking l = { .job = job };

	if (ledger_living(s->ledger, find_living, &l, e) < 0)
		return -1;
	return l.by ? err_set(e, ERR_LOCKED, "job %lld is still being worked on, by job %lld: see dicom-qr status", job, l.by) : 0;
}

static int load_job(struct task *t, const char *word, struct err *e)
{
	char *end;
	long long job = strtoll(word, &end, 10);
	char *text;
	int failed;

	if (*end || job <= 0)
		return err_set(e, ERR_USAGE, "'%s' is no job number: give --state FILE, or the number of a job", word);
	if (check_rest(&t->session, job, e) < 0)
		return -1;
	text = ledger_job_plan_text(t->session.ledger, job, e);
	if (!text)
		return -1;
	t->carries_on = job;
	failed = state_parse(text, strlen(text), &t->plan, e);
	free(text);
	return failed;
}

static bool is_limited(const struct plan *plan)
{
	return plan->how.max_studies || plan->how.max_images;
}

static int check(struct plan *plan, const struct values *v, struct err *e)
{
	if (!plan->how.peer.host[0])
		return err_set(e, ERR_INPUT, "the state names no PACS (host, port): query with --save-state once more");
	if (values_settings(v, &plan->how, e) < 0 || settings_check(&plan->how, true, e) < 0)
		return -1;
	plan_want_again(plan, is_limited(plan), v->max_images > 0);
	return 0;
}

/* Studies that were brought to a good end, and those that were here before. */
static bool claims_files(const struct plan_study *in)
{
	return in->verdict == VERDICT_SKIPPED ? in->skip == SKIP_HELD && in->held > 0 : verdict_is_good(in->verdict);
}

/* The state says what was done; the disk says what is there.  Another output folder is another question. */
static int check_disk(struct task *t, bool moved, struct err *e)
{
	struct plan *plan = &t->plan;
	const bool anew = moved || t->values->force;
	size_t gone = 0;

	if (!anew && settings_goes_elsewhere(&plan->how))	/* files elsewhere cannot be looked at */
		return 0;
	if (!anew && session_open_ledger(&t->session, e) < 0)
		return -1;
	for (size_t i = 0; i < plan->count; i++) {
		struct plan_study *in = &plan->studies[i];
		int here = 0;

		if (!claims_files(in))
			continue;
		if (session_check(&t->session, e) < 0)
			return -1;
		if (!anew && held_count(t->session.ledger, plan->how.output, in, &here, e) < 0)
			return -1;
		if (!anew && here >= (in->verdict == VERDICT_SKIPPED ? in->held : in->received))
			continue;
		gone += !anew;
		plan_want(in);
	}
	if (gone)
		log_warning("of %s files are gone since: they are asked for again", show_studies(gone));
	return 0;
}

static int load(struct task *t, struct err *e)
{
	const char *path = t->values->state;

	if (path ? t->count > 0 : t->count != 1)
		return err_set(e, ERR_USAGE, "give --state FILE, or the number of a job");
	if (!path)
		return session_open_ledger(&t->session, e) < 0 ? -1 : load_job(t, t->rest[0], e);
	if (!strcmp(path, "-"))				/* what "verify --against" writes; it is nobody else's */
		return state_read(path, &t->plan, e);
	if (access(path, R_OK) < 0)			/* before a lock is made for nothing */
		return err_sys(e, "open %s", path);
	return state_lock(path, e) < 0 ? -1 : state_read(path, &t->plan, e);
}

/* It is the state that says whom we connect to and what is written where. */
static void say_where(const struct settings *how)
{
	const char *authorities = how->peer.tls.authorities, *tls = *authorities ? ", TLS" : "";
	auto_free char *folder = log_clean(mem_str(how->output));

	if (!strcmp(authorities, TLS_ANYBODY))
		tls = ", TLS without verification";
	if (settings_goes_elsewhere(how))
		fprintf(stderr, "From %s@%s:%d%s to AE title %s\n", how->peer.called, how->peer.host, how->peer.port, tls, how->destination);
	else
		fprintf(stderr, "From %s@%s:%d%s into %s\n", how->peer.called, how->peer.host, how->peer.port, tls, folder);
}

static int resume(struct task *t, struct err *e)
{
	const struct values *v = t->values;
	struct plan *plan = &t->plan;
	auto_free char *output = NULL;
	struct plan_summary summary;
	int queries;

	if (task_check_format(v, e) < 0 || load(t, e) < 0)
		return -1;
	output = mem_str(plan->how.output);
	if (check(plan, v, e) < 0 || check_disk(t, output && strcmp(output, plan->how.output) != 0, e) < 0)
		return -1;
	plan_summarise(plan, &summary);
	if (plan->not_covered)
		log_warning("the query behind this state was not answered completely (%s): query again to find all studies", plan->not_covered);
	if (!summary.studies[VERDICT_WANTED] && !summary.again && !task_wants_json(v)) {
		if (!v->quiet)
			printf("Nothing to do: %s, all complete or left out\n", show_studies(plan->count));
		return plan_partial(plan) ? EXIT_INCOMPLETE : EXIT_ALL_THERE;
	}
	if (job_open(&t->session, &plan->how, e) < 0)
		return -1;
	if (!v->quiet)
		say_where(&plan->how);
	/* The limits of the state hold for each run. */
	if ((v->dry_run || is_limited(plan)) && job_survey(&t->session, plan, v->dry_run, &queries, e) < 0)
		return -1;
	if (v->dry_run)
		return dryrun_print(t, NULL, NULL, queries, e);
	return fetch_run(t, v->state && strcmp(v->state, "-") != 0 ? v->state : NULL, false);
}

int cmd_resume(int argc, char **argv)
{
	return task_run_fetching(&command_resume, JOB_RESUME, argc, argv, resume);
}
