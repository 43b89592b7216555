/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a run looks while it goes on: one live line on a terminal and one line for each finished study; plain lines without a
 * terminal; JSON lines for machines.  All of it on stderr. */
#pragma once

#include <stdbool.h>

#include "base/log.h"
#include "core/retrieve/run.h"

enum progress_mode { PROGRESS_AUTO, PROGRESS_PLAIN, PROGRESS_JSON, PROGRESS_NONE };

struct progress;
struct progress *progress_new(enum progress_mode, bool verbose, bool quiet);
void progress_free(struct progress *);			/* clears the live line */
/* The hooks for run_plan; owner is the struct progress. */
extern const struct run_hooks progress_hooks;
/* Called by the log before it writes a line to the terminal: takes the live line away, draws it again. */
void progress_set_name(const char *);		/* of the program, before each line of the log; lent */
void progress_log(enum log_level, const char *line);
/* The last lines: "12 studies: 10 complete, 1 incomplete (…), 1 failed; 1,234 objects, 512.3 MB in 1 m 02 s (8.2 MB/s)", then
 * one line for each of the first 20 studies that are not good (with why).  quiet: nothing when all is good; else one line. */
void progress_summary(const struct plan *, const struct run_result *, bool quiet, enum progress_mode);
