/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli/task.h"

/* The end of a command that fetches, whatever came of it: a run that has no job in the ledger gets one; then who is to be told is told
 * (--on-study of earlier runs, --on-finish, --metrics).  why: the error that ended it, kind NONE = none did.  Returns the exit status. */
int task_end(struct task *, int status, const struct err *why);
