/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr organise: a layout applied to a tree that is there already. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/records/sheet.h"
#include "cli/task.h"
#include "core/archive/organise.h"

static const struct opt *const tables[] = { options_organise, options_shape, options_general, NULL };

const struct opt_command command_organise = {
	.name = "dicom-qr organise",
	.synopsis = "DIR (--layout TEMPLATE | --hierarchical) [options]\n[DIR] --undo FILE [options]",
	.summary = "apply a layout to a folder of DICOM files, by moving or linking them",
	.description =
		"Reads every file under DIR, whatever tool made the tree, and gives it the path that the layout makes of its attributes.  Files "
		"that are no DICOM objects stay where they are, and so does a second copy of the same object.  Where the layout gives two objects "
		"one name, the second gets \"-2\", and so on; the same UID with other content is told of, and both are kept.  Nothing is replaced "
		"or removed, apart from folders that became empty.\n"
		"\n"
		"Before the first file is moved an undo list is written (DIR/.dicom-qr/organise-TIME.jsonl, or in --output), which --undo takes "
		"back: a list that is yours, that others cannot write to, and that lies there or is of the DIR given.  Manifest and ledger follow the files.  --dry-run shows what would be moved.  Exit status 3 when files were left "
		"because they cannot be read, or a name was taken meanwhile.",
	.examples =
		"dicom-qr organise /data/inbox --hierarchical --dry-run\n"
		"dicom-qr organise /data/inbox --layout '{PatientID}/{StudyDate}-{Modality}/{SeriesNumber:04}/{InstanceNumber:05}.dcm'\n"
		"dicom-qr organise /data/inbox --link --output /data/by-date --layout '{StudyDate}/{SOPInstanceUID}.dcm'\n"
		"dicom-qr organise --undo /data/inbox/.dicom-qr/organise-2024-04-01T03-00-00.jsonl",
	.tables = tables,
};

struct showing {
	struct json *moves, *findings;
	bool keep_moves;		/* to be shown */
};

static void move(void *owner, const char *from, const char *to)
{
	struct showing *s = owner;
	struct json *row;

	if (!s->keep_moves)
		return;
	row = json_new(JSON_OBJECT);
	json_set(row, "from", json_string(from));
	json_set(row, "to", *to ? json_string(to) : NULL);
	json_add(s->moves, row);
}

static void found(void *owner, enum organise_finding kind, const char *path, const char *words)
{
	static const char *const before[ORGANISE_FINDINGS] = {
		[ORGANISE_LEFT] = "",
		[ORGANISE_DUPLICATE] = "the same object as ",
		[ORGANISE_CONFLICT] = "its UID is there with other content; it is named ",
		[ORGANISE_BLOCKED] = "",
	};
	struct json *row = json_new(JSON_OBJECT);
	auto_free char *what = mem_printf("%s%s", before[kind], words);

	json_set(row, "finding", json_string(organise_finding_name(kind)));
	json_set(row, "path", json_string(path));
	json_set(row, "what", json_string(what));
	json_add(((struct showing *)owner)->findings, row);
}

static const struct organise_hooks hooks = { move, found };

static void show_json(const struct values *v, const struct showing *s, const struct organise_sum *sum)
{
	struct json *all = json_new(JSON_OBJECT);

	json_set(all, "files", json_integer(sum->files));
	json_set(all, "moved", json_integer(sum->moved));
	json_set(all, "dryRun", json_bool(v->dry_run));
	json_set(all, "inPlace", json_integer(sum->in_place));
	json_set(all, "notDICOM", json_integer(sum->foreign));
	for (size_t i = 0; i < ORGANISE_FINDINGS; i++)
		json_set(all, organise_finding_name((enum organise_finding)i), json_integer(sum->findings[i]));
	json_set(all, "undo", json_string(sum->undo));
	json_set(all, "moves", s->moves);
	json_set(all, "findings", s->findings);
	sheet_json(stdout, all);
	json_free(all);
}

static void show_text(const struct values *v, const struct showing *s, const struct organise_sum *sum)
{
	static const struct sheet_column moves[] = {
		{ "from", "FROM", SHEET_TEXT }, { "to", "TO", SHEET_TEXT }, { NULL, NULL, SHEET_TEXT }
	};
	static const struct sheet_column findings[] = {
		{ "finding", "FINDING", SHEET_TEXT }, { "path", "FILE", SHEET_TEXT }, { "what", "WHAT", SHEET_TEXT }, { NULL, NULL, SHEET_TEXT }
	};
	const char *verb = v->undo ? "taken back" : v->link ? "linked" : "moved";

	sheet_show(s->moves, moves, false, NULL);
	sheet_show(s->findings, findings, false, NULL);
	printf("%s %s: %lld of %lld files", v->dry_run ? "Would be" : "Files", verb, sum->moved, sum->files);
	if (!v->undo)
		printf("; %lld in their place, %lld there twice, %lld in conflict, %lld unreadable, %lld not DICOM", sum->in_place,
		       sum->findings[ORGANISE_DUPLICATE], sum->findings[ORGANISE_CONFLICT], sum->findings[ORGANISE_LEFT], sum->foreign);
	if (sum->findings[ORGANISE_BLOCKED])
		printf("; %lld stay where they are", sum->findings[ORGANISE_BLOCKED]);
	printf("\n");
	if (sum->undo)
		printf("To undo: dicom-qr organise --undo %s\n", sum->undo);
}

