/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The attributes we name.  The rule: the table is in order of tag, because it is searched by halving; keywords and VRs
 * are those of PS3.6.  What is not here still works by number, as text. */
#include "dicom/tag.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const struct tag_info tags[] = {
	{ TAG(0x0002, 0x0002), "MediaStorageSOPClassUID", "UI" },
	{ TAG(0x0002, 0x0003), "MediaStorageSOPInstanceUID", "UI" },
	{ TAG(0x0002, 0x0010), "TransferSyntaxUID", "UI" },
	{ TAG(0x0002, 0x0012), "ImplementationClassUID", "UI" },
	{ TAG(0x0002, 0x0013), "ImplementationVersionName", "SH" },
	{ TAG(0x0002, 0x0016), "SourceApplicationEntityTitle", "AE" },
	{ TAG(0x0008, 0x0005), "SpecificCharacterSet", "CS" },
	{ TAG(0x0008, 0x0008), "ImageType", "CS" },
	{ TAG(0x0008, 0x0012), "InstanceCreationDate", "DA" },
	{ TAG(0x0008, 0x0013), "InstanceCreationTime", "TM" },
	{ TAG(0x0008, 0x0014), "InstanceCreatorUID", "UI" },
	{ TAG(0x0008, 0x0016), "SOPClassUID", "UI" },
	{ TAG(0x0008, 0x0018), "SOPInstanceUID", "UI" },
	{ TAG(0x0008, 0x0020), "StudyDate", "DA" },
	{ TAG(0x0008, 0x0021), "SeriesDate", "DA" },
	{ TAG(0x0008, 0x0022), "AcquisitionDate", "DA" },
	{ TAG(0x0008, 0x0023), "ContentDate", "DA" },
	{ TAG(0x0008, 0x002a), "AcquisitionDateTime", "DT" },
	{ TAG(0x0008, 0x0030), "StudyTime", "TM" },
	{ TAG(0x0008, 0x0031), "SeriesTime", "TM" },
	{ TAG(0x0008, 0x0032), "AcquisitionTime", "TM" },
	{ TAG(0x0008, 0x0033), "ContentTime", "TM" },
	{ TAG(0x0008, 0x0050), "AccessionNumber", "SH" },
	{ TAG(0x0008, 0x0051), "IssuerOfAccessionNumberSequence", "SQ" },
	{ TAG(0x0008, 0x0052), "QueryRetrieveLevel", "CS" },
	{ TAG(0x0008, 0x0053), "QueryRetrieveView", "CS" },
	{ TAG(0x0008, 0x0054), "RetrieveAETitle", "AE" },
	{ TAG(0x0008, 0x0055), "StationAETitle", "AE" },
	{ TAG(0x0008, 0x0056), "InstanceAvailability", "CS" },
	{ TAG(0x0008, 0x0058), "FailedSOPInstanceUIDList", "UI" },
	{ TAG(0x0008, 0x0060), "Modality", "CS" },
	{ TAG(0x0008, 0x0061), "ModalitiesInStudy", "CS" },
	{ TAG(0x0008, 0x0062), "SOPClassesInStudy", "UI" },
	{ TAG(0x0008, 0x0063), "AnatomicRegionsInStudyCodeSequence", "SQ" },
	{ TAG(0x0008, 0x0064), "ConversionType", "CS" },
	{ TAG(0x0008, 0x0068), "PresentationIntentType", "CS" },
	{ TAG(0x0008, 0x0070), "Manufacturer", "LO" },
	{ TAG(0x0008, 0x0080), "InstitutionName", "LO" },
	{ TAG(0x0008, 0x0081), "InstitutionAddress", "ST" },
	{ TAG(0x0008, 0x0090), "ReferringPhysicianName", "PN" },
	{ TAG(0x0008, 0x0094), "ReferringPhysicianTelephoneNumbers", "SH" },
	{ TAG(0x0008, 0x0100), "CodeValue", "SH" },
	{ TAG(0x0008, 0x0102), "CodingSchemeDesignator", "SH" },
	{ TAG(0x0008, 0x0104), "CodeMeaning", "LO" },
	{ TAG(0x0008, 0x0201), "TimezoneOffsetFromUTC", "SH" },
	{ TAG(0x0008, 0x1010), "StationName", "SH" },
	{ TAG(0x0008, 0x1030), "StudyDescription", "LO" },
	{ TAG(0x0008, 0x1032), "ProcedureCodeSequence", "SQ" },
	{ TAG(0x0008, 0x103e), "SeriesDescription", "LO" },
	{ TAG(0x0008, 0x1040), "InstitutionalDepartmentName", "LO" },
	{ TAG(0x0008, 0x1048), "PhysiciansOfRecord", "PN" },
	{ TAG(0x0008, 0x1050), "PerformingPhysicianName", "PN" },
	{ TAG(0x0008, 0x1060), "NameOfPhysiciansReadingStudy", "PN" },
	{ TAG(0x0008, 0x1070), "OperatorsName", "PN" },
	{ TAG(0x0008, 0x1080), "AdmittingDiagnosesDescription", "LO" },
	{ TAG(0x0008, 0x1090), "ManufacturerModelName", "LO" },
	{ TAG(0x0008, 0x1110), "ReferencedStudySequence", "SQ" },
	{ TAG(0x0008, 0x1111), "ReferencedPerformedProcedureStepSequence", "SQ" },
	{ TAG(0x0008, 0x1150), "ReferencedSOPClassUID", "UI" },
	{ TAG(0x0008, 0x1155), "ReferencedSOPInstanceUID", "UI" },
	{ TAG(0x0008, 0x2111), "DerivationDescription", "ST" },
	{ TAG(0x0010, 0x0010), "PatientName", "PN" },
	{ TAG(0x0010, 0x0020), "PatientID", "LO" },
	{ TAG(0x0010, 0x0021), "IssuerOfPatientID", "LO" },
	{ TAG(0x0010, 0x0022), "TypeOfPatientID", "CS" },
	{ TAG(0x0010, 0x0030), "PatientBirthDate", "DA" },
	{ TAG(0x0010, 0x0032), "PatientBirthTime", "TM" },
	{ TAG(0x0010, 0x0040), "PatientSex", "CS" },
	{ TAG(0x0010, 0x1000), "OtherPatientIDs", "LO" },
	{ TAG(0x0010, 0x1001), "OtherPatientNames", "PN" },
	{ TAG(0x0010, 0x1005), "PatientBirthName", "PN" },
	{ TAG(0x0010, 0x1010), "PatientAge", "AS" },
	{ TAG(0x0010, 0x1020), "PatientSize", "DS" },
	{ TAG(0x0010, 0x1030), "PatientWeight", "DS" },
	{ TAG(0x0010, 0x1060), "PatientMotherBirthName", "PN" },
	{ TAG(0x0010, 0x1090), "MedicalRecordLocator", "LO" },
	{ TAG(0x0010, 0x2000), "MedicalAlerts", "LO" },
	{ TAG(0x0010, 0x2110), "Allergies", "LO" },
	{ TAG(0x0010, 0x2160), "EthnicGroup", "SH" },
	{ TAG(0x0010, 0x2180), "Occupation", "SH" },
	{ TAG(0x0010, 0x21a0), "SmokingStatus", "CS" },
	{ TAG(0x0010, 0x21b0), "AdditionalPatientHistory", "LT" },
	{ TAG(0x0010, 0x21c0), "PregnancyStatus", "US" },
	{ TAG(0x0010, 0x21d0), "LastMenstrualDate", "DA" },
	{ TAG(0x0010, 0x21f0), "PatientReligiousPreference", "LO" },
	{ TAG(0x0010, 0x2201), "PatientSpeciesDescription", "LO" },
	{ TAG(0x0010, 0x2292), "PatientBreedDescription", "LO" },
	{ TAG(0x0010, 0x2297), "ResponsiblePerson", "PN" },
	{ TAG(0x0010, 0x4000), "PatientComments", "LT" },
	{ TAG(0x0012, 0x0020), "ClinicalTrialProtocolID", "LO" },
	{ TAG(0x0012, 0x0040), "ClinicalTrialSubjectID", "LO" },
	{ TAG(0x0012, 0x0062), "PatientIdentityRemoved", "CS" },
	{ TAG(0x0012, 0x0063), "DeidentificationMethod", "LO" },
	{ TAG(0x0018, 0x0010), "ContrastBolusAgent", "LO" },
	{ TAG(0x0018, 0x0015), "BodyPartExamined", "CS" },
	{ TAG(0x0018, 0x0020), "ScanningSequence", "CS" },
	{ TAG(0x0018, 0x0024), "SequenceName", "SH" },
	{ TAG(0x0018, 0x0031), "Radiopharmaceutical", "LO" },
	{ TAG(0x0018, 0x0050), "SliceThickness", "DS" },
	{ TAG(0x0018, 0x0060), "KVP", "DS" },
	{ TAG(0x0018, 0x0080), "RepetitionTime", "DS" },
	{ TAG(0x0018, 0x0081), "EchoTime", "DS" },
	{ TAG(0x0018, 0x0087), "MagneticFieldStrength", "DS" },
	{ TAG(0x0018, 0x0088), "SpacingBetweenSlices", "DS" },
	{ TAG(0x0018, 0x0090), "DataCollectionDiameter", "DS" },
	{ TAG(0x0018, 0x1000), "DeviceSerialNumber", "LO" },
	{ TAG(0x0018, 0x1012), "DateOfSecondaryCapture", "DA" },
	{ TAG(0x0018, 0x1020), "SoftwareVersions", "LO" },
	{ TAG(0x0018, 0x1030), "ProtocolName", "LO" },
	{ TAG(0x0018, 0x1100), "ReconstructionDiameter", "DS" },
	{ TAG(0x0018, 0x1152), "Exposure", "IS" },
	{ TAG(0x0018, 0x1210), "ConvolutionKernel", "SH" },
	{ TAG(0x0018, 0x5100), "PatientPosition", "CS" },
	{ TAG(0x0018, 0x5101), "ViewPosition", "CS" },
	{ TAG(0x0020, 0x000d), "StudyInstanceUID", "UI" },
	{ TAG(0x0020, 0x000e), "SeriesInstanceUID", "UI" },
	{ TAG(0x0020, 0x0010), "StudyID", "SH" },
	{ TAG(0x0020, 0x0011), "SeriesNumber", "IS" },
	{ TAG(0x0020, 0x0012), "AcquisitionNumber", "IS" },
	{ TAG(0x0020, 0x0013), "InstanceNumber", "IS" },
	{ TAG(0x0020, 0x0032), "ImagePositionPatient", "DS" },
	{ TAG(0x0020, 0x0037), "ImageOrientationPatient", "DS" },
	{ TAG(0x0020, 0x0052), "FrameOfReferenceUID", "UI" },
	{ TAG(0x0020, 0x0060), "Laterality", "CS" },
	{ TAG(0x0020, 0x0062), "ImageLaterality", "CS" },
	{ TAG(0x0020, 0x0100), "TemporalPositionIdentifier", "IS" },
	{ TAG(0x0020, 0x0105), "NumberOfTemporalPositions", "IS" },
	{ TAG(0x0020, 0x1041), "SliceLocation", "DS" },
	{ TAG(0x0020, 0x1070), "OtherStudyNumbers", "IS" },
	{ TAG(0x0020, 0x1200), "NumberOfPatientRelatedStudies", "IS" },
	{ TAG(0x0020, 0x1202), "NumberOfPatientRelatedSeries", "IS" },
	{ TAG(0x0020, 0x1204), "NumberOfPatientRelatedInstances", "IS" },
	{ TAG(0x0020, 0x1206), "NumberOfStudyRelatedSeries", "IS" },
	{ TAG(0x0020, 0x1208), "NumberOfStudyRelatedInstances", "IS" },
	{ TAG(0x0020, 0x1209), "NumberOfSeriesRelatedInstances", "IS" },
	{ TAG(0x0020, 0x4000), "ImageComments", "LT" },
	{ TAG(0x0028, 0x0002), "SamplesPerPixel", "US" },
	{ TAG(0x0028, 0x0004), "PhotometricInterpretation", "CS" },
	{ TAG(0x0028, 0x0008), "NumberOfFrames", "IS" },
	{ TAG(0x0028, 0x0010), "Rows", "US" },
	{ TAG(0x0028, 0x0011), "Columns", "US" },
	{ TAG(0x0028, 0x0030), "PixelSpacing", "DS" },
	{ TAG(0x0028, 0x0100), "BitsAllocated", "US" },
	{ TAG(0x0028, 0x0101), "BitsStored", "US" },
	{ TAG(0x0028, 0x0102), "HighBit", "US" },
	{ TAG(0x0028, 0x0103), "PixelRepresentation", "US" },
	{ TAG(0x0028, 0x0301), "BurnedInAnnotation", "CS" },
	{ TAG(0x0028, 0x1050), "WindowCenter", "DS" },
	{ TAG(0x0028, 0x1051), "WindowWidth", "DS" },
	{ TAG(0x0028, 0x2110), "LossyImageCompression", "CS" },
	{ TAG(0x0028, 0x7fe0), "PixelDataProviderURL", "UR" },
	{ TAG(0x0032, 0x000a), "StudyStatusID", "CS" },
	{ TAG(0x0032, 0x000c), "StudyPriorityID", "CS" },
	{ TAG(0x0032, 0x0032), "StudyVerifiedDate", "DA" },
	{ TAG(0x0032, 0x0034), "StudyReadDate", "DA" },
	{ TAG(0x0032, 0x1030), "ReasonForStudy", "LO" },
	{ TAG(0x0032, 0x1032), "RequestingPhysician", "PN" },
	{ TAG(0x0032, 0x1033), "RequestingService", "LO" },
	{ TAG(0x0032, 0x1040), "StudyArrivalDate", "DA" },
	{ TAG(0x0032, 0x1060), "RequestedProcedureDescription", "LO" },
	{ TAG(0x0032, 0x1064), "RequestedProcedureCodeSequence", "SQ" },
	{ TAG(0x0032, 0x4000), "StudyComments", "LT" },
	{ TAG(0x0038, 0x0010), "AdmissionID", "LO" },
	{ TAG(0x0038, 0x0011), "IssuerOfAdmissionID", "LO" },
	{ TAG(0x0038, 0x0300), "CurrentPatientLocation", "LO" },
	{ TAG(0x0038, 0x0500), "PatientState", "LO" },
	{ TAG(0x0040, 0x0001), "ScheduledStationAETitle", "AE" },
	{ TAG(0x0040, 0x0002), "ScheduledProcedureStepStartDate", "DA" },
	{ TAG(0x0040, 0x0003), "ScheduledProcedureStepStartTime", "TM" },
	{ TAG(0x0040, 0x0007), "ScheduledProcedureStepDescription", "LO" },
	{ TAG(0x0040, 0x0009), "ScheduledProcedureStepID", "SH" },
	{ TAG(0x0040, 0x0100), "ScheduledProcedureStepSequence", "SQ" },
	{ TAG(0x0040, 0x0241), "PerformedStationAETitle", "AE" },
	{ TAG(0x0040, 0x0244), "PerformedProcedureStepStartDate", "DA" },
	{ TAG(0x0040, 0x0245), "PerformedProcedureStepStartTime", "TM" },
	{ TAG(0x0040, 0x0250), "PerformedProcedureStepEndDate", "DA" },
	{ TAG(0x0040, 0x0253), "PerformedProcedureStepID", "SH" },
	{ TAG(0x0040, 0x0254), "PerformedProcedureStepDescription", "LO" },
	{ TAG(0x0040, 0x0275), "RequestAttributesSequence", "SQ" },
	{ TAG(0x0040, 0x1001), "RequestedProcedureID", "SH" },
	{ TAG(0x0040, 0x1002), "ReasonForTheRequestedProcedure", "LO" },
	{ TAG(0x0040, 0x1003), "RequestedProcedurePriority", "SH" },
	{ TAG(0x0040, 0x2016), "PlacerOrderNumberImagingServiceRequest", "LO" },
	{ TAG(0x0040, 0x2017), "FillerOrderNumberImagingServiceRequest", "LO" },
	{ TAG(0x0040, 0x2400), "ImagingServiceRequestComments", "LT" },
	{ TAG(0x0040, 0xa043), "ConceptNameCodeSequence", "SQ" },
	{ TAG(0x0040, 0xa075), "VerifyingObserverName", "PN" },
	{ TAG(0x0040, 0xa491), "CompletionFlag", "CS" },
	{ TAG(0x0040, 0xa493), "VerificationFlag", "CS" },
	{ TAG(0x0040, 0xa504), "ContentTemplateSequence", "SQ" },
	{ TAG(0x0040, 0xa730), "ContentSequence", "SQ" },
	{ TAG(0x0040, 0xe010), "RetrieveURI", "UR" },
	{ TAG(0x0042, 0x0010), "DocumentTitle", "ST" },
	{ TAG(0x0042, 0x0012), "MIMETypeOfEncapsulatedDocument", "LO" },
	{ TAG(0x0054, 0x0016), "RadiopharmaceuticalInformationSequence", "SQ" },
	{ TAG(0x0054, 0x0081), "NumberOfSlices", "US" },
	{ TAG(0x0054, 0x1002), "CountsSource", "CS" },
	{ TAG(0x0070, 0x0080), "ContentLabel", "CS" },
	{ TAG(0x0070, 0x0081), "ContentDescription", "LO" },
	{ TAG(0x0070, 0x0082), "PresentationCreationDate", "DA" },
	{ TAG(0x0070, 0x0084), "ContentCreatorName", "PN" },
	{ TAG(0x0088, 0x0130), "StorageMediaFileSetID", "SH" },
	{ TAG(0x0088, 0x0140), "StorageMediaFileSetUID", "UI" },
	{ TAG(0x3006, 0x0002), "StructureSetLabel", "SH" },
	{ TAG(0x3006, 0x0004), "StructureSetName", "LO" },
	{ TAG(0x3006, 0x0008), "StructureSetDate", "DA" },
	{ TAG(0x300a, 0x0002), "RTPlanLabel", "SH" },
	{ TAG(0x300a, 0x0003), "RTPlanName", "LO" },
	{ TAG(0x300a, 0x0006), "RTPlanDate", "DA" },
	{ TAG(0x300e, 0x0002), "ApprovalStatus", "CS" },
	{ TAG(0x300e, 0x0004), "ReviewDate", "DA" },
	{ TAG(0x4008, 0x0212), "InterpretationStatusID", "CS" },
	{ TAG(0x7fe0, 0x0008), "FloatPixelData", "OF" },
	{ TAG(0x7fe0, 0x0009), "DoubleFloatPixelData", "OD" },
	{ TAG(0x7fe0, 0x0010), "PixelData", "OW" },
};

