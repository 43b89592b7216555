/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rule asks for no attribute that a DICOM object can lack: spectra and header-only objects have Rows and no Pixel Data, and UIDs
 * that break the standard are kept in many archives. */
#include "core/intake/flaw.h"

#include <string.h>

#include "base/log.h"
#include "dicom/tag.h"
#include "dicom/value.h"

const uint32_t flaw_tags[FLAW_TAGS] = {
	TAG_MediaStorageSOPInstanceUID, TAG_TransferSyntaxUID, TAG_SpecificCharacterSet, TAG_SOPClassUID, TAG_SOPInstanceUID,
	TAG_StudyInstanceUID, TAG_SeriesInstanceUID, TAG_Rows, TAG(0x0028, 0x7fe0), TAG(0x7fe0, 0x0008), TAG(0x7fe0, 0x0009), TAG_PixelData
};

static const char *const flaw_sentences[FLAWS] = {
	[FLAW_NONE] = "",
	[FLAW_DAMAGED] = "it cannot be read to its end",
	[FLAW_NO_DICOM] = "not a DICOM file",
	[FLAW_NO_NAME] = "no valid SOP Instance UID",
	[FLAW_NO_PARENTS] = "no valid Study or Series Instance UID",
	[FLAW_CUT] = "it has rows but no pixel data: the file is cut",
	[FLAW_OTHER_NAME] = "its SOP Instance UID is not the one it was sent by",
};

const char *flaw_words(enum flaw flaw)
{
	return flaw_sentences[flaw];
}

static bool is_named(const struct dataset *set, uint32_t tag)
{
	const char *uid = dataset_get(set, tag);

	return *uid && uid_is_repeatable(uid);
}

enum flaw flaw_of(const struct dataset *set, const char *damage)
{
	if (damage)
		return FLAW_DAMAGED;
	if (!set->count)
		return FLAW_NO_DICOM;
	if (!is_named(set, TAG_SOPInstanceUID))
		return FLAW_NO_NAME;
	if (!is_named(set, TAG_StudyInstanceUID) || !is_named(set, TAG_SeriesInstanceUID))
		return FLAW_NO_PARENTS;
	return FLAW_NONE;
}

static bool lacks_pixels(const struct dataset *set)
{
	static const uint32_t pixels[] = { TAG_PixelData, TAG(0x0028, 0x7fe0), TAG(0x7fe0, 0x0008), TAG(0x7fe0, 0x0009) };

	for (size_t i = 0; i < sizeof pixels / sizeof *pixels; i++)
		if (dataset_find(set, pixels[i]))
			return false;
	return dataset_find(set, TAG_Rows);
}

enum flaw flaw_of_received(const struct dataset *set, const char *damage, bool may_be_cut, bool named)
{
	const char *sent = dataset_get(set, TAG_MediaStorageSOPInstanceUID);
	enum flaw flaw = flaw_of(set, damage);

	if (flaw)
		return flaw;
	if (may_be_cut && lacks_pixels(set))
		return FLAW_CUT;
	return *sent && !named && strcmp(sent, dataset_get(set, TAG_SOPInstanceUID)) ? FLAW_OTHER_NAME : FLAW_NONE;
}

const char *flaw_odd_uid(const struct dataset *set)
{
	static const uint32_t uids[] = { TAG_StudyInstanceUID, TAG_SeriesInstanceUID, TAG_SOPInstanceUID };

	for (size_t i = 0; i < sizeof uids / sizeof *uids; i++)
		if (!uid_is_safe(dataset_get(set, uids[i])))
			return tag_info(uids[i])->keyword;
	return NULL;
}

void flaw_tell_odd(const struct dataset *set, bool *told)
{
	const char *keyword = *told ? NULL : flaw_odd_uid(set);
	uint32_t tag;

	if (!keyword || !tag_parse(keyword, &tag))
		return;
	*told = true;
	log_warning("%s '%s' is no UID: the object is kept under a name made safe; others like it are not named", keyword,
		    dataset_get(set, tag));
}
