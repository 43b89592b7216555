/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wrappers/dcmdump.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "dicom/tag.h"
#include "tests/unit/check.h"
#include "tests/unit/replay.h"

static const struct {
	const char *path, *uid, *patient, *syntax;
	size_t elements;
	bool pixels;
	const char *damage;		/* NULL = none */
} intake[] = {
	{ "empty.dcm", "", "", "", 0, false, "End of stream" },
	{ "good.dcm", "1.2.3.4.5", "PID", "1.2.840.10008.1.2.1", 10, true, NULL },
	{ "nested.dcm", "1.2.3.4.5", "PID", "1.2.840.10008.1.2.1", 7, false, NULL },
	{ "odd.dcm", "1.2.3.4.5", "<&>\"'&#65;", "1.2.840.10008.1.2.1", 10, false, NULL },
	{ "text.dcm", "", "", "", 0, false,
	  "I/O suspension or premature end of stream (DcmElement: Unknown Tag & Data (756a,7473) larger" },
	{ "truncated_mid.dcm", "", "", "", 0, false, "larger (8192) than remaining bytes" },
	{ "truncated_pixel.dcm", "", "", "", 0, false, "larger (8192) than remaining bytes" },
	{ "missing.dcm", "", "", "", 0, false, "No such file or directory" },
}, whole[] = {
	{ "good.dcm", "1.2.3.4.5", "PID", "1.2.840.10008.1.2.1", 12, true, NULL },
	{ "odd.dcm", "1.2.3.4.5", "<&>\"'&#65;", "1.2.840.10008.1.2.1", 13, false, NULL },
	{ "nested.dcm", "1.2.3.4.5", "PID", "1.2.840.10008.1.2.1", 12, false, NULL },
};

static size_t seen;
static bool in_whole;

static void got_file(void *owner, const char *path, struct dataset *set, const char *damage)
{
	size_t i = seen++;

	(void)owner;
	CHECK_CASE(path);
	if (!CHECK(i < (in_whole ? countof(whole) : countof(intake))))
		return;
#define WANT(field) (in_whole ? whole[i].field : intake[i].field)
	CHECK_STR(path, WANT(path));
	CHECK_STR(dataset_get(set, TAG_SOPInstanceUID), WANT(uid));
	CHECK_STR(dataset_get(set, TAG_PatientID), WANT(patient));
	CHECK_STR(dataset_get(set, TAG_TransferSyntaxUID), WANT(syntax));
	CHECK_INT(set->count, WANT(elements));
	CHECK_INT(dataset_find(set, TAG_PixelData) != NULL, WANT(pixels));
	if (WANT(damage))
		CHECK_HAS(damage, WANT(damage));
	else
		CHECK_STR(damage, NULL);
#undef WANT
}

static void feed(void *owner, bool is_stderr, const char *text, size_t len)
{
	dcmdump_line(owner, is_stderr, text, len);
}

/* One of the two streams. */
struct half {
	struct dcmdump_reading *reading;
	bool is_stderr;
};

static void feed_half(void *owner, bool is_stderr, const char *text, size_t len)
{
	const struct half *half = owner;

	if (is_stderr == half->is_stderr)
		dcmdump_line(half->reading, is_stderr, text, len);
}

static void test_transcripts(void)
{
	struct dcmdump_reading r;
	struct half errors_first = { &r, true };

	seen = 0;
	dcmdump_reading_init(&r, got_file, NULL);
	CHECK(replay("dump-intake", feed, &r));
	CHECK_INT(seen, 0);			/* the errors may be still to come */
	dcmdump_end(&r);
	CHECK_INT(seen, countof(intake));
	dcmdump_reading_done(&r);

	seen = 0;
	dcmdump_reading_init(&r, got_file, NULL);
	CHECK(replay("dump-intake", feed_half, &errors_first));
	errors_first.is_stderr = false;
	CHECK(replay("dump-intake", feed_half, &errors_first));
	dcmdump_end(&r);
	CHECK_INT(seen, countof(intake));
	dcmdump_reading_done(&r);

	seen = 0;
	in_whole = true;
	dcmdump_reading_init(&r, got_file, NULL);
	CHECK(replay("dump-whole", feed, &r));
	dcmdump_end(&r);
	dcmdump_end(&r);			/* nothing twice */
	CHECK_INT(seen, countof(whole));
	dcmdump_reading_done(&r);
	CHECK_CASE("");

	dcmdump_reading_init(&r, got_file, NULL);
	CHECK(replay("dump-whole", feed, &r));
	dcmdump_reading_done(&r);		/* the process was stopped: nothing leaks */
}

