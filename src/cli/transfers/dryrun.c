/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything printed here was found out by asking the PACS and looking at our own disk; nothing is touched.  The commands can be
 * pasted: they show the keys as arguments, and one study each.  A run puts the keys into files, and asks for small studies together. */
#include "cli/transfers/dryrun.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/amounts.h"
#include "core/ledger/attempts.h"
#include "core/transfer/retrieval.h"
#include "dicom/tag.h"
#include "wrappers/findscu.h"
#include "wrappers/retriever.h"

#define SHOWN_COMMANDS 10
#define BATCH_OBJECTS 500

/* The tools as a person would call them: our temporary log configuration does not exist for him. */
static struct dcmtk plain_tools(const struct session *s)
{
	struct dcmtk d = s->dcmtk;

	d.log_config = d.promptack = d.dictionary = NULL;
	return d;
}

static void add_keys(struct command *c, const struct query *q)
{
	command_arg(c, "-k");
	command_argf(c, "0008,0052=%s", level_name(q->level));
	for (size_t i = 0; i < q->keys.count; i++) {
		const struct element *el = &q->keys.elements[i];

		if (el->tag == TAG_QueryRetrieveLevel)
			continue;
		command_arg(c, "-k");
		command_argf(c, "%04x,%04x%s%s", el->tag >> 16, el->tag & 0xffff, el->len ? "=" : "", el->value);
	}
}

/* Its folder may not be there yet. */
static char *pasteable(struct command *c)
{
	auto_buf struct buf folder = BUF_INIT(BUF_MB(1));
	const bool makes = c->dir && strcmp(c->dir, ".") != 0;

	if (makes)
		command_quote(&folder, c->dir);
	return log_clean(mem_printf("%s%s%s%s", makes ? "mkdir -p " : "", buf_text(&folder), makes ? " && " : "", command_text(c)));
}

static char *find_line(const struct session *s, const struct settings *how, const struct query *q)
{
	struct dcmtk tools = plain_tools(s);
	struct command *c = findscu_command(&tools, &how->peer, NULL, 0, ".");
	char *line;

	add_keys(c, q);
	line = pasteable(c);
	command_free(c);
	return line;
}

/* What is moved to ourselves is received by movescu itself. */
static char *retrieve_line(const struct session *s, const struct settings *how, const struct plan_study *in)
{
	struct dcmtk tools = plain_tools(s);
	const struct retriever *tool = how->method == METHOD_MOVE ? &retriever_movescu : &retriever_getscu;
	const struct retrieve_request request = { .peer = &how->peer, .into = how->output,
		.destination = how->destination[0] ? how->destination : how->peer.calling };
	struct command *c = tool->command(&tools, &request);
	struct query q;
	char *line;

	if (how->method == METHOD_MOVE && how->listen_port) {
		command_args(c, "+xa", "-od", how->output, "+P", NULL);
		command_argf(c, "%d", how->listen_port);
	}
	query_init(&q, in->only.count ? LEVEL_IMAGE : in->series_uid ? LEVEL_SERIES : LEVEL_STUDY);
	dataset_text(&q.keys, TAG_StudyInstanceUID, study_get(&in->study, STUDY_UID));
	if (in->series_uid || in->only.count)
		dataset_text(&q.keys, TAG_SeriesInstanceUID, in->series_uid ? in->series_uid : in->only.items[0].series);
	if (in->only.count) {
		auto_buf struct buf list = BUF_INIT(BUF_MB(1));

		for (size_t i = 0; i < in->only.count && !strcmp(in->only.items[i].series, in->only.items[0].series); i++)
			buf_printf(&list, "%s%s", i ? "\\" : "", in->only.items[i].sop);
		dataset_text(&q.keys, TAG_SOPInstanceUID, buf_text(&list));
	}
	add_keys(c, &q);
	query_done(&q);
	line = pasteable(c);
	command_free(c);
	return line;
}

/* ---- studies ---- */

static char *shown(const struct plan_study *in, enum study_field field)
{
	const char *value = study_get(&in->study, field);
	char *text = log_clean(mem_str(*value ? value : "-"));

	for (char *c = text; field == STUDY_MODALITIES && *c; c++)
		if (*c == '\\')
			*c = '/';
	return text;
}

