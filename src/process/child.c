/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One process, from fork to reaping.
 *
 *   RUNNING --stop or total_ms: TERM--> ASKED --grace_ms, or stop now: KILL--> KILLED
 *      any of these --pidfd readable: the group is swept--> ENDED --both streams over: reaped--> REAPED --> done()
 *
 * Reaping is the last thing: until then the zombie keeps pid and group from being given to a stranger. */
#include "process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "process/confine.h"

enum { GRACE_MS = 2000, DRAIN_MS = 1000, LINE_MAX_BYTES = 64 << 10, READ_BYTES = 64 << 10, READS_A_TURN = 8 };
enum { NOT_STARTED = 126 };	/* exit status of a child that did not come as far as its program */
enum child_state { RUNNING, ASKED, KILLED, ENDED, REAPED };

struct source {
	struct child *child;
	enum stream from;
	int fd;			/* -1 when over */
	struct watch *watch;	/* NULL while it rests */
	struct timer rest;
	struct lines lines;
};

struct child {
	struct child *prev, *next;
	struct loop *loop;
	struct child_hooks hooks;
	void *owner;
	struct child_result result;
	enum child_state state;
	pid_t pid;
	int pidfd;
	struct watch *end_watch;
	struct source out, err;
	struct timer due;
	int64_t started_ms, grace_ms, patience_ms;
	bool deaf;		/* TERM would not end it */
};

static struct child *all;
static size_t alive;

/* Looking for the program. */

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

/* Yours; NULL when it is nowhere. */
static char *search_path(const char *name, const char *search)
{
	while (search) {
		const char *colon = strchrnul(search, ':');
		char *path = colon == search ? mem_str(name) : mem_printf("%.*s/%s", (int)(colon - search), search, name);

		if (is_program(path))
			return path;
		free(path);
		search = *colon ? colon + 1 : NULL;
	}
	return NULL;
}

static const char *path_searched(const char *given)
{
	const char *search = given ? given : getenv("PATH");

	return search ? search : "/bin:/usr/bin";
}

/* Before the fork, because a failed pipecmd_exec() can only complain and exit; it searches the same PATH. */
static int find_program(const struct command *cmd, char **ret_path, struct err *e)
{
	*ret_path = NULL;
	if (!cmd->program)
		return 0;
	if (!strchr(cmd->program, '/')) {
		*ret_path = search_path(cmd->program, path_searched(cmd->path));
		return *ret_path ? 0 : err_set(e, ERR_TOOL, "%s: no such program in PATH", cmd->program);
	}
	*ret_path = cmd->dir && *cmd->program != '/' ? mem_printf("%s/%s", cmd->dir, cmd->program) : mem_str(cmd->program);
	return is_program(*ret_path) ? 0 : err_set(e, ERR_TOOL, "%s: no such program", *ret_path);
}

char *child_find(const char *program, struct err *e)
{
	auto_free char *path = strchr(program, '/') ? mem_str(program) : search_path(program, path_searched(NULL));

	if (path && is_program(path))
		return file_absolute(path);
	if (!path)
		err_set(e, ERR_TOOL, "%s: no such program in PATH", program);
	else if (access(path, F_OK) < 0)
		err_sys(e, "%s", path);
	else
		err_set(e, ERR_TOOL, "%s: it is no program that can be executed", path);
	e->kind = ERR_TOOL;
	return NULL;
}

/* The child's side. */

/* A parent started without descriptors 0-2 may hold a pipe there, where dup2() would destroy it. */
static int above_standard(int fd)
{
	return fd < 0 || fd > 2 ? fd : fcntl(fd, F_DUPFD, 3);
}

static void __attribute__((noreturn)) give_up(const char *what)
{
	if (write(2, what, strlen(what)) < 0)
		_exit(NOT_STARTED);
	_exit(NOT_STARTED);
}

static void reset_signals(bool deaf)
{
	struct sigaction now;
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++) {
		if (sig != SIGHUP && sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
			signal(sig, SIG_DFL);	/* an ignored HUP is nohup's, and stays */
	}
	if (deaf) {		/* ignoring survives exec */
		signal(SIGTERM, SIG_IGN);
		signal(SIGINT, SIG_IGN);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);	/* a blocked mask survives exec */
}

/* Between fork and exec: async-signal-safe calls only. */
static void child_enter(const struct command *cmd, const struct cage *cage, int out, int err)
{
	int in = cmd->stdin_fd >= 0 ? cmd->stdin_fd : open("/dev/null", O_RDONLY | O_CLOEXEC);

	in = above_standard(in);
	out = above_standard(out);
	err = above_standard(err);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(NOT_STARTED);
	loop_restore_limit();
	if (cage && cage_enter(cage) < 0)
		give_up("cannot be confined by the kernel; not started\n");
	close_range(3, ~0U, cmd->program ? CLOSE_RANGE_CLOEXEC : 0);	/* a function never execs */
	reset_signals(cmd->deaf);
}

