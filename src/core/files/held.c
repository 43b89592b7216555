/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An object counts as held when its recorded path is a file of its recorded size.  The manifest travels with the files, so a
 * machine without our ledger knows them too. */
#include "core/files/held.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/files/manifest.h"
#include "core/ledger/instances.h"
#include "core/ledger/studies.h"

struct holding {
	const char *output;
	struct retrieval *retrieval;
	struct ledger *adopt;		/* the manifest is read: what the ledger lacks is recorded there */
	int64_t job;
	bool begun;
	struct map *changed;		/* SOP Instance UIDs whose file is there, and of another size */
	struct err *trouble;
};

static int adopt(struct holding *h, const struct ledger_instance *i, const struct stat *st)
{
	struct ledger_instance own = *i;

	if (!h->begun && ledger_begin(h->adopt, h->trouble) < 0)
		return -1;
	h->begun = true;
	own.output = h->output;
	own.job = h->job;
	own.at = st->st_mtime;
	own.sop_class = i->sop_class ? i->sop_class : "";
	own.transfer_syntax = i->transfer_syntax ? i->transfer_syntax : "";
	own.sha256 = i->sha256 ? i->sha256 : "";
	own.node = i->node ? i->node : "";
	return ledger_instance_put(h->adopt, &own, h->trouble);
}

/* st is all zero when nothing is there. */
static bool lies_there(const char *output, const struct ledger_instance *i, struct stat *st)
{
	auto_free char *path = file_join(output, i->path);

	if (lstat(path, st) < 0)
		*st = (struct stat){ 0 };
	return S_ISREG(st->st_mode) && st->st_size == i->bytes;
}

static int look(void *owner, const struct ledger_instance *i)
{
	struct holding *h = owner;
	struct stat st;

	if (!lies_there(h->output, i, &st)) {
		if (S_ISREG(st.st_mode) && !h->changed)
			h->changed = map_new();
		if (S_ISREG(st.st_mode))
			map_put(h->changed, i->sop, NULL);
		return 0;
	}
	if (!retrieval_have(h->retrieval, i->series, i->sop, i->sop_class ? i->sop_class : "", i->path) || !h->adopt)
		return 0;
	return adopt(h, i, &st);
}

/* Those of which no other file is whole.  Said once a run, by who fetches them again. */
static void tell_changed(const struct holding *h)
{
	const struct map *here = h->retrieval->listed ? h->retrieval->objects : h->retrieval->came;
	size_t at = 0, count = 0;
	const char *sop;

	while ((sop = map_next(h->changed, &at, NULL))) {
		const struct object *o = here ? map_get(here, sop) : NULL;

		count += !o || !o->path;
	}
	if (count)
		log_warning("study %s: %zu file%s changed since they came: the objects are asked for again and put beside them; "
			    "\"dicom-qr verify --set-aside\" takes such files away", h->retrieval->uid, count, count == 1 ? " has" : "s have");
}

static int load(struct holding *h, struct ledger *ledger, struct err *e)
{
	const char *output = h->output;
	struct retrieval *r = h->retrieval;
	int failed;

	if (ledger_instances(ledger, output, r->uid, look, h, e) < 0)
		return -1;
	if (retrieval_whole(r))
		return 0;
	h->adopt = h->job ? ledger : NULL;
	e->kind = ERR_NONE;
	failed = manifest_last(output, r->uid, look, h, e);
	if (!h->begun)
		return failed || e->kind ? -1 : 0;
	if (!failed && !e->kind)
		return ledger_commit(ledger, e);
	ledger_rollback(ledger);
	return -1;
}

/* What the last run that was about the whole study, into this folder, made of as many objects. */
struct verdict_search {
	const char *output;
	int64_t job;			/* ours, which has none yet */
	int here;
	enum proof_past past;
};