/* "[3] 20240105 CT  CT CHEST  ID 12345  accession 678  120 objects  1.2.840..." */
static void study_line(const struct plan_study *in, size_t at)
{
	auto_free char *date = shown(in, STUDY_DATE), *modalities = shown(in, STUDY_MODALITIES), *id = shown(in, STUDY_PATIENT_ID);
	auto_free char *description = shown(in, STUDY_DESCRIPTION), *uid = shown(in, STUDY_UID), *number = shown(in, STUDY_ACCESSION);

	printf("  [%zu] %s %s  %s  ID %s  accession %s  %s", at, date, modalities, description, id, number,
	       in->expected < 0 ? "? objects" : show_objects(in->expected));
	if (in->held > 0)
		printf(" (%s already here)", show_count(in->held));
	if (in->only.count)
		printf(" (a part of the study)");
	printf("  %s\n", uid);
}

static void print_count(const char *what, size_t count)
{
	printf("%s: %s\n", what, show_studies(count));
}

static void print_studies(const struct plan *plan)
{
	struct plan_summary summary;

	plan_summarise(plan, &summary);
	print_count("Would be fetched", summary.studies[VERDICT_WANTED]);
	for (size_t i = 0; i < plan->count; i++)
		if (plan->studies[i].verdict == VERDICT_WANTED)
			study_line(&plan->studies[i], i + 1);
	if (summary.studies[VERDICT_WANTED] == plan->count)
		return;
	print_count("Left out", plan->count - summary.studies[VERDICT_WANTED]);
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_study *in = &plan->studies[i];

		if (in->verdict != VERDICT_WANTED)
			printf("  [%zu] %s  %s: %s\n", i + 1, study_get(&in->study, STUDY_UID), verdict_name(in->verdict),
			       in->why ? in->why : "");
	}
}

/* ---- cost ---- */

struct cost {
	long long objects, requests;
	bool known;			/* objects */
	double bytes, seconds;
	bool estimated;
};

static void add_cost(struct session *s, const struct plan *plan, const struct plan_study *in, struct cost *c, long long *in_batch)
{
	double bytes, rate;
	char node[300];
	int objects = in->expected < 0 ? -1 : in->expected - in->held;

	peer_key(&plan->how.peer, node);
	if (objects < 0)
		c->known = false;
	else
		c->objects += objects;
	/* Small studies share a request, as in the run. */
	if (in->expected < 0 || in->expected > 100 || in->only.count || in->held || *in_batch + in->expected > BATCH_OBJECTS) {
		c->requests++;
		*in_batch = in->expected >= 0 && in->expected <= 100 ? in->expected : BATCH_OBJECTS;
	} else {
		c->requests += *in_batch == 0;
		*in_batch += in->expected;
	}
	if (objects > 0 && ledger_estimate(s->ledger, node, study_get(&in->study, STUDY_MODALITIES), &bytes, &rate) && rate > 0) {
		c->bytes += bytes * objects;
		c->seconds += objects / rate;
		c->estimated = true;
	}
}

static void add_costs(struct session *s, const struct plan *plan, struct cost *c)
{
	long long in_batch = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->studies[i].verdict == VERDICT_WANTED)
			add_cost(s, plan, &plan->studies[i], c, &in_batch);
}

static void print_cost(const struct cost *c, int queries_sent)
{
	printf("Objects: %s%s", c->known ? "" : "at least ", show_count(c->objects));
	if (c->estimated)
		printf(", about %s in %s at the speed of earlier runs", show_bytes((long long)c->bytes),
		       show_duration((long long)(c->seconds * 1000)));
	printf("\nRequests to the PACS: %s sent now. A real run sends %s, and queries to verify them.\n",
	       show_number(queries_sent, "query was", "queries were"), show_number(c->requests, "retrieval request", "retrieval requests"));
}

static void print_place(const struct settings *how, struct err *e)
{
	uint64_t free_bytes = 0;

	if (settings_goes_elsewhere(how)) {
		printf("Files go to: %s, by the PACS; nothing is received here (--listen PORT receives it here)\n", how->destination);
		return;
	}
	printf("Files go to: %s, layout %s", how->output, how->layout);
	if (file_free_bytes(how->output, &free_bytes, e) == 0)
		printf("; %s free", show_bytes((long long)free_bytes));
	printf("\n");
	if (how->listen_port)
		printf("Received as: AE title %s, port %d of this host\n", how->destination, how->listen_port);
}

/* Until when a run may ask. */
static void print_window(struct session *s, const struct settings *how)
{
	char when[HOURS_WHEN_MAX];

	if (!how->window)
		return;
	if (s->closes)
		hours_when(s->closes, clock_wall(), when);
	printf("Window: %s, %s%s\n", how->window, s->closes ? "open until " : "always open", s->closes ? when : "");
}

