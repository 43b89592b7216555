/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashing and flushing run in a forked copy of ourselves: it owns nothing, prints lines, and exits.  One syncfs serves many
 * files where an fsync each would wait for the disk once per file. */
#include "core/intake/hashing.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "process/confine.h"

#define CHUNK (256 << 10)
#define SYNC_EACH_MAX 4			/* up to so many files are flushed one by one */

/* It reads what others sent: no file is written, no program started, no socket opened. */
static const struct confine_rule reader = { "ourselves", 0, -1, 0 };

struct seal {
	char **paths;
	size_t count;
	bool hash_only;
};

static int hash_file(const char *path, EVP_MD_CTX *md, unsigned char *chunk, bool flush, char hex[65], int64_t *bytes)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	ssize_t n;

	if (fd < 0 || !EVP_DigestInit_ex(md, EVP_sha256(), NULL))
		return -1;
	*bytes = 0;
	while ((n = read(fd, chunk, CHUNK)) > 0) {
		EVP_DigestUpdate(md, chunk, (size_t)n);
		*bytes += n;
	}
	if (n < 0 || (flush && fsync(fd) < 0))
		return -1;
	EVP_DigestFinal_ex(md, digest, &len);
	for (unsigned int i = 0; i < len && i < 32; i++)
		snprintf(hex + (size_t)2 * i, 3, "%02x", digest[i]);
	return 0;
}

bool hashing_file(const char *path, char sha256[65], int64_t *ret_bytes)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	auto_free unsigned char *chunk = mem_alloc(CHUNK);
	int failed = hash_file(path, md, chunk, false, sha256, ret_bytes);

	EVP_MD_CTX_free(md);
	return !failed;
}

static int sync_file_system(const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : syncfs(fd);
}

static int hashing_run(void *data)
{
	struct seal *s = data;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char *chunk = mem_alloc(CHUNK);
	bool each = !s->hash_only && s->count <= SYNC_EACH_MAX;
	int failed = 0;

	for (size_t i = 0; i < s->count; i++) {
		char hex[65] = "";
		int64_t bytes = 0;

		if (hash_file(s->paths[i], md, chunk, each, hex, &bytes) < 0) {
			printf("%zu error %d\n", i, errno ? errno : EIO);
			failed = !s->hash_only;
		} else {
			printf("%zu %s %lld\n", i, hex, (long long)bytes);
		}
	}
	if (!each && !s->hash_only && sync_file_system(s->paths[0]) < 0) {
		printf("0 error %d\n", errno);
		failed = 1;
	}
	free(chunk);
	EVP_MD_CTX_free(md);
	return failed;
}

static void hashing_free(void *data)
{
	struct seal *s = data;

	for (size_t i = 0; i < s->count; i++)
		free(s->paths[i]);
	free(s->paths);
	free(s);
}

static struct command *command(const char *name, const char *const *paths, size_t count, bool hash_only)
{
	struct seal *s = mem_alloc(sizeof *s);
	struct command *c = command_new_function(name, hashing_run, hashing_free, s);

	command_confine(c, &reader);
	command_deaf(c);
	for (size_t i = 0; i < count; i++)
		command_may_read(c, paths[i]);
	s->hash_only = hash_only;
	s->paths = mem_alloc((count + 1) * sizeof *s->paths);
	for (s->count = 0; s->count < count; s->count++)
		s->paths[s->count] = mem_str(paths[s->count]);
	return c;
}

struct command *hashing_command(const char *const *paths, size_t count)
{
	return command("seal", paths, count, false);
}

struct command *hashing_hash_command(const char *const *paths, size_t count)
{
	return command("hash", paths, count, true);
}

bool hashing_hash_line(const char *text, size_t *ret_index, char sha256[65], int64_t *ret_bytes, int *ret_why)
{
	long long bytes;

	*ret_why = 0;
	if (sscanf(text, "%zu error %d", ret_index, ret_why) == 2)
		return true;
	if (sscanf(text, "%zu %64[0-9a-f] %lld", ret_index, sha256, &bytes) != 3)
		return false;
	*ret_bytes = bytes;
	return true;
}

int hashing_line(const char *text, size_t *ret_index, char sha256[65], int64_t *ret_bytes, struct err *e)
{
	long long bytes;
	int code;

	if (sscanf(text, "%zu error %d", ret_index, &code) == 2) {
		errno = code;
		return err_sys(e, "flushing received files");
	}
	if (sscanf(text, "%zu %64[0-9a-f] %lld", ret_index, sha256, &bytes) != 3)
		return err_set(e, ERR_SYSTEM, "hashing received files: unexpected '%.80s'", text);
	*ret_bytes = bytes;
	return 0;
}

static int sync_run(void *data)
{
	return sync_file_system(data) < 0 ? (errno == ENOSPC || errno == EDQUOT || errno == EIO ? 2 : 1) : 0;
}

struct command *hashing_sync_command(const char *folder)
{
	struct command *c = command_new_function("sync", sync_run, free, mem_str(folder));

	command_confine(c, &reader);
	command_deaf(c);
	command_may_read(c, folder);
	return c;
}

/* Where the data set begins: after preamble, prefix and the file meta information whose length (0002,0000) tells. */
static off_t dataset_offset(int fd)
{
	unsigned char head[144];

	if (pread(fd, head, sizeof head, 0) != sizeof head || memcmp(head + 128, "DICM\2\0\0\0UL\4\0", 12))
		return 0;
	return 144 + (off_t)((uint32_t)head[140] | (uint32_t)head[141] << 8 | (uint32_t)head[142] << 16 | (uint32_t)head[143] << 24);
}

int hashing_same_dataset(const char *a, const char *b)
{
	auto_close int fa = open(a, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	auto_close int fb = open(b, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	auto_free char *ca = mem_alloc(CHUNK);
	auto_free char *cb = mem_alloc(CHUNK);
	ssize_t na, nb;

	if (fa < 0 || fb < 0)
		return 0;
	lseek(fa, dataset_offset(fa), SEEK_SET);
	lseek(fb, dataset_offset(fb), SEEK_SET);
	do {
		na = read(fa, ca, CHUNK);
		nb = read(fb, cb, CHUNK);
	} while (na > 0 && na == nb && !memcmp(ca, cb, (size_t)na));
	return na == 0 && nb == 0;
}
