/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The session: made once per process, torn down in reverse.  Its scratch folder holds patient data in memory and never
 * outlives its process for long: each start sweeps what dead ones left. */
#include "core/session.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/announce.h"
#include "wrappers/dcmdump.h"

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

/* One tool that was asked for its version. */
struct version_ask {
	struct version_ask *next;
	const char *tool;
	int version;
	char text[64];
	bool over;
};

static void version_line(void *owner, enum stream from, const char *text, size_t len)
{
	struct version_ask *ask = owner;

	(void)from;
	(void)len;
	if (!ask->version)
		ask->version = dcmtk_version_parse(text, ask->text);
}

static void version_done(void *owner, const struct child_result *result)
{
	struct version_ask *ask = owner;

	(void)result;
	ask->over = true;
}

static bool versions_over(void *owner)
{
	for (const struct version_ask *ask = ((struct session *)owner)->asked; ask; ask = ask->next)
		if (!ask->over)
			return false;
	return true;
}

static int ask_version(struct session *s, const char *tool, struct err *e)
{
	static const struct child_hooks hooks = { version_line, version_done };
	const struct child_limits limits = { .total_ms = 20000 };
	struct version_ask *ask = mem_alloc(sizeof *ask), **end = &s->asked;

	ask->tool = tool;
	if (child_start(s->loop, dcmtk_version_command(&s->dcmtk, tool), &limits, &hooks, ask, e)) {
		while (*end)
			end = &(*end)->next;
		*end = ask;
		return 0;
	}
	free(ask);
	if (e->kind == ERR_TOOL && s->dcmtk.dir)
		return err_set(e, ERR_TOOL, "%s was not found in %s (DICOM_QR_DCMTK_DIR)", tool, s->dcmtk.dir);
	if (e->kind == ERR_TOOL)
		return err_set(e, ERR_TOOL, "%s was not found: install the Debian package dcmtk", tool);
	return -1;
}

static int check_version(struct session *s, const struct version_ask *ask, struct err *e)
{
	if (!ask->version)
		return err_set(e, ERR_TOOL, "%s did not tell its version: is it DCMTK's?", ask->tool);
	if (ask->version < DCMTK_VERSION_MIN)
		return err_set(e, ERR_TOOL, "%s %s is too old: 3.6.5 is needed; install the Debian package dcmtk", ask->tool, ask->text);
	s->dcmtk.version = ask->version;
	memcpy(s->dcmtk.version_text, ask->text, sizeof ask->text);
	return 0;
}

/* Waits for all that were asked: each takes some 10 ms, which they share. */
static int hear_versions(struct session *s, struct err *e)
{
	int failed = s->asked ? loop_run(s->loop, versions_over, s, e) : 0;

	while (s->asked) {
		struct version_ask *ask = s->asked;

		s->asked = ask->next;
		if (!failed)
			failed = check_version(s, ask, e);
		free(ask);
	}
	return failed;
}

int session_need_tools(struct session *s, const char *const *names, struct err *e)
{
	for (; *names; names++)
		if (ask_version(s, *names, e) < 0)
			return -1;
	return hear_versions(s, e);
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
	if (dcmtk_write_log_config(&s->dcmtk, config, e) < 0)
		return -1;
	s->dcmtk.log_config = mem_str(config);
	s->dcmtk.dictionary = file_join(s->scratch, "tags.dic");
	if (dcmdump_write_dictionary(s->dcmtk.dictionary, e) < 0)
		return -1;
	if (!s->dcmtk.promptack)
		log_debug("the TCP preload is not in use: transfers are slower");
	return ask_version(s, "findscu", e);
}

int session_open_ledger(struct session *s, struct err *e)
{
	if (!s->ledger)
		s->ledger = ledger_open(NULL, e);
	return s->ledger ? hear_versions(s, e) : -1;
}

void session_close(struct session *s)
{
	struct err ignored = { ERR_NONE, "" };

	child_stop_all(true);
	announce_free(s->announce);
	while (s->asked) {
		struct version_ask *ask = s->asked;

		s->asked = ask->next;
		free(ask);
	}
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

/* Silence is our own deadline to judge (core/attempt); the tool's comes later, as the backstop.  Without -td, DCMTK calls
 * 60 s of silence an abort by the peer. */
void session_timeouts(struct session *s, long long timeout_s, long long silence_s)
{
	const int day = 86400;

	s->dcmtk.connect_s = timeout_s > 0 && timeout_s < day ? (int)timeout_s : day;
	s->dcmtk.acse_s = s->dcmtk.connect_s;
	s->dcmtk.dimse_s = silence_s > 0 && silence_s < day - 30 ? (int)silence_s + 30 : day;
}
