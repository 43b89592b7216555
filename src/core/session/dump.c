/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dcmdump takes its files from a list that cannot hold every name, so that odd ones are read through links with plain names.
 * What a dcmdump wrote before it died is not used: its last lines are lost, and the last data set may be half of one. */
#include "core/session/dump.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "dicom/tag.h"
#include "process/child.h"
#include "wrappers/dcmdump.h"

#define LIMIT_MS 60000			/* for one dcmdump, and besides: */
#define BYTES_PER_MS 1000
#define INTERRUPTED_MS 5000		/* for the rest, once somebody wants us to stop */
#define WATCH_MS 1000
#define PARTS 16			/* of a list whose reader did not come to its end */

struct range {
	size_t from, to;
};

struct dump {
	struct session *session;
	struct dump_hooks hooks;
	void *owner;
	char **paths;
	size_t count;
	char *folder, *scratch;		/* folder: NULL or the working folder */
	uint32_t *tags;
	size_t tag_count;
	bool whole, stopped;
	bool sampling;			/* the reader is tried with a file of ours: is it the files, or the reader? */
	struct range *ranges;		/* still to be read; the last one is next */
	size_t range_count, range_room;
	struct range now;
	size_t answered;		/* of now */
	size_t unread;			/* so many files at the front ended their reader, and none was read yet: not told yet */
	bool has_read;
	char *last_words;		/* of the reader's end */
	struct dcmdump_reading reading;
	struct child *child;
	struct timer watch;
	int64_t interrupted_ms;
};

static void free_dump(struct dump *d)
{
	struct err ignored = { ERR_NONE, "" };

	timer_clear(d->session->loop, &d->watch);
	if (d->scratch)
		file_remove_tree(d->scratch, &ignored);
	for (size_t i = 0; i < d->count; i++)
		free(d->paths[i]);
	free(d->paths);
	free(d->folder);
	free(d->scratch);
	free(d->tags);
	free(d->ranges);
	free(d->last_words);
	free(d);
}

static void add_range(struct dump *d, size_t from, size_t to)
{
	if (from == to)
		return;
	mem_grow(d->ranges, d->range_count, d->range_room);
	d->ranges[d->range_count++] = (struct range){ from, to };
}

/* ---- the list ---- */

/* Blanks, quotes, # and @ mean something in dcmdump's list; a line end would end the name. */
static bool is_plain(const char *path)
{
	return !path[strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/+=,:~")];
}

static char *full_path(const struct dump *d, size_t at)
{
	if (at >= d->count)
		return file_join(d->scratch, "sample");
	return d->folder && d->paths[at][0] != '/' ? file_join(d->folder, d->paths[at]) : mem_str(d->paths[at]);
}

static char *listed_path(const struct dump *d, size_t at)
{
	if (at >= d->count)
		return file_join(d->scratch, "sample");
	if (!is_plain(d->paths[at]))
		return mem_printf("%s/%zu", d->scratch, at);
	return d->paths[at][0] == '/' ? mem_str(d->paths[at]) : mem_printf("./%s", d->paths[at]);
}

static int make_links(const struct dump *d, struct err *e)
{
	for (size_t i = 0; i < d->count; i++) {
		auto_free char *full = NULL, *link = NULL;

		if (is_plain(d->paths[i]))
			continue;
		full = full_path(d, i);
		link = listed_path(d, i);
		if (symlink(full, link) < 0)
			return err_sys(e, "link %s", link);
	}
	return 0;
}

static int write_list(const struct dump *d, const char *path, struct err *e)
{
	auto_buf struct buf list = BUF_INIT(BUF_MB(16));

	for (size_t i = d->now.from; i < d->now.to; i++) {
		auto_free char *listed = listed_path(d, i);

		buf_printf(&list, "%s\n", listed);
	}
	return file_replace(path, list.data, list.len, e);
}

/* DICOM_QR_DUMP_MS is for tests, which cannot wait for a minute. */
static int64_t limit_of(const struct dump *d)
{
	const char *given = getenv("DICOM_QR_DUMP_MS");
	int64_t ms = given ? strtoll(given, NULL, 10) : 0;

	if (ms <= 0)
		ms = LIMIT_MS;
	for (size_t i = d->now.from; i < d->now.to; i++) {
		auto_free char *path = full_path(d, i);
		struct stat st;

		if (stat(path, &st) == 0)
			ms += st.st_size / BYTES_PER_MS;
	}
	return ms;
}

/* ---- one dcmdump ---- */

static void file_named(void *owner, const char *path, struct dataset *set, const char *damage)
{
	struct dump *d = owner;
	size_t size = d->now.to - d->now.from;

	for (size_t i = 0; i < size; i++) {		/* dcmdump answers in the order of the list */
		size_t at = d->now.from + (d->answered + i) % size;
		auto_free char *listed = listed_path(d, at);

		if (strcmp(listed, path) != 0)
			continue;
		d->answered++;
		if (!d->tag_count)		/* what the tool that wrote an answer of a query calls it */
			dataset_drop(set, TAG_MediaStorageSOPInstanceUID);
		if (!d->sampling)
			d->hooks.file(d->owner, at, set, damage);
		return;
	}
}

static void line_read(void *owner, enum stream from, const char *text, size_t len)
{
	dcmdump_line(&((struct dump *)owner)->reading, from == STREAM_ERR, text, len);
}

static void end_dump(struct dump *d, const struct err *why)
{
	struct dump_hooks hooks = d->hooks;
	void *owner = d->owner;

	free_dump(d);
	hooks.done(owner, why);
}

static void tell_damaged(const struct dump *d, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		struct dataset empty;

		dataset_init(&empty);
		d->hooks.file(d->owner, i, &empty, d->last_words);
		dataset_done(&empty);
	}
}

