/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A part of a text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct span {
	const char *text;
	size_t len;
};

/* Without blanks at either end. */
struct span span_trim(struct span);
/* The part before the next separator, trimmed; *rest moves behind it, NULL after the last one. */
struct span span_next(const char **rest, const char *separators);
/* The same word, in any case. */
bool span_is(struct span, const char *word);
