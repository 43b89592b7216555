/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What child owes.  No clock decides: a child says "ready" before it is stopped, deadlines are met by children that
 * would never end, and the only ceiling is the alarm over all. */
#include "process/child.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "process/confine.h"
#include "unit/check.h"

enum { FILES = 512, CROWD = 200, LEAK_FD = 77, CEILING_S = 600, PATIENCE_MS = CEILING_S * 1000 };

static struct loop *loop;
static char *folder;		/* ours, for files */

/* What a child did, and what the test does while it runs. */
struct outcome {
	struct child *child;
	struct child_result result;
	struct buf out, err;
	int told;
	bool stop_on_line, kill_on_line;
};

static void take_line(void *owner, enum stream from, const char *text, size_t len)
{
	struct outcome *o = owner;
	struct buf *said = from == STREAM_OUT ? &o->out : &o->err;

	if (said->len < 4096) {
		buf_add(said, text, len);
		buf_char(said, '|');
	}
	if (o->stop_on_line || o->kill_on_line) {
		child_stop(o->child, o->kill_on_line);
		child_stop(o->child, o->kill_on_line);	/* twice is harmless */
	}
}

static void take_result(void *owner, const struct child_result *result)
{
	struct outcome *o = owner;

	o->told++;
	o->result = *result;
	o->child = NULL;
}

static const struct child_hooks hooks = { take_line, take_result };

static void outcome_init(struct outcome *o)
{
	*o = (struct outcome){ .told = 0 };
	buf_init(&o->out, BUF_MB(1));
	buf_init(&o->err, BUF_MB(1));
}

static void outcome_done(struct outcome *o)
{
	buf_done(&o->out);
	buf_done(&o->err);
}

static bool all_over(void *owner)
{
	(void)owner;
	return child_count() == 0;
}

static void wait_for_all(void)
{
	struct err e;

	CHECK_INT(loop_run(loop, all_over, NULL, &e), 0);
}

static void run(struct outcome *o, struct command *c, const struct child_limits *limits)
{
	struct err e = { .kind = ERR_NONE };

	o->child = child_start(loop, c, limits, &hooks, o, &e);
	if (!CHECK(o->child)) {
		printf("%s\n", e.text);
		return;
	}
	CHECK(child_pid(o->child) > 0);
	wait_for_all();
	CHECK_INT(o->told, 1);
	CHECK(!o->child);
}

static struct command *shell(const char *script)
{
	struct command *c = command_new("sh");

	command_args(c, "-c", script, NULL);
	return c;
}

static size_t count_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* Ends of every kind. */

