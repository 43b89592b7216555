/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Telling others: --on-study runs a program for each study that has news, one after the other, beside the transfers; --on-finish one at
 * the end.
 *
 * News is a verdict reached with at least one new object, or another verdict than the last one.  A study is owed from before its first
 * new object is published, in the ledger, until a program has ended well for it: so what we were killed over, and what failed, is told
 * by the next run with --on-study into the same folder, and what was told is not told again. */
#pragma once

#include "core/ledger/studies.h"
#include "core/plan/plan.h"
#include "core/session/session.h"

struct notify;

/* From here on the session tells of studies, when the settings name a program; twice is harmless. */
void notify_open(struct session *, const struct settings *);
void notify_free(struct notify *);

/* These do nothing when nobody is told (NULL). */

/* Objects of these studies are about to be published. */
int notify_publishing(struct notify *, const char *const *studies, size_t count, struct err *);
/* A verdict is about to be recorded, in the transaction of the caller. */
int notify_verdict(struct notify *, const struct ledger_study *, struct err *);
/* ... which is committed: starts the next program when none is running. */
void notify_next(struct notify *);
/* Waits until all is told.  An interrupt ends it with what is running. */
int notify_wait(struct notify *, struct err *);
/* The same, and what earlier runs owe. */
int notify_rest(struct notify *, struct err *);
/* Must this study be visited although it is here?  Its program is owed, and no verdict was reached when it was published. */
bool notify_wants(struct session *, const struct settings *, const char *study_uid);

/* Runs the program of --on-finish and waits for it.  state_path may be NULL. */
struct notify_end {
	const char *command, *state_path;
	int status;			/* exit status as it stands */
	const struct plan *plan;
};
int notify_finish(struct session *, const struct settings *, const struct notify_end *, struct err *);
