/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys as text, what is legal together, and the request as bytes: those of a small one by hand, those of a large one as
 * dcmdump reads them where it is installed. */
#include "dicom/query.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "dicom/tag.h"
#include "tests/unit/check.h"

static void test_levels(void)
{
	static const char *const names[] = { "patient", "Study", "SERIES", "image" };
	struct err e = { ERR_NONE, "" };
	enum level level;

	for (size_t i = 0; i < countof(names); i++)
		CHECK(level_parse(names[i], &level, &e) == 0 && level == (enum level)i);
	CHECK(level_parse("instance", &level, &e) == 0 && level == LEVEL_IMAGE);
	CHECK(level_parse("STUDIES", &level, &e) < 0 && e.kind == ERR_USAGE);
	CHECK_STR(level_name(LEVEL_IMAGE), "IMAGE");
}

static const struct { const char *text; uint32_t tag; const char *value; } keys[] = {
	{ "PatientID=123", TAG_PatientID, "123" },
	{ "0010,0020=123", TAG_PatientID, "123" },
	{ "(0010,0020)=a=b", TAG_PatientID, "a=b" },
	{ "PatientID", TAG_PatientID, "" },
	{ "PatientID=", TAG_PatientID, "" },
	{ " PatientID =x ", TAG_PatientID, "x " },
	{ "PatientName=M\xc3\xbcller*", TAG_PatientName, "M\xc3\xbcller*" },
	{ "StudyDate=2024-01-05", TAG_StudyDate, "20240105" },
	{ "StudyDate=20240101-20240131", TAG_StudyDate, "20240101-20240131" },
	{ "StudyDate=20240101-", TAG_StudyDate, "20240101-" },
	{ "StudyTime=080000-120000", TAG_StudyTime, "080000-120000" },
	{ "StudyInstanceUID=1.2\\1.3", TAG_StudyInstanceUID, "1.2\\1.3" },
	{ "Modality=CT", TAG_Modality, "CT" },
	{ "0009,0010=x", TAG(0x0009, 0x0010), "x" },
};

static const struct { const char *text, *why; } wrong_keys[] = {
	{ "", "'' is not an attribute" },
	{ "=x", "'' is not an attribute" },
	{ "patientid=x", "'patientid' is not an attribute" },
	{ "0010-0020=x", "is not an attribute" },
	{ "StudyDate=*", "StudyDate cannot be asked for with * or ?" },
	{ "StudyDate=2024010?", "cannot be asked for with" },
	{ "StudyDate=20240230", "StudyDate: '20240230' is not a date" },
	{ "StudyTime=08*", "cannot be asked for with" },
	{ "StudyInstanceUID=1.2*", "cannot be asked for with" },
	{ "SeriesNumber=?", "cannot be asked for with" },
	{ "0002,0010=1.2", "does not belong into a query" },
	{ "0000,0100=1", "does not belong into a query" },
	{ "0008,0000=1", "does not belong into a query" },
	{ "fffe,e000", "does not belong into a query" },
	{ "RequestAttributesSequence", "is a sequence" },
	{ "QueryRetrieveLevel=WORLD", "is not a level" },
	{ "PatientName=M\xfcller", "PatientName is not UTF-8" },
	{ "PatientName=a\nb", "control characters" },
};

static void test_keys(void)
{
	struct err e = { ERR_NONE, "" };
	struct query q;

	for (size_t i = 0; i < countof(keys); i++) {
		CHECK_CASE(keys[i].text);
		query_init(&q, LEVEL_STUDY);
		CHECK_INT(query_add_text(&q, keys[i].text, &e), 0);
		CHECK_STR(dataset_get(&q.keys, keys[i].tag), keys[i].value);
		CHECK_INT(q.keys.count, 1);
		query_done(&q);
	}
	query_init(&q, LEVEL_STUDY);
	for (size_t i = 0; i < countof(wrong_keys); i++) {
		CHECK_CASE(wrong_keys[i].text);
		CHECK_INT(query_add_text(&q, wrong_keys[i].text, &e), -1);
		CHECK_INT(e.kind, ERR_USAGE);
		CHECK_HAS(e.text, wrong_keys[i].why);
		CHECK_INT(q.keys.count, 0);
	}
	CHECK_CASE("");
	CHECK(query_add_text(&q, "0008,0052=series", &e) == 0 && q.level == LEVEL_SERIES && !q.keys.count);
	query_done(&q);
}

