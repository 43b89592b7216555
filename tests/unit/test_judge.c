/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a request that has ended means for the run, for batches, and for each of its studies. */
#include "core/retrieve/judge.h"

#include "check.h"

#define REFUSED .why = { ERR_REFUSED, "no" }, .status = -1
#define UNKNOWN .why = { ERR_REFUSED, "destination unknown" }, .status = 0xa801, .whole = true, .accepted = true
#define BOTH .get = true, .move = true

static void test_request(void)
{
	static const struct {
		const char *name;
		struct attempt_answer answer;
		struct judge_request request;
		enum judge_verdict verdict;
	} rows[] = {
		{ "went well", { .whole = true, .accepted = true }, { .method = METHOD_GET, BOTH }, JUDGE_GO_ON },
		{ "disk full", { .why = { ERR_SPACE, "" } }, { .method = METHOD_GET, BOTH }, JUDGE_FAIL },
		{ "disk full, when it was stopped", { .why = { ERR_SPACE, "" } }, { .method = METHOD_GET, BOTH, .ordered = true }, JUDGE_GO_ON },
		{ "association refused", { REFUSED }, { .method = METHOD_GET, BOTH }, JUDGE_FAIL },
		{ "association refused, objects came", { REFUSED }, { .method = METHOD_GET, BOTH, .gained = true }, JUDGE_GO_ON },
		{ "request refused", { REFUSED, .accepted = true }, { .method = METHOD_GET, BOTH }, JUDGE_GO_ON },
		{ "unreachable", { .why = { ERR_UNREACHABLE, "" } }, { .method = METHOD_GET, BOTH }, JUDGE_GO_ON },
		{ "C-GET not offered", { REFUSED, .accepted = true, .unsupported = true }, { .method = METHOD_GET, BOTH }, JUDGE_OTHER_METHOD },
		{ "C-MOVE not offered", { REFUSED, .accepted = true, .unsupported = true }, { .method = METHOD_MOVE, BOTH }, JUDGE_OTHER_METHOD },
		{ "C-GET not offered, the only one", { REFUSED, .unsupported = true }, { .get = true, .method = METHOD_GET }, JUDGE_FAIL },
		{ "C-GET not offered, known", { REFUSED, .unsupported = true }, { .move = true, .method = METHOD_GET }, JUDGE_OTHER_METHOD },
		{ "not offered, none is left", { REFUSED, .unsupported = true }, { .method = METHOD_GET }, JUDGE_FAIL },
		{ "destination unknown", { UNKNOWN }, { .method = METHOD_MOVE, BOTH }, JUDGE_FAIL },
		{ "destination unknown, any method", { UNKNOWN }, { .method = METHOD_MOVE, BOTH, .any_method = true }, JUDGE_NO_MOVE },
		{ "destination unknown, no C-GET", { UNKNOWN }, { .move = true, .method = METHOD_MOVE, .any_method = true }, JUDGE_FAIL },
		{ "the same status of a C-GET", { UNKNOWN }, { .method = METHOD_GET, BOTH, .any_method = true }, JUDGE_GO_ON },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct judge_request request = rows[i].request;

		request.answer = &rows[i].answer;
		CHECK_CASE(rows[i].name);
		CHECK_INT(judge_request(&request), rows[i].verdict);
	}
	CHECK_CASE("");
}

static void test_company(void)
{
	static const struct {
		const char *name;
		struct judge_lessons before;
		struct judge_company company;
		int learned;
		struct judge_lessons after;
	} rows[] = {
		{ "alone", { 0, 2 }, { FORM_FILES, 1, 1, 1, false, false }, -1, { 0, 2 } },
		{ "stopped", { 0, 2 }, { FORM_FILES, 3, 1, 1, false, true }, -1, { 0, 2 } },
		{ "list, all", { 0, 0 }, { FORM_LIST, 3, 3, 1, true, false }, -1, { 0, 0 } },
		{ "list, one", { 0, 0 }, { FORM_LIST, 3, 1, 1, true, false }, -1, { 1, 0 } },
		{ "list, none", { 1, 0 }, { FORM_LIST, 3, 0, 1, true, false }, -1, { 2, 0 } },
		{ "list, broken", { 0, 0 }, { FORM_LIST, 3, 0, 0, false, false }, -1, { 0, 0 } },
		{ "files, all", { 0, 2 }, { FORM_FILES, 3, 3, 3, true, false }, -1, { 0, 0 } },
		{ "files, all, where lists were doubted", { 1, 2 }, { FORM_FILES, 3, 3, 3, true, false }, FORM_FILES, { 1, 0 } },
		{ "files, two, where lists were doubted", { 1, 2 }, { FORM_FILES, 3, 2, 3, true, false }, -1, { 1, 0 } },
		{ "files, one answer", { 0, 0 }, { FORM_FILES, 3, 1, 1, false, false }, -1, { 0, 1 } },
		{ "files, one answer, again", { 0, 2 }, { FORM_FILES, 3, 1, 1, false, false }, FORM_ALONE, { 0, 3 } },
		{ "files, two answers", { 0, 2 }, { FORM_FILES, 3, 2, 2, false, false }, -1, { 0, 2 } },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct judge_lessons lessons = rows[i].before;

		CHECK_CASE(rows[i].name);
		CHECK_INT(judge_company(&lessons, &rows[i].company), rows[i].learned);
		CHECK_INT(lessons.list_doubts, rows[i].after.list_doubts);
		CHECK_INT(lessons.lone_answers, rows[i].after.lone_answers);
	}
	CHECK_CASE("");
}

