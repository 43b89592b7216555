/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One study's way from wanted to its verdict: which objects there are, which are here, what to ask for next.  Pure: no I/O.
 *
 *	WAITING -> LISTING -> READY -> RUNNING -> READY (next step, or the same after a pause) ... -> OVER
 *
 * The ladder: the whole study; what is missing; what is missing in another transfer syntax; by the other method; by series
 * where the PACS refuses image level; and at last in ever smaller blocks, until each object that the PACS withholds stands
 * alone with its words. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"
#include "core/plan.h"

enum retrieval_state { RETRIEVAL_WAITING, RETRIEVAL_LISTING, RETRIEVAL_READY, RETRIEVAL_RUNNING, RETRIEVAL_OVER };
enum retrieval_step { STEP_WHOLE, STEP_MISSING, STEP_SYNTAX, STEP_OTHER_METHOD, STEP_SERIES, STEP_ISOLATE, STEP_END };
enum grain { GRAIN_STUDY, GRAIN_SERIES, GRAIN_INSTANCES };

struct object {
	char *series, *sop_class, *path;	/* path relative to the output, NULL = not here */
	bool refused;				/* the PACS refused it alone */
	char *words;				/* why */
};

/* What can be used for this node in this run. */
struct means {
	bool get, move;			/* methods allowed, and for move a receiver (or a foreign destination) */
	enum method first;		/* where the ladder starts */
	bool foreign;			/* moves go to somebody else: nothing will be seen here */
};

/* What one attempt asks for, for one study. */
struct request {
	enum method method;
	const char *syntax;		/* getscu preference or NULL */
	enum grain grain;
	size_t block;			/* at most so many objects; GRAIN_INSTANCES */
};

/* How an attempt ended. */
struct outcome {
	struct err why;			/* kind ERR_NONE: the final status was success */
	bool answered;			/* a final status came: it is about objects, not about the connection */
	int completed, failed;		/* counters, -1 absent */
	int gained;			/* objects of this study that are here now and were not before */
	bool shared;			/* the request carried other studies too: blame nobody */
	bool stopped;			/* we ended it ourselves for reasons that are not the study's (interrupt, limit) */
};

struct retrieval {
	struct plan_study *in;
	enum retrieval_state state;
	struct table *objects;		/* SOP Instance UID -> struct object: all that is wanted; NULL when no list is known */
	bool listed;			/* objects is the PACS's own list, or what was asked for by name */
	int wanted, here;		/* objects in the table; here counts those with a path (without a list: all that came) */
	struct table *came;		/* without a list: what arrived */
	enum retrieval_step step;
	size_t syntax, block;
	enum method method;
	bool image_refused;		/* the PACS refuses image-level retrieval */
	bool asked;			/* the PACS has been asked at least once */
	int tries;			/* transient failures in a row */
	int parks;			/* how often a NEARLINE study was left for later */
	int idle;			/* attempts in a row that gained nothing */
	int64_t not_before;		/* clock_ms() time of the next try, 0 = now */
	size_t batch_max;		/* travels with at most so many others; 1 = alone */
	struct err why;			/* the last thing that went wrong */
	int conflicts, damaged;
	char uid[130];			/* Study Instance UID, trimmed */
};

void retrieval_init(struct retrieval *, struct plan_study *, const struct means *);
void retrieval_done(struct retrieval *);
/* The PACS lists this object (false: it was known, or is not among those asked for). */
bool retrieval_list(struct retrieval *, const char *series, const char *sop, const char *sop_class);
/* Forgets the list: a partial one proves nothing. */
void retrieval_unlist(struct retrieval *);
/* An object is here under path; returns true when it is wanted and new. */
bool retrieval_have(struct retrieval *, const char *series, const char *sop, const char *sop_class, const char *path);
/* True when nothing more needs to come. */
bool retrieval_whole(const struct retrieval *);
int retrieval_missing(const struct retrieval *);	/* -1 = nobody knows */
/* All is listed, or will not be: where the ladder starts.  trust says how much asking was worth. */
void retrieval_ready(struct retrieval *, const struct means *);
/* What to ask for now. */
void retrieval_request(const struct retrieval *, const struct means *, struct request *);
/* The objects a request for instances names: of one series, missing, not refused; at most block. */
size_t retrieval_block(const struct retrieval *, const struct request *, const char **sops, size_t room, const char **ret_series);
/* After an attempt: READY with the next step and pause, or OVER with a verdict. */
void retrieval_after(struct retrieval *, const struct means *, const struct outcome *, const struct settings *how, int64_t now_ms);
/* Ends it where it stands (nothing more can be tried): the verdict from what is here. */
void retrieval_end(struct retrieval *, const struct means *);
/* "C-GET study", "C-MOVE 12 instances": for people and the ledger. */
void request_name(const struct request *, size_t studies, char out[64]);
