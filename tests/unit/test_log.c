/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log lines: what goes where at which level, and that nothing in them moves a terminal. */
#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "tests/unit/check.h"

static const struct {
	const char *raw, *clean;
} cleanings[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "M\xc3\xbcller \xe5\xb1\xb1\xe7\x94\xb0 \xf0\x9f\xa9\xbb", "M\xc3\xbcller \xe5\xb1\xb1\xe7\x94\xb0 \xf0\x9f\xa9\xbb" },
	{ "\x1b[2Jgone\a", "?[2Jgone?" },
	{ "a\nb\rc\td\x7f", "a?b?c?d?" },
	{ "\xc2\x9b" "2J", "?2J" },		/* C1 as UTF-8: one character, one mark */
	{ "\x9b" "2J", "?2J" },			/* C1 as a byte */
	{ "\xc2\xa0", "\xc2\xa0" },
	{ "M\xfcller", "M?ller" },
	{ "a\xe2\x80\xaegnp.exe", "a?gnp.exe" },	/* U+202E turns what follows round */
	{ "\xe2\x81\xa6x\xe2\x81\xa9\xd8\x9c", "?x??" },
	{ "P\xe2\x80\x8b" "1\xef\xbb\xbf\xc2\xad", "P?1??" },	/* no width */
	{ "\xe2\x80\xa8\xf3\xa0\x81\x81", "??" },
	{ "\xe2\x80\x90\xe2\x80\xaf\xe2\x81\xb0", "\xe2\x80\x90\xe2\x80\xaf\xe2\x81\xb0" },
	{ "\xe8\xbe\xbb\xf3\xa0\x84\x80", "\xe8\xbe\xbb\xf3\xa0\x84\x80" },	/* a variant of a Japanese name */
	{ "\xe2\x82", "??" },
	{ "\xed\xa0\x80", "???" },
	{ "\xc0\xaf", "??" },
};

static void test_clean(void)
{
	for (size_t i = 0; i < countof(cleanings); i++) {
		auto_free char *text = mem_str(cleanings[i].raw);

		CHECK_CASE(cleanings[i].clean);
		CHECK(log_clean(text) == text);
		CHECK_STR(text, cleanings[i].clean);
	}
	CHECK_CASE("");
}

static struct buf shown = BUF_INIT(BUF_MB(1));

static void show(enum log_level level, const char *line)
{
	buf_printf(&shown, "%d %s|", (int)level, line);
	errno = EIO;
}

static void say_all(void)
{
	log_error("e %d", 1);
	log_warning("w");
	log_info("i");
	log_verbose("v");
	log_debug("d");
}

static void levels_are(enum log_level level, const char *path, const char *in_hook, const char *in_file)
{
	auto_buf struct buf file = BUF_INIT(BUF_MB(1));
	struct err e;

	buf_reset(&shown);
	unlink(path);
	CHECK_INT(log_setup(level, path, &e), 0);
	clock_set_wall(1000);
	say_all();
	CHECK_STR(buf_text(&shown), in_hook);
	CHECK_INT(file_read(path, &file, &e), 0);
	CHECK_STR(buf_text(&file), in_file);
}

#define AT "1970-01-01T00:16:40 "

static void test_levels(const char *path)
{
	struct stat st;

	levels_are(LOG_ERROR, path, "0 e 1|",
		   AT "error: e 1\n" AT "warning: w\n" AT "info: i\n" AT "verbose: v\n");
	levels_are(LOG_INFO, path, "0 e 1|1 w|2 i|",
		   AT "error: e 1\n" AT "warning: w\n" AT "info: i\n" AT "verbose: v\n");
	levels_are(LOG_DEBUG, path, "0 e 1|1 w|2 i|3 v|4 d|",
		   AT "error: e 1\n" AT "warning: w\n" AT "info: i\n" AT "verbose: v\n" AT "debug: d\n");
	CHECK(!stat(path, &st) && (st.st_mode & 0777) == 0600);
}

