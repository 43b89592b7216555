/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules, each a function that either has what it needs or marks the series whose objects must be listed first.  Nothing is listed
 * that no rule asks about: a CT of thousands of images is decided by its reports. */
#include "core/plan/dose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "dicom/value.h"

#define RADIATION_DOSE_SR "1.2.840.10008.5.1.4.1.1.88.67"
#define ENHANCED_SR "1.2.840.10008.5.1.4.1.1.88.22"
#define FEW 5

static const struct { unsigned kind; const char *name, *first, *second; } kinds[] = {
	{ DOSE_MG, "MG", "MG", NULL },
	{ DOSE_DX, "DX", "DX", "CR" },
	{ DOSE_FL, "FL", "XA", "RF" },
	{ DOSE_CT, "CT", "CT", NULL },
	{ DOSE_SR, "SR", "SR", NULL },
};

/* The part before the next comma, trimmed; *rest moves behind it, NULL at the end.  Yours. */
static char *next_word(const char **rest)
{
	size_t len = strcspn(*rest, ",");
	char *word = mem_strn(*rest, len);

	*rest = (*rest)[len] ? *rest + len + 1 : NULL;
	return value_trim(word);
}

static bool in_list(const char *list, const char *value)
{
	while (list) {
		auto_free char *word = next_word(&list);

		if (*word && !strcasecmp(word, value))
			return true;
	}
	return false;
}

static bool has_word(const char *list, const char *text)
{
	while (list) {
		auto_free char *word = next_word(&list);

		if (*word && value_contains_fold(text, word))
			return true;
	}
	return false;
}

bool dose_wants(const struct dose_rules *r)
{
	return r->dose || r->series_modality || r->series_description || r->sop_class;
}

static unsigned kind_of(const char *modality)
{
	for (size_t i = 0; i < countof(kinds); i++)
		if (!strcasecmp(modality, kinds[i].first) || (kinds[i].second && !strcasecmp(modality, kinds[i].second)) ||
		    !strcasecmp(modality, kinds[i].name))
			return kinds[i].kind;
	return 0;
}

int dose_kinds_parse(const char *modalities, unsigned *ret_kinds, struct err *e)
{
	unsigned found = 0;

	while (modalities) {
		auto_free char *word = next_word(&modalities);

		if (*word && !kind_of(word))
			return err_set(e, ERR_USAGE, "the dose rules know MG, DX, CR, XA, RF, CT and SR, not '%.40s'", word);
		found |= *word ? kind_of(word) : 0;
	}
	*ret_kinds = found ? found : DOSE_IMAGING;
	return 0;
}

bool dose_is_kind(const char *modality, const char *modalities)
{
	for (size_t i = 0; i < countof(kinds); i++)
		if (kinds[i].kind == kind_of(modality))
			return value_has(modalities, kinds[i].first) || (kinds[i].second && value_has(modalities, kinds[i].second));
	return false;
}

void dose_modalities(unsigned wanted, char out[40])
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < countof(kinds); i++)
		if (wanted & kinds[i].kind)
			len += (size_t)snprintf(out + len, 40 - len, "%s%s%s%s", len ? "," : "", kinds[i].first,
						kinds[i].second ? "," : "", kinds[i].second ? kinds[i].second : "");
}

/* ---- what is known of a study ---- */

void dose_study_done(struct dose_study *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->series[i].uid);
		free(s->series[i].modality);
		free(s->series[i].description);
		wanted_done(&s->series[i].objects);
	}
	free(s->series);
	*s = (struct dose_study){ 0 };
}

struct dose_series *dose_add(struct dose_study *s, const char *uid, const char *modality, const char *description, int count)
{
	struct dose_series *series;

	mem_grow(s->series, s->count, s->room);
	series = &s->series[s->count++];
	*series = (struct dose_series){ .uid = mem_str(uid), .modality = mem_str(modality), .description = mem_str(description),
					  .count = count };
	return series;
}

static bool is_sr(const struct dose_series *s)
{
	return !strcasecmp(s->modality, "SR");
}

