/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files, whole.  What is replaced is complete and on the disk before it gets its name; what is created is the owner's
 * alone unless file_set_umask said otherwise, whatever the umask of the process. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"

static mode_t umask_given = 0077;

void file_set_umask(mode_t mask)
{
	umask_given = mask & 0777;
	umask(umask_given);		/* for what the tools create */
}

mode_t file_mode(void)
{
	return 0666 & ~umask_given;
}

mode_t file_dir_mode(void)
{
	return 0777 & ~umask_given;
}

int file_read_fd(int fd, const char *shown, struct buf *b, struct err *e)
{
	char piece[1 << 16];

	for (;;) {
		ssize_t got = read(fd, piece, sizeof piece);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "read %s", shown);
		if (!got)
			return 0;
		buf_add(b, piece, (size_t)got);
		if (b->over)
			return err_set(e, ERR_INPUT, "%s: larger than %zu bytes", shown, b->ceiling);
	}
}

int file_read(const char *path, struct buf *b, struct err *e)
{
	auto_close int fd = -1;

	if (!strcmp(path, "-"))
		return file_read_fd(STDIN_FILENO, "standard input", b, e);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open %s", path);
	return file_read_fd(fd, path, b, e);
}

/* The user's name or number. */
static const char *owner_name(uid_t uid, char text[static 40])
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		snprintf(text, 40, "%.39s", user->pw_name);
	else
		snprintf(text, 40, "user %lu", (unsigned long)uid);
	return text;
}

/* What stands at path instead of a plain file of ours; NULL when nothing is wrong with it. */
static const char *misfit(const struct stat *st, bool own)
{
	if (S_ISLNK(st->st_mode))
		return "is a symbolic link";
	if (S_ISCHR(st->st_mode))	/* /dev/null for a log: only root can make one */
		return NULL;
	if (!S_ISREG(st->st_mode))
		return "is no plain file";
	if (st->st_nlink > 1)
		return "has a second name (a hard link)";
	return own && st->st_uid != geteuid() ? "is not ours" : NULL;
}

static int refuse(const char *path, const struct stat *st, const char *what, struct err *e)
{
	char owner[40];

	return err_set(e, ERR_SYSTEM, "%s %s; it belongs to %s, and is not touched", path, what, owner_name(st->st_uid, owner));
}

/* open() failed: a link, a FIFO and a foreign file are said as such, anything else in the system's words. */
static int refuse_unopened(const struct file_name *at, bool own, struct err *e)
{
	const char *path = at->shown;
	int why = errno;
	const char *what = NULL;
	struct stat st;

	if ((why == ELOOP || why == ENXIO || why == EACCES) && !fstatat(at->folder, at->name, &st, AT_SYMLINK_NOFOLLOW))
		what = misfit(&st, own);
	errno = why;
	if (what)
		refuse(path, &st, what, e);
	else
		err_sys(e, "open %s", path);
	errno = why;
	return -1;
}

static int open_checked(struct file_name at, int flags, mode_t mode, bool own, struct err *e)
{
	const char *path = at.shown;
	auto_close int fd = openat(at.folder, at.name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);
	const char *what;
	struct stat st;
	int held;

	if (fd < 0)
		return refuse_unopened(&at, own, e);
	if (fstat(fd, &st) < 0)
		return err_sys(e, "open %s", path);
	what = misfit(&st, own);
	if (what) {
		refuse(path, &st, what, e);
		errno = EPERM;
		return -1;
	}
	held = fd;
	fd = -1;
	return held;
}

int file_open_plain(const char *path, int flags, mode_t mode, struct err *e)
{
	return open_checked((struct file_name){ AT_FDCWD, path, path }, flags, mode, false, e);
}

int file_open_plain_at(const struct file_name *at, int flags, mode_t mode, struct err *e)
{
	return open_checked(*at, flags, mode, false, e);
}

int file_open_own(const char *path, int flags, mode_t mode, struct err *e)
{
	return open_checked((struct file_name){ AT_FDCWD, path, path }, flags, mode, true, e);
}

int file_read_plain(const char *path, struct buf *b, struct err *e)
{
	auto_close int fd = file_open_plain(path, O_RDONLY, 0, e);

	return fd < 0 ? -1 : file_read_fd(fd, path, b, e);
}

/* The folder a path lies in, yours. */
static char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mem_str(".");
	return slash == path ? mem_str("/") : mem_strn(path, (size_t)(slash - path));
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t put = write(fd, bytes, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		bytes += put;
		len -= (size_t)put;
	}
	return 0;
}

