/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who can change a file besides its user and root. */
#include "base/ownership.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "check.h"

enum { ME = 1000, EVE = 1001 };

static const struct { uid_t owner; mode_t mode; bool own_group; const char *words; } cases[] = {
	{ ME, 0600, false, NULL }, { ME, 0644, false, NULL }, { 0, 0644, false, NULL }, { ME, 0664, true, NULL }, { 0, 0664, true, NULL },
	{ ME, 0664, false, "its group can write to it (mode 664)" }, { 0, 0664, false, "its group can write to it (mode 664)" },
	{ ME, 0666, true, "everybody can write to it (mode 666)" }, { ME, 0602, false, "everybody can write to it (mode 602)" },
	{ EVE, 0600, true, "it belongs to user 1001" }, { EVE, 0666, true, "it belongs to user 1001" },
};

static void test_words(void)
{
	for (size_t i = 0; i < countof(cases); i++) {
		struct stat st = { .st_uid = cases[i].owner, .st_mode = S_IFREG | cases[i].mode };
		char text[100];

		CHECK_CASE(cases[i].words ? cases[i].words : "nobody");
		CHECK_STR(ownership_words(&st, ME, cases[i].own_group, text), cases[i].words);
	}
	CHECK_CASE("");
}

static void test_check(void)
{
	char path[] = "/tmp/test_ownership.XXXXXX";
	struct err e = { ERR_NONE, "" };
	auto_close int fd = mkstemp(path);

	CHECK_INT(ownership_check(fd, "the file", &e), 0);
	CHECK_INT(fchmod(fd, 0666), 0);
	CHECK_INT(ownership_check(fd, "the file", &e), geteuid() ? 0 : -1);
	if (!geteuid()) {
		CHECK_INT(e.kind, ERR_INPUT);
		CHECK_STR(e.text, "the file is not read by root, because others can change it: everybody can write to it (mode 666)");
	}
	unlink(path);
}

int main(void)
{
	test_words();
	test_check();
	return check_done();
}
