/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What to retrieve, in which order, why some are left out.  Pure: no I/O.  What --dry-run prints, what the state file
 * holds, what a run carries out and fills with verdicts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dicom/layout.h"
#include "dicom/peer.h"
#include "dicom/query.h"
#include "dicom/study.h"
#include "parse/json.h"

enum verdict {
	VERDICT_WANTED,			/* not yet decided */
	VERDICT_COMPLETE,		/* the PACS's list of SOP Instance UIDs equals the set on disk */
	VERDICT_COMPLETE_BY_COUNT,	/* its count equals ours; it answers no image-level query */
	VERDICT_UNVERIFIED,		/* the tool said success; neither list nor count, or the files went elsewhere */
	VERDICT_INCOMPLETE,		/* objects missing: their UIDs and the PACS's words are recorded */
	VERDICT_EMPTY,			/* success with no object */
	VERDICT_FAILED,			/* refused for good */
	VERDICT_PARKED,			/* NEARLINE or OFFLINE: visited again later */
	VERDICT_SKIPPED,		/* left out, with the reason */
	VERDICTS
};
const char *verdict_name(enum verdict);				/* "complete-by-count" */
bool verdict_parse(const char *, enum verdict *);
bool verdict_is_good(enum verdict);				/* complete, by count, unverified, skipped */

/* Why a study is skipped.  What people read is why, in words; every decision is taken by this. */
enum skip {
	SKIP_NOT,			/* it is not skipped */
	SKIP_HELD,			/* all that is wanted of it is here, or was sent there */
	SKIP_LIMIT,			/* a limit left it for another run */
	SKIP_SETTLING,			/* it may still be in the making: for another run */
	SKIP_FILTER,			/* a condition or a rule of selection leaves it out */
	SKIP_UNTOLD,			/* the PACS does not tell what the decision needs */
	SKIP_NOT_CHOSEN,		/* by the user */
	SKIP_GIVEN_UP,			/* nightly runs no longer wait for it (dicom-qr sync --give-up) */
	SKIP_UNKNOWN,			/* the PACS does not know it */
	SKIP_OTHER,			/* a state file by hand, or by an older version */
	SKIPS
};
const char *skip_name(enum skip);				/* "not-chosen"; "" for SKIP_NOT */
bool skip_parse(const char *, enum skip *);

enum count_source { COUNT_NONE, COUNT_STUDY, COUNT_SERIES, COUNT_IMAGES };	/* who says how many objects there are */
const char *count_source_name(enum count_source);
bool count_source_parse(const char *, enum count_source *);

/* One object that is wanted or missing. */
struct wanted {
	char *series, *sop, *sop_class;		/* series and class may be ""; one block, the list's */
};
struct wanted_list {
	struct wanted *items;
	size_t count, room;
};
void wanted_add(struct wanted_list *, const char *series, const char *sop, const char *sop_class);
void wanted_done(struct wanted_list *);

struct plan_study {
	struct study study;
	enum verdict verdict;
	enum skip skip;			/* SKIP_NOT unless the verdict is skipped */
	char *why;			/* reason for skipped; the error for others; NULL = none */
	int expected;			/* objects, -1 unknown; of what is asked for (series, instances) */
	enum count_source counted;
	int held;			/* objects already here when the plan was made */
	int received;			/* objects here now */
	int64_t bytes;
	int attempts;
	char *series_uid;		/* only this series, or NULL */
	struct wanted_list only;	/* only these objects (max-images, instance level), empty = all */
	bool again;			/* it failed before: tried again if a limit leaves room; still set: it left none (in memory alone) */
	int beyond;			/* so many objects were left for another run by a limit: only is a part ... */
	struct wanted_list whole;	/* ... of these, empty = of all */
	struct wanted_list missing;	/* after the run */
	struct json *extra;		/* members of a state file that we do not know, kept */
};

enum trust { TRUST_LIST, TRUST_COUNT, TRUST_STATUS };
const char *trust_name(enum trust);				/* "list", "count", "status" */
bool trust_parse(const char *, enum trust *);

struct lent_texts {
	const char **items;
	size_t count, room;
};

