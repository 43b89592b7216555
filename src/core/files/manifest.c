/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines are appended whole, in one write; a torn last line after a crash is passed over by the reader.  Who appends and who
 * edits (which replaces the file) hold its lock; who got the lock of a file that was replaced meanwhile opens it again. */
#include "core/files/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/files/sums.h"
#include "core/ledger/instances.h"
#include "dicom/layout.h"
#include "dicom/value.h"
#include "parse/json.h"

#define MANIFEST_BYTES_MAX BUF_MB(256)
#define SUFFIX ".jsonl"

char *manifest_path(const char *output, const char *study_uid)
{
	auto_free char *name = layout_safe_distinct(study_uid);

	return mem_printf("%s/.dicom-qr/manifest/%s" SUFFIX, output, name);
}

/* The file at path, locked; -1 and err; 1 when it or its folder is not there.  It may be another
 * user's, who works in the same archive. */
static int open_locked(const char *output, const char *path, int flags, int *ret_fd, struct err *e)
{
	for (;;) {
		int fd = beneath_open(output, path, flags, file_mode(), e);
		struct stat mine, there;

		if (fd < 0 && errno == ENOENT) {
			*e = (struct err){ ERR_NONE, "" };
			return 1;
		}
		if (fd < 0)
			return -1;
		*ret_fd = fd;
		errno = 0;
		if (flock(fd, LOCK_EX) == 0 && fstat(fd, &mine) == 0 && lstat(path, &there) == 0 && mine.st_ino == there.st_ino &&
		    mine.st_dev == there.st_dev)
			return 0;
		if (errno != EINTR && errno != ENOENT && errno)
			return err_sys(e, "lock %s", path);
		*ret_fd = -1;
		close(fd);
	}
}

static int read_manifest(const char *output, const char *path, struct buf *text, struct err *e)
{
	auto_close int fd = beneath_open(output, path, O_RDONLY, 0, e);

	return fd < 0 ? -1 : file_read_fd(fd, path, text, e);
}

static void write_line(struct buf *out, const struct ledger_instance *i)
{
	struct json *j = json_new(JSON_OBJECT);
	char stamp[20];

	json_set(j, "sopInstanceUID", json_string(i->sop));
	json_set(j, "sopClassUID", json_string(i->sop_class));
	json_set(j, "seriesInstanceUID", json_string(i->series));
	json_set(j, "studyInstanceUID", json_string(i->study));
	json_set(j, "path", json_string(i->path));
	json_set(j, "bytes", json_integer(i->bytes));
	json_set(j, "sha256", json_string(i->sha256));
	json_set(j, "transferSyntaxUID", json_string(i->transfer_syntax));
	json_set(j, "at", json_string(clock_stamp(i->at, stamp)));
	json_set(j, "from", json_string(i->node));
	json_write(out, j, false);
	buf_char(out, '\n');
	json_free(j);
}

static int append_sums(const char *output, const char *path, const struct ledger_instance *, size_t count, struct err *);

int manifest_append(const char *output, const struct ledger_instance *instances, size_t count, struct err *e)
{
	auto_free char *path = manifest_path(output, instances[0].study);
	auto_free char *folder = mem_printf("%s/.dicom-qr/manifest", output);
	auto_buf struct buf text = BUF_INIT(MANIFEST_BYTES_MAX);
	auto_close int fd = -1;
	int missing = open_locked(output, path, O_WRONLY | O_APPEND | O_CREAT, &fd, e);

	if (missing > 0) {
		if (beneath_make_dirs(output, folder, e) < 0)
			return -1;
		missing = open_locked(output, path, O_WRONLY | O_APPEND | O_CREAT, &fd, e);
	}
	if (missing)
		return missing < 0 ? -1 : err_set(e, ERR_SYSTEM, "%s: its folder was removed", path);
	for (size_t i = 0; i < count; i++)
		write_line(&text, &instances[i]);
	if (write(fd, text.data, text.len) != (ssize_t)text.len)
		return err_sys(e, "write %s", path);
	return append_sums(output, path, instances, count, e);
}

/* False when the line says nothing that could be used. */
static bool instance_of(const struct json *j, const char *output, struct ledger_instance *i)
{
	*i = (struct ledger_instance){
		.output = output,
		.path = json_text(json_get(j, "path")),
		.sop = json_text(json_get(j, "sopInstanceUID")),
		.study = json_text(json_get(j, "studyInstanceUID")),
		.series = json_text(json_get(j, "seriesInstanceUID")),
		.sop_class = json_text(json_get(j, "sopClassUID")),
		.transfer_syntax = json_text(json_get(j, "transferSyntaxUID")),
		.sha256 = json_text(json_get(j, "sha256")),
		.node = json_text(json_get(j, "from")),
		.bytes = json_int(json_get(j, "bytes"), -1),
	};
	return beneath_is_name(i->path) && i->sop && i->study && i->series;
}

static void read_line(const char *output, const char *line, size_t len, ledger_instance_fn *fn, void *owner)
{
	struct err ignored = { ERR_NONE, "" };
	struct json *j = json_parse(line, len, &ignored);
	struct ledger_instance i;

	if (instance_of(j, output, &i))
		fn(owner, &i);
	json_free(j);
}

