/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the answers of a PACS to a plan: the studies that meet the conditions, completed by their series, recorded in the ledger. */
#pragma once

#include "core/plan/filter.h"
#include "core/plan/plan.h"
#include "core/search/search.h"
#include "core/session/session.h"

struct studies_found {
	long rows;
	struct filter_tally tally;	/* what the conditions checked here left out */
	int nameless;			/* answers without a usable Study Instance UID: such a study cannot be fetched */
	int nameless_first;		/* the first study date of these; 0 = none, or one of them has no date */
	int shared;			/* studies that were returned for a further patient, too */
	int asked;			/* C-FINDs for what the answers did not tell */
	struct search_result result;
};

/* Asks the PACS (in windows, when it cuts its answers) and adds the studies that meet the conditions to the plan; the others are counted. */
int studies_query(struct session *, struct plan *, const struct query *, const struct filter *, struct studies_found *, struct err *);
/* Asks the series of those studies of which a condition cannot be checked by their row, and warns of those that stay unknown. */
int studies_complete(struct session *, const struct peer *, const struct filter *, struct study *const *studies, size_t count,
		     int *ret_queries, struct err *);
/* Records a query that is not about a plan. */
void studies_record(struct session *, const struct peer *, const struct query *, const struct search_result *);
/* The answers of one more query, added to those before. */
void studies_found_add(struct studies_found *all, const struct studies_found *one);
/* "3 answers left out here: patient ID 2, study date 1"; nothing when none was. */
void studies_left_out(const struct filter_tally *, struct buf *);
