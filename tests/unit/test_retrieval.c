/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ladder against simulated peers: it always ends, gets all that can be had, and asks only for what is missing. */
#include "core/transfer/retrieval_p.h"

#include <stdlib.h>

#include "base/mem.h"
#include "check.h"
#include "wrappers/retriever.h"

enum { SERIES = 3, IMAGES = 5, OBJECTS = SERIES * IMAGES, BOUND = 400 };

#define CT "1.2.840.10008.5.1.4.1.1.2"

enum reply { GOOD, LATER, BUSY, STALL, ABORT, SILENT, FAIL, A900, C000, RESOURCES, UNSUPPORTED };

static void set_why(struct outcome *o, enum reply reply)
{
	static const struct { enum err_kind kind; int status; bool answered; } rows[] = {
		[GOOD] = { ERR_NONE, 0, true }, [LATER] = { ERR_UNREACHABLE, -1, false }, [BUSY] = { ERR_BUSY, 0xa700, true },
		[STALL] = { ERR_TIMEOUT, -1, false }, [ABORT] = { ERR_ABORTED, -1, false }, [SILENT] = { ERR_NONE, 0, true },
		[FAIL] = { ERR_ABORTED, 0xa702, true }, [A900] = { ERR_REFUSED, 0xa900, true },
		[C000] = { ERR_ABORTED, 0xc000, true }, [RESOURCES] = { ERR_ABORTED, 0xa702, true },
		[UNSUPPORTED] = { ERR_REFUSED, 0x0122, true },
	};

	o->status = rows[reply].status;
	o->answered = rows[reply].answered;
	o->why.kind = ERR_NONE;
	if (rows[reply].kind)
		err_set(&o->why, rows[reply].kind, "reply %d", (int)reply);
}

/* ---- a peer ---- */

struct peer_sim {
	const char *name;
	enum verdict verdict;
	int missing;
	int most;			/* attempts */
	bool again;			/* objects that are here are sent again: it leaves no other way */
	bool get, move;			/* what is allowed */
	bool unlisted;
	int lost, lost_get;		/* so many objects are never sent; not by C-GET; as what: */
	enum reply lost_as;
	int bad;			/* + 1: at this object it breaks off */
	enum reply bad_as;
	int denied;			/* + 1: a request that takes in this object is refused, C000 */
	enum reply whole, series, image, lists;		/* what such requests are answered, if not GOOD */
	enum reply first;		/* what the first requests are answered */
	int first_count;
	enum reply get_as;		/* what each C-GET is answered */
	size_t syntax;			/* C-GET sends with this preference only */
	int at_most;			/* objects before each abort, 0 = no limit */
	bool ends_after_failure;	/* the association, with the list of a failed object */
	int promises;			/* objects that it counts as sent in each answer */
	bool at_once;			/* no pause is needed */
};

struct sim {
	const struct peer_sim *peer;
	struct retrieval r;
	struct plan_study in;
	struct abilities means;
	struct settings how;
	int64_t now;
	int attempts, sent_again;
	bool named_wrongly;
	bool late;			/* the list comes while the first request is under way */
};

static void name_of(int i, char sop[32], char series[32])
{
	snprintf(sop, 32, "1.2.3.%d.%d", i / IMAGES + 1, i % IMAGES + 1);
	snprintf(series, 32, "1.2.3.%d", i / IMAGES + 1);
}

static void list_all(struct sim *s)
{
	for (int i = 0; i < OBJECTS; i++) {
		char sop[32], series[32];

		name_of(i, sop, series);
		retrieval_list(&s->r, series, sop, CT);
	}
	retrieval_believe(&s->r, PROOF_LIST_PLAIN, false);
}

static int number_of(const char *sop)
{
	int series = 0, image = 0;

	sscanf(sop, "1.2.3.%d.%d", &series, &image);
	return (series - 1) * IMAGES + image - 1;
}

static bool withheld(const struct sim *s, const struct request *q, int i)
{
	const struct peer_sim *p = s->peer;

	return i < p->lost || (q->method == METHOD_GET && (i < p->lost_get || (p->syntax && !(q->syntax && s->r.way.syntax == p->syntax))));
}

