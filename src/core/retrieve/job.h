/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plan carried out as a job of the ledger: its studies and its plan are kept before the run, its end after it. */
#pragma once

#include "core/ledger/jobs.h"
#include "core/plan/plan.h"
#include "core/retrieve/run.h"
#include "core/session/session.h"

struct job_options {
	enum job_kind kind;
	int64_t parent;			/* the job that it carries on; 0 = none */
	const char *command;		/* the command line, without patient data */
	const char *state_path;		/* NULL: no state file */
	const struct run_hooks *hooks;
	void *owner;			/* of the hooks */
};

/* Session with ledger, and the tools that these settings need; ERR_LIMIT outside of the hours in which the PACS may be asked. */
int job_open(struct session *, const struct settings *, struct err *);
/* Limits, and what is held already: limits_plan where it is needed (always, or because of limits). */
int job_survey(struct session *, struct plan *, bool always, int *ret_queries, struct err *);
/* Begins a job and carries the plan out; job_close ends it.  -1: it could not even begin (the job, if there is one, is to be ended by
 * job_fail). */
int job_run(struct session *, struct plan *, const struct job_options *, struct run_result *, struct err *);
/* Its plan and its end, all or nothing. */
int job_close(struct session *, const struct plan *, int exit_status, struct err *);
/* The end of a job that could not begin its run; nothing when there is no job. */
int job_fail(struct session *, int exit_status, const char *why, struct err *);
/* The job has ended, and what followed makes its exit status another one. */
int job_change_status(struct session *, int exit_status, struct err *);
/* A job without a run: there was nothing to fetch, or it ended before. */
int job_record(struct session *, const struct plan *, const struct job_options *, int exit_status, const char *summary,
	       struct err *);
