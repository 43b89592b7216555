/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rule: no line is lost.  A line whose answer was not whole is an error, even when something was found. */
#include "cli/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/node/facts.h"
#include "dicom/tag.h"
#include "dicom/value.h"

#define BYTES_MAX BUF_MB(64)

enum outcome { OUTCOME_ERROR, OUTCOME_NONE, OUTCOME_FOUND, OUTCOME_SEVERAL };
static const char *const outcome_names[] = { "error", "none", "found", "several" };

struct entry {
	long line;
	struct csv_record cells;
	enum outcome outcome;
	size_t studies;
	struct buf uids;		/* blanks between them */
	char why[300];			/* "" = nothing to say */
};

struct batch {
	struct csv_record header;
	uint32_t *tags;			/* of the columns */
	struct entry *entries;
	size_t count, room;
};

/* ---- reading ---- */

static int read_header(struct batch *b, struct err *e)
{
	b->tags = mem_alloc(b->header.count * sizeof *b->tags);
	for (size_t i = 0; i < b->header.count; i++) {
		char *keyword = value_trim(b->header.fields[i]);

		if (!tag_parse(keyword, &b->tags[i]))
			return err_set(e, ERR_INPUT, "line 1: '%.60s' is not an attribute: the first line has DICOM keywords, such as AccessionNumber, "
				       "PatientID, StudyDate", keyword);
		for (size_t n = 0; n < i; n++)
			if (b->tags[n] == b->tags[i])
				return err_set(e, ERR_INPUT, "line 1: '%.60s' is there twice", keyword);
	}
	return 0;
}

static void add_entry(struct batch *b, long line, struct csv_record *cells)
{
	struct entry *entry;

	mem_grow(b->entries, b->count, b->room);
	entry = &b->entries[b->count++];
	*entry = (struct entry){ .line = line, .cells = *cells };
	buf_init(&entry->uids, BUF_MB(16));
	*cells = (struct csv_record){ NULL, 0, 0 };
	for (size_t i = 0; i < entry->cells.count; i++)
		value_trim(csv_plain(value_trim(entry->cells.fields[i])));
	if (entry->cells.count != b->header.count)
		snprintf(entry->why, sizeof entry->why, "%zu fields instead of %zu", entry->cells.count, b->header.count);
}

static int read_text(struct batch *b, const struct buf *text, struct err *e)
{
	struct csv csv;
	struct csv_record cells = { NULL, 0, 0 };
	int more;

	csv_init(&csv, buf_text(text), text->len);
	more = csv_next(&csv, &b->header, e);
	if (!more)
		return err_set(e, ERR_INPUT, "it is empty: the first line has DICOM keywords, such as AccessionNumber");
	if (more < 0 || read_header(b, e) < 0)
		return -1;
	while ((more = csv_next(&csv, &cells, e)) > 0)
		add_entry(b, csv.line, &cells);
	csv_record_done(&cells);
	if (!more && !b->count)
		return err_set(e, ERR_INPUT, "it has a header and nothing else");
	return more;
}

struct batch *batch_read(const char *path, struct err *e)
{
	auto_buf struct buf text = BUF_INIT(BYTES_MAX);
	struct batch *b = mem_alloc(sizeof *b);

	if (file_read(path, &text, e) == 0 && read_text(b, &text, e) == 0)
		return b;
	err_in(e, "--batch %s", path);
	batch_free(b);
	return NULL;
}

void batch_free(struct batch *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->count; i++) {
		csv_record_done(&b->entries[i].cells);
		buf_done(&b->entries[i].uids);
	}
	csv_record_done(&b->header);
	free(b->entries);
	free(b->tags);
	free(b);
}

/* ---- asking ---- */

/* Cells that are conditions as well as keys take the place of the option. */
static const char **option_of(struct values *v, uint32_t tag)
{
	switch (tag) {
	case TAG_PatientName: return &v->patient_name;
	case TAG_PatientID: return &v->patient_id;
	case TAG_StudyDate: return &v->study_date;
	case TAG_StudyInstanceUID: return &v->study_uid;
	case TAG_AccessionNumber: return &v->accession_number;
	case TAG_Modality: case TAG_ModalitiesInStudy: return &v->modality;
	case TAG_StudyDescription: return &v->study_description;
	default: return NULL;
	}
}

/* A cell is a value and no pattern: one * would ask for everything. */
static int check_cell(const struct batch *b, size_t column, const char *cell, bool patterns, struct err *e)
{
	const bool identifier = b->tags[column] == TAG_PatientID || b->tags[column] == TAG_AccessionNumber ||
				b->tags[column] == TAG_StudyInstanceUID || b->tags[column] == TAG_StudyID;

	if (*cell && !cell[strspn(cell, "*? ")])
		return err_set(e, ERR_USAGE, "%s: '%.20s' alone matches everything", tag_name(b->tags[column]), cell);
	if (identifier && !patterns && strpbrk(cell, "*?"))
		return err_set(e, ERR_USAGE, "%s: identifiers match exactly, without * and ? (--batch-patterns allows them)",
			       tag_name(b->tags[column]));
	return 0;
}

static int make_query(const struct batch *b, const struct entry *entry, const struct values *v, struct query *q, struct filter *c,
		      struct err *e)
{
	struct values own = *v;
	bool any = false;

