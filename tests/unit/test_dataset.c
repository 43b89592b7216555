/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Elements put, found and replaced; whole numbers as peers write them; text of every kind of peer made UTF-8 once. */
#include "dicom/dataset.h"

#include "base/mem.h"
#include "dicom/tag.h"
#include "tests/unit/check.h"

static void test_put(void)
{
	struct dataset d, copy;

	dataset_init(&d);
	dataset_init(&copy);
	CHECK(!dataset_find(&d, TAG_PatientID));
	CHECK_STR(dataset_get(&d, TAG_PatientID), "");
	dataset_text(&d, TAG_PatientID, "1");
	dataset_text(&d, TAG_StudyDate, NULL);
	dataset_put(&d, TAG(0x0009, 0x0001), "UNX", "a\0b", 3);
	CHECK_INT(d.count, 3);
	CHECK_STR(dataset_find(&d, TAG_StudyDate)->vr, "DA");
	CHECK_STR(dataset_find(&d, TAG_StudyDate)->value, "");
	CHECK_STR(dataset_find(&d, TAG(0x0009, 0x0001))->vr, "UN");
	CHECK_INT(dataset_find(&d, TAG(0x0009, 0x0001))->len, 3);
	dataset_text(&d, TAG_PatientID, "12345");
	dataset_text(&d, TAG_PatientID, dataset_get(&d, TAG_PatientID) + 2);
	CHECK_STR(dataset_get(&d, TAG_PatientID), "345");
	CHECK_INT(d.count, 3);
	dataset_text(&copy, TAG_Modality, "CT");
	dataset_copy(&copy, &d);
	CHECK_INT(copy.count, 3);
	CHECK_STR(dataset_get(&copy, TAG_Modality), "");
	CHECK(!memcmp(dataset_get(&copy, TAG(0x0009, 0x0001)), "a\0b", 4));
	dataset_reset(&d);
	CHECK_INT(d.count, 0);
	CHECK_STR(dataset_get(&copy, TAG_PatientID), "345");
	dataset_done(&d);
	dataset_done(&d);
	dataset_done(&copy);
}

static const struct { const char *text; long want; } numbers[] = {
	{ "12", 12 }, { " 12 ", 12 }, { "+7", 7 }, { "-3", -3 }, { "1.0", 1 }, { "1.", 1 }, { "2.50 ", 2 }, { "4\\5", 4 },
	{ "007", 7 }, { "", -99 }, { "x", -99 }, { "1x", -99 }, { "--1", -99 }, { "-", -99 }, { ".5", -99 }, { "1.5.2", -99 },
	{ "99999999999999999999", -99 }, { "0x10", -99 }, { "\t1", -99 },
};

static void test_numbers(void)
{
	struct dataset d;

	dataset_init(&d);
	CHECK_INT(dataset_int(&d, TAG_SeriesNumber, -99), -99);
	for (size_t i = 0; i < countof(numbers); i++) {
		CHECK_CASE(numbers[i].text);
		dataset_text(&d, TAG_SeriesNumber, numbers[i].text);
		CHECK_INT(dataset_int(&d, TAG_SeriesNumber, -99), numbers[i].want);
	}
	CHECK_CASE("");
	dataset_done(&d);
}

#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char *name, *charset, *fallback;
	uint32_t tag;
	const char *vr, *bytes;
	size_t len;
	const char *want;
} decoded[] = {
	{ "latin", "ISO_IR 100", NULL, TAG_PatientName, "PN", BYTES("M\xfcller^J\xf6rg "), "Müller^Jörg" },
	{ "utf-8", "ISO_IR 192 ", NULL, TAG_StudyDescription, "LO", BYTES("Schädel\0"), "Schädel" },
	{ "fallback", NULL, "ISO_IR 100", TAG_PatientName, "PN", BYTES("M\xfcller"), "Müller" },
	{ "fallback for empty", "  ", "ISO_IR 144", TAG_PatientName, "PN", BYTES("\xbb\xee"), "Лю" },
	{ "own set before the fallback", "ISO_IR 100", "ISO_IR 144", TAG_PatientName, "PN", BYTES("M\xfcller"), "Müller" },
	{ "japanese", "\\ISO 2022 IR 87", NULL, TAG_PatientName, "PN", BYTES("Yamada=\033$B;3ED\033(B "), "Yamada=山田" },
	{ "undeclared", NULL, NULL, TAG_PatientName, "PN", BYTES("M\xfcller"), "M<FC>ller" },
	{ "UN of a known name", "ISO_IR 100", NULL, TAG_PatientName, "UN", BYTES("M\xfcller "), "Müller" },
	{ "UN of the unknown", "ISO_IR 100", NULL, TAG(0x0009, 0x0010), "UN", BYTES("\xfc "), "\xfc" },
	{ "codes stay bytes", "ISO_IR 100", NULL, TAG_Modality, "CS", BYTES(" C\xfc "), "C\xfc" },
	{ "uid", NULL, NULL, TAG_StudyInstanceUID, "UI", BYTES(" 1.2.3\0"), "1.2.3" },
	{ "uid of only padding", NULL, NULL, TAG_StudyInstanceUID, "UI", BYTES("\0\0"), "" },
	{ "padded list", NULL, NULL, TAG_SOPClassesInStudy, "UI", BYTES("1.2\0\\1.3\0"), "1.2 \\1.3" },
	{ "date", NULL, NULL, TAG_StudyDate, "DA", BYTES(" 20240101 "), "20240101" },
	{ "leading spaces of text", NULL, NULL, TAG_StudyDescription, "LO", BYTES("  a  "), "  a" },
	{ "line breaks", NULL, NULL, TAG(0x0010, 0x4000), "LT", BYTES("a\r\nb "), "a\r\nb" },
	{ "empty", "ISO_IR 100", NULL, TAG_PatientName, "PN", BYTES(""), "" },
};

static void test_decode(void)
{
	for (size_t i = 0; i < countof(decoded); i++) {
		struct dataset d;

		CHECK_CASE(decoded[i].name);
		dataset_init(&d);
		dataset_put(&d, decoded[i].tag, decoded[i].vr, decoded[i].bytes, decoded[i].len);
		if (decoded[i].charset)		/* last, to show that the order does not matter */
			dataset_text(&d, TAG_SpecificCharacterSet, decoded[i].charset);
		dataset_decode(&d, decoded[i].fallback);
		CHECK_STR(dataset_get(&d, decoded[i].tag), decoded[i].want);
		CHECK_INT(dataset_find(&d, decoded[i].tag)->len, strlen(decoded[i].want));
		dataset_done(&d);
	}
	CHECK_CASE("");
}

static void test_drop(void)
{
	struct dataset d;

	dataset_init(&d);
	dataset_text(&d, TAG_StudyDate, "20240101");
	dataset_text(&d, TAG_PatientID, "X");
	dataset_text(&d, TAG_StudyInstanceUID, "1.2");
	dataset_drop(&d, TAG_PatientID);
	dataset_drop(&d, TAG_PatientID);
	CHECK_INT(d.count, 2);
	CHECK(!dataset_find(&d, TAG_PatientID));
	CHECK_STR(dataset_get(&d, TAG_StudyInstanceUID), "1.2");
	dataset_drop(&d, TAG_StudyInstanceUID);
	CHECK_STR(dataset_get(&d, TAG_StudyDate), "20240101");
	CHECK_INT(d.count, 1);
	dataset_done(&d);
}

int main(void)
{
	test_put();
	test_numbers();
	test_decode();
	test_drop();
	return check_done();
}
