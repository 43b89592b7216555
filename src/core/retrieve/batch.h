/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which studies share a request: small ones that are asked for in the same way, so many that neither the list of UIDs nor what is
 * lost with a broken association becomes long, and that a limit on bytes is not passed.  Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/node/abilities.h"

/* A study that is due. */
struct batch_candidate {
	struct way way;
	enum form company;		/* how it travels with other studies */
	bool part;			/* not the whole study is asked for, or not for the first time */
	bool slow;			/* it must be recalled first, or used up time of its own */
	int expected;			/* objects, -1 unknown */
	size_t most;			/* studies in a request with it; 1 = alone */
};

struct batch_draft {
	struct batch_candidate first;
	size_t count, most;		/* studies */
	long long objects, objects_max;
};

/* For a limit on bytes, from what came so far; max_bytes 0 = no limit. */
struct batch_budget {
	long long max_bytes, bytes;
	long long objects;		/* that these bytes were */
	long long under_way;		/* objects that were asked for and have not come */
};
/* The limit is met, or what is under way may meet it: nothing more is asked for before that is here. */
bool batch_waits(const struct batch_budget *);

void batch_begin(struct batch_draft *, const struct batch_budget *);
bool batch_fits(const struct batch_draft *, const struct batch_candidate *);
void batch_add(struct batch_draft *, const struct batch_candidate *);	/* one that fits */
bool batch_full(const struct batch_draft *);
/* Of those that were added, so many from the first go. */
size_t batch_count(const struct batch_draft *);
