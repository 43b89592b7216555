/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What keeps a file from being a whole DICOM object with a name.  One rule for retrieval, import, organise, verify and --validate: a
 * file is whole when it was read to its end without an error and names its study, its series and itself.  Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dicom/dataset.h"

enum flaw {
	FLAW_NONE,
	FLAW_DAMAGED,			/* an error was met while it was read */
	FLAW_NO_DICOM,			/* not one element was found */
	FLAW_NO_NAME,			/* no SOP Instance UID that could be asked for again */
	FLAW_NO_PARENTS,		/* the same of its study or series */
	FLAW_CUT,			/* it may have been cut between two elements */
	FLAW_OTHER_NAME,		/* it was sent as another object than it says it is */
	FLAWS
};

/* The attributes that the rule needs, for the reader of the file. */
#define FLAW_TAGS 12
extern const uint32_t flaw_tags[FLAW_TAGS];

/* set: decoded; damage: the reader's words or NULL. */
enum flaw flaw_of(const struct dataset *set, const char *damage);
/* The same for an object that has just arrived.  may_be_cut: its transfer did not end well while it was written; then rows without
 * pixel data count as cut.  named: the PACS lists an object of this name, so that the name it was sent by does not matter. */
enum flaw flaw_of_received(const struct dataset *set, const char *damage, bool may_be_cut, bool named);
/* For people; FLAW_DAMAGED has the reader's words instead. */
const char *flaw_words(enum flaw);
/* The keyword of the first of the three UIDs that is none by the standard, or NULL.  Such an object is whole; in paths the UID is made
 * safe. */
const char *flaw_odd_uid(const struct dataset *set);
/* Warns of the first such object: *told is set. */
void flaw_tell_odd(const struct dataset *set, bool *told);
