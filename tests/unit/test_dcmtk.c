/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tools said against what we make of it: lc-... were recorded with our log configuration, the others with -v or -d,
 * name@VERSION where a version says it differently. */
#include "wrappers/dcmtk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/check.h"
#include "tests/unit/replay.h"
#include "wrappers/echoscu.h"
#include "wrappers/logconfig.h"
#include "wrappers/reading.h"

enum { NONE = -1 };

static const struct {
	const char *transcript;
	enum service service;
	int final, finals, completed, failed;
	enum err_kind verdict;
	const char *words;		/* in the sentence; "" = any */
	const char *comment;
} cases[] = {
	{ "lc-echo-0110", SERVICE_ECHO, 0x0110, 1, NONE, NONE, ERR_BUSY, "0x0110", "" },
	{ "lc-echo-ok", SERVICE_ECHO, 0x0000, 1, NONE, NONE, ERR_NONE, "", "" },
	{ "lc-echo-reject-limit", SERVICE_ECHO, NONE, 0, NONE, NONE, ERR_BUSY,
	  "PACS did not accept the association: it has too many associations already", "" },
	{ "lc-find-a700", SERVICE_FIND, 0xa700, 1, NONE, NONE, ERR_BUSY, "0xA700", "Too many matches: 20001" },
	{ "lc-find-a900", SERVICE_FIND, 0xa900, 1, NONE, NONE, ERR_REFUSED, "0xA900", "" },
	{ "lc-find-abassoc", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_ABORTED,
	  "pacs:104 broke off instead of answering the association request", "" },
	{ "lc-find-abort", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_ABORTED,
	  "ARCHIVE broke off the association before its final answer", "" },
	{ "lc-find-c001", SERVICE_FIND, 0xc001, 1, NONE, NONE, ERR_ABORTED, "0xC001", "" },
	{ "lc-find-fe00", SERVICE_FIND, 0xfe00, 1, NONE, NONE, ERR_ABORTED, "0xFE00", "" },
	{ "lc-find-ff01", SERVICE_FIND, 0x0000, 1, NONE, NONE, ERR_NONE, "", "" },
	{ "lc-find-garbage", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_REFUSED,
	  "what answers at pacs:104 speaks no DICOM: is the port right?", "" },
	{ "lc-find-hang", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_TIMEOUT,
	  "ARCHIVE fell silent: no message within the time limit", "" },
	{ "lc-find-hangassoc", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_TIMEOUT,
	  "pacs:104 does not answer the association request: is it a DICOM port, and the PACS well?", "" },
	{ "lc-find-nopc", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_REFUSED,
	  "ARCHIVE does not offer this service (C-FIND Study Root)", "" },
	{ "lc-find-norelease", SERVICE_FIND, 0x0000, 1, NONE, NONE, ERR_NONE, "", "" },
	{ "lc-find-ok", SERVICE_FIND, 0x0000, 1, NONE, NONE, ERR_NONE, "", "" },
	{ "lc-find-port-closed", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_UNREACHABLE,
	  "cannot connect to pacs:104: Connection refused: is the PACS running, and the port right?", "" },
	{ "lc-find-query-file-missing", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_TOOL, "cannot access file: nosuch.dcm", "" },
	{ "lc-find-reject-called", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_REFUSED,
	  "PACS did not accept the association: called AE title 'ARCHIVE' not recognised: check --called-aet", "" },
	{ "lc-find-reject-calling", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_REFUSED,
	  "PACS did not accept the association: calling AE title not recognised: ask the PACS administrator to register", "" },
	{ "lc-find-reject-cong", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_BUSY,
	  "PACS did not accept the association: temporary congestion", "" },
	{ "lc-find-reject-limit", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_BUSY,
	  "PACS did not accept the association: it has too many associations already", "" },
	{ "lc-find-reject-noreason", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_REFUSED,
	  "PACS did not accept the association: no reason given: often AE title 'ME' or this host is not registered", "" },
	{ "lc-find-two-query-files", SERVICE_FIND, 0x0000, 2, NONE, NONE, ERR_NONE, "", "" },
	{ "lc-find-unresolvable", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_UNREACHABLE,
	  "host 'pacs' is unknown: check its name, and the name server", "" },
	{ "lc-get-a702", SERVICE_GET, 0xa702, 1, 0, 3, ERR_ABORTED, "0xA702", "No matching instances" },
	{ "lc-get-abassoc", SERVICE_GET, NONE, 0, NONE, NONE, ERR_ABORTED,
	  "pacs:104 broke off instead of answering the association request", "" },
	{ "lc-get-abort", SERVICE_GET, NONE, 0, NONE, NONE, ERR_ABORTED,
	  "ARCHIVE broke off the association before its final answer", "" },
	{ "lc-get-c000", SERVICE_GET, 0xc000, 1, 0, 3, ERR_ABORTED, "0xC000", "No matching instances" },
	{ "lc-get-fails-3", SERVICE_GET, 0xb000, 1, 1, 3, ERR_ABORTED, "0xB000", "2 destinations down" },
	{ "lc-get-garbage", SERVICE_GET, NONE, 0, NONE, NONE, ERR_REFUSED,
	  "what answers at pacs:104 speaks no DICOM: is the port right?", "" },
	{ "lc-get-hang", SERVICE_GET, NONE, 0, NONE, NONE, ERR_TIMEOUT,
	  "ARCHIVE fell silent: no message within the time limit", "" },
	{ "lc-get-hangassoc", SERVICE_GET, NONE, 0, NONE, NONE, ERR_TIMEOUT,
	  "pacs:104 does not answer the association request: is it a DICOM port, and the PACS well?", "" },
	{ "lc-get-lie", SERVICE_GET, 0x0000, 1, 1, 2, ERR_ABORTED,
	  "2 of 3 sub-operations failed, though the final status is success", "" },
	{ "lc-get-nocnt", SERVICE_GET, 0x0000, 1, NONE, NONE, ERR_NONE, "", "" },
	{ "lc-get-nopc", SERVICE_GET, NONE, 0, NONE, NONE, ERR_REFUSED,
	  "ARCHIVE does not offer this service (C-GET Study Root)", "" },
	{ "lc-get-port-closed", SERVICE_GET, NONE, 0, NONE, NONE, ERR_UNREACHABLE,
	  "cannot connect to pacs:104: Connection refused: is the PACS running, and the port right?", "" },
	{ "lc-get-reject-called", SERVICE_GET, NONE, 0, NONE, NONE, ERR_REFUSED,
	  "PACS did not accept the association: called AE title 'ARCHIVE' not recognised: check --called-aet", "" },
	{ "lc-get-reject-calling", SERVICE_GET, NONE, 0, NONE, NONE, ERR_REFUSED,
	  "PACS did not accept the association: calling AE title not recognised: ask the PACS administrator to register", "" },
	{ "lc-get-reject-cong", SERVICE_GET, NONE, 0, NONE, NONE, ERR_BUSY,
	  "PACS did not accept the association: temporary congestion", "" },
	{ "lc-get-reject-limit", SERVICE_GET, NONE, 0, NONE, NONE, ERR_BUSY,
	  "PACS did not accept the association: it has too many associations already", "" },
	{ "lc-get-reject-noreason", SERVICE_GET, NONE, 0, NONE, NONE, ERR_REFUSED,
	  "PACS did not accept the association: no reason given: often AE title 'ME' or this host is not registered", "" },
	{ "lc-get-two-query-files", SERVICE_GET, 0x0000, 2, 6, 0, ERR_NONE, "", "" },		/* SIGSEGV at the end */
	{ "lc-get-zero", SERVICE_GET, 0x0000, 1, 0, 0, ERR_NONE, "", "" },
	{ "lc-move-a702", SERVICE_MOVE, 0xa702, 1, 0, 3, ERR_ABORTED, "0xA702", "No matching instances" },
	{ "lc-move-a801", SERVICE_MOVE, 0xa801, 1, 0, 3, ERR_REFUSED, "0xA801", "No matching instances" },
	{ "lc-move-abort", SERVICE_MOVE, NONE, 0, NONE, NONE, ERR_ABORTED,
	  "ARCHIVE broke off the association before its final answer", "" },
	{ "lc-move-c000", SERVICE_MOVE, 0xc000, 1, 0, 3, ERR_ABORTED, "0xC000", "No matching instances" },
	{ "lc-move-fails-3", SERVICE_MOVE, 0xb000, 1, 1, 3, ERR_ABORTED, "0xB000", "2 destinations down" },
	{ "lc-move-hang", SERVICE_MOVE, NONE, 0, NONE, NONE, ERR_TIMEOUT,
	  "ARCHIVE fell silent: no message within the time limit", "" },
	{ "lc-move-lie", SERVICE_MOVE, 0x0000, 1, 1, 2, ERR_ABORTED,
	  "2 of 3 sub-operations failed, though the final status is success", "" },
	{ "lc-move-nocnt", SERVICE_MOVE, 0x0000, 1, NONE, NONE, ERR_NONE, "", "" },
	{ "lc-move-nopc", SERVICE_MOVE, NONE, 0, NONE, NONE, ERR_REFUSED,
	  "ARCHIVE does not offer this service (C-MOVE Study Root)", "" },
	{ "lc-move-port-closed", SERVICE_MOVE, NONE, 0, NONE, NONE, ERR_UNREACHABLE,
	  "cannot connect to pacs:104: Connection refused: is the PACS running, and the port right?", "" },
	{ "lc-move-reject-limit", SERVICE_MOVE, NONE, 0, NONE, NONE, ERR_BUSY,
	  "PACS did not accept the association: it has too many associations already", "" },
	{ "lc-move-zero", SERVICE_MOVE, 0x0000, 1, 0, 0, ERR_NONE, "", "" },
	{ "find-ok2-d", SERVICE_FIND, 0x0000, 1, NONE, NONE, ERR_NONE, "", "" },
	{ "find-ok2-d@3.6.5", SERVICE_FIND, 0x0000, 1, NONE, NONE, ERR_NONE, "", "" },
	{ "find-status-a700-comment-d", SERVICE_FIND, 0xa700, 1, NONE, NONE, ERR_BUSY,
	  "0xA700", "Out of memory in database" },
	{ "find-status-a700-comment-d@3.6.5", SERVICE_FIND, 0xa700, 1, NONE, NONE, ERR_BUSY,
	  "0xA700", "Out of memory in database" },
	{ "find-pending-ff01", SERVICE_FIND, 0x0000, 1, NONE, NONE, ERR_NONE, "", "" },
	{ "find-status-ff02", SERVICE_FIND, 0xff02, 1, NONE, NONE, ERR_PROTOCOL, "0xFF02", "" },
	{ "find-status-a900@3.6.5", SERVICE_FIND, 0xa900, 1, NONE, NONE, ERR_REFUSED, "0xA900", "" },
	{ "find-log-line-injection-v", SERVICE_FIND, 0xa700, 2, NONE, NONE, ERR_BUSY, "0xA700", "" },
	{ "find-log-line-injection-d-Xs", SERVICE_FIND, 0xa700, 1, NONE, NONE, ERR_BUSY, "0xA700", "" },
	{ "find-2rsp-then-a700", SERVICE_FIND, 0xa700, 1, NONE, NONE, ERR_BUSY, "0xA700", "" },
	{ "find-peer-releases", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_ABORTED,
	  "ARCHIVE ended the association before its final answer", "" },
	{ "find-truncated-dataset", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_PROTOCOL,
	  "the answer of ARCHIVE could not be understood: DIMSE Failed to receive message", "" },
	{ "find-wrong-msgid", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_PROTOCOL,
	  "the answer of ARCHIVE could not be understood: DIMSE: Unexpected Response MsgId: 8 (expected: 1)", "" },
	{ "find-port-closed@3.6.5", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_UNREACHABLE,
	  "cannot connect to pacs:104: Connection refused: is the PACS running, and the port right?", "" },
	{ "find-unresolvable@3.6.5", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_UNREACHABLE,
	  "host 'pacs' is unknown: check its name, and the name server", "" },
	{ "find-connect-timeout-to3@3.6.5", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_UNREACHABLE,
	  "cannot connect to pacs:104: no answer in time: check the address, and whether a firewall is between", "" },
	{ "find-release-aborted-by-peer", SERVICE_FIND, 0x0000, 1, NONE, NONE, ERR_NONE, "", "" },
	{ "find-disk-full-X-ign@3.6.9", SERVICE_FIND, 0x0000, 1, NONE, NONE, ERR_SYSTEM,
	  "Writing file: rsp0001.dcm: File too large", "" },
	{ "find-sigterm-mid", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_ABORTED, "ended without a final answer", "" },
	{ "find-bad-key", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_ABORTED,
	  "ended without a final answer: Find SCU Failed: 0001:0019 Unable to parse tag", "" },
	{ "find-query-file-not-dicom", SERVICE_FIND, NONE, 0, NONE, NONE, ERR_TOOL,
	  "the query file could not be read: Bad DICOM file: q.txt: I/O suspension or premature end of stream", "" },
	{ "find-final-with-dataset", SERVICE_FIND, 0xa700, 1, NONE, NONE, ERR_BUSY, "0xA700", "" },
	{ "find-status-0124", SERVICE_FIND, 0x0124, 1, NONE, NONE, ERR_REFUSED, "0x0124", "" },
	{ "get-ok3-d", SERVICE_GET, 0x0000, 1, 3, 0, ERR_NONE, "", "" },
	{ "get-ok3-d@3.6.5", SERVICE_GET, 0x0000, 1, 3, 0, ERR_NONE, "", "" },
	{ "get-reject-called-d@3.6.5", SERVICE_GET, NONE, 0, NONE, NONE, ERR_REFUSED,
	  "PACS did not accept the association: called AE title 'ARCHIVE' not recognised: check --called-aet", "" },
	{ "get-reject-called", SERVICE_GET, NONE, 0, NONE, NONE, ERR_REFUSED,
	  "PACS did not accept the association: check --called-aet, and ask the PACS administrator to register AE title 'ME'", "" },
	{ "get-reject-limit-d", SERVICE_GET, NONE, 0, NONE, NONE, ERR_BUSY,
	  "PACS did not accept the association: it has too many associations already", "" },
	{ "get-status-a702-comment-d", SERVICE_GET, 0xa702, 1, 0, 3, ERR_ABORTED, "0xA702", "No matching instances" },
	{ "get-status-b000-d", SERVICE_GET, 0xb000, 1, 1, 2, ERR_ABORTED, "0xB000", "" },
	{ "get-status-b000-d@3.6.5", SERVICE_GET, 0xb000, 1, 1, 2, ERR_ABORTED, "0xB000", "" },
	{ "get-port-closed@3.6.5", SERVICE_GET, NONE, 0, NONE, NONE, ERR_UNREACHABLE,
	  "cannot connect to pacs:104: Connection refused: is the PACS running, and the port right?", "" },
	{ "get-abort-mid-file", SERVICE_GET, NONE, 0, NONE, NONE, ERR_ABORTED,
	  "ARCHIVE broke off the association before its final answer", "" },
	{ "get-hang-mid-file-td2", SERVICE_GET, NONE, 0, NONE, NONE, ERR_TIMEOUT,
	  "ARCHIVE fell silent: no message within the time limit", "" },
	{ "get-disk-full", SERVICE_GET, NONE, 0, NONE, NONE, ERR_SYSTEM,
	  "cannot write DICOM file: SC.1.2.826.0.1.3680043.9.9999.3.1: is the disk full, or the folder not writable?", "" },
	{ "get-disk-full-bitpreserving", SERVICE_GET, NONE, 0, NONE, NONE, ERR_ABORTED,
	  "getscu broke off in the middle: it could not store an object; is the disk full?", "" },
	{ "get-norelease", SERVICE_GET, 0xa701, 1, NONE, NONE, ERR_BUSY, "0xA701", "" },
	{ "get-dataset-without-uid", SERVICE_GET, NONE, 0, NONE, NONE, ERR_PROTOCOL,
	  "Cannot store received object: either SOP Instance or SOP Class UID not present", "" },
	{ "get-sigterm-mid-file", SERVICE_GET, NONE, 0, NONE, NONE, ERR_ABORTED, "ended without a final answer", "" },
	{ "orthanc-get-no-match", SERVICE_GET, 0xc000, 1, NONE, NONE, ERR_ABORTED, "0xC000", "" },
	{ "move-ok3-d", SERVICE_MOVE, 0x0000, 1, 3, 0, ERR_NONE, "", "" },
	{ "move-ok3-d@3.6.5", SERVICE_MOVE, 0x0000, 1, 3, 0, ERR_NONE, "", "" },
	{ "move-status-b000-d", SERVICE_MOVE, 0xb000, 1, 1, 2, ERR_ABORTED, "0xB000", "" },
	{ "move-status-a801-comment-d", SERVICE_MOVE, 0xa801, 1, NONE, NONE, ERR_REFUSED,
	  "0xA801", "Unknown destination AE" },
	{ "move-status-a801@3.6.5", SERVICE_MOVE, 0xa801, 1, NONE, NONE, ERR_REFUSED, "0xA801", "" },
	{ "move-port-closed@3.6.5", SERVICE_MOVE, NONE, 0, NONE, NONE, ERR_UNREACHABLE,
	  "cannot connect to pacs:104: Connection refused: is the PACS running, and the port right?", "" },
	{ "move-norelease", SERVICE_MOVE, 0xa801, 1, NONE, NONE, ERR_REFUSED, "0xA801", "" },
	{ "move-pending-with-dataset", SERVICE_MOVE, NONE, 0, NONE, NONE, ERR_PROTOCOL,
	  "the answer of ARCHIVE could not be understood: DIMSE: receiveCommand: cmdSet->read() Failed", "" },
	{ "orthanc-move-unknown-dest-d", SERVICE_MOVE, 0xc000, 1, 0, 0, ERR_ABORTED, "0xC000", "" },
	{ "move-own-port-in-use", SERVICE_MOVE, NONE, 0, NONE, NONE, ERR_SYSTEM, "the local port is in use", "" },
	{ "echo-ok-d", SERVICE_ECHO, 0x0000, 1, NONE, NONE, ERR_NONE, "", "" },
	{ "echo-reject-odd@3.6.5", SERVICE_ECHO, NONE, 0, NONE, NONE, ERR_REFUSED,
	  "PACS did not accept the association: no reason given: often AE title 'ME' or this host is not registered", "" },
	{ "echo-abort", SERVICE_ECHO, NONE, 0, NONE, NONE, ERR_ABORTED,
	  "ARCHIVE broke off the association before its final answer", "" },
	{ "echo-hang-td2", SERVICE_ECHO, NONE, 0, NONE, NONE, ERR_TIMEOUT,
	  "ARCHIVE fell silent: no message within the time limit", "" },
	{ "echo-relabort", SERVICE_ECHO, 0x0000, 1, NONE, NONE, ERR_NONE, "", "" },
	{ "echo-bad-option", SERVICE_ECHO, NONE, 0, NONE, NONE, ERR_TOOL, "Unknown option --nonsense", "" },
};

