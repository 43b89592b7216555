/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The selection carried out: asks the PACS for the series of each wanted study and for the objects of the series that matter, and
 * writes into the plan what is to be taken. */
#pragma once

#include "core/plan/dose.h"
#include "core/plan/plan.h"
#include "core/session/session.h"

#define SELECTION_MEMBER "selection"	/* of plan_study.extra: what was taken and why; travels with the state file */

struct dose_plan_result {
	int queries;			/* C-FINDs sent */
	size_t taken, left;		/* studies; left ones are skipped with the reason */
	size_t failed;			/* among them those of which the PACS would not tell the series */
};

/* Each wanted study either gets its series or objects, or is skipped.  -1 when the PACS could not be asked, or we were stopped. */
int dose_plan_plan(struct session *, struct plan *, const struct dose_rules *, struct dose_plan_result *, struct err *);
/* "CT: Radiation Dose SR; 1 of 1,203 objects", or why it was left out; "" when nothing was selected. */
const char *dose_plan_words(const struct plan_study *);
