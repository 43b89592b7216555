/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growing bytes and lines.  Whatever feeds them, neither holds more than its ceiling. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { ROOM_FIRST = 64 };

void buf_init(struct buf *b, size_t ceiling)
{
	*b = (struct buf)BUF_INIT(ceiling);
}

void buf_done(struct buf *b)
{
	free(b->data);
	buf_init(b, b->ceiling);
}

void buf_auto(struct buf *b)
{
	buf_done(b);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->over = false;
	if (b->data)
		b->data[0] = '\0';
}

/* Makes room for len more bytes and the NUL, and returns how many of them the ceiling allows. */
static size_t allow(struct buf *b, size_t len)
{
	size_t room = b->room ? b->room : ROOM_FIRST;

	if (len > b->ceiling - b->len) {
		len = b->ceiling - b->len;
		b->over = true;
	}
	while (room - 1 < b->len + len)
		room = room > SIZE_MAX / 2 ? SIZE_MAX : room * 2;
	if (room > b->ceiling && b->ceiling < SIZE_MAX)
		room = b->ceiling + 1;
	if (room > b->room) {
		b->data = mem_resize(b->data, room, 1);
		b->room = room;
	}
	return len;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
	len = allow(b, len);
	if (len)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args, again;
	size_t fits;
	int len;

	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	if (len < 0)
		abort();			/* a format nobody can print is our bug */
	fits = allow(b, (size_t)len);
	vsnprintf(b->data + b->len, fits + 1, fmt, again);
	b->len += fits;
	va_end(again);
	va_end(args);
}

const char *buf_text(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_take(struct buf *b)
{
	char *text = b->data ? b->data : mem_strn("", 0);

	buf_init(b, b->ceiling);
	return text;
}

/* How many continuation bytes follow lead, and the range of the first of them: it is there that overlong forms,
 * surrogates and numbers past U+10FFFF are told apart.  -1 when no character begins so. */
static int utf8_follow(unsigned char lead, unsigned char *ret_low, unsigned char *ret_high)
{
	*ret_low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	*ret_high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
	if (lead < 0x80)
		return 0;
	if (lead < 0xc2 || lead > 0xf4)
		return -1;
	return lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
}

size_t buf_utf8_len(const char *text, size_t len)
{
	unsigned char low, high;
	int follow;

	if (!len)
		return 0;
	follow = utf8_follow((unsigned char)text[0], &low, &high);
	if (follow < 0 || (size_t)follow >= len)
		return 0;
	for (int i = 1; i <= follow; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < low || c > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return (size_t)follow + 1;
}

const char *text_after(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

uint32_t buf_utf8_code(const char *text, size_t len)
{
	static const unsigned char lead_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t code = (unsigned char)text[0] & lead_bits[len];

	for (size_t i = 1; i < len; i++)
		code = code << 6 | ((unsigned char)text[i] & 0x3f);
	return code;
}

/* Variation selectors are not among them: Japanese names are written with these. */
bool buf_is_unseen(uint32_t code)
{
	static const struct { uint32_t first, last; } unseen[] = {
		{ 0x00, 0x1f }, { 0x7f, 0x9f },			/* control */
		{ 0xad, 0xad }, { 0x34f, 0x34f }, { 0x61c, 0x61c },	/* soft hyphen, grapheme joiner, Arabic letter mark */
		{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180e, 0x180e },	/* fillers */
		{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },	/* no width, line ends, direction */
		{ 0x3164, 0x3164 }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff9, 0xfffb },
		{ 0xe0000, 0xe007f },				/* tags */
	};

	for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
		if (code >= unseen[i].first && code <= unseen[i].last)
			return true;
	return false;
}

void lines_init(struct lines *l, size_t max)
{
	l->skipping = false;
	buf_init(&l->held, max);
}

static void deliver(struct lines *l, line_fn *line, void *owner)
{
	struct buf *held = &l->held;

	if (!held->over && held->len && held->data[held->len - 1] == '\r')
		held->data[--held->len] = '\0';
	line(owner, buf_text(held), held->len);
	buf_reset(held);
}

void lines_feed(struct lines *l, const char *bytes, size_t len, line_fn *line, void *owner)
{
	while (len) {
		const char *end = memchr(bytes, '\n', len);
		size_t piece = end ? (size_t)(end - bytes) : len;

		if (!l->skipping)
			buf_add(&l->held, bytes, piece);
		if (!l->skipping && (end || l->held.over)) {
			l->skipping = true;
			deliver(l, line, owner);
		}
		if (end) {
			l->skipping = false;
			piece++;
		}
		bytes += piece;
		len -= piece;
	}
}

void lines_end(struct lines *l, line_fn *line, void *owner)
{
	if (!l->skipping && l->held.len)
		deliver(l, line, owner);
	l->skipping = false;
}

void lines_done(struct lines *l)
{
	buf_done(&l->held);
}
