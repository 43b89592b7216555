/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files written down: in the manifests of their studies, which travel with them, and then in the ledger. */
#pragma once

#include "core/ledger/instances.h"

/* Sorts the instances by study and path and appends them to the manifests; not flushed here. */
int record_in_manifests(struct ledger_instance *, size_t count, struct err *);
/* All or none. */
int record_in_ledger(struct ledger *, const struct ledger_instance *, size_t count, struct err *);
