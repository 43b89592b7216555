/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wrappers/retriever.h"

#include "base/mem.h"
#include "tests/unit/check.h"

int main(void)
{
	struct dcmtk d = { .connect_s = 5, .acse_s = 6, .dimse_s = 7 };
	struct peer peer = { .host = "pacs", .port = 104, .called = "ARCHIVE", .calling = "ME" };
	const char *const queries[] = { "/q/1.dcm", "/q/2.dcm" };
	struct retrieve_request q = { .peer = &peer, .query_paths = queries, .count = 1, .into = "/staging/7" };
	struct command *c = retriever_getscu.command(&d, &q);

	CHECK_STR(command_text(c), "(cd /staging/7 && TCP_NODELAY=1 getscu -v -to 5 -ta 6 -td 7 -aet ME -aec ARCHIVE -S "
		  "-od /staging/7 pacs 104 /q/1.dcm)");
	command_free(c);

	q.bit_preserving = true;
	q.syntax = "+xv";
	q.count = 2;
	c = retriever_getscu.command(&d, &q);
	CHECK_STR(command_text(c), "(cd /staging/7 && TCP_NODELAY=1 getscu -v -to 5 -ta 6 -td 7 -aet ME -aec ARCHIVE -S "
		  "+xv +B -od /staging/7 pacs 104 /q/1.dcm /q/2.dcm)");
	command_free(c);

	c = retriever_movescu.command(&d, &q);			/* syntax and storage are the receiver's */
	CHECK_STR(command_text(c), "(cd /staging/7 && TCP_NODELAY=1 movescu -v -to 5 -ta 6 -td 7 -aet ME -aec ARCHIVE -S "
		  "-aem ME pacs 104 /q/1.dcm /q/2.dcm)");
	command_free(c);

	q.destination = "STATION";
	c = retriever_movescu.command(&d, &q);
	CHECK_HAS(command_text(c), " -aem STATION ");
	command_free(c);

	CHECK_STR(retriever_getscu.name, "C-GET");
	CHECK_STR(retriever_movescu.tool, "movescu");
	CHECK_INT(retriever_movescu.service, SERVICE_MOVE);
	CHECK(getscu_syntaxes[0] == NULL);
	CHECK(getscu_syntaxes_count > 1 && getscu_syntaxes[getscu_syntaxes_count] == NULL);
	for (unsigned long i = 1; i < getscu_syntaxes_count; i++)
		CHECK(getscu_syntaxes[i] && strncmp(getscu_syntaxes[i], "+x", 2) == 0);
	return check_done();
}
