/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass over the bytes, each element against what is left of them.  The rule: every doubt ends it. */
#include "dicom/part10.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

#define PREAMBLE 128
#define META 0x00020000u
#define META_SYNTAX 0x00020010u
#define NUMBERS_MAX 64			/* values of one element */

static const char EXPLICIT_LE[] = "1.2.840.10008.1.2.1";

struct cursor {
	const unsigned char *at, *end;
};

struct raw {
	uint32_t tag;
	char vr[3];
	const unsigned char *value;
	size_t len;
};

static uint32_t u16(const unsigned char *p)
{
	return (uint32_t)(p[0] | p[1] << 8);
}

static uint32_t u32(const unsigned char *p)
{
	return u16(p) | u16(p + 2) << 16;
}

static bool is_one_of(const char *vr, const char *list)
{
	for (; *list; list += 3)
		if (!memcmp(vr, list, 2))
			return true;
	return false;
}

/* Sequences, bytes and what is not known are others' business, but OB is the version of the meta information. */
static bool take(struct cursor *c, struct raw *el)
{
	size_t head = 8;

	if (c->end - c->at < 8)
		return false;
	*el = (struct raw){ .tag = u16(c->at) << 16 | u16(c->at + 2), .vr = { (char)c->at[4], (char)c->at[5], '\0' } };
	if (is_one_of(el->vr, "AE AS CS DA DS DT IS LO LT PN SH ST TM UI US UL SS SL ")) {
		el->len = u16(c->at + 6);
	} else if (is_one_of(el->vr, "UC UR UT OB ") && c->end - c->at >= 12 && !u16(c->at + 6)) {
		el->len = u32(c->at + 8);
		head = 12;
	} else {
		return false;
	}
	if (el->len % 2 || el->len > (size_t)(c->end - c->at) - head)
		return false;
	el->value = c->at + head;
	c->at += head + el->len;
	return true;
}

/* The meta information, up to the first element of the data set; it must name the transfer syntax. */
static bool skip_meta(struct cursor *c)
{
	bool is_explicit = false;
	struct raw el;

	while (c->end - c->at >= 8 && u16(c->at) == META >> 16) {
		size_t len;

		if (!take(c, &el))
			return false;
		if (el.tag != META_SYNTAX)
			continue;
		for (len = el.len; len && (!el.value[len - 1] || el.value[len - 1] == ' ');)
			len--;
		is_explicit = len == strlen(EXPLICIT_LE) && !memcmp(el.value, EXPLICIT_LE, len);
	}
	return is_explicit;
}

static long long number(const struct raw *el, const unsigned char *p)
{
	switch (el->vr[0] << 8 | el->vr[1]) {
	case 'U' << 8 | 'S': return u16(p);
	case 'U' << 8 | 'L': return u32(p);
	case 'S' << 8 | 'S': return (int16_t)u16(p);
	default: return (int32_t)u32(p);
	}
}

/* "64\128", as dcmdump writes them. */
static bool put_numbers(struct dataset *set, const struct raw *el)
{
	size_t width = el->vr[1] == 'S' ? 2 : 4, len = 0;
	char text[NUMBERS_MAX * 12];

	if (el->len % width || el->len > NUMBERS_MAX * width)
		return false;
	text[0] = '\0';
	for (size_t at = 0; at < el->len; at += width)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%lld", at ? "\\" : "", number(el, el->value + at));
	dataset_put(set, el->tag, el->vr, text, len);
	return true;
}

bool part10_read(const unsigned char *bytes, size_t len, struct dataset *set)
{
	struct cursor c = { bytes + PREAMBLE + 4, bytes + len };
	uint32_t last = META | 0xffff;
	struct raw el;

	if (len < PREAMBLE + 4 || memcmp(bytes + PREAMBLE, "DICM", 4) != 0 || !skip_meta(&c))
		return false;
	while (c.at < c.end) {
		if (!take(&c, &el) || el.tag <= last || !strcmp(el.vr, "OB"))
			return false;
		last = el.tag;
		if (!is_one_of(el.vr, "US UL SS SL "))
			dataset_put(set, el.tag, el.vr, (const char *)el.value, el.len);
		else if (!put_numbers(set, &el))
			return false;
	}
	return true;
}
