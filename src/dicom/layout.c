/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Templates for paths.  The rule: whatever the values are, a path stays below the folder it is put in; only the template
 * makes folders, and no value can. */
#include "dicom/layout.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "dicom/sopclass.h"
#include "dicom/tag.h"
#include "dicom/value.h"

enum {
	SAFE_MAX = 64,			/* bytes of one value */
	HASH_LEN = 9,			/* "-1b2c3d4e" */
	SERIAL_LEN = 11,		/* "-2147483648" */
	COMPONENT_MAX = 240,		/* file systems allow 255 */
	DEPTH_MAX = 12,
	WIDTH_MAX = 20
};

#define SAFE_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

/* A literal text (which alone holds slashes), or a field. */
struct part {
	char *literal;		/* NULL for a field */
	uint32_t tag;
	int width;		/* 0 = as it is */
	bool is_prefix;
};

struct layout {
	char *source;
	struct part *parts;
	size_t count, room;
	size_t extension;	/* where it begins in the last literal; that literal's length when there is none */
};

/* ---- values ---- */

static uint32_t hash(const char *value)
{
	uint64_t h = 0xcbf29ce484222325;	/* FNV-1a */

	for (; *value; value++)
		h = (h ^ (unsigned char)*value) * 0x100000001b3;
	return (uint32_t)(h ^ h >> 32);
}

/* Appends value made safe at whatever length; true when something was replaced.  Spaces around a value mean nothing in
 * DICOM, so losing them is none. */
static bool make_safe(struct buf *out, const char *value)
{
	bool lossy = false;

	value += strspn(value, " ");
	while (value[strspn(value, " ")]) {
		size_t len = strspn(value, SAFE_CHARS), spaces;

		if (*value == '.' && !out->len)
			len = 0;
		buf_add(out, value, len);
		value += len;
		spaces = strspn(value, " ");
		if (!value[spaces])
			break;
		buf_char(out, '_');
		lossy = true;
		value += *value == '.' ? 1 : strcspn(value, SAFE_CHARS);
	}
	return lossy;
}

static char *finish(struct buf *safe, const char *value, bool hashed)
{
	if (!safe->len)
		buf_str(safe, "unknown");
	if (!hashed && safe->len <= SAFE_MAX)
		return buf_take(safe);
	return mem_printf("%.*s-%08x", SAFE_MAX - HASH_LEN, safe->data, (unsigned)hash(value));
}

char *layout_safe(const char *value)
{
	auto_buf struct buf safe = BUF_INIT(strlen(value) + 16);

	make_safe(&safe, value);
	return finish(&safe, value, false);
}

char *layout_safe_distinct(const char *value)
{
	auto_buf struct buf safe = BUF_INIT(strlen(value) + 16);
	bool lossy = make_safe(&safe, value);

	return finish(&safe, value, lossy);
}

char *layout_safe_hashed(const char *value)
{
	auto_buf struct buf safe = BUF_INIT(strlen(value) + 16);

	make_safe(&safe, value);
	return finish(&safe, value, true);
}

/* ---- templates ---- */

struct parsing {
	struct layout *layout;
	const char *text, *at;
	size_t component, depth;	/* bytes that the current component may have at most; components */
};

static int fault(const struct parsing *p, struct err *e, const char *what)
{
	return err_set(e, ERR_USAGE, "layout '%.200s', position %d: %s", p->text, (int)(p->at - p->text) + 1, what);
}

static struct part *add_part(struct layout *l)
{
	mem_grow(l->parts, l->count, l->room);
	memset(&l->parts[l->count], 0, sizeof l->parts[0]);
	return &l->parts[l->count++];
}

static int add_bytes(struct parsing *p, size_t bytes, struct err *e)
{
	p->component += bytes;
	return p->component + HASH_LEN + SERIAL_LEN > COMPONENT_MAX ? fault(p, e, "a name would become too long here") : 0;
}

