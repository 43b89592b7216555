/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/part10.h"

#include "base/buf.h"
#include "base/mem.h"
#include "dicom/tag.h"
#include "tests/unit/check.h"

#define META_AS(syntax) "\2\0\1\0OB\0\0\2\0\0\0\0\1\2\0\20\0UI" syntax
#define META META_AS("\24\0001.2.840.10008.1.2.1\0")
#define NAME "\20\0\20\0PN\10\0MU\334LLER "
#define PID "\20\0\40\0LO\4\0P-01"

/* What follows the preamble and DICM. */
static const struct {
	const char *what, *bytes;
	size_t len;
	const char *shown;		/* NULL = not plain */
} cases[] = {
#define BYTES(text) text, sizeof text - 1
	{ "names and numbers", BYTES(META NAME PID), "00100010 PN MU\334LLER |00100020 LO P-01|" },
	{ "nothing but meta", BYTES(META), "" },
	{ "syntax padded by a blank", BYTES(META_AS("\24\0001.2.840.10008.1.2.1 ") PID), "00100020 LO P-01|" },
	{ "empty value", BYTES(META "\20\0\40\0LO\0\0"), "00100020 LO |" },
	{ "a line break is no end", BYTES(META "\20\0\40\0LO\6\0a\n(]#b"), "00100020 LO a\n(]#b|" },
	{ "16 bits", BYTES(META "\50\0\20\0US\4\0\0\2\377\377"), "00280010 US 512\\65535|" },
	{ "16 bits, signed", BYTES(META "\50\0\20\0SS\2\0\376\377"), "00280010 SS -2|" },
	{ "32 bits", BYTES(META "\50\0\20\0UL\4\0\377\377\377\377"), "00280010 UL 4294967295|" },
	{ "32 bits, signed", BYTES(META "\50\0\20\0SL\4\0\377\377\377\377"), "00280010 SL -1|" },
	{ "numbers without any", BYTES(META "\50\0\20\0US\0\0"), "00280010 US |" },
	{ "long text", BYTES(META "\10\0\40\1UR\0\0\4\0\0\0abcd"), "00080120 UR abcd|" },

	{ "nothing", BYTES(""), NULL },
	{ "no meta", BYTES(PID), NULL },
	{ "implicit", BYTES(META_AS("\22\0001.2.840.10008.1.2\0") PID), NULL },
	{ "deflated", BYTES(META_AS("\26\0001.2.840.10008.1.2.1.99") PID), NULL },
	{ "half a tag", BYTES(META "\20\0\40"), NULL },
	{ "longer than what is there", BYTES(META "\20\0\40\0LO\6\0P-01"), NULL },
	{ "longer than what is there, 32 bits", BYTES(META "\10\0\40\1UR\0\0\376\377\377\377abcd"), NULL },
	{ "odd length", BYTES(META "\20\0\40\0LO\3\0P-1"), NULL },
	{ "rest behind the last", BYTES(META PID "\0\0"), NULL },
	{ "twice", BYTES(META PID PID), NULL },
	{ "out of order", BYTES(META PID NAME), NULL },
	{ "sequence", BYTES(META "\10\0\20\21SQ\0\0\0\0\0\0" PID), NULL },
	{ "unknown", BYTES(META "\11\0\1\20UN\0\0\4\0\0\0P-01"), NULL },
	{ "bytes", BYTES(META "\10\0\20\21OB\0\0\0\0\0\0"), NULL },
	{ "no such representation", BYTES(META "\20\0\40\0ZZ\4\0P-01"), NULL },
	{ "three bytes of 16 bits each", BYTES(META "\50\0\20\0UL\2\0\0\2"), NULL },
#undef BYTES
};

static void show(const struct dataset *set, struct buf *out)
{
	for (size_t i = 0; i < set->count; i++) {
		buf_printf(out, "%08x %s ", set->elements[i].tag, set->elements[i].vr);
		buf_add(out, set->elements[i].value, set->elements[i].len);
		buf_printf(out, "|");
	}
}

static void test_cases(void)
{
	for (size_t i = 0; i < countof(cases); i++) {
		auto_buf struct buf file = BUF_INIT(4096), shown = BUF_INIT(4096);
		struct dataset set;
		bool plain;

		CHECK_CASE(cases[i].what);
		for (int n = 0; n < 128; n++)
			buf_add(&file, "", 1);
		buf_add(&file, "DICM", 4);
		buf_add(&file, cases[i].bytes, cases[i].len);
		dataset_init(&set);
		plain = part10_read((const unsigned char *)file.data, file.len, &set);
		CHECK_INT(plain, cases[i].shown != NULL);
		if (plain && cases[i].shown) {
			show(&set, &shown);
			CHECK_STR(buf_text(&shown), cases[i].shown);
		}
		dataset_done(&set);
		/* cut anywhere, it is never taken for something longer than it is */
		for (size_t len = 0; len < file.len; len++) {
			auto_free unsigned char *part = mem_alloc(len + 1);

			memcpy(part, file.data, len);
			dataset_init(&set);
			part10_read(part, len, &set);
			dataset_done(&set);
		}
	}
	CHECK_CASE("");
}

int main(void)
{
	test_cases();
	return check_done();
}
