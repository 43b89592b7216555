/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing a state file.  Study by study through one small buffer, under a temporary name until it is whole and on the
 * disk. */
#include "core/plan/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "core/plan/members.h"
#include "core/plan/state_p.h"

/* The text goes to a file in pieces, or whole into a buffer. */
struct out {
	FILE *file;		/* NULL: piece is the destination */
	struct buf *piece;
	struct buf scratch;	/* one object as JSON */
	size_t written;
	bool failed;		/* of the file; errno is in why */
	int why;
};

static void flush_piece(struct out *o)
{
	if (!o->file)
		return;
	o->written += o->piece->len;
	if (!o->failed && fwrite(buf_text(o->piece), 1, o->piece->len, o->file) != o->piece->len) {
		o->failed = true;
		o->why = errno;
	}
	buf_reset(o->piece);
}

/* The members of object as lines that continue an object at this indent, whose first member is out already or not. */
static void put_members(struct out *o, const struct json *object, const char *indent, bool first)
{
	const char *line, *end;

	if (!json_count(object))
		return;
	buf_reset(&o->scratch);
	json_write(&o->scratch, object, true);
	/* "{\n  members\n}": all lines but the first and the last; a string has no line end in it. */
	line = strchr(buf_text(&o->scratch), '\n');
	buf_str(o->piece, first ? "" : ",");
	while (line && (end = strchr(line + 1, '\n'))) {
		buf_char(o->piece, '\n');
		buf_str(o->piece, indent);
		buf_add(o->piece, line + 1, (size_t)(end - line) - 1);
		line = end;
	}
}

static struct json *list_json(const struct wanted_list *list)
{
	struct json *items = json_new(JSON_ARRAY);

	for (size_t i = 0; i < list->count; i++) {
		const struct wanted *w = &list->items[i];
		struct json *item = json_new(JSON_OBJECT);

		if (*w->series)
			json_set(item, "seriesInstanceUID", json_string(w->series));
		json_set(item, "sopInstanceUID", json_string(w->sop));
		if (*w->sop_class)
			json_set(item, "sopClassUID", json_string(w->sop_class));
		json_add(items, item);
	}
	return items;
}

static struct json *study_json(const struct plan_study *s)
{
	struct json *object = json_new(JSON_OBJECT);

	study_to_json(&s->study, object);
	json_set(object, "status", json_string(verdict_name(s->verdict)));
	if (s->why && *s->why)
		json_set(object, s->verdict == VERDICT_SKIPPED ? "reason" : "error", json_string(s->why));
	if (s->verdict == VERDICT_SKIPPED)
		json_set(object, "skipped", json_string(skip_name(s->skip)));
	if (plan_study_later(s))
		json_set(object, "later", json_bool(true));
	numbers_give(s, object);
	if (s->counted != COUNT_NONE)
		json_set(object, "expectedFrom", json_string(count_source_name(s->counted)));
	if (s->series_uid && *s->series_uid)
		json_set(object, "seriesInstanceUID", json_string(s->series_uid));
	if (s->only.count)
		json_set(object, "instances", list_json(&s->only));
	if (s->whole.count)
		json_set(object, "instancesOf", list_json(&s->whole));
	if (s->missing.count)
		json_set(object, "missing", list_json(&s->missing));
	return object;
}

static void put_study(struct out *o, const struct plan_study *s, bool first)
{
	struct json *object = study_json(s);

	buf_str(o->piece, first ? "\n    {" : ",\n    {");
	put_members(o, object, "    ", true);
	put_members(o, s->extra, "    ", false);
	buf_str(o->piece, "\n    }");
	json_free(object);
	flush_piece(o);
}

static void put_plan(struct out *o, const struct plan *p)
{
	struct json *how = json_new(JSON_OBJECT);

	settings_give(&p->how, how);
	buf_init(&o->scratch, STATE_BYTES_MAX);
	buf_str(o->piece, "{\n  \"studies\": [");
	for (size_t i = 0; i < p->count; i++)
		put_study(o, &p->studies[i], !i);
	buf_str(o->piece, p->count ? "\n  ]" : "]");
	if (p->not_covered)
		json_set(how, "notCovered", json_string(p->not_covered));
	put_members(o, how, "", false);
	put_members(o, p->extra, "", false);
	buf_str(o->piece, "\n}\n");
	flush_piece(o);
	buf_done(&o->scratch);
	json_free(how);
}

void state_text(const struct plan *p, struct buf *text)
{
	put_plan(&(struct out){ .piece = text }, p);
}

int state_put(FILE *file, const struct plan *p, struct err *e)
{
	auto_buf struct buf piece = BUF_INIT(STATE_BYTES_MAX);
	struct out o = { .file = file, .piece = &piece };

	put_plan(&o, p);
	errno = o.why;
	if (o.failed || fflush(file))
		return err_sys(e, "write");
	if (o.written > STATE_BYTES_MAX)
		return err_set(e, ERR_INPUT, "larger than %zu bytes: nobody could read it again", STATE_BYTES_MAX);
	return 0;
}

/* Takes fd. */
static int write_and_close(int fd, const struct plan *p, struct err *e)
{
	FILE *file = fdopen(fd, "w");
	int failed;

	if (!file) {
		err_sys(e, "open");
		close(fd);
		return -1;
	}
	failed = state_put(file, p, e);
	if (!failed && (fchmod(fd, file_mode()) < 0 || fsync(fd) < 0))
		failed = err_sys(e, "write");
	if (fclose(file) && !failed)
		failed = err_sys(e, "write");
	return failed;
}

/* Text that is not UTF-8 cannot be kept in JSON, and another path must not come back. */
static int check_output(const char *path, struct err *e)
{
	size_t len = path ? strlen(path) : 0, good;

	for (; len; path += good, len -= good)
		if (!(good = buf_utf8_len(path, len)))
			return err_set(e, ERR_USAGE, "the output folder's name is not UTF-8 and cannot be kept in a state file");
	return 0;
}

/* The file itself where path is a link to it; refuses devices, which a rename would replace. */
static char *resolve(const char *path, struct err *e)
{
	struct stat st;
	char *target;

	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		err_set(e, ERR_USAGE, "%s is there and no plain file", path);
		return NULL;
	}
	target = realpath(path, NULL);
	return target ? target : mem_str(path);
}

int state_write(const char *path, const struct plan *p, struct err *e)
{
	auto_free char *target = resolve(path, e);
	const char *slash = target ? strrchr(target, '/') : NULL;
	auto_free char *dir = slash ? mem_strn(target, slash == target ? 1 : (size_t)(slash - target)) : mem_str(".");
	auto_free char *temp = target ? mem_printf("%s/.%.200s.XXXXXX", dir, slash ? slash + 1 : target) : NULL;
	int fd;

	if (!target || check_output(p->how.output, e) < 0)
		return -1;
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "create %s", temp);
	if (write_and_close(fd, p, e) < 0 || (rename(temp, target) < 0 && err_sys(e, "rename") < 0)) {
		unlink(temp);
		return err_in(e, "%s", path);
	}
	return file_sync_dir(dir, e);
}
