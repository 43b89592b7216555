/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dry run: which studies would be fetched and why the others would not, where they would go, what it would cost the PACS;
 * with --verbose also commands that do the same. */
#pragma once

#include "cli/task.h"
#include "core/query/studies.h"

/* For the plan of the task.  query may be NULL (a plan from a list or a state file). */
int dryrun_print(struct task *, const struct query *, const struct studies_found *, int queries_sent, struct err *);
