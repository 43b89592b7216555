/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a typed word is a known one, misspelt.  Careful: a wrong hint is worse than none. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

/* Edits (letters inserted, removed, replaced, or two exchanged) between the words; -1 when they are too many for a slip of the
 * fingers.  Case is ignored. */
int spelling_distance(const char *typed, const char *known);
/* Is it the beginning of the name, or of one of its parts ("date" of "study-date")? */
bool spelling_is_part(const char *typed, const char *name);

/* Collects the known words nearest to a typed one.  Start with { .typed = word }. */
struct spelling {
	const char *typed;
	int best;		/* edits + 1 of those found; 0 = none yet */
	size_t count;
	char found[3][80];
};
/* before is printed before the word ("--"). */
void spelling_try(struct spelling *, const char *known, const char *before);
/* "; did you mean --a, --b or --c?", or nothing when nothing or too much is near. */
void spelling_hint(const struct spelling *, struct buf *);
