/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wrappers/storescp.h"

#include "base/file.h"
#include "base/mem.h"
#include "tests/unit/check.h"
#include "tests/unit/replay.h"

static const struct {
	const char *transcript, *calling, *called;
	int stored;
	bool aborted;
	const char *trouble;
} cases[] = {
	{ "lc-storescp-ok", "THE SENDER", "DICOMQR", 2, false, "" },
	{ "lc-storescp-abort", "SENDER", "DICOMQR", 2, true, "" },
	{ "storescp-ok-d", "SENDER", "STORESCP", 3, false, "" },
	{ "storescp-abort-mid-file", "", "", 2, true,
	  "Store SCP Failed: 0006:0317 Peer aborted Association (or never connected)" },
	{ "storescp-disk-full-bitpreserving", "", "", 3, false,
	  "Store SCP Failed: 0006:020a DIMSE receiveDataSetInFile: Cannot write to file" },
};

static void feed(void *owner, bool is_stderr, const char *text, size_t len)
{
	(void)is_stderr;
	storescp_line(owner, text, len);
}

static void test_transcripts(void)
{
	for (size_t i = 0; i < countof(cases); i++) {
		struct storescp_reading r = { .stored = 0 };

		CHECK_CASE(cases[i].transcript);
		CHECK(replay(cases[i].transcript, feed, &r));
		CHECK_STR(r.calling, cases[i].calling);
		CHECK_STR(r.called, cases[i].called);
		CHECK_INT(r.stored, cases[i].stored);
		CHECK_INT(r.aborted, cases[i].aborted);
		CHECK_STR(r.trouble, cases[i].trouble);
	}
	CHECK_CASE("");
}

/* A title is what a stranger says: 16 characters, none of control, and the first one stays. */
static void test_titles(void)
{
	static const char *const lines[] = {
		"DEBUG|Calling Application Name:    ",
		"DEBUG|Calling Application Name:    EVIL\033[31m  ",
		"DEBUG|Calling Application Name:    OTHER",
		"DEBUG|Called Application Name:     SIXTEENCHARACTERSANDMORE",
	};
	struct storescp_reading r = { .stored = 0 };

	for (size_t i = 0; i < countof(lines); i++)
		storescp_line(&r, lines[i], strlen(lines[i]));
	CHECK_STR(r.calling, "EVIL?[31m");
	CHECK_STR(r.called, "SIXTEENCHARACTER");
}

static void test_log_file(void)
{
	static const char text[] = "DEBUG|Calling Application Name:    ME\nINFO|Received Store Request\nINFO|Association Aborted\n";
	auto_free char *dir = file_temp_dir("/tmp", "test-storescp", NULL), *path = file_join(dir, STORESCP_LOG);
	struct storescp_reading r = { .stored = 0 };
	struct err e;

	CHECK_INT(storescp_read_log(&r, dir, &e), 0);		/* it died before it said anything */
	CHECK_INT(file_replace(path, text, strlen(text), &e), 0);
	CHECK_INT(storescp_read_log(&r, dir, &e), 0);
	CHECK_STR(r.calling, "ME");
	CHECK_INT(r.stored, 1);
	CHECK(r.aborted);
	CHECK_INT(file_remove_tree(dir, &e), 0);
}

static void test_command(void)
{
	struct dcmtk d = { .log_config = mem_str("/run/x/log.cfg"), .connect_s = 5, .acse_s = 6, .dimse_s = 7 };
	struct command *c = storescp_command(&d, "MY SELF", 9, "/staging/3");

	CHECK_STR(command_text(c), "(cd /staging/3 && TCP_NODELAY=1 storescp -lc /run/x/log.cfg.scp -ta 6 -td 7 "
		  "-id -pm +xa +B -dhl -aet 'MY SELF' -od /staging/3)");
	CHECK_INT(c->stdin_fd, 9);
	command_free(c);
	dcmtk_done(&d);
}

static void test_names(void)
{
	CHECK_STR(storescp_sop_of("/run/in-1.d/CT.1.2.3"), "1.2.3");
	CHECK_STR(storescp_sop_of("MR.9"), "9");
	CHECK(!storescp_sop_of("/run/in.d/CT"));
	CHECK(!storescp_sop_of("/run/CT."));
}

int main(void)
{
	test_names();
	test_transcripts();
	test_titles();
	test_log_file();
	test_command();
	return check_done();
}
