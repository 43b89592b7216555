/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An attribute that the PACS did not return leaves a study in. */
#include "core/plan/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "dicom/tag.h"
#include "parse/span.h"

void filter_done(struct filter *c)
{
	free(c->patient_name);
	free(c->patient_id);
	free(c->study_description);
	free(c->accession);
	free(c->modality);
	free(c->study_uid);
	free(c->include);
	free(c->exclude);
	free(c->station_include);
	free(c->station_exclude);
	dataset_done(&c->keys);
	*c = (struct filter){ 0 };
}

struct asking {
	const struct filter *want;
	const struct study *study;
	char *room;
	size_t size;
	const char *unknown;		/* the first attribute that was asked about and is not there */
};

static bool asked(const char *pattern)
{
	return pattern && *pattern;
}

/* NULL when it was not returned, which is noted. */
static const char *returned(struct asking *a, enum study_field field, const char *called)
{
	const char *value = study_get(a->study, field);

	if (*value)
		return value;
	if (!a->unknown)
		a->unknown = called;
	return NULL;
}

/* A name as long as the pattern: who asks for "SMITH" or "SMITH^JOHN" says nothing of further components. */
static bool name_matches(const char *pattern, struct span group)
{
	size_t components = 1;
	auto_free char *name = mem_strn(group.text, group.len);
	char *at = name;

	for (const char *p = pattern; *p; p++)
		components += *p == '^';
	if (value_matches(pattern, name, true))
		return true;
	while (components-- && (at = strchr(at, '^')))
		at++;
	if (at)
		at[-1] = '\0';
	return value_matches(pattern, name, true);
}

/* Any of the component groups (alphabetic=ideographic=phonetic), or the whole; empty components at the end are nothing. */
static bool any_name_matches(const char *given, const char *name)
{
	auto_free char *pattern = mem_str(given);
	size_t len = strlen(pattern);

	while (len && (pattern[len - 1] == '^' || pattern[len - 1] == ' '))
		pattern[--len] = '\0';
	if (value_matches(pattern, name, true))
		return true;
	while (name)
		if (name_matches(pattern, span_next(&name, "=")))
			return true;
	return false;
}

/* The values stay out of the sentence: it goes where patients are not named. */
static bool meets_name(struct asking *a)
{
	const char *has;

	if (!asked(a->want->patient_name) || !(has = returned(a, STUDY_PATIENT_NAME, "patient name")) ||
	    any_name_matches(a->want->patient_name, has))
		return true;
	snprintf(a->room, a->size, "patient name is not the one asked for");
	return false;
}

static bool meets_patient_id(struct asking *a)
{
	const char *has;

	if (!asked(a->want->patient_id) || !(has = returned(a, STUDY_PATIENT_ID, "patient ID")) ||
	    value_matches(a->want->patient_id, has, false))
		return true;
	snprintf(a->room, a->size, "patient ID is not the one asked for");
	return false;
}

static bool meets_accession(struct asking *a)
{
	const char *has;

	if (!asked(a->want->accession) || !(has = returned(a, STUDY_ACCESSION, "accession number")) ||
	    value_matches(a->want->accession, has, false))
		return true;
	snprintf(a->room, a->size, "accession number is not the one asked for");
	return false;
}

static bool meets_uid(struct asking *a)
{
	auto_free char *uid = mem_str(study_get(a->study, STUDY_UID));

	if (!asked(a->want->study_uid) || value_has(a->want->study_uid, value_trim(uid)))
		return true;
	snprintf(a->room, a->size, "study %s is not among those asked for", uid);
	return false;
}

static bool meets_dates(struct asking *a)
{
	const struct date_range *dates = &a->want->dates;
	const char *has;
	char range[20];
	int date;

	if ((!dates->from && !dates->until) || !(has = returned(a, STUDY_DATE, "study date")))
		return true;
	date = date_parse(has);
	if (!date) {				/* "2024.01.05", as ACR-NEMA wrote it, and worse */
		a->unknown = a->unknown ? a->unknown : "study date";
		return true;
	}
	if (date_range_has(dates, date))
		return true;
	date_range_format(dates, range);
	snprintf(a->room, a->size, "study date %d is outside %s", date, range);
	return false;
}

static bool meets_modality(struct asking *a)
{
	const char *rest = a->want->modality, *has;

	if (!asked(rest) || !(has = returned(a, STUDY_MODALITIES, "modality")))
		return true;
	while (rest) {
		struct span part = span_next(&rest, ",\\");
		auto_free char *word = mem_strn(part.text, part.len);

		if (part.len && value_has(has, word))
			return true;
	}
	snprintf(a->room, a->size, "modality %s is not %s", has, a->want->modality);
	return false;
}

