/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line a study, those left out included: a dose collector is judged by what it did not take. */
#include "cli/transfers/selection.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/amounts.h"
#include "core/query/dose_plan.h"

static void report_study(const struct plan_study *in)
{
	auto_free char *uid = log_clean(mem_str(study_get(&in->study, STUDY_UID)));
	auto_free char *date = log_clean(mem_str(study_get(&in->study, STUDY_DATE)));
	auto_free char *modalities = log_clean(mem_str(study_get(&in->study, STUDY_MODALITIES)));
	auto_free char *words = log_clean(mem_str(dose_plan_words(in)));

	printf("  %s  %-8s %-8s %s: %s\n", uid, date, modalities, in->verdict == VERDICT_SKIPPED ? "left out" : "kept", words);
}

static void report(const struct plan *plan, const bool *asked, const struct dose_plan_result *result)
{
	printf("Selection: %s kept, %s left out\n", show_studies(result->taken), show_count((long long)result->left));
	for (size_t i = 0; i < plan->count; i++)
		if (asked[i])
			report_study(&plan->studies[i]);
	fflush(stdout);
}

int selection_by(struct session *s, struct plan *plan, const struct dose_rules *rules, bool quiet, bool *whole, int *queries,
		 struct err *e)
{
	auto_free bool *asked = mem_alloc((plan->count + 1) * sizeof *asked);
	struct dose_plan_result result;

	for (size_t i = 0; i < plan->count; i++)
		asked[i] = plan->studies[i].verdict == VERDICT_WANTED;
	if (dose_plan_plan(s, plan, rules, &result, e) < 0)
		return -1;
	*queries += result.queries;
	s->totals.queries += result.queries;
	if (result.failed) {
		log_warning("of %zu studies the PACS does not tell the series: nothing is taken of them", result.failed);
		*whole = false;
	}
	if (!quiet)
		report(plan, asked, &result);
	return 0;
}

int selection_make(struct session *s, struct plan *plan, const struct values *v, bool *whole, int *queries, struct err *e)
{
	struct dose_rules rules;

	if (values_select(v, &rules, e) < 0)
		return -1;
	return dose_wants(&rules) ? selection_by(s, plan, &rules, v->quiet, whole, queries, e) : 0;
}