static int compare_tags(const void *key, const void *row)
{
	uint32_t tag = *(const uint32_t *)key;
	uint32_t other = ((const struct tag_info *)row)->tag;

	return (tag > other) - (tag < other);
}

const struct tag_info *tag_all(size_t *ret_count)
{
	*ret_count = countof(tags);
	return tags;
}

const struct tag_info *tag_info(uint32_t tag)
{
	return bsearch(&tag, tags, countof(tags), sizeof tags[0], compare_tags);
}

const struct tag_info *tag_by_keyword(const char *keyword)
{
	for (size_t i = 0; i < countof(tags); i++)
		if (!strcmp(tags[i].keyword, keyword))
			return &tags[i];
	return NULL;
}

/* Four hexadecimal digits, no sign and no space as strtoul would allow. */
static bool read_hex(const char *text, uint32_t *ret_number)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t number = 0;

	for (int i = 0; i < 4; i++) {
		const char *digit = text[i] ? strchr(digits, tolower((unsigned char)text[i])) : NULL;

		if (!digit)
			return false;
		number = number << 4 | (uint32_t)(digit - digits);
	}
	*ret_number = number;
	return true;
}

bool tag_parse(const char *text, uint32_t *ret_tag)
{
	const struct tag_info *info = tag_by_keyword(text);
	bool bracket = *text == '(';
	uint32_t group, element;

	if (info) {
		*ret_tag = info->tag;
		return true;
	}
	text += bracket;
	if (!read_hex(text, &group) || text[4] != ',' || !read_hex(text + 5, &element) ||
	    strcmp(text + 9, bracket ? ")" : "") != 0)
		return false;
	*ret_tag = TAG(group, element);
	return true;
}

const char *tag_name(uint32_t tag)
{
	static char shown[8][10];
	static unsigned turn;
	const struct tag_info *info = tag_info(tag);
	char *out;

	if (info)
		return info->keyword;
	out = shown[turn++ % countof(shown)];
	snprintf(out, sizeof shown[0], "%04x,%04x", (unsigned)(tag >> 16), (unsigned)(tag & 0xffff));
	return out;
}

const char *tag_vr(uint32_t tag)
{
	const struct tag_info *info = tag_info(tag);

	return info ? info->vr : "LO";
}
