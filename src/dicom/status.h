/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DIMSE statuses (PS3.7 Annex C, PS3.4 C.4): number, meaning, advice, and whether asking again can help. */
#pragma once

#include "base/err.h"

enum service { SERVICE_ECHO, SERVICE_FIND, SERVICE_GET, SERVICE_MOVE, SERVICE_STORE };

struct status_info {
	const char *meaning;	/* "move destination unknown" */
	const char *advice;	/* "ask the PACS administrator to register AE title {aet} at this host, port {port}" */
	enum err_kind kind;	/* ERR_NONE success/pending, ERR_BUSY later, ERR_REFUSED no, ERR_ABORTED cancelled... */
};

const struct status_info *status_info(enum service, int status);
/* "0xA801 move destination unknown: ask the PACS administrator to register AE title DICOMQR at this host, port 11112";
 * {aet}, {port} and {called} are filled in; comment (may be NULL or "") is appended in parentheses: (PACS says: "..."). */
void status_sentence(char *out, unsigned long room, enum service, int status, const char *comment, const char *aet, int port,
		     const char *called);
