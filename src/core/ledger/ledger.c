/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening the ledger, and its transactions.  A file is ours when its application_id says so or when it is new; anything else is left as it is.
 * A transaction that cannot be completed any more is doomed: nothing after it is written, and its outermost commit fails with
 * the first reason. */
#include "core/ledger/ledger.h"

#include <assert.h>
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/ledger/sql.h"
#include "process/loop.h"

enum {
	BUSY_MS = 30000, PATH_SHOWN = 200,
	STEPS_UNASKED = 200000		/* of SQLite's machine: some ten milliseconds */
};

void ledger_step(void)
{
	static long long taken;
	const char *stop = getenv("DICOM_QR_STOP_AT_COMMIT");

	taken++;
	if (stop && *stop && strtoll(stop, NULL, 10) == taken)
		raise(SIGKILL);
}

static int explain(struct ledger *l, int code, struct err *e)
{
	const char *words = l->db ? sqlite3_errmsg(l->db) : sqlite3_errstr(code);
	int number = l->db ? sqlite3_system_errno(l->db) : 0;

	switch (code & 0xff) {
	case SQLITE_FULL: case SQLITE_IOERR:
		return err_set(e, ERR_SPACE, "the ledger %.*s cannot be written: %s%s%s", PATH_SHOWN, l->path, words,
			       number ? ": " : "", number ? strerror(number) : "");
	case SQLITE_NOTADB: case SQLITE_CORRUPT:
		return err_set(e, ERR_INPUT, "the ledger %.*s is damaged (%s): move it aside, and a new one is made; files that "
			       "were retrieved stay", PATH_SHOWN, l->path, words);
	case SQLITE_BUSY: case SQLITE_LOCKED:
		return err_set(e, ERR_LOCKED, "the ledger %.*s is in use by another program", PATH_SHOWN, l->path);
	case SQLITE_INTERRUPT:
		return err_set(e, ERR_INTERRUPTED, "stopped");
	case SQLITE_NOMEM:
		abort();
	default:
		return err_set(e, ERR_SYSTEM, "the ledger %.*s: %s%s%s", PATH_SHOWN, l->path, words, number ? ": " : "",
			       number ? strerror(number) : "");
	}
}

/* Some failures (a full disk, a read error) make SQLite undo the whole transaction by itself. */
static bool is_undone(const struct ledger *l)
{
	return l->depth && l->db && sqlite3_get_autocommit(l->db);
}

int ledger_said(struct ledger *l, int code, struct err *e)
{
	explain(l, code, e);
	if (is_undone(l) && !l->doom.kind)
		l->doom = *e;
	return -1;
}

