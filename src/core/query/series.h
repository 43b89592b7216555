/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the row of a study does not tell and its series do: the modalities, the stations, how many series and objects.  Asked of the
 * series level for those studies only, many at a time where the PACS takes lists of UIDs. */
#pragma once

#include "core/session/session.h"
#include "dicom/dataset.h"
#include "dicom/study.h"

struct series {
	int queries;			/* C-FINDs sent */
	size_t told, silent;		/* studies whose series were listed; those of which the PACS told none */
};

/* Fills in what is missing in each study; what the PACS said of it stays.  -1 when the PACS could not be asked, or we were
 * stopped; a PACS that answers no series leaves studies as they are. */
int series_studies(struct session *, const struct peer *, struct study *const *studies, size_t count, struct series *,
		       struct err *);

/* The rows of the level below, SERIES or IMAGE, of one parent: row is called for each.  patient_id may be "". */
typedef void series_fn(void *owner, const struct dataset *row);
int series_below(struct session *, const struct peer *, const char *patient_id, const char *study_uid, const char *series_uid,
		     series_fn *row, void *owner, struct err *ret_why, struct err *);