static void test_lines(const char *path)
{
	auto_buf struct buf file = BUF_INIT(BUF_MB(1));
	auto_free char *huge = mem_alloc(100000);
	struct err e;

	memset(huge, 'x', 99999);
	unlink(path);
	CHECK_INT(log_setup(LOG_INFO, path, &e), 0);
	clock_set_wall(1000);
	errno = EXDEV;
	log_info("a\n%s\x1b", "forged: line");
	CHECK_INT(errno, EXDEV);
	log_info("%s", huge);
	CHECK_INT(log_setup(LOG_INFO, path, &e), 0);
	clock_set_wall(1000);
	log_info("appended");
	CHECK_INT(file_read(path, &file, &e), 0);
	CHECK_INT(strncmp(buf_text(&file), AT "info: a?forged: line?\n" AT "info: xxx", 68), 0);
	CHECK_HAS(buf_text(&file), "xxx\n" AT "info: appended\n");
	CHECK(file.len < 20000);
}

static void test_hidden(void)
{
	static const struct { const char *raw, *shown; } cases[] = {
		{ "rename /out/P-1/1.dcm to /out/P-2/2.dcm: no", "rename /out/* to /out/*: no" },
		{ "open /out/P-1.", "open /out/*." },
		{ "/out/x", "/out/*" },
		{ "/out/", "/out/" },
		{ "/out: and /outside/P-1", "/out: and /outside/P-1" },
		{ "/out/.dicom-qr/run-1/a", "/out/.dicom-qr/run-1/a" },
	};
	struct err e;

	CHECK_INT(log_setup(LOG_INFO, NULL, &e), 0);
	log_hide_below("/out");
	for (size_t i = 0; i < countof(cases); i++) {
		auto_free char *want = mem_printf("2 %s|", cases[i].shown);

		buf_reset(&shown);
		log_info("%s", cases[i].raw);
		CHECK_STR(buf_text(&shown), want);
	}
	log_show_all(true);
	buf_reset(&shown);
	log_info("/out/P-1");
	CHECK_STR(buf_text(&shown), "2 /out/P-1|");
	log_show_all(false);
	log_hide_below(NULL);
	buf_reset(&shown);
	log_info("/out/P-1");
	CHECK_STR(buf_text(&shown), "2 /out/P-1|");
}

/* Without a hook: the bare line on stderr. */
static void test_stderr(const char *path)
{
	auto_buf struct buf said = BUF_INIT(BUF_MB(1));
	int kept = dup(2);
	struct err e;

	log_set_hook(NULL);
	CHECK_INT(log_setup(LOG_WARNING, NULL, &e), 0);
	if (!CHECK(freopen(path, "w", stderr)))
		return;
	say_all();
	fflush(stderr);
	dup2(kept, 2);
	close(kept);
	CHECK_INT(file_read(path, &said, &e), 0);
	CHECK_STR(buf_text(&said), "e 1\nw\n");
}

/* A log that cannot be written is missed once, aloud. */
static void test_full(void)
{
	struct err e;

	buf_reset(&shown);
	log_set_hook(show);
	CHECK_INT(log_setup(LOG_ERROR, "/dev/full", &e), 0);
	log_verbose("v");
	log_verbose("v");
	log_error("e");
	CHECK_STR(buf_text(&shown), "0 lines are missing from the log file: No space left on device|0 e|");
	log_setup(LOG_ERROR, NULL, &e);
}

int main(void)
{
	struct err e = { ERR_NONE, "" };
	const char *tmp = getenv("TMPDIR");
	auto_free char *dir = file_temp_dir(tmp ? tmp : "/tmp", "test_log", &e);
	auto_free char *path = dir ? file_join(dir, "log") : NULL;

	if (!CHECK(dir))
		return check_done();
	setenv("TZ", "UTC", 1);
	test_clean();
	log_set_hook(show);
	say_all();
	CHECK_INT(shown.len, 0);
	test_levels(path);
	test_lines(path);
	test_hidden();
	test_stderr(path);
	test_full();
	CHECK_INT(log_setup(LOG_INFO, "/nonexistent/log", &e), -1);
	CHECK_INT(e.kind, ERR_SYSTEM);
	file_remove_tree(dir, &e);
	buf_done(&shown);
	return check_done();
}
