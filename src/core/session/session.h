/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every command that talks to a PACS shares: the loop, the tools, the ledger, a private folder in memory, and whether
 * somebody wants us to stop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/ledger/ledger.h"
#include "core/plan/hours.h"
#include "core/plan/plan.h"
#include "core/session/totals.h"
#include "process/loop.h"
#include "wrappers/dcmtk.h"

struct session {
	struct loop *loop;
	struct dcmtk dcmtk;
	struct version_ask *asked;	/* tools whose version is being asked for */
	struct ledger *ledger;		/* NULL until session_open_ledger */
	int64_t job;			/* in the ledger; 0 = none */
	char *scratch;			/* private folder on a memory file system; patient data, removed at the end */
	int signal;			/* 0, or what interrupted us */
	int signals;			/* how often */
	unsigned serial;		/* for names in the scratch folder */
	struct hours hours;		/* when the PACS may be asked; empty = always */
	time_t closes;			/* of the window that is open; 0 = never */
	int64_t query_first_ms, query_stall_ms;	/* until the first answer to a query, between answers; 0 = as long as the tool waits */
	struct totals totals;
	struct notify *notify;		/* core/tell; NULL = no program is told of studies */
	void (*on_close)(struct session *);	/* set by the owner of notify; called by session_close */
	void (*on_interrupt)(void *owner);	/* told at each signal, after signal and signals are set */
	void *interrupt_owner;
};

/* Loop, scratch folder (leftovers of dead processes are swept), log configuration.  Asks findscu for its version: ERR_TOOL
 * when the tools are missing or too old.  The session is zeroed before; its ledger may be open already, and then knows the
 * versions of tools that were asked before. */
int session_open(struct session *, struct err *);
int session_open_ledger(struct session *, struct err *);
void session_close(struct session *);
/* Fails with ERR_TOOL unless each of these tools can be started (NULL-terminated names). */
int session_need_tools(struct session *, const char *const *names, struct err *);
/* Turns the loop until over says so.  A second signal kills the children, so that whoever waits for one is not kept; -1 only when
 * the system refuses to wait. */
int session_run(struct session *, bool (*over)(void *owner), void *owner, struct err *);
/* For long work that does not turn the loop: -1 with ERR_INTERRUPTED once a signal has come. */
int session_check(const struct session *, struct err *);
/* A new empty folder in the scratch folder; yours. */
char *session_folder(struct session *, const char *prefix, struct err *);
/* From here on the PACS is asked within these windows only (NULL: always).  ERR_LIMIT when it is none of them: says when one opens. */
int session_hours(struct session *, const char *window, struct err *);
/* Has the window ended since? */
bool session_closed(struct session *);
/* ... and when the next one opens, as an error: "what" was not brought to its end. */
int session_tell_closed(struct session *, const char *what, struct err *);
/* The name of the user who runs this, "" = unknown. */
const char *session_user(void);
/* The timeouts of the tools from the user's (seconds): connect and association, and silence. */
void session_timeouts(struct session *, long long timeout_s, long long silence_s);
/* The timeouts of these settings, for the tools and for the answers to a query. */
void session_patience(struct session *, const struct settings *);
