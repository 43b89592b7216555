/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One value has one source: the row.  The table only chooses and aligns. */
#include "cli/records/sheet.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/amounts.h"

#define COLUMNS_MAX 16
#define GAP 2

/* As it is shown; yours. */
static char *cell(const struct json *row, const struct sheet_column *c)
{
	const struct json *value = json_get(row, c->member);

	switch (json_type(value)) {
	case JSON_STRING:
		return log_clean(mem_str(json_text(value)));
	case JSON_INTEGER:
		return c->how == SHEET_BYTES ? mem_str(show_bytes(json_int(value, 0))) : mem_printf("%lld", json_int(value, 0));
	case JSON_BOOL:
		return mem_str(json_is_true(value) ? "yes" : c->how == SHEET_YES ? "" : "no");
	default:
		return mem_str("");
	}
}

/* Columns of a terminal; text is clean UTF-8. */
static size_t width_of(const char *text)
{
	mbstate_t state;
	size_t width = 0, left = strlen(text);
	wchar_t wide;

	memset(&state, 0, sizeof state);
	while (left) {
		size_t len = mbrtowc(&wide, text, left, &state);
		int columns = len && len <= left ? wcwidth(wide) : 1;

		if (!len || len > left)
			len = 1;
		width += columns > 0 ? (size_t)columns : 0;
		text += len;
		left -= len;
	}
	return width;
}

static void pad(FILE *out, size_t count)
{
	fprintf(out, "%*s", (int)count, "");
}

static void put_line(FILE *out, const struct sheet_column *columns, const size_t *widths, size_t last, char *const *cells)
{
	for (size_t i = 0; i <= last; i++) {
		size_t rest = widths[i] ? widths[i] - width_of(cells[i]) : 0;
		bool right = columns[i].how == SHEET_NUMBER || columns[i].how == SHEET_BYTES;

		if (!widths[i])
			continue;
		if (right)
			pad(out, rest);
		fputs(cells[i], out);
		if (i < last)
			pad(out, (right ? 0 : rest) + GAP);
	}
	fputc('\n', out);
}

void sheet_table(FILE *out, const struct json *rows, const struct sheet_column *columns)
{
	size_t count = json_count(rows), width[COLUMNS_MAX] = { 0 }, n = 0, last = 0;
	char **cells, *labels[COLUMNS_MAX];

	while (n < COLUMNS_MAX && columns[n].member) {
		labels[n] = mem_str(columns[n].label);
		n++;
	}
	cells = mem_alloc((count * n + 1) * sizeof *cells);
	for (size_t i = 0; i < count * n; i++) {
		size_t at = i % n, wide;

		cells[i] = cell(json_at(rows, i / n), &columns[at]);
		wide = width_of(cells[i]);
		width[at] = wide > width[at] ? wide : width[at];
	}
	for (size_t i = 0; i < n; i++) {
		size_t wide = width_of(labels[i]);

		width[i] = width[i] && width[i] < wide ? wide : width[i];
		last = width[i] ? i : last;
	}
	if (count)
		put_line(out, columns, width, last, labels);
	for (size_t i = 0; i < count; i++)
		put_line(out, columns, width, last, cells + i * n);
	for (size_t i = 0; i < count * n; i++)
		free(cells[i]);
	for (size_t i = 0; i < n; i++)
		free(labels[i]);
	free(cells);
}

void sheet_json(FILE *out, const struct json *value)
{
	auto_buf struct buf text = BUF_INIT((size_t)1 << 30);

	json_write(&text, value, true);
	fprintf(out, "%s\n", buf_text(&text));
}

void sheet_show(const struct json *rows, const struct sheet_column *columns, bool json, const char *none)
{
	if (json)
		sheet_json(stdout, rows);
	else if (json_count(rows))
		sheet_table(stdout, rows, columns);
	else if (none)
		printf("%s\n", none);
}

struct json *sheet_time(long long when)
{
	char stamp[20];

	return when > 0 ? json_string(clock_stamp((time_t)when, stamp)) : json_new(JSON_NULL);
}
