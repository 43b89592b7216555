/* SPDX-License-Identifier: GPL-3.0-or-later */
/* storescp in inetd mode: serves the one accepted connection on its standard input, into a folder of its own.
 *
 * In this mode it opens /dev/null as its streams before it configures its log (so it must be allowed to write there, else
 * it ends with 99): the log is a file in its working folder, which is read when the process has ended. */
#pragma once

#include "wrappers/dcmtk.h"

#define STORESCP_LOG ".storescp.log"	/* no object is stored under such a name */

/* connection_fd is lent until the command is started. */
struct command *storescp_command(const struct dcmtk *, const char *aet, int connection_fd, const char *into);

/* What one connection was: calling AE title as the log tells it (for quarantine records). */
struct storescp_reading {
	char calling[17], called[17];
	bool aborted;			/* ended without release */
	int stored;			/* store requests begun */
	char trouble[160];		/* the first error in its words, "" = none */
};
void storescp_line(struct storescp_reading *, const char *text, size_t len);
/* Reads the log that a storescp left in its folder; missing = nothing was said.  0, or -1 when it cannot be read. */
int storescp_read_log(struct storescp_reading *, const char *into, struct err *);
/* The SOP Instance UID by which it named a file ("CT.1.2.3"), lent by path; NULL when the name is none of its own. */
const char *storescp_sop_of(const char *path);
