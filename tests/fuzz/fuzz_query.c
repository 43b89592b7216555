/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys as lines of any bytes: what is accepted and encoded must be a data set whose elements end where it ends. */
#include "dicom/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t number(const unsigned char *at, int bytes)
{
	return bytes ? at[0] | number(at + 1, bytes - 1) << 8 : 0;
}

/* Walks the elements: ascending tags, even lengths, nothing left over. */
static void check_elements(const unsigned char *at, const unsigned char *end)
{
	uint32_t last = 0;

	while (at != end) {
		uint32_t tag = number(at, 2) << 16 | number(at + 2, 2), len = number(at + 6, 2);
		size_t head = memmem("OB OD OF OL OV OW SV UC UN UR UT UV", 35, at + 4, 2) ? 12 : 8;

		if (head == 12)
			len = number(at + 8, 4);
		if (tag <= last || len % 2 || len > (size_t)(end - at) - head)
			abort();
		last = tag;
		at += head + len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const charsets[] = { NULL, "", "ISO_IR 100", "ISO 2022 IR 87", "GB18030" };
	auto_free char *text = mem_strn((const char *)data, size);
	auto_buf struct buf out = BUF_INIT(BUF_MB(4));
	struct err e = { ERR_NONE, "" };
	struct query q;
	char *rest = text;

	query_init(&q, LEVEL_STUDY);
	for (char *line; (line = strsep(&rest, "\n"));)
		query_add_text(&q, line, &e);
	query_add_returns(&q);
	query_check(&q, MODEL_STUDY, &e);
	if (query_encode(&q, charsets[size % countof(charsets)], &out, &e) == 0)
		check_elements((const unsigned char *)out.data + 132, (const unsigned char *)out.data + out.len);
	query_done(&q);
	return 0;
}
