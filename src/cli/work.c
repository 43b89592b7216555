/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One way for all commands from options to a plan carried out and reported. */
#include "cli/work.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "cli/exit.h"
#include "cli/progress.h"
#include "core/archive/validate.h"
#include "core/plan/state.h"
#include "core/query/limits.h"
#include "core/query/series.h"
#include "core/retrieve/run.h"
#include "dicom/tag.h"

#define ROWS_MAX 5000000L

int work_argc;
char **work_argv;

/* Options whose values may identify a patient. */
static bool is_private(const char *word)
{
	static const char *const names[] = { "--patient-name", "--patient-id", "--accession-number", "--key", "-k" };

	for (size_t i = 0; i < countof(names); i++)
		if (!strncmp(word, names[i], strlen(names[i])))
			return true;
	return false;
}

char *work_command_line(void)
{
	struct buf line = BUF_INIT(1 << 16);
	bool hide = false;

	for (int i = 0; i < work_argc; i++) {
		const char *equals = strchr(work_argv[i], '=');

		if (i)
			buf_char(&line, ' ');
		if (hide)			/* also -5: the parser takes any word for the value */
			buf_str(&line, "*****");
		else if (is_private(work_argv[i]) && equals)
			buf_printf(&line, "%.*s=*****", (int)(equals - work_argv[i]), work_argv[i]);
		else
			command_quote(&line, work_argv[i]);
		hide = is_private(work_argv[i]) && !equals;
	}
	return buf_take(&line);
}

static enum progress_mode progress_mode(const struct values *v)
{
	static const struct { const char *word; enum progress_mode mode; } modes[] = {
		{ "auto", PROGRESS_AUTO }, { "plain", PROGRESS_PLAIN }, { "json", PROGRESS_JSON }, { "none", PROGRESS_NONE },
	};

	for (size_t i = 0; v->progress && i < countof(modes); i++)
		if (!strcmp(v->progress, modes[i].word))
			return modes[i].mode;
	return PROGRESS_AUTO;
}

int work_begin(struct values *v, struct err *e)
{
	enum log_level level = v->debug ? LOG_DEBUG : v->verbose ? LOG_VERBOSE : v->quiet ? LOG_ERROR : LOG_WARNING;

	v->begun_ms = clock_ms();
	log_show_all(v->log_phi);
	return log_setup(level, v->log_file, e);
}

int work_open(struct session *s, const struct settings *how, struct err *e)
{
	static const char *const get[] = { "getscu", "dcmdump", NULL }, *const move[] = { "movescu", "dcmdump", NULL },
			  *const receive[] = { "storescp", NULL };

	if (session_hours(s, how->window, e) < 0 || session_open_ledger(s, e) < 0 || session_open(s, e) < 0 ||
	    session_need_tools(s, how->method == METHOD_MOVE ? move : get, e) < 0)
		return -1;
	if (how->method == METHOD_AUTO && how->listen_port && session_need_tools(s, move, e) < 0)
		return -1;
	if (how->listen_port && session_need_tools(s, receive, e) < 0)
		return -1;
	session_timeouts(s, how->timeout_s, how->first_timeout_s);
	return dcmtk_tls_check(&s->dcmtk, &how->peer.tls, how->method == METHOD_MOVE ? "movescu" : "getscu", e);
}

/* ---- query into a plan ---- */

struct asking {
	struct session *session;
	struct plan *plan;
	const struct filter *conditions;
	struct work_found *found;
	struct map *seen;
	struct search *windows;
	size_t untold;			/* studies in the plan of which a condition cannot be checked by their row */
	bool over;
};

static void note_ignored(struct work_found *found, const char *which)
{
	size_t len = strlen(found->ignored);

	if (!strstr(found->ignored, which))
		snprintf(found->ignored + len, sizeof found->ignored - len, "%s%s", len ? ", " : "", which);
}

/* Longer ones than the standard's 64 exist, and are repeated to the PACS as it gave them. */
static bool is_plain_uid(const char *uid)
{
	size_t len = strlen(uid);

	return len && len <= 128 && strspn(uid, "0123456789.") == len;
}

