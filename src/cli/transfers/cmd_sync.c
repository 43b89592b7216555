/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr sync: the command for cron.  It asks for the days that are not covered and for some days before them, retrieves what is new,
 * and prints nothing when there is nothing to report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/progress.h"
#include "cli/transfers/dryrun.h"
#include "cli/transfers/fetch.h"
#include "cli/transfers/selection.h"
#include "core/ledger/marks.h"
#include "core/nightly/nightly.h"
#include "core/node/facts.h"
#include "core/query/studies.h"
#include "core/retrieve/job.h"
#include "dicom/tag.h"
#include "dicom/value.h"

#define LOOKBACK_S (3 * 86400LL)
#define TOLD_STUDIES 20
#define TOLD_GIVEN_UP 5

static const struct opt *const tables[] = {
	options_sync, options_query, options_key, options_select, options_retrieve, options_limits, options_tell, options_node, options_general, NULL
};

const struct opt_command command_sync = {
	.name = "dicom-qr sync",
	.synopsis = "NODE [options]",
	.summary = "retrieve what is new since the last covered day; for cron",
	.description =
		"Asks the PACS for the studies of each day since the last covered day, and of some days before it (--lookback), for studies that "
		"arrived late or have grown, and retrieves what is not here.  A study of which the PACS counts as many objects as are here costs "
		"nothing beyond that query; of a study that has grown only the new objects are retrieved.  After days without a run, the next run "
		"begins where the last complete run ended.\n"
		"\n"
		"A day is covered when it was over before the run began, the PACS answered completely, and each of its studies is complete here.  The "
		"watermark is the last day up to which all days are covered.  The ledger keeps one for each node, output folder and set of "
		"conditions, so that runs for CT and for MR do not disturb each other.  It does not move over today, over a day with a cut answer, "
		"over a day with a study that is incomplete, failed, empty, parked, or postponed by --settle or a limit, nor over a day of which the "
		"PACS returned a study without a usable Study Instance UID.  Such a day is asked for again by each run.\n"
		"\n"
		"A study that never becomes complete holds the watermark until it is given up: by \"dicom-qr sync NODE ... --give-up UID\", or by "
		"--give-up-after.  Each run then names it, and \"dicom-qr report\" shows it.  --take-up UID asks for it again.  A study that arrives "
		"by other means counts as any study.  --restart forgets the watermark.\n"
		"\n"
		"The first run begins at --from, else as many days ago as --lookback says, and prints that day; no later run looks further back.  A "
		"watermark in the future (a wrong clock) is not used, with a warning; a run whose clock says a day before 2020 remembers nothing.  "
		"Days are days of the local time zone.\n"
		"\n"
		"It prints nothing when there was nothing to do, one line when something was done, and errors on standard error; -v shows more.  Of "
		"two runs for the same node, folder and conditions the second ends with status 9.  A run that a limit ended has status 8, and the "
		"next run carries on.",
	.examples =
		"dicom-qr sync pacs --method c-get --output /data/studies --hierarchical\n"
		"dicom-qr sync pacs --method c-get --output /data/ct --modality CT --settle 2h --max-duration 5h\n"
		"dicom-qr sync pacs --listen 11113 --output /data/dose --select dose --from 2024-01-01 --log-file /var/log/dose-sync.log\n"
		"17 2 * * * dicom-qr sync pacs --method c-get --output /data/studies --settle 2h",
	.tables = tables,
};

/* ---- what makes it this run and no other ---- */

#define AT(member) offsetof(struct values, member)
static const struct { const char *name; size_t at; bool private; } parts[] = {
	{ "patient-name", AT(patient_name), true }, { "patient-id", AT(patient_id), true },
	{ "accession-number", AT(accession_number), true }, { "study-uid", AT(study_uid), false }, { "modality", AT(modality), false },
	{ "study-description", AT(study_description), false }, { "study-time", AT(study_time), false },
	{ "desc-include", AT(desc_include), false }, { "desc-exclude", AT(desc_exclude), false },
	{ "station-include", AT(station_include), false }, { "station-exclude", AT(station_exclude), false },
	{ "select", AT(select), false }, { "series-modality", AT(series_modality), false },
	{ "series-description", AT(series_description), false }, { "sop-class", AT(sop_class), false },
};