static void test_study(void)
{
	static const struct {
		const char *name;
		struct attempt_answer answer;
		struct judge_part part;
		bool suspect, blind, crowded, overtime, stopped;
	} rows[] = {
		{ "alone", { .whole = true }, { .listed = true }, false, false, false, false, false },
		{ "alone, broken", { .why = { ERR_ABORTED, "" } }, { .suspect = true, .any_suspect = true }, false, false, false, false, false },
		{ "suspect", { .why = { ERR_ABORTED, "" } }, { .others = 2, .suspect = true, .any_suspect = true }, true, false, false, false, false },
		{ "beside it", { .why = { ERR_ABORTED, "" } }, { .others = 2, .any_suspect = true }, false, false, false, false, false },
		{ "no suspect", { .why = { ERR_ABORTED, "" } }, { .others = 2 }, false, true, false, false, false },
		{ "busy", { .why = { ERR_BUSY, "" } }, { .beside = 0 }, false, false, false, false, false },
		{ "busy with ours", { .why = { ERR_BUSY, "" } }, { .beside = 1 }, false, false, true, false, false },
		{ "busy, answered", { .why = { ERR_BUSY, "" }, .whole = true }, { .beside = 1 }, false, false, false, false, false },
		{ "overtime", { .why = { ERR_TIMEOUT, "" } }, { .stop = STOP_STUDY }, false, false, false, true, false },
		{ "overtime, suspect", { .why = { ERR_TIMEOUT, "" } }, { .others = 1, .suspect = true, .any_suspect = true, .stop = STOP_STUDY },
		  true, false, false, true, false },
		{ "overtime of another", { .why = { ERR_TIMEOUT, "" } }, { .others = 1, .any_suspect = true, .stop = STOP_STUDY },
		  false, false, false, false, false },
		{ "stalled", { .why = { ERR_TIMEOUT, "" } }, { .stop = STOP_STALL }, false, false, false, false, false },
		{ "ordered", { .why = { ERR_INTERRUPTED, "" } }, { .stop = STOP_ORDERED }, false, false, false, false, true },
		{ "the run stops", { .whole = true }, { .stopping = true, .listed = true }, false, false, false, false, true },
		{ "the run drains, it was answered", { .whole = true }, { .draining = true, .listed = true }, false, false, false, false, false },
		{ "the run drains, no list", { .whole = true }, { .draining = true }, false, false, false, false, true },
		{ "the run drains, it failed", { .why = { ERR_BUSY, "" }, .whole = true }, { .draining = true, .listed = true },
		  false, false, false, false, true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct outcome got = judge_study(&rows[i].answer, &rows[i].part);

		CHECK_CASE(rows[i].name);
		CHECK_INT(got.suspect, rows[i].suspect);
		CHECK_INT(got.blind, rows[i].blind);
		CHECK_INT(got.crowded, rows[i].crowded);
		CHECK_INT(got.overtime, rows[i].overtime);
		CHECK_INT(got.stopped, rows[i].stopped);
		CHECK_INT(got.shared, rows[i].part.others);
		CHECK_INT(got.answered, rows[i].answer.whole);
	}
	CHECK_CASE("");
}

static void test_failure(void)
{
	CHECK_INT(judge_failure(ERR_ABORTED, true), ERR_NONE);		/* "0xA702, could not send the objects" */
	CHECK_INT(judge_failure(ERR_ABORTED, false), ERR_ABORTED);
	CHECK_INT(judge_failure(ERR_INPUT, true), ERR_NONE);		/* all came damaged */
	CHECK_INT(judge_failure(ERR_INPUT, false), ERR_NONE);
	CHECK_INT(judge_failure(ERR_UNREACHABLE, false), ERR_UNREACHABLE);
	CHECK_INT(judge_failure(ERR_BUSY, true), ERR_BUSY);
	CHECK_INT(judge_failure(ERR_REFUSED, true), ERR_REFUSED);
	CHECK_INT(judge_failure(ERR_TIMEOUT, false), ERR_TIMEOUT);
}

int main(void)
{
	test_failure();
	test_request();
	test_company();
	test_study();
	return check_done();
}
