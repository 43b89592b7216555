/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conditions on studies that are checked on our side. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dicom/study.h"
#include "dicom/value.h"

/* Conditions that are always checked here, whatever the PACS claims to have filtered. */
struct filter {
	char *patient_name, *patient_id, *study_description, *accession;	/* patterns as sent, NULL or "" = any */
	char *modality;			/* NULL = any; one or several (comma or backslash), compared with ModalitiesInStudy */
	char *study_uid;		/* list, backslash-separated */
	struct date_range dates;
	char *include, *exclude;	/* comma-separated words for the description, case-insensitive; any one counts */
	char *station_include, *station_exclude;	/* the same for the station name */
	bool timed;
	struct time_range times;	/* of the study, when timed */
	bool sr_only;			/* studies that consist of SR alone */
	struct dataset keys;		/* further matching keys, as sent; those without a value are no conditions */
};
void filter_done(struct filter *);
/* Which condition a study fails; FILTER_MET: none. */
enum filter_part {
	FILTER_MET, FILTER_UID, FILTER_DATE, FILTER_TIME, FILTER_MODALITY, FILTER_SR_ONLY, FILTER_DESCRIPTION, FILTER_STATION,
	FILTER_PATIENT_NAME, FILTER_PATIENT_ID, FILTER_ACCESSION, FILTER_KEY, FILTER_PARTS
};
/* The first condition that the study fails, and in room the same in words ("study date 20240301 is outside 20240101-20240131"; "" when
 * it meets them all).  An attribute that the PACS did not return fails nothing (*ret_unknown tells the first such, else NULL; may itself
 * be NULL).  Names and descriptions are compared without case, identifiers with it.  No words name the patient. */
enum filter_part filter_miss(const struct filter *, const struct study *, char *room, size_t size, const char **ret_unknown);
/* A condition is about something that this study's row does not tell and its series would. */
bool filter_need_series(const struct filter *, const struct study *);
/* The first of the further keys that a row fails, 0 = none.  Values are compared as their VR wants it: ranges of dates and times, lists
 * of UIDs, numbers, text with * and ?.  What the row does not have fails nothing (*ret_unknown: the first such, else 0). */
uint32_t filter_miss_key(const struct filter *, const struct dataset *row, uint32_t *ret_unknown);

/* How many answers were left out, and why. */
struct filter_tally {
	int left_out, by[FILTER_PARTS];
	uint32_t key;			/* the first of the further keys that was failed */
	int untold;			/* answers that stay in without the value of a further key */
	uint32_t untold_key;		/* the first such */
};
/* Both of them for one answer: true when it stays in. */
bool filter_keep(const struct filter *, const struct study *, const struct dataset *row, struct filter_tally *);
/* The same by the study alone. */
bool filter_keep_study(const struct filter *, const struct study *, struct filter_tally *);
void filter_tally_add(struct filter_tally *all, const struct filter_tally *one);
/* "patient ID 3, study date 1"; nothing when none was left out. */
void filter_tally_words(const struct filter_tally *, struct buf *);
