/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An attribute that the PACS did not return leaves a study in. */
#include "core/plan/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/span.h"

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
static bool meets_identity(struct asking *a)
{
	const struct filter *want = a->want;
	const char *has, *miss = NULL;

	if (asked(want->patient_name) && (has = returned(a, STUDY_PATIENT_NAME, "patient name")) &&
	    !any_name_matches(want->patient_name, has))
		miss = "patient name";
	if (asked(want->patient_id) && (has = returned(a, STUDY_PATIENT_ID, "patient ID")) &&
	    !value_matches(want->patient_id, has, false))
		miss = "patient ID";
	if (asked(want->accession) && (has = returned(a, STUDY_ACCESSION, "accession number")) &&
	    !value_matches(want->accession, has, false))
		miss = "accession number";
	if (miss)
		snprintf(a->room, a->size, "%s is not the one asked for", miss);
	return !miss;
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
		{ FILTER_IDENTITY, meets_identity },
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
