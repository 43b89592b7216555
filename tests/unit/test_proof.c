/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every combination of evidence against two laws: none in which anything speaks of missing objects, or in which the evidence does not
 * suffice, is complete; none in which anything speaks of missing objects ends with status 0. */
#include "core/plan/proof.h"

#include <stdlib.h>

#include "base/mem.h"
#include "check.h"
#include "core/search/cap.h"

enum { HERE = 10 };

/* ---- the laws, said in other words than in proof.c ---- */

static bool witness(const struct evidence *e)
{
	bool counted_apart = e->count == HERE && (e->list == PROOF_LIST_NONE || !e->same_answers);

	return counted_apart || e->claimed == HERE || e->transfer == PROOF_TRANSFER_WELL;
}

/* Two questions brought the same list, or a list and a whole transfer the same objects. */
static bool two_agree(const struct evidence *e)
{
	if (e->unlisted)
		return false;
	return e->list == PROOF_LIST_CONFIRMED || (e->list == PROOF_LIST_PLAIN && e->transfer == PROOF_TRANSFER_WELL);
}

static bool something_missing(const struct evidence *e)
{
	if (e->lacking)
		return true;
	if (e->list == PROOF_LIST_NAMED)
		return false;
	return (e->named && e->list == PROOF_LIST_NONE) || e->claimed > HERE || (e->count > HERE && !two_agree(e)) ||
	       (e->short_together && !witness(e));
}

static bool broken(const struct evidence *e)
{
	return e->transfer == PROOF_TRANSFER_BROKE || (e->transfer == PROOF_TRANSFER_NONE && e->past == PROOF_PAST_UNFINISHED);
}

static bool suffices(const struct evidence *e)
{
	bool transferred = e->claimed == HERE || e->transfer == PROOF_TRANSFER_WELL;

	switch (e->list) {
	case PROOF_LIST_NONE:
		return false;
	case PROOF_LIST_NAMED:
	case PROOF_LIST_CONFIRMED:
		return !e->unlisted;
	case PROOF_LIST_PLAIN:
		return !e->unlisted && (!broken(e) || witness(e));
	case PROOF_LIST_DOUBTFUL:
		return !e->unlisted && (transferred || (!broken(e) && (witness(e) || e->past == PROOF_PAST_COMPLETE)));
	}
	return false;
}

/* ---- every combination ---- */

static char said[300];

static void say_case(const struct evidence *e)
{
	snprintf(said, sizeof said, "list %d lacking %d unlisted %d named %d count %d same %d claimed %d transfer %d together %d past %d again %d",
		 (int)e->list, e->lacking, e->unlisted, e->named, e->count, e->same_answers, e->claimed, (int)e->transfer,
		 e->short_together, (int)e->past, e->asked_again);
	CHECK_CASE(said);
}

static void check_laws(const struct evidence *e)
{
	const struct proof proof = proof_judge(e);
	bool missing = something_missing(e), worth = proof_is_worth_a_request(e);
	auto_free char *words = proof_words(e, proof.against);

	if (missing)
		CHECK(!verdict_is_good(proof.verdict));
	if (proof.verdict == VERDICT_COMPLETE)
		CHECK(!missing && suffices(e));
	if (!missing && suffices(e))
		CHECK_INT(proof.verdict, VERDICT_COMPLETE);		/* nor by believing nothing */
	if (proof.verdict == VERDICT_COMPLETE_BY_COUNT)
		CHECK(e->count == HERE && (e->list == PROOF_LIST_NONE || !e->same_answers));
	if (proof.verdict == VERDICT_UNVERIFIED)
		CHECK(!broken(e) || e->claimed == HERE);
	CHECK((proof.verdict == VERDICT_COMPLETE) == (proof.against == AGAINST_NOTHING));
	CHECK((proof.against == AGAINST_NOTHING || proof.against == AGAINST_LACKING) == !words);
	if (worth)
		CHECK(proof.verdict != VERDICT_COMPLETE && !e->lacking && e->transfer != PROOF_TRANSFER_WELL && e->asked_again < 2);
	if (!worth && missing && !e->lacking && !e->asked_again)	/* it was tried to settle it */
		CHECK_INT(e->transfer, PROOF_TRANSFER_WELL);
}

