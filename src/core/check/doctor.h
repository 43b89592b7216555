/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may be wrong on this machine, and between it and a PACS: tools, folders, port, address, echo.  Looks and tells; mends
 * nothing. */
#pragma once

#include <stdbool.h>

#include "core/plan/plan.h"
#include "core/session/session.h"

enum finding { FINDING_FINE, FINDING_NOTE, FINDING_BAD };

struct doctor_line {
	enum finding finding;
	const char *what;
	char text[700];			/* what was found, and what to do about it */
	enum err_kind kind;		/* of what is bad */
};
typedef void doctor_fn(void *owner, const struct doctor_line *);

struct doctor {
	struct session *session;
	const struct settings *how;	/* host "" = no PACS was named */
	doctor_fn *line;
	void *owner;
	bool echo_failed;
	char address[64];		/* of ours, as the PACS sees it; "" unknown */
};

/* Our side; opens the session (to be closed even when it cannot). */
void doctor_look(struct doctor *);
/* The PACS: name, address, echo; after doctor_look. */
void doctor_ask(struct doctor *);
/* What to tell the administrator of the PACS, and what to look at when a C-MOVE brings nothing, the likeliest first. */
void doctor_advise(struct doctor *);
