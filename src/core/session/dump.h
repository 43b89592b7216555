/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many files read by one dcmdump.  One that ends its reader, or from which the reader does not come back, is found by reading
 * ever smaller parts of the list, and is told as damaged; the others are read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/session/session.h"
#include "dicom/dataset.h"

struct dump_how {
	const char *folder;		/* of paths that are relative; NULL = all are absolute */
	const uint32_t *tags;		/* count 0: everything, top level */
	size_t tag_count;
	bool whole;			/* as in dcmdump_command */
};

/* index: of the path; set is raw.  Told once for each file that the reader named, in the order of the paths; lent for the call. */
typedef void dump_file_fn(void *owner, size_t index, struct dataset *set, const char *damage);

struct dump_hooks {
	dump_file_fn *file;
	/* Once, last; the dump is gone.  why: ERR_NONE, or the reader cannot be started, reads nothing at all, or was stopped. */
	void (*done)(void *owner, const struct err *why);
};

struct dump;

/* Paths and tags are copied.  Nothing is told before it returns. */
struct dump *dump_start(struct session *, const char *const *paths, size_t count, const struct dump_how *, const struct dump_hooks *,
			void *owner, struct err *);
void dump_stop(struct dump *);		/* done still comes */
/* ... waited for. */
int dump_now(struct session *, const char *const *paths, size_t count, const struct dump_how *, dump_file_fn *, void *owner,
	     struct err *);
