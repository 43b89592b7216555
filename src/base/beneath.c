/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

/* An entry: its folder, open, and its name there. */
struct entry {
	int folder;
	const char *name;
};

static int leads_out(const char *path, struct err *e)
{
	err_set(e, ERR_SYSTEM, "%s: a folder on its way is a symbolic link or leads out; links below the folder are not followed", path);
	errno = ELOOP;
	return -1;
}

/* The part of path below root; NULL when it is not below. */
static const char *below(const char *root, const char *path)
{
	size_t len = strlen(root);

	while (len && root[len - 1] == '/')
		len--;
	if (strncmp(path, root, len) || (path[len] && path[len] != '/'))
		return NULL;
	return path + len + strspn(path + len, "/");
}

static bool has_dots(const char *name)
{
	for (const char *at = name; at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL)
		if (!strncmp(at, "../", 3) || !strcmp(at, ".."))
			return true;
	return false;
}

bool beneath_is_name(const char *name)
{
	if (!name || !*name || *name == '/' || has_dots(name))
		return false;
	while (!strncmp(name, "./", 2))
		name += 2 + strspn(name + 2, "/");
	return strncmp(name, ".dicom-qr", 9) || (name[9] && name[9] != '/');
}

/* A folder in one that is open. */
static int step_into(int at, const char *name, bool make)
{
	int fd, made = 0;

	if (make && !mkdirat(at, name, file_dir_mode())) {
		fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)		/* the umask may have taken bits away; a setgid that was inherited stays */
			file_correct_dir_mode(fd);
	} else {
		made = make ? errno : 0;
		fd = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0 && errno == ENOENT && made)
		errno = made;		/* it is not there because it could not be made: no space, for example */
	if (fd < 0 && errno == ENOTDIR) {
		struct stat st;

		errno = !fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISLNK(st.st_mode) ? ELOOP : ENOTDIR;
	}
	return fd;
}

/* Part by part; the folder, or -1 and errno. */
static int walk(int root, const char *name, bool make)
{
	auto_free char *text = mem_str(name);
	char *rest = text, *part;
	int at = fcntl(root, F_DUPFD_CLOEXEC, 3);

	while (at >= 0 && (part = strsep(&rest, "/"))) {
		auto_close int left = at;

		if (!*part || !strcmp(part, ".")) {
			left = -1;
			continue;
		}
		at = step_into(left, part, make);
	}
	return at;
}

static bool lacks_openat2(void)
{
	const char *off = getenv("DICOM_QR_NO_OPENAT2");	/* for tests of what happens without */

	return off && !strcmp(off, "1");
}

static int open_folder(int root, const char *name, bool make)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	int fd;

	if (lacks_openat2())
		return walk(root, name, make);
	fd = (int)syscall(SYS_openat2, root, *name ? name : ".", &how, sizeof how);
	if (fd >= 0 || errno == ELOOP || errno == EXDEV)
		return fd;
	if (errno == ENOENT && !make)
		return -1;
	return walk(root, name, make);		/* to be made, or no such call here */
}

static int open_root(const char *root, struct err *e)
{
	int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_sys(e, "open %s", root) : fd;
}

/* The folder at path; -1, err and errno. */
static int folder_at(const char *root, const char *path, bool make, struct err *e)
{
	const char *name = below(root, path);
	auto_close int top = -1;
	int fd;

	if (!name || has_dots(name))
		return leads_out(path, e);
	top = open_root(root, e);
	if (top < 0)
		return -1;
	fd = open_folder(top, name, make);
	if (fd >= 0)
		return fd;
	return errno == ELOOP || errno == EXDEV ? leads_out(path, e) : err_sys(e, make ? "make folder %s" : "open %s", path);
}

static int entry_open(struct entry *at, const char *root, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	auto_free char *folder = slash ? mem_strn(path, (size_t)(slash - path)) : NULL;

	*at = (struct entry){ AT_FDCWD, path };
	if (!root)
		return 0;
	if (!slash || !slash[1])
		return leads_out(path, e);
	at->name = slash + 1;
	at->folder = folder_at(root, folder, false, e);
	return at->folder < 0 ? -1 : 0;
}

static void entry_close(struct entry *at)
{
	if (at->folder >= 0)
		close(at->folder);
}

int beneath_make_dirs(const char *root, const char *path, struct err *e)
{
	int fd;

	if (file_make_dirs(root, e) < 0)
		return -1;
	fd = folder_at(root, path, true, e);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

int beneath_make_parents(const char *root, const char *path, struct err *e)
{
	auto_free char *folder = mem_str(path);
	char *slash = strrchr(folder, '/');

	if (slash)
		*slash = '\0';
	return beneath_make_dirs(root, folder, e);
}

int beneath_open(const char *root, const char *path, int flags, mode_t mode, struct err *e)
{
	struct entry at;
	int fd, why;

	if (entry_open(&at, root, path, e) < 0)
		return -1;
	fd = file_open_plain_at(&(struct file_name){ at.folder, at.name, path }, flags, mode, e);
	why = errno;
	entry_close(&at);
	errno = why;
	return fd;
}

/* Both ends open; -1 with err. */
static int open_both(const struct beneath_move *m, struct entry *from, struct entry *to, struct err *e)
{
	if (entry_open(from, m->from_root, m->from, e) < 0)
		return -1;
	if (entry_open(to, m->to_root, m->to, e) == 0)
		return 0;
	entry_close(from);
	return -1;
}

static int done_or_there(int failed, const char *what, const struct beneath_move *m, struct err *e)
{
	if (!failed)
		return 0;
	return errno == EEXIST ? 1 : err_sys(e, "%s %s to %s", what, m->from, m->to);
}

int beneath_rename_new(const struct beneath_move *m, struct err *e)
{
	struct entry from, to;
	int failed;

	if (open_both(m, &from, &to, e) < 0)
		return -1;
	failed = file_rename_new_at(from.folder, from.name, to.folder, to.name);
	failed = done_or_there(failed, "rename", m, e);
	entry_close(&from);
	entry_close(&to);
	return failed;
}

int beneath_link_new(const struct beneath_move *m, struct err *e)
{
	struct entry from, to;
	int failed;

	if (open_both(m, &from, &to, e) < 0)
		return -1;
	failed = done_or_there(linkat(from.folder, from.name, to.folder, to.name, 0), "link", m, e);
	entry_close(&from);
	entry_close(&to);
	return failed;
}

int beneath_unlink(const char *root, const char *path, struct err *e)
{
	struct entry at;
	int failed;

	if (entry_open(&at, root, path, e) < 0)
		return -1;
	failed = unlinkat(at.folder, at.name, 0) < 0 ? err_sys(e, "remove %s", path) : 0;
	entry_close(&at);
	return failed;
}
