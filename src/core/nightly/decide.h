/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a nightly run does with one study of an answer, and what it remembers of it at its end.  Pure: it is told what the ledger
 * remembers, what lies on the disk, and the time. */
#pragma once

#include "core/ledger/marks.h"
#include "core/plan/plan.h"

enum nightly_act {
	NIGHTLY_LEAVE,			/* it leaves the plan: what is recorded of it holds */
	NIGHTLY_SKIP,			/* it is recorded as skipped, for that reason */
	NIGHTLY_TAKE			/* it is fetched, or looked at by its list */
};

struct nightly_facts {
	struct ledger_sync_study memory;	/* count is what the PACS says now */
	int here;			/* objects of it that lie here; -1 = they are somewhere else */
	bool last_good;			/* the verdict that stands for it is a good one, or there is none */
	bool given_up;			/* it is no longer waited for */
	bool owed;			/* a program must be told of it, and only a visit brings the verdict */
	bool force;			/* all is fetched anew */
	bool selecting;			/* it may be whole with less than the PACS has of it */
	int second;			/* of the day on which it was made; -1 unknown */
	time_t now;
	long long settle_s;
};

struct nightly_choice {
	enum nightly_act act;
	enum skip skip;			/* of NIGHTLY_SKIP */
	const char *why;		/* of SKIP_SETTLING; static text */
};

/* Can the study be passed over without a request, should its objects be here?  Then they are to be counted. */
bool nightly_may_stand(const struct nightly_facts *);
struct nightly_choice nightly_decide(const struct nightly_facts *);

enum nightly_end {
	NIGHTLY_DONE,			/* nothing more is wanted of it as the PACS has it now */
	NIGHTLY_GIVEN_UP,		/* it is no longer waited for */
	NIGHTLY_LATER,			/* left for another run: by a limit, by --settle, or never begun */
	NIGHTLY_OPEN			/* tried, and not all of it came */
};
enum nightly_end nightly_end_of(const struct plan_study *);

/* What is remembered of a study that was done, or not, on this day. */
struct nightly_how {
	bool selecting, elsewhere;
	int today;
};
void nightly_remember(struct ledger_sync_study *, const struct plan_study *, enum nightly_end, const struct nightly_how *);
/* Has it been open for so many days that it is given up?  days 0 = never. */
bool nightly_too_long(const struct ledger_sync_study *, int today, int days);
