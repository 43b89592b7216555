/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading JSON.  yajl calls back; a value joins its parent when it is complete, so that at any error the open frames and
 * the root are all there is to free.  The text may be anybody's: depth, values and digits have ceilings. */
#include "parse/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/map.h"
#include "base/mem.h"
#include "parse/json_p.h"

enum {
	NUMBER_MAX = 512,		/* bytes of a number's text */
	VALUES_MAX = 5000000,		/* held at once: some hundred MB */
	SEARCHED_MAX = 16		/* members before a repeated name is looked for in a table */
};
#define TEXT_MAX ((size_t)1 << 30)	/* yajl 2.1 miscounts its buffer at 2 GB */

struct frame {
	struct json *node;
	char *name;			/* of the member whose value comes next */
	struct map *names;		/* of a large object */
};

struct reading {
	struct frame stack[JSON_DEPTH_MAX];
	size_t depth;
	struct json *root;
	size_t values;
	const char *key;		/* of the items; NULL */
	int (*item)(void *owner, struct json *, struct err *);
	void *owner;
	struct err why;			/* for which a callback stopped */
};

/* Callbacks of yajl return 0 to stop. */
static int refuse(struct reading *r, const char *reason)
{
	err_set(&r->why, ERR_INPUT, "%s", reason);
	return 0;
}

static bool among_items(const struct reading *r)
{
	return r->key && r->depth == 2 && r->stack[1].node->type == JSON_ARRAY && r->stack[0].node->type == JSON_OBJECT &&
	       !strcmp(r->stack[0].name, r->key);
}

static int join(struct reading *r, struct json *value)
{
	struct frame *top;

	if (!r->depth) {
		r->root = value;
		return 1;
	}
	if (among_items(r)) {
		r->values = 0;
		return r->item(r->owner, value, &r->why) < 0 ? 0 : 1;
	}
	top = &r->stack[r->depth - 1];
	json_append(top->node, top->name, value);
	top->name = NULL;
	return 1;
}

static int join_counted(struct reading *r, struct json *value)
{
	if (++r->values <= VALUES_MAX)
		return join(r, value);
	json_free(value);
	return refuse(r, "too many values");
}

static int on_null(void *ctx)
{
	return join_counted(ctx, json_make(JSON_NULL));
}

static int on_bool(void *ctx, int truth)
{
	return join_counted(ctx, json_bool(truth));
}

static int on_number(void *ctx, const char *digits, size_t len)
{
	char text[NUMBER_MAX];
	bool whole = !memchr(digits, '.', len) && !memchr(digits, 'e', len) && !memchr(digits, 'E', len);
	long long integer = 0;
	double number = 0;

	if (len >= sizeof text)
		return refuse(ctx, "a number with too many digits");
	memcpy(text, digits, len);
	text[len] = '\0';
	errno = 0;
	if (whole)
		integer = strtoll(text, NULL, 10);
	else
		number = strtod_l(text, NULL, json_locale());
	/* strtod also complains of what is too small and rounded to nearly nothing: that is close enough. */
	if (whole ? errno == ERANGE : !isfinite(number))
		return refuse(ctx, "a number out of range");
	return join_counted(ctx, whole ? json_integer(integer) : json_double(number));
}

/* yajl lets through encoded surrogates and overlong forms, and a NUL would cut the text short unseen. */
static bool check_text(struct reading *r, const char *text, size_t len)
{
	size_t good;

	if (memchr(text, '\0', len))
		return refuse(r, "a string with a NUL character");
	for (; len; text += good, len -= good) {
		good = buf_utf8_len(text, len);
		if (!good)
			return refuse(r, "a string that is not UTF-8");
	}
	return true;
}

static int on_string(void *ctx, const unsigned char *text, size_t len)
{
	struct json *j;

	if (!check_text(ctx, (const char *)text, len))
		return 0;
	j = json_make(JSON_STRING);
	j->text = mem_strn((const char *)text, len);
	return join_counted(ctx, j);
}

static bool is_repeated(struct frame *f, const char *name)
{
	const struct json *object = f->node;

	if (object->count < SEARCHED_MAX)
		return json_get(object, name);
	if (!f->names) {
		f->names = map_new();
		for (size_t i = 0; i < object->count; i++)
			map_put(f->names, object->members[i].name, NULL);
	}
	return !map_put(f->names, name, NULL);
}

static int on_name(void *ctx, const unsigned char *text, size_t len)
{
	struct reading *r = ctx;
	struct frame *top = &r->stack[r->depth - 1];

	if (!check_text(r, (const char *)text, len))
		return 0;
	top->name = mem_strn((const char *)text, len);
	if (!is_repeated(top, top->name))
		return 1;
	err_set(&r->why, ERR_INPUT, "member \"%.80s\" occurs twice", top->name);
	return 0;
}

