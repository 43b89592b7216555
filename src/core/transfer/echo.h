/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One C-ECHO in the background: is the PACS there? */
#pragma once

#include "core/session/session.h"

struct echo;

/* kind ERR_NONE: it answered. */
typedef void echo_done_fn(void *owner, const struct err *why);

struct echo *echo_start(struct session *, const struct peer *, echo_done_fn *done, void *owner, struct err *);
void echo_stop(struct echo *, bool now);	/* done() still comes */
