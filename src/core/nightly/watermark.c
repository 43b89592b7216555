/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the clock and the ledger disagree, more days are asked for, not fewer: a study that is here costs the PACS one answer.  A clock
 * that was never set since the machine started is not believed: the next run would ask for everything since that day. */
#include "core/nightly/watermark.h"

#include <limits.h>

#include "dicom/value.h"

#define DAY_S 86400
#define CLOCK_SET 20200101		/* a clock that was set says no earlier day */

int watermark_lookback(long long seconds)
{
	long long days = seconds / DAY_S + (seconds % DAY_S > 0);

	return days < INT_MAX / 2 ? (int)days : INT_MAX / 2;
}

static int earlier(int a, int b)
{
	return a < b ? a : b;
}

static void find_marks(const struct watermark_past *past, int today, struct watermark_days *d)
{
	for (size_t i = 0; i < past->count; i++) {
		int day = past->marks[i];

		if (day < today && day > d->mark)
			d->mark = day;
		if (day >= today && day > d->doubtful)
			d->doubtful = day;
	}
}

void watermark_days(const struct watermark_past *past, int today, int lookback_days, int from, struct watermark_days *ret_days)
{
	struct watermark_days d = { .until = today, .settled = true };
	int begun = past->begun <= today ? past->begun : 0;

	find_marks(past, today, &d);
	if (past->begun > today && past->begun > d.doubtful)
		d.doubtful = past->begun;
	if (d.mark) {
		d.from = date_add(d.mark, -lookback_days);
		if (begun > d.from)
			d.from = earlier(begun, date_add(d.mark, 1));
	} else {
		d.from = begun ? begun : from ? from : date_add(today, -lookback_days);
		if (from)
			d.from = earlier(d.from, from);
		d.first = !begun && !from;
		d.settled = begun || today >= CLOCK_SET;
	}
	d.begun = begun ? earlier(begun, d.from) : d.from;
	*ret_days = d;
}

void watermark_spoil(const struct watermark_days *d, int *first_bad, int day)
{
	if (day < d->from || day > d->until)
		day = d->from;
	if (!*first_bad || day < *first_bad)
		*first_bad = day;
}

int watermark_mark(const struct watermark_days *d, int first_bad)
{
	int last = date_add(d->until, -1);

	if (first_bad && first_bad <= last)
		last = date_add(first_bad, -1);
	if (!d->settled || last < d->from || last < d->mark)
		return d->mark;
	return last;
}

const char *watermark_unsettled(time_t now, long long settle_s, int date, int second, time_t changed)
{
	if (settle_s <= 0)
		return NULL;
	if (changed && changed <= now && now - changed < settle_s)
		return "its number of objects has changed within that time";
	if (date && now - date_time(date, second >= 0 ? second : DAY_S - 1) < settle_s)
		return second >= 0 ? "it was made within that time" : "its time is not known: it may have been made within that time";
	return NULL;
}
