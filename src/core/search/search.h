/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study-level query that comes back whole: when the PACS cuts its answer, the same is asked in windows of days, inside one day in
 * windows of time, inside one second by modality, until each answer is whole; rows are merged by Study Instance UID.  Ends
 * with a statement of what is covered, or which window could not be made whole. */
#pragma once

#include <stdbool.h>
#include <time.h>

#include "core/search/find.h"
#include "core/session/session.h"

struct search_result {
	struct err why;			/* kind ERR_NONE: asked as far as possible (whole tells); else nothing was had */
	time_t began;			/* when it was asked: of a day that was not over then more may be to come */
	bool whole;			/* every window was answered whole */
	int first_missed;		/* the first day of what was not; 0 = there is none, or it has no bound */
	int queries, cut, failed;	/* C-FINDs sent; answers that were cut; windows that could not be asked */
	int assured;			/* C-FINDs that only made sure of an answer: it was whole */
	long rows;			/* different studies delivered */
	long repeated;			/* answers for a study that had been delivered */
	int shared;			/* studies that were delivered for a further Patient ID */
	int cap;			/* rows at which the PACS cuts, as far as seen; 0 = none seen */
	bool keys_ignored;
	char statement[400];		/* "20240101 to 20240131 covered in 12 queries, none cut" and so on */
	struct find_result last;	/* of the last C-FIND */
};

struct search_hooks {
	void (*row)(void *owner, struct dataset *row);	/* each pair of Patient ID and study once */
	void (*done)(void *owner, const struct search_result *);
};

struct search;

/* query: at the study level windows are used, at other levels it is asked once.  retries, wait_s: for a window that fails. */
struct search *search_start(struct session *, const struct peer *, const struct query *, long long retries, long long wait_s,
			      const struct search_hooks *, void *owner, struct err *);
void search_stop(struct search *);		/* done() still comes */
/* So many rows may be where a PACS stops without a word; shown: that many were seen to be all. */
bool search_may_be_limit(int rows, int shown);
