/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wrappers/retriever.h"

#include <stddef.h>

#include "base/mem.h"
#include "wrappers/getscu.h"
#include "wrappers/movescu.h"

const struct retriever retriever_getscu = { "C-GET", "getscu", SERVICE_GET, getscu_command };
const struct retriever retriever_movescu = { "C-MOVE", "movescu", SERVICE_MOVE, movescu_command };

/* One compressed syntax can be put in front of the three uncompressed ones, for all objects of the association; hence in
 * the order in which archives use them, lossless first: JPEG, JPEG 2000, JPEG-LS, RLE; lossy JPEG of 8 and of 12 bits,
 * JPEG 2000, JPEG-LS; video: MPEG-4, MPEG-2, HEVC. */
const char *const getscu_syntaxes[] = {
	NULL, "+xs", "+xv", "+xt", "+xr", "+xy", "+xx", "+xw", "+xu", "+xn", "+xm", "+x4", NULL
};
const unsigned long getscu_syntaxes_count = countof(getscu_syntaxes) - 1;
