/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/retrieve/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/ledger/studies.h"
#include "core/tell/notify.h"

#define STUDIES_MAX 600			/* in memory with their lists */
#define GROUP_OBJECTS 10000		/* expected objects in one image-level question */
#define OBJECTS_UNKNOWN 200		/* taken for a study that was not counted */
#define READY_FEW 60			/* so many listed studies are enough to go on with */

void queue_init(struct queue *q, struct plan *plan)
{
	*q = (struct queue){ .plan = plan, .by_uid = map_new() };
}

static void study_free(struct retrieval *r)
{
	retrieval_done(r);
	free(r);
}

void queue_done(struct queue *q)
{
	for (size_t i = 0; i < q->count; i++)
		study_free(q->studies[i]);
	free(q->studies);
	map_free(q->by_uid, NULL);
}

struct retrieval *queue_find(const struct queue *q, const char *study_uid)
{
	return map_get(q->by_uid, study_uid);
}

struct retrieval *queue_find_object(const struct queue *q, const char *sop)
{
	for (size_t i = 0; i < q->count; i++)
		if (q->studies[i]->objects && map_has(q->studies[i]->objects, sop))
			return q->studies[i];
	return NULL;
}

bool queue_empty(const struct queue *q)
{
	return q->next >= q->plan->count && !q->count;
}

/* ---- entering ---- */

/* Nothing of it may be asked for before its list is known. */
static bool list_goes_first(const struct queue *q, const struct retrieval *r)
{
	const struct plan_study *in = r->in;

	return in->series_uid || in->only.count || in->attempts || retrieval_nearline(r) || q->plan->how.max_images;
}

/* False: another part of the study is here. */
static bool study_enter(struct queue *q, struct plan_study *in, const struct abilities *means)
{
	struct retrieval *r = mem_alloc(sizeof *r);

	retrieval_init(r, in, means);
	if (queue_find(q, r->uid)) {
		study_free(r);
		return false;
	}
	if (q->plan->how.peer.model != MODEL_STUDY)
		r->company = FORM_FILES;	/* a list is of studies of one patient there */
	r->seen.frugal = q->plan->how.max_images > 0;
	r->list_first = list_goes_first(q, r);
	mem_grow(q->studies, q->count, q->room);
	q->studies[q->count++] = r;
	map_put(q->by_uid, r->uid, r);
	return true;
}

void queue_enter(struct queue *q, const struct abilities *means)
{
	for (; q->count < STUDIES_MAX && q->next < q->plan->count; q->next++) {
		struct plan_study *in = &q->plan->studies[q->next];

		if (in->verdict == VERDICT_WANTED && !study_enter(q, in, means))
			return;
	}
}

struct retrieval *queue_without_list(const struct queue *q, const struct abilities *means)
{
	bool none = q->plan->how.trust != TRUST_LIST || means->foreign;

	for (size_t i = 0; i < q->count; i++) {
		struct retrieval *r = q->studies[i];

		if (r->state == RETRIEVAL_WAITING && r->list == LIST_WANTED && (none || r->listed))
			return r;
	}
	return NULL;
}

/* ---- leaving ---- */

void queue_remove(struct queue *q, struct retrieval *r)
{
	map_remove(q->by_uid, r->uid);
	for (size_t i = 0; i < q->count; i++)
		if (q->studies[i] == r) {
			memmove(&q->studies[i], &q->studies[i + 1], (q->count - i - 1) * sizeof *q->studies);
			q->count--;
			return;
		}
}

static int put_verdict(struct session *s, const struct ledger_study *study, struct err *e)
{
	if (!s->notify)
		return ledger_study_put(s->ledger, study, e);
	if (ledger_begin(s->ledger, e) < 0)
		return -1;
	if (notify_verdict(s->notify, study, e) == 0 && ledger_study_put(s->ledger, study, e) == 0)
		return ledger_commit(s->ledger, e);
	ledger_rollback(s->ledger);
	return -1;
}

int queue_record(const struct queue *q, struct session *s, const struct plan_study *in, struct err *e)
{
	const struct ledger_study study = ledger_study_of(q->plan, in, s->job);

	return put_verdict(s, &study, e);
}

