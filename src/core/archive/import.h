/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that are there already taken into ledger and manifest, and what is gone taken out of them.  No file is touched. */
#pragma once

#include "core/session/session.h"

enum import_finding { IMPORT_DAMAGED, IMPORT_CONFLICT, IMPORT_FINDINGS };
/* path: relative; words: what is wrong, or the path of the file with the same UID and other content. */
typedef void import_fn(void *owner, enum import_finding, const char *path, const char *sop, const char *words);

struct import_sum {
	long long files, imported, known, foreign;
	long long duplicates;		/* imported too; the same content lies elsewhere in the tree */
	long long findings[IMPORT_FINDINGS];
	long long bytes;					/* of what was imported */
	long long studies;
};
/* Reads and hashes every file under output that is not recorded with its size already.  dry_run: records nothing. */
int import_tree(struct session *, const char *output, bool dry_run, import_fn *, void *owner, struct import_sum *,
		struct err *);

/* Forgets the files under output (study_uid NULL: of all studies) that are gone from the disk, or with all every one; from the
 * manifests as from the ledger.  dry_run only counts. */
int import_forget(struct ledger *, const char *output, const char *study_uid, bool all, bool dry_run, long long *ret_files,
		  struct err *);
