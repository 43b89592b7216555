/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr probe: what can this PACS do? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/task.h"
#include "core/check/probe.h"
#include "dicom/value.h"
#include "parse/json.h"

#define AT(member) offsetof(struct values, member)

static const struct opt options_probe[] = {
	STRING("with-retrieve", "", "UID", AT(with_retrieve), "Probe",
	       "Also fetch this study by C-GET, look at its objects and throw them away (default: nothing is retrieved)."),
	FLAG("associations", "", AT(associations), "Probe",
	       "Also find out how many associations are allowed at once, by opening 16 for a moment."),
	CHOICE("format", "", "FORMAT", AT(format), "table|json", "Output", "table or json (default: table)."),
	OPT_END
};
static const struct opt *const tables[] = { options_probe, options_node, options_general, NULL };

const struct opt_command command_probe = {
	.name = "dicom-qr probe",
	.synopsis = "NODE [options]",
	.summary = "find out what a PACS can do, gently",
	.description =
		"Asks the PACS a handful of small questions, one after the other, about a study that it names itself: which levels and models it "
		"answers, whether it needs a date, filters by modality, knows wildcards, cuts its answers, counts objects, lists them, and offers "
		"C-GET and C-MOVE (these with a study that does not exist).  Nothing is retrieved unless --with-retrieve names a study.\n"
		"\n"
		"Each line has its evidence.  What is found is kept in the ledger and used by queries and retrievals; what is stated in nodes.json "
		"goes before it.  \"dicom-qr node show\" shows both.",
	.examples =
		"dicom-qr probe pacs\n"
		"dicom-qr probe PACS@10.0.0.5:104 --aet MY_AET --associations\n"
		"dicom-qr probe pacs --with-retrieve 1.2.840.113619.2.55 --format json",
	.tables = tables,
};

static void show(void *owner, const struct probe_line *line)
{
	const struct values *v = owner;

	if (v->format && !strcmp(v->format, "json"))
		return;
	printf("%-16s %-14s %s\n", line->what, line->value[0] ? line->value : "?", line->evidence);
	fflush(stdout);
}

static void print_json(const struct probe *probe)
{
	struct json *all = json_new(JSON_ARRAY);
	auto_buf struct buf text = BUF_INIT(BUF_MB(1));

	for (size_t i = 0; i < probe->count; i++) {
		struct json *one = json_new(JSON_OBJECT);

		json_set(one, "what", json_string(probe->lines[i].what));
		json_set(one, "value", json_string(probe->lines[i].value[0] ? probe->lines[i].value : NULL));
		json_set(one, "evidence", json_string(probe->lines[i].evidence));
		json_add(all, one);
	}
	json_write(&text, all, true);
	printf("%s\n", buf_text(&text));
	json_free(all);
}

static void announce(const struct values *v, const struct peer *peer)
{
	if (v->quiet)
		return;
	fprintf(stderr, "Asking %s at %s:%d at most %d small questions%s; %s\n", peer->called, peer->host, peer->port,
		PROBE_REQUESTS + (v->associations ? PROBE_ASSOCIATIONS : 0), v->associations ? ", 16 associations at once" : "",
		v->with_retrieve ? "one study is fetched and thrown away" : "nothing is retrieved");
}

static int probe(struct task *t, struct err *e)
{
	static const char *const tools[] = { "echoscu", "getscu", "movescu", "dcmdump", NULL };
	struct values *v = t->values;
	struct session *s = &t->session;
	const struct probe_options options = { v->with_retrieve, v->associations };
	struct peer peer;
	struct probe result;

	if (task_peer(t, &peer, e) < 0 || (v->with_retrieve && uid_check(v->with_retrieve, "--with-retrieve", e) < 0) ||
	    session_open(s, e) < 0 || session_need_tools(s, tools, e) < 0 || session_open_ledger(s, e) < 0)
		return -1;
	session_timeouts(s, v->timeout > 0 ? v->timeout : 60, 120);
	announce(v, &peer);
	if (probe_run(s, &peer, &options, show, v, &result, e))
		return -1;
	if (task_wants_json(v))
		print_json(&result);
	if (!v->quiet)
		fprintf(stderr, "%d request%s sent\n", result.requests, result.requests == 1 ? " was" : "s were");
	return EXIT_ALL_THERE;
}

int cmd_probe(int argc, char **argv)
{
	return task_run_plain(&command_probe, argc, argv, probe);
}
