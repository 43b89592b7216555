/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study is passed over without a request when the PACS counts as many objects as it did when all of it came, and what came is
 * still here; or when it counts as many as lie here.  Everything else goes the way of all studies, on which only what is
 * missing is asked for. */
#include "core/nightly/nightly.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/ledger/held.h"
#include "core/ledger/marks.h"
#include "core/ledger/studies.h"
#include "core/tell/notify.h"
#include "dicom/value.h"

#define EVERY_DAY 99999999

void nightly_scope(const char *text, char out[65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (!EVP_Digest(text, strlen(text), digest, &len, EVP_sha256(), NULL) || len != 32)
		abort();
	for (unsigned int i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* ---- beginning ---- */

struct marks {
	int *days;
	size_t count, room;
};

static int add_mark(void *owner, int day)
{
	struct marks *m = owner;

	mem_grow(m->days, m->count, m->room);
	m->days[m->count++] = day;
	return 0;
}

static int forget(struct nightly *y, struct err *e)
{
	struct ledger *l = y->session->ledger;

	if (y->dry || !y->memory.id)
		return 0;
	return ledger_sync_unmark(l, y->memory.id, 0, e) < 0 || ledger_sync_prune(l, y->memory.id, EVERY_DAY, e) < 0 ? -1 : 0;
}

/* The first day is written down before anything is asked: should the first nights fail, none of them is forgotten. */
static int begin(struct nightly *y, struct err *e)
{
	const int known = y->memory.id ? y->memory.begun : 0;

	if (y->dry || !y->days.settled || known == y->days.begun)
		return 0;
	y->memory.begun = y->days.begun;
	return ledger_sync_begin(y->session->ledger, &y->memory, e);
}

static int settle_days(struct nightly *y, int lookback_days, int from, bool restart, struct err *e)
{
	struct marks marks = { NULL, 0, 0 };
	struct watermark_past past = { .begun = restart ? 0 : y->memory.begun };
	int failed = 0;

	if (restart && y->dry)
		y->memory.id = 0;
	if (y->memory.id && !restart)
		failed = ledger_sync_marks(y->session->ledger, y->memory.id, add_mark, &marks, e);
	past.marks = marks.days;
	past.count = marks.count;
	watermark_days(&past, date_of(y->now), lookback_days, from, &y->days);
	free(marks.days);
	if (failed || (restart && forget(y, e) < 0))
		return -1;
	return begin(y, e);
}

int nightly_open(struct nightly *y, int lookback_days, int from, bool restart, struct err *e)
{
	struct ledger *l = y->session->ledger;

	y->now = clock_wall();
	if (from > date_of(y->now))
		return err_set(e, ERR_USAGE, "--from: that day is still to come");
	if (ledger_sync_find(l, &y->memory, e) < 0 || (!y->dry && ledger_begin(l, e) < 0))
		return -1;
	if (settle_days(y, lookback_days, from, restart, e) == 0)
		return y->dry ? 0 : ledger_commit(l, e);
	if (!y->dry)
		ledger_rollback(l);
	return -1;
}

void nightly_close(struct nightly *y)
{
	free(y->studies);
	y->studies = NULL;
}

/* ---- choosing ---- */

static int by_date(const void *a, const void *b)
{
	static const enum study_field order[] = { STUDY_DATE, STUDY_TIME, STUDY_UID };
	const struct plan_study *x = a, *y = b;
	int result = 0;

	for (size_t i = 0; i < countof(order) && !result; i++)
		result = strcmp(study_get(&x->study, order[i]), study_get(&y->study, order[i]));
	return result;
}

/* What the PACS says now beside what it said before. */
static int remember(struct nightly *y, const struct plan_study *in, struct nightly_study *s, struct err *e)
{
	struct ledger *l = y->session->ledger;
	const char *uid = study_get(&in->study, STUDY_UID);
	const int date = date_parse(study_get(&in->study, STUDY_DATE));
	struct ledger_sync_study *m = &s->memory;
	int known = y->memory.id ? ledger_sync_study(l, y->memory.id, uid, m, e) : 0;

	if (known < 0)
		return -1;
	if (!known)
		*m = (struct ledger_sync_study){ .whole = LEDGER_NEVER };
	else if (m->count != in->expected)
		m->changed = m->seen;
	m->count = in->expected;
	m->date = date;
	m->seen = y->now;
	s->grown = m->whole != LEDGER_NEVER && m->whole != m->count;
	return y->dry || !y->memory.id ? 0 : ledger_sync_study_put(l, y->memory.id, uid, m, e);
}

static int count_here(struct nightly *y, const struct settings *how, const struct abilities *means, struct plan_study *in, int *ret_here,
		      struct err *e)
{
	struct retrieval r;
	int failed;

	retrieval_init(&r, in, means);
	failed = held_load(y->session->ledger, 0, how->output, &r, e);
	*ret_here = r.here;
	retrieval_done(&r);
	return failed;
}

/* A verdict that says otherwise, or a run that never came to one, is what people are told until a run replaces it. */
static bool last_was_good(struct nightly *y, const struct settings *how, const struct plan_study *in)
{
	auto_free char *word = ledger_standing(y->session->ledger, y->memory.node, how->output, study_get(&in->study, STUDY_UID));
	enum verdict verdict = VERDICT_WANTED;

	return !word || (verdict_parse(word, &verdict) && verdict_is_good(verdict));
}

enum standing { STANDS_NOT, STANDS_KNOWN, STANDS_HERE };

static int stands(struct nightly *y, const struct settings *how, const struct abilities *means, struct plan_study *in,
		  const struct ledger_sync_study *m, enum standing *ret_standing, struct err *e)
{
	const bool known = m->whole != LEDGER_NEVER && m->whole == m->count, countable = m->count > 0 && !y->selecting && !means->foreign;
	int here = 0;

	*ret_standing = STANDS_NOT;
	if (how->force || (!known && !countable) || notify_wants(y->session, how, study_get(&in->study, STUDY_UID)))
		return 0;
	if (!means->foreign && count_here(y, how, means, in, &here, e) < 0)
		return -1;
	in->held = here;
	if (!last_was_good(y, how, in))
		return 0;
	if (known && here >= m->kept)
		*ret_standing = STANDS_KNOWN;
	else if (countable && here == m->count)
		*ret_standing = STANDS_HERE;
	return 0;
}

static int choose_one(struct nightly *y, const struct settings *how, const struct abilities *means, struct plan_study *in,
		      struct nightly_study *s, enum standing *ret_standing, struct err *e)
{
	const char *why;

	if (remember(y, in, s, e) < 0 || stands(y, how, means, in, &s->memory, ret_standing, e) < 0)
		return -1;
	y->held += *ret_standing != STANDS_NOT;
	if (*ret_standing == STANDS_HERE)
		plan_skip(in, SKIP_HELD, "held already: %d objects", in->held);
	if (*ret_standing != STANDS_NOT)
		return 0;
	why = watermark_unsettled(y->now, y->settle_s, date_parse(study_get(&in->study, STUDY_DATE)),
			     time_seconds(study_get(&in->study, STUDY_TIME)), s->memory.changed);
	if (!why)
		return 0;
	plan_skip(in, SKIP_SETTLING, "left alone: %s (--settle %llds)", why, y->settle_s);
	log_verbose("study %s is left alone: %s", study_get(&in->study, STUDY_UID), why);
	s->unsettled = true;
	y->unsettled++;
	return 0;
}

static int choose_all(struct nightly *y, struct plan *plan, const struct abilities *means, struct err *e)
{
	size_t kept = 0, i = 0;
	int failed = 0;

	for (; i < plan->count && !failed; i++) {
		struct plan_study in = plan->studies[i];
		struct nightly_study s = { .unsettled = false };
		enum standing standing = STANDS_NOT;

		failed = choose_one(y, &plan->how, means, &in, &s, &standing, e);
		if (standing == STANDS_KNOWN) {
			plan_study_done(&in);
			continue;
		}
		y->studies[kept] = s;
		plan->studies[kept++] = in;
	}
	for (; i < plan->count; i++)		/* after a failure */
		plan->studies[kept++] = plan->studies[i];
	plan->count = y->count = kept;
	return failed;
}

int nightly_choose(struct nightly *y, struct plan *plan, struct err *e)
{
	struct ledger *l = y->session->ledger;
	struct abilities means;
	int failed;

	y->studies = mem_alloc((plan->count + 1) * sizeof *y->studies);
	if (plan->count)
		qsort(plan->studies, plan->count, sizeof *plan->studies, by_date);
	if (!y->dry && ledger_begin(l, e) < 0)
		return -1;
	abilities_init(&means, &plan->how);
	failed = choose_all(y, plan, &means, e);
	abilities_done(&means);
	if (y->dry)
		return failed;
	if (!failed)
		return ledger_commit(l, e);
	ledger_rollback(l);
	return -1;
}

/* ---- the end ---- */

static bool is_held(const struct plan_study *in)
{
	return in->verdict == VERDICT_SKIPPED && in->skip == SKIP_HELD;
}

/* Nothing more is wanted of it as the PACS has it now. */
static bool is_done(const struct plan_study *in, const struct nightly_study *s)
{
	if (s->unsettled || plan_study_later(in) || in->beyond || !verdict_is_good(in->verdict))
		return false;
	return in->verdict != VERDICT_SKIPPED || in->skip != SKIP_UNTOLD;
}

/* Of a study that is not counted only the list can tell that it grew; where there is none either, what came once is all.  A count
 * that differs from the list says nothing either: it may be ahead of what can be had so far. */
static int note_done(struct nightly *y, const struct settings *how, const struct plan_study *in, const struct nightly_study *s,
		     struct err *e)
{
	struct ledger_sync_study m = s->memory;
	const bool foreign = settings_goes_elsewhere(how);

	m.kept = foreign ? 0 : is_held(in) ? in->held : in->verdict == VERDICT_SKIPPED ? 0 : in->received;
	if (m.count < 0)
		m.whole = in->verdict == VERDICT_UNVERIFIED ? m.count : LEDGER_NEVER;
	else
		m.whole = y->selecting || foreign || m.kept == m.count ? m.count : LEDGER_NEVER;
	return ledger_sync_study_put(y->session->ledger, y->memory.id, study_get(&in->study, STUDY_UID), &m, e);
}

/* Skipped, a study is what an earlier run called it.  Of one left for later that would look as if it were nobody's loss (wanted), and of
 * one that a limit's look at the lists found to be here as if it were not (complete). */
static int note_otherwise(struct nightly *y, const struct plan *plan, size_t at, enum verdict verdict, struct err *e)
{
	struct ledger_study study = ledger_study_of(plan, &plan->studies[at], y->session->job);

	study.verdict = verdict_name(verdict);
	study.skip = SKIP_NOT;
	study.received = plan->studies[at].held;
	return y->session->job ? ledger_study_put(y->session->ledger, &study, e) : 0;
}

static int note_studies(struct nightly *y, const struct plan *plan, int *first_bad, struct err *e)
{
	for (size_t i = 0; i < y->count; i++) {
		const struct plan_study *in = &plan->studies[i];
		const struct nightly_study *s = &y->studies[i];
		const bool done = is_done(in, s);

		if (done && is_held(in) && !last_was_good(y, &plan->how, in) && note_otherwise(y, plan, i, VERDICT_COMPLETE, e) < 0)
			return -1;
		if (done && note_done(y, &plan->how, in, s, e) < 0)
			return -1;
		if (!done)
			watermark_spoil(&y->days, first_bad, s->memory.date);
		if (!done && (s->unsettled || plan_study_later(in)) && note_otherwise(y, plan, i, VERDICT_WANTED, e) < 0)
			return -1;
	}
	return 0;
}

/* A watermark that lay in the future goes as soon as there are two that say otherwise: of one alone nobody knows which clock was
 * wrong, that of then or that of now. */
static int move_mark(struct nightly *y, int mark, struct err *e)
{
	struct ledger *l = y->session->ledger;

	if (mark && mark != y->days.mark && ledger_sync_mark(l, y->memory.id, mark, e) < 0)
		return -1;
	if (y->days.mark && y->days.doubtful && ledger_sync_unmark(l, y->memory.id, mark, e) < 0)
		return -1;
	return ledger_sync_prune(l, y->memory.id, y->days.from, e);
}

static int note_end(struct nightly *y, const struct plan *plan, const struct search_result *asked, struct err *e)
{
	int first_bad = 0, mark;

	if (!asked->whole)
		watermark_spoil(&y->days, &first_bad, asked->first_missed);
	if (note_studies(y, plan, &first_bad, e) < 0)
		return -1;
	mark = watermark_mark(&y->days, first_bad);
	log_verbose("watermark: %d (was %d)", mark, y->days.mark);
	y->session->totals.covered = mark;
	return y->days.settled ? move_mark(y, mark, e) : 0;
}

int nightly_commit(struct nightly *y, const struct plan *plan, const struct search_result *asked, struct err *e)
{
	struct ledger *l = y->session->ledger;

	if (y->dry || !y->memory.id)
		return 0;
	if (ledger_begin(l, e) < 0)
		return -1;
	if (note_end(y, plan, asked, e) == 0)
		return ledger_commit(l, e);
	ledger_rollback(l);
	return -1;
}
