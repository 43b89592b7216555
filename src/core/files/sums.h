/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checksums of a study beside its manifest: OUTPUT/.dicom-qr/manifest/STUDYUID.SHA256SUMS, one line "SHA256  PATH" for each file,
 * the paths relative to OUTPUT, so that "sha256sum -c" reads it there.  The caller holds the lock of the manifest. */
#pragma once

#include "base/buf.h"
#include "core/ledger/instances.h"

/* Of the manifest at path (.../STUDYUID.jsonl); yours. */
char *sums_path(const char *manifest_path);
/* Adds one line to text; nothing when there is no checksum. */
void sums_line(struct buf *text, const char *sha256, const char *path);
/* Adds the instances.  False when the file is not there, or has one of the paths already: then it is to be replaced. */
bool sums_append(const char *output, const char *path, const struct ledger_instance *, size_t count);
/* The whole file anew; without text it is removed. */
int sums_replace(const char *path, const struct buf *text, struct err *);
