/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pacs-nm-retriever: all studies of a few days, by C-GET, one after the other, into one folder with the names that DCMTK gives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/dryrun.h"
#include "cli/exit.h"
#include "cli/work.h"
#include "core/plan/state.h"
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
	{ "host", "", "HOST", OPT_STRING, OURS(host), 0, 0, NULL, "PACS", "PACS hostname (default: that of the node)." },
	{ "port", "", "PORT", OPT_INTEGER, OURS(port), 1, 65535, NULL, "PACS", "PACS port (default: that of the node, else 11112)." },
	{ "aet", "", "TITLE", OPT_STRING, SHARED(called_aet), 0, 0, NULL, "PACS", "PACS AE title (default: that of the node)." },
	{ "local-aet", "", "TITLE", OPT_STRING, SHARED(aet), 0, 0, NULL, "PACS", "Our own AE title (default: that of the node)." },
	{ "local-port", "", "PORT", OPT_INTEGER, OURS(local_port), 1, 65535, NULL, "PACS",
	  "Our own port (default: 11112); not used, since C-GET brings the files over the connection that asks for them." },
	{ "timeout", "", "SECONDS", OPT_SECONDS, SHARED(timeout), 1, DAY, NULL, "PACS", "Connection timeout (default: 60)." },
	{ "study-date", "", "DATE", OPT_STRING, SHARED(study_date), 0, 0, NULL, "Retrieval",
	  "Date or range: YYYYMMDD or YYYYMMDD-YYYYMMDD (default: the last 30 days)." },
	{ "max-studies", "", "N", OPT_INTEGER, SHARED(max_studies), 1, 100000000, NULL, "Retrieval", "At most so many studies." },
	{ "max-images", "", "N", OPT_INTEGER, SHARED(max_images), 1, 1000000000, NULL, "Retrieval", "At most so many images." },
	{ "output", "o", "DIR", OPT_STRING, SHARED(output), 0, 0, NULL, "Retrieval", "Output directory (default: ./nm_images)." },
	{ "dry-run", "n", NULL, OPT_FLAG, SHARED(dry_run), 0, 0, NULL, "Retrieval", "Query only; show what would be retrieved." },
	{ "study-timeout", "", "SECONDS", OPT_SECONDS, SHARED(study_timeout), 0, 30 * DAY, NULL, "Retrieval",
	  "Hard limit for one study; 0 = no limit (default: 300)." },
	{ "retries", "", "N", OPT_INTEGER, SHARED(retries), 0, 100, NULL, "Retrieval", "Further tries of what failed for now (default: 3)." },
	{ "retry-wait", "", "SECONDS", OPT_SECONDS, SHARED(retry_wait), 0, DAY, NULL, "Retrieval",
	  "Pause before the first further try; it grows (default: 5)." },
	{ "force", "", NULL, OPT_FLAG, SHARED(force), 0, 0, NULL, "Retrieval", "Ask again for objects that are here already." },
	{ "save-state", "", "FILE", OPT_STRING, SHARED(save_state), 0, 0, NULL, "Retrieval", "Save the state for \"dicom-qr resume\"." },
	{ NULL, "", NULL, OPT_FLAG, 0, 0, 0, NULL, NULL, NULL }
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
	if (node && !*node->peer.host)
		node = NULL;
	if ((!n->host && !node) || (!n->v.called_aet && !(node && node->called_stated)) || (!n->v.aet && !(node && node->calling_stated)))
		return ask_for_missing(!n->host && !node, !n->v.called_aet && !(node && node->called_stated),
				       !n->v.aet && !(node && node->calling_stated), e);
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

static int prepare(struct nm_values *n, size_t count, const char *const *rest, struct plan *plan, struct query *q, struct filter *c,
		   struct err *e)
{
	struct settings *how = &plan->how;
	bool dated = n->v.study_date;

	if (count)
		return err_set(e, ERR_USAGE, "what is '%s'? Only options are expected", rest[0]);
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
	if (!n->v.output && !(n->v.chosen->node && n->v.chosen->node->output)) {
		free(how->output);
		how->output = file_absolute(OUTPUT);
	}
	return settings_check(how, true, e) < 0 ? -1 : values_query(&n->v, q, c, e);
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

static int work(struct session *s, struct plan *plan, const struct nm_values *n, const struct query *q, const struct filter *c,
		struct err *e)
{
	struct work_found found;
	int queries = 0;

	if (n->v.save_state && state_lock(n->v.save_state, e) < 0)
		return -1;
	if (work_query(s, plan, q, c, &found, e) < 0)
		return -1;
	if (!n->v.quiet && !plan->count)
		printf("No studies found\n");
	else if (!n->v.quiet)
		printf("Found %zu stud%s\n", plan->count, plan->count == 1 ? "y" : "ies");
	fflush(stdout);
	if (!plan->count)
		return found.result.whole ? EXIT_ALL_THERE : EXIT_INCOMPLETE;
	if (work_survey(s, plan, n->v.dry_run, &queries, e) < 0)
		return -1;
	if (n->v.dry_run && dryrun_print(s, plan, q, &found, queries + found.result.queries, e) < 0)
		return -1;
	if (n->v.save_state && state_write(n->v.save_state, plan, e) < 0)
		return -1;
	if (n->v.dry_run)
		return found.result.whole ? EXIT_ALL_THERE : EXIT_INCOMPLETE;
	return work_run(s, plan, &n->v, n->v.save_state, !found.result.whole);
}

/* Who reads the hint may never have heard of DCMTK. */
static void hint_at_tools(struct err *e)
{
	size_t len = strlen(e->text);

	if (e->kind == ERR_TOOL && strstr(e->text, "was not found"))
		snprintf(e->text + len, sizeof e->text - len, " (sudo apt-get update; sudo apt-get install dcmtk)");
}

int cmd_nm(int argc, char **argv)
{
	struct nm_values n = { .port = -1, .local_port = -1 };
	struct plan plan;
	struct query q;
	struct filter c = { 0 };
	struct session s = { 0 };
	struct err e = { ERR_NONE, "" };
	const char **rest = NULL;
	size_t count = 0;
	int status = -1;

	values_init(&n.v);
	plan_init(&plan);
	query_init(&q, LEVEL_STUDY);
	if (opt_parse(&command_nm, argc, argv, &n, &rest, &count, &e) == 0) {
		bool dated = n.v.study_date;

		if (commands_answered(&command_nm, &n.v)) {
			status = EXIT_ALL_THERE;
		} else if (work_begin(&n.v, &e) == 0 && prepare(&n, count, rest, &plan, &q, &c, &e) == 0 &&
			   work_open(&s, &plan.how, &e) == 0) {
			warn(&n, &plan.how, &c, dated);
			status = work(&s, &plan, &n, &q, &c, &e);
		}
	}
	if (status < 0)
		hint_at_tools(&e);
	status = work_end(&s, &command_nm, &n.v, &plan, status, &e);
	filter_done(&c);
	query_done(&q);
	plan_done(&plan);
	values_done(&n.v);
	free(rest);
	return status;
}
