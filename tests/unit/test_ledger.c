/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger: what is put is found again, by this process and another; what is damaged, foreign, newer, locked or full is
 * said in words; nothing half survives a rollback or a kill. */
#include "core/ledger/ledger.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "check.h"
#include "core/ledger/attempts.h"
#include "core/ledger/facts.h"
#include "core/ledger/instances.h"
#include "core/ledger/jobs.h"
#include "core/ledger/owed.h"
#include "core/ledger/purge.h"
#include "core/ledger/queries.h"
#include "core/ledger/sql.h"
#include "core/ledger/studies.h"

static char folder[] = "/tmp/test-ledger-XXXXXX";
static char warned[500];

static char *in_folder(const char *name)
{
	return file_join(folder, name);
}

static struct ledger *open_ledger(const char *name)
{
	auto_free char *path = in_folder(name);
	struct err e = { ERR_NONE, "" };
	struct ledger *l = ledger_open(path, &e);

	if (!CHECK(l))
		printf("%s\n", e.text);
	return l;
}

static void refuse_ledger(const char *path, enum err_kind kind, const char *said)
{
	struct err e = { ERR_NONE, "" };
	struct ledger *l = ledger_open(path, &e);

	CHECK(!l);
	CHECK_INT(e.kind, kind);
	CHECK_HAS(e.text, said);
	ledger_close(l);
}

static int sql(const char *path, const char *text)
{
	sqlite3 *db;
	int code = sqlite3_open(path, &db);

	if (code == SQLITE_OK)
		code = sqlite3_exec(db, text, NULL, NULL, NULL);
	sqlite3_close(db);
	return code;
}

static int put(struct ledger *l, const char *output, const char *path, const char *study)
{
	struct err e;
	struct ledger_instance i = {
		.output = output, .path = path, .sop = "1.2.3.4", .study = study, .series = "1.2.3", .sop_class = "1.5",
		.transfer_syntax = "1.2.840.10008.1.2.1", .bytes = 524288, .at = 1700000000, .node = "A@h:104", .job = 1,
		.sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	};

	return ledger_instance_put(l, &i, &e);
}

static long long count(struct ledger *l, const char *output)
{
	struct err e;

	return ledger_instance_count(l, output, &e);
}

static void test_paths(void)
{
	auto_free char *named = NULL, *xdg = NULL, *at_home = NULL;

	setenv("DICOM_QR_LEDGER", "/x/y.db", 1);
	named = ledger_default_path();
	CHECK_STR(named, "/x/y.db");
	unsetenv("DICOM_QR_LEDGER");
	setenv("XDG_STATE_HOME", "/state", 1);
	xdg = ledger_default_path();
	CHECK_STR(xdg, "/state/dicom-qr/ledger.db");
	setenv("XDG_STATE_HOME", "relative", 1);
	setenv("HOME", "/home/me", 1);
	at_home = ledger_default_path();
	CHECK_STR(at_home, "/home/me/.local/state/dicom-qr/ledger.db");
}

static void check_mode(const char *name, mode_t mode)
{
	auto_free char *path = in_folder(name);
	struct stat st;

	CHECK_CASE(name);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, mode);
	CHECK_CASE("");
}

static void note_warning(enum log_level level, const char *line)
{
	if (level == LOG_WARNING)
		snprintf(warned, sizeof warned, "%s", line);
}

static void test_modes(void)
{
	auto_free char *path = in_folder("deep/er/ledger.db");
	mode_t before = umask(0);
	struct ledger *l = open_ledger("deep/er/ledger.db");

	CHECK_INT(put(l, "/out", "a", "1.2"), 0);
	check_mode("deep", 0700);
	check_mode("deep/er", 0700);
	check_mode("deep/er/ledger.db", 0600);
	check_mode("deep/er/ledger.db-wal", 0600);
	check_mode("deep/er/ledger.db-shm", 0600);
	CHECK_STR(ledger_path(l), path);
	ledger_close(l);
	CHECK_INT(umask(before), 0);
	CHECK_INT(chmod(path, 0644), 0);
	l = open_ledger("deep/er/ledger.db");
	check_mode("deep/er/ledger.db", 0600);
	CHECK_HAS(warned, "could be opened by other users (mode 644); now it cannot");
	ledger_close(l);
}

static void test_jobs(void)
{
	struct ledger *l = open_ledger("jobs.db");
	struct ledger_job j = { .node = "A@h:104", .command = "dicom-qr ...", .output = "/out", .user = "me", .started = 5 };
	struct ledger_query q = { .job = 1, .node = "A@h:104", .level = "STUDY", .model = "study", .keys = "StudyDate", .rows = 7 };
	FILE *file = tmpfile();
	char *text;
	struct err e = { ERR_NONE, "" };

	CHECK_INT(ledger_job_begin(l, &j, &e), 0);
	CHECK_INT(j.id, 1);
	CHECK_INT(ledger_job_begin(l, &j, &e), 0);
	CHECK_INT(j.id, 2);
	CHECK(!ledger_job_plan_text(l, 2, &e));
	CHECK_INT(e.kind, ERR_INPUT);
	CHECK_HAS(e.text, "there is no job 2 with a plan");
	CHECK_INT(ledger_job_plan(l, 2, "{\"a\": 1}", 8, &e), 0);
	CHECK_INT(ledger_job_plan(l, 2, "{\"a\": 22}", 9, &e), 0);
	CHECK(file && fputs("{\"b\": 333}", file) >= 0);
	CHECK_INT(ledger_job_plan_file(l, 1, file, &e), 0);
	CHECK_INT(ledger_job_plan_file(l, 1, file, &e), 0);
	fclose(file);
	CHECK_INT(ledger_query_add(l, &q, &e), 0);
	CHECK_INT(ledger_job_end(l, 2, 3, "1 of 2", &e), 0);
	ledger_close(l);
	l = open_ledger("jobs.db");
	text = ledger_job_plan_text(l, 2, &e);
	CHECK_STR(text, "{\"a\": 22}");
	free(text);
	text = ledger_job_plan_text(l, 1, &e);
	CHECK_STR(text, "{\"b\": 333}");
	free(text);
	ledger_close(l);
}

