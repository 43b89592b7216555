/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conditions as the PACS forgot them. */
#include "core/plan/filter.h"

#include "base/mem.h"
#include "check.h"
#include "dicom/tag.h"

/* One condition against one value of one field. */
#define WANT(member) offsetof(struct filter, member)
static const struct { size_t want; const char *pattern; enum study_field field; const char *value; const char *miss; } one[] = {
	{ WANT(modality), "CT", STUDY_MODALITIES, "CT", NULL },
	{ WANT(modality), "CT", STUDY_MODALITIES, "MR\\CT\\SR", NULL },
	{ WANT(modality), "CT", STUDY_MODALITIES, "CTA\\MR", "modality CTA\\MR is not CT" },
	{ WANT(modality), "CT,MR", STUDY_MODALITIES, "MR", NULL },
	{ WANT(modality), "CT\\NM", STUDY_MODALITIES, "MR", "modality MR is not CT\\NM" },
	{ WANT(modality), "CT", STUDY_MODALITIES, "", NULL },
	{ WANT(modality), "", STUDY_MODALITIES, "MR", NULL },
	{ WANT(patient_name), "DOE*", STUDY_PATIENT_NAME, "DOE^JOHN", NULL },
	{ WANT(patient_name), "doe*", STUDY_PATIENT_NAME, "Doe^John", NULL },
	{ WANT(patient_name), "DOE", STUDY_PATIENT_NAME, "DOE^JOHN", NULL },
	{ WANT(patient_name), "DOE^J*", STUDY_PATIENT_NAME, "DOE^JANE^^MD", NULL },
	{ WANT(patient_name), "DOE^JOHN", STUDY_PATIENT_NAME, "DOE^JOHN^^^", NULL },
	{ WANT(patient_name), "DOE^JOHN^^", STUDY_PATIENT_NAME, "DOE^JOHN", NULL },
	{ WANT(patient_name), "*JOHN*", STUDY_PATIENT_NAME, "DOE^JOHN", NULL },
	{ WANT(patient_name), "DOE", STUDY_PATIENT_NAME, "DOERR^JOHN", "patient name is not the one asked for" },
	{ WANT(patient_name), "DOE^JOHN", STUDY_PATIENT_NAME, "DOE", "patient name is not the one asked for" },
	{ WANT(patient_name), "Yamada*", STUDY_PATIENT_NAME, "Yamada^Tarou=\xe5\xb1\xb1\xe7\x94\xb0^x", NULL },
	{ WANT(patient_name), "\xe5\xb1\xb1\xe7\x94\xb0*", STUDY_PATIENT_NAME, "Yamada^Tarou=\xe5\xb1\xb1\xe7\x94\xb0^x", NULL },
	{ WANT(patient_name), "DOE", STUDY_PATIENT_NAME, "", NULL },
	{ WANT(patient_id), "12345", STUDY_PATIENT_ID, "12345", NULL },
	{ WANT(patient_id), "12345", STUDY_PATIENT_ID, "123456", "patient ID is not the one asked for" },
	{ WANT(patient_id), "abc*", STUDY_PATIENT_ID, "abcd", NULL },
	{ WANT(accession), "A1", STUDY_ACCESSION, "A2", "accession number is not the one asked for" },
	{ WANT(study_description), "*chest*", STUDY_DESCRIPTION, "CT CHEST W/CONTRAST", NULL },
	{ WANT(study_description), "*chest", STUDY_DESCRIPTION, "CT CHEST W/CONTRAST", "study description does not match *chest" },
	{ WANT(include), "chest, head", STUDY_DESCRIPTION, "CT HEAD", NULL },
	{ WANT(include), "chest, head", STUDY_DESCRIPTION, "CT KNEE", "study description has none of the words chest, head" },
	{ WANT(include), " , ", STUDY_DESCRIPTION, "CT KNEE", NULL },
	{ WANT(exclude), "imported, test", STUDY_DESCRIPTION, "CT (Imported)", "study description has the word imported" },
	{ WANT(exclude), "imported", STUDY_DESCRIPTION, "CT", NULL },
	{ WANT(exclude), ",", STUDY_DESCRIPTION, "CT", NULL },
	{ WANT(exclude), "imported", STUDY_DESCRIPTION, "", NULL },
	{ WANT(study_uid), "1.2.3\\1.2.4", STUDY_UID, "1.2.4", NULL },
	{ WANT(study_uid), "1.2.3\\1.2.4", STUDY_UID, "1.2.4 ", NULL },
	{ WANT(study_uid), "1.2.3\\1.2.4", STUDY_UID, "1.2.45", "study 1.2.45 is not among those asked for" },
};

/* The words; NULL when the study meets all. */
static const char *miss(const struct filter *c, const struct study *s, char *room, size_t size, const char **ret_unknown)
{
	enum filter_part part = filter_miss(c, s, room, size, ret_unknown);

	CHECK(part == FILTER_MET || *room);
	return part == FILTER_MET ? NULL : room;
}

static void test_one_condition(void)
{
	for (size_t i = 0; i < countof(one); i++) {
		struct filter c = { 0 };
		struct study s;
		char room[200], name[200];
		const char *unknown = "";
		char *copy = mem_str(one[i].pattern);

		memcpy((char *)&c + one[i].want, &copy, sizeof copy);
		study_init(&s);
		study_set(&s, one[i].field, one[i].value);
		snprintf(name, sizeof name, "%s ~ %s", one[i].pattern, one[i].value);
		CHECK_CASE(name);
		CHECK_STR(miss(&c, &s, room, sizeof room, &unknown), one[i].miss);
		if (*one[i].value)
			CHECK(!unknown);
		study_done(&s);
		filter_done(&c);
	}
	CHECK_CASE("");
}

