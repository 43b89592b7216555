/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON read and written again, what is refused and in which words, and texts made to hurt. */
#include "parse/json.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "tests/unit/check.h"

static const struct {
	const char *text, *written;	/* NULL: the same */
} roundtrips[] = {
	{ "null", NULL },
	{ "true", NULL },
	{ " [ ] ", "[]" },
	{ "{}", NULL },
	{ "{\"b\":1,\"a\":[true,false,null,{\"c\":\"\"}]}", NULL },
	{ "\xef\xbb\xbf{\"bom\":1}", "{\"bom\":1}" },
	{ "{\"\":{\"\":1}}", NULL },
	{ "9223372036854775807", NULL },
	{ "-9223372036854775808", NULL },
	{ "-0", "0" },
	{ "[0.1,1.5,-2.25,1e+300,1e-07]", NULL },
	{ "[1.0,1E2,1e-400]", "[1.0,100.0,0.0]" },
	{ "0.30000000000000004", NULL },
	{ "1.7976931348623157e+308", NULL },
	{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u001b\\u007f\\u009b\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u001b\\u007f\\u009b\"" },
	{ "\"a\xe2\x80\xae" "b\xf3\xa0\x81\x81\"", "\"a\\u202eb\\udb40\\udc41\"" },
	{ "\"\\u202e\\udb40\\udc41\"", "\"\\u202e\\udb40\\udc41\"" },
	{ "\"\\u00e9\\u20ac\\ud83e\\ude7b\"", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\xa9\xbb\"" },
};

static void test_roundtrips(void)
{
	for (size_t i = 0; i < countof(roundtrips); i++) {
		auto_buf struct buf b = BUF_INIT(BUF_MB(1));
		struct err e = { ERR_NONE, "" };
		struct json *j = json_parse(roundtrips[i].text, strlen(roundtrips[i].text), &e);

		CHECK_CASE(roundtrips[i].text);
		CHECK_STR(e.text, "");
		json_write(&b, j, false);
		CHECK_STR(buf_text(&b), roundtrips[i].written ? roundtrips[i].written : roundtrips[i].text);
		json_free(j);
	}
	CHECK_CASE("");
}

static const struct {
	const char *text, *error;
} refusals[] = {
	{ "", "line 1: the text ends in the middle" },
	{ " \n\n", "line 3: the text ends in the middle" },
	{ "[1,\n2", "line 2: the text ends in the middle" },
	{ "{\"a\":1,\n\"b\":2,\n\"a\":3}", "line 3: member \"a\" occurs twice" },
	{ "[1]\n\n[2]", "line 3: parse error: trailing garbage" },
	{ "{\"a\":1}x", "line 1: " },
	{ "[1,]", "line 1: " },
	{ "{a:1}", "line 1: lexical error: " },
	{ "{\"a\" 1}", "line 1: parse error: " },
	{ "[\n\n\"a\nb\"]", "line 3: lexical error: " },
	{ "[01]", "line 1: " },
	{ "[1.]", "line 1: " },
	{ "// hm\n1", "line 1: lexical error: " },
	{ "\"\xff\"", "line 1: lexical error: " },
	{ "\"\xc0\xaf\"", "line 1: " },
	{ "\n\"\xed\xa0\x80\"", "line 2: a string that is not UTF-8" },
	{ "{\"\xf4\x90\x80\x80\":1}", "line 1: " },
	{ "\"\\u0000\"", "line 1: a string with a NUL character" },
	{ "{\"a\\u0000b\":1}", "line 1: a string with a NUL character" },
	{ "\"\\u00", "line 1: " },
	{ "\"\\ud800", "line 1: " },
	{ "\"abc", "line 1: the text ends in the middle" },
	{ "9223372036854775808", "line 1: a number out of range" },
	{ "[\n-9223372036854775809]", "line 2: a number out of range" },
	{ "1e999", "line 1: a number out of range" },
	{ "NaN", "line 1: lexical error: " },
	{ "nul", "line 1: " },
	{ "]", "line 1: parse error: " },
};

static void test_refusals(void)
{
	for (size_t i = 0; i < countof(refusals); i++) {
		struct err e = { ERR_NONE, "" };

		CHECK_CASE(refusals[i].text);
		CHECK(!json_parse(refusals[i].text, strlen(refusals[i].text), &e));
		CHECK_INT(e.kind, ERR_INPUT);
		CHECK_INT(strncmp(e.text, refusals[i].error, strlen(refusals[i].error)), 0);
		CHECK(strlen(e.text) > 10 && !strpbrk(e.text, "\n\xff"));
	}
	CHECK_CASE("");
}

static char *repeated(const char *part, size_t count, size_t *ret_len)
{
	size_t len = strlen(part);
	char *text = mem_resize(NULL, count, len);

	memset(text, *part, count * len);
	for (size_t i = 0; len > 1 && i < count; i++)
		memcpy(text + i * len, part, len);
	*ret_len = count * len;
	return text;
}