static int open_frame(struct reading *r, enum json_type type)
{
	if (r->depth == JSON_DEPTH_MAX)
		return refuse(r, "nested too deeply");
	if (++r->values > VALUES_MAX)
		return refuse(r, "too many values");
	r->stack[r->depth++] = (struct frame){ json_make(type), NULL, NULL };
	return 1;
}

static int on_object(void *ctx)
{
	return open_frame(ctx, JSON_OBJECT);
}

static int on_array(void *ctx)
{
	return open_frame(ctx, JSON_ARRAY);
}

static struct json *pop(struct reading *r)
{
	struct frame *top = &r->stack[--r->depth];

	map_free(top->names, NULL);
	free(top->name);
	return top->node;
}

static int on_close(void *ctx)
{
	return join(ctx, pop(ctx));
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null, .yajl_boolean = on_bool, .yajl_number = on_number, .yajl_string = on_string,
	.yajl_start_map = on_object, .yajl_map_key = on_name, .yajl_end_map = on_close,
	.yajl_start_array = on_array, .yajl_end_array = on_close,
};

static void *resize(void *unused, void *old, size_t size)
{
	(void)unused;
	return mem_resize(old, size, 1);
}

static void *allocate(void *unused, size_t size)
{
	return resize(unused, NULL, size);
}

static void release(void *unused, void *memory)
{
	(void)unused;
	free(memory);
}

static size_t count_lines(const char *text, size_t len)
{
	size_t lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	return lines;
}

/* What an item's taker says gets a line only when it is the text's fault. */
static void explain(struct reading *r, yajl_handle y, size_t line, struct err *e)
{
	if (r->why.kind == ERR_NONE) {
		unsigned char *said = yajl_get_error(y, 0, NULL, 0);

		if (strstr((char *)said, "premature EOF"))
			err_set(&r->why, ERR_INPUT, "the text ends in the middle");
		else
			err_set(&r->why, ERR_INPUT, "%.*s", (int)strcspn((char *)said, ".\n"), (char *)said);
		yajl_free_error(y, said);
	}
	*e = r->why;
	if (e->kind == ERR_INPUT)
		err_in(e, "line %zu", line);
}

static int read_pieces(struct reading *r, yajl_handle y, json_more_fn *more, void *source, struct err *e)
{
	yajl_status status = yajl_status_ok;
	size_t line = 1, total = 0, len;
	const char *piece;

	for (;;) {
		if (more(source, &piece, &len, e) < 0)
			return -1;
		if (!len)
			break;
		total += len;
		if (total > TEXT_MAX)
			return err_set(e, ERR_INPUT, "larger than %zu bytes", TEXT_MAX);
		status = yajl_parse(y, (const unsigned char *)piece, len);
		if (status != yajl_status_ok)
			len = yajl_get_bytes_consumed(y);
		line += count_lines(piece, len);
		if (status != yajl_status_ok)
			break;
	}
	if (status == yajl_status_ok)
		status = yajl_complete_parse(y);
	if (status == yajl_status_ok)
		return 0;
	explain(r, y, line, e);
	return -1;
}

struct json *json_read_items(json_more_fn *more, void *source, const char *key,
			     int (*item)(void *owner, struct json *, struct err *), void *owner, struct err *e)
{
	struct reading r = { .key = key, .item = item, .owner = owner };
	yajl_alloc_funcs memory = { allocate, resize, release, NULL };
	yajl_handle y = yajl_alloc(&callbacks, &memory, &r);
	int failed = read_pieces(&r, y, more, source, e);

	yajl_free(y);
	while (r.depth)
		json_free(pop(&r));
	if (!failed)
		return r.root;
	json_free(r.root);
	return NULL;
}

struct text {
	const char *left;
	size_t len;
};

static int rest_of_text(void *source, const char **ret_piece, size_t *ret_len, struct err *e)
{
	struct text *t = source;

	(void)e;
	*ret_piece = t->left;
	*ret_len = t->len;
	t->len = 0;
	return 0;
}

struct json *json_parse_items(const char *text, size_t len, const char *key,
			      int (*item)(void *owner, struct json *, struct err *), void *owner, struct err *e)
{
	struct text t = { text, len };

	/* A byte order mark is what some editors leave in files written by hand. */
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		t = (struct text){ text + 3, len - 3 };
	return json_read_items(rest_of_text, &t, key, item, owner, e);
}

struct json *json_parse(const char *text, size_t len, struct err *e)
{
	return json_parse_items(text, len, NULL, NULL, NULL, e);
}
