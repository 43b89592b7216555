/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as JSON: what is accepted must be written so that it is read, and written, the same again. */
#include "parse/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int drop(void *owner, struct json *item, struct err *e)
{
	bool refused = json_type(item) == JSON_NULL;

	(void)owner;
	json_free(item);
	return refused ? err_set(e, ERR_INPUT, "null") : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf struct buf once = BUF_INIT(BUF_MB(64)), twice = BUF_INIT(BUF_MB(64));
	struct err e = { ERR_NONE, "" };
	struct json *j = json_parse((const char *)data, size, &e), *again;

	if (!j != (e.kind == ERR_INPUT) || strchr(e.text, '\n'))
		abort();
	if (j) {
		json_write(&once, j, size % 2);
		again = json_parse(buf_text(&once), once.len, &e);
		if (!again)
			abort();
		json_write(&twice, again, size % 2);
		if (strcmp(buf_text(&once), buf_text(&twice)))
			abort();
		json_free(again);
	}
	json_free(j);
	json_free(json_parse_items((const char *)data, size, "a", drop, NULL, &e));
	return 0;
}
