/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands around the work of a command: options, --help, log, the session's end, the exit status. */
#pragma once

#include "cli/options.h"
#include "core/session/session.h"

/* The work itself: returns the exit status, or -1 with err.  The session is zeroed; whatever of it was opened is closed
 * afterwards.  rest: the arguments that are no options. */
typedef int body_fn(struct session *, struct values *, const char *const *rest, size_t count, struct err *);
int body_run(const struct opt_command *, int argc, char **argv, body_fn *);

/* --format json? */
bool body_wants_json(const struct values *);
/* The one folder among the arguments, absolute, yours; NULL with ERR_USAGE when it is none, or not alone. */
char *body_folder(const char *const *rest, size_t count, struct err *);
/* The node of the arguments as the ledger names it, "" when none was given. */
int body_node(const struct values *, const char *const *rest, size_t count, char node[300], struct err *);
/* The tools and the folder for reading files; no PACS. */
int body_open_files(struct session *, struct err *);
