/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records as RFC 4180 has them, and what is none. */
#include "parse/csv.h"

#include "base/buf.h"
#include "base/mem.h"
#include "check.h"

/* Fields in brackets, records each with their line. */
static const struct { const char *text, *records; } good[] = {
	{ "a,b,c\n", "1[a][b][c]" }, { "a,b,c", "1[a][b][c]" }, { "a,b\r\nc,d\r\n", "1[a][b]2[c][d]" }, { "", "" }, { "\n\r\n\n", "" },
	{ "a,,b,\n", "1[a][][b][]" }, { ",\n", "1[][]" }, { "\"a,b\",c\n", "1[a,b][c]" }, { "\"a\"\"b\"\n", "1[a\"b]" },
	{ "\"\"\"\"\n", "1[\"]" }, { "\"\",x\n", "1[][x]" }, { "\"a\nb\",c\nd,e\n", "1[a\nb][c]3[d][e]" }, { "a\n\nb\n", "1[a]3[b]" },
	{ "\xef\xbb\xbf" "a,b\n", "1[a][b]" }, { "a;b\nc,d;e\n", "1[a][b]2[c,d][e]" }, { "a\tb;c\n", "1[a][b;c]" },
	{ "\"a;b\",c\n", "1[a;b][c]" }, { " a , b \n", "1[ a ][ b ]" }, { "a\rb\n", "1[a\rb]" }, { "M\xc3\xbcller,1\n", "1[M\xc3\xbcller][1]" },
};

static const struct { const char *text, *said; } bad[] = {
	{ "a,\"b\n", "line 1: a quoted field does not end" }, { "x\ny,\"\nb\n", "line 2: a quoted field does not end" },
	{ "a,\"b\"c\n", "line 1: something stands behind" }, { "a\nb\"c\n", "line 2: a quote within a field" },
	{ "\"a\" ,b\n", "line 1: something stands behind" },
};

static void test_reading(void)
{
	for (size_t i = 0; i < countof(good); i++) {
		auto_buf struct buf seen = BUF_INIT(1000);
		struct csv c;
		struct csv_record r = { NULL, 0, 0 };
		struct err e = { ERR_NONE, "" };
		int more;

		CHECK_CASE(good[i].text);
		csv_init(&c, good[i].text, strlen(good[i].text));
		while ((more = csv_next(&c, &r, &e)) > 0) {
			buf_printf(&seen, "%ld", c.line);
			for (size_t n = 0; n < r.count; n++)
				buf_printf(&seen, "[%s]", r.fields[n]);
		}
		CHECK_INT(more, 0);
		CHECK_STR(buf_text(&seen), good[i].records);
		csv_record_done(&r);
	}
	for (size_t i = 0; i < countof(bad); i++) {
		struct csv c;
		struct csv_record r = { NULL, 0, 0 };
		struct err e = { ERR_NONE, "" };
		int more;

		CHECK_CASE(bad[i].text);
		csv_init(&c, bad[i].text, strlen(bad[i].text));
		while ((more = csv_next(&c, &r, &e)) > 0)
			;
		CHECK_INT(more, -1);
		CHECK_INT(e.kind, ERR_INPUT);
		CHECK_HAS(e.text, bad[i].said);
		csv_record_done(&r);
	}
	CHECK_CASE("");
}

static void test_nul(void)
{
	struct csv c;
	struct csv_record r = { NULL, 0, 0 };
	struct err e = { ERR_NONE, "" };

	csv_init(&c, "a,b\0c\n", 6);
	CHECK_INT(csv_next(&c, &r, &e), -1);
	CHECK_HAS(e.text, "NUL");
	csv_record_done(&r);
}

static void test_writing(void)
{
	static const struct { const char *field, *written; } fields[] = {
		{ "a", "a" }, { "", "" }, { "a,b", "\"a,b\"" }, { "a\"b", "\"a\"\"b\"" }, { "a\nb", "\"a\nb\"" }, { " a", "\" a\"" }, { "a;b", "\"a;b\"" },
	};

	for (size_t i = 0; i < countof(fields); i++) {
		auto_buf struct buf out = BUF_INIT(100);

		csv_put(&out, fields[i].field);
		CHECK_STR(buf_text(&out), fields[i].written);
	}
}

static void test_formulas(void)
{
	static const struct { const char *field, *written; } fields[] = {
		{ "a=b", "a=b" }, { "", "" }, { "=1+1", "'=1+1" }, { "+1", "'+1" }, { "-5", "'-5" }, { "@SUM(A1)", "'@SUM(A1)" },
		{ "\t=1", "\"'\t=1\"" }, { "\r=1", "\"'\r=1\"" }, { "\n=1", "\"'\n=1\"" }, { "=a,b", "\"'=a,b\"" },
		{ "'", "'" }, { "O'Neil", "O'Neil" }, { "'n", "'n" }, { "'=1", "''=1" }, { "''-", "'''-" },
	};

	for (size_t i = 0; i < countof(fields); i++) {
		auto_buf struct buf out = BUF_INIT(100);
		struct csv c;
		struct csv_record r = { NULL, 0, 0 };
		struct err e = { ERR_NONE, "" };

		CHECK_CASE(fields[i].field);
		csv_put_guarded(&out, fields[i].field);
		CHECK_STR(buf_text(&out), fields[i].written);
		buf_str(&out, ",x\n");
		csv_init(&c, buf_text(&out), out.len);
		CHECK_INT(csv_next(&c, &r, &e), 1);
		CHECK_STR(csv_plain(r.fields[0]), fields[i].field);
		csv_record_done(&r);
	}
}

int main(void)
{
	test_reading();
	test_nul();
	test_writing();
	test_formulas();
	return check_done();
}