/* exact: for the digest; else for people. */
static void describe(const struct values *v, const struct settings *how, bool exact, struct buf *out)
{
	if (settings_goes_elsewhere(how))
		buf_printf(out, "to %s", how->destination);
	else
		buf_str(out, how->output);
	for (size_t i = 0; i < countof(parts); i++) {
		const char *value = *(const char *const *)(const void *)((const char *)v + parts[i].at);

		if (value && *value && (parts[i].at != AT(select) || strcmp(value, "all") != 0))
			buf_printf(out, "%c%s=%s", exact ? '\n' : ' ', parts[i].name, parts[i].private && !exact ? "*****" : value);
	}
	if (v->sr_only)
		buf_printf(out, "%csr-only", exact ? '\n' : ' ');
	if (v->empty_sr)
		buf_printf(out, "%cempty-sr", exact ? '\n' : ' ');
}

/* Beside the ledger, which is where its watermark is. */
static int lock_run(const struct session *s, const struct ledger_sync *memory, struct err *e)
{
	auto_buf struct buf text = BUF_INIT(1 << 16);
	auto_free char *path = NULL;
	const char *slash = strrchr(ledger_path(s->ledger), '/');
	char name[65];

	buf_printf(&text, "%s\n%s", memory->node, memory->scope);
	nightly_scope(buf_text(&text), name);
	path = mem_printf("%.*s.%s.sync-%.16s.lock", (int)(slash + 1 - ledger_path(s->ledger)), ledger_path(s->ledger), slash + 1, name);
	return file_lock(path, e) < 0 ? err_in(e, "sync of %.100s into %.100s", memory->node, memory->what) : 0;
}

/* ---- one run ---- */

struct night {
	struct task *task;
	struct session *s;		/* these five are the task's */
	struct values *v;
	struct plan *plan;
	struct query *q;
	struct filter *c;
	struct nightly y;
	struct studies_found found;
	struct run_result result;	/* zeroed when nothing was to be run */
	bool whole;			/* all that was asked was answered */
	bool elsewhere;			/* moved to somebody else */
	bool silent, loud;		/* -q; -v, -d or --progress: as for those who watch */
	char node[300], range[20];
};

static bool note_result(void *owner, const struct run_result *result)
{
	struct night *n = owner;

	n->result = *result;
	return !n->loud;
}

/* One line, each night. */
static void tell_given_up(const struct night *n)
{
	auto_buf struct buf line = BUF_INIT(1 << 14);
	size_t at = 0, told = 0, count = map_count(n->y.given_up);
	const char *uid;

	if (!count || n->silent)
		return;
	while (told < TOLD_GIVEN_UP && (uid = map_next(n->y.given_up, &at, NULL)))
		buf_printf(&line, "%s%s", told++ ? ", " : "", uid);
	printf("%s: %zu stud%s given up: %s%s\n", n->node, count, count == 1 ? "y is" : "ies are", buf_text(&line), count > told ? ", ..." : "");
}

static void say_days(const struct night *n)
{
	const struct watermark_days *d = &n->y.days;

	if (!d->settled)
		log_error("the clock says that today is %d: nothing of this run is remembered", d->until);
	else if (d->doubtful)
		log_error("the watermark %d of %s lies in the future and is not used: was the clock set back?", d->doubtful, n->node);
	if (d->first && !n->silent)
		printf("%s into %s: no earlier run; this run begins at %d (--from DAY changes that)\n", n->node, n->y.memory.what, d->from);
	log_verbose("days %s are asked for; complete up to %d before this run", n->range, d->mark);
	tell_given_up(n);
	fflush(stdout);
}

static size_t wanted(const struct plan *plan)
{
	struct plan_summary sum;

	plan_summarise(plan, &sum);
	return sum.studies[VERDICT_WANTED];
}