/* One character of a literal. */
static int check_literal(struct parsing *p, struct err *e)
{
	if (*p->at == '/') {
		if (!p->component)
			return fault(p, e, p->at == p->text ? "a path cannot be absolute" : "a folder has no name");
		if (++p->depth >= DEPTH_MAX)
			return fault(p, e, "too many folders");
		p->component = 0;
		return 0;
	}
	if (*p->at == '}')
		return fault(p, e, "this } closes nothing");
	if (!strchr(SAFE_CHARS, *p->at))
		return fault(p, e, "only letters, digits, '.', '_', '-' and '/' may stand between { }");
	if (*p->at == '.' && !p->component)
		return fault(p, e, "a name cannot begin with a dot");
	return add_bytes(p, 1, e);
}

static int parse_literal(struct parsing *p, struct err *e)
{
	const char *start = p->at;

	for (; *p->at && *p->at != '{'; p->at++)
		if (check_literal(p, e) < 0)
			return -1;
	add_part(p->layout)->literal = mem_strn(start, (size_t)(p->at - start));
	return 0;
}

/* ":04" */
static bool parse_width(const char *text, int *ret_width)
{
	size_t len = strlen(text);
	int width = len == 2 || len == 3 ? atoi(text) : 0;

	if (*text != '0' || strspn(text, "0123456789") != len || width < 1 || width > WIDTH_MAX)
		return false;
	*ret_width = width;
	return true;
}

/* What has no text to be named by. */
static bool is_nameless(uint32_t tag)
{
	static const char *const vrs[] = { "SQ", "OB", "OW", "OF", "OD", "OL", "OV", "UN" };

	for (size_t i = 0; i < countof(vrs); i++)
		if (strcmp(tag_vr(tag), vrs[i]) == 0)
			return true;
	return false;
}

/* Keyword[:0N] from between braces. */
static int parse_field(struct parsing *p, char *field, struct err *e)
{
	struct part part = { .tag = TAG_SOPClassUID };
	char *colon = strchr(field, ':');

	if (colon)
		*colon = '\0';
	part.is_prefix = strcmp(field, "Prefix") == 0;
	if (!part.is_prefix && !tag_parse(field, &part.tag))
		return fault(p, e, "no such attribute: use a keyword as {PatientID} or a number as {0010,0020}");
	if (is_nameless(part.tag))
		return fault(p, e, "this attribute has no text");
	if (colon && (part.tag == TAG_PatientID || strcmp(tag_vr(part.tag), "UI") == 0))
		return fault(p, e, "an identifier has no width: 7 and 007 may be two");
	if (colon && !parse_width(colon + 1, &part.width))
		return fault(p, e, "after the colon belongs a width as in {InstanceNumber:05}, at most 020");
	*add_part(p->layout) = part;
	return 0;
}

static int parse_braces(struct parsing *p, struct err *e)
{
	size_t len = strcspn(p->at + 1, "{}");
	auto_free char *field = mem_strn(p->at + 1, len);

	if (p->at[1 + len] != '}')
		return fault(p, e, "this { is not closed");
	if (parse_field(p, field, e) < 0 || add_bytes(p, SAFE_MAX, e) < 0)
		return -1;
	p->at += len + 2;
	return 0;
}

static size_t count_fields(const struct layout *l)
{
	size_t fields = 0;

	for (size_t i = 0; i < l->count; i++)
		fields += !l->parts[i].literal;
	return fields;
}

static int parse(struct parsing *p, struct err *e)
{
	size_t fields;

	while (*p->at)
		if ((*p->at == '{' ? parse_braces(p, e) : parse_literal(p, e)) < 0)
			return -1;
	fields = count_fields(p->layout);
	if (!p->component)
		return fault(p, e, "the file has no name");
	if (!fields)
		return fault(p, e, "nothing in { } would tell files apart: write flat, or attributes as {SOPInstanceUID}");
	return fields > LAYOUT_FIELDS_MAX ? fault(p, e, "too many attributes") : 0;
}

