/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files, whole: replaced so that a crash leaves the old or the new, never half; folders made for the owner alone. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* The modes given to files and folders; 0600 and 0700 unless file_set_umask was called (for --mode),
 * which is also what children create files by. */
void file_set_umask(mode_t mask);
mode_t file_mode(void);
mode_t file_dir_mode(void);

/* Reads a whole file; ERR_INPUT when larger than the ceiling of the buffer, ERR_SYSTEM when it cannot be read. "-" is stdin. */
int file_read(const char *path, struct buf *, struct err *);
/* The rest of an open file; shown is its name in what is said. */
int file_read_fd(int fd, const char *shown, struct buf *, struct err *);
/* Opens a file under a name that others may have planted: no link is followed, nothing blocks, no terminal is taken, and
 * only a regular file with one name is accepted.  flags and mode as for open(); ERR_SYSTEM says what is there instead and
 * whose it is; errno is kept when the system refused (ENOENT), else EPERM. */
int file_open_plain(const char *path, int flags, mode_t mode, struct err *);
/* The same, relative to an open folder. */
struct file_name { int folder; const char *name, *shown; };
int file_open_plain_at(const struct file_name *, int flags, mode_t mode, struct err *);
/* The same for a file that must be ours: one of another user is refused with the user's name. */
int file_open_own(const char *path, int flags, mode_t mode, struct err *);
/* file_read by file_open_plain; "-" has no meaning here. */
int file_read_plain(const char *path, struct buf *, struct err *);
/* Writes beside path under a temporary name, fsyncs, renames, fsyncs the folder. */
int file_replace(const char *path, const void *bytes, size_t len, struct err *);
/* The same for a file that others are to read: with this mode, whatever file_set_umask says. */
int file_replace_mode(const char *path, const void *bytes, size_t len, mode_t mode, struct err *);
/* mkdir -p with file_dir_mode(); no error when it is there; ERR_SYSTEM when a component is no folder. */
int file_make_dirs(const char *path, struct err *);
/* Gives a folder just made the mode of file_dir_mode(). */
int file_correct_dir_mode(int fd);
/* Makes path/PREFIX-XXXXXX (0700), returns its path (yours) or NULL. */
char *file_temp_dir(const char *parent, const char *prefix, struct err *);
/* fsync of a folder, so that renames in it last. */
int file_sync_dir(const char *path, struct err *);
/* Removes a tree without following links; missing is fine. */
int file_remove_tree(const char *path, struct err *);
/* rename without replacing: 0 done, 1 the target exists, -1 error. */
int file_rename_new(const char *from, const char *to, struct err *);
/* The same between two open folders: 0, or -1 and errno. */
int file_rename_new_at(int from_at, const char *from, int to_at, const char *to);
/* Removes what a killed process left beside path: temporary files of file_replace.  Only under a lock that keeps others from writing it. */
void file_sweep_temps(const char *path);
/* Takes an exclusive flock on path (file_open_own, created 0600); returns the descriptor, -1 with ERR_LOCKED naming the holder's pid
 * (written into the file), or -1 with ERR_SYSTEM. */
int file_lock(const char *path, struct err *);
/* Bytes free for us on the file system of path (or of its nearest existing parent). */
int file_free_bytes(const char *path, uint64_t *ret_bytes, struct err *);
bool file_is_dir(const char *path);
/* dir + "/" + name, yours. */
char *file_join(const char *dir, const char *name);
/* Absolute path without resolving links (getcwd + path), "." and trailing slashes removed; yours. */
char *file_absolute(const char *path);