static void test_dates(void)
{
	struct filter c = { .dates = { 20240101, 20240131 } };
	struct study s;
	char room[200];
	const char *unknown = "";

	study_init(&s);
	study_set(&s, STUDY_DATE, "20240301");
	CHECK_STR(miss(&c, &s, room, sizeof room, NULL), "study date 20240301 is outside 20240101-20240131");
	CHECK_STR(miss(&c, &s, room, 11, NULL), "study date");
	study_set(&s, STUDY_DATE, "20240131");
	CHECK_STR(miss(&c, &s, room, sizeof room, &unknown), NULL);
	CHECK_STR(unknown, NULL);
	study_set(&s, STUDY_DATE, "2024.01.05");
	CHECK_STR(miss(&c, &s, room, sizeof room, &unknown), NULL);
	CHECK_STR(unknown, "study date");
	study_set(&s, STUDY_DATE, "");
	c.modality = mem_str("CT");
	CHECK_STR(miss(&c, &s, room, sizeof room, &unknown), NULL);
	CHECK_STR(unknown, "study date");
	c.dates = (struct date_range){ 0, 0 };
	CHECK_STR(miss(&c, &s, room, sizeof room, &unknown), NULL);
	CHECK_STR(unknown, "modality");
	study_done(&s);
	filter_done(&c);
	filter_done(&c);
}

/* One further key against one value of the row. */
static const struct { uint32_t tag; const char *key, *value; bool meets; } keys[] = {
	{ TAG_StationName, "CT1", "CT1", true }, { TAG_StationName, "CT1", "CT2", false }, { TAG_StationName, "ct1", "CT1", false },
	{ TAG_StationName, "CT*", "CT2", true }, { TAG_StationName, "CT1", "", true },
	{ TAG_StudyDescription, "chest*", "CHEST CT", true }, { TAG_StudyDescription, "chest", "CHEST CT", false },
	{ TAG_StudyDate, "20240101-20240131", "20240115", true }, { TAG_StudyDate, "20240101-20240131", "20240201", false },
	{ TAG_StudyDate, "20240101-", "20240201", true }, { TAG_StudyDate, "20240101", "2024.01.02", true },
	{ TAG_StudyTime, "080000-090000", "083000.12", true }, { TAG_StudyTime, "080000-090000", "093000", false },
	{ TAG_StudyInstanceUID, "1.2\\1.3", "1.3", true }, { TAG_StudyInstanceUID, "1.2\\1.3", "1.33", false },
	{ TAG_ModalitiesInStudy, "CT", "PT\\CT", true }, { TAG_ModalitiesInStudy, "MR", "PT\\CT", false },
	{ TAG_SeriesNumber, "7", "007", true }, { TAG_SeriesNumber, "7", "70", false },
	{ TAG_PatientID, "abc", "ABC", false }, { TAG_PatientName, "doe^j*", "DOE^JANE", true }, { TAG_PatientName, "doe", "ROE", false },
	{ TAG_StudyDescription, "", "any", true },
};

static void test_keys(void)
{
	for (size_t i = 0; i < countof(keys); i++) {
		struct filter c = { 0 };
		struct dataset row;
		uint32_t unknown;
		char name[200];

		snprintf(name, sizeof name, "%s %s ~ %s", tag_name(keys[i].tag), keys[i].key, keys[i].value);
		CHECK_CASE(name);
		dataset_init(&row);
		dataset_text(&row, keys[i].tag, keys[i].value);
		dataset_text(&c.keys, keys[i].tag, keys[i].key);
		CHECK_INT(filter_miss_key(&c, &row, &unknown), keys[i].meets ? 0 : keys[i].tag);
		CHECK_INT(unknown, *keys[i].key && !*keys[i].value ? keys[i].tag : 0);
		dataset_done(&row);
		filter_done(&c);
	}
	CHECK_CASE("");
}

/* A series' modality is one of those of its study. */
static void test_modality_of_a_study(void)
{
	struct filter c = { 0 };
	struct dataset row;
	uint32_t unknown;

	dataset_init(&row);
	dataset_text(&c.keys, TAG_Modality, "CT");
	dataset_text(&row, TAG_Modality, "PT");
	CHECK_INT(filter_miss_key(&c, &row, &unknown), TAG_Modality);
	dataset_text(&row, TAG_ModalitiesInStudy, "PT\\CT");
	CHECK_INT(filter_miss_key(&c, &row, &unknown), 0);
	dataset_done(&row);
	filter_done(&c);
}

static void test_tally(void)
{
	struct filter_tally all = { .left_out = 0 }, some = { .left_out = 0 };
	auto_buf struct buf words = BUF_INIT(1000);
	struct filter c = { .dates = { 20240101, 20240131 } };
	struct dataset row;
	struct study s;

	study_init(&s);
	dataset_init(&row);
	dataset_text(&c.keys, TAG_StationName, "CT1");
	CHECK(filter_keep(&c, &s, &row, &some));
	CHECK_INT(some.untold, 1);
	CHECK_INT(some.untold_key, TAG_StationName);
	dataset_text(&row, TAG_StationName, "CT2");
	CHECK(!filter_keep(&c, &s, &row, &some));
	study_set(&s, STUDY_DATE, "20250101");
	CHECK(!filter_keep(&c, &s, &row, &some));
	filter_tally_add(&all, &some);
	filter_tally_add(&all, &some);
	CHECK_INT(all.left_out, 4);
	filter_tally_words(&all, &words);
	CHECK_STR(buf_text(&words), "study date 2, StationName 2");
	dataset_done(&row);
	study_done(&s);
	filter_done(&c);
}

int main(void)
{
	test_keys();
	test_modality_of_a_study();
	test_tally();
	test_one_condition();
	test_dates();
	return check_done();
}
