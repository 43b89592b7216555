/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A batch is one dcmdump and one child that hashes; two batches are under way while a third is told.  dcmdump takes its files
 * from a list that cannot hold every name, so that odd ones are read through links with plain names. */
#include "core/intake/examine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/mem.h"
#include "core/intake/hashing.h"
#include "dicom/tag.h"
#include "dicom/value.h"
#include "wrappers/dcmdump.h"

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
	char *listed;			/* as dcmdump is told: full, or a link to it */
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
	size_t count, read;		/* items that dcmdump has answered for */
	char *folder;			/* of its list and links */
	struct dcmdump_reading reading;
	struct child *dump, *hash;
	size_t *hashed;			/* the items that are hashed */
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
	struct err ignored = { ERR_NONE, "" };

	for (size_t i = 0; i < b->count; i++) {
		free(b->items[i].full);
		free(b->items[i].listed);
		free(b->items[i].damage);
		dataset_done(&b->items[i].set);
	}
	if (b->folder)
		file_remove_tree(b->folder, &ignored);
	free(b->folder);
	free(b->hashed);
	free(b->items);
	free(b);
}

/* dcmdump answers in the order of the list. */
static struct item *item_listed(struct batch *b, const char *listed)
{
	for (size_t i = 0; i < b->count; i++) {
		struct item *item = &b->items[(b->read + i) % b->count];

		if (item->listed && !strcmp(item->listed, listed)) {
			b->read = (b->read + i + 1) % b->count;
			return item;
		}
	}
	return NULL;
}

static void file_answered(void *owner, const char *path, struct dataset *set, const char *damage)
{
	struct batch *b = owner;
	struct item *item = item_listed(b, path);

	if (!item)
		return;
	free(item->damage);
	item->damage = mem_str(damage);
	dataset_done(&item->set);
	item->set = *set;		/* whole answers move: they are many */
	dataset_init(set);
	dataset_decode(&item->set, NULL);
}

static void dump_line(void *owner, enum stream from, const char *text, size_t len)
{
	dcmdump_line(&((struct batch *)owner)->reading, from == STREAM_ERR, text, len);
}

