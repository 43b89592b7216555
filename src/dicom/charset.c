/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Specific Character Set: bytes to UTF-8 and back, one character at a time.  The rule: decoding never fails and never
 * drops a byte (only NUL padding at the end); what cannot be read is shown as <XX>, and so are control characters other
 * than TAB, LF, FF and CR.
 *
 * ISO 2022 in DICOM (PS3.5 6.1.2): bytes below 0x80 belong to the set in G0, others to the one in G1.  Escape sequences
 * put a set there; line ends, the backslash, and in names ^ and = put back what the first declared term names.  While G0
 * holds a set of two bytes a character, its bytes are never delimiters. */
#include "dicom/charset.h"

#include <ctype.h>
#include <iconv.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum set {
	NONE, ASCII, ROMAN, KATAKANA, LATIN1, LATIN2, LATIN3, LATIN4, LATIN5, LATIN9, CYRILLIC, ARABIC, GREEK, HEBREW, THAI,
	JIS0208, JIS0212, KSC5601, GB2312, UTF8, GB18030, GBK, SETS
};

enum { ESC = 0x1b, CHAR_MAX_BYTES = 8, MORE_MAX = 16 };

static const struct {
	const char *iconv;	/* NULL: by rule */
	const char *escape;	/* NULL: never in an escape sequence */
	bool in_g1;
	unsigned char width;
} sets[SETS] = {
	[ASCII] = { NULL, "\033(B", false, 1 },
	[ROMAN] = { NULL, "\033(J", false, 1 },
	[KATAKANA] = { NULL, "\033)I", true, 1 },
	[LATIN1] = { "ISO-8859-1", "\033-A", true, 1 },
	[LATIN2] = { "ISO-8859-2", "\033-B", true, 1 },
	[LATIN3] = { "ISO-8859-3", "\033-C", true, 1 },
	[LATIN4] = { "ISO-8859-4", "\033-D", true, 1 },
	[LATIN5] = { "ISO-8859-9", "\033-M", true, 1 },
	[LATIN9] = { "ISO-8859-15", "\033-b", true, 1 },
	[CYRILLIC] = { "ISO-8859-5", "\033-L", true, 1 },
	[ARABIC] = { "ISO-8859-6", "\033-G", true, 1 },
	[GREEK] = { "ISO-8859-7", "\033-F", true, 1 },
	[HEBREW] = { "ISO-8859-8", "\033-H", true, 1 },
	[THAI] = { "TIS-620", "\033-T", true, 1 },
	[JIS0208] = { "EUC-JP", "\033$B", false, 2 },
	[JIS0212] = { "EUC-JP", "\033$(D", false, 2 },
	[KSC5601] = { "EUC-KR", "\033$)C", true, 2 },
	[GB2312] = { "EUC-CN", "\033$)A", true, 2 },
	[GB18030] = { "GB18030", NULL, false, 0 },
	[GBK] = { "GBK", NULL, false, 0 },
};

/* Not in DICOM, but in the files of those who took ISO-2022-JP-2 for it. */
static const struct { const char *escape; enum set set; bool in_g1; } strays[] = {
	{ "\033$@", JIS0208, false }, { "\033$(B", JIS0208, false }, { "\033$(C", KSC5601, false },
	{ "\033$A", GB2312, false }, { "\033$(A", GB2312, false }, { "\033(I", KATAKANA, false },
};

enum { PLAIN = 1, EXTENDED = 2 };	/* as ISO_IR n, as ISO 2022 IR n */

static const struct { const char *number; enum set set; int as; } terms[] = {
	{ "6", ASCII, PLAIN | EXTENDED }, { "13", KATAKANA, PLAIN | EXTENDED }, { "14", ROMAN, EXTENDED },
	{ "58", GB2312, EXTENDED }, { "87", JIS0208, EXTENDED }, { "149", KSC5601, EXTENDED }, { "159", JIS0212, EXTENDED },
	{ "100", LATIN1, PLAIN | EXTENDED }, { "101", LATIN2, PLAIN | EXTENDED }, { "109", LATIN3, PLAIN | EXTENDED },
	{ "110", LATIN4, PLAIN | EXTENDED }, { "144", CYRILLIC, PLAIN | EXTENDED }, { "127", ARABIC, PLAIN | EXTENDED },
	{ "126", GREEK, PLAIN | EXTENDED }, { "138", HEBREW, PLAIN | EXTENDED }, { "148", LATIN5, PLAIN | EXTENDED },
	{ "166", THAI, PLAIN | EXTENDED }, { "203", LATIN9, PLAIN | EXTENDED }, { "192", UTF8, PLAIN },
};

