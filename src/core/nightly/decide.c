/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study is passed over without a request when the PACS counts as many objects as it did when all of it came, and what came is
 * still here; or when it counts as many as lie here.  Everything else goes the way of all studies, on which only what is
 * missing is asked for. */
#include "core/nightly/decide.h"

#include "core/nightly/watermark.h"
#include "dicom/value.h"

/* All of it came when the PACS counted as many objects as now. */
static bool was_whole(const struct nightly_facts *f)
{
	return f->memory.whole != LEDGER_NEVER && f->memory.whole == f->memory.count;
}

/* The count of the PACS can be compared with what lies here. */
static bool is_countable(const struct nightly_facts *f)
{
	return f->memory.count > 0 && !f->selecting && f->here >= 0;
}

bool nightly_may_stand(const struct nightly_facts *f)
{
	return !f->force && !f->owed && (was_whole(f) || is_countable(f));
}

/* A last verdict that is not good is what people are told until a run replaces it: such a study is visited. */
static enum nightly_act stands(const struct nightly_facts *f)
{
	if (!nightly_may_stand(f) || !f->last_good)
		return NIGHTLY_TAKE;
	if (was_whole(f) && (f->here < 0 || f->here >= f->memory.kept))
		return NIGHTLY_LEAVE;
	return is_countable(f) && f->here == f->memory.count ? NIGHTLY_SKIP : NIGHTLY_TAKE;
}

struct nightly_choice nightly_decide(const struct nightly_facts *f)
{
	struct nightly_choice c = { .act = stands(f) };

	if (c.act != NIGHTLY_TAKE) {
		c.skip = SKIP_HELD;
		return c;
	}
	if (f->given_up)
		return (struct nightly_choice){ NIGHTLY_SKIP, SKIP_GIVEN_UP, NULL };
	c.why = watermark_unsettled(f->now, f->settle_s, f->memory.date, f->second, f->memory.changed);
	if (c.why)
		return (struct nightly_choice){ NIGHTLY_SKIP, SKIP_SETTLING, c.why };
	return c;
}

enum nightly_end nightly_end_of(const struct plan_study *in)
{
	static const enum nightly_end skipped[SKIPS] = {
		[SKIP_LIMIT] = NIGHTLY_LATER, [SKIP_SETTLING] = NIGHTLY_LATER, [SKIP_UNTOLD] = NIGHTLY_OPEN, [SKIP_GIVEN_UP] = NIGHTLY_GIVEN_UP,
	};

	if (in->verdict == VERDICT_SKIPPED)
		return skipped[in->skip];
	if (in->beyond || in->verdict == VERDICT_WANTED)
		return NIGHTLY_LATER;
	return verdict_is_good(in->verdict) ? NIGHTLY_DONE : NIGHTLY_OPEN;
}

static int kept_of(const struct plan_study *in, const struct nightly_how *how)
{
	if (how->elsewhere)
		return 0;
	if (in->verdict == VERDICT_SKIPPED)
		return in->skip == SKIP_HELD ? in->held : 0;
	return in->received;
}

/* Of a study that is not counted only the list can tell that it grew; where there is none either, what came once is all.  A count
 * that differs from the list says nothing either: it may be ahead of what can be had so far. */
void nightly_remember(struct ledger_sync_study *m, const struct plan_study *in, enum nightly_end end, const struct nightly_how *how)
{
	bool all;

	if (end == NIGHTLY_OPEN && !m->since)
		m->since = how->today;
	if (end != NIGHTLY_DONE)
		return;
	m->since = 0;
	m->kept = kept_of(in, how);
	if (m->count < 0)
		all = in->verdict == VERDICT_UNVERIFIED;
	else
		all = how->selecting || how->elsewhere || m->kept == m->count;
	m->whole = all ? m->count : LEDGER_NEVER;
}

bool nightly_too_long(const struct ledger_sync_study *m, int today, int days)
{
	return days > 0 && m->since && m->since <= today && date_days(m->since, today) >= days;
}