	memset(c, 0, sizeof *c);
	query_init(q, LEVEL_STUDY);
	for (size_t i = 0; i < b->header.count; i++) {
		const char **option = option_of(&own, b->tags[i]);

		if (check_cell(b, i, entry->cells.fields[i], v->batch_patterns, e) < 0)
			return -1;
		any |= *entry->cells.fields[i] != 0;
		if (option && *entry->cells.fields[i])
			*option = entry->cells.fields[i];
	}
	if (!any)
		return err_set(e, ERR_USAGE, "no value to ask by");
	if (values_query(&own, q, c, e) < 0)
		return -1;
	for (size_t i = 0; i < b->header.count; i++) {
		auto_free char *key = mem_printf("%s=%s", tag_name(b->tags[i]), entry->cells.fields[i]);

		if (option_of(&own, b->tags[i]) || !*entry->cells.fields[i])
			continue;
		if (query_add_text(q, key, e) < 0)
			return -1;
		dataset_text(&c->keys, b->tags[i], dataset_get(&q->keys, b->tags[i]));
	}
	return query_check(q, MODEL_STUDY, e);
}

static void take_over(struct plan *plan, struct plan *part, struct map *seen, struct entry *entry)
{
	for (size_t i = 0; i < part->count; i++) {
		struct plan_study *in = &part->studies[i];
		const char *uid = study_get(&in->study, STUDY_UID);

		entry->studies++;
		buf_printf(&entry->uids, "%s%s", entry->uids.len ? " " : "", uid);
		if (map_put(seen, uid, NULL))
			*plan_add(plan) = *in;
		else
			plan_study_done(in);
	}
	part->count = 0;
}

static void tell_left_out(struct entry *entry, const struct filter_tally *t)
{
	auto_buf struct buf words = BUF_INIT(2000);

	studies_left_out(t, &words);
	snprintf(entry->why, sizeof entry->why, "%.250s", buf_text(&words));
}

static int resolve_entry(struct batch *b, struct entry *entry, struct session *s, const struct values *v, struct plan *plan,
			 struct map *seen, struct studies_found *all, struct err *e)
{
	struct plan part;
	struct studies_found found;
	struct query q;
	struct filter c;
	struct err why = { ERR_NONE, "" };
	bool asked = false;

	plan_init(&part);
	part.how.peer = plan->how.peer;
	part.how.retries = plan->how.retries;
	part.how.retry_wait_s = plan->how.retry_wait_s;
	if (make_query(b, entry, v, &q, &c, &why) == 0) {
		asked = true;
		facts_steer(s, &part.how.peer, &q);
		if (studies_query(s, &part, &q, &c, &found, &why) == 0) {
			take_over(plan, &part, seen, entry);
			entry->outcome = !found.result.whole ? OUTCOME_ERROR : entry->studies > 1 ? OUTCOME_SEVERAL : entry->studies ? OUTCOME_FOUND
				       : OUTCOME_NONE;
			if (!found.result.whole)
				snprintf(entry->why, sizeof entry->why, "%.250s", found.result.statement);
			else
				tell_left_out(entry, &found.tally);
			studies_found_add(all, &found);
		}
	}
	filter_done(&c);
	query_done(&q);
	plan_done(&part);
	if (why.kind && asked && err_stops_asking(why.kind)) {
		*e = why;
		return err_in(e, "line %ld", entry->line);
	}
	if (why.kind)
		snprintf(entry->why, sizeof entry->why, "%.290s", why.text);
	return 0;
}

int batch_resolve(struct batch *b, struct session *s, const struct values *v, struct plan *plan, struct studies_found *found, struct err *e)
{
	struct map *seen = map_new();
	int failed = 0;

	memset(found, 0, sizeof *found);
	found->result.whole = true;
	for (size_t i = 0; i < b->count && !failed; i++)
		if (!b->entries[i].why[0])
			failed = resolve_entry(b, &b->entries[i], s, v, plan, seen, found, e);
	map_free(seen, NULL);
	if (batch_errors(b)) {
		found->result.whole = false;
		plan_not_covered(plan, "some lines of the batch could not be answered");
	}
	return failed;
}

/* ---- the account ---- */

size_t batch_errors(const struct batch *b)
{
	size_t count = 0;

	for (size_t i = 0; i < b->count; i++)
		count += b->entries[i].outcome == OUTCOME_ERROR;
	return count;
}

static void put_line(struct buf *out, const struct batch *b, const struct entry *entry)
{
	buf_printf(out, "%ld,", entry->line);
	for (size_t i = 0; i < b->header.count; i++) {
		csv_put_guarded(out, i < entry->cells.count ? entry->cells.fields[i] : "");
		buf_char(out, ',');
	}
	buf_printf(out, "%s,%zu,", outcome_names[entry->outcome], entry->studies);
	csv_put_guarded(out, buf_text(&entry->uids));
	buf_char(out, ',');
	csv_put_guarded(out, entry->why);
	buf_char(out, '\n');
}

int batch_report(const struct batch *b, const char *path, struct err *e)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(1024));
	size_t outcomes[4] = { 0 };

	buf_str(&text, "Line,");
	for (size_t i = 0; i < b->header.count; i++) {
		csv_put_guarded(&text, b->header.fields[i]);
		buf_char(&text, ',');
	}
	buf_str(&text, "Outcome,Studies,StudyInstanceUIDs,Reason\n");
	for (size_t i = 0; i < b->count; i++) {
		put_line(&text, b, &b->entries[i]);
		outcomes[b->entries[i].outcome]++;
	}
	if (!path) {
		fputs(buf_text(&text), stdout);
		fflush(stdout);
	} else if (file_replace(path, buf_text(&text), text.len, e) < 0) {
		return err_in(e, "--batch-report");
	}
	log_line(outcomes[OUTCOME_ERROR] ? LOG_WARNING : LOG_VERBOSE, "batch of %zu lines: %zu found, %zu several, %zu none, %zu error", b->count,
		 outcomes[OUTCOME_FOUND], outcomes[OUTCOME_SEVERAL], outcomes[OUTCOME_NONE], outcomes[OUTCOME_ERROR]);
	return 0;
}
