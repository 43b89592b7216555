/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A state file that somebody else wrote: refused in words, or accepted, and then it writes and reads back the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/plan/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_back(const struct buf *text)
{
	struct buf again = BUF_INIT(BUF_MB(64));
	struct plan p;
	struct err e;

	plan_init(&p);
	if (state_parse(buf_text(text), text->len, &p, &e) < 0)
		abort();
	state_text(&p, &again);
	if (again.len != text->len || memcmp(buf_text(&again), buf_text(text), text->len) != 0)
		abort();
	plan_done(&p);
	buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = BUF_INIT(BUF_MB(64));
	struct plan p;
	struct err e = { ERR_NONE, "" };

	plan_init(&p);
	if (state_parse((const char *)data, size, &p, &e) == 0) {
		state_text(&p, &text);
		read_back(&text);
	} else if (e.kind != ERR_INPUT || !*e.text) {
		abort();
	}
	plan_done(&p);
	buf_done(&text);
	return 0;
}
