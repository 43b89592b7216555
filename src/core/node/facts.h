/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is learned of a node, in the ledger under "CALLED@host:port": by asking in the course of work, or by probe.  What a person
 * stated in nodes.json is never overruled by it. */
#pragma once

#include "core/session/session.h"
#include "dicom/query.h"
#include "dicom/value.h"

#define FACT_CAP "find-cap"			/* rows at which answers are cut; "none" */
#define FACT_WHOLE "find-whole"		/* rows in one answer that was shown to be all there is */
#define FACT_LIST "image-list"		/* how objects are listed: studies, study, series, none */
#define FACT_DATE "date-needed"		/* "no"; "error": a query without a date is refused; "empty": it finds nothing */
#define FACT_MODALITY "modality-filter"	/* ModalitiesInStudy as key: "honoured", "ignored", "refused" */
#define FACT_AVAILABILITY "availability"	/* "yes", "no": InstanceAvailability stands in rows of studies */
/* What a C-MOVE of several studies sends: "as-stored", or "decompressed" (Orthanc 1.12 does so). */
#define FACT_MOVE_LISTS "move-lists"
#define MOVE_LISTS_AS_STORED "as-stored"
#define FACT_NAME_CASE "name-case"		/* names compared "insensitive" or "sensitive" */

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
