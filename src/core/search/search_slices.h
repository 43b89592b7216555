/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ranges still to be asked, on a stack, and how they are divided.  A dense range is sliced at one end, as long as the rows seen
 * so far suggest that a slice will be answered whole.  Nothing is asked, logged or judged here. */
#pragma once

#include "core/search/search_density.h"

/* An answer that may have been cut, and what was known when it was doubted. */
struct doubt {
	struct range range;
	int rows;			/* of that answer: the limit, if it was cut */
	long studies;			/* found by then */
	int missed, queries;
};

enum todo_kind {
	TODO_ASK,
	TODO_SETTLE,			/* everything above was part of a doubted range: see what it brought */
	TODO_RECHECK,			/* the doubted range once more as a whole */
};

struct todo {
	enum todo_kind kind;
	struct range range;
	struct doubt doubt;
};

struct todo_stack {
	struct todo *items;
	size_t count, room;
};

void todo_push(struct todo_stack *, const struct range *);
void todo_push_doubt(struct todo_stack *, enum todo_kind, const struct doubt *);

enum slice_note {
	SLICE_PLAIN,
	SLICE_ONE_SECOND,		/* more studies in this one second than the PACS answers: asked by modality */
};
/* Makes the next range to ask of the one taken from the stack; what remains of it goes back.  *ret_noted: the range of the note. */
enum slice_note slices_take(struct todo_stack *, struct density *, struct range *, struct range *ret_noted);

/* How a range that was cut is divided, by what was known of it and the studies seen in its answer. */
enum split_known { KNOWN_DAYS, KNOWN_SLICED_DAYS, KNOWN_BESIDE, KNOWN_DAY, KNOWN_HOURS };
enum split_seen { SEEN_NOTHING, SEEN_SPREAD, SEEN_CLOSE, SEEN_AT_OLDER_END, SEEN_AT_NEWER_END, SEEN_TIMES };
enum split_way { SPLIT_BY_LENGTH, SPLIT_AROUND_DAYS, SPLIT_AROUND_TIMES, SPLIT_UPWARD, SPLIT_DOWNWARD };
enum split_known split_known(const struct density *, const struct range *);
enum split_seen split_seen(enum split_known, const struct range *, const struct stamps *);
enum split_way split_choose(enum split_known, enum split_seen);
/* Puts the parts of a range that was cut on the stack, and learns from its answer. */
void slices_split(struct todo_stack *, struct density *, const struct stamps *, struct range);
/* Into the parts on either side of the middle study.  False when it cannot be parted. */
bool slices_part(struct todo_stack *, const struct stamps *, struct range);