static bool deliver(struct sim *s, int i)
{
	char sop[32], series[32];
	int before = s->r.here;

	name_of(i, sop, series);
	retrieval_have(&s->r, series, sop, CT, sop);
	if (s->r.here == before)
		s->sent_again++;
	return s->r.here > before;
}

/* One request for these objects; false when the association is gone. */
static bool serve_counted(struct sim *s, const struct request *q, const int *objects, size_t count, enum reply refusal, struct outcome *o,
			  int *ret_sent)
{
	const struct peer_sim *p = s->peer;
	int sent = 0, failed = 0;

	for (size_t i = 0; !refusal && i < count; i++)
		if (p->denied && objects[i] == p->denied - 1)
			refusal = C000;
	for (size_t i = 0; !refusal && i < count; i++) {
		if ((p->bad && objects[i] == p->bad - 1) || (p->at_most && sent >= p->at_most)) {
			set_why(o, p->bad ? p->bad_as : ABORT);
			*ret_sent = sent;
			return false;
		}
		if (withheld(s, q, objects[i])) {
			failed += p->lost_as == FAIL;
			continue;
		}
		o->gained += deliver(s, objects[i]);
		sent++;
	}
	*ret_sent = sent;
	if (refusal || !o->why.kind)
		set_why(o, refusal ? refusal : failed ? FAIL : GOOD);
	o->failed += failed;
	o->finals += o->answered;
	return o->answered;
}

static bool serve(struct sim *s, const struct request *q, const int *objects, size_t count, enum reply refusal, struct outcome *o)
{
	int sent;

	return serve_counted(s, q, objects, count, refusal, o, &sent);
}

static enum reply refusal_of(const struct sim *s, const struct request *q, bool list)
{
	const struct peer_sim *p = s->peer;

	if (s->attempts <= p->first_count)
		return p->first;
	if (q->method == METHOD_GET && p->get_as)
		return p->get_as;
	if (list && p->lists)
		return p->lists;
	return q->grain == GRAIN_STUDY ? p->whole : q->grain == GRAIN_SERIES ? p->series : p->image;
}

static void serve_instances(struct sim *s, const struct request *q, struct outcome *o, const char **sops)
{
	const char *series;
	size_t count = retrieval_block(&s->r, q, sops, RETRIEVAL_BLOCK, &series), step = q->form == FORM_FILES ? 1 : count;
	int objects[RETRIEVAL_BLOCK];

	o->sops = sops;
	o->asked = count;
	s->named_wrongly |= !count;
	for (size_t i = 0; i < count; i++) {
		const struct object *object = map_get(s->r.objects, sops[i]);

		s->named_wrongly |= !object || object->path || object->refused || strcmp(object->series, series);
		objects[i] = number_of(sops[i]);
	}
	for (size_t i = 0; i < count; i += step) {
		if (!serve(s, q, objects + i, step, refusal_of(s, q, step > 1), o))
			return;
		if (s->peer->ends_after_failure && o->failed && i + step < count) {
			o->answered = false;
			return;
		}
	}
}

static void serve_series(struct sim *s, const struct request *q, struct outcome *o)
{
	const char *uids[SERIES];
	size_t count = retrieval_series(&s->r, uids, SERIES);

	for (size_t i = 0; i < count; i++) {
		int objects[IMAGES], series = atoi(uids[i] + strlen("1.2.3.")) - 1;

		for (int k = 0; k < IMAGES; k++)
			objects[k] = series * IMAGES + k;
		if (!serve(s, q, objects, IMAGES, refusal_of(s, q, false), o))
			return;
	}
}

static void serve_whole(struct sim *s, const struct request *q, struct outcome *o)
{
	enum reply refusal = refusal_of(s, q, false);
	int objects[OBJECTS], sent;

	for (int i = 0; i < OBJECTS; i++)
		objects[i] = i;
	serve_counted(s, q, objects, OBJECTS, refusal, o, &sent);
	if (refusal != GOOD && refusal != STALL && refusal != ABORT)	/* pending responses tell before a break */
		return;
	o->claimed = OBJECTS;
	o->placed = sent;
	o->repeated = sent - o->gained;
	o->lost = OBJECTS - sent;
}

