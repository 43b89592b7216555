/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue of studies that are told of.  It holds names alone: what is told stands in the ledger, and is read when its turn comes.
 *
 * Command lines can be read by every user of the machine, so no path that may name a patient is on one: the program is started in the
 * folder of the study, and is given "." then. */
#include "core/tell/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/files/manifest.h"
#include "core/ledger/instances.h"
#include "core/ledger/owed.h"
#include "core/ledger/studies.h"
#include "core/tell/hook.h"

#define ON_STUDY "--on-study"
#define FAILURES_MAX 5			/* in a row: then the program, or what it needs, is broken */

struct entry {
	struct entry *next;
	char uid[];
};

/* What is told now; the texts are ours. */
struct telling {
	char *uid, *verdict, *node;
	struct ledger_owed owed;
	time_t at;
};

struct notify {
	struct session *session;
	char *program, *output, node[300];
	long long timeout_s;
	size_t depth;			/* folders of the layout that are the study's */
	bool foreign;			/* the files go to somebody else */
	struct entry *first, **end;
	struct map *tried;		/* Study Instance UIDs, by this process */
	struct telling now;
	bool running, starting;
	int failures;			/* in a row */
	bool given_up;
};

static void close_with_session(struct session *s)
{
	notify_free(s->notify);
	s->notify = NULL;
}

void notify_open(struct session *s, const struct settings *how)
{
	struct notify *a;
	struct layout *layout;
	struct err ignored = { ERR_NONE, "" };

	if (s->notify || !how->on_study)
		return;
	a = mem_alloc(sizeof *a);
	a->session = s;
	a->program = mem_str(how->on_study);
	a->output = mem_str(how->output);
	a->timeout_s = how->hook_timeout_s;
	a->foreign = settings_goes_elsewhere(how);
	a->end = &a->first;
	a->tried = map_new();
	peer_key(&how->peer, a->node);
	layout = layout_parse(how->layout, &ignored);
	a->depth = layout ? layout_study_depth(layout) : 0;
	layout_free(layout);
	s->notify = a;
	s->on_close = close_with_session;
}

static void telling_done(struct telling *t)
{
	free(t->uid);
	free(t->verdict);
	free(t->node);
	*t = (struct telling){ .uid = NULL };
}

static struct entry *take_first(struct notify *a)
{
	struct entry *entry = a->first;

	if (entry && !(a->first = entry->next))
		a->end = &a->first;
	return entry;
}

void notify_free(struct notify *a)
{
	struct entry *entry;

	if (!a)
		return;
	while ((entry = take_first(a)))
		free(entry);
	telling_done(&a->now);
	map_free(a->tried, NULL);
	free(a->program);
	free(a->output);
	free(a);
}

static void add(struct notify *a, const char *uid)
{
	size_t size = strlen(uid) + 1;
	struct entry *entry = mem_alloc(sizeof *entry + size);

	memcpy(entry->uid, uid, size);
	*a->end = entry;
	a->end = &entry->next;
}

/* ---- what is owed ---- */

static int owe(struct notify *a, const struct ledger_owed *news, struct err *e)
{
	struct ledger_owed owed = *news;

	owed.output = a->output;
	owed.node = a->node;
	owed.job = a->session->job;
	return ledger_owe(a->session->ledger, &owed, e);
}

