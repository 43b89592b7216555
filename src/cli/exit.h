/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exit statuses, stable for cron. */
#pragma once

#include "base/err.h"
#include "core/retrieve/run.h"

enum exit_status {
	EXIT_ALL_THERE = 0,	/* all that was asked for is there, or nothing to do */
	EXIT_ERROR = 1,
	EXIT_USAGE = 2,		/* usage or configuration */
	EXIT_INCOMPLETE = 3,	/* finished, some study incomplete, failed or some window cut */
	EXIT_EMPTY = 4,		/* nothing matched, with --fail-if-empty */
	EXIT_FOR_NOW = 5,	/* unreachable, refused for the moment, breaker open */
	EXIT_FOR_GOOD = 6,	/* unknown AE title, not permitted, not supported */
	EXIT_LOCAL = 7,		/* disk, port, permission */
	EXIT_LIMIT = 8,		/* stopped by a limit or window, resumable */
	EXIT_LOCKED = 9,	/* another run holds the lock */
	EXIT_STALE = 10,
	EXIT_SIGNAL = 128	/* + n: ended by signal n */
};

int exit_of_error(const struct err *, int signal);
int exit_of_run(const struct plan *, const struct run_result *, int signal);
/* Prints "dicom-qr: sentence" and returns its exit status. */
int exit_with(const struct err *, int signal);
/* Streams that were closed when we were started lead nowhere, instead of into the next file that we open. */
void exit_guard_streams(void);
/* At the very end: what could not be written to standard output makes a good status a bad one. */
int exit_flushed(int status);