static const struct {
	const char *name, *script;
	struct child_limits limits;
	bool stop_on_line, kill_on_line;
	int exit_status, signal;
	bool timed_out, stopped;
	const char *out, *err;		/* NULL: not looked at */
} cases[] = {
	{ .name = "exit status",     .script = "exit 7", .exit_status = 7, .out = "", .err = "" },
	{ .name = "two streams",     .script = "echo a; echo b >&2; echo; echo c", .out = "a||c|", .err = "b|" },
	{ .name = "unfinished line", .script = "printf 'a\\r\\nbc'", .out = "a|bc|", .err = "" },
	{ .name = "long lines cut",  .script = "echo 0123456789abcdef; echo short; printf 0123456789abcdef >&2",
	  .limits = { .line_max = 10 }, .out = "0123456789|short|", .err = "0123456789|" },
	{ .name = "KILL to tool",    .script = "kill -KILL $$", .exit_status = -1, .signal = SIGKILL, .out = "" },
	{ .name = "TERM to tool",    .script = "kill -TERM $$; sleep 1000", .exit_status = -1, .signal = SIGTERM },
	{ .name = "INT to tool",     .script = "kill -INT $$; sleep 1000", .exit_status = -1, .signal = SIGINT },
	{ .name = "PIPE to tool",    .script = "kill -PIPE $$; sleep 1000", .exit_status = -1, .signal = SIGPIPE },
	{ .name = "no input",        .script = "cat; echo over", .out = "over|" },
	{ .name = "TERM obeyed",     .script = "echo ready; exec sleep 1000", .limits = { .grace_ms = PATIENCE_MS },
	  .stop_on_line = true, .exit_status = -1, .signal = SIGTERM, .stopped = true },
	{ .name = "TERM answered",   .script = "trap 'exit 3' TERM; echo ready; while :; do sleep 0.1; done",
	  .limits = { .grace_ms = PATIENCE_MS }, .stop_on_line = true, .exit_status = 3, .stopped = true },
	{ .name = "TERM-deaf",       .script = "trap '' TERM; echo ready; while :; do sleep 1; done",
	  .limits = { .grace_ms = 100 }, .stop_on_line = true, .exit_status = -1, .signal = SIGKILL, .stopped = true },
	{ .name = "KILL at once",    .script = "trap '' TERM; echo ready; while :; do sleep 1; done",
	  .limits = { .grace_ms = PATIENCE_MS }, .kill_on_line = true, .exit_status = -1, .signal = SIGKILL, .stopped = true },
	{ .name = "silence",         .script = "exec sleep 1000", .limits = { .total_ms = 100, .grace_ms = PATIENCE_MS },
	  .exit_status = -1, .signal = SIGTERM, .timed_out = true, .out = "", .err = "" },
	{ .name = "flood",           .script = "exec yes", .limits = { .total_ms = 200, .grace_ms = PATIENCE_MS },
	  .exit_status = -1, .signal = SIGTERM, .timed_out = true },
	{ .name = "flood, no lines", .script = "exec cat /dev/zero", .limits = { .total_ms = 200, .grace_ms = PATIENCE_MS },
	  .exit_status = -1, .signal = SIGTERM, .timed_out = true },
	{ .name = "deaf flood",      .script = "trap '' TERM; exec yes", .limits = { .total_ms = PATIENCE_MS, .grace_ms = 100 },
	  .stop_on_line = true, .exit_status = -1, .signal = SIGKILL, .stopped = true },
	{ .name = "patience ends with it", .script = "echo a; sleep 0.2; echo b; echo c >&2; printf d",
	  .limits = { .patience_ms = PATIENCE_MS }, .out = "a|b|d|", .err = "c|" },
	{ .name = "patient flood",   .script = "exec yes", .limits = { .patience_ms = PATIENCE_MS, .total_ms = 200, .grace_ms = PATIENCE_MS },
	  .exit_status = -1, .signal = SIGTERM, .timed_out = true },
	{ .name = "grandchild",      .script = "sleep 1000 & echo left", .out = "left|", .err = "" },
	{ .name = "deaf grandchild", .script = "(trap '' TERM HUP; sleep 1000) & exec sleep 1000",
	  .limits = { .total_ms = 100, .grace_ms = PATIENCE_MS }, .exit_status = -1, .signal = SIGTERM, .timed_out = true },
};

static void test_cases(void)
{
	for (size_t i = 0; i < countof(cases); i++) {
		struct outcome o;

		CHECK_CASE(cases[i].name);
		outcome_init(&o);
		o.stop_on_line = cases[i].stop_on_line;
		o.kill_on_line = cases[i].kill_on_line;
		run(&o, shell(cases[i].script), &cases[i].limits);
		CHECK_INT(o.result.exit_status, cases[i].exit_status);
		CHECK_INT(o.result.signal, cases[i].signal);
		CHECK_INT(o.result.timed_out, cases[i].timed_out);
		CHECK_INT(o.result.stopped, cases[i].stopped);
		if (cases[i].out)
			CHECK_STR(buf_text(&o.out), cases[i].out);
		if (cases[i].err)
			CHECK_STR(buf_text(&o.err), cases[i].err);
		outcome_done(&o);
	}
	CHECK_CASE("");
}

/* Programs that are none. */

static void test_no_tool(void)
{
	static const struct { const char *program, *dir, *path, *text; } none[] = {
		{ "no-such-getscu",     NULL,   NULL,        "no-such-getscu: no such program in PATH" },
		{ "/no/such/getscu",    NULL,   NULL,        "/no/such/getscu: no such program" },
		{ "/etc/passwd",        NULL,   NULL,        "/etc/passwd: no such program" },
		{ "/usr",               NULL,   NULL,        "/usr: no such program" },
		{ "sh",                 NULL,   "/no/where", "sh: no such program in PATH" },
		{ "./sh",               "/etc", NULL,        "/etc/./sh: no such program" },
		{ "",                   NULL,   NULL,        ": no such program in PATH" },
	};

	for (size_t i = 0; i < countof(none); i++) {
		struct command *c = command_new(none[i].program);
		struct outcome o;
		struct err e = { .kind = ERR_NONE };

		CHECK_CASE(none[i].program);
		outcome_init(&o);
		if (none[i].dir)
			command_chdir(c, none[i].dir);
		if (none[i].path)
			command_env(c, "PATH", none[i].path);
		CHECK(!child_start(loop, c, NULL, &hooks, &o, &e));
		CHECK_INT(e.kind, ERR_TOOL);
		CHECK_STR(e.text, none[i].text);
		CHECK_INT(child_count(), 0);
		CHECK_INT(o.told, 0);
		outcome_done(&o);
	}
	CHECK_CASE("");
}

