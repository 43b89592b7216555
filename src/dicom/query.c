/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What to ask, and the request as a file for findscu, getscu and movescu.  The rule: keys are UTF-8 and as a person means
 * them until query_encode, which alone knows of bytes, padding and character sets. */
#include "dicom/query.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "dicom/charset.h"
#include "dicom/tag.h"
#include "dicom/value.h"

#define ROOT "1.2.826.0.1.3680043.10.1338"

static const char *const level_names[] = { "PATIENT", "STUDY", "SERIES", "IMAGE" };

int level_parse(const char *text, enum level *ret_level, struct err *e)
{
	for (size_t i = 0; i < countof(level_names); i++) {
		if (strcasecmp(text, level_names[i]) == 0) {
			*ret_level = (enum level)i;
			return 0;
		}
	}
	if (strcasecmp(text, "INSTANCE") != 0)
		return err_set(e, ERR_USAGE, "'%.40s' is not a level: use PATIENT, STUDY, SERIES or IMAGE", text);
	*ret_level = LEVEL_IMAGE;
	return 0;
}

const char *level_name(enum level level)
{
	return level_names[level];
}

void query_init(struct query *q, enum level level)
{
	q->level = level;
	dataset_init(&q->keys);
}

void query_done(struct query *q)
{
	dataset_done(&q->keys);
}

void query_set_study(struct query *q, enum model model, const char *patient_id, const char *study_uids)
{
	if (model != MODEL_STUDY)
		dataset_text(&q->keys, TAG_PatientID, patient_id);
	dataset_text(&q->keys, TAG_StudyInstanceUID, study_uids);
}

/* The attributes of a level, its unique keys first; those of the levels above tell which parent a row has, and dcmqrscp
 * answers images of a study only when it sees the SeriesInstanceUID, be it empty (C000 otherwise). */
#define RETURNS_MAX 16
static const uint32_t returns[][RETURNS_MAX] = {
	[LEVEL_PATIENT] = {
		TAG_PatientID, TAG_PatientName, TAG_PatientBirthDate, TAG_PatientSex, TAG_NumberOfPatientRelatedStudies,
		TAG(0x0020, 0x1202), TAG_NumberOfPatientRelatedInstances,
	},
	[LEVEL_STUDY] = {
		TAG_StudyInstanceUID, TAG_PatientID, TAG_PatientName, TAG_PatientBirthDate, TAG_PatientSex, TAG_StudyDate,
		TAG_StudyTime, TAG_AccessionNumber, TAG_StudyDescription, TAG_StudyID, TAG_ModalitiesInStudy,
		TAG_NumberOfStudyRelatedSeries, TAG_NumberOfStudyRelatedInstances, TAG_InstanceAvailability,
	},
	[LEVEL_SERIES] = {
		TAG_SeriesInstanceUID, TAG_StudyInstanceUID, TAG_Modality, TAG_SeriesNumber, TAG_SeriesDescription,
		TAG_NumberOfSeriesRelatedInstances, TAG_StationName,
	},
	[LEVEL_IMAGE] = {
		TAG_SOPInstanceUID, TAG_StudyInstanceUID, TAG_SeriesInstanceUID, TAG_SOPClassUID, TAG_InstanceNumber,
	},
};

static void add_return(struct query *q, uint32_t tag)
{
	if (!dataset_find(&q->keys, tag))
		dataset_text(&q->keys, tag, "");
}

void query_add_returns(struct query *q)
{
	add_return(q, TAG_SpecificCharacterSet);
	for (size_t i = 0; i < RETURNS_MAX && returns[q->level][i]; i++)
		add_return(q, returns[q->level][i]);
}

static bool vr_is(const char *vr, const char *list)
{
	const char *at = strlen(vr) == 2 ? strstr(list, vr) : NULL;

	return at && (at - list) % 3 == 0;
}

/* ---- keys as text ---- */

static int check_tag(uint32_t tag, const char *vr, struct err *e)
{
	unsigned group = tag >> 16;

	if (vr_is(vr, "SQ"))
		return err_set(e, ERR_USAGE, "%s is a sequence, which cannot be a key here", tag_name(tag));
	if (group < 0x0008 || group >= 0xfffc || (tag & 0xffff) == 0)
		return err_set(e, ERR_USAGE, "%s does not belong into a query", tag_name(tag));
	return 0;
}