int ledger_exec(struct ledger *l, const char *sql, struct err *e)
{
	int code = sqlite3_exec(l->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : ledger_said(l, code, e);
}

/* IMMEDIATE: who begins to write waits for other writers here, not in the middle, where waiting cannot help. */
int ledger_begin(struct ledger *l, struct err *e)
{
	if (!l->depth && ledger_exec(l, "BEGIN IMMEDIATE", e) < 0)
		return -1;
	l->depth++;
	return 0;
}

int ledger_commit(struct ledger *l, struct err *e)
{
	assert(l->depth);
	if (l->doom.kind || (l->depth == 1 && ledger_exec(l, "COMMIT", e) < 0)) {
		if (l->doom.kind)
			*e = l->doom;
		ledger_rollback(l);
		return -1;
	}
	if (!--l->depth)
		ledger_step();
	return 0;
}

void ledger_rollback(struct ledger *l)
{
	if (!l->depth)
		return;
	if (!l->doom.kind)
		err_set(&l->doom, ERR_SYSTEM, "the ledger %.*s: the transaction was rolled back", PATH_SHOWN, l->path);
	if (--l->depth)
		return;
	if (!sqlite3_get_autocommit(l->db))
		sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	l->doom = (struct err){ ERR_NONE, "" };
	free(l->folder);			/* its number may be gone */
	l->folder = NULL;
}

static const char *home(void)
{
	const char *dir = getenv("HOME");
	const struct passwd *user;

	if (dir && *dir)
		return dir;
	user = getpwuid(geteuid());
	return user ? user->pw_dir : "/";
}

char *ledger_default_path(void)
{
	const char *named = getenv("DICOM_QR_LEDGER"), *state = getenv("XDG_STATE_HOME");

	if (named && *named)
		return mem_str(named);
	if (state && *state == '/')		/* a relative one is to be ignored, says its specification */
		return file_join(state, "dicom-qr/ledger.db");
	return file_join(home(), ".local/state/dicom-qr/ledger.db");
}

const char *ledger_path(const struct ledger *l)
{
	return l->path;
}

/* SQLite does not ask its busy handler here, so that two who make the same ledger at once would disturb each other.  Where
 * the file system has no WAL, the old journal is as safe. */
static int enter_wal(struct ledger *l, struct err *e)
{
	int64_t until = clock_ms() + BUSY_MS;
	int code;

	while ((code = sqlite3_exec(l->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) & 0xff) == SQLITE_BUSY &&
	       clock_ms() < until)
		sqlite3_sleep(10);
	return code == SQLITE_OK ? 0 : ledger_said(l, code, e);
}

/* Others may have had access to what is in it: that is worth a warning, once. */
static void tighten(const char *path, const char *suffix)
{
	auto_free char *file = mem_printf("%s%s", path, suffix);
	struct stat st;

	if (stat(file, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 077))
		return;
	if (chmod(file, 0600) < 0)
		log_warning("%s can be opened by other users (mode %03o): %s", file, st.st_mode & 0777U, strerror(errno));
	else
		log_warning("%s could be opened by other users (mode %03o); now it cannot", file, st.st_mode & 0777U);
}

static void tighten_all(const char *path)
{
	tighten(path, "");
	tighten(path, "-wal");
	tighten(path, "-shm");
}

/* A statement that takes its time ends when somebody wants us to; short ones are never asked. */
static int stop_wanted(void *owner)
{
	(void)owner;
	return loop_signal_waiting() != 0;
}

static int set_up(struct ledger *l, struct err *e)
{
	bool old = false;

	sqlite3_extended_result_codes(l->db, 1);
	sqlite3_progress_handler(l->db, STEPS_UNASKED, stop_wanted, NULL);
	sqlite3_busy_timeout(l->db, BUSY_MS);
	if (sqlite3_db_readonly(l->db, "main") == 1)
		return err_set(e, ERR_SYSTEM, "the ledger %.*s cannot be written: check its owner and permissions, or give another "
			       "path in DICOM_QR_LEDGER", PATH_SHOWN, l->path);
	if (ledger_exec(l, "PRAGMA trusted_schema = OFF", e) < 0 || schema_identify(l, &old, e) < 0)
		return -1;
	tighten_all(l->path);			/* only now: it is ours */
	if (enter_wal(l, e) < 0 ||
	    ledger_exec(l, "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -8192", e) < 0)
		return -1;
	return old ? schema_migrate(l, e) : 0;
}

static int make_folder(const char *path, struct err *e)
{
	auto_free char *dir = mem_strn(path, (size_t)(strrchr(path, '/') - path));

	return *dir ? file_make_dirs(dir, e) : 0;
}

/* The umask is for the file; SQLite gives -wal and -shm the mode of the file. */
static int open_file(struct ledger *l, struct err *e)
{
	mode_t before = umask(077);
	int code = sqlite3_open_v2(l->path, &l->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	int failed = code == SQLITE_OK ? set_up(l, e) : ledger_said(l, code, e);

	umask(before);
	return failed;
}

struct ledger *ledger_open(const char *path, struct err *e)
{
	auto_free char *chosen = path ? mem_str(path) : ledger_default_path();
	struct ledger *l = mem_alloc(sizeof *l);

	l->path = file_absolute(chosen);	/* so that no name means something else to SQLite */
	if (make_folder(l->path, e) < 0)
		err_in(e, "the ledger %s ($DICOM_QR_LEDGER says otherwise)", l->path);
	else if (open_file(l, e) == 0)
		return l;
	ledger_close(l);
	return NULL;
}

void ledger_close(struct ledger *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < countof(l->cached); i++)
		sqlite3_finalize(l->cached[i]);
	sqlite3_close(l->db);			/* an open transaction is rolled back */
	free(l->loose);
	free(l->folder);
	free(l->path);
	free(l);
}
