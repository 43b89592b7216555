/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the DCMTK tools share: where they are, which version, the log configuration that makes them speak to a program,
 * and the reading of that log: how the association went, the final status, counters, comment, failed list.
 *
 * No exit status is believed (a tool ends with 0 when everything failed): the verdict is the last final status, and
 * "no final status" means "not finished". */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/command.h"
#include "base/err.h"
#include "dicom/peer.h"
#include "dicom/status.h"

/* How all tools of one run are started. */
struct dcmtk {
	char *dir;			/* of the tools; NULL = PATH */
	char *promptack;		/* path of the preload object, or NULL = off */
	char *log_config;		/* path of the file written by dcmtk_write_log_config */
	char *dictionary;		/* path of the file written by dcmdump_write_dictionary, or NULL */
	int version;			/* 30607; 0 = not yet asked */
	char version_text[64];		/* "3.6.7" */
	int connect_s, acse_s, dimse_s;	/* -to, -ta, -td: always given */
};

#define DCMTK_VERSION_MIN 30605

void dcmtk_init(struct dcmtk *);	/* dir from DICOM_QR_DCMTK_DIR, promptack found by dcmtk_find_promptack */
void dcmtk_done(struct dcmtk *);
/* DICOM_QR_PROMPTACK in the environment ("off", or a path), else the package's own library folder; NULL when not there. */
char *dcmtk_find_promptack(void);
/* Writes two log4cplus configurations, path for the tools that ask and path.scp for storescp: final statuses, counters,
 * comments, errors; neither keys nor values of answers (patient data), nor a line per object retrieved (storescp: one).
 * Format of a line: LEVEL|text.  storescp's goes to STORESCP_LOG in its working folder (see storescp.h). */
int dcmtk_write_log_config(const struct dcmtk *, const char *path, struct err *);
/* "$dcmtk: findscu v3.6.7 2022-04-22 $" -> 30607; 0 when it is no such line. */
int dcmtk_version_parse(const char *line, char text[64]);
/* A command for one tool with all that every network tool gets: environment (TCP_NODELAY, preload), -lc, timeouts; without
 * them (dcmdump); and its --version. */
struct command *dcmtk_command(const struct dcmtk *, const char *tool);
struct command *dcmtk_plain_command(const struct dcmtk *, const char *tool);
struct command *dcmtk_version_command(const struct dcmtk *, const char *tool);
/* -aet CALLING -aec CALLED, and later the parameters host and port. */
void dcmtk_titles(struct command *, const struct peer *);		/* and TLS, where the peer has it */
/* ERR_TOOL when there is to be TLS and this version of the tool has none. */
int dcmtk_tls_check(const struct dcmtk *, const struct tls *, const char *tool, struct err *);
void dcmtk_address(struct command *, const struct peer *);
/* The small dictionary instead of the whole, where there is one. */
void dcmtk_dictionary(struct command *, const struct dcmtk *);
/* -S, -P or -O. */
void dcmtk_model(struct command *, enum model);

/* What was read in the log of one run. */
struct dcmtk_reading {
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
	bool accepted;			/* the association was accepted */
	bool released_badly;		/* release refused or aborted after the final response: harmless */
	struct err trouble;		/* first thing that went wrong in association, transport or writing: kind and the tool's words;
					   kind NONE = nothing */
	char comment[256];		/* Error Comment of the last final response */
	struct buf failed_uids;		/* backslash-separated Failed SOP Instance UID Lists (movescu); ceiling 1 MiB */
	struct buf said;		/* last lines of level WARN and above, for the log; ceiling 8 KiB */
	/* the reader's own */
	int block;			/* in which kind of message block we are */
	int cause;			/* of trouble: row in the table of causes */
	int count[4];			/* counters of the response being read */
	bool transient;			/* the rejection was */
};

void dcmtk_reading_init(struct dcmtk_reading *, enum service);
void dcmtk_reading_done(struct dcmtk_reading *);
/* One line of the log (either stream, without line end): "LEVEL|text", or "D: text" as the tools write without -lc. */
void dcmtk_line(struct dcmtk_reading *, const char *text, size_t len);
/* The verdict on what was said (the files are another matter): 0 when the association worked, every request had its final
 * response, all with success, and no sub-operation failed; else -1 with kind and one sentence.  child_trouble: what our own supervision knows (deadline, signal), may be NULL.
 * peer fills in the advice; port is our receiver's (0 = none); aet whom a move went to (NULL = calling AE title). */
int dcmtk_verdict(const struct dcmtk_reading *, const struct err *child_trouble, const struct peer *, const char *aet, int port,
		  struct err *);
/* The association came to nothing because the peer does not offer the service at all. */
bool dcmtk_service_refused(const struct dcmtk_reading *);
