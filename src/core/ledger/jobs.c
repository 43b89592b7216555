/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Jobs and their plans.  A job is alive while the process that began it is there. */
#include "core/ledger/jobs.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "core/ledger/sql.h"

#define ALL (-1)			/* SQLite's LIMIT */

/* What the system calls the time at which a process began, in ticks since the machine did; 0 = there is no such process. */
static int64_t born(pid_t pid)
{
	auto_free char *path = mem_printf("/proc/%d/stat", (int)pid);
	auto_buf struct buf text = BUF_INIT(1 << 16);
	struct err ignored = { ERR_NONE, "" };
	const char *at;
	long long ticks;

	if (file_read(path, &text, &ignored) < 0)
		return 0;
	at = strrchr(buf_text(&text), ')');	/* the name before it may hold anything */
	if (!at || sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %lld", &ticks) != 1)
		return 0;
	return ticks;
}

/* Names this start of this machine, also within a container; "" where the system does not tell. */
static const char *this_boot(void)
{
	static char boot[40];
	auto_buf struct buf text = BUF_INIT(1 << 10);
	struct err ignored = { ERR_NONE, "" };

	if (!*boot && file_read("/proc/sys/kernel/random/boot_id", &text, &ignored) == 0)
		snprintf(boot, sizeof boot, "%.*s", (int)strcspn(buf_text(&text), "\n"), buf_text(&text));
	return boot;
}

bool ledger_process_lives(int64_t pid, int64_t born_then, const char *boot)
{
	if (*boot && strcmp(boot, this_boot()) != 0)
		return false;
	return pid > 0 && pid <= INT_MAX && born_then && born((pid_t)pid) == born_then;
}

static const char *const kind_names[JOB_KINDS] = {
	[JOB_RETRIEVE] = "retrieve", [JOB_RESUME] = "resume", [JOB_SYNC] = "sync",
};

const char *job_kind_name(enum job_kind kind)
{
	return (unsigned int)kind < JOB_KINDS ? kind_names[kind] : kind_names[JOB_RETRIEVE];
}

static enum job_kind kind_of(const char *name)
{
	for (int kind = 0; kind < JOB_KINDS; kind++)
		if (!strcmp(kind_names[kind], name))
			return (enum job_kind)kind;
	return JOB_RETRIEVE;
}

static int begin_job(struct ledger *l, struct ledger_job *j, struct err *e)
{
	char name[256] = "";
	const char *host = name;

	gethostname(name, sizeof name - 1);
	if (ledger_run(l, SQL_JOB_BEGIN, CELLS(TEXT(j->node), TEXT(j->command), TEXT(j->output), TEXT(j->state), TEXT(j->user),
					       NUM(j->started), NUM(getpid()), NUM(born(getpid())), TEXT(job_kind_name(j->kind)),
					       NUM(j->parent), TEXT(j->origin), TEXT(host), TEXT(this_boot())), e) < 0)
		return -1;
	j->id = sqlite3_last_insert_rowid(l->db);
	for (size_t i = 0; i < l->loose_count; i++)
		if (ledger_run(l, SQL_QUERY_JOB, CELLS(NUM(l->loose[i]), NUM(j->id)), e) < 0)
			return -1;
	l->loose_count = 0;
	return 0;
}

int ledger_job_begin(struct ledger *l, struct ledger_job *j, struct err *e)
{
	int failed;

	if (ledger_begin(l, e) < 0)
		return -1;
	failed = begin_job(l, j, e);
	if (failed) {
		ledger_rollback(l);
		return -1;
	}
	return ledger_commit(l, e);
}

int ledger_job_end(struct ledger *l, int64_t job, int exit_status, const char *summary, struct err *e)
{
	return ledger_run(l, SQL_JOB_END, CELLS(NUM(job), NUM(clock_wall()), NUM(exit_status), TEXT(summary)), e);
}

int ledger_job_status(struct ledger *l, int64_t job, int exit_status, struct err *e)
{
	return ledger_run(l, SQL_JOB_STATUS, CELLS(NUM(job), NUM(exit_status)), e);
}

int ledger_job_plan(struct ledger *l, int64_t job, const char *json, size_t len, struct err *e)
{
	return ledger_run(l, SQL_PLAN_PUT, CELLS(NUM(job), BLOB(json, len)), e);
}

/* Room first, then piece by piece: SQLite would hold what is bound a second time. */
static int fill_plan(struct ledger *l, int64_t job, FILE *from, struct err *e)
{
	char piece[1 << 16];
	sqlite3_blob *blob = NULL;
	size_t got;
	int at = 0, code = sqlite3_blob_open(l->db, "main", "plan", "text", job, 1, &blob);

	while (code == SQLITE_OK && (got = fread(piece, 1, sizeof piece, from))) {
		code = sqlite3_blob_write(blob, piece, (int)got, at);
		at += (int)got;
	}
	if (code != SQLITE_OK)
		ledger_said(l, code, e);
	sqlite3_blob_close(blob);
	return code == SQLITE_OK ? 0 : -1;
}

int ledger_job_plan_file(struct ledger *l, int64_t job, FILE *from, struct err *e)
{
	long size = fseek(from, 0, SEEK_END) ? -1 : ftell(from);

	if (size < 0 || fseek(from, 0, SEEK_SET))
		return err_sys(e, "read the plan");
	if (ledger_begin(l, e) < 0)
		return -1;
	if (ledger_run(l, SQL_PLAN_ROOM, CELLS(NUM(job), NUM(size)), e) < 0 || fill_plan(l, job, from, e) < 0) {
		ledger_rollback(l);
		return -1;
	}
	return ledger_commit(l, e);
}

char *ledger_job_plan_text(struct ledger *l, int64_t job, struct err *e)
{
	struct err why = { ERR_NONE, "" };
	char *text = ledger_first_text(l, SQL_PLAN_GET, CELLS(NUM(job)), &why);

	if (text)
		return text;
	if (!why.kind)
		err_set(&why, ERR_INPUT, "there is no job %" PRId64 " with a plan in %.200s", job, l->path);
	*e = why;
	return NULL;
}

struct telling_jobs {
	ledger_job_fn *fn;
	void *owner;
};

static int tell_job(sqlite3_stmt *s, void *owner)
{
	const struct telling_jobs *t = owner;
	struct ledger_job j = {
		.id = sqlite3_column_int64(s, 0), .node = column_text(s, 1), .command = column_text(s, 2), .output = column_text(s, 3),
		.state = column_text(s, 4), .user = column_text(s, 5), .started = sqlite3_column_int64(s, 6),
		.ended = sqlite3_column_int64(s, 7), .exit_status = sqlite3_column_int(s, 8), .kind = kind_of(column_text(s, 12)),
		.parent = sqlite3_column_int64(s, 13), .origin = column_text(s, 14), .host = column_text(s, 15),
		.seen = sqlite3_column_int64(s, 16), .studies = sqlite3_column_int64(s, 17), .done = sqlite3_column_int64(s, 18),
		.good = sqlite3_column_int64(s, 19), .expected = sqlite3_column_int64(s, 20), .received = sqlite3_column_int64(s, 21),
		.bytes = sqlite3_column_int64(s, 22), .summary = column_text(s, 23),
	};

	j.alive = !j.ended && ledger_process_lives(sqlite3_column_int64(s, 9), sqlite3_column_int64(s, 10), column_text(s, 11));
	if (j.ended || j.seen < j.started)
		j.seen = j.ended ? j.ended : j.started;
	return t->fn(t->owner, &j);
}

int ledger_jobs(struct ledger *l, const char *node, int limit, ledger_job_fn *fn, void *owner, struct err *e)
{
	struct telling_jobs t = { fn, owner };

	return ledger_walk(l, SQL_JOBS, CELLS(TEXT(node), NUM(limit > 0 ? limit : ALL)), tell_job, &t, e);
}

int ledger_last_finished(struct ledger *l, const char *node, bool nightly, time_t *ret_when, struct err *e)
{
	int64_t when = 0;

	if (ledger_number(l, SQL_JOB_FRESH, CELLS(TEXT(node), NUM(clock_wall()), NUM(nightly)), 0, &when, e) < 0)
		return -1;
	*ret_when = when;
	return 0;
}

int ledger_has_nightly(struct ledger *l, const char *node, bool *ret_any, struct err *e)
{
	int64_t count = 0;

	if (ledger_number(l, SQL_JOB_NIGHTLY, CELLS(TEXT(node)), 0, &count, e) < 0)
		return -1;
	*ret_any = count > 0;
	return 0;
}

struct telling_living {
	ledger_living_fn *fn;
	void *owner;
};

static int tell_living(sqlite3_stmt *s, void *owner)
{
	const struct telling_living *t = owner;

	if (!ledger_process_lives(sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 2), column_text(s, 3)))
		return 0;
	return t->fn(t->owner, sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 4));
}

int ledger_living(struct ledger *l, ledger_living_fn *fn, void *owner, struct err *e)
{
	struct telling_living t = { fn, owner };

	return ledger_walk(l, SQL_JOBS_OPEN, NULL, 0, tell_living, &t, e);
}

struct telling_nodes {
	ledger_node_fn *fn;
	void *owner;
};

static int tell_node(sqlite3_stmt *s, void *owner)
{
	const struct telling_nodes *t = owner;

	return t->fn(t->owner, column_text(s, 0));
}

int ledger_nodes(struct ledger *l, ledger_node_fn *fn, void *owner, struct err *e)
{
	struct telling_nodes t = { fn, owner };

	return ledger_walk(l, SQL_NODES, NULL, 0, tell_node, &t, e);
}
