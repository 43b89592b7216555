/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Day by day, for each node: which studies were seen, which are here, and whether anybody asked about that day at all.  Pure: it
 * is told what the ledger holds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/ledger/ledger.h"
#include "core/ledger/queries.h"
#include "core/ledger/studies.h"
#include "dicom/value.h"

enum covered {
	COVERED_NOT,			/* nobody asked, or no answer was whole */
	COVERED_PARTLY,			/* asked before the day was over */
	COVERED_WHOLE
};

struct calendar_day {
	int date;
	long seen, complete, incomplete, left;	/* studies; left: left out by a limit or a condition */
	long given_up;				/* not complete, and nobody waits for them */
	bool unfinished;			/* a limit left out one that nobody has fetched */
	enum covered covered;
};
/* "incomplete", "not covered", "partly covered", "complete": the first that applies. */
const char *calendar_state(const struct calendar_day *);

struct calendar_days {
	char *node;
	struct calendar_day *days;	/* one each from the first to the last */
};
struct calendar {
	int first, last;
	size_t days;
	struct calendar_days *nodes;
	size_t count, room;
};
#define CALENDAR_DAYS_MAX 40000

/* range: both ends known. */
int calendar_init(struct calendar *, const struct date_range *range, struct err *);
void calendar_done(struct calendar *);
void calendar_node(struct calendar *, const char *node);	/* it is shown, whatever is known of it */
void calendar_study(struct calendar *, const struct ledger_study *);
/* A question covers the days of its date range when its answer was whole, came into a run (or there was nothing), and asked for
 * nothing but dates and modalities. */
void calendar_query(struct calendar *, const struct ledger_query *);
