/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pacs-nm-retriever: all studies of a few days, by C-GET, one after the other, into one folder with the names that DCMTK gives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/transfers/dryrun.h"
#include "cli/transfers/fetch.h"
#include "core/plan/state.h"
#include "core/query/studies.h"
#include "core/retrieve/job.h"
#include "dicom/value.h"

#define NODE_NAME "pacs-nm-retriever"
#define OUTPUT "nm_images"
#define STUDY_TIMEOUT 300
#define DEFAULT_DATES "-30d"

struct nm_values {
	struct values v;
	const char *host;
	long long port, local_port;
};

#define OURS(member) offsetof(struct nm_values, member)
#define SHARED(member) offsetof(struct nm_values, v.member)
#define DAY 86400LL

static const struct opt own[] = {
	STRING("host", "", "HOST", OURS(host), "PACS", "PACS hostname (default: that of the node)."),
	INTEGER("port", "", "PORT", OURS(port), 1, 65535, "PACS", "PACS port (default: that of the node, else 11112)."),
	STRING("aet", "", "TITLE", SHARED(called_aet), "PACS", "PACS AE title (default: that of the node)."),
	STRING("local-aet", "", "TITLE", SHARED(aet), "PACS", "Our own AE title (default: that of the node)."),
	INTEGER("local-port", "", "PORT", OURS(local_port), 1, 65535, "PACS",
	       "Our own port (default: 11112); not used, since C-GET brings the files over the connection that asks for them."),
	SECONDS("timeout", "", "SECONDS", SHARED(timeout), 1, DAY, "PACS", "Connection timeout (default: 60)."),
	STRING("study-date", "", "DATE", SHARED(study_date), "Retrieval",
	       "Date or range: YYYYMMDD or YYYYMMDD-YYYYMMDD (default: the last 30 days)."),
	INTEGER("max-studies", "", "N", SHARED(max_studies), 1, 100000000, "Retrieval", "At most so many studies."),
	INTEGER("max-images", "", "N", SHARED(max_images), 1, 1000000000, "Retrieval", "At most so many images."),
	STRING("output", "o", "DIR", SHARED(output), "Retrieval", "Output directory (default: ./nm_images)."),
	FLAG("dry-run", "n", SHARED(dry_run), "Retrieval", "Query only; show what would be retrieved."),
	SECONDS("study-timeout", "", "SECONDS", SHARED(study_timeout), 0, 30 * DAY, "Retrieval",
	       "Hard limit for one study; 0 = no limit (default: 300)."),
	INTEGER("retries", "", "N", SHARED(retries), 0, 100, "Retrieval", "Further tries of what failed for now (default: 3)."),
	SECONDS("retry-wait", "", "SECONDS", SHARED(retry_wait), 0, DAY, "Retrieval",
	       "Pause before the first further try; it grows (default: 5)."),
	FLAG("force", "", SHARED(force), "Retrieval", "Ask again for objects that are here already."),
	STRING("save-state", "", "FILE", SHARED(save_state), "Retrieval", "Save the state for \"dicom-qr resume\"."),
	OPT_END
};
static const struct opt *const tables[] = { own, options_tell, options_general, NULL };

const struct opt_command command_nm = {
	.name = "pacs-nm-retriever",
	.synopsis = "[options]",
	.summary = "retrieve all studies of some days by C-GET into one folder",
	.description =
		"Queries a PACS (study root) for the studies of a date or range, the last 30 days when none is given, and retrieves them by C-GET "
		"one after the other, at most five minutes each, into ./nm_images, named as DCMTK names them.  No modality is asked for: all studies "
		"of the dates come.  What is there already is not fetched again.\n"
		"\n"
		"Which PACS: the node \"pacs-nm-retriever\" of nodes.json, else the default node (see dicom-qr node), else --host, --aet and "
		"--local-aet, which also overrule the node.",
	.examples =
		"dicom-qr node add pacs-nm-retriever PACS@10.0.0.5:11112 --aet LOCAL_AET\n"
		"pacs-nm-retriever --study-date 20210901 --max-studies 5\n"
		"pacs-nm-retriever --study-date 20210901-20210930 --max-studies 20\n"
		"pacs-nm-retriever --host OTHER_HOST --aet OTHER_AET --local-aet OTHER_LOCAL_AET --study-date 20210901 --dry-run",
	.tables = tables,
};

/* "--host, --aet and --local-aet" of those that are missing. */
static int ask_for_missing(bool host, bool aet, bool local, struct err *e)
{
	const char *names[] = { host ? "--host" : NULL, aet ? "--aet" : NULL, local ? "--local-aet" : NULL };
	int left = host + aet + local;
	const bool several = left > 1;
	char list[64] = "";

	for (size_t i = 0; i < countof(names); i++) {
		size_t len = strlen(list);

		if (!names[i])
			continue;
		left--;
		snprintf(list + len, sizeof list - len, "%s%s", !len ? "" : left ? ", " : " and ", names[i]);
	}
	return err_set(e, ERR_USAGE, "which PACS? %s %s missing: give %s, or write it down once: "
		       "dicom-qr node add " NODE_NAME " AET@HOST:PORT --aet LOCAL_AET", list, several ? "are" : "is", several ? "them" : "it");
}

