/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study from a row, from the state file and back; fields changed in place; documents that are not a study. */
#include "dicom/study.h"

#include "base/mem.h"
#include "dicom/tag.h"
#include "tests/unit/check.h"

static const char documented[] = "{\"patientName\":\"SMITH^JOHN\",\"patientID\":\"123456\","
				 "\"studyInstanceUID\":\"1.2.840.113619.2.1\",\"studyDate\":\"20240105\",\"modality\":\"CT\","
				 "\"studyDescription\":\"CT CHEST W/CONTRAST\"}";

static struct json *parse(const char *text)
{
	struct err e = { ERR_NONE, "" };
	struct json *j = json_parse(text, strlen(text), &e);

	CHECK_STR(e.text, "");
	return j;
}

static void check_written(const struct study *s, struct json *object, const char *want)
{
	auto_buf struct buf out = BUF_INIT(4096);

	study_to_json(s, object);
	json_write(&out, object, false);
	CHECK_STR(buf_text(&out), want);
	json_free(object);
}

static void test_row(void)
{
	struct dataset row;
	struct study s;

	dataset_init(&row);
	study_init(&s);
	CHECK_STR(study_get(&s, STUDY_UID), "");
	CHECK_INT(s.instances, -1);
	check_written(&s, json_new(JSON_OBJECT),
		      "{\"patientName\":\"\",\"patientID\":\"\",\"studyInstanceUID\":\"\",\"studyDate\":\"\",\"modality\":\"\","
		      "\"studyDescription\":\"\"}");
	dataset_text(&row, TAG_StudyInstanceUID, "1.2.3");
	dataset_text(&row, TAG_PatientName, "DOE^JANE");
	dataset_text(&row, TAG_Modality, "MR");
	dataset_text(&row, TAG_NumberOfStudyRelatedSeries, "2");
	dataset_text(&row, TAG_NumberOfStudyRelatedInstances, "x");
	study_from_row(&s, &row);
	CHECK_STR(study_get(&s, STUDY_MODALITIES), "MR");
	CHECK_INT(s.series, 2);
	CHECK_INT(s.instances, -1);
	dataset_text(&row, TAG_ModalitiesInStudy, "CT\\SR");
	dataset_text(&row, TAG_NumberOfStudyRelatedInstances, "1.0");
	dataset_text(&row, TAG_NumberOfStudyRelatedSeries, "-1");
	dataset_text(&row, TAG_StationName, "CT1");
	study_from_row(&s, &row);
	CHECK_INT(s.series, -1);
	check_written(&s, json_new(JSON_OBJECT),
		      "{\"patientName\":\"DOE^JANE\",\"patientID\":\"\",\"studyInstanceUID\":\"1.2.3\",\"studyDate\":\"\","
		      "\"modality\":\"CT\\\\SR\",\"studyDescription\":\"\",\"stationName\":\"CT1\",\"numberOfInstances\":1}");
	dataset_done(&row);
	study_done(&s);
}

static void test_set(void)
{
	struct study s;
	char text[1100];

	study_init(&s);
	study_set(&s, STUDY_ID, "7");
	study_set(&s, STUDY_UID, "1.2.3.4");
	study_set(&s, STUDY_UID, study_get(&s, STUDY_UID) + 2);
	CHECK_STR(study_get(&s, STUDY_UID), "2.3.4");
	CHECK_STR(study_get(&s, STUDY_ID), "7");
	study_set(&s, STUDY_ID, NULL);
	CHECK_STR(study_get(&s, STUDY_ID), "");
	CHECK_STR(study_get(&s, STUDY_UID), "2.3.4");
	memset(text, 'a', sizeof text);
	text[sizeof text - 1] = '\0';
	study_set(&s, STUDY_DESCRIPTION, text);
	CHECK_INT(strlen(study_get(&s, STUDY_DESCRIPTION)), 1024);
	memcpy(text + 1022, "\xe5\xb1\xb1", 3);		/* a character that does not fit whole */
	study_set(&s, STUDY_DESCRIPTION, text);
	CHECK_INT(strlen(study_get(&s, STUDY_DESCRIPTION)), 1022);
	memcpy(text + 1021, "\xe5\xb1\xb1" "a", 4);
	study_set(&s, STUDY_DESCRIPTION, text);
	CHECK_INT(strlen(study_get(&s, STUDY_DESCRIPTION)), 1024);
	memset(text, 0xff, sizeof text - 1);
	for (int i = 0; i < STUDY_FIELDS; i++)
		study_set(&s, (enum study_field)i, text);
	for (int i = 0; i < STUDY_FIELDS; i++)
		CHECK_INT(strlen(study_get(&s, (enum study_field)i)), 1024);
	study_done(&s);
	CHECK_STR(study_get(&s, STUDY_UID), "");
}

