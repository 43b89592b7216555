/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan: names that read back, defaults of the manual, limits, sums. */
#include "core/plan/plan.h"

#include "base/mem.h"
#include "check.h"

static void test_names(void)
{
	for (int v = 0; v < VERDICTS; v++) {
		enum verdict back = VERDICTS;

		CHECK(verdict_parse(verdict_name((enum verdict)v), &back));
		CHECK_INT(back, v);
	}
	for (int s = COUNT_NONE; s <= COUNT_IMAGES; s++) {
		enum count_source back = COUNT_NONE;

		CHECK(count_source_parse(count_source_name((enum count_source)s), &back));
		CHECK_INT(back, s);
	}
	for (int t = TRUST_LIST; t <= TRUST_STATUS; t++) {
		enum trust back = TRUST_LIST;

		CHECK(trust_parse(trust_name((enum trust)t), &back));
		CHECK_INT(back, t);
	}
	CHECK(!verdict_parse("Complete", &(enum verdict){ VERDICT_WANTED }));
	CHECK(!verdict_parse("", &(enum verdict){ VERDICT_WANTED }));
	CHECK(!verdict_parse(NULL, &(enum verdict){ VERDICT_WANTED }));
	CHECK_STR(verdict_name(VERDICT_COMPLETE_BY_COUNT), "complete-by-count");
	CHECK_STR(verdict_name(VERDICTS), "unknown");
}

static void test_good(void)
{
	static const bool good[VERDICTS] = {
		[VERDICT_COMPLETE] = true, [VERDICT_COMPLETE_BY_COUNT] = true, [VERDICT_UNVERIFIED] = true,
		[VERDICT_SKIPPED] = true,
	};

	for (int v = 0; v < VERDICTS; v++) {
		CHECK_CASE(verdict_name((enum verdict)v));
		CHECK(verdict_is_good((enum verdict)v) == good[v]);
	}
	CHECK_CASE("");
}

static void test_defaults(void)
{
	struct settings how;

	settings_init(&how);
	CHECK_STR(how.peer.host, "");
	CHECK_INT(how.peer.port, 11112);
	CHECK_STR(how.peer.called, "ANY-SCP");
	CHECK(how.method == METHOD_MOVE && how.trust == TRUST_LIST && !how.output);
	CHECK_STR(how.layout, "flat");
	CHECK_INT(how.parallel, 1);
	CHECK_INT(how.retries, 3);
	CHECK_INT(how.retry_wait_s, 5);
	CHECK_INT(how.timeout_s, 60);
	CHECK_INT(how.first_timeout_s, 300);
	CHECK_INT(how.stall_timeout_s, 60);
	CHECK_INT(how.study_timeout_s, 0);
	CHECK_INT(how.max_studies + how.max_images + how.max_bytes + how.max_duration_s, 0);
	settings_done(&how);
}

static void fill(struct plan *p, int count)
{
	for (int i = 0; i < count; i++) {
		struct plan_study *s = plan_add(p);
		char uid[32];

		snprintf(uid, sizeof uid, "1.2.%d", i);
		study_set(&s->study, STUDY_UID, uid);
	}
}

static void test_studies(void)
{
	struct plan p;

	plan_init(&p);
	fill(&p, 100);
	CHECK_INT(p.count, 100);
	CHECK_INT(p.studies[42].expected, -1);
	CHECK(p.studies[42].verdict == VERDICT_WANTED && !p.studies[42].why);
	CHECK(plan_find(&p, "1.2.99") == &p.studies[99]);
	CHECK(!plan_find(&p, "1.2.100"));
	wanted_add(&p.studies[0].only, "", "1.2.3", "");
	wanted_add(&p.studies[0].only, "1.2", "1.2.4", "1.5");
	CHECK_STR(p.studies[0].only.items[0].series, "");
	CHECK_STR(p.studies[0].only.items[1].series, "1.2");
	CHECK_STR(p.studies[0].only.items[1].sop, "1.2.4");
	CHECK_STR(p.studies[0].only.items[1].sop_class, "1.5");
	plan_done(&p);
	plan_done(&p);
}

static void test_skip(void)
{
	struct plan p;

	plan_init(&p);
	fill(&p, 5);
	plan_skip(&p.studies[0], SKIP_HELD, "held: %d objects", 7);
	plan_skip(&p.studies[0], SKIP_HELD, "%s, all of them", p.studies[0].why);
	CHECK_STR(p.studies[0].why, "held: 7 objects, all of them");
	CHECK(p.studies[0].skip == SKIP_HELD && !plan_study_later(&p.studies[0]));
	plan_skip(&p.studies[1], SKIP_LIMIT, "beyond %s", "--max-studies");
	CHECK(plan_study_later(&p.studies[1]));
	plan_want(&p.studies[1]);
	CHECK(p.studies[1].skip == SKIP_NOT && !plan_study_later(&p.studies[1]));
	plan_done(&p);
	for (int skip = 0; skip < SKIPS; skip++) {
		enum skip read = SKIPS;

		CHECK(skip_parse(skip_name((enum skip)skip), &read));
		CHECK_INT(read, skip);
	}
}