/* The first of the comma-separated words that text contains, yours; NULL.  Tells whether there were any. */
static char *find_word(const char *words, const char *text, bool *ret_any)
{
	*ret_any = false;
	while (words) {
		struct span part = span_next(&words, ",");
		auto_free char *word = mem_strn(part.text, part.len);

		*ret_any |= part.len > 0;
		if (part.len && value_contains_fold(text, word))
			return mem_str(word);
	}
	return NULL;
}

static bool meets_sr_only(struct asking *a)
{
	const char *has;
	bool any = true;

	if (!a->want->sr_only || !(has = returned(a, STUDY_MODALITIES, "modality")))
		return true;
	for (const char *rest = has; rest;) {
		struct span part = span_next(&rest, "\\");

		any = !part.len || span_is(part, "SR");
		if (!any)
			rest = NULL;
	}
	if (!any)
		snprintf(a->room, a->size, "modality %s is more than SR", has);
	return any;
}

static bool meets_times(struct asking *a)
{
	const struct filter *want = a->want;
	const char *has;
	int second;

	if (!want->timed || !(has = returned(a, STUDY_TIME, "study time")))
		return true;
	second = time_seconds(has);
	if (second < 0) {
		a->unknown = a->unknown ? a->unknown : "study time";
		return true;
	}
	if (second >= want->times.from && second <= want->times.until)
		return true;
	snprintf(a->room, a->size, "study time %s is outside of what was asked for", has);
	return false;
}

static bool meets_station(struct asking *a)
{
	const struct filter *want = a->want;
	bool any_include, any_exclude;
	auto_free char *kept = NULL, *left_out = NULL;
	const char *has;

	if ((!asked(want->station_include) && !asked(want->station_exclude)) || !(has = returned(a, STUDY_STATION, "station name")))
		return true;
	kept = find_word(want->station_include, has, &any_include);
	left_out = find_word(want->station_exclude, has, &any_exclude);
	if (any_include && !kept)
		snprintf(a->room, a->size, "station name has none of the words %s", want->station_include);
	else if (left_out)
		snprintf(a->room, a->size, "station name has the word %s", left_out);
	return !left_out && (kept || !any_include);
}

bool filter_need_series(const struct filter *c, const struct study *s)
{
	if ((asked(c->modality) || c->sr_only) && !*study_get(s, STUDY_MODALITIES))
		return true;
	return (asked(c->station_include) || asked(c->station_exclude)) && !*study_get(s, STUDY_STATION);
}

static bool meets_words(struct asking *a)
{
	const char *has;
	bool any_include, any_exclude;
	auto_free char *kept = NULL, *left_out = NULL;

	if (!(has = returned(a, STUDY_DESCRIPTION, "study description")))
		return true;
	kept = find_word(a->want->include, has, &any_include);
	left_out = find_word(a->want->exclude, has, &any_exclude);
	if (any_include && !kept)
		snprintf(a->room, a->size, "study description has none of the words %s", a->want->include);
	else if (left_out)
		snprintf(a->room, a->size, "study description has the word %s", left_out);
	return !left_out && (kept || !any_include);
}

static bool meets_description(struct asking *a)
{
	const struct filter *want = a->want;
	const char *has;

	if (asked(want->study_description) && (has = returned(a, STUDY_DESCRIPTION, "study description")) &&
	    !value_matches(want->study_description, has, true)) {
		snprintf(a->room, a->size, "study description does not match %s", want->study_description);
		return false;
	}
	return (!asked(want->include) && !asked(want->exclude)) || meets_words(a);
}

enum filter_part filter_miss(const struct filter *c, const struct study *s, char *room, size_t size, const char **ret_unknown)
{
	static const struct { enum filter_part part; bool (*meets)(struct asking *); } parts[] = {
		{ FILTER_UID, meets_uid }, { FILTER_DATE, meets_dates }, { FILTER_TIME, meets_times }, { FILTER_MODALITY, meets_modality },
		{ FILTER_SR_ONLY, meets_sr_only }, { FILTER_DESCRIPTION, meets_description }, { FILTER_STATION, meets_station },
		{ FILTER_PATIENT_NAME, meets_name }, { FILTER_PATIENT_ID, meets_patient_id }, { FILTER_ACCESSION, meets_accession },
	};
	struct asking a = { c, s, room, size, NULL };
	enum filter_part missed = FILTER_MET;

	if (size)
		*room = '\0';
	for (size_t i = 0; i < countof(parts) && !missed; i++)
		if (!parts[i].meets(&a))
			missed = parts[i].part;
	if (ret_unknown)
		*ret_unknown = a.unknown;
	return missed;
}

/* ---- further keys ---- */

