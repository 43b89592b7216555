/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growing bytes with a ceiling.  Always NUL-terminated (the NUL is not counted).  What would pass the ceiling is dropped
 * and buf.over is set; nothing else fails. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data;		/* never NULL after the first add; use buf_text() before */
	size_t len, room, ceiling;
	bool over;
};

#define BUF_INIT(ceiling_bytes) { NULL, 0, 0, (ceiling_bytes), false }
#define BUF_MB(n) ((size_t)(n) << 20)

void buf_init(struct buf *, size_t ceiling);
void buf_done(struct buf *);				/* frees; may be used again after buf_init */
void buf_reset(struct buf *);				/* empty, keeps its room */
void buf_add(struct buf *, const void *bytes, size_t len);
void buf_str(struct buf *, const char *text);
void buf_char(struct buf *, char c);
void buf_printf(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *buf_text(const struct buf *);		/* "" when nothing was added */
char *buf_take(struct buf *);				/* yours; the buffer is empty afterwards */
void buf_auto(struct buf *);
#define auto_buf __attribute__((cleanup(buf_auto)))

/* Bytes of the well-formed UTF-8 character at text, of which len bytes may be read; 0 when there is none. */
size_t buf_utf8_len(const char *text, size_t len);
/* The number of the character of len bytes that buf_utf8_len found. */
uint32_t buf_utf8_code(const char *text, size_t len);
/* A character that a reader does not see, or that moves what he sees: control characters (C0, DEL, C1), marks that change the
 * direction of writing, spaces without width, tags. */
bool buf_is_unseen(uint32_t code);

/* What follows the prefix; NULL when the text does not begin with it. */
const char *text_after(const char *text, const char *prefix);

/* Splits what arrives in pieces into lines without their line end (LF or CRLF).  A line over max bytes is delivered cut,
 * once, and its rest dropped.  lines_end delivers an unfinished last line.  The text ends in a NUL, is lent for the call,
 * and may hold further NULs; the callback must not feed or free the lines it came from. */
struct lines {
	struct buf held;	/* its ceiling is the longest line */
	bool skipping;
};
typedef void line_fn(void *owner, const char *text, size_t len);
void lines_init(struct lines *, size_t max);
void lines_feed(struct lines *, const char *bytes, size_t len, line_fn *, void *owner);
void lines_end(struct lines *, line_fn *, void *owner);
void lines_done(struct lines *);