/* Looked for before it is needed. */
static void test_find(void)
{
	static const struct { const char *program, *path, *text; } none[] = {
		{ "no-such-hook", NULL, "no-such-hook: no such program in PATH" },
		{ "", NULL, ": no such program in PATH" },
		{ "/no/such/hook", NULL, "/no/such/hook: No such file or directory" },
		{ "/etc/passwd", NULL, "/etc/passwd: it is no program that can be executed" },
		{ "/usr", NULL, "/usr: it is no program that can be executed" },
		{ "sh", "/bin/sh", NULL },
		{ "/bin/../bin/./sh", "/bin/../bin/sh", NULL },
	};

	for (size_t i = 0; i < countof(none); i++) {
		struct err e = { .kind = ERR_NONE };
		auto_free char *path = child_find(none[i].program, &e);

		CHECK_CASE(none[i].program);
		CHECK_INT(e.kind, none[i].text ? ERR_TOOL : ERR_NONE);
		if (none[i].text)
			CHECK_STR(e.text, none[i].text);
		else if (CHECK(path))
			CHECK_HAS(path, none[i].path);
		CHECK(!none[i].text == !!path);
	}
	CHECK_CASE("");
}

static void write_script(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	ssize_t n = write(fd, text, strlen(text));

	CHECK_INT(n, strlen(text));
	close(fd);
}

static void test_exec_fails(void)
{
	auto_free char *path = file_join(folder, "no-interpreter");
	struct command *c;
	struct outcome o;

	write_script(path, "#!/no/such/interpreter\n");
	outcome_init(&o);
	run(&o, command_new(path), NULL);
	CHECK_INT(o.result.exit_status, 126);
	CHECK_HAS(buf_text(&o.err), "can't execute");
	outcome_done(&o);

	outcome_init(&o);
	c = shell("echo never");
	command_chdir(c, "/no/such/folder");
	run(&o, c, NULL);
	CHECK_INT(o.result.exit_status, 126);
	CHECK_STR(buf_text(&o.out), "");
	CHECK_HAS(buf_text(&o.err), "/no/such/folder");
	outcome_done(&o);
}

/* Surroundings. */

static void test_surroundings(void)
{
	struct command *c = shell("echo $COLOUR; pwd; ulimit -Sn; test -e /proc/self/fd/77 && echo leaked; cat");
	auto_free char *path = file_join(folder, "input");
	auto_free char *expected = mem_printf("deep blue|%s|%d|from a file|", folder, FILES);
	struct outcome o;

	outcome_init(&o);
	write_script(path, "from a file\n");
	command_env(c, "COLOUR", "deep blue");
	command_chdir(c, folder);
	c->stdin_fd = open(path, O_RDONLY | O_CLOEXEC);
	int lent = c->stdin_fd;

	CHECK_INT(dup2(2, LEAK_FD), LEAK_FD);		/* without close-on-exec */
	run(&o, c, NULL);
	CHECK_STR(buf_text(&o.out), expected);
	CHECK_STR(buf_text(&o.err), "");
	CHECK(!getenv("COLOUR"));
	CHECK_INT(close(LEAK_FD), 0);
	CHECK_INT(close(lent), 0);			/* it stayed ours */
	outcome_done(&o);
}

