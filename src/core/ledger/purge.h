/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forgetting old jobs and queries. */
#pragma once

#include <stdbool.h>
#include <time.h>

#include "core/ledger/ledger.h"

/* Forgets the queries from before, and the jobs begun before that are not running, with their plans, studies and attempts;
 * what is held and what was learned stays.  only_count: forgets nothing.  The file is written anew, so that nothing lingers in
 * it. */
struct ledger_purged {
	long long queries, jobs, studies, attempts;
};
int ledger_purge(struct ledger *, time_t before, bool only_count, struct ledger_purged *, struct err *);
