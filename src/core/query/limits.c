/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Studies are listed group by group, in the order of the plan, and no further than the limit on objects reaches. */
#include "core/query/limits.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "core/files/held.h"
#include "core/query/objects.h"
#include "core/tell/notify.h"

#define GROUP 200
#define GROUP_LIMITED 20		/* with limits: no more lists than needed */
#define MAX_STUDIES "--max-studies"
#define MAX_IMAGES "--max-images"

struct survey {
	struct session *session;
	struct plan *plan;
	struct objects *lister;
	struct abilities means;
	size_t next;
	long long studies_left;		/* studies that may still be taken; -1 = no limit */
	long long left;			/* objects that may still be asked for; -1 = no limit */
	bool retrying;			/* those that had their turn before come last */
	struct retrieval *group[GROUP];
	struct { enum verdict verdict; char *why; } was[GROUP];	/* of those; kept where the limit leaves no room */
	size_t count, answered;
	struct err why;
};

static void listed(void *owner, struct retrieval *r, const struct err *why)
{
	struct survey *s = owner;

	(void)r;
	s->answered++;
	if (why->kind && !s->why.kind)
		s->why = *why;
}

static bool answered(void *owner)
{
	struct survey *s = owner;

	if (s->session->signal)
		objects_stop(s->lister);
	return s->answered == s->count;
}

static struct plan_study *next_study(struct survey *s)
{
	while (s->next < s->plan->count || !s->retrying) {
		struct plan_study *in;

		if (s->next == s->plan->count) {
			s->next = 0;
			s->retrying = true;
			continue;
		}
		in = &s->plan->studies[s->next++];
		if (s->retrying ? in->again : in->verdict == VERDICT_WANTED)
			return in;
	}
	return NULL;
}

/* The next group; false when there is none. */
static bool gather(struct survey *s)
{
	size_t most = s->left >= 0 || s->studies_left >= 0 ? GROUP_LIMITED : GROUP;
	struct plan_study *in;

	s->count = s->answered = 0;
	while (s->count < most && (in = next_study(s))) {
		s->was[s->count].verdict = in->verdict;
		s->was[s->count].why = in->why;
		in->verdict = VERDICT_WANTED;
		in->why = NULL;
		s->group[s->count] = mem_alloc(sizeof *s->group[0]);
		retrieval_init(s->group[s->count], in, &s->means);
		s->group[s->count++]->seen.frugal = s->plan->how.max_images > 0;
	}
	return s->count > 0;
}

static int list_group(struct survey *s, struct err *e)
{
	struct retrieval *ask[GROUP];
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->group[i]->listed)
			s->answered++;
		else
			ask[count++] = s->group[i];
	if (count)
		objects_add(s->lister, ask, count);
	if (session_run(s->session, answered, s, e) < 0)
		return -1;
	if (s->why.kind) {
		*e = s->why;
		return -1;
	}
	return 0;
}

/* Part of a study: what is here, and its first objects that are not, as far as the limit reaches. */
static void take_part(struct survey *s, struct retrieval *r)
{
	struct plan_study *in = r->in;
	struct wanted_list only = { NULL, 0, 0 };
	const char *sop;
	void *value;
	int beyond = 0;

	for (size_t at = 0; (sop = map_next(r->objects, &at, &value));) {
		const struct object *o = value;

		if (!o->path && s->left <= 0) {
			beyond++;
			continue;
		}
		s->left -= !o->path;
		wanted_add(&only, o->series, sop, o->sop_class);
	}
	if (in->beyond)
		wanted_done(&in->only);
	else
		in->whole = in->only;
	in->only = only;
	in->beyond += beyond;
	in->expected = (int)only.count;
}

static void leave(struct survey *s, struct plan_study *in, const char *limit, long long most)
{
	plan_skip(in, SKIP_LIMIT, "beyond %s %lld", limit, most);
	s->plan->cut_by = limit;
}

static void limit(struct survey *s, struct retrieval *r)
{
	int missing = retrieval_missing(r);

	if (s->studies_left == 0) {
		leave(s, r->in, MAX_STUDIES, s->plan->how.max_studies);
		return;
	}
	if (s->left == 0) {
		leave(s, r->in, MAX_IMAGES, s->plan->how.max_images);
	} else if (s->left > 0 && missing >= 0 && missing <= s->left) {
		s->left -= missing;
	} else if (s->left > 0 && r->listed) {
		take_part(s, r);
	} else if (s->left > 0) {
		leave(s, r->in, MAX_IMAGES, s->plan->how.max_images);
		plan_skip(r->in, SKIP_UNTOLD, "the PACS does not list its objects, so --max-images %lld could not be kept", s->plan->how.max_images);
	}
	if (r->in->beyond)
		s->plan->cut_by = MAX_IMAGES;
	if (s->studies_left > 0 && r->in->verdict == VERDICT_WANTED)
		s->studies_left--;
}

/* What failed before, and finds no room now, stays what it was. */
static void settle_before(struct survey *s, size_t i)
{
	struct plan_study *in = s->group[i]->in;
	bool back = in->again && plan_study_later(in);

	in->again = back;
	if (back) {
		free(in->why);
		in->verdict = s->was[i].verdict;
		in->why = s->was[i].why;
		in->skip = SKIP_NOT;
	} else {
		free(s->was[i].why);
	}
	s->was[i].why = NULL;
}

/* Nothing need be asked for, for the sake of the proof neither. */
static bool here_already(const struct retrieval *r)
{
	return retrieval_whole(r) && r->here && retrieval_settled(r);
}

static int settle(struct survey *s, struct retrieval *r, struct err *e)
{
	if (session_check(s->session, e) < 0)
		return -1;
	if (!s->plan->how.force && held_load(s->session->ledger, 0, s->plan->how.output, r, e) < 0)
		return -1;
	retrieval_ready(r, &s->means);
	r->in->held = r->here;
	if (here_already(r) && notify_wants(s->session, &s->plan->how, r->uid))
		log_verbose("already complete here, but its program was not told: %s", r->uid);
	else if (here_already(r))
		plan_skip(r->in, SKIP_HELD, "already complete here: %d objects", r->here);
	else
		limit(s, r);
	return 0;
}

static void free_group(struct survey *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->was[i].why);
		retrieval_done(s->group[i]);
		free(s->group[i]);
	}
	s->count = 0;
}

int limits_plan(struct session *session, struct plan *plan, int *ret_queries, struct err *e)
{
	struct survey s = { .session = session, .plan = plan, .left = plan->how.max_images ? plan->how.max_images : -1,
			    .studies_left = plan->how.max_studies ? plan->how.max_studies : -1,
			    .means = { .get = true, .first = plan->how.method == METHOD_MOVE ? METHOD_MOVE : METHOD_GET, .move = true } };
	int failed = 0;

	s.lister = objects_new(session, &plan->how.peer, listed, NULL, &s);
	while (!failed && gather(&s)) {
		if (session_closed(session))
			failed = session_tell_closed(session, "the plan was not made yet", e);
		else
			failed = s.left == 0 || s.studies_left == 0 ? 0 : list_group(&s, e);
		for (size_t i = 0; i < s.count && !failed; i++)
			if ((failed = settle(&s, s.group[i], e)) == 0)
				settle_before(&s, i);
		free_group(&s);
	}
	*ret_queries = objects_requests(s.lister);
	objects_free(s.lister);
	return failed;
}
