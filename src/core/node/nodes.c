/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading, checking, changing and writing nodes.json.  The JSON object of each node stays beside what was understood of it, so that
 * whatever we have no name for is written again. */
#include "core/node/nodes_p.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/ownership.h"

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif
#define BYTES_MAX BUF_MB(16)

/* ---- a file ---- */

struct parsing {
	struct nodes_file *file;
	const char *member;		/* of the error */
};

static struct node *by_name(const struct nodes_file *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (!strcmp(f->nodes[i].name, name))
			return &f->nodes[i];
	return NULL;
}

static struct node *by_number(const struct nodes_file *f, int number)
{
	for (size_t i = 0; number > 0 && i < f->count; i++)
		if (f->nodes[i].number == number)
			return &f->nodes[i];
	return NULL;
}

/* Is its number another's? */
static int check_number(const struct nodes_file *f, const struct node *n, struct err *e)
{
	const struct node *other = by_number(f, n->number);

	if (!other || !strcmp(other->name, n->name))
		return 0;
	return err_set(e, ERR_INPUT, "number %d is already used by node '%s'", n->number, other->name);
}

static int on_node(void *owner, struct json *object, struct err *e)
{
	struct parsing *p = owner;
	struct nodes_file *f = p->file;
	struct node n = { .members = object };

	if (node_take(&n, object, &p->member, e) == 0) {
		p->member = by_name(f, n.name) ? "name" : "number";
		if (by_name(f, n.name))
			err_set(e, ERR_INPUT, "name: '%s' is named twice", n.name);
		else if (check_number(f, &n, e) == 0) {
			mem_grow(f->nodes, f->count, f->room);
			f->nodes[f->count++] = n;
			return 0;
		}
	}
	err_in(e, "nodes[%zu]", f->count);
	node_done(&n);
	return -1;
}

static int take_top(const struct json *top, struct err *e)
{
	const struct json *format = json_get(top, "format"), *fallback = json_get(top, "default");

	if (json_type(top) != JSON_OBJECT)
		return err_set(e, ERR_INPUT, "no list of nodes: it does not begin with {");
	if (json_type(json_get(top, "nodes")) != JSON_ARRAY)
		return err_set(e, ERR_INPUT, json_get(top, "nodes") ? "nodes: a list is expected" : "no member \"nodes\"");
	if (json_type(format) != JSON_NULL && (json_type(format) != JSON_INTEGER || json_int(format, 0) != NODES_FORMAT))
		return err_set(e, ERR_INPUT, "format: only %d is known here; a newer dicom-qr may have written it", NODES_FORMAT);
	if (json_type(fallback) != JSON_NULL && !json_text(fallback))
		return err_set(e, ERR_INPUT, "default: the name of a node is expected");
	return 0;
}

/* The error of an item carries the line on which the item ended; the member stands somewhat before it. */
static void point_at_member(const char *text, size_t len, const char *member, struct err *e)
{
	auto_free char *key = mem_printf("\"%s\"", member);
	auto_free char *rest = NULL;
	size_t end = 0, line = 1, last = 0, found = 0;

	if (sscanf(e->text, "line %zu:", &last) != 1)
		return;
	rest = mem_str(strchr(e->text, ':'));
	for (; end < len && line <= last; end++) {
		if (len - end >= strlen(key) && !memcmp(text + end, key, strlen(key)))
			found = line;
		line += text[end] == '\n';
	}
	if (found)
		err_set(e, ERR_INPUT, "line %zu%s", found, rest);
}

static int parse_into(struct nodes_file *f, const char *text, size_t len, struct err *e)
{
	struct parsing p = { f, NULL };

	f->top = json_parse_items(text, len, "nodes", on_node, &p, e);
	if (f->top)
		return take_top(f->top, e);
	if (p.member)
		point_at_member(text, len, p.member, e);
	return -1;
}

int nodes_parse(struct nodes_file *f, const char *text, size_t len, struct err *e)
{
	struct nodes_file fresh = { .path = f->path };

	if (parse_into(&fresh, text, len, e) < 0) {
		fresh.path = NULL;
		nodes_file_done(&fresh);
		return -1;
	}
	f->path = NULL;
	nodes_file_done(f);
	*f = fresh;
	return 0;
}

