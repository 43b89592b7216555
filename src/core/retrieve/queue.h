/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The studies in memory: they enter in the order of the plan, are listed in groups, and leave with a verdict.
 *
 * The list of a study:
 *
 *	WANTED -> ASKED -> OVER			known, or it will not be
 *	          ASKED -> WANTED		not answered: asked for again after a pause
 */
#pragma once

#include "base/map.h"
#include "core/plan/plan.h"
#include "core/query/objects.h"
#include "core/transfer/attempt.h"
#include "core/transfer/retrieval.h"

struct queue {
	struct plan *plan;
	size_t next;			/* position in the plan of the study that enters next */
	struct map *by_uid;		/* Study Instance UID -> struct retrieval */
	struct retrieval **studies;	/* in the order of the plan */
	size_t count, room;
	bool crowded;			/* the last list was asked for while others of ours were connected */
};

void queue_init(struct queue *, struct plan *);
void queue_done(struct queue *);
struct retrieval *queue_find(const struct queue *, const char *study_uid);	/* NULL */
/* The study whose list has this object, when nothing else is known of it; NULL. */
struct retrieval *queue_find_object(const struct queue *, const char *sop);
bool queue_empty(const struct queue *);		/* and the plan has no more */

/* ---- entering and leaving ---- */

/* As many of the plan as there is room for; parts of one study one after the other. */
void queue_enter(struct queue *, const struct abilities *);
/* One that waits and needs no list, or will have none; NULL. */
struct retrieval *queue_without_list(const struct queue *, const struct abilities *);
/* Takes it out; the caller frees it. */
void queue_remove(struct queue *, struct retrieval *);
/* Its verdict into the ledger, and that it is to be told, as one. */
int queue_record(const struct queue *, struct session *, const struct plan_study *, struct err *);

/* ---- lists ---- */

/* So many of the waiting as travel in one question are ASKED from now on; 0 = it is not time.  most: room in group. */
size_t queue_ask(struct queue *, struct attempt *attempts, struct retrieval **group, size_t most);

/* How a question for a list ended. */
struct list_answer {
	enum err_kind kind;		/* ERR_NONE: the list is known, or the PACS cannot tell */
	bool running;			/* a request for the study is under way or not judged yet */
	bool excused;			/* it failed beside a request of ours: it does not count as a try */
	int tries, retries;		/* that failed before; allowed */
};
enum list_turn {
	LIST_TURN_KNOWN,		/* over, with or without objects */
	LIST_TURN_JOIN,			/* the same while the study is on its way: what came is compared with it */
	LIST_TURN_LATER,		/* asked for again */
	LIST_TURN_NONE,			/* over: it could not be asked for; the study ends when its request is judged */
	LIST_TURN_END,			/* the same, and the study ends now */
	LIST_TURN_FAIL			/* no other list will fare better */
};
enum list_turn list_judge(const struct list_answer *);
/* Judges it, and notes the state of the list in the study. */
enum list_turn queue_listed(struct queue *, struct retrieval *, struct attempt *attempts, const struct settings *, const struct err *why);