static void attempt(struct sim *s)
{
	const char *sops[RETRIEVAL_BLOCK];
	struct outcome o = { .status = -1, .completed = -1, .claimed = -1 };
	struct request q;

	s->attempts++;
	s->now = s->r.not_before > s->now ? s->r.not_before : s->now;
	s->r.state = RETRIEVAL_RUNNING;
	retrieval_request(&s->r, &q);
	if (q.grain == GRAIN_INSTANCES)
		serve_instances(s, &q, &o, sops);
	else if (q.grain == GRAIN_SERIES)
		serve_series(s, &q, &o);
	else
		serve_whole(s, &q, &o);
	if (s->peer->promises)
		o.completed = s->peer->promises;
	if (s->late) {
		list_all(s);
		retrieval_join(&s->r, &s->means);
		s->late = false;
	}
	retrieval_after(&s->r, &s->means, &o, &s->how, s->now);
}

static void open_listed(struct sim *s, const struct peer_sim *p, bool late)
{
	memset(s, 0, sizeof *s);
	s->peer = p;
	settings_init(&s->how);
	s->how.method = p->get && p->move ? METHOD_AUTO : p->move ? METHOD_MOVE : METHOD_GET;
	s->how.listen_port = p->move ? 11113 : 0;
	abilities_init(&s->means, &s->how);
	study_init(&s->in.study);
	study_set(&s->in.study, STUDY_UID, "1.2.3");
	s->in.expected = late ? -1 : OBJECTS;
	s->late = late;
	retrieval_init(&s->r, &s->in, &s->means);
	if (!p->unlisted && !late)
		list_all(s);
	retrieval_ready(&s->r, &s->means);
}

static void open_sim(struct sim *s, const struct peer_sim *p)
{
	open_listed(s, p, false);
}

static void close_sim(struct sim *s)
{
	retrieval_done(&s->r);
	plan_study_done(&s->in);
	abilities_done(&s->means);
	settings_done(&s->how);
}

#define GET .get = true
#define MOVE .move = true
#define BOTH .get = true, .move = true