static void put_study(struct ledger *l, int64_t job, const char *uid, int position, const char *verdict, int received)
{
	struct err e;
	struct ledger_study s = { .job = job, .study_uid = uid, .date = "20240101", .modalities = "CT\\SR", .verdict = verdict,
				  .position = position, .expected = 10, .received = received, .counted = "study",
				  .bytes = received * 1000LL };

	CHECK_INT(ledger_study_put(l, &s, &e), 0);
}

static void attempt(struct ledger *l, int64_t job, const char *uids, int objects, int64_t ms)
{
	struct err e;
	struct ledger_attempt a = { .job = job, .study_uids = uids, .rung = "C-GET study", .command = "getscu", .at = 1 };

	CHECK_INT(ledger_attempt_begin(l, &a, &e), 0);
	CHECK(a.id > 0);
	a.objects = objects;
	a.ms = ms;
	CHECK_INT(ledger_attempt_end(l, &a, &e), 0);
}

static void check_last(struct ledger *l, const char *output, const char *uid, const char *verdict, int received)
{
	int got = -1;
	auto_free char *last = ledger_last_verdict(l, output, uid, &got);

	CHECK_STR(last, verdict);
	CHECK_INT(got, received);
}

static void test_studies(void)
{
	struct ledger *l = open_ledger("studies.db");
	struct ledger_job j = { .node = "A@h:104", .output = "/out" };
	double bytes = 0, rate = 0;
	struct err e;

	for (int i = 0; i < 3; i++)
		CHECK_INT(ledger_job_begin(l, &j, &e), 0);
	CHECK(!ledger_estimate(l, "A@h:104", "", &bytes, &rate));
	check_last(l, "/out", "1.2.3", NULL, -1);
	put_study(l, 1, "1.2.3", 0, "wanted", 0);
	check_last(l, "/out", "1.2.3", NULL, -1);
	put_study(l, 1, "1.2.3", 0, "incomplete", 7);
	put_study(l, 2, "1.2.3", 0, "complete", 10);
	put_study(l, 3, "1.2.3", 0, "skipped", 10);
	put_study(l, 3, "1.2.4", 1, "wanted", 0);
	check_last(l, "/out", "1.2.3", "complete", 10);
	check_last(l, "/out", "1.2.4", NULL, -1);
	check_last(l, "/elsewhere", "1.2.3", NULL, -1);
	CHECK(!ledger_estimate(l, "A@h:104", "CT", &bytes, &rate));
	attempt(l, 2, "1.2.3\\1.2.4\\1.2.3", 10, 500);
	attempt(l, 2, "", 0, 500);
	attempt(l, 2, NULL, 10, 500);
	CHECK(ledger_estimate(l, "A@h:104", "CT", &bytes, &rate));
	CHECK(bytes > 999.9 && bytes < 1000.1 && rate > 19.9 && rate < 20.1);
	CHECK(ledger_estimate(l, "A@h:104", "", &bytes, &rate));
	CHECK(!ledger_estimate(l, "A@h:104", "C", &bytes, &rate));
	CHECK(!ledger_estimate(l, "B@h:104", "CT", &bytes, &rate));
	ledger_close(l);
}

struct told {
	char text[400];
	int count;
};

static void say(struct told *t, const char *word, long long number)
{
	size_t len = strlen(t->text);

	snprintf(t->text + len, sizeof t->text - len, "%s:%lld ", word, number);
	t->count++;
}

static int tell_job(void *owner, const struct ledger_job *j)
{
	say(owner, j->alive ? "alive" : j->ended ? "ended" : "died", j->id * 100 + j->good * 10 + j->studies);
	return 0;
}

static int tell_living(void *owner, int64_t job, int64_t parent)
{
	say(owner, "living", job * 100 + parent);
	return 0;
}

static int tell_node(void *owner, const char *node)
{
	say(owner, node, 0);
	return 0;
}

static int tell_query(void *owner, const struct ledger_query *q)
{
	say(owner, q->user, q->job);
	return 0;
}

static int tell_study(void *owner, const struct ledger_study *s)
{
	say(owner, s->verdict, s->job);
	return 0;
}

static const struct date_range all_days;

static int tell_attempt(void *owner, const struct ledger_attempt *a)
{
	say(owner, a->rung, a->studies);
	return 0;
}

static int tell_folder(void *owner, const char *output, int64_t files, int64_t bytes)
{
	say(owner, output, files * 1000 + bytes / 524288);
	return 0;
}

#define CHECK_TOLD(call, want) \
	do { \
		struct told told = { "", 0 }; \
		CHECK_INT(call, 0); \
		CHECK_STR(told.text, want); \
	} while (0)

