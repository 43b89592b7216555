/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wrappers/findscu.h"

#include <stdlib.h>
#include <string.h>

/* The model must be named: findscu's default is the worklist. */
struct command *findscu_command(const struct dcmtk *d, const struct peer *p, const char *const *query_paths, size_t count,
				const char *answers_dir)
{
	struct command *c = dcmtk_command(d, "findscu");

	dcmtk_titles(c, p);
	dcmtk_model(c, p->model);
	command_args(c, "-X", "-od", answers_dir, NULL);
	dcmtk_address(c, p);
	for (size_t i = 0; i < count; i++)
		command_arg(c, query_paths[i]);
	for (size_t i = 0; i < count; i++)
		command_may_read(c, query_paths[i]);
	command_may_write(c, answers_dir);
	command_chdir(c, answers_dir);
	return c;
}

/* Four digits at least; after rsp9999.dcm comes rsp10000.dcm. */
int findscu_answer_number(const char *name)
{
	size_t digits;
	long n;

	if (strncmp(name, "rsp", 3) != 0)
		return 0;
	digits = strspn(name + 3, "0123456789");
	if (digits < 4 || digits > 9 || (digits > 4 && name[3] == '0') || strcmp(name + 3 + digits, ".dcm") != 0)
		return 0;
	n = strtol(name + 3, NULL, 10);
	return (int)n;
}