static const struct peer_sim peers[] = {
	{ "good", VERDICT_COMPLETE, 0, GET, .most = 1 },
	{ "good, not listed", VERDICT_COMPLETE_BY_COUNT, 0, MOVE, .most = 1, .unlisted = true },
	{ "one lost", VERDICT_INCOMPLETE, 1, GET, .lost = 1, .most = 3 },
	{ "a series lost", VERDICT_INCOMPLETE, IMAGES, MOVE, .lost = IMAGES, .most = 3 },
	{ "more than a series lost", VERDICT_INCOMPLETE, IMAGES + 2, GET, .lost = IMAGES + 2, .most = 6 },
	{ "one fails", VERDICT_INCOMPLETE, 1, MOVE, .lost = 1, .lost_as = FAIL, .most = 3 },
	{ "one fails in every syntax", VERDICT_INCOMPLETE, 1, GET, .lost = 1, .lost_as = FAIL, .most = 15 },
	{ "one lost by C-GET", VERDICT_COMPLETE, 0, BOTH, .lost_get = 1, .most = 3 },
	{ "all fail by C-GET", VERDICT_COMPLETE, 0, BOTH, .lost_get = OBJECTS, .lost_as = FAIL, .most = 3 },
	{ "one lost both ways", VERDICT_INCOMPLETE, 1, BOTH, .lost = 1, .most = 5 },
	{ "C-GET in one syntax only", VERDICT_COMPLETE, 0, GET, .syntax = 7, .lost_as = FAIL, .most = 12 },
	{ "C-GET not offered", VERDICT_COMPLETE, 0, BOTH, .get_as = UNSUPPORTED, .most = 2 },
	{ "nothing offered", VERDICT_FAILED, OBJECTS, GET, .get_as = UNSUPPORTED, .most = 1 },
	{ "lists refused", VERDICT_COMPLETE, 0, GET, .at_most = 8, .lists = A900, .most = 6 },
	{ "image level refused", VERDICT_COMPLETE, 0, MOVE, .first = ABORT, .first_count = 1, .image = A900, .most = 4 },
	{ "image and series level refused", VERDICT_COMPLETE, 0, GET, .first = ABORT, .first_count = 1, .image = C000, .series = C000,
	  .most = 6 },
	{ "study level refused", VERDICT_COMPLETE, 0, MOVE, .whole = C000, .most = 4 },
	{ "one object denied", VERDICT_INCOMPLETE, 1, GET, .denied = 8, .most = 10 },
	{ "refused altogether", VERDICT_FAILED, OBJECTS, GET, .whole = C000, .series = C000, .image = C000, .most = 6 },
	{ "refused for now, twice", VERDICT_COMPLETE, 0, GET, .first = BUSY, .first_count = 2, .most = 3 },
	{ "always refused for now", VERDICT_FAILED, OBJECTS, MOVE, .first = BUSY, .first_count = BOUND, .most = 12 },
	{ "unreachable, three times", VERDICT_COMPLETE, 0, GET, .first = LATER, .first_count = 3, .most = 4 },
	{ "unreachable", VERDICT_FAILED, OBJECTS, GET, .first = LATER, .first_count = BOUND, .most = 4 },
	{ "silent, twice", VERDICT_COMPLETE, 0, GET, .first = SILENT, .first_count = 2, .most = 2 + SERIES },
	{ "always silent", VERDICT_EMPTY, OBJECTS, GET, .first = SILENT, .first_count = BOUND, .most = 6 },
	{ "always silent, not listed", VERDICT_EMPTY, OBJECTS, BOTH, .first = SILENT, .first_count = BOUND, .most = 9, .unlisted = true },
	{ "stalls once", VERDICT_COMPLETE, 0, MOVE, .first = STALL, .first_count = 1, .most = 4 },
	{ "always stalls", VERDICT_FAILED, OBJECTS, GET, .first = STALL, .first_count = BOUND, .most = 9 },
	{ "always stalls, both ways", VERDICT_FAILED, OBJECTS, BOTH, .first = STALL, .first_count = BOUND, .most = 18 },
	{ "always stalls, not listed", VERDICT_FAILED, OBJECTS, GET, .first = STALL, .first_count = BOUND, .most = 7, .unlisted = true },
	{ "aborts at one object", VERDICT_INCOMPLETE, 1, GET, .bad = 7, .bad_as = ABORT, .most = 12 },
	{ "stalls at the first object", VERDICT_INCOMPLETE, 1, MOVE, .bad = 1, .bad_as = STALL, .most = 12 },
	{ "stalls at the last object", VERDICT_INCOMPLETE, 1, GET, .bad = OBJECTS, .bad_as = STALL, .most = 12 },
	{ "aborts after two each time", VERDICT_COMPLETE, 0, GET, .at_most = 2, .most = OBJECTS },
	{ "all fail, and the association with the first", VERDICT_FAILED, OBJECTS, MOVE, .lost = OBJECTS, .lost_as = FAIL,
	  .ends_after_failure = true, .at_once = true, .most = 8 },
	{ "all fail by C-GET, and the association with the first", VERDICT_FAILED, OBJECTS, GET, .lost = OBJECTS, .lost_as = FAIL,
	  .ends_after_failure = true, .at_once = true, .most = 18 },
	{ "two fail, and the association with the first", VERDICT_INCOMPLETE, 2, MOVE, .lost = 2, .lost_as = FAIL,
	  .ends_after_failure = true, .at_once = true, .most = 6 },
	{ "objects are promised and never come", VERDICT_EMPTY, OBJECTS, MOVE, .first = SILENT, .first_count = BOUND, .promises = 3,
	  .most = 3 },
	{ "lost, not listed", VERDICT_INCOMPLETE, 1, GET, .lost = 1, .unlisted = true, .again = true, .most = 4 },
};

/* Each with its list known before, and coming while the first request is under way: the end is the same. */
static void test_peers(void)
{
	for (size_t i = 0; i < 2 * countof(peers); i++) {
		const struct peer_sim *p = &peers[i / 2];
		struct sim s;

		if (p->unlisted && i % 2)
			continue;
		CHECK_CASE(p->name);
		open_listed(&s, p, i % 2);
		while (s.r.state != RETRIEVAL_OVER && s.attempts < BOUND)
			attempt(&s);
		CHECK_INT(s.r.state, RETRIEVAL_OVER);
		CHECK_INT(s.in.verdict, p->verdict);
		CHECK_INT(OBJECTS - s.r.here, p->missing);
		if (!p->unlisted)
			CHECK_INT(s.in.missing.count, p->missing);
		if (!CHECK(s.attempts <= p->most))
			printf("%d attempts\n", s.attempts);
		CHECK(!p->at_once || !s.now);
		CHECK(!s.named_wrongly);
		CHECK(p->again || s.r.image_refused || !s.sent_again);
		CHECK(!p->missing || s.in.why);
		close_sim(&s);
	}
	CHECK_CASE("");
}

