/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/query/studies.h"
#include "tests/unit/check.h"

static void test_ignored(void)
{
	static const struct { enum filter_part part; const char *words; } parts[] = {
		{ FILTER_MET, "" }, { FILTER_UID, "other conditions" }, { FILTER_DATE, "date" }, { FILTER_TIME, "other conditions" },
		{ FILTER_MODALITY, "modality" }, { FILTER_SR_ONLY, "modality" }, { FILTER_DESCRIPTION, "other conditions" },
		{ FILTER_STATION, "other conditions" }, { FILTER_IDENTITY, "other conditions" },
	};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		CHECK_STR(studies_ignored(studies_ignored_by(parts[i].part)), parts[i].words);
	CHECK_STR(studies_ignored(IGNORED_MODALITY | IGNORED_DATE), "modality, date");
	CHECK_STR(studies_ignored(IGNORED_MODALITY | IGNORED_DATE | IGNORED_OTHER), "modality, date, other conditions");
}

static void test_add(void)
{
	struct studies_found all = { .result = { .whole = true } };
	const struct studies_found one = { .rows = 3, .left_out = 1, .nameless = 2, .ignored = IGNORED_DATE, .asked = 4,
					   .result = { .whole = true, .queries = 5 } };
	const struct studies_found cut = { .rows = 1, .ignored = IGNORED_MODALITY, .result = { .whole = false, .queries = 1 } };

	studies_found_add(&all, &one);
	CHECK(all.result.whole);
	studies_found_add(&all, &cut);
	CHECK_INT(all.rows, 4);
	CHECK_INT(all.left_out, 1);
	CHECK_INT(all.nameless, 2);
	CHECK_INT(all.asked, 4);
	CHECK_INT(all.result.queries, 6);
	CHECK_INT(all.ignored, IGNORED_DATE | IGNORED_MODALITY);
	CHECK(!all.result.whole);
}

int main(void)
{
	test_ignored();
	test_add();
	return check_done();
}
