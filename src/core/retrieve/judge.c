/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/retrieve/judge.h"

#define DESTINATION_UNKNOWN 0xa801	/* status of a C-MOVE response */
#define LONE_ANSWERS 3			/* so often only one of several requests was answered: no more of those */

/* ---- for the run ---- */

/* Is another left, or was this one given up already? */
static bool other_method(const struct judge_request *q)
{
	bool this_one = q->method == METHOD_GET ? q->get : q->move;
	bool other = q->method == METHOD_GET ? q->move : q->get;

	return other || (!this_one && (q->get || q->move));
}

enum judge_verdict judge_request(const struct judge_request *q)
{
	const struct attempt_answer *answer = q->answer;
	bool unknown_here = answer->status == DESTINATION_UNKNOWN && q->method == METHOD_MOVE;

	if (!answer->why.kind || q->gained || q->ordered)
		return JUDGE_GO_ON;
	if (answer->why.kind == ERR_SPACE)
		return JUDGE_FAIL;
	if (unknown_here && q->any_method && q->get)
		return JUDGE_NO_MOVE;
	if (answer->unsupported && other_method(q))
		return JUDGE_OTHER_METHOD;
	if (answer->why.kind == ERR_REFUSED && (!answer->accepted || answer->unsupported || unknown_here))
		return JUDGE_FAIL;
	return JUDGE_GO_ON;
}

/* ---- for requests of several studies ---- */

int judge_company(struct judge_lessons *lessons, const struct judge_company *c)
{
	if (c->count < 2 || c->ordered)
		return -1;
	if (c->form == FORM_LIST && c->whole && c->gained <= 1)
		lessons->list_doubts++;
	if (c->form != FORM_FILES)
		return -1;
	if (c->whole) {
		lessons->lone_answers = 0;
		return c->gained == c->count && lessons->list_doubts ? FORM_FILES : -1;
	}
	if (c->finals == 1 && ++lessons->lone_answers >= LONE_ANSWERS)
		return FORM_ALONE;
	return -1;
}

/* ---- for one study ---- */

/* Ended for reasons that are not the study's. */
static bool stopped_for_others(const struct attempt_answer *answer, const struct judge_part *part)
{
	if (part->stop == STOP_ORDERED || part->stopping)
		return true;
	return part->draining && (answer->why.kind || !answer->whole || !part->listed);
}

struct outcome judge_study(const struct attempt_answer *answer, const struct judge_part *part)
{
	bool shared = part->others > 0;

	return (struct outcome){
		.why = answer->why, .answered = answer->whole, .status = answer->status, .finals = answer->finals,
		.completed = answer->completed, .failed = answer->failed_all, .shared = part->others,
		.suspect = shared && part->suspect, .blind = shared && !part->any_suspect,
		.crowded = answer->why.kind == ERR_BUSY && !answer->whole && part->beside,
		.overtime = part->stop == STOP_STUDY && (!shared || part->suspect), .stopped = stopped_for_others(answer, part),
	};
}

enum err_kind judge_failure(enum err_kind kind, bool answered)
{
	if (kind == ERR_INPUT || (kind == ERR_ABORTED && answered))
		return ERR_NONE;
	return kind;
}
