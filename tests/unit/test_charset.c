/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Character sets: the examples of PS3.5 Annexes H to K in both directions, what senders get wrong, and that nothing is
 * ever lost. */
#include "dicom/charset.h"

#include <stdint.h>

#include "base/mem.h"
#include "tests/unit/check.h"

/* Both ways: the bytes are those that the standard prints. */
static const struct { const char *declared, *bytes, *text; } examples[] = {
	{ "ISO_IR 100", "Buc^J\xe9r\xf4me", "Buc^Jérôme" },
	{ "ISO_IR 100", "\xc4neas^R\xfc" "diger", "Äneas^Rüdiger" },
	{ "ISO_IR 101", "Wa\xb3\xeasa", "Wałęsa" },
	{ "ISO_IR 109", "\xc6u", "Ĉu" },
	{ "ISO_IR 110", "K\xe2rli\xf2\xb9", "Kârliōš" },
	{ "ISO_IR 148", "\xddstanbul", "İstanbul" },
	{ "ISO_IR 203", "\xa4 \xbc", "€ Œ" },
	{ "ISO_IR 144", "\xbb\xee\xda" "ce\xdc\xd1yp\xd3", "Люкceмбypг" },
	{ "ISO_IR 127", "\xe2\xc8\xc7\xe6\xea^\xe4\xe6\xd2\xc7\xd1", "قباني^لنزار" },
	{ "ISO_IR 126", "\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος" },
	{ "ISO_IR 138", "\xf9\xf8\xe5\xef^\xe3\xe1\xe5\xf8\xe4", "שרון^דבורה" },
	{ "ISO_IR 166", "\xb9\xd2\xc1", "นาม" },
	{ "ISO_IR 13", "\xd4\xcf\xc0\xde^\xc0\xdb\xb3 ~", "ﾔﾏﾀﾞ^ﾀﾛｳ ‾" },
	{ "\\ISO 2022 IR 87",
	  "Yamada^Tarou=\033$B;3ED\033(B^\033$BB@O:\033(B=\033$B$d$^$@\033(B^\033$B$?$m$&\033(B",
	  "Yamada^Tarou=山田^太郎=やまだ^たろう" },
	{ "ISO 2022 IR 13\\ISO 2022 IR 87",
	  "\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\033$B;3ED\033(J^\033$BB@O:\033(J=\033$B$d$^$@\033(J^\033$B$?$m$&\033(J",
	  "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう" },
	{ "ISO 2022 IR 87", "\033$B;3ED\033(B", "山田" },
	{ "\\ISO 2022 IR 159", "\033$(D0!\033(B", "丂" },
	{ "\\ISO 2022 IR 87\\ISO 2022 IR 159", "a\033$B;3\033$(D0!\033(Bz", "a山丂z" },
	{ "\\ISO 2022 IR 149",
	  "Hong^Gildong=\033$)C\xfb\xf3^\033$)C\xd1\xce\xd4\xd7=\033$)C\xc8\xab^\033$)C\xb1\xe6\xb5\xbf",
	  "Hong^Gildong=洪^吉洞=홍^길동" },
	{ "ISO_IR 192", "Wang^XiaoDong=王^小東=", "Wang^XiaoDong=王^小東=" },
	{ "GB18030", "Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=", "Wang^XiaoDong=王^小东=" },
	{ "GBK", "Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=", "Wang^XiaoDong=王^小东=" },
	{ "\\ISO 2022 IR 58", "Zhang^XiaoDong=\033$)A\xd5\xc5^\033$)A\xd0\xa1\xb6\xab=", "Zhang^XiaoDong=张^小东=" },
	{ "\\ISO 2022 IR 58", "1. \033$)A\xb5\xda\xd2\xbb\r\n2. \033$)A\xb5\xda\xb6\xfe\r\n", "1. 第一\r\n2. 第二\r\n" },
	{ "ISO 2022 IR 100\\ISO 2022 IR 144", "\xe9\033-L\xbb\xee\033-A^\xe9", "éЛю^é" },
	/* 0x5c is half of a character, not a delimiter */
	{ "GB18030", "\x81\x5c\\\xd5\x5c", "乗\\誠" },
	{ "GB18030", "\x90\x30\x81\x30^\x84\x31\xa4\x37", "𐀀^\xef\xbf\xbd" },
	{ "\\ISO 2022 IR 87", "\033$B\\!\033(B\\\033$B=P\033(B", "棔\\出" },
};