static void feed(void *owner, bool is_stderr, const char *text, size_t len)
{
	(void)is_stderr;
	reading_line(owner, text, len);
}

static struct peer some_peer(void)
{
	return (struct peer){ .host = "pacs", .port = 104, .called = "ARCHIVE", .calling = "ME" };
}

static void test_transcripts(void)
{
	struct peer peer = some_peer();

	for (size_t i = 0; i < countof(cases); i++) {
		struct reading r;
		struct err e = { ERR_NONE, "" };
		int status;

		CHECK_CASE(cases[i].transcript);
		reading_init(&r, cases[i].service);
		CHECK(replay(cases[i].transcript, feed, &r));
		status = reading_verdict(&r, NULL, &peer, NULL, 11112, &e);
		CHECK_INT(r.final, cases[i].final);
		CHECK_INT(r.finals, cases[i].finals);
		CHECK_INT(r.completed, cases[i].completed);
		CHECK_INT(r.failed, cases[i].failed);
		CHECK_INT(e.kind, cases[i].verdict);
		CHECK_INT(status, cases[i].verdict == ERR_NONE ? 0 : -1);
		CHECK_HAS(e.text, cases[i].words);
		CHECK_STR(r.comment, cases[i].comment);
		reading_done(&r);
	}
	CHECK_CASE("");
}