/* The last dot that the template itself wrote into the file's name; a UID's dots are none of it. */
static void find_extension(struct layout *l)
{
	const char *literal = l->parts[l->count - 1].literal;
	const char *name, *dot;

	if (!literal)
		return;
	name = strrchr(literal, '/');
	dot = strrchr(name ? name : literal, '.');
	l->extension = dot ? (size_t)(dot - literal) : strlen(literal);
}

struct layout *layout_parse(const char *text, struct err *e)
{
	struct layout *l = mem_alloc(sizeof *l);
	struct parsing p = { .layout = l };

	l->source = mem_str(text);
	p.text = p.at = strcmp(text, LAYOUT_FLAT) == 0 ? "{Prefix}.{SOPInstanceUID}" : l->source;
	if (parse(&p, e) < 0) {
		layout_free(l);
		return NULL;
	}
	find_extension(l);
	return l;
}

void layout_free(struct layout *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++)
		free(l->parts[i].literal);
	free(l->parts);
	free(l->source);
	free(l);
}

const char *layout_source(const struct layout *l)
{
	return l->source;
}

static bool is_among(const uint32_t *tags, size_t count, uint32_t tag)
{
	for (size_t i = 0; i < count; i++)
		if (tags[i] == tag)
			return true;
	return false;
}

size_t layout_tags(const struct layout *l, uint32_t *tags, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < l->count && count < room; i++)
		if (!l->parts[i].literal && !is_among(tags, count, l->parts[i].tag))
			tags[count++] = l->parts[i].tag;
	return count;
}

/* Does it differ within a study?  The modality may, and as a rule does not. */
static bool is_below_study(const struct part *p)
{
	static const uint32_t study[] = { TAG_StudyInstanceUID, TAG_StudyID, TAG_NumberOfStudyRelatedSeries,
					  TAG_NumberOfStudyRelatedInstances };
	static const uint32_t below[] = {
		TAG_SOPClassUID, TAG_SOPInstanceUID, TAG_SeriesDescription, TAG(0x0008, 0x0008), TAG(0x0008, 0x0012), TAG(0x0008, 0x0013),
		TAG(0x0008, 0x0021), TAG(0x0008, 0x0022), TAG(0x0008, 0x0023), TAG(0x0008, 0x002a), TAG(0x0008, 0x0031),
		TAG(0x0008, 0x0032), TAG(0x0008, 0x0033)
	};
	uint32_t group = p->tag >> 16;

	if (group == 0x0020)
		return !is_among(study, countof(study), p->tag);
	return group == 0x0018 || group == 0x0028 || group == 0x0002 || is_among(below, countof(below), p->tag);
}

bool layout_tells_patients(const struct layout *l)
{
	static const uint32_t uids[] = { TAG_StudyInstanceUID, TAG_SeriesInstanceUID, TAG_SOPInstanceUID };
	uint32_t tags[LAYOUT_FIELDS_MAX];
	size_t count = layout_tags(l, tags, LAYOUT_FIELDS_MAX);
	bool told = false, of_patient = false;

	for (size_t i = 0; i < count; i++) {
		told |= is_among(uids, countof(uids), tags[i]);
		of_patient |= tags[i] >> 16 == 0x0010;
	}
	return is_among(tags, count, TAG_PatientID) || (told && !of_patient);
}

size_t layout_study_depth(const struct layout *l)
{
	size_t depth = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct part *p = &l->parts[i];

		if (!p->literal && is_below_study(p))
			break;
		for (const char *c = p->literal; c && *c; c++)
			depth += *c == '/';
	}
	return depth;
}

/* ---- paths ---- */

/* A person's name with single '^' and nothing else to replace: no other name is written like this. */
static bool is_plain_name(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (name[i] == '_' || (!strchr(SAFE_CHARS, name[i]) && (name[i] != '^' || name[i + 1] == '^')))
			return false;
	return len && *name != '^' && *name != '.';
}