static void test_examples(void)
{
	for (size_t i = 0; i < countof(examples); i++) {
		auto_buf struct buf text = BUF_INIT(BUF_MB(1)), bytes = BUF_INIT(BUF_MB(1));
		struct err e = { 0 };

		CHECK_CASE(examples[i].declared);
		charset_to_utf8(&text, examples[i].bytes, strlen(examples[i].bytes), examples[i].declared, NULL, true);
		CHECK_STR(buf_text(&text), examples[i].text);
		CHECK_INT(charset_from_utf8(&bytes, examples[i].text, examples[i].declared, &e), 0);
		CHECK_STR(e.text, "");
		CHECK_STR(buf_text(&bytes), examples[i].bytes);
	}
}

static const struct { const char *why, *declared, *fallback, *bytes; bool is_pn; const char *text; } readings[] = {
	{ "undeclared Latin-1", NULL, NULL, "J\xe9r", true, "J<E9>r" },
	{ "undeclared UTF-8", "", NULL, "Jérôme", true, "Jérôme" },
	{ "fallback", "", "ISO_IR 100", "J\xe9r", true, "Jér" },
	{ "fallback, but UTF-8", "  ", "ISO_IR 100", "Jér", true, "Jér" },
	{ "fallback of two bytes", NULL, "GB18030", "\xcd\xf5", true, "王" },
	{ "fallback of unknown", "ISO_IR 999", "ISO_IR 144", "\xbb", true, "Л" },
	{ "fallback not used", "ISO_IR 100", "ISO_IR 144", "\xbb", true, "»" },
	{ "declared ASCII", "ISO_IR 6", NULL, "\xff", true, "<FF>" },
	{ "both unknown", "X", "Y", "\xe9", true, "<E9>" },
	{ "loosely spelt", "iso-ir_100 ", NULL, "\xe9", true, "é" },
	{ "loosely spelt", "ISO2022_IR 149", NULL, "\033$)C\xfb\xf3", true, "洪" },
	{ "loosely spelt", "utf-8", NULL, "é", true, "é" },
	{ "mixed up", "ISO_IR 149", NULL, "\xfb\xf3", true, "洪" },
	{ "no escape sequence at all", "\\ISO 2022 IR 149", NULL, "\xfb\xf3^\xd1\xce", true, "洪^吉" },
	{ "UTF-8 in spite of", "\\ISO 2022 IR 149", NULL, "洪吉洞", true, "洪吉洞" },
	{ "escape forgotten after ^", "\\ISO 2022 IR 58", NULL, "\033$)A\xd5\xc5^\xd0\xa1", true, "张^小" },
	{ "escape not declared", "", NULL, "\033$B;3\033(B!", true, "山!" },
	{ "unknown escape", "ISO_IR 100", NULL, "a\033%Gb", true, "a<1B>%Gb" },
	{ "escape cut", "\\ISO 2022 IR 87", NULL, "a\033$", true, "a<1B>$" },
	{ "G1 goes back at ^ of a name", "ISO 2022 IR 100\\ISO 2022 IR 126", NULL, "\033-F\xe1^\xe1", true, "α^á" },
	{ "but not of a text", "ISO 2022 IR 100\\ISO 2022 IR 126", NULL, "\033-F\xe1^\xe1", false, "α^α" },
	{ "at a backslash", "ISO 2022 IR 100\\ISO 2022 IR 126", NULL, "\033-F\xe1\\\xe1", false, "α\\á" },
	{ "at a line end", "ISO 2022 IR 100\\ISO 2022 IR 126", NULL, "\033-F\xe1\r\n\xe1", false, "α\r\ná" },
	{ "G0 goes back at a tab", "\\ISO 2022 IR 87", NULL, "\033$B;3\t;3", false, "山\t;3" },
	{ "^ and = inside of two bytes", "\\ISO 2022 IR 87", NULL, "\033$B^5=P\\!\033(B", true, "浹出棔" },
	{ "half a character", "\\ISO 2022 IR 87", NULL, "\033$B;3;", true, "山<3B>" },
	{ "half a character before escape", "\\ISO 2022 IR 87", NULL, "\033$B;\033(B3", true, "<3B>3" },
	{ "a pair nobody defined", "\\ISO 2022 IR 87", NULL, "\033$B)!\033(B", true, "<29><21>" },
	{ "half a character", "\\ISO 2022 IR 149", NULL, "\033$)C\xfb^\xfb\xf3", true, "<FB>^洪" },
	{ "half a character", "GB18030", NULL, "\xcd\xf5\xcd", true, "王<CD>" },
	{ "half a character", "GB18030", NULL, "\x81\x30\x81", true, "<81>0<81>" },
	{ "half a character", "ISO_IR 192", NULL, "a\xe7\x8e^\xc0\xafz", true, "a<E7><8E>^<C0><AF>z" },
	{ "a surrogate", "ISO_IR 192", NULL, "\xed\xa0\x80", true, "<ED><A0><80>" },
	{ "C1", "ISO_IR 100", NULL, "\x85", true, "<85>" },
	{ "not in the set", "ISO_IR 127", NULL, "\xa1", true, "<A1>" },
	{ "controls", "ISO_IR 192", NULL, "a\abé", true, "a<07>bé" },
	{ "controls", NULL, NULL, "a\ab\x7f", true, "a<07>b<7F>" },
	{ "yen or backslash", "ISO_IR 13", NULL, "a\\\xb1", true, "a\\ｱ" },
	{ "Katakana in G0", "\\ISO 2022 IR 13", NULL, "\033(I1\033(B1", true, "ｱ1" },
	{ "nothing", "ISO_IR 100", NULL, "", true, "" },
};

