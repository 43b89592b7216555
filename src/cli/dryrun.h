/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dry run as a contract: what would be fetched and why the rest is not, where it would go, what it would cost the PACS,
 * and the exact commands. */
#pragma once

#include "core/query/studies.h"

/* query may be NULL (a plan from a list or a state file). */
int dryrun_print(struct session *, const struct plan *, const struct query *, const struct studies_found *, int queries_sent,
		 struct err *);
