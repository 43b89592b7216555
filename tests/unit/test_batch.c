/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which studies share a request. */
#include "core/retrieve/batch.h"

#include "check.h"
#include "dicom/query.h"

#define ANY .company = FORM_LIST, .most = 100
static const struct batch_budget no_limit = { 0 };

static void test_pairs(void)
{
	static const struct {
		const char *name;
		struct batch_candidate first, second;
		bool full, fits;
	} rows[] = {
		{ "two small ones", { ANY, .expected = 5 }, { ANY, .expected = 100 }, false, true },
		{ "the second is large", { ANY, .expected = 5 }, { ANY, .expected = 101 }, false, false },
		{ "the first is large", { ANY, .expected = 101 }, { ANY, .expected = 5 }, true, true },
		{ "not counted", { ANY, .expected = 5 }, { ANY, .expected = -1 }, false, false },
		{ "a part", { ANY, .expected = 5 }, { ANY, .part = true }, false, false },
		{ "a part first", { ANY, .part = true }, { ANY }, true, true },
		{ "slow", { ANY }, { ANY, .slow = true }, false, false },
		{ "slow first", { ANY, .slow = true }, { ANY }, true, true },
		{ "alone", { ANY }, { .company = FORM_LIST, .most = 1 }, false, false },
		{ "another form", { ANY }, { .company = FORM_FILES, .most = 100 }, false, false },
		{ "another method", { ANY, .way = { METHOD_GET, 0 } }, { ANY, .way = { METHOD_MOVE, 0 } }, false, false },
		{ "another syntax", { ANY, .way = { METHOD_GET, 0 } }, { ANY, .way = { METHOD_GET, 1 } }, false, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct batch_draft draft;

		CHECK_CASE(rows[i].name);
		batch_begin(&draft, &no_limit);
		CHECK(!batch_full(&draft));
		CHECK(batch_fits(&draft, &rows[i].first));
		batch_add(&draft, &rows[i].first);
		CHECK_INT(batch_full(&draft), rows[i].full);
		CHECK_INT(batch_fits(&draft, &rows[i].second), rows[i].fits);
	}
	CHECK_CASE("");
}

/* As many of these as go into one request. */
static size_t fill(const struct batch_budget *budget, struct batch_candidate candidate)
{
	struct batch_draft draft;

	batch_begin(&draft, budget);
	while (!batch_full(&draft) && batch_fits(&draft, &candidate))
		batch_add(&draft, &candidate);
	return batch_count(&draft);
}

static void test_sizes(void)
{
	static const struct {
		const char *name;
		struct batch_budget budget;
		int expected;
		size_t most, count;
	} rows[] = {
		{ "by objects", { 0 }, 100, 100, 5 },
		{ "by UIDs in a list", { 0 }, 1, 1000, QUERY_LIST_UIDS_MAX },
		{ "by what broke before", { 0 }, 1, 3, 3 },
		{ "the size of an object is not known", { .max_bytes = 1000 }, 1, 100, 1 },
		{ "ten more", { 2000, 1000, 10, 0 }, 1, 100, 10 },
		{ "ten more, in studies of four", { 2000, 1000, 10, 0 }, 4, 100, 2 },
		{ "less than one study", { 2000, 1000, 10, 0 }, 40, 100, 1 },
		{ "the limit is met", { 1000, 1000, 10, 0 }, 1, 100, 1 },
		{ "a limit far away", { 1LL << 60, 1000, 10, 0 }, 100, 100, 5 },
		{ "no object had a byte", { 1000, 0, 10, 0 }, 1, 100, 1 },
		{ "four of the ten are under way", { 2000, 1000, 10, 4 }, 1, 100, 6 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CHECK_CASE(rows[i].name);
		CHECK_INT(fill(&rows[i].budget, (struct batch_candidate){ .expected = rows[i].expected, .most = rows[i].most }), rows[i].count);
	}
	CHECK_CASE("");
}

static void test_waiting(void)
{
	static const struct { const char *name; struct batch_budget budget; bool waits; } rows[] = {
		{ "no limit", { 0, 5000, 10, 4 }, false },
		{ "nothing is under way", { 1000, 999, 10, 0 }, false },
		{ "it is met", { 1000, 1000, 10, 0 }, true },
		{ "the size is not known", { 1000, 0, 0, 1 }, true },
		{ "there is room", { 2000, 1000, 10, 9 }, false },
		{ "what is under way fills it", { 2000, 1000, 10, 10 }, true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CHECK_CASE(rows[i].name);
		CHECK_INT(batch_waits(&rows[i].budget), rows[i].waits);
	}
	CHECK_CASE("");
}

/* One that travels only with few is met late: those before it go without the rest. */
static void test_few_met_late(void)
{
	const struct batch_candidate many = { ANY, .expected = 1 }, few = { .company = FORM_LIST, .most = 2, .expected = 1 };
	struct batch_draft draft;

	batch_begin(&draft, &no_limit);
	for (int i = 0; i < 4; i++)
		batch_add(&draft, &many);
	CHECK(batch_fits(&draft, &few));
	batch_add(&draft, &few);
	CHECK(batch_full(&draft));
	CHECK_INT(batch_count(&draft), 2);
}

int main(void)
{
	test_pairs();
	test_sizes();
	test_waiting();
	test_few_met_late();
	return check_done();
}
