/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What programs are to be told (core/tell/notify).  A study is owed from before its first new object is published until the program
 * has ended well. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "core/ledger/ledger.h"

struct ledger_owed {
	const char *output, *study_uid, *node;
	int64_t job;			/* that owes it */
	const char *verdict;		/* "" = none has been reached: there is nothing to tell yet */
	int expected, received;
	/* When told of: */
	int tries;			/* failed ones, since the verdict */
	int64_t serial;			/* of this news; another when there was more meanwhile */
	bool alive;			/* the job runs, and will see to it */
};
int ledger_owe(struct ledger *, const struct ledger_owed *, struct err *);	/* key: output, study_uid */
typedef int ledger_owed_fn(void *owner, const struct ledger_owed *);
/* As below: fn is called with each, lent; those of one output, the least tried first. */
int ledger_owed(struct ledger *, const char *output, const char *study_uid, ledger_owed_fn *, void *owner, struct err *);
int ledger_owed_all(struct ledger *, const char *output, ledger_owed_fn *, void *owner, struct err *);
int ledger_owed_of(struct ledger *, const char *study_uid, ledger_owed_fn *, void *owner, struct err *);	/* in any output */
/* It was told, well or not; what was owed again meanwhile stays owed. */
struct ledger_hook {
	int64_t job;
	const char *study_uid, *verdict, *program;
	time_t at;
	int64_t ms;
	int exit_status;		/* -1 = it did not end by itself */
	const char *words;		/* "" = it ended well */
};
int ledger_told(struct ledger *, const struct ledger_owed *, const struct ledger_hook *, struct err *);
int ledger_owed_drop(struct ledger *, const struct ledger_owed *, struct err *);	/* there is nothing left to tell of */
typedef int ledger_hook_fn(void *owner, const struct ledger_hook *);
int ledger_hooks(struct ledger *, const char *study_uid, ledger_hook_fn *, void *owner, struct err *);