/* Presentation states, key objects, documents: neither images nor reports. */
static bool is_image(const struct dose_series *s)
{
	static const char others[] = "SR,PR,KO,DOC,AU,REG,PLAN,RTPLAN,RTSTRUCT,RTRECORD,FID,RWV,ECG,EPS,HD,SMR";

	return !in_list(others, s->modality);
}

static bool has_modality(const struct dose_study *s, const char *modality)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcasecmp(s->series[i].modality, modality))
			return true;
	return value_has(s->modalities, modality);
}

static bool is_sr_alone(const struct dose_study *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (!is_sr(&s->series[i]))
			return false;
	return s->count > 0;
}

/* The place in kinds, or -1. */
static int take_as(const struct dose_rules *r, const struct dose_study *s)
{
	for (size_t i = 0; i < countof(kinds); i++) {
		if (!(r->kinds & kinds[i].kind))
			continue;
		if (kinds[i].kind == DOSE_SR ? is_sr_alone(s)
					       : has_modality(s, kinds[i].first) || (kinds[i].second && has_modality(s, kinds[i].second)))
			return (int)i;
	}
	return -1;
}

/* ---- the rules ---- */

enum { NEEDS_LISTS = -1 };

static bool holds(const struct dose_series *s, const char *sop_class)
{
	for (size_t i = 0; i < s->objects.count; i++)
		if (!strcmp(s->objects.items[i].sop_class, sop_class))
			return true;
	return false;
}

/* Marks those that must be listed; true when none must. */
static bool all_listed(struct dose_study *s, bool (*concerns)(const struct dose_series *))
{
	bool listed = true;

	for (size_t i = 0; i < s->count; i++)
		if (concerns(&s->series[i]) && s->series[i].list == LIST_UNKNOWN) {
			s->series[i].ask = true;
			listed = false;
		}
	return listed;
}

/* How many series hold such a report: they are kept, the report alone or with all that is beside it. */
static int keep_reports(struct dose_study *s, const char *sop_class, bool whole)
{
	int kept = 0;

	for (size_t i = 0; i < s->count; i++)
		if (is_sr(&s->series[i]) && holds(&s->series[i], sop_class)) {
			s->series[i].kept = true;
			s->series[i].classes = whole ? NULL : sop_class;
			kept++;
		}
	return kept;
}

/* Objects of which the PACS tells no SOP class may be anything. */
static bool is_unclassed(const struct dose_series *s)
{
	for (size_t i = 0; i < s->objects.count; i++)
		if (!*s->objects.items[i].sop_class)
			return true;
	return false;
}

static bool has_unclassed(const struct dose_study *s, bool reports)
{
	for (size_t i = 0; i < s->count; i++)
		if ((!reports || is_sr(&s->series[i])) && is_unclassed(&s->series[i]))
			return true;
	return false;
}

static int keep_empty_reports(struct dose_study *s)
{
	int kept = 0;

	for (size_t i = 0; i < s->count; i++)
		if (is_sr(&s->series[i]) && (s->series[i].list == LIST_EMPTY || is_unclassed(&s->series[i]))) {
			s->series[i].kept = true;
			kept++;
		}
	return kept;
}

static int keep_if(struct dose_study *s, bool (*fits)(const struct dose_series *))
{
	int kept = 0;

	for (size_t i = 0; i < s->count; i++)
		if (fits(&s->series[i])) {
			s->series[i].kept = true;
			kept++;
		}
	return kept;
}

static bool is_dose_info(const struct dose_series *s)
{
	return value_contains_fold(s->description, "dose info");
}

static bool is_uncounted(const struct dose_series *s)
{
	return s->count < 0;
}

static bool has_few(const struct dose_series *s)
{
	size_t count = s->count >= 0 ? (size_t)s->count : s->objects.count;

	return count > 0 && count <= FEW;
}

static bool is_described(const struct dose_study *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (*s->series[i].description)
			return true;
	return false;
}

