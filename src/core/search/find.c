/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One find: findscu writes answers as files, what is complete is read and removed, and the verdict compares what was read with what
 * was announced.  While findscu runs, its newest file may be unfinished and is left alone.  Plain answers are read here; a dcmdump at
 * a time reads what is not plain. */
#include "core/search/find.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/session/dump.h"
#include "core/session/tool.h"
#include "dicom/part10.h"
#include "dicom/tag.h"
#include "process/child.h"
#include "wrappers/findscu.h"

#define SCAN_MS 60			/* how often new answers are looked for */
#define PATIENCE_MS 5			/* findscu says a line for each */
#define READ_AT_ONCE 500		/* answers read in one turn of the loop, or given to one dcmdump */
#define PLAIN_MAX 65536			/* bytes of an answer that is read here */
#define ODD_BYTES BUF_MB(64)		/* so many bytes of answers for dcmdump are read at once */
#define ANSWERS_BYTES BUF_MB(512)	/* more than this may not lie unread, in files and in the memory of findscu */

struct find {
	struct session *session;
	struct peer peer;
	struct find_hooks hooks;
	void *owner;
	char *folder, *answers;
	struct tool *tool;
	struct dump *dump;
	int dumped[READ_AT_ONCE];	/* the answers it reads */
	struct timer tick;
	struct err trouble;		/* what our own supervision knows */
	size_t queries;
	int taken;			/* answers up to this number were read, or are among the odd ones */
	int *odd;			/* answers for dcmdump */
	size_t odd_count, odd_room;
	size_t odd_bytes;		/* of those that lie unread */
	long rows, rows_max;
	bool ended, stopped, too_many, too_large;
	bool only_dcmdump;		/* for tests, which compare */
	int64_t started;
	unsigned char *room;		/* one answer */
};

static void read_some(struct find *);
static void tick(void *owner);

static void free_find(struct find *f)
{
	struct err ignored = { ERR_NONE, "" };

	timer_clear(f->session->loop, &f->tick);
	if (f->folder)
		file_remove_tree(f->folder, &ignored);
	tool_free(f->tool);
	free(f->folder);
	free(f->answers);
	free(f->odd);
	free(f->room);
	free(f);
}

static void judge(struct find *f, struct find_result *r)
{
	memset(r, 0, sizeof *r);
	r->status = f->tool->said.final;
	r->rows = (int)f->rows;
	r->keys_ignored = f->tool->said.optional_keys_ignored;
	r->ms = clock_ms() - f->started;
	r->unfinished = r->status < 0;
	snprintf(r->comment, sizeof r->comment, "%s", f->tool->said.comment);
	if (f->too_large)
		err_set(&r->why, ERR_PROTOCOL, "an answer of the PACS is too large (more than %zu MB): the query was stopped",
			(size_t)ANSWERS_BYTES >> 20);
	else if (f->too_many)
		err_set(&r->why, ERR_PROTOCOL, "the PACS sent more than %ld answers: the query was stopped", f->rows_max);
	else if (tool_verdict(f->tool, &f->trouble, &f->peer, NULL, 0, &r->why) == 0 && f->rows < f->tool->said.rows) {
		r->unreadable = true;
		err_set(&r->why, ERR_PROTOCOL, "%d answers were announced, %ld could be read", f->tool->said.rows, f->rows);
	}
	/* A700 and A701 end an answer that would be too long; FE00 is "cancelled", and we cancelled nothing. */
	r->cut = r->status == 0xa700 || r->status == 0xa701 || (r->status == 0xfe00 && !f->stopped);
}

static void finish(struct find *f)
{
	struct find_result result;
	struct find_hooks hooks = f->hooks;
	void *owner = f->owner;

	judge(f, &result);
	free_find(f);
	hooks.done(owner, &result);
}

/* ---- reading ---- */

static void take_row(struct find *f, struct dataset *set)
{
	if (f->too_many)
		return;
	f->rows++;
	if (f->rows > f->rows_max) {
		f->too_many = true;
		find_stop(f);
		return;
	}
	dataset_decode(set, f->peer.charset);
	f->hooks.row(f->owner, set);
}

