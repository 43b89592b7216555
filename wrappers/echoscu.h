/* SPDX-License-Identifier: GPL-3.0-or-later */
/* echoscu: C-ECHO.  Success is the line that says so, not the exit status. */
#pragma once

#include "wrappers/dcmtk.h"

struct command *echoscu_command(const struct dcmtk *, const struct peer *);
