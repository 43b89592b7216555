/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A nightly run at work: which studies of an answer it takes up, by what it remembers of them and what lies on the disk, and what it
 * remembers for the next one. */
#pragma once

#include "core/plan.h"
#include "core/session.h"
#include "core/sync.h"
#include "core/windows.h"

struct syncing_study {
	struct ledger_sync_study memory;
	bool grown;			/* it was whole once, with another number of objects */
	bool unsettled;			/* left for another run */
};

struct syncing {
	struct session *session;
	struct ledger_sync memory;	/* id 0: a dry run that would be the first */
	struct sync_days days;
	time_t now;
	long long settle_s;
	bool selecting;			/* a study may be whole with less than the PACS has of it */
	bool dry;			/* nothing is written */
	struct syncing_study *studies;	/* one for each of the plan, once they are chosen */
	size_t count;
	char scope[65];
	size_t held, unsettled;		/* studies: nothing to do; left alone */
};

/* The digest of everything that makes one nightly run another than the next. */
void syncing_scope(const char *text, char out[65]);
/* Reads what is remembered and settles the days; memory.node, scope and what are given and lent, session has its ledger.
 * restart: forgets what is remembered.  from: 0 = not given. */
int syncing_open(struct syncing *, int lookback_days, int from, bool restart, struct err *);
void syncing_close(struct syncing *);
/* From the answers to what is to be done, oldest first: what is here as the PACS has it leaves the plan, or is skipped where its
 * last verdict is not recorded yet; what may still be in the making is skipped.  One request of the PACS for none of them. */
int syncing_choose(struct syncing *, struct plan *, struct err *);
/* The run is over and recorded: how it ended, study by study, and the watermark, all or nothing. */
int syncing_commit(struct syncing *, const struct plan *, const struct windows_result *, struct err *);
