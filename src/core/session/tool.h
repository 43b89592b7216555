/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One DCMTK tool that speaks to a peer: started, heard, held to its deadlines, judged.  Its command carries what it may do. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/session/session.h"
#include "wrappers/reading.h"

struct tool_how {
	enum service service;
	int requests;			/* query files; 0 = 1 */
	int64_t limit_ms;		/* the whole run; 0 = a week */
	int64_t silence_ms;		/* without a line of it; 0 = as long as the limit */
	int64_t first_ms, stall_ms;	/* on the association: before the first answer to a request, between answers; 0 = as silence_ms */
	int64_t patience_ms;		/* as in struct child_limits */
};

/* To be read by the caller, written by tool.c alone. */
struct tool {
	struct reading said;	/* up to now */
	char *name;			/* "findscu" */
	int64_t started_ms, heard_ms, ran_ms;
	int exit_status;		/* 128 and more: ended by a signal; -1 while it runs */
	int signal;
	bool ended, timed_out;
	int64_t waited_ms;		/* timed_out: so long it said nothing; 0 = the limit of the whole run was met */
	struct child *child;		/* NULL once it has ended */
	struct session *session;
	struct timer silence;
	int64_t silence_ms, first_ms, stall_ms;
	int finals, rows;		/* as heard up to the last line */
	bool answering;			/* the current request has had an answer */
	void (*done)(void *owner, struct tool *);
	void *owner;
};

/* Takes command, on failure too.  done is told once, when the tool is gone, and may free it.  owner may be NULL with done. */
struct tool *tool_start(struct session *, struct command *, const struct tool_how *, void (*done)(void *owner, struct tool *),
			void *owner, struct err *);
/* How long a tool that keeps to its own timeouts may say nothing. */
int64_t tool_patience_ms(const struct session *);
/* done still comes. */
void tool_stop(struct tool *, bool now);
/* One that still runs is stopped, and is gone when it has ended; done does not come. */
void tool_free(struct tool *);
/* Waits for a tool whose end nobody else is told.  ERR_INTERRUPTED when a signal came. */
int tool_wait(struct tool *, struct err *);
/* What its end means: reading_verdict with own (what the caller knows better, may be NULL), else with what happened to the process. */
int tool_verdict(const struct tool *, const struct err *own, const struct peer *, const char *aet, int port, struct err *);
