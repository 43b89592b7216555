/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared.h"

#include <cerrno>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <new>
#include <sched.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct shared *shared;

static int log_fd = -1;
static bool stamps;

void shared_create()
{
	void *page = mmap(nullptr, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED) {
		perror("badpacs: mmap");
		exit(1);
	}
	shared = new (page) struct shared();
	shared->main_pid = getpid();
}

void shared_enter(pid_t pid)
{
	for (shared_slot &s : shared->slot) {
		pid_t none = 0;

		if (s.pid.compare_exchange_strong(none, pid)) {
			s.open = false;
			return;
		}
	}
}

bool shared_admit(pid_t pid, long most)
{
	shared_slot *mine = nullptr;
	long n = 0;

	for (int idle = 0; !shared->gate.compare_exchange_weak(idle, 1); idle = 0)
		sched_yield();
	for (shared_slot &s : shared->slot) {
		n += s.pid != 0 && s.open;
		if (s.pid == pid)
			mine = &s;
	}
	if (mine && (most < 0 || n < most))
		mine->open = true;
	shared->gate = 0;
	return most < 0 || n < most;
}

void shared_close(pid_t pid)
{
	for (shared_slot &s : shared->slot)
		if (s.pid == pid)
			s.open = false;
}

void shared_leave(pid_t pid)
{
	for (shared_slot &s : shared->slot)
		if (s.pid == pid) {
			s.open = false;
			s.pid = 0;
		}
}

long now_ms()
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000L;
}

void sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

bool seconds_to_ms(const std::string &text, long *ret_ms)
{
	char *end;
	double seconds = strtod(text.c_str(), &end);

	if (text.empty() || *end || !(seconds >= 0) || seconds > 1e6)
		return false;
	*ret_ms = lround(seconds * 1000);
	return true;
}

bool log_open(const char *path)
{
	log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	return log_fd >= 0;
}

void log_stamps(bool on)
{
	stamps = on;
}

void log_event(const char *format, ...)
{
	char *text = nullptr, *line = nullptr;
	va_list ap;
	int len;

	if (log_fd < 0)
		return;
	va_start(ap, format);
	len = vasprintf(&text, format, ap);
	va_end(ap);
	if (len < 0)
		return;
	if (stamps)
		len = asprintf(&line, "%ld.%03ld %d %s\n", now_ms() / 1000, now_ms() % 1000, (int)getpid(), text);
	else
		len = asprintf(&line, "%s\n", text);
	free(text);
	if (len < 0)
		return;
	if (write(log_fd, line, (size_t)len) != len)
		perror("badpacs: log");
	free(line);
}

std::string log_quoted(const std::string &value)
{
	std::string out;
	char hex[4];

	for (unsigned char c : value) {
		if (c > 0x20 && c < 0x7f && c != '%') {
			out += (char)c;
		} else {
			snprintf(hex, sizeof hex, "%%%02X", c);
			out += hex;
		}
	}
	return out;
}