static void tell_unread(struct dump *d)
{
	tell_damaged(d, 0, d->unread);
	d->unread = 0;
}

/* The reader did not come to its end: parts of the list are read, and at last each file alone. */
static void split(struct dump *d, const struct child_result *result)
{
	size_t from = d->now.from, files = d->now.to - from, parts = files < PARTS ? files : PARTS;

	free(d->last_words);
	d->last_words = result->timed_out ? mem_str("reading it does not end") :
					    mem_printf("reading it ends dcmdump by signal %d", result->signal);
	for (size_t i = parts; files > 1 && i-- > 0;)
		add_range(d, from + files * i / parts, from + files * (i + 1) / parts);
	if (files > 1)
		return;
	log_debug("a file that cannot be read: %s", d->last_words);
	if (d->has_read)
		tell_damaged(d, d->now.from, d->now.to);
	else
		d->unread++;
}

static int next_range(struct dump *, struct err *);

/* A file that every reader can read: one that cannot is to blame itself. */
static int read_sample(struct dump *d, struct err *e)
{
	static const unsigned char head[] = "DICM\2\0\0\0UL\4\0\x1c\0\0\0\2\0\x10\0UI\x14\0" "1.2.840.10008.1.2.1\0\x08\0\x18\0UI\4\0" "1.2";
	unsigned char file[128 + sizeof head] = { 0 };
	auto_free char *path = file_join(d->scratch, "sample");

	memcpy(file + 128, head, sizeof head);
	d->sampling = true;
	add_range(d, d->count, d->count + 1);
	return file_replace(path, file, sizeof file, e) < 0 ? -1 : next_range(d, e);
}

/* 1 when nothing is left to be read. */
static int next_step(struct dump *d, struct err *e)
{
	if (d->range_count)
		return next_range(d, e);
	return d->unread && !d->sampling ? read_sample(d, e) : 1;
}

static void end_ranges(struct dump *d, struct err *why)
{
	if (!why->kind && d->stopped && d->range_count)
		err_set(why, ERR_INTERRUPTED, "stopped while files were read");
	if (!why->kind && next_step(d, why) == 0)
		return;
	if (!why->kind)
		tell_unread(d);
	end_dump(d, why);
}

static void range_read(void *owner, const struct child_result *result)
{
	struct dump *d = owner;
	bool whole = !result->signal && !result->timed_out;
	struct err why = { ERR_NONE, "" };

	d->child = NULL;
	timer_clear(d->session->loop, &d->watch);
	if (whole && (result->exit_status == 126 || result->exit_status == 127)) {
		err_set(&why, ERR_TOOL, "dcmdump could not be started (exit status %d)", result->exit_status);
	} else if (whole) {
		tell_unread(d);
		d->has_read = true;
		dcmdump_end(&d->reading);
	} else if (d->stopped || (result->stopped && !result->timed_out)) {
		err_set(&why, ERR_INTERRUPTED, "stopped while files were read");
	} else if (d->sampling) {
		err_set(&why, ERR_TOOL, "dcmdump reads no file: %s", d->last_words);
	} else {
		split(d, result);
	}
	dcmdump_reading_done(&d->reading);
	end_ranges(d, &why);
}

