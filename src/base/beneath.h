/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths below a folder in which others may write too.  The folder itself is the user's word and may be reached by links;
 * below it no link is followed and nothing leads out: its parts are opened from one descriptor (openat2, or part by part
 * where the kernel has none), and what is done is done relative to the opened parent.
 *
 * A root is a folder's path, a path one below it beginning with the root's text; ERR_SYSTEM names a link that is in the way. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* Whether a name below a root says nothing that leads out of it, and nothing of ours (.dicom-qr). */
bool beneath_is_name(const char *name);
/* Makes the folder and those on its way, as file_make_dirs; the root, too. */
int beneath_make_dirs(const char *root, const char *path, struct err *);
/* Makes the folders on the way to path. */
int beneath_make_parents(const char *root, const char *path, struct err *);
/* Opens a plain file (file_open_plain); the descriptor, or -1 with err and errno. */
int beneath_open(const char *root, const char *path, int flags, mode_t mode, struct err *);

/* Two places, each below its own root; a root of NULL trusts the path as it is. */
struct beneath_move { const char *from_root, *from, *to_root, *to; };
/* Without replacing: 0 done, 1 the target exists, -1 error. */
int beneath_rename_new(const struct beneath_move *, struct err *);
int beneath_link_new(const struct beneath_move *, struct err *);
int beneath_unlink(const char *root, const char *path, struct err *);
