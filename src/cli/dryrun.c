/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything printed here was found out by asking the PACS and looking at our own disk; nothing is touched.  The commands show
 * the keys as arguments, so that they can be pasted; a run puts the same keys into files. */
#include "cli/dryrun.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/progress.h"
#include "core/ledger/attempts.h"
#include "core/retrieve/retrieval.h"
#include "dicom/tag.h"
#include "wrappers/findscu.h"
#include "wrappers/retriever.h"

#define SHOWN_COMMANDS 10
#define BATCH_OBJECTS 500

/* The tools as a person would call them: our temporary log configuration does not exist for him. */
static struct dcmtk plain_tools(const struct session *s)
{
	struct dcmtk d = s->dcmtk;

	d.log_config = NULL;
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

static void show(struct command *c)
{
	auto_free char *text = mem_str(command_text(c));

	printf("  %s\n", log_clean(text));
	command_free(c);
}

static void show_find(const struct session *s, const struct settings *how, const struct query *q)
{
	struct dcmtk tools = plain_tools(s);
	struct command *c = findscu_command(&tools, &how->peer, NULL, 0, ".");

	add_keys(c, q);
	show(c);
}

static void show_retrieve(const struct session *s, const struct settings *how, const struct plan_study *in)
{
	struct dcmtk tools = plain_tools(s);
	const struct retriever *tool = how->method == METHOD_MOVE ? &retriever_movescu : &retriever_getscu;
	const struct retrieve_request request = { .peer = &how->peer, .into = how->output,
		.destination = how->destination[0] ? how->destination : how->peer.calling };
	struct command *c = tool->command(&tools, &request);
	struct query q;

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
	show(c);
}

/* ---- studies ---- */

static const char *number(int n, char room[24])
{
	if (n < 0)
		return "?";
	snprintf(room, 24, "%d", n);
	return room;
}

static char *shown(const struct plan_study *in, enum study_field field)
{
	const char *value = study_get(&in->study, field);
	char *text = log_clean(mem_str(*value ? value : "-"));

	for (char *c = text; field == STUDY_MODALITIES && *c; c++)
		if (*c == '\\')
			*c = '/';
	return text;
}

/* As the run will tell it: "[3] 20240105 CT  CT CHEST  120 objects  1.2.840..." */
static void study_line(const struct plan_study *in, size_t at)
{
	auto_free char *date = shown(in, STUDY_DATE), *modalities = shown(in, STUDY_MODALITIES);
	auto_free char *description = shown(in, STUDY_DESCRIPTION), *uid = shown(in, STUDY_UID);
	char expected[24], held[24];

	printf("  [%zu] %s %s  %s  %s object%s", at, date, modalities, description, number(in->expected, expected),
	       in->expected == 1 ? "" : "s");
	if (in->held > 0)
		printf(" (%s here already)", number(in->held, held));
	if (in->only.count)
		printf(" (a part of the study)");
	printf("  %s\n", uid);
}

static void print_count(const char *what, size_t count)
{
	printf("%s: %zu stud%s\n", what, count, count == 1 ? "y" : "ies");
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

static void print_cost(struct session *s, const struct plan *plan, int queries_sent)
{
	struct cost c = { .known = true };
	long long in_batch = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->studies[i].verdict == VERDICT_WANTED)
			add_cost(s, plan, &plan->studies[i], &c, &in_batch);
	printf("Objects: %s%lld", c.known ? "" : "at least ", c.objects);
	if (c.estimated)
		printf(", about %s in %s as this PACS went before", show_bytes((long long)c.bytes), show_duration((long long)(c.seconds * 1000)));
	printf("\nRequests to the PACS: %d %s sent now; a run sends %lld %s, and the queries that prove them\n", queries_sent,
	       queries_sent == 1 ? "query" : "queries", c.requests, c.requests == 1 ? "retrieval" : "retrievals");
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
	size_t shown = 0, more = 0;

	printf("Commands (the keys are put into files when they run, out of sight of ps):\n");
	if (q)
		show_find(s, &plan->how, q);
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->studies[i].verdict != VERDICT_WANTED)
			continue;
		if (shown++ < SHOWN_COMMANDS)
			show_retrieve(s, &plan->how, &plan->studies[i]);
		else
			more++;
	}
	if (more)
		printf("  ... and %zu more of the same form\n", more);
}

static void print_conditions(const struct filter_tally *t)
{
	auto_buf struct buf words = BUF_INIT(2000);

	filter_tally_words(t, &words);
	printf("Filters are checked again on our side: %d studies removed%s%s%s\n", t->left_out, words.len ? " (" : "", buf_text(&words),
	       words.len ? ")" : "");
}

int dryrun_print(struct session *s, const struct plan *plan, const struct query *q, const struct studies_found *found,
		 int queries_sent, struct err *e)
{
	char node[300];

	peer_key(&plan->how.peer, node);
	printf("Dry run: the PACS is asked, nothing is fetched or written\n");
	printf("PACS: %s, asked as %s, %s root, %s\n", node, plan->how.peer.calling, model_name(plan->how.peer.model),
	       method_name(plan->how.method));
	print_studies(plan);
	print_window(s, &plan->how);
	print_place(&plan->how, e);
	print_cost(s, plan, queries_sent);
	if (found)
		print_conditions(&found->tally);
	print_commands(s, plan, q);
	return 0;
}
