/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the lists of the series of a study are worth, row by row, and what is learned of the limit. */
#include "core/query/objects_judge.h"

#include "base/mem.h"
#include "check.h"

static void test_one_answer(void)
{
	static const struct {
		const char *name;
		struct list_facts facts;
		int rows;
		bool warned;
		enum proof_list worth;
	} rows[] = {
		{ "a number that nobody sets", { 0, 0, false }, 17, false, PROOF_LIST_PLAIN },
		{ "a round one", { 0, 0, false }, 250, false, PROOF_LIST_DOUBTFUL },
		{ "... the longest so far", { 0, 250, false }, 250, false, PROOF_LIST_DOUBTFUL },
		{ "... and a longer answer came", { 0, 251, false }, 250, false, PROOF_LIST_PLAIN },
		{ "the known limit", { 17, 40, false }, 17, false, PROOF_LIST_DOUBTFUL },
		{ "with a warning", { 0, 0, false }, 17, true, PROOF_LIST_DOUBTFUL },
	};

	for (size_t i = 0; i < countof(rows); i++) {
		CHECK_CASE(rows[i].name);
		CHECK_INT(list_worth(&rows[i].facts, rows[i].rows, rows[i].warned), rows[i].worth);
	}
	CHECK_CASE("");
}


static void test_series(void)
{
	static const struct {
		const char *name;
		struct list_facts facts;
		struct series_lists lists;
		enum proof_list worth;
		int cap;
	} rows[] = {
		{ "nothing", { 0, 0, false }, { 0, 0, 0, -1, -1, false }, PROOF_LIST_NONE, 0 },
		{ "each confirms the other", { 0, 8, false }, { 8, 4, 2, 8, -1, false }, PROOF_LIST_CONFIRMED, 0 },
		{ "... at a round number", { 0, 100, false }, { 100, 60, 1, 100, -1, false }, PROOF_LIST_CONFIRMED, 0 },
		{ "... with a warning", { 0, 8, false }, { 8, 4, 2, 8, -1, true }, PROOF_LIST_DOUBTFUL, 0 },
		{ "a lone series is the same question", { 0, 250, false }, { 250, 250, 1, 250, -1, false }, PROOF_LIST_DOUBTFUL, 0 },
		{ "... and counted as more", { 0, 250, false }, { 250, 250, 1, 250, 300, false }, PROOF_LIST_NONE, 0 },
		{ "... at a number that nobody sets", { 0, 8, false }, { 8, 8, 1, 8, 11, false }, PROOF_LIST_PLAIN, 0 },
		{ "the study's list was cut", { 0, 20, false }, { 24, 15, 1, 20, 24, false }, PROOF_LIST_PLAIN, 20 },
		{ "... and so were those of the series", { 0, 20, false }, { 40, 20, 2, 20, 60, false }, PROOF_LIST_NONE, 20 },
		{ "... which nobody counted", { 0, 20, false }, { 40, 20, 2, 20, -1, false }, PROOF_LIST_NONE, 20 },
		{ "two end alike, and more is counted", { 0, 0, false }, { 6, 3, 2, -1, 8, false }, PROOF_LIST_NONE, 3 },
		{ "... by a PACS whose counts lie", { 0, 0, true }, { 6, 3, 2, -1, 8, false }, PROOF_LIST_PLAIN, 0 },
		{ "two end alike, and as much is counted", { 0, 0, false }, { 8, 4, 2, -1, 8, false }, PROOF_LIST_DOUBTFUL, 0 },
		{ "... and an answer was longer", { 0, 5, false }, { 8, 4, 2, -1, 8, false }, PROOF_LIST_PLAIN, 0 },
		{ "two differ", { 0, 0, false }, { 7, 4, 1, -1, -1, false }, PROOF_LIST_PLAIN, 0 },
		{ "longer than the limit: it is none", { 4, 0, false }, { 9, 9, 1, -1, 9, false }, PROOF_LIST_PLAIN, 0 },
	};

	for (size_t i = 0; i < countof(rows); i++) {
		struct list_judgement judgement = series_lists_judge(&rows[i].facts, &rows[i].lists);

		CHECK_CASE(rows[i].name);
		CHECK_INT(judgement.worth, rows[i].worth);
		CHECK_INT(judgement.cap, rows[i].cap);
	}
	CHECK_CASE("");
}

/* Whatever the numbers: a list that ends at the known limit, or that holds less than its own study's list, is never confirmed; one
 * that nothing was read of is none. */
static void test_laws(void)
{
	for (int cap = 0; cap <= 12; cap += 4)
		for (int shown = 0; shown <= 12; shown += 6)
			for (int largest = 1; largest <= 12; largest++)
				for (int as_large = 1; as_large <= 3; as_large++)
					for (int of_study = -1; of_study <= 24; of_study++)
						for (int counted = -1; counted <= 30; counted += 3) {
							const struct list_facts f = { cap, shown, false };
							const struct series_lists s = { largest * as_large, largest, as_large, of_study,
											counted, false };
							struct list_judgement j = series_lists_judge(&f, &s);

							if (j.worth == PROOF_LIST_CONFIRMED)
								CHECK(of_study == s.rows && largest < s.rows);
							if (j.cap && largest == j.cap && j.worth != PROOF_LIST_CONFIRMED)
								CHECK(j.worth == PROOF_LIST_NONE || j.worth == PROOF_LIST_DOUBTFUL);
							CHECK(j.worth != PROOF_LIST_NAMED && j.cap >= 0);
						}
}

int main(void)
{
	test_one_answer();
	test_series();
	test_laws();
	return check_done();
}
