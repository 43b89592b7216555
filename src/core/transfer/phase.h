/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The phases of an attempt, and when each is over.  Pure: told the time.
 *
 *	ASKING -> ENDED -> OVER			by C-GET, or when our side ended it
 *	ASKING -> ENDED -> ARRIVING -> OVER	by C-MOVE: all that it counted has been received
 *	ASKING -> DRAINING -> ENDED ...		a limit was met
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum attempt_phase {
	ATTEMPT_ASKING,			/* the tool runs */
	ATTEMPT_DRAINING,		/* the tool runs, and is ended when the object in flight is whole */
	ATTEMPT_ENDED,			/* the tool is gone, objects may be on their way to our receiver */
	ATTEMPT_ARRIVING,		/* nothing more is received; intake or list are waited for: it needs no association */
	ATTEMPT_OVER			/* nothing more is waited for */
};

/* Why our side ended it. */
enum attempt_stop {
	STOP_NONE,
	STOP_ORDERED,			/* interrupt, limit, failure of the run */
	STOP_FIRST,			/* no object came within --first-timeout */
	STOP_STALL,			/* nothing more came within --stall-timeout */
	STOP_STUDY			/* a study took longer than --study-timeout */
};

/* The deadlines of an attempt, measured on what arrives. */
struct attempt_clock {
	long long first_s, stall_s, study_s;	/* limits, 0 = none */
	int64_t progress_ms;		/* when bytes came last; its start, if none came */
	int64_t study_ms;		/* when the study under way began */
	int64_t spent_ms;		/* time that its study took in earlier attempts */
	bool heard;			/* something came */
};

/* The deadline that has passed, and its limit. */
enum attempt_stop attempt_deadline(const struct attempt_clock *, enum attempt_phase, int64_t now_ms, long long *ret_limit_s);
bool attempt_stop_is_deadline(enum attempt_stop);

/* All that tells whether an attempt is over. */
struct attempt_facts {
	enum attempt_phase phase;
	enum attempt_stop stop;
	bool moved;			/* its objects come to our receiver */
	bool listed;			/* the lists of its studies are known, or not waited for */
	bool here;			/* every object of its studies is here */
	bool through;			/* the intake is done with all that was received, or can do no more */
	bool broken;			/* the intake can do no more */
	int finals;			/* final responses */
	int completed;			/* objects sent, by the PACS's counter; -1 absent */
	int objects;			/* of its studies, placed */
	int stored;			/* received over connections that are gone */
	uint64_t received;		/* files received by the whole run since it began */
	size_t open;			/* connections that may bring its objects */
	int64_t quiet_ms;		/* since when nothing came: clock_ms() time */
	long long first_s, stall_s;	/* limits, 0 = none */
	bool well;			/* success was said */
	bool queues;			/* this PACS is known to answer first and to send later */
};

/* The phase that it is in now; the tool's end is noted by its owner. */
enum attempt_phase attempt_phase_now(const struct attempt_facts *, int64_t now_ms);
/* Its first object came so long after its end that this is the PACS's way. */
bool attempt_came_late(int64_t ended_ms, int64_t first_ms);
/* Does an attempt that is over have to look once more for what its connections brought? */
bool attempt_looks_again(const struct attempt_facts *);