void nodes_file_done(struct nodes_file *f)
{
	for (size_t i = 0; i < f->count; i++)
		node_done(&f->nodes[i]);
	free(f->nodes);
	free(f->path);
	json_free(f->top);
	memset(f, 0, sizeof *f);
}

static struct json *copy(const struct json *j)
{
	auto_buf struct buf text = BUF_INIT(BYTES_MAX * 2);
	struct err e = { ERR_NONE, "" };

	json_write(&text, j, false);
	return json_parse(buf_text(&text), text.len, &e);
}

static struct json *new_top(void)
{
	struct json *top = json_new(JSON_OBJECT);

	json_set(top, "format", json_integer(NODES_FORMAT));
	json_set(top, "nodes", json_new(JSON_ARRAY));
	return top;
}

void nodes_text(const struct nodes_file *f, struct buf *out)
{
	struct json *top = f->top ? copy(f->top) : new_top(), *nodes = json_new(JSON_ARRAY);

	for (size_t i = 0; i < f->count; i++)
		json_add(nodes, copy(f->nodes[i].members));
	json_set(top, "nodes", nodes);
	json_write(out, top, true);
	buf_char(out, '\n');
	json_free(top);
}

/* ---- both files ---- */

char *nodes_own_path(void)
{
	const char *named = getenv("DICOM_QR_CONFIG"), *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (named && *named)
		return file_absolute(named);
	if (xdg && *xdg == '/')
		return mem_printf("%s/dicom-qr/nodes.json", xdg);
	return mem_printf("%s/.config/dicom-qr/nodes.json", home && *home ? home : "");
}

/* The line of a member's name, looked for from *at on, which is moved behind it. */
static long line_of(const char *text, const char *member, size_t *at)
{
	auto_free char *key = mem_printf("\"%s\"", member);
	const char *found = strstr(text + *at, key);
	long line = 1;

	if (!found)
		return 0;
	for (const char *c = text; c < found; c++)
		line += *c == '\n';
	*at = (size_t)(found - text) + strlen(key);
	return line;
}

/* A member that means nothing to us may be somebody's note; one that is nearly a member of ours is a mistake. */
static void warn_of_misspelt(const struct nodes_file *f, const struct buf *text)
{
	size_t from = 0;

	for (size_t i = 0; i < f->count; i++) {
		const char *member;
		size_t at = 0, found;

		while ((member = node_unknown(&f->nodes[i], &at))) {
			auto_buf struct buf hint = BUF_INIT(512);

			node_hint(member, &hint);
			found = from;
			if (hint.len)
				log_warning("%s: line %ld: unknown member '%s' of node '%s' is ignored%s", f->path,
					    line_of(buf_text(text), member, &found), member, f->nodes[i].name, buf_text(&hint));
		}
		line_of(buf_text(text), f->nodes[i].name, &from);
	}
}

static int load_file(struct nodes_file *f, char *path, struct err *e)
{
	auto_buf struct buf text = BUF_INIT(BYTES_MAX);
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

	f->path = path;
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(e, "open %s", path);
	if (ownership_check(fd, path, e) < 0 || file_read_fd(fd, path, &text, e) < 0)
		return -1;
	if (nodes_parse(f, buf_text(&text), text.len, e) < 0)
		return err_in(e, "%s", path);
	warn_of_misspelt(f, &text);
	return 0;
}

int nodes_load(struct nodes *c, struct err *e)
{
	memset(c, 0, sizeof *c);
	if (load_file(&c->own, nodes_own_path(), e) < 0 ||
	    load_file(&c->system, mem_str(SYSCONFDIR "/dicom-qr/nodes.json"), e) < 0)
		return -1;
	return 0;
}

void nodes_done(struct nodes *c)
{
	nodes_file_done(&c->own);
	nodes_file_done(&c->system);
}

const struct node *nodes_find(const struct nodes *c, const char *word)
{
	const struct node *n = by_name(&c->own, word);
	size_t digits = strspn(word, "0123456789");

	if (n || (n = by_name(&c->system, word)))
		return n;
	if (!digits || word[digits] || digits > 7)
		return NULL;
	n = by_number(&c->own, atoi(word));
	return n ? n : by_number(&c->system, atoi(word));
}