static void test_telling(void)
{
	struct ledger *l = open_ledger("telling.db");
	auto_free char *path = in_folder("telling.db");
	struct ledger_job j = { .node = "A@h:104", .output = "/out", .user = "me", .started = 1000 };
	const struct ledger_query q = { .node = "A@h:104", .level = "STUDY", .keys = "StudyDate=20240101", .user = "you" };
	const struct ledger_query named = { .node = "A@h:104", .level = "SERIES", .keys = "StudyInstanceUID=1.2.3", .user = "he", .at = 99 };
	struct ledger_purged purged;
	time_t finished = 1;
	struct err e = { ERR_NONE, "" };

	CHECK_INT(ledger_query_add(l, &q, &e), 0);
	CHECK_INT(ledger_job_begin(l, &j, &e), 0);		/* has asked that */
	put_study(l, 1, "1.2.3", 0, "incomplete", 7);
	put_study(l, 1, "1.2.4", 1, "complete", 7);
	CHECK_INT(ledger_last_finished(l, NULL, false, &finished, &e), 0);
	CHECK_INT(finished, 0);
	CHECK_INT(ledger_job_end(l, 1, 5, "", &e), 0);
	CHECK_INT(ledger_last_finished(l, NULL, false, &finished, &e), 0);
	CHECK_INT(finished, 0);					/* nobody answered: no run */
	CHECK_INT(ledger_job_end(l, 1, 3, "", &e), 0);
	CHECK_INT(ledger_last_finished(l, "A@h:104", false, &finished, &e), 0);
	CHECK(finished > 1000);
	CHECK_INT(ledger_last_finished(l, "B@h:104", false, &finished, &e), 0);
	CHECK_INT(finished, 0);
	CHECK_INT(ledger_query_add(l, &named, &e), 0);
	j.started = 2000;
	CHECK_INT(ledger_job_begin(l, &j, &e), 0);
	put_study(l, 2, "1.2.3", 0, "skipped", 7);
	put_study(l, 2, "1.2.5", 1, "skipped", 7);
	CHECK_INT(ledger_job_begin(l, &j, &e), 0);
	attempt(l, 2, "1.2.3\\1.2.5", 1, 1);
	CHECK_INT(sql(path, "UPDATE job SET pid = 1 WHERE id = 3"), SQLITE_OK);	/* that process is another one */

	CHECK_TOLD(ledger_jobs(l, NULL, 0, tell_job, &told, &e), "died:300 alive:200 ended:112 ");
	CHECK_TOLD(ledger_living(l, tell_living, &told, &e), "living:200 ");
	CHECK_INT(sql(path, "UPDATE job SET boot = 'another' WHERE id = 2"), SQLITE_OK);	/* the machine has started again since */
	CHECK_TOLD(ledger_living(l, tell_living, &told, &e), "");
	CHECK_INT(sql(path, "UPDATE job SET boot = '' WHERE id = 2"), SQLITE_OK);		/* as older versions wrote it */
	CHECK_TOLD(ledger_living(l, tell_living, &told, &e), "living:200 ");
	CHECK_TOLD(ledger_nodes(l, tell_node, &told, &e), "A@h:104:0 ");
	CHECK_TOLD(ledger_studies_open(l, NULL, tell_study, &told, &e), "incomplete:1 ");
	CHECK_TOLD(ledger_studies_open(l, "B@h:104", tell_study, &told, &e), "");
	CHECK_TOLD(ledger_queries(l, "A@h:104", 0, tell_query, &told, &e), "he:2 you:1 ");
	CHECK_TOLD(ledger_queries_since(l, "A@h:104", 99, tell_query, &told, &e), "he:2 ");
	CHECK_TOLD(ledger_jobs(l, "A@h:104", 1, tell_job, &told, &e), "died:300 ");
	CHECK_TOLD(ledger_jobs(l, "B@h:104", 0, tell_job, &told, &e), "");
	CHECK_TOLD(ledger_queries(l, NULL, 0, tell_query, &told, &e), "he:2 you:1 ");
	CHECK_TOLD(ledger_queries_of(l, "1.2.3", tell_query, &told, &e), "you:1 he:2 ");
	CHECK_TOLD(ledger_queries_of(l, "1.2", tell_query, &told, &e), "");
	CHECK_TOLD(ledger_studies_dated(l, NULL, &all_days, tell_study, &told, &e), "incomplete:1 complete:1 skipped:2 ");
	CHECK_TOLD(ledger_study_story(l, "1.2.3", tell_study, &told, &e), "incomplete:1 skipped:2 ");
	CHECK_TOLD(ledger_attempts(l, "1.2.5", tell_attempt, &told, &e), "C-GET study:2 ");

	CHECK_INT(put(l, "/out", "a", "1.2.3"), 0);
	CHECK_INT(put(l, "/out", "b", "1.2.3"), 0);
	CHECK_INT(put(l, "/two", "a", "1.2.3"), 0);
	CHECK_TOLD(ledger_held_folders(l, "1.2.3", tell_folder, &told, &e), "/out:2002 /two:1001 ");
	CHECK_INT(ledger_instance_move(l, "/out", "a", "b", &e), 0);
	CHECK_INT(count(l, "/out"), 1);

	/* The past is forgotten, but for who lives; what is held stays. */
	CHECK_INT(ledger_purge(l, 3000, true, &purged, &e), 0);
	CHECK_INT(purged.jobs, 2);
	CHECK_INT(ledger_purge(l, 3000, false, &purged, &e), 0);
	CHECK_INT(purged.queries, 2);
	CHECK_INT(purged.jobs, 2);
	CHECK_INT(purged.studies, 2);
	CHECK_INT(purged.attempts, 0);
	CHECK_TOLD(ledger_jobs(l, NULL, 0, tell_job, &told, &e), "alive:200 ");
	CHECK_INT(count(l, "/out"), 1);
	ledger_close(l);
}

static int tell_date(void *owner, const struct ledger_study *s)
{
	say(owner, s->date, s->job);
	return 0;
}

/* Who was given UIDs knows no date; what another job learned is kept. */
static void test_dates(void)
{
	struct ledger *l = open_ledger("dates.db");
	struct ledger_job j = { .node = "A@h:104", .output = "/out", .user = "me", .started = 1000 };
	struct ledger_study undated = { .job = 2, .study_uid = "1.2.3", .date = "", .modalities = "", .verdict = "complete", .counted = "" };
	struct err e = { ERR_NONE, "" };

	for (int i = 0; i < 4; i++)
		CHECK_INT(ledger_job_begin(l, &j, &e), 0);
	put_study(l, 1, "1.2.3", 0, "incomplete", 7);
	CHECK_INT(ledger_study_put(l, &undated, &e), 0);
	undated.study_uid = "1.2.4";
	CHECK_INT(ledger_study_put(l, &undated, &e), 0);
	CHECK_TOLD(ledger_studies_dated(l, NULL, &all_days, tell_date, &told, &e), ":2 20240101:2 ");

	/* A part says nothing of the whole, but more than what was skipped. */
	undated = (struct ledger_study){ .job = 3, .study_uid = "1.2.3", .date = "", .modalities = "", .verdict = "empty", .counted = "part" };
	CHECK_INT(ledger_study_put(l, &undated, &e), 0);
	undated.study_uid = "1.2.5";
	CHECK_INT(ledger_study_put(l, &undated, &e), 0);
	put_study(l, 4, "1.2.5", 0, "skipped", 7);
	CHECK_TOLD(ledger_studies_dated(l, NULL, &all_days, tell_study, &told, &e), "complete:2 complete:2 empty:3 ");
	ledger_close(l);
}

