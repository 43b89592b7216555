/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where log lines go.  A line is one write, so that those of several programs in one file do not mix, and holds nothing
 * that a terminal would obey.  Until log_setup nothing is written. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

enum { NOTHING = -1, LINE_MAX_BYTES = 16384 };

static const char *const level_words[] = {
	[LOG_ERROR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_INFO] = "info",
	[LOG_VERBOSE] = "verbose",
	[LOG_DEBUG] = "debug",
};

static struct {
	int level, file_level;	/* what goes where; NOTHING */
	int fd;
	void (*show)(enum log_level, const char *line);
	char *hidden;		/* a folder and its slash, or NULL */
	bool all;
	bool broken;		/* the file could not be written to, and that was said */
} sink = { NOTHING, NOTHING, -1, NULL, NULL, false, false };

int log_setup(enum log_level level, const char *file_path, struct err *e)
{
	int fd = -1;

	if (file_path) {
		fd = file_open_own(file_path, O_WRONLY | O_APPEND | O_CREAT, 0600, e);
		if (fd < 0)
			return -1;
	}
	if (sink.fd >= 0)
		close(sink.fd);
	sink.fd = fd;
	sink.broken = false;
	sink.level = (int)level;
	sink.file_level = fd < 0 ? NOTHING : level > LOG_VERBOSE ? (int)level : LOG_VERBOSE;
	return 0;
}

void log_hide_below(const char *folder)
{
	free(sink.hidden);
	sink.hidden = folder ? mem_printf("%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/") : NULL;
}

void log_show_all(bool all)
{
	sink.all = all;
}

/* What a path goes on with; names of a layout have these alone. */
static const char path_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/";

/* A path below it ends as the folder and one star, which is never longer. */
static void hide_paths(char *text)
{
	const char *found;
	char *at = text;

	while ((found = strstr(at, sink.hidden))) {
		size_t len;

		at = text + (found - text) + strlen(sink.hidden);
		len = strspn(at, path_chars);
		while (len && at[len - 1] == '.')	/* of the sentence */
			len--;
		if (!len || !strncmp(at, ".dicom-qr", 9))
			continue;
		memmove(at + 1, at + len, strlen(at + len) + 1);
		*at++ = '*';
	}
}

void log_set_hook(void (*show)(enum log_level, const char *line))
{
	sink.show = show;
}

static bool write_line(int fd, const char *head, const char *text)
{
	auto_free char *line = mem_printf("%s%s\n", head, text);
	size_t len = strlen(line);
	ssize_t put;

	errno = 0;
	while ((put = write(fd, line, len)) < 0 && errno == EINTR)
		;
	return put == (ssize_t)len;
}

static void show_line(enum log_level level, const char *text)
{
	if (sink.show)
		sink.show(level, text);
	else
		write_line(STDERR_FILENO, "", text);
}

/* A log that cannot be written is no reason to stop, nor to keep silent about it. */
static void write_to_file(enum log_level level, const char *text)
{
	char stamp[32], head[64], why[200];

	snprintf(head, sizeof head, "%s %s: ", clock_stamp(clock_wall(), stamp), level_words[level]);
	if (write_line(sink.fd, head, text) || sink.broken)
		return;
	sink.broken = true;
	snprintf(why, sizeof why, "lines are missing from the log file: %s", strerror(errno ? errno : ENOSPC));
	if (sink.level >= (int)LOG_ERROR)
		show_line(LOG_ERROR, why);
}

void log_line(enum log_level level, const char *fmt, ...)
{
	int kept = errno;
	char text[LINE_MAX_BYTES];
	va_list args;

	if ((int)level > sink.level && (int)level > sink.file_level)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	log_clean(text);
	if (sink.hidden && !sink.all)
		hide_paths(text);
	if ((int)level <= sink.file_level)
		write_to_file(level, text);
	if ((int)level <= sink.level)
		show_line(level, text);
	errno = kept;
}

char *log_clean(char *text)
{
	size_t left = strlen(text), len;
	const char *from = text;
	char *to = text;

	for (; left; from += len, left -= len) {
		size_t good = buf_utf8_len(from, left);

		len = good ? good : 1;
		if (!good || buf_is_unseen(buf_utf8_code(from, len))) {
			*to++ = '?';
			continue;
		}
		memmove(to, from, len);
		to += len;
	}
	*to = '\0';
	return text;
}
