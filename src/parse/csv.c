/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A field is quoted from its first character or not at all; what stands behind a closing quote is an error, never guessed at. */
#include "parse/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

/* The first of the dividers outside of quotes in the first line. */
static char find_divider(const struct csv *c)
{
	bool quoted = false;

	for (size_t i = c->at; i < c->len && (quoted || c->text[i] != '\n'); i++) {
		if (c->text[i] == '"')
			quoted = !quoted;
		else if (!quoted && memchr(",;\t", c->text[i], 3))
			return c->text[i];
	}
	return ',';
}

void csv_init(struct csv *c, const char *text, size_t len)
{
	*c = (struct csv){ .text = text, .len = len, .line = 0, .next_line = 1 };
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		c->at = 3;
	c->divider = find_divider(c);
}

void csv_record_done(struct csv_record *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->fields[i]);
	free(r->fields);
	*r = (struct csv_record){ NULL, 0, 0 };
}

static bool at_line_end(const struct csv *c)
{
	return c->at >= c->len || c->text[c->at] == '\n' ||
	       (c->text[c->at] == '\r' && (c->at + 1 >= c->len || c->text[c->at + 1] == '\n'));
}

static void skip_line_end(struct csv *c)
{
	if (c->at < c->len && c->text[c->at] == '\r')
		c->at++;
	if (c->at < c->len && c->text[c->at] == '\n')
		c->at++;
	c->next_line++;
}

static int read_quoted(struct csv *c, struct buf *field, struct err *e)
{
	for (c->at++; c->at < c->len; c->at++) {
		char byte = c->text[c->at];

		if (byte == '"' && c->at + 1 < c->len && c->text[c->at + 1] == '"') {
			c->at++;
		} else if (byte == '"') {
			c->at++;
			if (at_line_end(c) || c->text[c->at] == c->divider)
				return 0;
			return err_set(e, ERR_INPUT, "line %ld: something stands behind the closing quote of a field", c->next_line);
		}
		c->next_line += byte == '\n';
		buf_char(field, byte);
	}
	return err_set(e, ERR_INPUT, "line %ld: a quoted field does not end", c->line);
}

static int read_field(struct csv *c, struct buf *field, struct err *e)
{
	if (c->at < c->len && c->text[c->at] == '"')
		return read_quoted(c, field, e);
	while (!at_line_end(c) && c->text[c->at] != c->divider) {
		if (c->text[c->at] == '"')
			return err_set(e, ERR_INPUT, "line %ld: a quote within a field that does not begin with one", c->next_line);
		buf_char(field, c->text[c->at++]);
	}
	return 0;
}

static int read_record(struct csv *c, struct csv_record *r, struct err *e)
{
	for (;;) {
		auto_buf struct buf field = BUF_INIT(c->len + 1);

		if (read_field(c, &field, e) < 0)
			return -1;
		if (memchr(buf_text(&field), '\0', field.len))
			return err_set(e, ERR_INPUT, "line %ld: a field holds a NUL", c->line);
		mem_grow(r->fields, r->count, r->room);
		r->fields[r->count++] = mem_str(buf_text(&field));
		if (at_line_end(c))
			break;
		c->at++;			/* the divider */
	}
	skip_line_end(c);
	return 1;
}

int csv_next(struct csv *c, struct csv_record *r, struct err *e)
{
	csv_record_done(r);
	while (c->at < c->len && at_line_end(c))
		skip_line_end(c);
	if (c->at >= c->len)
		return 0;
	c->line = c->next_line;
	return read_record(c, r, e);
}

static bool is_formula(const char *field)
{
	return *field && strchr("=+-@\t\r\n", *field);
}

void csv_put_guarded(struct buf *out, const char *field)
{
	auto_free char *guarded = mem_printf("'%s", field);

	csv_put(out, is_formula(field + strspn(field, "'")) ? guarded : field);
}

char *csv_plain(char *field)
{
	if (*field == '\'' && is_formula(field + strspn(field, "'")))
		memmove(field, field + 1, strlen(field));
	return field;
}

void csv_put(struct buf *out, const char *field)
{
	size_t len = strlen(field);
	bool quoted = len && (strpbrk(field, ",;\t\"\r\n") || field[0] == ' ' || field[len - 1] == ' ');

	if (quoted)
		buf_char(out, '"');
	for (const char *at = field; *at; at++) {
		if (*at == '"')
			buf_char(out, '"');
		buf_char(out, *at);
	}
	if (quoted)
		buf_char(out, '"');
}