static void read_line(struct reading *r, const char *text)
{
	reading_line(r, text, strlen(text));
}

static void read_final(struct reading *r, const char *type, const char *status)
{
	auto_free char *type_line = mem_printf("DEBUG|Message Type                  : %s", type);
	auto_free char *status_line = mem_printf("DEBUG|DIMSE Status                  : %s", status);

	read_line(r, "DEBUG|===================== INCOMING DIMSE MESSAGE ====================");
	read_line(r, type_line);
	read_line(r, status_line);
	read_line(r, "DEBUG|======================= END DIMSE MESSAGE =======================");
}

static void read_counters(struct reading *r, int remaining, int completed, int failed, const char *status)
{
	const int numbers[] = { remaining, completed, failed };
	static const char *const names[] = { "Remaining", "Completed", "Failed" };

	read_line(r, "DEBUG|===================== INCOMING DIMSE MESSAGE ====================");
	read_line(r, "DEBUG|Message Type                  : C-GET RSP");
	for (size_t i = 0; i < countof(numbers); i++) {
		auto_free char *number = numbers[i] < 0 ? mem_str("none") : mem_printf("%d", numbers[i]);
		auto_free char *line = mem_printf("DEBUG|%s Suboperations       : %s", names[i], number);

		read_line(r, line);
	}
	auto_free char *status_line = mem_printf("DEBUG|DIMSE Status                  : %s", status);

	read_line(r, status_line);
	read_line(r, "DEBUG|======================= END DIMSE MESSAGE =======================");
}