/* The number of a combination in digits of mixed bases. */
static int digit(unsigned long *number, int base)
{
	int value = (int)(*number % (unsigned long)base);

	*number /= (unsigned long)base;
	return value;
}

static bool combination(unsigned long number, struct evidence *e)
{
	static const int numbers[] = { -1, HERE - 2, HERE, HERE + 2 };

	*e = (struct evidence){ .here = HERE };
	e->list = (enum proof_list)digit(&number, PROOF_LIST_NAMED + 1);
	e->lacking = digit(&number, 2);
	e->unlisted = digit(&number, 2);
	e->named = digit(&number, 2);
	e->count = numbers[digit(&number, 4)];
	e->same_answers = digit(&number, 2);
	e->claimed = numbers[digit(&number, 4)];
	e->transfer = (enum proof_transfer)digit(&number, PROOF_TRANSFER_WELL + 1);
	e->short_together = digit(&number, 2);
	e->past = (enum proof_past)digit(&number, PROOF_PAST_UNFINISHED + 1);
	e->asked_again = digit(&number, 3);
	return !number;
}

static bool makes_sense(const struct evidence *e)
{
	if (e->list == PROOF_LIST_NAMED)
		return !e->unlisted;
	return e->list != PROOF_LIST_NONE || (!e->lacking && !e->unlisted);
}

static void test_every_combination(void)
{
	struct evidence e;
	unsigned long walked = 0;

	for (unsigned long number = 0; combination(number, &e); number++) {
		if (!makes_sense(&e))
			continue;
		say_case(&e);
		check_laws(&e);
		walked++;
	}
	CHECK_CASE("");
	CHECK_INT(walked, 69120);
}

/* ---- cases by name ---- */

#define WELL .transfer = PROOF_TRANSFER_WELL
#define BROKE .transfer = PROOF_TRANSFER_BROKE