static int check_characters(uint32_t tag, const char *value, struct err *e)
{
	size_t left = strlen(value);

	while (left) {
		size_t len = buf_utf8_len(value, left);

		if (!len)
			return err_set(e, ERR_USAGE, "the value of %s is not UTF-8", tag_name(tag));
		if ((unsigned char)*value < 0x20 || *value == 0x7f)
			return err_set(e, ERR_USAGE, "the value of %s has control characters", tag_name(tag));
		value += len;
		left -= len;
	}
	return 0;
}

/* Dates may be written as everywhere else in this program; what is sent is what DICOM knows. */
static int put_date(struct query *q, uint32_t tag, const char *value, struct err *e)
{
	struct date_range range;
	char text[20];

	if (date_range_parse(value, &range, e) < 0)
		return err_in(e, "%s", tag_name(tag));
	date_range_format(&range, text);
	dataset_text(&q->keys, tag, text);
	return 0;
}

static int put_key(struct query *q, uint32_t tag, const char *value, struct err *e)
{
	const char *vr = tag_vr(tag);

	if (check_tag(tag, vr, e) < 0 || check_characters(tag, value, e) < 0)
		return -1;
	if (tag == TAG_QueryRetrieveLevel)
		return *value ? level_parse(value, &q->level, e) : 0;
	if (strpbrk(value, "*?") && vr_is(vr, "DA TM DT UI IS DS AS US SS UL SL"))
		return err_set(e, ERR_USAGE, "%s cannot be asked for with * or ?: give a value, or none to have it returned",
			       tag_name(tag));
	if (*value && vr_is(vr, "DA"))
		return put_date(q, tag, value, e);
	dataset_text(&q->keys, tag, value);
	return 0;
}

int query_add_text(struct query *q, const char *text, struct err *e)
{
	const char *equals = strchr(text, '=');
	auto_free char *name = equals ? mem_strn(text, (size_t)(equals - text)) : mem_str(text);
	uint32_t tag;

	if (!tag_parse(value_trim(name), &tag))
		return err_set(e, ERR_USAGE, "'%.60s' is not an attribute: use its keyword (PatientID) or its number (0010,0020)",
			       name);
	return put_key(q, tag, equals ? equals + 1 : "", e);
}

/* ---- what is legal together ---- */

static int check_level(const struct query *q, enum model model, struct err *e)
{
	if (q->level == LEVEL_PATIENT && model == MODEL_STUDY)
		return err_set(e, ERR_USAGE, "the PATIENT level needs the model patient or patient-study");
	if (q->level > LEVEL_STUDY && model == MODEL_PATIENT_STUDY)
		return err_set(e, ERR_USAGE, "the model patient-study has no %s level", level_name(q->level));
	if (q->level > LEVEL_STUDY && !*dataset_get(&q->keys, TAG_StudyInstanceUID))
		return err_set(e, ERR_USAGE, "the %s level needs a StudyInstanceUID", level_name(q->level));
	return 0;
}

static int check_uids(const struct element *el, struct err *e)
{
	const char *uid = el->value;

	for (;;) {
		size_t len = strcspn(uid, "\\");
		auto_free char *one = mem_strn(uid, len);

		if (!uid_is_repeatable(one))
			return err_set(e, ERR_USAGE, "%s: '%.70s' is not a UID", tag_name(el->tag), one);
		if (!uid[len])
			return 0;
		uid += len + 1;
	}
}

/* A PACS matches date and time each for itself, so that a time range over several days finds what nobody meant. */
static int check_times(const struct dataset *keys, struct err *e)
{
	const char *date = dataset_get(keys, TAG_StudyDate);
	size_t day = strcspn(date, "-");

	if (!strchr(dataset_get(keys, TAG_StudyTime), '-') || !date[day])
		return 0;
	if (day == strlen(date + day + 1) && strncmp(date, date + day + 1, day) == 0)
		return 0;
	return err_set(e, ERR_USAGE, "a range of StudyTime needs a single StudyDate, not '%.40s'", date);
}