/* How many objects the PACS means to send. */
static void test_claims(void)
{
	struct reading r;

	reading_init(&r, SERVICE_GET);
	CHECK(replay("get-ok3-d", feed, &r));
	CHECK_INT(r.claimed, 3);
	reading_done(&r);

	CHECK_CASE("without counters");
	reading_init(&r, SERVICE_GET);
	read_counters(&r, -1, -1, -1, "0xff00: Pending");
	read_counters(&r, -1, -1, -1, "0x0000: Success");
	CHECK_INT(r.claimed, -1);
	reading_done(&r);

	CHECK_CASE("broken off");
	reading_init(&r, SERVICE_GET);
	read_counters(&r, 299, 1, 0, "0xff00: Pending");
	read_counters(&r, 180, 120, 0, "0xff00: Pending");
	CHECK_INT(r.claimed, 300);

	CHECK_CASE("failed amid: what remained counts");
	read_counters(&r, -1, 120, 1, "0xa702: Refused");
	CHECK_INT(r.claimed, 300);

	CHECK_CASE("the next request");
	read_counters(&r, 5, 1, 0, "0xff00: Pending");		/* one ahead of itself */
	CHECK_INT(r.claimed, 306);
	read_counters(&r, -1, 4, 1, "0xb000: Warning");
	CHECK_INT(r.claimed, 305);
	reading_done(&r);
	CHECK_CASE("");
}

