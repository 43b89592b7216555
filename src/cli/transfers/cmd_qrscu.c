/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qrscu: of the studies of some modalities and days, what tells the dose, from one node to another. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/transfers/dryrun.h"
#include "cli/transfers/fetch.h"
#include "cli/transfers/selection.h"
#include "core/ledger/studies.h"
#include "core/node/facts.h"
#include "core/plan/state.h"
#include "core/query/studies.h"
#include "core/retrieve/job.h"
#include "dicom/tag.h"
#include "dicom/value.h"

struct qrscu_values {
	struct values v;
	bool ct, mg, fl, dx, sr, dup, usage;
	char dates[20];
	char *dates_given;		/* what -f and -t come to; NULL = neither was given */
};

#define OURS(member) offsetof(struct qrscu_values, member)
#define SHARED(member) offsetof(struct qrscu_values, v.member)
#define QUERY "Query"

static const struct opt own[] = {
	FLAG(NULL, "ct", OURS(ct), QUERY, "Query for CT studies."),
	FLAG(NULL, "mg", OURS(mg), QUERY, "Query for mammography studies."),
	FLAG(NULL, "fl", OURS(fl), QUERY, "Query for fluoroscopy studies."),
	FLAG(NULL, "dx", OURS(dx), QUERY, "Query for planar X-ray studies."),
	STRING("dfrom", "f", "yyyy-mm-dd", SHARED(from), QUERY, "Date from, format yyyy-mm-dd."),
	STRING("duntil", "t", "yyyy-mm-dd", SHARED(until), QUERY, "Date until, format yyyy-mm-dd."),
	{ "desc_exclude", "e", "string", OPT_TEXT, SHARED(desc_exclude), 0, 0, NULL, QUERY,
	  "Terms to exclude in study description, comma separated, quote whole string." },
	{ "desc_include", "i", "string", OPT_TEXT, SHARED(desc_include), 0, 0, NULL, QUERY,
	  "Terms that must be included in study description, comma separated, quote whole string." },
	FLAG(NULL, "sr", OURS(sr), QUERY, "Query for structured report only studies."),
	FLAG(NULL, "dup", OURS(dup), QUERY, "Retrieve studies that are already here."),
	FLAG("empty-sr", "", SHARED(empty_sr), QUERY,
	       "Without another report also take an SR of which the PACS lists no object, or no SOP class."),
	FLAG("dry-run", "n", SHARED(dry_run), QUERY, "Ask the PACS, show what would be done, fetch nothing."),
	STRING("save-state", "", "FILE", SHARED(save_state), QUERY, "Save the state for \"dicom-qr resume\"."),
	FLAG(NULL, "h", OURS(usage), NULL, NULL),
	OPT_END
};
static const struct opt *const tables[] = { own, options_key, options_retrieve, options_limits, options_tell, options_node, options_general, NULL };

const struct opt_command command_qrscu = {
	.name = "qrscu",
	.synopsis = "[-ct] [-mg] [-fl] [-dx] [-f yyyy-mm-dd] [-t yyyy-mm-dd] [-e string] [-i string] [-sr] [-dup] [options] qrid storeid",
	.summary = "collect dose reports, or the images that tell the dose, from a PACS",
	.description =
		"Queries the node qrid for studies of the modalities asked for, chooses of each what tells the dose, and has it sent to the node "
		"storeid.  Both are numbers (or names) of nodes: see dicom-qr node.  The store node's AE title is the move destination; when it has a "
		"listening port, the files are received here.  Studies that are here already are left out unless -dup is given.\n"
		"\n"
		"A study is taken as the first that applies of MG, DX (DX or CR), FL (XA or RF) and CT.  MG and DX: the series with a Radiation Dose "
		"SR, else the images.  FL: the Radiation Dose SR, else an Enhanced SR, else nothing.  CT: the same, else the series described \"dose "
		"info\", else, where the PACS returns no series descriptions, the series of five objects or fewer, else nothing.  With -sr: studies "
		"that consist of SR only.  The report says for each study what was kept and why.",
	.examples =
		"dicom-qr node add pacs PACS@10.0.0.5:104 --number 2 --aet MY_AET\n"
		"dicom-qr node add here --number 1 --listen 11113 --called-aet MY_AET --output /data/dose\n"
		"qrscu 2 1 -dx -f 2010-04-05 -t 2010-04-05 -e \"imported\"\n"
		"ONEHOURAGO=$(date -d \"1 hour ago\" \"+%Y-%m-%d\")\n"
		"qrscu 2 1 -dx -f $ONEHOURAGO -t $ONEHOURAGO -e \"Imported\" -q",
	.tables = tables,
};

