/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many files of a folder read by dcmdump and hashed, in batches beside each other: what the commands about trees share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/session/session.h"
#include "dicom/dataset.h"

struct path_list {
	char **items;
	size_t count, room;
};
void path_list_add(struct path_list *, const char *path);
void path_list_done(struct path_list *);
/* The plain files in and below folder, relative to it, sorted.  What begins with a dot is left out (our own house among it),
 * links are not followed.  ERR_SYSTEM when a folder cannot be read. */
int examine_list(const char *folder, struct path_list *, struct err *);

struct examine_how {
	uint32_t tags[64];		/* for dcmdump; none = it is not started */
	size_t tag_count;
	bool whole;			/* read to the end of each file, so that truncation shows */
	bool hash;
};

struct examine_file {
	const char *path;		/* as it was given */
	int64_t bytes;			/* -1: no plain file is there */
	const struct dataset *set;	/* decoded; empty when nothing could be read */
	const char *damage;		/* dcmdump's words, or NULL */
	const char *sha256;		/* "" when not asked for, or not readable */
	int why;			/* errno of hashing; 0 */
};
/* Told in the order of the paths, once each; lent for the call.  Non-zero stops with err. */
typedef int examine_fn(void *owner, const struct examine_file *, struct err *);
int examine_read(struct session *, const char *folder, const struct path_list *, const struct examine_how *, examine_fn *, void *owner,
	      struct err *);

/* The attributes that name an object, and those that tell that it is whole. */
void examine_identity(struct examine_how *);
/* Why a file is not an object that can be kept, in words, or NULL; what was read must have examine_identity's attributes. */
const char *examine_damage(const struct examine_file *);
/* Nobody would take it for an object: a text, a picture, a DICOMDIR.  For files that examine_damage has something against. */
bool examine_is_foreign(const char *folder, const char *path);
