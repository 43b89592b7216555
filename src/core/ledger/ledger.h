/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger: one SQLite file that remembers every query, job, study, attempt and file, and what was learned of each
 * node.  The disk decides what is present, the ledger what was wanted and tried. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/err.h"

struct ledger;

/* path NULL: $DICOM_QR_LEDGER, else $XDG_STATE_HOME/dicom-qr/ledger.db, else ~/.local/state/dicom-qr/ledger.db.  Made with
 * its folders for the owner alone, WAL, synchronous=FULL, migrated when older; a newer schema, a damaged or foreign
 * file is ERR_INPUT with advice; a full disk ERR_SPACE. */
struct ledger *ledger_open(const char *path, struct err *);
void ledger_close(struct ledger *);
const char *ledger_path(const struct ledger *);
char *ledger_default_path(void);		/* yours */

/* Transactions nest by counting: only the outermost commits, and a rollback anywhere within undoes all of it (the commits
 * around it then fail).  A commit that failed has rolled back.  Every call below works inside and outside of one. */
int ledger_begin(struct ledger *, struct err *);
int ledger_commit(struct ledger *, struct err *);
void ledger_rollback(struct ledger *);
/* Counts a durable step: every outermost commit does, and whoever publishes a file or writes a state file calls it.  A test
 * hook: at the step numbered by $DICOM_QR_STOP_AT_COMMIT the process kills itself. */
void ledger_step(void);

struct ledger_job {
	int64_t id;
	const char *node;		/* peer_key */
	const char *command;		/* our own command line, quoted, without patient data */
	const char *output;		/* absolute; "" for none */
	const char *state;		/* absolute path of the state file; "" for none */
	const char *user;
	time_t started;
	/* Of a job that is told of: */
	time_t ended;			/* 0 = not */
	int exit_status;
	bool alive;			/* it has not ended, and its process is there */
	time_t seen;			/* its last sign of life */
	long long studies, done, good;	/* those it set out for, and of them those with a verdict, and with a good one */
	long long expected, received, bytes;
};
/* Sets id.  Queries that were added without a job since this ledger was opened become those of this one. */
int ledger_job_begin(struct ledger *, struct ledger_job *, struct err *);
int ledger_job_end(struct ledger *, int64_t job, int exit_status, const char *summary, struct err *);
/* The whole plan as JSON text, so that a job can be resumed by its number; replaced at each call. */
int ledger_job_plan(struct ledger *, int64_t job, const char *json, size_t len, struct err *);
int ledger_job_plan_file(struct ledger *, int64_t job, FILE *, struct err *);	/* the same, all that the file holds */
char *ledger_job_plan_text(struct ledger *, int64_t job, struct err *);	/* yours; NULL, ERR_INPUT when there is none */

struct ledger_query {
	int64_t job;			/* 0 = none */
	const char *node, *level, *model;
	const char *keys;		/* names of the matching keys, values only when they are no patient data (dates, modality, UIDs) */
	time_t at;
	int64_t ms;
	int rows, status;		/* DIMSE status, -1 none */
	const char *comment, *user;
	bool cut;
	int64_t id;			/* when told of */
};
int ledger_query_add(struct ledger *, const struct ledger_query *, struct err *);

struct ledger_study {
	int64_t job;
	const char *study_uid, *date, *modalities, *verdict, *why;
	int position, expected, received, attempts;
	const char *counted;		/* plan_study_counted */
	int64_t bytes;
	/* When told of: of the job. */
	const char *node, *output;
	time_t at;
};
int ledger_study_put(struct ledger *, const struct ledger_study *, struct err *);	/* key: job, study_uid, position */

struct ledger_attempt {
	int64_t id, job;
	const char *study_uids;		/* backslash-separated */
	const char *rung;		/* "C-GET study", "C-MOVE instances" ... */
	const char *command, *tool_version;
	time_t at;
	int64_t ms, bytes;
	int exit_status, status, completed, failed, objects;
	const char *outcome, *words;	/* err_kind_name, and the sentence */
	int studies;			/* when told of: how many shared it */
};
int ledger_attempt_begin(struct ledger *, struct ledger_attempt *, struct err *);	/* sets id */
int ledger_attempt_end(struct ledger *, const struct ledger_attempt *, struct err *);

