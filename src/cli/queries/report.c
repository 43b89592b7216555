/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows as a table, JSON, JSON lines or CSV.  The rule: machines get every attribute that was asked for, as it came;
 * people get a table that fits, in which a UID is whole or not there, and nothing that a terminal would obey. */
#include "cli/queries/report.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/terminal.h"
#include "dicom/sopclass.h"
#include "dicom/tag.h"
#include "dicom/value.h"
#include "parse/csv.h"
#include "parse/json.h"

enum {
	COLUMNS_WITHOUT_TERMINAL = 120,
	GAP = 2,			/* between two columns */
	RANK_FIRST = 0,			/* always shown */
	RANK_OTHERS = 50,		/* asked for beyond the usual: after what one cannot do without */
};
#define ROW_CEILING BUF_MB(64)

struct column {
	uint32_t tag;
	const char *vr;
	char *keyword;
	const char *label;	/* in the table */
	bool usual;
	int rank;		/* who gets room first */
	bool filled;		/* some row has a value */
	bool shown;
	size_t natural, width;	/* of the widest cell; given */
};

struct report {
	FILE *out;
	enum format format;
	struct column *columns;
	size_t count, room;
	long rows;
	char **cells;		/* table: row after row, each of count */
	size_t cell_count, cell_room;
	locale_t locale;	/* knows widths, whatever the program's own; 0 = every character counts one */
};

/* In the order shown; ranks below RANK_OTHERS are what a table is for. */
#define USUAL_MAX 16
static const struct usual {
	uint32_t tag;
	const char *label;
	int rank;
} usual_columns[][USUAL_MAX] = {
	[LEVEL_PATIENT] = {
		{ TAG_PatientName, "Patient", 1 },
		{ TAG_PatientID, "Patient ID", RANK_FIRST },
		{ TAG_PatientBirthDate, "Born", 2 },
		{ TAG_PatientSex, "Sex", 3 },
		{ TAG_NumberOfPatientRelatedStudies, "Studies", 4 },
		{ TAG(0x0020, 0x1202), "Series", 60 },
		{ TAG_NumberOfPatientRelatedInstances, "Objects", 5 },
	},
	[LEVEL_STUDY] = {
		{ TAG_PatientName, "Patient", 3 },
		{ TAG_PatientID, "Patient ID", 4 },
		{ TAG_PatientBirthDate, "Born", 61 },
		{ TAG_PatientSex, "Sex", 64 },
		{ TAG_StudyDate, "Date", RANK_FIRST },
		{ TAG_StudyTime, "Time", 63 },
		{ TAG_ModalitiesInStudy, "Modality", 1 },
		{ TAG_StudyDescription, "Description", 2 },
		{ TAG_NumberOfStudyRelatedSeries, "Series", 60 },
		{ TAG_NumberOfStudyRelatedInstances, "Objects", 5 },
		{ TAG_AccessionNumber, "Accession", 51 },
		{ TAG_StudyID, "Study ID", 65 },
		{ TAG_InstanceAvailability, "Available", 62 },
		{ TAG_StudyInstanceUID, "Study UID", 6 },
	},
	[LEVEL_SERIES] = {
		{ TAG_SeriesNumber, "No.", 1 },
		{ TAG_Modality, "Modality", 2 },
		{ TAG_SeriesDescription, "Description", 3 },
		{ TAG_NumberOfSeriesRelatedInstances, "Objects", 4 },
		{ TAG_StationName, "Station", 60 },
		{ TAG_SeriesInstanceUID, "Series UID", RANK_FIRST },
		{ TAG_StudyInstanceUID, "Study UID", 61 },
	},
	[LEVEL_IMAGE] = {
		{ TAG_InstanceNumber, "No.", 1 },
		{ TAG_SOPClassUID, "Class", 2 },
		{ TAG_SOPInstanceUID, "SOP Instance UID", RANK_FIRST },
		{ TAG_SeriesInstanceUID, "Series UID", 60 },
		{ TAG_StudyInstanceUID, "Study UID", 61 },
	},
};

int format_parse(const char *word, enum format *ret_format)
{
	static const char *const words[] = {
		[FORMAT_TABLE] = "table", [FORMAT_JSON] = "json", [FORMAT_JSONL] = "jsonl", [FORMAT_CSV] = "csv",
		[FORMAT_CSV_RAW] = "csv-raw",
	};

	for (size_t i = 0; i < countof(words); i++) {
		if (!strcmp(word, words[i])) {
			*ret_format = (enum format)i;
			return 0;
		}
	}
	return -1;
}

