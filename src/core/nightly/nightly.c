/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The facts of each study are found, nightly_decide says what is done with it, and how it ended is written down. */
#include "core/nightly/nightly.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/files/held.h"
#include "core/ledger/marks.h"
#include "core/ledger/studies.h"
#include "core/nightly/decide.h"
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

static int note_given_up(void *owner, const struct ledger_given_up *g)
{
	struct nightly *y = owner;

	map_put(y->given_up, g->study_uid, NULL);
	return 0;
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
	if (y->memory.id && ledger_given_up(y->session->ledger, y->memory.id, note_given_up, y, e) < 0)
		return -1;
	return begin(y, e);
}

int nightly_open(struct nightly *y, int lookback_days, int from, bool restart, struct err *e)
{
	struct ledger *l = y->session->ledger;

	y->now = clock_wall();
	y->given_up = map_new();
	if (from > date_of(y->now))
		return err_set(e, ERR_USAGE, "--from: that day lies in the future");
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
	map_free(y->given_up, NULL);
	y->given_up = NULL;
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

/* What the disk and the ledger say of it. */
static int find_facts(struct nightly *y, const struct settings *how, const struct abilities *means, struct plan_study *in,
		      struct nightly_facts *f, struct err *e)
{
	const char *uid = study_get(&in->study, STUDY_UID);

	f->force = how->force;
	f->selecting = y->selecting;
	f->owed = notify_wants(y->session, how, uid);
	f->given_up = map_has(y->given_up, uid);
	f->second = time_seconds(study_get(&in->study, STUDY_TIME));
	f->now = y->now;
	f->settle_s = y->settle_s;
	f->here = means->foreign ? -1 : 0;
	if (!nightly_may_stand(f))
		return 0;
	if (!means->foreign && count_here(y, how, means, in, &f->here, e) < 0)
		return -1;
	in->held = f->here < 0 ? 0 : f->here;
	f->last_good = last_was_good(y, how, in);
	return 0;
}

static void skip_study(struct nightly *y, struct plan_study *in, const struct nightly_choice *c)
{
	switch (c->skip) {
	case SKIP_HELD:
		plan_skip(in, c->skip, "already complete here: %d objects", in->held);
		break;
	case SKIP_GIVEN_UP:
		plan_skip(in, c->skip, "given up: --take-up asks for it again");
		break;
	default:
		plan_skip(in, c->skip, "postponed: %s (--settle %llds)", c->why, y->settle_s);
		log_verbose("study %s is postponed: %s", study_get(&in->study, STUDY_UID), c->why);
		y->unsettled++;
	}
}

static int choose_one(struct nightly *y, const struct settings *how, const struct abilities *means, struct plan_study *in,
		      struct nightly_study *s, enum nightly_act *ret_act, struct err *e)
{
	struct nightly_facts f;
	struct nightly_choice c;

	if (remember(y, in, s, e) < 0)
		return -1;
	f = (struct nightly_facts){ .memory = s->memory };
	if (find_facts(y, how, means, in, &f, e) < 0)
		return -1;
	c = nightly_decide(&f);
	y->held += c.act != NIGHTLY_TAKE && c.skip == SKIP_HELD;
	if (c.act == NIGHTLY_SKIP)
		skip_study(y, in, &c);
	*ret_act = c.act;
	if (c.act == NIGHTLY_TAKE || c.skip != SKIP_HELD || !f.given_up || y->dry)
		return 0;
	log_verbose("study %s was given up, and is here", study_get(&in->study, STUDY_UID));
	return ledger_given_up_drop(y->session->ledger, y->memory.id, study_get(&in->study, STUDY_UID), e);
}

static int choose_all(struct nightly *y, struct plan *plan, const struct abilities *means, struct err *e)
{
	size_t kept = 0, i = 0;
	int failed = 0;

	for (; i < plan->count && !failed; i++) {
		struct plan_study in = plan->studies[i];
		struct nightly_study s = { .grown = false };
		enum nightly_act act = NIGHTLY_TAKE;

		failed = session_check(y->session, e) < 0 ? -1 : choose_one(y, &plan->how, means, &in, &s, &act, e);
		if (act == NIGHTLY_LEAVE) {
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

/* ---- studies that nobody waits for ---- */

static int find_run(struct nightly *y, struct err *e)
{
	if (ledger_sync_find(y->session->ledger, &y->memory, e) < 0)
		return -1;
	return y->memory.id ? 0 : err_set(e, ERR_INPUT, "no nightly run of %.100s with this folder and these conditions is recorded: give its "
					  "options as they stand in the crontab; \"dicom-qr status\" lists the runs", y->memory.node);
}

int nightly_give_up(struct nightly *y, const char *uid, int *ret_date, struct err *e)
{
	struct ledger_sync_study m;
	struct ledger_given_up g = { .study_uid = uid, .at = clock_wall(), .user = session_user() };
	int known;

	if (find_run(y, e) < 0)
		return -1;
	known = ledger_sync_study(y->session->ledger, y->memory.id, uid, &m, e);
	if (known < 0)
		return -1;
	if (!known || (m.whole != LEDGER_NEVER && m.whole == m.count))
		return err_set(e, ERR_INPUT, "this nightly run is not waiting for study %s", uid);
	*ret_date = g.date = m.date;
	return ledger_given_up_put(y->session->ledger, y->memory.id, &g, e);
}

int nightly_take_up(struct nightly *y, const char *uid, struct err *e)
{
	if (find_run(y, e) < 0)
		return -1;
	y->given_up = map_new();
	if (ledger_given_up(y->session->ledger, y->memory.id, note_given_up, y, e) < 0)
		return -1;
	if (!map_has(y->given_up, uid))
		return err_set(e, ERR_INPUT, "this nightly run has not given up study %s", uid);
	return ledger_given_up_drop(y->session->ledger, y->memory.id, uid, e);
}

/* ---- the end ---- */

/* Skipped, a study is what an earlier run called it.  Of one left for later that would look as if it were nobody's loss (wanted), and of
 * one that a limit's look at the lists found to be here as if it were not (complete). */
static int note_otherwise(struct nightly *y, const struct plan *plan, const struct plan_study *in, enum verdict verdict, struct err *e)
{
	struct ledger_study study = ledger_study_of(plan, in, y->session->job);

	study.verdict = verdict_name(verdict);
	study.skip = SKIP_NOT;
	study.received = in->held;
	return y->session->job ? ledger_study_put(y->session->ledger, &study, e) : 0;
}

static int note_verdict(struct nightly *y, const struct plan *plan, const struct plan_study *in, enum nightly_end end, struct err *e)
{
	if (in->verdict != VERDICT_SKIPPED)
		return 0;
	if (end == NIGHTLY_LATER)
		return note_otherwise(y, plan, in, VERDICT_WANTED, e);
	if (in->skip == SKIP_HELD && !last_was_good(y, &plan->how, in))
		return note_otherwise(y, plan, in, VERDICT_COMPLETE, e);
	return 0;
}

static int give_up(struct nightly *y, const char *uid, const struct ledger_sync_study *m, struct err *e)
{
	const struct ledger_given_up g = { .study_uid = uid, .date = m->date, .at = y->now, .user = session_user() };

	log_error("study %s of %d is given up: it is not complete since %d (--give-up-after)", uid, m->date, m->since);
	return ledger_given_up_put(y->session->ledger, y->memory.id, &g, e);
}

static int note_study(struct nightly *y, const struct plan *plan, size_t at, int *first_bad, struct err *e)
{
	const struct plan_study *in = &plan->studies[at];
	const struct nightly_how how = { y->selecting, settings_goes_elsewhere(&plan->how), y->days.until };
	const char *uid = study_get(&in->study, STUDY_UID);
	const enum nightly_end end = nightly_end_of(in);
	struct ledger_sync_study m = y->studies[at].memory;
	bool late;

	nightly_remember(&m, in, end, &how);
	late = end == NIGHTLY_OPEN && nightly_too_long(&m, y->days.until, y->give_up_days);
	if (note_verdict(y, plan, in, end, e) < 0 || ledger_sync_study_put(y->session->ledger, y->memory.id, uid, &m, e) < 0)
		return -1;
	if (late)
		return give_up(y, uid, &m, e);
	if (end == NIGHTLY_LATER || end == NIGHTLY_OPEN)
		watermark_spoil(&y->days, first_bad, m.date);
	return 0;
}

static int note_studies(struct nightly *y, const struct plan *plan, int *first_bad, struct err *e)
{
	for (size_t i = 0; i < y->count; i++)
		if (note_study(y, plan, i, first_bad, e) < 0)
			return -1;
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

static int note_end(struct nightly *y, const struct plan *plan, const struct studies_found *found, struct err *e)
{
	int first_bad = 0, mark;

	if (!found->result.whole)
		watermark_spoil(&y->days, &first_bad, found->result.first_missed);
	if (found->nameless)
		watermark_spoil(&y->days, &first_bad, found->nameless_first);
	if (note_studies(y, plan, &first_bad, e) < 0)
		return -1;
	mark = watermark_mark(&y->days, first_bad);
	log_verbose("complete up to %d (before this run: %d)", mark, y->days.mark);
	y->session->totals.covered = mark;
	return y->days.settled ? move_mark(y, mark, e) : 0;
}

int nightly_commit(struct nightly *y, const struct plan *plan, const struct studies_found *found, struct err *e)
{
	struct ledger *l = y->session->ledger;

	if (y->dry || !y->memory.id)
		return 0;
	if (ledger_begin(l, e) < 0)
		return -1;
	if (note_end(y, plan, found, e) == 0)
		return ledger_commit(l, e);
	ledger_rollback(l);
	return -1;
}
