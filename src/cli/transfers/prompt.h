/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interactive choice of studies, on a terminal or fed by a pipe; the listing and grammar that users know. */
#pragma once

#include <stdio.h>

#include "core/plan/plan.h"
#include "core/session/session.h"

/* "Found 15 studies", a rule, and for each study four lines: [n] NAME (ID: ...), Study, Date and Modality, UID. */
void prompt_list(FILE *, const struct plan *);
/* Shows the list, asks until an answer can be understood (on a terminal; from a pipe a bad answer is ERR_USAGE), and skips
 * those not chosen ("not chosen").  End of input, or "q": nothing is chosen.  Ctrl-C: ERR_INTERRUPTED. */
int prompt_choose(struct session *, struct plan *, struct err *);