static bool is_any(const char *vr, const char *list)
{
	const char *at = strstr(list, vr);

	return at && (at - list) % 3 == 0;
}

static bool is_number(const struct column *c)
{
	return is_any(c->vr, "IS US UL SS SL");
}

/* ---- columns ---- */

static void add_column(struct report *r, uint32_t tag, const char *label, int rank)
{
	struct column *c;

	mem_grow(r->columns, r->count, r->room);
	c = &r->columns[r->count++];
	*c = (struct column){ .tag = tag, .vr = tag_vr(tag), .keyword = mem_str(tag_name(tag)), .usual = label, .rank = rank };
	c->label = label ? label : c->keyword;
}

static bool has_column(const struct report *r, uint32_t tag)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->columns[i].tag == tag)
			return true;
	return false;
}

/* The usual ones in the order of the table, then the others as they were asked for: the columns of a CSV file do not move
 * with the options.  Rows are UTF-8, so their character set is nothing to show. */
static void choose_columns(struct report *r, const struct query *q)
{
	const struct usual *usual = usual_columns[q->level];

	for (size_t i = 0; i < USUAL_MAX && usual[i].tag; i++)
		if (dataset_find(&q->keys, usual[i].tag))
			add_column(r, usual[i].tag, usual[i].label, usual[i].rank);
	for (size_t i = 0; i < q->keys.count; i++) {
		uint32_t tag = q->keys.elements[i].tag;

		if (tag != TAG_SpecificCharacterSet && tag != TAG_QueryRetrieveLevel && !has_column(r, tag))
			add_column(r, tag, NULL, RANK_OTHERS);
	}
}

/* ---- CSV ---- */

/* Line ends become LF and stay, as tabs do; any other control character goes. */
static void add_clean(struct buf *b, const char *text)
{
	for (;;) {
		size_t len = strcspn(text, "\t\r\n");
		auto_free char *part = log_clean(mem_strn(text, len));

		buf_str(b, part);
		text += len;
		if (!*text)
			return;
		if (*text != '\r')
			buf_char(b, *text);
		else if (text[1] != '\n')
			buf_char(b, '\n');
		text++;
	}
}

static void add_csv(struct buf *b, const char *text, bool raw)
{
	auto_buf struct buf clean = BUF_INIT(ROW_CEILING);

	if (raw) {
		csv_put(b, text);
		return;
	}
	add_clean(&clean, text);
	csv_put_guarded(b, buf_text(&clean));
}

/* row NULL: the header. */
static void write_csv(struct report *r, const struct dataset *row)
{
	auto_buf struct buf line = BUF_INIT(ROW_CEILING);

	for (size_t i = 0; i < r->count; i++) {
		if (i)
			buf_char(&line, ',');
		add_csv(&line, row ? dataset_get(row, r->columns[i].tag) : r->columns[i].keyword, r->format == FORMAT_CSV_RAW);
	}
	fprintf(r->out, "%s\n", buf_text(&line));
	fflush(r->out);
}

/* ---- JSON ---- */

static bool is_integer(const char *text, long long *ret_number)
{
	char *end;

	if (!*text || text[strspn(text, "+-0123456789")])
		return false;
	errno = 0;
	*ret_number = strtoll(text, &end, 10);
	return !*end && !errno;
}

static void add_array(struct buf *b, const char *values)
{
	buf_char(b, '[');
	while (*values) {
		size_t len = strcspn(values, "\\");
		auto_free char *one = value_trim(mem_strn(values, len));

		json_write_string(b, one);
		values += len;
		if (*values) {
			buf_char(b, ',');
			values++;
		}
	}
	buf_char(b, ']');
}

/* What may have several values is an array even when it has one, so that its reader need not ask. */
static void add_json(struct buf *b, const struct column *c, const char *value)
{
	bool many = c->tag == TAG_ModalitiesInStudy || c->tag == TAG_SOPClassesInStudy;
	long long number;

	if (is_number(c) && !*value)
		buf_str(b, "null");
	else if (is_number(c) && is_integer(value, &number))
		buf_printf(b, "%lld", number);
	else if (many || (is_any(c->vr, "CS UI") && strchr(value, '\\')))
		add_array(b, value);
	else
		json_write_string(b, value);
}

