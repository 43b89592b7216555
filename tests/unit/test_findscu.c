/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wrappers/findscu.h"

#include "base/mem.h"
#include "tests/unit/check.h"

static void test_numbers(void)
{
	static const struct {
		const char *name;
		int number;
	} names[] = {
		{ "rsp0001.dcm", 1 }, { "rsp0012.dcm", 12 }, { "rsp9999.dcm", 9999 }, { "rsp10000.dcm", 10000 },
		{ "rsp0000.dcm", 0 }, { "rsp001.dcm", 0 }, { "rsp00001.dcm", 0 }, { "rsp0001.dcm.tmp", 0 }, { "rsp0001", 0 },
		{ "rsp9999999999.dcm", 0 }, { "xrsp0001.dcm", 0 }, { "rsp-001.dcm", 0 }, { "", 0 },
	};

	for (size_t i = 0; i < countof(names); i++) {
		CHECK_CASE(names[i].name);
		CHECK_INT(findscu_answer_number(names[i].name), names[i].number);
	}
	CHECK_CASE("");
}

int main(void)
{
	struct dcmtk d = { .connect_s = 5, .acse_s = 6, .dimse_s = 7 };
	struct peer peer = { .host = "pacs", .port = 104, .called = "AN ARCHIVE", .calling = "ME", .model = MODEL_PATIENT };
	const char *const queries[] = { "/q/1.dcm", "/q/it's.dcm" };
	struct command *c = findscu_command(&d, &peer, queries, countof(queries), "/dev/shm/answers");

	CHECK_STR(command_text(c), "(cd /dev/shm/answers && TCP_NODELAY=1 findscu -v -to 5 -ta 6 -td 7 -aet ME "
		  "-aec 'AN ARCHIVE' -P -X -od /dev/shm/answers pacs 104 /q/1.dcm '/q/it'\\''s.dcm')");
	CHECK_STR(c->dir, "/dev/shm/answers");
	command_free(c);
	test_numbers();
	return check_done();
}