static void test_confined(void)
{
	static const struct confine_rule rule = { "sh", CONFINE_EXEC | CONFINE_FORK | CONFINE_READ_ALL, -1, -1 };
	static const char script[] =
		"echo x >in/a && mkdir in/d && mv in/a in/d/b && echo y >>in/d/b && true >in/d/b && ln -s x in/l &&"
		" rm -r in/d in/l && echo inside works; cat kept; echo x >/dev/null && cat /dev/null;"
		" echo x >new; echo x >>kept; true >kept; rm kept; mkdir d; mv in out; ln -s x l; echo x >in/../new2; echo";
	struct command *c = shell(script);
	auto_free char *in = file_join(folder, "in");
	auto_free char *kept = file_join(folder, "kept");
	auto_buf struct buf b = BUF_INIT(BUF_MB(1));
	struct outcome o;
	struct err e;

	if (confine_abi() == 0) {
		printf("skipped: no Landlock here\n");
		command_free(c);
		return;
	}
	outcome_init(&o);
	mkdir(in, 0700);
	write_script(kept, "kept\n");
	command_confine(c, &rule);
	command_may_write(c, in);
	command_chdir(c, folder);
	run(&o, c, NULL);
	CHECK_STR(buf_text(&o.out), "inside works|kept||");
	CHECK_INT(file_read(kept, &b, &e), 0);
	CHECK_STR(buf_text(&b), "kept\n");
	for (size_t i = 0; i < 5; i++) {
		static const char *const names[] = { "new", "new2", "d", "out", "l" };
		auto_free char *path = file_join(folder, names[i]);

		CHECK_CASE(names[i]);
		CHECK(faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0);
	}
	CHECK_CASE("");
	outcome_done(&o);
}

static void test_confine_refused(void)
{
	static const struct confine_rule rule = { "sh", CONFINE_EXEC, -1, -1 };
	struct command *c = shell("echo never");
	struct outcome o;
	struct err e = { .kind = ERR_NONE };

	if (confine_abi() == 0) {
		command_free(c);
		return;
	}
	outcome_init(&o);
	command_confine(c, &rule);
	command_may_write(c, "/no/such/folder");
	CHECK(!child_start(loop, c, NULL, &hooks, &o, &e));
	CHECK_INT(e.kind, ERR_SYSTEM);
	CHECK_HAS(e.text, "/no/such/folder");
	outcome_done(&o);
}

/* Functions as children. */

static int released;

static void release(void *data)
{
	(void)data;
	released++;
}

/* Each bit is something that a child should not find. */
static int look_around(void *data)
{
	struct sigaction pipe_now;
	struct rlimit files;
	sigset_t mask;
	int wrong = 0;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigaction(SIGPIPE, NULL, &pipe_now);
	getrlimit(RLIMIT_NOFILE, &files);
	wrong |= fcntl(LEAK_FD, F_GETFD) >= 0 ? 1 : 0;
	wrong |= sigismember(&mask, SIGCHLD) || sigismember(&mask, SIGTERM) ? 2 : 0;
	wrong |= pipe_now.sa_handler != SIG_DFL ? 4 : 0;
	wrong |= files.rlim_cur != FILES ? 8 : 0;
	wrong |= count_files() != 3 + 1 + 2 ? 16 : 0;		/* 0-2, the folder being read, . and .. */
	wrong |= getpgrp() != getpid() ? 32 : 0;
	printf("looked around for %s\n", (const char *)data);	/* to a buffer: flushed at the end */
	if (write(2, "done\n", 5) != 5)
		wrong |= 64;
	return wrong;
}

static void test_function(void)
{
	static char who[] = "the test";
	struct outcome o;

	outcome_init(&o);
	CHECK_INT(dup2(2, LEAK_FD), LEAK_FD);
	run(&o, command_new_function("look", look_around, release, who), NULL);
	CHECK_INT(o.result.exit_status, 0);
	CHECK_STR(buf_text(&o.out), "looked around for the test|");
	CHECK_STR(buf_text(&o.err), "done|");
	CHECK_INT(released, 1);
	CHECK_INT(close(LEAK_FD), 0);
	outcome_done(&o);
}

static int exit_5(void *data)
{
	(void)data;
	return 5;
}

static void test_function_status(void)
{
	struct outcome o;

	outcome_init(&o);
	run(&o, command_new_function("five", exit_5, NULL, NULL), NULL);
	CHECK_INT(o.result.exit_status, 5);
	outcome_done(&o);
}

/* ---- deaf ones: TERM and INT that somebody else sends are not heard, and a stop ends them at once ---- */

static int go_on(void *data)
{
	char c;

	(void)data;
	if (write(1, "ready\n", 6) != 6 || read(0, &c, 1) != 1 || write(1, "went on\n", 8) != 8)
		return 1;
	return 0;
}

struct signalled {
	struct outcome o;
	int told_fd;		/* the child's standard input */
};