/* Only nightly runs tell whether the nightly runs live; what ended tomorrow has not ended. */
static void test_nightly(void)
{
	struct ledger *l = open_ledger("nightly.db");
	auto_free char *path = in_folder("nightly.db");
	struct ledger_job j = { .node = "A@h:104", .output = "/out", .user = "me", .started = 1000, .command = "dicom-qr sync pacs -q",
				.kind = JOB_SYNC };
	struct err e = { ERR_NONE, "" };
	time_t when = 0;
	bool any = true;

	CHECK_INT(ledger_has_nightly(l, NULL, &any, &e), 0);
	CHECK(!any);
	CHECK_INT(ledger_job_begin(l, &j, &e), 0);
	j.command = "dicom-qr pacs --auto";
	j.kind = JOB_RETRIEVE;
	CHECK_INT(ledger_job_begin(l, &j, &e), 0);
	CHECK_INT(ledger_has_nightly(l, "A@h:104", &any, &e), 0);
	CHECK(any);
	CHECK_INT(ledger_has_nightly(l, "B@h:104", &any, &e), 0);
	CHECK(!any);
	CHECK_INT(sql(path, "UPDATE job SET exit_status = 0, ended = 2000 + id"), SQLITE_OK);
	CHECK_INT(ledger_last_finished(l, NULL, false, &when, &e), 0);
	CHECK_INT(when, 2002);
	CHECK_INT(ledger_last_finished(l, NULL, true, &when, &e), 0);
	CHECK_INT(when, 2001);
	CHECK_INT(sql(path, "UPDATE job SET exit_status = 8"), SQLITE_OK);	/* outside of its window: nothing was asked */
	CHECK_INT(ledger_last_finished(l, NULL, true, &when, &e), 0);
	CHECK_INT(when, 0);
	attempt(l, 1, "1.2.3", 1, 1);
	CHECK_INT(ledger_last_finished(l, NULL, true, &when, &e), 0);
	CHECK_INT(when, 2001);
	CHECK_INT(sql(path, "UPDATE job SET ended = 9000000000 WHERE id = 1"), SQLITE_OK);
	CHECK_INT(ledger_last_finished(l, NULL, true, &when, &e), 0);
	CHECK_INT(when, 0);
	ledger_close(l);
}

/* The first schema, as it was; rows written then are told of now. */
static void test_old_schema(void)
{
	static const char first[] =
		"CREATE TABLE job(id INTEGER PRIMARY KEY, node TEXT NOT NULL, command TEXT NOT NULL, output TEXT NOT NULL,"
		" state TEXT NOT NULL, user TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER, exit_status INTEGER, summary TEXT);"
		"CREATE TABLE plan(job INTEGER PRIMARY KEY, text BLOB NOT NULL);"
		"CREATE TABLE query(id INTEGER PRIMARY KEY, job INTEGER NOT NULL, node TEXT NOT NULL, level TEXT NOT NULL,"
		" model TEXT NOT NULL, keys TEXT NOT NULL, at INTEGER NOT NULL, ms INTEGER NOT NULL, rows INTEGER NOT NULL,"
		" status INTEGER NOT NULL, comment TEXT NOT NULL, cut INTEGER NOT NULL);"
		"CREATE INDEX query_by_node ON query(node, at);"
		"CREATE TABLE study(job INTEGER NOT NULL, study_uid TEXT NOT NULL, position INTEGER NOT NULL, date TEXT NOT NULL,"
		" modalities TEXT NOT NULL, verdict TEXT NOT NULL, why TEXT NOT NULL, expected INTEGER NOT NULL,"
		" counted TEXT NOT NULL, received INTEGER NOT NULL, bytes INTEGER NOT NULL, attempts INTEGER NOT NULL,"
		" PRIMARY KEY(job, study_uid, position)) WITHOUT ROWID;"
		"CREATE INDEX study_by_uid ON study(study_uid, job);"
		"CREATE TABLE attempt(id INTEGER PRIMARY KEY, job INTEGER NOT NULL, rung TEXT NOT NULL, command TEXT NOT NULL,"
		" tool_version TEXT NOT NULL, at INTEGER NOT NULL, ms INTEGER, bytes INTEGER, exit_status INTEGER, status INTEGER,"
		" completed INTEGER, failed INTEGER, objects INTEGER, outcome TEXT, words TEXT);"
		"CREATE INDEX attempt_by_job ON attempt(job);"
		"CREATE TABLE attempt_study(attempt INTEGER NOT NULL, study_uid TEXT NOT NULL, PRIMARY KEY(attempt, study_uid))"
		" WITHOUT ROWID;"
		"CREATE INDEX attempt_study_by_uid ON attempt_study(study_uid);"
		"CREATE TABLE folder(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);"
		"CREATE TABLE instance(folder INTEGER NOT NULL, path TEXT NOT NULL, sop TEXT NOT NULL, study TEXT NOT NULL,"
		" series TEXT NOT NULL, sop_class TEXT NOT NULL, transfer_syntax TEXT NOT NULL, bytes INTEGER NOT NULL,"
		" sha256 TEXT NOT NULL, at INTEGER NOT NULL, node TEXT NOT NULL, job INTEGER NOT NULL, UNIQUE(folder, path));"
		"CREATE INDEX instance_by_study ON instance(folder, study);"
		"CREATE TABLE learned(node TEXT NOT NULL, what TEXT NOT NULL, value TEXT NOT NULL, at INTEGER NOT NULL,"
		" times INTEGER NOT NULL, PRIMARY KEY(node, what)) WITHOUT ROWID;";
	auto_free char *path = in_folder("first.db");
	struct ledger_query q = { .node = "A@h:104", .level = "STUDY", .keys = "", .user = "you" };
	struct ledger *l;
	struct err e;

	CHECK_INT(sql(path, first), SQLITE_OK);
	CHECK_INT(sql(path, "PRAGMA application_id = 1145262418; PRAGMA user_version = 1;"
			    "INSERT INTO query VALUES(1, 0, 'A@h:104', 'STUDY', 'study', '', 5, 1, 2, 0, '', 0);"
			    "INSERT INTO job(id, node, command, output, state, user, started) VALUES(1, 'A@h:104', '', '', '', 'me', 5)"),
		  SQLITE_OK);
	l = open_ledger("first.db");
	CHECK_INT(ledger_query_add(l, &q, &e), 0);
	CHECK_TOLD(ledger_queries(l, NULL, 0, tell_query, &told, &e), "you:0 :0 ");
	CHECK_TOLD(ledger_jobs(l, NULL, 0, tell_job, &told, &e), "died:100 ");
	ledger_close(l);
}

