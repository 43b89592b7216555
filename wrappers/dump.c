/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dump-line grammar.  A value is not escaped inside its brackets: it may hold "]" and "#", so the end is sought from
 * the right, where only numbers and a name from the dictionary follow. */
#include "wrappers/dump.h"

#include <string.h>

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "(gggg,eeee)", in the lower case that dcmdump writes. */
static bool parse_tag(const char *text, size_t len, uint32_t *ret_tag)
{
	uint32_t tag = 0;

	if (len < 11 || text[0] != '(' || text[5] != ',' || text[10] != ')')
		return false;
	for (size_t i = 1; i < 10; i++) {
		int d = hex_digit(text[i]);

		if (i == 5)
			continue;
		if (d < 0)
			return false;
		tag = tag << 4 | (uint32_t)d;
	}
	*ret_tag = tag;
	return true;
}

/* At '#': " 12, 1 Name" or " u/l, 1 Name" follows. */
static bool is_length(const char *hash, const char *end)
{
	const char *p = hash + 1, *digits;

	while (p < end && *p == ' ')
		p++;
	if (p < end && *p == 'u')
		return end - p > 3 && memcmp(p, "u/l,", 4) == 0;
	for (digits = p; p < end && *p >= '0' && *p <= '9'; p++)
		;
	return p > digits && p < end && *p == ',';
}

/* The '#' before the length; NULL when the line was cut.  In brackets only one that follows "]" counts. */
static const char *find_length(const char *from, const char *end, bool bracket)
{
	for (const char *p = end; p-- > from; ) {
		const char *before = p;

		if (*p != '#' || !is_length(p, end))
			continue;
		while (before > from && before[-1] == ' ')
			before--;
		if (!bracket || (before > from && before[-1] == ']'))
			return p;
	}
	return NULL;
}

/* "&#233;" and the five names -> one byte; how many characters were read, 0 for none of them. */
static size_t undo_one(const char *text, size_t len, char *ret)
{
	static const struct {
		const char *name;
		char c;
	} names[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&apos;", '\'' } };
	size_t i;

	if (len > 2 && text[1] == '#') {
		unsigned n = 0;

		for (i = 2; i < len && i < 5 && text[i] >= '0' && text[i] <= '9'; i++)
			n = n * 10 + (unsigned)(text[i] - '0');
		if (i > 2 && i < len && text[i] == ';' && n < 256) {
			*ret = (char)n;
			return i + 1;
		}
		return 0;
	}
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		size_t n_name = strlen(names[i].name);

		if (len >= n_name && memcmp(text, names[i].name, n_name) == 0) {
			*ret = names[i].c;
			return n_name;
		}
	}
	return 0;
}

static void undo_quotes(struct buf *out, const char *text, size_t len)
{
	while (len) {
		const char *amp = memchr(text, '&', len);
		size_t plain = amp ? (size_t)(amp - text) : len, read;
		char c;

		buf_add(out, text, plain);
		text += plain;
		len -= plain;
		if (!len)
			break;
		read = undo_one(text, len, &c);
		if (!read) {
			c = '&';
			read = 1;
		}
		buf_add(out, &c, 1);
		text += read;
		len -= read;
	}
}

/* A value outside brackets: a number, hex digits, or words about it. */
static void read_plain(struct dump_line *d, const char *value, const char *end, struct buf *room)
{
	while (end > value && end[-1] == ' ')
		end--;
	if (end > value && *value == '(') {
		d->loaded = !(end - value == 12 && memcmp(value, "(not loaded)", 12) == 0);
		return;
	}
	buf_add(room, value, (size_t)(end - value));
}

static void read_value(struct dump_line *d, const char *value, const char *end, struct buf *room)
{
	bool bracket = value < end && *value == '[';
	const char *hash = find_length(value, end, bracket);

	if (!hash) {				/* the line was cut: what is there is not the value */
		d->loaded = false;
		return;
	}
	if (!bracket) {
		read_plain(d, value, hash, room);
		return;
	}
	while (hash[-1] != ']')
		hash--;
	undo_quotes(room, value + 1, (size_t)(hash - value) - 2);
}

bool dump_line_parse(struct dump_line *d, const char *text, size_t len, struct buf *room)
{
	const char *end = text + len, *p = text;

	*d = (struct dump_line){ .value = "", .loaded = true };
	while (p < end && *p == ' ')
		p++;
	d->nested = p > text;
	if (!parse_tag(p, (size_t)(end - p), &d->tag))
		return false;
	for (p += 11; p < end && *p == '.'; p += 11) {
		d->nested = true;
		p++;
		if (end - p >= 4 && *p == '(' && !parse_tag(p, (size_t)(end - p), &d->tag))
			return false;
		if (end - p < 11 || *p != '(')
			return false;
	}
	if (end - p < 4 || p[0] != ' ' || p[3] != ' ' || memcmp(p + 1, "na", 2) == 0)
		return false;
	memcpy(d->vr, p + 1, 2);
	for (p += 4; p < end && *p == ' '; p++)
		;
	buf_reset(room);
	read_value(d, p, end, room);
	d->value = buf_text(room);
	d->len = room->len;
	return true;
}

const char *dump_header(const char *text)
{
	const char *p = text;

	if (strncmp(p, "# dcmdump (", 11) != 0)
		return NULL;
	p += 11;
	p += strspn(p, "0123456789/");
	return strncmp(p, "): ", 3) == 0 ? p + 3 : NULL;
}

bool dump_bracket(const char *text, size_t len, const char **ret_value, size_t *ret_len, bool *ret_whole)
{
	const char *open = memchr(text, '[', len), *end = text + len, *hash;

	if (!open)
		return false;
	hash = find_length(open, end, true);
	*ret_whole = hash != NULL;
	for (end = hash ? hash : end; hash && end[-1] != ']'; end--)
		;
	*ret_value = open + 1;
	*ret_len = (size_t)(end - open) - (hash ? 2 : 1);
	return true;
}
