/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values as they come from people, files and peers: checked, trimmed, compared.  Nothing from outside is believed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"

/* Padding (spaces, NUL) off both ends of a DICOM value, in place; returns text. */
char *value_trim(char *text);
/* Digits and dots, 1-64, no empty component ("1..2", leading or trailing dot): what may become part of a path. */
bool uid_is_safe(const char *uid);
/* The same for UIDs given by a person: ERR_USAGE says what is wrong with it. */
int uid_check(const char *uid, const char *what, struct err *);
/* Digits and dots, 1-128: longer ones than the standard's 64 exist, and are repeated to the PACS as it gave them. */
bool uid_is_plausible(const char *uid);
/* What a peer may have given as UID and is repeated to it verbatim: 1-128 bytes, printable ASCII, no backslash * ? . */
bool uid_is_repeatable(const char *uid);
/* 1-16 printable ASCII characters without backslash, no leading @ or - (DCMTK command lines); spaces inside only. */
int ae_title_check(const char *aet, const char *what, struct err *);
int port_parse(const char *text, int *ret_port, struct err *);		/* 1-65535 */

/* A date key as a person writes it -> the DICOM matching value: YYYYMMDD, ranges open at either end, YYYY-MM-DD (and
 * "A/B", "A..B" or "A-B" ranges of them), today, yesterday, -30d (= from 30 days ago until today; also -4w, -6m, -1y).
 * Real calendar dates only; from must not be after until.  Either end 0 when open. */
struct date_range {
	int from, until;	/* 20240131; 0 = open */
};
int date_range_parse(const char *text, struct date_range *, struct err *);
void date_range_format(const struct date_range *, char out[20]);	/* "20240101-20240131", "20240105", "20240101-", "" */
bool date_range_has(const struct date_range *, int date);
int date_parse(const char *text);			/* "20240131" (exactly, valid) -> 20240131; else 0 */
int date_add(int date, int days);			/* calendar arithmetic */
int date_days(int from, int until);			/* until - from in days */
int date_of(time_t);					/* local */
/* When it was that second of a local day: of an hour that came twice the later one, of one that was left out an hour next to it. */
time_t date_time(int date, int second);

/* One day, in any form of the above: "-30d" is the day 30 days ago. */
int date_day_parse(const char *text, int *ret_date, struct err *);

/* Seconds of the day; until is the last second that belongs to it.  A person writes HHMM-HHMM, HHMMSS-HHMMSS or with colons, open
 * at either end, or one time: "1015" is that whole minute. */
struct time_range {
	int from, until;
};
int time_range_parse(const char *text, struct time_range *, struct err *);
int time_seconds(const char *tm);			/* "101530.25", "1015", "10:15:30" -> second of the day; -1 */

/* DICOM wildcards * and ?; fold = ASCII and Latin case-insensitive over UTF-8. */
bool value_matches(const char *pattern, const char *text, bool fold);
/* True when one of the backslash-separated values equals word (trimmed, exact). */
bool value_has(const char *multi, const char *word);
/* True when text contains word, case-insensitively (ASCII fold, plus Latin-1/Greek/Cyrillic letters by towlower). */
bool value_contains_fold(const char *text, const char *word);
/* A person name for people: the first non-empty component group, as it is ("SMITH^JOHN"). */
const char *name_group(const char *pn, char *out, size_t room);
