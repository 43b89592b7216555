/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 of many files, and all of them flushed to the disk, in a child process (neither may hold up the loop). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "process/command.h"

/* Hashes and flushes the files (paths are copied); prints a line for each. */
struct command *hashing_command(const char *const *paths, size_t count);
/* "INDEX SHA256 BYTES" -> 0; a line that tells of a failure -> -1 with err (ERR_SPACE when the disk is full or broken). */
int hashing_line(const char *text, size_t *ret_index, char sha256[65], int64_t *ret_bytes, struct err *);
/* Hashes alone; a file that cannot be read is no failure of the command. */
struct command *hashing_hash_command(const char *const *paths, size_t count);
/* A line of it: true with hash and size, or with *ret_why, the errno of a file that could not be read. */
bool hashing_hash_line(const char *text, size_t *ret_index, char sha256[65], int64_t *ret_bytes, int *ret_why);
/* Flushes the file system that holds folder (names and folders made there), in a child process; exit status 0 = done. */
struct command *hashing_sync_command(const char *folder);
/* One file, here and now: for the few whose place was taken by another run.  False when it cannot be read. */
bool hashing_file(const char *path, char sha256[65], int64_t *ret_bytes);
/* True when both files hold the same data set (their file meta information may differ). */
int hashing_same_dataset(const char *a, const char *b);
