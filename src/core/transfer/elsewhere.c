/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A moved study:
 *
 *	AT_SOURCE -> AT_DESTINATION -> told			all is there, or nobody can tell
 *		     AT_DESTINATION -> PAUSED -> AT_DESTINATION	objects are missing, and more may arrive
 */
#include "core/transfer/elsewhere.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/node/nodes.h"
#include "core/query/objects.h"
#include "core/transfer/retrieval_p.h"

#define PAUSE_MS 2000			/* between two looks at the destination */
#define WAIT_DEFAULT_S 60		/* for objects that arrive late, without --first-timeout */

enum stage { AT_SOURCE, AT_DESTINATION, PAUSED };

/* One archive's list of a study, made from a copy of its row in the plan. */
struct side {
	struct plan_study in;
	struct retrieval list;
};

struct moved {
	struct retrieval *of;
	struct side source, there;
	enum stage stage;
	bool asked;			/* a list is under way */
	int seen;			/* objects at the destination when it was asked last, -1 never */
	int64_t first_ms, due_ms;	/* the first look at the destination; the next one */
	struct moved *next;
};

struct elsewhere {
	struct session *session;
	const struct settings *how;
	struct nodes nodes;
	const struct node *node;
	struct objects *source, *destination;
	struct moved *moved;
	bool stopped;
	struct timer timer;
	elsewhere_fn *done;
	void *owner;
};

static void side_open(struct side *side, const struct plan_study *in, bool whole)
{
	struct abilities none = { .first = METHOD_MOVE };

	side->in = *in;
	if (whole)
		side->in.only = (struct wanted_list){ NULL, 0, 0 };
	retrieval_init(&side->list, &side->in, &none);
}

/* ---- verdicts ---- */

static void tell(struct elsewhere *w, struct moved *m)
{
	struct retrieval *of = m->of;
	struct moved **at = &w->moved;

	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	retrieval_done(&m->source.list);
	retrieval_done(&m->there.list);
	free(m);
	w->done(w->owner, of);
}

/* Those of the source's list that the destination does not have; noted in the plan when "note" says so. */
static int count_absent(const struct moved *m, bool note)
{
	const struct retrieval *there = &m->there.list;
	const struct object *o;
	const char *sop;
	int absent = 0;

	for (size_t at = 0; (o = retrieval_next(&m->source.list, &at, &sop));) {
		if (there->objects && map_has(there->objects, sop))
			continue;
		absent++;
		if (note)
			wanted_add(&m->of->in->missing, o->series, sop, o->sop_class);
	}
	return absent;
}

static void settle(struct elsewhere *w, struct moved *m, int absent)
{
	struct plan_study *in = m->of->in;

	in->expected = m->source.list.wanted;
	in->counted = COUNT_IMAGES;
	in->received = in->expected - absent;
	in->verdict = absent ? VERDICT_INCOMPLETE : VERDICT_COMPLETE;
	wanted_done(&in->missing);
	count_absent(m, true);
	free(in->why);
	in->why = absent ? mem_printf("%d of %d objects have not arrived at %s", absent, in->expected, w->how->destination) : NULL;
	tell(w, m);
}

static bool may_arrive(const struct elsewhere *w, const struct moved *m, int seen)
{
	long long limit_s = w->how->first_timeout_s ? w->how->first_timeout_s : WAIT_DEFAULT_S;

	return seen > m->seen && clock_ms() - m->first_ms < limit_s * 1000;
}

/* ---- lists ---- */

static struct moved *moved_of(struct elsewhere *w, const struct retrieval *r)
{
	for (struct moved *m = w->moved; m; m = m->next)
		if (&m->source.list == r || &m->there.list == r)
			return m;
	return NULL;
}

static void source_listed(void *owner, struct retrieval *r, const struct err *why)
{
	struct elsewhere *w = owner;
	struct moved *m = moved_of(w, r);

	m->asked = false;
	if (why->kind || !r->listed || w->stopped) {
		tell(w, m);
		return;
	}
	m->stage = AT_DESTINATION;
	m->first_ms = clock_ms();
}

static void destination_listed(void *owner, struct retrieval *r, const struct err *why)
{
	struct elsewhere *w = owner;
	struct moved *m = moved_of(w, r);
	int absent;

	m->asked = false;
	if (why->kind)
		log_verbose("%s cannot be asked what arrived: %s", w->how->destination, why->text);
	/* An archive that lists nothing, and does not say that it lacks the study, proves nothing: it may only receive. */
	if (why->kind || w->stopped || (!r->listed && !r->unknown)) {
		tell(w, m);
		return;
	}
	absent = count_absent(m, false);
	if (absent && may_arrive(w, m, r->wanted)) {
		m->stage = PAUSED;
		m->seen = r->wanted;
		m->due_ms = clock_ms() + PAUSE_MS;
		return;
	}
	settle(w, m, absent);
}

