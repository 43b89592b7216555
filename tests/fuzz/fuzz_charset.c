/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes under any declaration become well-formed UTF-8 without control characters, and what can be written in a
 * character set is read back as what is written the same.  The first bytes choose the declaration. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dicom/charset.h"

static const char *const declared[] = {
	"", "ISO_IR 100", "ISO_IR 126", "ISO_IR 166", "ISO_IR 13", "ISO_IR 192", "GB18030", "GBK", "\\ISO 2022 IR 87",
	"ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159", "\\ISO 2022 IR 149", "\\ISO 2022 IR 58",
	"ISO 2022 IR 100\\ISO 2022 IR 144\\ISO 2022 IR 149", "ISO 2022 IR 14", "ISO 2022 IR 58\\ISO 2022 IR 127",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
	if (!held)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(4)), bytes = BUF_INIT(BUF_MB(4)), back = BUF_INIT(BUF_MB(4)),
		again = BUF_INIT(BUF_MB(4));
	auto_free char *own = size ? mem_strn((const char *)data + 1, size - 1) : mem_str("");
	const char *charset = size && data[0] < 128 ? declared[data[0] % countof(declared)] : own;
	bool is_pn = size && data[0] & 64;
	struct err e;

	charset_to_utf8(&text, size ? (const char *)data + 1 : "", size ? size - 1 : 0, charset, "GBK", is_pn);
	for (size_t i = 0, n; i < text.len; i += n) {
		n = buf_utf8_len(text.data + i, text.len - i);
		require(n && text.data[i] != 0x1b);
	}
	if (charset_from_utf8(&bytes, buf_text(&text), charset, &e) < 0)
		return 0;
	charset_to_utf8(&back, buf_text(&bytes), bytes.len, charset, NULL, is_pn);
	require(charset_from_utf8(&again, buf_text(&back), charset, &e) == 0);
	require(!strcmp(buf_text(&again), buf_text(&bytes)));
	return 0;
}