static const struct {
	const char *part;
	size_t count;
	const char *error;
} hostiles[] = {
	{ "[", JSON_DEPTH_MAX, "line 1: the text ends in the middle" },
	{ "[", JSON_DEPTH_MAX + 1, "line 1: nested too deeply" },
	{ "[", 1000000, "line 1: nested too deeply" },
	{ "{\"a\":", 1000000, "line 1: nested too deeply" },
	{ "[\n", 1000000, "line 65: nested too deeply" },
	{ "x", 100000000, "line 1: lexical error: " },
	{ "1", 100000000, "line 1: a number with too many digits" },
	{ "\"", 100000001, "line 1: " },
	{ "\n", 10000000, "line 10000001: the text ends in the middle" },
};

static void test_hostiles(void)
{
	for (size_t i = 0; i < countof(hostiles); i++) {
		struct err e = { ERR_NONE, "" };
		size_t len;
		auto_free char *text = repeated(hostiles[i].part, hostiles[i].count, &len);

		CHECK_CASE(hostiles[i].error);
		CHECK(!json_parse(text, len, &e));
		CHECK_INT(strncmp(e.text, hostiles[i].error, strlen(hostiles[i].error)), 0);
	}
	CHECK_CASE("");
}

/* An object of very many members, all new but the last: found, and not by comparing each with each. */
static void test_many_members(void)
{
	auto_buf struct buf b = BUF_INIT(BUF_MB(64));
	struct err e = { ERR_NONE, "" };
	struct json *j;
	clock_t began = clock();

	buf_char(&b, '{');
	for (int i = 0; i < 200000; i++)
		buf_printf(&b, "\"m%d\":%d,", i, i);
	buf_str(&b, "\"x\":1}");
	j = json_parse(b.data, b.len, &e);
	CHECK_INT(json_count(j), 200001);
	CHECK_INT(json_int(json_get(j, "m199999"), -1), 199999);
	json_free(j);
	buf_reset(&b);
	buf_char(&b, '{');
	for (int i = 0; i < 200000; i++)
		buf_printf(&b, "\"m%d\":%d,", i, i);
	buf_str(&b, "\"m17\":1}");
	CHECK(!json_parse(b.data, b.len, &e));
	CHECK_STR(e.text, "line 1: member \"m17\" occurs twice");
	CHECK((clock() - began) / CLOCKS_PER_SEC < 20);
}

static void test_too_many_values(void)
{
	struct err e = { ERR_NONE, "" };
	size_t len;
	auto_free char *text = repeated("0,", 5000002, &len);

	text[0] = '[';
	text[1] = ' ';
	CHECK(!json_parse(text, len, &e));
	CHECK_STR(e.text, "line 1: too many values");
}

static void test_building(void)
{
	auto_buf struct buf b = BUF_INIT(BUF_MB(1));
	struct json *o = json_new(JSON_OBJECT), *a = json_new(JSON_ARRAY);

	json_set(o, "name", json_string("M\xfcller"));
	json_set(o, "count", json_integer(3));
	json_set(o, "list", a);
	json_set(o, "count", json_integer(4));
	json_set(o, "gone", json_bool(true));
	json_set(o, "empty", json_new(JSON_ARRAY));
	json_set(o, "none", NULL);
	json_set(o, "list", a);
	json_delete(o, "gone");
	json_delete(o, "never");
	json_add(a, json_double(1));
	json_add(a, json_string(NULL));
	json_add(a, json_double((double)NAN));
	json_write(&b, o, true);
	CHECK_STR(buf_text(&b), "{\n  \"name\": \"M\xef\xbf\xbdller\",\n  \"count\": 4,\n  \"list\": [\n    1.0,\n    null,\n"
		  "    null\n  ],\n  \"empty\": [],\n  \"none\": null\n}");
	CHECK_STR(json_name_at(o, 1), "count");
	CHECK(json_at(o, 2) == a);
	CHECK(!json_at(o, 5) && !json_name_at(o, 5) && !json_name_at(a, 0));
	json_free(o);
}

static void test_looking(void)
{
	static const char text[] = "{\"s\":\"x\",\"i\":7,\"d\":2.5,\"t\":true,\"n\":null,\"a\":[1]}";
	struct err e;
	struct json *j = json_parse(text, strlen(text), &e);

	CHECK_STR(json_text(json_get(j, "s")), "x");
	CHECK(!json_text(json_get(j, "i")) && !json_text(json_get(j, "absent")) && !json_text(NULL));
	CHECK_INT(json_int(json_get(j, "i"), -1), 7);
	CHECK_INT(json_int(json_get(j, "d"), -1), -1);
	CHECK_INT(json_int(json_get(j, "s"), -1), -1);
	CHECK(fabs(json_number(json_get(j, "d"), 0) - 2.5) < 1e-9 && fabs(json_number(json_get(j, "i"), 0) - 7) < 1e-9);
	CHECK(fabs(json_number(json_get(j, "s"), 9) - 9) < 1e-9);
	CHECK(json_is_true(json_get(j, "t")) && !json_is_true(json_get(j, "i")));
	CHECK_INT(json_type(json_get(j, "n")), JSON_NULL);
	CHECK(!json_get(json_get(j, "a"), "s") && !json_get(NULL, "s"));
	CHECK_INT(json_count(json_get(j, "s")), 0);
	json_free(j);
}

