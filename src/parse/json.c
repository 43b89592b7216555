/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON values: a tree whose arrays and objects own what is in them, and its writing.  What is written is always valid:
 * text that is not UTF-8 is replaced, and control characters are escaped, and so
 * is what a reader of a terminal would not see. */
#include "parse/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "parse/json_p.h"

#define REPLACEMENT "\xef\xbf\xbd"

static bool holds_others(const struct json *j)
{
	return j && (j->type == JSON_ARRAY || j->type == JSON_OBJECT);
}

struct json *json_make(enum json_type type)
{
	struct json *j = mem_alloc(sizeof *j);

	j->type = type;
	return j;
}

struct json *json_new(enum json_type type)
{
	assert(type == JSON_NULL || type == JSON_ARRAY || type == JSON_OBJECT);
	return json_make(type);
}

struct json *json_string(const char *text)
{
	size_t left = text ? strlen(text) : 0, good;
	struct buf clean = BUF_INIT(left * 3);
	struct json *j = json_make(text ? JSON_STRING : JSON_NULL);

	if (!text)
		return j;
	for (; left; text += good, left -= good) {
		good = buf_utf8_len(text, left);
		buf_add(&clean, good ? text : REPLACEMENT, good ? good : 3);
		good = good ? good : 1;
	}
	j->text = buf_take(&clean);
	return j;
}

struct json *json_integer(long long integer)
{
	struct json *j = json_make(JSON_INTEGER);

	j->integer = integer;
	return j;
}

struct json *json_bool(bool truth)
{
	struct json *j = json_make(JSON_BOOL);

	j->truth = truth;
	return j;
}

struct json *json_double(double number)
{
	struct json *j = json_make(JSON_DOUBLE);

	j->number = number;
	return j;
}

void json_free(struct json *j)
{
	if (!j)
		return;
	if (j->type == JSON_STRING)
		free(j->text);
	for (size_t i = 0; holds_others(j) && i < j->count; i++) {
		free(j->members[i].name);
		json_free(j->members[i].value);
	}
	if (holds_others(j))
		free(j->members);
	free(j);
}

enum json_type json_type(const struct json *j)
{
	return j ? j->type : JSON_NULL;
}

void json_append(struct json *j, char *name, struct json *value)
{
	mem_grow(j->members, j->count, j->room);
	j->members[j->count++] = (struct member){ name, value };
}

static struct member *find(const struct json *object, const char *name)
{
	if (json_type(object) != JSON_OBJECT)
		return NULL;
	for (size_t i = 0; i < object->count; i++)
		if (!strcmp(object->members[i].name, name))
			return &object->members[i];
	return NULL;
}

struct json *json_get(const struct json *object, const char *name)
{
	const struct member *m = find(object, name);

	return m ? m->value : NULL;
}

void json_set(struct json *object, const char *name, struct json *value)
{
	struct member *m = find(object, name);

	assert(json_type(object) == JSON_OBJECT);
	if (!value)
		value = json_make(JSON_NULL);
	if (!m) {
		json_append(object, mem_str(name), value);
	} else if (m->value != value) {
		json_free(m->value);
		m->value = value;
	}
}

void json_delete(struct json *object, const char *name)
{
	struct member *m = find(object, name);

	if (!m)
		return;
	free(m->name);
	json_free(m->value);
	object->count--;
	memmove(m, m + 1, (size_t)(object->members + object->count - m) * sizeof *m);
}

void json_add(struct json *array, struct json *value)
{
	assert(json_type(array) == JSON_ARRAY);
	json_append(array, NULL, value ? value : json_make(JSON_NULL));
}

size_t json_count(const struct json *j)
{
	return holds_others(j) ? j->count : 0;
}

struct json *json_at(const struct json *j, size_t at)
{
	return at < json_count(j) ? j->members[at].value : NULL;
}

const char *json_name_at(const struct json *object, size_t at)
{
	return at < json_count(object) ? object->members[at].name : NULL;
}

