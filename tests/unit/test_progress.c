/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run says: amounts in words, lines of studies, the end, JSON, and the live line on a pseudo-terminal. */
#include "cli/progress.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/amounts.h"
#include "check.h"

#define MB 1000000LL

static int old_stderr, captured;

static void capture(int fd)
{
	fflush(stderr);
	old_stderr = dup(STDERR_FILENO);
	captured = fd;
	dup2(fd, STDERR_FILENO);
}

static void capture_file(void)
{
	char path[] = "/tmp/test_progress.XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	capture(fd);
}

/* What was said since capture_file; yours. */
static char *release(void)
{
	char text[16384];
	ssize_t len;

	fflush(stderr);
	dup2(old_stderr, STDERR_FILENO);
	close(old_stderr);
	len = pread(captured, text, sizeof text - 1, 0);
	close(captured);
	return mem_strn(text, len > 0 ? (size_t)len : 0);
}

static void test_bytes(void)
{
	static const struct { long long bytes; const char *text; } cases[] = {
		{ -5, "0 bytes" }, { 0, "0 bytes" }, { 1, "1 byte" }, { 512, "512 bytes" }, { 999, "999 bytes" },
		{ 1000, "1.0 kB" }, { 1049, "1.0 kB" }, { 1050, "1.1 kB" }, { 999949, "999.9 kB" }, { 999950, "1.0 MB" },
		{ 1234567, "1.2 MB" }, { 62300000, "62.3 MB" }, { 3400 * MB, "3.4 GB" }, { 2 * MB * MB, "2.0 TB" },
		{ 0x7fffffffffffffff, "9.2 EB" },
	};

	for (size_t i = 0; i < countof(cases); i++)
		CHECK_STR(show_bytes(cases[i].bytes), cases[i].text);
}

static void test_duration(void)
{
	static const struct { long long ms; const char *text; } cases[] = {
		{ -1, "0.0 s" }, { 0, "0.0 s" }, { 449, "0.4 s" }, { 9999, "9.9 s" }, { 10000, "10 s" }, { 59999, "59 s" },
		{ 62000, "1 m 02 s" }, { 3599000, "59 m 59 s" }, { 3600000, "1 h 00 m" }, { 7500000, "2 h 05 m" },
		{ 90000000, "1 d 01 h" },
	};

	for (size_t i = 0; i < countof(cases); i++)
		CHECK_STR(show_duration(cases[i].ms), cases[i].text);
}

static struct plan_study *add(struct plan *p, enum verdict v, const char *uid, int received, int expected)
{
	struct plan_study *s = plan_add(p);

	study_set(&s->study, STUDY_UID, uid);
	study_set(&s->study, STUDY_PATIENT_NAME, "SMITH^JOHN");
	study_set(&s->study, STUDY_PATIENT_ID, "123456");
	study_set(&s->study, STUDY_DATE, "20240105");
	study_set(&s->study, STUDY_MODALITIES, "CT\\SR");
	study_set(&s->study, STUDY_DESCRIPTION, "CT CHEST");
	s->verdict = v;
	s->received = received;
	s->expected = expected;
	s->bytes = received * 500000LL;
	s->attempts = 1;
	return s;
}

static void make_plan(struct plan *p)
{
	plan_init(p);
	add(p, VERDICT_COMPLETE, "1.2.1", 120, 120);
	wanted_add(&add(p, VERDICT_INCOMPLETE, "1.2.2", 118, 120)->missing, "", "1.9", "");
	p->studies[1].why = mem_str("2 objects are missing");
	add(p, VERDICT_FAILED, "1.2.3", 0, -1)->why = mem_str("0xA801 move destination \033[1munknown");
	add(p, VERDICT_WANTED, "1.2.4", 0, 1)->attempts = 0;
	plan_skip(add(p, VERDICT_WANTED, "1.2.5", 0, 1), SKIP_NOT_CHOSEN, "not chosen");
}

static const struct run_result ended = {
	.progress = { .studies_done = 3, .studies = 4, .objects = 1234, .objects_expected = -1, .bytes = 512 * MB,
		      .elapsed_ms = 62000 },
	.requests = 3, .queries = 2, .damaged = 1, .strangers = 2,
};

static void summary_says(const struct plan *p, const struct run_result *result, bool quiet, enum progress_mode mode,
			 const char *expected)
{
	auto_free char *said = NULL;

	capture_file();
	progress_summary(p, result, quiet, mode);
	said = release();
	CHECK_STR(said, expected);
}