static void test_returns(void)
{
	static const int counts[] = { 8, 15, 8, 6 };
	struct err e = { ERR_NONE, "" };
	struct query q;

	for (size_t i = 0; i < countof(counts); i++) {
		query_init(&q, (enum level)i);
		query_add_returns(&q);
		CHECK_INT(q.keys.count, counts[i]);
		CHECK(dataset_find(&q.keys, TAG_SpecificCharacterSet) != NULL);
		query_done(&q);
	}
	query_init(&q, LEVEL_SERIES);
	CHECK_INT(query_add_text(&q, "StudyInstanceUID=1.2", &e), 0);
	query_add_returns(&q);
	query_add_returns(&q);
	CHECK_STR(dataset_get(&q.keys, TAG_StudyInstanceUID), "1.2");
	CHECK_INT(q.keys.count, counts[LEVEL_SERIES]);
	query_done(&q);
}

static const struct {
	const char *name;
	enum level level;
	enum model model;
	const char *keys[3];
	const char *why;		/* NULL = legal */
} together[] = {
	{ "study", LEVEL_STUDY, MODEL_STUDY, { "PatientID=1" }, NULL },
	{ "study of patient root", LEVEL_STUDY, MODEL_PATIENT, { "PatientID=1" }, NULL },
	{ "patient", LEVEL_PATIENT, MODEL_PATIENT, { "PatientID=1" }, NULL },
	{ "patient of psonly", LEVEL_PATIENT, MODEL_PATIENT_STUDY, { "PatientID=1" }, NULL },
	{ "patient of study root", LEVEL_PATIENT, MODEL_STUDY, { "PatientID=1" }, "needs the model patient" },
	{ "series", LEVEL_SERIES, MODEL_STUDY, { "StudyInstanceUID=1.2" }, NULL },
	{ "series of a list", LEVEL_SERIES, MODEL_STUDY, { "StudyInstanceUID=1.2\\1.3" }, NULL },
	{ "series of nothing", LEVEL_SERIES, MODEL_STUDY, { "Modality=CT" }, "SERIES level needs a StudyInstanceUID" },
	{ "series of an empty study", LEVEL_SERIES, MODEL_STUDY, { "StudyInstanceUID" }, "needs a StudyInstanceUID" },
	{ "series of psonly", LEVEL_SERIES, MODEL_PATIENT_STUDY, { "StudyInstanceUID=1.2" }, "has no SERIES level" },
	{ "image", LEVEL_IMAGE, MODEL_STUDY, { "StudyInstanceUID=1.2" }, NULL },
	{ "image alone", LEVEL_IMAGE, MODEL_STUDY, { "SOPInstanceUID=1.2" }, "IMAGE level needs a StudyInstanceUID" },
	{ "uid of a PACS", LEVEL_STUDY, MODEL_STUDY, { "StudyInstanceUID=1.2 \\x" }, NULL },
	{ "empty in a list", LEVEL_STUDY, MODEL_STUDY, { "StudyInstanceUID=1.2\\" }, "'' is not a UID" },
	{ "not ASCII", LEVEL_STUDY, MODEL_STUDY, { "StudyInstanceUID=\xc3\xa4" }, "is not a UID" },
	{ "time of a day", LEVEL_STUDY, MODEL_STUDY, { "StudyDate=20240101", "StudyTime=08-12" }, NULL },
	{ "time of days", LEVEL_STUDY, MODEL_STUDY, { "StudyDate=20240101-20240102", "StudyTime=08-12" }, "single StudyDate" },
	{ "time since a day", LEVEL_STUDY, MODEL_STUDY, { "StudyDate=20240101-", "StudyTime=08-12" }, "single StudyDate" },
	{ "moment of days", LEVEL_STUDY, MODEL_STUDY, { "StudyDate=20240101-20240102", "StudyTime=08" }, NULL },
	{ "time of any day", LEVEL_STUDY, MODEL_STUDY, { "StudyTime=08-12" }, NULL },
};

static void test_together(void)
{
	for (size_t i = 0; i < countof(together); i++) {
		struct err e = { ERR_NONE, "" };
		struct query q;

		CHECK_CASE(together[i].name);
		query_init(&q, together[i].level);
		for (size_t k = 0; k < 3 && together[i].keys[k]; k++)
			CHECK_INT(query_add_text(&q, together[i].keys[k], &e), 0);
		query_add_returns(&q);
		CHECK_INT(query_check(&q, together[i].model, &e), together[i].why ? -1 : 0);
		CHECK_HAS(e.text, together[i].why ? together[i].why : "");
		CHECK_INT(e.kind, together[i].why ? ERR_USAGE : ERR_NONE);
		query_done(&q);
	}
	CHECK_CASE("");
}

/* Behind the 132 bytes of the head and group 0002, whose length stands at its begin. */
static size_t data_set_at(const struct buf *file)
{
	const unsigned char *at = (const unsigned char *)file->data + 140;

	if (!CHECK(file->len > 144 && !memcmp(file->data + 128, "DICM\2\0\0\0UL\4\0", 12)))
		return file->len;
	return 144 + at[0] + 256U * at[1];
}

struct encoded {
	const char *name, *keys[4], *charset, *bytes;
	size_t len;
};

