/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "process/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "unit/check.h"

enum { FILES = 512, MANY = 1500 };	/* the soft limit the test starts with; more watches than that */

static struct loop *loop;

static bool is_set(void *owner)
{
	return *(bool *)owner;
}

static void set(void *owner)
{
	*(bool *)owner = true;
}

static int ready_fd(void)
{
	return eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
}

static void turn_until(bool *over)
{
	struct err e;

	CHECK_INT(loop_run(loop, is_set, over, &e), 0);
}

/* Watches that change one another. */

struct rival { struct watch *watch, **other; int fd, told; bool *over; };

static void remove_other(void *owner, int fd, short revents)
{
	struct rival *r = owner;

	CHECK_INT(fd, r->fd);
	CHECK(revents & POLLIN);
	r->told++;
	loop_unwatch(loop, *r->other);
	*r->other = NULL;
	loop_unwatch(loop, r->watch);
	r->watch = NULL;
	*r->over = true;
}

static void test_rivals(void)
{
	bool over = false;
	struct rival a = { .over = &over }, b = { .over = &over };

	a.fd = ready_fd();
	b.fd = ready_fd();
	a.other = &b.watch;
	b.other = &a.watch;
	a.watch = loop_watch(loop, a.fd, POLLIN, remove_other, &a);
	b.watch = loop_watch(loop, b.fd, POLLIN, remove_other, &b);
	turn_until(&over);
	CHECK_INT(a.told + b.told, 1);
	CHECK(!a.watch && !b.watch);
	loop_unwatch(loop, NULL);
	close(a.fd);
	close(b.fd);
}

/* Each handler puts a new watch in its own place, on a descriptor of the same number. */
struct relay { struct watch *watch; int left; bool over; };

static void hand_on(void *owner, int fd, short revents)
{
	struct relay *r = owner;

	(void)revents;
	loop_unwatch(loop, r->watch);
	close(fd);
	r->watch = NULL;
	if (r->left-- > 0)
		r->watch = loop_watch(loop, ready_fd(), POLLIN, hand_on, r);
	else
		r->over = true;
}

static void test_relay(void)
{
	struct relay r = { .left = 20 };

	r.watch = loop_watch(loop, ready_fd(), POLLIN, hand_on, &r);
	turn_until(&r.over);
	CHECK_INT(r.left, -1);
}

/* Timers. */

static char order[16];

static void note(void *owner)
{
	strncat(order, owner, 1);
}

static void test_order(void)
{
	static const struct { const char *name; int in_ms; } cases[] = {
		{ "d", 40 }, { "a", -5 }, { "c", 20 }, { "b", 10 }, { "x", 30 },
	};
	struct timer timers[countof(cases)] = { { 0 } }, end = { 0 };
	bool over = false;
	char names[countof(cases)][2];

	for (size_t i = 0; i < countof(cases); i++) {
		strcpy(names[i], cases[i].name);
		timer_set(loop, &timers[i], cases[i].in_ms, note, names[i]);
	}
	timer_set(loop, &end, 5, set, &over);
	timer_set(loop, &end, 50, set, &over);		/* set again: only the second holds */
	timer_clear(loop, &timers[4]);
	timer_clear(loop, &timers[4]);
	turn_until(&over);
	CHECK_STR(order, "abcd");
	CHECK(!timers[0].due_ms && !end.due_ms);
}

struct again { struct timer timer; int fired; bool over; };

static void set_again(void *owner)
{
	struct again *a = owner;

	a->fired++;
	timer_set(loop, &a->timer, 0, set_again, a);
}

static void seen(void *owner, int fd, short revents)
{
	struct again *a = owner;

	(void)fd;
	(void)revents;
	a->over = a->fired > 3;
}

/* A timer that always sets itself at once leaves descriptors their turn. */
static void test_again(void)
{
	struct again a = { .fired = 0 };
	int fd = ready_fd();
	struct watch *w = loop_watch(loop, fd, POLLIN, seen, &a);

	timer_set(loop, &a.timer, 0, set_again, &a);
	turn_until(&a.over);
	timer_clear(loop, &a.timer);
	loop_unwatch(loop, w);
	close(fd);
	CHECK(a.fired > 3);
}

static struct timer victim;

static void clear_victim(void *owner)
{
	timer_clear(loop, &victim);
	set(owner);
}

static void test_cleared_while_due(void)
{
	struct timer killer = { 0 };
	bool over = false, fired = false;

	timer_set(loop, &killer, 0, clear_victim, &over);
	timer_set(loop, &victim, 0, set, &fired);
	turn_until(&over);
	CHECK(!fired);
}