static int tell_kind(void *owner, const struct ledger_job *j)
{
	say(owner, job_kind_name(j->kind), j->parent);
	return 0;
}

static int tell_skip(void *owner, const struct ledger_study *s)
{
	say(owner, *skip_name(s->skip) ? skip_name(s->skip) : "-", s->position);
	return 0;
}

/* Before reasons and kinds had columns they were read from sentences. */
static void test_old_sentences(void)
{
	static const char back[] =
		"DROP INDEX job_by_node; DROP INDEX job_open; DROP INDEX study_by_date; DROP INDEX study_open; DROP INDEX query_by_study;"
		"DROP TABLE sync_given_up; ALTER TABLE job DROP COLUMN kind; ALTER TABLE job DROP COLUMN parent; ALTER TABLE job DROP COLUMN origin;"
		"ALTER TABLE job DROP COLUMN host; ALTER TABLE job DROP COLUMN boot; ALTER TABLE study DROP COLUMN skip;"
		"ALTER TABLE query DROP COLUMN study_uid; ALTER TABLE sync_study DROP COLUMN since; DROP TABLE batch_answer; PRAGMA user_version = 4;";
	static const struct { const char *verdict, *why, *told; } rows[] = {
		{ "complete", "", "-:0 " }, { "incomplete", "beyond all hope", "-:1 " }, { "skipped", "held already: 3 objects", "held:2 " },
		{ "skipped", "sent to BOX already: 3 objects (-dup sends it again)", "held:3 " },
		{ "skipped", "beyond --max-studies 1", "limit:4 " }, { "skipped", "left alone: it may still grow (--settle 60s)", "settling:5 " },
		{ "skipped", "the PACS does not tell its series: busy", "untold:6 " },
		{ "skipped", "the PACS does not list its objects, so --max-images 3 could not be kept", "untold:7 " },
		{ "skipped", "not chosen", "not-chosen:8 " }, { "skipped", "the PACS does not know it", "unknown:9 " },
		{ "skipped", "the PACS lists no object of it; 1 is here", "unknown:10 " }, { "skipped", "CT: no dose report", "other:11 " },
	};
	auto_free char *path = in_folder("sentences.db");
	auto_buf struct buf want = BUF_INIT(1000);
	struct ledger *l = open_ledger("sentences.db");
	struct err e;

	CHECK_INT(ledger_exec(l, back, &e), 0);
	for (size_t i = 0; i < countof(rows); i++) {
		auto_free char *put_row = mem_printf("INSERT INTO study VALUES(1, '1.2', %zu, '20240101', 'CT', '%s', '%s', 1, '', 1, 1, 1)", i,
						     rows[i].verdict, rows[i].why);

		CHECK_INT(ledger_exec(l, put_row, &e), 0);
		buf_str(&want, rows[i].told);
	}
	CHECK_INT(ledger_exec(l, "INSERT INTO job(id, node, command, output, state, user, started) VALUES"
			      "(1, 'A@h:104', '/usr/bin/dicom-qr pacs --auto', '', '', 'me', 5), (2, 'A@h:104', 'dicom-qr sync pacs -q', '', '', 'me', 5),"
			      "(3, 'A@h:104', 'dicom-qr resume 17 --parallel 2', '', '', 'me', 5),"
			      "(4, 'A@h:104', 'dicom-qr resume --state a', '', '', 'me', 5);"
			      "INSERT INTO query(job, node, level, model, keys, at, ms, rows, status, comment, cut) VALUES"
			      "(0, 'A@h:104', 'SERIES', 'study', 'Modality=CT StudyInstanceUID=1.2 StudyDate=5', 9, 1, 2, 0, '', 0),"
			      "(0, 'A@h:104', 'SERIES', 'study', 'StudyInstanceUID=1.2.3', 9, 1, 2, 0, '', 0)", &e), 0);
	ledger_close(l);
	l = open_ledger("sentences.db");
	CHECK_TOLD(ledger_study_story(l, "1.2", tell_skip, &told, &e), buf_text(&want));
	CHECK_TOLD(ledger_jobs(l, NULL, 0, tell_kind, &told, &e), "resume:0 resume:17 sync:0 retrieve:0 ");
	CHECK_TOLD(ledger_queries_of(l, "1.2", tell_query, &told, &e), ":0 ");
	CHECK_TOLD(ledger_queries_of(l, "1.2.3", tell_query, &told, &e), ":0 ");
	ledger_close(l);
	CHECK_INT(sql(path, "SELECT 1 / (6 = user_version) FROM pragma_user_version"), SQLITE_OK);
}

static void check_learned(struct ledger *l, const char *what, const char *value)
{
	auto_free char *got = ledger_learned(l, "A@h:104", what);

	CHECK_STR(got, value);
}

static void test_learned(void)
{
	struct ledger *l = open_ledger("learned.db");
	struct err e;

	check_learned(l, "cap", NULL);
	CHECK_INT(ledger_learn(l, "A@h:104", "cap", "500", &e), 0);
	CHECK_INT(ledger_learn(l, "A@h:104", "cap", "500", &e), 0);
	CHECK_INT(ledger_learn(l, "A@h:104", "method", "'; DROP TABLE learned; --", &e), 0);
	check_learned(l, "cap", "500");
	check_learned(l, "method", "'; DROP TABLE learned; --");
	CHECK_INT(ledger_learn(l, "A@h:104", "cap", "200", &e), 0);
	check_learned(l, "cap", "200");
	CHECK_INT(ledger_learn(l, "A@h:104", "cap", NULL, &e), 0);
	check_learned(l, "cap", NULL);
	ledger_close(l);
}

