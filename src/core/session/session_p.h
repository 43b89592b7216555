/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of a session share. */
#pragma once

#include "core/session/session.h"

int session_ask_version(struct session *, const char *tool, struct err *);
int session_hear_versions(struct session *, struct err *);	/* waits for all that were asked; each must do */
void session_drop_asked(struct session *);			/* when no child is left that could answer */
