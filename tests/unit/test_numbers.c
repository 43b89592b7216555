/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Choices as people type them. */
#include "cli/numbers.h"

#include "base/mem.h"
#include "check.h"

static const struct { const char *text, *chosen; } good[] = {
	{ "", "....." }, { "   ", "....." }, { "none", "....." }, { " None ", "....." },
	{ "all", "12345" }, { "ALL", "12345" }, { "3", "..3.." }, { "1,3,5", "1.3.5" }, { "1-5", "12345" },
	{ "1-3,5", "123.5" }, { " 1 - 2 , 5 ", "12..5" }, { "5-5", "....5" }, { "3,3,3-3", "..3.." }, { "2,all", "12345" },
	{ "0000002", ".2..." }, { "\t4\r\n", "...4." },
};

static const struct { const char *text, *said; } bad[] = {
	{ "7-3", "7-3: the range runs backwards" }, { "12", "12: there are only 5 studies" },
	{ "1-6", "1-6: there are only 5 studies" }, { "0", "0: numbers begin at 1" }, { "0-2", "0-2: numbers begin at 1" },
	{ "1,,2", "nothing beside a comma" }, { ",", "nothing beside a comma" }, { "1,", "nothing beside a comma" },
	{ "3-", "3-: the range has no end" }, { "-3", "-3: the range has no beginning" }, { "-", "-: the range has no beginning" },
	{ "1 3", "1 3: not a number" }, { "1-2-3", "1-2-3: not a number" }, { "alle", "alle: not a number" },
	{ "one", "one: not a number" }, { "1.5", "1.5: not a number" }, { "+1", "+1: not a number" }, { "0x1", "0x1: not a number" },
	{ "99999999999999999999999", "there are only 5 studies" },
	{ "18446744073709551617", "there are only 5 studies" }, { "1-184467440737095516160000001", "there are only 5 studies" },
	{ "1\xe2\x80\x93" "3", "not a number" }, { "1,none", "none: not a number" },
};

static void test_selection(void)
{
	for (size_t i = 0; i < countof(good); i++) {
		bool chosen[5] = { true, true, true, true, true };
		char shown[6] = ".....";
		struct err e;

		CHECK_CASE(good[i].text);
		CHECK_INT(numbers_parse(good[i].text, chosen, 5, &e), 0);
		for (int n = 0; n < 5; n++)
			shown[n] = chosen[n] ? (char)('1' + n) : '.';
		CHECK_STR(shown, good[i].chosen);
	}
	for (size_t i = 0; i < countof(bad); i++) {
		bool chosen[5] = { true, false, true, false, true };
		struct err e = { ERR_NONE, "" };

		CHECK_CASE(bad[i].text);
		CHECK_INT(numbers_parse(bad[i].text, chosen, 5, &e), -1);
		CHECK_INT(e.kind, ERR_USAGE);
		CHECK_HAS(e.text, bad[i].said);
		CHECK(chosen[0] && !chosen[1] && chosen[2] && !chosen[3] && chosen[4]);
	}
	CHECK_CASE("");
}

static void test_counts(void)
{
	bool alone[1] = { false };
	struct err e;

	CHECK_INT(numbers_parse("all", NULL, 0, &e), 0);
	CHECK_INT(numbers_parse("1", NULL, 0, &e), -1);
	CHECK_STR(e.text, "1: there are no studies");
	CHECK_INT(numbers_parse("2", alone, 1, &e), -1);
	CHECK_STR(e.text, "2: there is only 1 study");
}

int main(void)
{
	test_selection();
	test_counts();
	return check_done();
}
