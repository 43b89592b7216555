/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --batch: a CSV file with DICOM keywords as headers; each line is resolved to Study Instance UIDs by a query of its own before
 * anything is retrieved, and each is accounted for. */
#pragma once

#include "cli/options.h"
#include "core/query/studies.h"

struct batch;

/* Reads the file whole ("-" is standard input): a header of keywords, at least one line.  ERR_USAGE, ERR_INPUT with the line. */
struct batch *batch_read(const char *path, struct err *);
void batch_free(struct batch *);
/* Asks for each line, with the filters of values beside it; the plan gets each study once, and the account of all lines.  A line that is
 * wrong, or that the PACS refuses, is accounted for; -1 when the PACS cannot be reached or we were stopped: then the answers up to there
 * are kept for the next run of the same batch, and the account is written to its file.  found: of all lines together. */
int batch_resolve(struct batch *, struct session *, const struct values *, struct plan *, struct studies_found *found, struct err *);
/* The account into its file, or else to standard output; what it comes to in one line on standard error. */
int batch_report(const struct plan *, const struct values *, struct err *);
size_t batch_errors(const struct batch *);
