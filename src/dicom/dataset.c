/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Elements in the order they were put.  The rule: a value is bytes with a length and a NUL behind it, so that what a peer
 * sent is kept whole until dataset_decode makes text of it; text never holds a NUL. */
#include "dicom/dataset.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "dicom/charset.h"
#include "dicom/tag.h"

void dataset_init(struct dataset *d)
{
	memset(d, 0, sizeof *d);
}

void dataset_reset(struct dataset *d)
{
	for (size_t i = 0; i < d->count; i++)
		free(d->elements[i].value);
	d->count = 0;
}

void dataset_done(struct dataset *d)
{
	dataset_reset(d);
	free(d->elements);
	dataset_init(d);
}

static struct element *find(const struct dataset *d, uint32_t tag)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->elements[i].tag == tag)
			return &d->elements[i];
	return NULL;
}

static struct element *add(struct dataset *d, uint32_t tag)
{
	mem_grow(d->elements, d->count, d->room);
	memset(&d->elements[d->count], 0, sizeof d->elements[0]);
	d->elements[d->count].tag = tag;
	return &d->elements[d->count++];
}

void dataset_put(struct dataset *d, uint32_t tag, const char *vr, const char *value, size_t len)
{
	char *copy = mem_alloc(len + 1);
	struct element *el = find(d, tag);

	if (len)
		memcpy(copy, value, len);
	if (!el)
		el = add(d, tag);
	memset(el->vr, 0, sizeof el->vr);
	memcpy(el->vr, vr, strnlen(vr, sizeof el->vr - 1));
	free(el->value);		/* last: value may lie in it */
	el->value = copy;
	el->len = len;
}

void dataset_text(struct dataset *d, uint32_t tag, const char *value)
{
	dataset_put(d, tag, tag_vr(tag), value, value ? strlen(value) : 0);
}

void dataset_drop(struct dataset *d, uint32_t tag)
{
	struct element *el = find(d, tag);

	if (!el)
		return;
	free(el->value);
	d->count--;
	memmove(el, el + 1, (size_t)(d->elements + d->count - el) * sizeof *el);
}

const struct element *dataset_find(const struct dataset *d, uint32_t tag)
{
	return find(d, tag);
}

const char *dataset_get(const struct dataset *d, uint32_t tag)
{
	const struct element *el = find(d, tag);

	return el ? el->value : "";
}

/* What may stand behind the digits of a whole number: a fraction, further values, padding. */
static bool is_tolerable(const char *rest)
{
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	rest += strspn(rest, " ");
	return *rest == '\0' || *rest == '\\';
}

long dataset_int(const struct dataset *d, uint32_t tag, long absent)
{
	const char *text = dataset_get(d, tag);
	char *rest;
	long number;

	text += strspn(text, " ");
	if (!isdigit((unsigned char)text[strspn(text, "+-")]))
		return absent;
	errno = 0;
	number = strtol(text, &rest, 10);
	return errno || rest == text || !is_tolerable(rest) ? absent : number;
}

static bool is_one_of(const char *vr, const char *const *list)
{
	while (*list && strcmp(*list, vr) != 0)
		list++;
	return *list;
}

static bool is_text(const char *vr)
{
	static const char *const list[] = { "PN", "LO", "SH", "ST", "LT", "UC", "UT", NULL };

	return is_one_of(vr, list);
}

static bool ignores_leading_spaces(const char *vr)
{
	static const char *const list[] = { "UI", "DA", "TM", "CS", "IS", "DS", "AE", NULL };

	return is_one_of(vr, list);
}

/* A peer that does not know an attribute may send it as UN; the table may know better. */
static const char *true_vr(const struct element *el)
{
	const struct tag_info *info = strcmp(el->vr, "UN") == 0 ? tag_info(el->tag) : NULL;

	return info ? info->vr : el->vr;
}

static bool is_padding(char c)
{
	return c == ' ' || c == '\0';
}

/* A NUL inside is padding of one of several values, and would hide the others. */
static void trim(struct element *el, bool both_ends)
{
	size_t start = 0;

	while (el->len && is_padding(el->value[el->len - 1]))
		el->len--;
	while (both_ends && start < el->len && is_padding(el->value[start]))
		start++;
	el->len -= start;
	memmove(el->value, el->value + start, el->len);
	el->value[el->len] = '\0';
	for (char *nul; (nul = memchr(el->value, '\0', el->len)) != NULL;)
		*nul = ' ';
}

static void decode_text(struct element *el, const char *declared, const char *fallback, bool is_pn)
{
	struct buf out = BUF_INIT(el->len * 4 + 64);	/* a byte becomes "<XX>" at worst */

	charset_to_utf8(&out, el->value, el->len, declared, fallback, is_pn);
	free(el->value);
	el->len = out.len;
	el->value = buf_take(&out);
	buf_done(&out);
}

void dataset_decode(struct dataset *d, const char *fallback_charset)
{
	struct element *charset = find(d, TAG_SpecificCharacterSet);

	if (charset)
		trim(charset, true);
	for (size_t i = 0; i < d->count; i++) {
		struct element *el = &d->elements[i];
		const char *vr = true_vr(el);

		trim(el, ignores_leading_spaces(vr));
		if (!is_text(vr))
			continue;
		decode_text(el, charset ? charset->value : NULL, fallback_charset, strcmp(vr, "PN") == 0);
		trim(el, false);	/* spaces may have stood before a last escape sequence */
	}
}

void dataset_copy(struct dataset *to, const struct dataset *from)
{
	dataset_reset(to);
	for (size_t i = 0; i < from->count; i++) {
		const struct element *el = &from->elements[i];

		dataset_put(to, el->tag, el->vr, el->value, el->len);
	}
}