static void test_details(void)
{
	struct reading r;

	reading_init(&r, SERVICE_FIND);
	CHECK(replay("lc-find-two-query-files", feed, &r));
	CHECK(r.accepted);
	CHECK_INT(r.responses, 5);		/* the first final response took number 3 */
	CHECK_INT(r.rows, 4);
	CHECK_INT(r.finals, 2);
	CHECK(!r.optional_keys_ignored);
	reading_done(&r);

	reading_init(&r, SERVICE_FIND);
	CHECK(replay("lc-find-ff01", feed, &r));
	CHECK(r.optional_keys_ignored);
	CHECK_INT(r.rows, 2);
	reading_done(&r);

	reading_init(&r, SERVICE_FIND);
	CHECK(replay("lc-find-norelease", feed, &r));
	CHECK(r.released_badly);
	CHECK_INT(r.trouble.kind, ERR_NONE);
	CHECK_HAS(buf_text(&r.said), "Association Release Failed: 0006:031a DUL network read timeout\n");
	reading_done(&r);

	reading_init(&r, SERVICE_MOVE);
	CHECK(replay("lc-move-fails-3", feed, &r));
	CHECK_STR(buf_text(&r.failed_uids),
		  "1.2.826.0.1.3680043.9.9999.4.000001.1234567890123456789012\\"
		  "1.2.826.0.1.3680043.9.9999.4.000002.1234567890123456789012\\"
		  "1.2.826.0.1.3680043.9.9999.4.000003.1234567890123456789012");
	CHECK_INT(r.remaining, NONE);
	CHECK_INT(r.warning, 0);
	reading_done(&r);

	reading_init(&r, SERVICE_GET);
	CHECK(replay("lc-get-fails-3", feed, &r));
	CHECK(r.released_badly);
	CHECK_INT(r.trouble.kind, ERR_NONE);
	reading_done(&r);
}