static bool due(const struct moved *m, enum stage stage)
{
	return !m->asked && (m->stage == stage || (stage == AT_DESTINATION && m->stage == PAUSED && m->due_ms <= clock_ms()));
}

/* All that are due, in one question where the archive answers that. */
static void ask_some(struct elsewhere *w, struct objects *archive, enum stage stage)
{
	struct retrieval *group[OBJECTS_STUDIES_MAX];
	size_t count = 0, most = objects_width(archive);

	if (objects_running(archive))
		return;
	for (struct moved *m = w->moved; m && count < most && count < countof(group); m = m->next) {
		if (!due(m, stage))
			continue;
		if (m->stage == PAUSED) {
			retrieval_done(&m->there.list);
			side_open(&m->there, m->of->in, true);
			m->stage = AT_DESTINATION;
		}
		m->asked = true;
		group[count++] = stage == AT_SOURCE ? &m->source.list : &m->there.list;
	}
	if (count)
		objects_add(archive, group, count);
}

static void wake(void *owner)
{
	(void)owner;			/* the turn looks */
}

void elsewhere_turn(struct elsewhere *w)
{
	if (w->stopped)
		return;
	ask_some(w, w->source, AT_SOURCE);
	ask_some(w, w->destination, AT_DESTINATION);
	if (w->moved)
		timer_set(w->session->loop, &w->timer, PAUSE_MS, wake, w);
}

void elsewhere_ask(struct elsewhere *w, struct retrieval *r)
{
	struct moved *m = mem_alloc(sizeof *m);

	m->of = r;
	side_open(&m->source, r->in, false);
	side_open(&m->there, r->in, true);
	m->stage = m->source.list.listed ? AT_DESTINATION : AT_SOURCE;		/* single objects are their own list */
	m->first_ms = clock_ms();
	m->seen = -1;
	m->next = w->moved;
	w->moved = m;
}

bool elsewhere_idle(const struct elsewhere *w)
{
	return !w->moved;
}

void elsewhere_stop(struct elsewhere *w)
{
	bool again = true;

	if (w->stopped)
		return;
	w->stopped = true;
	objects_stop(w->source);
	objects_stop(w->destination);
	while (again) {			/* what is under way is told when it has ended */
		again = false;
		for (struct moved *m = w->moved; m && !again; m = m->next)
			if (!m->asked) {
				tell(w, m);
				again = true;
			}
	}
}

int elsewhere_requests(const struct elsewhere *w)
{
	return objects_requests(w->source) + objects_requests(w->destination);
}

/* ---- beginning and end ---- */

static const struct node *node_of_title(const struct nodes *nodes, const char *title)
{
	const struct nodes_file *files[] = { &nodes->own, &nodes->system };

	for (size_t f = 0; f < countof(files); f++)
		for (size_t i = 0; i < files[f]->count; i++) {
			const struct node *node = &files[f]->nodes[i];

			if (*node->how.peer.host && !node->how.listen_port && node_states(node, "calledAE") &&
			    !strcmp(node->how.peer.called, title))
				return node;
		}
	return NULL;
}

struct elsewhere *elsewhere_new(struct session *s, const struct settings *how, elsewhere_fn *done, void *owner)
{
	struct elsewhere *w = mem_alloc(sizeof *w);
	struct err e = { ERR_NONE, "" };

	*w = (struct elsewhere){ .session = s, .how = how, .done = done, .owner = owner };
	if (nodes_load(&w->nodes, &e) == 0)
		w->node = node_of_title(&w->nodes, how->destination);
	if (!w->node) {
		nodes_done(&w->nodes);
		free(w);
		return NULL;
	}
	w->source = objects_new(s, &how->peer, source_listed, NULL, w);
	w->destination = objects_new(s, &w->node->how.peer, destination_listed, NULL, w);
	return w;
}

void elsewhere_free(struct elsewhere *w)
{
	if (!w)
		return;
	timer_clear(w->session->loop, &w->timer);
	for (struct moved *m = w->moved, *next; m; m = next) {
		next = m->next;
		retrieval_done(&m->source.list);
		retrieval_done(&m->there.list);
		free(m);
	}
	objects_free(w->source);
	objects_free(w->destination);
	nodes_done(&w->nodes);
	free(w);
}
