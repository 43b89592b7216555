/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands that retrieve have in common: start, query into a plan, carry out, report. */
#pragma once

#include "cli/options.h"
#include "core/query/search.h"
#include "core/retrieve/run.h"
#include "core/session/session.h"

/* Log and progress from -v -d -q --log-file --progress. */
int work_begin(struct values *, struct err *);
/* Session with ledger, and the tools that how needs; ERR_LIMIT outside of its windows of the clock. */
int work_open(struct session *, const struct settings *how, struct err *);
/* Asks the PACS (in windows, when it cuts its answers) and fills the plan with the studies that meet the conditions; those that do not are counted. */
struct work_found {
	long rows;
	int left_out;			/* by the conditions checked here */
	int nameless;			/* answers without a usable Study Instance UID */
	char ignored[256];		/* conditions that the PACS did not apply, in words; "" = none */
	int asked;			/* C-FINDs for what the answers did not tell */
	struct search_result result;
};
int work_query(struct session *, struct plan *, const struct query *, const struct filter *, struct work_found *, struct err *);
/* Says of how many of these studies a condition could not be checked, their series asked or not. */
void work_tell_untold(const struct filter *, struct study *const *studies, size_t count);
void work_record_query(struct session *, const struct peer *, const struct query *, const struct search_result *);
/* Limits, and what is held already: limits_plan where it is needed (dry run, limits). */
int work_survey(struct session *, struct plan *, bool always, int *ret_queries, struct err *);
/* Carries the plan out and reports; returns the exit status.  state_path may be NULL. */
int work_run(struct session *, struct plan *, const struct values *, const char *state_path, bool cut);
/* The same; tell is told how it ended, and with true takes it upon itself to tell people. */
typedef bool work_tell_fn(void *owner, const struct run_result *);
int work_run_telling(struct session *, struct plan *, const struct values *, const char *state_path, bool cut, work_tell_fn *tell,
		     void *owner);
/* Records a run that found nothing to fetch: what was asked is covered, and the run was there. */
int work_nothing(struct session *, const struct plan *, struct err *);
/* The same for a run that ended otherwise before anything was fetched. */
int work_record(struct session *, const struct plan *, int exit_status, const char *summary, struct err *);
/* The end of a command, whatever came of it: says the error when status is below 0, tells what is to be told (--on-study of earlier
 * runs, --on-finish, --metrics), closes the session.  Returns the exit status. */
int work_end(struct session *, const struct opt_command *, const struct values *, const struct plan *, int status, const struct err *);
/* Our own command line without patient data; yours.  Set once by main. */
extern int work_argc;
extern char **work_argv;
char *work_command_line(void);
