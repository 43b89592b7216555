/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log of a DCMTK tool that talks to a PACS: how the association went, the final status, counters, comment, failed list.
 *
 * No exit status is believed (a tool ends with 0 when everything failed): the verdict is the last final status, and
 * "no final status" means "not finished". */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "dicom/peer.h"
#include "dicom/status.h"
#include "wrappers/causes.h"

enum { READING_WORDS_MAX = 200 };	/* bytes of a tool's words in a sentence */

/* What was read in the log of one run. */
struct reading {
	enum service service;
	int requests;			/* how many the caller sent (query files); 1 unless the caller says more */
	int final;			/* DIMSE status of the last final response; -1 = none was seen */
	int finals;			/* final responses seen (several query files) */
	int worst;			/* the last final status that was not success, -1 = none: several requests on one association */
	int responses;			/* highest number of a pending C-FIND response; with several query files each final
					   response has taken a number, too */
	int rows;			/* pending C-FIND responses: so many answers must be there */
	bool optional_keys_ignored;	/* a 0xFF01 was seen */
	int completed, failed, warning, remaining;	/* of the last final response, -1 = absent in the message */
	int failed_all, done_all;	/* sub-operations failed, and completed or with warnings, over all final responses */
	int claimed;			/* sub-operations of all kinds, the remaining too, over all requests, also one that was not answered
					   to its end; -1 = no counter was told */
	bool accepted;			/* the association was accepted */
	bool released_badly;		/* release refused or aborted after the final response: harmless */
	struct err trouble;		/* first thing that went wrong in association, transport or writing: kind and the tool's words;
					   kind NONE = nothing */
	char comment[256];		/* Error Comment of the last final response */
	struct buf failed_uids;		/* backslash-separated Failed SOP Instance UID Lists (movescu); ceiling 1 MiB */
	struct buf said;		/* last lines of level WARN and above, for the log; ceiling 8 KiB */
	/* the reader's own */
	int block;			/* in which kind of message block we are */
	enum cause cause;		/* of trouble */
	int count[4];			/* counters of the response being read */
	int claimed_before;		/* claimed by the requests before this one */
	bool transient;			/* the rejection was */
};

void reading_init(struct reading *, enum service);
void reading_done(struct reading *);
/* One line of the log (either stream, without line end): "LEVEL|text", or "D: text" as the tools write without -lc. */
void reading_line(struct reading *, const char *text, size_t len);
/* The verdict on what was said (the files are another matter): 0 when the association worked, every request had its final
 * response, all with success, and no sub-operation failed; else -1 with kind and one sentence.  child_trouble: what our own supervision knows (deadline, signal), may be NULL.
 * peer fills in the advice; port is our receiver's (0 = none); aet whom a move went to (NULL = calling AE title). */
int reading_verdict(const struct reading *, const struct err *child_trouble, const struct peer *, const char *aet, int port,
		  struct err *);
/* The association came to nothing because the peer does not offer the service at all. */
bool reading_service_refused(const struct reading *);
