/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A layout applied to files that are there already: by renaming, or by hard links into another folder.  Nothing is ever
 * replaced or removed; every step stands in an undo list before it is made. */
#pragma once

#include "core/session/session.h"
#include "dicom/layout.h"

enum organise_finding {
	ORGANISE_LEFT,			/* cannot be read as an object: it stays where it is */
	ORGANISE_DUPLICATE,		/* another file has the same object: it stays where it is */
	ORGANISE_CONFLICT,		/* the same UID with other content: both are kept, under two names */
	ORGANISE_BLOCKED,		/* its new name is taken meanwhile: it stays where it is */
	ORGANISE_FINDINGS
};
const char *organise_finding_name(enum organise_finding);

struct organise_hooks {
	void (*move)(void *owner, const char *from, const char *to);	/* what would be done, or was */
	void (*found)(void *owner, enum organise_finding, const char *path, const char *words);
};

struct organise_how {
	const char *from, *to;		/* absolute; the same when the tree is rearranged in its place */
	const struct layout *layout;
	bool link;
	bool dry_run;
};

struct organise_sum {
	long long files, moved, in_place, foreign;	/* foreign: not DICOM */
	long long findings[ORGANISE_FINDINGS];
	char *undo;			/* path of the undo list, yours; NULL when nothing was moved */
};
/* Needs the ledger open.  ERR_LOCKED when a run writes into either folder.  On failure sum tells how far it came. */
int organise_tree(struct session *, const struct organise_how *, const struct organise_hooks *, void *owner, struct organise_sum *,
		  struct err *);
/* Takes the steps of an undo list back, the last first; what was changed since stays, and what is no DICOM object. */
struct organise_back {
	const char *list;
	const char *folder;		/* whose list it is; NULL: the one the list lies in */
	bool dry_run;
};
int organise_undo(struct session *, const struct organise_back *, const struct organise_hooks *, void *owner, struct organise_sum *,
		  struct err *);
void organise_sum_done(struct organise_sum *);
