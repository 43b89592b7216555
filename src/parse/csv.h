/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comma-separated values as RFC 4180 has them, read from memory: quotes, doubled quotes, line ends within quotes, CRLF or LF.  A byte
 * order mark is skipped, and what divides the first line (comma, semicolon or tab) divides all. */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct csv {
	const char *text;		/* lent */
	size_t len, at;
	long line;			/* of the record read last, from 1; records may have several lines */
	long next_line;
	char divider;
};

struct csv_record {
	char **fields;
	size_t count, room;
};

void csv_init(struct csv *, const char *text, size_t len);
/* 1 a record (what it held before is freed), 0 the end, -1 ERR_INPUT with the line.  Empty lines are skipped. */
int csv_next(struct csv *, struct csv_record *, struct err *);
void csv_record_done(struct csv_record *);

struct buf;
void csv_put(struct buf *, const char *field);	/* quoted where it must be */
/* The same for a file that a spreadsheet opens: one takes a cell that begins with = + - @ or white space for a formula, so an
 * apostrophe is put before it.  What begins with apostrophes and such a character gets one, too, so that csv_plain restores all. */
void csv_put_guarded(struct buf *, const char *field);
char *csv_plain(char *field);			/* takes that apostrophe off, in place */
