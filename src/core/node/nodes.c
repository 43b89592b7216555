/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading, checking, changing and writing nodes.json.  The JSON object of each node stays beside what was understood of it, so that
 * whatever we have no name for is written again. */
#include "core/node/nodes.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/ownership.h"
#include "core/plan/hours.h"
#include "dicom/charset.h"
#include "dicom/value.h"

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif
#define BYTES_MAX BUF_MB(16)
#define NUMBER_MAX 1000000

enum { NAME_MAX_BYTES = 64 };

/* ---- members of a node ---- */

static int no_text(const char *name, struct err *e)
{
	return err_set(e, ERR_INPUT, "%s: a text is expected", name);
}

static int take_title(char to[17], bool *stated, const struct json *value, const char *name, struct err *e)
{
	const char *text = json_text(value);

	if (!text)
		return no_text(name, e);
	if (ae_title_check(text, name, e) < 0)
		return -1;
	snprintf(to, 17, "%s", text);
	if (stated)
		*stated = true;
	return 0;
}

static int take_int(int *to, long long min, long long max, const struct json *value, const char *name, struct err *e)
{
	long long number = json_int(value, min - 1);

	if (json_type(value) != JSON_INTEGER || number < min || number > max)
		return err_set(e, ERR_INPUT, "%s: a number from %lld to %lld is expected", name, min, max);
	*to = (int)number;
	return 0;
}

static int take_flag(bool *to, const struct json *value, const char *name, struct err *e)
{
	if (json_type(value) != JSON_BOOL)
		return err_set(e, ERR_INPUT, "%s: true or false is expected", name);
	*to = json_is_true(value);
	return 0;
}

