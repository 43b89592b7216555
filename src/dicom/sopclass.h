/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Storage SOP classes and transfer syntaxes: names, DCMTK's file name prefix, and whether getscu can carry them. */
#pragma once

#include <stdbool.h>

/* "CT", "MR", "SC", "KO" ... as DCMTK names files; "UN" for what it does not know. */
const char *sopclass_prefix(const char *uid);
/* "CTImageStorage", or the UID itself. */
const char *sopclass_name(const char *uid);
/* Among the 120 classes that getscu proposes (the same in 3.6.5 to 3.7.0). */
bool sopclass_in_getscu(const char *uid);
/* "JPEG 2000 lossless", or the UID itself. */
const char *transfer_syntax_name(const char *uid);
bool transfer_syntax_is_compressed(const char *uid);	/* encapsulated or deflated */
