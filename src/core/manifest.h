/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manifest of a study: OUTPUT/.dicom-qr/manifest/STUDYUID.jsonl, one line of JSON per object: UIDs, path, size, SHA-256,
 * transfer syntax, when, from where.  It travels with the files, so that a run without our ledger knows what is here. */
#pragma once

#include "core/ledger.h"

/* Appends one line for each instance (all of one study); not flushed here. */
int manifest_append(const char *output, const struct ledger_instance *instances, size_t count, struct err *);
/* Calls fn for every line that can be read, the last of a path winning nothing (callers put into a table); a missing manifest
 * is no error. */
int manifest_read(const char *output, const char *study_uid, ledger_instance_fn *, void *owner, struct err *);
char *manifest_path(const char *output, const char *study_uid);		/* yours */