/* close() is asked too: on NFS it is the one that reports a full disk. */
static int fill_and_close(int fd, const void *bytes, size_t len, mode_t mode)
{
	int failed = fchmod(fd, mode) < 0 || write_all(fd, bytes, len) < 0 || fsync(fd) < 0;
	int why = errno;

	if (close(fd) < 0 && !failed)
		return -1;
	errno = why;
	return failed ? -1 : 0;
}

int file_replace(const char *path, const void *bytes, size_t len, struct err *e)
{
	return file_replace_mode(path, bytes, len, file_mode(), e);
}

int file_replace_mode(const char *path, const void *bytes, size_t len, mode_t mode, struct err *e)
{
	auto_free char *dir = dir_of(path);
	const char *slash = strrchr(path, '/');
	/* Cut, so that a name of NAME_MAX bytes leaves room for what is put around it. */
	auto_free char *name = mem_printf(".%.200s.XXXXXX", slash ? slash + 1 : path);
	auto_free char *temp = file_join(dir, name);
	int fd = mkostemp(temp, O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "create %s", temp);
	if (fill_and_close(fd, bytes, len, mode) < 0 || rename(temp, path) < 0) {
		err_sys(e, "write %s", path);
		unlink(temp);
		return -1;
	}
	return file_sync_dir(dir, e);
}

/* ".NAME.XXXXXX", as file_replace_mode makes it. */
static bool is_temp_of(const char *entry, const char *start)
{
	const size_t len = strlen(start);

	return !strncmp(entry, start, len) && strlen(entry) == len + 6 && !strpbrk(entry + len, "./~");
}

void file_sweep_temps(const char *path)
{
	auto_free char *dir = dir_of(path);
	const char *slash = strrchr(path, '/');
	auto_free char *start = mem_printf(".%.200s.", slash ? slash + 1 : path);
	DIR *d = opendir(dir);
	struct dirent *entry;
	struct stat st;

	while (d && (entry = readdir(d)))
		if (is_temp_of(entry->d_name, start) && fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_uid == geteuid())
			unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
}

int file_sync_dir(const char *path, struct err *e)
{
	auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* EINVAL: a file system (FUSE, some network ones) that has no way to flush a folder and no need of it. */
	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL && errno != EOPNOTSUPP))
		return err_sys(e, "flush folder %s", path);
	return 0;
}