/* ---- lists ---- */

static bool under_way(struct attempt *attempts, const struct retrieval *r)
{
	const struct attempt *a = r->state == RETRIEVAL_RUNNING ? attempt_of(attempts, r) : NULL;

	return a && a->phase < ATTEMPT_ENDED;
}

static bool may_share(const struct retrieval *r)
{
	return !r->in->series_uid && !r->in->only.count;
}

/* A list that failed before is not asked for beside the transfer again. */
static bool list_waits(struct attempt *attempts, const struct retrieval *r, int64_t now)
{
	return r->list == LIST_WANTED && r->list_not_before <= now && !(r->list_first && under_way(attempts, r));
}

/* Lists are asked for in groups: while there is enough to go on with, those that wait become more.  What has come waits for
 * nothing else. */
static bool time_to_list(const struct queue *q, struct attempt *attempts, int64_t now)
{
	size_t ready = 0, waiting = 0;

	for (size_t i = 0; i < q->count; i++) {
		const struct retrieval *r = q->studies[i];

		if (!list_waits(attempts, r, now)) {
			ready += r->state == RETRIEVAL_READY;
			continue;
		}
		if (r->state == RETRIEVAL_RUNNING)
			return true;
		waiting++;
	}
	return waiting && (ready < READY_FEW || waiting >= OBJECTS_STUDIES_MAX || q->next >= q->plan->count);
}

size_t queue_ask(struct queue *q, struct attempt *attempts, struct retrieval **group, size_t most)
{
	size_t count = 0;
	int64_t now = clock_ms();
	long long objects = 0;

	if (!time_to_list(q, attempts, now))
		return 0;
	for (size_t i = 0; i < q->count && count < most; i++) {
		struct retrieval *r = q->studies[i];
		int expected = r->in->expected < 0 ? OBJECTS_UNKNOWN : r->in->expected;

		if (!list_waits(attempts, r, now))
			continue;
		if (count && (!may_share(r) || objects + expected > GROUP_OBJECTS))
			break;
		group[count++] = r;
		objects += expected;
		r->list = LIST_ASKED;
		if (!may_share(r))
			break;
	}
	return count;
}

/* A list that breaks off each time, or for which the PACS is always busy, is done without at last. */
enum list_turn list_judge(const struct list_answer *answer)
{
	if (answer->kind && !err_transient(answer->kind))
		return LIST_TURN_FAIL;
	if (answer->kind && (answer->excused || answer->tries < answer->retries))
		return LIST_TURN_LATER;
	if (answer->kind && answer->kind != ERR_TIMEOUT && answer->kind != ERR_ABORTED && answer->kind != ERR_BUSY)
		return answer->running ? LIST_TURN_NONE : LIST_TURN_END;
	return answer->running ? LIST_TURN_JOIN : LIST_TURN_KNOWN;
}

/* What failed beside the transfer of the study is asked again after it, as if for the first time: the PACS may do one thing at
 * a time. */
static void list_again(struct retrieval *r, const struct settings *how, bool excused)
{
	r->list = LIST_WANTED;
	r->list_first = true;
	r->list_not_before = clock_ms() + how->retry_wait_s * 1000 * (excused ? 1 : r->list_tries + 1);
	r->list_tries += !excused;
}

enum list_turn queue_listed(struct queue *q, struct retrieval *r, struct attempt *attempts, const struct settings *how,
			    const struct err *why)
{
	const struct list_answer answer = {
		.kind = why->kind, .running = r->state == RETRIEVAL_RUNNING, .tries = r->list_tries, .retries = (int)how->retries,
		.excused = under_way(attempts, r) || (why->kind == ERR_BUSY && q->crowded),
	};
	enum list_turn turn = list_judge(&answer);

	r->list_first |= why->kind != ERR_NONE;
	if (turn == LIST_TURN_LATER || turn == LIST_TURN_FAIL)
		list_again(r, how, answer.excused);
	else
		r->list = LIST_OVER;
	if (turn == LIST_TURN_NONE)
		r->list_why = *why;
	else if (turn == LIST_TURN_END)
		r->why = *why;
	return turn;
}
