/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Studies enter the queue, are listed, and leave. */
#include "core/retrieve/queue.h"

#include <stdlib.h>

#include "base/mem.h"
#include "check.h"

static void test_lists(void)
{
	static const struct { const char *name; struct list_answer answer; enum list_turn turn; } rows[] = {
		{ "known", { .retries = 3 }, LIST_TURN_KNOWN },
		{ "known while it is on its way", { .running = true }, LIST_TURN_JOIN },
		{ "busy", { .kind = ERR_BUSY, .retries = 3 }, LIST_TURN_LATER },
		{ "busy, the last time but one", { .kind = ERR_BUSY, .tries = 2, .retries = 3 }, LIST_TURN_LATER },
		{ "busy too often", { .kind = ERR_BUSY, .tries = 3, .retries = 3 }, LIST_TURN_KNOWN },
		{ "busy, no retries", { .kind = ERR_BUSY }, LIST_TURN_KNOWN },
		{ "busy, no retries, on its way", { .kind = ERR_BUSY, .running = true }, LIST_TURN_JOIN },
		{ "busy too often, excused", { .kind = ERR_BUSY, .tries = 3, .retries = 3, .excused = true }, LIST_TURN_LATER },
		{ "too late too often", { .kind = ERR_TIMEOUT, .tries = 3, .retries = 3 }, LIST_TURN_KNOWN },
		{ "broken too often, on its way", { .kind = ERR_ABORTED, .tries = 3, .retries = 3, .running = true }, LIST_TURN_JOIN },
		{ "unreachable too often", { .kind = ERR_UNREACHABLE, .tries = 3, .retries = 3 }, LIST_TURN_END },
		{ "refused", { .kind = ERR_REFUSED, .retries = 3 }, LIST_TURN_FAIL },
		{ "refused, excused", { .kind = ERR_REFUSED, .retries = 3, .excused = true }, LIST_TURN_FAIL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CHECK_CASE(rows[i].name);
		CHECK_INT(list_judge(&rows[i].answer), rows[i].turn);
	}
	CHECK_CASE("");
}

/* ---- a plan ---- */

struct house {
	struct plan plan;
	struct queue queue;
	struct abilities means;
};

static void add_study(struct house *h, const char *uid, const char *series, int expected)
{
	struct plan_study *in = plan_add(&h->plan);

	study_set(&in->study, STUDY_UID, uid);
	in->expected = expected;
	if (series)
		in->series_uid = mem_str(series);
}

static void house_init(struct house *h)
{
	plan_init(&h->plan);
	h->means = (struct abilities){ .get = true };
	queue_init(&h->queue, &h->plan);
}

static void house_done(struct house *h)
{
	queue_done(&h->queue);
	plan_done(&h->plan);
}

static void test_entering(void)
{
	struct house h;
	struct retrieval *r;

	house_init(&h);
	add_study(&h, "1.1", NULL, 3);
	add_study(&h, "1.2", NULL, 3);
	add_study(&h, "1.3", "1.3.1", 3);
	add_study(&h, "1.3", "1.3.2", 3);
	add_study(&h, "1.4", NULL, 3);
	h.plan.studies[1].verdict = VERDICT_SKIPPED;
	queue_enter(&h.queue, &h.means);
	CHECK_INT(h.queue.count, 2);			/* the second part of 1.3 waits for the first */
	CHECK(queue_find(&h.queue, "1.1") && !queue_find(&h.queue, "1.2") && !queue_find(&h.queue, "1.4"));
	r = queue_find(&h.queue, "1.3");
	if (!CHECK(r && r->list_first))			/* a part is listed before it is asked for */
		return;
	CHECK(!queue_find(&h.queue, "1.1")->list_first);
	queue_remove(&h.queue, r);
	retrieval_done(r);
	free(r);
	queue_enter(&h.queue, &h.means);
	CHECK_INT(h.queue.count, 3);
	CHECK_STR(queue_find(&h.queue, "1.3")->in->series_uid, "1.3.2");
	CHECK(!queue_empty(&h.queue));
	while (h.queue.count) {
		r = h.queue.studies[0];
		queue_remove(&h.queue, r);
		retrieval_done(r);
		free(r);
	}
	CHECK(queue_empty(&h.queue));
	house_done(&h);
}

static void test_asking(void)
{
	struct retrieval *group[OBJECTS_STUDIES_MAX];
	const struct settings how = { .retries = 1, .retry_wait_s = 0 };
	const struct err busy = { ERR_BUSY, "busy" }, gone = { ERR_UNREACHABLE, "gone" }, fine = { ERR_NONE, "" };
	struct house h;

	house_init(&h);
	add_study(&h, "1.1", NULL, 6000);
	add_study(&h, "1.2", NULL, 3000);
	add_study(&h, "1.3", NULL, 2000);
	add_study(&h, "1.4", "1.4.1", 1);
	queue_enter(&h.queue, &h.means);
	CHECK_INT(queue_ask(&h.queue, NULL, group, OBJECTS_STUDIES_MAX), 2);	/* by the objects that are expected */
	CHECK_INT(group[0]->list, LIST_ASKED);
	CHECK_INT(queue_ask(&h.queue, NULL, &group[2], OBJECTS_STUDIES_MAX), 1);	/* a part is listed alone */
	CHECK_INT(queue_ask(&h.queue, NULL, &group[3], OBJECTS_STUDIES_MAX), 1);
	CHECK_INT(queue_ask(&h.queue, NULL, &group[4], OBJECTS_STUDIES_MAX), 0);
	CHECK_INT(queue_listed(&h.queue, group[0], NULL, &how, &fine), LIST_TURN_KNOWN);
	CHECK_INT(group[0]->list, LIST_OVER);
	CHECK_INT(queue_listed(&h.queue, group[1], NULL, &how, &busy), LIST_TURN_LATER);
	CHECK_INT(group[1]->list, LIST_WANTED);
	CHECK(group[1]->list_first);
	CHECK_INT(queue_ask(&h.queue, NULL, &group[4], 1), 1);
	CHECK_INT(queue_listed(&h.queue, group[1], NULL, &how, &gone), LIST_TURN_END);
	CHECK_STR(group[1]->why.text, "gone");
	group[2]->state = RETRIEVAL_RUNNING;
	group[2]->list_tries = 1;
	CHECK_INT(queue_listed(&h.queue, group[2], NULL, &how, &gone), LIST_TURN_NONE);
	CHECK_STR(group[2]->list_why.text, "gone");
	h.queue.crowded = true;				/* with others of ours: no try is lost */
	group[3]->list_tries = 1;
	CHECK_INT(queue_listed(&h.queue, group[3], NULL, &how, &busy), LIST_TURN_LATER);
	CHECK_INT(group[3]->list_tries, 1);
	house_done(&h);
}

int main(void)
{
	test_lists();
	test_entering();
	test_asking();
	return check_done();
}
