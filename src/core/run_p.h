/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of a run share. */
#pragma once

#include "core/attempt.h"
#include "core/lister.h"
#include "core/run.h"

struct run {
	struct session *session;
	struct plan *plan;
	const struct settings *how;
	const struct run_hooks *hooks;
	void *owner;
	struct run_result *result;
	const char *state_path;
	struct means means;
	struct layout *layout;
	struct staging staging;
	struct intake *intake;
	struct receiver *receiver;
	struct lister *lister;
	struct table *known;		/* Study Instance UIDs of the plan */
	struct table *by_uid;		/* Study Instance UID -> struct retrieval, those in the window */
	struct retrieval **active;	/* the window, in the order of the plan */
	size_t active_count, active_room;
	size_t next;			/* next study of the plan to enter */
	struct attempt *attempts;
	size_t attempt_count;
	long long width;		/* requests at once, now */
	int successes, failures, breaker_tries;
	int64_t breaker_until, last_start_ms, started_ms, next_save_ms;
	struct timer timer;
	int flushed_at;
	bool stopping, taking_leftovers, save_due;
};

void run_fail(struct run *, const struct err *);	/* ends the run: nothing new starts, children get TERM */
void run_stop(struct run *);
void run_count_outcome(struct run *, const struct attempt *, int gained);
void run_count_failure(struct run *, const struct err *);
