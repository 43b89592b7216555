/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One key against one stored value, by PS3.4 C.2.2.2: single value, UID list, wildcards, date and time ranges.
 * Date and time are matched apart from each other.  No I/O. */

#ifndef BADPACS_MATCH_H
#define BADPACS_MATCH_H

#include <string>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

struct match_text {
	std::string value, charset;		/* Specific Character Set, "" = ASCII */
};

/* An empty key matches everything.  A value that is absent is empty, and matches no key that is not. */
bool match_value(DcmEVR vr, const match_text &key, const match_text &stored, bool names_case_sensitive);

bool match_is_list(DcmEVR vr, const std::string &key);
bool match_glob(const char *pattern, const char *text);

#endif
