/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list as users know it, and the choice: through a pipe, a file, a terminal; interrupted. */
#include "cli/transfers/prompt.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "check.h"
#include "process/loop.h"

#define RULE "─────────────────────────────────────────────────\n"
#define LIST_2 \
	"Found 2 studies\n" \
	"\n" \
	"Studies:\n" \
	RULE \
	"[1] SMITH^JOHN (ID: 123456)\n" \
	"    Study: CT CHEST W/CONTRAST\n" \
	"    Date: 20240105  Modality: CT\n" \
	"    UID: 1.2.840.113619.2.1\n" \
	"[2] DOE^JANE (ID: 234567)\n" \
	"    Study: CT HEAD W/O CONTRAST\n" \
	"    Date: 20240108  Modality: CT/SR\n" \
	"    UID: 1.2.840.113619.2.2\n"
#define QUESTION \
	"\n" \
	"Enter study numbers to retrieve (comma-separated, or 'all'):\n" \
	"Examples: 1,3,5  or  all  or  1-5\n" \
	"\n" \
	"> "

static void add(struct plan *p, const char *name, const char *id, const char *description, const char *date, const char *modality,
		const char *uid)
{
	struct plan_study *s = plan_add(p);

	study_set(&s->study, STUDY_PATIENT_NAME, name);
	study_set(&s->study, STUDY_PATIENT_ID, id);
	study_set(&s->study, STUDY_DESCRIPTION, description);
	study_set(&s->study, STUDY_DATE, date);
	study_set(&s->study, STUDY_MODALITIES, modality);
	study_set(&s->study, STUDY_UID, uid);
}

static void make_plan(struct plan *p)
{
	plan_init(p);
	add(p, "SMITH^JOHN", "123456", "CT CHEST W/CONTRAST", "20240105", "CT", "1.2.840.113619.2.1");
	add(p, "LEFT^OUT", "1", "", "20240106", "MR", "1.2.840.113619.2.9");
	plan_skip(&p->studies[1], SKIP_FILTER, "left out");
	add(p, "DOE^JANE=ideographic", "234567", "CT HEAD W/O CONTRAST", "20240108", "CT\\SR", "1.2.840.113619.2.2");
}

static void test_list(void)
{
	auto_free char *text = NULL, *odd = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct plan p;

	make_plan(&p);
	prompt_list(out, &p);
	fclose(out);
	CHECK_STR(text, LIST_2);
	plan_done(&p);

	out = open_memstream(&odd, &size);
	plan_init(&p);
	prompt_list(out, &p);
	add(&p, "EVIL\033[2J\n^NAME\xff", "", "", "", "", "1.2");
	prompt_list(out, &p);
	fclose(out);
	CHECK_STR(odd, "Found 0 studies\n"
		  "Found 1 study\n\nStudies:\n" RULE
		  "[1] EVIL?[2J?^NAME? (ID: (none))\n    Study: (none)\n    Date: (none)  Modality: (none)\n    UID: 1.2\n");
	plan_done(&p);
}

/* ---- asking ---- */

static int old_stdin, old_stdout, out_fd;

static void redirect(int in)
{
	char path[] = "/tmp/test_prompt.XXXXXX";

	fflush(stdout);
	out_fd = mkstemp(path);
	unlink(path);
	old_stdin = dup(STDIN_FILENO);
	old_stdout = dup(STDOUT_FILENO);
	dup2(in, STDIN_FILENO);
	dup2(out_fd, STDOUT_FILENO);
}

/* What was printed in between; yours. */
static char *restore(void)
{
	char text[16384];
	ssize_t len;

	fflush(stdout);
	dup2(old_stdin, STDIN_FILENO);
	dup2(old_stdout, STDOUT_FILENO);
	close(old_stdin);
	close(old_stdout);
	len = pread(out_fd, text, sizeof text - 1, 0);
	close(out_fd);
	return mem_strn(text, len > 0 ? (size_t)len : 0);
}

static void noted(void *owner, int sig)
{
	((struct session *)owner)->signal = sig;
}

/* Asks with fd as stdin; *ret_said is yours. */
static int choose_from(int fd, struct plan *p, char **ret_said, struct err *e)
{
	struct session s = { 0 };
	int failed;

	s.loop = loop_new(e);
	if (!CHECK(s.loop))
		return -1;
	loop_on_signal(s.loop, noted, &s);
	redirect(fd);
	failed = prompt_choose(&s, p, e);
	*ret_said = restore();
	loop_free(s.loop);
	return failed;
}