static void write_json(struct report *r, const struct dataset *row)
{
	auto_buf struct buf line = BUF_INIT(ROW_CEILING);

	buf_char(&line, '{');
	for (size_t i = 0; i < r->count; i++) {
		if (i)
			buf_char(&line, ',');
		json_write_string(&line, r->columns[i].keyword);
		buf_char(&line, ':');
		add_json(&line, &r->columns[i], dataset_get(row, r->columns[i].tag));
	}
	buf_char(&line, '}');
	if (r->format == FORMAT_JSONL) {
		fprintf(r->out, "%s\n", buf_text(&line));
		fflush(r->out);
	} else {
		fprintf(r->out, "%s  %s", r->rows ? ",\n" : "[\n", buf_text(&line));
	}
}

/* ---- the table ---- */

/* Columns of a terminal that the character takes. */
static size_t char_width(const struct report *r, const char *text, size_t len)
{
	static const unsigned char lead_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	wchar_t wide = (unsigned char)text[0] & lead_bits[len];
	int width;

	if (len == 1 || !r->locale)
		return 1;
	for (size_t i = 1; i < len; i++)
		wide = (wchar_t)((wide << 6) | ((unsigned char)text[i] & 0x3f));
	width = wcwidth(wide);
	return width < 0 ? 1 : (size_t)width;
}

/* Bytes of text that fit into so many columns, and how many they take.  text is clean, hence well-formed. */
static size_t fit(const struct report *r, const char *text, size_t columns, size_t *ret_used)
{
	locale_t callers = r->locale ? uselocale(r->locale) : (locale_t)0;
	size_t left = strlen(text), used = 0;
	const char *at = text;

	while (left) {
		size_t len = buf_utf8_len(at, left), width;

		len = len ? len : 1;
		width = char_width(r, at, len);
		if (width > columns - used)
			break;
		used += width;
		at += len;
		left -= len;
	}
	if (r->locale)
		uselocale(callers);
	*ret_used = used;
	return (size_t)(at - text);
}

static size_t text_width(const struct report *r, const char *text)
{
	size_t used;

	fit(r, text, SIZE_MAX, &used);
	return used;
}

static void replace(char *text, char old, char new)
{
	for (; *text; text++)
		if (*text == old)
			*text = new;
}

/* What a person sees of a value; yours. */
static char *cell_text(const struct column *c, const char *value)
{
	char *text = mem_str(c->tag == TAG_SOPClassUID ? sopclass_name(value) : value);

	if (is_any(c->vr, "PN"))
		name_group(value, text, strlen(text) + 1);
	else if (is_any(c->vr, "CS"))
		replace(text, '\\', '/');
	else if (is_any(c->vr, "UI"))
		replace(text, '\\', ',');
	return log_clean(text);
}

static void keep_row(struct report *r, const struct dataset *row)
{
	for (size_t i = 0; i < r->count; i++) {
		struct column *c = &r->columns[i];
		char *text = cell_text(c, dataset_get(row, c->tag));
		size_t width = text_width(r, text);

		c->filled |= *text != '\0';
		c->natural = width > c->natural ? width : c->natural;
		mem_grow(r->cells, r->cell_count, r->cell_room);
		r->cells[r->cell_count++] = text;
	}
}

/* Below this it says too little.  One absurd value of a peer must not cost the others their column. */
static size_t least_width(const struct column *c)
{
	size_t most = is_any(c->vr, "PN LO ST LT UT") && c->tag != TAG_PatientID ? 16 : is_any(c->vr, "UI") ? 64 : 20;

	return c->natural < most ? c->natural : most;
}

/* The best rank not yet looked at. */
static struct column *next_ranked(struct report *r, const bool *seen)
{
	struct column *best = NULL;

	for (size_t i = 0; i < r->count; i++)
		if (!seen[i] && (!best || r->columns[i].rank < best->rank))
			best = &r->columns[i];
	return best;
}

/* Who has room, by rank; returns what is left over. */
static size_t choose_shown(struct report *r, size_t room)
{
	auto_free bool *seen = mem_alloc((r->count + 1) * sizeof *seen);
	size_t taken = 0;
	struct column *c;

	while ((c = next_ranked(r, seen))) {
		size_t gap = taken ? GAP : 0, label = text_width(r, c->label);

		seen[c - r->columns] = true;
		c->natural = c->natural < label ? label : c->natural;
		c->width = least_width(c);
		c->width = c->width < label ? label : c->width;
		c->shown = !taken || (taken + gap + c->width <= room && (c->filled || !c->usual));
		if (!taken && c->width > room)
			c->width = room;
		if (c->shown)
			taken += gap + c->width;
	}
	return room - taken;
}

