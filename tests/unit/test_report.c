/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows in each format against the text expected; wide characters, hostile values, narrow terminals. */
#include "cli/queries/report.h"

#include <stdlib.h>

#include "base/mem.h"
#include "check.h"
#include "dicom/tag.h"

#define UID "1.2.840.113619.2.55.3.604688119.969.1267.4"

static struct query query;

static void ask(enum level level)
{
	query_done(&query);
	query_init(&query, level);
}

static void want(uint32_t tag)
{
	dataset_text(&query.keys, tag, "");
}

/* A tag of 0 ends it. */
struct row {
	struct { uint32_t tag; const char *value; } values[16];
};

static char *show_to(enum format format, const struct row *rows, size_t count, const char *columns)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct report *r;

	if (columns)
		setenv("COLUMNS", columns, 1);
	else
		unsetenv("COLUMNS");
	r = report_open(out, format, &query);
	for (size_t i = 0; i < count; i++) {
		struct dataset row;

		dataset_init(&row);
		for (size_t v = 0; v < countof(rows[i].values) && rows[i].values[v].tag; v++)
			dataset_text(&row, rows[i].values[v].tag, rows[i].values[v].value);
		report_row(r, &row);
		dataset_done(&row);
	}
	CHECK_INT(report_close(r), count);
	fclose(out);
	return text;
}

static void shows(enum format format, const struct row *rows, size_t count, const char *columns, const char *expected)
{
	auto_free char *text = show_to(format, rows, count, columns);

	CHECK_STR(text, expected);
}

static void ask_study(void)
{
	ask(LEVEL_STUDY);
	dataset_text(&query.keys, TAG_SpecificCharacterSet, "ISO_IR 192");
	dataset_text(&query.keys, TAG_StudyDescription, "*");
	want(TAG_StudyInstanceUID);
	want(TAG_PatientName);
	want(TAG_PatientID);
	want(TAG_StudyDate);
	want(TAG_ModalitiesInStudy);
	want(TAG_NumberOfStudyRelatedInstances);
}

static const struct row studies[] = {
	{ { { TAG_PatientName, "SMITH^JOHN" }, { TAG_PatientID, "123456" }, { TAG_StudyDate, "20240105" },
	    { TAG_ModalitiesInStudy, "CT\\SR" }, { TAG_StudyDescription, "CT CHEST, \"W/CONTRAST\"" },
	    { TAG_NumberOfStudyRelatedInstances, "120" }, { TAG_StudyInstanceUID, UID } } },
	{ { { TAG_PatientName, "山田^太郎=Yamada^Tarou" }, { TAG_PatientID, "7" }, { TAG_StudyDate, "20240106" },
	    { TAG_ModalitiesInStudy, "MR" }, { TAG_StudyDescription, "頭部" },
	    { TAG_NumberOfStudyRelatedInstances, "x" }, { TAG_StudyInstanceUID, "1.2" } } },
	{ { { TAG_PatientName, "Mu\u0308ller^\033[2JEve\r\n" }, { TAG_StudyDescription, "=1+1\nline two\xc2\x9b" "1m" },
	    { TAG_StudyInstanceUID, "1.3" } } },
};

static void test_formats(void)
{
	static const struct { const char *word; int format; } words[] = {
		{ "table", FORMAT_TABLE }, { "json", FORMAT_JSON }, { "jsonl", FORMAT_JSONL }, { "csv", FORMAT_CSV },
		{ "csv-raw", FORMAT_CSV_RAW },
		{ "CSV", -1 }, { "", -1 }, { "xml", -1 },
	};

	for (size_t i = 0; i < countof(words); i++) {
		enum format format = FORMAT_TABLE;

		CHECK_CASE(words[i].word);
		CHECK_INT(format_parse(words[i].word, &format), words[i].format < 0 ? -1 : 0);
		CHECK(words[i].format < 0 || (int)format == words[i].format);
	}
	CHECK_CASE("");
}

static void test_table(void)
{
	ask_study();
	shows(FORMAT_TABLE, studies, 3, NULL,
	      "Patient           Patient ID  Date      Modality  Description        Objects  Study UID\n"
	      "────────────────  ──────────  ────────  ────────  ─────────────────  ───────  "
	      "──────────────────────────────────────────\n"
	      "SMITH^JOHN        123456      20240105  CT/SR     CT CHEST, \"W/CON…      120  " UID "\n"
	      "山田^太郎         7           20240106  MR        頭部                     x  1.2\n"
	      "Mu\u0308ller^?[2JEve??                                  =1+1?line two?1m            1.3\n");
	shows(FORMAT_TABLE, studies, 0, NULL, "");
}

/* UIDs are whole or left out; text is cut, never in the middle of a wide character. */
static void test_narrow(void)
{
	static const struct row rows[] = {
		{ { { TAG_PatientName, "WOLFESCHLEGELSTEINHAUSENBERGERDORFF^HUBERT" }, { TAG_PatientID, "123456" },
		    { TAG_StudyDate, "20240105" }, { TAG_ModalitiesInStudy, "CT" },
		    { TAG_StudyDescription, "頭部頭部頭部頭部頭部頭部頭部頭部頭部" }, { TAG_StudyInstanceUID, UID } } },
	};

	ask_study();
	shows(FORMAT_TABLE, rows, 1, "80",
	      "Patient                  Patient ID  Date      Modality  Description\n"
	      "───────────────────────  ──────────  ────────  ────────  ───────────────────────\n"
	      "WOLFESCHLEGELSTEINHAUS…  123456      20240105  CT        頭部頭部頭部頭部頭部頭…\n");
	shows(FORMAT_TABLE, rows, 1, "40",
	      "Date      Modality  Description\n"
	      "────────  ────────  ────────────────────\n"
	      "20240105  CT        頭部頭部頭部頭部頭…\n");
}