int notify_publishing(struct notify *a, const char *const *studies, size_t count, struct err *e)
{
	struct ledger *ledger = a ? a->session->ledger : NULL;

	if (!ledger || !count)
		return 0;
	if (ledger_begin(ledger, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct ledger_owed news = { .study_uid = studies[i], .verdict = "", .expected = -1 };

		if (owe(a, &news, e) < 0) {
			ledger_rollback(ledger);
			return -1;
		}
	}
	return ledger_commit(ledger, e);
}

struct owing {
	int64_t job;			/* ours */
	bool owed, without_verdict;
};

/* What another run that lives owes, it will see to itself. */
static bool is_ours(const struct ledger_owed *o, int64_t job)
{
	return !o->alive || o->job == job;
}

static int note_owed(void *owner, const struct ledger_owed *o)
{
	struct owing *w = owner;

	w->owed = is_ours(o, w->job);
	w->without_verdict = w->owed && !*o->verdict;
	return 0;
}

/* Is there anything in it that was not told before? */
static bool is_news(const struct notify *a, const struct ledger_study *s)
{
	struct owing w = { .job = a->session->job };
	struct err ignored = { ERR_NONE, "" };
	auto_free char *last = NULL;

	if (ledger_owed(a->session->ledger, a->output, s->study_uid, note_owed, &w, &ignored) == 0 && w.owed)
		return true;
	last = ledger_last_verdict(a->session->ledger, a->output, s->study_uid, NULL);
	return !last || strcmp(last, s->verdict) != 0;
}

int notify_verdict(struct notify *a, const struct ledger_study *s, struct err *e)
{
	const struct ledger_owed news = { .study_uid = s->study_uid, .verdict = s->verdict, .expected = s->expected,
					  .received = s->received };

	if (!a || !is_news(a, s))
		return 0;
	if (owe(a, &news, e) < 0)
		return -1;
	add(a, s->study_uid);
	return 0;
}

bool notify_wants(struct session *s, const struct settings *how, const char *study_uid)
{
	struct owing w = { .job = s->job };
	struct err ignored = { ERR_NONE, "" };

	if (how->on_study && s->ledger)
		ledger_owed(s->ledger, how->output, study_uid, note_owed, &w, &ignored);
	return w.without_verdict;
}

/* ---- where its files are ---- */

struct common {
	char *folder;			/* relative to the output; NULL until there is a file */
};

/* Cuts the folder to what it has in common with that of a file, in whole components. */
static int meet_file(void *owner, const struct ledger_instance *i)
{
	struct common *c = owner;
	const char *path = i->path, *slash = strrchr(path, '/');
	size_t same = 0;

	if (!c->folder) {
		c->folder = mem_strn(path, slash ? (size_t)(slash - path) : 0);
		return 0;
	}
	for (size_t at = 0;; at++) {
		bool end = !c->folder[at];

		if ((end || c->folder[at] == '/') && path[at] == '/')
			same = at;
		if (end || c->folder[at] != path[at])
			break;
	}
	c->folder[same] = '\0';
	return 0;
}

static void cut_to_depth(char *folder, size_t depth)
{
	char *at = folder;

	while (depth-- && (at = strchr(at, '/')))
		at++;
	if (at && at > folder)
		at[-1] = '\0';
	else if (at)
		*at = '\0';
}

/* The deepest folder that holds all objects of the study, but none that the layout gives to a series; relative to the output, yours.
 * NULL: nothing of it is there. */
static char *study_folder(const struct notify *a, const char *uid, struct err *e)
{
	struct common c = { NULL };
	auto_free char *path = NULL;

	if (ledger_instances(a->session->ledger, a->output, uid, meet_file, &c, e) < 0) {
		free(c.folder);
		return NULL;
	}
	if (!c.folder)
		return NULL;
	cut_to_depth(c.folder, a->depth);
	path = file_join(a->output, c.folder);
	if (file_is_dir(path))
		return c.folder;
	free(c.folder);
	return NULL;
}

/* ---- telling ---- */

static void set(struct command *c, const char *name, const char *value)
{
	command_env_hidden(c, name, value);
}

static void set_number(struct command *c, const char *name, long long number)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", number);
	set(c, name, number < 0 ? "" : text);
}

static struct command *study_command(const struct notify *a, const char *relative)
{
	const struct telling *now = &a->now;
	struct command *c = command_new(a->program);
	auto_free char *safe = layout_safe(now->uid);
	auto_free char *folder = *relative ? file_join(a->output, relative) : mem_str(a->output);
	auto_free char *manifest = manifest_path(a->output, now->uid);
	bool nameless = !*relative || !strcmp(relative, safe);

	command_args(c, nameless ? folder : ".", now->uid, now->verdict, manifest, NULL);
	command_chdir(c, folder);
	set(c, "DICOM_QR_EVENT", "study");
	set(c, "DICOM_QR_STUDY_FOLDER", folder);
	set(c, "DICOM_QR_STUDY_UID", now->uid);
	set(c, "DICOM_QR_VERDICT", now->verdict);
	set(c, "DICOM_QR_MANIFEST", manifest);
	set(c, "DICOM_QR_OUTPUT", a->output);
	set(c, "DICOM_QR_NODE", now->node);
	set_number(c, "DICOM_QR_JOB", now->owed.job);
	set_number(c, "DICOM_QR_RECEIVED", now->owed.received);
	set_number(c, "DICOM_QR_EXPECTED", now->owed.expected);
	return c;
}

