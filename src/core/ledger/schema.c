/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tables look like: the sum of the migrations, which are never changed, only added to. */
#include "core/ledger/sql.h"

#include "base/mem.h"

enum {
	APPLICATION_ID = 0x44435152,	/* "DCQR" */
	PATH_SHOWN = 200
};

static const char *const migrations[] = {
	"CREATE TABLE job(id INTEGER PRIMARY KEY, node TEXT NOT NULL, command TEXT NOT NULL, output TEXT NOT NULL,"
	" state TEXT NOT NULL, user TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER, exit_status INTEGER, summary TEXT);"
	"CREATE TABLE plan(job INTEGER PRIMARY KEY, text BLOB NOT NULL);"
	"CREATE TABLE query(id INTEGER PRIMARY KEY, job INTEGER NOT NULL, node TEXT NOT NULL, level TEXT NOT NULL,"
	" model TEXT NOT NULL, keys TEXT NOT NULL, at INTEGER NOT NULL, ms INTEGER NOT NULL, rows INTEGER NOT NULL,"
	" status INTEGER NOT NULL, comment TEXT NOT NULL, cut INTEGER NOT NULL);"
	"CREATE INDEX query_by_node ON query(node, at);"
	"CREATE TABLE study(job INTEGER NOT NULL, study_uid TEXT NOT NULL, position INTEGER NOT NULL, date TEXT NOT NULL,"
	" modalities TEXT NOT NULL, verdict TEXT NOT NULL, why TEXT NOT NULL, expected INTEGER NOT NULL,"
	" counted TEXT NOT NULL, received INTEGER NOT NULL, bytes INTEGER NOT NULL, attempts INTEGER NOT NULL,"
	" PRIMARY KEY(job, study_uid, position)) WITHOUT ROWID;"
	"CREATE INDEX study_by_uid ON study(study_uid, job);"
	"CREATE TABLE attempt(id INTEGER PRIMARY KEY, job INTEGER NOT NULL, rung TEXT NOT NULL, command TEXT NOT NULL,"
	" tool_version TEXT NOT NULL, at INTEGER NOT NULL, ms INTEGER, bytes INTEGER, exit_status INTEGER, status INTEGER,"
	" completed INTEGER, failed INTEGER, objects INTEGER, outcome TEXT, words TEXT);"
	"CREATE INDEX attempt_by_job ON attempt(job);"
	"CREATE TABLE attempt_study(attempt INTEGER NOT NULL, study_uid TEXT NOT NULL, PRIMARY KEY(attempt, study_uid))"
	" WITHOUT ROWID;"
	"CREATE INDEX attempt_study_by_uid ON attempt_study(study_uid);"
	"CREATE TABLE folder(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);"
	"CREATE TABLE instance(folder INTEGER NOT NULL, path TEXT NOT NULL, sop TEXT NOT NULL, study TEXT NOT NULL,"
	" series TEXT NOT NULL, sop_class TEXT NOT NULL, transfer_syntax TEXT NOT NULL, bytes INTEGER NOT NULL,"
	" sha256 TEXT NOT NULL, at INTEGER NOT NULL, node TEXT NOT NULL, job INTEGER NOT NULL, UNIQUE(folder, path));"
	"CREATE INDEX instance_by_study ON instance(folder, study);"
	"CREATE TABLE learned(node TEXT NOT NULL, what TEXT NOT NULL, value TEXT NOT NULL, at INTEGER NOT NULL,"
	" times INTEGER NOT NULL, PRIMARY KEY(node, what)) WITHOUT ROWID;",

	/* Who asked; which process carries a job out: its number, and when it was born, since numbers come back. */
	"ALTER TABLE query ADD COLUMN user TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE job ADD COLUMN pid INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE job ADD COLUMN born INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX query_by_job ON query(job);",

	/* The programs that were told of studies, and what they are still to be told. */
	"CREATE TABLE hook(id INTEGER PRIMARY KEY, job INTEGER NOT NULL, study_uid TEXT NOT NULL, verdict TEXT NOT NULL,"
	" program TEXT NOT NULL, at INTEGER NOT NULL, ms INTEGER NOT NULL, exit_status INTEGER NOT NULL, words TEXT NOT NULL);"
	"CREATE INDEX hook_by_study ON hook(study_uid);"
	"CREATE INDEX hook_by_job ON hook(job);"
	"CREATE TABLE owed(output TEXT NOT NULL, study_uid TEXT NOT NULL, job INTEGER NOT NULL, node TEXT NOT NULL,"
	" verdict TEXT NOT NULL, expected INTEGER NOT NULL, received INTEGER NOT NULL, tries INTEGER NOT NULL,"
	" serial INTEGER NOT NULL, PRIMARY KEY(output, study_uid)) WITHOUT ROWID;",

	/* Nightly runs: what each one is for, how far it has come, and what it knows of the studies of its last days. */
	"CREATE TABLE sync(id INTEGER PRIMARY KEY, node TEXT NOT NULL, scope TEXT NOT NULL, what TEXT NOT NULL,"
	" begun INTEGER NOT NULL, UNIQUE(node, scope));"
	"CREATE TABLE sync_mark(sync INTEGER NOT NULL, day INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(sync, day))"
	" WITHOUT ROWID;"
	"CREATE TABLE sync_study(sync INTEGER NOT NULL, study_uid TEXT NOT NULL, date INTEGER NOT NULL, count INTEGER NOT NULL,"
	" seen INTEGER NOT NULL, changed INTEGER NOT NULL, whole INTEGER NOT NULL, kept INTEGER NOT NULL, PRIMARY KEY(sync, study_uid)) WITHOUT ROWID;",

	/* Reasons and kinds as words of their own: before, they were read from sentences.  Which job a job carries on, who asked for it, and
	 * on which start of which machine it runs.  Studies that a nightly run no longer waits for.  Indexes for what is asked each morning. */
	"ALTER TABLE job ADD COLUMN kind TEXT NOT NULL DEFAULT 'retrieve';"
	"ALTER TABLE job ADD COLUMN parent INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE job ADD COLUMN origin TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE job ADD COLUMN host TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE job ADD COLUMN boot TEXT NOT NULL DEFAULT '';"
	"UPDATE job SET kind = 'sync' WHERE command LIKE '%dicom-qr sync %';"
	"UPDATE job SET kind = 'resume', parent = CAST(substr(command, instr(command, 'dicom-qr resume ') + 16) AS INTEGER)"
	" WHERE command LIKE '%dicom-qr resume %';"
	"CREATE INDEX job_by_node ON job(node);"
	"CREATE INDEX job_open ON job(started) WHERE ended IS NULL;"
	"ALTER TABLE study ADD COLUMN skip TEXT NOT NULL DEFAULT '';"
	"UPDATE study SET skip = CASE WHEN why LIKE 'held already%' OR why LIKE 'sent to % already: %' THEN 'held'"
	" WHEN why LIKE 'beyond %' THEN 'limit' WHEN why LIKE 'left alone: %' THEN 'settling'"
	" WHEN why LIKE 'the PACS does not tell its series%' OR why LIKE 'the PACS does not list its objects%' THEN 'untold'"
	" WHEN why = 'not chosen' THEN 'not-chosen'"
	" WHEN why = 'the PACS does not know it' OR why LIKE 'the PACS lists no object of it%' THEN 'unknown' ELSE 'other' END"
	" WHERE verdict = 'skipped';"
	"CREATE INDEX study_by_date ON study(date);"
	"CREATE INDEX study_open ON study(study_uid) WHERE verdict IN " SQL_OPEN_VERDICTS ";"
	"ALTER TABLE query ADD COLUMN study_uid TEXT NOT NULL DEFAULT '';"
	"UPDATE query SET study_uid = substr(keys, instr(keys, 'StudyInstanceUID=') + 17) WHERE instr(keys, 'StudyInstanceUID=') > 0;"
	"UPDATE query SET study_uid = substr(study_uid, 1, instr(study_uid || ' ', ' ') - 1) WHERE study_uid <> '';"
	"CREATE INDEX query_by_study ON query(study_uid) WHERE study_uid <> '';"
	"ALTER TABLE sync_study ADD COLUMN since INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE sync_given_up(study_uid TEXT NOT NULL, sync INTEGER NOT NULL, date INTEGER NOT NULL, at INTEGER NOT NULL,"
	" user TEXT NOT NULL, PRIMARY KEY(study_uid, sync)) WITHOUT ROWID;",

	/* What was answered to the lines of batches that are not asked to their end yet. */
	"CREATE TABLE batch_answer(batch TEXT NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL, at INTEGER NOT NULL,"
	" PRIMARY KEY(batch, question)) WITHOUT ROWID;",
};

