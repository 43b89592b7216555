/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The session: made once per process, torn down in reverse.  Its scratch folder holds patient data in memory and never
 * outlives its process for long: each start sweeps what dead ones left. */
#include "core/session/session_p.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "process/child.h"
#include "wrappers/dcmdump.h"
#include "wrappers/logconfig.h"

#define SCRATCH_PREFIX "dicom-qr"

/* /dev/shm is memory, so answers never reach a disk; a machine without it has its temporary folder. */
static const char *scratch_parent(void)
{
	const char *tmp = getenv("TMPDIR");

	if (access("/dev/shm", W_OK | X_OK) == 0)
		return "/dev/shm";
	return tmp && *tmp == '/' ? tmp : "/tmp";
}

/* Folders are named dicom-qr-UID-PID-XXXXXX: ours, and their process gone, means left by a crash. */
static void sweep_scratch(const char *parent)
{
	DIR *dir = opendir(parent);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		unsigned uid;
		int pid;

		if (sscanf(entry->d_name, SCRATCH_PREFIX "-%u-%d-", &uid, &pid) != 2 || uid != getuid() || pid <= 0)
			continue;
		if (kill(pid, 0) < 0 && errno == ESRCH) {
			auto_free char *path = file_join(parent, entry->d_name);
			struct err ignored = { ERR_NONE, "" };

			file_remove_tree(path, &ignored);
		}
	}
	if (dir)
		closedir(dir);
}

static void interrupted(void *owner, int signal)
{
	struct session *s = owner;

	s->signal = signal;
	s->signals++;
	log_debug("signal %d (%d)", signal, s->signals);
	if (s->on_interrupt)
		s->on_interrupt(s->interrupt_owner);
	if (s->signals > 1)
		child_stop_all(true);
}

int session_open(struct session *s, struct err *e)
{
	const char *parent = scratch_parent();
	auto_free char *prefix = NULL;
	auto_free char *config = NULL;

	dcmtk_init(&s->dcmtk);
	s->loop = loop_new(e);
	if (!s->loop)
		return -1;
	loop_on_signal(s->loop, interrupted, s);
	sweep_scratch(parent);
	prefix = mem_printf(SCRATCH_PREFIX "-%u-%d", (unsigned)getuid(), (int)getpid());
	s->scratch = file_temp_dir(parent, prefix, e);
	if (!s->scratch)
		return -1;
	config = file_join(s->scratch, "log.cfg");
	if (logconfig_write(config, e) < 0)
		return -1;
	s->dcmtk.log_config = mem_str(config);
	s->dcmtk.dictionary = file_join(s->scratch, "tags.dic");
	if (dcmdump_write_dictionary(s->dcmtk.dictionary, e) < 0)
		return -1;
	if (!s->dcmtk.promptack)
		log_debug("the TCP preload is not in use: transfers are slower");
	return session_ask_version(s, "findscu", e);
}

int session_open_ledger(struct session *s, struct err *e)
{
	if (!s->ledger)
		s->ledger = ledger_open(NULL, e);
	return s->ledger ? session_hear_versions(s, e) : -1;
}

void session_close(struct session *s)
{
	struct err ignored = { ERR_NONE, "" };

	child_stop_all(true);
	if (s->on_close)
		s->on_close(s);
	session_drop_asked(s);
	if (s->scratch)
		file_remove_tree(s->scratch, &ignored);
	free(s->scratch);
	if (s->ledger)
		ledger_close(s->ledger);
	dcmtk_done(&s->dcmtk);
	if (s->loop)
		loop_free(s->loop);
	memset(s, 0, sizeof *s);
}

int session_run(struct session *s, bool (*over)(void *owner), void *owner, struct err *e)
{
	return loop_run(s->loop, over, owner, e);
}

int session_check(const struct session *s, struct err *e)
{
	return s->signal || loop_signal_waiting() ? err_set(e, ERR_INTERRUPTED, "stopped") : 0;
}

char *session_folder(struct session *s, const char *prefix, struct err *e)
{
	auto_free char *name = mem_printf("%s-%u", prefix, ++s->serial);
	char *path = file_join(s->scratch, name);

	if (file_make_dirs(path, e) < 0) {
		free(path);
		return NULL;
	}
	return path;
}

int session_hours(struct session *s, const char *window, struct err *e)
{
	struct hours_now now;
	char when[HOURS_WHEN_MAX];

	s->hours.count = 0;
	if (window && hours_parse(window, &s->hours, e) < 0)
		return -1;
	hours_at(&s->hours, clock_wall(), &now);
	s->closes = now.closes;
	if (now.open)
		return 0;
	hours_when(now.opens, clock_wall(), when);
	return err_set(e, ERR_LIMIT, "outside of the window %s: nothing was asked of the PACS; next opening: %s", window, when);
}

/* At the end of one window the next may begin, and the clock may have been set. */
bool session_closed(struct session *s)
{
	struct hours_now now;

	if (!s->closes || clock_wall() < s->closes)
		return false;
	hours_at(&s->hours, clock_wall(), &now);
	s->closes = now.open ? now.closes : s->closes;
	return !now.open;
}

int session_tell_closed(struct session *s, const char *what, struct err *e)
{
	struct hours_now now;
	char when[HOURS_WHEN_MAX];

	hours_at(&s->hours, clock_wall(), &now);
	hours_when(now.opens, clock_wall(), when);
	return err_set(e, ERR_LIMIT, "%s when the window of the clock ended; next opening: %s", what, when);
}

/* Silence is our own deadline to judge (core/retrieve/attempt); the tool's comes later, as the backstop.  Without -td, DCMTK calls
 * 60 s of silence an abort by the peer. */
void session_timeouts(struct session *s, long long timeout_s, long long silence_s)
{
	const int day = 86400;

	s->dcmtk.connect_s = timeout_s > 0 && timeout_s < day ? (int)timeout_s : day;
	s->dcmtk.acse_s = s->dcmtk.connect_s;
	s->dcmtk.dimse_s = silence_s > 0 && silence_s < day - 30 ? (int)silence_s + 30 : day;
}

void session_patience(struct session *s, const struct settings *how)
{
	long long longest_s = how->first_timeout_s > how->stall_timeout_s ? how->first_timeout_s : how->stall_timeout_s;

	if (!how->first_timeout_s || !how->stall_timeout_s)
		longest_s = 0;
	session_timeouts(s, how->timeout_s, longest_s);
	s->query_first_ms = how->first_timeout_s * 1000;
	s->query_stall_ms = how->stall_timeout_s * 1000;
}

const char *session_user(void)
{
	const struct passwd *user = getpwuid(getuid());

	return user ? user->pw_name : "";
}
