/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tool gets its own timeouts as a backstop; these deadlines judge by what arrives: first object, stall, study. */
#include "core/retrieve/attempt.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/confine.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/intake/arrivals.h"
#include "dicom/query.h"
#include "dicom/tag.h"
#include "dicom/value.h"

static const struct retriever *retriever_of(enum method method)
{
	return method == METHOD_GET ? &retriever_getscu : &retriever_movescu;
}

/* ---- the request as files ---- */

static void add_list(struct query *q, uint32_t tag, const char *const *uids, size_t count)
{
	auto_buf struct buf list = BUF_INIT(BUF_MB(1));

	for (size_t i = 0; i < count; i++)
		buf_printf(&list, "%s%s", i ? "\\" : "", uids[i]);
	dataset_text(&q->keys, tag, buf_text(&list));
}

static const char *study_of(const struct retrieval *r)
{
	return study_get(&r->in->study, STUDY_UID);	/* as the PACS gave it, padding included */
}

static int write_query(const struct attempt *a, struct query *q, struct retrieval *const *of, size_t count, char **ret_path,
		       struct err *e)
{
	auto_free char *name = mem_printf("request-%u.dcm", ++a->session->serial);
	auto_buf struct buf bytes = BUF_INIT(BUF_MB(4));
	const char **uids = mem_alloc(count * sizeof *uids);
	int failed;

	for (size_t i = 0; i < count; i++)
		uids[i] = study_of(of[i]);
	if (a->how->peer.model != MODEL_STUDY)
		dataset_text(&q->keys, TAG_PatientID, study_get(&of[0]->in->study, STUDY_PATIENT_ID));
	add_list(q, TAG_StudyInstanceUID, uids, count);
	free(uids);
	failed = query_encode(q, a->how->peer.charset, &bytes, e);
	query_done(q);
	if (failed < 0)
		return -1;
	*ret_path = file_join(a->questions, name);
	return file_replace(*ret_path, bytes.data, bytes.len, e);
}

/* One file for all studies, or one for each. */
static int write_studies(struct attempt *a, char **paths, struct err *e)
{
	bool each = a->request.form == FORM_FILES;
	size_t step = each ? 1 : a->count;

	for (size_t i = 0; i < a->count; i += step) {
		struct query q;

		query_init(&q, a->request.grain == GRAIN_SERIES ? LEVEL_SERIES : LEVEL_STUDY);
		if (a->request.grain == GRAIN_SERIES)
			dataset_text(&q.keys, TAG_SeriesInstanceUID, a->of[i]->in->series_uid);
		if (write_query(a, &q, a->of + i, step, &paths[a->requests], e) < 0)
			return -1;
		a->requests++;
	}
	return 0;
}

static int write_series(struct attempt *a, char **paths, struct err *e)
{
	const char *uids[QUERY_LIST_UIDS_MAX];
	size_t count = retrieval_series(a->of[0], uids, countof(uids));

	for (size_t i = 0; i < count; i++) {
		struct query q;

		query_init(&q, LEVEL_SERIES);
		dataset_text(&q.keys, TAG_SeriesInstanceUID, uids[i]);
		if (write_query(a, &q, a->of, 1, &paths[a->requests], e) < 0)
			return -1;
		a->requests++;
	}
	return 0;
}

static int write_instances(struct attempt *a, char **paths, struct err *e)
{
	const char *series;
	size_t step;

	a->asked = retrieval_block(a->of[0], &a->request, a->sops, countof(a->sops), &series);
	step = a->request.form == FORM_FILES ? 1 : a->asked;
	for (size_t i = 0; i < a->asked; i += step) {
		struct query q;

		query_init(&q, LEVEL_IMAGE);
		if (series && *series)
			dataset_text(&q.keys, TAG_SeriesInstanceUID, series);
		add_list(&q, TAG_SOPInstanceUID, a->sops + i, step);
		if (write_query(a, &q, a->of, 1, &paths[a->requests], e) < 0)
			return -1;
		a->requests++;
	}
	return 0;
}

static int write_queries(struct attempt *a, char **paths, struct err *e)
{
	if (a->request.grain == GRAIN_INSTANCES)
		return write_instances(a, paths, e);
	if (a->request.grain == GRAIN_SERIES && !a->of[0]->in->series_uid)
		return write_series(a, paths, e);
	return write_studies(a, paths, e);
}

