/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder into which one child writes objects, one after another.  While it lives, the file it touched last is in flight:
 * a file has its final name while it is still being written. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct arrivals {
	char *folder;		/* owned */
	int64_t taken_bytes;	/* of files already taken away */
	int64_t seen_bytes;	/* taken and lying here: grows with every byte that arrives */
	int taken;
	int lying;		/* files that were left: at most one but for ties */
};

typedef void arrivals_file_fn(void *owner, const char *path, int64_t bytes, bool in_flight);

void arrivals_init(struct arrivals *, char *folder);		/* takes folder */
/* Hands over every file that is whole (over: every file; in_flight marks those that may have been cut); file() must
 * move it away. */
void arrivals_scan(struct arrivals *, bool over, arrivals_file_fn *file, void *owner);
void arrivals_done(struct arrivals *);			/* removes the folder */
