/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is here already: the ledger and the manifest say what ought to be, the disk decides. */
#pragma once

#include "core/ledger/ledger.h"
#include "core/transfer/retrieval.h"

/* Tells the retrieval of every object of its study that lies under output, whole by its size.  With a job, what the manifest
 * knows and the ledger does not is recorded in the ledger: a crash came between, or the files come from another machine. */
int held_load(struct ledger *, int64_t job, const char *output, struct retrieval *, struct err *);
/* Is anything of the study here, by the ledger, or may it be, by a manifest? */
int held_any(struct ledger *, const char *output, const char *study_uid, bool *ret_any, struct err *);
/* How many objects of the study are here; of those that it names, when it names some. */
int held_count(struct ledger *, const char *output, const struct plan_study *, int *ret_count, struct err *);
