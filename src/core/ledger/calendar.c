/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/ledger/calendar.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/ledger/queries.h"
#include "core/ledger/studies.h"
#include "core/plan/plan.h"

const char *calendar_state(const struct calendar_day *d)
{
	if (d->incomplete || d->unfinished)
		return "incomplete";
	return d->covered == COVERED_NOT ? "not covered" : d->covered == COVERED_PARTLY ? "partly covered" : "complete";
}

int calendar_init(struct calendar *c, const struct date_range *range, struct err *e)
{
	int days = date_days(range->from, range->until) + 1;

	*c = (struct calendar){ .first = range->from, .last = range->until };
	if (days < 1 || days > CALENDAR_DAYS_MAX)
		return err_set(e, ERR_USAGE, "%d days: a calendar shows 1 to %d days", days, CALENDAR_DAYS_MAX);
	c->days = (size_t)days;
	return 0;
}

void calendar_done(struct calendar *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->nodes[i].node);
		free(c->nodes[i].days);
	}
	free(c->nodes);
	*c = (struct calendar){ 0 };
}

static struct calendar_days *node_of(struct calendar *c, const char *node)
{
	struct calendar_days *n;
	int date = c->first;

	for (size_t i = 0; i < c->count; i++)
		if (!strcmp(c->nodes[i].node, node))
			return &c->nodes[i];
	mem_grow(c->nodes, c->count, c->room);
	n = &c->nodes[c->count++];
	*n = (struct calendar_days){ mem_str(node), mem_alloc(c->days * sizeof *n->days) };
	for (size_t i = 0; i < c->days; i++, date = date_add(date, 1))
		n->days[i].date = date;
	return n;
}

void calendar_node(struct calendar *c, const char *node)
{
	node_of(c, node);
}

/* NULL when it is outside. */
static struct calendar_day *day_of(const struct calendar *c, const struct calendar_days *n, int date)
{
	return date && date >= c->first && date <= c->last ? &n->days[date_days(c->first, date)] : NULL;
}

void calendar_study(struct calendar *c, const struct ledger_study *s)
{
	struct calendar_day *day = day_of(c, node_of(c, s->node), date_parse(s->date));
	enum verdict verdict = VERDICT_WANTED;

	if (!day)
		return;
	verdict_parse(s->verdict, &verdict);
	day->seen++;
	if (verdict == VERDICT_SKIPPED && s->skip != SKIP_HELD && !s->given_up) {
		day->left++;
		day->unfinished |= s->skip == SKIP_LIMIT || s->skip == SKIP_UNTOLD || s->skip == SKIP_SETTLING;
	} else if (verdict_is_good(verdict) && (verdict != VERDICT_SKIPPED || s->skip == SKIP_HELD)) {
		day->complete++;
	} else if (s->given_up) {
		day->given_up++;
	} else {
		day->incomplete++;
	}
}

/* The days that a key is about: open at either end is 0. */
static bool read_keys(const char *keys, struct date_range *range)
{
	auto_free char *copy = mem_str(keys);
	char *rest = copy, *word;
	struct err ignored = { ERR_NONE, "" };

	*range = (struct date_range){ 0, 0 };
	while ((word = strsep(&rest, " "))) {
		if (!strncmp(word, "StudyDate=", 10)) {
			if (date_range_parse(word + 10, range, &ignored) < 0)
				return false;
		} else if (*word && strncmp(word, "ModalitiesInStudy=", 18) && strncmp(word, "Modality=", 9) &&
			   strncmp(word, "QueryRetrieveLevel=", 19)) {
			return false;
		}
	}
	return true;
}

void calendar_query(struct calendar *c, const struct ledger_query *q)
{
	struct calendar_days *n;
	struct date_range range;
	int asked = date_of(q->at);

	if (q->cut || q->status || (!q->job && q->rows) || strcmp(q->level, "STUDY") || !read_keys(q->keys, &range))
		return;
	n = node_of(c, q->node);
	for (size_t i = 0; i < c->days; i++) {
		struct calendar_day *d = &n->days[i];

		if (!date_range_has(&range, d->date) || d->date > asked || d->covered == COVERED_WHOLE)
			continue;
		d->covered = d->date < asked ? COVERED_WHOLE : COVERED_PARTLY;
	}
}
