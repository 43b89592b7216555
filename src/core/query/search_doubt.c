/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Was a long answer all there is?  Many a PACS stops at its limit and reports success.  So an answer that is longer than any that was
 * shown to be whole here is asked for once more in two parts, on either side of its middle study: when there was more, one of them brings
 * it.  That is kept for a week, so it costs two requests when a node is new or has grown, and none otherwise. */
#include "core/query/search_p.h"

#include <stdio.h>

#include "base/log.h"
#include "core/node/facts.h"
#include "dicom/value.h"

#define DOUBT_MIN 50			/* nobody sets a smaller limit, unless it is round */
#define REPEATED_MIN 50

/* People set round limits. */
static bool is_round(int rows)
{
	return rows >= 10 && (rows % 10 == 0 || (rows >= 64 && (rows & (rows - 1)) == 0));
}

bool search_may_be_limit(int rows, int shown)
{
	return rows > shown && (rows >= DOUBT_MIN || is_round(rows));
}

/* Where a limit is known, only the first answer may betray that it was lowered, since windows often have round numbers; or the same
 * largest number once more.  A PACS that says when it cuts is believed when it does not say so. */
bool search_is_doubtful(const struct search *w, const struct range *r, int rows)
{
	if (!w->by_study || r->doubtful || r->recheck || w->doubt_rows >= 0 || w->tells)
		return false;
	if (!w->result.cap)
		return search_may_be_limit(rows, w->shown);
	if (w->result.queries > 1)
		return rows >= REPEATED_MIN && rows == w->most_whole && rows != w->refuted;
	return rows < w->result.cap && search_may_be_limit(rows, is_round(rows) ? 0 : w->shown);
}

void search_doubt(struct search *w, const struct range *r, int rows)
{
	size_t depth = w->count;

	if (!search_part(w, *r))
		return;
	log_debug("%d answers and no word of a limit: are there more?", rows);
	w->doubt_rows = w->result.rows;
	w->doubt_cap = rows;
	w->doubt_depth = depth;
	w->doubt_range = *r;
	w->doubt_unwhole = w->unwhole;
	w->doubt_queries = w->result.queries;
}

/* So many answers were all there were. */
static void show(struct search *w, int rows)
{
	char value[24];

	w->refuted = rows;
	w->result.assured += w->result.queries - w->doubt_queries;
	if (rows <= w->shown)
		return;
	w->shown = rows;
	snprintf(value, sizeof value, "%d", rows);
	facts_learn(w->session, &w->peer, FACT_WHOLE, value);
}

static void confirm(struct search *w, struct range r, int rows)
{
	search_learn_cap(w, rows);
	w->result.cut++;
	r.recheck = 0;
	search_split(w, r);		/* the parts may have been cut as well */
}

/* All parts are in: did they bring what the whole had not?  A few more may have been made in the meantime: then the whole, asked once
 * more, has them. */
void search_settle(struct search *w)
{
	long more = w->result.rows - w->doubt_rows;

	if (w->doubt_rows < 0 || w->count > w->doubt_depth)
		return;
	w->doubt_rows = -1;
	if (!more && w->unwhole == w->doubt_unwhole) {
		show(w, w->doubt_cap);
	} else if (more > 2 + w->doubt_cap / 100) {
		confirm(w, w->doubt_range, w->doubt_cap);
	} else if (more) {
		w->doubt_range.recheck = w->doubt_cap;
		search_push(w, &w->doubt_range);
	}
}

bool search_rechecked(struct search *w, int rows)
{
	int doubted = w->now.recheck;

	w->now.recheck = 0;
	if (rows > doubted) {
		show(w, rows);
		return false;
	}
	confirm(w, w->now, doubted);
	return true;
}

/* At other levels, and where studies have no date, there are no parts to ask for. */
void search_warn_of_limit(const struct search *w, int rows)
{
	if (rows >= 100 && (rows % 100 == 0 || (rows & (rows - 1)) == 0) && !w->tells && rows > w->shown && w->refuted != rows)
		log_warning("%d answers, a round number: whether the PACS has more cannot be found out here; ask for less at a time", rows);
}