/* Who wants us to stop is not kept waiting by a reader that does not end. */
static void watch(void *owner)
{
	struct dump *d = owner;

	if (d->session->signal && !d->interrupted_ms)
		d->interrupted_ms = clock_ms();
	if (d->interrupted_ms && clock_ms() - d->interrupted_ms >= INTERRUPTED_MS)
		dump_stop(d);
	else
		timer_set(d->session->loop, &d->watch, WATCH_MS, watch, d);
}

static int next_range(struct dump *d, struct err *e)
{
	static const struct child_hooks hooks = { line_read, range_read };
	auto_free char *list = file_join(d->scratch, "list");
	struct child_limits limits = { .line_max = 1 << 20 };
	struct command *command;

	d->now = d->ranges[--d->range_count];
	d->answered = 0;
	if (write_list(d, list, e) < 0)
		return -1;
	limits.total_ms = limit_of(d);
	command = dcmdump_command(&d->session->dcmtk, list, d->tags, d->tag_count, d->whole);
	if (d->folder)
		command_chdir(command, d->folder);
	for (size_t i = d->now.from; i < d->now.to; i++) {
		auto_free char *full = full_path(d, i);

		if (!d->folder || i >= d->count || !is_plain(d->paths[i]) || d->paths[i][0] == '/')
			command_may_read(command, full);
	}
	dcmdump_reading_init(&d->reading, file_named, d);
	d->child = child_start(d->session->loop, command, &limits, &hooks, d, e);
	if (!d->child) {
		dcmdump_reading_done(&d->reading);
		return -1;
	}
	timer_set(d->session->loop, &d->watch, WATCH_MS, watch, d);
	return 0;
}

/* ---- many files ---- */

struct dump *dump_start(struct session *s, const char *const *paths, size_t count, const struct dump_how *how,
			const struct dump_hooks *hooks, void *owner, struct err *e)
{
	struct dump *d = mem_alloc(sizeof *d);

	d->session = s;
	d->hooks = *hooks;
	d->owner = owner;
	d->paths = mem_alloc((count + 1) * sizeof *d->paths);
	for (d->count = 0; d->count < count; d->count++)
		d->paths[d->count] = mem_str(paths[d->count]);
	d->folder = mem_str(how->folder);
	d->tags = mem_alloc((how->tag_count + 1) * sizeof *d->tags);
	if (how->tag_count)
		memcpy(d->tags, how->tags, how->tag_count * sizeof *d->tags);
	d->tag_count = how->tag_count;
	d->whole = how->whole;
	d->scratch = session_folder(s, "dump", e);
	add_range(d, 0, count);
	if (!d->scratch || make_links(d, e) < 0 || next_range(d, e) < 0) {
		free_dump(d);
		return NULL;
	}
	return d;
}

void dump_stop(struct dump *d)
{
	d->stopped = true;
	if (d->child)
		child_stop(d->child, false);
}

struct waiting_for_dump {
	struct session *session;
	struct dump *dump;		/* NULL when it is over */
	dump_file_fn *file;
	void *owner;
	struct err why;
};

static void file_waited_for(void *owner, size_t index, struct dataset *set, const char *damage)
{
	struct waiting_for_dump *w = owner;

	w->file(w->owner, index, set, damage);
}

static void dump_waited_for(void *owner, const struct err *why)
{
	struct waiting_for_dump *w = owner;

	w->dump = NULL;
	w->why = *why;
}

static bool is_over(void *owner)
{
	struct waiting_for_dump *w = owner;

	if (w->dump && w->session->signal)
		dump_stop(w->dump);
	return !w->dump;
}

int dump_now(struct session *s, const char *const *paths, size_t count, const struct dump_how *how, dump_file_fn *file, void *owner,
	     struct err *e)
{
	static const struct dump_hooks hooks = { file_waited_for, dump_waited_for };
	struct waiting_for_dump w = { .session = s, .file = file, .owner = owner };

	if (!count)
		return 0;
	w.dump = dump_start(s, paths, count, how, &hooks, &w, e);
	if (!w.dump || session_run(s, is_over, &w, e) < 0)
		return -1;
	if (w.why.kind)
		*e = w.why;
	return w.why.kind ? -1 : 0;
}
