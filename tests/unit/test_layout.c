/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths from values good and hostile, templates right and wrong; nothing may leave the folder, nobody may share one. */
#include "dicom/layout.h"

#include <stdlib.h>

#include "base/mem.h"
#include "dicom/tag.h"
#include "tests/unit/check.h"

#define SIXTY "123456789.123456789.123456789.123456789.123456789.123456789."

static const struct { const char *value, *want; } safe[] = {
	{ "CT", "CT" },
	{ "1.2.840.113619", "1.2.840.113619" },
	{ "a_b-c.d", "a_b-c.d" },
	{ "", "unknown" },
	{ "   ", "unknown" },
	{ " A ", "A" },
	{ "CT CHEST W/CONTRAST", "CT_CHEST_W_CONTRAST" },
	{ "SMITH^^JOHN", "SMITH_JOHN" },
	{ "M\xc3\xbcller", "M_ller" },
	{ "a\\b", "a_b" },
	{ "a\n\r\tb", "a_b" },
	{ ".", "_" },
	{ "..", "_." },
	{ "../../etc/passwd", "_._.._etc_passwd" },
	{ "/etc/passwd", "_etc_passwd" },
	{ ".dicom-qr", "_dicom-qr" },
	{ " .x", "_x" },
	{ "/", "_" },
	{ "a/", "a_" },
	{ "a/ ", "a_" },
	{ SIXTY "1234", SIXTY "1234" },
};

static void test_safe(void)
{
	for (size_t i = 0; i < countof(safe); i++) {
		auto_free char *got = layout_safe(safe[i].value);
		auto_free char *hashed = layout_safe_hashed(safe[i].value);

		CHECK_CASE(safe[i].value);
		CHECK_STR(got, safe[i].want);
		CHECK(strlen(hashed) <= 64 && hashed[strlen(hashed) - 9] == '-' && !strncmp(hashed, got, strlen(hashed) - 9));
	}
	CHECK_CASE("");
}

static void test_shortened(void)
{
	auto_free char *one = layout_safe(SIXTY "12345"), *other = layout_safe(SIXTY "12346"), *again = layout_safe(SIXTY "12345");

	CHECK_INT(strlen(one), 64);
	CHECK(!strncmp(one, SIXTY, 55) && one[55] == '-');
	CHECK(strcmp(one, other) != 0);
	CHECK_STR(one, again);
	again[64 - 8] = '\0';
	CHECK_STR(again + 55, "-");
}

/* One object; what a case changes is in its own pairs. */
static void fill(struct dataset *d)
{
	dataset_init(d);
	dataset_text(d, TAG_SOPClassUID, "1.2.840.10008.5.1.4.1.1.2");
	dataset_text(d, TAG_SOPInstanceUID, "1.2.3.4");
	dataset_text(d, TAG_SeriesInstanceUID, "1.2.3");
	dataset_text(d, TAG_StudyInstanceUID, "1.2");
	dataset_text(d, TAG_PatientID, "P1");
	dataset_text(d, TAG_PatientName, "SMITH^JOHN");
	dataset_text(d, TAG_StudyDate, "20240105");
	dataset_text(d, TAG_Modality, "CT");
	dataset_text(d, TAG_SeriesNumber, "3");
	dataset_text(d, TAG_SeriesDescription, "AX 5MM");
	dataset_text(d, TAG_InstanceNumber, "12");
}

static char *path_of(const char *template, const struct dataset *d, int serial)
{
	struct err e = { ERR_NONE, "" };
	struct layout *l = layout_parse(template, &e);
	char *path = l ? layout_path(l, d, serial) : mem_str(e.text);

	layout_free(l);
	return path;
}

static const struct { const char *template; int serial; const char *want; } paths[] = {
	{ "flat", 0, "CT.1.2.3.4" },
	{ "flat", 1, "CT.1.2.3.4-2" },
	{ LAYOUT_PATIENT, 0, "P1/1.2/1.2.3/1.2.3.4.dcm" },
	{ LAYOUT_PATIENT, 2, "P1/1.2/1.2.3/1.2.3.4-3.dcm" },
	{ LAYOUT_STUDY, 0, "1.2/1.2.3/1.2.3.4.dcm" },
	{ "{PatientID}/{StudyDate}-{Modality}/{SeriesNumber:04}-{SeriesDescription}/{InstanceNumber:05}.dcm", 0,
	  "P1/20240105-CT/0003-AX_5MM/00012.dcm" },
	{ "{InstanceNumber:05}.tar.gz", 1, "00012.tar-2.gz" },
	{ "IM-{InstanceNumber}", 1, "IM-12-2" },
	{ "{InstanceNumber}x", 1, "12x-2" },
	{ "a.b/{Modality}/c", 1, "a.b/CT/c-2" },
	{ "{0010,0020}/{(0020,0013):03}", 0, "P1/012" },
	{ "{PatientName}/{Prefix}", 0, "SMITH_JOHN/CT" },
	{ "{AccessionNumber}/{StudyTime:06}", 0, "unknown/unknown" },
	{ "{SeriesDescription:04}", 0, "AX_5MM" },
	{ "{Modality}", 2147483647, "CT-2147483648" },
};

