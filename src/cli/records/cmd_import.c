/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr import, forget, purge: what the ledger knows of, without touching a file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/records/sheet.h"
#include "cli/task.h"
#include "core/archive/import.h"
#include "core/ledger/instances.h"
#include "core/ledger/purge.h"
#include "dicom/value.h"

/* ---- import ---- */

static const struct opt *const import_tables[] = { options_import, options_shape, options_general, NULL };

const struct opt_command command_import = {
	.name = "dicom-qr import",
	.synopsis = "DIR [options]",
	.summary = "take the DICOM files of a folder into ledger and manifest",
	.description =
		"Reads and hashes every file under DIR and records what it is, so that a retrieval with --output DIR does not ask for it again "
		"and \"dicom-qr verify DIR\" watches over it.  No file is moved or changed.  Files that are recorded with their size already "
		"are passed over; what is no DICOM file is counted; damaged files are told of and not recorded (exit status 3); of two files "
		"with one SOP Instance UID and different content both are recorded, and told of.  Names that begin with a dot are left alone.",
	.examples = "dicom-qr import /data/studies\ndicom-qr import . --dry-run --format json",
	.tables = import_tables,
};

static const struct sheet_column finding_columns[] = {
	{ "finding", "FINDING", SHEET_TEXT }, { "path", "FILE", SHEET_TEXT }, { "what", "WHAT", SHEET_TEXT }, { NULL, NULL, SHEET_TEXT }
};

static void found(void *owner, enum import_finding kind, const char *path, const char *sop, const char *words)
{
	struct json *row = json_new(JSON_OBJECT);
	auto_free char *conflict = kind == IMPORT_CONFLICT ? mem_printf("the same UID with other content as %s", words) : NULL;

	json_set(row, "finding", json_string(kind == IMPORT_CONFLICT ? "conflict" : "damaged"));
	json_set(row, "path", json_string(path));
	json_set(row, "sopInstanceUID", *sop ? json_string(sop) : NULL);
	json_set(row, "what", json_string(conflict ? conflict : words));
	json_add(owner, row);
}

/* Takes findings. */
static void show_json(const char *folder, const struct import_sum *sum, struct json *findings)
{
	struct json *all = json_new(JSON_OBJECT);

	json_set(all, "folder", json_string(folder));
	json_set(all, "files", json_integer(sum->files));
	json_set(all, "imported", json_integer(sum->imported));
	json_set(all, "studies", json_integer(sum->studies));
	json_set(all, "bytes", json_integer(sum->bytes));
	json_set(all, "known", json_integer(sum->known));
	json_set(all, "duplicates", json_integer(sum->duplicates));
	json_set(all, "conflicts", json_integer(sum->findings[IMPORT_CONFLICT]));
	json_set(all, "damaged", json_integer(sum->findings[IMPORT_DAMAGED]));
	json_set(all, "notDICOM", json_integer(sum->foreign));
	json_set(all, "findings", findings);
	sheet_json(stdout, all);
	json_free(all);
}

static void show_sum(const struct import_sum *sum, bool dry_run)
{
	printf("%s: %s of %s, %s; %s known already, %lld not DICOM, %lld damaged",
	       dry_run ? "Would be imported" : "Imported", show_number(sum->imported, "file", "files"), show_studies((size_t)sum->studies),
	       show_bytes(sum->bytes), show_count(sum->known), sum->foreign, sum->findings[IMPORT_DAMAGED]);
	if (sum->duplicates)
		printf(", %lld there twice", sum->duplicates);
	if (sum->findings[IMPORT_CONFLICT])
		printf(", %lld in conflict", sum->findings[IMPORT_CONFLICT]);
	printf("\n");
}

static int import_folder(struct session *s, const struct values *v, const char *folder, struct err *e)
{
	struct json *findings = json_new(JSON_ARRAY);
	struct import_sum sum;

	if (task_open_files(s, e) < 0 || session_open_ledger(s, e) < 0 ||
	    import_tree(s, folder, v->dry_run, found, findings, &sum, e) < 0) {
		json_free(findings);
		return -1;
	}
	if (task_wants_json(v)) {
		show_json(folder, &sum, findings);
	} else {
		if (!v->quiet)
			sheet_show(findings, finding_columns, false, NULL);
		if (!v->quiet || json_count(findings))
			show_sum(&sum, v->dry_run);
		json_free(findings);
	}
	return sum.findings[IMPORT_DAMAGED] ? EXIT_INCOMPLETE : EXIT_ALL_THERE;
}

static int import(struct task *t, struct err *e)
{
	struct session *s = &t->session;
	struct values *v = t->values;
	const char *const *rest = t->rest;
	size_t count = t->count;
	auto_free char *folder = task_folder(rest, count, e);

	return folder ? import_folder(s, v, folder, e) : -1;
}

int cmd_import(int argc, char **argv)
{
	return task_run_plain(&command_import, argc, argv, import);
}

/* ---- forget ---- */

static const struct opt *const forget_tables[] = { options_forget, options_shape, options_general, NULL };

const struct opt_command command_forget = {
	.name = "dicom-qr forget",
	.synopsis = "DIR [options]\n--study UID [DIR] [options]",
	.summary = "remove files that are gone from ledger and manifest",
	.description =
		"Removes from ledger and manifest the files recorded under DIR, or those of one study, that are not on the disk any more; with --all "
		"also those that are.  The next retrieval asks for them again, and verify does not report them as missing.  No file is touched.",
	.examples = "dicom-qr forget /data/studies\ndicom-qr forget --study 1.2.840.113619.2.55 --all\n"
		    "dicom-qr forget /data/old --all --dry-run",
	.tables = forget_tables,
};

