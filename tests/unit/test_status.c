/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DIMSE statuses: what each number means for each service, and the sentence made of it. */
#include "dicom/status.h"

#include <stdbool.h>

#include "base/mem.h"
#include "tests/unit/check.h"

static const struct { enum service service; int status; enum err_kind kind; const char *meaning; } numbers[] = {
	{ SERVICE_ECHO, 0x0000, ERR_NONE, "success" },
	{ SERVICE_STORE, 0x0000, ERR_NONE, "success" },
	{ SERVICE_FIND, 0xff00, ERR_NONE, "pending" },
	{ SERVICE_MOVE, 0xff00, ERR_NONE, "pending" },
	{ SERVICE_FIND, 0xff01, ERR_NONE, "some keys not supported" },
	{ SERVICE_MOVE, 0xff01, ERR_PROTOCOL, "unknown status" },
	{ SERVICE_FIND, 0xfe00, ERR_ABORTED, "cancelled" },
	{ SERVICE_GET, 0xfe00, ERR_ABORTED, "cancelled" },
	{ SERVICE_FIND, 0xa700, ERR_BUSY, "out of resources" },
	{ SERVICE_STORE, 0xa700, ERR_BUSY, "out of resources" },
	{ SERVICE_STORE, 0xa7ff, ERR_BUSY, "out of resources" },
	{ SERVICE_MOVE, 0xa701, ERR_BUSY, "cannot count" },
	{ SERVICE_GET, 0xa702, ERR_ABORTED, "could not send" },
	{ SERVICE_MOVE, 0xa702, ERR_ABORTED, "could not send" },
	{ SERVICE_MOVE, 0xa700, ERR_BUSY, "out of resources" },
	{ SERVICE_MOVE, 0xa801, ERR_REFUSED, "move destination unknown" },
	{ SERVICE_GET, 0xa801, ERR_PROTOCOL, "unknown status" },
	{ SERVICE_FIND, 0xa900, ERR_REFUSED, "identifier does not match" },
	{ SERVICE_GET, 0xa9ff, ERR_REFUSED, "identifier does not match" },
	{ SERVICE_STORE, 0xa900, ERR_REFUSED, "data set does not match" },
	{ SERVICE_GET, 0xaa04, ERR_REFUSED, "frames" },
	{ SERVICE_GET, 0xb000, ERR_ABORTED, "some objects failed" },
	{ SERVICE_MOVE, 0xb000, ERR_ABORTED, "some objects failed" },
	{ SERVICE_STORE, 0xb000, ERR_NONE, "stored" },
	{ SERVICE_STORE, 0xb006, ERR_NONE, "without some elements" },
	{ SERVICE_STORE, 0xb007, ERR_NONE, "does not match" },
	{ SERVICE_ECHO, 0xc000, ERR_ABORTED, "unable to process" },
	{ SERVICE_FIND, 0xc001, ERR_ABORTED, "unable to process" },
	{ SERVICE_FIND, 0xc100, ERR_ABORTED, "unable to process" },
	{ SERVICE_GET, 0xcfff, ERR_ABORTED, "unable to process" },
	{ SERVICE_STORE, 0xc123, ERR_ABORTED, "cannot understand" },
	{ SERVICE_MOVE, 0xd000, ERR_PROTOCOL, "unknown status" },
	{ SERVICE_FIND, 0x0105, ERR_REFUSED, "no such attribute" },
	{ SERVICE_FIND, 0x0110, ERR_BUSY, "processing failure" },
	{ SERVICE_STORE, 0x0117, ERR_REFUSED, "invalid SOP instance" },
	{ SERVICE_GET, 0x0122, ERR_REFUSED, "not supported" },
	{ SERVICE_ECHO, 0x0124, ERR_REFUSED, "not authorised" },
	{ SERVICE_MOVE, 0x0210, ERR_BUSY, "duplicate" },
	{ SERVICE_MOVE, 0x0211, ERR_REFUSED, "unrecognised" },
	{ SERVICE_MOVE, 0x0213, ERR_BUSY, "resource" },
	{ SERVICE_MOVE, 0x1234, ERR_PROTOCOL, "unknown status" },
	{ SERVICE_MOVE, 0x12345, ERR_PROTOCOL, "unknown status" },
	{ SERVICE_MOVE, -1, ERR_ABORTED, "no final status" },
};

