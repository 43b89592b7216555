/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A nodes.json that somebody else wrote: refused in words, or accepted, and then it writes and reads back the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_back(const struct buf *text)
{
	struct buf again = BUF_INIT(BUF_MB(64));
	struct config_file f = { .path = NULL };
	struct err e;

	if (config_parse(&f, buf_text(text), text->len, &e) < 0)
		abort();
	config_text(&f, &again);
	if (again.len != text->len || memcmp(buf_text(&again), buf_text(text), text->len) != 0)
		abort();
	config_file_done(&f);
	buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = BUF_INIT(BUF_MB(64));
	struct config_file f = { .path = NULL };
	struct err e = { ERR_NONE, "" };

	if (config_parse(&f, (const char *)data, size, &e) == 0) {
		config_text(&f, &text);
		read_back(&text);
	} else if (e.kind != ERR_INPUT || !*e.text) {
		abort();
	}
	config_file_done(&f);
	buf_done(&text);
	return 0;
}
