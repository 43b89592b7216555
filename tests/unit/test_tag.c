/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of attributes: found both ways, in order, and read as people write them. */
#include "dicom/tag.h"

#include "base/mem.h"
#include "tests/unit/check.h"

static const struct { uint32_t tag; const char *keyword, *vr; } known[] = {
	{ TAG_TransferSyntaxUID, "TransferSyntaxUID", "UI" },
	{ TAG_SpecificCharacterSet, "SpecificCharacterSet", "CS" },
	{ TAG_SOPClassUID, "SOPClassUID", "UI" },
	{ TAG_SOPInstanceUID, "SOPInstanceUID", "UI" },
	{ TAG_StudyDate, "StudyDate", "DA" },
	{ TAG_StudyTime, "StudyTime", "TM" },
	{ TAG_AccessionNumber, "AccessionNumber", "SH" },
	{ TAG_QueryRetrieveLevel, "QueryRetrieveLevel", "CS" },
	{ TAG_RetrieveAETitle, "RetrieveAETitle", "AE" },
	{ TAG_InstanceAvailability, "InstanceAvailability", "CS" },
	{ TAG_FailedSOPInstanceUIDList, "FailedSOPInstanceUIDList", "UI" },
	{ TAG_Modality, "Modality", "CS" },
	{ TAG_ModalitiesInStudy, "ModalitiesInStudy", "CS" },
	{ TAG_SOPClassesInStudy, "SOPClassesInStudy", "UI" },
	{ TAG_InstitutionName, "InstitutionName", "LO" },
	{ TAG_ReferringPhysicianName, "ReferringPhysicianName", "PN" },
	{ TAG_StationName, "StationName", "SH" },
	{ TAG_StudyDescription, "StudyDescription", "LO" },
	{ TAG_SeriesDescription, "SeriesDescription", "LO" },
	{ TAG_PatientName, "PatientName", "PN" },
	{ TAG_PatientID, "PatientID", "LO" },
	{ TAG_PatientBirthDate, "PatientBirthDate", "DA" },
	{ TAG_PatientSex, "PatientSex", "CS" },
	{ TAG_StudyInstanceUID, "StudyInstanceUID", "UI" },
	{ TAG_SeriesInstanceUID, "SeriesInstanceUID", "UI" },
	{ TAG_StudyID, "StudyID", "SH" },
	{ TAG_SeriesNumber, "SeriesNumber", "IS" },
	{ TAG_InstanceNumber, "InstanceNumber", "IS" },
	{ TAG_NumberOfPatientRelatedStudies, "NumberOfPatientRelatedStudies", "IS" },
	{ TAG_NumberOfPatientRelatedInstances, "NumberOfPatientRelatedInstances", "IS" },
	{ TAG_NumberOfStudyRelatedSeries, "NumberOfStudyRelatedSeries", "IS" },
	{ TAG_NumberOfStudyRelatedInstances, "NumberOfStudyRelatedInstances", "IS" },
	{ TAG_NumberOfSeriesRelatedInstances, "NumberOfSeriesRelatedInstances", "IS" },
	{ TAG_Rows, "Rows", "US" },
	{ TAG_PixelData, "PixelData", "OW" },
	{ TAG(0x0008, 0x1032), "ProcedureCodeSequence", "SQ" },
	{ TAG(0x0010, 0x4000), "PatientComments", "LT" },
};

static const struct { const char *text; bool good; uint32_t tag; } texts[] = {
	{ "PatientID", true, TAG_PatientID },
	{ "0010,0020", true, TAG_PatientID },
	{ "(0010,0020)", true, TAG_PatientID },
	{ "0020,000D", true, TAG_StudyInstanceUID },
	{ "(0020,000d)", true, TAG_StudyInstanceUID },
	{ "0009,1001", true, TAG(0x0009, 0x1001) },
	{ "ffff,ffff", true, 0xffffffff },
	{ "patientid", false, 0 },
	{ "", false, 0 },
	{ "(", false, 0 },
	{ "()", false, 0 },
	{ "0010", false, 0 },
	{ "0010,", false, 0 },
	{ "0010,002", false, 0 },
	{ "0010,00200", false, 0 },
	{ "0010 0020", false, 0 },
	{ "(0010,0020", false, 0 },
	{ "0010,0020)", false, 0 },
	{ "(0010,0020))", false, 0 },
	{ " 010,0020", false, 0 },
	{ "+010,0020", false, 0 },
	{ "0x10,0020", false, 0 },
	{ "001g,0020", false, 0 },
	{ "0040,0275[0].0040,1001", false, 0 },
};

static void test_table(void)
{
	for (size_t i = 0; i < countof(known); i++) {
		const struct tag_info *info = tag_info(known[i].tag);

		CHECK_CASE(known[i].keyword);
		if (!CHECK(info))
			continue;
		CHECK_STR(info->keyword, known[i].keyword);
		CHECK_STR(info->vr, known[i].vr);
		CHECK(tag_by_keyword(known[i].keyword) == info);
		CHECK_STR(tag_name(known[i].tag), known[i].keyword);
		CHECK_STR(tag_vr(known[i].tag), known[i].vr);
	}
	CHECK_CASE("");
	CHECK(!tag_info(0));
	CHECK(!tag_info(0xffffffff));
	CHECK(!tag_by_keyword("Patientid"));
	CHECK(!tag_by_keyword(""));
	CHECK_STR(tag_vr(TAG(0x0009, 0x1001)), "LO");
}

/* Every row can be found by its number only when the whole table is in order; rows are neighbours in memory. */
static void test_order(void)
{
	const struct tag_info *first = tag_by_keyword("MediaStorageSOPClassUID"), *last = tag_info(TAG_PixelData);

	CHECK(last - first > 150);
	for (const struct tag_info *row = first; row <= last; row++) {
		CHECK_CASE(row->keyword);
		CHECK(row == first || row[-1].tag < row->tag);
		CHECK(tag_info(row->tag) == row);
		CHECK(tag_by_keyword(row->keyword) == row);
		CHECK_INT(strlen(row->vr), 2);
	}
}

static void test_parse(void)
{
	for (size_t i = 0; i < countof(texts); i++) {
		uint32_t tag = 7;

		CHECK_CASE(texts[i].text);
		CHECK_INT(tag_parse(texts[i].text, &tag), texts[i].good);
		CHECK_INT(tag, texts[i].good ? texts[i].tag : 7);
	}
}

static void test_name(void)
{
	const char *one = tag_name(TAG(0x0009, 0x1001)), *two = tag_name(TAG(0xabcd, 0xef01));

	CHECK_CASE("");
	CHECK_STR(one, "0009,1001");
	CHECK_STR(two, "abcd,ef01");
}

int main(void)
{
	test_table();
	test_order();
	test_parse();
	test_name();
	return check_done();
}