const struct node *nodes_default(const struct nodes *c, struct err *e)
{
	const struct nodes_file *f = c->own.top && json_text(json_get(c->own.top, "default")) ? &c->own : &c->system;
	const char *name = f->top ? json_text(json_get(f->top, "default")) : NULL;
	const struct node *n = name ? nodes_find(c, name) : NULL;

	if (name && !n)
		err_set(e, ERR_USAGE, "%s: the default node '%s' is not among the nodes", f->path, name);
	return n;
}

bool nodes_any(const struct nodes *c)
{
	return c->own.count || c->system.count;
}

void nodes_names(const struct nodes *c, struct buf *out)
{
	const struct nodes_file *files[] = { &c->own, &c->system };

	for (size_t i = 0; i < countof(files); i++)
		for (size_t n = 0; n < files[i]->count; n++)
			if (i == 0 || !by_name(&c->own, files[i]->nodes[n].name))
				buf_printf(out, "%s%s", out->len ? ", " : "", files[i]->nodes[n].name);
	if (!out->len)
		buf_str(out, "none");
}

/* ---- changes ---- */

struct json *nodes_members(const struct node *n)
{
	return copy(n->members);
}

int nodes_put(struct nodes *c, struct json *object, bool replace, struct err *e)
{
	struct node n = { .members = object }, *old;
	const char *member;

	if (node_take(&n, object, &member, e) < 0 || check_number(&c->own, &n, e) < 0) {
		e->kind = ERR_USAGE;
		node_done(&n);
		return -1;
	}
	old = by_name(&c->own, n.name);
	if (old && !replace) {
		err_set(e, ERR_USAGE, "there is a node '%s' already: change it with \"dicom-qr node edit\"", n.name);
		node_done(&n);
		return -1;
	}
	if (old) {
		node_done(old);
		*old = n;
		return 0;
	}
	mem_grow(c->own.nodes, c->own.count, c->own.room);
	c->own.nodes[c->own.count++] = n;
	return 0;
}

int nodes_remove(struct nodes *c, const char *name, struct err *e)
{
	struct nodes_file *f = &c->own;
	struct node *n = by_name(f, name);
	const char *fallback = f->top ? json_text(json_get(f->top, "default")) : NULL;

	if (!n && by_name(&c->system, name))
		return err_set(e, ERR_USAGE, "node '%s' belongs to the whole system: it stands in %s", name, c->system.path);
	if (!n)
		return err_set(e, ERR_USAGE, "there is no node '%s' in %s", name, f->path);
	if (fallback && !strcmp(fallback, n->name))
		json_delete(f->top, "default");
	node_done(n);
	memmove(n, n + 1, (size_t)(f->nodes + f->count - n - 1) * sizeof *n);
	f->count--;
	return 0;
}

int nodes_set_default(struct nodes *c, const char *name, struct err *e)
{
	if (name && !nodes_find(c, name))
		return err_set(e, ERR_USAGE, "there is no node '%s'", name);
	if (!c->own.top)
		c->own.top = new_top();
	if (name)
		json_set(c->own.top, "default", json_string(nodes_find(c, name)->name));
	else
		json_delete(c->own.top, "default");
	return 0;
}

static int make_folder(const char *path, struct err *e)
{
	auto_free char *folder = mem_str(path);
	char *slash = strrchr(folder, '/');

	if (!slash || slash == folder)
		return 0;
	*slash = '\0';
	return file_make_dirs(folder, e);
}

int nodes_lock(struct err *e)
{
	auto_free char *path = nodes_own_path();
	auto_free char *lock = mem_printf("%s.lock", path);

	int fd = make_folder(path, e) < 0 ? -1 : file_lock(lock, e);

	if (fd >= 0)
		file_sweep_temps(path);
	return fd;
}

int nodes_save(const struct nodes *c, struct err *e)
{
	auto_buf struct buf text = BUF_INIT(BYTES_MAX);

	nodes_text(&c->own, &text);
	if (text.over)
		return err_set(e, ERR_USAGE, "%s would become larger than %zu bytes", c->own.path, (size_t)BYTES_MAX);
	return make_folder(c->own.path, e) < 0 ? -1 : file_replace(c->own.path, text.data, text.len, e);
}