/* What tells patients apart is never lost; 8 x stand for the hash. */
static const struct { uint32_t tag; const char *value, *want; } components[] = {
	{ TAG_PatientName, "SMITH^JOHN", "SMITH_JOHN" },
	{ TAG_PatientName, "SMITH^JOHN^^", "SMITH_JOHN" },
	{ TAG_PatientName, "SMITH", "SMITH" },
	{ TAG_PatientName, "SMITH_JOHN", "SMITH_JOHN-xxxxxxxx" },
	{ TAG_PatientName, "SMITH JOHN", "SMITH_JOHN-xxxxxxxx" },
	{ TAG_PatientName, "SMITH^^JOHN", "SMITH_JOHN-xxxxxxxx" },
	{ TAG_PatientName, "^JOHN", "_JOHN-xxxxxxxx" },
	{ TAG_PatientName, "M\xc3\xbcller^Udo", "M_ller_Udo-xxxxxxxx" },
	{ TAG_PatientName, "\xe7\x8e\x8b^\xe5\xb0\x8f\xe4\xb8\x9c", "_-xxxxxxxx" },
	{ TAG_PatientName, "", "unknown" },
	{ TAG_PatientID, "A/1", "A_1-xxxxxxxx" },
	{ TAG(0x0010, 0x0021), "A 1", "A_1-xxxxxxxx" },
	{ TAG_AccessionNumber, "A/1", "A_1-xxxxxxxx" },
	{ TAG_AccessionNumber, "A_1", "A_1" },
	{ TAG_SeriesDescription, "AX 5MM (B70f)", "AX_5MM_B70f_" },
	{ TAG_SeriesDescription, "Sch\xc3\xa4""del", "Sch_del-xxxxxxxx" },
};

static void test_components(void)
{
	for (size_t i = 0; i < countof(components); i++) {
		auto_free char *template = mem_printf("{%04x,%04x}", components[i].tag >> 16, components[i].tag & 0xffff);
		auto_free char *path = NULL;
		struct dataset d;
		char *at;

		dataset_init(&d);
		dataset_text(&d, components[i].tag, components[i].value);
		path = path_of(template, &d, 0);
		if ((at = strstr(components[i].want, "-xxxxxxxx")) && strlen(path) > 8)
			memset(path + strlen(path) - 8, 'x', 8);
		CHECK_CASE(components[i].value);
		CHECK_STR(path, components[i].want);
		dataset_done(&d);
	}
	CHECK_CASE("");
}

static const struct { const char *template; bool tells; } telling[] = {
	{ "flat", true }, { LAYOUT_PATIENT, true }, { LAYOUT_STUDY, true }, { "{PatientName}/{PatientID}/{InstanceNumber}", true },
	{ "{PatientName}/{SOPInstanceUID}", false }, { "{PatientBirthDate}/{StudyInstanceUID}/{SOPInstanceUID}", false },
	{ "{StudyDate}/{InstanceNumber}", false }, { "{StudyDate}/{SeriesInstanceUID}/{InstanceNumber}", true },
};

static void test_telling(void)
{
	for (size_t i = 0; i < countof(telling); i++) {
		struct err e = { ERR_NONE, "" };
		struct layout *l = layout_parse(telling[i].template, &e);

		CHECK_CASE(telling[i].template);
		CHECK_INT(layout_tells_patients(l), telling[i].tells);
		layout_free(l);
	}
	CHECK_CASE("");
}