struct ledger_instance {
	const char *output;		/* absolute folder; the path is relative to it */
	const char *path;
	const char *sop, *study, *series, *sop_class, *transfer_syntax;
	int64_t bytes;
	const char *sha256;		/* 64 hexadecimal digits */
	time_t at;
	const char *node;
	int64_t job;
};
int ledger_instance_put(struct ledger *, const struct ledger_instance *, struct err *);	/* key: output, path */
int ledger_instance_delete(struct ledger *, const char *output, const char *path, struct err *);
/* Lent for the call, in which other functions of the ledger may be called; non-zero stops. */
typedef int ledger_instance_fn(void *owner, const struct ledger_instance *);
/* Those of one study under one output folder. */
int ledger_instances(struct ledger *, const char *output, const char *study_uid, ledger_instance_fn *, void *owner, struct err *);
long long ledger_instance_count(struct ledger *, const char *output, struct err *);

/* What was learned of a node, as text; when, and how often in a row it was the same.  value NULL forgets. */
int ledger_learn(struct ledger *, const char *node, const char *what, const char *value, struct err *);
char *ledger_learned(struct ledger *, const char *node, const char *what);	/* yours, or NULL */
char *ledger_learned_since(struct ledger *, const char *node, const char *what, time_t since);	/* NULL when it is older */
/* What became of a study in earlier jobs into this output: the last verdict name other than wanted and skipped, or NULL;
 * yours. */
char *ledger_last_verdict(struct ledger *, const char *output, const char *study_uid, int *ret_received);
/* From history of this node and modality ("" = any): mean bytes per object and objects per second; false when unknown. */
bool ledger_estimate(struct ledger *, const char *node, const char *modality, double *ret_bytes, double *ret_per_second);

/* ---- told to programs (core/tell/notify) ----
 * A study is owed from before its first new object is published until the program has ended well. */

struct ledger_owed {
	const char *output, *study_uid, *node;
	int64_t job;			/* that owes it */
	const char *verdict;		/* "" = none has been reached: there is nothing to tell yet */
	int expected, received;
	/* When told of: */
	int tries;			/* failed ones, since the verdict */
	int64_t serial;			/* of this news; another when there was more meanwhile */
	bool alive;			/* the job runs, and will see to it */
};
int ledger_owe(struct ledger *, const struct ledger_owed *, struct err *);	/* key: output, study_uid */
typedef int ledger_owed_fn(void *owner, const struct ledger_owed *);
/* As below: fn is called with each, lent; those of one output, the least tried first. */
int ledger_owed(struct ledger *, const char *output, const char *study_uid, ledger_owed_fn *, void *owner, struct err *);
int ledger_owed_all(struct ledger *, const char *output, ledger_owed_fn *, void *owner, struct err *);
int ledger_owed_of(struct ledger *, const char *study_uid, ledger_owed_fn *, void *owner, struct err *);	/* in any output */
/* It was told, well or not; what was owed again meanwhile stays owed. */
struct ledger_hook {
	int64_t job;
	const char *study_uid, *verdict, *program;
	time_t at;
	int64_t ms;
	int exit_status;		/* -1 = it did not end by itself */
	const char *words;		/* "" = it ended well */
};
int ledger_told(struct ledger *, const struct ledger_owed *, const struct ledger_hook *, struct err *);
int ledger_owed_drop(struct ledger *, const struct ledger_owed *, struct err *);	/* there is nothing left to tell of */
typedef int ledger_hook_fn(void *owner, const struct ledger_hook *);
int ledger_hooks(struct ledger *, const char *study_uid, ledger_hook_fn *, void *owner, struct err *);

/* ---- nightly runs (core/nightly/watermark) ---- */

struct ledger_sync {
	int64_t id;			/* 0 = this node and scope have never run */
	const char *node;		/* peer_key */
	const char *scope;		/* what tells it from other runs against the node: a digest, since conditions may name patients */
	const char *what;		/* the same for people, without patient data */
	int begun;			/* the first day ever wanted */
	int mark;			/* when told of: the last watermark, 0 = none */
};
/* Fills id and begun. */
int ledger_sync_find(struct ledger *, struct ledger_sync *, struct err *);
/* Makes it, or replaces what and begun; sets id. */
int ledger_sync_begin(struct ledger *, struct ledger_sync *, struct err *);
/* All watermarks, the earliest first; non-zero stops. */
typedef int ledger_mark_fn(void *owner, int day);
int ledger_sync_marks(struct ledger *, int64_t sync, ledger_mark_fn *, void *owner, struct err *);
int ledger_sync_mark(struct ledger *, int64_t sync, int day, struct err *);
int ledger_sync_unmark(struct ledger *, int64_t sync, int above, struct err *);		/* forgets the watermarks of later days */
int ledger_sync_prune(struct ledger *, int64_t sync, int before, struct err *);		/* forgets the studies of earlier days */