static enum proof_past past_of(const struct verdict_search *s, const struct ledger_study *row, enum verdict verdict)
{
	if (verdict == VERDICT_WANTED)		/* what was complete before, and is as much as before, is so still */
		return s->past == PROOF_PAST_COMPLETE ? s->past : PROOF_PAST_UNFINISHED;
	if (row->received != s->here)
		return PROOF_PAST_UNKNOWN;
	if (verdict == VERDICT_COMPLETE)
		return PROOF_PAST_COMPLETE;
	return verdict_is_good(verdict) ? PROOF_PAST_UNKNOWN : PROOF_PAST_BAD;
}

static int look_at_verdict(void *owner, const struct ledger_study *row)
{
	struct verdict_search *s = owner;
	enum verdict verdict = VERDICT_WANTED;
	bool other = row->job == s->job || strcmp(row->output, s->output) != 0 || (row->counted && !strcmp(row->counted, PLAN_PART));

	if (!other && verdict_parse(row->verdict, &verdict) && verdict != VERDICT_SKIPPED)
		s->past = past_of(s, row, verdict);
	return 0;
}

static int load_past(struct ledger *ledger, int64_t job, const char *output, struct retrieval *r, struct err *e)
{
	struct verdict_search s = { output, job, r->here, PROOF_PAST_UNKNOWN };

	if (!r->here || r->in->series_uid || r->in->only.count || (r->listed && r->told == r->wanted))
		return 0;
	if (ledger_study_story(ledger, r->uid, look_at_verdict, &s, e) < 0)
		return -1;
	r->seen.past = s.past;
	return 0;
}

int held_load(struct ledger *ledger, int64_t job, const char *output, struct retrieval *r, struct err *e)
{
	struct holding h = { .output = output, .retrieval = r, .job = job, .trouble = e };
	int failed = load(&h, ledger, e);

	if (!failed && job && h.changed)
		tell_changed(&h);
	map_free(h.changed, NULL);
	return failed ? failed : load_past(ledger, job, output, r, e);
}

struct searching {
	const char *output;
	bool found;
};

static int find_one(void *owner, const struct ledger_instance *i)
{
	struct searching *s = owner;
	struct stat st;

	s->found = lies_there(s->output, i, &st);
	return s->found;
}

int held_any(struct ledger *ledger, const char *output, const char *study_uid, bool *ret_any, struct err *e)
{
	auto_free char *manifest = manifest_path(output, study_uid);
	struct searching s = { output, access(manifest, F_OK) == 0 };

	if (!s.found && ledger_instances(ledger, output, study_uid, find_one, &s, e) < 0)
		return -1;
	*ret_any = s.found;
	return 0;
}

struct counting {
	const char *output;
	const struct plan_study *study;
	struct map *only, *here;	/* SOP Instance UIDs; only: NULL = all */
};

static int count_one(void *owner, const struct ledger_instance *i)
{
	struct counting *c = owner;
	struct stat st;

	if ((c->study->series_uid && strcmp(c->study->series_uid, i->series) != 0) || (c->only && !map_has(c->only, i->sop)))
		return 0;
	if (lies_there(c->output, i, &st))
		map_put(c->here, i->sop, NULL);
	return 0;
}

int held_count(struct ledger *ledger, const char *output, const struct plan_study *study, int *ret_count, struct err *e)
{
	struct counting c = { .output = output, .study = study, .here = map_new() };
	const char *uid = study_get(&study->study, STUDY_UID);
	int failed;

	for (size_t i = 0; i < study->only.count; i++) {
		c.only = c.only ? c.only : map_new();
		map_put(c.only, study->only.items[i].sop, NULL);
	}
	failed = ledger_instances(ledger, output, uid, count_one, &c, e);
	if (!failed && (int)map_count(c.here) < study->received)
		failed = manifest_last(output, uid, count_one, &c, e);
	*ret_count = (int)map_count(c.here);
	map_free(c.only, NULL);
	map_free(c.here, NULL);
	return failed ? -1 : 0;
}
