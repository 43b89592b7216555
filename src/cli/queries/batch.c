/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rule: no line is lost.  A line whose answer was not whole is an error, even when something was found.  Answers are kept as they
 * come until all lines were asked, so that an interruption costs none of them. */
#include "cli/queries/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "cli/queries/account.h"
#include "core/ledger/answers.h"
#include "core/node/facts.h"
#include "dicom/tag.h"
#include "dicom/value.h"
#include "parse/csv.h"

#define BYTES_MAX BUF_MB(64)

struct entry {
	long line;
	struct csv_record cells;
	enum account_outcome outcome;
	size_t studies;
	struct buf uids;		/* blanks between them */
	char why[300];			/* "" = nothing to say */
};

struct batch {
	char *name;			/* of the file, absolute */
	struct csv_record header;
	uint32_t *tags;			/* of the columns; 0 = it is kept, and not asked by */
	struct entry *entries;
	size_t count, room;
};

/* ---- reading ---- */

/* A column that is no attribute is kept: for the account, and for whoever reads the state file. */
static int read_header(struct batch *b, struct err *e)
{
	size_t attributes = 0;

	b->tags = mem_alloc((b->header.count + 1) * sizeof *b->tags);
	for (size_t i = 0; i < b->header.count; i++) {
		char *keyword = value_trim(b->header.fields[i]);

		if (!*keyword)
			return err_set(e, ERR_INPUT, "line 1: column %zu has no name", i + 1);
		for (size_t n = 0; n < i; n++)
			if (!strcmp(b->header.fields[n], keyword))
				return err_set(e, ERR_INPUT, "line 1: '%.60s' is there twice", keyword);
		if (tag_parse(keyword, &b->tags[i]))
			attributes++;
		else
			b->tags[i] = 0;
	}
	if (!attributes)
		return err_set(e, ERR_INPUT, "line 1: '%.60s' is not an attribute: the first line has DICOM keywords, such as AccessionNumber, "
			       "PatientID, StudyDate", b->header.fields[0]);
	for (size_t i = 0; i < b->header.count; i++)
		if (!b->tags[i])
			log_warning("column '%.60s' is no DICOM keyword: it is kept, and not asked by", b->header.fields[i]);
	return 0;
}

/* Takes why. */
static void fail_entry(struct entry *entry, char *why)
{
	entry->outcome = ACCOUNT_ERROR;
	snprintf(entry->why, sizeof entry->why, "%s", why);
	free(why);
}

static void add_entry(struct batch *b, long line, struct csv_record *cells)
{
	struct entry *entry;

	mem_grow(b->entries, b->count, b->room);
	entry = &b->entries[b->count++];
	*entry = (struct entry){ .line = line, .cells = *cells };
	buf_init(&entry->uids, BUF_MB(16));
	*cells = (struct csv_record){ NULL, 0, 0 };
	entry->outcome = ACCOUNT_UNASKED;
	for (size_t i = 0; i < entry->cells.count; i++)
		value_trim(csv_plain(value_trim(entry->cells.fields[i])));
	if (entry->cells.count != b->header.count)
		fail_entry(entry, mem_printf("%zu fields instead of %zu", entry->cells.count, b->header.count));
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

	b->name = file_absolute(path);
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
	free(b->name);
	free(b);
}

/* ---- asking ---- */

/* A batch while its lines are asked. */
struct resolving {
	struct batch *batch;
	struct session *session;
	const struct values *values;
	struct plan *plan;
	struct map *seen;		/* Study Instance UIDs of the plan */
	struct studies_found *found;
	char *name;			/* of the batch, in the ledger */
	struct map *questions;		/* asked by this run */
	size_t asked, kept;		/* lines asked by this run, and those that an earlier one asked */
};

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

		if (!b->tags[i])
			continue;
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

		if (!b->tags[i] || option_of(&own, b->tags[i]) || !*entry->cells.fields[i])
			continue;
		if (query_add_text(q, key, e) < 0)
			return -1;
		dataset_text(&c->keys, b->tags[i], dataset_get(&q->keys, b->tags[i]));
	}
	return query_check(q, MODEL_STUDY, e);
}

static void tell_left_out(struct entry *entry, const struct filter_tally *t)
{
	auto_buf struct buf words = BUF_INIT(2000);

	studies_left_out(t, &words);
	snprintf(entry->why, sizeof entry->why, "%.250s", buf_text(&words));
}

static void add_extra(const struct batch *b, const struct entry *entry, struct plan_study *in)
{
	struct json *cells = NULL;

	for (size_t i = 0; i < b->header.count; i++) {
		if (b->tags[i])
			continue;
		if (!cells)
			cells = json_new(JSON_OBJECT);
		json_set(cells, b->header.fields[i], json_string(entry->cells.fields[i]));
	}
	if (!cells)
		return;
	if (!in->extra)
		in->extra = json_new(JSON_OBJECT);
	json_set(in->extra, "batch", cells);
}

