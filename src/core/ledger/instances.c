/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that are held, by output folder and path. */
#include "core/ledger/instances.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/ledger/sql.h"

/* The number that stands for an output folder in the rows; remembered, for it is asked with every file. */
static int folder_number(struct ledger *l, const char *output, int64_t *ret_id, struct err *e)
{
	int64_t id;

	if (l->folder && !strcmp(l->folder, output)) {
		*ret_id = l->folder_id;
		return 0;
	}
	if (ledger_number(l, SQL_FOLDER_GET, CELLS(TEXT(output)), 0, &id, e) < 0)
		return -1;
	if (!id && ledger_run(l, SQL_FOLDER_ADD, CELLS(TEXT(output)), e) < 0)
		return -1;
	*ret_id = l->folder_id = id ? id : sqlite3_last_insert_rowid(l->db);
	free(l->folder);
	l->folder = mem_str(output);
	return 0;
}

static int put_instance(struct ledger *l, const struct ledger_instance *i, struct err *e)
{
	int64_t folder;

	if (folder_number(l, i->output, &folder, e) < 0)
		return -1;
	return ledger_run(l, SQL_INSTANCE_PUT, CELLS(NUM(folder), TEXT(i->path), TEXT(i->sop), TEXT(i->study), TEXT(i->series),
						     TEXT(i->sop_class), TEXT(i->transfer_syntax), NUM(i->bytes), TEXT(i->sha256),
						     NUM(i->at), TEXT(i->node), NUM(i->job)), e);
}

int ledger_instance_put(struct ledger *l, const struct ledger_instance *i, struct err *e)
{
	if (l->depth)
		return put_instance(l, i, e);
	if (ledger_begin(l, e) < 0)
		return -1;
	if (put_instance(l, i, e) < 0) {
		ledger_rollback(l);
		return -1;
	}
	return ledger_commit(l, e);
}

int ledger_instance_delete(struct ledger *l, const char *output, const char *path, struct err *e)
{
	return ledger_run(l, SQL_INSTANCE_DELETE, CELLS(TEXT(output), TEXT(path)), e);
}

struct telling_instances {
	ledger_instance_fn *fn;
	void *owner;
	const char *output;
};

static struct ledger_instance instance_of(sqlite3_stmt *s, const char *output)
{
	return (struct ledger_instance){
		.output = output, .path = column_text(s, 0), .sop = column_text(s, 1), .study = column_text(s, 2),
		.series = column_text(s, 3), .sop_class = column_text(s, 4), .transfer_syntax = column_text(s, 5),
		.bytes = sqlite3_column_int64(s, 6), .sha256 = column_text(s, 7), .at = sqlite3_column_int64(s, 8),
		.node = column_text(s, 9), .job = sqlite3_column_int64(s, 10),
	};
}

static int tell_instance(sqlite3_stmt *s, void *owner)
{
	const struct telling_instances *t = owner;
	const struct ledger_instance i = instance_of(s, t->output);

	return t->fn(t->owner, &i);
}

int ledger_instances(struct ledger *l, const char *output, const char *study_uid, ledger_instance_fn *fn, void *owner,
		     struct err *e)
{
	struct telling_instances t = { fn, owner, output };

	return ledger_walk(l, SQL_INSTANCES, CELLS(TEXT(output), TEXT(study_uid)), tell_instance, &t, e);
}

int ledger_folder_instances(struct ledger *l, const char *output, ledger_instance_fn *fn, void *owner, struct err *e)
{
	struct telling_instances t = { fn, owner, output };

	return ledger_walk(l, SQL_FOLDER_INSTANCES, CELLS(TEXT(output)), tell_instance, &t, e);
}

long long ledger_instance_count(struct ledger *l, const char *output, struct err *e)
{
	int64_t count = 0;

	return ledger_number(l, SQL_INSTANCE_COUNT, CELLS(TEXT(output)), 0, &count, e) < 0 ? -1 : count;
}

struct telling_folders {
	ledger_folder_fn *fn;
	void *owner;
};

static int tell_folder(sqlite3_stmt *s, void *owner)
{
	const struct telling_folders *t = owner;

	return t->fn(t->owner, column_text(s, 0), sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 2));
}

int ledger_held_folders(struct ledger *l, const char *study_uid, ledger_folder_fn *fn, void *owner, struct err *e)
{
	struct telling_folders t = { fn, owner };

	if (!study_uid)
		return ledger_walk(l, SQL_FOLDERS, NULL, 0, tell_folder, &t, e);
	return ledger_walk(l, SQL_HELD_FOLDERS, CELLS(TEXT(study_uid)), tell_folder, &t, e);
}

int ledger_instance_move(struct ledger *l, const char *output, const char *from, const char *to, struct err *e)
{
	return ledger_run(l, SQL_INSTANCE_MOVE, CELLS(TEXT(output), TEXT(from), TEXT(to)), e);
}

int ledger_instances_drop(struct ledger *l, const char *output, const char *study_uid, long long *ret_count, struct err *e)
{
	int failed = study_uid ? ledger_run(l, SQL_INSTANCES_DROP_STUDY, CELLS(TEXT(output), TEXT(study_uid)), e)
			       : ledger_run(l, SQL_INSTANCES_DROP, CELLS(TEXT(output)), e);

	if (!failed)
		*ret_count = sqlite3_changes64(l->db);
	return failed;
}