/* The help that people know; the name is the one we were called by. */
static void print_usage(const char *called)
{
	const char *slash = strrchr(called, '/');
	const char *name = slash ? slash + 1 : called;

	printf("usage: %s [-h] [-ct] [-mg] [-fl] [-dx] [-f yyyy-mm-dd] [-t yyyy-mm-dd]\n"
	       "%*s[-e string] [-i string] [-sr] [-dup] qrid storeid\n"
	       "\n"
	       "Query remote server and retrieve to OpenREM\n"
	       "\n"
	       "positional arguments:\n"
	       "  qrid                  Database ID of the remote QR node\n"
	       "  storeid               Database ID of the local store node\n"
	       "\n"
	       "optional arguments:\n"
	       "  -h, --help            show this help message and exit\n"
	       "  -ct                   Query for CT studies\n"
	       "  -mg                   Query for mammography studies\n"
	       "  -fl                   Query for fluoroscopy studies\n"
	       "  -dx                   Query for planar X-ray studies\n"
	       "  -f yyyy-mm-dd, --dfrom yyyy-mm-dd\n"
	       "                        Date from, format yyyy-mm-dd\n"
	       "  -t yyyy-mm-dd, --duntil yyyy-mm-dd\n"
	       "                        Date until, format yyyy-mm-dd\n"
	       "  -e string, --desc_exclude string\n"
	       "                        Terms to exclude in study description, comma separated, quote whole\n"
	       "                        string\n"
	       "  -i string, --desc_include string\n"
	       "                        Terms that must be included in study description, comma separated,\n"
	       "                        quote whole string\n"
	       "  -sr                   Advanced: Query for structured report only studies\n"
	       "  -dup                  Advanced: Retrieve studies that are already in database\n",
	       name, (int)strlen(name) + 8, "");
}

/* -h shows what it always showed, --help all that there is besides. */
static bool answered(struct task *t)
{
	const struct qrscu_values *n = t->kind->options;

	if (n->usage || n->v.help)
		print_usage(t->called);
	if (n->v.help)
		putchar('\n');
	return n->usage;
}

/* ---- what to ask ---- */

static int one_date(const char *text, const char *option, int *ret_date, struct err *e)
{
	struct date_range range;

	if (!text)
		return 0;
	if (date_range_parse(text, &range, e) < 0)
		return err_in(e, "%s", option);
	if (!range.from || range.from != range.until)
		return err_set(e, ERR_USAGE, "%s: one date is expected, as yyyy-mm-dd", option);
	*ret_date = range.from;
	return 0;
}

/* -f and -t as one range; yours, NULL when neither was given. */
static int make_dates(const struct values *v, char **ret_dates, struct err *e)
{
	struct date_range range = { 0, 0 };
	char text[20];

	if (one_date(v->from, "-f", &range.from, e) < 0 || one_date(v->until, "-t", &range.until, e) < 0)
		return -1;
	if (range.from && range.until && range.from > range.until)
		return err_set(e, ERR_USAGE, "-f %s is after -t %s", v->from, v->until);
	date_range_format(&range, text);
	*ret_dates = *text ? mem_str(text) : NULL;
	return 0;
}

