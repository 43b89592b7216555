/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One process: start, lines, deadlines, stop, result.  Alone in forking, killing and waiting.  Each child leads its own
 * process group, dies with us (PR_SET_PDEATHSIG), has all descriptors but 0-2 closed, default signal dispositions (an
 * ignored HUP stays ignored; a deaf command ignores TERM and INT). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "process/command.h"
#include "process/loop.h"

enum stream { STREAM_OUT = 1, STREAM_ERR = 2 };

struct child_limits {
	int64_t total_ms;	/* 0 = none: after it the group gets TERM, then KILL */
	int64_t grace_ms;	/* between TERM and KILL; 0 = 2000 */
	size_t line_max;	/* 0 = 64 KiB; longer lines are cut */
	int64_t patience_ms;	/* lines may lie so long while it runs: a tool that writes one for each answer wakes us less often */
};

struct child_result {
	int exit_status;	/* -1 when ended by a signal */
	int signal;		/* 0 when it exited */
	bool timed_out;		/* total_ms passed */
	bool stopped;		/* child_stop was called */
	int64_t ran_ms;
};

struct child_hooks {
	void (*line)(void *owner, enum stream from, const char *text, size_t len);	/* may be NULL */
	void (*done)(void *owner, const struct child_result *);	/* once, last; may free the owner; the child is gone after it */
};

struct child;

/* Takes cmd, on failure too.  limits may be NULL.  No such program is reported here: ERR_TOOL.  What fails later on the
 * way to the program (a missing folder, a script without its interpreter) is a line on stderr and exit status 126. */
struct child *child_start(struct loop *, struct command *cmd, const struct child_limits *, const struct child_hooks *,
			  void *owner, struct err *);
/* The absolute path of a program, by PATH when it has no slash; yours.  NULL with ERR_TOOL: it is missing, or cannot be executed. */
char *child_find(const char *program, struct err *);
/* TERM to its group, KILL after the grace; now, or a deaf command = KILL at once.  done() still comes.  Twice is harmless. */
void child_stop(struct child *, bool now);
pid_t child_pid(const struct child *);
/* How many have not been told done() yet; and stop them all. */
size_t child_count(void);
void child_stop_all(bool now);
