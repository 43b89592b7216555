/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Carries a plan out: lists, requests, N at a time, retries, the ladder, intake, verdicts; leaves ledger and state file consistent
 * at every moment. */
#pragma once

#include <stdbool.h>

#include "core/plan/plan.h"
#include "core/session/session.h"

struct run_progress {
	size_t studies_done, studies;	/* of those wanted */
	long long objects;		/* arrived in this run */
	long long objects_expected;	/* of the whole plan, -1 unknown */
	long long bytes;
	int64_t elapsed_ms;
	size_t running, waiting;	/* requests under way; studies that wait for another try */
};

struct run_hooks {
	void (*study_over)(void *owner, const struct plan_study *, const struct run_progress *);
	void (*progress)(void *owner, const struct run_progress *);	/* several times a second; may be NULL */
};

struct run_result {
	struct err fatal;		/* what ended the run before its time; kind NONE = nothing did */
	struct err last;		/* the last thing that went wrong with a study that failed; kind NONE = it was about its objects */
	const char *limit;		/* the limit that ended it ("--max-bytes"), or that the plan was cut by; NULL = none */
	bool interrupted;
	struct run_progress progress;
	int requests, queries;		/* retrievals and C-FINDs sent */
	int duplicates, conflicts, damaged, foreign;
	size_t strangers;		/* connections turned away */
	int hooks, hooks_failed;	/* programs told of studies; of them those that did not end well */
};

/* state_path NULL: no state file.  Returns 0 whenever the plan was carried out as far as it could be (the verdicts and the
 * result tell); -1 when it could not even begin. */
int run_plan(struct session *, struct plan *, const char *state_path, const struct run_hooks *, void *owner, struct run_result *,
	     struct err *);