static unsigned kinds_of(const struct qrscu_values *n)
{
	return (n->ct ? DOSE_CT : 0) | (n->mg ? DOSE_MG : 0) | (n->fl ? DOSE_FL : 0) | (n->dx ? DOSE_DX : 0) |
	       (n->sr ? DOSE_SR : 0);
}

/* ---- from where to where ---- */

static int find_store(const struct qrscu_values *n, const char *word, const struct node **ret_store, struct err *e)
{
	auto_buf struct buf names = BUF_INIT(1 << 12);
	const struct nodes *config;

	if (values_config(&n->v, &config, e) < 0)
		return -1;
	*ret_store = nodes_find(config, word);
	if (*ret_store)
		return 0;
	nodes_names(config, &names);
	return err_set(e, ERR_USAGE, "there is no store node '%.60s' (known: %.160s): write it down with \"dicom-qr node add NAME "
		       "--number N --called-aet TITLE\" and an address, or --listen PORT to receive here", word, buf_text(&names));
}

/* Where nothing is received the run still needs a place, and its name is how the ledger knows what was sent there. */
static char *foreign_folder(const char *title)
{
	auto_free char *state = ledger_default_path();
	auto_free char *name = layout_safe_hashed(title);
	char *slash = strrchr(state, '/');

	if (slash)
		*slash = '\0';
	return mem_printf("%s/sent-to/%s", state, name);
}

static const char *title_of(const struct node *store)
{
	if (*store->how.destination)
		return store->how.destination;
	if (node_states(store, "calledAE"))
		return store->how.peer.called;
	return node_states(store, "callingAE") ? store->how.peer.calling : "";
}

/* The store node, as far as the command line says nothing else. */
static int settle_store(const struct qrscu_values *n, const struct node *store, struct settings *how, struct err *e)
{
	const struct values *v = &n->v;
	bool here = v->listen || store->how.listen_port;

	if (!v->method && !(here && v->chosen->node && node_states(v->chosen->node, "method")))
		how->method = METHOD_MOVE;
	if (!v->listen) {
		how->listen_port = store->how.listen_port;
		memcpy(how->listen_address, store->how.listen_address, sizeof how->listen_address);
	}
	if (!v->move_dest && (*title_of(store) || !here))
		snprintf(how->destination, sizeof how->destination, "%s", title_of(store));
	if (!*how->destination && !here && how->method != METHOD_GET)
		return err_set(e, ERR_USAGE, "store node '%s' has no AE title: give it one with \"dicom-qr node edit %s --called-aet TITLE\"",
			       store->name, store->name);
	if (store->how.accept_aet.count && !v->accept_aet.count)
		how->accept_aet = store->how.accept_aet;
	if (store->how.accept_from.count && !v->accept_from.count)
		how->accept_from = store->how.accept_from;
	if (!v->layout && !v->hierarchical && node_states(store, "layout")) {
		free(how->layout);
		how->layout = mem_str(store->how.layout);
	}
	if (!v->output && (store->how.output || settings_goes_elsewhere(how))) {
		free(how->output);
		how->output = store->how.output ? mem_str(store->how.output) : foreign_folder(how->destination);
	}
	how->force |= n->dup;
	return 0;
}

static int prepare(struct qrscu_values *n, struct task *t, struct err *e)
{
	struct settings *how = &t->plan.how;
	const struct node *store;
	size_t used;

	if (t->count != 2)
		return err_set(e, ERR_USAGE, t->count < 2 ? "which nodes? Give qrid, the node to query, and storeid, the node to send to"
						       : "two nodes are expected, qrid and storeid");
	if (!kinds_of(n))
		return err_set(e, ERR_USAGE, "which studies? Give at least one of -ct, -mg, -fl, -dx and -sr");
	if (values_peer(&n->v, t->rest, 1, &how->peer, &used, e) < 0)
		return err_in(e, "qrid");
	if (find_store(n, t->rest[1], &store, e) < 0 || values_settings(&n->v, how, e) < 0 ||
	    settle_store(n, store, how, e) < 0)
		return -1;
	return settings_check(how, true, e);
}

