/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One run of one child on one batch: getscu into a folder of its own, or movescu towards our receiver; with its deadlines,
 * measured on objects and bytes that arrive, and what the tool said. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/intake/intake.h"
#include "core/intake/staging.h"
#include "core/ledger/ledger.h"
#include "core/retrieve/receiver.h"
#include "core/retrieve/retrieval.h"
#include "core/session/session.h"
#include "wrappers/retriever.h"

struct attempt {
	struct retrieval **of;		/* the batch; owned array of lent retrievals */
	int *here_before;		/* objects of each before the attempt */
	int *damaged_before;
	size_t count;
	const char *sops[RETRIEVAL_BLOCK];	/* the objects it names, in order; lent by the retrieval */
	size_t asked;
	size_t requests;		/* query files on the association */
	struct request request;
	struct err why;			/* the verdict on what was said; set when ended */
	int status, completed, failed, finals;
	bool answered;			/* every request had its final status */
	bool ended;			/* the child is gone, its last files are with the intake */
	bool cancelled;			/* attempt_stop was called */
	bool stalled;			/* a deadline of ours ended it */
	bool overtime;			/* ... that of the study under way */
	bool settled;			/* ended, and stragglers were waited for */
	bool hung_up;			/* its connections were ended */
	bool draining;			/* it is ended when the object in flight is whole */
	int drain_taken;		/* objects that were whole when that began */
	bool handed;			/* ended, and all that it brought is with the intake: it holds no slot */
	size_t company;			/* associations of ours that were open, this one included */
	struct retrieval *latest;	/* of whom an object came last */
	int64_t started_ms, ended_ms, progress_ms, study_ms;
	int objects;			/* placed so far */
	int64_t bytes;
	uint64_t before, ticket;	/* of the intake, when started and when ended */
	unsigned connections;		/* of the receiver, numbered until it was handed over: later ones are for others */
	struct attempt *next;		/* the owner's list */
	/* its own */
	struct session *session;
	struct intake *intake;
	struct receiver *receiver;
	const struct settings *how;
	struct arrivals *inbox;
	struct child *child;
	struct dcmtk_reading said;
	struct ledger_attempt record;
	char *folder, *questions, *command;
	int64_t seen_bytes;
	bool heard;			/* something came */
	void (*done)(void *owner, struct attempt *);
	void *owner;
};

/* Takes of.  receiver NULL for C-GET or a foreign destination.  done: the child has ended (why, status ... are set). */
struct attempt *attempt_start(struct session *, struct staging *, struct intake *, struct receiver *, const struct settings *,
			      const struct request *, struct retrieval **of, size_t count,
			      void (*done)(void *owner, struct attempt *), void *owner, struct err *);
/* Looks at what arrived and at the deadlines; to be called several times a second. */
void attempt_tick(struct attempt *);
/* An object of it was placed. */
void attempt_touch(struct attempt *, struct retrieval *, int64_t bytes);
/* Whom to blame when a batch broke off: the study under way, or NULL. */
struct retrieval *attempt_suspect(const struct attempt *);
/* Those that the PACS says it could not send get its words; when its studies' lists are known. */
void attempt_note_failed(struct attempt *);
void attempt_stop(struct attempt *, bool now);
/* Stops it when the object in flight is whole (receiver_drain() sees to those that are moved), or nothing is in flight. */
void attempt_drain(struct attempt *);
/* How it ended, and what it brought, into the ledger: when its last files are through. */
int attempt_tell_ledger(struct attempt *, struct err *);
void attempt_free(struct attempt *);
/* The exact command line of a request, for a dry run; yours. */
char *attempt_command_text(struct session *, const struct settings *, const struct request *, const char *query_name, const char *into);