/* The components of a name that are empty at its end mean nothing. */
static size_t name_len(const char *name)
{
	size_t len = strlen(name);

	while (len && (name[len - 1] == '^' || name[len - 1] == ' '))
		len--;
	return len;
}

static bool has_letters_lost(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value >= 0x80)
			return true;
	return false;
}

/* Two studies or two patients must never meet in a folder because what told them apart was replaced; of what else is told apart
 * only letters count: "AX 5MM" may be "AX_5MM". */
static bool is_ambiguous(uint32_t tag, const char *value, bool replaced)
{
	static const uint32_t identifiers[] = { TAG_AccessionNumber, TAG_StudyID, TAG(0x0040, 0x1001), TAG(0x0038, 0x0010) };

	if (!*value)
		return false;
	if (strcmp(tag_vr(tag), "UI") == 0)
		return !uid_is_safe(value);
	if (strcmp(tag_vr(tag), "PN") == 0)
		return !is_plain_name(value, strlen(value));
	if (tag >> 16 == 0x0010 || is_among(identifiers, countof(identifiers), tag))
		return replaced;
	return replaced && has_letters_lost(value);
}

static char *identifier(uint32_t tag, const char *whole)
{
	bool is_name = strcmp(tag_vr(tag), "PN") == 0;
	auto_free char *value = is_name ? mem_strn(whole, name_len(whole)) : mem_str(whole);
	auto_buf struct buf safe = BUF_INIT(strlen(value) + 16);
	bool replaced = make_safe(&safe, value);

	return finish(&safe, value, is_ambiguous(tag, value, replaced));
}

/* Stricter than dataset_int: what has a fraction or further values is named by all of it. */
static bool read_whole(const char *value, long *ret_number)
{
	char *rest;

	errno = 0;
	*ret_number = strtol(value, &rest, 10);
	if (rest == value || errno)
		return false;
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0");
	return !rest[strspn(rest, " ")];
}

static char *field_text(const struct part *part, const struct dataset *set)
{
	const char *value = dataset_get(set, part->tag);
	long number;

	if (part->is_prefix)
		return layout_safe(sopclass_prefix(value));
	if (part->width && read_whole(value, &number))
		return mem_printf("%0*ld", part->width, number);
	return identifier(part->tag, value);
}

static void add_serial(struct buf *path, int serial)
{
	if (serial > 0)
		buf_printf(path, "-%lld", serial + 1LL);
}

static char *make_path(const struct layout *l, const struct dataset *decoded, const char *series, int serial)
{
	struct buf path = BUF_INIT(DEPTH_MAX * (COMPONENT_MAX + 1));

	for (size_t i = 0; i < l->count; i++) {
		const struct part *part = &l->parts[i];
		bool last = i + 1 == l->count;
		auto_free char *field = part->literal ? NULL : field_text(part, decoded);
		size_t body = last && part->literal ? l->extension : SIZE_MAX;

		buf_printf(&path, "%.*s", body < INT_MAX ? (int)body : INT_MAX, part->literal ? part->literal : field);
		if (last && series)
			buf_printf(&path, "-%08x", (unsigned)hash(series));
		if (last)
			add_serial(&path, serial);
		if (body != SIZE_MAX)
			buf_str(&path, part->literal + body);
	}
	return buf_take(&path);
}

char *layout_path(const struct layout *l, const struct dataset *decoded, int serial)
{
	return make_path(l, decoded, NULL, serial);
}

char *layout_path_twin(const struct layout *l, const struct dataset *decoded, int serial)
{
	uint32_t tags[LAYOUT_FIELDS_MAX];
	size_t count = layout_tags(l, tags, LAYOUT_FIELDS_MAX);
	bool named = is_among(tags, count, TAG_SeriesInstanceUID);

	return make_path(l, decoded, named ? NULL : dataset_get(decoded, TAG_SeriesInstanceUID), serial);
}
