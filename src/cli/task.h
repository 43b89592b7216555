/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One command under way, the same for all commands: options, --help, log, work, the end of the session, the exit status. */
#pragma once

#include <stdio.h>

#include "cli/options.h"
#include "core/ledger/jobs.h"
#include "core/session/session.h"

struct task;
/* The work itself: returns the exit status, or -1 with err. */
typedef int task_fn(struct task *, struct err *);

struct task_kind {
	const struct opt_command *about;
	task_fn *work;
	void *options;			/* the struct that the options are written to, when values is a member of it; NULL = values itself */
	struct values *values;		/* NULL with options NULL */
	bool (*answered)(struct task *);	/* called when the options are known, before the log is; true: there is nothing else to do */
	enum job_kind job;		/* of one that fetches, in the ledger */
	bool fetches;			/* --on-study, --on-finish and --metrics are told of its end */
};

/* Zeroed, its plan, query and filter initialised; what the work opened or filled is closed and freed after it. */
struct task {
	const struct task_kind *kind;
	const char *called;		/* argv[0] */
	struct values *values;
	const char *const *rest;	/* the arguments that are no options */
	size_t count;
	struct session session;
	struct plan plan;
	struct query query;
	struct filter filter;
	int64_t carries_on;		/* the job that this one carries on; 0 = none */
	bool no_run;			/* a command that fetches was asked for something else: it is no job */
};

int task_run(const struct task_kind *, int argc, char **argv);
/* The same for a command without options of its own. */
int task_run_plain(const struct opt_command *, int argc, char **argv, task_fn *);
/* The same for one that fetches. */
int task_run_fetching(const struct opt_command *, enum job_kind, int argc, char **argv, task_fn *);

/* Our own command line for the ledger, patient data hidden; yours.  task_given is called once, by main, and returns the words to
 * be parsed; in what other users of this machine can read, values that may name a patient are replaced by stars. */
char **task_given(int argc, char **argv);
char *task_command_line(void);
/* A run that found nothing to fetch, or ended before anything was fetched, as a job in the ledger. */
int task_record(struct task *, int exit_status, const char *summary, struct err *);

/* "To carry on: dicom-qr resume --state FILE", or with the number of the job: a line that can be pasted. */
void task_tell_resume(FILE *, const char *what, const char *state_path, long long job);

/* --format json? */
bool task_wants_json(const struct values *);
/* ERR_USAGE when --format was given to a command that knows it with --dry-run alone, without that. */
int task_check_format(const struct values *, struct err *);
/* The one folder among the arguments, absolute, yours; NULL with ERR_USAGE when it is none, or not alone. */
char *task_folder(const char *const *rest, size_t count, struct err *);
/* The one node that the arguments name, or the default one; ERR_USAGE when there is more. */
int task_peer(const struct task *, struct peer *, struct err *);
/* The node of the arguments as the ledger names it, "" when none was given. */
int task_node(const struct task *, char node[300], struct err *);
/* The tools and the folder for reading files; no PACS. */
int task_open_files(struct session *, struct err *);
