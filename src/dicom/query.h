/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What to ask: level, matching keys, return attributes; what is legal together; and the request as a DICOM file. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "dicom/dataset.h"
#include "dicom/peer.h"

enum level { LEVEL_PATIENT, LEVEL_STUDY, LEVEL_SERIES, LEVEL_IMAGE };

int level_parse(const char *, enum level *, struct err *);	/* any case; INSTANCE = IMAGE */
const char *level_name(enum level);				/* "STUDY" */

struct query {
	enum level level;
	struct dataset keys;	/* matching keys and, with empty values, return attributes; UTF-8 */
};

void query_init(struct query *, enum level);
void query_done(struct query *);
/* Of these studies (a backslash between two): patient root wants the Patient ID as well. */
void query_set_study(struct query *, enum model, const char *patient_id, const char *study_uids);
/* Adds what a request at this level always asks for (empty), without touching what is there: (0008,0005), the unique keys,
 * and the usual attributes for lists of that level. */
void query_add_returns(struct query *);
/* "PatientID=123" or "0010,0020=123" (the first = divides; no = means return it).  Refuses *, ? in dates and UIDs;
 * group 0000/0002, sequences.  Dates are read by date_range_parse; QueryRetrieveLevel sets the level.  All else stays as
 * given: at the study level, who wants the modality asks for ModalitiesInStudy (Modality is an attribute of series, and
 * some PACS ignore it there).  ERR_USAGE. */
int query_add_text(struct query *, const char *text, struct err *);
/* What is legal together (unique keys of the levels above; model and level).  ERR_USAGE. */
int query_check(const struct query *, enum model, struct err *);
/* The request as a Part 10 file, Explicit VR Little Endian: level and keys sorted by tag, values in charset (set in
 * (0008,0005) when a value is not ASCII), even padding.  A UID list over 65,534 bytes is an error: make smaller lists. */
int query_encode(const struct query *, const char *charset, struct buf *out, struct err *);
#define QUERY_LIST_BYTES_MAX 65534	/* above, DCMTK sends VR UN and dcmqrscp its whole archive */
#define QUERY_LIST_UIDS_MAX 250
