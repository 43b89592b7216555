/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One study's way from wanted to its verdict: which objects there are, which are here, what to ask for next.  Pure: no I/O.
 *
 *	WAITING -> READY -> RUNNING -> READY (next step, or the same after a pause) ... -> OVER
 *
 * It waits for its list.  A study of which nothing is here may be asked for as a whole meanwhile (WAITING -> RUNNING): its list is
 * joined with what came before anything is judged.
 *
 * The ladder: the whole study; what is missing, by lists of SOP Instance UIDs (or a query file for each, where lists are
 * refused); by series where the PACS refuses image level; all that by the other method, and by C-GET in other transfer
 * syntaxes; and at last object by object, until each one that the PACS withholds stands alone with its words.  Without a list
 * of objects there are only whole studies to ask for. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "core/node/abilities.h"
#include "core/plan/plan.h"
#include "core/plan/proof.h"

enum retrieval_state { RETRIEVAL_WAITING, RETRIEVAL_READY, RETRIEVAL_RUNNING, RETRIEVAL_OVER };
enum retrieval_list { LIST_WANTED, LIST_ASKED, LIST_OVER };	/* over: known, or it will not be */
enum retrieval_step {
	STEP_WHOLE,			/* the study, or the series that was asked for */
	STEP_MISSING,			/* the objects that are missing, by name */
	STEP_SERIES,			/* the series that lack objects */
	STEP_AGAIN,			/* the study once more: without a list, or when nothing smaller is answered */
	STEP_ISOLATE,			/* the objects that are missing, each in a request of its own on one association */
	STEP_END
};
enum grain { GRAIN_STUDY, GRAIN_SERIES, GRAIN_INSTANCES };

#define RETRIEVAL_BLOCK 100		/* most SOP Instance UIDs in one request */

struct object {
	char *series, *sop_class, *path;	/* path relative to the output, NULL = not here */
	bool refused;				/* asked for in every way, the PACS does not send it */
	int strikes;				/* how often the association broke at it */
	int pass;				/* ... when it was refused */
	char *words;				/* why */
};

/* What one attempt asks for, for one study. */
struct request {
	enum method method;
	const char *syntax;		/* getscu preference or NULL */
	enum grain grain;
	enum form form;			/* how several studies, series or objects are named */
	size_t block;			/* at most so many objects; GRAIN_INSTANCES */
};

/* How an attempt ended. */
struct outcome {
	struct err why;			/* kind ERR_NONE: success was said */
	bool answered;			/* every request had its final status: it is about objects, not about the connection */
	int status;			/* the last final status, -1 none */
	int finals;			/* requests that had their final status */
	int completed, failed;		/* counters, -1 absent */
	int gained;			/* objects of this study that are here now and were not before */
	int damaged;			/* objects of it that came damaged */
	int claimed;			/* sub-operations of all kinds by the counters of the PACS, of all studies of the request; -1 absent */
	int placed, repeated;		/* objects of this study that came, each time they came; those that were here by then */
	int lost;			/* of those claimed, objects that did not come */
	bool lost_known;		/* ... and the lists of its studies tell which */
	int64_t ms;			/* how long it took */
	const char *const *sops;	/* the objects it named, in the order of the requests */
	size_t asked;
	size_t shared;			/* how many other studies the request carried: blame nobody */
	bool suspect;			/* ... but it broke while this study was under way */
	bool blind;			/* ... and it broke without a suspect */
	bool crowded;			/* refused while others of ours were connected: no fault of the study */
	bool overtime;			/* the study has used up its time */
	bool stopped;			/* we ended it ourselves for reasons that are not the study's (interrupt, limit) */
};

/* What speaks for or against the list and the counts (proof.h). */
struct retrieval_seen {
	enum proof_list list;
	bool by_series;			/* the list was made of the lists of its series */
	int series_sum;			/* objects by the counts of its series, -1 unknown */
	int claimed;			/* objects by the counters of sub-operations, -1 unknown */
	enum proof_transfer transfer;
	int well_here;			/* objects that were here when a request for all of it had ended well */
	bool short_together;
	enum proof_past past;
	int asked_again;
	struct map *named;		/* SOP Instance UIDs of lists that could not be believed; NULL none */
	bool frugal;			/* nothing may be asked for but what is known to be missing: a limit on objects */
};

