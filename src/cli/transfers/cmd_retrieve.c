/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr retrieve (dicom-retrieve): studies, a series or an instance by their UIDs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/transfers/dryrun.h"
#include "cli/transfers/fetch.h"
#include "core/plan/state.h"
#include "core/retrieve/job.h"
#include "dicom/layout.h"
#include "dicom/value.h"

static const struct opt own[] = {
	FLAG("dry-run", "n", offsetof(struct values, dry_run), "Retrieval",
	     "Ask the PACS, show what would be done, fetch nothing; with --verbose also the commands."),
	CHOICE("format", "", "FORMAT", offsetof(struct values, format), "table|json", "Retrieval",
	       "With --dry-run: table or json (default: table)."),
	STRING("save-state", "", "FILE", offsetof(struct values, save_state), "Retrieval",
	       "Save the state to FILE, for \"dicom-qr resume\"."),
	OPT_END
};
static const struct opt *const tables[] = {
	options_series, own, options_retrieve, options_limits, options_tell, options_node, options_general, NULL
};

const struct opt_command command_retrieve = {
	.name = "dicom-qr retrieve",
	.synopsis = "NODE --study-uid UID [--series-uid UID [--instance-uid UID]] [options]\nNODE --uid-list FILE [options]",
	.summary = "retrieve studies, a series or an instance by UID",
	.description =
		"Retrieves what the UIDs name by C-MOVE or C-GET, proves that every object arrived, and files it.  With --hierarchical the "
		"files lie in StudyInstanceUID/SeriesInstanceUID/SOPInstanceUID.dcm.",
	.examples =
		"dicom-retrieve pacs://server:11112 --aet MY_SCU --study-uid 1.2.840.113619.2.55 --method c-get --output study_dir/\n"
		"dicom-retrieve pacs://server:11112 --aet MY_SCU --method c-get --uid-list studies.txt --output studies/ --parallel 3",
	.tables = tables,
};

static int add_study(struct plan *plan, struct map *seen, const char *uid, struct plan_study **ret_in)
{
	struct plan_study *in;

	if (!map_put(seen, uid, NULL))
		return 0;
	in = plan_add(plan);
	study_set(&in->study, STUDY_UID, uid);
	if (ret_in)
		*ret_in = in;
	return 1;
}

/* One Study Instance UID per line; blank lines and what follows # are passed over. */
static int read_list(struct plan *plan, struct map *seen, const char *path, struct err *e)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(64));
	int number = 0;

	if (file_read(path, &text, e) < 0)
		return err_in(e, "--uid-list");
	for (char *line = text.data, *next; line && *line; line = next) {
		size_t len = strcspn(line, "\n");

		number++;
		next = line[len] ? line + len + 1 : line + len;
		line[len] = '\0';
		line[strcspn(line, "#\r")] = '\0';
		for (char *c = line; *c; c++)
			if (*c == '\t')
				*c = ' ';
		value_trim(line);
		if (!*line)
			continue;
		if (uid_check(line, "the UID", e) < 0)
			return err_in(e, "%s: line %d", path, number);
		if (!add_study(plan, seen, line, NULL))
			log_verbose("%s: line %d: named twice", path, number);
	}
	if (!plan->count)
		return err_set(e, ERR_USAGE, "%s: it holds no Study Instance UID", path);
	return 0;
}

static int check_uids(const struct values *v, struct err *e)
{
	if (v->instance_uid && (!v->series_uid || !v->study_uid))
		return err_set(e, ERR_USAGE, "--instance-uid requires --study-uid and --series-uid");
	if (v->series_uid && !v->study_uid)
		return err_set(e, ERR_USAGE, "--series-uid requires --study-uid");
	if (!v->study_uid == !v->uid_list)
		return err_set(e, ERR_USAGE, v->study_uid ? "--study-uid and --uid-list exclude each other"
							  : "what is to be retrieved? Give --study-uid or --uid-list");
	if ((v->study_uid && uid_check(v->study_uid, "--study-uid", e) < 0) ||
	    (v->series_uid && uid_check(v->series_uid, "--series-uid", e) < 0) ||
	    (v->instance_uid && uid_check(v->instance_uid, "--instance-uid", e) < 0))
		return -1;
	return 0;
}

static int fill(struct plan *plan, const struct values *v, struct err *e)
{
	struct map *seen = map_new();
	struct plan_study *in = NULL;
	int failed = 0;

	if (v->uid_list) {
		failed = read_list(plan, seen, v->uid_list, e);
	} else {
		add_study(plan, seen, v->study_uid, &in);
		in->series_uid = mem_str(v->series_uid);
		if (v->instance_uid)
			wanted_add(&in->only, v->series_uid, v->instance_uid, "");
	}
	map_free(seen, NULL);
	return failed;
}

static int prepare(struct task *t, struct err *e)
{
	const struct values *v = t->values;
	struct settings *how = &t->plan.how;

	if (task_check_format(v, e) < 0 || task_peer(t, &how->peer, e) < 0 || check_uids(v, e) < 0 || values_settings(v, how, e) < 0 || settings_check(how, true, e) < 0)
		return -1;
	if (how->hierarchical) {		/* by the node, too; one study a folder */
		free(how->layout);
		how->layout = mem_str(LAYOUT_STUDY);
	}
	return fill(&t->plan, v, e);
}

static int retrieve(struct task *t, struct err *e)
{
	const struct values *v = t->values;
	struct session *s = &t->session;
	struct plan *plan = &t->plan;
	int queries;

	if (prepare(t, e) < 0 || job_open(s, &plan->how, e) < 0 || (v->save_state && state_lock(v->save_state, e) < 0) ||
	    job_survey(s, plan, v->dry_run, &queries, e) < 0)
		return -1;
	if (v->dry_run && dryrun_print(t, NULL, NULL, queries, e) < 0)
		return -1;
	if (v->save_state && state_write(v->save_state, plan, e) < 0)
		return -1;
	return v->dry_run ? EXIT_ALL_THERE : fetch_run(t, v->save_state, false);
}

int cmd_retrieve(int argc, char **argv)
{
	return task_run_fetching(&command_retrieve, JOB_RETRIEVE, argc, argv, retrieve);
}