#define BYTES(text) text, sizeof(text) - 1
#define LEVEL "\x08\0\x52\0CS\6\0STUDY "

static const struct encoded encoded[] = {
	{ "level alone", { NULL }, NULL, BYTES(LEVEL) },
	{ "sorted and padded", { "PatientID=123", "StudyInstanceUID=1.2", "0008,0005" }, "ISO_IR 100",
	  BYTES("\x08\0\5\0CS\0\0" LEVEL "\x10\0\x20\0LO\4\0" "123 " "\x20\0\x0d\0UI\4\0" "1.2\0") },
	{ "numbers", { "Rows=258", "PregnancyStatus=1\\65535" }, NULL,
	  BYTES(LEVEL "\x10\0\xc0\x21US\4\0\1\0\xff\xff" "\x28\0\x10\0US\2\0\2\1") },
	{ "long form", { "0040,e010" }, NULL, BYTES(LEVEL "\x40\0\x10\xe0UR\0\0\0\0\0\0") },
	{ "latin", { "PatientName=M\xc3\xbc" }, "ISO_IR 100",
	  BYTES("\x08\0\5\0CS\x0a\0ISO_IR 100" LEVEL "\x10\0\x10\0PN\2\0M\xfc") },
	{ "no set is UTF-8", { "PatientName=\xc3\xbc" }, "",
	  BYTES("\x08\0\5\0CS\x0a\0ISO_IR 192" LEVEL "\x10\0\x10\0PN\2\0\xc3\xbc") },
	{ "the key's own set", { "PatientName=\xc3\xbc", "0008,0005=ISO_IR 100" }, "ISO_IR 192",
	  BYTES("\x08\0\5\0CS\x0a\0ISO_IR 100" LEVEL "\x10\0\x10\0PN\2\0\xfc ") },
	{ "japanese", { "PatientName=\xe5\xb1\xb1" }, "ISO 2022 IR 87",
	  BYTES("\x08\0\5\0CS\x10\0\\ISO 2022 IR 87 " LEVEL "\x10\0\x10\0PN\x08\0\033$B;3\033(B") },
	{ "japanese of more sets", { "PatientName=\xe5\xb1\xb1", "0008,0005=\\ISO 2022 IR 87\\ISO 2022 IR 159" }, NULL,
	  BYTES("\x08\0\5\0CS\x20\0\\ISO 2022 IR 87\\ISO 2022 IR 159 " LEVEL "\x10\0\x10\0PN\x08\0\033$B;3\033(B") },
};

static void test_encode(void)
{
	for (size_t i = 0; i < countof(encoded); i++) {
		auto_buf struct buf out = BUF_INIT(BUF_MB(1));
		struct err e = { ERR_NONE, "" };
		struct query q;
		size_t at;

		CHECK_CASE(encoded[i].name);
		query_init(&q, LEVEL_STUDY);
		for (size_t k = 0; k < 4 && encoded[i].keys[k]; k++)
			CHECK_INT(query_add_text(&q, encoded[i].keys[k], &e), 0);
		CHECK_INT(query_encode(&q, encoded[i].charset, &out, &e), 0);
		CHECK_STR(e.text, "");
		at = data_set_at(&out);
		CHECK(out.len - at == encoded[i].len && !memcmp(out.data + at, encoded[i].bytes, encoded[i].len));
		query_done(&q);
	}
	CHECK_CASE("");
}

static const struct { const char *key, *charset, *why; } unsendable[] = {
	{ "Rows=x", NULL, "Rows: 'x' is not a number from 0 to 65535" },
	{ "Rows=-1", NULL, "not a number" },
	{ "Rows=65536", NULL, "not a number" },
	{ "Rows=1\\", NULL, "not a number" },
	{ "Rows=1 2", NULL, "not a number" },
	{ "Modality=\xc3\xa4", NULL, "Modality: only ASCII" },
	{ "PatientName=\xe5\xb1\xb1", "ISO_IR 100", "PatientName: the character" },
	{ "PatientName=\xe5\xb1\xb1", "LATIN-1", "is not a character set" },
	{ "PixelData=x", NULL, "cannot be matched" },
};

