/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The query files of one retrieval request: one for all studies or objects, or one for each. */
#pragma once

#include "core/plan/plan.h"
#include "core/session/session.h"
#include "core/transfer/retrieval.h"

struct request_batch {
	struct request request;
	struct retrieval **studies;	/* lent */
	size_t count;
};

struct request_files {
	char *folder;			/* owned, removed with its files */
	char **paths;			/* owned */
	size_t count, room;
	const char *sops[RETRIEVAL_BLOCK];	/* the objects it names, in order; lent by the retrieval */
	size_t named;
};

int request_files_write(struct request_files *, struct session *, const struct settings *, const struct request_batch *, struct err *);
void request_files_done(struct request_files *);
