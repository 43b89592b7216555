/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A staging folder belongs to the process that holds its lock; the lock goes with the process, however it dies. */
#include "core/intake/staging.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/file.h"
#include "base/mem.h"

#define RUN_PREFIX "run"
#define LOCK_NAME "lock"
#define LABEL_NAME ".job"

static int lock_folder(const char *folder)
{
	auto_free char *path = file_join(folder, LOCK_NAME);
	struct err ignored = { ERR_NONE, "" };
	int fd = file_open_own(path, O_RDWR | O_CREAT, 0600, &ignored);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

int staging_open(struct staging *s, const char *output, struct err *e)
{
	memset(s, 0, sizeof *s);
	s->lock_fd = -1;
	s->output = mem_str(output);
	s->house = file_join(output, ".dicom-qr");
	if (beneath_make_dirs(s->output, s->house, e) < 0)
		return err_in(e, "output folder");
	s->folder = file_temp_dir(s->house, RUN_PREFIX, e);
	if (!s->folder)
		return err_in(e, "output folder");
	s->lock_fd = lock_folder(s->folder);
	if (s->lock_fd < 0)
		return err_sys(e, "lock %s", s->folder);
	return 0;
}

void staging_close(struct staging *s)
{
	struct err ignored = { ERR_NONE, "" };

	if (s->folder && !s->keep)
		file_remove_tree(s->folder, &ignored);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	if (s->house)
		rmdir(s->house);		/* only when nothing else is kept there */
	free(s->folder);
	free(s->house);
	free(s->output);
	memset(s, 0, sizeof *s);
	s->lock_fd = -1;
}

int staging_label(struct staging *s, int64_t job, struct err *e)
{
	auto_free char *path = file_join(s->folder, LABEL_NAME);
	char text[24];
	int len = snprintf(text, sizeof text, "%lld\n", (long long)job);

	return file_replace(path, text, (size_t)len, e);
}

static int64_t read_label(const char *folder)
{
	auto_free char *path = file_join(folder, LABEL_NAME);
	auto_buf struct buf text = BUF_INIT(100);
	struct err ignored = { ERR_NONE, "" };

	if (access(path, F_OK) < 0 || file_read_plain(path, &text, &ignored) < 0)
		return 0;
	return strtoll(buf_text(&text), NULL, 10);
}

char *staging_folder(struct staging *s, const char *prefix, struct err *e)
{
	auto_free char *name = mem_printf("%s-%u", prefix, ++s->serial);
	char *path = file_join(s->folder, name);

	if (file_make_dirs(path, e) < 0) {
		free(path);
		return NULL;
	}
	return path;
}

char *staging_file(struct staging *s)
{
	return mem_printf("%s/%08u", s->folder, ++s->serial);
}

typedef void file_fn(void *owner, const char *path);

/* Two levels: files of the run itself and those in the folders of its children. */
static void each_file(const char *folder, int depth, file_fn *file, void *owner)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		auto_free char *path = NULL;
		struct stat st;

		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, LOCK_NAME))
			continue;
		path = file_join(folder, entry->d_name);
		if (lstat(path, &st) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			file(owner, path);
		else if (S_ISDIR(st.st_mode) && depth > 0)
			each_file(path, depth - 1, file, owner);
	}
	if (dir)
		closedir(dir);
}

typedef void run_folder_fn(void *owner, const char *path, int lock);

/* The folders of other runs; lock: its descriptor, which each closes, or -1 when that run is alive. */
static int each_other_run(const struct staging *s, run_folder_fn *each, void *owner, struct err *e)
{
	DIR *dir = opendir(s->house);
	struct dirent *entry;

	if (!dir)
		return err_sys(e, "open %s", s->house);
	while ((entry = readdir(dir))) {
		auto_free char *path = file_join(s->house, entry->d_name);

		if (!strncmp(entry->d_name, RUN_PREFIX "-", strlen(RUN_PREFIX) + 1) && strcmp(path, s->folder))
			each(owner, path, lock_folder(path));
	}
	closedir(dir);
	return 0;
}

struct leftovers {
	const struct staging_finder *finder;
	void *owner;
	struct err *e;
};

static void take_leftovers(void *owner, const char *path, int lock)
{
	const struct leftovers *l = owner;

	if (lock < 0)
		return;
	l->finder->folder(l->owner, read_label(path));
	each_file(path, 1, l->finder->file, l->owner);
	file_remove_tree(path, l->e);
	close(lock);
}

int staging_leftovers(struct staging *s, const struct staging_finder *finder, void *owner, struct err *e)
{
	struct leftovers l = { finder, owner, e };

	return each_other_run(s, take_leftovers, &l, e);
}

struct others {
	void (*other)(void *owner, int64_t job);
	void *owner;
};

static void tell_other(void *owner, const char *path, int lock)
{
	const struct others *o = owner;

	if (lock < 0)
		o->other(o->owner, read_label(path));
	else
		close(lock);
}

int staging_others(const struct staging *s, void (*other)(void *owner, int64_t job), void *owner, struct err *e)
{
	struct others o = { other, owner };

	return each_other_run(s, tell_other, &o, e);
}

bool staging_in_use(const char *house)
{
	DIR *dir = opendir(house);
	struct dirent *entry;
	struct err ignored = { ERR_NONE, "" };
	bool used = false;

	while (dir && !used && (entry = readdir(dir))) {
		auto_free char *path = NULL, *lock = NULL;
		int fd;

		if (strncmp(entry->d_name, RUN_PREFIX "-", strlen(RUN_PREFIX) + 1))
			continue;
		path = file_join(house, entry->d_name);
		lock = file_join(path, LOCK_NAME);
		fd = file_open_plain(lock, O_RDWR, 0, &ignored);
		used = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;
		if (fd >= 0)
			close(fd);
	}
	if (dir)
		closedir(dir);
	return used;
}
