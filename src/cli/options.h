/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of all commands: one struct of values, tables shared between the commands that have them in common, and the
 * way from values to settings, query and conditions. */
#pragma once

#include "base/opt.h"
#include "core/choice.h"
#include "core/plan.h"
#include "dicom/query.h"

struct values {
	/* node */
	const char *aet, *called_aet, *model, *charset;
	/* query */
	const char *patient_name, *patient_id, *study_date, *study_uid, *accession_number, *modality, *study_description;
	const char *desc_include, *desc_exclude, *from, *until;
	struct opt_list keys, returns;
	const char *level;
	/* retrieval */
	const char *move_dest, *method, *output, *layout, *series_uid, *instance_uid, *uid_list, *mode, *trust;
	struct opt_list accept_from;
	bool hierarchical, validate, force;
	long long listen, parallel, retries, retry_wait, pause;
	long long timeout, first_timeout, stall_timeout, study_timeout;
	long long max_studies, max_images, max_bytes, max_duration;
	/* what to do */
	bool interactive, automatic, review, dry_run, fail_if_empty;
	const char *save_state, *state, *format;
	/* general */
	bool verbose, debug, quiet, help, version;
	const char *progress, *log_file;
};

void values_init(struct values *);		/* the defaults; -1 in a number means: not given */
void values_done(struct values *);

extern const struct opt options_node[], options_query[], options_keys[], options_retrieve[], options_series[], options_limits[],
	options_mode[], options_resume[], options_format[], options_general[];

/* The node from the positional arguments (*used: how many), and titles, model, character set. */
int values_peer(const struct values *, const char *const *rest, size_t count, struct peer *, size_t *used, struct err *);
/* Everything about how to retrieve that was given; what was not stays as it is in how. */
int values_settings(const struct values *, struct settings *how, struct err *);
/* C-MOVE needs a destination; what cannot go together.  want_output: files will be written. */
int settings_check(struct settings *how, bool retrieving, struct err *);
/* The study-level query of the filters, and the conditions checked here again. */
int values_query(const struct values *, struct query *, struct conditions *, struct err *);
