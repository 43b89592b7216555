/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes, cut at each NUL into words, as a command line. */
#include "parse/opt.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct values {
	bool flag;
	const char *text, *word;
	long long number, seconds, bytes;
	struct opt_list list;
};

#define AT(member) offsetof(struct values, member)
static const struct opt table[] = {
	{ "flag", "f", NULL, OPT_FLAG, AT(flag), 0, 0, NULL, "A", "Flag." },
	{ "text", "ct", "TEXT", OPT_STRING, AT(text), 0, 0, NULL, "A", "Text." },
	{ "word", "", "WORD", OPT_CHOICE, AT(word), 0, 0, "one|two", "B", "Word." },
	{ "number", "n", "N", OPT_INTEGER, AT(number), -5, 70000, NULL, "A", "Number." },
	{ "seconds", "s", "N", OPT_SECONDS, AT(seconds), 0, 0, NULL, "B", "Seconds." },
	{ "bytes", "b", "N", OPT_BYTES, AT(bytes), 1, 0, NULL, "B", "Bytes." },
	{ "list", "l", "ITEM", OPT_LIST, AT(list), 0, 0, NULL, NULL, "List." },
	{ NULL, "", NULL, OPT_FLAG, 0, 0, 0, NULL, NULL, NULL },
};
static const struct opt *const tables[] = { table, NULL };
static const struct opt_command command = { "fuzz", NULL, NULL, NULL, NULL, tables };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = mem_strn((const char *)data, size);
	char *argv[64] = { text };
	struct values v = { 0 };
	struct err e = { ERR_NONE, "" };
	const char **rest = NULL;
	size_t count = 0;
	int argc = 1, failed;

	for (char *at = text; at <= text + size && argc < 64; at += strlen(at) + 1)
		argv[argc++] = at;
	failed = opt_parse(&command, argc, argv, &v, &rest, &count, &e);
	if ((failed != 0) != (e.kind == ERR_USAGE) || count >= 64 || v.number < -5 || v.number > 70000)
		abort();
	opt_list_done(&v.list);
	free(rest);
	return 0;
}
