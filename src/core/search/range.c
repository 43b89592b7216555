/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/search/range.h"

#include <stdio.h>

#include "base/mem.h"
#include "dicom/tag.h"
#include "dicom/value.h"

static const char *const modality_names[RANGE_MODALITIES] = {
	"CT", "MR", "US", "CR", "DX", "MG", "NM", "PT", "XA", "RF", "SR", "OT", "SC", "PR", "KO", "DOC", "ECG", "ES", "XC", "GM", "SM", "IO",
	"PX", "OP", "OPT", "RTIMAGE", "RTPLAN", "RTDOSE", "RTSTRUCT", "SEG", "REG", "BMD", "HD", "IVUS", "MRS", "PS"
};

bool range_is_dense(const struct range *r)
{
	return r->state >= RANGE_DENSE;
}

bool range_was_cut(const struct range *r)
{
	return r->state == RANGE_DENSE_CUT || r->state == RANGE_UPWARD_CUT;
}

bool range_many_days(const struct range *r)
{
	return !r->from || !r->until || r->from < r->until;
}

bool range_whole_day(const struct range *r)
{
	return !range_many_days(r) && r->last_second < 0;
}

int range_end_second(const struct range *r)
{
	return r->last_second < 0 ? DAY_S - 1 : r->last_second;
}

int range_length(const struct range *r)
{
	if (r->last_second >= 0)
		return range_end_second(r) - r->second + 1;
	return r->from && r->until ? date_days(r->from, r->until) + 1 : 0;
}

bool range_can_divide(const struct range *r, bool by_modality)
{
	return range_many_days(r) || range_end_second(r) > r->second || (!r->modality && by_modality);
}

static void format_clock(int second, char out[16])
{
	snprintf(out, 16, "%02d%02d%02d", second / 3600 % 24, second / 60 % 60, second % 60);
}

void range_describe(const struct range *r, char *out, size_t room)
{
	struct date_range dates = { r->from, r->until };
	char days[20], first[16], last[16], times[40] = "";

	date_range_format(&dates, days);
	format_clock(r->second, first);
	format_clock(range_end_second(r), last);
	if (r->last_second >= 0)
		snprintf(times, sizeof times, " %s-%s", first, last);
	snprintf(out, room, "%s%s%s%s", days[0] ? days : "all dates", times, r->modality ? " " : "",
		 r->modality ? modality_names[r->modality - 1] : "");
}

/* Times may have fractions (125959.5) or lack their seconds (1300), and some PACS compare them as text.  So a range ends where the
 * next begins, and the last one of a day has no end; studies that are found twice are merged. */
static char *time_key(const struct range *r)
{
	char first[16], next[16];

	format_clock(r->second, first);
	format_clock(r->last_second + 1, next);
	if (r->last_second >= DAY_S - 1)
		return mem_printf("%s-", first);
	return r->last_second == r->second ? mem_printf("%s-%s.999999", first, first) : mem_printf("%s-%s", first, next);
}

void range_set_keys(struct query *q, const struct range *r)
{
	struct date_range dates = { r->from, r->until };
	auto_free char *times = NULL;
	char text[20];

	date_range_format(&dates, text);
	dataset_text(&q->keys, TAG_StudyDate, text);
	if (r->last_second >= 0) {
		times = time_key(r);
		dataset_text(&q->keys, TAG_StudyTime, times);
	}
	if (r->modality)
		dataset_text(&q->keys, TAG_ModalitiesInStudy, modality_names[r->modality - 1]);
}