/* What the next run wants, by what became of a study in the last one. */
static const struct {
	enum verdict was;
	bool later;
	int beyond;			/* of 10; the part had 6 */
	int missing;			/* of the part */
	bool wanted, again;		/* by a run with a limit */
	int expected;
} after[] = {
	{ VERDICT_WANTED, false, 0, 0, true, false, 10 },
	{ VERDICT_COMPLETE, false, 0, 0, false, false, 10 },
	{ VERDICT_UNVERIFIED, false, 0, 0, false, false, 10 },
	{ VERDICT_SKIPPED, false, 0, 0, false, false, 10 },
	{ VERDICT_SKIPPED, true, 0, 0, true, false, 10 },
	{ VERDICT_FAILED, false, 0, 0, false, true, 10 },
	{ VERDICT_INCOMPLETE, false, 0, 1, false, true, 10 },
	{ VERDICT_EMPTY, false, 0, 0, false, true, 10 },
	{ VERDICT_INCOMPLETE, false, 4, 0, true, false, 10 },	/* the part is here: the rest */
	{ VERDICT_INCOMPLETE, false, 4, 1, false, true, 10 },
};

static void test_again(void)
{
	for (size_t i = 0; i < countof(after); i++)
		for (int limited = 0; limited < 2; limited++) {
			struct plan p;
			struct plan_study *s;

			plan_init(&p);
			fill(&p, 1);
			s = &p.studies[0];
			s->verdict = after[i].was;
			s->skip = after[i].later ? SKIP_LIMIT : after[i].was == VERDICT_SKIPPED ? SKIP_HELD : SKIP_NOT;
			s->beyond = after[i].beyond;
			s->expected = 10;
			s->received = 10 - s->beyond - after[i].missing;
			if (after[i].missing)
				wanted_add(&s->missing, "1.2", "1.3", "");
			if (s->beyond) {
				wanted_add(&s->only, "1.2", "1.3", "");
				wanted_add(&s->whole, "1.2", "1.3", "");
				wanted_add(&s->whole, "1.2", "1.4", "");
			}
			plan_want_again(&p, limited, false);
			CHECK_INT(s->verdict == VERDICT_WANTED, after[i].wanted || (after[i].again && !limited));
			CHECK_INT(s->again, after[i].again && limited);
			CHECK(!plan_study_later(s) && !s->beyond && !s->whole.count);
			CHECK_INT(s->only.count, after[i].beyond ? 2 : 0);
			CHECK_INT(s->expected, after[i].expected);
			plan_done(&p);
		}
}

/* A part that was never fetched stays the part that was shown, unless another limit makes another. */
static void test_part_kept(void)
{
	for (int whole = 0; whole < 2; whole++) {
		struct plan p;

		plan_init(&p);
		fill(&p, 1);
		p.studies[0].expected = 1;
		p.studies[0].beyond = 9;
		wanted_add(&p.studies[0].only, "1.2", "1.3", "");
		plan_want_again(&p, true, whole);
		CHECK_INT(p.studies[0].only.count, whole ? 0 : 1);
		CHECK_INT(p.studies[0].beyond, whole ? 0 : 9);
		CHECK_INT(p.studies[0].expected, whole ? 10 : 1);
		plan_done(&p);
	}
}

static void test_summary(void)
{
	struct plan p;
	struct plan_summary sum;

	plan_init(&p);
	plan_summarise(&p, &sum);
	CHECK(sum.expected_known && !sum.expected && !sum.studies[VERDICT_WANTED]);
	fill(&p, 3);
	p.studies[0].expected = 10;
	p.studies[0].received = 4;
	p.studies[0].bytes = 1LL << 40;
	p.studies[1].expected = 2000000000;
	p.studies[1].received = 2000000000;
	plan_skip(&p.studies[2], SKIP_OTHER, "unknown number, but skipped");
	p.studies[2].received = 99;
	plan_summarise(&p, &sum);
	CHECK(sum.expected_known);
	CHECK_INT(sum.expected, 2000000010LL);
	CHECK_INT(sum.received, 2000000004LL);
	CHECK_INT(sum.bytes, 1LL << 40);
	CHECK_INT(sum.studies[VERDICT_WANTED], 2);
	CHECK_INT(sum.studies[VERDICT_SKIPPED], 1);
	p.studies[1].expected = -1;
	plan_summarise(&p, &sum);
	CHECK(!sum.expected_known && sum.expected == -1);
	plan_done(&p);
}

int main(void)
{
	test_names();
	test_good();
	test_defaults();
	test_studies();
	test_skip();
	test_again();
	test_part_kept();
	test_summary();
	return check_done();
}