static void signal_it(void *owner, enum stream from, const char *text, size_t len)
{
	struct signalled *s = owner;

	take_line(&s->o, from, text, len);
	if (s->told_fd < 0)
		return;
	CHECK_INT(kill(child_pid(s->o.child), SIGTERM), 0);
	CHECK_INT(kill(child_pid(s->o.child), SIGINT), 0);
	CHECK_INT(write(s->told_fd, "x", 1), 1);
	close(s->told_fd);
	s->told_fd = -1;
}

static void signalled_over(void *owner, const struct child_result *result)
{
	take_result(&((struct signalled *)owner)->o, result);
}

static void check_signalled(struct command *c, bool deaf)
{
	static const struct child_hooks signalling = { signal_it, signalled_over };
	struct signalled s = { .told_fd = -1 };
	struct err e = { ERR_NONE, "" };
	int in[2];

	outcome_init(&s.o);
	CHECK_INT(pipe2(in, O_CLOEXEC), 0);
	s.told_fd = in[1];
	c->stdin_fd = in[0];
	if (deaf)
		command_deaf(c);
	s.o.child = child_start(loop, c, NULL, &signalling, &s, &e);
	if (CHECK(s.o.child))
		wait_for_all();
	close(in[0]);			/* not before: one that has ended must not make our write fail */
	CHECK(deaf ? !s.o.result.signal : s.o.result.signal == SIGTERM || s.o.result.signal == SIGINT);
	CHECK_INT(s.o.result.exit_status, deaf ? 0 : -1);
	CHECK_STR(buf_text(&s.o.out), deaf ? "ready|went on|" : "ready|");
	outcome_done(&s.o);
}

static void test_deaf(void)
{
	struct outcome o;
	struct command *c;

	signal(SIGPIPE, SIG_IGN);
	check_signalled(command_new_function("helper", go_on, NULL, NULL), true);
	check_signalled(command_new_function("helper", go_on, NULL, NULL), false);
	check_signalled(shell("echo ready; read x; echo went on"), true);
	outcome_init(&o);
	o.stop_on_line = true;
	c = shell("echo ready; exec sleep 1000");
	command_deaf(c);
	run(&o, c, NULL);
	CHECK_INT(o.result.signal, SIGKILL);
	CHECK(o.result.stopped);
	outcome_done(&o);
}

/* Leaves a process outside the group that holds both pipes. */
static int leave_runaway(void *data)
{
	int gone[2];
	char c;

	(void)data;
	if (pipe(gone) < 0)
		return 1;
	if (fork() == 0) {
		setsid();
		dprintf(1, "%d\n", (int)getpid());
		close(gone[0]);
		close(gone[1]);
		for (;;)
			pause();
	}
	close(gone[1]);
	return read(gone[0], &c, 1) == 0 ? 0 : 2;	/* until it is outside */
}

static void test_runaway(void)
{
	struct outcome o;
	pid_t runaway;

	outcome_init(&o);
	run(&o, command_new_function("runaway", leave_runaway, NULL, NULL), NULL);
	CHECK_INT(o.result.exit_status, 0);
	runaway = (pid_t)atoi(buf_text(&o.out));
	if (CHECK(runaway > 1))
		CHECK_INT(kill(runaway, SIGKILL), 0);	/* it was alive, and we did not wait for it */
	outcome_done(&o);
}

/* Many. */

static struct outcome crowd[CROWD];

static void start_crowd(const char *fmt)
{
	struct err e = { .kind = ERR_NONE };

	for (int i = 0; i < CROWD; i++) {
		struct command *c = command_new("sh");

		outcome_init(&crowd[i]);
		command_arg(c, "-c");
		command_arg(c, fmt);
		command_argf(c, "%d", i);	/* $0 */
		crowd[i].child = child_start(loop, c, NULL, &hooks, &crowd[i], &e);
		if (!CHECK(crowd[i].child))
			printf("%s\n", e.text);
	}
	CHECK_INT(child_count(), CROWD);
}

static void test_crowd(void)
{
	start_crowd("echo $0; echo to err >&2; exit $0");
	wait_for_all();
	for (int i = 0; i < CROWD; i++) {
		auto_free char *expected = mem_printf("%d|", i);

		CHECK_INT(crowd[i].told, 1);
		CHECK_INT(crowd[i].result.exit_status, i);
		CHECK_STR(buf_text(&crowd[i].out), expected);
		CHECK_STR(buf_text(&crowd[i].err), "to err|");
		outcome_done(&crowd[i]);
	}
}