/* Everything about how; the state file carries it. */
struct settings {
	struct peer peer;
	enum method method;
	bool method_stated;		/* by a person, or a state file */
	char destination[17];		/* move destination AE title, "" = none */
	int listen_port;		/* our receiver; 0 = the destination is somebody else's */
	char listen_address[16];	/* the IPv4 address it listens on, "" = all */
	char *output;			/* absolute */
	bool hierarchical;
	char *layout;			/* "flat", LAYOUT_PATIENT, LAYOUT_STUDY or a template */
	int umask;			/* of files and folders; -1 = not stated */
	bool validate, force;
	bool wait_for_others;		/* that fetch the same into this folder; not in the state file */
	enum trust trust;
	long long max_studies, max_images, max_bytes, max_duration_s;	/* 0 = no limit */
	char *window;			/* windows of the clock (core/plan/hours), NULL = always */
	long long parallel, retries, retry_wait_s, pause_s;
	long long timeout_s, first_timeout_s, stall_timeout_s, study_timeout_s;	/* 0 = none */
	char *on_study, *on_finish;	/* programs that are told, absolute; not in the state file, which may come from anywhere */
	long long hook_timeout_s;
	struct lent_texts accept_from;	/* further hosts and networks that may send to our receiver; lent */
	struct lent_texts accept_aet;	/* calling AE titles that may, instead of the PACS's own; lent */
};
/* Permissions of files as chmod takes them (750, 640), or a umask that begins with 0; ERR_USAGE. */
int mode_parse(const char *text, int *ret_umask, struct err *);
#define STALL_DEFAULT_S 60
void settings_init(struct settings *);			/* the defaults of the manual */
void settings_done(struct settings *);
/* "PORT" or "ADDRESS:PORT", the address IPv4 in digits; ERR_USAGE. */
int settings_listen(struct settings *, const char *text, struct err *);
bool settings_goes_elsewhere(const struct settings *);	/* the files go to somebody else: the PACS's counters are all there is */
/* Where nobody stated a method: C-MOVE when a move destination or a port of our own is known, else auto.  to_title: a move destination
 * was just given, which asks for a C-MOVE unless we listen ourselves. */
void settings_choose_method(struct settings *, bool to_title);

struct plan {
	struct settings how;
	struct plan_study *studies;
	size_t count, room;
	char *not_covered;		/* what its query could not make whole, in words; NULL = it was whole */
	struct json *extra;		/* unknown top-level members of a state file, kept */
	const char *cut_by;		/* the limit that left something for another run ("--max-studies"), or NULL */
};
void plan_init(struct plan *);
void plan_done(struct plan *);
struct plan_study *plan_add(struct plan *);		/* zeroed and initialised; valid until the next plan_add */
void plan_study_done(struct plan_study *);		/* frees what it holds and zeroes it */
struct plan_study *plan_find(struct plan *, const char *study_uid);	/* linear; NULL */
/* VERDICT_SKIPPED, and why. */
void plan_skip(struct plan_study *, enum skip, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool plan_study_later(const struct plan_study *);	/* a limit left it: another run takes it */
/* For another run: what a limit left is wanted, and what is not good is tried again: with limited, only when the limit leaves room
 * for it (again), so that what always fails does not keep the others out.  whole: a part that is still to be fetched is the whole again. */
void plan_want_again(struct plan *, bool limited, bool whole);
/* For the ledger: who counted, or PLAN_PART when only a series, or some objects, of the study were asked for. */
#define PLAN_PART "part"
const char *plan_study_counted(const struct plan_study *);
/* Nothing is missing but what a limit left for another run. */
bool plan_study_cut(const struct plan_study *);
/* There may be more studies than the plan knows; the first reason stays. */
void plan_not_covered(struct plan *, const char *why);
/* Something that was asked for is not in the plan, or could not be decided: a run that gets all of the plan has not got all. */
bool plan_partial(const struct plan *);
/* The study is asked for again, whatever it was. */
void plan_want(struct plan_study *);
/* Counts by verdict; objects expected and received over all that is not skipped (expected -1 when any is unknown). */
struct plan_summary {
	size_t studies[VERDICTS];
	long long expected, received, bytes;
	bool expected_known;
	size_t later, again;		/* studies that a limit left; that it leaves no room to try again */
	long long beyond;		/* objects that a limit left of the others */
};
void plan_summarise(const struct plan *, struct plan_summary *);
