/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OUTPUT/.dicom-qr/quarantine: files that must not be mixed with the others, NAME and beside it NAME.reason (one line of JSON). */
#pragma once

#include "base/err.h"

struct quarantine_file {
	const char *path;		/* below the output; it is moved or removed */
	const char *name;		/* safe */
	const char *reason, *sender;
};

/* 0: it lies there now; 1: the same content lay there under this name already, and the file is removed; -1.  There is no moment at
 * which a file is there without its reason. */
int quarantine_put(const char *output, const struct quarantine_file *, struct err *);