int query_check(const struct query *q, enum model model, struct err *e)
{
	for (size_t i = 0; i < q->keys.count; i++) {
		const struct element *el = &q->keys.elements[i];

		if (check_tag(el->tag, el->vr, e) < 0)
			return -1;
		if (el->len && vr_is(el->vr, "UI") && check_uids(el, e) < 0)
			return -1;
	}
	if (check_level(q, model, e) < 0)
		return -1;
	return check_times(&q->keys, e);
}

/* ---- the request as a file ---- */

static void put_number(struct buf *out, unsigned long number, int bytes)
{
	for (; bytes; bytes--, number >>= 8)
		buf_char(out, (char)(number & 0xff));
}

static bool has_long_form(const char *vr)
{
	return vr_is(vr, "OB OD OF OL OV OW SV UC UN UR UT UV");
}

/* Bytes of value padded to an even length, behind the header of its VR. */
static void put_element(struct buf *out, uint32_t tag, const char *vr, const char *value, size_t len)
{
	char padding = vr_is(vr, "UI") ? '\0' : ' ';
	size_t even = len + (len & 1);

	put_number(out, tag >> 16, 2);
	put_number(out, tag & 0xffff, 2);
	buf_add(out, vr, 2);
	if (has_long_form(vr))
		put_number(out, 0, 2);
	put_number(out, even, has_long_form(vr) ? 4 : 2);
	buf_add(out, value, len);
	if (even > len)
		buf_char(out, padding);
}

static void put_head(struct buf *out)
{
	static const char generic_class[] = "1.2.276.0.7230010.3.1.0.1";	/* what DCMTK's dump2dcm writes */
	static const char little_endian[] = "1.2.840.10008.1.2.1";
	static const char instance[] = ROOT ".1";
	auto_buf struct buf meta = BUF_INIT(1024);

	put_element(&meta, TAG(0x0002, 0x0001), "OB", "\0\1", 2);
	put_element(&meta, TAG(0x0002, 0x0002), "UI", generic_class, strlen(generic_class));
	put_element(&meta, TAG(0x0002, 0x0003), "UI", instance, strlen(instance));
	put_element(&meta, TAG(0x0002, 0x0010), "UI", little_endian, strlen(little_endian));
	put_element(&meta, TAG(0x0002, 0x0012), "UI", ROOT, strlen(ROOT));
	for (int i = 0; i < 128; i++)
		buf_char(out, '\0');
	buf_str(out, "DICM");
	put_number(out, 0x0002, 2);
	put_number(out, 0x0000, 2);
	buf_str(out, "UL");
	put_number(out, 4, 2);
	put_number(out, meta.len, 4);
	buf_add(out, meta.data, meta.len);
}

/* The character set that the keys themselves name goes before the node's.  Sets of two bytes a character are never the
 * first of the values of (0008,0005), so that alone they stand behind an empty one. */
static void choose_charset(struct buf *chosen, const struct query *q, const char *charset)
{
	static const char *const multibyte[] = { "ISO 2022 IR 87", "ISO 2022 IR 159", "ISO 2022 IR 149", "ISO 2022 IR 58" };
	const char *own = dataset_get(&q->keys, TAG_SpecificCharacterSet);

	if (*own)
		charset = own;
	else if (!charset || !*charset)
		charset = "ISO_IR 192";
	for (size_t i = 0; i < countof(multibyte); i++)
		if (strcmp(charset, multibyte[i]) == 0)
			buf_char(chosen, '\\');
	buf_str(chosen, charset);
}

/* Backslash-separated whole numbers of a width in bytes. */
static int encode_numbers(struct buf *bytes, const struct element *el, int width, bool is_signed, struct err *e)
{
	const long long lowest = is_signed ? -(1LL << (8 * width - 1)) : 0;
	const long long highest = (1LL << (8 * width - is_signed)) - 1;
	const char *text = el->value;

	while (el->len) {
		char *rest;
		long long number;

		errno = 0;
		number = strtoll(text, &rest, 10);
		if (rest == text || errno || number < lowest || number > highest || !memchr("\\", *rest, 2))
			return err_set(e, ERR_USAGE, "%s: '%.40s' is not a number from %lld to %lld", tag_name(el->tag), text,
				       lowest, highest);
		put_number(bytes, (unsigned long)number, width);
		if (!*rest)
			break;
		text = rest + 1;
	}
	return 0;
}