/* ---- every pair of step and outcome ---- */

/* One attempt that ends so, whatever the step; every other object that it named comes when some is set. */
static void end_so(struct sim *s, enum reply reply, bool some, size_t shared)
{
	const char *sops[RETRIEVAL_BLOCK], *series;
	struct outcome o = { .completed = -1, .claimed = -1, .shared = shared, .blind = shared && reply != GOOD };
	struct request q;

	retrieval_request(&s->r, &q);
	set_why(&o, reply);
	o.failed = reply == FAIL;
	if (q.grain == GRAIN_INSTANCES) {
		o.sops = sops;
		o.asked = retrieval_block(&s->r, &q, sops, RETRIEVAL_BLOCK, &series);
		s->named_wrongly |= !o.asked;
	}
	for (size_t i = 0; some && i < o.asked; i += 2)
		o.gained += deliver(s, number_of(sops[i]));
	if (some && q.grain != GRAIN_INSTANCES)
		for (int i = 0; i < OBJECTS && !o.gained; i++)
			o.gained += deliver(s, i);
	o.finals = o.answered ? (q.form == FORM_FILES ? (int)o.asked : 1) : 0;
	s->now = s->r.not_before > s->now ? s->r.not_before : s->now;
	s->r.state = RETRIEVAL_RUNNING;
	s->attempts++;
	retrieval_after(&s->r, &s->means, &o, &s->how, s->now);
}

static void check_pair(enum retrieval_step step, enum reply reply, const struct peer_sim *p, bool some, size_t shared)
{
	static char name[80];
	struct sim s;

	snprintf(name, sizeof name, "step %d, reply %d, %s, gain %d, shared %zu", (int)step, (int)reply, p->name, some, shared);
	CHECK_CASE(name);
	open_sim(&s, p);
	s.r.step = step;
	s.r.asked = true;
	end_so(&s, reply, some, step == STEP_WHOLE ? shared : 0);
	CHECK(s.r.state == RETRIEVAL_READY || s.r.state == RETRIEVAL_OVER);
	CHECK((s.r.state == RETRIEVAL_OVER) == (s.in.verdict != VERDICT_WANTED));
	CHECK(s.r.state == RETRIEVAL_OVER || s.r.step < STEP_END);
	while (s.r.state != RETRIEVAL_OVER && s.attempts < BOUND)		/* and so on for ever: it gives up */
		end_so(&s, reply, false, 0);
	CHECK_INT(s.r.state, RETRIEVAL_OVER);
	CHECK(!s.named_wrongly);
	close_sim(&s);
}

static void test_pairs(void)
{
	static const struct peer_sim kinds[] = {
		{ "get", VERDICT_WANTED, 0, GET }, { "move", VERDICT_WANTED, 0, MOVE }, { "both", VERDICT_WANTED, 0, BOTH },
		{ "not listed", VERDICT_WANTED, 0, BOTH, .unlisted = true },
	};

	for (size_t k = 0; k < countof(kinds); k++)
		for (int step = STEP_WHOLE; step < STEP_END; step++)
			for (int reply = GOOD; reply <= UNSUPPORTED; reply++)
				for (int bits = 0; bits < 4; bits++) {
					if (kinds[k].unlisted && step != STEP_WHOLE && step != STEP_AGAIN)
						continue;
					check_pair((enum retrieval_step)step, (enum reply)reply, &kinds[k], bits & 1, bits & 2 ? 7 : 0);
				}
	CHECK_CASE("");
}

