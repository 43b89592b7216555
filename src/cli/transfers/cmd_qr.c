/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr NODE ...: query, choose, retrieve. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/queries/batch.h"
#include "cli/transfers/dryrun.h"
#include "cli/transfers/fetch.h"
#include "cli/transfers/prompt.h"
#include "cli/transfers/selection.h"
#include "core/node/facts.h"
#include "core/plan/state.h"
#include "core/query/studies.h"
#include "core/retrieve/job.h"

static const struct opt *const tables[] = {
	options_mode, options_dates, options_query, options_key, options_batch, options_select, options_retrieve, options_limits, options_tell, options_node,
	options_general, NULL
};

const struct opt_command command_qr = {
	.name = "dicom-qr",
	.synopsis = "NODE [--interactive | --auto | --review] [options]",
	.summary = "query a PACS, choose studies, retrieve and file them",
	.description =
		"Queries the PACS at NODE for studies, lets you choose (or takes all), retrieves what was chosen by C-MOVE or C-GET, proves "
		"that every object arrived, and files it.  NODE is a node of nodes.json, pacs://host[:port], AET@host[:port], host:port, or host and "
		"port.  On a terminal the mode is --interactive unless another is given.\n"
		"\n"
		"With --save-state the plan is kept in a JSON file that \"dicom-qr resume\" carries on with.  Objects that are already in the "
		"output folder are not fetched again.",
	.examples =
		"dicom-qr pacs://server:11112 --aet MY_AET --move-dest MY_SCP --patient-name \"DOE*\" --interactive\n"
		"dicom-qr pacs://server:11112 --aet MY_AET --listen 11113 --study-date 20240101-20240131 --modality CT --output studies/ --auto\n"
		"dicom-qr pacs://server:11112 --aet MY_AET --method c-get --patient-id 12345 --review --save-state query.state\n"
		"dicom-qr pacs --batch accessions.csv --batch-report account.csv --method c-get --output studies/ --auto\n"
		"dicom-qr resume --state query.state",
	.tables = tables,
};

static int choose_mode(struct values *v, struct err *e)
{
	int given = v->interactive + v->automatic + v->review;

	if (given > 1)
		return err_set(e, ERR_USAGE, "choose one of --interactive, --auto and --review");
	if (given)
		return 0;
	if (v->dry_run)
		v->automatic = true;
	else if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		v->interactive = true;
	else
		return err_set(e, ERR_USAGE, "choose a mode: --interactive, --auto or --review (or --dry-run)");
	return 0;
}

static int save(const struct plan *plan, const struct values *v, struct err *e)
{
	if (!v->save_state)
		return 0;
	if (state_write(v->save_state, plan, e) < 0)
		return -1;
	if (!v->quiet && !task_wants_json(v))
		printf("State saved to %s\n", v->save_state);
	return 0;
}

/* Standard output has what a person asked for: also that there was more, which does not meet the conditions. */
static void print_left_out(const struct studies_found *found)
{
	auto_buf struct buf words = BUF_INIT(2000);

	studies_left_out(&found->tally, &words);
	if (words.len)
		printf("%s\n", buf_text(&words));
}

static int nothing_found(const struct values *v, const struct studies_found *found)
{
	if (!v->quiet && !task_wants_json(v))
		printf("No studies found\n");
	return !found->result.whole ? EXIT_INCOMPLETE : v->fail_if_empty ? EXIT_EMPTY : EXIT_ALL_THERE;
}

static void tell_found(const struct values *v, const struct plan *plan, const struct studies_found *found)
{
	if (v->quiet || task_wants_json(v))
		return;
	if (!v->interactive && !v->review)	/* these list them */
		printf("Found %s\n", show_studies(plan->count));
	if (!v->interactive)
		print_left_out(found);
}

/* From the answers to the plan that is to be carried out; *ret_queries: how many C-FINDs it took. */
static int settle(struct session *s, struct plan *plan, const struct values *v, struct studies_found *found, int *ret_queries, struct err *e)
{
	int asked = 0;

	if (v->interactive && prompt_choose(s, plan, e) < 0)
		return -1;
	if (selection_make(s, plan, v, &found->result.whole, &asked, e) < 0 || job_survey(s, plan, v->dry_run, ret_queries, e) < 0)
		return -1;
	*ret_queries += asked + found->asked + found->result.queries;
	return 0;
}

/* The studies of one query, or of the lines of a batch. */
static int find_studies(struct session *s, struct plan *plan, const struct values *v, struct query *q, const struct filter *c,
			struct studies_found *found, struct err *e)
{
	struct batch *batch;
	int failed;

	if (!v->batch) {
		facts_steer(s, &plan->how.peer, q);
		return studies_query(s, plan, q, c, found, e);
	}
	batch = batch_read(v->batch, e);
	if (!batch)
		return -1;
	failed = batch_resolve(batch, s, v, plan, found, e);
	if (!failed)
		failed = batch_report(plan, v, e);
	batch_free(batch);
	return failed;
}

static int take_found(struct task *t, struct studies_found *found, struct err *e)
{
	const struct values *v = t->values;
	struct plan *plan = &t->plan;
	int queries;

	tell_found(v, plan, found);
	if (settle(&t->session, plan, v, found, &queries, e) < 0)
		return -1;
	if (v->review && !v->quiet && !task_wants_json(v))
		prompt_list(stdout, plan);
	if (v->dry_run && dryrun_print(t, &t->query, found, queries, e) < 0)
		return -1;
	fflush(stdout);
	if (save(plan, v, e) < 0)
		return -1;
	if (!v->review && !v->dry_run)
		return fetch_run(t, v->save_state, !found->result.whole);
	if (v->save_state && !v->quiet && !task_wants_json(v))
		task_tell_resume(stdout, "To retrieve", v->save_state, 0);
	return !found->result.whole ? EXIT_INCOMPLETE : EXIT_ALL_THERE;
}

static int prepare(struct task *t, struct err *e)
{
	struct values *v = t->values;
	struct settings *how = &t->plan.how;
	struct dose_rules rules;

	if (task_peer(t, &how->peer, e) < 0 || choose_mode(v, e) < 0 || values_settings(v, how, e) < 0 ||
	    settings_check(how, !v->review, e) < 0 || values_dates(v, e) < 0)
		return -1;
	if (task_check_format(v, e) < 0)
		return -1;
	if (v->batch_report && !v->batch)
		return err_set(e, ERR_USAGE, "--batch-report goes with --batch");
	/* What is wrong with the query is said before anything is asked. */
	return values_select(v, &rules, e) < 0 ? -1 : values_query(v, &t->query, &t->filter, e);
}

static int query_and_retrieve(struct task *t, struct err *e)
{
	const struct values *v = t->values;
	struct session *s = &t->session;
	struct studies_found found;

	if (prepare(t, e) < 0 || job_open(s, &t->plan.how, e) < 0 || (v->save_state && state_lock(v->save_state, e) < 0) ||
	    find_studies(s, &t->plan, v, &t->query, &t->filter, &found, e) < 0)
		return -1;
	if (t->plan.count)
		return take_found(t, &found, e);
	if (save(&t->plan, v, e) < 0)		/* no state of an earlier query stays in its place */
		return -1;
	if (task_wants_json(v) && dryrun_print(t, &t->query, &found, found.asked + found.result.queries, e) < 0)
		return -1;
	return nothing_found(v, &found);
}

int cmd_qr(int argc, char **argv)
{
	return task_run_fetching(&command_qr, JOB_RETRIEVE, argc, argv, query_and_retrieve);
}