static void leave_out(struct asking *a, const struct study *study, const char *why)
{
	a->found->left_out++;
	note_ignored(a->found, !strncmp(why, "modality", 8) ? "modality" : !strncmp(why, "study date", 10) ? "date" : "other conditions");
	log_debug("left out: %s: %s", study_get(study, STUDY_UID), why);
}

static void row(void *owner, struct dataset *set)
{
	struct asking *a = owner;
	struct plan_study *in;
	struct study study;
	const char *unknown = NULL;
	char room[200];

	study_init(&study);
	study_from_row(&study, set);
	a->found->rows++;
	if (!is_plain_uid(study_get(&study, STUDY_UID))) {
		a->found->nameless++;
		log_warning("an answer without a usable Study Instance UID is left out");
		study_done(&study);
	} else if (filter_miss(a->conditions, &study, room, sizeof room, &unknown)) {
		leave_out(a, &study, room);
		study_done(&study);
	} else if (!map_put(a->seen, study_get(&study, STUDY_UID), NULL)) {
		log_debug("answered twice: %s", study_get(&study, STUDY_UID));
		study_done(&study);
	} else {
		in = plan_add(a->plan);
		study_done(&in->study);
		in->study = study;
		in->expected = study.instances;
		in->counted = study.instances >= 0 ? COUNT_STUDY : COUNT_NONE;
		a->untold += filter_need_series(a->conditions, &study);
	}
}

/* Those whose series show that they do not meet the conditions leave the plan. */
static void check_again(struct asking *a, size_t first)
{
	struct plan *plan = a->plan;
	size_t kept = first;
	char room[200];

	for (size_t i = first; i < plan->count; i++) {
		struct plan_study in = plan->studies[i];

		if (filter_miss(a->conditions, &in.study, room, sizeof room, NULL)) {
			leave_out(a, &in.study, room);
			plan_study_done(&in);
		} else {
			if (in.expected < 0 && in.study.instances >= 0) {
				in.expected = in.study.instances;
				in.counted = COUNT_SERIES;
			}
			plan->studies[kept++] = in;
		}
	}
	plan->count = kept;
}

void work_tell_untold(const struct filter *c, struct study *const *studies, size_t count)
{
	size_t untold = 0;

	for (size_t i = 0; i < count; i++)
		untold += filter_need_series(c, studies[i]);
	if (untold)
		log_warning("%zu studies stay in though the PACS does not tell their %s", untold,
			    c->station_include || c->station_exclude ? "modality or station" : "modality");
}

/* What the rows do not tell is asked of the series, for those studies only. */
static int ask_series(struct asking *a, size_t first, struct err *e)
{
	auto_free struct study **untold = NULL;
	struct series result;
	size_t count = 0;

	if (!a->untold)
		return 0;
	untold = mem_alloc(a->untold * sizeof *untold);
	for (size_t i = first; i < a->plan->count && count < a->untold; i++)
		if (filter_need_series(a->conditions, &a->plan->studies[i].study))
			untold[count++] = &a->plan->studies[i].study;
	log_verbose("of %zu studies the PACS does not tell what is a condition: their series are asked", count);
	if (series_studies(a->session, &a->plan->how.peer, untold, count, &result, e) < 0)
		return -1;
	a->found->asked = result.queries;
	a->session->totals.queries += result.queries;
	work_tell_untold(a->conditions, untold, count);
	check_again(a, first);
	return 0;
}

static void asked(void *owner, const struct search_result *result)
{
	struct asking *a = owner;

	a->found->result = *result;
	a->windows = NULL;
	a->over = true;
}

static bool asking_over(void *owner)
{
	struct asking *a = owner;

	if ((a->session->signal || session_closed(a->session)) && a->windows)
		search_stop(a->windows);
	return a->over;
}

static const char *user_name(void)
{
	const struct passwd *user = getpwuid(getuid());

	return user ? user->pw_name : "";
}

static void put_query(struct session *s, const struct peer *peer, const struct query *q, const char *keys, const struct search_result *r)
{
	struct err e = { ERR_NONE, "" };
	char node[300];
	struct ledger_query record = { .node = node, .level = level_name(q->level), .model = model_name(peer->model),
		.at = r->began, .user = user_name(), .ms = r->last.ms, .rows = (int)r->rows, .status = r->last.status, .comment = r->last.comment,
		.cut = !r->whole || r->why.kind, .keys = keys };

	peer_key(peer, node);
	if (s->ledger && ledger_query_add(s->ledger, &record, &e) < 0)
		log_error("%s", e.text);
}

