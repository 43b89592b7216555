/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can go wrong before a status is heard: the words of the tools, and what they mean. */
#pragma once

#include "base/err.h"

enum cause {
	CAUSE_NONE,
	/* writing */
	CAUSE_NO_SPACE, CAUSE_OBJECT_NOT_WRITTEN, CAUSE_NOT_WRITTEN, CAUSE_BAD_FILE_NAME, CAUSE_NOT_STORED,
	/* connecting */
	CAUSE_UNKNOWN_HOST, CAUSE_CONNECTION_REFUSED, CAUSE_CONNECTION_TIMEOUT, CAUSE_PORT_IN_USE, CAUSE_TCP, CAUSE_NO_CONNECTION,
	CAUSE_NO_DICOM,
	/* TLS */
	CAUSE_CERTIFICATE, CAUSE_NO_TLS, CAUSE_TLS, CAUSE_TLS_KEY, CAUSE_TLS_FILE, CAUSE_TLS_KEY_MISMATCH,
	/* associating */
	CAUSE_NO_CONTEXT, CAUSE_NO_MOVE_CONTEXT, CAUSE_CALLED_TITLE, CAUSE_CALLING_TITLE, CAUSE_CONGESTION, CAUSE_TOO_MANY,
	CAUSE_APPLICATION_CONTEXT, CAUSE_PROTOCOL_VERSION, CAUSE_NO_REASON, CAUSE_REJECTED,
	/* talking */
	CAUSE_SILENT, CAUSE_READ_TIMEOUT, CAUSE_ABORTED, CAUSE_RELEASED, CAUSE_NOT_SENT, CAUSE_GARBLED, CAUSE_LEFT_EARLY,
	/* the tool */
	CAUSE_QUERY_FILE, CAUSE_LIBRARY,
	CAUSES
};

/* What a cause means.  A cause of higher rank replaces one of a vaguer line: 3.6.5 and 3.6.6 need three lines, the third of
 * which says why; what follows a loss of the connection is its consequence. */
struct cause_meaning {
	int rank;
	enum err_kind kind;
	const char *early;	/* when there was no association yet; NULL = the same */
	const char *says;	/* a sentence with {host} {port} {called} {calling} {service}, and {words}: the tool's, after its number */
};

/* The cause that a line of level ERROR or FATAL names, CAUSE_NONE for no known one. */
enum cause cause_find(const char *line);
const struct cause_meaning *cause_meaning(enum cause);
