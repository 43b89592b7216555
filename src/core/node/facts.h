/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is learned of a node, in the ledger under "CALLED@host:port": by asking in the course of work, or by probe.  What a person
 * stated in nodes.json is never overruled by it. */
#pragma once

#include "core/session/session.h"
#include "dicom/query.h"
#include "dicom/value.h"

/* The names of all facts; facts_words() has the words for people. */
#define FACT_LIST "image-list"		/* how objects are listed: studies, files, study, series, none */
#define FACT_LIST_CAP "list-cap"		/* rows at which lists of objects are cut */
#define FACT_CAP "find-cap"		/* rows at which answers are cut; "none" */
#define FACT_WHOLE "find-whole"		/* rows in one answer that was shown to be all there is */
#define FACT_DATE "date-needed"		/* "no"; "error": a query without a date is refused; "empty": it finds nothing */
#define FACT_MODALITY "modality-filter"	/* ModalitiesInStudy as key: "honoured", "ignored", "refused" */
#define FACT_NAME_CASE "name-case"	/* names compared "insensitive" or "sensitive" */
#define FACT_WILDCARDS "name-wildcards"	/* "yes", "no" */
#define FACT_MODALITIES "modalities"	/* "yes", "no": ModalitiesInStudy stands in rows of studies */
#define FACT_COUNTS "study-counts"	/* "yes", "no": NumberOfStudyRelatedInstances stands in rows of studies */
#define FACT_AVAILABILITY "availability"	/* "yes", "no": InstanceAvailability stands in rows of studies */
#define FACT_CHARSET "answer-charset"	/* of its answers */
#define FACT_PATIENT_ROOT "patient-root"	/* "yes", "no" */
#define FACT_GET "c-get"
#define FACT_MOVE "c-move"
#define FACT_ASSOCIATIONS "associations"	/* at once, as probe saw */
#define FACT_WIDTH "width"		/* associations that a run found the PACS to take at once */
#define FACT_STUDIES "studies"		/* how several studies share a C-GET or C-MOVE: list, files, alone */
#define FACT_IMAGES "images"		/* how named objects share a request: list, files, none */
#define FACT_WAYS "ways"		/* SOPCLASS=c-move or SOPCLASS=+xs, divided by semicolons */
#define FACT_METHOD "method"		/* c-get or c-move, when the other is refused */
#define FACT_MOVE_LISTS "move-lists"	/* "as-stored", or "decompressed" (Orthanc 1.12 does so) */
#define FACT_SENDS "sends"		/* "later" than the final response, alone or with the number of prompt C-MOVEs since */
#define FACT_STUDY_LEVEL "study-level"	/* "yes", "no": queries at this level are answered */
#define FACT_SERIES_LEVEL "series-level"	/* the same */
#define FACT_PATIENT_LEVEL "patient-level"	/* the same */
#define FACT_SERIES_COUNTS "series-counts"	/* "yes", "no" */
#define FACT_CLASS_IN_LIST "class-in-list"	/* "yes", "no" */
#define FACT_ECHO_MS "echo-ms"		/* with its association */
#define FACT_FETCHED "fetched"		/* objects, or "nothing" */
#define FACT_FETCHED_CLASSES "fetched-classes"
#define FACT_FETCHED_SYNTAXES "fetched-syntaxes"
#define MOVE_LISTS_AS_STORED "as-stored"

/* "cuts answers at" of FACT_CAP; NULL = no fact of ours. */
const char *facts_words(const char *what);

char *facts_get(struct session *, const struct peer *, const char *what);	/* yours, NULL */
int facts_cap(struct session *, const struct peer *);				/* 0 = none known */
int facts_whole(struct session *, const struct peer *);			/* seen this week; 0 = none */
/* Seen this week: it says of no study whether it is online.  To ask all the same makes Orthanc open a file for each row. */
bool facts_knows_no_availability(struct session *, const struct peer *);
void facts_learn(struct session *, const struct peer *, const char *what, const char *value);

/* Turns a query for studies or patients into one that this PACS answers: the last 30 days for one that needs a date, no modality for
 * one that refuses it; says so.  True when a condition was taken out of the query that must be checked here. */
bool facts_steer(struct session *, const struct peer *, struct query *);
/* What is asked for where a PACS needs a date and none was given: the last 30 days. */
void facts_needed_dates(struct date_range *);
#define FACT_NEEDED_DAYS 30