void work_record_query(struct session *s, const struct peer *peer, const struct query *q, const struct search_result *r)
{
	auto_buf struct buf keys = BUF_INIT(1 << 16);

	find_describe(q, &keys);
	put_query(s, peer, q, buf_text(&keys), r);
}

/* Conditions that are no keys of the query, as words beside them. */
static void describe_here(const struct filter *c, const struct query *q, struct buf *out)
{
	const bool here[] = { c->include || c->exclude, c->station_include || c->station_exclude, c->sr_only,
			      c->timed && !*dataset_get(&q->keys, TAG_StudyTime) };
	static const char *const words[] = { "description", "station", "SR-only", "time" };

	if (c->modality && !*dataset_get(&q->keys, TAG_ModalitiesInStudy)) {
		buf_str(out, " Modality=");
		for (const char *at = c->modality; *at; at++)
			if (*at != ' ')
				buf_char(out, *at);
	}
	for (size_t i = 0; i < countof(here); i++)
		if (here[i])
			buf_printf(out, " checked-here:%s", words[i]);
}

static void record(struct session *s, const struct plan *plan, const struct query *q, const struct filter *c,
		   const struct search_result *r)
{
	auto_buf struct buf keys = BUF_INIT(1 << 16);

	find_describe(q, &keys);
	describe_here(c, q, &keys);
	put_query(s, &plan->how.peer, q, buf_text(&keys), r);
}

/* The days before the first one that could not be made whole were asked as well as any, unless it was given up before. */
static void record_parts(struct session *s, const struct plan *plan, size_t first, const struct query *q, const struct filter *c,
			 const struct search_result *r)
{
	struct date_range before = { c->dates.from, r->whole || r->why.kind || !r->first_missed ? 0 : date_add(r->first_missed, -1) };
	struct search_result whole = { .whole = true, .began = r->began }, rest = *r;
	struct query part;
	char dates[20];

	if (!before.until || before.until < before.from) {
		record(s, plan, q, c, r);
		return;
	}
	for (size_t i = first; i < plan->count; i++)
		whole.rows += date_range_has(&before, date_parse(study_get(&plan->studies[i].study, STUDY_DATE)));
	rest.rows -= whole.rows;
	query_init(&part, q->level);
	dataset_copy(&part.keys, &q->keys);
	date_range_format(&before, dates);
	dataset_text(&part.keys, TAG_StudyDate, dates);
	record(s, plan, &part, c, &whole);
	date_range_format(&(struct date_range){ r->first_missed, c->dates.until }, dates);
	dataset_text(&part.keys, TAG_StudyDate, dates);
	record(s, plan, &part, c, &rest);
	query_done(&part);
}

int work_query(struct session *s, struct plan *plan, const struct query *q, const struct filter *c, struct work_found *found,
	       struct err *e)
{
	static const struct search_hooks hooks = { row, asked };
	struct asking a = { .session = s, .plan = plan, .conditions = c, .found = found, .seen = map_new() };
	size_t first = plan->count;
	int failed = -1;

	memset(found, 0, sizeof *found);
	a.windows = search_start(s, &plan->how.peer, q, plan->how.retries, plan->how.retry_wait_s, &hooks, &a, e);
	if (a.windows)
		failed = session_run(s, asking_over, &a, e);
	map_free(a.seen, NULL);
	if (failed)
		return -1;
	s->totals.queries += found->result.queries;
	s->totals.cut += !found->result.whole;
	record_parts(s, plan, first, q, c, &found->result);
	if (found->result.why.kind == ERR_INTERRUPTED && !s->signal && session_closed(s))
		return session_tell_closed(s, "the query was not over", e);
	if (found->result.why.kind) {
		*e = found->result.why;
		return -1;
	}
	if (ask_series(&a, first, e) < 0)
		return -1;
	log_line(found->result.queries > 1 + found->result.assured || !found->result.whole ? LOG_WARNING : LOG_VERBOSE, "%s", found->result.statement);
	if (found->ignored[0])
		log_verbose("the PACS did not apply these conditions, they were applied here: %s", found->ignored);
	return 0;
}