/* Replies in any order, each seed another. */
static void test_any_order(void)
{
	static const struct peer_sim both = { "any order", VERDICT_WANTED, 0, BOTH };

	for (unsigned seed = 1; seed <= 2000; seed++) {
		unsigned state = seed * 2654435761U;
		struct sim s;

		open_sim(&s, &both);
		while (s.r.state != RETRIEVAL_OVER && s.attempts < BOUND) {
			state = state * 1664525U + 1013904223U;
			end_so(&s, (enum reply)(state >> 24) % (UNSUPPORTED + 1), (state >> 16) % 8 == 0,
			       s.r.step == STEP_WHOLE && s.r.batch_max > 1 ? (state >> 20) % 4 : 0);
		}
		if (!CHECK_INT(s.r.state, RETRIEVAL_OVER) || !CHECK(!s.named_wrongly))
			printf("seed %u\n", seed);
		close_sim(&s);
	}
}

/* ---- further rules ---- */

static void test_lessons(void)
{
	static const struct peer_sim syntax = { "", VERDICT_COMPLETE, 0, GET, .syntax = 4, .lost_as = FAIL };
	static const struct peer_sim lists = { "", VERDICT_COMPLETE, 0, GET, .lists = A900, .at_most = 11 };
	struct retrieval second;
	struct request q;
	struct sim s;

	CHECK_CASE("a transfer syntax is remembered");
	open_sim(&s, &syntax);
	while (s.r.state != RETRIEVAL_OVER && s.attempts < BOUND)
		attempt(&s);
	CHECK(abilities_way(&s.means, CT) && abilities_way(&s.means, CT)->syntax == 4);
	retrieval_init(&second, &s.in, &s.means);
	retrieval_list(&second, "1.2.3.9", "1.2.3.9.1", CT);
	retrieval_believe(&second, PROOF_LIST_PLAIN, false);
	retrieval_ready(&second, &s.means);
	retrieval_request(&second, &q);
	CHECK_STR(q.syntax, "+xr");
	retrieval_done(&second);
	close_sim(&s);

	CHECK_CASE("refused lists are remembered");
	open_sim(&s, &lists);
	while (s.r.state != RETRIEVAL_OVER && s.attempts < BOUND)
		attempt(&s);
	CHECK_INT(s.means.images, IMAGES_FILES);
	close_sim(&s);
	CHECK_CASE("");
}

static void test_nearline(void)
{
	static const struct peer_sim peer = { "", VERDICT_PARKED, 0, GET, .first = FAIL, .first_count = BOUND };
	static const struct peer_sim compressed = { "", VERDICT_COMPLETE, 0, GET, .syntax = 7, .lost_as = FAIL };
	struct sim s;
	int64_t before = 0;
	int pauses = 0;

	CHECK_CASE("nearline");
	open_sim(&s, &peer);
	study_set(&s.in.study, STUDY_AVAILABILITY, "NEARLINE");
	while (s.r.state != RETRIEVAL_OVER && s.attempts < BOUND) {
		attempt(&s);
		if (s.r.state == RETRIEVAL_OVER || s.r.not_before <= s.now)
			continue;			/* another transfer syntax, at once */
		CHECK(s.r.not_before - s.now > before);		/* longer each time */
		before = s.r.not_before - s.now;
		pauses++;
	}
	CHECK_INT(pauses, s.how.retries);
	CHECK_INT(s.attempts, 1 + s.how.retries + 2 * ((int)getscu_syntaxes_count - 1));
	CHECK_INT(s.in.verdict, VERDICT_PARKED);
	close_sim(&s);

	CHECK_CASE("nearline, and it comes in one transfer syntax only");
	open_sim(&s, &compressed);
	study_set(&s.in.study, STUDY_AVAILABILITY, "NEARLINE");
	while (s.r.state != RETRIEVAL_OVER && s.attempts < BOUND)
		attempt(&s);
	CHECK_INT(s.in.verdict, VERDICT_COMPLETE);
	close_sim(&s);
	CHECK_CASE("");
}

