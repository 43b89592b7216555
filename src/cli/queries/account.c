/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines are members of the plan's JSON; verdicts, objects and folders are those of its studies at the moment of writing. */
#include "cli/queries/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/ledger/instances.h"
#include "dicom/value.h"
#include "parse/csv.h"
#include "parse/span.h"

#define MEMBER "batch"
#define BYTES_MAX BUF_MB(1024)

static const char *const outcome_names[ACCOUNT_OUTCOMES] = { "not asked", "error", "none", "found", "several" };

/* ---- keeping ---- */

static struct json *texts_of(const char *const *texts, size_t count)
{
	struct json *array = json_new(JSON_ARRAY);

	for (size_t i = 0; i < count; i++)
		json_add(array, json_string(texts[i]));
	return array;
}

void account_begin(struct plan *plan, const char *path, const char *const *columns, size_t count)
{
	auto_free char *absolute = path ? file_absolute(path) : NULL;
	struct json *account = json_new(JSON_OBJECT);

	json_set(account, "report", json_string(absolute));
	json_set(account, "columns", texts_of(columns, count));
	json_set(account, "lines", json_new(JSON_ARRAY));
	if (!plan->extra)
		plan->extra = json_new(JSON_OBJECT);
	json_set(plan->extra, MEMBER, account);
}

static const struct json *account_of(const struct plan *plan)
{
	const struct json *account = plan->extra ? json_get(plan->extra, MEMBER) : NULL;

	return account && json_type(account) == JSON_OBJECT ? account : NULL;
}

bool account_is_kept(const struct plan *plan)
{
	return account_of(plan) != NULL;
}

void account_add(struct plan *plan, const struct account_line *l)
{
	struct json *line = json_new(JSON_OBJECT);

	json_set(line, "line", json_integer(l->line));
	json_set(line, "cells", texts_of(l->cells, l->count));
	json_set(line, "outcome", json_string(outcome_names[l->outcome]));
	json_set(line, "studies", json_string(l->uids));
	json_set(line, "reason", json_string(l->reason));
	json_add((struct json *)json_get(account_of(plan), "lines"), line);
}

/* ---- writing ---- */

struct account_view {
	const struct plan *plan;
	struct ledger *ledger;
	struct map *studies;		/* Study Instance UID -> struct plan_study */
};

/* What came of the studies of one line. */
struct account_sum {
	struct buf verdicts, folders, whys;
	int studies;
	long long objects, expected;	/* expected -1 = of one it is not known */
};

static const char *text_of(const struct json *object, const char *member)
{
	const char *text = json_text(json_get(object, member));

	return text ? text : "";
}

static void fill_map(struct account_view *view)
{
	for (size_t i = 0; i < view->plan->count; i++) {
		auto_free char *uid = mem_str(study_get(&view->plan->studies[i].study, STUDY_UID));

		map_put(view->studies, value_trim(uid), &view->plan->studies[i]);
	}
}

struct account_folder {
	char *path;			/* common to all files up to now; NULL = none was met */
};

/* The folders that the path of this file shares with those before. */
static int meet_file(void *owner, const struct ledger_instance *file)
{
	struct account_folder *f = owner;
	const char *slash = strrchr(file->path, '/');
	size_t len = slash ? (size_t)(slash - file->path) : 0;

	if (!f->path) {
		f->path = mem_strn(file->path, len);
		return 0;
	}
	while (strlen(f->path) > len || strncmp(f->path, file->path, strlen(f->path)) != 0 ||
	       (f->path[0] && file->path[strlen(f->path)] != '/')) {
		char *last = strrchr(f->path, '/');

		*(last ? last : f->path) = '\0';
	}
	return 0;
}

static int add_folder(const struct account_view *view, const char *uid, struct buf *folders, struct err *e)
{
	const char *output = view->plan->how.output;
	struct account_folder f = { NULL };
	auto_free char *path = NULL;

	if (!view->ledger || !output)
		return 0;
	if (ledger_instances(view->ledger, output, uid, meet_file, &f, e) < 0) {
		free(f.path);
		return -1;
	}
	if (f.path) {
		path = *f.path ? file_join(output, f.path) : mem_str(output);
		buf_printf(folders, "%s%s", folders->len ? "; " : "", path);
	}
	free(f.path);
	return 0;
}

static int add_study(const struct account_view *view, const char *uid, struct account_sum *sum, struct err *e)
{
	const struct plan_study *in = map_get(view->studies, uid);

	if (!in)
		return 0;
	sum->studies++;
	if (view->plan->how.output)		/* else nothing is to be fetched */
		buf_printf(&sum->verdicts, "%s%s", sum->verdicts.len ? " " : "", verdict_name(in->verdict));
	sum->objects += in->verdict == VERDICT_SKIPPED ? in->held : in->received;
	if (in->expected < 0)
		sum->expected = -1;
	else if (sum->expected >= 0)
		sum->expected += in->expected;
	if (in->why && *in->why)
		buf_printf(&sum->whys, "%s%s", sum->whys.len ? "; " : "", in->why);
	return add_folder(view, uid, &sum->folders, e);
}

static int add_studies(const struct account_view *view, const char *uids, struct account_sum *sum, struct err *e)
{
	for (const char *rest = uids; rest && *rest;) {
		struct span part = span_next(&rest, " ");
		auto_free char *uid = mem_strn(part.text, part.len);

		if (part.len && add_study(view, uid, sum, e) < 0)
			return -1;
	}
	return 0;
}

