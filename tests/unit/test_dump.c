/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wrappers/dump.h"

#include "base/mem.h"
#include "tests/unit/check.h"

static const struct {
	const char *line;
	uint32_t tag;			/* 0 = no element */
	const char *vr, *value;
	bool loaded, nested;
} cases[] = {
	{ "(0010,0020) LO [PID]                                    #   4, 1 PatientID", 0x00100020, "LO", "PID", true, false },
	{ "(0010,0020) LO [PID]", 0x00100020, "LO", "", false, false },			/* cut */
	{ "(0010,0020) LO [XXXX... # 200, 1 PatientID", 0x00100020, "LO", "", false, false },	/* without +L */
	{ "(0010,0020) LO [we]ird # 4, 1 PatientID]                #  24, 1 PatientID", 0x00100020, "LO",
	  "we]ird # 4, 1 PatientID", true, false },
	{ "(0010,0020) LO [a] #   2, 1 X] #   2, 1 PatientID", 0x00100020, "LO", "a] #   2, 1 X", true, false },
	{ "(0010,0020) LO []                                       #   0, 1 PatientID", 0x00100020, "LO", "", true, false },
	{ "(0010,0020) LO []]                                      #   2, 1 PatientID", 0x00100020, "LO", "]", true, false },
	{ "(0008,0005) CS (no value available)                     #   0, 0 SpecificCharacterSet", 0x00080005, "CS", "", true,
	  false },
	{ "(0010,0020) LO [(no value available)]                   #  20, 1 PatientID", 0x00100020, "LO",
	  "(no value available)", true, false },
	{ "(7fe0,0010) OB (not loaded)                             # 8192, 1 PixelData", 0x7fe00010, "OB", "", false, false },
	{ "(7fe0,0010) OB (PixelSequence #=2)                      # u/l, 1 PixelData", 0x7fe00010, "OB", "", true, false },
	{ "(0028,0010) US 64                                       #   2, 1 Rows", 0x00280010, "US", "64", true, false },
	{ "(0028,0009) AT (0018,1063)                              #   4, 1 FrameIncrementPointer", 0x00280009, "AT", "", true,
	  false },
	{ "(0008,0016) UI =CTImageStorage                          #  26, 1 SOPClassUID", 0x00080016, "UI", "=CTImageStorage",
	  true, false },
	{ "(0008,1110) SQ (Sequence with explicit length #=1)      #  36, 1 ReferencedStudySequence", 0x00081110, "SQ", "",
	  true, false },
	{ "    (0010,0020) LO [NESTED]                                 #   6, 1 PatientID", 0x00100020, "LO", "NESTED", true,
	  true },
	{ "(0008,1110).(0010,0020) LO [NESTED]                                 #   6, 1 PatientID", 0x00100020, "LO", "NESTED",
	  true, true },
	{ "(0008,1110).(0008,1120).(0010,0020) LO [N]     #   2, 1 PatientID", 0x00100020, "LO", "N", true, true },
	{ "(0010,0010) PN [M&#252;ller^J&#246;rg]                  #  12, 1 PatientName", 0x00100010, "PN", "M\374ller^J\366rg",
	  true, false },
	{ "(0010,0020) LO [&lt;&amp;&gt;&quot;&apos;&amp;#65;]     #  10, 1 PatientID", 0x00100020, "LO", "<&>\"'&#65;", true,
	  false },
	{ "(0010,0020) LO [a&b&;&#;&#300;&#65&#x41;&lt]  #  10, 1 PatientID", 0x00100020, "LO", "a&b&;&#;&#300;&#65&#x41;&lt",
	  true, false },
	{ "(0010,0010) PN [A&#13;&#10;(0010,0020) LO [FORGED] #   6, 1 PatientID&#13;&#10;^B] #  50, 1 PatientName", 0x00100010,
	  "PN", "A\r\n(0010,0020) LO [FORGED] #   6, 1 PatientID\r\n^B", true, false },
	{ "(0009,1001) UN 61\\62                                    #   2, 1 Unknown Tag & Data", 0x00091001, "UN", "61\\62",
	  true, false },
	{ "(fffe,e0dd) na (SequenceDelimitationItem for re-encod.) #   0, 0 SequenceDelimitationItem", 0, "", "", true, false },
	{ "# Dicom-Data-Set", 0, "", "", true, false },
	{ "# Used TransferSyntax: Little Endian Explicit", 0, "", "", true, false },
	{ "(0010,0020)", 0, "", "", true, false },
	{ "(0010,0020) LO", 0, "", "", true, false },
	{ "(0010,002g) LO [X] # 2, 1 X", 0, "", "", true, false },
	{ "(0010,0020).", 0, "", "", true, false },
	{ "(0010,0020).(0010", 0, "", "", true, false },
	{ "", 0, "", "", true, false },
};