/* ---- what arrives ---- */

/* When every request was answered, nothing was cut. */
static void take(void *owner, const char *path, int64_t bytes, bool in_flight)
{
	struct attempt *a = owner;
	char node[300], sender[320];

	peer_key(&a->how->peer, node);
	snprintf(sender, sizeof sender, "%s by %s", node, retriever_of(a->request.method)->name);
	in_flight = in_flight && (size_t)a->said.finals < a->requests;
	intake_add(a->intake, path, bytes, sender, 0, in_flight);
}

void attempt_touch(struct attempt *a, struct retrieval *r, int64_t bytes)
{
	a->objects++;
	a->bytes += bytes;
	a->heard = true;
	a->progress_ms = clock_ms();
	if (a->latest != r)
		a->study_ms = a->progress_ms;
	a->latest = r;
}

/* With a query file for each study the number of answers tells; in a list, only who got a part. */
struct retrieval *attempt_suspect(const struct attempt *a)
{
	if (a->request.form == FORM_FILES && a->requests == a->count && (size_t)a->finals < a->count)
		return a->of[a->finals];
	return a->latest && !retrieval_whole(a->latest) ? a->latest : NULL;
}

static void end_for(struct attempt *a, const char *what, long long seconds)
{
	a->stalled = true;
	err_set(&a->why, ERR_TIMEOUT, "%s within %lld s", what, seconds);
	log_verbose("%s: ended by us: %s", a->command, a->why.text);
	child_stop(a->child, false);
}

static bool passed(int64_t since_ms, long long limit_s)
{
	return limit_s > 0 && clock_ms() - since_ms > limit_s * 1000;
}

/* One deadline for each study: within a batch it begins anew with the first object of the next. */
static bool study_passed(const struct attempt *a)
{
	long long limit_s = a->how->study_timeout_s;

	return limit_s && clock_ms() - a->study_ms + (a->count == 1 ? a->of[0]->spent_ms : 0) > limit_s * 1000;
}

static void look(struct attempt *a)
{
	int64_t seen;

	if (a->inbox)
		arrivals_scan(a->inbox, false, take, a);
	seen = a->inbox ? a->inbox->seen_bytes : a->receiver ? receiver_bytes(a->receiver, a) : 0;
	if (seen == a->seen_bytes)
		return;
	a->heard |= a->inbox != NULL;		/* what is on a connection may be for another move */
	a->seen_bytes = seen;
	a->progress_ms = clock_ms();
}

/* The object that was in flight is whole when another has begun behind it, or when the last connection is gone. */
static bool drained(const struct attempt *a)
{
	if (a->inbox)
		return !a->inbox->lying || a->inbox->taken > a->drain_taken;
	return !receiver_connections(a->receiver, a, UINT_MAX);
}

/* What is only waited for to be whole is not waited for without end. */
static long long stall_limit(const struct attempt *a)
{
	return a->how->stall_timeout_s || !a->draining ? a->how->stall_timeout_s : STALL_DEFAULT_S;
}

void attempt_tick(struct attempt *a)
{
	if (a->ended && (!a->receiver || a->handed))
		return;
	look(a);
	if (a->ended || a->stalled || a->cancelled || (!a->inbox && !a->receiver))
		return;
	if (a->draining && drained(a)) {
		attempt_stop(a, false);
	} else if (study_passed(a)) {
		a->overtime = true;
		end_for(a, "the study did not arrive", a->how->study_timeout_s);
	} else if (!a->heard && passed(a->progress_ms, a->how->first_timeout_s)) {
		end_for(a, "no object arrived", a->how->first_timeout_s);
	} else if (a->heard && passed(a->progress_ms, stall_limit(a))) {
		end_for(a, "nothing more arrived", stall_limit(a));
	}
}

/* ---- the child ---- */

static void tool_line(void *owner, enum stream from, const char *text, size_t len)
{
	struct attempt *a = owner;

	(void)from;
	dcmtk_line(&a->said, text, len);
}

