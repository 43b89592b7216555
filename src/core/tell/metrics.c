/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every line has the same two labels, so that one rule watches all jobs.  What there is none of is 0 and there; what is not known is
 * left out. */
#include "core/tell/metrics.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#define METRICS_MODE 0644
#define TEXT_MAX BUF_MB(1)
#define PREFIX "dicom_qr_"
#define SUCCEEDED "last_success_timestamp_seconds"

/* A label's value: one line, with \ and " escaped; what is no text becomes '?'. */
static void add_label(struct buf *b, const char *name, const char *value)
{
	auto_free char *clean = log_clean(mem_str(value));

	buf_printf(b, "%s=\"", name);
	for (const char *c = clean; *c; c++) {
		if (*c == '\\' || *c == '"')
			buf_char(b, '\\');
		buf_char(b, *c);
	}
	buf_char(b, '"');
}

/* "dicom_qr_NAME{command="sync",node="pacs"" and then, when label is not NULL, one more; closed, with a blank. */
static void add_series(struct buf *b, const struct metrics *m, const char *name, const char *label, const char *value)
{
	buf_printf(b, PREFIX "%s{", name);
	add_label(b, "command", m->command);
	buf_char(b, ',');
	add_label(b, "node", m->node);
	if (label) {
		buf_char(b, ',');
		add_label(b, label, value);
	}
	buf_str(b, "} ");
}

static void add_head(struct buf *b, const char *name, const char *help)
{
	buf_printf(b, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s gauge\n", name, help, name);
}

static void add_number(struct buf *b, const struct metrics *m, const char *name, const char *help, long long number)
{
	add_head(b, name, help);
	add_series(b, m, name, NULL, NULL);
	buf_printf(b, "%lld\n", number);
}

static void add_duration(struct buf *b, const struct metrics *m)
{
	static const char name[] = "last_run_duration_seconds";
	long long ms = m->ran_ms > 0 ? m->ran_ms : 0;

	add_head(b, name, "How long the last run took.");
	add_series(b, m, name, NULL, NULL);
	buf_printf(b, "%lld.%03lld\n", ms / 1000, ms % 1000);
}

static void add_verdicts(struct buf *b, const struct metrics *m)
{
	static const char name[] = "last_run_studies";

	add_head(b, name, "Studies of the last run by verdict; wanted: it did not get to them.");
	for (int v = 0; v < VERDICTS; v++) {
		add_series(b, m, name, "verdict", verdict_name((enum verdict)v));
		buf_printf(b, "%zu\n", m->sum.studies[v]);
	}
}

/* The day's first second here; mktime knows whether there was daylight saving time. */
static time_t begin_of(int day)
{
	struct tm tm = { .tm_year = day / 10000 - 1900, .tm_mon = day / 100 % 100 - 1, .tm_mday = day % 100, .tm_isdst = -1 };

	return mktime(&tm);
}

void metrics_text(const struct metrics *m, struct buf *b)
{
	const struct totals *t = &m->totals;
	const struct { const char *name, *help; long long number; } counts[] = {
		{ "objects", "Objects that arrived in the last run.", t->objects },
		{ "bytes", "Their bytes.", t->bytes },
		{ "queries", "C-FIND requests of the last run.", t->queries },
		{ "retrievals", "C-GET and C-MOVE requests of the last run.", t->requests },
		{ "cut_queries", "Queries of the last run to which no whole answer could be had.", t->cut },
		{ "duplicates", "Objects that came although they were here.", t->duplicates },
		{ "conflicts", "Objects that came with other content than the file of their UID.", t->conflicts },
		{ "damaged", "Objects that came damaged and were quarantined.", t->damaged },
		{ "foreign", "Objects that nobody asked for, quarantined.", t->foreign },
		{ "hooks", "Programs of --on-study and --on-finish that were run.", t->hooks },
		{ "hook_failures", "Those of them that did not end well.", t->hooks_failed },
		{ "hooks_owed", "Studies that --on-study could not be told of yet.", t->hooks_owed },
	};

	add_number(b, m, "last_run_timestamp_seconds", "When the last run ended.", (long long)m->ended);
	add_number(b, m, SUCCEEDED, "When a run last ended with exit status 0; 0 = never.", (long long)m->succeeded);
	add_number(b, m, "last_run_exit_status", "Exit status of the last run.", m->status);
	add_duration(b, m);
	add_verdicts(b, m);
	for (size_t i = 0; i < countof(counts); i++) {
		auto_free char *name = mem_printf("last_run_%s", counts[i].name);

		add_number(b, m, name, counts[i].help, counts[i].number);
	}
	if (t->covered)
		add_number(b, m, "last_covered_day_timestamp_seconds", "When the last day began that is covered whole.",
			   (long long)begin_of(t->covered));
}

time_t metrics_succeeded(const char *text, const struct metrics *m)
{
	auto_buf struct buf series = BUF_INIT(TEXT_MAX);
	const char *line = text;

	add_series(&series, m, SUCCEEDED, NULL, NULL);
	while (strncmp(line, buf_text(&series), series.len) != 0) {
		line = strchr(line, '\n');
		if (!line)
			return 0;
		line++;
	}
	return (time_t)strtoll(line + series.len, NULL, 10);
}

int metrics_write(const char *path, struct metrics *m, struct err *e)
{
	auto_buf struct buf before = BUF_INIT(TEXT_MAX);
	auto_buf struct buf text = BUF_INIT(TEXT_MAX);
	struct err ignored = { ERR_NONE, "" };

	if (!m->status)
		m->succeeded = m->ended;
	else if (access(path, F_OK) == 0 && file_read_plain(path, &before, &ignored) == 0)
		m->succeeded = metrics_succeeded(buf_text(&before), m);
	metrics_text(m, &text);
	return file_replace_mode(path, text.data, text.len, METRICS_MODE, e);
}