static void test_unsendable(void)
{
	auto_buf struct buf out = BUF_INIT(BUF_MB(1)), list = BUF_INIT(BUF_MB(1)), small = BUF_INIT(300);
	struct err e = { ERR_NONE, "" };
	struct query q;

	for (size_t i = 0; i < countof(unsendable); i++) {
		CHECK_CASE(unsendable[i].key);
		query_init(&q, LEVEL_STUDY);
		CHECK_INT(query_add_text(&q, unsendable[i].key, &e), 0);
		CHECK_INT(query_encode(&q, unsendable[i].charset, &out, &e), -1);
		CHECK_INT(e.kind, ERR_USAGE);
		CHECK_HAS(e.text, unsendable[i].why);
		query_done(&q);
	}
	CHECK_CASE("length");
	query_init(&q, LEVEL_STUDY);
	for (int i = 0; i < 65534 / 2; i++)
		buf_str(&list, i ? "\\1" : "11");
	dataset_text(&q.keys, TAG_StudyInstanceUID, list.data);
	CHECK_INT(query_encode(&q, NULL, &out, &e), 0);
	CHECK_INT(query_encode(&q, NULL, &small, &e), -1);
	CHECK_HAS(e.text, "larger than 300 bytes");
	buf_str(&list, "1");
	dataset_text(&q.keys, TAG_StudyInstanceUID, list.data);
	CHECK_INT(query_encode(&q, NULL, &out, &e), -1);
	CHECK_HAS(e.text, "StudyInstanceUID has 65535 bytes");
	dataset_reset(&q.keys);
	dataset_put(&q.keys, TAG(0x0040, 0x0275), "SQ", "", 0);
	CHECK_INT(query_encode(&q, NULL, &out, &e), -1);
	CHECK_HAS(e.text, "sequence");
	CHECK_CASE("");
	query_done(&q);
}

/* What dcmdump says of the file; NULL without dcmdump. */
static char *dumped(const struct buf *file)
{
	char path[] = "/tmp/test_query-XXXXXX", *text;
	auto_free char *command = NULL;
	struct buf out = BUF_INIT(BUF_MB(1));
	int fd = mkstemp(path), c;
	FILE *from;

	if (!CHECK(fd >= 0 && write(fd, file->data, file->len) == (ssize_t)file->len))
		return NULL;
	close(fd);
	command = mem_printf("command -v dcmdump >/dev/null && dcmdump +L %s 2>&1", path);
	from = popen(command, "r");
	while (from && (c = getc(from)) != EOF)
		buf_char(&out, (char)c);
	if (from)
		pclose(from);
	unlink(path);
	text = buf_take(&out);
	if (*text)
		return text;
	free(text);
	return NULL;
}

static void test_dcmdump(void)
{
	static const char *const lines[] = {
		"UI [1.2.276.0.7230010.3.1.0.1]", "UI =LittleEndianExplicit", "(0002,0012) UI [1.2.826.0.1.3680043.10.1338]",
		"(0008,0005) CS [ISO_IR 192]", "(0008,0020) DA [20240101-20240131]", "(0008,0052) CS [STUDY]",
		"(0008,0061) CS (no value available)", "(0010,0010) PN [M\xc3\xbcller*]", "(0010,0020) LO [a=b [c] \\d]",
		"(0020,000d) UI [1.2\\1.3.4]", "(0028,0010) US 512",
	};
	auto_buf struct buf out = BUF_INIT(BUF_MB(1));
	struct err e = { ERR_NONE, "" };
	auto_free char *text = NULL;
	struct query q;

	query_init(&q, LEVEL_STUDY);
	CHECK_INT(query_add_text(&q, "PatientName=M\xc3\xbcller*", &e), 0);
	CHECK_INT(query_add_text(&q, "PatientID=a=b [c] \\d", &e), 0);
	CHECK_INT(query_add_text(&q, "StudyInstanceUID=1.2\\1.3.4", &e), 0);
	CHECK_INT(query_add_text(&q, "StudyDate=20240101-20240131", &e), 0);
	CHECK_INT(query_add_text(&q, "Rows=512", &e), 0);
	query_add_returns(&q);
	CHECK_INT(query_encode(&q, NULL, &out, &e), 0);
	query_done(&q);
	text = dumped(&out);
	if (!text) {
		printf("no dcmdump: not compared\n");
		return;
	}
	for (size_t i = 0; i < countof(lines); i++)
		CHECK_HAS(text, lines[i]);
	CHECK(!strstr(text, "W: ") && !strstr(text, "E: "));
}

static void test_set_study(void)
{
	static const struct { enum model model; const char *patient; } cases[] = {
		{ MODEL_STUDY, NULL }, { MODEL_PATIENT, "P1" }, { MODEL_PATIENT_STUDY, "P1" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct element *patient;
		struct query q;

		query_init(&q, LEVEL_SERIES);
		query_set_study(&q, cases[i].model, "P1", "1.2\\1.3");
		patient = dataset_find(&q.keys, TAG_PatientID);
		CHECK_STR(patient ? patient->value : NULL, cases[i].patient);
		CHECK_STR(dataset_get(&q.keys, TAG_StudyInstanceUID), "1.2\\1.3");
		query_done(&q);
	}
}

int main(void)
{
	test_set_study();
	test_levels();
	test_keys();
	test_returns();
	test_together();
	test_encode();
	test_unsendable();
	test_dcmdump();
	return check_done();
}
