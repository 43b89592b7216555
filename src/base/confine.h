/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Landlock: a child may write below one folder only.  DCMTK has had path traversal through UIDs that a peer sends. */
#pragma once

#include "base/err.h"

/* The ABI the kernel offers; 0 = none. */
int confine_abi(void);
/* A ruleset that allows writing, making and removing below dir only (and writing to /dev/null; reading stays free).
 * Returns a descriptor, or -1 with err when the kernel has it but refuses; -2 when the kernel has no Landlock. */
int confine_ruleset(const char *dir, struct err *);
/* In the child, between fork and exec: no new privileges, then the ruleset.  Async-signal-safe.  0 or -1. */
int confine_enter(int ruleset_fd);
