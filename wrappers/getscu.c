/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wrappers/getscu.h"

#include <stddef.h>

/* +B keeps memory small, but names files after the UID of the command, unsanitised up to 3.7.0: only when confined.  It writes data
 * sets as they come, so that commands are all it must understand: reading DCMTK's own dictionary would take a third of its start. */
struct command *getscu_command(const struct dcmtk *d, const struct retrieve_request *q)
{
	struct command *c = dcmtk_command(d, "getscu");

	dcmtk_titles(c, q->peer);
	dcmtk_model(c, q->peer->model);
	if (q->syntax)
		command_arg(c, q->syntax);
	if (q->bit_preserving)
		command_arg(c, "+B");
	if (q->bit_preserving)
		dcmtk_dictionary(c, d);
	command_args(c, "-od", q->into, NULL);
	dcmtk_address(c, q->peer);
	for (size_t i = 0; i < q->count; i++)
		command_arg(c, q->query_paths[i]);
	for (size_t i = 0; i < q->count; i++)
		command_may_read(c, q->query_paths[i]);
	command_chdir(c, q->into);
	return c;
}
