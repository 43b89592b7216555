/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The account of a batch: one row for each line of its file, with what it asked for, what was found, and what came of it.  It travels
 * with the plan (a member of the state file), so that whoever carries the plan on writes it anew. */
#pragma once

#include "core/ledger/ledger.h"
#include "core/plan/plan.h"

enum account_outcome { ACCOUNT_UNASKED, ACCOUNT_ERROR, ACCOUNT_NONE, ACCOUNT_FOUND, ACCOUNT_SEVERAL, ACCOUNT_OUTCOMES };

/* One line.  cells and uids are lent. */
struct account_line {
	long line;
	const char *const *cells;
	size_t count;
	enum account_outcome outcome;
	const char *uids;		/* of the studies, a blank between two */
	const char *reason;		/* "" = nothing to say */
};

/* Begins the account of a plan.  path: where account_write puts it, NULL = nowhere; made absolute. */
void account_begin(struct plan *, const char *path, const char *const *columns, size_t count);
void account_add(struct plan *, const struct account_line *);
/* Has this plan an account? */
bool account_is_kept(const struct plan *);
/* As CSV.  The folders of its files are looked up in the ledger, which may be NULL. */
int account_text(const struct plan *, struct ledger *, struct buf *out, struct err *);
/* ... into its file; nothing when the plan has no account, or it no file. */
int account_write(const struct plan *, struct ledger *, struct err *);
/* "302 lines: 300 studies, 1 not found, 1 named twice". */
void account_summary(const struct plan *, struct buf *out);