/* What the PACS has of dose reports: the words for it, NULL when it has none. */
static const char *keep_dose_reports(const struct dose_rules *r, struct dose_study *s, bool plain)
{
	if (keep_reports(s, RADIATION_DOSE_SR, plain))
		return "Radiation Dose SR";
	if (!plain && keep_reports(s, ENHANCED_SR, false))
		return "Enhanced SR, as there is no Radiation Dose SR";
	if (r->empty_sr && keep_empty_reports(s))
		return "SR of which the PACS does not tell what it is (--empty-sr)";
	return NULL;
}

/* The older Philips, and what remains to a PACS without descriptions. */
static const char *keep_dose_images(struct dose_study *s)
{
	if (keep_if(s, is_dose_info))
		return "series described \"dose info\", as there is no dose report";
	if (!is_described(s) && keep_if(s, has_few))
		return "series of five objects or fewer, as there is no dose report and the PACS returns no series descriptions";
	return NULL;
}

static int say_none(const struct dose_rules *r, char *why, size_t room)
{
	char wanted[40];

	dose_modalities(r->kinds & DOSE_IMAGING, wanted);
	snprintf(why, room, r->kinds == DOSE_SR ? "not SR alone" : r->kinds & DOSE_SR ? "none of %s, nor SR alone" : "none of %s", wanted);
	return 0;
}

bool dose_is_none(const struct dose_rules *r, const char *modalities, char *why, size_t room)
{
	if (!r->dose || !*modalities)
		return false;
	for (size_t i = 0; i < countof(kinds); i++)
		if ((r->kinds & kinds[i].kind) && (kinds[i].kind == DOSE_SR ? !strcmp(modalities, "SR")
									       : dose_is_kind(kinds[i].first, modalities)))
			return false;
	say_none(r, why, room);
	return true;
}

/* 1, 0, or NEEDS_LISTS. */
static int keep_dose(const struct dose_rules *r, struct dose_study *s, char *why, size_t room)
{
	int as = take_as(r, s);
	unsigned kind;
	const char *what;

	if (as < 0)
		return say_none(r, why, room);
	kind = kinds[as].kind;
	if (!all_listed(s, is_sr))
		return NEEDS_LISTS;
	what = keep_dose_reports(r, s, kind == DOSE_MG || kind == DOSE_DX);
	if (!what && (kind == DOSE_MG || kind == DOSE_DX))
		what = keep_if(s, is_image) ? "images, as there is no Radiation Dose SR" : NULL;
	if (!what && kind == DOSE_CT) {
		if (!is_described(s) && !all_listed(s, is_uncounted))
			return NEEDS_LISTS;
		what = keep_dose_images(s);
	}
	snprintf(why, room, "%s: %s%s", kinds[as].name, what ? what : kind == DOSE_CT ? "no dose report and no dose info series" :
		 kind == DOSE_MG || kind == DOSE_DX ? "no dose report and no images" : "no dose report",
		 has_unclassed(s, true) ? " (the PACS tells no SOP class of an SR)" : "");
	return what ? 1 : 0;
}

static const char *untold(const struct dose_rules *r, const struct dose_study *s)
{
	if (r->series_description && !is_described(s))
		return " (the PACS returns no series descriptions)";
	return r->sop_class && has_unclassed(s, false) ? " (the PACS returns no SOP classes)" : "";
}

static bool meets_freely(const struct dose_rules *r, const struct dose_series *s)
{
	return (!r->series_modality || in_list(r->series_modality, s->modality)) &&
	       (!r->series_description || has_word(r->series_description, s->description));
}

static bool object_is_kept(const struct dose_rules *r, const struct dose_series *s, const struct wanted *object)
{
	return s->kept && (!s->classes || !strcmp(s->classes, object->sop_class)) &&
	       (!r->sop_class || in_list(r->sop_class, object->sop_class));
}

static bool is_whole(const struct dose_rules *r, const struct dose_series *s)
{
	if (!s->kept)
		return false;
	for (size_t i = 0; i < s->objects.count; i++)
		if (!object_is_kept(r, s, &s->objects.items[i]))
			return false;
	return !(s->classes || r->sop_class) || s->list == LIST_KNOWN;
}