static void take_over(struct resolving *r, struct plan *part, struct entry *entry)
{
	for (size_t i = 0; i < part->count; i++) {
		struct plan_study *in = &part->studies[i];
		auto_free char *uid = mem_str(study_get(&in->study, STUDY_UID));

		value_trim(uid);
		entry->studies++;
		buf_printf(&entry->uids, "%s%s", entry->uids.len ? " " : "", uid);
		add_extra(r->batch, entry, in);
		if (map_put(r->seen, uid, NULL))
			*plan_add(r->plan) = *in;
		else
			plan_study_done(in);
	}
	part->count = 0;
}

/* ---- answers that are kept ---- */

/* All that a line is asked by and filtered by. */
static void describe_question(const struct query *q, const struct filter *c, struct buf *out)
{
	const char *here[] = { c->patient_name, c->patient_id, c->study_description, c->accession, c->modality, c->study_uid, c->include,
			       c->exclude, c->station_include, c->station_exclude };

	for (size_t i = 0; i < q->keys.count; i++)
		buf_printf(out, "%08x=%s\n", (unsigned)q->keys.elements[i].tag, q->keys.elements[i].value);
	for (size_t i = 0; i < countof(here); i++)
		buf_printf(out, "%s\n", here[i] ? here[i] : "");
	if (c->timed)
		buf_printf(out, "%d-%d\n", c->times.from, c->times.until);
	buf_printf(out, "%d\n", c->sr_only);
}

static void keep_answer(struct resolving *r, const char *question, const struct plan *part, const struct entry *entry)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(64));
	struct json *answer = json_new(JSON_OBJECT), *studies = json_new(JSON_ARRAY);
	struct err e = { ERR_NONE, "" };

	for (size_t i = 0; i < part->count; i++) {
		struct json *study = json_new(JSON_OBJECT);

		study_to_json(&part->studies[i].study, study);
		json_set(study, "counted", json_string(count_source_name(part->studies[i].counted)));
		json_add(studies, study);
	}
	json_set(answer, "studies", studies);
	json_set(answer, "reason", json_string(entry->why));
	json_write(&text, answer, false);
	json_free(answer);
	if (ledger_answer_put(r->session->ledger, r->name, question, buf_text(&text), &e) < 0)
		log_error("%s", e.text);
}

static int take_study(struct plan *part, const struct json *study, struct err *e)
{
	struct plan_study *in = plan_add(part);
	const char *counted = json_text(json_get(study, "counted"));

	if (study_from_json(&in->study, study, e) < 0 || !counted || !count_source_parse(counted, &in->counted))
		return -1;
	in->expected = in->counted == COUNT_NONE ? -1 : in->study.instances;
	return 0;
}

static void drop_studies(struct plan *part)
{
	for (size_t i = 0; i < part->count; i++)
		plan_study_done(&part->studies[i]);
	part->count = 0;
}

/* False when it was not asked before, or what was kept cannot be understood. */
static bool use_kept(struct resolving *r, const char *question, struct plan *part, struct entry *entry)
{
	auto_free char *text = ledger_answer(r->session->ledger, r->name, question);
	struct err ignored = { ERR_NONE, "" };
	struct json *answer = text ? json_parse(text, strlen(text), &ignored) : NULL;
	const struct json *studies = json_get(answer, "studies");
	const char *why = json_text(json_get(answer, "reason"));
	bool taken = studies && json_type(studies) == JSON_ARRAY;

	for (size_t i = 0; i < json_count(studies) && taken; i++)
		taken = take_study(part, json_at(studies, i), &ignored) == 0;
	if (taken && why)
		snprintf(entry->why, sizeof entry->why, "%s", why);
	json_free(answer);
	return taken;
}

/* ---- one line, and all of them ---- */

static int ask_entry(struct resolving *r, struct entry *entry, struct query *q, const struct filter *c, struct plan *part, struct err *e)
{
	struct studies_found found;
	auto_buf struct buf question = BUF_INIT(BUF_MB(1));

	facts_steer(r->session, &part->how.peer, q);
	describe_question(q, c, &question);
	if (use_kept(r, buf_text(&question), part, entry)) {
		if (map_has(r->questions, buf_text(&question)))
			r->asked++;
		else
			r->kept++;
		return 0;
	}
	drop_studies(part);
	if (studies_query(r->session, part, q, c, &found, e) < 0)
		return -1;
	r->asked++;
	map_put(r->questions, buf_text(&question), NULL);
	tell_left_out(entry, &found.tally);
	studies_found_add(r->found, &found);
	if (!found.result.whole)
		fail_entry(entry, mem_printf("%.250s", found.result.statement));
	else
		keep_answer(r, buf_text(&question), part, entry);
	return 0;
}

static void judge_entry(struct entry *entry)
{
	if (entry->outcome == ACCOUNT_ERROR)
		return;
	if (!entry->studies)
		entry->outcome = ACCOUNT_NONE;
	else
		entry->outcome = entry->studies > 1 ? ACCOUNT_SEVERAL : ACCOUNT_FOUND;
}