/* ---- the queries ---- */

struct asking {
	struct task *task;
	struct qrscu_values *n;
	struct map *seen;
	struct studies_found found;		/* of all queries together */
	int queries;
};

/* What the answer to a query for one modality shows of the PACS. */
enum { HONOURS, IGNORES, CANNOT_TELL };

/* Into the plan, each study once. */
static int take_over(struct asking *a, struct plan *part, const char *modality)
{
	int shown = HONOURS;

	for (size_t i = 0; i < part->count; i++) {
		struct plan_study *in = &part->studies[i];
		const char *modalities = study_get(&in->study, STUDY_MODALITIES);

		if (*modalities && modality && !dose_is_kind(modality, modalities))
			shown = IGNORES;
		else if (!*modalities && shown == HONOURS)
			shown = CANNOT_TELL;
		if (!map_put(a->seen, study_get(&in->study, STUDY_UID), NULL))
			plan_study_done(in);
		else
			*plan_add(&a->task->plan) = *in;
	}
	free(part->studies);
	return shown;
}

/* One query for this modality, NULL = any; the conditions know all that are wanted, so that nothing is asked for twice when the PACS
 * ignores the key. */
static int ask_one(struct asking *a, const char *modality, const char *wanted, struct err *e)
{
	struct plan part = { .how = a->task->plan.how };
	struct filter c = { 0 };
	struct studies_found found;
	int failed, shown;

	a->n->v.modality = modality;
	query_done(&a->task->query);
	failed = values_query(&a->n->v, &a->task->query, &c, e);
	free(c.modality);
	c.modality = mem_str(wanted);
	if (!failed && !a->n->v.study_date && c.dates.from) {	/* the node needs a date: said once, asked always */
		date_range_format(&c.dates, a->n->dates);
		a->n->v.study_date = a->n->dates;
	}
	if (!failed)
		failed = studies_query(&a->task->session, &part, &a->task->query, &c, &found, e);
	filter_done(&c);
	if (failed) {
		part.how = (struct settings){ .output = NULL };
		plan_done(&part);
		return -1;
	}
	studies_found_add(&a->found, &found);
	a->queries += found.result.queries + found.asked;
	shown = take_over(a, &part, modality);
	return found.tally.by[FILTER_MODALITY] + found.tally.by[FILTER_SR_ONLY] ? IGNORES : shown;
}

/* One query for each modality, until one shows that the key does not count: then all is here.  Where that cannot be told, all is asked
 * for once more without it. */
static int ask_all(struct asking *a, const char *wanted, struct err *e)
{
	const struct node *node = a->n->v.chosen->node;
	int shown = node && node->no_modality_filter ? CANNOT_TELL : HONOURS;
	const char *rest = wanted;

	while (rest && shown == HONOURS) {
		size_t len = strcspn(rest, ",");
		auto_free char *modality = mem_strn(rest, len);

		shown = ask_one(a, modality, wanted, e);
		a->n->v.modality = NULL;
		if (shown == CANNOT_TELL && rest == wanted && !rest[len])
			shown = IGNORES;		/* the only one: whatever it did, it is here */
		rest = rest[len] ? rest + len + 1 : NULL;
	}
	if (shown == CANNOT_TELL)
		shown = ask_one(a, NULL, wanted, e);
	return shown < 0 ? -1 : 0;
}

/* ---- what is there already ---- */

/* Studies that were sent there before; files that lie elsewhere cannot be looked at. */
static void skip_sent(struct session *s, struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct plan_study *in = &plan->studies[i];
		int received = 0;
		auto_free char *verdict = NULL;
		enum verdict was;

		if (in->verdict != VERDICT_WANTED)
			continue;
		verdict = ledger_last_verdict(s->ledger, plan->how.output, study_get(&in->study, STUDY_UID), &received);
		if (verdict && verdict_parse(verdict, &was) && verdict_is_good(was) && received > 0 && received >= in->expected)
			plan_skip(in, SKIP_HELD, "sent to %s already: %d objects (-dup sends it again)", plan->how.destination, received);
	}
}

