/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is a list of objects to be believed?  Pure: numbers of rows go in, the worth of the list comes out (core/plan/proof.h). */
#pragma once

#include "core/plan/proof.h"

/* What is known of the lists of this PACS. */
struct list_facts {
	int cap;			/* rows at which it cuts, 0 = none is known */
	int shown;			/* most rows about one study in one answer */
	bool counts_lie;		/* its counts were too large several times in a row */
};

/* Cut at a limit, and nothing says so?  A longer answer shows that a number is none. */
bool list_may_be_cut(const struct list_facts *, int rows);
/* Of a list in one answer, or of one whose longest answer had so many rows.  warned: an answer came with FF01. */
enum proof_list list_worth(const struct list_facts *, int rows, bool warned);

/* The lists of all series of a study, one answer each. */
struct series_lists {
	int rows;			/* objects in all of them */
	int largest, as_large;		/* rows of the longest, and how many have as many */
	int of_study;			/* rows of the study's own list, -1 = it was not believed */
	int counted;			/* objects by the counts of the series, below 0 = not told */
	bool warned;
};
struct list_judgement {
	enum proof_list worth;
	int cap;			/* what is known of the PACS from now on, as in list_facts */
};
struct list_judgement series_lists_judge(const struct list_facts *, const struct series_lists *);