struct seen {
	struct ledger *ledger;
	int count, stop_at;
	char paths[200];
};

static int see(void *owner, const struct ledger_instance *i)
{
	struct seen *s = owner;
	size_t len = strlen(s->paths);

	snprintf(s->paths + len, sizeof s->paths - len, "%s ", i->path);
	CHECK_STR(i->output, "/out");
	CHECK_STR(i->sop, "1.2.3.4");
	CHECK_INT(strlen(i->sha256), 64);
	CHECK_INT(i->bytes, 524288);
	return ++s->count == s->stop_at;
}

/* Asks and changes the ledger in the middle of being told. */
static int meddle(void *owner, const struct ledger_instance *i)
{
	struct seen *s = owner, inner = { .ledger = s->ledger };
	struct err e;

	CHECK_INT(ledger_instances(s->ledger, "/out", "1.2", see, &inner, &e), 0);
	CHECK_INT(ledger_instance_delete(s->ledger, "/out", i->path, &e), 0);
	s->count++;
	return 0;
}

static void test_instances(void)
{
	struct ledger *l = open_ledger("instances.db");
	struct seen all = { 0 }, some = { .stop_at = 1 }, meddling = { .ledger = l };
	struct err e;

	CHECK_INT(count(l, "/out"), 0);
	CHECK_INT(put(l, "/out", "b", "1.2"), 0);
	CHECK_INT(put(l, "/out", "a", "1.2"), 0);
	CHECK_INT(put(l, "/out", "c", "1.3"), 0);
	CHECK_INT(put(l, "/other", "a", "1.2"), 0);
	CHECK_INT(put(l, "/out", "b", "1.2"), 0);
	CHECK_INT(count(l, "/out"), 3);
	CHECK_INT(count(l, "/other"), 1);
	CHECK_INT(ledger_instances(l, "/out", "1.2", see, &all, &e), 0);
	CHECK_STR(all.paths, "a b ");
	CHECK_INT(ledger_instances(l, "/out", "1.2", see, &some, &e), 0);
	CHECK_STR(some.paths, "a ");
	CHECK_INT(ledger_instances(l, "/nowhere", "1.2", see, &all, &e), 0);
	CHECK_INT(all.count, 2);
	CHECK_INT(ledger_instances(l, "/out", "1.2", meddle, &meddling, &e), 0);
	CHECK_INT(meddling.count, 2);
	CHECK_INT(count(l, "/out"), 1);
	CHECK_INT(ledger_instance_delete(l, "/out", "never", &e), 0);
	ledger_close(l);
}

static void test_transactions(void)
{
	struct ledger *l = open_ledger("transactions.db");
	struct err e;

	ledger_rollback(l);				/* of nothing */
	CHECK_INT(ledger_begin(l, &e), 0);
	CHECK_INT(ledger_begin(l, &e), 0);
	CHECK_INT(put(l, "/new", "a", "1.2"), 0);
	CHECK_INT(ledger_commit(l, &e), 0);
	CHECK_INT(count(l, "/new"), 1);
	ledger_rollback(l);
	CHECK_INT(count(l, "/new"), 0);
	CHECK_INT(put(l, "/new", "a", "1.2"), 0);	/* the folder's number has gone with the rollback */
	CHECK_INT(count(l, "/new"), 1);

	CHECK_INT(ledger_begin(l, &e), 0);
	CHECK_INT(put(l, "/new", "b", "1.2"), 0);
	CHECK_INT(ledger_begin(l, &e), 0);
	ledger_rollback(l);
	CHECK_INT(put(l, "/new", "c", "1.2"), -1);
	CHECK_INT(ledger_commit(l, &e), -1);
	CHECK_HAS(e.text, "was rolled back");
	CHECK_INT(count(l, "/new"), 1);

	CHECK_INT(ledger_begin(l, &e), 0);
	CHECK_INT(put(l, "/new", "d", "1.2"), 0);
	CHECK_INT(ledger_commit(l, &e), 0);
	CHECK_INT(count(l, "/new"), 2);
	CHECK_INT(ledger_begin(l, &e), 0);
	CHECK_INT(put(l, "/new", "e", "1.2"), 0);
	ledger_close(l);				/* in the middle */
	l = open_ledger("transactions.db");
	CHECK_INT(count(l, "/new"), 2);
	ledger_close(l);
}

/* A statement without end is ended by a signal that waits to be read, and what was begun is undone; then all goes on. */
static void test_stopped(void)
{
	struct ledger *l = open_ledger("stopped.db");
	struct err e = { ERR_NONE, "" };
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	CHECK_INT(sigprocmask(SIG_BLOCK, &term, NULL), 0);
	CHECK_INT(ledger_begin(l, &e), 0);
	CHECK_INT(put(l, "/new", "a", "1.2"), 0);
	CHECK_INT(raise(SIGTERM), 0);
	CHECK_INT(put(l, "/new", "b", "1.2"), 0);		/* a short one is none of that */
	CHECK_INT(ledger_exec(l, "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n)"
				 " UPDATE instance SET bytes = (SELECT max(n) FROM n)", &e), -1);
	CHECK_INT(e.kind, ERR_INTERRUPTED);
	CHECK_INT(sigwaitinfo(&term, NULL), SIGTERM);
	CHECK_INT(sigprocmask(SIG_UNBLOCK, &term, NULL), 0);
	CHECK_INT(ledger_commit(l, &e), -1);
	CHECK_INT(count(l, "/new"), 0);
	CHECK_INT(put(l, "/new", "c", "1.2"), 0);
	CHECK_INT(count(l, "/new"), 1);
	ledger_close(l);
}

