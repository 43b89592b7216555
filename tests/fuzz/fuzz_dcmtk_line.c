/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a tool says in its log, and the verdict on it. */
#include <stdint.h>
#include <string.h>

#include "wrappers/reading.h"
#include "wrappers/storescp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct peer peer = { .host = "pacs", .port = 104, .called = "ARCHIVE", .calling = "ME" };
	const char *text = (const char *)data, *end = text + size, *next;
	struct storescp_reading receiver = { .stored = 0 };
	struct reading r;
	struct err e = { ERR_NONE, "" };

	reading_init(&r, size ? (enum service)(data[0] % 5) : SERVICE_GET);
	for (; text < end; text = next + 1) {
		next = memchr(text, '\n', (size_t)(end - text));
		if (!next)
			next = end;
		reading_line(&r, text, (size_t)(next - text));
		storescp_line(&receiver, text, (size_t)(next - text));
	}
	if (reading_verdict(&r, NULL, &peer, NULL, 104, &e) < 0 && (e.kind == ERR_NONE || !*e.text))
		__builtin_trap();
	reading_done(&r);
	return 0;
}
