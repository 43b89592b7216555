/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/search/search_doubt.h"

#include "core/search/cap.h"
#include "core/search/search.h"

#define DOUBT_MIN 50			/* nobody sets a smaller limit, unless it is round */
#define REPEATED_MIN 50

bool search_may_be_limit(int rows, int shown)
{
	return rows > shown && (rows >= DOUBT_MIN || cap_is_round(rows));
}

/* Where a limit is known, only the first answer may betray that it was lowered, since ranges often have round numbers; or the same
 * largest number once more.  A PACS that says when it cuts is believed when it does not say so. */
bool doubt_arises(const struct course *c, int rows)
{
	const struct course_limits *l = &c->limits;

	if (!c->by_study || c->now.state == RANGE_DOUBTED || c->doubting || l->tells)
		return false;
	if (!l->cap)
		return search_may_be_limit(rows, l->shown);
	if (c->counts.queries > 1)
		return rows >= REPEATED_MIN && rows == l->most_whole && rows != l->refuted;
	return rows < l->cap && search_may_be_limit(rows, cap_is_round(rows) ? 0 : l->shown);
}

/* A few more may have been made in the meantime: then the whole, asked once more, has them. */
enum doubt_verdict doubt_settle(int rows, long more, int missed)
{
	if (!more && !missed)
		return DOUBT_REFUTED;
	if (more > 2 + rows / 100)
		return DOUBT_CONFIRMED;
	return more ? DOUBT_RECHECK : DOUBT_OPEN;
}

/* At other levels, and where studies have no date, there are no parts to ask for. */
bool course_may_be_limited(const struct course *c, int rows)
{
	return cap_is_very_round(rows) && !c->limits.tells && rows > c->limits.shown && c->limits.refuted != rows;
}
