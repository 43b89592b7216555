/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of a run share: run.c drives and ends it, dispatch.c starts and concludes requests, run_intake.c answers the
 * intake. */
#pragma once

#include "core/query/objects.h"
#include "core/retrieve/judge.h"
#include "core/retrieve/queue.h"
#include "core/retrieve/run.h"
#include "core/transfer/attempt.h"
#include "core/transfer/echo.h"
#include "core/transfer/elsewhere.h"
#include "core/transfer/throttle.h"

enum run_ending {
	RUN_GOES_ON,
	RUN_DRAINING,			/* nothing new starts, objects in flight are finished */
	RUN_STOPPING			/* nothing new starts, tools are ended */
};

struct run_saving {
	const char *path;		/* state file, or NULL */
	int64_t next_ms;
	bool due;
};

struct run_wants {
	struct map *known;		/* Study Instance UIDs of the plan */
	struct map *left;		/* while leftovers are taken: what they may be (add_left); else NULL */
};

struct run {
	struct session *session;
	struct plan *plan;
	const struct settings *how;
	const struct run_hooks *hooks;
	void *owner;
	struct run_result *result;
	struct run_saving saving;
	char node[300];			/* peer_key */
	struct abilities means;
	struct layout *layout;
	struct staging staging;
	struct intake *intake;
	struct receiver *receiver;
	struct objects *lister;
	struct run_wants wants;
	struct queue queue;
	struct attempt *attempts;
	struct judge_lessons lessons;	/* of batches */
	struct throttle throttle;
	struct elsewhere *elsewhere;	/* moves go to a node that can be asked; else NULL */
	struct echo *echo;		/* that the throttle asked for, or NULL */
	int64_t started_ms, last_start_ms;	/* of the run, and of its last request */
	struct timer timer;
	int flushed_at;
	enum run_ending ending;
};

void run_fail(struct run *, const struct err *);	/* ends the run: nothing new starts, children get TERM */
void run_stop(struct run *);
bool run_ending(const struct run *);	/* nothing new starts */
/* A study has its verdict.  answered: by what the PACS said of its objects. */
void run_leave(struct run *, struct retrieval *, bool answered);

/* run_intake.c: what is wanted and what came. */
struct intake *run_intake(struct run *);
/* Another run is fetching studies of ours into this folder: ERR_LOCKED, or it is waited for (settings). */
int run_await_others(struct run *, struct err *);
int run_take_leftovers(struct run *, struct err *);	/* of earlier runs */

/* dispatch.c: batches start and are judged. */
bool attempts_start(struct run *);	/* one; false when nothing is due */
void attempts_lead(struct run *);	/* one, before the list that it is joined with is asked for: nothing else is under way */
bool attempts_room(const struct run *);	/* has one a slot? */
size_t attempts_busy(const struct run *);	/* that hold a slot */
void attempts_conclude(struct run *);	/* all that are over */

/* dispatch.c: how many at once, and when not at all (throttle.h). */
void throttle_begin(struct run *);
void throttle_end(struct run *);	/* keeps what was learned */
bool associations_open(struct run *);	/* may anything start now? */
bool associations_room(const struct run *);
size_t associations_used(const struct run *);
/* A request or a list is over. */
void associations_heard(struct run *, const struct err *why, struct throttle_event event);
