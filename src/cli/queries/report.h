/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers of a query shown: a table for people, JSON, JSON lines and CSV for machines.  Data goes to stdout. */
#pragma once

#include <stdio.h>

#include "dicom/dataset.h"
#include "dicom/query.h"

enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_JSONL, FORMAT_CSV, FORMAT_CSV_RAW };
int format_parse(const char *, enum format *);		/* -1 when it is none of them */

struct report;
/* query: its return attributes are the columns (table: the usual ones of the level that fit 80 to 160 columns, wide
 * characters counted by their width; CSV and JSON: all, by keyword).  JSON lines and CSV are written as rows come. */
struct report *report_open(FILE *, enum format, const struct query *query);
void report_row(struct report *, const struct dataset *row);		/* decoded to UTF-8 */
long report_close(struct report *);					/* writes what is held back, returns the rows */
