/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is here already: the ledger and the manifest say what ought to be, the disk decides. */
#pragma once

#include "core/ledger.h"
#include "core/retrieval.h"

/* Tells the retrieval of every object of its study that lies under output, whole by its size. */
int held_load(struct ledger *, const char *output, struct retrieval *, struct err *);
