/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One poll: descriptors, deadlines, signals.  One thread; handlers never block. */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct loop;

/* Blocks INT, TERM, HUP (HUP only when it was not ignored) and CHLD (put back to default first), opens the signalfd,
 * ignores PIPE, and raises the soft limit of descriptors.  loop_free gives INT, TERM and HUP their old mask back. */
struct loop *loop_new(struct err *);
void loop_free(struct loop *);
/* In a child, between fork and exec: the limit as it was, because DCMTK may use select().  Async-signal-safe. */
void loop_restore_limit(void);

/* Descriptors.  The handler may add and remove watches, its own included.  The descriptor stays the caller's. */
typedef void watch_fn(void *owner, int fd, short revents);
struct watch;
struct watch *loop_watch(struct loop *, int fd, short events, watch_fn *, void *owner);
void loop_unwatch(struct loop *, struct watch *);		/* NULL is fine */

/* Deadlines, embedded in their owner; a zeroed one is unset.  Fires once; may be set again in its handler. */
struct timer {
	int64_t due_ms;				/* 0 = unset; clock_ms() time */
	void (*fire)(void *owner);
	void *owner;
	struct timer *prev, *next;		/* the loop's */
};
void timer_set(struct loop *, struct timer *, int64_t in_ms, void (*fire)(void *owner), void *owner);
void timer_clear(struct loop *, struct timer *);

/* For long work that does not turn the loop: INT, TERM or HUP when one of them waits to be read by it, else 0. */
int loop_signal_waiting(void);
/* Called with the signal number for INT, TERM and HUP.  With none set, or NULL, the signal ends us as it would have. */
void loop_on_signal(struct loop *, void (*fn)(void *owner, int signal), void *owner);

/* Turns until over(owner) says so (asked after every turn and once before the first); -1 when poll itself fails. */
int loop_run(struct loop *, bool (*over)(void *owner), void *owner, struct err *);