struct items {
	long long sum, stop_at;
};

static int take_item(void *owner, struct json *j, struct err *e)
{
	struct items *items = owner;
	long long value = json_int(json_get(j, "v"), json_int(j, -1000));

	json_free(j);
	items->sum += value;
	if (value == items->stop_at)
		return err_set(e, value == 13 ? ERR_SPACE : ERR_INPUT, "no %lldth", value);
	return 0;
}

static const struct {
	const char *text, *left, *error;
	long long sum;
} item_cases[] = {
	{ "{\"a\":1,\"items\":[{\"v\":1},{\"v\":2,\"items\":[9]},3],\"z\":[5]}", "{\"a\":1,\"items\":[],\"z\":[5]}", "", 6 },
	{ "{\"a\":{\"items\":[1]},\"b\":[[1]]}", "{\"a\":{\"items\":[1]},\"b\":[[1]]}", "", 0 },
	{ "{\"items\":{\"v\":1}}", "{\"items\":{\"v\":1}}", "", 0 },
	{ "[[1]]", "[[1]]", "", 0 },
	{ "{\"items\":[1,\n{\"v\":7},2]}", NULL, "line 2: no 7th", 8 },
	{ "{\"items\":[1,\n13,2]}", NULL, "no 13th", 14 },
	{ "{\"items\":[1,\n[[2}", NULL, "line 2: parse error: ", 1 },
};

static void test_items(void)
{
	for (size_t i = 0; i < countof(item_cases); i++) {
		struct items items = { 0, strstr(item_cases[i].text, "13") ? 13 : 7 };
		auto_buf struct buf b = BUF_INIT(BUF_MB(1));
		struct err e = { ERR_NONE, "" };
		struct json *j = json_parse_items(item_cases[i].text, strlen(item_cases[i].text), "items", take_item, &items, &e);

		CHECK_CASE(item_cases[i].text);
		CHECK_INT(!j, !item_cases[i].left);
		CHECK_INT(strncmp(e.text, item_cases[i].error, strlen(item_cases[i].error)), 0);
		CHECK_INT(items.sum, item_cases[i].sum);
		if (j)
			json_write(&b, j, false);
		CHECK_STR(buf_text(&b), item_cases[i].left ? item_cases[i].left : "");
		json_free(j);
	}
	CHECK_CASE("");
}

struct bytes {
	const char *left;
};

static int one_byte(void *source, const char **ret_piece, size_t *ret_len, struct err *e)
{
	struct bytes *b = source;

	if (*b->left == '!')
		return err_set(e, ERR_SYSTEM, "no more can be read");
	*ret_piece = b->left;
	*ret_len = *b->left != 0;
	b->left += *ret_len;
	return 0;
}

/* A text may be torn anywhere. */
static void test_pieces(void)
{
	for (size_t i = 0; i < countof(item_cases); i++) {
		struct items items = { 0, strstr(item_cases[i].text, "13") ? 13 : 7 };
		struct bytes bytes = { item_cases[i].text };
		struct err e = { ERR_NONE, "" };
		struct json *j = json_read_items(one_byte, &bytes, "items", take_item, &items, &e);

		CHECK_CASE(item_cases[i].text);
		CHECK_INT(!j, !item_cases[i].left);
		CHECK_INT(strncmp(e.text, item_cases[i].error, strlen(item_cases[i].error)), 0);
		CHECK_INT(items.sum, item_cases[i].sum);
		json_free(j);
	}
	CHECK_CASE("");
	for (int i = 0; i < 2; i++) {
		struct bytes bytes = { i ? "" : "{\"a\":[1,!" };
		struct err e = { ERR_NONE, "" };

		CHECK(!json_read_items(one_byte, &bytes, NULL, NULL, NULL, &e));
		CHECK_HAS(e.text, i ? "in the middle" : "no more can be read");
	}
}

/* A million items of a few values each pass through: only what is held at once has a ceiling. */
static void test_many_items(void)
{
	struct items items = { 0, -1 };
	auto_buf struct buf b = BUF_INIT(BUF_MB(64));
	struct err e = { ERR_NONE, "" };
	struct json *j;

	buf_str(&b, "{\"items\":[0");
	for (int i = 0; i < 1000000; i++)
		buf_str(&b, ",{\"v\":1,\"w\":[1,2,3,4]}");
	buf_str(&b, "]}");
	j = json_parse_items(b.data, b.len, "items", take_item, &items, &e);
	CHECK_STR(e.text, "");
	CHECK_INT(items.sum, 1000000);
	json_free(j);
}

int main(void)
{
	setlocale(LC_ALL, "de_DE.UTF-8");	/* where there is one, its comma must not matter */
	test_roundtrips();
	test_refusals();
	test_hostiles();
	test_many_members();
	test_too_many_values();
	test_building();
	test_looking();
	test_items();
	test_pieces();
	test_many_items();
	return check_done();
}
