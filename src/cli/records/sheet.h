/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the ledger and the disk tell, for people and for machines from the same values: rows are JSON objects, a table shows some
 * of their members.  Data goes to stdout. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "parse/json.h"

struct sheet_column {
	const char *member;		/* of a row; NULL ends the list */
	const char *label;
	enum sheet_show { SHEET_TEXT, SHEET_NUMBER, SHEET_BYTES, SHEET_YES } how;
};
/* rows: an array of objects.  Every column has the width of its longest value, a column without any is left out; control
 * characters are replaced. */
void sheet_table(FILE *, const struct json *rows, const struct sheet_column *columns);
void sheet_json(FILE *, const struct json *);
/* JSON, or the table and, when there is no row, the line none. */
void sheet_show(const struct json *rows, const struct sheet_column *columns, bool json, const char *none);
/* A local time as the ledger and the state file write it; NULL value for 0. */
struct json *sheet_time(long long when);
