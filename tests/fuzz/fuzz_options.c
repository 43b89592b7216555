/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a file of options. */
#include "parse/opt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct values {
	bool flag;
	const char *text;
	long long number;
	struct opt_list list;
};

#define AT(member) offsetof(struct values, member)
static const struct opt table[] = {
	OPTIONS("options", "", "FILE", "A", "Options."),
	FLAG("flag", "f", AT(flag), "A", "Flag."),
	STRING("text", "ct", "TEXT", AT(text), "A", "Text."),
	INTEGER("number", "n", "N", AT(number), -5, 70000, "A", "Number."),
	LIST("list", "l", "ITEM", AT(list), "A", "List."),
	OPT_END
};
static const struct opt *const tables[] = { table, NULL };
static const struct opt_command command = { "fuzz", NULL, NULL, NULL, NULL, tables };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_close int fd = memfd_create("options", MFD_CLOEXEC);
	char path[40], program[] = "fuzz", option[] = "--options", *argv[] = { program, option, path, NULL };
	struct values v = { .number = 0 };
	struct err e = { ERR_NONE, "" };
	const char **rest = NULL;
	size_t count = 0;
	int failed;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || fchmod(fd, 0600) < 0)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	failed = opt_parse(&command, 3, argv, &v, &rest, &count, &e);
	if ((failed != 0) != (e.kind == ERR_USAGE) || v.number < -5 || v.number > 70000)
		abort();
	for (size_t i = 0; !failed && i < count; i++)
		if (!*rest[i] || strchr(rest[i], '\n'))
			abort();
	opt_list_done(&v.list);
	free(rest);
	return 0;
}