struct tally {
	size_t kept, whole;		/* series; those kept whole */
	size_t unlisted;		/* kept, but the PACS lists no objects of them */
	size_t last;			/* the last one kept */
};

static struct tally count_kept(const struct dose_rules *r, const struct dose_study *s)
{
	struct tally t = { 0, 0, 0, 0 };

	for (size_t i = 0; i < s->count; i++) {
		if (!s->series[i].kept)
			continue;
		t.kept++;
		t.last = i;
		t.whole += is_whole(r, &s->series[i]);
		t.unlisted += s->series[i].list == LIST_EMPTY;
	}
	return t;
}

static bool is_kept(const struct dose_series *s)
{
	return s->kept;
}

/* By SOP class: series of which no object remains go. */
static void drop_without_objects(const struct dose_rules *r, struct dose_study *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct dose_series *series = &s->series[i];
		bool any = false;

		for (size_t n = 0; n < series->objects.count; n++)
			any |= object_is_kept(r, series, &series->objects.items[n]);
		series->kept &= any;
	}
}

/* Whole studies and single whole series are asked for as such; all else by its objects. */
static bool needs_objects(const struct dose_study *s, const struct tally *t)
{
	return !(t->whole == t->kept && (t->kept == s->count || t->kept == 1));
}

enum selected dose_decide(const struct dose_rules *r, struct dose_study *s, char *why, size_t room)
{
	struct tally t;

	for (size_t i = 0; i < s->count; i++) {
		s->series[i].ask = s->series[i].kept = false;
		s->series[i].classes = NULL;
	}
	snprintf(why, room, "the PACS lists no series of it");
	if (!s->count)
		return DOSE_LEAVE;
	if (r->dose) {
		int kept = keep_dose(r, s, why, room);

		if (kept <= 0)
			return kept == NEEDS_LISTS ? DOSE_ASK : DOSE_LEAVE;
	}
	for (size_t i = 0; i < s->count; i++)
		s->series[i].kept = (!r->dose || s->series[i].kept) && meets_freely(r, &s->series[i]);
	if (r->sop_class) {
		if (!all_listed(s, is_kept))
			return DOSE_ASK;
		drop_without_objects(r, s);
	}
	t = count_kept(r, s);
	if (!t.kept) {
		snprintf(why, room, "no series %smeets the %sconditions%s", r->dose ? "of the dose rules " : "", r->dose ? "other " : "",
			 untold(r, s));
		return DOSE_LEAVE;
	}
	if (!r->dose)
		snprintf(why, room, "series that meet the conditions");
	if (!needs_objects(s, &t))
		return DOSE_TAKE;
	if (!all_listed(s, is_kept))
		return DOSE_ASK;
	if (t.unlisted) {
		snprintf(why, room, "%zu of %zu series are wanted, and the PACS does not list their objects", t.kept, s->count);
		return DOSE_LEAVE;
	}
	return DOSE_TAKE;
}

void dose_apply(const struct dose_rules *r, const struct dose_study *s, struct plan_study *in)
{
	struct tally t = count_kept(r, s);
	const struct dose_series *last = &s->series[t.last];

	if (t.kept == s->count && t.whole == t.kept)
		return;
	if (t.kept == 1 && t.whole == 1) {
		free(in->series_uid);
		in->series_uid = mem_str(last->uid);
		in->expected = last->list == LIST_KNOWN ? (int)last->objects.count : last->count;
		in->counted = last->list == LIST_KNOWN ? COUNT_IMAGES : last->count >= 0 ? COUNT_SERIES : COUNT_NONE;
		return;
	}
	wanted_done(&in->only);
	for (size_t i = 0; i < s->count; i++)
		for (size_t n = 0; n < s->series[i].objects.count; n++) {
			const struct wanted *o = &s->series[i].objects.items[n];

			if (object_is_kept(r, &s->series[i], o))
				wanted_add(&in->only, s->series[i].uid, o->sop, o->sop_class);
		}
	in->expected = (int)in->only.count;
	in->counted = COUNT_IMAGES;
}
