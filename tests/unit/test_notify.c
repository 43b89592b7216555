/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which verdicts are news that a program is to be told, against a ledger; and which studies must be visited for its sake. */
#include "core/tell/notify.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "check.h"
#include "core/ledger/jobs.h"
#include "core/ledger/owed.h"

#define UID "1.2.3"

enum owed { NOTHING, OBJECTS, A_VERDICT, BY_A_LIVING_JOB };	/* what is owed already, and by whom */

static const struct {
	const char *name;
	const char *last;		/* verdict of an earlier job; NULL = none */
	enum owed owed;
	const char *verdict;
	bool news, wanted;		/* wanted: by a run that would pass it over */
} cases[] = {
	{ "never seen", NULL, NOTHING, "complete", true, false },
	{ "never seen, and nothing came", NULL, NOTHING, "failed", true, false },
	{ "as before", "complete", NOTHING, "complete", false, false },
	{ "otherwise than before", "incomplete", NOTHING, "complete", true, false },
	{ "as before, but objects came", "complete", OBJECTS, "complete", true, true },
	{ "as before, and the program was not told of that", "complete", A_VERDICT, "complete", true, false },
	{ "as before, and another run will tell it", "complete", BY_A_LIVING_JOB, "complete", false, false },
};

static int note_verdict(void *owner, const struct ledger_owed *o)
{
	snprintf(owner, 30, "%s/%d", *o->verdict ? o->verdict : "-", o->received);
	return 0;
}

static void owe(struct session *s, struct settings *how, enum owed owed, int64_t earlier, int64_t living)
{
	const struct ledger_owed o = { .output = how->output, .study_uid = UID, .node = "A@h:104", .expected = -1,
				       .job = owed == BY_A_LIVING_JOB ? living : earlier, .verdict = owed == A_VERDICT ? "complete" : "" };
	struct err e;

	if (owed != NOTHING)
		CHECK_INT(ledger_owe(s->ledger, &o, &e), 0);
}

static int64_t begin_job(struct ledger *l, const char *output)
{
	struct ledger_job j = { .node = "A@h:104", .output = output, .started = 5 };
	struct err e;

	CHECK_INT(ledger_job_begin(l, &j, &e), 0);
	return j.id;
}

static void test_case(size_t i, struct ledger *l, const char *output)
{
	struct session s = { .ledger = l };
	struct settings how;
	const int64_t earlier = begin_job(l, output), living = begin_job(l, output);
	struct ledger_study study = { .job = earlier, .study_uid = UID, .date = "", .modalities = "", .verdict = cases[i].last, .counted = "" };
	char told[30] = "";
	struct err e;

	settings_init(&how);
	how.output = mem_str(output);
	how.on_study = mem_str("/bin/true");
	CHECK_CASE(cases[i].name);
	if (cases[i].last)
		CHECK_INT(ledger_study_put(l, &study, &e), 0);
	CHECK_INT(ledger_job_end(l, earlier, 0, "", &e), 0);
	owe(&s, &how, cases[i].owed, earlier, living);
	s.job = begin_job(l, output);
	CHECK_INT(notify_wants(&s, &how, UID), cases[i].wanted);
	notify_open(&s, &how);
	study.job = s.job;
	study.verdict = cases[i].verdict;
	study.received = 7;
	CHECK_INT(notify_verdict(s.notify, &study, &e), 0);
	CHECK_INT(ledger_owed(l, output, UID, note_verdict, told, &e), 0);
	if (cases[i].news) {
		auto_free char *want = mem_printf("%s/7", cases[i].verdict);

		CHECK_STR(told, want);
	} else {
		CHECK_STR(told, cases[i].owed == NOTHING ? "" : "-/0");
	}
	notify_free(s.notify);
	settings_done(&how);
	CHECK_CASE("");
}

/* From before an object is published until a program has ended well, the study is owed. */
static void test_publishing(struct ledger *l)
{
	struct session s = { .ledger = l, .job = begin_job(l, "/publishing") };
	const char *const studies[] = { "1.2.4", "1.2.5" };
	struct settings how;
	char told[30] = "";
	struct err e;

	settings_init(&how);
	how.output = mem_str("/publishing");
	CHECK_INT(notify_publishing(s.notify, studies, 2, &e), 0);		/* nobody is told */
	CHECK_INT(ledger_owed(l, "/publishing", "1.2.5", note_verdict, told, &e), 0);
	CHECK_STR(told, "");
	how.on_study = mem_str("/bin/true");
	notify_open(&s, &how);
	CHECK_INT(notify_publishing(s.notify, studies, 2, &e), 0);
	CHECK_INT(ledger_owed(l, "/publishing", "1.2.5", note_verdict, told, &e), 0);
	CHECK_STR(told, "-/0");
	CHECK(notify_wants(&s, &how, "1.2.4") && !notify_wants(&s, &how, "1.2.6"));
	notify_free(s.notify);
	settings_done(&how);
}

int main(void)
{
	char folder[] = "/tmp/test-notify-XXXXXX";
	struct err e = { ERR_NONE, "" };
	auto_free char *path = CHECK(mkdtemp(folder)) ? file_join(folder, "ledger.db") : NULL;
	struct ledger *l = ledger_open(path, &e);

	for (size_t i = 0; CHECK(l) && i < countof(cases); i++) {
		auto_free char *output = mem_printf("/out%zu", i);

		test_case(i, l, output);
	}
	if (l)
		test_publishing(l);
	ledger_close(l);
	file_remove_tree(folder, &e);
	return check_done();
}
