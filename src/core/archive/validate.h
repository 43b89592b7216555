/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every file of the retrieved studies read once more from the disk, as somebody else would read it. */
#pragma once

#include "core/plan/plan.h"
#include "core/session/session.h"

struct validation {
	long long valid, invalid;
};

/* The files that the ledger records for the studies of the plan that are not skipped; each invalid one is logged with what is wrong. */
int validate_plan(struct session *, const struct plan *, struct validation *, struct err *);
