/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What opt.c and opt_show.c share: walking the tables of a command. */
#pragma once

#include "parse/opt.h"

/* Starts as { 0, 0 }. */
struct opt_walk {
	size_t table, row;
};
const struct opt *opt_next(const struct opt_command *, struct opt_walk *);