static size_t count_words(const char *text)
{
	size_t count = 0;

	for (const char *rest = text; rest && *rest;)
		count += span_next(&rest, " ").len > 0;
	return count;
}

static void put_cells(struct buf *out, const struct json *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = json_text(json_at(texts, i));

		csv_put_guarded(out, text ? text : "");
		buf_char(out, ',');
	}
}

static void put_texts(struct buf *out, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_char(out, ',');
		csv_put_guarded(out, texts[i]);
	}
	buf_char(out, '\n');
}

static int put_line(const struct account_view *view, const struct json *line, size_t columns, struct buf *out, struct err *e)
{
	struct account_sum sum = { .studies = 0 };
	const char *uids = text_of(line, "studies");
	char count[24], objects[24] = "", expected[24] = "";
	int failed;

	buf_init(&sum.verdicts, BUF_MB(16));
	buf_init(&sum.folders, BUF_MB(16));
	buf_init(&sum.whys, BUF_MB(16));
	failed = add_studies(view, uids, &sum, e);
	snprintf(count, sizeof count, "%zu", count_words(uids));
	if (sum.verdicts.len)
		snprintf(objects, sizeof objects, "%lld", sum.objects);
	if (sum.studies && sum.expected >= 0)
		snprintf(expected, sizeof expected, "%lld", sum.expected);
	buf_printf(out, "%lld,", json_int(json_get(line, "line"), 0));
	put_cells(out, json_get(line, "cells"), columns);
	put_texts(out, (const char *const[]){ text_of(line, "outcome"), count, uids, text_of(line, "reason"), buf_text(&sum.verdicts),
					      objects, expected, buf_text(&sum.folders), buf_text(&sum.whys) }, 9);
	buf_done(&sum.verdicts);
	buf_done(&sum.folders);
	buf_done(&sum.whys);
	return failed;
}

int account_text(const struct plan *plan, struct ledger *ledger, struct buf *out, struct err *e)
{
	const struct json *account = account_of(plan), *columns = json_get(account, "columns"), *lines = json_get(account, "lines");
	struct account_view view = { plan, ledger, map_new() };
	const size_t count = json_count(columns);
	int failed = 0;

	fill_map(&view);
	buf_str(out, "Line,");
	put_cells(out, columns, count);
	buf_str(out, "Outcome,Studies,StudyInstanceUIDs,Reason,Verdict,Objects,Expected,Folder,Why\n");
	for (size_t i = 0; i < json_count(lines) && !failed; i++)
		failed = put_line(&view, json_at(lines, i), count, out, e);
	map_free(view.studies, NULL);
	return failed;
}

int account_write(const struct plan *plan, struct ledger *ledger, struct err *e)
{
	const struct json *account = account_of(plan);
	const char *path = account ? json_text(json_get(account, "report")) : NULL;
	auto_buf struct buf text = BUF_INIT(BYTES_MAX);

	if (!path)
		return 0;
	if (account_text(plan, ledger, &text, e) < 0 || file_replace(path, buf_text(&text), text.len, e) < 0)
		return err_in(e, "--batch-report");
	return 0;
}

/* ---- in one line ---- */

struct account_counts {
	size_t by[ACCOUNT_OUTCOMES], studies, again;
};

/* Studies that a line before has brought do not count once more. */
static size_t count_new(struct map *seen, const char *uids)
{
	size_t fresh = 0;

	for (const char *rest = uids; rest && *rest;) {
		struct span part = span_next(&rest, " ");
		auto_free char *uid = mem_strn(part.text, part.len);

		fresh += part.len && map_put(seen, uid, NULL);
	}
	return fresh;
}

static void count_lines(const struct json *lines, struct account_counts *c)
{
	struct map *seen = map_new();

	for (size_t i = 0; i < json_count(lines); i++) {
		const struct json *line = json_at(lines, i);
		const char *outcome = text_of(line, "outcome"), *uids = text_of(line, "studies");
		size_t fresh = count_new(seen, uids);

		for (size_t n = 0; n < ACCOUNT_OUTCOMES; n++)
			c->by[n] += !strcmp(outcome, outcome_names[n]);
		c->studies += fresh;
		c->again += *uids && !fresh;
	}
	map_free(seen, NULL);
}

void account_summary(const struct plan *plan, struct buf *out)
{
	const struct json *lines = json_get(account_of(plan), "lines");
	const size_t count = json_count(lines);
	struct account_counts c = { .studies = 0 };

	count_lines(lines, &c);
	buf_printf(out, "%zu line%s: %zu stud%s", count, count == 1 ? "" : "s", c.studies, c.studies == 1 ? "y" : "ies");
	if (c.by[ACCOUNT_NONE])
		buf_printf(out, ", %zu not found", c.by[ACCOUNT_NONE]);
	if (c.again)
		buf_printf(out, ", %zu named twice", c.again);
	if (c.by[ACCOUNT_SEVERAL])
		buf_printf(out, ", %zu with several studies", c.by[ACCOUNT_SEVERAL]);
	if (c.by[ACCOUNT_ERROR])
		buf_printf(out, ", %zu with an error", c.by[ACCOUNT_ERROR]);
	if (c.by[ACCOUNT_UNASKED])
		buf_printf(out, ", %zu not asked", c.by[ACCOUNT_UNASKED]);
}
