/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/intake/flaw.h"

#include "base/mem.h"
#include "dicom/tag.h"
#include "tests/unit/check.h"

/* NULL = the attribute is absent. */
struct object {
	const char *study, *series, *sop, *sent, *rows, *pixels;
};

static void make_set(const struct object *o, struct dataset *set)
{
	const struct { uint32_t tag; const char *value; } all[] = {
		{ TAG_MediaStorageSOPInstanceUID, o->sent }, { TAG_SOPInstanceUID, o->sop }, { TAG_StudyInstanceUID, o->study },
		{ TAG_SeriesInstanceUID, o->series }, { TAG_Rows, o->rows }, { TAG_PixelData, o->pixels },
	};

	dataset_init(set);
	for (size_t i = 0; i < countof(all); i++)
		if (all[i].value)
			dataset_text(set, all[i].tag, all[i].value);
}

#define LONG "1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5"

static const struct {
	struct object object;
	const char *damage;
	enum flaw flaw;			/* on the disk */
	enum flaw received, cut;	/* just received, as what nobody listed; by a transfer that broke */
	const char *odd;
} cases[] = {
	{ { "1.2", "1.2.3", "1.2.3.4", "1.2.3.4", "64", "" }, NULL, FLAW_NONE, FLAW_NONE, FLAW_NONE, NULL },
	{ { "1.2", "1.2.3", "1.2.3.4", NULL, NULL, NULL }, NULL, FLAW_NONE, FLAW_NONE, FLAW_NONE, NULL },
	{ { "1.2", "1.2.3", "1.2.3.4", NULL, "64", "" }, "Invalid stream", FLAW_DAMAGED, FLAW_DAMAGED, FLAW_DAMAGED, NULL },
	/* spectra, objects without their pixels */
	{ { "1.2", "1.2.3", "1.2.3.4", "1.2.3.4", "64", NULL }, NULL, FLAW_NONE, FLAW_NONE, FLAW_CUT, NULL },
	/* names that break the standard */
	{ { "1.2", "LOCALIZER1.2.3", "1.2.3.4", "1.2.3.4", NULL, NULL }, NULL, FLAW_NONE, FLAW_NONE, FLAW_NONE, "SeriesInstanceUID" },
	{ { "A/1", "1.2.3", "1.2.3.4", "1.2.3.4", NULL, NULL }, NULL, FLAW_NONE, FLAW_NONE, FLAW_NONE, "StudyInstanceUID" },
	{ { "1.2", "1.2.3", LONG, LONG, NULL, NULL }, NULL, FLAW_NONE, FLAW_NONE, FLAW_NONE, "SOPInstanceUID" },
	{ { "1..2", "x", "y", NULL, NULL, NULL }, NULL, FLAW_NONE, FLAW_NONE, FLAW_NONE, "StudyInstanceUID" },
	/* no names at all */
	{ { "1.2", "1.2.3", "", NULL, NULL, NULL }, NULL, FLAW_NO_NAME, FLAW_NO_NAME, FLAW_NO_NAME, "SOPInstanceUID" },
	{ { "1.2", "1.2.3", NULL, NULL, NULL, NULL }, NULL, FLAW_NO_NAME, FLAW_NO_NAME, FLAW_NO_NAME, "SOPInstanceUID" },
	{ { "1.2", "1.2.3", "1.2\\1.3", NULL, NULL, NULL }, NULL, FLAW_NO_NAME, FLAW_NO_NAME, FLAW_NO_NAME, "SOPInstanceUID" },
	{ { "1.2", "1.2.3", "1\n2", NULL, NULL, NULL }, NULL, FLAW_NO_NAME, FLAW_NO_NAME, FLAW_NO_NAME, "SOPInstanceUID" },
	{ { "1.2", "1.2.3", LONG LONG, NULL, NULL, NULL }, NULL, FLAW_NO_NAME, FLAW_NO_NAME, FLAW_NO_NAME, "SOPInstanceUID" },
	{ { "1.2", NULL, "1.2.3.4", NULL, NULL, NULL }, NULL, FLAW_NO_PARENTS, FLAW_NO_PARENTS, FLAW_NO_PARENTS, "SeriesInstanceUID" },
	{ { NULL, "1.2.3", "1.2.3.4", NULL, NULL, NULL }, NULL, FLAW_NO_PARENTS, FLAW_NO_PARENTS, FLAW_NO_PARENTS, "StudyInstanceUID" },
	{ { NULL, NULL, NULL, NULL, NULL, NULL }, NULL, FLAW_NO_DICOM, FLAW_NO_DICOM, FLAW_NO_DICOM, "StudyInstanceUID" },
	/* sent as another */
	{ { "1.2", "1.2.3", "1.2.3.4", "1.2.3.5", NULL, NULL }, NULL, FLAW_NONE, FLAW_OTHER_NAME, FLAW_OTHER_NAME, NULL },
	{ { "1.2", "1.2.3", "1.2.3.4", "1.2.3.5", "64", NULL }, NULL, FLAW_NONE, FLAW_OTHER_NAME, FLAW_CUT, NULL },
};

static void test_cases(void)
{
	for (size_t i = 0; i < countof(cases); i++) {
		auto_free char *name = mem_printf("case %zu", i);
		struct dataset set;

		CHECK_CASE(name);
		make_set(&cases[i].object, &set);
		CHECK_INT(flaw_of(&set, cases[i].damage), cases[i].flaw);
		CHECK_INT(flaw_of_received(&set, cases[i].damage, false, false), cases[i].received);
		CHECK_INT(flaw_of_received(&set, cases[i].damage, true, false), cases[i].cut);
		if (cases[i].received == FLAW_OTHER_NAME)	/* the PACS lists it under the name that it has */
			CHECK_INT(flaw_of_received(&set, cases[i].damage, false, true), FLAW_NONE);
		CHECK_STR(flaw_odd_uid(&set), cases[i].odd);
		CHECK(!cases[i].flaw == !*flaw_words(cases[i].flaw));
		dataset_done(&set);
	}
	CHECK_CASE("");
}

int main(void)
{
	test_cases();
	return check_done();
}
