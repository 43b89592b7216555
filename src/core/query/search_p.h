/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What windows.c (asking, judging) and search_slice.c (which window next) share. */
#pragma once

#include "base/loop.h"
#include "core/query/search.h"
#include "core/query/uidset.h"
#include "dicom/value.h"

/* Days, or inside one day seconds, or inside one second a modality. */
struct range {
	int from, until;		/* dates, 0 = open */
	int second, last_second;	/* inside the one day; last_second -1 = the whole day */
	int modality;			/* index + 1; 0 = any */
	bool dense;			/* its answer was cut, or would be: slice it */
	bool doubtful;			/* part of a window whose answer may have been cut */
	int recheck;			/* asked again: it had so many rows, and its parts a few more; 0 = not so */
	bool was_cut;			/* exactly this was cut: less must be asked */
	bool outer;			/* beside what was seen of one that was cut: with luck it is empty */
	bool upward;			/* slice it at its older end */
	bool sliced;			/* part of a window that was cut: its split is by length alone */
	int tries;
};

/* When the studies of an answer were made. */
struct stamp {
	int day, second;		/* 20240131; of the day, -1 unknown */
};
#define STAMPS_MAX 16384

#define DAY_S 86400
#define CLOCK_BINS 96
#define BIN_S (DAY_S / CLOCK_BINS)

struct search {
	struct session *session;
	struct peer peer;
	struct query query;
	struct search_hooks hooks;
	void *owner;
	struct search_result result;
	struct range *todo;
	size_t count, room;
	struct range now;		/* the one being asked */
	struct find *find;
	struct uidset *seen;
	struct timer timer;
	long long retries, wait_s;
	double per_day, per_second;	/* rows, of the last slices that were whole; 0 = unknown */
	int step_days, step_seconds;
	int empty;			/* slices in a row in which nothing was */
	/* When studies are made, from answers that were whole: over the day, and on each day of the week (Monday first; -1 unknown). */
	long clock[CLOCK_BINS], clock_rows;
	long part[CLOCK_BINS];		/* of the day that is asked in windows of time, until it is over */
	double weekday[7];
	double surge;			/* this day has so many times what was expected of it */
	double predicted;		/* rows of the current window; 0 = nothing was expected */
	int counted_day;		/* is being asked in windows of time, */
	long counted_rows;		/* which brought so many rows */
	long doubt_rows;		/* rows when a doubt arose; -1 = none */
	int doubt_cap;
	size_t doubt_depth;
	struct range doubt_range;
	int doubt_unwhole, doubt_queries;	/* when it arose */
	int shown;			/* rows in one answer that were shown to be all */
	int refuted;			/* a doubt about so many rows came to nothing */
	bool tells;			/* it says so when it cuts */
	struct stamp *stamps;		/* of the answer that comes in; sorted when it is judged */
	size_t stamp_count, stamp_room;
	long available;			/* rows that say whether their study is online */
	int timeless, dateless;		/* answers of the current window without a Study Time, a Study Date */
	long rows_before;		/* the current window was asked */
	int too_many;			/* rows at which an answer broke off, where no cap is known; 0 = none did */
	int most_whole;			/* rows in one answer that was whole */
	int barren;			/* answers in a row that were not whole and brought no new study */
	int unwhole;			/* windows that could not be made whole */
	bool by_time;			/* some day was asked in windows of time */
	bool stopped, by_study, asked_once, has_modality;
	struct date_range asked;
};

#define BARREN_MAX 40			/* halving a century down to a second takes some thirty */
#define FAILED_MAX 8			/* the same for answers that fail: it is not their size */

extern const char *const search_modalities[];

void search_push(struct search *, const struct range *);
bool search_many_days(const struct range *);
bool search_can_split(const struct search *, const struct range *);
int search_end_second(const struct range *);
/* The next window to ask, from the top of the stack. */
void search_take(struct search *, struct range *now);
void search_begin(struct search *);
/* What was cut goes back as dense; what the answer told about the days is used. */
void search_split(struct search *, struct range);
/* Into the parts on either side of the middle study.  False when it cannot be parted. */
bool search_part(struct search *, struct range);
void search_stamp(struct search *, const struct dataset *row);
void search_sort_stamps(struct search *);
void search_note_density(struct search *, const struct range *, int rows);
/* "20240105 101500-101559 CT": for people; and the same as keys. */
void search_describe(const struct range *, char *out, size_t room);
void search_set_keys(struct query *, const struct range *);
/* Names a window that could not be made whole. */
void search_not_whole(struct search *, const struct range *, const char *why);
void search_learn_cap(struct search *, int cap);

/* Doubts about answers that are said to be whole: raised by one, which is then asked for in parts; settled when these are in. */
bool search_is_doubtful(const struct search *, const struct range *, int rows);
void search_doubt(struct search *, const struct range *, int rows);
void search_settle(struct search *);
/* The answer to a question asked again for a doubt's sake.  True when it is cut: its parts are asked for. */
bool search_rechecked(struct search *, int rows);
void search_warn_of_limit(const struct search *, int rows);
