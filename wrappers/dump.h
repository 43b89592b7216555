/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dump-line grammar of dcmdump -q +F +L -Un +Qn (and +p): one ASCII line per element, original bytes recoverable. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct dump_line {
	uint32_t tag;
	char vr[3];
	const char *value;	/* in the buffer given to dump_line_parse, quotes undone; "" for none */
	size_t len;
	bool loaded;		/* false for "(not loaded)" */
	bool nested;		/* indented or with a prefix: inside a sequence */
};

/* False when it is no element line (headers, blank lines, sequence delimiters). */
bool dump_line_parse(struct dump_line *, const char *text, size_t len, struct buf *room);
/* "# dcmdump (3/400): /path/name" -> the path, pointing into text; NULL when it is no header. */
const char *dump_header(const char *text);
/* The same line as a log shows it, raw: what stands between the brackets.  False when it is no such line; whole is false
 * when the line was cut before its closing bracket. */
bool dump_bracket(const char *text, size_t len, const char **ret_value, size_t *ret_len, bool *ret_whole);
