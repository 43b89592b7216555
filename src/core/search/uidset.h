/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of UIDs that only remembers 64-bit hashes of them: a million in 16 MB. */
#pragma once

#include <stdbool.h>

struct uidset;
struct uidset *uidset_new(void);
void uidset_free(struct uidset *);
bool uidset_add(struct uidset *, const char *uid);	/* false when it was there */