/* From the answers to the plan; *ret_queries: how many C-FINDs it took. */
static int choose(struct night *n, int *ret_queries, struct err *e)
{
	int asked = 0;

	n->whole = n->found.result.whole && !n->found.nameless;
	if (nightly_choose(&n->y, n->plan, e) < 0 || selection_make(n->s, n->plan, n->v, &n->whole, &asked, e) < 0)
		return -1;
	if (wanted(n->plan) && job_survey(n->s, n->plan, n->v->dry_run, ret_queries, e) < 0)
		return -1;
	*ret_queries += asked + n->found.asked + n->found.result.queries;
	return 0;
}

/* ---- what it says ---- */

/* Those that were never tried have nothing to tell. */
static bool is_bad(const struct plan_study *in)
{
	return !verdict_is_good(in->verdict) && !plan_study_cut(in) && (in->verdict != VERDICT_WANTED || in->why);
}

/* With -q one line for all. */
static void tell_bad_studies(const struct night *n)
{
	size_t bad = 0, most, told = 0;

	for (size_t i = 0; i < n->plan->count; i++)
		bad += is_bad(&n->plan->studies[i]);
	most = !n->silent ? TOLD_STUDIES : bad == 1;
	for (size_t i = 0; i < n->plan->count && told < most; i++) {
		const struct plan_study *in = &n->plan->studies[i];

		if (!is_bad(in))
			continue;
		told++;
		log_error("study %s of %s is %s%s%s", study_get(&in->study, STUDY_UID), study_get(&in->study, STUDY_DATE),
			  verdict_name(in->verdict), in->why ? ": " : "", in->why ? in->why : "");
	}
	if (bad > told)
		log_error("%zu %sstudies are not complete: see dicom-qr report --incomplete", bad - told, told ? "more " : "");
}

static void add_verdicts(const struct night *n, struct buf *line)
{
	static const struct { enum verdict verdict; const char *word; } order[] = {
		{ VERDICT_COMPLETE, "complete" }, { VERDICT_COMPLETE_BY_COUNT, "complete by count" }, { VERDICT_UNVERIFIED, "unverified" },
		{ VERDICT_INCOMPLETE, "incomplete" }, { VERDICT_EMPTY, "empty" }, { VERDICT_FAILED, "failed" },
		{ VERDICT_PARKED, "parked" }, { VERDICT_WANTED, "not done" },
	};
	struct plan_summary sum;
	size_t grown = 0, studies = 0, in_part = 0;
	const char *before = ": ";

	plan_summarise(n->plan, &sum);
	for (size_t i = 0; i < n->plan->count; i++) {
		studies += n->plan->studies[i].verdict != VERDICT_SKIPPED;
		grown += n->plan->studies[i].verdict != VERDICT_SKIPPED && n->y.studies[i].grown;
		in_part += plan_study_cut(&n->plan->studies[i]);
	}
	sum.studies[VERDICT_INCOMPLETE] -= in_part;
	buf_printf(line, "%s", show_studies(studies));
	if (grown)
		buf_printf(line, ", %zu of them grown", grown);
	for (size_t i = 0; i < countof(order); i++)
		if (sum.studies[order[i].verdict]) {
			buf_printf(line, "%s%zu %s", before, sum.studies[order[i].verdict], order[i].word);
			before = ", ";
		}
	if (in_part)
		buf_printf(line, "%s%zu in part", before, in_part);
}

/* Objects; of what went to somebody else as many as the PACS says. */
static long long came(const struct night *n)
{
	long long sum = 0;

	if (!n->elsewhere)
		return n->result.progress.objects;
	for (size_t i = 0; i < n->plan->count; i++)
		sum += n->plan->studies[i].verdict == VERDICT_SKIPPED ? 0 : n->plan->studies[i].received;
	return sum;
}

