/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completion for bash, zsh and fish, made from the option tables, so that it cannot drift from the program. */
#pragma once

#include "base/buf.h"

/* what: "bash", "zsh" or "fish" writes the script of that shell; "nodes" the names of the nodes and "jobs" the numbers of the last
 * jobs, one a line, for these scripts.  A node file or ledger that cannot be read gives no lines and no message.  False: not one of
 * these words. */
bool completion_print(struct buf *out, const char *what);
