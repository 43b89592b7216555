/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One run of one tool on one batch: getscu into a folder of its own, or movescu towards our receiver; with its deadlines,
 * measured on objects and bytes that arrive, and the tool's answer.  Only attempt.c writes its fields, but for next. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/intake/intake.h"
#include "core/intake/staging.h"
#include "core/ledger/attempts.h"
#include "core/session/session.h"
#include "core/session/tool.h"
#include "core/transfer/phase.h"
#include "core/transfer/receiver.h"
#include "core/transfer/request.h"

/* The parts of a run that an attempt works with; lent. */
struct attempt_parts {
	struct session *session;
	struct staging *staging;
	struct intake *intake;
	struct receiver *receiver;	/* NULL for C-GET, or when the destination is foreign */
	const struct settings *how;
	bool queues;			/* the PACS is known to answer a C-MOVE first and to send later */
};

/* What one of its studies had before. */
struct attempt_before {
	int here, damaged, placed, repeated;	/* objects */
};

/* How it was answered; set when the tool is gone. */
struct attempt_answer {
	struct err why;			/* the verdict on what was said */
	int status, finals;		/* the last final status, -1 none; how many there were */
	int completed;			/* objects sent by the counters of all final responses; -1 absent in the last one */
	int failed;			/* of the last final response, -1 absent */
	int failed_all;			/* sub-operations failed over all final responses */
	int claimed;			/* sub-operations of all kinds by the largest counters, over all requests; -1 absent */
	bool whole;			/* every request had its final status */
	bool accepted;			/* the association was */
	bool unsupported;		/* the PACS does not offer the service at all */
};

struct attempt_record {
	struct ledger_attempt row;
	char *command;			/* its exact command line */
	int64_t started_ms, ended_ms;
	int64_t first_ms;		/* its first object was placed, 0 = none was */
	int objects;			/* placed so far */
	int64_t bytes;
};

struct attempt {
	struct request_batch batch;
	struct attempt_before *before;	/* of each study */
	struct request_files files;
	enum attempt_phase phase;
	enum attempt_stop stop;
	struct attempt_answer answer;
	struct attempt_record record;
	struct attempt_clock clock;
	size_t beside;			/* associations of ours that were open when it started, without its own */
	struct retrieval *latest;	/* of the last object that came; NULL none */
	struct attempt *next;		/* the owner's list */
	/* its own */
	uint64_t ticket_before, ticket;	/* of the intake: at its start, and when it was looked at last */
	struct attempt_parts with;
	struct arrivals *arrivals;	/* C-GET */
	struct tool *tool;
	char *folder;
	int64_t seen_bytes;
	int seen_stored;		/* objects received over connections that are gone, when they were last looked at */
	int drain_taken;		/* objects that were whole when the draining began */
};

/* Takes the batch's studies.  beside: associations of ours that are open. */
struct attempt *attempt_start(const struct attempt_parts *, const struct request_batch *, size_t beside, struct err *);
/* Looks at what arrived and at the deadlines; to be called several times a second. */
void attempt_tick(struct attempt *);
/* The phase that it is in now.  ending: nothing new starts, so its lists are not waited for. */
enum attempt_phase attempt_look(struct attempt *, bool ending);
/* It is over, and the intake is done with all that it brought. */
bool attempt_concluded(const struct attempt *);
/* Does it hold an association, or may the PACS still open one for it? */
bool attempt_holds_slot(const struct attempt *);
/* The lists of its studies are known, or will not be. */
bool attempt_listed(const struct attempt *);
/* Its first object came long after its final response. */
bool attempt_late(const struct attempt *);
/* It ended well, and its first object came before its final response. */
bool attempt_prompt(const struct attempt *);
bool attempt_stopped(const struct attempt *);		/* by order, not by a deadline */
/* Objects that study i gained, that came damaged for it, and that were placed, each time they came. */
int attempt_gained(const struct attempt *, size_t i);
int attempt_damaged(const struct attempt *, size_t i);
int attempt_placed(const struct attempt *, size_t i);
/* An object of it was placed. */
void attempt_touch(struct attempt *, struct retrieval *, int64_t bytes);
/* The study under way when a batch broke off, or NULL. */
struct retrieval *attempt_suspect(const struct attempt *);
/* Notes the failed objects that the PACS listed; when the lists of its studies are known. */
void attempt_note_failed(struct attempt *);
void attempt_stop(struct attempt *, bool now);
/* Stops it when the object in flight is whole (receiver_drain() sees to those that are moved), or nothing is in flight. */
void attempt_drain(struct attempt *);
/* How it ended, and what it brought, into the ledger: when its last files are through. */
int attempt_tell_ledger(struct attempt *, struct err *);
void attempt_free(struct attempt *);
/* The one of the list that has asked for this study, or NULL. */
struct attempt *attempt_of(struct attempt *list, const struct retrieval *);
/* The exact command line of a request, for a dry run; yours. */
char *attempt_command_text(struct session *, const struct settings *, const struct request *, const char *query_name, const char *into);
