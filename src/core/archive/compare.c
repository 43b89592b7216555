/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PACS against disk: the lister asks which objects there are, the manifests say where they lie, the disk whether they do.  No
 * object is asked for; what is missing goes into the plan, which resume carries out. */
#include "core/archive/verify.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/files/manifest.h"
#include "core/ledger/instances.h"
#include "core/query/objects.h"
#include "core/search/find.h"
#include "dicom/tag.h"

#define GROUP 200
#define STUDIES_AT_ONCE 100
#define ROWS_MAX 100000L

static int take_study(void *owner, const struct ledger_instance *i)
{
	struct plan *plan = owner;
	struct plan_study *in = plan_add(plan);

	study_set(&in->study, STUDY_UID, i->study);
	return 1;			/* one line tells */
}

int verify_studies(const char *output, struct plan *plan, struct err *e)
{
	struct manifest_names names;
	int failed = manifest_list(output, &names, e);

	for (size_t i = 0; !failed && i < names.count; i++)
		failed = manifest_last(output, names.items[i], take_study, plan, e);
	if (!failed && !names.count)
		failed = err_set(e, ERR_INPUT, "%s has no manifest (.dicom-qr/manifest): \"dicom-qr import\" takes any folder in; or say which "
				 "studies of the PACS are meant (--study-date ...)", output);
	manifest_names_done(&names);
	return failed;
}

struct comparing {
	struct map *seen;		/* Study Instance UIDs that the PACS knows */
	struct session *session;
	struct plan *plan;
	struct objects *lister;
	struct abilities means;
	struct verify_pacs *sum;
	size_t next;
	struct retrieval *group[GROUP];
	size_t count, answered;
	struct err why;
};

/* ---- which of the studies the PACS knows ---- */

static int ask_about(struct comparing *c, const char *uids, struct find_rows *rows, struct err *e)
{
	struct query q;
	int failed;

	query_init(&q, LEVEL_STUDY);
	dataset_text(&q.keys, TAG_StudyInstanceUID, uids);
	query_add_returns(&q);
	failed = find_now(c->session, &c->plan->how.peer, &q, ROWS_MAX, rows, e);
	query_done(&q);
	c->sum->queries++;
	return failed;
}

static void take_row(struct comparing *c, const struct dataset *row)
{
	const char *uid = dataset_get(row, TAG_StudyInstanceUID);
	struct plan_study *in = *uid ? map_get(c->seen, uid) : NULL;

	if (!in || in->expected >= 0)
		return;
	study_done(&in->study);
	study_init(&in->study);
	study_from_row(&in->study, row);
	in->expected = in->study.instances >= 0 ? in->study.instances : -1;
	in->counted = in->study.instances >= 0 ? COUNT_STUDY : COUNT_NONE;
	in->verdict = VERDICT_WANTED;
}

/* In one request; what a PACS that knows no lists leaves out is asked one by one. */
static int ask_some(struct comparing *c, struct plan_study *const *in, size_t count, struct err *e)
{
	auto_buf struct buf uids = BUF_INIT(BUF_MB(1));
	struct find_rows rows = { 0 };
	int failed;
	bool believable;

	for (size_t i = 0; i < count; i++)
		buf_printf(&uids, "%s%s", i ? "\\" : "", study_get(&in[i]->study, STUDY_UID));
	failed = ask_about(c, buf_text(&uids), &rows, e);
	believable = !failed && !rows.result.why.kind && !rows.result.cut && (rows.count || count == 1);
	if (!failed && count == 1 && rows.result.why.kind) {
		*e = rows.result.why;
		failed = -1;
	}
	for (size_t i = 0; !failed && i < rows.count; i++)
		take_row(c, &rows.rows[i]);
	find_rows_done(&rows);
	for (size_t i = 0; !failed && !believable && i < count; i++)
		if (in[i]->verdict == VERDICT_SKIPPED)
			failed = ask_some(c, &in[i], 1, e);
	return failed;
}

/* Studies of which only the UID is known: those that the PACS does not know are left out, so that nobody takes its silence about
 * their objects for a PACS that lists none. */
static int ask_studies(struct comparing *c, struct err *e)
{
	struct plan_study *some[STUDIES_AT_ONCE];
	size_t count = 0;
	int failed = 0;

	c->seen = map_new();
	for (size_t i = 0; i < c->plan->count; i++) {
		struct plan_study *in = &c->plan->studies[i];

		if (in->verdict != VERDICT_WANTED || in->expected >= 0 || *study_get(&in->study, STUDY_DATE))
			continue;
		map_put(c->seen, study_get(&in->study, STUDY_UID), in);
		plan_skip(in, SKIP_UNKNOWN, "the PACS does not know it");
	}
	for (size_t i = 0; !failed && i < c->plan->count; i++) {
		struct plan_study *in = &c->plan->studies[i];

		if (map_has(c->seen, study_get(&in->study, STUDY_UID)))
			some[count++] = in;
		if (count && (count == STUDIES_AT_ONCE || i + 1 == c->plan->count)) {
			failed = c->session->signal ? err_set(e, ERR_INTERRUPTED, "stopped") : ask_some(c, some, count, e);
			count = 0;
		}
	}
	map_free(c->seen, NULL);
	return failed;
}

