/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What we know of one study from the answers of a PACS: identity and counts.  One block of memory each, since plans of
 * 100,000 are common. */
#pragma once

#include "dicom/dataset.h"
#include "parse/json.h"

enum study_field {
	STUDY_UID,		/* as the PACS gave it, to be repeated to it */
	STUDY_PATIENT_NAME,
	STUDY_PATIENT_ID,
	STUDY_BIRTH_DATE,
	STUDY_DATE,
	STUDY_TIME,
	STUDY_MODALITIES,	/* ModalitiesInStudy, else Modality; backslash-separated */
	STUDY_DESCRIPTION,
	STUDY_ACCESSION,
	STUDY_AVAILABILITY,
	STUDY_ID,
	STUDY_STATION,
	STUDY_FIELDS
};

struct study {
	char *text;				/* the values, each NUL-terminated */
	unsigned short at[STUDY_FIELDS];
	int series, instances;			/* as the PACS counts them; -1 unknown */
};

void study_init(struct study *);
void study_done(struct study *);
void study_from_row(struct study *, const struct dataset *);	/* a decoded row; values cut at 1,024 bytes */
const char *study_get(const struct study *, enum study_field);	/* never NULL */
void study_set(struct study *, enum study_field, const char *);
/* The members of the state file: patientName, patientID, studyInstanceUID, studyDate, modality, studyDescription, and
 * when known accessionNumber, studyTime, patientBirthDate, instanceAvailability, studyID, stationName,
 * numberOfSeries, numberOfInstances. */
void study_to_json(const struct study *, struct json *object);
int study_from_json(struct study *, const struct json *object, struct err *);	/* ERR_INPUT: no valid UID, wrong types */