struct retrieval {
	struct plan_study *in;
	enum retrieval_state state;
	enum retrieval_list list;
	bool list_first;		/* nothing may be asked for before the list is over */
	int list_tries;
	int64_t list_not_before;	/* clock_ms() time of the next question */
	struct err list_why;		/* it could not be asked, in the end */
	struct map *objects;		/* SOP Instance UID -> struct object: all that is wanted; NULL when no list is known */
	bool listed;			/* objects is the PACS's own list, or what was asked for by name */
	int wanted, here;		/* objects in the table; here counts those with a path (without a list: all that came) */
	struct map *came;		/* without a list: what arrived */
	struct map *more;		/* with a list: what arrived and is not on it */
	bool relisted;			/* it was asked for once more because of that */
	bool unknown;			/* the PACS does not know the study when asked for it */
	int told;			/* objects by the counts of the PACS, -1 unknown */
	enum retrieval_step step;
	struct way base, way;		/* where the ladder starts, where it is */
	struct way best;		/* that brought something last */
	int pass;			/* how often the ladder began anew, for other objects */
	bool other_tried;		/* the other method had its turn */
	size_t syntaxes_tried;		/* in a row, without gain */
	bool get_failures;		/* C-GET failed for single objects: another syntax may help */
	enum form company;		/* how it travels with other studies */
	enum form images;		/* how its objects are named */
	bool image_refused;		/* the PACS refuses image level */
	bool form_refused;		/* ... and says that it is the form of the request */
	bool image_works;		/* single objects came when asked for by name */
	bool asked;			/* the PACS has been asked at least once */
	int tries;			/* in a row: refused for now, broken off, or nothing at all came */
	bool backwards;			/* names objects from the end: something in front breaks the association */
	int alike, alike_status;	/* single objects that failed in a row with this status */
	int parks;			/* how often a NEARLINE study was left for later */
	int64_t not_before;		/* clock_ms() time of the next try, 0 = now */
	int64_t spent_ms;		/* of its time (--study-timeout) */
	size_t batch_max;		/* travels with at most so many others; 1 = alone */
	struct err why;			/* the last thing that went wrong */
	int conflicts, damaged;
	int placed, repeated;		/* objects of it that came, each time they came; those that were here by then */
	struct retrieval_seen seen;
	char uid[130];			/* Study Instance UID, trimmed */
};

void retrieval_init(struct retrieval *, struct plan_study *, const struct abilities *);
void retrieval_done(struct retrieval *);
/* The PACS lists this object (false: it was known, or is not among those asked for). */
bool retrieval_list(struct retrieval *, const char *series, const char *sop, const char *sop_class);
/* Forgets the list: a partial one proves nothing.  What it named is kept, to be missed. */
void retrieval_unlist(struct retrieval *);
/* What was listed is the list, and worth so much; by_series: of the lists of its series. */
void retrieval_believe(struct retrieval *, enum proof_list worth, bool by_series);
/* The counts of its series. */
void retrieval_count_series(struct retrieval *, int objects);
/* An object is here under path; returns true when it is wanted and new. */
bool retrieval_have(struct retrieval *, const char *series, const char *sop, const char *sop_class, const char *path);
/* An object of the study came that is not on the list (or it is, or the list is our own: nothing happens). */
void retrieval_surplus(struct retrieval *, const char *series, const char *sop);
/* An object came and was no good.  again: the same bytes came before; it is not asked for again in this way. */
void retrieval_damaged(struct retrieval *, const char *sop, const char *reason, bool again);
/* True when nothing more needs to come. */
bool retrieval_whole(const struct retrieval *);
/* True when that is proven, or no request would prove more (proof.h). */
bool retrieval_settled(const struct retrieval *);
struct proof retrieval_proof(const struct retrieval *);
int retrieval_missing(const struct retrieval *);	/* -1 = nobody knows */
bool retrieval_nearline(const struct retrieval *);	/* the PACS says that it must be recalled first */
/* All that is known to be missing has come, and one more request for all of it shall prove that this is all. */
void retrieval_ask_again(struct retrieval *);
/* All is listed, or will not be, or is not waited for: where the ladder starts; STEP_END when nothing can be asked for. */
void retrieval_ready(struct retrieval *, const struct abilities *);
/* The list is over while the study is on its way: what came so far is compared with it. */
void retrieval_join(struct retrieval *, const struct abilities *);
/* Begins anew with what is left when its method was lost (abilities_lose). */
void retrieval_redirect(struct retrieval *, const struct abilities *);
/* What to ask for now. */
void retrieval_request(const struct retrieval *, struct request *);
/* The objects a request for instances names: of one series, missing, not refused; at most block. */
size_t retrieval_block(const struct retrieval *, const struct request *, const char **sops, size_t room, const char **ret_series);
/* The series that lack objects. */
size_t retrieval_series(const struct retrieval *, const char **uids, size_t room);
/* After an attempt: READY with the next step and pause, or OVER with a verdict.  What it taught is noted in the means. */
void retrieval_after(struct retrieval *, struct abilities *, const struct outcome *, const struct settings *how, int64_t now_ms);
/* Everything on the list is here, but more came: the list may have been cut, or have grown.  It is WAITING for a new one, once. */
bool retrieval_relist(struct retrieval *);
/* The new one has not all that came, either. */
bool retrieval_list_cut(const struct retrieval *);
/* Ends it where it stands (nothing more can be tried): the verdict from what is here. */
void retrieval_end(struct retrieval *, const struct abilities *);
/* "C-GET of study", "C-MOVE of 3 studies": for people and the ledger. */
void request_name(const struct request *, size_t studies, char out[64]);
