/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line of a name with a line end or a backslash begins with a backslash, as sha256sum writes it. */
#include "core/files/sums.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"

#define SUMS_BYTES_MAX BUF_MB(256)
#define SUFFIX ".SHA256SUMS"
#define DIGITS 64

char *sums_path(const char *manifest_path)
{
	const char *dot = strrchr(manifest_path, '.');

	return mem_printf("%.*s" SUFFIX, (int)(dot - manifest_path), manifest_path);
}

void sums_line(struct buf *text, const char *sha256, const char *path)
{
	if (!sha256 || strlen(sha256) != DIGITS)
		return;
	buf_printf(text, "%s%s  ", strpbrk(path, "\\\n\r") ? "\\" : "", sha256);
	for (; *path; path++) {
		if (*path == '\n')
			buf_str(text, "\\n");
		else if (*path == '\r')
			buf_str(text, "\\r");
		else if (*path == '\\')
			buf_str(text, "\\\\");
		else
			buf_char(text, *path);
	}
	buf_char(text, '\n');
}

/* The names as they are written, each with what is before it cut off. */
static struct map *names_in(const char *text)
{
	struct map *names = map_new();
	const char *end;

	for (; (end = strchr(text, '\n')); text = end + 1) {
		const char *at = text + (*text == '\\');
		auto_free char *name = end - at > DIGITS + 2 ? mem_strn(at + DIGITS + 2, (size_t)(end - at - DIGITS - 2)) : NULL;

		if (name)
			map_put(names, name, NULL);
	}
	return names;
}

static bool has_any(const struct map *names, const char *text)
{
	struct map *added = names_in(text);
	const char *name;
	bool found = false;

	for (size_t at = 0; !found && (name = map_next(added, &at, NULL));)
		found = map_has(names, name);
	map_free(added, NULL);
	return found;
}

bool sums_append(const char *output, const char *path, const struct ledger_instance *all, size_t count)
{
	auto_buf struct buf text = BUF_INIT(SUMS_BYTES_MAX);
	auto_buf struct buf old = BUF_INIT(SUMS_BYTES_MAX);
	struct err ignored = { ERR_NONE, "" };
	auto_close int fd = beneath_open(output, path, O_RDWR | O_APPEND, 0, &ignored);
	struct map *names;
	bool fits;

	if (fd < 0 || file_read_fd(fd, path, &old, &ignored) < 0 || (old.len && old.data[old.len - 1] != '\n'))
		return false;
	for (size_t i = 0; i < count; i++)
		sums_line(&text, all[i].sha256, all[i].path);
	names = names_in(buf_text(&old));
	fits = !text.over && !has_any(names, buf_text(&text));
	map_free(names, NULL);
	return fits && write(fd, text.data, text.len) == (ssize_t)text.len;
}

int sums_replace(const char *path, const struct buf *text, struct err *e)
{
	if (text->len)
		return file_replace(path, text->data, text->len, e);
	return unlink(path) < 0 && errno != ENOENT ? err_sys(e, "remove %s", path) : 0;
}
