/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of jobs. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "core/ledger/ledger.h"

enum job_kind { JOB_RETRIEVE, JOB_RESUME, JOB_SYNC, JOB_KINDS };
const char *job_kind_name(enum job_kind);	/* "retrieve", "resume", "sync" */

struct ledger_job {
	int64_t id;
	enum job_kind kind;
	int64_t parent;			/* the job that it carries on; 0 = none */
	const char *origin;		/* what asked for it: "cli" */
	const char *node;		/* peer_key */
	const char *command;		/* our own command line, quoted, without patient data */
	const char *output;		/* absolute; "" for none */
	const char *state;		/* absolute path of the state file; "" for none */
	const char *user;
	time_t started;
	/* Of a job that is told of: */
	time_t ended;			/* 0 = not */
	int exit_status;
	const char *summary;		/* the error that ended it, or why there was nothing to do; "" */
	const char *host;		/* on which it runs; "" = an older version began it */
	bool alive;			/* it has not ended, and its process is there */
	time_t seen;			/* its last sign of life */
	long long studies, done, good;	/* those it set out for, and of them those with a verdict, and with a good one */
	long long expected, received, bytes;
};
/* Sets id.  Queries that were added without a job since this ledger was opened become those of this one. */
int ledger_job_begin(struct ledger *, struct ledger_job *, struct err *);
int ledger_job_status(struct ledger *, int64_t job, int exit_status, struct err *);	/* of one that has ended */
int ledger_job_end(struct ledger *, int64_t job, int exit_status, const char *summary, struct err *);
/* The whole plan as JSON text, so that a job can be resumed by its number; replaced at each call. */
int ledger_job_plan(struct ledger *, int64_t job, const char *json, size_t len, struct err *);
int ledger_job_plan_file(struct ledger *, int64_t job, FILE *, struct err *);	/* the same, all that the file holds */
char *ledger_job_plan_text(struct ledger *, int64_t job, struct err *);	/* yours; NULL, ERR_INPUT when there is none */

/* Calls fn for every row, lent for the call, in which other functions may be called; non-zero stops.  node NULL is any; at most
 * limit rows when it is above 0.  The last first. */
typedef int ledger_job_fn(void *owner, const struct ledger_job *);
int ledger_jobs(struct ledger *, const char *node, int limit, ledger_job_fn *, void *owner, struct err *);
/* When a run, or a nightly one (sync), last reached its end (all done, some incomplete, nothing there, or a limit); 0 = never.  Not
 * counted are runs that a window kept from asking anything, and what a wrong clock put into the future. */
int ledger_last_finished(struct ledger *, const char *node, bool nightly, time_t *ret_when, struct err *);
int ledger_has_nightly(struct ledger *, const char *node, bool *ret_any, struct err *);
/* The jobs whose process is there. */
typedef int ledger_living_fn(void *owner, int64_t job, int64_t parent);
int ledger_living(struct ledger *, ledger_living_fn *, void *owner, struct err *);
/* Every node that was asked anything, by name. */
typedef int ledger_node_fn(void *owner, const char *node);
int ledger_nodes(struct ledger *, ledger_node_fn *, void *owner, struct err *);