/* What (0008,0005) says. */
struct repertoire {
	enum set whole;			/* UTF8, GB18030, GBK: no escape sequences; else NONE */
	enum set g0, g1;		/* where each value and line begins */
	enum set more[MORE_MAX];	/* what escape sequences may bring */
	size_t more_count;
};

static enum set find_number(const char *number, int as)
{
	for (size_t i = 0; i < countof(terms); i++)
		if (terms[i].as & as && !strcmp(terms[i].number, number))
			return terms[i].set;
	return NONE;
}

/* One defined term; NONE when there is no such.  Unless exact, case, spaces, dashes and underscores do not matter. */
static enum set find_term(const char *text, size_t len, bool exact, bool *ret_extended)
{
	char name[24];
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		if (!exact && strchr(" -_", text[i]))
			continue;
		if (used + 1 >= sizeof name)
			return NONE;
		name[used++] = exact ? text[i] : (char)toupper((unsigned char)text[i]);
	}
	name[used] = '\0';
	*ret_extended = false;
	if (!used)
		return ASCII;
	if (!strcmp(name, "GB18030"))
		return GB18030;
	if (!strcmp(name, "GBK"))
		return GBK;
	if (!exact && !strcmp(name, "UTF8"))
		return UTF8;
	*ret_extended = !exact;
	if (!strncmp(name, exact ? "ISO_IR " : "ISOIR", exact ? 7 : 5))
		return find_number(name + (exact ? 7 : 5), exact ? PLAIN : PLAIN | EXTENDED);
	*ret_extended = true;
	if (!strncmp(name, exact ? "ISO 2022 IR " : "ISO2022IR", exact ? 12 : 9))
		return find_number(name + (exact ? 12 : 9), exact ? EXTENDED : PLAIN | EXTENDED);
	return NONE;
}

static void add_more(struct repertoire *r, enum set set)
{
	for (size_t i = 0; i < r->more_count; i++)
		if (r->more[i] == set)
			return;
	if (r->more_count < MORE_MAX)
		r->more[r->more_count++] = set;
}

static void add_term(struct repertoire *r, enum set set, bool first, bool extended)
{
	if (set >= UTF8) {
		r->whole = set;
		return;
	}
	if (first && (set == KATAKANA || set == ROMAN))
		r->g0 = ROMAN;
	if (first && sets[set].in_g1 && sets[set].width == 1)
		r->g1 = set;
	if (!extended)
		return;
	add_more(r, ASCII);
	if (set == KATAKANA)
		add_more(r, ROMAN);
	add_more(r, set);
}

/* All values of (0008,0005).  False, with what could be understood, when one is unknown. */
static bool read_terms(struct repertoire *r, const char *declared, bool exact)
{
	bool all = true, first = true;

	*r = (struct repertoire){ .g0 = ASCII };
	for (;;) {
		size_t len = strcspn(declared, "\\");
		bool extended, last = !declared[len];
		enum set set = find_term(declared, len, exact, &extended);

		if (set == NONE)
			all = false;
		else
			add_term(r, set, first, extended || !first || !last);
		if (last)
			return all;
		declared += len + 1;
		first = false;
	}
}

static bool is_ascii_only(const struct repertoire *r)
{
	return r->whole == NONE && r->g0 == ASCII && r->g1 == NONE && r->more_count <= 1;
}

/* Descriptors stay open: opening one takes longer than most values. */
static iconv_t converter(enum set set, bool to_utf8)
{
	static struct { bool tried; iconv_t cd; } cache[SETS][2];

	if (!cache[set][to_utf8].tried) {
		cache[set][to_utf8].tried = true;
		cache[set][to_utf8].cd = iconv_open(to_utf8 ? "UTF-8" : sets[set].iconv, to_utf8 ? sets[set].iconv : "UTF-8");
	}
	return cache[set][to_utf8].cd;
}

/* One character; how many bytes came out, 0 when it does not exist on the other side. */
static size_t convert(enum set set, bool to_utf8, const unsigned char *bytes, size_t len, char out[CHAR_MAX_BYTES])
{
	iconv_t cd = converter(set, to_utf8);
	char copy[CHAR_MAX_BYTES], *in = copy, *end = out;
	size_t room = CHAR_MAX_BYTES;

	if (cd == (iconv_t)-1 || len > sizeof copy)
		return 0;
	memcpy(copy, bytes, len);
	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &in, &len, &end, &room) != 0 || len)
		return 0;
	return (size_t)(end - out);
}