/* Evenly, to those that want it. */
static void share(struct report *r, size_t left)
{
	for (bool grown = true; grown;) {
		grown = false;
		for (size_t i = 0; i < r->count && left; i++) {
			struct column *c = &r->columns[i];

			if (!c->shown || c->width >= c->natural)
				continue;
			c->width++;
			left--;
			grown = true;
		}
	}
}

static bool is_last_shown(const struct report *r, size_t at)
{
	while (++at < r->count)
		if (r->columns[at].shown)
			return false;
	return true;
}

static void add_cell(const struct report *r, struct buf *b, size_t at, const char *text)
{
	const struct column *c = &r->columns[at];
	size_t used, len = fit(r, text, c->width, &used);
	const char *more = "";

	if (text[len]) {
		len = fit(r, text, c->width - 1, &used);
		more = "…";
		used++;
	}
	if (is_number(c))
		buf_printf(b, "%*s", (int)(c->width - used), "");
	buf_add(b, text, len);
	buf_str(b, more);
	if (is_last_shown(r, at))
		return;
	buf_printf(b, "%*s", (int)(is_number(c) ? 0 : c->width - used) + GAP, "");
}

static void write_header(const struct report *r)
{
	auto_buf struct buf names = BUF_INIT(ROW_CEILING);
	auto_buf struct buf rule = BUF_INIT(ROW_CEILING);

	for (size_t i = 0; i < r->count; i++) {
		if (!r->columns[i].shown)
			continue;
		add_cell(r, &names, i, r->columns[i].label);
		for (size_t n = 0; n < r->columns[i].width; n++)
			buf_str(&rule, "─");
		if (!is_last_shown(r, i))
			buf_printf(&rule, "%*s", GAP, "");
	}
	fprintf(r->out, "%s\n%s\n", buf_text(&names), buf_text(&rule));
}

static void write_row(const struct report *r, char *const *cells)
{
	auto_buf struct buf line = BUF_INIT(ROW_CEILING);

	for (size_t i = 0; i < r->count; i++)
		if (r->columns[i].shown)
			add_cell(r, &line, i, cells[i]);
	while (line.len && line.data[line.len - 1] == ' ')
		line.data[--line.len] = '\0';
	fprintf(r->out, "%s\n", buf_text(&line));
}

static void write_table(struct report *r)
{
	if (!r->rows || !r->count)
		return;
	share(r, choose_shown(r, terminal_columns(fileno(r->out), COLUMNS_WITHOUT_TERMINAL)));
	write_header(r);
	for (size_t i = 0; i < r->cell_count; i += r->count)
		write_row(r, r->cells + i);
}

/* ---- all of it ---- */

struct report *report_open(FILE *out, enum format format, const struct query *query)
{
	struct report *r = mem_alloc(sizeof *r);

	r->out = out;
	r->format = format;
	choose_columns(r, query);
	if (format == FORMAT_TABLE)
		r->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (format == FORMAT_CSV || format == FORMAT_CSV_RAW)
		write_csv(r, NULL);
	return r;
}

void report_row(struct report *r, const struct dataset *row)
{
	switch (r->format) {
	case FORMAT_TABLE:
		keep_row(r, row);
		break;
	case FORMAT_CSV: case FORMAT_CSV_RAW:
		write_csv(r, row);
		break;
	case FORMAT_JSON: case FORMAT_JSONL:
		write_json(r, row);
		break;
	}
	r->rows++;
}

static void free_report(struct report *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->columns[i].keyword);
	for (size_t i = 0; i < r->cell_count; i++)
		free(r->cells[i]);
	free(r->columns);
	free(r->cells);
	if (r->locale)
		freelocale(r->locale);
	free(r);
}

long report_close(struct report *r)
{
	long rows = r->rows;

	if (r->format == FORMAT_TABLE)
		write_table(r);
	else if (r->format == FORMAT_JSON)
		fputs(rows ? "\n]\n" : "[]\n", r->out);
	fflush(r->out);
	free_report(r);
	return rows;
}
