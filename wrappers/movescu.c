/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wrappers/movescu.h"

#include <stddef.h>

/* Without a port of its own movescu receives nothing, and refuses -od (error: --output-directory only with --port); it
 * still starts in the folder, because it deletes relative to the current one in releases up to 3.6.8. */
struct command *movescu_command(const struct dcmtk *d, const struct retrieve_request *q)
{
	struct command *c = dcmtk_command(d, "movescu");

	dcmtk_titles(c, q->peer);
	dcmtk_model(c, q->peer->model);
	command_args(c, "-aem", q->destination ? q->destination : q->peer->calling, NULL);
	dcmtk_address(c, q->peer);
	for (size_t i = 0; i < q->count; i++)
		command_arg(c, q->query_paths[i]);
	for (size_t i = 0; i < q->count; i++)
		command_may_read(c, q->query_paths[i]);
	command_chdir(c, q->into);
	return c;
}