static size_t utf8_len(const unsigned char *s, size_t len)
{
	return buf_utf8_len((const char *)s, len);
}

/* And not just ASCII. */
static bool is_utf8(const unsigned char *s, size_t len)
{
	size_t longest = 0;

	for (size_t n; len; s += n, len -= n) {
		n = utf8_len(s, len);
		if (!n)
			return false;
		longest = n > longest ? n : longest;
	}
	return longest > 1;
}

static bool is_line_control(unsigned char c)
{
	return c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool is_shown(unsigned char c)
{
	return (c >= 0x20 && c < 0x7f) || is_line_control(c);
}

struct decoder {
	struct buf *out;
	const struct repertoire *r;
	enum set g0, g1;
	bool is_pn;
};

static void put_hex(struct decoder *d, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_printf(d->out, "<%02X>", bytes[i]);
}

static void go_home(struct decoder *d)
{
	d->g0 = d->r->g0;
	d->g1 = d->r->g1;
}

static bool begins(const unsigned char *s, size_t len, const char *escape)
{
	size_t need = strlen(escape);

	return len >= need && !memcmp(s, escape, need);
}

static size_t designate(struct decoder *d, enum set set, bool in_g1, const char *escape)
{
	if (in_g1)
		d->g1 = set;
	else
		d->g0 = set;
	return strlen(escape);
}

/* Length of the escape sequence, 0 when unknown. */
static size_t take_escape(struct decoder *d, const unsigned char *s, size_t len)
{
	for (enum set set = ASCII; set < UTF8; set++)
		if (begins(s, len, sets[set].escape))
			return designate(d, set, sets[set].in_g1, sets[set].escape);
	for (size_t i = 0; i < countof(strays); i++)
		if (begins(s, len, strays[i].escape))
			return designate(d, strays[i].set, strays[i].in_g1, strays[i].escape);
	return 0;
}

/* One character of the set, its high bits on; 0 when the bytes are none. */
static size_t to_utf8(enum set set, const unsigned char *bytes, size_t len, char out[CHAR_MAX_BYTES])
{
	unsigned char euc[3] = { 0x8f, (unsigned char)(bytes[0] | 0x80), (unsigned char)(bytes[len - 1] | 0x80) };

	if (set == KATAKANA) {
		if (euc[1] < 0xa1 || euc[1] > 0xdf)
			return 0;
		/* 0xa1 is U+FF61, 0xdf is U+FF9F */
		return (size_t)snprintf(out, CHAR_MAX_BYTES, "\xef%c%c", euc[1] < 0xc0 ? 0xbd : 0xbe, 0x80 | (euc[1] & 0x3f));
	}
	if (set == ASCII || set == ROMAN || set == NONE || euc[1] < 0xa0)
		return 0;
	if (sets[set].width == 1)
		return convert(set, true, euc + 1, 1, out);
	if (euc[1] == 0xa0 || euc[1] == 0xff || euc[2] == 0xa0 || euc[2] == 0xff)
		return 0;
	return set == JIS0212 ? convert(set, true, euc, 3, out) : convert(set, true, euc + 1, 2, out);
}

/* A character of as many bytes as the set has, all below or all above 0x80; how many bytes it took. */
static size_t take_graphic(struct decoder *d, enum set set, const unsigned char *s, size_t len)
{
	size_t width = sets[set].width == 2 ? 2 : 1, n = 0;
	char out[CHAR_MAX_BYTES];

	if (width == 2 && (len < 2 || ((s[0] ^ s[1]) & 0x80) || (s[1] & 0x7f) <= 0x20 || (s[1] & 0x7f) == 0x7f))
		width = 1;
	else
		n = to_utf8(set, s, width, out);
	if (n)
		buf_add(d->out, out, n);
	else
		put_hex(d, s, width);
	return width;
}

static size_t take_low(struct decoder *d, const unsigned char *s, size_t len)
{
	if (*s == ' ' || !is_shown(*s) || is_line_control(*s)) {
		if (is_line_control(*s))
			go_home(d);
		if (is_shown(*s))
			buf_char(d->out, (char)*s);
		else
			put_hex(d, s, 1);
		return 1;
	}
	if (d->g0 != ASCII && d->g0 != ROMAN)
		return take_graphic(d, d->g0, s, len);
	if (*s == '\\' || (d->is_pn && (*s == '^' || *s == '=')))
		go_home(d);
	if (*s == '~' && d->g0 == ROMAN)
		buf_str(d->out, "\u203e");
	else
		buf_char(d->out, (char)*s);
	return 1;
}

/* Without a set in G1, the first declared one that could be there is meant: senders forget to repeat the escape sequence
 * after a delimiter. */
static enum set guess_g1(const struct repertoire *r)
{
	for (size_t i = 0; i < r->more_count; i++)
		if (sets[r->more[i]].in_g1)
			return r->more[i];
	return NONE;
}

static void decode_iso(struct decoder *d, const unsigned char *s, size_t len)
{
	go_home(d);
	for (size_t n; len; s += n, len -= n) {
		n = *s == ESC ? take_escape(d, s, len) : 0;
		if (!n)
			n = *s < 0x80 ? take_low(d, s, len) : take_graphic(d, d->g1 ? d->g1 : guess_g1(d->r), s, len);
	}
}

/* GBK is read as its superset. */
static size_t take_gb(struct decoder *d, const unsigned char *s, size_t len)
{
	size_t width = len > 1 && s[1] >= '0' && s[1] <= '9' ? 4 : 2;
	char out[CHAR_MAX_BYTES];
	size_t n = len >= width ? convert(GB18030, true, s, width, out) : 0;

	if (!n) {
		put_hex(d, s, 1);
		return 1;
	}
	buf_add(d->out, out, n);
	return width;
}

static size_t take_utf8(struct decoder *d, const unsigned char *s, size_t len)
{
	size_t n = utf8_len(s, len);

	if (n)
		buf_add(d->out, s, n);
	else
		put_hex(d, s, 1);
	return n ? n : 1;
}

static void decode_whole(struct decoder *d, enum set whole, const unsigned char *s, size_t len)
{
	for (size_t n; len; s += n, len -= n) {
		n = 1;
		if (is_shown(*s))
			buf_char(d->out, (char)*s);
		else if (*s < 0x80)
			put_hex(d, s, 1);
		else
			n = whole == UTF8 ? take_utf8(d, s, len) : take_gb(d, s, len);
	}
}

static bool is_simple(const unsigned char *s, size_t len)
{
	while (len && is_shown(*s) && *s != '~') {
		s++;
		len--;
	}
	return !len;
}

void charset_to_utf8(struct buf *out, const char *bytes, size_t len, const char *declared, const char *fallback, bool is_pn)
{
	const unsigned char *s = (const unsigned char *)bytes;
	struct repertoire r;
	struct decoder d = { .out = out, .r = &r, .is_pn = is_pn };
	bool undeclared;

	while (len && !s[len - 1])
		len--;
	if (!len)
		return;
	if (is_simple(s, len)) {		/* the same in every set, and the usual case */
		buf_add(out, s, len);
		return;
	}
	read_terms(&r, declared ? declared : "", false);
	undeclared = is_ascii_only(&r);
	if (undeclared && fallback)
		read_terms(&r, fallback, false);
	/* Where nothing above 0x7f is declared to begin with, UTF-8 is too unlikely by chance to be anything else. */
	if (r.whole == NONE && (undeclared || !r.g1) && !memchr(s, ESC, len) && is_utf8(s, len))
		r.whole = UTF8;
	if (r.whole)
		decode_whole(&d, r.whole, s, len);
	else
		decode_iso(&d, s, len);
}

struct encoder {
	struct buf *out;
	const struct repertoire *r;
	enum set g0, g1;
};

static void escape_to(struct encoder *c, enum set set)
{
	if (set == NONE || set == c->g0 || set == c->g1)
		return;
	buf_str(c->out, sets[set].escape);
	if (sets[set].in_g1)
		c->g1 = set;
	else
		c->g0 = set;
}

/* Before a delimiter or the end: a reader that knows names resets there, one that does not must find the same. */
static void encode_home(struct encoder *c)
{
	escape_to(c, c->r->g0);
	escape_to(c, c->r->g1);
	c->g1 = c->r->g1;
}

static bool may_escape_to(const struct repertoire *r, enum set set)
{
	for (size_t i = 0; i < r->more_count; i++)
		if (r->more[i] == set)
			return true;
	return false;
}

/* Brings a set to G0 that has this byte as ASCII has it: the one each value begins with, if it can. */
static bool escape_to_ascii(struct encoder *c, unsigned char byte)
{
	enum set set = byte == '~' ? ASCII : c->r->g0;

	if (c->g0 == ASCII || (c->g0 == ROMAN && byte != '~'))
		return true;
	if (set != c->r->g0 && !may_escape_to(c->r, set))
		return false;
	escape_to(c, set);
	return true;
}

static bool encode_ascii(struct encoder *c, unsigned char byte)
{
	if (!is_shown(byte))
		return false;
	if (c->r->whole == NONE) {
		if (is_line_control(byte) || byte == '\\' || byte == '^' || byte == '=')
			encode_home(c);
		else if (!escape_to_ascii(c, byte))
			return false;
	}
	buf_char(c->out, (char)byte);
	return true;
}

/* The bytes of one character in the set as they stand in the value; how many, 0 when it does not exist there. */
static size_t from_utf8(enum set set, const unsigned char *s, size_t len, char out[CHAR_MAX_BYTES])
{
	bool whole = set == GB18030 || set == GBK, wide;
	size_t n;

	if (set == ROMAN && len == 3 && !memcmp(s, "\u203e", 3)) {
		*out = '~';
		return 1;
	}
	if (set == KATAKANA && len == 3 && s[0] == 0xef && ((s[1] == 0xbd && s[2] > 0xa0) || (s[1] == 0xbe && s[2] < 0xa0))) {
		*out = (char)(s[1] == 0xbd ? s[2] : s[2] | 0xc0);
		return 1;
	}
	if (!sets[set].iconv)
		return 0;
	n = convert(set, false, s, len, out);
	if (whole)
		return n > 1 ? n : 0;		/* one byte is a vendor's Euro sign */
	wide = set == JIS0212 && n == 3 && (unsigned char)*out == 0x8f;
	if (wide)
		memmove(out, out + 1, --n);
	if (n != sets[set].width || (set == JIS0212 && !wide))
		return 0;
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)out[i] < 0xa0 + (n > 1))
			return 0;
		if (!sets[set].in_g1)
			out[i] &= 0x7f;
	}
	return n;
}