static void test_lines(void)
{
	auto_buf struct buf room = BUF_INIT(4096);

	for (size_t i = 0; i < countof(cases); i++) {
		struct dump_line d;
		bool is = dump_line_parse(&d, cases[i].line, strlen(cases[i].line), &room);

		CHECK_CASE(cases[i].line);
		if (!CHECK_INT(is, cases[i].tag != 0) || !is)
			continue;
		CHECK_INT(d.tag, cases[i].tag);
		CHECK_STR(d.vr, cases[i].vr);
		CHECK_STR(d.value, cases[i].value);
		CHECK_INT(d.len, strlen(cases[i].value));
		CHECK_INT(d.loaded, cases[i].loaded);
		CHECK_INT(d.nested, cases[i].nested);
	}
	CHECK_CASE("");
}

static void test_zero_byte(void)
{
	static const char line[] = "(0010,0020) LO [A&#0;B]                                 #   4, 1 PatientID";
	auto_buf struct buf room = BUF_INIT(4096);
	struct dump_line d;

	CHECK(dump_line_parse(&d, line, strlen(line), &room));
	CHECK_INT(d.len, 3);
	CHECK(memcmp(d.value, "A\0B", 3) == 0);
}

static void test_headers(void)
{
	CHECK_STR(dump_header("# dcmdump (3/400): /path/to a.dcm"), "/path/to a.dcm");
	CHECK_STR(dump_header("# dcmdump (1): x"), "x");
	CHECK(dump_header("# Dicom-Data-Set") == NULL);
	CHECK(dump_header("# dcmdump (x): y") == NULL);
	CHECK(dump_header("# dcmdump (1/2)") == NULL);
}

static void test_brackets(void)
{
	static const struct {
		const char *line, *value;	/* NULL = none */
		bool whole;
	} lines[] = {
		{ "(0000,0902) LO [No such object]                   #  14, 1 ErrorComment", "No such object", true },
		{ "(0000,0902) LO [a] b]                   #  14, 1 ErrorComment", "a] b", true },
		{ "(0008,0058) UI [1.2\\1.3\\1.", "1.2\\1.3\\1.", false },
		{ "(0008,0058) UI [", "", false },
		{ "(0008,0058) UI (no value available)  #   0, 0 FailedSOPInstanceUIDList", NULL, false },
	};

	for (size_t i = 0; i < countof(lines); i++) {
		auto_free char *copy = NULL;
		const char *value = NULL;
		size_t len = 0;
		bool whole = false, is = dump_bracket(lines[i].line, strlen(lines[i].line), &value, &len, &whole);

		CHECK_CASE(lines[i].line);
		if (!CHECK_INT(is, lines[i].value != NULL) || !is)
			continue;
		copy = mem_strn(value, len);
		CHECK_STR(copy, lines[i].value);
		CHECK_INT(whole, lines[i].whole);
	}
	CHECK_CASE("");
}

int main(void)
{
	test_lines();
	test_zero_byte();
	test_headers();
	test_brackets();
	return check_done();
}
