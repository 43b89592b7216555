/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr verify: the files of a folder against its manifests, or a PACS against what is there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/records/sheet.h"
#include "cli/task.h"
#include "core/archive/verify.h"
#include "core/plan/state.h"
#include "core/query/studies.h"

static const struct opt *const tables[] = {
	options_verify, options_shape, options_dates, options_query, options_key, options_retrieve, options_node, options_general, NULL
};

const struct opt_command command_verify = {
	.name = "dicom-qr verify",
	.synopsis = "DIR [options]\nDIR --against NODE [options]",
	.summary = "check files against their manifest, or a PACS against the disk",
	.description =
		"Reads every file under DIR, an output folder, to its end and compares it with the manifests that were written when the files "
		"came.  Told are files that are missing, changed (size or SHA-256), unreadable (what dcmdump cannot read, or without pixel "
		"data), and strangers, which no manifest knows.  Files whose names begin with a dot, and state files, are none.  Exit status "
		"3 when anything was found.\n"
		"\n"
		"With --against the PACS is asked which objects it has of the studies in DIR, or of the studies that the query options "
		"describe; what is not here goes into a state file, which \"dicom-qr resume\" carries out.  The options of retrieval go into "
		"that file.  Files count by their size then; --set-aside of a plain verify makes damaged ones count as missing.  Exit status "
		"3 when something is missing.",
	.examples =
		"dicom-qr verify studies/\n"
		"dicom-qr verify studies/ --set-aside --format json\n"
		"dicom-qr verify studies/ --against pacs --study-date -7d --save-state missing.state\n"
		"dicom-qr verify studies/ --against pacs --method c-get | dicom-qr resume --state -",
	.tables = tables,
};

/* ---- files against manifest ---- */

static const struct sheet_column finding_columns[] = {
	{ "finding", "FINDING", SHEET_TEXT }, { "path", "FILE", SHEET_TEXT }, { "what", "WHAT", SHEET_TEXT },
	{ "setAside", "SET ASIDE", SHEET_YES }, { NULL, NULL, SHEET_TEXT }
};

static void found(void *owner, const struct verify_found *f)
{
	struct json *row = json_new(JSON_OBJECT);

	json_set(row, "finding", json_string(finding_name(f->kind)));
	json_set(row, "path", json_string(f->path));
	json_set(row, "studyInstanceUID", *f->study ? json_string(f->study) : NULL);
	json_set(row, "sopInstanceUID", *f->sop ? json_string(f->sop) : NULL);
	json_set(row, "what", json_string(f->words));
	json_set(row, "setAside", json_bool(f->set_aside));
	json_add(owner, row);
}

static void show_sum(const struct verify_sum *sum)
{
	printf("Verified: %s of %s, %s: %s good", show_number(sum->files, "file", "files"), show_studies((size_t)sum->studies),
	       show_bytes(sum->bytes), show_count(sum->good));
	for (size_t i = 0; i < FINDINGS; i++)
		printf(", %lld %s%s", sum->count[i], finding_name((enum finding)i), i == FINDING_STRANGER && sum->count[i] != 1 ? "s" : "");
	printf("\n");
}

/* Takes findings. */
static void show_json(const char *folder, const struct verify_sum *sum, struct json *findings)
{
	struct json *all = json_new(JSON_OBJECT);

	json_set(all, "folder", json_string(folder));
	json_set(all, "studies", json_integer(sum->studies));
	json_set(all, "files", json_integer(sum->files));
	json_set(all, "bytes", json_integer(sum->bytes));
	json_set(all, "good", json_integer(sum->good));
	for (size_t i = 0; i < FINDINGS; i++)
		json_set(all, finding_name((enum finding)i), json_integer(sum->count[i]));
	json_set(all, "findings", findings);
	sheet_json(stdout, all);
	json_free(all);
}

static int verify_files(struct session *s, const struct values *v, const char *folder, struct err *e)
{
	struct json *findings = json_new(JSON_ARRAY);
	struct verify_sum sum;
	bool bad;

	if (task_open_files(s, e) < 0 || verify_tree(s, folder, v->set_aside, found, findings, &sum, e) < 0) {
		json_free(findings);
		return -1;
	}
	bad = json_count(findings) > 0;
	if (task_wants_json(v)) {
		show_json(folder, &sum, findings);
		return bad ? EXIT_INCOMPLETE : EXIT_ALL_THERE;
	}
	if (!v->quiet)
		sheet_show(findings, finding_columns, false, NULL);
	if (!v->quiet || bad)
		show_sum(&sum);
	json_free(findings);
	return bad ? EXIT_INCOMPLETE : EXIT_ALL_THERE;
}

/* ---- PACS against disk ---- */

static const struct sheet_column study_columns[] = {
	{ "studyDate", "DATE", SHEET_TEXT }, { "modality", "MOD", SHEET_TEXT }, { "studyInstanceUID", "STUDY", SHEET_TEXT },
	{ "status", "STATUS", SHEET_TEXT }, { "received", "HERE", SHEET_NUMBER }, { "expected", "PACS", SHEET_NUMBER },
	{ "why", "WHY", SHEET_TEXT }, { NULL, NULL, SHEET_TEXT }
};

static struct json *study_row(const struct plan_study *in)
{
	struct json *row = json_new(JSON_OBJECT);