static void test_summary(void)
{
#define FIRST "5 studies: 1 complete, 1 incomplete (1 object missing), 1 failed, 1 not done, 1 skipped; " \
	"1,234 objects, 512.0 MB in 1 m 02 s (8.3 MB/s)"
	struct run_result stopped = ended;
	struct plan p;

	make_plan(&p);
	summary_says(&p, &ended, false, PROGRESS_AUTO,
		     FIRST "; 1 damaged file; 2 connections turned away\n"
		     "  incomplete  20240105 CT/SR  CT CHEST  1.2.2: 2 objects are missing\n"
		     "  failed      20240105 CT/SR  CT CHEST  1.2.3: 0xA801 move destination ?[1munknown\n");
	summary_says(&p, &ended, true, PROGRESS_NONE, FIRST "\n");
	stopped.limit = "--max-bytes";
	summary_says(&p, &stopped, true, PROGRESS_PLAIN, FIRST "; stopped by --max-bytes\n");
	stopped.interrupted = true;
	summary_says(&p, &stopped, true, PROGRESS_PLAIN, FIRST "; interrupted\n");
	err_set(&stopped.fatal, ERR_SPACE, "disk full");
	summary_says(&p, &stopped, true, PROGRESS_PLAIN, FIRST "; stopped early\n");
	summary_says(&p, &stopped, true, PROGRESS_JSON,
		     "{\"event\":\"end\",\"studiesDone\":3,\"studies\":4,\"objects\":1234,\"objectsExpected\":null,"
		     "\"bytes\":512000000,\"elapsedMs\":62000,\"studiesInPlan\":5,\"verdicts\":{\"wanted\":1,\"complete\":1,"
		     "\"complete-by-count\":0,\"unverified\":0,\"incomplete\":1,\"empty\":0,\"failed\":1,\"parked\":0,"
		     "\"skipped\":1},\"objectsMissing\":1,\"requests\":3,\"queries\":2,\"duplicates\":0,\"conflicts\":0,"
		     "\"damaged\":1,\"foreign\":0,\"strangers\":2,\"hooks\":0,\"hooksFailed\":0,\"interrupted\":true,\"limit\":\"--max-bytes\","
		     "\"error\":{\"kind\":\"space\",\"text\":\"disk full\"},\"good\":false}\n");
	plan_done(&p);
}

static void test_good_summary(void)
{
	static const struct run_result nothing = { .progress = { .elapsed_ms = 400 } };
	struct plan p;

	plan_init(&p);
	summary_says(&p, &nothing, false, PROGRESS_AUTO, "0 studies; 0 objects, 0 bytes in 0.4 s\n");
	add(&p, VERDICT_COMPLETE_BY_COUNT, "1.2.1", 1, 1);
	summary_says(&p, &nothing, false, PROGRESS_AUTO, "1 study: 1 complete by count; 0 objects, 0 bytes in 0.4 s\n");
	summary_says(&p, &nothing, true, PROGRESS_AUTO, "");
	summary_says(&p, &nothing, true, PROGRESS_JSON, "");
	plan_done(&p);
}

/* A made-up run: three studies end, progress comes in between. */
static void play(struct plan *p, enum progress_mode mode, bool verbose, bool quiet)
{
	struct progress *progress = progress_new(mode, verbose, quiet);
	struct run_progress at = { .studies = 4, .objects_expected = 361, .elapsed_ms = 100 };

	progress_hooks.progress(progress, &at);
	at = (struct run_progress){ .studies_done = 1, .studies = 4, .objects = 120, .objects_expected = 361,
				    .bytes = 60 * MB, .elapsed_ms = 10000, .waiting = 1 };
	progress_hooks.progress(progress, &at);
	progress_hooks.study_over(progress, &p->studies[0], &at);
	progress_log(LOG_WARNING, "the list \"changed\"");
	at.elapsed_ms = 10100;
	progress_hooks.progress(progress, &at);
	at.studies_done = 2;
	at.elapsed_ms = 40000;
	at.objects = 238;
	progress_hooks.study_over(progress, &p->studies[1], &at);
	progress_hooks.progress(progress, &at);
	at.studies_done = 3;
	progress_hooks.study_over(progress, &p->studies[2], &at);
	progress_free(progress);
	progress_log(LOG_INFO, "over");
}

#define STUDY_1 "[1/4] complete    20240105 CT/SR  CT CHEST  120 objects  60.0 MB  1.2.1\n"
#define STUDY_2 "[2/4] incomplete  20240105 CT/SR  CT CHEST  118 of 120 objects  59.0 MB  1.2.2: 2 objects are missing\n"
#define STUDY_3 "[3/4] failed      20240105 CT/SR  CT CHEST  0 objects  0 bytes  1.2.3: 0xA801 move destination ?[1munknown\n"
#define WARNING "dicom-qr: warning: the list \"changed\"\n"
#define OVER "dicom-qr: over\n"

