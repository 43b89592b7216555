/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SOP classes and transfer syntaxes: what libdcmtk says of them, and that every row can be found. */
#include "dicom/sopclass.h"

#include "base/mem.h"
#include "tests/unit/check.h"

#define IMAGE "1.2.840.10008.5.1.4.1.1."

static const struct { const char *uid, *prefix, *name; bool in_getscu; } classes[] = {
	{ "1.2.840.10008.5.1.1.27", "SP", "StoredPrintStorage", true },			/* the first row */
	{ IMAGE "1", "CR", "ComputedRadiographyImageStorage", true },
	{ IMAGE "1.1", "DX", "DigitalXRayImageStorageForPresentation", true },
	{ IMAGE "2", "CT", "CTImageStorage", true },
	{ IMAGE "2.1", "CTe", "EnhancedCTImageStorage", true },
	{ IMAGE "4", "MR", "MRImageStorage", true },
	{ IMAGE "6.1", "US", "UltrasoundImageStorage", true },
	{ IMAGE "6", "USr", "UltrasoundImageStorageRetired", true },
	{ IMAGE "7", "SC", "SecondaryCaptureImageStorage", true },
	{ IMAGE "20", "NM", "NuclearMedicineImageStorage", true },
	{ IMAGE "30", "PM", "ParametricMapStorage", false },
	{ IMAGE "66.4", "SG", "SegmentationStorage", true },
	{ IMAGE "66.7", "SGl", "LabelMapSegmentationStorage", false },
	{ IMAGE "88.59", "KO", "KeyObjectSelectionDocumentStorage", true },
	{ IMAGE "88.67", "SRd", "XRayRadiationDoseSRStorage", true },
	{ IMAGE "88.68", "SRr", "RadiopharmaceuticalRadiationDoseSRStorage", false },
	{ IMAGE "104.1", "PDF", "EncapsulatedPDFStorage", true },
	{ IMAGE "104.3", "STL", "EncapsulatedSTLStorage", false },
	{ IMAGE "128", "PI", "PositronEmissionTomographyImageStorage", true },
	{ IMAGE "481.3", "RS", "RTStructureSetStorage", true },
	{ "1.2.840.10008.5.1.4.45.1", "ITg", "ImplantTemplateGroupStorage", false },	/* the last row */
	{ "1.2.3.4.5", "UN", "1.2.3.4.5", false },
	{ "1.2.840.10008.5.1.4.1.1", "UN", "1.2.840.10008.5.1.4.1.1", false },
	{ "", "UN", "", false },
	{ "CT", "UN", "CT", false },
};

static const struct { const char *uid, *name; bool compressed; } syntaxes[] = {
	{ "1.2.840.10008.1.2", "implicit VR little endian", false },
	{ "1.2.840.10008.1.2.1", "explicit VR little endian", false },
	{ "1.2.840.10008.1.2.1.99", "deflated explicit VR little endian", true },
	{ "1.2.840.10008.1.2.2", "explicit VR big endian", false },
	{ "1.2.840.10008.1.2.4.50", "JPEG baseline", true },
	{ "1.2.840.10008.1.2.4.70", "JPEG lossless", true },
	{ "1.2.840.10008.1.2.4.80", "JPEG-LS lossless", true },
	{ "1.2.840.10008.1.2.4.90", "JPEG 2000 lossless", true },
	{ "1.2.840.10008.1.2.4.91", "JPEG 2000", true },
	{ "1.2.840.10008.1.2.4.100", "MPEG-2 main level", true },
	{ "1.2.840.10008.1.2.4.201", "HTJ2K lossless", true },
	{ "1.2.840.10008.1.2.5", "RLE lossless", true },
	{ "1.2.840.113619.5.2", "implicit VR little endian, big endian pixels (GE private)", false },
	{ "1.2.3", "1.2.3", false },
	{ "", "", false },
};

static void count(const char *uid, int *known, int *in_getscu)
{
	*known += strcmp(sopclass_prefix(uid), "UN") != 0;
	*in_getscu += sopclass_in_getscu(uid);
}

/* Walks the UIDs in use for storage: as many must be found as the table has rows, which a row out of order would not
 * be. */
static void test_all_rows(void)
{
	int known = 0, in_getscu = 0;
	char uid[80];

	for (int a = 0; a < 700; a++)
		for (int b = -1; b <= 100; b++)
			for (int c = -1; c < (a < 80 && b < 10 ? 0 : 4); c++) {
				int len = snprintf(uid, sizeof uid, IMAGE "%d", a);

				if (b >= 0)
					len += snprintf(uid + len, sizeof uid - (size_t)len, ".%d", b);
				if (b >= 0 && c >= 0)
					snprintf(uid + len, sizeof uid - (size_t)len, ".%d", c);
				if (b >= 0 || c < 0)
					count(uid, &known, &in_getscu);
			}
	for (int i = 0; i < 80 * 1000; i++) {
		snprintf(uid, sizeof uid, IMAGE "%d.%d.%d.%d", i / 1000, i / 100 % 10, i / 10 % 10, i % 10);
		count(uid, &known, &in_getscu);
		uid[strlen(uid) - 2] = '\0';
		if (i % 10 == 0)
			count(uid, &known, &in_getscu);
	}
	for (int i = 0; i < 100 * 100; i++) {
		snprintf(uid, sizeof uid, "1.2.840.10008.5.1.4.%d.%d", i / 100, i % 100);
		count(uid, &known, &in_getscu);
	}
	for (int i = 0; i < 100; i++) {
		snprintf(uid, sizeof uid, "1.2.840.10008.5.1.1.%d", i);
		count(uid, &known, &in_getscu);
	}
	CHECK_CASE("all rows");
	CHECK_INT(known, 211);
	CHECK_INT(in_getscu, 120);
}

int main(void)
{
	for (size_t i = 0; i < countof(classes); i++) {
		CHECK_CASE(classes[i].uid);
		CHECK_STR(sopclass_prefix(classes[i].uid), classes[i].prefix);
		CHECK_STR(sopclass_name(classes[i].uid), classes[i].name);
		CHECK_INT(sopclass_in_getscu(classes[i].uid), classes[i].in_getscu);
	}
	for (size_t i = 0; i < countof(syntaxes); i++) {
		CHECK_CASE(syntaxes[i].uid);
		CHECK_STR(transfer_syntax_name(syntaxes[i].uid), syntaxes[i].name);
		CHECK_INT(transfer_syntax_is_compressed(syntaxes[i].uid), syntaxes[i].compressed);
	}
	test_all_rows();
	return check_done();
}