static void test_cases(void)
{
	static const struct {
		const char *name;
		struct evidence e;
		enum verdict verdict;
		bool worth;
	} rows[] = {
		{ "an honest PACS", { .here = 300, .list = PROOF_LIST_DOUBTFUL, .count = 300, .claimed = 300, WELL }, VERDICT_COMPLETE, false },
		{ "... without counts", { .here = 300, .list = PROOF_LIST_DOUBTFUL, .count = -1, .claimed = 300, WELL }, VERDICT_COMPLETE, false },
		{ "... without counts and counters", { .here = 300, .list = PROOF_LIST_DOUBTFUL, .count = -1, .claimed = -1, WELL },
		  VERDICT_COMPLETE, false },
		{ "... all was here", { .here = 300, .list = PROOF_LIST_DOUBTFUL, .count = 300, .claimed = -1 }, VERDICT_COMPLETE, false },
		{ "... all was here, without counts", { .here = 300, .list = PROOF_LIST_DOUBTFUL, .count = -1, .claimed = -1,
						       .past = PROOF_PAST_COMPLETE }, VERDICT_COMPLETE, false },
		{ "... and the connection broke", { .here = 300, .list = PROOF_LIST_DOUBTFUL, .count = 300, .claimed = 300, BROKE },
		  VERDICT_COMPLETE, false },
		{ "a silent limit, counted rightly, killed and resumed", { .here = 250, .list = PROOF_LIST_DOUBTFUL, .count = 300, .claimed = -1 },
		  VERDICT_INCOMPLETE, true },
		{ "a silent limit, not counted, a connection lost", { .here = 250, .list = PROOF_LIST_DOUBTFUL, .count = -1, .claimed = 300, BROKE },
		  VERDICT_INCOMPLETE, true },
		{ "a silent limit, not counted, killed and resumed", { .here = 250, .list = PROOF_LIST_DOUBTFUL, .count = -1, .claimed = -1 },
		  VERDICT_UNVERIFIED, true },
		{ "not cut, not counted, killed and resumed", { .here = 17, .list = PROOF_LIST_PLAIN, .count = -1, .claimed = -1,
								.past = PROOF_PAST_UNFINISHED }, VERDICT_INCOMPLETE, true },
		{ "not counted, never asked for", { .here = 17, .list = PROOF_LIST_PLAIN, .count = -1, .claimed = -1 }, VERDICT_COMPLETE, false },
		{ "... and the request refused", { .here = 250, .list = PROOF_LIST_DOUBTFUL, .count = -1, .claimed = -1, .asked_again = 1 },
		  VERDICT_UNVERIFIED, false },
		{ "a list that ends where the only transfer broke off", { .here = 15, .list = PROOF_LIST_PLAIN, .count = -1, .claimed = -1, BROKE },
		  VERDICT_INCOMPLETE, true },
		{ "... and a count that is too small", { .here = 15, .list = PROOF_LIST_PLAIN, .count = 12, .claimed = -1, BROKE },
		  VERDICT_INCOMPLETE, true },
		{ "the transfer showed that the list was cut", { .here = 300, .list = PROOF_LIST_DOUBTFUL, .unlisted = 50, .count = 300,
								 .claimed = 300, WELL }, VERDICT_COMPLETE_BY_COUNT, false },
		{ "... without a count", { .here = 300, .list = PROOF_LIST_DOUBTFUL, .unlisted = 50, .count = -1, .claimed = 300, WELL },
		  VERDICT_UNVERIFIED, false },
		{ "a count that is too small, no list", { .here = 23, .count = 10, .claimed = 23, WELL }, VERDICT_UNVERIFIED, false },
		{ "... and the only transfer was aborted", { .here = 23, .count = 10, .claimed = -1, BROKE }, VERDICT_INCOMPLETE, true },
		{ "a count alone", { .here = 10, .count = 10, .claimed = -1 }, VERDICT_COMPLETE_BY_COUNT, false },
		{ "... and the only transfer was aborted", { .here = 10, .count = 10, .claimed = -1, BROKE }, VERDICT_INCOMPLETE, true },
		{ "counters alone fall short", { .here = 39, .count = -1, .claimed = 40, BROKE }, VERDICT_INCOMPLETE, true },
		{ "a count that is too large, against two lists", { .here = 8, .list = PROOF_LIST_CONFIRMED, .count = 11, .claimed = -1 },
		  VERDICT_COMPLETE, false },
		{ "a count that is too large, against a list and a transfer", { .here = 8, .list = PROOF_LIST_PLAIN, .count = 11, .claimed = 8, WELL },
		  VERDICT_COMPLETE, false },
		{ "lists and counts of the same series", { .here = 20, .list = PROOF_LIST_DOUBTFUL, .count = 20, .same_answers = true, .claimed = -1 },
		  VERDICT_UNVERIFIED, true },
		{ "objects named by the user", { .here = 2, .list = PROOF_LIST_NAMED, .count = -1, .claimed = -1 }, VERDICT_COMPLETE, false },
	};

	for (size_t i = 0; i < countof(rows); i++) {
		CHECK_CASE(rows[i].name);
		CHECK_INT(proof_judge(&rows[i].e).verdict, rows[i].verdict);
		CHECK_INT(proof_is_worth_a_request(&rows[i].e), rows[i].worth);
	}
	CHECK_CASE("");
}

static void test_caps(void)
{
	static const int limits[] = { 10, 20, 50, 64, 100, 120, 128, 200, 250, 256, 500, 512, 1000, 1024, 2048, 5000 };
	static const int others[] = { 0, 1, 2, 8, 9, 15, 16, 32, 33, 63, 65, 99, 129, 257, 333, 999 };

	for (size_t i = 0; i < countof(limits); i++)
		CHECK(cap_is_round(limits[i]));
	for (size_t i = 0; i < countof(others); i++)
		CHECK(!cap_is_round(others[i]) && !cap_is_very_round(others[i]));
	CHECK(cap_is_very_round(100) && cap_is_very_round(128) && cap_is_very_round(500));
	CHECK(!cap_is_very_round(64) && !cap_is_very_round(110) && !cap_is_very_round(50));
}

int main(void)
{
	test_every_combination();
	test_cases();
	test_caps();
	return check_done();
}
