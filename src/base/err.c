/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making, wrapping and naming errors.  Making one cannot fail: what does not fit is cut, between two characters. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const char *const kind_names[ERR_KINDS] = {
	[ERR_NONE] = "none",
	[ERR_USAGE] = "usage",
	[ERR_SYSTEM] = "system",
	[ERR_SPACE] = "space",
	[ERR_TOOL] = "tool",
	[ERR_INPUT] = "input",
	[ERR_UNREACHABLE] = "unreachable",
	[ERR_BUSY] = "busy",
	[ERR_REFUSED] = "refused",
	[ERR_TIMEOUT] = "timeout",
	[ERR_ABORTED] = "aborted",
	[ERR_PROTOCOL] = "protocol",
	[ERR_LOCKED] = "locked",
	[ERR_LIMIT] = "limit",
	[ERR_INTERRUPTED] = "interrupted",
};

static enum err_kind kind_of_errno(int number)
{
	switch (number) {
	case ENOSPC: case EDQUOT: case EIO: case ESTALE:
		return ERR_SPACE;
	default:
		return ERR_SYSTEM;
	}
}

/* Half a UTF-8 character at the end of a cut text is dropped. */
static void trim_cut(char *text, size_t len)
{
	size_t start = len;
	unsigned char lead;
	size_t whole;

	while (start && len - start < 4 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (!start)
		return;
	lead = (unsigned char)text[start - 1];
	whole = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
	if (len - (start - 1) < whole)
		text[start - 1] = '\0';
}

/* head and tail may lie in e itself, so the sentence is made aside. */
static void write_text(struct err *e, const char *head, const char *tail)
{
	char text[sizeof e->text];
	int len = snprintf(text, sizeof text, "%s%s%s", head, *tail ? ": " : "", tail);

	if (len >= (int)sizeof text)
		trim_cut(text, sizeof text - 1);
	memcpy(e->text, text, sizeof text);
}

int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	char head[sizeof e->text + 1];
	va_list args;

	va_start(args, fmt);
	vsnprintf(head, sizeof head, fmt, args);
	va_end(args);
	e->kind = kind;
	write_text(e, head, "");
	return -1;
}

int err_sys(struct err *e, const char *fmt, ...)
{
	int number = errno;
	char head[sizeof e->text + 1];
	va_list args;

	va_start(args, fmt);
	vsnprintf(head, sizeof head, fmt, args);
	va_end(args);
	e->kind = kind_of_errno(number);
	write_text(e, head, strerror(number));
	errno = number;
	return -1;
}

int err_in(struct err *e, const char *fmt, ...)
{
	char head[sizeof e->text + 1];
	va_list args;

	va_start(args, fmt);
	vsnprintf(head, sizeof head, fmt, args);
	va_end(args);
	write_text(e, head, e->text);
	return -1;
}

int err_transient(enum err_kind kind)
{
	return kind == ERR_UNREACHABLE || kind == ERR_BUSY || kind == ERR_TIMEOUT || kind == ERR_ABORTED;
}

int err_ends_all(enum err_kind kind)
{
	return kind == ERR_INTERRUPTED || kind == ERR_SYSTEM || kind == ERR_SPACE || kind == ERR_TOOL;
}

int err_stops_asking(enum err_kind kind)
{
	return err_ends_all(kind) || kind == ERR_UNREACHABLE || kind == ERR_BUSY || kind == ERR_TIMEOUT;
}

const char *err_kind_name(enum err_kind kind)
{
	return (unsigned int)kind < ERR_KINDS ? kind_names[kind] : "unknown";
}

enum err_kind err_kind_from_name(const char *name)
{
	for (size_t k = 0; name && k < countof(kind_names); k++)
		if (!strcmp(kind_names[k], name))
			return (enum err_kind)k;
	return ERR_NONE;
}