struct ledger_sync_study {
	int date;
	int count;			/* objects as the PACS said last, -1 = it does not say */
	time_t seen;			/* when it said so */
	time_t changed;			/* it last said otherwise then: the number has changed since; 0 = it never did */
	int whole;			/* count when all that was wanted of it was here; LEDGER_NEVER */
	int kept;			/* how many objects that were */
};
#define LEDGER_NEVER (-2)
/* 1 found, 0 not. */
int ledger_sync_study(struct ledger *, int64_t sync, const char *study_uid, struct ledger_sync_study *, struct err *);
int ledger_sync_study_put(struct ledger *, int64_t sync, const char *study_uid, const struct ledger_sync_study *, struct err *);

/* What is told of a study of this node under this output folder: its last verdict name other than skipped, or NULL; yours. */
char *ledger_standing(struct ledger *, const char *node, const char *output, const char *study_uid);

/* ---- told to people ----
 * Each function calls fn for every row, lent for the call, in which other functions may be called; non-zero stops.  A node or
 * study given as NULL is any; at most limit rows when it is above 0. */

typedef int ledger_job_fn(void *owner, const struct ledger_job *);
int ledger_jobs(struct ledger *, const char *node, int limit, ledger_job_fn *, void *owner, struct err *);	/* the last first */
/* When a run, or a nightly one (sync), last reached its end (all done, some incomplete, nothing there, or a limit), not counting what a
 * wrong clock put into the future; 0 = never. */
int ledger_last_finished(struct ledger *, const char *node, bool nightly, time_t *ret_when, struct err *);
int ledger_has_nightly(struct ledger *, const char *node, bool *ret_any, struct err *);

typedef int ledger_query_fn(void *owner, const struct ledger_query *);
int ledger_queries(struct ledger *, const char *node, int limit, ledger_query_fn *, void *owner, struct err *);	/* the last first */
/* Those that the jobs of a study asked, and those that named it; the first first. */
int ledger_queries_of(struct ledger *, const char *study_uid, ledger_query_fn *, void *owner, struct err *);

typedef int ledger_study_fn(void *owner, const struct ledger_study *);
/* Each study once for each node, with what its last job says, by node, date and UID; a job that only passed it over because all
 * of it was held counts as what was said before it. */
int ledger_studies(struct ledger *, const char *node, ledger_study_fn *, void *owner, struct err *);
int ledger_study_story(struct ledger *, const char *study_uid, ledger_study_fn *, void *owner, struct err *);	/* job by job */

typedef int ledger_attempt_fn(void *owner, const struct ledger_attempt *);
int ledger_attempts(struct ledger *, const char *study_uid, ledger_attempt_fn *, void *owner, struct err *);

typedef int ledger_learned_fn(void *owner, const char *what, const char *value, time_t at, int times);
int ledger_learned_all(struct ledger *, const char *node, ledger_learned_fn *, void *owner, struct err *);

typedef int ledger_sync_fn(void *owner, const struct ledger_sync *);
int ledger_syncs(struct ledger *, const char *node, ledger_sync_fn *, void *owner, struct err *);

/* Files of all studies under an output folder. */
int ledger_folder_instances(struct ledger *, const char *output, ledger_instance_fn *, void *owner, struct err *);
/* The output folders that hold something of a study; NULL = of any. */
typedef int ledger_folder_fn(void *owner, const char *output, int64_t files, int64_t bytes);
int ledger_held_folders(struct ledger *, const char *study_uid, ledger_folder_fn *, void *owner, struct err *);
/* Within one output folder; a row of the new path is replaced. */
int ledger_instance_move(struct ledger *, const char *output, const char *from, const char *to, struct err *);
/* Forgets the files of a study (NULL: of all) under an output folder. */
int ledger_instances_drop(struct ledger *, const char *output, const char *study_uid, long long *ret_count, struct err *);

/* Forgets the queries from before, and the jobs begun before that are not running, with their plans, studies and attempts;
 * what is held and what was learned stays.  only_count: forgets nothing.  The file is written anew, so that nothing lingers in
 * it. */
struct ledger_purged {
	long long queries, jobs, studies, attempts;
};
int ledger_purge(struct ledger *, time_t before, bool only_count, struct ledger_purged *, struct err *);
