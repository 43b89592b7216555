/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transcripts of the tools (tests/transcripts), line by line.  Their header lines begin with "# " and come before the
 * "===== stdout =====" that starts what the tool wrote. */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

typedef void replay_fn(void *owner, bool is_stderr, const char *text, size_t len);

/* False when there is no such transcript. */
static inline bool replay(const char *name, replay_fn *line, void *owner)
{
	const char *srcdir = getenv("srcdir");
	auto_free char *path = mem_printf("%s/tests/transcripts/%s.txt", srcdir ? srcdir : ".", name);
	FILE *f = fopen(path, "r");
	bool begun = false, is_stderr = false;
	char *text = NULL;
	size_t room = 0;
	ssize_t len;

	if (!f)
		return false;
	while ((len = getline(&text, &room, f)) >= 0) {
		if (len && text[len - 1] == '\n')
			text[--len] = '\0';
		if (strncmp(text, "===== std", 9) == 0) {
			begun = true;
			is_stderr = strcmp(text, "===== stderr =====") == 0;
		} else if (begun) {
			line(owner, is_stderr, text, (size_t)len);
		}
	}
	free(text);
	fclose(f);
	return true;
}