static void test_stop_all(void)
{
	start_crowd("exec sleep 1000");
	child_stop_all(false);
	child_stop_all(true);
	wait_for_all();
	for (int i = 0; i < CROWD; i++) {
		CHECK_INT(crowd[i].told, 1);
		CHECK_INT(crowd[i].result.exit_status, -1);
		CHECK(crowd[i].result.stopped);
		outcome_done(&crowd[i]);
	}
}

/* done() may start the next. */
struct chain { int left; };

static void start_next(struct chain *);

static void next_in_chain(void *owner, const struct child_result *result)
{
	struct chain *chain = owner;

	CHECK_INT(result->exit_status, chain->left);
	if (chain->left-- > 0)
		start_next(chain);
}

static void start_next(struct chain *chain)
{
	static const struct child_hooks chained = { NULL, next_in_chain };	/* nobody reads lines */
	struct command *c = command_new("sh");
	struct err e;

	command_args(c, "-c", "echo unheard; exit $0", NULL);
	command_argf(c, "%d", chain->left);
	CHECK(child_start(loop, c, NULL, &chained, chain, &e));
}

static void test_chain(void)
{
	struct chain chain = { 5 };

	start_next(&chain);
	wait_for_all();
	CHECK_INT(chain.left, -1);
}

/* Us, killed. */

static void helper(int report)
{
	struct command *c = command_new("sleep");
	struct err e;
	struct loop *own = loop_new(&e);
	struct child *child;
	pid_t pid;

	command_arg(c, "1000");
	child = own ? child_start(own, c, NULL, &hooks, NULL, &e) : NULL;
	pid = child ? child_pid(child) : -1;
	if (write(report, &pid, sizeof pid) < 0)
		_exit(1);
	for (;;)
		pause();
}

static void test_killed(void)
{
	struct pollfd tool = { .events = POLLIN };
	pid_t us, pid = -1;
	int report[2];

	CHECK_INT(pipe2(report, O_CLOEXEC), 0);
	fflush(NULL);
	us = fork();
	if (us == 0)
		helper(report[1]);
	CHECK_INT(read(report[0], &pid, sizeof pid), sizeof pid);
	tool.fd = (int)syscall(SYS_pidfd_open, pid, 0U);
	if (CHECK(pid > 1) && CHECK(tool.fd >= 0)) {
		CHECK_INT(poll(&tool, 1, 0), 0);		/* alive */
		kill(us, SIGKILL);
		waitpid(us, NULL, 0);
		CHECK_INT(poll(&tool, 1, PATIENCE_MS), 1);	/* and now ended */
	}
	close(tool.fd);
	close(report[0]);
	close(report[1]);
}

/* Started by something that leaves no descriptors 0-2 open. */
static int without_standard(void)
{
	struct err e;
	struct outcome o;

	close(0);
	close(1);
	close(2);
	outcome_init(&o);
	loop = loop_new(&e);
	o.child = loop ? child_start(loop, shell("cat; echo a; echo b >&2"), NULL, &hooks, &o, &e) : NULL;
	if (!o.child || loop_run(loop, all_over, NULL, &e) < 0)
		return 1;
	return strcmp(buf_text(&o.out), "a|") || strcmp(buf_text(&o.err), "b|") ? 2 : o.result.exit_status;
}

static void test_without_standard(void)
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(without_standard());
	waitpid(pid, &status, 0);
	CHECK_INT(status, 0);
}

static void test_all(void)
{
	test_cases();
	test_no_tool();
	test_find();
	test_exec_fails();
	test_surroundings();
	test_confined();
	test_confine_refused();
	test_function();
	test_function_status();
	test_deaf();
	test_runaway();
	test_crowd();
	test_stop_all();
	test_chain();
	test_killed();
	test_without_standard();
}

int main(void)
{
	char template[] = "/tmp/test-child-XXXXXX";
	struct rlimit few;
	struct err e;
	size_t files;

	alarm(CEILING_S);
	getrlimit(RLIMIT_NOFILE, &few);
	few.rlim_cur = FILES;
	setrlimit(RLIMIT_NOFILE, &few);
	loop = loop_new(&e);
	folder = mkdtemp(template);
	if (!CHECK(loop) || !CHECK(folder))
		return check_done();
	files = count_files();
	test_all();
	CHECK_INT(count_files(), files);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);	/* nobody is left unreaped */
	loop_free(loop);
	file_remove_tree(folder, &e);
	return check_done();
}
