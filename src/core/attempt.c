/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tool gets its own timeouts as a backstop; these deadlines judge by what arrives: first object, stall, study. */
#include "core/attempt.h"

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
#include "core/inbox.h"
#include "dicom/query.h"
#include "dicom/tag.h"
#include "dicom/value.h"

static const struct retriever *retriever_of(enum method method)
{
	return method == METHOD_GET ? &retriever_getscu : &retriever_movescu;
}

/* ---- the request as a file ---- */

static void add_list(struct query *q, uint32_t tag, const char *const *uids, size_t count)
{
	auto_buf struct buf list = BUF_INIT(BUF_MB(1));

	for (size_t i = 0; i < count; i++)
		buf_printf(&list, "%s%s", i ? "\\" : "", uids[i]);
	dataset_text(&q->keys, tag, buf_text(&list));
}

static void add_studies(struct query *q, const struct attempt *a)
{
	const char **uids = mem_alloc(a->count * sizeof *uids);

	for (size_t i = 0; i < a->count; i++)
		uids[i] = study_get(&a->of[i]->in->study, STUDY_UID);
	add_list(q, TAG_StudyInstanceUID, uids, a->count);
	free(uids);
}

/* The series that still lack objects; the one asked for when there is no list. */
static void add_series(struct query *q, const struct retrieval *r)
{
	struct table *series = table_new();
	const char *uids[QUERY_LIST_UIDS_MAX], *key;
	size_t count = 0;
	void *value;

	for (size_t at = 0; r->objects && (key = table_next(r->objects, &at, &value));)
		if (!((struct object *)value)->path && *((struct object *)value)->series)
			table_put(series, ((struct object *)value)->series, NULL);
	if (r->in->series_uid)
		uids[count++] = r->in->series_uid;
	for (size_t at = 0; !r->in->series_uid && count < QUERY_LIST_UIDS_MAX && (key = table_next(series, &at, NULL));)
		uids[count++] = key;
	add_list(q, TAG_SeriesInstanceUID, uids, count);
	table_free(series, NULL);
}

static void add_instances(struct query *q, const struct attempt *a)
{
	const char *sops[QUERY_LIST_UIDS_MAX], *series;
	size_t count = retrieval_block(a->of[0], &a->request, sops, countof(sops), &series);

	if (series && *series)
		dataset_text(&q->keys, TAG_SeriesInstanceUID, series);
	add_list(q, TAG_SOPInstanceUID, sops, count);
}

static int write_query(const struct attempt *a, const char *path, struct err *e)
{
	static const enum level levels[] = { LEVEL_STUDY, LEVEL_SERIES, LEVEL_IMAGE };
	auto_buf struct buf bytes = BUF_INIT(BUF_MB(4));
	struct query q;
	int failed;

	query_init(&q, levels[a->request.grain]);
	if (a->how->peer.model != MODEL_STUDY)
		dataset_text(&q.keys, TAG_PatientID, study_get(&a->of[0]->in->study, STUDY_PATIENT_ID));
	add_studies(&q, a);
	if (a->request.grain == GRAIN_SERIES)
		add_series(&q, a->of[0]);
	else if (a->request.grain == GRAIN_INSTANCES)
		add_instances(&q, a);
	failed = query_encode(&q, a->how->peer.charset, &bytes, e);
	query_done(&q);
	return failed < 0 ? -1 : file_replace(path, bytes.data, bytes.len, e);
}

/* ---- what arrives ---- */

static void take(void *owner, const char *path, int64_t bytes, bool in_flight)
{
	struct attempt *a = owner;

	intake_add(a->intake, path, bytes, retriever_of(a->request.method)->name, in_flight);
}