static void add_rest(const struct night *n, struct buf *line)
{
	const struct run_result *r = &n->result;
	const long long objects = came(n);

	buf_printf(line, "; %lld object%s", objects, objects == 1 ? "" : "s");
	if (n->elsewhere)
		buf_printf(line, " sent to %s", n->plan->how.destination);
	else
		buf_printf(line, ", %s", show_bytes(r->progress.bytes));
	buf_printf(line, " in %s", show_duration(r->progress.elapsed_ms));
	if (r->conflicts)
		buf_printf(line, "; %d conflict%s", r->conflicts, r->conflicts == 1 ? "" : "s");
	if (r->damaged + r->foreign)
		buf_printf(line, "; %d in quarantine", r->damaged + r->foreign);
	if (n->plan->cut_by || r->limit)
		buf_printf(line, "; stopped by %s, the next run carries on", r->limit ? r->limit : n->plan->cut_by);
	else if (r->interrupted)
		buf_str(line, "; interrupted, the next run carries on");
}

/* One line when something came, or something is to be known. */
static void tell_end(const struct night *n, int status, bool ran)
{
	auto_buf struct buf line = BUF_INIT(1 << 14);

	if (!n->found.result.whole && !n->loud)
		log_error("%s", n->found.result.statement);
	if (!n->loud && n->found.nameless)
		log_error("%d answer%s without a usable Study Instance UID: such a study cannot be retrieved", n->found.nameless,
			  n->found.nameless == 1 ? "" : "s");
	if (!n->loud)
		tell_bad_studies(n);
	if (n->silent || (status == EXIT_ALL_THERE ? !came(n) && !n->result.conflicts : !ran && !n->plan->cut_by))
		return;
	buf_printf(&line, "%s, %s: ", n->node, n->range);
	add_verdicts(n, &line);
	add_rest(n, &line);
	printf("%s\n", buf_text(&line));
}

/* ---- carrying out ---- */

static int carry_out(struct night *n, struct err *e)
{
	const bool ran = wanted(n->plan);
	int status = n->whole ? EXIT_ALL_THERE : EXIT_INCOMPLETE;

	if (ran)
		status = fetch_run_telling(n->task, NULL, !n->whole, note_result, n);
	else if (task_record(n->task, status, "nothing new", e) < 0)
		return -1;
	if (status == EXIT_ALL_THERE && n->plan->cut_by)
		status = EXIT_LIMIT;
	tell_end(n, status, ran);
	return nightly_commit(&n->y, n->plan, &n->found, e) < 0 ? -1 : status;
}

static int work(struct night *n, struct err *e)
{
	int queries = 0;

	say_days(n);
	facts_steer(n->s, &n->plan->how.peer, n->q);
	if (studies_query(n->s, n->plan, n->q, n->c, &n->found, e) < 0 || choose(n, &queries, e) < 0)
		return -1;
	log_verbose("%zu studies already complete here, %zu postponed by --settle", n->y.held, n->y.unsettled);
	if (!n->v->dry_run)
		return carry_out(n, e);
	if (dryrun_print(n->task, n->q, &n->found, queries, e) < 0)
		return -1;
	return n->whole ? EXIT_ALL_THERE : EXIT_INCOMPLETE;
}

/* ---- beginning ---- */

static int prepare(struct night *n, struct err *e)
{
	struct settings *how = &n->plan->how;

	if (task_peer(n->task, &how->peer, e) < 0 || values_settings(n->v, how, e) < 0 || settings_check(how, true, e) < 0)
		return -1;
	n->v->study_date = "-1d";		/* several days, whichever: they are known when the ledger is */
	if (values_query(n->v, n->q, n->c, e) < 0)
		return -1;
	peer_key(&how->peer, n->node);
	return 0;
}

/* Which nightly run it is: by its node, folder and conditions. */
static void name_run(struct night *n)
{
	auto_buf struct buf exact = BUF_INIT(1 << 20);

	describe(n->v, &n->plan->how, true, &exact);
	nightly_scope(buf_text(&exact), n->y.scope);
	n->y.session = n->s;
	n->y.memory.node = n->node;
	n->y.memory.scope = n->y.scope;
}

