/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of all commands: one struct of values, tables shared between the commands that have them in common, and the
 * way from values to settings, query and conditions. */
#pragma once

#include "core/node/nodes.h"
#include "core/plan/dose.h"
#include "core/plan/filter.h"
#include "core/plan/plan.h"
#include "dicom/query.h"
#include "parse/opt.h"

/* What nodes.json says of the node that was named. */
struct chosen {
	struct nodes config;
	bool loaded;
	const struct node *node;	/* NULL = an address was given */
	char dates[20];			/* what --from and --until come to */
};

struct values {
	/* node */
	const char *aet, *called_aet, *model, *charset;
	const char *tls_ca, *tls_cert, *tls_key;
	struct chosen *chosen;
	/* query */
	const char *patient_name, *patient_id, *study_date, *study_uid, *accession_number, *modality, *study_description;
	const char *desc_include, *desc_exclude, *from, *until, *study_time, *station_include, *station_exclude;
	bool sr_only;
	struct opt_list keys, returns;
	const char *level, *sort;
	long long limit;
	bool count_only, tree;
	const char *with_retrieve, *batch, *batch_report;
	bool associations, batch_patterns;
	/* selection */
	const char *select, *series_modality, *series_description, *sop_class;
	bool empty_sr;
	/* retrieval */
	const char *move_dest, *method, *output, *layout, *series_uid, *instance_uid, *uid_list, *mode, *trust;
	struct opt_list accept_from, accept_aet;
	bool hierarchical, validate, force, wait_for_others;
	const char *listen;
	long long parallel, retries, retry_wait, pause;
	long long timeout, first_timeout, stall_timeout, study_timeout;
	long long max_studies, max_images, max_bytes, max_duration;
	const char *window;
	/* telling others */
	const char *on_study, *on_finish, *metrics;
	long long hook_timeout;
	int64_t begun_ms;		/* when the options were understood; 0 = they were not */
	bool cuts_are_usual;		/* what --max-studies and --max-images leave is no reason for an exit status */
	/* what to do */
	bool interactive, automatic, review, dry_run, fail_if_empty;
	const char *save_state, *state, *format;
	/* what is held and what happened */
	const char *against, *before, *undo;
	bool set_aside, incomplete, all, link;
	long long max_age;
	/* sync */
	long long lookback, settle;
	bool restart;
	const char *give_up, *take_up;
	long long give_up_after;
	/* general */
	bool verbose, debug, quiet, help, version, log_phi;
	const char *progress, *log_file;
};

void values_init(struct values *);		/* the defaults; -1 in a number means: not given */
void values_done(struct values *);

extern const struct opt options_node[], options_dates[], options_query[], options_key[], options_keys[], options_patience[], options_retrieve[], options_series[], options_limits[],
	options_mode[], options_resume[], options_format[], options_general[], options_select[], options_batch[], options_tell[];

extern const struct opt options_shape[], options_rows[], options_verify[], options_status[], options_report[], options_import[],
	options_forget[], options_purge[], options_organise[], options_sync[];

/* nodes.json, read once. */
int values_config(const struct values *, const struct nodes **ret_config, struct err *);
/* The node from the positional arguments (*used: how many): an address, or a name or number of nodes.json, or without any the
 * default node; then titles, model, character set as given.  What else the node states comes with values_settings. */
int values_peer(const struct values *, const char *const *rest, size_t count, struct peer *, size_t *used, struct err *);
/* Everything about how to retrieve that was given; what was not stays as it is in how. */
int values_settings(const struct values *, struct settings *how, struct err *);
/* How a query is waited for and tried again, of those without a retrieval: --timeout alone is also how long an answer may take. */
void values_patience(const struct values *, struct settings *how);
/* C-MOVE needs a destination; what cannot go together.  want_output: files will be written. */
int settings_check(struct settings *how, bool retrieving, struct err *);
/* --from and --until as a study date. */
int values_dates(struct values *, struct err *);
/* The query of the filters and of -k, and the conditions checked here again; -k may have set another level. */
int values_conditions(const struct values *, struct query *, struct filter *, struct err *);
/* The same for commands that ask for studies: the level is STUDY. */
int values_query(const struct values *, struct query *, struct filter *, struct err *);
/* What to take of each study. */
int values_select(const struct values *, struct dose_rules *, struct err *);