void attempt_touch(struct attempt *a, int64_t bytes)
{
	a->objects++;
	a->bytes += bytes;
	a->progress_ms = clock_ms();
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

void attempt_tick(struct attempt *a)
{
	int64_t seen;

	if (a->ended)
		return;
	if (a->inbox)
		inbox_scan(a->inbox, false, take, a);
	seen = a->inbox ? a->inbox->seen_bytes : a->receiver ? receiver_bytes(a->receiver) : 0;
	if (seen != a->seen_bytes) {
		a->seen_bytes = seen;
		a->progress_ms = clock_ms();
	}
	if (a->stalled || a->cancelled || (!a->inbox && !a->receiver))
		return;
	if (passed(a->started_ms, a->how->study_timeout_s * (long long)a->count))
		end_for(a, "the study did not arrive", a->how->study_timeout_s * (long long)a->count);
	else if (!a->objects && !seen && passed(a->started_ms, a->how->first_timeout_s))
		end_for(a, "no object arrived", a->how->first_timeout_s);
	else if ((a->objects || seen) && passed(a->progress_ms, a->how->stall_timeout_s))
		end_for(a, "nothing more arrived", a->how->stall_timeout_s);
}

/* ---- the child ---- */

static void tool_line(void *owner, enum stream from, const char *text, size_t len)
{
	struct attempt *a = owner;

	(void)from;
	dcmtk_line(&a->said, text, len);
}

static void keep_words(struct attempt *a)
{
	const char *uid, *end;

	log_debug("%s said: %s", a->command, buf_text(&a->said.said));
	for (uid = buf_text(&a->said.failed_uids); *uid && a->count == 1; uid = *end ? end + 1 : end) {
		auto_free char *one = NULL;
		struct object *o;

		end = uid + strcspn(uid, "\\");
		one = mem_strn(uid, (size_t)(end - uid));
		o = a->of[0]->objects ? table_get(a->of[0]->objects, value_trim(one)) : NULL;
		if (o && !o->words)
			o->words = mem_printf("on the PACS's list of failed objects (%.300s)", a->why.text);
	}
}

static void record_end(struct attempt *a, const struct child_result *result)
{
	struct err e = { ERR_NONE, "" };

	a->record.ms = a->ended_ms - a->started_ms;
	a->record.bytes = a->bytes;
	a->record.exit_status = result->signal ? 128 + result->signal : result->exit_status;
	a->record.status = a->status;
	a->record.completed = a->completed;
	a->record.failed = a->failed;
	a->record.objects = a->objects;
	a->record.outcome = err_kind_name(a->why.kind);
	a->record.words = a->why.text;
	if (a->session->ledger && ledger_attempt_end(a->session->ledger, &a->record, &e) < 0)
		log_error("%s", e.text);
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
		inbox_scan(a->inbox, true, take, a);
	else if (a->receiver)
		receiver_scan(a->receiver);
	intake_flush(a->intake);
	a->ticket = intake_ticket(a->intake);
	judge(a, result);
	keep_words(a);
	record_end(a, result);
	a->done(a->owner, a);
}

static struct command *command_of(struct session *s, const struct settings *how, const struct request *q, const char *query,
				  const char *into)
{
	const struct retriever *tool = retriever_of(q->method);
	const struct retrieve_request request = {
		.peer = &how->peer, .query_paths = &query, .count = 1, .into = into, .bit_preserving = confine_abi() > 0,
		.syntax = q->syntax, .destination = how->destination[0] ? how->destination : how->peer.calling,
	};

	return tool->command(&s->dcmtk, &request);
}

char *attempt_command_text(struct session *s, const struct settings *how, const struct request *q, const char *query_name,
			   const char *into)
{
	struct command *command = command_of(s, how, q, query_name, into);
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

static int start_child(struct attempt *a, const char *query, struct err *e)
{
	static const struct child_hooks hooks = { tool_line, tool_done };
	const struct child_limits limits = { .line_max = 1 << 20 };
	struct command *command = command_of(a->session, a->how, &a->request, query, a->folder);
	int confine = confine_ruleset(a->folder, e);

	if (confine == -1) {
		command_free(command);
		return -1;
	}
	command->confine_fd = confine >= 0 ? confine : -1;
	a->command = mem_str(command_text(command));
	log_debug("%s", a->command);
	record_begin(a);
	a->child = child_start(a->session->loop, command, &limits, &hooks, a, e);
	if (confine >= 0)
		close(confine);
	return a->child ? 0 : -1;
}

static int prepare(struct attempt *a, struct staging *staging, struct err *e)
{
	auto_free char *name = mem_printf("request-%u.dcm", ++a->session->serial);
	auto_free char *query = file_join(a->session->scratch, name);

	a->folder = a->request.method == METHOD_GET ? staging_folder(staging, "get", e) : session_folder(a->session, "move", e);
	if (!a->folder || write_query(a, query, e) < 0)
		return -1;
	if (a->request.method == METHOD_GET) {
		a->inbox = mem_alloc(sizeof *a->inbox);
		inbox_init(a->inbox, mem_str(a->folder));
	}
	return start_child(a, query, e);
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
	a->started_ms = a->progress_ms = clock_ms();
	a->seen_bytes = a->receiver ? receiver_bytes(receiver) : 0;
	a->done = done;
	a->owner = owner;
	for (size_t i = 0; i < count; i++)
		a->here_before[i] = of[i]->here;
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

void attempt_free(struct attempt *a)
{
	struct err ignored = { ERR_NONE, "" };

	if (!a)
		return;
	if (a->inbox)
		inbox_done(a->inbox);
	else if (a->folder)
		file_remove_tree(a->folder, &ignored);
	dcmtk_reading_done(&a->said);
	free(a->inbox);
	free(a->folder);
	free(a->command);
	free(a->here_before);
	free(a->of);
	free(a);
}
