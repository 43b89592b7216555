/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tool gets its own timeouts as a backstop; these deadlines judge by what arrives: first object, stall, study. */
#include "core/transfer/attempt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/intake/arrivals.h"
#include "core/ledger/attempts.h"
#include "dicom/value.h"
#include "process/confine.h"
#include "wrappers/retriever.h"

static const struct retriever *retriever_of(enum method method)
{
	return method == METHOD_GET ? &retriever_getscu : &retriever_movescu;
}

/* ---- what arrives ---- */

/* When every request was answered, nothing was cut. */
static void take_file(void *owner, const char *path, int64_t bytes, bool in_flight)
{
	struct attempt *a = owner;
	char node[300], sender[320];

	peer_key(&a->with.how->peer, node);
	snprintf(sender, sizeof sender, "%s by %s", node, retriever_of(a->batch.request.method)->name);
	in_flight = in_flight && (size_t)a->tool->said.finals < a->files.count;
	intake_add(a->with.intake, path, bytes, sender, in_flight);
}

void attempt_touch(struct attempt *a, struct retrieval *r, int64_t bytes)
{
	a->clock.heard = true;
	a->clock.progress_ms = clock_ms();
	if (!a->record.objects++)
		a->record.first_ms = a->clock.progress_ms;
	a->record.bytes += bytes;
	if (a->latest != r)
		a->clock.study_ms = a->clock.progress_ms;
	a->latest = r;
}

/* With a query file for each study the number of answers tells; in a list, only who got a part. */
struct retrieval *attempt_suspect(const struct attempt *a)
{
	size_t finals = (size_t)a->answer.finals;

	if (a->batch.request.form == FORM_FILES && a->files.count == a->batch.count && finals < a->batch.count)
		return a->batch.studies[finals];
	return a->latest && !retrieval_whole(a->latest) ? a->latest : NULL;
}

static void look_at_bytes(struct attempt *a)
{
	int64_t seen;

	if (a->arrivals)
		arrivals_scan(a->arrivals, false, take_file, a);
	seen = a->arrivals ? a->arrivals->seen_bytes : receiver_bytes(a->with.receiver, a);
	if (seen == a->seen_bytes)
		return;
	a->clock.heard |= a->arrivals != NULL;		/* what is on a connection may be for another move */
	a->seen_bytes = seen;
	a->clock.progress_ms = clock_ms();
}

/* Objects that go elsewhere are not seen. */
static bool sees_objects(const struct attempt *a)
{
	return a->arrivals || a->with.receiver;
}

/* The object that was in flight is whole when another has begun behind it, or when the last connection is gone. */
static bool drained(const struct attempt *a)
{
	if (a->arrivals)
		return !a->arrivals->lying || a->arrivals->taken > a->drain_taken;
	return !receiver_connections(a->with.receiver, a);
}

static void end_at_deadline(struct attempt *a)
{
	static const char *const words[] = {
		[STOP_FIRST] = "no object arrived", [STOP_STALL] = "nothing more arrived", [STOP_STUDY] = "the study did not arrive",
	};
	long long limit_s = 0;

	a->stop = attempt_deadline(&a->clock, a->phase, clock_ms(), &limit_s);
	if (!a->stop)
		return;
	err_set(&a->answer.why, ERR_TIMEOUT, "%s within %lld s", words[a->stop], limit_s);
	log_verbose("%s: ended by us: %s", a->record.command, a->answer.why.text);
	tool_stop(a->tool, false);
}

void attempt_tick(struct attempt *a)
{
	if (a->phase >= ATTEMPT_ARRIVING || !sees_objects(a) || (a->phase == ATTEMPT_ENDED && a->arrivals))
		return;
	look_at_bytes(a);
	if (a->phase == ATTEMPT_ENDED || a->stop)
		return;
	if (a->phase == ATTEMPT_DRAINING && drained(a))
		attempt_stop(a, false);
	else
		end_at_deadline(a);
}

/* ---- phases ---- */

