/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The numbers by which a person chooses from a list. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* "1,3,5", "1-5", "all", "1-3,5,7-9" (spaces allowed): sets or clears every chosen[i] for numbers 1..count.  ERR_USAGE says
 * which part is wrong ("7-3: the range runs backwards", "12: there are only 5 studies"), and chosen is as it was.  "" and
 * "none" choose nothing. */
int numbers_parse(const char *text, bool *chosen, size_t count, struct err *);
