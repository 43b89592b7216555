/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of what was learned of nodes. */
#pragma once

#include <time.h>

#include "core/ledger/ledger.h"

/* What was learned of a node, as text; when, and how often in a row it was the same.  value NULL forgets. */
int ledger_learn(struct ledger *, const char *node, const char *what, const char *value, struct err *);
char *ledger_learned(struct ledger *, const char *node, const char *what);	/* yours, or NULL */
char *ledger_learned_since(struct ledger *, const char *node, const char *what, time_t since);	/* NULL when it is older */

typedef int ledger_learned_fn(void *owner, const char *what, const char *value, time_t at, int times);
int ledger_learned_all(struct ledger *, const char *node, ledger_learned_fn *, void *owner, struct err *);
