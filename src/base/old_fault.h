/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Faults that were mended, put back by name (DICOM_QR_OLD_FAULT=NAME): tests/soak/test_faults.py requires that the random fault runner finds
 * each of them.  Only a build with --enable-developer has them. */
#pragma once

#include <stdbool.h>

#ifdef WITH_OLD_FAULTS
bool old_fault(const char *name);
#else
static inline bool old_fault(const char *name)
{
	(void)name;
	return false;
}
#endif
