/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A nightly run at work: which studies of an answer it takes up, by what it remembers of them and what lies on the disk, and what it
 * remembers for the next one. */
#pragma once

#include "core/ledger/marks.h"
#include "core/nightly/watermark.h"
#include "core/plan/plan.h"
#include "core/query/studies.h"
#include "core/session/session.h"

struct nightly_study {
	struct ledger_sync_study memory;
	bool grown;			/* it was whole once, with another number of objects */
};

struct nightly {
	struct session *session;
	struct ledger_sync memory;	/* id 0: a dry run that would be the first */
	struct watermark_days days;
	time_t now;
	long long settle_s;
	bool selecting;			/* a study may be whole with less than the PACS has of it */
	bool dry;			/* nothing is written */
	int give_up_days;		/* a study that is open for so long is given up; 0 = never */
	struct map *given_up;		/* Study Instance UIDs */
	struct nightly_study *studies;	/* one for each of the plan, once they are chosen */
	size_t count;
	char scope[65];
	size_t held, unsettled;		/* studies: nothing to do; left alone */
};

/* The digest of everything that makes one nightly run another than the next. */
void nightly_scope(const char *text, char out[65]);
/* Reads what is remembered and settles the days; memory.node, scope and what are given and lent, session has its ledger.
 * restart: forgets what is remembered.  from: 0 = not given. */
int nightly_open(struct nightly *, int lookback_days, int from, bool restart, struct err *);
void nightly_close(struct nightly *);
/* From the answers to what is to be done, oldest first: what is here as the PACS has it leaves the plan, or is skipped where its
 * last verdict is not recorded yet; what may still be in the making is skipped.  One request of the PACS for none of them. */
int nightly_choose(struct nightly *, struct plan *, struct err *);
/* Without a run: memory.node and scope are given.  From now on the study is not waited for, or is again; ERR_INPUT when the ledger knows no
 * such run, or when this run has nothing open by that UID, or did not give it up. */
int nightly_give_up(struct nightly *, const char *study_uid, int *ret_date, struct err *);
int nightly_take_up(struct nightly *, const char *study_uid, struct err *);
/* The run is over and recorded: how it ended, study by study, and the watermark, all or nothing. */
int nightly_commit(struct nightly *, const struct plan *, const struct studies_found *, struct err *);
