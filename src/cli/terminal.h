/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person looks at. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

bool terminal_obeys(int fd);		/* it is a terminal that can move its cursor */
bool terminal_has_colour(int fd);	/* and nobody has switched colours off ($NO_COLOR) */
size_t terminal_columns(int fd, size_t otherwise);	/* $COLUMNS, else the terminal's, else so many; at least 20 */