static int resolve_entry(struct resolving *r, struct entry *entry, struct err *e)
{
	struct err why = { ERR_NONE, "" };
	struct plan part;
	struct query q;
	struct filter c;
	bool asked = false;

	plan_init(&part);
	part.how.peer = r->plan->how.peer;
	part.how.retries = r->plan->how.retries;
	part.how.retry_wait_s = r->plan->how.retry_wait_s;
	if (make_query(r->batch, entry, r->values, &q, &c, &why) == 0) {
		asked = true;
		if (ask_entry(r, entry, &q, &c, &part, &why) == 0)
			take_over(r, &part, entry);
	}
	filter_done(&c);
	query_done(&q);
	plan_done(&part);
	if (asked && err_stops_asking(why.kind)) {
		*e = why;
		return err_in(e, "line %ld", entry->line);
	}
	if (why.kind)
		fail_entry(entry, mem_str(why.text));
	judge_entry(entry);
	log_verbose("line %ld: %zu stud%s", entry->line, entry->studies, entry->studies == 1 ? "y" : "ies");
	return 0;
}

/* On a terminal the line that is asked; nothing where there is none. */
static void show_progress(const struct resolving *r, size_t done)
{
	const struct values *v = r->values;

	if (v->quiet || v->verbose || v->debug || (v->progress && strcmp(v->progress, "auto") != 0) || !isatty(STDERR_FILENO))
		return;
	if (done < r->batch->count)
		fprintf(stderr, "\rAsking: line %zu of %zu ", done + 1, r->batch->count);
	else
		fprintf(stderr, "\r%40s\r", "");
	fflush(stderr);
}

static void tell_kept(const struct resolving *r, int failed)
{
	if (r->kept)
		log_warning("%zu line%s asked before an interruption: the answers that were kept are used", r->kept, r->kept == 1 ? " was" : "s were");
	if (failed && r->asked + r->kept)
		log_warning("%zu of %zu lines are answered and kept: the same command goes on from there", r->asked + r->kept, r->batch->count);
}

static int resolve_entries(struct resolving *r, struct err *e)
{
	struct batch *b = r->batch;
	struct err ignored = { ERR_NONE, "" };
	int failed = 0;

	for (size_t i = 0; i < b->count && !failed; i++) {
		show_progress(r, i);
		if (b->entries[i].outcome == ACCOUNT_UNASKED)
			failed = resolve_entry(r, &b->entries[i], e);
	}
	show_progress(r, b->count);
	tell_kept(r, failed);
	if (!failed)
		ledger_answers_drop(r->session->ledger, r->name, &ignored);
	return failed;
}

static void keep_account(const struct batch *b, const char *path, struct plan *plan)
{
	account_begin(plan, path, (const char *const *)b->header.fields, b->header.count);
	for (size_t i = 0; i < b->count; i++) {
		struct entry *entry = &b->entries[i];

		account_add(plan, &(struct account_line){ .line = entry->line, .cells = (const char *const *)entry->cells.fields, .count = entry->cells.count,
							  .outcome = entry->outcome, .uids = buf_text(&entry->uids), .reason = entry->why });
	}
}

int batch_resolve(struct batch *b, struct session *s, const struct values *v, struct plan *plan, struct studies_found *found, struct err *e)
{
	char node[300];
	struct err ignored = { ERR_NONE, "" };
	struct resolving r = { .batch = b, .session = s, .values = v, .plan = plan, .seen = map_new(), .questions = map_new(), .found = found };
	int failed;

	peer_key(&plan->how.peer, node);
	r.name = mem_printf("%s %s %s", node, model_name(plan->how.peer.model), b->name);
	memset(found, 0, sizeof *found);
	found->result.whole = true;
	failed = resolve_entries(&r, e);
	map_free(r.seen, NULL);
	map_free(r.questions, NULL);
	free(r.name);
	if (batch_errors(b)) {
		found->result.whole = false;
		plan_not_covered(plan, "some lines of the batch could not be answered");
	}
	keep_account(b, v->batch_report, plan);
	if (failed && account_write(plan, NULL, &ignored) < 0)
		log_error("%s", ignored.text);
	return failed;
}

size_t batch_errors(const struct batch *b)
{
	size_t count = 0;

	for (size_t i = 0; i < b->count; i++)
		count += b->entries[i].outcome == ACCOUNT_ERROR;
	return count;
}

int batch_report(const struct plan *plan, const struct values *v, struct err *e)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(1024)), line = BUF_INIT(1000);

	if (account_write(plan, NULL, e) < 0)
		return -1;
	account_summary(plan, &line);
	if (!v->quiet)
		fprintf(stderr, "%s\n", buf_text(&line));
	if (v->batch_report)
		return 0;
	if (account_text(plan, NULL, &text, e) < 0)
		return -1;
	fputs(buf_text(&text), stdout);
	fflush(stdout);
	return 0;
}
