/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli/task.h"

/* The end of a command that fetches, whatever came of it: tells what is to be told (--on-study of earlier runs, --on-finish,
 * --metrics).  Returns the exit status. */
int task_tell_end(struct task *, int status);
