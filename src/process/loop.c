/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One poll.  In a turn the ready descriptors are told first, then the deadlines that have passed.  A watch that is
 * removed is only marked: arrays are compacted and rebuilt before the next poll, so that handlers may do what they like. */
#include "process/loop.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

enum { FILES_WANTED = 65536 };

struct watch {
	int fd;
	short events;
	bool gone;
	watch_fn *fn;
	void *owner;
};

struct loop {
	struct watch **watches;
	size_t count, room;
	struct pollfd *polls;		/* polls[i] is watches[i], until stale */
	size_t polls_room;
	bool stale, turning;
	struct timer *first, *last;	/* by due_ms */
	int64_t firing_ms;		/* while timers fire: what is set now is due later than this */
	int signal_fd;
	sigset_t taken, old_mask;
	void (*on_signal)(void *owner, int signal);
	void *signal_owner;
};

static struct rlimit files_before;
static bool files_raised;

static void raise_limit(void)
{
	struct rlimit want;

	if (files_raised || getrlimit(RLIMIT_NOFILE, &files_before) < 0)
		return;
	want = files_before;
	want.rlim_cur = want.rlim_max < FILES_WANTED ? want.rlim_max : FILES_WANTED;
	if (want.rlim_cur > files_before.rlim_cur)
		files_raised = setrlimit(RLIMIT_NOFILE, &want) == 0;
}

void loop_restore_limit(void)
{
	if (files_raised)
		setrlimit(RLIMIT_NOFILE, &files_before);
}

static bool is_ignored(int sig)
{
	struct sigaction now;

	return sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

/* Nobody listens: what the signal would have done to us, it does. */
static void obey(struct loop *l, int sig)
{
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, sig);
	signal(sig, SIG_DFL);
	kill(getpid(), sig);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	sigprocmask(SIG_BLOCK, &l->taken, NULL);
}

static void read_signals(void *owner, int fd, short revents)
{
	struct loop *l = owner;
	struct signalfd_siginfo info;

	(void)revents;
	while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
		if (l->on_signal)
			l->on_signal(l->signal_owner, (int)info.ssi_signo);
		else
			obey(l, (int)info.ssi_signo);
	}
}

/* They are blocked while there is a loop, so they wait; without one they end us. */
int loop_signal_waiting(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	sigset_t waiting;

	if (sigpending(&waiting) < 0)
		return 0;
	for (size_t i = 0; i < countof(signals); i++)
		if (sigismember(&waiting, signals[i]))
			return signals[i];
	return 0;
}

static void take_signals(struct loop *l)
{
	sigset_t blocked;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);	/* a parent may have left it ignored, and statuses would vanish */
	sigemptyset(&l->taken);
	sigaddset(&l->taken, SIGINT);
	sigaddset(&l->taken, SIGTERM);
	if (!is_ignored(SIGHUP))
		sigaddset(&l->taken, SIGHUP);
	blocked = l->taken;
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, &l->old_mask);
	sigaddset(&l->old_mask, SIGCHLD);
}

struct loop *loop_new(struct err *e)
{
	struct loop *l = mem_alloc(sizeof *l);

	raise_limit();
	take_signals(l);
	l->signal_fd = signalfd(-1, &l->taken, SFD_CLOEXEC | SFD_NONBLOCK);
	if (l->signal_fd < 0) {
		err_sys(e, "signalfd");
		loop_free(l);
		return NULL;
	}
	loop_watch(l, l->signal_fd, POLLIN, read_signals, l);
	return l;
}

void loop_free(struct loop *l)
{
	struct signalfd_siginfo stale;

	if (!l)
		return;
	assert(!l->turning);
	while (l->first)
		timer_clear(l, l->first);
	if (l->signal_fd >= 0) {
		while (read(l->signal_fd, &stale, sizeof stale) > 0)
			;	/* an impatient second Ctrl-C is no reason to die at the end */
		close(l->signal_fd);
	}
	sigprocmask(SIG_SETMASK, &l->old_mask, NULL);
	for (size_t i = 0; i < l->count; i++)
		free(l->watches[i]);
	free(l->watches);
	free(l->polls);
	free(l);
}