/* What find -v repeats of the keys stays out of everything that is kept. */
static void test_no_patient_data(void)
{
	struct reading r;

	reading_init(&r, SERVICE_FIND);
	read_line(&r, "E: Find Failed, query keys:");
	read_line(&r, "E: ");
	read_line(&r, "E: # Dicom-Data-Set");
	read_line(&r, "E: (0010,0010) PN [SECRET^NAME]                            #  11, 1 PatientName");
	read_line(&r, "E: ");
	read_line(&r, "E: 0006:0207 DIMSE No data available (timeout in non-blocking mode)");
	CHECK(!strstr(buf_text(&r.said), "SECRET"));
	CHECK_INT(r.trouble.kind, ERR_TIMEOUT);
	CHECK_STR(r.trouble.text, "DIMSE No data available (timeout in non-blocking mode)");
	reading_done(&r);
}

static void test_forged(void)
{
	struct reading r;

	reading_init(&r, SERVICE_GET);
	read_line(&r, "INFO|Association Accepted (Max Send PDV: 16372)");
	read_line(&r, "DEBUG|DIMSE Status                  : 0x0000: Success");		/* outside a message */
	read_line(&r, "DEBUG|Received C-GET Response (Success)");			/* not said at this level */
	read_line(&r, "WARN|Sanitized unusual characters, converted from \"");
	read_line(&r, "WARN|Received C-GET Response (Success)");
	CHECK_INT(r.finals, 0);
	read_final(&r, "C-STORE RSP", "0x0000: Success");				/* another service */
	CHECK_INT(r.finals, 0);
	read_line(&r, "DEBUG|Association Rejected:");					/* too late */
	read_line(&r, "DEBUG|Reason: Called AE Title Not Recognized");
	CHECK_INT(r.trouble.kind, ERR_NONE);
	read_final(&r, "C-GET RSP", "0xff00: Pending");
	CHECK_INT(r.finals, 0);
	read_final(&r, "C-GET RSP", "0xb000: Warning");
	CHECK_INT(r.final, 0xb000);
	reading_done(&r);
}

