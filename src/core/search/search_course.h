/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The course of a search: which range is asked next, and what an answer means.  It asks nothing and logs nothing: the caller asks for
 * the range, hands in the answer, and acts on the outcome. */
#pragma once

#include "base/err.h"
#include "core/search/search_slices.h"

enum course_note {
	NOTE_FAILED,			/* this range could not be asked, for the reason of the answer */
	NOTE_GIVEN_UP,			/* every answer fails or is cut, however little is asked for */
	NOTE_FRUITLESS,			/* many answers brought no new study, and an end is not in sight */
	NOTE_DATELESS,			/* it is cut, and studies without a date cannot be asked for in pieces */
	NOTE_TIMELESS,
	NOTE_UNDIVIDED,			/* it is cut, and cannot be divided */
	NOTE_ONE_SECOND,		/* more studies in one second than the PACS answers */
	NOTE_UNREADABLE,		/* answers to it could not be read, twice */
};

enum course_then {
	COURSE_GOES_ON,
	COURSE_PAUSES,			/* the same range once more, after a pause */
	COURSE_FAILS,			/* for the reason of the answer; nothing was had, or nothing else would fare better */
};

/* Ranges that could not be made whole, and facts about the PACS. */
struct course_outcome {
	enum course_then then;
	int tried;			/* COURSE_PAUSES: this is such a further try ... */
	long long tries;		/* ... of so many */
	struct { enum course_note note; struct range range; } lost[3];
	int lost_count;
	int limit;			/* rows at which the PACS cuts, as was learned now; 0 = nothing was */
	bool limit_raised;		/* a longer answer was whole */
	int shown;			/* so many rows were shown to be all, more than ever before; 0 = nothing was */
	bool broke_off;			/* after some rows: it is asked in ranges */
	bool doubted;			/* whether the answer is all is asked now */
};

struct course_answer {
	int rows;
	int fresh;			/* rows of studies that were not found before */
	bool cut;			/* the PACS said so */
	enum err_kind trouble;		/* ERR_NONE: it ended well */
	bool unfinished;		/* no final status came, as when the connection was lost in the middle of an answer */
	bool unreadable;		/* some of its rows could not be read */
};

struct course_limits {
	int cap;			/* rows at which the PACS cuts, as far as seen; 0 = none seen */
	int shown;			/* rows in one answer that were shown to be all */
	int refuted;			/* a doubt about so many rows came to nothing */
	int broken_at;			/* rows at which an answer broke off, where no cap is known; 0 = none did */
	int most_whole;			/* rows in one answer that was whole */
	bool tells;			/* the PACS says so when it cuts */
};

struct course_counts {
	long studies;
	int queries, cut, failed;
	int assured;			/* queries that only made sure of an answer */
	int missed;			/* ranges that could not be made whole */
	int barren;			/* answers in a row that were not whole and brought no new study */
	int barren_cuts;		/* the same, where an answer without rows between them does not end the row */
	int fruitless;			/* answers in a row that brought no new study */
	int broken;			/* answers that broke off after some rows */
	int fruitful;			/* answers that were whole and not empty */
};

struct course {
	struct todo_stack todo;
	struct density density;
	struct stamps seen;		/* of the current answer; the caller adds them */
	struct range now, all;
	struct course_limits limits;
	struct course_counts counts;
	bool by_study;			/* at the study level, so that ranges can be asked */
	bool by_modality;		/* the query names no modality */
	bool by_time;			/* some day was asked in ranges of time */
	bool doubting, asked_once;
	int rechecked;			/* the current range was asked again: its answer had so many rows, and its parts a few more; 0 = not so */
	long long retries;
};

/* The first range to ask is c->now. */
void course_begin(struct course *, const struct range *all);
void course_end(struct course *);
void course_answered(struct course *, const struct course_answer *, struct course_outcome *);
/* Makes c->now the next range to ask.  False when there is none. */
bool course_next(struct course *, struct course_outcome *);
/* A round number of rows at a level or in a range that cannot be parted. */
bool course_may_be_limited(const struct course *, int rows);
const char *course_note_text(enum course_note);
