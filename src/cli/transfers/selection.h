/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The selection within the studies, and the report of it: what was kept of each study and why. */
#pragma once

#include "cli/options.h"
#include "core/session/session.h"

/* As the options say; nothing when they select nothing.  *whole becomes false when the PACS would not tell the series of a study;
 * *queries grows by the C-FINDs sent. */
int selection_make(struct session *, struct plan *, const struct values *, bool *whole, int *queries, struct err *);
int selection_by(struct session *, struct plan *, const struct dose_rules *, bool quiet, bool *whole, int *queries, struct err *);
