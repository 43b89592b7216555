/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dcmdump's lines: the first byte says from which stream each comes. */
#include "wrappers/dcmdump.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void got_file(void *owner, const char *path, struct dataset *set, const char *damage)
{
	(void)owner;
	(void)damage;
	if (!path || set->count > 100000)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size, *next;
	struct dcmdump_reading r;

	dcmdump_reading_init(&r, got_file, NULL);
	for (; text < end; text = next + 1) {
		next = memchr(text, '\n', (size_t)(end - text));
		if (!next)
			next = end;
		dcmdump_line(&r, *text == 'E', text, (size_t)(next - text));
	}
	dcmdump_end(&r);
	dcmdump_reading_done(&r);
	return 0;
}
