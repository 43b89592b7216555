/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/old_fault.h"

#ifdef WITH_OLD_FAULTS
#include <stdlib.h>
#include <string.h>

bool old_fault(const char *name)
{
	const char *wanted = getenv("DICOM_QR_OLD_FAULT");

	return wanted && !strcmp(wanted, name);
}
#endif