static const struct {
	enum service service;
	int status;
	const char *comment, *aet;
	int port;
	const char *called, *sentence;
} sentences[] = {
	{ SERVICE_MOVE, 0xa801, NULL, "DICOMQR", 11112, "PACS",
	  "0xA801 move destination unknown: ask the PACS administrator to register AE title DICOMQR at this host, port 11112" },
	{ SERVICE_MOVE, 0xa801, "", "DICOMQR", 0, "PACS",
	  "0xA801 move destination unknown: ask the PACS administrator to register AE title DICOMQR at this host" },
	{ SERVICE_MOVE, 0xa801, "Who?", "A", 0, NULL,
	  "0xA801 move destination unknown: ask the PACS administrator to register AE title A at this host (PACS says: \"Who?\")" },
	{ SERVICE_ECHO, 0, NULL, NULL, 0, NULL, "0x0000 success" },
	{ SERVICE_STORE, 0xb006, "  a\tb\033[31m\n ", NULL, 0, NULL, "0xB006 stored without some elements (PACS says: \"a?b?[31m?\")" },
	{ SERVICE_STORE, 0xb006, "    ", NULL, 0, NULL, "0xB006 stored without some elements" },
	{ SERVICE_FIND, 0x1234, NULL, "A", 0, "ARCHIVE",
	  "0x1234 unknown status: ARCHIVE said something that the standard does not define: read its log" },
	{ SERVICE_FIND, 0x1234, NULL, "A", 0, "",
	  "0x1234 unknown status: the PACS said something that the standard does not define: read its log" },
	{ SERVICE_ECHO, 0x124, NULL, "{port}", 5, "",
	  "0x0124 not authorised: ask the PACS administrator to allow this to AE title {port}" },
	{ SERVICE_MOVE, -1, NULL, NULL, 0, "ARCHIVE", "no final status: ARCHIVE broke off before saying how it ended: try again" },
};

/* Nothing fails to have a sentence, nor leaves a word to be filled in. */
static void test_all(void)
{
	char text[1024];

	CHECK_CASE("all");
	for (int status = 0; status < 0x10000; status++)
		for (int service = SERVICE_ECHO; service <= SERVICE_STORE; service++) {
			const struct status_info *info = status_info((enum service)service, status);

			status_sentence(text, sizeof text, (enum service)service, status, NULL, "AET", 104, "CALLED");
			if (!*info->meaning || strpbrk(text, "{}") || strlen(text) > 300 || (info->kind && !*info->advice))
				CHECK_STR(text, "");
		}
}

static void test_cut(void)
{
	char out[60];

	CHECK_CASE("cut");
	status_sentence(out, 16, SERVICE_ECHO, 0, NULL, NULL, 0, NULL);
	CHECK_STR(out, "0x0000 success");
	status_sentence(out, 10, SERVICE_ECHO, 0, NULL, NULL, 0, NULL);
	CHECK_STR(out, "0x0000 su");
	status_sentence(out, 32, SERVICE_ECHO, 0, "éé", NULL, 0, NULL);
	CHECK_STR(out, "0x0000 success (PACS says: \"é");
	out[0] = 'x';
	status_sentence(out, 0, SERVICE_ECHO, 0, NULL, NULL, 0, NULL);
	CHECK_INT(out[0], 'x');
}

int main(void)
{
	char text[1024];

	for (size_t i = 0; i < countof(numbers); i++) {
		const struct status_info *info = status_info(numbers[i].service, numbers[i].status);

		snprintf(text, sizeof text, "%d 0x%04X", (int)numbers[i].service, (unsigned)numbers[i].status);
		CHECK_CASE(text);
		CHECK_HAS(info->meaning, numbers[i].meaning);
		CHECK_INT(info->kind, numbers[i].kind);
	}
	for (size_t i = 0; i < countof(sentences); i++) {
		CHECK_CASE("sentence");
		status_sentence(text, sizeof text, sentences[i].service, sentences[i].status, sentences[i].comment, sentences[i].aet,
				sentences[i].port, sentences[i].called);
		CHECK_STR(text, sentences[i].sentence);
	}
	test_all();
	test_cut();
	return check_done();
}
