/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows of the clock: when a PACS may be asked.  "19:00-06:00", "mon-fri 19:00-06:00, sat-sun 00:00-24:00", "mon, wed 20:00-24:00".
 * All times are local.  A window over midnight belongs to the day on which it begins.  Where the clock is put forward, a time that it
 * skips is the moment of the jump; where it is put back, a time that it shows twice is the first of the two.  Pure: the moment is given. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/err.h"

#define HOURS_TEXT_MAX 400		/* characters of a text */
#define HOURS_SPANS_MAX 32

struct hours {
	struct hours_span {
		unsigned days;		/* bit 0 = Sunday ... bit 6 = Saturday */
		int from, until;	/* minutes of the day; until <= from: of the next day */
	} spans[HOURS_SPANS_MAX];
	size_t count;			/* 0 = always open */
};

/* ERR_USAGE says which part is wrong; what was in hours is then lost. */
int hours_parse(const char *text, struct hours *, struct err *);

struct hours_now {
	bool open;
	time_t closes;			/* when open; 0 = not within a week */
	time_t opens;			/* when not: the next time */
};
void hours_at(const struct hours *, time_t now, struct hours_now *);
/* "19:00" when it is today, "Friday, 2026-11-27, 19:00". */
#define HOURS_WHEN_MAX 64
void hours_when(time_t when, time_t now, char out[HOURS_WHEN_MAX]);