static int ask_number(struct ledger *l, const char *sql, int64_t *ret_number, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(l->db, sql, -1, &s, NULL);

	if (code == SQLITE_OK && (code = sqlite3_step(s)) == SQLITE_ROW)
		*ret_number = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return code == SQLITE_ROW ? 0 : ledger_said(l, code, e);
}

static int check_identity(struct ledger *l, int64_t *ret_version, struct err *e)
{
	int64_t application, tables;

	if (ask_number(l, "PRAGMA application_id", &application, e) < 0 ||
	    ask_number(l, "PRAGMA user_version", ret_version, e) < 0 ||
	    ask_number(l, "SELECT count(*) FROM sqlite_master", &tables, e) < 0)
		return -1;
	if (application != APPLICATION_ID && (application || *ret_version || tables))
		return err_set(e, ERR_INPUT, "%.*s is the database of another program: give another path in DICOM_QR_LEDGER",
			       PATH_SHOWN, l->path);
	if (*ret_version <= (int64_t)countof(migrations))
		return 0;
	return err_set(e, ERR_INPUT, "the ledger %.*s was written by a newer dicom-qr (schema %lld, known here: %zu): use that one, "
		       "or give another path in DICOM_QR_LEDGER", PATH_SHOWN, l->path, (long long)*ret_version, countof(migrations));
}

/* Looks at one snapshot: another process may be making the file at this moment. */
int schema_identify(struct ledger *l, bool *ret_old, struct err *e)
{
	int64_t version = 0;
	int failed;

	if (ledger_exec(l, "BEGIN", e) < 0)
		return -1;
	failed = check_identity(l, &version, e);
	sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	*ret_old = version < (int64_t)countof(migrations);
	return failed;
}

int schema_migrate(struct ledger *l, struct err *e)
{
	int64_t version;
	auto_free char *stamp = mem_printf("PRAGMA application_id = %d; PRAGMA user_version = %zu", APPLICATION_ID,
					   countof(migrations));

	if (ledger_begin(l, e) < 0)
		return -1;
	if (check_identity(l, &version, e) < 0)		/* again: now nobody else can change it */
		goto undo;
	for (size_t v = (size_t)version; v < countof(migrations); v++)
		if (ledger_exec(l, migrations[v], e) < 0)
			goto undo;
	if (ledger_exec(l, stamp, e) < 0)
		goto undo;
	return ledger_commit(l, e);
undo:
	ledger_rollback(l);
	return -1;
}