struct watch *loop_watch(struct loop *l, int fd, short events, watch_fn *fn, void *owner)
{
	struct watch *w = mem_alloc(sizeof *w);

	w->fd = fd;
	w->events = events;
	w->fn = fn;
	w->owner = owner;
	mem_grow(l->watches, l->count, l->room);
	l->watches[l->count++] = w;
	l->stale = true;
	return w;
}

void loop_unwatch(struct loop *l, struct watch *w)
{
	if (!w)
		return;
	assert(!w->gone);
	w->gone = true;
	l->stale = true;
}

static void link_after(struct loop *l, struct timer *before, struct timer *t)
{
	t->prev = before;
	t->next = before ? before->next : l->first;
	*(t->prev ? &t->prev->next : &l->first) = t;
	*(t->next ? &t->next->prev : &l->last) = t;
}

void timer_set(struct loop *l, struct timer *t, int64_t in_ms, void (*fire)(void *owner), void *owner)
{
	struct timer *before;
	int64_t now = clock_ms();

	timer_clear(l, t);
	if (in_ms < 0)
		in_ms = 0;
	t->due_ms = in_ms < INT64_MAX - now ? now + in_ms : INT64_MAX;
	if (t->due_ms <= l->firing_ms)
		t->due_ms = l->firing_ms + 1;	/* a handler that sets itself at once must not hold the turn */
	if (t->due_ms <= 0)
		t->due_ms = 1;
	t->fire = fire;
	t->owner = owner;
	for (before = l->last; before && before->due_ms > t->due_ms; before = before->prev)
		;			/* from the end: new deadlines are mostly the latest */
	link_after(l, before, t);
}

void timer_clear(struct loop *l, struct timer *t)
{
	if (!t->due_ms)
		return;
	*(t->prev ? &t->prev->next : &l->first) = t->next;
	*(t->next ? &t->next->prev : &l->last) = t->prev;
	t->prev = t->next = NULL;
	t->due_ms = 0;
}

void loop_on_signal(struct loop *l, void (*fn)(void *owner, int signal), void *owner)
{
	l->on_signal = fn;
	l->signal_owner = owner;
}

static void rebuild(struct loop *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++) {
		if (l->watches[i]->gone)
			free(l->watches[i]);
		else
			l->watches[kept++] = l->watches[i];
	}
	l->count = kept;
	if (l->polls_room < l->room) {
		l->polls = mem_resize(l->polls, l->room, sizeof *l->polls);
		l->polls_room = l->room;
	}
	for (size_t i = 0; i < kept; i++)
		l->polls[i] = (struct pollfd){ .fd = l->watches[i]->fd, .events = l->watches[i]->events };
	l->stale = false;
}

static int until_first_timer(const struct loop *l)
{
	int64_t left;

	if (!l->first)
		return -1;
	left = l->first->due_ms - clock_ms();
	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static void fire_timers(struct loop *l)
{
	l->firing_ms = clock_ms();
	while (l->first && l->first->due_ms <= l->firing_ms) {
		struct timer *t = l->first;

		timer_clear(l, t);
		t->fire(t->owner);
	}
	l->firing_ms = 0;
}

static int turn(struct loop *l, struct err *e)
{
	size_t polled;
	int ready;

	if (l->stale)
		rebuild(l);
	polled = l->count;
	ready = poll(l->polls, polled, until_first_timer(l));
	if (ready < 0 && errno != EINTR)
		return err_sys(e, "poll");
	l->turning = true;
	for (size_t i = 0; i < polled && ready > 0; i++) {
		short revents = l->polls[i].revents;

		if (!revents)
			continue;
		ready--;
		if (!l->watches[i]->gone)
			l->watches[i]->fn(l->watches[i]->owner, l->watches[i]->fd, revents);
	}
	fire_timers(l);
	l->turning = false;
	return 0;
}

int loop_run(struct loop *l, bool (*over)(void *owner), void *owner, struct err *e)
{
	assert(!l->turning);
	while (!over(owner)) {
		if (turn(l, e) < 0)
			return -1;
	}
	return 0;
}