struct forgetting {
	struct session *session;
	const struct values *values;
	struct json *rows;
	long long files;
	struct err why;
};

static int forget_folder(struct forgetting *f, const char *folder)
{
	const struct values *v = f->values;
	struct json *row;
	long long files;

	if (!v->all && !file_is_dir(folder))
		return err_set(&f->why, ERR_INPUT, "%s does not exist: is its disk mounted? --all forgets its files anyway", folder);
	if (import_forget(f->session->ledger, folder, v->study_uid, v->all, v->dry_run, &files, &f->why) < 0)
		return -1;
	f->files += files;
	row = json_new(JSON_OBJECT);
	json_set(row, "folder", json_string(folder));
	json_set(row, "files", json_integer(files));
	json_add(f->rows, row);
	return 0;
}

/* The ledger cannot be changed while it tells. */
static int note_folder(void *owner, const char *output, int64_t files, int64_t bytes)
{
	(void)files;
	(void)bytes;
	json_add(owner, json_string(output));
	return 0;
}

static int forget_study(struct forgetting *f)
{
	struct json *folders = json_new(JSON_ARRAY);
	int failed = ledger_held_folders(f->session->ledger, f->values->study_uid, note_folder, folders, &f->why);

	for (size_t i = 0; !failed && i < json_count(folders); i++)
		failed = forget_folder(f, json_text(json_at(folders, i)));
	json_free(folders);
	return failed;
}

static void show_forgotten(const struct forgetting *f)
{
	static const struct sheet_column columns[] = {
		{ "folder", "FOLDER", SHEET_TEXT }, { "files", "FILES", SHEET_NUMBER }, { NULL, NULL, SHEET_TEXT }
	};

	if (task_wants_json(f->values)) {
		sheet_json(stdout, f->rows);
		return;
	}
	if (f->values->quiet)
		return;
	if (json_count(f->rows) > 1)
		sheet_table(stdout, f->rows, columns);
	printf("%s: %lld files\n", f->values->dry_run ? "Would be forgotten" : "Forgotten", f->files);
}

static int forget(struct task *t, struct err *e)
{
	struct session *s = &t->session;
	struct values *v = t->values;
	const char *const *rest = t->rest;
	size_t count = t->count;
	struct forgetting f = { .session = s, .values = v };
	auto_free char *folder = count ? file_absolute(rest[0]) : NULL;
	int failed;

	if (count > 1 || (!count && !v->study_uid))
		return err_set(e, ERR_USAGE, "give one folder, or --study UID");
	if (count && !*rest[0])
		return err_set(e, ERR_USAGE, "the name of the folder is empty");
	if ((v->study_uid && uid_check(v->study_uid, "--study", e) < 0) || session_open_ledger(s, e) < 0)
		return -1;
	f.rows = json_new(JSON_ARRAY);
	failed = folder ? forget_folder(&f, folder) : forget_study(&f);
	if (failed)
		*e = f.why;
	else
		show_forgotten(&f);
	json_free(f.rows);
	return failed ? -1 : EXIT_ALL_THERE;
}

int cmd_forget(int argc, char **argv)
{
	return task_run_plain(&command_forget, argc, argv, forget);
}

/* ---- purge ---- */

static const struct opt *const purge_tables[] = { options_purge, options_shape, options_general, NULL };

const struct opt_command command_purge = {
	.name = "dicom-qr purge",
	.synopsis = "--before DATE [options]",
	.summary = "remove old queries, jobs, studies and attempts from the ledger",
	.description =
		"Removes from the ledger what was recorded before the given day: queries, and the jobs that began before it (not running ones) with "
		"their plans, studies and attempts.  Plans contain names and numbers of patients; the ledger file is rewritten, so that nothing of "
		"them remains in it.  The record of files is kept.  No file is touched: state files, logs and manifests stay as they are.",
	.examples = "dicom-qr purge --before -90d\ndicom-qr purge --before 2024-01-01 --dry-run",
	.tables = purge_tables,
};

static void show_purged(const struct values *v, const struct ledger_purged *p)
{
	struct json *all;

	if (!task_wants_json(v)) {
		if (!v->quiet)
			printf("%s: %lld queries, %lld jobs, %lld studies, %lld attempts\n", v->dry_run ? "Would be forgotten" : "Forgotten",
			       p->queries, p->jobs, p->studies, p->attempts);
		return;
	}
	all = json_new(JSON_OBJECT);
	json_set(all, "queries", json_integer(p->queries));
	json_set(all, "jobs", json_integer(p->jobs));
	json_set(all, "studies", json_integer(p->studies));
	json_set(all, "attempts", json_integer(p->attempts));
	sheet_json(stdout, all);
	json_free(all);
}

static int purge(struct task *t, struct err *e)
{
	struct session *s = &t->session;
	struct values *v = t->values;
	const char *const *rest = t->rest;
	size_t count = t->count;
	struct ledger_purged purged = { 0 };
	struct tm day = { .tm_isdst = -1 };
	int date;

	if (count)
		return err_set(e, ERR_USAGE, "unexpected argument '%s': --before DATE is expected", rest[0]);
	if (!v->before)
		return err_set(e, ERR_USAGE, "before which day? Give --before DATE");
	if (date_day_parse(v->before, &date, e) < 0)
		return err_in(e, "--before");
	day.tm_year = date / 10000 - 1900;
	day.tm_mon = date / 100 % 100 - 1;
	day.tm_mday = date % 100;
	if (session_open_ledger(s, e) < 0 || ledger_purge(s->ledger, mktime(&day), v->dry_run, &purged, e) < 0)
		return -1;
	show_purged(v, &purged);
	return EXIT_ALL_THERE;
}

int cmd_purge(int argc, char **argv)
{
	return task_run_plain(&command_purge, argc, argv, purge);
}