int work_survey(struct session *s, struct plan *plan, bool always, int *ret_queries, struct err *e)
{
	int failed;

	*ret_queries = 0;
	if (!always && !plan->how.max_studies && !plan->how.max_images)
		return 0;
	failed = limits_plan(s, plan, ret_queries, e);
	s->totals.queries += *ret_queries;
	return failed;
}

/* ---- carrying out ---- */

static int begin_job(struct session *s, const struct plan *plan, const char *state_path, struct err *e)
{
	auto_free char *command = work_command_line();
	char node[300];
	struct ledger_job job = { .node = node, .command = command, .output = plan->how.output, .state = state_path ? state_path : "",
				  .user = user_name(), .started = clock_wall() };

	peer_key(&plan->how.peer, node);
	if (ledger_job_begin(s->ledger, &job, e) < 0)
		return -1;
	s->job = job.id;
	return 0;
}

/* All of the plan, so that a job that never gets to them has not forgotten them: the run writes over these rows. */
static int put_studies(struct session *s, const struct plan *plan, struct err *e)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_study *in = &plan->studies[i];
		const struct ledger_study study = {
			.job = s->job, .study_uid = study_get(&in->study, STUDY_UID), .date = study_get(&in->study, STUDY_DATE),
			.modalities = study_get(&in->study, STUDY_MODALITIES), .verdict = verdict_name(in->verdict), .why = in->why,
			.position = (int)i, .expected = in->expected, .counted = plan_study_counted(in),
			.received = in->received, .bytes = in->bytes, .attempts = in->attempts,
		};

		if (ledger_study_put(s->ledger, &study, e) < 0)
			return -1;
	}
	return 0;
}

static int keep_plan(struct session *s, const struct plan *plan, struct err *e)
{
	auto_free char *path = file_join(s->scratch, "plan");
	FILE *file = fopen(path, "w+e");
	int failed;

	if (!file)
		return err_sys(e, "create %s", path);
	failed = state_put(file, plan, e) < 0 || ledger_job_plan_file(s->ledger, s->job, file, e) < 0 ? -1 : 0;
	fclose(file);
	unlink(path);
	return failed;
}

/* Moved to somebody else: the PACS's counters are all there is. */
static bool goes_elsewhere(const struct plan *plan)
{
	return plan->how.method == METHOD_MOVE && !plan->how.listen_port;
}

static void validate(struct session *s, const struct plan *plan, bool quiet, int *status)
{
	struct validation v;
	struct err e = { ERR_NONE, "" };

	if (goes_elsewhere(plan)) {
		log_warning("nothing to validate: the files went to %s", plan->how.destination);
		return;
	}
	if (validate_plan(s, plan, &v, &e) < 0) {
		log_error("validation: %s", e.text);
		*status = *status ? *status : exit_of_error(&e, s->signal);
		return;
	}
	if (!quiet || v.invalid)
		printf("Validation: %lld valid, %lld invalid files\n", v.valid, v.invalid);
	if (v.invalid && !*status)
		*status = EXIT_INCOMPLETE;
}

/* "Left for another run by --max-images: 3 studies, and 4 objects of another" */
static void tell_left(const struct plan *plan, const struct plan_summary *summary)
{
	auto_buf struct buf line = BUF_INIT(1000);

	if (!plan->cut_by)
		return;
	if (summary->later)
		buf_printf(&line, "%zu stud%s", summary->later, summary->later == 1 ? "y" : "ies");
	if (summary->beyond)
		buf_printf(&line, "%s%lld object%s of %s", summary->later ? ", and " : "", summary->beyond, summary->beyond == 1 ? "" : "s",
			   summary->later ? "another" : "a study");
	if (summary->again)
		buf_printf(&line, "%s%zu stud%s to be tried again", line.len ? ", and " : "", summary->again, summary->again == 1 ? "y" : "ies");
	fprintf(stderr, "Left for another run by %s: %s\n", plan->cut_by, buf_text(&line));
}

