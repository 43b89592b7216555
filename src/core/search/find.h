/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A C-FIND carried out: query files out, answers in as they come, and whether all of them are there.  Answers are taken from
 * findscu's response files in the scratch folder and removed behind: read here where they are plain, by batched dcmdump where they
 * are not. */
#pragma once

#include <stdbool.h>

#include "core/session/session.h"
#include "dicom/query.h"

struct find_result {
	struct err why;		/* kind ERR_NONE: every answer is here and the final status was success */
	int status;		/* final DIMSE status, -1 none */
	int rows;
	bool cut;		/* the PACS ended the answer early (A700, A701, a FE00 that nobody asked for) */
	bool unfinished;	/* no final status came */
	bool unreadable;	/* the PACS ended well, but some of its answers could not be read here */
	bool keys_ignored;	/* FF01: it did not use all keys */
	char comment[256];
	int64_t ms;
};

struct find_hooks {
	void (*row)(void *owner, struct dataset *row);	/* decoded to UTF-8; yours until it returns */
	void (*done)(void *owner, const struct find_result *);	/* once, last; the find is gone after it */
};

struct find;

/* queries: each one C-FIND on the same association; lent until this returns.  rows_max: more answers than that are an error
 * (an endless answer must not fill the memory). */
struct find *find_start(struct session *, const struct peer *, const struct query *const *queries, size_t count, long rows_max,
			const struct find_hooks *, void *owner, struct err *);
void find_stop(struct find *);		/* done() still comes */
/* The exact command line of a find, for a dry run; in the query file's place stands a readable name.  Yours. */
char *find_command_text(struct session *, const struct peer *, const char *query_name);
/* What a query asked, for the ledger: names of keys, values only of dates, modalities, levels and UIDs. */
void find_describe(const struct query *, struct buf *out);

/* Runs one find to its end and collects. */
struct find_rows {
	struct dataset *rows;
	size_t count, room;
	struct find_result result;
};
int find_now(struct session *, const struct peer *, const struct query *, long rows_max, struct find_rows *, struct err *);
void find_rows_done(struct find_rows *);