static void test_readings(void)
{
	for (size_t i = 0; i < countof(readings); i++) {
		auto_buf struct buf text = BUF_INIT(BUF_MB(1));

		CHECK_CASE(readings[i].why);
		charset_to_utf8(&text, readings[i].bytes, strlen(readings[i].bytes), readings[i].declared, readings[i].fallback,
				readings[i].is_pn);
		CHECK_STR(buf_text(&text), readings[i].text);
	}
}

static void test_nul(void)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(1));

	CHECK_CASE("NUL");
	charset_to_utf8(&text, "a\0b\0\0", 5, NULL, NULL, false);
	CHECK_STR(buf_text(&text), "a<00>b");
	buf_reset(&text);
	charset_to_utf8(&text, "\0\0", 2, NULL, NULL, false);
	CHECK_STR(buf_text(&text), "");
}

static const struct { const char *charset, *text, *part; } refusals[] = {
	{ "ISO_IR 100", "Wałęsa", "the character ł (U+0142) does not exist in ISO_IR 100" },
	{ NULL, "é", "does not exist in ASCII" },
	{ "", "é", "(U+00E9) does not exist in ASCII" },
	{ "ISO_IR 6", "é", "does not exist in ISO_IR 6" },
	{ "ISO_IR 13", "~", "the character U+007E cannot be sent in ISO_IR 13" },
	{ "ISO_IR 13", "é", "does not exist" },
	{ "\\ISO 2022 IR 87", "洪홍", "U+D64D" },
	{ "GBK", "𐀀", "U+10000" },
	{ "ISO_IR 192", "\xe9", "the byte 0xE9 is not UTF-8" },
	{ "ISO_IR 192", "a\033b", "U+001B cannot be sent" },
	{ "ISO_IR 999", "a", "'ISO_IR 999' is not a character set that DICOM defines" },
	{ "iso_ir 100", "a", "is not a character set" },
};