static void play_says(enum progress_mode mode, bool verbose, bool quiet, const char *expected)
{
	auto_free char *said = NULL;
	struct plan p;

	make_plan(&p);
	capture_file();
	play(&p, mode, verbose, quiet);
	said = release();
	CHECK_STR(said, expected);
	plan_done(&p);
}

static void test_plain(void)
{
	play_says(PROGRESS_AUTO, false, false, STUDY_1 WARNING STUDY_2 STUDY_3 OVER);
	play_says(PROGRESS_PLAIN, true, false,
		  STUDY_1 WARNING STUDY_2
		  "2/4 studies, 238/361 objects, 60.0 MB, 1.5 MB/s, 20 s left, 1 waiting\n"
		  STUDY_3 OVER);
	play_says(PROGRESS_AUTO, true, true, WARNING OVER);
	play_says(PROGRESS_NONE, true, false, WARNING OVER);
}

static void test_held(void)
{
	auto_free char *said = NULL;
	struct plan p;
	struct progress *progress;
	struct run_progress at = { .studies_done = 1, .studies = 2, .objects_expected = 240, .elapsed_ms = 10 };

	plan_init(&p);
	add(&p, VERDICT_COMPLETE, "1.2.1", 120, 120)->attempts = 0;
	p.studies[0].bytes = 0;
	p.studies[0].held = 120;
	study_set(&p.studies[0].study, STUDY_DESCRIPTION, "");
	capture_file();
	progress = progress_new(PROGRESS_PLAIN, true, false);
	progress_hooks.study_over(progress, &p.studies[0], &at);
	progress_hooks.progress(progress, &at);
	at.objects = 60;
	at.bytes = 6 * MB;
	at.elapsed_ms = 60010;
	progress_hooks.progress(progress, &at);
	progress_free(progress);
	said = release();
	CHECK_STR(said, "[1/2] complete    20240105 CT/SR  -  120 objects  already here  1.2.1\n"
		  "1/2 studies, 60/120 objects, 6.0 MB, 100.0 kB/s, 1 m 00 s left\n");
	plan_done(&p);
}

static int lines_with(const char *text, const char *word)
{
	int count = 0;

	for (; (text = strstr(text, word)); text += strlen(word))
		count++;
	return count;
}

/* Thousands of studies must not push the sum off the screen. */
static void test_many(void)
{
	static const struct run_result result = { .progress = { .elapsed_ms = 400 } };
	struct run_progress at = { .studies = 50, .elapsed_ms = 10 };
	auto_free char *said = NULL;
	struct progress *progress;
	struct plan p;

	plan_init(&p);
	for (int i = 0; i < 25; i++)
		add(&p, VERDICT_COMPLETE, "1.2.1", 3, 3)->attempts = 0;
	for (int i = 0; i < 1500; i++)
		add(&p, VERDICT_FAILED, "1.2.2", 0, 3)->attempts = 1;
	capture_file();
	progress = progress_new(PROGRESS_PLAIN, false, false);
	for (int i = 0; i < 25; i++) {
		p.studies[i].bytes = 0;
		progress_hooks.study_over(progress, &p.studies[i], &at);
	}
	progress_summary(&p, &result, false, PROGRESS_PLAIN);
	progress_free(progress);
	said = release();
	CHECK_INT(lines_with(said, "already here  1.2.1\n"), 20);
	CHECK_INT(lines_with(said, "\n  failed "), 20);
	CHECK_HAS(said, "; 25 studies were already here\n");
	CHECK_HAS(said, "1,525 studies: 25 complete, 1,500 failed");
	CHECK_HAS(said, "\n  and 1,480 more: dicom-qr report --incomplete\n");
	plan_done(&p);
}

