/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a request that has ended means: for the run, for the way studies travel together, and for each of its studies.  Pure. */
#pragma once

#include "core/transfer/attempt.h"

/* ---- for the run ---- */

struct judge_request {
	enum method method;
	const struct attempt_answer *answer;
	bool gained;			/* objects came */
	bool ordered;			/* our side ended it, or the run is ending */
	bool any_method;		/* the user leaves the method to us */
	bool get, move;			/* methods that are left */
};

enum judge_verdict {
	JUDGE_GO_ON,
	JUDGE_FAIL,			/* no other study will fare better: the run fails with the answer's words */
	JUDGE_NO_MOVE,			/* the PACS does not know our AE title as a destination: by C-GET alone from now on */
	JUDGE_OTHER_METHOD		/* the PACS does not offer this one: by the other from now on */
};

enum judge_verdict judge_request(const struct judge_request *);

/* ---- for requests of several studies ---- */

struct judge_company {
	enum form form;
	size_t count, gained;		/* studies; those of which objects came */
	int finals;
	bool whole;			/* every request had its final status */
	bool ordered;
};

struct judge_lessons {
	int list_doubts;		/* lists of studies of which one at most brought something */
	int lone_answers;		/* in a row: several requests on one association, one answer */
};

/* The form to learn for the PACS, or -1 = nothing new. */
int judge_company(struct judge_lessons *, const struct judge_company *);

/* ---- for one study ---- */

struct judge_part {
	size_t others;			/* studies of the same request */
	bool suspect;			/* it was under way when the request broke off */
	bool any_suspect;		/* one of them was */
	enum attempt_stop stop;
	bool stopping, draining;	/* of the run */
	bool listed;			/* its list is known, or not waited for */
	size_t beside;			/* associations of ours that were open when it started */
};

/* The answer as an outcome; gained, damaged, ms, sops and asked are the caller's to fill in. */
struct outcome judge_study(const struct attempt_answer *, const struct judge_part *);
/* A study failed with an error of this kind: what is said of the run when no study fared better.  ERR_NONE: the PACS is there, and
 * it is about objects.  answered: the PACS said it of its objects. */
enum err_kind judge_failure(enum err_kind, bool answered);
