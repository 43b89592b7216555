/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan of a command carried out and reported. */
#pragma once

#include "cli/task.h"
#include "core/retrieve/run.h"

/* Returns the exit status.  state_path may be NULL; cut: the plan is not all that was asked for. */
int fetch_run(struct task *, const char *state_path, bool cut);
/* The same; tell is told how it ended, and with true takes it upon itself to tell people. */
typedef bool fetch_tell_fn(void *owner, const struct run_result *);
int fetch_run_telling(struct task *, const char *state_path, bool cut, fetch_tell_fn *tell, void *owner);
