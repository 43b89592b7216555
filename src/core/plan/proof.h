/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What proves that a study is complete, what speaks against it, and the verdict that follows (docs/proof.md).  Pure.
 *
 * A list proves that nothing is missing when nothing contradicts it, and when something else agrees with it, or when it ends at a
 * number that nobody sets as a limit.  What contradicts it is settled by one more request for all of the study, or lowers the
 * verdict. */
#pragma once

#include <stdbool.h>

#include "core/plan/plan.h"

/* The worth of the list of objects. */
enum proof_list {
	PROOF_LIST_NONE,		/* the PACS tells none that could be believed */
	PROOF_LIST_DOUBTFUL,		/* an answer ended at a number that may be a limit, or with a warning */
	PROOF_LIST_PLAIN,		/* at a number that nobody sets */
	PROOF_LIST_CONFIRMED,		/* smaller questions brought the same */
	PROOF_LIST_NAMED		/* the user, or a limit, named the objects: nothing else is wanted */
};

/* How the requests for all of the study ended, those for single series or objects aside. */
enum proof_transfer {
	PROOF_TRANSFER_NONE,		/* there was none, or it was refused */
	PROOF_TRANSFER_BROKE,		/* none ended well */
	PROOF_TRANSFER_WELL		/* the last: success, and as many objects came as were counted */
};

/* What earlier runs made of the study. */
enum proof_past {
	PROOF_PAST_UNKNOWN,
	PROOF_PAST_COMPLETE,		/* with as many objects as are here */
	PROOF_PAST_BAD,			/* the same, but not */
	PROOF_PAST_UNFINISHED		/* the last one came to no verdict: what is here may be of a transfer that was interrupted */
};

/* Objects of the study (or of the series asked for) are counted. */
struct evidence {
	int here;			/* on the disk; at least 1 */
	enum proof_list list;
	int lacking;			/* on the list and not here */
	int unlisted;			/* here and not on the list */
	int named;			/* not here, and named by a list that could not be believed */
	int count;			/* the largest count that was told, -1 none */
	bool same_answers;		/* the list was made of the answers that hold the count */
	int claimed;			/* by the counters of sub-operations, -1 unknown */
	enum proof_transfer transfer;
	bool short_together;		/* a request for several studies brought less than it counted, and nobody knows of which */
	enum proof_past past;
	int asked_again;		/* requests that were sent for the sake of the proof */
};

/* What stands against "complete". */
enum proof_against {
	AGAINST_NOTHING,
	/* something is missing, or may be: */
	AGAINST_LACKING,		/* objects of the list */
	AGAINST_NAMED,
	AGAINST_COUNT,			/* it is larger */
	AGAINST_COUNTERS,
	AGAINST_TOGETHER,
	AGAINST_ENDING,			/* no request for all of it ended well, and nothing else tells */
	AGAINST_PAST,			/* an earlier run called as many objects incomplete */
	/* nothing speaks of missing objects, but the proof does not suffice: */
	AGAINST_UNLISTED,		/* the list was cut */
	AGAINST_LIMIT,			/* the list may have been cut */
	AGAINST_LOW_COUNT,		/* no list, and the count is too small */
	AGAINST_NO_LIST
};

struct proof {
	enum verdict verdict;		/* complete, by count, unverified, incomplete */
	enum proof_against against;
};

struct proof proof_judge(const struct evidence *);
/* May one more request for all of the study settle it?  Never when objects of the list are missing: those are asked for by name. */
bool proof_is_worth_a_request(const struct evidence *);
/* What stands against it, as part of a sentence; NULL for nothing, and for objects that the list tells.  Yours. */
char *proof_words(const struct evidence *, enum proof_against);
