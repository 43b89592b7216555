/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wrappers/echoscu.h"

struct command *echoscu_command(const struct dcmtk *d, const struct peer *p)
{
	struct command *c = dcmtk_command(d, "echoscu");

	dcmtk_titles(c, p);
	dcmtk_address(c, p);
	return c;
}
