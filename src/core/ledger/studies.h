/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of studies: a row for each study of each job. */
#pragma once

#include <stdint.h>
#include <time.h>

#include "core/ledger/ledger.h"
#include "core/plan/plan.h"
#include "dicom/value.h"

struct ledger_study {
	int64_t job;
	const char *study_uid, *date, *modalities, *verdict, *why;
	enum skip skip;
	int position, expected, received, attempts;
	const char *counted;		/* plan_study_counted */
	int64_t bytes;
	/* When told of: of the job. */
	const char *node, *output;
	time_t at;
	bool given_up;			/* a nightly run of the node no longer waits for it */
};
/* What the ledger keeps of a study of a plan, lent. */
struct ledger_study ledger_study_of(const struct plan *, const struct plan_study *, int64_t job);
int ledger_study_put(struct ledger *, const struct ledger_study *, struct err *);	/* key: job, study_uid, position */

/* What became of a study in earlier jobs into this output: the last verdict name other than wanted and skipped, or NULL;
 * yours. */
char *ledger_last_verdict(struct ledger *, const char *output, const char *study_uid, int *ret_received);

/* What is told of a study of this node under this output folder: its last verdict name other than skipped, or NULL; yours. */
char *ledger_standing(struct ledger *, const char *node, const char *output, const char *study_uid);

/* Each function calls fn for every row, lent for the call, in which other functions may be called; non-zero stops. */
typedef int ledger_study_fn(void *owner, const struct ledger_study *);
/* Each study once for each node, with what its last job says, by node, date and UID; a job that only passed it over counts as what was
 * said before it.  node NULL or "" is any.  Those that some job knows by a date of this range (0 = open); and those that some job has left
 * open, whatever came later. */
int ledger_studies_dated(struct ledger *, const char *node, const struct date_range *, ledger_study_fn *, void *owner, struct err *);
int ledger_studies_open(struct ledger *, const char *node, ledger_study_fn *, void *owner, struct err *);
/* The first study date that is known, 0 = none. */
int ledger_study_first(struct ledger *, const char *node, int *ret_date, struct err *);
int ledger_study_story(struct ledger *, const char *study_uid, ledger_study_fn *, void *owner, struct err *);	/* job by job */