static void test_documented(void)
{
	struct err e = { ERR_NONE, "" };
	struct json *j = parse(documented);
	struct study s;

	study_init(&s);
	CHECK_INT(study_from_json(&s, j, &e), 0);
	CHECK_STR(study_get(&s, STUDY_PATIENT_NAME), "SMITH^JOHN");
	CHECK_STR(study_get(&s, STUDY_DATE), "20240105");
	CHECK_INT(s.series, -1);
	check_written(&s, j, documented);
	check_written(&s, json_new(JSON_OBJECT), documented);
	study_done(&s);
}

static const struct { const char *text, *written; } accepted[] = {
	{ "{\"studyInstanceUID\":\"1.2\",\"note\":[1],\"studyTime\":\"0800\",\"numberOfInstances\":5}",
	  "{\"studyInstanceUID\":\"1.2\",\"note\":[1],\"studyTime\":\"0800\",\"numberOfInstances\":5,\"patientName\":\"\","
	  "\"patientID\":\"\",\"studyDate\":\"\",\"modality\":\"\",\"studyDescription\":\"\"}" },
	{ "{\"patientName\":\"\",\"patientID\":null,\"studyInstanceUID\":\" 1.2 \",\"studyDate\":\"\",\"modality\":\"\","
	  "\"studyDescription\":\"\",\"studyID\":null,\"stationName\":\"\",\"numberOfSeries\":-4,\"numberOfInstances\":null}",
	  "{\"patientName\":\"\",\"patientID\":\"\",\"studyInstanceUID\":\"1.2\",\"studyDate\":\"\",\"modality\":\"\","
	  "\"studyDescription\":\"\"}" },
};

static const struct { const char *text, *why; } refused[] = {
	{ "[]", "not an object" },
	{ "\"1.2.3\"", "not an object" },
	{ "{}", "studyInstanceUID is empty" },
	{ "{\"studyInstanceUID\":null}", "studyInstanceUID is empty" },
	{ "{\"studyInstanceUID\":\"  \"}", "studyInstanceUID is empty" },
	{ "{\"studyInstanceUID\":12}", "studyInstanceUID is not a string" },
	{ "{\"studyInstanceUID\":\"1.2.x\"}", "studyInstanceUID '1.2.x' has" },
	{ "{\"studyInstanceUID\":\"1.2\\\\1.3\"}", "studyInstanceUID" },
	{ "{\"studyInstanceUID\":\"../1\"}", "studyInstanceUID" },
	{ "{\"studyInstanceUID\":\"1.2\",\"patientID\":12}", "patientID is not a string" },
	{ "{\"studyInstanceUID\":\"1.2\",\"numberOfSeries\":\"3\"}", "numberOfSeries is not a whole number" },
	{ "{\"studyInstanceUID\":\"1.2\",\"numberOfInstances\":1.5}", "numberOfInstances is not a whole number" },
};

static void test_json(void)
{
	struct err e = { ERR_NONE, "" };
	struct study s;

	study_init(&s);
	CHECK_INT(study_from_json(&s, NULL, &e), -1);
	for (size_t i = 0; i < countof(accepted); i++) {
		struct json *j = parse(accepted[i].text);

		CHECK_CASE(accepted[i].text);
		CHECK_INT(study_from_json(&s, j, &e), 0);
		check_written(&s, j, accepted[i].written);
	}
	for (size_t i = 0; i < countof(refused); i++) {
		struct json *j = parse(refused[i].text);

		CHECK_CASE(refused[i].text);
		CHECK_INT(study_from_json(&s, j, &e), -1);
		CHECK_INT(e.kind, ERR_INPUT);
		CHECK_HAS(e.text, refused[i].why);
		CHECK_STR(study_get(&s, STUDY_UID), "1.2");
		json_free(j);
	}
	CHECK_CASE("");
	study_done(&s);
}

/* What a PACS gave once must be readable from the file in which we kept it. */
static void test_long_uid(void)
{
	struct err e = { ERR_NONE, "" };
	char uid[130];

	for (size_t len = 64; len < sizeof uid; len += len == 64 ? 64 : 1) {
		struct study s, again;
		struct json *j = json_new(JSON_OBJECT);

		memset(uid, '1', sizeof uid);
		uid[len] = '\0';
		study_init(&s);
		study_init(&again);
		study_set(&s, STUDY_UID, uid);
		study_to_json(&s, j);
		CHECK_INT(study_from_json(&again, j, &e), len <= 128 ? 0 : -1);
		CHECK_STR(study_get(&again, STUDY_UID), len <= 128 ? uid : "");
		json_free(j);
		study_done(&s);
		study_done(&again);
	}
}

int main(void)
{
	test_row();
	test_set();
	test_documented();
	test_json();
	test_long_uid();
	return check_done();
}