static void dump_done(void *owner, const struct child_result *result)
{
	struct batch *b = owner;

	b->dump = NULL;
	dcmdump_end(&b->reading);
	dcmdump_reading_done(&b->reading);
	if (result->signal && !b->trouble.kind)
		err_set(&b->trouble, b->scan->session->signal ? ERR_INTERRUPTED : ERR_TOOL, "dcmdump was ended by signal %d",
			result->signal);
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
	if (from != STREAM_OUT || !hashing_hash_line(text, &index, sha256, &bytes, &why) || index >= b->count)
		return;
	item = &b->items[b->hashed[index]];
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

/* Blanks, quotes, # and @ mean something in dcmdump's list; a line end would end the name. */
static bool is_plain(const char *path)
{
	return !path[strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/+=,:~")];
}

static int list_item(struct batch *b, size_t at, struct buf *list, struct err *e)
{
	struct item *item = &b->items[at];

	if (is_plain(item->full)) {
		item->listed = mem_str(item->full);
	} else {
		item->listed = mem_printf("%s/%zu", b->folder, at);
		if (symlink(item->full, item->listed) < 0)
			return err_sys(e, "link %s", item->listed);
	}
	buf_printf(list, "%s\n", item->listed);
	return 0;
}

static int start_dump(struct batch *b, struct err *e)
{
	static const struct child_hooks hooks = { dump_line, dump_done };
	const struct child_limits limits = { .line_max = 1 << 20 };
	const struct examine_how *how = b->scan->how;
	auto_buf struct buf list = BUF_INIT(BUF_MB(16));
	auto_free char *path = file_join(b->folder, "list");
	struct command *command;

	for (size_t i = 0; i < b->count; i++)
		if (b->items[i].bytes >= 0 && list_item(b, i, &list, e) < 0)
			return -1;
	if (!list.len)
		return 0;
	if (file_replace(path, list.data, list.len, e) < 0)
		return -1;
	dcmdump_reading_init(&b->reading, file_answered, b);
	command = dcmdump_command(&b->scan->session->dcmtk, path, how->tags, how->tag_count, how->whole);
	for (size_t i = 0; i < b->count; i++)
		command_may_read(command, b->items[i].full);
	b->dump = child_start(b->scan->session->loop, command, &limits, &hooks, b, e);
	if (b->dump)
		return 0;
	dcmdump_reading_done(&b->reading);
	return -1;
}

static int start_hash(struct batch *b, struct err *e)
{
	static const struct child_hooks hooks = { hash_line, hash_done };
	const struct child_limits limits = { 0 };
	const char **paths = mem_alloc((b->count + 1) * sizeof *paths);
	size_t count = 0;

	b->hashed = mem_alloc((b->count + 1) * sizeof *b->hashed);
	for (size_t i = 0; i < b->count; i++)
		if (b->items[i].bytes >= 0) {
			b->hashed[count] = i;
			paths[count++] = b->items[i].full;
		}
	if (count)
		b->hash = child_start(b->scan->session->loop, hashing_hash_command(paths, count), &limits, &hooks, b, e);
	free(paths);
	return b->hash || !count ? 0 : -1;
}

static struct batch *take_batch(struct scan *s)
{
	struct batch *b = mem_alloc(sizeof *b);
	int64_t bytes = 0;
	size_t left = s->paths->count - s->next;

	b->scan = s;
	b->items = mem_alloc((left < BATCH_FILES ? left : BATCH_FILES) * sizeof *b->items);
	while (s->next < s->paths->count && b->count < BATCH_FILES && bytes < BATCH_BYTES) {
		struct item *item = &b->items[b->count++];
		struct stat st;

		item->path = s->paths->items[s->next++];
		item->full = file_join(s->folder, item->path);
		item->bytes = lstat(item->full, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : -1;
		bytes += item->bytes > 0 ? item->bytes : 0;
		dataset_init(&item->set);
	}
	return b;
}

static void start_batch(struct scan *s)
{
	struct batch *b = take_batch(s), **at = &s->first;

	while (*at)
		at = &(*at)->next;
	*at = b;
	b->folder = session_folder(s->session, "scan", &b->trouble);
	if (b->folder && s->how->tag_count)
		start_dump(b, &b->trouble);
	if (b->folder && !b->trouble.kind && s->how->hash)
		start_hash(b, &b->trouble);
}

static bool first_over(void *owner)
{
	const struct scan *s = owner;

	if (s->session->signal)
		child_stop_all(false);
	return !s->first->dump && !s->first->hash;
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
	(void)owner;
	return child_count() == 0;
}

int examine_read(struct session *session, const char *folder, const struct path_list *paths, const struct examine_how *how, examine_fn *fn,
	      void *owner, struct err *e)
{
	struct scan s = { .session = session, .folder = folder, .paths = paths, .how = how };
	int failed = read_batches(&s, fn, owner, e);

	if (s.first) {			/* their children still speak to them */
		struct err ignored = { ERR_NONE, "" };

		child_stop_all(false);
		session_run(session, all_over, NULL, &ignored);
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
	static const uint32_t tags[] = {
		TAG_SpecificCharacterSet, TAG_TransferSyntaxUID, TAG_SOPClassUID, TAG_SOPInstanceUID, TAG_StudyInstanceUID,
		TAG_SeriesInstanceUID, TAG_Rows, TAG_PixelData, TAG(0x7fe0, 0x0008), TAG(0x7fe0, 0x0009), TAG(0x0028, 0x7fe0)
	};

	memcpy(how->tags, tags, sizeof tags);
	how->tag_count = countof(tags);
}

const char *examine_damage(const struct examine_file *f)
{
	if (f->why)
		return strerror(f->why);
	if (f->damage)
		return f->damage;
	if (!f->set->count)
		return "not a DICOM file";
	if (!uid_is_plausible(dataset_get(f->set, TAG_SOPInstanceUID)))
		return "no valid SOP Instance UID";
	if (!uid_is_plausible(dataset_get(f->set, TAG_StudyInstanceUID)) || !uid_is_plausible(dataset_get(f->set, TAG_SeriesInstanceUID)))
		return "no valid Study or Series Instance UID";
	if (dataset_find(f->set, TAG_Rows) && !dataset_find(f->set, TAG_PixelData) && !dataset_find(f->set, TAG(0x7fe0, 0x0008)) &&
	    !dataset_find(f->set, TAG(0x7fe0, 0x0009)) && !dataset_find(f->set, TAG(0x0028, 0x7fe0)))
		return "it has rows but no pixel data: the file is cut";
	return NULL;
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