/* A word on the command line: no address, no number, no option. */
static int take_name(struct node *n, const struct json *value, const char *name, struct err *e)
{
	const char *text = json_text(value);
	size_t len = text ? strlen(text) : 0;

	if (!len)
		return no_text(name, e);
	if (len > NAME_MAX_BYTES || !isalnum((unsigned char)*text) || strspn(text, "0123456789") == len ||
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") != len)
		return err_set(e, ERR_INPUT, "%s: '%.80s' is no name for a node: letters, digits, . _ and -, at most %d, not digits alone",
			       name, text, NAME_MAX_BYTES);
	n->name = text;
	return 0;
}

static int check_host(const char *text, const char *name, struct err *e)
{
	auto_free char *url = mem_printf("pacs://%s:1", text);
	struct peer p;
	struct err why = { ERR_NONE, "" };

	peer_init(&p);
	if (!*text || peer_parse(&p, url, NULL, NULL, &why) < 0 || strcmp(p.host, text) != 0)
		return err_set(e, ERR_INPUT, "%s: '%.100s' is no host name or IPv4 address", name, text);
	return 0;
}

static int take_host(struct node *n, const struct json *value, const char *name, struct err *e)
{
	const char *text = json_text(value);

	if (!text)
		return no_text(name, e);
	if (check_host(text, name, e) < 0)
		return -1;
	snprintf(n->peer.host, sizeof n->peer.host, "%s", text);
	return 0;
}

static int take_number(struct node *n, const struct json *value, const char *name, struct err *e)
{
	return take_int(&n->number, 1, NUMBER_MAX, value, name, e);
}

static int take_port(struct node *n, const struct json *value, const char *name, struct err *e)
{
	return take_int(&n->peer.port, 1, 65535, value, name, e);
}

static int take_listen(struct node *n, const struct json *value, const char *name, struct err *e)
{
	return take_int(&n->listen_port, 1, 65535, value, name, e);
}

static int take_called(struct node *n, const struct json *value, const char *name, struct err *e)
{
	return take_title(n->peer.called, &n->called_stated, value, name, e);
}

static int take_calling(struct node *n, const struct json *value, const char *name, struct err *e)
{
	return take_title(n->peer.calling, &n->calling_stated, value, name, e);
}

static int take_destination(struct node *n, const struct json *value, const char *name, struct err *e)
{
	return take_title(n->destination, NULL, value, name, e);
}

static int take_model(struct node *n, const struct json *value, const char *name, struct err *e)
{
	if (!json_text(value))
		return no_text(name, e);
	return model_parse(json_text(value), &n->peer.model, e) < 0 ? err_in(e, "%s", name) : 0;
}

static int take_method(struct node *n, const struct json *value, const char *name, struct err *e)
{
	if (!json_text(value))
		return no_text(name, e);
	n->method_stated = true;
	return method_parse(json_text(value), &n->method, e) < 0 ? err_in(e, "%s", name) : 0;
}

static int take_charset(struct node *n, const struct json *value, const char *name, struct err *e)
{
	const char *text = json_text(value);

	if (!text)
		return no_text(name, e);
	if (!charset_is_known(text) || strlen(text) >= sizeof n->peer.charset)
		return err_set(e, ERR_INPUT, "%s: '%.40s' is no DICOM character set (such as ISO_IR 100, ISO_IR 192, GB18030)", name, text);
	snprintf(n->peer.charset, sizeof n->peer.charset, "%s", text);
	return 0;
}

static int take_file(char to[256], const struct json *value, const char *name, struct err *e)
{
	const char *text = json_text(value);

	if (!text || (*text != '/' && strcmp(text, TLS_ANYBODY) != 0) || strlen(text) >= 256)
		return err_set(e, ERR_INPUT, "%s: an absolute path of at most 255 bytes is expected", name);
	snprintf(to, 256, "%s", text);
	return 0;
}

static int take_tls_authorities(struct node *n, const struct json *value, const char *name, struct err *e)
{
	return take_file(n->peer.tls.authorities, value, name, e);
}

static int take_tls_certificate(struct node *n, const struct json *value, const char *name, struct err *e)
{
	return take_file(n->peer.tls.certificate, value, name, e);
}

static int take_tls_key(struct node *n, const struct json *value, const char *name, struct err *e)
{
	return take_file(n->peer.tls.key, value, name, e);
}

static int take_output(struct node *n, const struct json *value, const char *name, struct err *e)
{
	const char *text = json_text(value);

	if (!text || *text != '/' || strlen(text) >= PATH_MAX)
		return err_set(e, ERR_INPUT, "%s: an absolute path is expected", name);
	n->output = text;
	return 0;
}

static int take_layout(struct node *n, const struct json *value, const char *name, struct err *e)
{
	struct layout *layout;

	if (!json_text(value))
		return no_text(name, e);
	layout = layout_parse(json_text(value), e);
	if (!layout)
		return err_in(e, "%s", name);
	layout_free(layout);
	n->layout = json_text(value);
	return 0;
}

static int take_listen_address(struct node *n, const struct json *value, const char *name, struct err *e)
{
	const char *text = json_text(value);
	struct in_addr in;

	if (!text)
		return no_text(name, e);
	if (inet_pton(AF_INET, text, &in) != 1)
		return err_set(e, ERR_INPUT, "%s: '%.60s' is no IPv4 address", name, text);
	snprintf(n->listen_address, sizeof n->listen_address, "%s", text);
	return 0;
}

/* The bits behind the / are checked when the receiver opens. */
static int check_sender(const char *text, const char *name, struct err *e)
{
	auto_free char *host = mem_strn(text, strcspn(text, "/"));

	return check_host(host, name, e);
}

static int check_title(const char *text, const char *name, struct err *e)
{
	return strcmp(text, "*") != 0 ? ae_title_check(text, name, e) : 0;
}

static int take_texts(const char ***items, size_t *count, const struct json *value, const char *name,
		      int (*check)(const char *text, const char *name, struct err *), struct err *e)
{
	size_t room = 0;

	if (json_type(value) != JSON_ARRAY)
		return err_set(e, ERR_INPUT, "%s: a list is expected", name);
	for (size_t i = 0; i < json_count(value); i++) {
		const char *text = json_text(json_at(value, i));

		if (!text || check(text, name, e) < 0)
			return text ? -1 : no_text(name, e);
		mem_grow(*items, *count, room);
		(*items)[(*count)++] = text;
	}
	return 0;
}

static int take_accept(struct node *n, const struct json *value, const char *name, struct err *e)
{
	return take_texts(&n->accept_from, &n->accept_count, value, name, check_sender, e);
}

static int take_accept_aet(struct node *n, const struct json *value, const char *name, struct err *e)
{
	return take_texts(&n->accept_aet, &n->aet_count, value, name, check_title, e);
}

static int take_require_date(struct node *n, const struct json *value, const char *name, struct err *e)
{
	return take_flag(&n->require_date, value, name, e);
}

static int take_no_modality_filter(struct node *n, const struct json *value, const char *name, struct err *e)
{
	return take_flag(&n->no_modality_filter, value, name, e);
}

static int take_windows(struct node *n, const struct json *value, const char *name, struct err *e)
{
	struct hours hours;

	if (!json_text(value))
		return no_text(name, e);
	if (hours_parse(json_text(value), &hours, e) < 0)
		return err_in(e, "%s", name);
	n->windows = json_text(value);
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct node *, const struct json *, const char *name, struct err *);
} members[] = {
	{ "name", take_name }, { "number", take_number }, { "host", take_host }, { "port", take_port }, { "calledAE", take_called },
	{ "callingAE", take_calling }, { "model", take_model }, { "charset", take_charset }, { "method", take_method },
	{ "moveDestination", take_destination }, { "listenPort", take_listen }, { "listenAddress", take_listen_address },
	{ "acceptFrom", take_accept }, { "acceptAET", take_accept_aet },
	{ "outputPath", take_output }, { "layout", take_layout }, { "requireDate", take_require_date },
	{ "noModalityFilter", take_no_modality_filter }, { "windows", take_windows }, { "tlsAuthorities", take_tls_authorities },
	{ "tlsCertificate", take_tls_certificate }, { "tlsKey", take_tls_key },
};