static void report(struct notify *a, const struct hook_result *r)
{
	struct totals *t = &a->session->totals;

	t->hooks++;
	a->failures = *r->words ? a->failures + 1 : 0;
	if (!*r->words)
		return;
	t->hooks_failed++;
	log_error(ON_STUDY ": %s did not end well for study %s: %s", a->program, a->now.uid, r->words);
	if (a->failures < FAILURES_MAX || r->interrupted)
		return;
	a->given_up = true;
	log_error(ON_STUDY ": that was the %dth in a row: no more is started by this run", a->failures);
}

static void told(void *owner, const struct hook_result *r)
{
	struct notify *a = owner;
	const struct ledger_hook hook = {
		.job = a->session->job ? a->session->job : a->now.owed.job, .study_uid = a->now.uid, .verdict = a->now.verdict,
		.program = a->program, .at = a->now.at, .ms = r->ms, .exit_status = r->exit_status, .words = r->words,
	};
	struct err e = { ERR_NONE, "" };

	report(a, r);
	if (ledger_told(a->session->ledger, &a->now.owed, &hook, &e) < 0) {
		log_error(ON_STUDY ": that study %s was told of is not recorded: %s", a->now.uid, e.text);
		a->given_up = true;
	}
	telling_done(&a->now);
	a->running = false;
	if (!a->starting)
		notify_next(a);
}

static int read_owed(void *owner, const struct ledger_owed *o)
{
	struct telling *now = owner;

	*now = (struct telling){ .uid = mem_str(o->study_uid), .verdict = mem_str(o->verdict), .node = mem_str(o->node), .owed = *o,
				 .at = clock_wall() };
	return 0;
}

/* Its turn.  What was told meanwhile, or is being added to, is passed over. */
static void tell(struct notify *a, const char *uid)
{
	struct ledger *ledger = a->session->ledger;
	struct err e = { ERR_NONE, "" };
	auto_free char *relative = NULL;

	if (ledger_owed(ledger, a->output, uid, read_owed, &a->now, &e) == 0 && a->now.uid && *a->now.verdict) {
		a->now.owed.output = a->output;		/* what was lent is ours now */
		a->now.owed.study_uid = a->now.uid;
		a->now.owed.verdict = a->now.verdict;
		a->now.owed.node = a->now.node;
		relative = study_folder(a, uid, &e);
		if (relative || a->foreign || !a->now.owed.received) {
			map_put(a->tried, uid, NULL);
			a->running = true;
			hook_start(a->session, study_command(a, relative ? relative : ""), ON_STUDY, a->timeout_s, told, a);
			return;
		}
		log_verbose(ON_STUDY ": nothing is left of study %s: nobody is told", uid);
		if (!e.kind)
			ledger_owed_drop(ledger, &a->now.owed, &e);
	}
	if (e.kind)
		log_error(ON_STUDY ": %s", e.text);
	telling_done(&a->now);
}

static bool may_start(const struct notify *a)
{
	return !a->given_up && !a->session->signal;
}

void notify_next(struct notify *a)
{
	if (!a)
		return;
	a->starting = true;
	while (a->first && !a->running && may_start(a)) {
		struct entry *entry = take_first(a);

		tell(a, entry->uid);
		free(entry);
	}
	a->starting = false;
}

/* ---- the end ---- */

static bool over(void *owner)
{
	const struct notify *a = owner;

	return !a->running && (!a->first || !may_start(a));
}

static int add_earlier(void *owner, const struct ledger_owed *o)
{
	struct notify *a = owner;

	if (*o->verdict && !map_has(a->tried, o->study_uid) && is_ours(o, a->session->job))
		add(a, o->study_uid);
	return 0;
}

static int count_owed(void *owner, const struct ledger_owed *o)
{
	struct notify *a = owner;

	a->session->totals.hooks_owed += *o->verdict && is_ours(o, a->session->job);
	return 0;
}

int notify_wait(struct notify *a, struct err *e)
{
	if (!a || !a->session->ledger)
		return 0;
	notify_next(a);
	return session_run(a->session, over, a, e);
}

int notify_rest(struct notify *a, struct err *e)
{
	struct totals *t = a ? &a->session->totals : NULL;

	if (notify_wait(a, e) < 0)
		return -1;
	if (!a || !a->session->ledger)
		return 0;
	if (ledger_owed_all(a->session->ledger, a->output, add_earlier, a, e) < 0 || notify_wait(a, e) < 0)
		return -1;
	t->hooks_owed = 0;
	if (ledger_owed_all(a->session->ledger, a->output, count_owed, a, e) < 0)
		return -1;
	if (t->hooks_owed)
		log_warning(ON_STUDY ": the next run with it tells of %lld stud%s", t->hooks_owed, t->hooks_owed == 1 ? "y" : "ies");
	return 0;
}