static int choose_peer(struct nm_values *n, struct settings *how, struct err *e)
{
	const struct nodes *config;
	const struct node *node;

	if (values_config(&n->v, &config, e) < 0)
		return -1;
	node = nodes_find(config, NODE_NAME);
	if (!node)
		node = nodes_default(config, e);
	if (!node && e->kind)
		return -1;
	if (node && !*node->how.peer.host)
		node = NULL;
	if ((!n->host && !node) || (!n->v.called_aet && !(node && node_states(node, "calledAE"))) || (!n->v.aet && !(node && node_states(node, "callingAE"))))
		return ask_for_missing(!n->host && !node, !n->v.called_aet && !(node && node_states(node, "calledAE")),
				       !n->v.aet && !(node && node_states(node, "callingAE")), e);
	n->v.chosen->node = node;
	return values_settings(&n->v, how, e);
}

static int override_address(const struct nm_values *n, struct settings *how, struct err *e)
{
	auto_free char *url = n->host ? mem_printf("pacs://%s:%d", n->host, how->peer.port) : NULL;
	struct peer peer;

	if (n->port > 0)
		how->peer.port = (int)n->port;
	if (!url)
		return 0;
	peer_init(&peer);
	if (peer_parse(&peer, url, NULL, NULL, e) < 0 || strcmp(peer.host, n->host) != 0)
		return err_set(e, ERR_USAGE, "--host: '%.100s' is no host name or IPv4 address", n->host);
	memcpy(how->peer.host, peer.host, sizeof how->peer.host);
	return 0;
}

static int prepare(struct nm_values *n, struct task *t, struct err *e)
{
	struct settings *how = &t->plan.how;
	bool dated = n->v.study_date;

	if (t->count)
		return err_set(e, ERR_USAGE, "unexpected argument '%s': only options are expected", t->rest[0]);
	if (choose_peer(n, how, e) < 0 || override_address(n, how, e) < 0)
		return -1;
	if (!dated)
		n->v.study_date = DEFAULT_DATES;
	how->method = METHOD_GET;
	how->listen_port = 0;
	how->peer.model = MODEL_STUDY;
	how->parallel = 1;
	n->v.cuts_are_usual = true;
	if (n->v.study_timeout < 0)
		how->study_timeout_s = STUDY_TIMEOUT;
	if (!n->v.output && !(n->v.chosen->node && n->v.chosen->node->how.output)) {
		free(how->output);
		how->output = file_absolute(OUTPUT);
	}
	return settings_check(how, true, e) < 0 ? -1 : values_query(&n->v, &t->query, &t->filter, e);
}

/* A notice, no question: cron has nobody to answer. */
static void warn(const struct nm_values *n, const struct settings *how, const struct filter *c, bool dated)
{
	char range[20];

	date_range_format(&c->dates, range);
	if (n->v.quiet)
		return;
	if (!dated)
		fprintf(stderr, "No --study-date given: the last 30 days are asked for (%s)\n", range);
	fprintf(stderr, "WARNING: this asks a production PACS, %s at %s:%d, for the studies of %s%s.  Ctrl-C stops it cleanly.\n",
		how->peer.called, how->peer.host, how->peer.port, range, n->v.dry_run ? " (dry run: nothing is retrieved)" :
		n->v.max_studies < 0 && n->v.max_images < 0 ? " and retrieves them all (--max-studies limits it)" : " and retrieves them");
}

/* Who reads the hint may never have heard of DCMTK. */
static void hint_at_tools(struct err *e)
{
	size_t len = strlen(e->text);

	if (e->kind == ERR_TOOL)
		snprintf(e->text + len, sizeof e->text - len, " (sudo apt-get update; sudo apt-get install dcmtk)");
}

static int take_found(struct task *t, struct studies_found *found, struct err *e)
{
	const struct values *v = t->values;
	struct plan *plan = &t->plan;
	const int whole = found->result.whole ? EXIT_ALL_THERE : EXIT_INCOMPLETE;
	int queries = 0;

	if (!plan->count && v->save_state && state_write(v->save_state, plan, e) < 0)
		return -1;
	if (!plan->count)
		return whole;
	if (job_survey(&t->session, plan, v->dry_run, &queries, e) < 0)
		return -1;
	if (v->dry_run && dryrun_print(t, &t->query, found, queries + found->result.queries, e) < 0)
		return -1;
	if (v->save_state && state_write(v->save_state, plan, e) < 0)
		return -1;
	return v->dry_run ? whole : fetch_run(t, v->save_state, !found->result.whole);
}

static int query_and_get(struct task *t, struct err *e)
{
	const struct values *v = t->values;
	struct studies_found found;

	if (v->save_state && state_lock(v->save_state, e) < 0)
		return -1;
	if (studies_query(&t->session, &t->plan, &t->query, &t->filter, &found, e) < 0)
		return -1;
	if (!v->quiet && !t->plan.count)
		printf("No studies found\n");
	else if (!v->quiet)
		printf("Found %s\n", show_studies(t->plan.count));
	fflush(stdout);
	return take_found(t, &found, e);
}

static int nm(struct task *t, struct err *e)
{
	struct nm_values *n = t->kind->options;
	const bool dated = n->v.study_date;

	if (prepare(n, t, e) < 0)
		return -1;
	if (job_open(&t->session, &t->plan.how, e) < 0) {
		hint_at_tools(e);
		return -1;
	}
	warn(n, &t->plan.how, &t->filter, dated);
	return query_and_get(t, e);
}

int cmd_nm(int argc, char **argv)
{
	struct nm_values n = { .port = -1, .local_port = -1 };

	return task_run(&(struct task_kind){ .about = &command_nm, .work = nm, .options = &n, .values = &n.v, .fetches = true }, argc, argv);
}
