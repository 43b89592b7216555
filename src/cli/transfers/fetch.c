/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/transfers/fetch.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/amounts.h"
#include "cli/exit.h"
#include "cli/progress.h"
#include "cli/queries/account.h"
#include "core/archive/validate.h"
#include "core/retrieve/job.h"

static enum progress_mode progress_mode(const struct values *v)
{
	static const struct { const char *word; enum progress_mode mode; } modes[] = {
		{ "auto", PROGRESS_AUTO }, { "plain", PROGRESS_PLAIN }, { "json", PROGRESS_JSON }, { "none", PROGRESS_NONE },
	};

	for (size_t i = 0; v->progress && i < countof(modes); i++)
		if (!strcmp(v->progress, modes[i].word))
			return modes[i].mode;
	return PROGRESS_AUTO;
}

static void validate(struct session *s, const struct plan *plan, bool quiet, int *status)
{
	struct validation v;
	struct err e = { ERR_NONE, "" };

	if (settings_goes_elsewhere(&plan->how)) {
		log_warning("nothing to validate: the files went to %s", plan->how.destination);
		return;
	}
	if (validate_plan(s, plan, &v, &e) < 0) {
		log_error("validation: %s", e.text);
		*status = *status ? *status : exit_of_error(&e, s->signal);
		return;
	}
	if (!quiet || v.invalid)
		printf("Validation: %s valid, %s invalid files\n", show_count(v.valid), show_count(v.invalid));
	if (v.invalid && !*status)
		*status = EXIT_INCOMPLETE;
}

/* "Left for another run by --max-images: 3 studies, and 4 objects of another" */
static void tell_left(const struct plan *plan, const struct plan_summary *summary)
{
	auto_buf struct buf line = BUF_INIT(1000);

	if (!plan->cut_by)
		return;
	if (summary->later)
		buf_printf(&line, "%s", show_studies(summary->later));
	if (summary->beyond)
		buf_printf(&line, "%s%s of %s", summary->later ? ", and " : "", show_objects(summary->beyond),
			   summary->later ? "another" : "a study");
	if (summary->again)
		buf_printf(&line, "%s%s to be tried again", line.len ? ", and " : "", show_studies(summary->again));
	fprintf(stderr, "Left for another run by %s: %s\n", plan->cut_by, buf_text(&line));
}

static void tell_resume(const struct session *s, const struct plan *plan, const char *state_path)
{
	struct plan_summary summary;

	plan_summarise(plan, &summary);
	tell_left(plan, &summary);
	if (!summary.later && !summary.studies[VERDICT_WANTED] && !summary.studies[VERDICT_INCOMPLETE] && !summary.studies[VERDICT_FAILED] &&
	    !summary.studies[VERDICT_EMPTY] && !summary.studies[VERDICT_PARKED])
		return;
	task_tell_resume(stderr, "To carry on", state_path, (long long)s->job);
}

/* A destination that could be asked is not worth a word. */
static bool any_unverified(const struct plan *plan)
{
	struct plan_summary summary;

	plan_summarise(plan, &summary);
	return summary.studies[VERDICT_UNVERIFIED] > 0;
}

static void tell_end(const struct session *s, const struct plan *plan, const struct values *v, const char *state_path,
		     const struct run_result *result)
{
	progress_summary(plan, result, v->quiet, progress_mode(v));
	if (v->quiet || progress_mode(v) == PROGRESS_JSON)
		return;
	if (settings_goes_elsewhere(&plan->how) && any_unverified(plan))
		fprintf(stderr, "The files went to %s, unseen here: the counts are what the PACS says\n", plan->how.destination);
	tell_resume(s, plan, state_path);
}

/* It could not begin. */
static int fail(struct session *s, const struct err *why)
{
	struct err e = { ERR_NONE, "" };
	int status = exit_with(why, s->signal);

	if (job_fail(s, status, why->text, &e) < 0)
		log_error("%s", e.text);
	return status;
}

/* The exit status of a run that began. */
static int judge(struct task *t, struct run_result *result, bool cut)
{
	struct plan *plan = &t->plan;
	int status;

	if (t->values->cuts_are_usual && result->limit && result->limit == plan->cut_by)
		result->limit = NULL;
	status = exit_of_run(plan, result, t->session.signal);
	if ((cut || plan_partial(plan)) && !status)
		status = EXIT_INCOMPLETE;
	if (result->fatal.kind && result->fatal.kind != ERR_INTERRUPTED)
		log_error("%s", result->fatal.text);
	if (plan->how.validate && !result->interrupted)
		validate(&t->session, plan, t->values->quiet, &status);
	return status;
}

int fetch_run(struct task *t, const char *state_path, bool cut)
{
	return fetch_run_telling(t, state_path, cut, NULL, NULL);
}

int fetch_run_telling(struct task *t, const char *state_path, bool cut, fetch_tell_fn *tell, void *owner)
{
	const struct values *v = t->values;
	struct progress *progress = progress_new(progress_mode(v), v->verbose || v->debug, v->quiet);
	auto_free char *line = task_command_line();
	const struct job_options options = { t->kind->job, t->carries_on, line, state_path, &progress_hooks, progress };
	struct run_result result;
	struct err e = { ERR_NONE, "" };
	int status;

	if (job_run(&t->session, &t->plan, &options, &result, &e) < 0) {
		progress_free(progress);
		return fail(&t->session, &e);
	}
	status = judge(t, &result, cut);
	if (!tell || !tell(owner, &result))
		tell_end(&t->session, &t->plan, v, state_path, &result);
	if (account_write(&t->plan, t->session.ledger, &e) < 0)
		log_error("%s", e.text);
	if (job_close(&t->session, &t->plan, status, &e) < 0)
		log_error("%s", e.text);
	progress_free(progress);
	return status;
}