/* Takes what showing holds.  After a failure what was done is worth telling as well. */
static void show(const struct values *v, struct showing *s, struct organise_sum *sum, bool failed)
{
	bool bad = sum->findings[ORGANISE_LEFT] || sum->findings[ORGANISE_BLOCKED];

	if (task_wants_json(v) && !failed) {
		show_json(v, s, sum);
		return;
	}
	if (failed ? sum->moved > 0 : !v->quiet || bad)
		show_text(v, s, sum);
	json_free(s->moves);
	json_free(s->findings);
}

static bool is_below(const char *folder, const char *of)
{
	size_t len = strlen(of);

	return !strncmp(folder, of, len) && folder[len] == '/';
}

static int arrange(struct session *s, const struct values *v, const char *folder, struct showing *showing, struct organise_sum *sum,
		   struct err *e)
{
	const char *template = v->layout ? v->layout : LAYOUT_PATIENT;
	auto_free char *to = v->output ? file_absolute(v->output) : mem_str(folder);
	struct layout *layout;
	int failed;

	if (v->link && !v->output)
		return err_set(e, ERR_USAGE, "--link needs --output, the folder for the links");
	if (is_below(to, folder) || is_below(folder, to) || (v->link && !strcmp(to, folder)))
		return err_set(e, ERR_USAGE, "--output %s and %s must not lie in each other", to, folder);
	layout = layout_parse(template, e);
	if (!layout)
		return err_in(e, "--layout");
	failed = task_open_files(s, e) < 0 || session_open_ledger(s, e) < 0 ||
		 organise_tree(s, &(struct organise_how){ folder, to, layout, v->link, v->dry_run }, &hooks, showing, sum, e) < 0;
	layout_free(layout);
	return failed ? -1 : 0;
}

static int take_back(struct session *s, const struct values *v, const char *folder, struct showing *showing, struct organise_sum *sum,
		     struct err *e)
{
	if (v->layout || v->hierarchical || v->output || v->link)
		return err_set(e, ERR_USAGE, "--undo FILE says all by itself, DIR apart");
	if (task_open_files(s, e) < 0 || session_open_ledger(s, e) < 0)
		return -1;
	return organise_undo(s, &(struct organise_back){ v->undo, folder, v->dry_run }, &hooks, showing, sum, e);
}

static int organise_folder(struct session *s, const struct values *v, const char *folder, struct showing *showing,
			   struct organise_sum *sum, struct err *e)
{
	if (!v->layout == !v->hierarchical)
		return err_set(e, ERR_USAGE, v->layout ? "--layout and --hierarchical exclude each other"
						       : "how? Give --layout TEMPLATE or --hierarchical, or --undo FILE");
	return folder ? arrange(s, v, folder, showing, sum, e) : -1;
}

static int finish(const struct values *v, struct showing *showing, struct organise_sum *sum, int failed)
{
	bool bad = sum->findings[ORGANISE_LEFT] || sum->findings[ORGANISE_BLOCKED];

	show(v, showing, sum, failed);
	organise_sum_done(sum);
	if (failed)
		return -1;
	return bad ? EXIT_INCOMPLETE : EXIT_ALL_THERE;
}

static int organise(struct task *t, struct err *e)
{
	struct session *s = &t->session;
	struct values *v = t->values;
	auto_free char *folder = t->count || !v->undo ? task_folder(t->rest, t->count, e) : NULL;
	struct showing showing = { json_new(JSON_ARRAY), json_new(JSON_ARRAY), v->dry_run || task_wants_json(v) };
	struct organise_sum sum = { 0 };
	bool lost = t->count && !folder;
	int failed = -1;

	if (!lost)
		failed = v->undo ? take_back(s, v, folder, &showing, &sum, e) : organise_folder(s, v, folder, &showing, &sum, e);
	return finish(v, &showing, &sum, failed);
}

int cmd_organise(int argc, char **argv)
{
	return task_run_plain(&command_organise, argc, argv, organise);
}