/* Out of resources with no object failed: less is asked for, or nothing, and never what is here. */
static void test_busy(void)
{
	static const struct peer_sim peer = { "", VERDICT_INCOMPLETE, 0, GET };

	for (int retries = 0; retries < 3; retries++) {
		struct sim s;

		CHECK_CASE("busy does not lead to a coarser level");
		open_sim(&s, &peer);
		s.how.retries = retries;
		end_so(&s, GOOD, true, 0);
		while (s.r.state != RETRIEVAL_OVER && s.attempts < BOUND) {
			CHECK(s.r.step == STEP_MISSING || s.r.step == STEP_ISOLATE);
			end_so(&s, RESOURCES, false, 0);
		}
		CHECK_INT(s.r.state, RETRIEVAL_OVER);
		CHECK(!s.r.image_refused);
		close_sim(&s);
	}
	CHECK_CASE("");
}

static void test_company(void)
{
	static const struct peer_sim peer = { "", VERDICT_COMPLETE, 0, GET };
	struct sim s;

	CHECK_CASE("who got a part goes on alone");
	open_sim(&s, &peer);
	end_so(&s, ABORT, true, 99);
	CHECK_INT(s.r.step, STEP_MISSING);
	CHECK_INT(s.r.batch_max, 1);
	close_sim(&s);

	CHECK_CASE("a refused list travels as files, then alone");
	open_sim(&s, &peer);
	end_so(&s, A900, false, 99);
	CHECK_INT(s.r.company, FORM_FILES);
	CHECK(s.r.batch_max > 1);
	end_so(&s, A900, false, 99);
	CHECK_INT(s.r.batch_max, 1);
	CHECK_INT(s.r.step, STEP_WHOLE);
	close_sim(&s);

	CHECK_CASE("nobody to blame: halves");
	open_sim(&s, &peer);
	end_so(&s, ABORT, false, 99);
	CHECK_INT(s.r.batch_max, 50);
	end_so(&s, ABORT, false, 49);
	CHECK_INT(s.r.batch_max, 25);
	CHECK_INT(s.r.tries, 0);
	close_sim(&s);

	CHECK_CASE("the first of several requests failed for its objects: the others go on at once, one behind a break waits");
	for (int finals = 0; finals < 2; finals++) {
		struct outcome o = { .shared = 1, .blind = true, .finals = finals, .failed = finals ? 2 : 0 };

		open_sim(&s, &peer);
		set_why(&o, ABORT);
		retrieval_after(&s.r, &s.means, &o, &s.how, 1000);
		CHECK_INT(s.r.batch_max, 1);
		CHECK_INT(s.r.not_before > 0, !finals);
		close_sim(&s);
	}
	CHECK_CASE("");
}

static void test_stop_and_crowd(void)
{
	static const struct peer_sim peer = { "", VERDICT_COMPLETE, 0, GET };
	const struct outcome stopped = { .stopped = true, .status = -1 };
	struct outcome crowded = { .crowded = true, .status = -1 };
	struct sim s;

	CHECK_CASE("stopped, crowded out");
	open_sim(&s, &peer);
	retrieval_after(&s.r, &s.means, &stopped, &s.how, 0);
	CHECK_INT(s.r.state, RETRIEVAL_READY);
	CHECK(!s.r.asked && !s.r.tries);
	err_set(&crowded.why, ERR_BUSY, "limit");
	for (int i = 0; i < 20; i++)
		retrieval_after(&s.r, &s.means, &crowded, &s.how, 0);
	CHECK_INT(s.r.state, RETRIEVAL_READY);
	CHECK(s.r.not_before > 0 && !s.r.tries);
	close_sim(&s);
	CHECK_CASE("");
}

static void test_join(void)
{
	static const struct peer_sim peer = { "", VERDICT_COMPLETE, 0, GET };
	struct sim s;

	CHECK_CASE("what came before the list");
	open_listed(&s, &peer, true);
	for (int i = 0; i < 4; i++)
		CHECK(deliver(&s, i));
	CHECK(!deliver(&s, 2));
	CHECK(retrieval_have(&s.r, "1.2.3.9", "1.2.3.9.9", CT, "not on the list"));
	CHECK_INT(retrieval_missing(&s.r), -1);
	list_all(&s);
	retrieval_join(&s.r, &s.means);
	CHECK_INT(s.r.here, 4);
	CHECK_INT(retrieval_missing(&s.r), OBJECTS - 4);
	CHECK_INT(s.in.expected, OBJECTS);
	CHECK(!deliver(&s, 3) && deliver(&s, 4));
	CHECK(!retrieval_have(&s.r, "1.2.3.9", "1.2.3.9.9", CT, "not on the list"));
	close_sim(&s);

	CHECK_CASE("no list after all");
	open_listed(&s, &peer, true);
	deliver(&s, 0);
	retrieval_join(&s.r, &s.means);
	CHECK(s.r.here == 1 && !s.r.listed && retrieval_missing(&s.r) == -1);
	close_sim(&s);
	CHECK_CASE("");
}

