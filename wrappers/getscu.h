/* SPDX-License-Identifier: GPL-3.0-or-later */
/* getscu: C-GET into a folder. */
#pragma once

#include "wrappers/retriever.h"

struct command *getscu_command(const struct dcmtk *, const struct retrieve_request *);
