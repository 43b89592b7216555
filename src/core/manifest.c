/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines are appended whole, in one write; a torn last line after a crash is passed over by the reader. */
#include "core/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "dicom/layout.h"
#include "dicom/value.h"

#define MANIFEST_BYTES_MAX BUF_MB(256)

char *manifest_path(const char *output, const char *study_uid)
{
	auto_free char *name = layout_safe(study_uid);

	return mem_printf("%s/.dicom-qr/manifest/%s.jsonl", output, name);
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

int manifest_append(const char *output, const struct ledger_instance *instances, size_t count, struct err *e)
{
	auto_free char *path = manifest_path(output, instances[0].study);
	auto_free char *folder = mem_printf("%s/.dicom-qr/manifest", output);
	auto_buf struct buf text = BUF_INIT(MANIFEST_BYTES_MAX);
	auto_close int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, file_mode());

	if (fd < 0 && errno == ENOENT) {
		if (file_make_dirs(folder, e) < 0)
			return -1;
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, file_mode());
	}
	if (fd < 0)
		return err_sys(e, "open %s", path);
	for (size_t i = 0; i < count; i++)
		write_line(&text, &instances[i]);
	if (write(fd, text.data, text.len) != (ssize_t)text.len)
		return err_sys(e, "write %s", path);
	return 0;
}

static bool inside(const char *path)
{
	return path && *path && *path != '/' && !strstr(path, "..");
}

static void read_line(const char *line, size_t len, ledger_instance_fn *fn, void *owner)
{
	struct err ignored = { ERR_NONE, "" };
	struct json *j = json_parse(line, len, &ignored);
	struct ledger_instance i = {
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

	if (inside(i.path) && i.sop && i.study && i.series)
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
	if (file_read(path, &text, e) < 0)
		return -1;
	for (line = buf_text(&text); (end = strchr(line, '\n')); line = end + 1)
		read_line(line, (size_t)(end - line), fn, owner);
	return 0;
}