static void print_commands(const struct session *s, const struct plan *plan, const struct query *q)
{
	auto_free char *find = q ? find_line(s, &plan->how, q) : NULL;
	size_t shown = 0, more = 0;

	printf("Commands that do the same, one study each:\n");
	if (find)
		printf("  %s\n", find);
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->studies[i].verdict != VERDICT_WANTED)
			continue;
		if (shown++ < SHOWN_COMMANDS) {
			auto_free char *line = retrieve_line(s, &plan->how, &plan->studies[i]);

			printf("  %s\n", line);
		} else {
			more++;
		}
	}
	if (more)
		printf("  ... and %s more of the same form\n", show_count((long long)more));
}

static void print_conditions(const struct filter_tally *t)
{
	auto_buf struct buf words = BUF_INIT(2000);

	filter_tally_words(t, &words);
	printf("Filters are checked again on our side: %s removed%s%s%s\n", show_studies((size_t)t->left_out), words.len ? " (" : "", buf_text(&words),
	       words.len ? ")" : "");
}

/* ---- for machines ---- */

static struct json *study_json(const struct session *s, const struct settings *how, const struct plan_study *in)
{
	static const struct { const char *name; enum study_field field; } members[] = {
		{ "studyInstanceUID", STUDY_UID }, { "studyDate", STUDY_DATE }, { "modality", STUDY_MODALITIES },
		{ "studyDescription", STUDY_DESCRIPTION }, { "patientID", STUDY_PATIENT_ID }, { "accessionNumber", STUDY_ACCESSION },
	};
	const bool wanted = in->verdict == VERDICT_WANTED;
	auto_free char *command = wanted ? retrieve_line(s, how, in) : NULL;
	struct json *study = json_new(JSON_OBJECT);

	for (size_t i = 0; i < countof(members); i++)
		json_set(study, members[i].name, json_string(study_get(&in->study, members[i].field)));
	json_set(study, "status", json_string(verdict_name(in->verdict)));
	json_set(study, "reason", json_string(in->why));
	json_set(study, "expected", in->expected < 0 ? json_new(JSON_NULL) : json_integer(in->expected));
	json_set(study, "held", json_integer(in->held));
	json_set(study, "command", json_string(command));
	return study;
}

static void print_json(const struct task *t, const struct query *q, const struct studies_found *found, int queries_sent, struct cost *c)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(256));
	auto_free char *find = q ? find_line(&t->session, &t->plan.how, q) : NULL;
	struct json *all = json_new(JSON_OBJECT), *studies = json_new(JSON_ARRAY);
	char node[300];

	peer_key(&t->plan.how.peer, node);
	for (size_t i = 0; i < t->plan.count; i++)
		json_add(studies, study_json(&t->session, &t->plan.how, &t->plan.studies[i]));
	json_set(all, "format", json_integer(1));
	json_set(all, "pacs", json_string(node));
	json_set(all, "method", json_string(method_name(t->plan.how.method)));
	json_set(all, "outputPath", json_string(t->plan.how.output));
	json_set(all, "studies", studies);
	json_set(all, "objects", c->known ? json_integer(c->objects) : json_new(JSON_NULL));
	json_set(all, "queriesSent", json_integer(queries_sent));
	json_set(all, "requests", json_integer(c->requests));
	json_set(all, "filteredHere", json_integer(found ? found->tally.left_out : 0));
	json_set(all, "command", json_string(find));
	json_write(&text, all, true);
	printf("%s\n", buf_text(&text));
	json_free(all);
}

/* ---- all of it ---- */

static void print_text(struct task *t, const struct query *q, const struct studies_found *found, int queries_sent, const struct cost *cost,
		       struct err *e)
{
	const struct settings *how = &t->plan.how;
	char node[300];

	peer_key(&how->peer, node);
	printf("Dry run: the PACS is queried, nothing is retrieved\n");
	print_studies(&t->plan);
	if (t->values->verbose || t->values->debug)
		print_commands(&t->session, &t->plan, q);
	printf("PACS: %s, asked as %s, %s root, %s\n", node, how->peer.calling, model_name(how->peer.model), method_name(how->method));
	print_window(&t->session, how);
	print_place(how, e);
	print_cost(cost, queries_sent);
	if (found)
		print_conditions(&found->tally);
}

int dryrun_print(struct task *t, const struct query *q, const struct studies_found *found, int queries_sent, struct err *e)
{
	struct cost cost = { .known = true };

	add_costs(&t->session, &t->plan, &cost);
	if (task_wants_json(t->values))
		print_json(t, q, found, queries_sent, &cost);
	else
		print_text(t, q, found, queries_sent, &cost, e);
	return 0;
}
