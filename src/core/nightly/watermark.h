/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the nightly run decides: which days to ask for, which studies to leave alone, and how far its watermark moves.  Pure: it is
 * told the time and what the ledger remembers.
 *
 * The watermark is the last day up to which everything is here.  It moves over whole past days alone, and never over one of
 * which something was not answered whole, is not here, or was left for later: that day is asked for again, however long it
 * takes.  So a gap is closed by the next run that gets through, whatever made it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* Days are dates as dicom/value has them (20240131), of the local time zone, as those of studies are. */
struct watermark_past {
	int begun;			/* the first day that was ever wanted; 0 = this is the first run */
	const int *marks;		/* all watermarks there were, in any order */
	size_t count;
};

struct watermark_days {
	int from, until;		/* to be asked for; until is today */
	int mark;			/* the watermark that holds, 0 = none */
	int doubtful;			/* a watermark that lies in the future: the clock was wrong then, or is now; 0 = none */
	int begun;			/* what the first day that was ever wanted is from now on */
	bool first;			/* nothing was known, and nobody said where to begin */
	bool settled;			/* what this run finds may be remembered: the clock is not out of its mind */
};

/* from: what the user said, 0 = nothing; it counts until there is a watermark. */
void watermark_days(const struct watermark_past *, int today, int lookback_days, int from, struct watermark_days *);
/* Days that a duration reaches back: 90 minutes are one day. */
int watermark_lookback(long long seconds);

/* Of the days, the first that is not whole: notes that this one is not (0, or one outside: all of them). */
void watermark_spoil(const struct watermark_days *, int *first_bad, int day);
/* The watermark after a run; first_bad 0 = none was.  0 = still none. */
int watermark_mark(const struct watermark_days *, int first_bad);

/* Why a study may still be in the making, or NULL.  Made at that second of the day (-1 = not known: the last); changed: its number of
 * objects has changed after that, 0 = never. */
const char *watermark_unsettled(time_t now, long long settle_s, int date, int second, time_t changed);