static int leave_out_held(struct session *s, struct plan *plan, const struct qrscu_values *n, int *queries, struct err *e)
{
	bool foreign = settings_goes_elsewhere(&plan->how);
	int asked = 0;

	if (foreign && !n->dup)
		skip_sent(s, plan);
	if (job_survey(s, plan, !foreign && (!n->dup || n->v.dry_run), &asked, e) < 0)
		return -1;
	*queries += asked;
	return 0;
}

/* There is nothing to fetch. */
static int tell_nothing(const struct asking *a, size_t kept)
{
	if (!a->n->v.quiet && kept)
		printf("Nothing to retrieve: what was kept of %s is there already\n", show_studies(kept));
	else if (!a->n->v.quiet)
		printf("Nothing to retrieve\n");
	return a->found.result.whole ? EXIT_ALL_THERE : EXIT_INCOMPLETE;
}

static int finish(struct asking *a, struct err *e)
{
	struct plan_summary before, summary;
	struct session *s = &a->task->session;
	struct plan *plan = &a->task->plan;
	const struct values *v = &a->n->v;

	plan_summarise(plan, &before);
	if (leave_out_held(s, plan, a->n, &a->queries, e) < 0)
		return -1;
	if (v->dry_run && dryrun_print(a->task, &a->task->query, &a->found, a->queries, e) < 0)
		return -1;
	if (v->save_state && state_write(v->save_state, plan, e) < 0)
		return -1;
	if (v->dry_run)
		return a->found.result.whole ? EXIT_ALL_THERE : EXIT_INCOMPLETE;
	plan_summarise(plan, &summary);
	if (!summary.studies[VERDICT_WANTED])
		return tell_nothing(a, before.studies[VERDICT_WANTED]);
	return fetch_run(a->task, v->save_state, !a->found.result.whole);
}

static int work(struct asking *a, struct err *e)
{
	const struct values *v = &a->n->v;
	struct plan *plan = &a->task->plan;
	const struct dose_rules rules = { .dose = true, .kinds = kinds_of(a->n), .empty_sr = v->empty_sr };
	char wanted[40];

	dose_modalities(rules.kinds, wanted);
	if (v->save_state && state_lock(v->save_state, e) < 0)
		return -1;
	if (ask_all(a, wanted, e) < 0)
		return -1;
	if (!v->quiet && !plan->count)
		printf("No studies found\n");
	else if (!v->quiet)
		printf("Found %s\n", show_studies(plan->count));
	if (!plan->count && v->save_state && state_write(v->save_state, plan, e) < 0)
		return -1;
	if (!plan->count)
		return a->found.result.whole ? EXIT_ALL_THERE : EXIT_INCOMPLETE;
	if (selection_by(&a->task->session, plan, &rules, v->quiet, &a->found.result.whole, &a->queries, e) < 0)
		return -1;
	return finish(a, e);
}

static int qrscu(struct task *t, struct err *e)
{
	struct qrscu_values *n = t->kind->options;
	struct asking a = { .task = t, .n = n, .found = { .result = { .whole = true } } };
	int status;

	if (make_dates(&n->v, &n->dates_given, e) < 0 || prepare(n, t, e) < 0 || job_open(&t->session, &t->plan.how, e) < 0)
		return -1;
	n->v.study_date = n->dates_given;
	a.seen = map_new();
	status = work(&a, e);
	map_free(a.seen, NULL);
	return status;
}

int cmd_qrscu(int argc, char **argv)
{
	struct qrscu_values n = { .ct = false };
	const struct task_kind kind = { .about = &command_qrscu, .work = qrscu, .options = &n, .values = &n.v, .answered = answered, .fetches = true };
	int status = task_run(&kind, argc, argv);

	free(n.dates_given);
	return status;
}