static bool is_member(const char *name)
{
	for (size_t i = 0; i < countof(members); i++)
		if (!strcmp(members[i].name, name))
			return true;
	return false;
}

const char *node_unknown(const struct node *n, size_t *at)
{
	while (*at < json_count(n->members)) {
		const char *name = json_name_at(n->members, (*at)++);

		if (!is_member(name))
			return name;
	}
	return NULL;
}

static void node_done(struct node *n)
{
	json_free(n->members);
	free(n->accept_from);
	free(n->accept_aet);
	memset(n, 0, sizeof *n);
}

/* Fills a zeroed node; *ret_member is what is wrong. */
static int take_node(struct node *n, struct json *object, const char **ret_member, struct err *e)
{
	peer_init(&n->peer);
	n->peer.host[0] = '\0';
	n->method = METHOD_MOVE;
	*ret_member = NULL;
	if (json_type(object) != JSON_OBJECT)
		return err_set(e, ERR_INPUT, "an object is expected");
	for (size_t i = 0; i < countof(members); i++) {
		const struct json *value = json_get(object, members[i].name);

		if (json_type(value) == JSON_NULL)
			continue;
		*ret_member = members[i].name;
		if (members[i].take(n, value, members[i].name, e) < 0) {
			e->kind = ERR_INPUT;
			return -1;
		}
	}
	*ret_member = NULL;
	if (!n->name)
		return err_set(e, ERR_INPUT, "name is missing");
	if (tls_check(&n->peer.tls, e) < 0) {
		e->kind = ERR_INPUT;
		return err_in(e, "%s", n->name);
	}
	if (!*n->peer.host && !n->listen_port)
		return err_set(e, ERR_INPUT, "%s: host is missing (only a receiver of our own, with a listenPort, needs none)", n->name);
	return 0;
}

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
	return err_set(e, ERR_INPUT, "number %d is that of node '%s' already", n->number, other->name);
}

static int on_node(void *owner, struct json *object, struct err *e)
{
	struct parsing *p = owner;
	struct nodes_file *f = p->file;
	struct node n = { .members = object };

	if (take_node(&n, object, &p->member, e) == 0) {
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

	if (take_node(&n, object, &member, e) < 0 || check_number(&c->own, &n, e) < 0) {
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

void node_settle(const struct node *n, struct settings *how)
{
	how->peer = n->peer;
	if (n->method_stated)
		how->method = n->method;
	how->method_stated |= n->method_stated;
	if (*n->destination)
		memcpy(how->destination, n->destination, sizeof how->destination);
	if (n->listen_port) {
		how->listen_port = n->listen_port;
		memcpy(how->listen_address, n->listen_address, sizeof how->listen_address);
	}
	if (n->output) {
		free(how->output);
		how->output = file_absolute(n->output);
	}
	if (n->layout) {
		free(how->layout);
		how->layout = mem_str(n->layout);
		how->hierarchical = false;
	}
	if (n->windows) {
		free(how->window);
		how->window = mem_str(n->windows);
	}
	if (n->aet_count) {
		how->accept_aet.items = n->accept_aet;
		how->accept_aet.count = n->aet_count;
	}
	if (n->accept_count) {
		how->accept_from.items = n->accept_from;
		how->accept_from.count = n->accept_count;
	}
}