static int encode_text(struct buf *bytes, const struct element *el, const char *vr, const char *charset, struct err *e)
{
	if (charset_is_ascii(el->value)) {
		buf_add(bytes, el->value, el->len);
		return 0;
	}
	if (!vr_is(vr, "PN LO SH ST LT UC UT"))
		return err_set(e, ERR_USAGE, "%s: only ASCII is possible here", tag_name(el->tag));
	if (charset_from_utf8(bytes, el->value, charset, e) < 0)
		return err_in(e, "%s", tag_name(el->tag));
	return 0;
}

static int encode_value(struct buf *bytes, const struct element *el, const char *vr, const char *charset, struct err *e)
{
	if (vr_is(vr, "US UL"))
		return encode_numbers(bytes, el, vr_is(vr, "US") ? 2 : 4, false, e);
	if (vr_is(vr, "SS SL"))
		return encode_numbers(bytes, el, vr_is(vr, "SS") ? 2 : 4, true, e);
	if (el->len && vr_is(vr, "AT FD FL OB OD OF OL OV OW SV UV"))
		return err_set(e, ERR_USAGE, "%s has the VR %s, which cannot be matched", tag_name(el->tag), vr);
	return encode_text(bytes, el, vr, charset, e);
}

/* What a person may have put as UN or as nothing at all is sent as what the table says. */
static const char *sent_vr(const struct element *el)
{
	return strlen(el->vr) != 2 || vr_is(el->vr, "UN") ? tag_vr(el->tag) : el->vr;
}

static int encode_element(struct buf *out, const struct element *el, const char *charset, struct err *e)
{
	auto_buf struct buf bytes = BUF_INIT(el->len * 16 + 64);	/* escapes around every character */
	const char *vr = sent_vr(el);

	if (check_tag(el->tag, vr, e) < 0 || encode_value(&bytes, el, vr, charset, e) < 0)
		return -1;
	if (bytes.len > QUERY_LIST_BYTES_MAX)
		return err_set(e, ERR_USAGE, "%s has %zu bytes; a request can hold %d", tag_name(el->tag), bytes.len,
			       QUERY_LIST_BYTES_MAX);
	put_element(out, el->tag, vr, buf_text(&bytes), bytes.len);
	return 0;
}

static bool is_all_ascii(const struct dataset *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		if (!charset_is_ascii(keys->elements[i].value))
			return false;
	return true;
}

static int compare_elements(const void *a, const void *b)
{
	uint32_t one = ((const struct element *)a)->tag, other = ((const struct element *)b)->tag;

	return (one > other) - (one < other);
}

static int encode_keys(const struct dataset *keys, const char *charset, struct buf *out, struct err *e)
{
	for (size_t i = 0; i < keys->count; i++)
		if (encode_element(out, &keys->elements[i], charset, e) < 0)
			return -1;
	return out->over ? err_set(e, ERR_USAGE, "the request is larger than %zu bytes", out->ceiling) : 0;
}

int query_encode(const struct query *q, const char *charset, struct buf *out, struct err *e)
{
	auto_buf struct buf chosen = BUF_INIT(1024);
	struct dataset keys;
	int failed;

	choose_charset(&chosen, q, charset);
	dataset_init(&keys);
	dataset_copy(&keys, &q->keys);
	dataset_text(&keys, TAG_QueryRetrieveLevel, level_name(q->level));
	if (!is_all_ascii(&keys))
		dataset_text(&keys, TAG_SpecificCharacterSet, buf_text(&chosen));
	qsort(keys.elements, keys.count, sizeof keys.elements[0], compare_elements);
	put_head(out);
	failed = encode_keys(&keys, buf_text(&chosen), out, e);
	dataset_done(&keys);
	return failed;
}