static void test_other_levels(void)
{
	static const struct row series[] = {
		{ { { TAG_SeriesNumber, "2" }, { TAG_Modality, "CT" }, { TAG_SeriesInstanceUID, "1.2.3" },
		    { TAG_StudyInstanceUID, "1.2" }, { TAG_InstitutionName, "Here" } } },
		{ { { TAG_SeriesNumber, "12" }, { TAG_Modality, "CT" }, { TAG_SeriesInstanceUID, "1.2.4" } } },
	};
	static const struct row images[] = {
		{ { { TAG_SOPClassUID, "1.2.840.10008.5.1.4.1.1.2" }, { TAG_SOPInstanceUID, "1.9" }, { TAG_InstanceNumber, "1" } } },
	};

	ask(LEVEL_SERIES);
	query_add_returns(&query);
	want(TAG_InstitutionName);
	shows(FORMAT_TABLE, series, 2, "200",
	      "No.  Modality  Series UID  Study UID  InstitutionName\n"
	      "───  ────────  ──────────  ─────────  ───────────────\n"
	      "  2  CT        1.2.3       1.2        Here\n"
	      " 12  CT        1.2.4\n");
	ask(LEVEL_IMAGE);
	query_add_returns(&query);
	shows(FORMAT_TABLE, images, 1, "200",
	      "No.  Class           SOP Instance UID\n"
	      "───  ──────────────  ────────────────\n"
	      "  1  CTImageStorage  1.9\n");
}

static void test_csv(void)
{
	ask_study();
	dataset_text(&query.keys, 0x00111001, "");
	shows(FORMAT_CSV, studies, 3, NULL,
	      "PatientName,PatientID,StudyDate,ModalitiesInStudy,StudyDescription,NumberOfStudyRelatedInstances,StudyInstanceUID,"
	      "\"0011,1001\"\n"
	      "SMITH^JOHN,123456,20240105,CT\\SR,\"CT CHEST, \"\"W/CONTRAST\"\"\",120," UID ",\n"
	      "山田^太郎=Yamada^Tarou,7,20240106,MR,頭部,x,1.2,\n"
	      "\"Mu\u0308ller^?[2JEve\n\",,,,\"'=1+1\nline two?1m\",,1.3,\n");
	shows(FORMAT_CSV_RAW, studies + 2, 1, NULL,
	      "PatientName,PatientID,StudyDate,ModalitiesInStudy,StudyDescription,NumberOfStudyRelatedInstances,StudyInstanceUID,"
	      "\"0011,1001\"\n"
	      "\"Mu\u0308ller^\033[2JEve\r\n\",,,,\"=1+1\nline two\xc2\x9b" "1m\",,1.3,\n");
	ask(LEVEL_PATIENT);
	want(TAG_PatientID);
	shows(FORMAT_CSV, NULL, 0, NULL, "PatientID\n");
}

static void test_json(void)
{
	static const struct row odd[] = {
		{ { { TAG_NumberOfStudyRelatedInstances, "1\\2" }, { TAG_StudyDescription, "a\\b" }, { TAG_PatientID, "0012" },
		    { TAG_StudyInstanceUID, "1.2\\1.3" } } },
		{ { { TAG_NumberOfStudyRelatedInstances, "+0012" }, { TAG_ModalitiesInStudy, "CT\\ SR" } } },
		{ { { TAG_NumberOfStudyRelatedInstances, "99999999999999999999" } } },
	};

	ask(LEVEL_STUDY);
	want(TAG_PatientName);
	want(TAG_ModalitiesInStudy);
	want(TAG_NumberOfStudyRelatedInstances);
	shows(FORMAT_JSON, studies, 3, NULL,
	      "[\n"
	      "  {\"PatientName\":\"SMITH^JOHN\",\"ModalitiesInStudy\":[\"CT\",\"SR\"],\"NumberOfStudyRelatedInstances\":120},\n"
	      "  {\"PatientName\":\"山田^太郎=Yamada^Tarou\",\"ModalitiesInStudy\":[\"MR\"],\"NumberOfStudyRelatedInstances\":\"x\"},\n"
	      "  {\"PatientName\":\"Mu\u0308ller^\\u001b[2JEve\\r\\n\",\"ModalitiesInStudy\":[],"
	      "\"NumberOfStudyRelatedInstances\":null}\n"
	      "]\n");
	shows(FORMAT_JSON, NULL, 0, NULL, "[]\n");
	ask_study();
	shows(FORMAT_JSONL, odd, 3, NULL,
	      "{\"PatientName\":\"\",\"PatientID\":\"0012\",\"StudyDate\":\"\",\"ModalitiesInStudy\":[],\"StudyDescription\":\"a\\\\b\","
	      "\"NumberOfStudyRelatedInstances\":\"1\\\\2\",\"StudyInstanceUID\":[\"1.2\",\"1.3\"]}\n"
	      "{\"PatientName\":\"\",\"PatientID\":\"\",\"StudyDate\":\"\",\"ModalitiesInStudy\":[\"CT\",\"SR\"],\"StudyDescription\":\"\","
	      "\"NumberOfStudyRelatedInstances\":12,\"StudyInstanceUID\":\"\"}\n"
	      "{\"PatientName\":\"\",\"PatientID\":\"\",\"StudyDate\":\"\",\"ModalitiesInStudy\":[],\"StudyDescription\":\"\","
	      "\"NumberOfStudyRelatedInstances\":\"99999999999999999999\",\"StudyInstanceUID\":\"\"}\n");
}

int main(void)
{
	query_init(&query, LEVEL_STUDY);
	test_formats();
	test_table();
	test_narrow();
	test_other_levels();
	test_csv();
	test_json();
	query_done(&query);
	return check_done();
}
