/* SPDX-License-Identifier: GPL-3.0-or-later */
/* movescu: C-MOVE to a destination that is received elsewhere (by our own storescp, or by somebody else's). */
#pragma once

#include "wrappers/retriever.h"

struct command *movescu_command(const struct dcmtk *, const struct retrieve_request *);