void attempt_note_failed(struct attempt *a)
{
	const char *uid, *end;

	for (uid = buf_text(&a->said.failed_uids); *uid && a->count == 1; uid = *end ? end + 1 : end) {
		auto_free char *one = NULL;
		struct object *o;

		end = uid + strcspn(uid, "\\");
		one = mem_strn(uid, (size_t)(end - uid));
		o = a->of[0]->objects ? map_get(a->of[0]->objects, value_trim(one)) : NULL;
		if (o && !o->words)
			o->words = mem_printf("on the PACS's list of failed objects (%.300s)", a->why.text);
	}
}

int attempt_tell_ledger(struct attempt *a, struct err *e)
{
	a->record.ms = a->ended_ms - a->started_ms;
	a->record.bytes = a->bytes;
	a->record.status = a->status;
	a->record.completed = a->completed;
	a->record.failed = a->failed;
	a->record.objects = a->objects;
	a->record.outcome = err_kind_name(a->why.kind);
	a->record.words = a->why.text;
	return a->session->ledger ? ledger_attempt_end(a->session->ledger, &a->record, e) : 0;
}

static void judge(struct attempt *a, const struct child_result *result)
{
	struct err own = a->why;
	const char *aet = a->how->destination[0] ? a->how->destination : a->how->peer.calling;

	if (a->cancelled)
		err_set(&own, ERR_INTERRUPTED, "stopped");
	else if (!own.kind && result->signal && a->said.final < 0)
		err_set(&own, ERR_TOOL, "%s was ended by signal %d", retriever_of(a->request.method)->tool, result->signal);
	a->why.kind = ERR_NONE;
	a->why.text[0] = '\0';
	dcmtk_verdict(&a->said, own.kind ? &own : NULL, &a->how->peer, aet, a->how->listen_port, &a->why);
	a->status = a->said.final;
	a->finals = a->said.finals;
	a->answered = a->finals > 0 && (size_t)a->finals >= a->requests;
	a->completed = a->said.completed;
	a->failed = a->said.failed;
}

static void tool_done(void *owner, const struct child_result *result)
{
	struct attempt *a = owner;

	a->child = NULL;
	a->ended = true;
	a->ended_ms = clock_ms();
	if (a->inbox)
		arrivals_scan(a->inbox, true, take, a);
	else if (a->receiver)
		receiver_scan(a->receiver);
	intake_flush(a->intake);
	a->ticket = intake_ticket(a->intake);
	judge(a, result);
	log_debug("%s said: %s", a->command, buf_text(&a->said.said));
	a->record.exit_status = result->signal ? 128 + result->signal : result->exit_status;
	a->done(a->owner, a);
}

static struct command *command_of(struct session *s, const struct settings *how, const struct request *q,
				  const char *const *queries, size_t count, const char *into)
{
	const struct retriever *tool = retriever_of(q->method);
	const struct retrieve_request request = {
		.peer = &how->peer, .query_paths = queries, .count = count, .into = into, .bit_preserving = confine_abi() > 0,
		.syntax = q->syntax, .destination = how->destination[0] ? how->destination : how->peer.calling,
	};

	/* cppcheck-suppress returnDanglingLifetime  ; the command holds copies */
	return tool->command(&s->dcmtk, &request);
}

char *attempt_command_text(struct session *s, const struct settings *how, const struct request *q, const char *query_name,
			   const char *into)
{
	struct command *command = command_of(s, how, q, &query_name, 1, into);
	char *text = mem_str(command_text(command));

	command_free(command);
	return text;
}

static void record_begin(struct attempt *a)
{
	auto_buf struct buf uids = BUF_INIT(BUF_MB(1));
	struct err e = { ERR_NONE, "" };
	char name[64];

	for (size_t i = 0; i < a->count; i++)
		buf_printf(&uids, "%s%s", i ? "\\" : "", a->of[i]->uid);
	request_name(&a->request, a->count, name);
	a->record = (struct ledger_attempt){ .job = a->session->job, .study_uids = buf_text(&uids), .rung = name,
		.command = a->command, .tool_version = a->session->dcmtk.version_text, .at = clock_wall(), .status = -1 };
	if (a->session->ledger && ledger_attempt_begin(a->session->ledger, &a->record, &e) < 0)
		log_error("%s", e.text);
	a->record.study_uids = a->record.rung = NULL;
}

