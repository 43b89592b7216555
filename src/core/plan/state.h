/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state file: the plan as a JSON document, portable, written whole.  The members shown to users since the first day
 * (studies, host, port, callingAE, calledAE, moveDestination, method, outputPath, hierarchical) are enough to be accepted;
 * ours come beside them ("format": 1; per study status, expected, received, missing, error, attempts ...).  Unknown members
 * are kept. */
#pragma once

#include <stdio.h>

#include "core/plan/plan.h"

#define STATE_FORMAT 1
#define STATE_BYTES_MAX ((size_t)512 << 20)

/* The plan is an initialised one: replaced on success, as it was on failure.  A member that is absent or null has its default;
 * without "host" the peer stays unset (host "").  "studies" may be an empty list but must be there.
 * ERR_INPUT with one line that says what is wrong and where: empty, binary, truncated, wrong types, no studies, bad UID
 * ("query.state: line 12: studies[3]: status: 'lost' is unknown"), unknown format; as root a file that others can change,
 * which is a warning for anybody else. */
int state_read(const char *path, struct plan *, struct err *);
int state_parse(const char *text, size_t len, struct plan *, struct err *);	/* the same without the path */
/* Temporary name, fsync, rename.  A link is followed; what is no plain file (a device) is refused. */
int state_write(const char *path, const struct plan *, struct err *);
void state_text(const struct plan *, struct buf *);			/* the document, appended */
int state_put(FILE *, const struct plan *, struct err *);		/* the document, study by study */
/* Takes the lock that lets one run at a time work on this state file (".NAME.lock" beside it); ERR_LOCKED.  Refuses what is
 * there and no plain file, as state_write does. */
int state_lock(const char *path, struct err *);				/* descriptor or -1 */