int manifest_read(const char *output, const char *study_uid, ledger_instance_fn *fn, void *owner, struct err *e)
{
	auto_free char *path = manifest_path(output, study_uid);
	auto_buf struct buf text = BUF_INIT(MANIFEST_BYTES_MAX);
	const char *line, *end;

	if (access(path, F_OK) < 0)
		return 0;
	if (read_manifest(output, path, &text, e) < 0)
		return -1;
	for (line = buf_text(&text); (end = strchr(line, '\n')); line = end + 1)
		read_line(output, line, (size_t)(end - line), fn, owner);
	return 0;
}

/* ---- all of them ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int manifest_list(const char *output, struct manifest_names *names, struct err *e)
{
	auto_free char *folder = mem_printf("%s/.dicom-qr/manifest", output);
	DIR *dir = opendir(folder);
	struct dirent *entry;

	*names = (struct manifest_names){ NULL, 0, 0 };
	if (!dir)
		return errno == ENOENT ? 0 : err_sys(e, "open %s", folder);
	while ((entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (entry->d_name[0] == '.' || len <= strlen(SUFFIX) || strcmp(entry->d_name + len - strlen(SUFFIX), SUFFIX))
			continue;
		mem_grow(names->items, names->count, names->room);
		names->items[names->count++] = mem_strn(entry->d_name, len - strlen(SUFFIX));
	}
	closedir(dir);
	if (names->count)
		qsort(names->items, names->count, sizeof *names->items, by_name);
	return 0;
}

void manifest_names_done(struct manifest_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct manifest_names){ NULL, 0, 0 };
}

static void free_value(void *json)
{
	json_free(json);
}

/* Path -> its last line. */
static struct map *last_lines(const char *output, const struct buf *text)
{
	struct map *lines = map_new();
	const char *line, *end;

	for (line = buf_text(text); (end = strchr(line, '\n')); line = end + 1) {
		struct err ignored = { ERR_NONE, "" };
		struct json *j = json_parse(line, (size_t)(end - line), &ignored), *before;
		struct ledger_instance i;

		if (!instance_of(j, output, &i)) {
			json_free(j);
			continue;
		}
		before = map_get(lines, i.path);
		map_put(lines, i.path, j);
		json_free(before);
	}
	return lines;
}

static void lines_of_sums(const struct map *lines, struct buf *out)
{
	void *json;

	for (size_t at = 0; map_next(lines, &at, &json);)
		sums_line(out, json_text(json_get(json, "sha256")), json_text(json_get(json, "path")));
}

/* The manifest has the instances already, and we have its lock.  The files are moved after this: what a crash leaves out of here, the
 * next run adds when it takes them in. */
static int append_sums(const char *output, const char *path, const struct ledger_instance *instances, size_t count, struct err *e)
{
	auto_free char *sums = sums_path(path);
	auto_buf struct buf text = BUF_INIT(MANIFEST_BYTES_MAX), out = BUF_INIT(MANIFEST_BYTES_MAX);
	struct map *lines;

	if (sums_append(output, sums, instances, count))
		return 0;
	if (read_manifest(output, path, &text, e) < 0)
		return -1;
	lines = last_lines(output, &text);
	lines_of_sums(lines, &out);
	map_free(lines, free_value);
	return sums_replace(sums, &out, e);
}

int manifest_last(const char *output, const char *study_uid, ledger_instance_fn *fn, void *owner, struct err *e)
{
	auto_free char *path = manifest_path(output, study_uid);
	auto_buf struct buf text = BUF_INIT(MANIFEST_BYTES_MAX);
	struct map *lines;
	void *json;

	if (access(path, F_OK) < 0)
		return 0;
	if (read_manifest(output, path, &text, e) < 0)
		return -1;
	lines = last_lines(output, &text);
	for (size_t at = 0; map_next(lines, &at, &json);) {
		struct ledger_instance i;

		if (instance_of(json, output, &i) && fn(owner, &i))
			break;
	}
	map_free(lines, free_value);
	return 0;
}

static void edit_lines(const struct map *lines, const char *output, manifest_edit_fn *edit, void *owner, struct buf *out,
		       struct buf *sums)
{
	void *json;

	for (size_t at = 0; map_next(lines, &at, &json);) {
		struct ledger_instance i;
		const char *path;

		instance_of(json, output, &i);
		path = edit(owner, &i);
		if (!path)
			continue;
		if (path != i.path)
			json_set(json, "path", json_string(path));
		json_write(out, json, false);
		buf_char(out, '\n');
		sums_line(sums, i.sha256, path);
	}
}

int manifest_edit(const char *output, const char *study_uid, manifest_edit_fn *edit, void *owner, struct err *e)
{
	auto_free char *path = manifest_path(output, study_uid);
	auto_buf struct buf text = BUF_INIT(MANIFEST_BYTES_MAX);
	auto_buf struct buf out = BUF_INIT(MANIFEST_BYTES_MAX), sums = BUF_INIT(MANIFEST_BYTES_MAX);
	auto_free char *beside = sums_path(path);
	auto_close int lock = -1;
	int missing = open_locked(output, path, O_RDWR, &lock, e);
	struct map *lines;

	if (missing)
		return missing < 0 ? -1 : 0;
	if (read_manifest(output, path, &text, e) < 0)
		return -1;
	lines = last_lines(output, &text);
	edit_lines(lines, output, edit, owner, &out, &sums);
	map_free(lines, free_value);
	if (sums_replace(beside, &sums, e) < 0)		/* first: a manifest that is old is mended by the next organise or forget */
		return -1;
	if (out.len)
		return file_replace(path, out.data, out.len, e);
	return unlink(path) < 0 ? err_sys(e, "remove %s", path) : 0;
}
