/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr doctor: what is wrong here, and between here and a PACS? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/task.h"
#include "core/check/doctor.h"
#include "parse/json.h"

#define AT(member) offsetof(struct values, member)

static const struct opt options_doctor[] = {
	STRING("listen", "", "[ADDRESS:]PORT", AT(listen), "Doctor",
	       "The port that you receive on, to be looked at (default: that of the node)."),
	STRING("move-dest", "", "TITLE", AT(move_dest), "Doctor", "The move destination (default: our AE title)."),
	STRING("output", "o", "DIR", AT(output), "Doctor", "The folder that files go to, to be looked at (default: current directory)."),
	CHOICE("format", "", "FORMAT", AT(format), "table|json", "Output", "table or json (default: table)."),
	OPT_END
};
static const struct opt *const tables[] = { options_doctor, options_node, options_general, NULL };

const struct opt_command command_doctor = {
	.name = "dicom-qr doctor",
	.synopsis = "[NODE] [options]",
	.summary = "look at this installation, and at the way to a PACS",
	.description =
		"Looks at the DCMTK tools, the preload that makes them fast, Landlock, the ledger and the folders, the disk, our addresses and the port "
		"to receive on; with NODE (or a default node) also asks the PACS by C-ECHO, says what its administrator must register, and what to look "
		"at when a C-MOVE brings nothing, the likeliest first.  Changes nothing.\n"
		"\n"
		"The exit status is 0 when nothing is bad; else that of the first bad line: 2 for tools and configuration, 5 and 6 for a PACS that "
		"cannot be reached or refuses, 7 for disk, port and permissions.",
	.examples = "dicom-qr doctor\ndicom-qr doctor pacs --listen 11113 --output /data/studies",
	.tables = tables,
};

struct showing {
	const struct values *v;
	struct json *all;		/* NULL = lines */
	struct err first;		/* the first that is bad */
};

static void show(void *owner, const struct doctor_line *line)
{
	static const char *const words[] = { "ok", "note", "BAD" };
	struct showing *s = owner;

	if (line->finding == FINDING_BAD && !s->first.kind)
		err_set(&s->first, line->kind ? line->kind : ERR_SYSTEM, "%.400s", line->text);
	if (s->all) {
		struct json *one = json_new(JSON_OBJECT);

		json_set(one, "finding", json_string(words[line->finding]));
		json_set(one, "what", json_string(line->what));
		json_set(one, "text", json_string(line->text));
		json_add(s->all, one);
	} else if (!s->v->quiet || line->finding == FINDING_BAD) {
		auto_free char *text = log_clean(mem_str(line->text));

		printf("%-4s  %-8s  %s\n", words[line->finding], line->what, text);
		fflush(stdout);
	}
}

/* Without NODE the default node, if there is one. */
static int prepare(const struct values *v, const char *const *rest, size_t count, struct settings *how, struct err *e)
{
	size_t used = 0;
	struct err none = { ERR_NONE, "" };

	peer_init(&how->peer);
	if (values_peer(v, rest, count, &how->peer, &used, count ? e : &none) < 0) {
		if (!count && none.kind != ERR_USAGE)	/* other than that there is no default node */
			*e = none;
		if (count || v->chosen->node || e->kind)
			return -1;
		peer_init(&how->peer);
		how->peer.host[0] = '\0';
	}
	if (used < count)
		return err_set(e, ERR_USAGE, "unexpected argument '%s': one NODE and options are expected", rest[used]);
	return values_settings(v, how, e);
}

static void show_unknown(const struct node *node, struct showing *show_to)
{
	struct doctor_line line = { .finding = FINDING_NOTE, .what = "nodes" };
	const char *name;
	size_t at = 0;

	while (node && (name = node_unknown(node, &at))) {
		snprintf(line.text, sizeof line.text, "node '%s': unknown member '%s' (ignored)", node->name, name);
		show(show_to, &line);
	}
}

static void examine(struct session *s, const struct settings *how, struct showing *show_to)
{
	struct doctor d = { .session = s, .how = how, .line = show, .owner = show_to };

	doctor_look(&d);
	show_unknown(show_to->v->chosen->node, show_to);
	session_timeouts(s, show_to->v->timeout > 0 ? show_to->v->timeout : 20, 20);
	if (*how->peer.host)
		doctor_ask(&d);
	doctor_advise(&d);
}

static void print_all(const struct json *all)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(1));

	json_write(&text, all, true);
	printf("%s\n", buf_text(&text));
}

static int doctor(struct task *t, struct err *e)
{
	struct showing showing = { .v = t->values };

	if (prepare(t->values, t->rest, t->count, &t->plan.how, e) < 0)
		return -1;
	showing.all = task_wants_json(t->values) ? json_new(JSON_ARRAY) : NULL;
	examine(&t->session, &t->plan.how, &showing);
	if (showing.all)
		print_all(showing.all);
	json_free(showing.all);
	return exit_of_error(&showing.first, t->session.signal);
}

int cmd_doctor(int argc, char **argv)
{
	return task_run_plain(&command_doctor, argc, argv, doctor);
}
