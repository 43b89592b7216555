/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a PACS can do, found out by a handful of small requests, each line with its evidence.  Nothing is retrieved unless a study is
 * named for it.  What can be known is kept in the ledger (core/node/facts), where queries and retrievals look. */
#pragma once

#include <stdbool.h>

#include "core/session/session.h"

struct probe_options {
	const char *retrieve;		/* a Study Instance UID that may be fetched, into scratch, and thrown away; NULL = none */
	bool associations;		/* find out how many are allowed at once */
};

struct probe_line {
	const char *what;		/* the name under which it is learned */
	char value[100];		/* "" = could not be found out */
	char evidence[300];		/* without patient data */
};

struct probe {
	struct probe_line lines[40];
	size_t count;
	int requests;			/* sent */
};

#define PROBE_REQUESTS 21		/* at most, said beforehand */
#define PROBE_ASSOCIATIONS 16		/* tried at once */

/* line: told as it is found (may be NULL).  -1 when the PACS cannot be reached or does not let us in: then nothing is learned. */
int probe_run(struct session *, const struct peer *, const struct probe_options *, void (*line)(void *owner, const struct probe_line *),
	      void *owner, struct probe *, struct err *);
/* One C-ECHO. */
int probe_ping(struct session *, const struct peer *, int64_t *ret_ms, struct err *);
