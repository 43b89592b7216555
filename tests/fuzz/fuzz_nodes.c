/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A nodes.json that somebody else wrote: refused in words, or accepted, and then it writes and reads back the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/node/nodes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_back(const struct buf *text)
{
	struct buf again = BUF_INIT(BUF_MB(64));
	struct nodes_file f = { .path = NULL };
	struct err e;

	if (nodes_parse(&f, buf_text(text), text->len, &e) < 0)
		abort();
	nodes_text(&f, &again);
	if (again.len != text->len || memcmp(buf_text(&again), buf_text(text), text->len) != 0)
		abort();
	nodes_file_done(&f);
	buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = BUF_INIT(BUF_MB(64));
	struct nodes_file f = { .path = NULL };
	struct err e = { ERR_NONE, "" };

	if (nodes_parse(&f, (const char *)data, size, &e) == 0) {
		nodes_text(&f, &text);
		read_back(&text);
	} else if (e.kind != ERR_INPUT || !*e.text) {
		abort();
	}
	nodes_file_done(&f);
	buf_done(&text);
	return 0;
}