	json_set(row, "studyInstanceUID", json_string(study_get(&in->study, STUDY_UID)));
	json_set(row, "studyDate", json_string(study_get(&in->study, STUDY_DATE)));
	json_set(row, "modality", json_string(study_get(&in->study, STUDY_MODALITIES)));
	json_set(row, "status", json_string(verdict_name(in->verdict)));
	json_set(row, "received", json_integer(in->received));
	json_set(row, "expected", in->expected >= 0 ? json_integer(in->expected) : NULL);
	json_set(row, "missing", json_integer((long long)in->missing.count));
	json_set(row, "why", json_string(in->why ? in->why : ""));
	return row;
}

static bool is_open(const struct plan_study *in)
{
	return in->verdict == VERDICT_WANTED || in->verdict == VERDICT_INCOMPLETE;
}

static struct json *study_rows(const struct plan *plan, bool all)
{
	struct json *rows = json_new(JSON_ARRAY);

	for (size_t i = 0; i < plan->count; i++)
		if (all || plan->studies[i].why)
			json_add(rows, study_row(&plan->studies[i]));
	return rows;
}

static bool describes_studies(const struct values *v)
{
	return v->study_date || v->patient_name || v->patient_id || v->study_uid || v->accession_number || v->modality ||
	       v->study_description || v->desc_include || v->desc_exclude;
}

static int choose_studies(struct session *s, struct plan *plan, const struct values *v, struct err *e)
{
	struct query q;
	struct filter c = { 0 };
	struct studies_found answer;
	int failed;

	if (!describes_studies(v))
		return verify_studies(plan->how.output, plan, e);
	query_init(&q, LEVEL_STUDY);
	failed = values_query(v, &q, &c, e);
	if (!failed)
		failed = studies_query(s, plan, &q, &c, &answer, e);
	filter_done(&c);
	query_done(&q);
	return failed;
}

/* The state goes to standard output unless a file is named; people read the other one. */
static int give_state(const struct plan *plan, const struct values *v, struct err *e)
{
	auto_buf struct buf text = BUF_INIT(STATE_BYTES_MAX);

	if (v->save_state)
		return state_write(v->save_state, plan, e);
	state_text(plan, &text);
	if (fwrite(buf_text(&text), 1, text.len, stdout) != text.len || fflush(stdout))
		return err_sys(e, "write the state");
	return 0;
}

static void show_comparison(const struct plan *plan, const struct values *v, const struct verify_pacs *sum, size_t open)
{
	FILE *out = v->save_state ? stdout : stderr;
	struct json *rows = study_rows(plan, task_wants_json(v) && v->save_state);

	if (task_wants_json(v) && v->save_state) {
		sheet_json(out, rows);
	} else if (!v->quiet || open) {
		if (!v->quiet)
			sheet_table(out, rows, study_columns);
		fprintf(out, "Compared: %s; the PACS lists %s, %s are here, %s are missing (%s)", show_studies(plan->count),
			show_objects(sum->listed), show_count(sum->here), show_count(sum->missing), show_studies(open));
		if (sum->surplus)
			fprintf(out, "; %lld are here that it does not list", sum->surplus);
		fprintf(out, "\n");
		if (open && v->save_state)
			task_tell_resume(out, "To retrieve", v->save_state, 0);
	}
	json_free(rows);
}

static int compare(struct session *s, struct plan *plan, const struct values *v, struct err *e)
{
	struct verify_pacs sum;
	size_t open = 0;

	if (choose_studies(s, plan, v, e) < 0 || verify_against(s, plan, &sum, e) < 0 || give_state(plan, v, e) < 0)
		return -1;
	for (size_t i = 0; i < plan->count; i++)
		open += is_open(&plan->studies[i]);
	show_comparison(plan, v, &sum, open);
	return open ? EXIT_INCOMPLETE : EXIT_ALL_THERE;
}

static int prepare(struct session *s, struct plan *plan, struct values *v, const char *folder, struct err *e)
{
	size_t used;

	if (v->output || v->set_aside)
		return err_set(e, ERR_USAGE, "--%s does not go with --against", v->output ? "output" : "set-aside");
	if (values_dates(v, e) < 0 || values_peer(v, &v->against, 1, &plan->how.peer, &used, e) < 0 ||
	    values_settings(v, &plan->how, e) < 0)
		return -1;
	free(plan->how.output);
	plan->how.output = mem_str(folder);
	if (settings_check(&plan->how, false, e) < 0 || task_open_files(s, e) < 0 || session_open_ledger(s, e) < 0)
		return -1;
	session_patience(s, &plan->how);
	return v->save_state && state_lock(v->save_state, e) < 0 ? -1 : 0;
}

static int verify_pacs(struct session *s, struct values *v, const char *folder, struct err *e)
{
	struct plan plan;
	int status = -1;

	plan_init(&plan);
	if (prepare(s, &plan, v, folder, e) == 0)
		status = compare(s, &plan, v, e);
	plan_done(&plan);
	return status;
}

static int verify(struct task *t, struct err *e)
{
	struct session *s = &t->session;
	struct values *v = t->values;
	const char *const *rest = t->rest;
	size_t count = t->count;
	auto_free char *folder = task_folder(rest, count, e);

	if (!folder)
		return -1;
	if (v->against)
		return verify_pacs(s, v, folder, e);
	if (v->save_state || describes_studies(v))
		return err_set(e, ERR_USAGE, "a state file and the description of studies go with --against NODE");
	return verify_files(s, v, folder, e);
}

int cmd_verify(int argc, char **argv)
{
	return task_run_plain(&command_verify, argc, argv, verify);
}