struct unknown {
	const char *vr, *value;		/* of the SOP Instance UID */
	size_t count;
};

static void got_unknown(void *owner, const char *path, struct dataset *set, const char *damage)
{
	const struct unknown *want = owner;
	const struct element *uid = dataset_find(set, TAG_SOPInstanceUID);

	(void)path;
	(void)damage;
	CHECK_INT(set->count, want->count);
	CHECK_STR(uid ? uid->vr : "", want->vr);
	CHECK_STR(dataset_get(set, TAG_SOPInstanceUID), want->value);
}

/* The VR UN of an attribute that has text is what its writer did not know. */
static void test_unknown_vr(void)
{
	static const struct {
		const char *line;
		struct unknown want;
	} lines[] = {
		{ "(0008,0018) UN 31\\2e\\32\\2E # 4, 1 SOPInstanceUID", { "UN", "31\\2e\\32\\2E", 1 } },
		{ "(0008,0018) UN 31\\2e\\32\\00 # 4, 1 SOPInstanceUID", { "UI", "1.2", 1 } },
		{ "(0008,0018) UN 31\\2e\\3 # 3, 1 SOPInstanceUID", { "UN", "31\\2e\\3", 1 } },
		{ "(0008,0018) UN 31;2e # 2, 1 SOPInstanceUID", { "UN", "31;2e", 1 } },
		{ "(0028,0010) UN 40\\00 # 2, 1 Rows", { "", "", 1 } },
		{ "(0009,1001) UN 31\\32 # 2, 1 Unknown Tag & Data", { "", "", 1 } },
	};

	for (size_t i = 0; i < countof(lines); i++) {
		struct unknown want = lines[i].want;
		struct dcmdump_reading r;

		CHECK_CASE(lines[i].line);
		dcmdump_reading_init(&r, got_unknown, &want);
		dcmdump_line(&r, false, "# dcmdump (1/1): x", 18);
		dcmdump_line(&r, false, lines[i].line, strlen(lines[i].line));
		dcmdump_end(&r);
		dcmdump_reading_done(&r);
	}
	CHECK_CASE("");
}

static void test_commands(void)
{
	static const uint32_t tags[] = { TAG_SOPInstanceUID, TAG_TransferSyntaxUID, TAG_InstanceNumber };
	struct dcmtk d = { .dir = NULL };
	struct command *c = dcmdump_command(&d, "/run/x/list", NULL, 0, false);

	CHECK_STR(command_text(c), "dcmdump -ll error -M +L -Un +Qn +F @/run/x/list");
	command_free(c);
	c = dcmdump_command(&d, "/run/x/list", tags, countof(tags), true);
	CHECK_STR(command_text(c), "dcmdump -ll error -M +L -Un +Qn +F +p +P 0008,0018 +P 0002,0010 +P 0020,0013 @/run/x/list");
	command_free(c);
	c = dcmdump_command(&d, "/run/x/list", tags, countof(tags), false);
	CHECK_HAS(command_text(c), " +sb 0020,0014 @");
	command_free(c);
}

/* A dictionary of the attributes we name is enough where only those are asked for. */
static void test_dictionary(void)
{
	static const uint32_t named[] = { TAG_SOPInstanceUID, TAG_PixelData }, numbered[] = { TAG_PixelData, TAG(0x0029, 0x1010) };
	char path[] = "/tmp/dicom-qr-test-dictionary.XXXXXX";
	int fd = mkstemp(path);
	struct dcmtk d = { .dictionary = path };
	auto_buf struct buf text = BUF_INIT(BUF_MB(1));
	struct err e = { ERR_NONE, "" };
	struct command *c;

	CHECK(fd >= 0);
	close(fd);
	CHECK_INT(dcmdump_write_dictionary(path, &e), 0);
	CHECK_INT(file_read(path, &text, &e), 0);
	CHECK_HAS(buf_text(&text), "(0020,000d)\tUI\tStudyInstanceUID\t1-n\tDICOM\n");
	unlink(path);
	c = dcmdump_command(&d, "/run/x/list", named, countof(named), true);
	CHECK_HAS(command_text(c), "DCMDICTPATH=/tmp/dicom-qr-test-dictionary.");
	command_free(c);
	c = dcmdump_command(&d, "/run/x/list", numbered, countof(numbered), true);
	CHECK(!strstr(command_text(c), "DCMDICTPATH"));
	command_free(c);
	c = dcmdump_command(&d, "/run/x/list", NULL, 0, false);
	CHECK(!strstr(command_text(c), "DCMDICTPATH"));
	command_free(c);
}

int main(void)
{
	test_transcripts();
	test_unknown_vr();
	test_commands();
	test_dictionary();
	return check_done();
}