/* 64 KiB of a longer line arrive, cut. */
static void test_cut_list(void)
{
	auto_buf struct buf line = BUF_INIT(BUF_MB(1));
	struct reading r;
	const char *last;

	buf_str(&line, "DEBUG|(0008,0058) UI [");
	for (int i = 0; line.len < 65536; i++)
		buf_printf(&line, "%s1.2.826.0.1.3680043.9.%05d", i ? "\\" : "", i);
	reading_init(&r, SERVICE_MOVE);
	read_line(&r, "DEBUG|Response Identifiers:");
	reading_line(&r, line.data, 65536);
	CHECK(r.failed_uids.len > 65000);
	last = strrchr(buf_text(&r.failed_uids), '\\');
	CHECK(last && strlen(last + 1) == strlen("1.2.826.0.1.3680043.9.00000"));
	reading_done(&r);
}

static void test_said_ceiling(void)
{
	struct reading r;

	reading_init(&r, SERVICE_GET);
	for (int i = 0; i < 2000; i++) {
		auto_free char *line = mem_printf("WARN|DICOM file already exists, overwriting: %d", i);

		read_line(&r, line);
	}
	CHECK(r.said.len <= 8192 && !r.said.over);
	CHECK_HAS(buf_text(&r.said), "overwriting: 1999\n");
	CHECK(strncmp(buf_text(&r.said), "DICOM", 5) == 0);
	reading_done(&r);
}

static void test_verdict(void)
{
	const struct err killed = { ERR_TIMEOUT, "no new object within 60 s" }, stopped = { ERR_INTERRUPTED, "interrupted" };
	struct peer peer = some_peer();
	struct reading r;
	struct err e = { ERR_NONE, "" };

	reading_init(&r, SERVICE_GET);
	CHECK_INT(reading_verdict(&r, NULL, &peer, NULL, 0, &e), -1);
	CHECK_STR(e.text, "ended without a final answer");
	read_line(&r, "error: ");			/* nothing is no explanation */
	CHECK_INT(reading_verdict(&r, NULL, &peer, NULL, 0, &e), -1);
	CHECK_HAS(e.text, "ended without a final answer");
	CHECK_INT(reading_verdict(&r, &killed, &peer, NULL, 0, &e), -1);
	CHECK_INT(e.kind, ERR_TIMEOUT);
	CHECK_STR(e.text, "no new object within 60 s");
	read_line(&r, "E: Failed receiving DIMSE command: 0006:0317 Peer aborted Association (or never connected)");
	CHECK_INT(reading_verdict(&r, &killed, &peer, NULL, 0, &e), -1);
	CHECK_INT(e.kind, ERR_ABORTED);			/* the tool knows better */
	CHECK_INT(reading_verdict(&r, &stopped, &peer, NULL, 0, &e), -1);
	CHECK_INT(e.kind, ERR_INTERRUPTED);
	reading_done(&r);

	reading_init(&r, SERVICE_GET);		/* the process died of SIGSEGV when all was said */
	r.requests = 2;
	read_final(&r, "C-GET RSP", "0x0000: Success");
	CHECK_INT(reading_verdict(&r, &killed, &peer, NULL, 0, &e), -1);
	read_final(&r, "C-GET RSP", "0x0000: Success");
	CHECK_INT(reading_verdict(&r, &killed, &peer, NULL, 0, &e), 0);
	reading_done(&r);

	reading_init(&r, SERVICE_MOVE);		/* one of several failed; the later success does not hide it */
	r.requests = 2;
	read_final(&r, "C-MOVE RSP", "0xa801: Refused: Move Destination unknown");
	CHECK_INT(reading_verdict(&r, &stopped, &peer, "DEST", 0, &e), -1);
	CHECK_INT(e.kind, ERR_INTERRUPTED);
	read_final(&r, "C-MOVE RSP", "0x0000: Success");
	CHECK_INT(r.final, 0);
	CHECK_INT(r.worst, 0xa801);
	CHECK_INT(reading_verdict(&r, NULL, &peer, "DEST", 0, &e), -1);
	CHECK_HAS(e.text, "AE title DEST");
	reading_done(&r);
}

