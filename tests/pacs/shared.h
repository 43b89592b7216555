/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the processes of one badpacs share: counters in a page mapped before the first fork, and the event log.
 * Every log line is one write() to a file opened with O_APPEND, so lines of different processes never mix. */

#ifndef BADPACS_SHARED_H
#define BADPACS_SHARED_H

#include <atomic>
#include <string>
#include <sys/types.h>

enum { SHARED_RULES = 512, SHARED_SLOTS = 1024 };

struct shared_slot {
	std::atomic<pid_t> pid;		/* 0 = free */
	std::atomic<bool> open;		/* counts towards max-associations */
};

struct shared {
	pid_t main_pid;				/* set before the first fork */
	std::atomic<long> associations;		/* TCP connections taken */
	std::atomic<long> sent;			/* objects sent, by all */
	std::atomic<long> rule_count[SHARED_RULES];
	std::atomic<long> rule_since[SHARED_RULES];	/* monotonic ms of the first request, 0 = none yet */
	std::atomic<int> gate;			/* held while associations are counted */
	shared_slot slot[SHARED_SLOTS];
};

extern struct shared *shared;

void shared_create();
void shared_enter(pid_t pid);			/* takes a slot for this process */
bool shared_admit(pid_t pid, long most);	/* its association is open, unless `most' are; < 0: no limit */
void shared_close(pid_t pid);			/* its association is over, the process is not */
void shared_leave(pid_t pid);

long now_ms();				/* monotonic */
void sleep_ms(long ms);
bool seconds_to_ms(const std::string &text, long *ret_ms);

bool log_open(const char *path);
void log_stamps(bool on);
void log_event(const char *format, ...) __attribute__((format(printf, 1, 2)));
std::string log_quoted(const std::string &value);	/* blanks, controls, '%' and 8-bit bytes as %XX */

#endif