/* All of a list that may have been cut is here, and nobody counted. */
static void open_doubtful(struct sim *s)
{
	static const struct peer_sim peer = { "", VERDICT_COMPLETE, 0, GET };

	open_sim(s, &peer);
	retrieval_believe(&s->r, PROOF_LIST_DOUBTFUL, false);
	for (int i = 0; i < OBJECTS; i++)
		deliver(s, i);
	s->r.told = -1;
	CHECK(retrieval_whole(&s->r) && !retrieval_settled(&s->r));
	retrieval_ask_again(&s->r);
	CHECK(s->r.state == RETRIEVAL_READY && s->r.step == STEP_AGAIN);
}

static void end_again(struct sim *s, enum reply reply, int claimed, int placed, int repeated)
{
	struct outcome o = { .completed = -1, .claimed = claimed, .placed = placed, .repeated = repeated,
			     .lost = claimed > placed ? claimed - placed : 0 };

	set_why(&o, reply);
	s->r.state = RETRIEVAL_RUNNING;
	retrieval_after(&s->r, &s->means, &o, &s->how, 0);
}

static void test_requests_for_proof(void)
{
	struct sim s;

	CHECK_CASE("it brings the same");
	open_doubtful(&s);
	end_again(&s, GOOD, OBJECTS, OBJECTS, OBJECTS);
	CHECK_INT(s.in.verdict, VERDICT_COMPLETE);
	close_sim(&s);

	CHECK_CASE("without counters");
	open_doubtful(&s);
	end_again(&s, GOOD, -1, OBJECTS, OBJECTS);
	CHECK_INT(s.in.verdict, VERDICT_COMPLETE);
	close_sim(&s);

	CHECK_CASE("each is sent twice");
	open_doubtful(&s);
	end_again(&s, GOOD, 2 * OBJECTS, 2 * OBJECTS, 2 * OBJECTS);
	CHECK_INT(s.in.verdict, VERDICT_COMPLETE);
	close_sim(&s);

	CHECK_CASE("broken off, and what was here by then is not counted twice");
	open_doubtful(&s);
	end_again(&s, STALL, OBJECTS, 4, 4);
	CHECK_INT(s.in.verdict, VERDICT_COMPLETE);
	close_sim(&s);

	CHECK_CASE("broken off, and there are more: once more, then it is told");
	open_doubtful(&s);
	end_again(&s, ABORT, OBJECTS + 5, 4, 4);
	CHECK_INT(s.r.state, RETRIEVAL_READY);
	CHECK(s.r.not_before > 0);
	end_again(&s, ABORT, OBJECTS + 5, 4, 4);
	CHECK_INT(s.r.state, RETRIEVAL_OVER);
	CHECK_INT(s.in.verdict, VERDICT_INCOMPLETE);
	CHECK_INT(s.in.expected, OBJECTS + 5);
	CHECK_HAS(s.in.why, "the PACS counts 20 objects when it sends them, and 15 are here");
	close_sim(&s);

	CHECK_CASE("refused: nothing more is known");
	open_doubtful(&s);
	end_again(&s, C000, -1, 0, 0);
	CHECK_INT(s.in.verdict, VERDICT_UNVERIFIED);
	close_sim(&s);

	CHECK_CASE("not under a limit on objects");
	open_doubtful(&s);
	s.r.seen.frugal = true;
	CHECK(retrieval_settled(&s.r));
	close_sim(&s);
	CHECK_CASE("");
}

int main(void)
{
	test_peers();
	test_pairs();
	test_any_order();
	test_lessons();
	test_nearline();
	test_busy();
	test_company();
	test_stop_and_crowd();
	test_join();
	test_requests_for_proof();
	return check_done();
}