static void test_version(void)
{
	static const struct {
		const char *line;
		int version;
		const char *text;
	} lines[] = {
		{ "$dcmtk: findscu v3.6.7 2022-04-22 $", 30607, "3.6.7" },
		{ "$dcmtk: dcmdump v3.7.0 2025-12-15 $", 30700, "3.7.0" },
		{ "$dcmtk: getscu v3.6.10+ 2030-01-01 $", 30610, "3.6.10" },
		{ "$dcmtk: getscu $", 0, "" },
		{ "findscu v3.6.7", 0, "" },
		{ "", 0, "" },
	};

	for (size_t i = 0; i < countof(lines); i++) {
		char text[64] = "";

		CHECK_CASE(lines[i].line);
		CHECK_INT(dcmtk_version_parse(lines[i].line, text), lines[i].version);
		CHECK_STR(text, lines[i].text);
	}
	CHECK_CASE("");
}

static void test_commands(void)
{
	struct dcmtk d = { .connect_s = 5, .acse_s = 6, .dimse_s = 7 };
	struct peer peer = some_peer();
	struct command *c;

	unsetenv("LD_PRELOAD");
	c = dcmtk_version_command(&d, "findscu");
	CHECK_STR(command_text(c), "findscu --version");
	command_free(c);
	c = echoscu_command(&d, &peer);
	CHECK_STR(command_text(c), "TCP_NODELAY=1 echoscu -v -to 5 -ta 6 -td 7 -aet ME -aec ARCHIVE pacs 104");
	command_free(c);
	d.dir = mem_str("/opt/dcmtk/bin");
	d.promptack = mem_str("/lib/promptack.so");
	d.log_config = mem_str("/run/x/log.cfg");
	c = dcmtk_command(&d, "getscu");
	CHECK_STR(command_text(c), "TCP_NODELAY=1 LD_PRELOAD=/lib/promptack.so /opt/dcmtk/bin/getscu -lc /run/x/log.cfg "
		  "-to 5 -ta 6 -td 7");
	dcmtk_model(c, MODEL_PATIENT_STUDY);
	CHECK_HAS(command_text(c), " -O");
	command_free(c);
	dcmtk_done(&d);
}

static void test_promptack(void)
{
	char *path;

	setenv("DICOM_QR_PROMPTACK", "off", 1);
	CHECK(dcmtk_find_promptack() == NULL);
	setenv("DICOM_QR_PROMPTACK", "/no/such/promptack.so", 1);
	CHECK(dcmtk_find_promptack() == NULL);
	setenv("DICOM_QR_PROMPTACK", "/etc/passwd", 1);
	path = dcmtk_find_promptack();
	CHECK_STR(path, "/etc/passwd");
	free(path);
	unsetenv("DICOM_QR_PROMPTACK");
}

static void test_moved(void)
{
	char *path = dcmtk_beside(BINDIR "/dicom-qr");

	CHECK_STR(path, PKGLIBDIR "/promptack.so");
	free(path);
	path = dcmtk_beside("/moved" BINDIR "/dicom-qr");
	CHECK_STR(path, "/moved" PKGLIBDIR "/promptack.so");
	free(path);
	CHECK(dcmtk_beside("dicom-qr") == NULL);
}

static void test_config(void)
{
	auto_free char *dir = file_temp_dir("/tmp", "test-dcmtk", NULL);
	auto_free char *path = file_join(dir, "log.cfg"), *other = file_join(dir, "log.cfg.scp");
	auto_buf struct buf text = BUF_INIT(BUF_MB(1));
	struct err e;

	CHECK_INT(logconfig_write(path, &e), 0);
	CHECK_INT(file_read(path, &text, &e), 0);
	CHECK_HAS(buf_text(&text), "filters.1.StringToMatch = query keys\nlog4cplus.appender.log.filters.1.AcceptOnMatch = false\n");
	CHECK_HAS(buf_text(&text), "= log4cplus::spi::DenyAllFilter\n");
	CHECK_HAS(buf_text(&text), "ConsoleAppender\n");
	buf_reset(&text);
	CHECK_INT(file_read(other, &text, &e), 0);
	CHECK_HAS(buf_text(&text), "log4cplus.appender.log.File = .storescp.log\n");
	CHECK_INT(file_remove_tree(dir, &e), 0);
}

int main(void)
{
	test_transcripts();
	test_claims();
	test_details();
	test_no_patient_data();
	test_forged();
	test_cut_list();
	test_said_ceiling();
	test_verdict();
	test_version();
	test_commands();
	test_promptack();
	test_moved();
	test_config();
	return check_done();
}