static void test_far_away(void)
{
	struct timer far = { 0 };
	bool over = false, fired = false;

	timer_set(loop, &far, INT64_MAX, set, &fired);
	timer_set(loop, &victim, 0, set, &over);
	turn_until(&over);
	CHECK(!fired);
	timer_clear(loop, &far);
}

/* Many descriptors. */

struct crowd { struct watch *watches[MANY]; int told; bool over; };

static struct crowd crowd;

static void one_of_many(void *owner, int fd, short revents)
{
	struct watch **mine = owner;

	(void)revents;
	loop_unwatch(loop, *mine);
	close(fd);
	*mine = NULL;
	crowd.told++;
	crowd.over = crowd.told == MANY;
}

static void test_many(void)
{
	struct rlimit now;

	if (getrlimit(RLIMIT_NOFILE, &now) < 0 || now.rlim_max < MANY + 100) {
		printf("skipped: only %lu descriptors allowed here\n", (unsigned long)now.rlim_max);
		return;
	}
	CHECK(now.rlim_cur > MANY);
	for (size_t i = 0; i < MANY; i++)
		crowd.watches[i] = loop_watch(loop, ready_fd(), POLLIN, one_of_many, &crowd.watches[i]);
	turn_until(&crowd.over);
	CHECK_INT(crowd.told, MANY);
}

/* In a process of its own; its exit status, or -signal. */
static int apart(int (*fn)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(fn());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int restored_limit(void)
{
	struct rlimit now;

	loop_restore_limit();
	return getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur == FILES ? 0 : 1;
}

/* Signals. */

static int heard[8], heard_count;

static void hear(void *owner, int sig)
{
	heard[heard_count++ % 8] = sig;
	if (sig == SIGTERM)
		set(owner);
}

static int hear_all(void)
{
	bool over = false;
	struct err e;

	heard_count = 0;
	loop_on_signal(loop, hear, &over);
	kill(getpid(), SIGHUP);
	kill(getpid(), SIGINT);
	kill(getpid(), SIGTERM);
	loop_run(loop, is_set, &over, &e);
	return heard_count;
}

static void test_signals(void)
{
	struct sigaction now;
	sigset_t mask;

	CHECK_INT(hear_all(), 3);
	CHECK_INT(heard[0], SIGHUP);
	CHECK_INT(heard[1], SIGINT);
	CHECK_INT(heard[2], SIGTERM);
	sigaction(SIGCHLD, NULL, &now);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	CHECK(now.sa_handler == SIG_DFL);	/* main() had it ignored */
	CHECK(sigismember(&mask, SIGCHLD));
	sigaction(SIGPIPE, NULL, &now);
	CHECK(now.sa_handler == SIG_IGN);
}

static int under_nohup(void)
{
	struct err e;

	loop_free(loop);
	signal(SIGHUP, SIG_IGN);
	loop = loop_new(&e);
	return hear_all();
}

static int die_unheard(void)
{
	bool never = false;
	struct err e;

	loop_on_signal(loop, NULL, NULL);
	kill(getpid(), SIGINT);
	loop_run(loop, is_set, &never, &e);
	return 0;
}

static int die_after_the_loop(void)
{
	kill(getpid(), SIGINT);		/* pending: forgotten at the end of the loop */
	loop_free(loop);
	kill(getpid(), SIGTERM);
	return 0;
}

static void test_processes(void)
{
	static const struct { const char *name; int (*fn)(void); int status; } cases[] = {
		{ "limit given back",   restored_limit,     0 },
		{ "HUP under nohup",    under_nohup,        2 },
		{ "nobody listens",     die_unheard,        -SIGINT },
		{ "after the loop",     die_after_the_loop, -SIGTERM },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		CHECK_CASE(cases[i].name);
		CHECK_INT(apart(cases[i].fn), cases[i].status);
	}
	CHECK_CASE("");
}

int main(void)
{
	struct rlimit few;
	struct err e;

	alarm(600);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGHUP, SIG_DFL);
	getrlimit(RLIMIT_NOFILE, &few);
	few.rlim_cur = FILES;
	setrlimit(RLIMIT_NOFILE, &few);
	loop = loop_new(&e);
	if (!CHECK(loop))
		return check_done();
	test_rivals();
	test_relay();
	test_order();
	test_again();
	test_cleared_while_due();
	test_far_away();
	test_many();
	test_signals();
	test_processes();
	loop_free(loop);
	loop_free(NULL);
	return check_done();
}