/* Reached when exec failed: pipecmd_exec() has said why on stderr and called exit(). */
static void exec_failed(void)
{
	_exit(NOT_STARTED);
}

/* What comes from the child. */

static void pass_line(void *owner, const char *text, size_t len)
{
	struct source *s = owner;

	if (s->child->hooks.line)
		s->child->hooks.line(s->child->owner, s->from, text, len);
}

static void close_source(struct source *s)
{
	if (s->fd < 0)
		return;
	loop_unwatch(s->child->loop, s->watch);
	timer_clear(s->child->loop, &s->rest);
	close(s->fd);
	s->fd = -1;
	lines_end(&s->lines, pass_line, s);
}

static void reap(struct child *c)
{
	siginfo_t info = { 0 };

	while (waitid(P_PID, (id_t)c->pid, &info, WEXITED) < 0 && errno == EINTR)
		;
	c->result.exit_status = info.si_code == CLD_EXITED ? info.si_status : -1;
	c->result.signal = info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED ? info.si_status : 0;
}

static void child_free(struct child *c)
{
	lines_done(&c->out.lines);
	lines_done(&c->err.lines);
	free(c);
}

/* Alone in calling done(): from the timers' part of a turn, when all that was ready has been collected. */
static void tell(void *owner)
{
	struct child *c = owner;
	struct child_hooks hooks = c->hooks;
	struct child_result result = c->result;
	void *told = c->owner;

	*(c->prev ? &c->prev->next : &all) = c->next;
	if (c->next)
		c->next->prev = c->prev;
	alive--;
	child_free(c);
	if (hooks.done)
		hooks.done(told, &result);
}

/* Over when the process has ended and both its streams have, in whichever order. */
static void finish_if_over(struct child *c)
{
	if (c->state != ENDED || c->out.fd >= 0 || c->err.fd >= 0)
		return;
	reap(c);
	c->state = REAPED;
	timer_set(c->loop, &c->due, 0, tell, c);
}

static void source_ready(void *owner, int fd, short revents);

static void wake(void *owner)
{
	struct source *s = owner;

	timer_clear(s->child->loop, &s->rest);
	if (s->fd >= 0 && !s->watch)
		s->watch = loop_watch(s->child->loop, s->fd, POLLIN, source_ready, s);
}

static void rest(struct source *s)
{
	if (!s->child->patience_ms || s->child->state >= ENDED)
		return;
	loop_unwatch(s->child->loop, s->watch);
	s->watch = NULL;
	timer_set(s->child->loop, &s->rest, s->child->patience_ms, wake, s);
}

/* A few bounded reads a turn, so that a chatterbox starves nobody.  One thread: one buffer for all. */
static void source_ready(void *owner, int fd, short revents)
{
	static char bytes[READ_BYTES];
	struct source *s = owner;

	(void)revents;
	for (int i = 0; i < READS_A_TURN; i++) {
		ssize_t n = read(fd, bytes, sizeof bytes);

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			rest(s);
			return;
		}
		if (n <= 0) {
			close_source(s);
			finish_if_over(s->child);
			return;
		}
		lines_feed(&s->lines, bytes, (size_t)n, pass_line, s);
	}
}

/* Stopping. */

static void on_due(void *owner);

static void kill_now(struct child *c)
{
	timer_clear(c->loop, &c->due);
	c->state = KILLED;
	kill(-c->pid, SIGKILL);
}

static void ask_to_end(struct child *c)
{
	if (c->deaf) {
		kill_now(c);
		return;
	}
	c->state = ASKED;
	kill(-c->pid, SIGTERM);
	timer_set(c->loop, &c->due, c->grace_ms, on_due, c);
}

static void on_due(void *owner)
{
	struct child *c = owner;

	switch (c->state) {
	case RUNNING:
		c->result.timed_out = true;
		ask_to_end(c);
		break;
	case ASKED:
		kill_now(c);
		break;
	case ENDED:		/* somebody else holds the pipes */
		close_source(&c->out);
		close_source(&c->err);
		finish_if_over(c);
		break;
	case KILLED: case REAPED:
		break;
	}
}

void child_stop(struct child *c, bool now)
{
	if (c->state >= ENDED)
		return;
	c->result.stopped = true;
	if (now && c->state != KILLED)
		kill_now(c);
	else if (c->state == RUNNING)
		ask_to_end(c);
}