bool attempt_listed(const struct attempt *a)
{
	for (size_t i = 0; i < a->batch.count; i++)
		if (a->batch.studies[i]->list != LIST_OVER)
			return false;
	return true;
}

/* Whole by their lists, that is; more that the PACS counted may be on its way. */
static bool batch_is_here(const struct attempt *a)
{
	if (a->batch.request.grain != GRAIN_INSTANCES && a->answer.completed > a->record.objects)
		return false;
	for (size_t i = 0; i < a->batch.count; i++)
		if (!retrieval_whole(a->batch.studies[i]))
			return false;
	return true;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static bool ticket_passed(const struct attempt *a)
{
	return intake_passed(a->with.intake, a->ticket) || intake_has_failed(a->with.intake);
}

bool attempt_late(const struct attempt *a)
{
	return a->with.receiver && attempt_came_late(a->record.ended_ms, a->record.first_ms);
}

static struct attempt_facts facts_of(const struct attempt *a, bool ending)
{
	struct receiver *r = a->with.receiver;

	return (struct attempt_facts){
		.phase = a->phase, .stop = a->stop, .moved = r != NULL, .listed = ending || attempt_listed(a), .here = batch_is_here(a),
		.through = ticket_passed(a), .broken = intake_has_failed(a->with.intake), .finals = a->answer.finals,
		.completed = a->answer.completed, .objects = a->record.objects, .stored = r ? receiver_stored(r, a) : 0,
		.received = intake_ticket(a->with.intake) - a->ticket_before, .open = r ? receiver_connections(r, a) : 0,
		.quiet_ms = later(a->clock.progress_ms, a->record.ended_ms), .first_s = a->with.how->first_timeout_s,
		.stall_s = a->with.how->stall_timeout_s, .well = !a->answer.why.kind,
		.queues = a->with.queues || attempt_late(a),
	};
}

static void look_again(struct attempt *a)
{
	receiver_scan(a->with.receiver);
	intake_flush(a->with.intake);
	a->ticket = intake_ticket(a->with.intake);
}

/* A connection may have come and gone since bytes were looked at. */
static void look_at_stored(struct attempt *a)
{
	int stored = a->with.receiver ? receiver_stored(a->with.receiver, a) : 0;

	if (stored != a->seen_stored)
		a->clock.progress_ms = clock_ms();
	a->seen_stored = stored;
}

enum attempt_phase attempt_look(struct attempt *a, bool ending)
{
	struct attempt_facts facts;
	enum attempt_phase now;

	look_at_stored(a);
	facts = facts_of(a, ending);
	now = attempt_phase_now(&facts, clock_ms());
	if (now == a->phase)
		return now;
	a->phase = now;
	if (a->with.receiver)
		receiver_last(a->with.receiver, a);
	if (now == ATTEMPT_OVER && attempt_looks_again(&facts))
		look_again(a);
	return now;
}

bool attempt_concluded(const struct attempt *a)
{
	return a->phase == ATTEMPT_OVER && ticket_passed(a);
}

bool attempt_holds_slot(const struct attempt *a)
{
	return a->phase < ATTEMPT_ARRIVING;
}

bool attempt_prompt(const struct attempt *a)
{
	return a->with.receiver && !a->answer.why.kind && a->record.first_ms && a->record.first_ms <= a->record.ended_ms;
}

bool attempt_stopped(const struct attempt *a)
{
	return a->stop == STOP_ORDERED;
}

int attempt_gained(const struct attempt *a, size_t i)
{
	return a->batch.studies[i]->here - a->before[i].here;
}

int attempt_damaged(const struct attempt *a, size_t i)
{
	return a->batch.studies[i]->damaged - a->before[i].damaged;
}

int attempt_placed(const struct attempt *a, size_t i)
{
	return a->batch.studies[i]->placed - a->before[i].placed;
}

/* ---- the child ---- */

void attempt_note_failed(struct attempt *a)
{
	struct retrieval *r = a->batch.studies[0];
	const char *uid, *end;

	for (uid = buf_text(&a->tool->said.failed_uids); *uid && a->batch.count == 1; uid = *end ? end + 1 : end) {
		auto_free char *one = NULL;
		struct object *o;

		end = uid + strcspn(uid, "\\");
		one = mem_strn(uid, (size_t)(end - uid));
		o = r->objects ? map_get(r->objects, value_trim(one)) : NULL;
		if (o && !o->words)
			o->words = mem_printf("on the PACS's list of failed objects (%.300s)", a->answer.why.text);
	}
}

int attempt_tell_ledger(struct attempt *a, struct err *e)
{
	struct ledger_attempt *row = &a->record.row;

	row->ms = a->record.ended_ms - a->record.started_ms;
	row->bytes = a->record.bytes;
	row->status = a->answer.status;
	row->completed = a->answer.completed;
	row->failed = a->answer.failed;
	row->objects = a->record.objects;
	row->outcome = err_kind_name(a->answer.why.kind);
	row->words = a->answer.why.text;
	return a->with.session->ledger ? ledger_attempt_end(a->with.session->ledger, row, e) : 0;
}

/* What our side knows of its end. */
static struct err own_trouble(const struct attempt *a)
{
	struct err own = a->answer.why;

	if (a->stop == STOP_ORDERED)
		err_set(&own, ERR_INTERRUPTED, "stopped");
	return own;
}

static void judge_answer(struct attempt *a)
{
	const struct settings *how = a->with.how;
	const struct err own = own_trouble(a);
	const char *aet = how->destination[0] ? how->destination : how->peer.calling;
	const struct reading *said = &a->tool->said;

	a->answer = (struct attempt_answer){
		.status = said->final, .finals = said->finals,
		.completed = said->completed < 0 ? -1 : said->done_all, .failed = said->failed,
		.failed_all = said->failed_all, .claimed = said->claimed,
		.whole = said->finals > 0 && (size_t)said->finals >= a->files.count,
		.accepted = said->accepted, .unsupported = reading_service_refused(said),
	};
	tool_verdict(a->tool, &own, &how->peer, aet, how->listen_port, &a->answer.why);
}

static void tool_done(void *owner, struct tool *tool)
{
	struct attempt *a = owner;

	a->phase = ATTEMPT_ENDED;
	a->record.ended_ms = clock_ms();
	a->record.row.exit_status = tool->exit_status;
	judge_answer(a);
	if (a->with.receiver && attempt_stop_is_deadline(a->stop))
		receiver_hang_up(a->with.receiver, a);
	if (a->arrivals)
		arrivals_scan(a->arrivals, true, take_file, a);
	else if (a->with.receiver)
		receiver_scan(a->with.receiver);
	intake_flush(a->with.intake);
	a->ticket = intake_ticket(a->with.intake);
	log_debug("%s said: %s", a->record.command, buf_text(&a->tool->said.said));
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
	const struct session *session = a->with.session;
	auto_buf struct buf uids = BUF_INIT(BUF_MB(1));
	struct err e = { ERR_NONE, "" };
	char name[64];

	for (size_t i = 0; i < a->batch.count; i++)
		buf_printf(&uids, "%s%s", i ? "\\" : "", a->batch.studies[i]->uid);
	request_name(&a->batch.request, a->batch.count, name);
	a->record.row = (struct ledger_attempt){ .job = session->job, .study_uids = buf_text(&uids), .rung = name,
		.command = a->record.command, .tool_version = session->dcmtk.version_text, .at = clock_wall(), .status = -1 };
	if (session->ledger && ledger_attempt_begin(session->ledger, &a->record.row, &e) < 0)
		log_error("%s", e.text);
	a->record.row.study_uids = a->record.row.rung = NULL;
}

static int start_child(struct attempt *a, struct err *e)
{
	const struct tool_how how = { .service = retriever_of(a->batch.request.method)->service, .requests = (int)a->files.count };
	struct session *session = a->with.session;
	struct command *command = command_of(session, a->with.how, &a->batch.request, (const char *const *)a->files.paths, a->files.count,
					     a->folder);

	command_may_write(command, a->folder);
	a->record.command = mem_str(command_text(command));
	a->tool = tool_start(session, command, &how, tool_done, a, e);
	if (a->tool)
		record_begin(a);		/* the tool starts while the disk is waited for */
	return a->tool ? 0 : -1;
}

static int start_tool(struct attempt *a, struct err *e)
{
	bool get = a->batch.request.method == METHOD_GET;

	a->folder = get ? staging_folder(a->with.staging, "get", e) : session_folder(a->with.session, "move", e);
	if (!a->folder)
		return -1;
	if (get) {
		a->arrivals = mem_alloc(sizeof *a->arrivals);
		arrivals_init(a->arrivals, mem_str(a->folder));
	}
	if (request_files_write(&a->files, a->with.session, a->with.how, &a->batch, e) < 0)
		return -1;
	return start_child(a, e);
}

static void note_before(struct attempt *a)
{
	a->before = mem_alloc(a->batch.count * sizeof *a->before);
	for (size_t i = 0; i < a->batch.count; i++) {
		const struct retrieval *r = a->batch.studies[i];

		a->before[i] = (struct attempt_before){ r->here, r->damaged, r->placed, r->repeated };
		if (a->with.receiver)
			receiver_claim(a->with.receiver, r->uid, a);
	}
	a->seen_bytes = a->with.receiver ? receiver_bytes(a->with.receiver, a) : 0;
	a->ticket_before = intake_ticket(a->with.intake);
}

static struct attempt_clock clock_of(const struct attempt *a)
{
	const struct settings *how = a->with.how;
	int64_t now = clock_ms();

	return (struct attempt_clock){
		.first_s = how->first_timeout_s, .stall_s = how->stall_timeout_s, .study_s = how->study_timeout_s,
		.progress_ms = now, .study_ms = now, .spent_ms = a->batch.count == 1 ? a->batch.studies[0]->spent_ms : 0,
	};
}

struct attempt *attempt_start(const struct attempt_parts *with, const struct request_batch *batch, size_t beside, struct err *e)
{
	struct attempt *a = mem_alloc(sizeof *a);
	bool move = batch->request.method == METHOD_MOVE;

	a->with = *with;
	a->with.receiver = move ? with->receiver : NULL;
	a->batch = *batch;
	a->beside = beside;
	a->clock = clock_of(a);
	a->record.started_ms = a->clock.progress_ms;
	note_before(a);
	if (start_tool(a, e) < 0) {
		attempt_free(a);
		return NULL;
	}
	return a;
}

void attempt_stop(struct attempt *a, bool now)
{
	a->stop = STOP_ORDERED;
	tool_stop(a->tool, now);
}

void attempt_drain(struct attempt *a)
{
	if (a->phase != ATTEMPT_ASKING || a->stop)
		return;
	if (!sees_objects(a)) {
		attempt_stop(a, false);
		return;
	}
	look_at_bytes(a);
	a->phase = ATTEMPT_DRAINING;
	a->drain_taken = a->arrivals ? a->arrivals->taken : 0;
}

void attempt_free(struct attempt *a)
{
	struct err ignored = { ERR_NONE, "" };

	if (!a)
		return;
	if (a->with.receiver)
		receiver_release(a->with.receiver, a);
	if (a->arrivals)
		arrivals_done(a->arrivals);
	else if (a->folder)
		file_remove_tree(a->folder, &ignored);
	request_files_done(&a->files);
	tool_free(a->tool);
	free(a->arrivals);
	free(a->folder);
	free(a->record.command);
	free(a->before);
	free(a->batch.studies);
	free(a);
}

struct attempt *attempt_of(struct attempt *list, const struct retrieval *r)
{
	for (struct attempt *a = list; a; a = a->next)
		for (size_t i = 0; i < a->batch.count; i++)
			if (a->batch.studies[i] == r)
				return a;
	return NULL;
}
