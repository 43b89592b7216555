/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of queries.  Each function calls fn for every row, lent for the call, in which other functions may be called; non-zero stops. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "core/ledger/ledger.h"

struct ledger_query {
	int64_t job;			/* 0 = none */
	const char *node, *level, *model;
	const char *keys;		/* names of the matching keys, values only when they are no patient data (dates, modality, UIDs) */
	time_t at;
	int64_t ms;
	int rows, status;		/* DIMSE status, -1 none */
	const char *comment, *user;
	bool cut;
	int64_t id;			/* when told of */
};
int ledger_query_add(struct ledger *, const struct ledger_query *, struct err *);

/* node NULL or "" is any; at most limit rows when it is above 0. */
typedef int ledger_query_fn(void *owner, const struct ledger_query *);
int ledger_queries(struct ledger *, const char *node, int limit, ledger_query_fn *, void *owner, struct err *);	/* the last first */
int ledger_queries_since(struct ledger *, const char *node, time_t since, ledger_query_fn *, void *owner, struct err *);	/* the first first */
/* Those that the jobs of a study asked, and those that named it; the first first. */
int ledger_queries_of(struct ledger *, const char *study_uid, ledger_query_fn *, void *owner, struct err *);