static void tell_resume(const struct session *s, const struct plan *plan, const char *state_path)
{
	struct plan_summary summary;

	plan_summarise(plan, &summary);
	tell_left(plan, &summary);
	if (!summary.later && !summary.studies[VERDICT_WANTED] && !summary.studies[VERDICT_INCOMPLETE] && !summary.studies[VERDICT_FAILED] &&
	    !summary.studies[VERDICT_EMPTY] && !summary.studies[VERDICT_PARKED])
		return;
	if (state_path)
		fprintf(stderr, "To carry on: dicom-qr resume --state %s\n", state_path);
	else
		fprintf(stderr, "To carry on: dicom-qr resume %lld\n", (long long)s->job);
}

/* The job, its studies and its plan, all or nothing. */
static int open_job(struct session *s, const struct plan *plan, const char *state_path, struct err *e)
{
	if (ledger_begin(s->ledger, e) < 0)
		return -1;
	if (begin_job(s, plan, state_path, e) == 0 && put_studies(s, plan, e) == 0 && keep_plan(s, plan, e) == 0)
		return ledger_commit(s->ledger, e);
	ledger_rollback(s->ledger);
	return -1;
}

/* What became of it: its plan and its end, all or nothing. */
static int close_job(struct session *s, const struct plan *plan, int status, struct err *e)
{
	if (ledger_begin(s->ledger, e) < 0)
		return -1;
	if (keep_plan(s, plan, e) == 0 && ledger_job_end(s->ledger, s->job, status, "", e) == 0)
		return ledger_commit(s->ledger, e);
	ledger_rollback(s->ledger);
	return -1;
}

int work_record(struct session *s, const struct plan *plan, int exit_status, const char *summary, struct err *e)
{
	if (open_job(s, plan, NULL, e) < 0)
		return -1;
	return ledger_job_end(s->ledger, s->job, exit_status, summary, e);
}

int work_nothing(struct session *s, const struct plan *plan, struct err *e)
{
	return work_record(s, plan, EXIT_ALL_THERE, "nothing matched", e);
}

static void tell_end(const struct session *s, const struct plan *plan, const struct values *v, const char *state_path,
		     const struct run_result *result)
{
	progress_summary(plan, result, v->quiet, progress_mode(v));
	if (v->quiet || progress_mode(v) == PROGRESS_JSON)
		return;
	if (goes_elsewhere(plan))
		fprintf(stderr, "The files went to %s, unseen here: the counts are what the PACS says\n", plan->how.destination);
	tell_resume(s, plan, state_path);
}

int work_run(struct session *s, struct plan *plan, const struct values *v, const char *state_path, bool cut)
{
	return work_run_telling(s, plan, v, state_path, cut, NULL, NULL);
}

int work_run_telling(struct session *s, struct plan *plan, const struct values *v, const char *state_path, bool cut,
		     work_tell_fn *tell, void *owner)
{
	struct progress *progress = progress_new(progress_mode(v), v->verbose || v->debug, v->quiet);
	struct run_result result;
	struct err e = { ERR_NONE, "" };
	int status;

	if (open_job(s, plan, state_path, &e) < 0 ||
	    run_plan(s, plan, state_path, &progress_hooks, progress, &result, &e) < 0) {
		struct err also = { ERR_NONE, "" };

		progress_free(progress);
		status = exit_with(&e, s->signal);
		if (s->job && ledger_job_end(s->ledger, s->job, status, e.text, &also) < 0)
			log_error("%s", also.text);
		return status;
	}
	if (v->cuts_are_usual && result.limit && result.limit == plan->cut_by)
		result.limit = NULL;
	status = exit_of_run(plan, &result, s->signal);
	if (cut && !status)
		status = EXIT_INCOMPLETE;
	if (result.fatal.kind && result.fatal.kind != ERR_INTERRUPTED)
		log_error("%s", result.fatal.text);
	if (plan->how.validate && !result.interrupted)
		validate(s, plan, v->quiet, &status);
	if (!tell || !tell(owner, &result))
		tell_end(s, plan, v, state_path, &result);
	if (close_job(s, plan, status, &e) < 0)
		log_error("%s", e.text);
	progress_free(progress);
	return status;
}
