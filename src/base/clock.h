/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Monotonic time for deadlines, wall time for records; the wall clock can be replaced (DICOM_QR_NOW in the environment:
 * seconds since 1970 or YYYY-MM-DDTHH:MM:SS local time, at which the clock starts and then runs on; or the path of a file, whose time
 * of modification it then is, whenever asked). */
#pragma once

#include <stdint.h>
#include <time.h>

int64_t clock_ms(void);			/* monotonic milliseconds */
time_t clock_wall(void);
void clock_set_wall(time_t now);	/* from here on, running */
/* "2026-11-21T01:43:08" local; the buffer is yours and holds at least 20 bytes. */
char *clock_stamp(time_t, char *buffer);