static bool date_meets(const char *wanted, const char *has)
{
	struct date_range range;
	struct err ignored = { ERR_NONE, "" };
	int date = date_parse(has);

	return !date || date_range_parse(wanted, &range, &ignored) < 0 || date_range_has(&range, date);
}

static bool time_meets(const char *wanted, const char *has)
{
	struct time_range range;
	struct err ignored = { ERR_NONE, "" };
	int second = time_seconds(has);

	return second < 0 || time_range_parse(wanted, &range, &ignored) < 0 || (second >= range.from && second <= range.until);
}

/* "7" and "007", "1.5" and "1.50" */
static bool same_number(const char *wanted, const char *has)
{
	char *end, *end_has;
	double a = strtod(wanted, &end), b = strtod(has, &end_has);

	return end != wanted && end_has != has && !*end && !*end_has && a >= b && a <= b;
}

static bool one_value_meets(uint32_t tag, const char *wanted, const char *has)
{
	const char *vr = tag_vr(tag);
	const bool exact = tag == TAG_PatientID || strstr("UI AE CS SH", vr);

	if (!strcmp(vr, "DA"))
		return date_meets(wanted, has);
	if (!strcmp(vr, "TM"))
		return time_meets(wanted, has);
	if (!strcmp(vr, "DT"))
		return true;
	if (!strcmp(vr, "PN"))
		return any_name_matches(wanted, has);
	return same_number(wanted, has) || value_matches(wanted, has, !exact);
}

/* Any of the values wanted against any of those that are there. */
static bool key_meets(uint32_t tag, const char *wanted, const char *has)
{
	for (const char *want = wanted; want;) {
		struct span one = span_next(&want, "\\");
		auto_free char *pattern = mem_strn(one.text, one.len);

		for (const char *value = has; value;) {
			struct span other = span_next(&value, "\\");
			auto_free char *text = mem_strn(other.text, other.len);

			if (one_value_meets(tag, value_trim(pattern), value_trim(text)))
				return true;
		}
	}
	return false;
}

/* A study has modalities where a series has one. */
static const char *value_of(const struct dataset *row, uint32_t tag)
{
	const char *all = tag == TAG_Modality ? dataset_get(row, TAG_ModalitiesInStudy) : "";

	return *all ? all : dataset_get(row, tag);
}

uint32_t filter_miss_key(const struct filter *c, const struct dataset *row, uint32_t *ret_unknown)
{
	*ret_unknown = 0;
	for (size_t i = 0; i < c->keys.count; i++) {
		const struct element *key = &c->keys.elements[i];
		const char *has = value_of(row, key->tag);

		if (!key->len)
			continue;
		if (!*has && !*ret_unknown)
			*ret_unknown = key->tag;
		if (*has && !key_meets(key->tag, key->value, has))
			return key->tag;
	}
	return 0;
}

/* ---- how many were left out ---- */

static const char *const part_names[FILTER_PARTS] = {
	"", "study UID", "study date", "study time", "modality", "SR only", "study description", "station name", "patient name",
	"patient ID", "accession number", "key",
};

bool filter_keep_study(const struct filter *c, const struct study *study, struct filter_tally *t)
{
	char room[200];
	enum filter_part part = filter_miss(c, study, room, sizeof room, NULL);

	if (part == FILTER_MET)
		return true;
	t->left_out++;
	t->by[part]++;
	log_debug("left out: %s: %s", study_get(study, STUDY_UID), room);
	return false;
}

bool filter_keep(const struct filter *c, const struct study *study, const struct dataset *row, struct filter_tally *t)
{
	uint32_t unknown, failed;

	if (!filter_keep_study(c, study, t))
		return false;
	failed = filter_miss_key(c, row, &unknown);
	if (failed) {
		t->left_out++;
		t->by[FILTER_KEY]++;
		if (!t->key)
			t->key = failed;
		log_debug("left out: %s: %s", study_get(study, STUDY_UID), tag_name(failed));
		return false;
	}
	t->untold += unknown != 0;
	if (!t->untold_key)
		t->untold_key = unknown;
	return true;
}

void filter_tally_add(struct filter_tally *all, const struct filter_tally *one)
{
	all->left_out += one->left_out;
	for (size_t i = 0; i < FILTER_PARTS; i++)
		all->by[i] += one->by[i];
	all->key = all->key ? all->key : one->key;
	all->untold += one->untold;
	all->untold_key = all->untold_key ? all->untold_key : one->untold_key;
}

void filter_tally_words(const struct filter_tally *t, struct buf *out)
{
	for (size_t i = 0; i < FILTER_PARTS; i++)
		if (t->by[i])
			buf_printf(out, "%s%s %d", out->len ? ", " : "", i == FILTER_KEY ? tag_name(t->key) : part_names[i], t->by[i]);
}