bool file_is_dir(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* The umask may have taken bits away; bits above 0777 are kept, for a folder inherits its setgid from a shared one. */
static int correct_dir_mode(const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : file_correct_dir_mode(fd);
}

int file_correct_dir_mode(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if ((st.st_mode & 0777) == file_dir_mode())
		return 0;
	return fchmod(fd, (st.st_mode & 07000) | file_dir_mode());
}

/* Asks before it makes: on a read-only or automounted parent mkdir has other answers than EEXIST. */
static int make_dir(const char *path, struct err *e)
{
	if (file_is_dir(path))
		return 0;
	if (!mkdir(path, file_dir_mode()))
		return correct_dir_mode(path) < 0 ? err_sys(e, "set the mode of %s", path) : 0;
	if (errno != EEXIST)
		return err_sys(e, "make folder %s", path);
	if (file_is_dir(path))		/* someone else was faster */
		return 0;
	return err_set(e, ERR_SYSTEM, "make folder %s: it is there and no folder", path);
}

int file_make_dirs(const char *path, struct err *e)
{
	auto_free char *partial = mem_str(path);

	if (file_is_dir(path))		/* as a rule, and asked for each file */
		return 0;
	for (char *at = partial + 1; *partial && *at; at++) {
		if (*at != '/' || at[-1] == '/')
			continue;
		*at = '\0';
		if (make_dir(partial, e) < 0)
			return -1;
		*at = '/';
	}
	return make_dir(path, e);
}

char *file_temp_dir(const char *parent, const char *prefix, struct err *e)
{
	auto_free char *name = mem_printf("%s-XXXXXX", prefix);
	char *path = file_join(parent, name);

	if (mkdtemp(path))
		return path;
	err_sys(e, "make folder %s", path);
	free(path);
	return NULL;
}

static int remove_entry(int parent, const char *name);

static int remove_entries(int fd)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *entry;
	int failed = 0, why = 0;

	if (!dir) {
		close(fd);
		return -1;
	}
	while (errno = 0, (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (remove_entry(dirfd(dir), entry->d_name) < 0) {
			failed = -1;
			why = errno;
		}
	}
	closedir(dir);
	errno = why;
	return failed;
}

/* Each step is relative to an open folder and none follows a link, so nobody can divert it by swapping a folder for
 * one.  Goes on past what cannot be removed; the last reason is in errno. */
static int remove_entry(int parent, const char *name)
{
	int fd;

	if (!unlinkat(parent, name, 0) || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return -1;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (remove_entries(fd) < 0)
		return -1;
	return !unlinkat(parent, name, AT_REMOVEDIR) || errno == ENOENT ? 0 : -1;
}

int file_remove_tree(const char *path, struct err *e)
{
	return remove_entry(AT_FDCWD, path) < 0 ? err_sys(e, "remove %s", path) : 0;
}

/* For file systems without RENAME_NOREPLACE: link() never replaces either. */
static int rename_by_link(int from_at, const char *from, int to_at, const char *to)
{
	if (linkat(from_at, from, to_at, to, 0) < 0)
		return -1;
	return unlinkat(from_at, from, 0);
}

int file_rename_new_at(int from_at, const char *from, int to_at, const char *to)
{
	int failed = renameat2(from_at, from, to_at, to, RENAME_NOREPLACE);

	if (failed < 0 && (errno == EINVAL || errno == ENOSYS))
		failed = rename_by_link(from_at, from, to_at, to);
	return failed;
}

int file_rename_new(const char *from, const char *to, struct err *e)
{
	if (!file_rename_new_at(AT_FDCWD, from, AT_FDCWD, to))
		return 0;
	return errno == EEXIST ? 1 : err_sys(e, "rename %s to %s", from, to);
}

static int say_holder(int fd, const char *path, struct err *e)
{
	char text[32] = "";
	ssize_t len = pread(fd, text, sizeof text - 1, 0);
	long pid = len > 0 ? strtol(text, NULL, 10) : 0;

	if (pid > 0)
		return err_set(e, ERR_LOCKED, "%s: held by process %ld", path, pid);
	return err_set(e, ERR_LOCKED, "%s: held by another process", path);
}

/* Whether path still names the file that fd locks: its last holder may have removed it in between. */
static bool still_named(int fd, const char *path)
{
	struct stat held, named;

	return !fstat(fd, &held) && !lstat(path, &named) && held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

static int note_holder(int fd)
{
	char text[32];
	int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());

	return ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) != len ? -1 : 0;
}

int file_lock(const char *path, struct err *e)
{
	for (;;) {
		auto_close int fd = file_open_own(path, O_RDWR | O_CREAT, 0600, e);
		int held;

		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0)
			return errno == EWOULDBLOCK ? say_holder(fd, path, e) : err_sys(e, "lock %s", path);
		if (!still_named(fd, path))
			continue;
		if (note_holder(fd) < 0)
			return err_sys(e, "write %s", path);
		held = fd;
		fd = -1;
		return held;
	}
}

int file_free_bytes(const char *path, uint64_t *ret_bytes, struct err *e)
{
	auto_free char *at = mem_str(path);
	struct statvfs fs;

	while (statvfs(at, &fs) < 0) {
		char *up;

		if ((errno != ENOENT && errno != ENOTDIR) || !strcmp(at, ".") || !strcmp(at, "/"))
			return err_sys(e, "free space of %s", path);
		up = dir_of(at);
		free(at);
		at = up;
	}
	*ret_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	return 0;
}

char *file_join(const char *dir, const char *name)
{
	size_t len = strlen(dir);
	bool bare = !len || dir[len - 1] == '/';

	return mem_printf("%s%s%s", dir, bare ? "" : "/", name);
}

/* ".." is kept: what lies above a link is not what its text says. */
char *file_absolute(const char *path)
{
	auto_free char *cwd = *path == '/' ? NULL : getcwd(NULL, 0);
	auto_free char *whole = mem_printf("%s/%s", cwd ? cwd : "", path);
	auto_buf struct buf clean = BUF_INIT(strlen(whole) + 1);
	char *rest = whole, *part;

	while ((part = strsep(&rest, "/"))) {
		if (!*part || !strcmp(part, "."))
			continue;
		buf_char(&clean, '/');
		buf_str(&clean, part);
	}
	if (!clean.len)
		buf_char(&clean, '/');
	return buf_take(&clean);
}
