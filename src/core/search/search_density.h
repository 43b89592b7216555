/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many studies a day or an hour has, learned from answers that were whole; and from that, how long a range may be so that its
 * answer is whole.  Nothing is asked here. */
#pragma once

#include "core/search/range.h"
#include "dicom/dataset.h"

/* When a study was made. */
struct stamp {
	int day, second;		/* 20240131; of the day, -1 unknown */
};

/* Those of one answer. */
struct stamps {
	struct stamp *at;		/* sorted once the answer is in */
	size_t count, room;
	int timeless, dateless;		/* rows without a Study Time, a Study Date */
};

void stamps_clear(struct stamps *);
void stamps_add(struct stamps *, const struct dataset *row);
void stamps_sort(struct stamps *);
/* Days from the first stamp to the last. */
int stamps_days(const struct stamps *);

#define CLOCK_BINS 96
#define BIN_S (DAY_S / CLOCK_BINS)

struct density {
	double per_day, per_second;	/* rows, of the last slices that were whole; 0 = unknown */
	int step_days, step_seconds;	/* last length of a slice */
	int empty;			/* answers in a row without a study */
	double weekday[7];		/* rows of a day, Monday first; -1 unknown */
	long clock[CLOCK_BINS], clock_rows;	/* rows over the day */
	long part[CLOCK_BINS];		/* of the day that is asked in ranges of time, until it is over */
	int counted_day;		/* this day */
	long counted_rows;		/* its rows up to now */
	double surge;			/* it has so many times the rows that were expected of it */
	double predicted;		/* rows of the current range; 0 = nothing was expected */
	int answerable;			/* rows that one answer can hold, as far as seen; 0 = unknown */
};

void density_begin(struct density *);
/* An answer to this range was whole. */
void density_learn(struct density *, const struct range *, const struct stamps *, int rows);
/* An answer to this range was cut: its seen stamps tell the density around them; without them what was learned is doubted. */
void density_learn_days(struct density *, const struct stamps *);
void density_learn_seconds(struct density *, const struct stamps *);
void density_forget(struct density *, const struct range *);
void density_learn_busy(struct density *, const struct range *whole_day);
/* Rows of one day, by those of its day of the week, else by any; 0 = unknown. */
double density_expect(const struct density *, int day);
/* Is it known over which hours the rows of this day spread? */
bool density_knows_clock(const struct density *, int day);
/* Is it as good as certain that the answer to this whole day will be cut? */
bool density_too_busy(const struct density *, const struct range *);
/* Days from this one on, into the future (direction 1) or the past (-1), that fit into one answer. */
int density_length(struct density *, int day, int direction);
/* Seconds at the newer end of a range inside one day that fit into one answer. */
int density_length_seconds(struct density *, const struct range *);
