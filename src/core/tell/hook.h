/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One program of the user's that is told something: started without a shell, its words to the log, its end in words.  It is in a
 * process group of its own, reads nothing, has a time limit, and dies with us. */
#pragma once

#include <stdbool.h>

#include "core/session/session.h"
#include "process/command.h"

#define HOOK_WORDS 300

struct hook_result {
	int exit_status;		/* -1 = it did not end by itself */
	int64_t ms;
	bool interrupted;		/* we ended it because somebody wants us to stop */
	char words[HOOK_WORDS];		/* "" = it ended with 0; else "exit status 3: the last line of its standard error" */
};

typedef void hook_fn(void *owner, const struct hook_result *);

/* Takes the command.  what names it in the log ("--on-study").  done comes from the loop, except when the program cannot be
 * started at all: then at once. */
void hook_start(struct session *, struct command *, const char *what, long long timeout_s, hook_fn *done, void *owner);