static int pipe_with(const char *text)
{
	int ends[2];

	if (pipe(ends) < 0 || write(ends[1], text, strlen(text)) < 0)
		abort();
	close(ends[1]);
	return ends[0];
}

static int file_with(const char *text)
{
	char path[] = "/tmp/test_prompt.XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	if (write(fd, text, strlen(text)) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	return fd;
}

static const struct {
	const char *input;
	bool first, second;		/* are wanted afterwards */
	const char *fault;
} answers[] = {
	{ "1\n", true, false, NULL },
	{ "2", false, true, NULL },
	{ " 1 - 2 \r\n", true, true, NULL },
	{ "all\nmore\n", true, true, NULL },
	{ "", false, false, NULL },
	{ "\n", false, false, NULL },
	{ "none\n", false, false, NULL },
	{ "q\n", false, false, NULL },
	{ " Quit\r\n", false, false, NULL },
	{ "3\n1\n", true, true, "the choice of studies: 3: there are only 2 studies" },
	{ "x\033\n", true, true, "the choice of studies: x?: not a number" },
};

static void choose_one(size_t i, int fd)
{
	auto_free char *said = NULL;
	struct err e = { ERR_NONE, "" };
	struct plan p;

	CHECK_CASE(answers[i].input);
	make_plan(&p);
	CHECK_INT(choose_from(fd, &p, &said, &e), answers[i].fault ? -1 : 0);
	CHECK_STR(said, LIST_2 QUESTION "\n");
	CHECK_INT(e.kind, answers[i].fault ? ERR_USAGE : ERR_NONE);
	CHECK_HAS(e.text, answers[i].fault ? answers[i].fault : "");
	CHECK(answers[i].first == (p.studies[0].verdict == VERDICT_WANTED));
	CHECK(answers[i].second == (p.studies[2].verdict == VERDICT_WANTED));
	CHECK_STR(p.studies[1].why, "left out");
	CHECK_STR(p.studies[0].why, answers[i].first ? NULL : "not chosen");
	plan_done(&p);
	close(fd);
}

static void test_choose(void)
{
	for (size_t i = 0; i < countof(answers); i++) {
		choose_one(i, pipe_with(answers[i].input));
		choose_one(i, file_with(answers[i].input));
	}
	CHECK_CASE("");
}

static void test_nothing_found(void)
{
	auto_free char *said = NULL;
	struct err e = { ERR_NONE, "" };
	struct plan p;
	int fd = pipe_with("1\n");

	plan_init(&p);
	CHECK_INT(choose_from(fd, &p, &said, &e), 0);
	CHECK_STR(said, "Found 0 studies\n");
	plan_done(&p);
	close(fd);
}

static void test_interrupt(void)
{
	auto_free char *said = NULL;
	struct err e = { ERR_NONE, "" };
	sigset_t usual, taken;
	struct plan p;
	int ends[2];

	if (!CHECK(pipe(ends) == 0))
		return;
	make_plan(&p);
	sigemptyset(&taken);
	sigaddset(&taken, SIGINT);
	sigprocmask(SIG_BLOCK, &taken, &usual);
	kill(getpid(), SIGINT);			/* waits for the loop; the pipe stays silent */
	CHECK_INT(choose_from(ends[0], &p, &said, &e), -1);
	CHECK_INT(e.kind, ERR_INTERRUPTED);
	CHECK(p.studies[0].verdict == VERDICT_WANTED);
	sigprocmask(SIG_SETMASK, &usual, NULL);
	plan_done(&p);
	close(ends[0]);
	close(ends[1]);
}

/* On a terminal a bad answer is asked for again; what was typed ahead is not lost. */
static void test_terminal(void)
{
	auto_free char *said = NULL, *ended = NULL;
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave = -1;
	struct err e = { ERR_NONE, "" };
	struct plan p;

	if (!CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0))
		return;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	make_plan(&p);
	CHECK(write(master, "2-1\n9\n2\n", 8) == 8);
	CHECK_INT(choose_from(slave, &p, &said, &e), 0);
	CHECK_STR(said, LIST_2 QUESTION "2-1: the range runs backwards\n> 9: there are only 2 studies\n> ");
	CHECK(p.studies[0].verdict == VERDICT_SKIPPED && p.studies[2].verdict == VERDICT_WANTED);
	CHECK(write(master, "\004", 1) == 1);
	CHECK_INT(choose_from(slave, &p, &ended, &e), 0);
	CHECK(p.studies[2].verdict == VERDICT_SKIPPED);
	plan_done(&p);
	close(slave);
	close(master);
}

int main(void)
{
	test_list();
	test_choose();
	test_nothing_found();
	test_interrupt();
	test_terminal();
	return check_done();
}
