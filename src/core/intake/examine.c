/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A batch is one dcmdump and one child that hashes; two batches are under way while a third is told. */
#include "core/intake/examine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "core/intake/flaw.h"
#include "core/intake/hashing.h"
#include "core/session/dump.h"
#include "process/child.h"

#define BATCH_FILES 1000
#define BATCH_BYTES ((int64_t)256 << 20)
#define BATCHES_MAX 2
#define DEPTH_MAX 64

/* ---- which files there are ---- */

void path_list_add(struct path_list *l, const char *path)
{
	mem_grow(l->items, l->count, l->room);
	l->items[l->count++] = mem_str(path);
}

void path_list_done(struct path_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->items[i]);
	free(l->items);
	*l = (struct path_list){ NULL, 0, 0 };
}

static int list_folder(int parent, const char *name, const char *prefix, int depth, struct path_list *l, struct err *e)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth ? O_NOFOLLOW : 0));
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int failed = 0;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return err_sys(e, "open folder %s", *prefix ? prefix : name);
	}
	while (!failed && (entry = readdir(dir))) {
		auto_free char *path = NULL;
		struct stat st;

		if (entry->d_name[0] == '.')
			continue;
		path = *prefix ? file_join(prefix, entry->d_name) : mem_str(entry->d_name);
		if (entry->d_type == DT_UNKNOWN && fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			entry->d_type = S_ISDIR(st.st_mode) ? DT_DIR : S_ISREG(st.st_mode) ? DT_REG : DT_LNK;
		if (entry->d_type == DT_REG)
			path_list_add(l, path);
		else if (entry->d_type == DT_DIR)
			failed = depth >= DEPTH_MAX ? err_set(e, ERR_SYSTEM, "%s: too many folders in each other", path)
						    : list_folder(fd, entry->d_name, path, depth + 1, l, e);
	}
	closedir(dir);
	return failed;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int examine_list(const char *folder, struct path_list *l, struct err *e)
{
	*l = (struct path_list){ NULL, 0, 0 };
	if (list_folder(AT_FDCWD, folder, "", 0, l, e) < 0) {
		path_list_done(l);
		return -1;
	}
	if (l->count)
		qsort(l->items, l->count, sizeof *l->items, by_name);
	return 0;
}

/* ---- reading ---- */

struct item {
	const char *path;
	char *full;			/* what is opened */
	int64_t bytes;
	struct dataset set;
	char *damage;
	char sha256[65];
	int why;
};

struct scan;

struct batch {
	struct scan *scan;
	struct item *items;
	size_t count;
	struct dump *dump;
	struct child *hash;
	size_t *there;			/* the items that are plain files: they are read and hashed */
	const char **paths;		/* theirs */
	size_t there_count;
	struct err trouble;
	struct batch *next;		/* the one begun after it */
};

struct scan {
	struct session *session;
	const char *folder;
	const struct path_list *paths;
	const struct examine_how *how;
	size_t next;
	struct batch *first;
};

static void batch_free(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		free(b->items[i].full);
		free(b->items[i].damage);
		dataset_done(&b->items[i].set);
	}
	free(b->there);
	free(b->paths);
	free(b->items);
	free(b);
}

static void file_answered(void *owner, size_t index, struct dataset *set, const char *damage)
{
	struct batch *b = owner;
	struct item *item = &b->items[b->there[index]];

	free(item->damage);
	item->damage = mem_str(damage);
	dataset_done(&item->set);
	item->set = *set;		/* whole answers move: they are many */
	dataset_init(set);
	dataset_decode(&item->set, NULL);
}

static void dump_over(void *owner, const struct err *why)
{
	struct batch *b = owner;

	b->dump = NULL;
	if (why->kind && !b->trouble.kind)
		b->trouble = *why;
}

static void hash_line(void *owner, enum stream from, const char *text, size_t len)
{
	struct batch *b = owner;
	struct item *item;
	char sha256[65];
	int64_t bytes;
	size_t index;
	int why;

	(void)len;
	if (from != STREAM_OUT || !hashing_hash_line(text, &index, sha256, &bytes, &why) || index >= b->there_count)
		return;
	item = &b->items[b->there[index]];
	item->why = why;
	if (!why) {
		memcpy(item->sha256, sha256, sizeof sha256);
		item->bytes = bytes;
	}
}

static void hash_done(void *owner, const struct child_result *result)
{
	struct batch *b = owner;

	b->hash = NULL;
	if ((result->signal || result->exit_status) && !b->trouble.kind)
		err_set(&b->trouble, b->scan->session->signal ? ERR_INTERRUPTED : ERR_SYSTEM, "hashing files failed");
}

static int start_dump(struct batch *b, struct err *e)
{
	static const struct dump_hooks hooks = { file_answered, dump_over };
	const struct examine_how *how = b->scan->how;
	const struct dump_how what = { .tags = how->tags, .tag_count = how->tag_count, .whole = how->whole };

	b->dump = dump_start(b->scan->session, b->paths, b->there_count, &what, &hooks, b, e);
	return b->dump ? 0 : -1;
}