static void row_read(void *owner, size_t index, struct dataset *set, const char *damage)
{
	struct find *f = owner;
	auto_free char *name = mem_printf(FINDSCU_ANSWER, f->dumped[index]);
	auto_free char *file = file_join(f->answers, name);

	unlink(file);
	if (!damage || set->count)
		take_row(f, set);
	else if (!f->too_many && !f->stopped)	/* else it was being written */
		log_warning("answer %d of the PACS could not be read: %s", f->dumped[index], damage);
}

/* False when it is none of the plain ones: it stays for dcmdump. */
static bool read_plain(struct find *f, int folder, int number)
{
	char name[24];
	auto_close int fd = -1;
	struct dataset set;
	ssize_t len;
	bool plain;

	snprintf(name, sizeof name, FINDSCU_ANSWER, number);
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	len = fd < 0 ? -1 : read(fd, f->room, PLAIN_MAX);
	if (len <= 0 || len == PLAIN_MAX)
		return false;
	dataset_init(&set);
	plain = part10_read(f->room, (size_t)len, &set);
	if (plain) {
		unlinkat(folder, name, 0);
		take_row(f, &set);
	}
	dataset_done(&set);
	return plain;
}

static void keep_for_dcmdump(struct find *f, int folder, int number)
{
	char name[24];
	struct stat st;

	mem_grow(f->odd, f->odd_count, f->odd_room);
	f->odd[f->odd_count++] = number;
	snprintf(name, sizeof name, FINDSCU_ANSWER, number);
	if (folder >= 0 && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		f->odd_bytes += (size_t)st.st_size;
}

/* The memory of findscu, which holds an answer until its end; 0 = it is gone. */
static size_t bytes_of_tool(const struct find *f)
{
	auto_free char *path = f->tool->child ? mem_printf("/proc/%d/statm", (int)child_pid(f->tool->child)) : NULL;
	FILE *statm = path ? fopen(path, "re") : NULL;
	unsigned long pages = 0;

	if (statm && fscanf(statm, "%*u %lu", &pages) != 1)
		pages = 0;
	if (statm)
		fclose(statm);
	return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Memory and the memory file system are the machine's. */
static void check_bytes(struct find *f)
{
	if (f->stopped || f->odd_bytes + bytes_of_tool(f) <= ANSWERS_BYTES)
		return;
	f->too_large = true;
	find_stop(f);
}

static void read_numbers(struct find *f, const int *numbers, size_t count)
{
	auto_close int folder = open(f->answers, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < count && !f->stopped; i++) {
		f->taken = numbers[i];
		if (f->only_dcmdump || folder < 0 || !read_plain(f, folder, numbers[i]))
			keep_for_dcmdump(f, folder, numbers[i]);
	}
}

static void dump_done(void *owner, const struct err *why)
{
	struct find *f = owner;

	f->dump = NULL;
	if (why->kind && !f->trouble.kind && !f->stopped)
		f->trouble = *why;
	read_some(f);
}

static int by_number(const void *a, const void *b)
{
	return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

/* The numbers of the answers that lie ready, ascending; the newest is left out while findscu may still write it. */
static int *ready_answers(struct find *f, size_t *ret_count)
{
	DIR *dir = opendir(f->answers);
	struct dirent *entry;
	int *numbers = NULL;
	size_t count = 0, room = 0;

	while (dir && (entry = readdir(dir))) {
		int number = findscu_answer_number(entry->d_name);

		if (number <= f->taken)
			continue;
		mem_grow(numbers, count, room);
		numbers[count++] = number;
	}
	if (dir)
		closedir(dir);
	if (count)
		qsort(numbers, count, sizeof *numbers, by_number);
	if (count && !f->ended)
		count--;
	*ret_count = count;
	return numbers;
}

/* The first of the odd ones. */
static void start_dump(struct find *f)
{
	static const struct dump_hooks hooks = { row_read, dump_done };
	const struct dump_how how = { .folder = f->answers };
	size_t count = f->odd_count < READ_AT_ONCE ? f->odd_count : READ_AT_ONCE;
	char *paths[READ_AT_ONCE] = { NULL };

	for (size_t i = 0; i < count; i++) {
		f->dumped[i] = f->odd[i];
		paths[i] = mem_printf(FINDSCU_ANSWER, f->odd[i]);
	}
	f->dump = dump_start(f->session, (const char *const *)paths, count, &how, &hooks, f, &f->trouble);
	for (size_t i = 0; i < count; i++)
		free(paths[i]);
	f->odd_count -= count;
	f->odd_bytes = 0;
	memmove(f->odd, f->odd + count, f->odd_count * sizeof *f->odd);
	if (!f->dump)
		find_stop(f);
}

/* Reads what lies ready, a bounded number at a time; the odd ones when there are enough of them or nothing more will come; ends the
 * find when all is read. */
static void read_some(struct find *f)
{
	auto_free int *numbers = NULL;
	size_t count = 0;

	if (!f->stopped) {
		numbers = ready_answers(f, &count);
		read_numbers(f, numbers, count < READ_AT_ONCE ? count : READ_AT_ONCE);
	}
	if (count > READ_AT_ONCE && !f->stopped) {
		timer_set(f->session->loop, &f->tick, 0, tick, f);
		return;
	}
	if (!f->dump && !f->stopped && (f->odd_count >= READ_AT_ONCE || f->odd_bytes >= ODD_BYTES || (f->ended && f->odd_count)))
		start_dump(f);
	if (f->ended && !f->dump)
		finish(f);
}

static void tick(void *owner)
{
	struct find *f = owner;

	if (!f->ended) {
		timer_set(f->session->loop, &f->tick, SCAN_MS, tick, f);
		check_bytes(f);
	}
	read_some(f);
}

/* The death of a reader of foreign bytes is damage of these bytes, unless we or somebody else asked it to end. */
static bool died_of_answer(const struct find *f, const struct tool *tool)
{
	return tool->signal && tool->signal != SIGTERM && tool->signal != SIGINT && tool->said.accepted && !f->stopped;
}

static void find_ended(void *owner, struct tool *tool)
{
	struct find *f = owner;

	f->ended = true;
	timer_clear(f->session->loop, &f->tick);
	if (tool->timed_out && tool->waited_ms)
		err_set(&f->trouble, ERR_TIMEOUT, "no %s from the PACS within %g s", tool->answering ? "further answer" : "answer",
			(double)tool->waited_ms / 1000);
	else if (tool->timed_out)
		err_set(&f->trouble, ERR_TIMEOUT, "the query did not end in time");
	else if (died_of_answer(f, tool))
		err_set(&f->trouble, ERR_PROTOCOL, "the answer of the PACS is damaged or too large: %s was ended by signal %d", tool->name,
			tool->signal);
	else if (f->stopped && !f->too_many && !f->too_large)
		err_set(&f->trouble, ERR_INTERRUPTED, "the query was stopped");
	read_some(f);
}

void find_stop(struct find *f)
{
	f->stopped = true;
	if (f->tool)
		tool_stop(f->tool, false);
	if (f->dump)
		dump_stop(f->dump);
}

static int write_queries(struct find *f, const struct query *const *queries, size_t count, char **paths, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		auto_buf struct buf bytes = BUF_INIT(BUF_MB(4));
		auto_free char *name = mem_printf("query-%zu.dcm", i + 1);

		if (query_encode(queries[i], f->peer.charset, &bytes, e) < 0)
			return -1;
		paths[i] = file_join(f->folder, name);
		if (file_replace(paths[i], bytes.data, bytes.len, e) < 0)
			return -1;
	}
	return 0;
}

/* All that is asked for stands in our own table: then findscu need not read DCMTK's dictionary, which takes it half of its time. */
static bool are_named(const struct query *const *queries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < queries[i]->keys.count; k++)
			if (!tag_info(queries[i]->keys.elements[k].tag))
				return false;
	return true;
}

static int start_child(struct find *f, const char *const *paths, bool named, struct err *e)
{
	const struct tool_how how = { .service = SERVICE_FIND, .requests = (int)f->queries, .patience_ms = PATIENCE_MS,
				      .silence_ms = tool_patience_ms(f->session), .first_ms = f->session->query_first_ms,
				      .stall_ms = f->session->query_stall_ms };
	struct command *command = findscu_command(&f->session->dcmtk, &f->peer, paths, f->queries, f->answers);

	if (named)
		dcmtk_dictionary(command, &f->session->dcmtk);
	f->tool = tool_start(f->session, command, &how, find_ended, f, e);
	return f->tool ? 0 : -1;
}

static int prepare(struct find *f, const struct query *const *queries, struct err *e)
{
	char **paths = mem_alloc((f->queries + 1) * sizeof *paths);
	int failed = -1;

	f->folder = session_folder(f->session, "find", e);
	if (f->folder) {
		f->answers = file_join(f->folder, "answers");
		if (file_make_dirs(f->answers, e) == 0 && write_queries(f, queries, f->queries, paths, e) == 0)
			failed = start_child(f, (const char *const *)paths, are_named(queries, f->queries), e);
	}
	for (size_t i = 0; i < f->queries; i++)
		free(paths[i]);
	free(paths);
	return failed;
}

/* DICOM_QR_ROWS_MAX is for tests, which cannot wait for millions of answers. */
static long ceiling(long rows_max)
{
	const char *less = getenv("DICOM_QR_ROWS_MAX");
	long given = less ? strtol(less, NULL, 10) : 0;

	return given > 0 && given < rows_max ? given : rows_max;
}

struct find *find_start(struct session *s, const struct peer *peer, const struct query *const *queries, size_t count, long rows_max,
			const struct find_hooks *hooks, void *owner, struct err *e)
{
	struct find *f = mem_alloc(sizeof *f);

	f->session = s;
	f->peer = *peer;
	f->hooks = *hooks;
	f->owner = owner;
	f->queries = count;
	f->rows_max = ceiling(rows_max);
	f->room = mem_alloc(PLAIN_MAX);
	f->only_dcmdump = getenv("DICOM_QR_ONLY_DCMDUMP") != NULL;
	f->started = clock_ms();
	if (prepare(f, queries, e) < 0) {
		free_find(f);
		return NULL;
	}
	timer_set(s->loop, &f->tick, SCAN_MS, tick, f);
	return f;
}

char *find_command_text(struct session *s, const struct peer *peer, const char *query_name)
{
	struct command *command = findscu_command(&s->dcmtk, peer, &query_name, 1, ".");
	char *text = mem_str(command_text(command));

	command_free(command);
	return text;
}

static bool may_be_told(uint32_t tag)
{
	switch (tag) {
	case TAG_StudyDate: case TAG_StudyTime: case TAG_Modality: case TAG_ModalitiesInStudy: case TAG_StudyInstanceUID:
	case TAG_SeriesInstanceUID: case TAG_SOPInstanceUID:
		return true;
	default:
		return false;
	}
}

void find_describe(const struct query *q, struct buf *out)
{
	for (size_t i = 0; i < q->keys.count; i++) {
		const struct element *el = &q->keys.elements[i];

		if (!el->len || el->tag == TAG_SpecificCharacterSet)
			continue;
		buf_printf(out, "%s%s=%.200s", out->len ? " " : "", tag_name(el->tag), may_be_told(el->tag) ? el->value : "*****");
	}
}

/* ---- one find, waited for ---- */

struct waiting {
	struct find_rows *rows;
	struct find *find;
	struct session *session;
	bool over;
};

static void keep_row(void *owner, struct dataset *row)
{
	struct waiting *w = owner;

	mem_grow(w->rows->rows, w->rows->count, w->rows->room);
	dataset_init(&w->rows->rows[w->rows->count]);
	dataset_copy(&w->rows->rows[w->rows->count++], row);
}

static void waited(void *owner, const struct find_result *result)
{
	struct waiting *w = owner;

	w->rows->result = *result;
	w->find = NULL;
	w->over = true;
}

static bool waiting_over(void *owner)
{
	struct waiting *w = owner;

	if (w->session->signal && w->find)
		find_stop(w->find);
	return w->over;
}

int find_now(struct session *s, const struct peer *peer, const struct query *q, long rows_max, struct find_rows *rows,
	     struct err *e)
{
	static const struct find_hooks hooks = { keep_row, waited };
	struct waiting w = { rows, NULL, s, false };

	memset(rows, 0, sizeof *rows);
	w.find = find_start(s, peer, &q, 1, rows_max, &hooks, &w, e);
	return w.find ? session_run(s, waiting_over, &w, e) : -1;
}

void find_rows_done(struct find_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		dataset_done(&rows->rows[i]);
	free(rows->rows);
	memset(rows, 0, sizeof *rows);
}