/* The process has ended but is not reaped, so this is the moment to sweep what it left behind in its group. */
static void exit_seen(void *owner, int fd, short revents)
{
	struct child *c = owner;

	(void)revents;
	kill(-c->pid, SIGKILL);
	c->result.ran_ms = clock_ms() - c->started_ms;
	loop_unwatch(c->loop, c->end_watch);
	close(fd);
	c->pidfd = -1;
	c->state = ENDED;
	wake(&c->out);
	wake(&c->err);
	timer_set(c->loop, &c->due, DRAIN_MS, on_due, c);	/* someone outside the group may still hold the pipes */
	finish_if_over(c);
}

/* Starting. */

struct pipes { int out[2], err[2]; };

static void close_pair(int pair[2])
{
	for (int i = 0; i < 2; i++) {
		if (pair[i] >= 0)
			close(pair[i]);
	}
}

static int open_pipes(struct pipes *p, struct err *e)
{
	*p = (struct pipes){ { -1, -1 }, { -1, -1 } };
	if (pipe2(p->out, O_CLOEXEC) == 0 && pipe2(p->err, O_CLOEXEC) == 0 &&
	    fcntl(p->out[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(p->err[0], F_SETFL, O_NONBLOCK) == 0)
		return 0;
	err_sys(e, "pipe");
	close_pair(p->out);
	close_pair(p->err);
	return -1;
}

static pid_t become(const struct command *cmd, const struct cage *cage, const struct pipes *p)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);		/* or the child would write it again */
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);				/* Ctrl-C is ours to pass on */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)		/* we died before prctl took hold */
			_exit(NOT_STARTED);
		child_enter(cmd, cage, p->out[1], p->err[1]);
		atexit(exec_failed);
		pipecmd_exec(cmd->cmd);
	}
	if (pid > 0)
		setpgid(pid, pid);	/* here too, so that the group exists whoever runs first */
	return pid;
}

/* Makes the process and its three descriptors; all or nothing. */
static int launch(struct child *c, const struct command *cmd, const struct cage *cage, struct err *e)
{
	struct pipes p;

	if (open_pipes(&p, e) < 0)
		return -1;
	c->pid = become(cmd, cage, &p);
	c->pidfd = c->pid > 0 ? (int)syscall(SYS_pidfd_open, c->pid, 0U) : -1;
	if (c->pidfd < 0) {
		err_sys(e, c->pid > 0 ? "pidfd_open" : "fork");
		if (c->pid > 0) {
			kill(-c->pid, SIGKILL);
			reap(c);
		}
		close_pair(p.out);
		close_pair(p.err);
		return -1;
	}
	close(p.out[1]);
	close(p.err[1]);
	c->out.fd = p.out[0];
	c->err.fd = p.err[0];
	return 0;
}

static void watch_source(struct child *c, struct source *s, enum stream from, size_t line_max)
{
	s->child = c;
	s->from = from;
	s->watch = loop_watch(c->loop, s->fd, POLLIN, source_ready, s);
	lines_init(&s->lines, line_max ? line_max : LINE_MAX_BYTES);
}

static void attend(struct child *c, const struct child_limits *limits)
{
	c->started_ms = clock_ms();
	c->grace_ms = limits->grace_ms ? limits->grace_ms : GRACE_MS;
	c->patience_ms = limits->patience_ms;
	watch_source(c, &c->out, STREAM_OUT, limits->line_max);
	watch_source(c, &c->err, STREAM_ERR, limits->line_max);
	c->end_watch = loop_watch(c->loop, c->pidfd, POLLIN, exit_seen, c);
	if (limits->total_ms > 0)
		timer_set(c->loop, &c->due, limits->total_ms, on_due, c);
	c->next = all;
	if (all)
		all->prev = c;
	all = c;
	alive++;
}

struct child *child_start(struct loop *loop, struct command *cmd, const struct child_limits *limits,
			  const struct child_hooks *hooks, void *owner, struct err *e)
{
	static const struct child_limits none;
	struct child *c = mem_alloc(sizeof *c);
	auto_free char *program = NULL;
	struct cage *cage = NULL;

	c->loop = loop;
	c->hooks = *hooks;
	c->owner = owner;
	c->deaf = cmd->deaf;
	if (find_program(cmd, &program, e) < 0 || (cmd->confined && !(cage = cage_make(cmd->confined, program, e))) ||
	    launch(c, cmd, cage, e) < 0) {
		free(c);
		c = NULL;
	} else {
		attend(c, limits ? limits : &none);
	}
	cage_free(cage);
	command_free(cmd);
	return c;
}

pid_t child_pid(const struct child *c)
{
	return c->pid;
}

size_t child_count(void)
{
	return alive;
}

void child_stop_all(bool now)
{
	for (struct child *c = all; c; c = c->next)
		child_stop(c, now);
}
