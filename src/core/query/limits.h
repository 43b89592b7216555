/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a plan would do, found out without retrieving: which objects there are, which are here already, and where the limits
 * end it. */
#pragma once

#include "core/plan/plan.h"
#include "core/session/session.h"

/* Lists the wanted studies, compares with what is held (whole ones are skipped: "held already"), and cuts the
 * plan to how.max_studies, and to how.max_images objects: whole studies, in order, then part of one; what failed before (again) comes
 * after the others.  What is left for another run is skipped and marked as such.  *ret_queries: C-FINDs sent. */
int limits_plan(struct session *, struct plan *, int *ret_queries, struct err *);
