/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/query/objects_judge.h"

#include "core/search/cap.h"

bool list_may_be_cut(const struct list_facts *f, int rows)
{
	return rows == f->cap || (cap_is_round(rows) && rows >= f->shown);
}

enum proof_list list_worth(const struct list_facts *f, int rows, bool warned)
{
	return warned || list_may_be_cut(f, rows) ? PROOF_LIST_DOUBTFUL : PROOF_LIST_PLAIN;
}

/* When the series hold more than the list of the study, that one was cut without a word; an answer that is longer than a limit shows
 * that there is none. */
static int cap_by(const struct list_facts *f, const struct series_lists *s)
{
	int cap = s->of_study >= 0 && s->rows > s->of_study ? s->of_study : f->cap;

	return cap && s->largest > cap ? 0 : cap;
}

/* Several that end at one number may all be cut there, unless an answer was longer. */
static bool end_alike(const struct list_facts *f, const struct series_lists *s)
{
	return s->as_large > 1 && s->largest >= f->shown;
}

/* More is counted than the lists of the series hold.  The count lies, unless that is the number of a limit: of a lone series the list is
 * the same question as that of the study, of several two end at the same number. */
static struct list_judgement judge_against_count(const struct list_facts *f, const struct series_lists *s)
{
	bool alike = s->of_study < 0 && !f->counts_lie && s->as_large > 1;

	if (alike)
		return (struct list_judgement){ PROOF_LIST_NONE, s->largest };
	if (list_may_be_cut(f, s->largest))
		return (struct list_judgement){ PROOF_LIST_NONE, f->cap };
	return (struct list_judgement){ list_worth(f, s->largest, s->warned), f->cap };
}

/* Are they the study's?  When they hold as much as its own list, in shorter answers, each confirms the other. */
struct list_judgement series_lists_judge(const struct list_facts *before, const struct series_lists *s)
{
	struct list_facts f = *before;

	if (!s->rows)
		return (struct list_judgement){ PROOF_LIST_NONE, f.cap };
	f.cap = cap_by(&f, s);
	if (!s->warned && s->rows == s->of_study && s->largest < s->rows)
		return (struct list_judgement){ PROOF_LIST_CONFIRMED, f.cap };
	if (s->counted > s->rows)
		return judge_against_count(&f, s);
	if (s->counted < 0 && f.cap && s->largest == f.cap)
		return (struct list_judgement){ PROOF_LIST_NONE, f.cap };
	if (end_alike(&f, s))
		return (struct list_judgement){ PROOF_LIST_DOUBTFUL, f.cap };
	return (struct list_judgement){ list_worth(&f, s->largest, s->warned), f.cap };
}