static void test_twins(void)
{
	static const struct { const char *template; int serial; const char *want; } cases[] = {
		{ "flat", 0, "CT.1.2.3.4-xxxxxxxx" },
		{ "flat", 1, "CT.1.2.3.4-xxxxxxxx-2" },
		{ "{SOPInstanceUID}.dcm", 0, "1.2.3.4-xxxxxxxx.dcm" },
		{ LAYOUT_STUDY, 1, "1.2/1.2.3/1.2.3.4-2.dcm" },
	};
	struct dataset d;

	fill(&d);
	for (size_t i = 0; i < countof(cases); i++) {
		struct err e = { ERR_NONE, "" };
		struct layout *l = layout_parse(cases[i].template, &e);
		auto_free char *path = layout_path_twin(l, &d, cases[i].serial);
		const char *mark = strstr(cases[i].want, "-xxx");

		CHECK_CASE(cases[i].template);
		if (mark)
			memset(path + (mark - cases[i].want) + 1, 'x', 8);
		CHECK_STR(path, cases[i].want);
		layout_free(l);
	}
	CHECK_CASE("");
	dataset_done(&d);
}

static void test_paths(void)
{
	struct dataset d;

	fill(&d);
	for (size_t i = 0; i < countof(paths); i++) {
		auto_free char *path = path_of(paths[i].template, &d, paths[i].serial);

		CHECK_CASE(paths[i].template);
		CHECK_STR(path, paths[i].want);
	}
	CHECK_CASE("");
	dataset_done(&d);
}

static const struct { const char *number, *want; } padded[] = {
	{ "7", "00007" }, { "007", "00007" }, { "+7", "00007" }, { "7.0", "00007" }, { " 7 ", "00007" }, { "-7", "-0007" },
	{ "123456", "123456" }, { "7.5", "7.5" }, { "7\\8", "7_8" }, { "A7", "A7" }, { "", "unknown" }, { "0x7", "0x7" },
	{ "99999999999999999999", "99999999999999999999" },
};

static void test_numbers(void)
{
	struct dataset d;

	fill(&d);
	for (size_t i = 0; i < countof(padded); i++) {
		auto_free char *path = NULL;

		CHECK_CASE(padded[i].number);
		dataset_text(&d, TAG_InstanceNumber, padded[i].number);
		path = path_of("{InstanceNumber:05}", &d, 0);
		CHECK_STR(path, padded[i].want);
	}
	CHECK_CASE("");
	dataset_done(&d);
}

/* Pairs that look alike when made safe; apart: whether they must stay two. */
static const struct { const char *template; uint32_t tag; const char *one, *other; bool apart; } pairs[] = {
	{ "{PatientID}/x", TAG_PatientID, "A/1", "A_1", true },
	{ "{PatientID}/x", TAG_PatientID, "A/1", "A 1", true },
	{ "{PatientID}/x", TAG_PatientID, ".A", "_A", true },
	{ "{PatientID}/x", TAG_PatientID, "../..", "/..", true },
	{ "{PatientID}/x", TAG_PatientID, "\xc3\xa4", "\xc3\xb6", true },
	{ "{PatientID}/x", TAG_PatientID, SIXTY SIXTY "1", SIXTY SIXTY "2", true },
	{ "{PatientID}/x", TAG_PatientID, " A", "A", false },
	{ "{StudyInstanceUID}/x", TAG_StudyInstanceUID, "1.2/3", "1.2_3", true },
	{ "{StudyInstanceUID}/x", TAG_StudyInstanceUID, SIXTY "123456", SIXTY "123457", true },
	{ "{PatientName}/x", TAG_PatientName, "A^B", "A B", true },
	{ "{PatientName}/x", TAG_PatientName, "A^B", "A^B^^", false },
	{ "{SeriesDescription}/x", TAG_SeriesDescription, "A B", "A_B", false },
};

static void test_pairs(void)
{
	struct dataset d;

	fill(&d);
	for (size_t i = 0; i < countof(pairs); i++) {
		auto_free char *one = NULL, *other = NULL;

		CHECK_CASE(pairs[i].one);
		dataset_text(&d, pairs[i].tag, pairs[i].one);
		one = path_of(pairs[i].template, &d, 0);
		dataset_text(&d, pairs[i].tag, pairs[i].other);
		other = path_of(pairs[i].template, &d, 0);
		CHECK_INT(strcmp(one, other) != 0, pairs[i].apart);
		CHECK(*one != '.' && *one != '/' && strchr(one, '/') == strrchr(one, '/') && strlen(one) <= 64 + 2);
	}
	CHECK_CASE("");
	dataset_done(&d);
}

