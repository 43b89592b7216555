/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of a run share. */
#pragma once

#include "core/query/objects.h"
#include "core/retrieve/attempt.h"
#include "core/retrieve/echo.h"
#include "core/retrieve/judge.h"
#include "core/retrieve/run.h"
#include "core/retrieve/throttle.h"

struct run {
	struct session *session;
	struct plan *plan;
	const struct settings *how;
	const struct run_hooks *hooks;
	void *owner;
	struct run_result *result;
	const char *state_path;
	char node[300];			/* peer_key */
	struct abilities means;
	struct layout *layout;
	struct staging staging;
	struct intake *intake;
	struct receiver *receiver;
	struct objects *lister;
	struct map *known;		/* Study Instance UIDs of the plan */
	struct map *left;		/* while leftovers are taken: what they may be (left_key) */
	struct map *by_uid;		/* Study Instance UID -> struct retrieval, those in the window */
	struct retrieval **active;	/* the window, in the order of the plan */
	size_t active_count, active_room;
	size_t next;			/* next study of the plan to enter */
	struct attempt *attempts;
	struct judge_lessons lessons;	/* of batches */
	struct throttle throttle;
	struct echo *echo;		/* that the throttle asked for, or NULL */
	bool list_crowded;		/* the last list was refused while others of ours were connected */
	int64_t last_start_ms, started_ms, next_save_ms;
	struct timer timer;
	int flushed_at;
	bool stopping, taking_leftovers, save_due;
	bool draining;			/* nothing new starts, objects in flight are finished */
	int hooks_before, hooks_failed_before;
};

void run_fail(struct run *, const struct err *);	/* ends the run: nothing new starts, children get TERM */
void run_stop(struct run *);
bool run_ending(const struct run *);	/* one or the other: nothing new starts */

/* run_window.c: studies enter, are listed, leave. */
void window_enter(struct run *);
void window_list(struct run *);		/* starts as many lists as there is room for */
void window_leave(struct run *, struct retrieval *);
void window_listed(void *owner, struct retrieval *, const struct err *why);		/* objects_fn */
void window_heard(void *owner, const struct err *why, int64_t started_ms);		/* objects_heard_fn */

/* run_attempts.c: batches are made, start and are judged. */
bool attempts_start(struct run *);	/* one; false when nothing is due */
void attempts_lead(struct run *);	/* one, before the list that it is joined with is asked for: nothing else is under way */
bool attempts_room(const struct run *);	/* has one a slot? */
size_t attempts_busy(const struct run *);	/* that hold a slot */
void attempts_conclude(struct run *);	/* all that are over */
struct attempt *attempts_of(const struct run *, const struct retrieval *);

/* dispatch.c: how many at once, and when not at all (throttle.h). */
void throttle_begin(struct run *);
void throttle_end(struct run *);	/* keeps what was learned */
bool associations_open(struct run *);	/* may anything start now? */
bool associations_room(const struct run *);
size_t associations_used(const struct run *);
/* A request or a list is over. */
void associations_heard(struct run *, const struct err *why, struct throttle_event event);
