/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manifest of a study: OUTPUT/.dicom-qr/manifest/STUDYUID.jsonl, one line of JSON per object: UIDs, path, size, SHA-256,
 * transfer syntax, when, from where.  It travels with the files, so that a run without our ledger knows what is here.  The checksums
 * beside it (sums.h) are kept in step by the calls that write. */
#pragma once

#include "core/ledger/instances.h"
#include "core/ledger/ledger.h"

/* Appends one line for each instance (all of one study); not flushed here. */
int manifest_append(const char *output, const struct ledger_instance *instances, size_t count, struct err *);
/* Calls fn for every line that can be read, the last of a path winning nothing (callers put into a table); a missing manifest
 * is no error. */
int manifest_read(const char *output, const char *study_uid, ledger_instance_fn *, void *owner, struct err *);
char *manifest_path(const char *output, const char *study_uid);		/* yours */

/* The manifests under output, by name: the Study Instance UIDs (made safe; either names the manifest in the calls here). */
struct manifest_names {
	char **items;
	size_t count, room;
};
int manifest_list(const char *output, struct manifest_names *, struct err *);	/* none is no error */
void manifest_names_done(struct manifest_names *);
/* Each path once, as its last line has it; non-zero stops. */
int manifest_last(const char *output, const char *study_uid, ledger_instance_fn *, void *owner, struct err *);
/* Writes a manifest anew.  edit is asked for each path: it returns i->path to keep it, another path (valid until its next call)
 * to rename it, NULL to drop it.  A manifest without lines is removed; a missing one is no error. */
typedef const char *manifest_edit_fn(void *owner, const struct ledger_instance *i);
int manifest_edit(const char *output, const char *study_uid, manifest_edit_fn *, void *owner, struct err *);
