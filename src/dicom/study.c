/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One study in one block of memory.  The rule: the block begins with an empty text, to which every field that is not known
 * points, so that a study of zeroes is a study of which nothing is known. */
#include "dicom/study.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dicom/tag.h"
#include "dicom/value.h"

enum { VALUE_MAX = 1024 };
_Static_assert(STUDY_FIELDS * (VALUE_MAX + 1) + 1 <= USHRT_MAX, "a place must fit into struct study's at");

static const struct {
	const char *name;	/* in the state file */
	bool always;		/* written even when empty */
	uint32_t tag;
} members[STUDY_FIELDS] = {
	[STUDY_UID] = { "studyInstanceUID", true, TAG_StudyInstanceUID },
	[STUDY_PATIENT_NAME] = { "patientName", true, TAG_PatientName },
	[STUDY_PATIENT_ID] = { "patientID", true, TAG_PatientID },
	[STUDY_BIRTH_DATE] = { "patientBirthDate", false, TAG_PatientBirthDate },
	[STUDY_DATE] = { "studyDate", true, TAG_StudyDate },
	[STUDY_TIME] = { "studyTime", false, TAG_StudyTime },
	[STUDY_MODALITIES] = { "modality", true, TAG_ModalitiesInStudy },
	[STUDY_DESCRIPTION] = { "studyDescription", true, TAG_StudyDescription },
	[STUDY_ACCESSION] = { "accessionNumber", false, TAG_AccessionNumber },
	[STUDY_AVAILABILITY] = { "instanceAvailability", false, TAG_InstanceAvailability },
	[STUDY_ID] = { "studyID", false, TAG_StudyID },
	[STUDY_STATION] = { "stationName", false, TAG_StationName },
};

/* The order in which users know them. */
static const enum study_field written[] = {
	STUDY_PATIENT_NAME, STUDY_PATIENT_ID, STUDY_UID, STUDY_DATE, STUDY_MODALITIES, STUDY_DESCRIPTION, STUDY_ACCESSION,
	STUDY_TIME, STUDY_BIRTH_DATE, STUDY_AVAILABILITY, STUDY_ID, STUDY_STATION,
};
_Static_assert(countof(written) == STUDY_FIELDS, "each field is written");

void study_init(struct study *s)
{
	memset(s, 0, sizeof *s);
	s->series = s->instances = -1;
}

void study_done(struct study *s)
{
	free(s->text);
	study_init(s);
}

const char *study_get(const struct study *s, enum study_field field)
{
	return s->text ? s->text + s->at[field] : "";
}

/* Bytes to keep: at most VALUE_MAX, and no half character at the end. */
static size_t kept_len(const char *value)
{
	size_t len = strnlen(value, VALUE_MAX + 1);

	if (len <= VALUE_MAX)
		return len;
	for (len = VALUE_MAX; len > VALUE_MAX - 4 && ((unsigned char)value[len] & 0xc0) == 0x80;)
		len--;
	return len;
}

/* Builds the block anew; the values may lie in the old one. */
static void pack(struct study *s, const char *const values[STUDY_FIELDS])
{
	size_t lens[STUDY_FIELDS], size = 1, end = 1;
	char *text;

	for (int i = 0; i < STUDY_FIELDS; i++) {
		lens[i] = kept_len(values[i]);
		size += lens[i] ? lens[i] + 1 : 0;
	}
	text = mem_alloc(size);
	for (int i = 0; i < STUDY_FIELDS; i++) {
		s->at[i] = lens[i] ? (unsigned short)end : 0;
		memcpy(text + s->at[i], values[i], lens[i]);
		end += lens[i] ? lens[i] + 1 : 0;
	}
	free(s->text);
	s->text = text;
}

void study_set(struct study *s, enum study_field field, const char *value)
{
	const char *values[STUDY_FIELDS];

	for (int i = 0; i < STUDY_FIELDS; i++)
		values[i] = study_get(s, (enum study_field)i);
	values[field] = value ? value : "";
	pack(s, values);
}

static int known_count(long long count)
{
	return count < 0 || count > INT_MAX ? -1 : (int)count;
}

void study_from_row(struct study *s, const struct dataset *row)
{
	const char *values[STUDY_FIELDS];

	for (int i = 0; i < STUDY_FIELDS; i++)
		values[i] = dataset_get(row, members[i].tag);
	if (!*values[STUDY_MODALITIES])
		values[STUDY_MODALITIES] = dataset_get(row, TAG_Modality);
	pack(s, values);
	s->series = known_count(dataset_int(row, TAG_NumberOfStudyRelatedSeries, -1));
	s->instances = known_count(dataset_int(row, TAG_NumberOfStudyRelatedInstances, -1));
}

static void write_count(struct json *object, const char *name, int count)
{
	if (count >= 0)
		json_set(object, name, json_integer(count));
	else
		json_delete(object, name);
}

void study_to_json(const struct study *s, struct json *object)
{
	for (size_t i = 0; i < countof(written); i++) {
		const char *name = members[written[i]].name, *value = study_get(s, written[i]);

		if (*value || members[written[i]].always)
			json_set(object, name, json_string(value));
		else
			json_delete(object, name);
	}
	write_count(object, "numberOfSeries", s->series);
	write_count(object, "numberOfInstances", s->instances);
}

static int read_text(const struct json *object, const char *name, const char **ret_text, struct err *e)
{
	const struct json *member = json_get(object, name);

	if (member && json_type(member) != JSON_STRING && json_type(member) != JSON_NULL)
		return err_set(e, ERR_INPUT, "%s is not a string", name);
	*ret_text = member && json_type(member) == JSON_STRING ? json_text(member) : "";
	return 0;
}

static int read_count(const struct json *object, const char *name, int *ret_count, struct err *e)
{
	const struct json *member = json_get(object, name);

	*ret_count = -1;
	if (!member || json_type(member) == JSON_NULL)
		return 0;
	if (json_type(member) != JSON_INTEGER)
		return err_set(e, ERR_INPUT, "%s is not a whole number", name);
	*ret_count = known_count(json_int(member, -1));
	return 0;
}

/* Longer UIDs than the standard allows exist, and a PACS wants its own back; letters are a slip of a person. */
static int check_uid(const char *uid, struct err *e)
{
	if (uid_is_plausible(uid))
		return 0;
	if (uid_check(uid, "studyInstanceUID", e) < 0)
		e->kind = ERR_INPUT;
	return -1;
}

int study_from_json(struct study *s, const struct json *object, struct err *e)
{
	const char *values[STUDY_FIELDS];
	auto_free char *uid = NULL;
	int series, instances;

	if (!object || json_type(object) != JSON_OBJECT)
		return err_set(e, ERR_INPUT, "a study is not an object");
	for (int i = 0; i < STUDY_FIELDS; i++)
		if (read_text(object, members[i].name, &values[i], e) < 0)
			return -1;
	uid = value_trim(mem_str(values[STUDY_UID]));
	values[STUDY_UID] = uid;
	if (check_uid(uid, e) < 0 || read_count(object, "numberOfSeries", &series, e) < 0 ||
	    read_count(object, "numberOfInstances", &instances, e) < 0)
		return -1;
	pack(s, values);
	s->series = series;
	s->instances = instances;
	return 0;
}