/* --give-up, --take-up: the ledger alone is asked. */
static int change_waiting(struct night *n, struct err *e)
{
	const bool up = n->v->give_up != NULL;
	const char *uid = up ? n->v->give_up : n->v->take_up;
	int date = 0;

	n->task->no_run = true;
	if (n->v->give_up && n->v->take_up)
		return err_set(e, ERR_USAGE, "--give-up and --take-up exclude each other");
	if (!uid_is_repeatable(uid))
		return err_set(e, ERR_USAGE, "--%s: '%.80s' is not a UID", up ? "give-up" : "take-up", uid);
	if (session_open_ledger(n->s, e) < 0 || lock_run(n->s, &n->y.memory, e) < 0)
		return -1;
	if ((up ? nightly_give_up(&n->y, uid, &date, e) : nightly_take_up(&n->y, uid, e)) < 0)
		return -1;
	if (!n->silent && up)
		printf("Study %s of %d is given up: sync --take-up %s asks for it again\n", uid, date, uid);
	else if (!n->silent)
		printf("Study %s is asked for again while its day is\n", uid);
	return EXIT_ALL_THERE;
}

/* The days, once it is known which run this is, and that no other is at it. */
static int enter(struct night *n, struct err *e)
{
	struct date_range *dates = &n->c->dates;
	struct dose_rules rules;
	int from = 0;

	if (values_select(n->v, &rules, e) < 0)
		return -1;
	if (n->v->from && date_day_parse(n->v->from, &from, e) < 0)
		return err_in(e, "--from");
	n->y.selecting = dose_wants(&rules);
	n->y.session = n->s;
	n->y.dry = n->v->dry_run;
	n->elsewhere = settings_goes_elsewhere(&n->plan->how);
	n->y.settle_s = n->v->settle > 0 ? n->v->settle : 0;
	n->y.give_up_days = n->v->give_up_after > 0 ? watermark_lookback(n->v->give_up_after) : 0;
	if (!n->v->dry_run && lock_run(n->s, &n->y.memory, e) < 0)
		return -1;
	if (nightly_open(&n->y, watermark_lookback(n->v->lookback < 0 ? LOOKBACK_S : n->v->lookback), from, n->v->restart, e) < 0)
		return -1;
	*dates = (struct date_range){ n->y.days.from, n->y.days.until };
	date_range_format(dates, n->range);
	dataset_text(&n->q->keys, TAG_StudyDate, n->range);
	return 0;
}

static int run_night(struct night *n, struct err *e)
{
	auto_buf struct buf what = BUF_INIT(1 << 20);
	int status = -1;

	if (prepare(n, e) < 0)
		return -1;
	describe(n->v, &n->plan->how, false, &what);
	n->y.memory.what = buf_text(&what);
	name_run(n);
	if (n->v->give_up || n->v->take_up)
		status = change_waiting(n, e);
	else if (job_open(n->s, &n->plan->how, e) == 0 && enter(n, e) == 0)
		status = work(n, e);
	nightly_close(&n->y);
	return status;
}

static bool is_loud(const struct values *v)
{
	return v->verbose || v->debug || (v->progress && strcmp(v->progress, "none") != 0);
}

struct sync_values {
	struct values v;		/* first: the option rows are those of all commands */
	bool silent;			/* -q was given */
};

/* For all that is shared with commands that people watch a nightly run is quiet. */
static bool hush(struct task *t)
{
	struct sync_values *own = t->kind->options;

	own->silent = own->v.quiet;
	own->v.quiet = !is_loud(&own->v);
	return false;
}

static int sync_node(struct task *t, struct err *e)
{
	struct night *n = mem_alloc(sizeof *n);
	int status;

	n->task = t;
	n->s = &t->session;
	n->v = t->values;
	n->plan = &t->plan;
	n->q = &t->query;
	n->c = &t->filter;
	n->loud = is_loud(t->values);
	n->silent = ((const struct sync_values *)t->kind->options)->silent;
	status = run_night(n, e);
	free(n);
	return status;
}

int cmd_sync(int argc, char **argv)
{
	struct sync_values own = { .silent = false };

	return task_run(&(struct task_kind){ .about = &command_sync, .work = sync_node, .options = &own, .values = &own.v, .answered = hush,
					     .job = JOB_SYNC, .fetches = true }, argc, argv);
}
