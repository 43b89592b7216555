/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The attributes we name: number, keyword, VR (DICOM PS3.6). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAG(group, element) (((uint32_t)(group) << 16) | (element))

enum {
	TAG_MediaStorageSOPInstanceUID = TAG(0x0002, 0x0003),
	TAG_TransferSyntaxUID = TAG(0x0002, 0x0010),
	TAG_SpecificCharacterSet = TAG(0x0008, 0x0005),
	TAG_SOPClassUID = TAG(0x0008, 0x0016),
	TAG_SOPInstanceUID = TAG(0x0008, 0x0018),
	TAG_StudyDate = TAG(0x0008, 0x0020),
	TAG_StudyTime = TAG(0x0008, 0x0030),
	TAG_AccessionNumber = TAG(0x0008, 0x0050),
	TAG_QueryRetrieveLevel = TAG(0x0008, 0x0052),
	TAG_RetrieveAETitle = TAG(0x0008, 0x0054),
	TAG_InstanceAvailability = TAG(0x0008, 0x0056),
	TAG_FailedSOPInstanceUIDList = TAG(0x0008, 0x0058),
	TAG_Modality = TAG(0x0008, 0x0060),
	TAG_ModalitiesInStudy = TAG(0x0008, 0x0061),
	TAG_SOPClassesInStudy = TAG(0x0008, 0x0062),
	TAG_InstitutionName = TAG(0x0008, 0x0080),
	TAG_ReferringPhysicianName = TAG(0x0008, 0x0090),
	TAG_StationName = TAG(0x0008, 0x1010),
	TAG_StudyDescription = TAG(0x0008, 0x1030),
	TAG_SeriesDescription = TAG(0x0008, 0x103e),
	TAG_PatientName = TAG(0x0010, 0x0010),
	TAG_PatientID = TAG(0x0010, 0x0020),
	TAG_PatientBirthDate = TAG(0x0010, 0x0030),
	TAG_PatientSex = TAG(0x0010, 0x0040),
	TAG_StudyInstanceUID = TAG(0x0020, 0x000d),
	TAG_SeriesInstanceUID = TAG(0x0020, 0x000e),
	TAG_StudyID = TAG(0x0020, 0x0010),
	TAG_SeriesNumber = TAG(0x0020, 0x0011),
	TAG_InstanceNumber = TAG(0x0020, 0x0013),
	TAG_NumberOfPatientRelatedStudies = TAG(0x0020, 0x1200),
	TAG_NumberOfPatientRelatedInstances = TAG(0x0020, 0x1204),
	TAG_NumberOfStudyRelatedSeries = TAG(0x0020, 0x1206),
	TAG_NumberOfStudyRelatedInstances = TAG(0x0020, 0x1208),
	TAG_NumberOfSeriesRelatedInstances = TAG(0x0020, 0x1209),
	TAG_Rows = TAG(0x0028, 0x0010),
	TAG_PixelData = TAG(0x7fe0, 0x0010)
};

struct tag_info {
	uint32_t tag;
	const char *keyword;
	char vr[3];
};

/* NULL when we have no name for it.  The table holds some 150 attributes used in queries (all levels). */
const struct tag_info *tag_info(uint32_t tag);
const struct tag_info *tag_all(size_t *ret_count);		/* the table, in order of tag */
const struct tag_info *tag_by_keyword(const char *keyword);	/* exact case */
/* "PatientID", "0010,0020", "(0010,0020)" -> tag; false when it is neither. */
bool tag_parse(const char *text, uint32_t *ret_tag);
/* Keyword, or "gggg,eeee" in a static rotating buffer. */
const char *tag_name(uint32_t tag);
/* VR for encoding: the table's, "LO" for others. */
const char *tag_vr(uint32_t tag);
