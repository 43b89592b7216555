/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The undo list: written whole before the first step; believed only when we alone can have written it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "core/archive/organise_p.h"
#include "parse/json.h"

#define LIST_BYTES_MAX ((size_t)2 << 30)
#define FORMAT 1

void steps_add(struct steps *s, const char *from, const char *to, const char *study, int64_t bytes)
{
	mem_grow(s->items, s->count, s->room);
	s->items[s->count++] = (struct step){ mem_str(from), mem_str(to), mem_str(study), bytes, false };
}

void steps_done(struct steps *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->items[i].from);
		free(s->items[i].to);
		free(s->items[i].study);
	}
	free(s->items);
	free(s->from);
	free(s->to);
	*s = (struct steps){ .from = NULL };
}

static void put_head(struct buf *out, const struct steps *s)
{
	struct json *j = json_new(JSON_OBJECT);
	char stamp[20];

	json_set(j, "organise", json_integer(FORMAT));
	json_set(j, "from", json_string(s->from));
	json_set(j, "to", json_string(s->to));
	json_set(j, "link", json_bool(s->link));
	json_set(j, "at", json_string(clock_stamp(clock_wall(), stamp)));
	json_write(out, j, false);
	buf_char(out, '\n');
	json_free(j);
}

static void put_step(struct buf *out, const struct step *step)
{
	buf_str(out, "{\"from\":");
	json_write_string(out, step->from);
	buf_str(out, ",\"to\":");
	json_write_string(out, step->to);
	buf_str(out, ",\"studyInstanceUID\":");
	json_write_string(out, step->study);
	buf_printf(out, ",\"bytes\":%lld}\n", (long long)step->bytes);
}

/* A name of which JSON would make another: it could not be taken back. */
static int check_names(const struct steps *s, struct err *e)
{
	for (size_t i = 0; i < s->count; i++)
		for (const char *at = s->items[i].from; *at;) {
			size_t len = buf_utf8_len(at, strlen(at));

			if (!len)
				return err_set(e, ERR_USAGE, "the name of %s is not UTF-8, so that moving it could not be undone: rename it, or use "
					       "--link", s->items[i].from);
			at += len;
		}
	return 0;
}

static char *free_name(const char *folder)
{
	char stamp[20];
	char *path = NULL;

	clock_stamp(clock_wall(), stamp);
	stamp[13] = stamp[16] = '-';		/* colons are a nuisance in names */
	for (int serial = 1; !path || access(path, F_OK) == 0; serial++) {
		free(path);
		path = serial > 1 ? mem_printf("%s/organise-%s-%d.jsonl", folder, stamp, serial)
				  : mem_printf("%s/organise-%s.jsonl", folder, stamp);
	}
	return path;
}

char *steps_write(const struct steps *s, struct err *e)
{
	auto_free char *house = file_join(s->to, ".dicom-qr");
	auto_buf struct buf text = BUF_INIT(LIST_BYTES_MAX);
	char *path;

	if ((!s->link && check_names(s, e) < 0) || beneath_make_dirs(s->to, house, e) < 0)
		return NULL;
	put_head(&text, s);
	for (size_t i = 0; i < s->count; i++)
		put_step(&text, &s->items[i]);
	path = free_name(house);
	if (text.over)
		err_set(e, ERR_USAGE, "too many files at once: organise the folders below %s one by one", s->from);
	else if (file_replace(path, text.data, text.len, e) == 0)
		return path;
	free(path);
	return NULL;
}

/* Names that are exchanged for one another go by a hall of ours, .dicom-qr/organise-PID/N. */
static bool is_step_name(const char *name)
{
	static const char hall[] = ".dicom-qr/";

	return beneath_is_name(name) || (name && !strncmp(name, hall, strlen(hall)) && !strncmp(name + strlen(hall), "organise-", 9) &&
					 beneath_is_name(name + strlen(hall)));
}

static int read_head(const struct json *j, struct steps *s, struct err *e)
{
	const char *from = json_text(json_get(j, "from")), *to = json_text(json_get(j, "to"));

	if (json_int(json_get(j, "organise"), 0) != FORMAT || !from || *from != '/' || !to || *to != '/')
		return err_set(e, ERR_INPUT, "it is no list of organise");
	s->from = mem_str(from);
	s->to = mem_str(to);
	s->link = json_is_true(json_get(j, "link"));
	return 0;
}

static int read_line(const char *line, size_t len, struct steps *s, struct err *e)
{
	struct json *j = json_parse(line, len, e);
	const char *from = json_text(json_get(j, "from")), *to = json_text(json_get(j, "to"));
	const char *study = json_text(json_get(j, "studyInstanceUID"));
	int failed = j ? 0 : -1;

	if (j && !s->from)
		failed = read_head(j, s, e);
	else if (j && (!is_step_name(from) || !is_step_name(to)))
		failed = err_set(e, ERR_INPUT, "step %zu leads nowhere", s->count + 1);
	else if (j)
		steps_add(s, from, to, study ? study : "", json_int(json_get(j, "bytes"), -1));
	json_free(j);
	return failed;
}

/* A list tells what to move where, so only we may have written it. */
static int read_own(const char *path, struct buf *text, struct err *e)
{
	auto_close int fd = file_open_own(path, O_RDONLY, 0, e);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, ERR_INPUT, "%s can be written to by others: its steps are not believed", path);
	return file_read_fd(fd, path, text, e);
}

int steps_read(const char *path, struct steps *s, struct err *e)
{
	auto_buf struct buf text = BUF_INIT(LIST_BYTES_MAX);
	const char *line, *end;

	if (read_own(path, &text, e) < 0)
		return -1;
	for (line = buf_text(&text); (end = strchr(line, '\n')); line = end + 1)
		if (read_line(line, (size_t)(end - line), s, e) < 0)
			return err_in(e, "%s", path);
	return s->from ? 0 : err_set(e, ERR_INPUT, "%s is no list of organise", path);
}

static bool is_same_folder(const char *a, const char *b)
{
	struct stat sa, sb;

	return !stat(a, &sa) && !stat(b, &sb) && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

int steps_belong(const struct steps *s, const char *list, const char *folder, struct err *e)
{
	auto_free char *house = file_join(s->to, ".dicom-qr"), *full = file_absolute(list);

	if (folder && !is_same_folder(folder, s->to) && !is_same_folder(folder, s->from))
		return err_set(e, ERR_INPUT, "%s is no list of %s: it tells of %s", list, folder, s->to);
	*strrchr(full, '/') = '\0';
	if (!folder && !is_same_folder(*full ? full : "/", house))
		return err_set(e, ERR_INPUT, "%s does not lie in %s, where organise wrote it: give the folder, too (organise DIR --undo FILE)",
			       list, house);
	return 0;
}