static void test_foreign(void)
{
	auto_free char *path = in_folder("foreign.db"), *empty = in_folder("empty.db"), *newer = in_folder("newer.db");
	auto_free char *other = in_folder("other.db"), *older = in_folder("older.db");
	struct err e;

	umask(022);
	CHECK_INT(sql(path, "CREATE TABLE mine(x)"), SQLITE_OK);
	refuse_ledger(path, ERR_INPUT, "is the database of another program");
	CHECK_INT(sql(path, "SELECT x FROM mine"), SQLITE_OK);
	check_mode("foreign.db", 0644);			/* left as it was */
	CHECK_INT(sql(other, "PRAGMA application_id = 7"), SQLITE_OK);
	refuse_ledger(other, ERR_INPUT, "is the database of another program");
	CHECK_INT(file_replace(empty, "", 0, &e), 0);
	ledger_close(open_ledger("empty.db"));
	ledger_close(open_ledger("newer.db"));
	CHECK_INT(sql(newer, "PRAGMA user_version = 99"), SQLITE_OK);
	refuse_ledger(newer, ERR_INPUT, "newer dicom-qr (schema 99");
	CHECK_INT(sql(older, "PRAGMA application_id = 0x44435152"), SQLITE_OK);	/* before the first migration */
	ledger_close(open_ledger("older.db"));
	CHECK_INT(sql(older, "SELECT 1 / (SELECT user_version FROM pragma_user_version) FROM job"), SQLITE_OK);
}

static void test_damaged(void)
{
	auto_free char *garbage = in_folder("garbage.db"), *holed = in_folder("holed.db"), *list = in_folder("list.db");
	static const char noise[4096] = "\x7f" "ELF and more that is no database";
	struct ledger *l = open_ledger("holed.db");
	struct err e = { ERR_NONE, "" };
	int fd;

	CHECK_INT(file_replace(garbage, noise, sizeof noise, &e), 0);
	refuse_ledger(garbage, ERR_INPUT, "is damaged");
	refuse_ledger(garbage, ERR_INPUT, "move it aside");
	refuse_ledger(garbage, ERR_INPUT, garbage);
	CHECK_INT(file_replace(list, "1.2.3\n1.2.4\n", 12, &e), 0);
	refuse_ledger(list, ERR_INPUT, "is damaged");
	CHECK_INT(put(l, "/out", "a", "1.2"), 0);
	ledger_close(l);
	fd = open(holed, O_WRONLY);
	for (off_t page = 1; page < 40; page++)
		CHECK_INT(pwrite(fd, noise, sizeof noise, page * 4096), sizeof noise);
	close(fd);
	l = ledger_open(holed, &e);
	CHECK(!l || ledger_instance_count(l, "/out", &e) < 0);
	CHECK_INT(e.kind, ERR_INPUT);
	CHECK_HAS(e.text, "is damaged");
	ledger_close(l);
}