const char *json_text(const struct json *j)
{
	return json_type(j) == JSON_STRING ? j->text : NULL;
}

long long json_int(const struct json *j, long long fallback)
{
	return json_type(j) == JSON_INTEGER ? j->integer : fallback;
}

double json_number(const struct json *j, double fallback)
{
	if (json_type(j) == JSON_INTEGER)
		return (double)j->integer;
	return json_type(j) == JSON_DOUBLE ? j->number : fallback;
}

bool json_is_true(const struct json *j)
{
	return json_type(j) == JSON_BOOL && j->truth;
}

locale_t json_locale(void)
{
	static locale_t c;

	if (!c)
		c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	return c;
}

/* What stands after the backslash for an ASCII character; 0 when it needs none. */
static char short_escape(char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t", escaped[] = "\"\\bfnrt";
	const char *at = c ? strchr(plain, c) : NULL;

	return at ? escaped[at - plain] : '\0';
}

static void write_char(struct buf *b, const char *text, size_t len)
{
	uint32_t code = len ? buf_utf8_code(text, len) : 0;
	char escape = short_escape(text[0]);

	if (!len)
		buf_str(b, REPLACEMENT);
	else if (escape)
		buf_printf(b, "\\%c", escape);
	else if (buf_is_unseen(code) && code > 0xffff)
		buf_printf(b, "\\u%04x\\u%04x", 0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff));
	else if (buf_is_unseen(code))
		buf_printf(b, "\\u%04x", code);
	else
		buf_add(b, text, len);
}

void json_write_string(struct buf *b, const char *text)
{
	size_t left = strlen(text);

	buf_char(b, '"');
	while (left) {
		size_t good = buf_utf8_len(text, left), step = good ? good : 1;

		write_char(b, text, good);
		text += step;
		left -= step;
	}
	buf_char(b, '"');
}

/* The fewest digits that read back as the same number, and always as a double. */
static void write_double(struct buf *b, double number)
{
	locale_t callers = uselocale(json_locale());
	char text[64];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, number);
		if (!(strtod(text, NULL) < number || strtod(text, NULL) > number))
			break;
	}
	uselocale(callers);
	buf_str(b, isfinite(number) ? text : "null");
	if (isfinite(number) && !strpbrk(text, ".e"))
		buf_str(b, ".0");
}

static void break_line(struct buf *b, bool pretty, int depth)
{
	if (pretty)
		buf_printf(b, "\n%*s", depth * 2, "");
}

static void write_value(struct buf *b, const struct json *j, bool pretty, int depth);

static void write_members(struct buf *b, const struct json *j, bool pretty, int depth)
{
	for (size_t i = 0; i < j->count; i++) {
		if (i)
			buf_char(b, ',');
		break_line(b, pretty, depth + 1);
		if (j->type == JSON_OBJECT) {
			json_write_string(b, j->members[i].name);
			buf_str(b, pretty ? ": " : ":");
		}
		write_value(b, j->members[i].value, pretty, depth + 1);
	}
	if (j->count)
		break_line(b, pretty, depth);
}

static void write_value(struct buf *b, const struct json *j, bool pretty, int depth)
{
	switch (json_type(j)) {
	case JSON_NULL:
		buf_str(b, "null");
		break;
	case JSON_BOOL:
		buf_str(b, j->truth ? "true" : "false");
		break;
	case JSON_INTEGER:
		buf_printf(b, "%lld", j->integer);
		break;
	case JSON_DOUBLE:
		write_double(b, j->number);
		break;
	case JSON_STRING:
		json_write_string(b, j->text);
		break;
	case JSON_ARRAY: case JSON_OBJECT:
		buf_char(b, j->type == JSON_ARRAY ? '[' : '{');
		write_members(b, j, pretty, depth);
		buf_char(b, j->type == JSON_ARRAY ? ']' : '}');
		break;
	}
}

void json_write(struct buf *b, const struct json *j, bool pretty)
{
	write_value(b, j, pretty, 0);
}