static int start_child(struct attempt *a, const char *const *queries, struct err *e)
{
	static const struct child_hooks hooks = { tool_line, tool_done };
	const struct child_limits limits = { .line_max = 1 << 20 };
	struct command *command = command_of(a->session, a->how, &a->request, queries, a->requests, a->folder);
	int confine = confine_ruleset(a->folder, e);

	if (confine == -1) {
		command_free(command);
		return -1;
	}
	command->confine_fd = confine >= 0 ? confine : -1;
	a->command = mem_str(command_text(command));
	log_debug("%s", a->command);
	a->child = child_start(a->session->loop, command, &limits, &hooks, a, e);
	if (confine >= 0)
		close(confine);
	if (a->child)
		record_begin(a);		/* the tool starts while the disk is waited for */
	return a->child ? 0 : -1;
}

static int start(struct attempt *a, struct err *e)
{
	size_t most = a->count > QUERY_LIST_UIDS_MAX ? a->count : QUERY_LIST_UIDS_MAX;
	char **paths = mem_alloc(most * sizeof *paths);
	int failed = write_queries(a, paths, e);

	if (!failed) {
		a->said.requests = (int)a->requests;
		failed = start_child(a, (const char *const *)paths, e);
	}
	for (size_t i = 0; i < most; i++)
		free(paths[i]);
	free(paths);
	return failed;
}

static int prepare(struct attempt *a, struct staging *staging, struct err *e)
{
	a->folder = a->request.method == METHOD_GET ? staging_folder(staging, "get", e) : session_folder(a->session, "move", e);
	a->questions = session_folder(a->session, "ask", e);
	if (!a->folder || !a->questions)
		return -1;
	if (a->request.method == METHOD_GET) {
		a->inbox = mem_alloc(sizeof *a->inbox);
		arrivals_init(a->inbox, mem_str(a->folder));
	}
	return start(a, e);
}

struct attempt *attempt_start(struct session *s, struct staging *staging, struct intake *intake, struct receiver *receiver,
			      const struct settings *how, const struct request *request, struct retrieval **of, size_t count,
			      void (*done)(void *owner, struct attempt *), void *owner, struct err *e)
{
	struct attempt *a = mem_alloc(sizeof *a);

	a->session = s;
	a->intake = intake;
	a->receiver = request->method == METHOD_MOVE ? receiver : NULL;
	a->how = how;
	a->request = *request;
	a->of = of;
	a->count = count;
	a->here_before = mem_alloc(count * sizeof *a->here_before);
	a->damaged_before = mem_alloc(count * sizeof *a->damaged_before);
	a->started_ms = a->progress_ms = a->study_ms = clock_ms();
	a->before = intake_ticket(intake);
	a->connections = UINT_MAX;
	a->seen_bytes = a->receiver ? receiver_bytes(receiver, a) : 0;
	a->done = done;
	a->owner = owner;
	for (size_t i = 0; i < count; i++) {
		a->here_before[i] = of[i]->here;
		a->damaged_before[i] = of[i]->damaged;
	}
	dcmtk_reading_init(&a->said, request->method == METHOD_GET ? SERVICE_GET : SERVICE_MOVE);
	if (prepare(a, staging, e) < 0) {
		attempt_free(a);
		return NULL;
	}
	return a;
}

void attempt_stop(struct attempt *a, bool now)
{
	a->cancelled = true;
	if (a->child)
		child_stop(a->child, now);
}

void attempt_drain(struct attempt *a)
{
	if (a->ended || a->stalled || a->cancelled || a->draining)
		return;
	if (!a->inbox && !a->receiver) {		/* what goes elsewhere is not seen */
		attempt_stop(a, false);
		return;
	}
	look(a);
	a->draining = true;
	a->drain_taken = a->inbox ? a->inbox->taken : 0;
}

void attempt_free(struct attempt *a)
{
	struct err ignored = { ERR_NONE, "" };

	if (!a)
		return;
	if (a->receiver)
		receiver_release(a->receiver, a);
	if (a->inbox)
		arrivals_done(a->inbox);
	else if (a->folder)
		file_remove_tree(a->folder, &ignored);
	if (a->questions)
		file_remove_tree(a->questions, &ignored);
	dcmtk_reading_done(&a->said);
	free(a->inbox);
	free(a->folder);
	free(a->questions);
	free(a->command);
	free(a->here_before);
	free(a->damaged_before);
	free(a->of);
	free(a);
}
