/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Allocation, buffers with their ceilings, UTF-8, and lines however they are cut into pieces. */
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "tests/unit/check.h"

static void test_mem(void)
{
	auto_free char *zeroed = mem_alloc(16), *part = mem_strn("abcdef", 3), *made = mem_printf("%d-%s", 7, "x");
	int *numbers = mem_alloc(sizeof *numbers);
	size_t count = 0, room = 0;

	CHECK(!memcmp(zeroed, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16));
	CHECK_STR(part, "abc");
	CHECK_STR(made, "7-x");
	CHECK(!mem_str(NULL));
	for (int i = 0; i < 1000; i++) {
		mem_grow(numbers, count, room);
		numbers[count++] = i;
	}
	CHECK_INT(numbers[0], 0);
	CHECK_INT(numbers[999], 999);
	free(numbers);
	numbers = mem_resize(NULL, 0, 4);
	CHECK(numbers);
	free(numbers);
}

static void test_auto_close(void)
{
	int seen;

	{
		auto_close int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), none = -1;

		seen = fd;
		errno = EXDEV;
		(void)none;
	}
	CHECK_INT(errno, EXDEV);
	CHECK_INT(fcntl(seen, F_GETFD), -1);
}

static void test_growth(void)
{
	auto_buf struct buf b = BUF_INIT(BUF_MB(1));
	char *taken;

	CHECK_STR(buf_text(&b), "");
	buf_add(&b, "", 0);
	CHECK(b.data && !*b.data);
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%03d,", i);
	CHECK_INT(b.len, 4000);
	CHECK_INT(strncmp(b.data + 3990, "7,998,999,", 11), 0);
	buf_reset(&b);
	CHECK_STR(buf_text(&b), "");
	buf_char(&b, 'x');
	buf_str(&b, "yz");
	taken = buf_take(&b);
	CHECK_STR(taken, "xyz");
	CHECK_INT(b.len, 0);
	CHECK_STR(buf_text(&b), "");
	buf_str(&b, "again");
	CHECK_STR(buf_text(&b), "again");
	free(taken);
	buf_done(&b);
	taken = buf_take(&b);
	CHECK_STR(taken, "");
	free(taken);
}

static void test_ceiling(void)
{
	for (size_t ceiling = 0; ceiling < 300; ceiling += 7) {
		auto_buf struct buf b = BUF_INIT(ceiling), printed = BUF_INIT(ceiling);

		for (size_t i = 0; i < ceiling; i++)
			buf_char(&b, 'a');
		CHECK(!b.over);
		buf_str(&b, "bc");
		CHECK(b.over);
		CHECK_INT(strlen(buf_text(&b)), ceiling);
		CHECK(!strchr(buf_text(&b), 'b'));
		buf_printf(&printed, "%0300d", 1);
		CHECK(printed.over);
		CHECK_INT(strlen(buf_text(&printed)), ceiling);
		buf_reset(&b);
		CHECK(!b.over);
	}
}

static const struct {
	const char *text;
	size_t len;
} utf8[] = {
	{ "a", 1 }, { "\x7f", 1 }, { "\xc3\xa9", 2 }, { "\xc2\x80", 2 }, { "\xe0\xa0\x80", 3 }, { "\xed\x9f\xbf", 3 },
	{ "\xef\xbf\xbd", 3 }, { "\xf0\x90\x80\x80", 4 }, { "\xf4\x8f\xbf\xbf", 4 },
	{ "", 0 }, { "\x80", 0 }, { "\xc0\x80", 0 }, { "\xc1\xbf", 0 }, { "\xe0\x9f\xbf", 0 }, { "\xed\xa0\x80", 0 },
	{ "\xf0\x8f\xbf\xbf", 0 }, { "\xf4\x90\x80\x80", 0 }, { "\xf5\x80\x80\x80", 0 }, { "\xff", 0 }, { "\xc3", 0 },
	{ "\xe2\x82", 0 }, { "\xe2\x82z", 0 }, { "\xc3(", 0 },
};

static void test_utf8(void)
{
	for (size_t i = 0; i < countof(utf8); i++) {
		CHECK_CASE(utf8[i].text);
		CHECK_INT(buf_utf8_len(utf8[i].text, strlen(utf8[i].text)), utf8[i].len);
	}
	CHECK_CASE("");
	CHECK_INT(buf_utf8_len("\xe2\x82\xac", 2), 0);
}

static const struct {
	const char *fed, *seen;		/* lines seen, each in brackets; at most five bytes long */
} splits[] = {
	{ "", "" },
	{ "a\nb\n", "[a][b]" },
	{ "a\r\nb", "[a][b]" },
	{ "\n\r\n\n", "[][][]" },
	{ "a\rb\n", "[a\rb]" },
	{ "12345\n1234\n", "[12345][1234]" },
	{ "12345\r\nx\n", "[12345][x]" },
	{ "123456\nx\n", "[12345][x]" },
	{ "1234567890123\nx", "[12345][x]" },
	{ "12345\rX\ny\n", "[12345][y]" },
	{ "1234567890", "[12345]" },
	{ "1234567\r", "[12345]" },
	{ "1234\rXY\n", "[1234\r]" },
	{ "abc\r", "[abc]" },
	{ "1234567\n12345678\n\n", "[12345][12345][]" },
};

static void note_line(void *owner, const char *text, size_t len)
{
	if (strlen(text) != len)
		buf_str(owner, "(length!)");
	buf_printf(owner, "[%s]", text);
}

/* The pieces must not matter. */
static void test_lines(void)
{
	for (size_t i = 0; i < countof(splits); i++) {
		for (size_t step = 1; step < 16; step++) {
			auto_buf struct buf seen = BUF_INIT(1000);
			const char *at = splits[i].fed;
			struct lines l;

			CHECK_CASE(splits[i].fed);
			lines_init(&l, 5);
			for (size_t left = strlen(at), piece; left; at += piece, left -= piece) {
				piece = left < step ? left : step;
				lines_feed(&l, at, piece, note_line, &seen);
			}
			lines_end(&l, note_line, &seen);
			lines_end(&l, note_line, &seen);
			CHECK_STR(buf_text(&seen), splits[i].seen);
			lines_done(&l);
		}
	}
	CHECK_CASE("");
}

static void count_line(void *owner, const char *text, size_t len)
{
	(void)text;
	*(size_t *)owner += len;
}

static void test_flood(void)
{
	static char flood[1 << 16];
	struct lines l;
	size_t seen = 0;

	memset(flood, 'x', sizeof flood);
	lines_init(&l, 4096);
	for (int i = 0; i < 1000; i++)
		lines_feed(&l, flood, sizeof flood, count_line, &seen);
	lines_end(&l, count_line, &seen);
	CHECK_INT(seen, 4096);
	CHECK(l.held.room <= 8192);
	lines_done(&l);
}

int main(void)
{
	test_mem();
	test_auto_close();
	test_growth();
	test_ceiling();
	test_utf8();
	test_lines();
	test_flood();
	return check_done();
}
