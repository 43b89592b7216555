/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two clocks.  A wall clock that was set is a point on the monotonic one, so that it runs on whatever the
 * machine's own does. */
#include "base/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct {
	bool asked;		/* the environment was looked at */
	bool set;
	const char *file;	/* whose time it is */
	time_t wall;		/* what the wall clock said at ... */
	int64_t at_ms;
} replaced;

int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_set_wall(time_t now)
{
	replaced.asked = true;
	replaced.set = true;
	replaced.file = NULL;
	replaced.wall = now;
	replaced.at_ms = clock_ms();
}

static bool parse_seconds(const char *text, time_t *ret_time)
{
	char *end;
	long long seconds;

	if (!*text || text[strspn(text, "0123456789")])
		return false;
	errno = 0;
	seconds = strtoll(text, &end, 10);
	if (errno)
		return false;
	*ret_time = (time_t)seconds;
	return true;
}

static bool parse_stamp(const char *text, time_t *ret_time)
{
	struct tm tm;
	const char *end;

	memset(&tm, 0, sizeof tm);
	end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!end || *end)
		return false;
	tm.tm_isdst = -1;
	*ret_time = mktime(&tm);
	return true;
}

/* What cannot be understood is left alone: the variable is for tests, and nobody below src/cli complains. */
static void ask_environment(void)
{
	const char *text = getenv("DICOM_QR_NOW");
	time_t now;

	replaced.asked = true;
	if (text && *text == '/')
		replaced.file = text;
	else if (text && (parse_seconds(text, &now) || parse_stamp(text, &now)))
		clock_set_wall(now);
}

time_t clock_wall(void)
{
	struct stat st;

	if (!replaced.asked)
		ask_environment();
	if (replaced.file && stat(replaced.file, &st) == 0)
		return st.st_mtime;
	if (!replaced.set)
		return time(NULL);
	return replaced.wall + (time_t)((clock_ms() - replaced.at_ms) / 1000);
}

char *clock_stamp(time_t when, char *buffer)
{
	static const char unknown[] = "0000-00-00T00:00:00";
	struct tm tm;

	if (!localtime_r(&when, &tm) || !strftime(buffer, sizeof unknown, "%Y-%m-%dT%H:%M:%S", &tm))
		memcpy(buffer, unknown, sizeof unknown);
	return buffer;
}