/* ---- which objects it lists ---- */

static void listed(void *owner, struct retrieval *r, const struct err *why)
{
	struct comparing *c = owner;

	(void)r;
	c->answered++;
	if (why->kind && !c->why.kind)
		c->why = *why;
}

static bool answered(void *owner)
{
	struct comparing *c = owner;

	if (c->session->signal)
		objects_stop(c->lister);
	return c->answered == c->count;
}

static size_t gather(struct comparing *c)
{
	c->count = c->answered = 0;
	while (c->count < GROUP && c->next < c->plan->count) {
		struct plan_study *in = &c->plan->studies[c->next++];

		if (in->verdict != VERDICT_WANTED)
			continue;
		c->group[c->count] = mem_alloc(sizeof *c->group[0]);
		retrieval_init(c->group[c->count++], in, &c->means);
	}
	return c->count;
}

static int list_group(struct comparing *c, struct err *e)
{
	objects_add(c->lister, c->group, c->count);
	if (session_run(c->session, answered, c, e) < 0)
		return -1;
	if (c->why.kind)
		*e = c->why;
	return c->why.kind ? -1 : 0;
}

struct finding_held {
	const char *output;
	struct retrieval *r;
	int files, surplus;
};

static int look(void *owner, const struct ledger_instance *i)
{
	struct finding_held *f = owner;
	auto_free char *path = file_join(f->output, i->path);
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || (i->bytes >= 0 && st.st_size != i->bytes))
		return 0;
	f->files++;
	if (f->r->listed && !map_has(f->r->objects, i->sop))
		f->surplus++;
	retrieval_have(f->r, i->series, i->sop, i->sop_class ? i->sop_class : "", i->path);
	f->r->in->bytes += st.st_size;
	return 0;
}

static void say(struct plan_study *in, char *why)
{
	free(in->why);
	in->why = why;
}

/* The verdict of a run would be about a run; here nobody asked for anything. */
static void judge(struct comparing *c, struct retrieval *r, const struct finding_held *held)
{
	struct plan_study *in = r->in;
	int missing;

	retrieval_ready(r, &c->means);
	retrieval_end(r, &c->means);
	missing = retrieval_missing(r);
	in->held = r->here;
	c->sum->here += r->here;
	c->sum->surplus += held->surplus;
	c->sum->listed += r->listed ? r->wanted : 0;
	c->sum->missing += missing > 0 ? missing : 0;
	if (!r->listed && in->expected <= 0) {
		plan_skip(in, SKIP_UNKNOWN, "the PACS lists no object of it; %d %s here", held->files, held->files == 1 ? "is" : "are");
	} else if (missing > 0 && !r->here) {
		in->verdict = VERDICT_WANTED;
		say(in, mem_str("nothing of it is here"));
	} else if (missing > 0) {
		in->verdict = VERDICT_INCOMPLETE;
		say(in, mem_printf("%d of %d objects are not here", missing, in->expected));
	} else if (held->surplus) {
		say(in, mem_printf("%d %s here that the PACS does not list", held->surplus, held->surplus == 1 ? "object is" : "objects are"));
	}
}

static int settle(struct comparing *c, struct retrieval *r, struct err *e)
{
	struct finding_held held = { c->plan->how.output, r, 0, 0 };

	r->in->bytes = 0;
	if (manifest_last(c->plan->how.output, r->uid, look, &held, e) < 0)
		return -1;
	judge(c, r, &held);
	return 0;
}

static void free_group(struct comparing *c)
{
	for (size_t i = 0; i < c->count; i++) {
		retrieval_done(c->group[i]);
		free(c->group[i]);
	}
	c->count = 0;
}

int verify_against(struct session *session, struct plan *plan, struct verify_pacs *sum, struct err *e)
{
	struct comparing c = { .session = session, .plan = plan, .sum = sum,
			       .means = { .get = true, .move = true, .first = plan->how.method == METHOD_GET ? METHOD_GET : METHOD_MOVE } };
	int failed = 0;

	memset(sum, 0, sizeof *sum);
	c.lister = objects_new(session, &plan->how.peer, listed, NULL, &c);
	failed = ask_studies(&c, e);
	while (!failed && gather(&c)) {
		failed = list_group(&c, e);
		for (size_t i = 0; i < c.count && !failed; i++)
			failed = settle(&c, c.group[i], e);
		free_group(&c);
	}
	sum->queries += objects_requests(c.lister);
	objects_free(c.lister);
	return failed;
}