static const struct { const char *template, *why; } wrong[] = {
	{ "", "position 1: the file has no name" },
	{ "/{Modality}", "position 1: a path cannot be absolute" },
	{ "../{Modality}", "position 1: a name cannot begin with a dot" },
	{ "{Modality}/../x", "position 12: a name cannot begin with a dot" },
	{ "{Modality}/./x", "begin with a dot" },
	{ ".dicom-qr/{Modality}", "begin with a dot" },
	{ "{Modality}//x", "position 12: a folder has no name" },
	{ "{Modality}/", "position 12: the file has no name" },
	{ "{Modality", "position 1: this { is not closed" },
	{ "a{", "position 2: this { is not closed" },
	{ "{Moda{lity}}", "position 1: this { is not closed" },
	{ "a}b", "position 2: this } closes nothing" },
	{ "{}", "position 1: no such attribute" },
	{ "x/{PatientIDD}", "position 3: no such attribute" },
	{ "{patientid}", "no such attribute" },
	{ "{InstanceNumber:5}", "width" },
	{ "{InstanceNumber:0}", "width" },
	{ "{InstanceNumber:}", "width" },
	{ "{InstanceNumber:05d}", "width" },
	{ "{InstanceNumber:021}", "width" },
	{ "{InstanceNumber:0000005}", "width" },
	{ "{PatientID:08}", "an identifier has no width" },
	{ "{SOPInstanceUID:08}", "an identifier has no width" },
	{ "{Prefix:02}", "an identifier has no width" },
	{ "{PixelData}", "has no text" },
	{ "{ContentSequence}", "has no text" },
	{ "a b/{Modality}", "position 2: only letters" },
	{ "\xc3\xa4{Modality}", "position 1: only letters" },
	{ "a\\{Modality}", "only letters" },
	{ "hierarchical", "nothing in { }" },
	{ "{Modality}{Modality}{Modality}{Modality}", "position 31: a name would become too long" },
	{ "a/b/c/d/e/f/g/h/i/j/k/l/m/{Modality}", "too many folders" },
};

static void test_wrong(void)
{
	for (size_t i = 0; i < countof(wrong); i++) {
		struct err e = { ERR_NONE, "" };

		CHECK_CASE(wrong[i].template);
		CHECK(!layout_parse(wrong[i].template, &e));
		CHECK_INT(e.kind, ERR_USAGE);
		CHECK_HAS(e.text, wrong[i].why);
	}
	CHECK_CASE("");
	layout_free(NULL);
}

static void test_tags(void)
{
	struct err e = { ERR_NONE, "" };
	struct layout *l = layout_parse("{Prefix}{SOPClassUID}/{PatientID}.{PatientID}", &e);
	uint32_t tags[LAYOUT_FIELDS_MAX];

	CHECK_INT(layout_tags(l, tags, countof(tags)), 2);
	CHECK(tags[0] == TAG_SOPClassUID && tags[1] == TAG_PatientID);
	CHECK_INT(layout_tags(l, tags, 1), 1);
	CHECK_STR(layout_source(l), "{Prefix}{SOPClassUID}/{PatientID}.{PatientID}");
	layout_free(l);
	l = layout_parse("flat", &e);
	CHECK_INT(layout_tags(l, tags, countof(tags)), 2);
	CHECK_STR(layout_source(l), "flat");
	layout_free(l);
}

static const struct { const char *layout; size_t depth; } depths[] = {
	{ LAYOUT_FLAT, 0 },
	{ LAYOUT_STUDY, 1 },
	{ LAYOUT_PATIENT, 2 },
	{ "{PatientID}/{StudyDate}-{Modality}/{SeriesNumber:04}-{SeriesDescription}/{InstanceNumber:05}.dcm", 2 },
	{ "{StudyID}/{AccessionNumber}/{0018,0015}/{SOPInstanceUID}", 2 },
	{ "all/{SeriesInstanceUID}/{StudyInstanceUID}/x.dcm", 1 },
	{ "{StudyDate}-{SeriesNumber}/{SOPInstanceUID}", 0 },
	{ "{Prefix}/{SOPInstanceUID}", 0 },
	{ "{PatientName}/{StudyInstanceUID}", 1 },
};

static void test_depth(void)
{
	struct err e = { ERR_NONE, "" };

	for (size_t i = 0; i < countof(depths); i++) {
		struct layout *l = layout_parse(depths[i].layout, &e);

		CHECK_CASE(depths[i].layout);
		if (CHECK(l))
			CHECK_INT(layout_study_depth(l), depths[i].depth);
		layout_free(l);
	}
	CHECK_CASE("");
}

int main(void)
{
	test_safe();
	test_shortened();
	test_paths();
	test_components();
	test_telling();
	test_twins();
	test_numbers();
	test_pairs();
	test_wrong();
	test_tags();
	test_depth();
	return check_done();
}
