/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log configuration that makes the DCMTK tools speak to a program, and the beginning of each line that comes of it. */
#pragma once

#include "base/err.h"

/* Writes two log4cplus configurations, path for the tools that ask and path.scp for storescp: final statuses, counters,
 * comments, errors; neither keys nor values of answers (patient data), nor a line per object retrieved (storescp: one).
 * Format of a line: LEVEL|text.  storescp's goes to STORESCP_LOG in its working folder (see storescp.h). */
int logconfig_write(const char *path, struct err *);

enum severity { SEVERITY_TRACE, SEVERITY_DEBUG, SEVERITY_INFO, SEVERITY_WARN, SEVERITY_ERROR, SEVERITY_FATAL, SEVERITY_NONE };
/* The level at the beginning of a line, "LEVEL|" or "L: " (without a configuration); *text is moved behind it. */
enum severity logconfig_level(const char **text);
