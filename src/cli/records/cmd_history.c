/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr history: the queries, who sent them, and their answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/records/records.h"
#include "cli/records/sheet.h"
#include "cli/task.h"
#include "core/ledger/queries.h"

static const struct opt *const tables[] = { options_rows, options_shape, options_general, NULL };

const struct opt_command command_history = {
	.name = "dicom-qr history",
	.synopsis = "[NODE] [options]",
	.summary = "show the queries, who sent them, and their answers",
	.description =
		"Shows the queries of the ledger, of one node or of all, the last first: time, user, keys, number of rows, duration, and whether the "
		"PACS cut its answer.  Values that may identify a patient are not recorded: *****.",
	.examples = "dicom-qr history --limit 5\ndicom-qr history pacs --format json",
	.tables = tables,
};

static const struct sheet_column columns[] = {
	{ "query", "QUERY", SHEET_NUMBER }, { "at", "AT", SHEET_TEXT }, { "user", "USER", SHEET_TEXT }, { "node", "NODE", SHEET_TEXT },
	{ "level", "LEVEL", SHEET_TEXT }, { "rows", "ROWS", SHEET_NUMBER }, { "ms", "MS", SHEET_NUMBER },
	{ "status", "STATUS", SHEET_TEXT }, { "cut", "CUT", SHEET_YES }, { "job", "JOB", SHEET_NUMBER }, { "keys", "KEYS", SHEET_TEXT },
	{ "comment", "COMMENT", SHEET_TEXT }, { NULL, NULL, SHEET_TEXT }
};

static int add_query(void *owner, const struct ledger_query *q)
{
	json_add(owner, query_record(q));
	return 0;
}

static int history(struct task *t, struct err *e)
{
	struct session *s = &t->session;
	struct values *v = t->values;
	struct json *rows = json_new(JSON_ARRAY);
	char node[300];
	int failed = task_node(t, node, e) < 0 || session_open_ledger(s, e) < 0 ||
		     ledger_queries(s->ledger, node, v->limit > 0 ? (int)v->limit : 20, add_query, rows, e) < 0;

	if (!failed)
		sheet_show(rows, columns, task_wants_json(v), "No query is recorded");
	json_free(rows);
	return failed ? -1 : EXIT_ALL_THERE;
}

int cmd_history(int argc, char **argv)
{
	return task_run_plain(&command_history, argc, argv, history);
}