static bool encode_other(struct encoder *c, const unsigned char *s, size_t len)
{
	const enum set here[] = { c->g1, c->g0 };
	char bytes[CHAR_MAX_BYTES];
	size_t n = 0;

	if (c->r->whole == UTF8) {
		buf_add(c->out, s, len);
		return true;
	}
	if (c->r->whole) {
		n = from_utf8(c->r->whole, s, len, bytes);
		buf_add(c->out, bytes, n);
		return n > 0;
	}
	for (size_t i = 0; !n && i < countof(here) + c->r->more_count; i++) {
		enum set set = i < countof(here) ? here[i] : c->r->more[i - countof(here)];

		n = from_utf8(set, s, len, bytes);
		if (n) {
			escape_to(c, set);
			buf_add(c->out, bytes, n);
		}
	}
	return n > 0;
}

static int refuse(struct err *e, const unsigned char *s, size_t len, const char *charset)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t number = *s & masks[len];

	if (!len)
		return err_set(e, ERR_USAGE, "the byte 0x%02X is not UTF-8", *s);
	for (size_t i = 1; i < len; i++)
		number = number << 6 | (s[i] & 0x3f);
	if (number < 0xa0)
		return err_set(e, ERR_USAGE, "the character U+%04X cannot be sent%s%s", (unsigned)number,
			       number == '~' ? " in " : "", number == '~' ? charset : "");
	return err_set(e, ERR_USAGE, "the character %.*s (U+%04X) does not exist in %s", (int)len, (const char *)s,
		       (unsigned)number, *charset ? charset : "ASCII");
}

int charset_from_utf8(struct buf *out, const char *text, const char *charset, struct err *e)
{
	const unsigned char *s = (const unsigned char *)text;
	auto_buf struct buf encoded = BUF_INIT(SIZE_MAX);
	struct repertoire r;
	struct encoder c = { .out = &encoded, .r = &r };

	charset = charset ? charset : "";
	if (!read_terms(&r, charset, true))
		return err_set(e, ERR_USAGE, "'%.80s' is not a character set that DICOM defines", charset);
	c.g0 = r.g0;
	c.g1 = r.g1;
	for (size_t left = strlen(text), n; left; s += n, left -= n) {
		n = utf8_len(s, left);
		if (!n || !(n == 1 ? encode_ascii(&c, *s) : encode_other(&c, s, n)))
			return refuse(e, s, n, charset);
	}
	if (!r.whole)
		encode_home(&c);
	buf_add(out, encoded.data, encoded.len);
	return 0;
}

bool charset_is_known(const char *defined_term)
{
	struct repertoire r;

	return read_terms(&r, defined_term, true);
}

bool charset_is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text > 0x7f)
			return false;
	return true;
}
