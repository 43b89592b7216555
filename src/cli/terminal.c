/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_MIN = 20, COLUMNS_MAX = 10000 };

bool terminal_obeys(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

bool terminal_has_colour(int fd)
{
	const char *no = getenv("NO_COLOR");

	return terminal_obeys(fd) && !(no && *no);
}

size_t terminal_columns(int fd, size_t otherwise)
{
	const char *given = getenv("COLUMNS");
	size_t columns = given ? strtoul(given, NULL, 10) : 0;
	struct winsize size;

	if (!columns || columns > COLUMNS_MAX) {
		columns = otherwise;
		if (fd >= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col)
			columns = size.ws_col;
	}
	return columns < COLUMNS_MIN ? COLUMNS_MIN : columns;
}
