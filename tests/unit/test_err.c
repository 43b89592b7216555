/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors: kinds, sentences, and what happens to those that are too long. */
#include "base/err.h"

#include <errno.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tests/unit/check.h"

static const struct {
	enum err_kind kind;
	const char *name;
	bool transient, ends_all, stops_asking;
} kinds[] = {
	{ ERR_NONE, "none", false, false, false },
	{ ERR_USAGE, "usage", false, false, false },
	{ ERR_SYSTEM, "system", false, true, true },
	{ ERR_SPACE, "space", false, true, true },
	{ ERR_TOOL, "tool", false, true, true },
	{ ERR_INPUT, "input", false, false, false },
	{ ERR_UNREACHABLE, "unreachable", true, false, true },
	{ ERR_BUSY, "busy", true, false, true },
	{ ERR_REFUSED, "refused", false, false, false },
	{ ERR_TIMEOUT, "timeout", true, false, true },
	{ ERR_ABORTED, "aborted", true, false, false },
	{ ERR_PROTOCOL, "protocol", false, false, false },
	{ ERR_LOCKED, "locked", false, false, false }, { ERR_LIMIT, "limit", false, false, false },
	{ ERR_INTERRUPTED, "interrupted", false, true, true },
};

static const struct {
	int number;
	enum err_kind kind;
} numbers[] = {
	{ ENOSPC, ERR_SPACE }, { EDQUOT, ERR_SPACE }, { EIO, ERR_SPACE }, { ESTALE, ERR_SPACE },
	{ ENOENT, ERR_SYSTEM }, { EACCES, ERR_SYSTEM }, { EADDRINUSE, ERR_SYSTEM },
};

static void test_kinds(void)
{
	CHECK_INT(countof(kinds), ERR_KINDS);
	for (size_t i = 0; i < countof(kinds); i++) {
		CHECK_CASE(kinds[i].name);
		CHECK_STR(err_kind_name(kinds[i].kind), kinds[i].name);
		CHECK_INT(err_kind_from_name(kinds[i].name), kinds[i].kind);
		CHECK_INT(!!err_transient(kinds[i].kind), kinds[i].transient);
		CHECK_INT(!!err_ends_all(kinds[i].kind), kinds[i].ends_all);
		CHECK_INT(!!err_stops_asking(kinds[i].kind), kinds[i].stops_asking);
	}
	CHECK_CASE("");
	CHECK_INT(err_kind_from_name("busyness"), ERR_NONE);
	CHECK_INT(err_kind_from_name(NULL), ERR_NONE);
	CHECK_STR(err_kind_name(ERR_KINDS), "unknown");
}

static void test_wrapping(void)
{
	struct err e = { ERR_NONE, "" };

	CHECK_INT(err_set(&e, ERR_INPUT, "port %d out of range", 70000), -1);
	CHECK_INT(err_in(&e, "line %d", 12), -1);
	CHECK_INT(err_in(&e, "%s", "site.conf"), -1);
	CHECK_STR(e.text, "site.conf: line 12: port 70000 out of range");
	CHECK_INT(e.kind, ERR_INPUT);
	err_set(&e, ERR_BUSY, "again: %s", e.text);
	CHECK_STR(e.text, "again: site.conf: line 12: port 70000 out of range");
	CHECK_INT(e.kind, ERR_BUSY);
}

static void test_errno(void)
{
	struct err e;

	for (size_t i = 0; i < countof(numbers); i++) {
		errno = numbers[i].number;
		CHECK_INT(err_sys(&e, "open %s", "x"), -1);
		CHECK_INT(errno, numbers[i].number);
		CHECK_INT(e.kind, numbers[i].kind);
		CHECK_INT(strncmp(e.text, "open x: ", 8), 0);
		CHECK_STR(e.text + 8, strerror(numbers[i].number));
	}
}

/* With every alignment of a two-byte and a four-byte character to the end: never half of one. */
static void test_cut(void)
{
	static const char *const letters[] = { "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\xa9\xbb" };

	for (size_t shift = 0; shift < 4; shift++) {
		for (size_t l = 0; l < countof(letters); l++) {
			auto_buf struct buf text = BUF_INIT(BUF_MB(1));
			struct err e;
			size_t at, len;

			buf_printf(&text, "%.*s", (int)shift, "xyz");
			while (text.len < 1000)
				buf_str(&text, letters[l]);
			err_set(&e, ERR_INPUT, "%s", buf_text(&text));
			len = strlen(e.text);
			CHECK(len < sizeof e.text && len + strlen(letters[l]) >= sizeof e.text);
			for (at = 0; buf_utf8_len(e.text + at, len - at); )
				at += buf_utf8_len(e.text + at, len - at);
			CHECK_INT(at, len);
			err_in(&e, "where");
			CHECK_INT(strncmp(e.text, "where: ", 7), 0);
		}
	}
}

int main(void)
{
	test_kinds();
	test_wrapping();
	test_errno();
	test_cut();
	return check_done();
}
