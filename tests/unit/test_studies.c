/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/query/studies.h"
#include "dicom/tag.h"
#include "tests/unit/check.h"

static void test_left_out(void)
{
	static const struct { struct filter_tally tally; const char *words; } cases[] = {
		{ { .left_out = 0 }, "" },
		{ { .left_out = 1, .by[FILTER_PATIENT_ID] = 1 }, "1 answer left out here: patient ID 1" },
		{ { .left_out = 4, .by[FILTER_DATE] = 1, .by[FILTER_PATIENT_ID] = 3 }, "4 answers left out here: study date 1, patient ID 3" },
		{ { .left_out = 2, .by[FILTER_KEY] = 2, .key = TAG_StationName }, "2 answers left out here: StationName 2" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_buf struct buf words = BUF_INIT(1000);

		studies_left_out(&cases[i].tally, &words);
		CHECK_STR(buf_text(&words), cases[i].words);
	}
}

static void test_add(void)
{
	struct studies_found all = { .result = { .whole = true } };
	const struct studies_found one = { .rows = 3, .tally = { .left_out = 1, .by[FILTER_DATE] = 1 }, .nameless = 2, .asked = 4,
					   .result = { .whole = true, .queries = 5 } };
	const struct studies_found cut = { .rows = 1, .tally = { .left_out = 1, .by[FILTER_MODALITY] = 1 }, .result = { .whole = false, .queries = 1 } };

	studies_found_add(&all, &one);
	CHECK(all.result.whole);
	studies_found_add(&all, &cut);
	CHECK_INT(all.rows, 4);
	CHECK_INT(all.tally.left_out, 2);
	CHECK_INT(all.tally.by[FILTER_DATE], 1);
	CHECK_INT(all.tally.by[FILTER_MODALITY], 1);
	CHECK_INT(all.nameless, 2);
	CHECK_INT(all.asked, 4);
	CHECK_INT(all.result.queries, 6);
	CHECK(!all.result.whole);
}

int main(void)
{
	test_left_out();
	test_add();
	return check_done();
}