static void test_refusals(void)
{
	for (size_t i = 0; i < countof(refusals); i++) {
		auto_buf struct buf bytes = BUF_INIT(BUF_MB(1));
		struct err e = { 0 };

		CHECK_CASE(refusals[i].text);
		buf_str(&bytes, "old");
		CHECK_INT(charset_from_utf8(&bytes, refusals[i].text, refusals[i].charset, &e), -1);
		CHECK_INT(e.kind, ERR_USAGE);
		CHECK_HAS(e.text, refusals[i].part);
		CHECK_STR(buf_text(&bytes), "old");
	}
}

static const char *const known[] = {
	"", "ISO_IR 6", "ISO_IR 13", "ISO_IR 100", "ISO_IR 101", "ISO_IR 109", "ISO_IR 110", "ISO_IR 126", "ISO_IR 127",
	"ISO_IR 138", "ISO_IR 144", "ISO_IR 148", "ISO_IR 166", "ISO_IR 203", "ISO_IR 192", "GB18030", "GBK",
	"ISO 2022 IR 6", "ISO 2022 IR 13", "ISO 2022 IR 14", "ISO 2022 IR 58", "ISO 2022 IR 87", "ISO 2022 IR 100",
	"ISO 2022 IR 101", "ISO 2022 IR 109", "ISO 2022 IR 110", "ISO 2022 IR 126", "ISO 2022 IR 127", "ISO 2022 IR 138",
	"ISO 2022 IR 144", "ISO 2022 IR 148", "ISO 2022 IR 149", "ISO 2022 IR 159", "ISO 2022 IR 166", "ISO 2022 IR 203",
	"\\ISO 2022 IR 87",
};
static const char *const not_known[] = {
	"ISO_IR 87", "ISO 2022 IR 192", "ISO_IR 1000", "ISO_IR ", "ISO_IR", "UTF-8", "gbk", "ISO_IR 100 ", "ISO_IR 192x",
	"a very long word that is no character set at all",
};

static void put_utf8(char out[5], uint32_t c)
{
	if (c < 0x80)
		snprintf(out, 5, "%c", (int)c);
	else if (c < 0x800)
		snprintf(out, 5, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 0x3f)));
	else
		snprintf(out, 5, "%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
}

/* Whatever can be written is read back as the same, or as what is written the same. */
static void check_round_trip(const char *charset, const char *text)
{
	auto_buf struct buf bytes = BUF_INIT(64), back = BUF_INIT(64), again = BUF_INIT(64);
	struct err e;

	if (charset_from_utf8(&bytes, text, charset, &e) < 0)
		return;
	charset_to_utf8(&back, bytes.data, bytes.len, charset, NULL, true);
	if (!strcmp(buf_text(&back), text))
		return;
	if (CHECK_INT(charset_from_utf8(&again, buf_text(&back), charset, &e), 0))
		CHECK_STR(buf_text(&again), buf_text(&bytes));
}

static void test_every_character(void)
{
	char text[5];

	for (size_t i = 0; i < countof(known); i++) {
		CHECK_CASE(known[i]);
		for (uint32_t c = 0x20; c < 0xffff; c += c < 0xac00 || c > 0xe000 ? 1 : 13) {
			if (c >= 0xd800 && c < 0xe000)
				continue;
			put_utf8(text, c);
			check_round_trip(known[i], text);
		}
	}
}

static void test_known(void)
{
	for (size_t i = 0; i < countof(known); i++) {
		CHECK_CASE(known[i]);
		CHECK(charset_is_known(known[i]));
	}
	for (size_t i = 0; i < countof(not_known); i++) {
		CHECK_CASE(not_known[i]);
		CHECK(!charset_is_known(not_known[i]));
	}
	CHECK(charset_is_ascii("~a\t"));
	CHECK(!charset_is_ascii("\xe9"));
	CHECK(charset_is_ascii(""));
}

int main(void)
{
	test_examples();
	test_readings();
	test_nul();
	test_refusals();
	test_known();
	test_every_character();
	return check_done();
}