static int start_hash(struct batch *b, struct err *e)
{
	static const struct child_hooks hooks = { hash_line, hash_done };
	const struct child_limits limits = { 0 };

	b->hash = child_start(b->scan->session->loop, hashing_hash_command(b->paths, b->there_count), &limits, &hooks, b, e);
	return b->hash ? 0 : -1;
}

static struct batch *take_batch(struct scan *s)
{
	struct batch *b = mem_alloc(sizeof *b);
	int64_t bytes = 0;
	size_t left = s->paths->count - s->next;

	b->scan = s;
	left = left < BATCH_FILES ? left : BATCH_FILES;
	b->items = mem_alloc(left * sizeof *b->items);
	b->there = mem_alloc((left + 1) * sizeof *b->there);
	b->paths = mem_alloc((left + 1) * sizeof *b->paths);
	while (s->next < s->paths->count && b->count < BATCH_FILES && bytes < BATCH_BYTES) {
		struct item *item = &b->items[b->count++];
		struct stat st;

		item->path = s->paths->items[s->next++];
		item->full = file_join(s->folder, item->path);
		item->bytes = lstat(item->full, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : -1;
		dataset_init(&item->set);
		if (item->bytes < 0)
			continue;
		bytes += item->bytes;
		b->there[b->there_count] = b->count - 1;
		b->paths[b->there_count++] = item->full;
	}
	return b;
}

static void start_batch(struct scan *s)
{
	struct batch *b = take_batch(s), **at = &s->first;

	while (*at)
		at = &(*at)->next;
	*at = b;
	if (b->there_count && s->how->tag_count)
		start_dump(b, &b->trouble);
	if (b->there_count && !b->trouble.kind && s->how->hash)
		start_hash(b, &b->trouble);
}

static bool is_over(const struct batch *b)
{
	return !b->dump && !b->hash;
}

static void stop_batches(const struct scan *s)
{
	for (const struct batch *b = s->first; b; b = b->next) {
		if (b->dump)
			dump_stop(b->dump);
		if (b->hash)
			child_stop(b->hash, false);
	}
}

static bool first_over(void *owner)
{
	const struct scan *s = owner;

	if (s->session->signal)
		stop_batches(s);
	return is_over(s->first);
}

static int tell_batch(const struct batch *b, examine_fn *fn, void *owner, struct err *e)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct item *item = &b->items[i];
		const struct examine_file file = { item->path, item->bytes, &item->set, item->damage, item->sha256, item->why };

		if (fn(owner, &file, e))
			return -1;
	}
	return 0;
}

static int read_batches(struct scan *s, examine_fn *fn, void *owner, struct err *e)
{
	size_t active = 0;

	while (s->first || s->next < s->paths->count) {
		struct batch *b;
		int failed;

		for (; active < BATCHES_MAX && s->next < s->paths->count; active++)
			start_batch(s);
		if (session_run(s->session, first_over, s, e) < 0)
			return -1;
		b = s->first;
		if (s->session->signal)
			return err_set(e, ERR_INTERRUPTED, "stopped");
		if (b->trouble.kind) {
			*e = b->trouble;
			return -1;
		}
		s->first = b->next;
		active--;
		if (active < BATCHES_MAX && s->next < s->paths->count) {
			start_batch(s);		/* the tools work while we do */
			active++;
		}
		failed = tell_batch(b, fn, owner, e);
		batch_free(b);
		if (failed)
			return -1;
	}
	return 0;
}

static bool all_over(void *owner)
{
	const struct batch *b = ((const struct scan *)owner)->first;

	while (b && is_over(b))
		b = b->next;
	return !b;
}

int examine_read(struct session *session, const char *folder, const struct path_list *paths, const struct examine_how *how, examine_fn *fn,
	      void *owner, struct err *e)
{
	struct scan s = { .session = session, .folder = folder, .paths = paths, .how = how };
	int failed = read_batches(&s, fn, owner, e);

	if (s.first) {			/* their children still speak to them */
		struct err ignored = { ERR_NONE, "" };

		stop_batches(&s);
		session_run(session, all_over, &s, &ignored);
	}
	while (s.first) {
		struct batch *b = s.first;

		s.first = b->next;
		batch_free(b);
	}
	return failed;
}

/* ---- what was read ---- */

void examine_identity(struct examine_how *how)
{
	memcpy(how->tags, flaw_tags, sizeof flaw_tags);
	how->tag_count = FLAW_TAGS;
}

const char *examine_damage(const struct examine_file *f)
{
	enum flaw flaw = flaw_of(f->set, f->damage);

	if (f->why)
		return strerror(f->why);
	if (flaw == FLAW_DAMAGED)
		return f->damage;
	return flaw ? flaw_words(flaw) : NULL;
}

bool examine_is_foreign(const char *folder, const char *path)
{
	auto_free char *full = file_join(folder, path);
	auto_close int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	const char *slash = strrchr(path, '/');
	char head[132];

	if (!strcmp(slash ? slash + 1 : path, "DICOMDIR"))
		return true;
	return fd >= 0 && (pread(fd, head, sizeof head, 0) != sizeof head || memcmp(head + 128, "DICM", 4));
}
