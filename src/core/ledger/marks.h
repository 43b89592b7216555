/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nightly runs (core/nightly/watermark). */
#pragma once

#include <stdint.h>
#include <time.h>

#include "core/ledger/ledger.h"

struct ledger_sync {
	int64_t id;			/* 0 = this node and scope have never run */
	const char *node;		/* peer_key */
	const char *scope;		/* what tells it from other runs against the node: a digest, since conditions may name patients */
	const char *what;		/* the same for people, without patient data */
	int begun;			/* the first day ever wanted */
	int mark;			/* when told of: the last watermark, 0 = none */
};
/* Fills id and begun. */
int ledger_sync_find(struct ledger *, struct ledger_sync *, struct err *);
/* Makes it, or replaces what and begun; sets id. */
int ledger_sync_begin(struct ledger *, struct ledger_sync *, struct err *);
/* All watermarks, the earliest first; non-zero stops. */
typedef int ledger_mark_fn(void *owner, int day);
int ledger_sync_marks(struct ledger *, int64_t sync, ledger_mark_fn *, void *owner, struct err *);
int ledger_sync_mark(struct ledger *, int64_t sync, int day, struct err *);
int ledger_sync_unmark(struct ledger *, int64_t sync, int above, struct err *);		/* forgets the watermarks of later days */
int ledger_sync_prune(struct ledger *, int64_t sync, int before, struct err *);		/* forgets the studies of earlier days */

struct ledger_sync_study {
	int date;
	int count;			/* objects as the PACS said last, -1 = it does not say */
	time_t seen;			/* when it said so */
	time_t changed;			/* it last said otherwise then: the number has changed since; 0 = it never did */
	int whole;			/* count when all that was wanted of it was here; LEDGER_NEVER */
	int kept;			/* how many objects that were */
	int since;			/* the day of the first run that wanted it and did not get all of it; 0 = none is owed */
};
#define LEDGER_NEVER (-2)
/* 1 found, 0 not. */
int ledger_sync_study(struct ledger *, int64_t sync, const char *study_uid, struct ledger_sync_study *, struct err *);
int ledger_sync_study_put(struct ledger *, int64_t sync, const char *study_uid, const struct ledger_sync_study *, struct err *);

/* A study that a nightly run no longer waits for. */
struct ledger_given_up {
	const char *study_uid;
	int date;			/* of the study */
	time_t at;			/* when it was given up, and by whom */
	const char *user;
};
typedef int ledger_given_up_fn(void *owner, const struct ledger_given_up *);
int ledger_given_up(struct ledger *, int64_t sync, ledger_given_up_fn *, void *owner, struct err *);	/* by date */
int ledger_given_up_put(struct ledger *, int64_t sync, const struct ledger_given_up *, struct err *);	/* what is there stays */
int ledger_given_up_drop(struct ledger *, int64_t sync, const char *study_uid, struct err *);

typedef int ledger_sync_fn(void *owner, const struct ledger_sync *);
int ledger_syncs(struct ledger *, const char *node, ledger_sync_fn *, void *owner, struct err *);
