/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reason is written first.  A lock on the folder keeps two runs from giving one name to two files. */
#include "core/intake/quarantine.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/beneath.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "core/intake/hashing.h"
#include "parse/json.h"

static char *reason_line(const char *reason, const char *sender)
{
	struct json *j = json_new(JSON_OBJECT);
	struct buf line = BUF_INIT(BUF_MB(1));
	char stamp[20];

	json_set(j, "reason", json_string(reason));
	json_set(j, "from", json_string(sender));
	json_set(j, "at", json_string(clock_stamp(clock_wall(), stamp)));
	json_write(&line, j, false);
	buf_char(&line, '\n');
	json_free(j);
	return buf_take(&line);
}

static int lock_folder(const char *folder, struct err *e)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		err_sys(e, "lock %s", folder);
	return fd;
}

/* As quarantine_put, and 2: another file has this name. */
static int put_as(const char *output, const struct quarantine_file *f, const char *to, struct err *e)
{
	auto_free char *line = reason_line(f->reason, f->sender), *beside = mem_printf("%s.reason", to);
	struct stat st;
	int there;

	if (lstat(to, &st) == 0) {
		if (!S_ISREG(st.st_mode) || !hashing_same_dataset(f->path, to))
			return 2;
		return beneath_unlink(output, f->path, e) < 0 ? -1 : 1;
	}
	if (file_replace(beside, line, strlen(line), e) < 0)
		return -1;
	there = beneath_rename_new(&(struct beneath_move){ output, f->path, output, to }, e);
	return there > 0 ? 2 : there;
}

int quarantine_put(const char *output, const struct quarantine_file *f, struct err *e)
{
	auto_free char *folder = file_join(output, ".dicom-qr/quarantine");
	auto_close int lock = -1;
	int state = 2;

	if (beneath_make_dirs(output, folder, e) < 0 || (lock = lock_folder(folder, e)) < 0)
		return -1;
	for (int serial = 0; state == 2; serial++) {
		auto_free char *to = serial ? mem_printf("%s/%s-%d", folder, f->name, serial) : file_join(folder, f->name);

		state = put_as(output, f, to, e);
	}
	return state;
}