static void test_json(void)
{
	play_says(PROGRESS_JSON, false, false,
		  "{\"event\":\"progress\",\"studiesDone\":0,\"studies\":4,\"objects\":0,\"objectsExpected\":361,\"bytes\":0,"
		  "\"elapsedMs\":100,\"bytesPerSecond\":null,\"secondsLeft\":null,\"running\":0,\"waiting\":0}\n"
		  "{\"event\":\"progress\",\"studiesDone\":1,\"studies\":4,\"objects\":120,\"objectsExpected\":361,"
		  "\"bytes\":60000000,\"elapsedMs\":10000,\"bytesPerSecond\":6060606,\"secondsLeft\":21,\"running\":0,"
		  "\"waiting\":1}\n"
		  "{\"event\":\"study\",\"studiesDone\":1,\"studies\":4,\"studyInstanceUID\":\"1.2.1\",\"studyDate\":\"20240105\","
		  "\"modality\":\"CT\\\\SR\",\"studyDescription\":\"CT CHEST\",\"verdict\":\"complete\",\"why\":null,"
		  "\"objects\":120,\"objectsExpected\":120,\"objectsMissing\":0,\"bytes\":60000000,\"attempts\":1}\n"
		  "{\"event\":\"log\",\"level\":\"warning\",\"text\":\"the list \\\"changed\\\"\"}\n"
		  "{\"event\":\"study\",\"studiesDone\":2,\"studies\":4,\"studyInstanceUID\":\"1.2.2\",\"studyDate\":\"20240105\","
		  "\"modality\":\"CT\\\\SR\",\"studyDescription\":\"CT CHEST\",\"verdict\":\"incomplete\","
		  "\"why\":\"2 objects are missing\",\"objects\":118,\"objectsExpected\":120,\"objectsMissing\":1,"
		  "\"bytes\":59000000,\"attempts\":1}\n"
		  "{\"event\":\"progress\",\"studiesDone\":2,\"studies\":4,\"objects\":238,\"objectsExpected\":361,"
		  "\"bytes\":60000000,\"elapsedMs\":40000,\"bytesPerSecond\":1503759,\"secondsLeft\":21,\"running\":0,"
		  "\"waiting\":1}\n"
		  "{\"event\":\"study\",\"studiesDone\":3,\"studies\":4,\"studyInstanceUID\":\"1.2.3\",\"studyDate\":\"20240105\","
		  "\"modality\":\"CT\\\\SR\",\"studyDescription\":\"CT CHEST\",\"verdict\":\"failed\","
		  "\"why\":\"0xA801 move destination \\u001b[1munknown\",\"objects\":0,\"objectsExpected\":null,"
		  "\"objectsMissing\":0,\"bytes\":0,\"attempts\":1}\n"
		  OVER);
}

/* ---- the live line ---- */

#define CLEAR "\r\033[K"
#define LIVE_0 CLEAR "0/4 studies, 0/361 objects, 0 bytes"
#define LIVE_1 CLEAR "1/4 studies, 120/361 objects, 60.0 MB, 6.1 MB/s, 20 s left, 1 waiting"
#define LIVE_2 CLEAR "2/4 studies, 238/361 objects, 60.0 MB, 1.5 MB/s, 20 s left, 1 waiting"

/* What a terminal of so many columns is sent; yours. */
static char *play_on_terminal(unsigned short columns)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	struct winsize size = { .ws_col = columns, .ws_row = 24 };
	struct plan p;
	char text[8192] = "";
	ssize_t len = 0, more;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 || (slave = open(ptsname(master), O_RDWR | O_NOCTTY)) < 0)
		return NULL;
	ioctl(slave, TIOCSWINSZ, &size);
	make_plan(&p);
	capture(dup(slave));
	play(&p, PROGRESS_AUTO, false, false);
	free(release());
	while (!strstr(text, "dicom-qr: over\r\n") && (more = read(master, text + len, sizeof text - 1 - (size_t)len)) > 0)
		text[len += more] = '\0';
	close(slave);
	close(master);
	plan_done(&p);
	for (ssize_t i = 0; i < len; i++)		/* the terminal's own line ends */
		if (text[i] == '\r' && text[i + 1] == '\n')
			memmove(text + i, text + i + 1, (size_t)(len-- - i - 1));
	return mem_strn(text, (size_t)len);
}

static void test_live(void)
{
	auto_free char *said = NULL, *narrow = NULL, *coloured = NULL, *dumb = NULL;

	setenv("TERM", "xterm", 1);
	setenv("NO_COLOR", "1", 1);
	said = play_on_terminal(200);
	if (!CHECK(said))
		return;
	CHECK_STR(said, LIVE_0 LIVE_1 CLEAR STUDY_1 LIVE_1 CLEAR WARNING LIVE_1 CLEAR STUDY_2 LIVE_2 LIVE_2 CLEAR STUDY_3
		  CLEAR "3/4 studies, 238/361 objects, 60.0 MB, 1.5 MB/s, 20 s left, 1 waiting" CLEAR OVER);
	narrow = play_on_terminal(21);
	CHECK_HAS(narrow, CLEAR "0/4 studies, 0/361 o" CLEAR "1/4 studies, 120/361" CLEAR "[1/4]");
	unsetenv("NO_COLOR");
	coloured = play_on_terminal(200);
	CHECK_HAS(coloured, "[1/4] \033[32mcomplete\033[0m    2024");
	CHECK_HAS(coloured, "[2/4] \033[33mincomplete\033[0m  2024");
	CHECK_HAS(coloured, "[3/4] \033[31mfailed\033[0m      2024");
	setenv("TERM", "dumb", 1);
	dumb = play_on_terminal(200);
	CHECK_STR(dumb, STUDY_1 WARNING STUDY_2 STUDY_3 OVER);
}

int main(void)
{
	test_bytes();
	test_duration();
	test_summary();
	test_good_summary();
	test_plain();
	test_held();
	test_many();
	test_json();
	test_live();
	return check_done();
}