/* As somebody to whom permissions apply. */
static int as_nobody(void (*test)(void))
{
	pid_t child;
	int status = 0;

	fflush(NULL);
	child = fork();
	if (!child) {
		if (!geteuid() && setresuid(65534, 65534, 65534))
			_exit(2);
		check_failed = 0;
		test();
		fflush(NULL);
		_exit(check_failed ? 1 : 0);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void open_forbidden(void)
{
	auto_free char *fresh = in_folder("closed/new.db"), *there = in_folder("closed/there.db"), *below = in_folder("closed/a/b.db");

	refuse_ledger(fresh, ERR_SYSTEM, "closed/new.db");
	refuse_ledger(there, ERR_SYSTEM, "closed/there.db cannot be written");
	refuse_ledger(below, ERR_SYSTEM, "closed/a");
}

static void test_read_only(void)
{
	auto_free char *closed = in_folder("closed"), *there = in_folder("closed/there.db");
	auto_free char *within = in_folder("closed/there.db/x.db");

	ledger_close(open_ledger("closed/there.db"));
	refuse_ledger(within, ERR_SYSTEM, "there.db");
	CHECK_INT(chmod(folder, 0711), 0);
	CHECK_INT(chmod(there, 0444), 0);
	CHECK_INT(chmod(closed, 0555), 0);
	CHECK_INT(as_nobody(open_forbidden), 0);
	CHECK_INT(chmod(closed, 0700), 0);
}

static void test_locked(void)
{
	struct ledger *a = open_ledger("locked.db"), *b = open_ledger("locked.db");
	struct err e = { ERR_NONE, "" };

	sqlite3_busy_timeout(b->db, 20);
	CHECK_INT(ledger_begin(a, &e), 0);
	CHECK_INT(ledger_begin(b, &e), -1);
	CHECK_INT(e.kind, ERR_LOCKED);
	CHECK_HAS(e.text, "in use by another program");
	CHECK_INT(put(b, "/out", "a", "1.2"), -1);
	CHECK_INT(count(b, "/out"), 0);			/* reading goes on */
	CHECK_INT(ledger_commit(a, &e), 0);
	CHECK_INT(put(b, "/out", "a", "1.2"), 0);
	CHECK_INT(count(a, "/out"), 1);
	ledger_close(a);
	ledger_close(b);
}

static void test_full(void)
{
	struct ledger *l = open_ledger("full.db");
	struct err e = { ERR_NONE, "" };
	struct rlimit kept, small;
	char path[300];
	int failed = 0;

	CHECK_INT(put(l, "/out", "a", "1.2"), 0);
	getrlimit(RLIMIT_FSIZE, &kept);
	small = (struct rlimit){ 200000, kept.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	failed |= ledger_begin(l, &e);
	for (int i = 0; i < 20000 && !failed; i++) {
		snprintf(path, sizeof path, "%0200d", i);
		failed |= put(l, "/out", path, "1.2");
	}
	failed |= ledger_commit(l, &e);
	setrlimit(RLIMIT_FSIZE, &kept);
	CHECK_INT(failed, -1);
	CHECK_INT(e.kind, ERR_SPACE);
	CHECK_HAS(e.text, "full.db cannot be written");
	CHECK_INT(count(l, "/out"), 1);
	CHECK_INT(put(l, "/out", "b", "1.2"), 0);
	CHECK_INT(count(l, "/out"), 2);
	ledger_close(l);
}

/* Both make the ledger, and neither loses a row. */
static void test_two_processes(void)
{
	enum { PROCESSES = 4, ROWS = 50 };
	auto_free char *path = in_folder("shared/ledger.db");
	struct err e = { ERR_NONE, "" };
	struct ledger *l;
	int status;

	fflush(NULL);
	for (int p = 0; p < PROCESSES; p++) {
		if (fork())
			continue;
		l = ledger_open(path, &e);
		for (int i = 0; l && i < ROWS; i++) {
			auto_free char *name = mem_printf("%d-%d", p, i);

			if (put(l, "/out", name, "1.2") < 0)
				_exit(1);
		}
		ledger_close(l);
		_exit(l ? 0 : 1);
	}
	for (int p = 0; p < PROCESSES; p++)
		CHECK(wait(&status) > 0 && !status);
	l = open_ledger("shared/ledger.db");
	CHECK_INT(count(l, "/out"), PROCESSES * ROWS);
	ledger_close(l);
}

/* A process of its own, for steps are counted from its start. */
static int put_ten(const char *path)
{
	struct err e;
	struct ledger *l = ledger_open(path, &e);

	for (int i = 0; l && i < 10; i++) {
		auto_free char *file = mem_printf("%d", i);

		put(l, "/out", file, "1.2");
		ledger_step();		/* as if a file had been published */
	}
	ledger_close(l);
	return l ? 0 : 1;
}

/* Killed at the n-th step, what was committed up to then is there. */
static void test_stop(const char *self)
{
	for (int stop = 1; stop <= 21; stop++) {
		auto_free char *number = mem_printf("%d", stop), *name = mem_printf("stop-%d.db", stop), *path = in_folder(name);
		struct ledger *l;
		int status = 0;

		ledger_close(open_ledger(name));
		fflush(NULL);
		if (!fork()) {
			setenv("DICOM_QR_STOP_AT_COMMIT", number, 1);
			execl(self, self, path, (char *)NULL);
			_exit(127);
		}
		wait(&status);
		CHECK_CASE(number);
		if (stop <= 20)
			CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		else
			CHECK_INT(status, 0);
		l = open_ledger(name);
		CHECK_INT(count(l, "/out"), stop <= 20 ? (stop + 1) / 2 : 10);
		ledger_close(l);
	}
	CHECK_CASE("");
}

static int tell_owed(void *owner, const struct ledger_owed *o)
{
	say(owner, *o->verdict ? o->verdict : "none", o->tries);
	return 0;
}

static bool is_owed(struct ledger *l, const char *output, const char *study_uid)
{
	struct told told = { "", 0 };
	struct err e;

	return ledger_owed(l, output, study_uid, tell_owed, &told, &e) == 0 && told.count;
}

static int take_owed(void *owner, const struct ledger_owed *o)
{
	*(int64_t *)owner = o->serial;
	return 0;
}

static int tell_hook(void *owner, const struct ledger_hook *h)
{
	say(owner, *h->words ? h->words : "well", h->exit_status);
	return 0;
}

/* What is owed is paid by a program that ended well, unless there was more news meanwhile. */
static void test_owed(void)
{
	struct ledger *l = open_ledger("owed.db");
	struct ledger_owed news = { .output = "/out", .study_uid = "1.2", .node = "A@h:104", .job = 1, .verdict = "", .expected = -1 };
	struct ledger_hook hook = { .job = 1, .study_uid = "1.2", .verdict = "complete", .program = "/bin/it", .exit_status = 3,
				    .words = "no" };
	struct err e = { ERR_NONE, "" };

	CHECK(!is_owed(l, "/out", "1.2"));
	CHECK_INT(ledger_owe(l, &news, &e), 0);
	CHECK(is_owed(l, "/out", "1.2") && !is_owed(l, "/other", "1.2"));
	CHECK_TOLD(ledger_owed(l, "/out", "1.2", tell_owed, &told, &e), "none:0 ");
	news.verdict = "complete";
	CHECK_INT(ledger_owe(l, &news, &e), 0);
	CHECK_INT(ledger_owed(l, "/out", "1.2", take_owed, &news.serial, &e), 0);
	CHECK_INT(ledger_told(l, &news, &hook, &e), 0);
	CHECK_TOLD(ledger_owed(l, "/out", "1.2", tell_owed, &told, &e), "complete:1 ");
	news.study_uid = "1.1";
	CHECK_INT(ledger_owe(l, &news, &e), 0);
	CHECK_TOLD(ledger_owed_all(l, "/out", tell_owed, &told, &e), "complete:0 complete:1 ");

	/* Meanwhile there was more. */
	news.study_uid = "1.2";
	news.verdict = "";
	CHECK_INT(ledger_owe(l, &news, &e), 0);
	hook.words = "";
	hook.exit_status = 0;
	CHECK_INT(ledger_told(l, &news, &hook, &e), 0);
	CHECK_TOLD(ledger_owed_of(l, "1.2", tell_owed, &told, &e), "none:0 ");
	CHECK_INT(ledger_owed(l, "/out", "1.2", take_owed, &news.serial, &e), 0);
	CHECK_INT(ledger_told(l, &news, &hook, &e), 0);
	CHECK(!is_owed(l, "/out", "1.2") && is_owed(l, "/out", "1.1"));
	CHECK_TOLD(ledger_hooks(l, "1.2", tell_hook, &told, &e), "no:3 well:0 well:0 ");
	ledger_close(l);
}

int main(int argc, char **argv)
{
	struct err e;

	if (argc > 1)
		return put_ten(argv[1]);
	log_set_hook(note_warning);
	if (log_setup(LOG_WARNING, NULL, &e) < 0 || !mkdtemp(folder))
		return 99;
	test_paths();
	test_modes();
	test_jobs();
	test_studies();
	test_telling();
	test_dates();
	test_nightly();
	test_owed();
	test_old_schema();
	test_old_sentences();
	test_learned();
	test_instances();
	test_transactions();
	test_stopped();
	test_foreign();
	test_damaged();
	test_read_only();
	test_locked();
	test_full();
	test_two_processes();
	test_stop("/proc/self/exe");
	file_remove_tree(folder, &e);
	return check_done();
}
