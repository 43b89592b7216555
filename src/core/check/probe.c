/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each question is about a study that the PACS itself named, so that the answer is small and known.  The rule: "yes" and "no" need a
 * counter-example; what has none is not learned. */
#include "core/check/probe_p.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/search/search.h"
#include "dicom/charset.h"
#include "dicom/query.h"
#include "dicom/tag.h"
#include "dicom/value.h"

#define SAMPLE_ROWS 2000L		/* more than that are not read in search of a sample */
#define ROWS_MAX 20000L
#define NOBODY "ZZQXNOBODY"
#define NO_MODALITY "HC"		/* hard copy: defined, and in no archive */

void probe_say(struct probing *p, const char *what, const char *value, const char *fmt, ...)
{
	struct probe_line *line = &p->out->lines[p->out->count++];
	va_list args;

	line->what = what;
	snprintf(line->value, sizeof line->value, "%s", value ? value : "");
	va_start(args, fmt);
	vsnprintf(line->evidence, sizeof line->evidence, fmt, args);
	va_end(args);
	log_clean(line->evidence);
	log_clean(line->value);
	if (line->value[0])
		facts_learn(p->session, p->peer, what, line->value);
	if (p->line)
		p->line(p->owner, line);
}

/* ---- asking ---- */

struct answer {
	struct find_rows rows;
	char words[200];		/* "3 rows in 40 ms", or why not */
};

static bool ends_probe(const struct err *why)
{
	return err_ends_all(why->kind) || why->kind == ERR_UNREACHABLE;
}

static int ask_by(struct probing *p, const struct peer *peer, struct query *q, long rows_max, struct answer *a, struct err *e)
{
	int failed = find_now(p->session, peer, q, rows_max, &a->rows, e);

	query_done(q);
	p->out->requests++;
	if (failed)
		return -1;
	if (ends_probe(&a->rows.result.why)) {
		*e = a->rows.result.why;
		find_rows_done(&a->rows);
		return -1;
	}
	if (a->rows.result.why.kind)
		snprintf(a->words, sizeof a->words, "%.190s", a->rows.result.why.text);
	else
		snprintf(a->words, sizeof a->words, "%zu row%s in %lld ms", a->rows.count, a->rows.count == 1 ? "" : "s",
			 (long long)a->rows.result.ms);
	return 0;
}

static int ask(struct probing *p, struct query *q, struct answer *a, struct err *e)
{
	return ask_by(p, p->peer, q, ROWS_MAX, a, e);
}

static bool refused(const struct answer *a)
{
	return a->rows.result.why.kind != ERR_NONE;
}

static const char *of_sample(const struct probing *p, uint32_t tag)
{
	return dataset_get(&p->sample, tag);
}

/* Does one of the rows name the sample? */
static bool has_sample(const struct probing *p, const struct answer *a)
{
	for (size_t i = 0; i < a->rows.count; i++)
		if (!strcmp(dataset_get(&a->rows.rows[i], TAG_StudyInstanceUID), of_sample(p, TAG_StudyInstanceUID)))
			return true;
	return false;
}

/* About the patient of the sample on its day: a few rows at most. */
static void near_sample(const struct probing *p, struct query *q)
{
	query_init(q, LEVEL_STUDY);
	dataset_text(&q->keys, TAG_PatientID, of_sample(p, TAG_PatientID));
	dataset_text(&q->keys, TAG_StudyDate, of_sample(p, TAG_StudyDate));
	query_add_returns(q);
}

/* ---- a sample ---- */

/* Small, and with a name that can be written in capitals: the lower the better; 0 = it does not serve. */
static long badness(const struct dataset *row)
{
	const char *name = dataset_get(row, TAG_PatientName);
	long objects = dataset_int(row, TAG_NumberOfStudyRelatedInstances, 100000);

	if (!*dataset_get(row, TAG_StudyInstanceUID) || !*dataset_get(row, TAG_PatientID) || !date_parse(dataset_get(row, TAG_StudyDate)))
		return 0;
	return (objects > 0 && objects < 100000 ? objects : 100000) + (charset_is_ascii(name) && isalpha((unsigned char)*name) ? 0 : 1000000);
}

static void choose_sample(struct probing *p, const struct answer *a)
{
	const struct dataset *best = NULL, *second = NULL;

	for (size_t i = 0; i < a->rows.count; i++) {
		const struct dataset *row = &a->rows.rows[i];

		if (!badness(row) || (best && !strcmp(dataset_get(best, TAG_StudyInstanceUID), dataset_get(row, TAG_StudyInstanceUID))))
			continue;
		if (!best || badness(row) < badness(best)) {
			second = best;
			best = row;
		} else if (!second || badness(row) < badness(second)) {
			second = row;
		}
	}
	if (best)
		dataset_copy(&p->sample, best);
	if (second)
		dataset_copy(&p->other, second);
	p->any = best != NULL;
}

static int count_different(struct map *seen, const struct answer *a)
{
	int new = 0;

	for (size_t i = 0; i < a->rows.count; i++)
		new += map_put(seen, dataset_get(&a->rows.rows[i], TAG_StudyInstanceUID), NULL);
	return new;
}

static int compare_dates(const void *a, const void *b)
{
	return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

/* The day in the middle, with studies before it; 0 = none. */
static int middle_day(const struct answer *a)
{
	auto_free int *days = mem_alloc((a->rows.count + 1) * sizeof *days);
	size_t count = 0;

	for (size_t i = 0; i < a->rows.count; i++)
		if ((days[count] = date_parse(dataset_get(&a->rows.rows[i], TAG_StudyDate))))
			count++;
	if (!count)
		return 0;
	qsort(days, count, sizeof *days, compare_dates);
	if (days[0] == days[count - 1])
		return 0;
	return days[count / 2] > days[0] ? days[count / 2] : date_add(days[0], 1);
}

static void dated_query(struct query *q, int from, int until)
{
	struct date_range range = { from, until };
	char text[20];

	date_range_format(&range, text);
	query_init(q, LEVEL_STUDY);
	dataset_text(&q->keys, TAG_StudyDate, text);
	query_add_returns(q);
}

/* It may be a limit: do the two halves bring more? */
static int doubt_cap(struct probing *p, const struct answer *a, int from, int until, struct err *e)
{
	struct map *seen = map_new();
	int day = middle_day(a), more = 0, failed = 0;
	char text[20];

	count_different(seen, a);
	for (int half = 0; half < 2 && day && !failed; half++) {
		struct answer part;
		struct query q;

		dated_query(&q, half ? day : from, half ? until : date_add(day, -1));
		failed = ask(p, &q, &part, e);
		if (!failed) {
			more += count_different(seen, &part);
			find_rows_done(&part.rows);
		}
	}
	map_free(seen, NULL);
	if (failed)
		return -1;
	snprintf(text, sizeof text, "%zu", a->rows.count);
	if (more > 2 + (int)a->rows.count / 100)
		probe_say(p, FACT_CAP, text, "%zu rows and no word of a limit, and %d others in its halves", a->rows.count, more);
	else if (more)
		probe_say(p, FACT_CAP, NULL, "%zu rows, and %d others in its halves, which may have been made meanwhile", a->rows.count,
			  more);
	else if (day)
		probe_say(p, FACT_CAP, "none", "%zu rows, and no others in its halves", a->rows.count);
	else
		probe_say(p, FACT_CAP, NULL, "%zu rows of one day: it may be a limit", a->rows.count);
	if (day && !more)
		facts_learn(p->session, p->peer, FACT_WHOLE, text);
	return 0;
}

static int tell_cap(struct probing *p, const struct answer *a, int from, int until, struct err *e)
{
	char text[20];

	snprintf(text, sizeof text, "%zu", a->rows.count);
	if (a->rows.result.cut && a->rows.count)
		probe_say(p, FACT_CAP, text, "%zu rows, then status 0x%04X", a->rows.count, (unsigned)a->rows.result.status);
	else if (a->rows.result.cut)
		probe_say(p, FACT_CAP, NULL, "too many answers bring none at all, but status 0x%04X", (unsigned)a->rows.result.status);
	else if (!refused(a) && search_may_be_limit((int)a->rows.count, 0))
		return doubt_cap(p, a, from, until, e);
	else if (refused(a))
		probe_say(p, FACT_CAP, NULL, "%s", a->words);
	else
		probe_say(p, FACT_CAP, NULL, "none up to %zu rows, the most that was answered here", a->rows.count);
	return 0;
}

static void tell_charsets(struct probing *p, const struct answer *a)
{
	auto_buf struct buf sets = BUF_INIT(90);
	struct map *seen = map_new();
	size_t undeclared = 0, odd = 0;

	for (size_t i = 0; i < a->rows.count; i++) {
		const struct dataset *row = &a->rows.rows[i];
		const char *set = dataset_get(row, TAG_SpecificCharacterSet);
		bool ascii = charset_is_ascii(dataset_get(row, TAG_PatientName)) && charset_is_ascii(dataset_get(row, TAG_StudyDescription));

		undeclared += !*set;
		odd += !*set && !ascii;
		if (*set && map_put(seen, set, NULL))
			buf_printf(&sets, "%s%s", sets.len ? ", " : "", set);
	}
	map_free(seen, NULL);
	if (odd)
		probe_say(p, FACT_CHARSET, "undeclared", "%zu of %zu rows have letters beyond ASCII and name no character set: state it with "
			  "--charset", odd, a->rows.count);
	else if (sets.len)
		probe_say(p, FACT_CHARSET, buf_text(&sets), "named in %zu of %zu rows", a->rows.count - undeclared, a->rows.count);
	else
		probe_say(p, FACT_CHARSET, NULL, "no row names one, and none needs it");
}

/* Yesterday and today, the last month, then everything, until there is something. */
static int find_sample(struct probing *p, struct err *e)
{
	static const int ago[] = { 1, 30, 0 };
	const int today = date_of(clock_wall());
	struct answer a;
	struct query q;

	for (size_t i = 0; i < countof(ago) && !p->any; i++) {
		const int from = ago[i] ? date_add(today, -ago[i]) : 19000101;
		int failed = 0;

		dated_query(&q, from, today);
		if (ask_by(p, p->peer, &q, SAMPLE_ROWS, &a, e) < 0)
			return -1;
		choose_sample(p, &a);
		if (p->any || !ago[i]) {
			probe_say(p, FACT_STUDY_LEVEL, refused(&a) && !a.rows.count ? "no" : "yes", "study root, %s", a.words);
			failed = tell_cap(p, &a, from, today, e);
			if (a.rows.count)
				tell_charsets(p, &a);
		}
		find_rows_done(&a.rows);
		if (failed)
			return -1;
	}
	return 0;
}

/* ---- the questions ---- */

static int ask_date(struct probing *p, struct err *e)
{
	struct answer a;
	struct query q;

	near_sample(p, &q);
	dataset_text(&q.keys, TAG_StudyDate, "");
	if (ask(p, &q, &a, e) < 0)
		return -1;
	p->dated = refused(&a) || !has_sample(p, &a);
	probe_say(p, FACT_DATE, refused(&a) ? "error" : p->dated ? "empty" : "no",
		  "one patient's studies asked for without a date: %s", a.words);
	find_rows_done(&a.rows);
	return 0;
}

static int ask_with(struct probing *p, uint32_t tag, const char *value, struct answer *a, struct err *e)
{
	struct query q;

	near_sample(p, &q);
	dataset_text(&q.keys, tag, value);
	return ask(p, &q, a, e);
}

static int ask_modality(struct probing *p, struct err *e)
{
	struct answer none, one;

	if (!*p->modality) {
		probe_say(p, FACT_MODALITY, NULL, "the modality of no study is known");
		return 0;
	}
	if (ask_with(p, TAG_ModalitiesInStudy, NO_MODALITY, &none, e) < 0)
		return -1;
	if (ask_with(p, TAG_ModalitiesInStudy, p->modality, &one, e) < 0) {
		find_rows_done(&none.rows);
		return -1;
	}
	if (refused(&one) || !has_sample(p, &one))
		probe_say(p, FACT_MODALITY, "refused", "a study of %s asked for by its modality: %s", p->modality, one.words);
	else if (has_sample(p, &none))
		probe_say(p, FACT_MODALITY, "ignored", "a study of %s is answered when %s is asked for", p->modality, NO_MODALITY);
	else
		probe_say(p, FACT_MODALITY, "honoured", "a study of %s is found by %s and not by %s", p->modality, p->modality, NO_MODALITY);
	find_rows_done(&none.rows);
	find_rows_done(&one.rows);
	return 0;
}

/* The first characters of a name and *; "" when it has too few. */
static void make_pattern(const char *name, char out[40])
{
	size_t len = 0;

	while (name[len] && (unsigned char)name[len] < 0x80 && !strchr("*?\\^=", name[len]) && len < 3)
		len++;
	snprintf(out, 40, "%.*s%s", (int)len, name, len ? "*" : "");
}

/* Capitals for small letters and the other way round; false when there are none, or it would have to be sent in another character set. */
static bool swap_case(const char *name, char out[200])
{
	bool any = false;
	size_t i;

	for (i = 0; name[i] && name[i] != '=' && i < 199; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c >= 0x80)
			return false;
		any |= isalpha(c) != 0;
		out[i] = (char)(islower(c) ? toupper(c) : tolower(c));
	}
	out[i] = '\0';
	return any;
}

static int ask_found(struct probing *p, uint32_t tag, const char *value, bool *ret_found, struct err *e)
{
	struct answer a;

	if (ask_with(p, tag, value, &a, e) < 0)
		return -1;
	*ret_found = has_sample(p, &a);
	find_rows_done(&a.rows);
	return 0;
}

static int ask_names(struct probing *p, struct err *e)
{
	const char *name = of_sample(p, TAG_PatientName);
	char pattern[40], swapped[200];
	bool nobody, by_pattern, by_swapped;

	make_pattern(name, pattern);
	if (!*pattern || !swap_case(name, swapped)) {
		probe_say(p, FACT_WILDCARDS, NULL, "the name at hand does not serve for it");
		return 0;
	}
	if (ask_found(p, TAG_PatientName, NOBODY "*", &nobody, e) < 0 || ask_found(p, TAG_PatientName, pattern, &by_pattern, e) < 0 ||
	    ask_found(p, TAG_PatientName, swapped, &by_swapped, e) < 0)
		return -1;
	if (nobody) {
		probe_say(p, FACT_WILDCARDS, "ignored", "a patient is answered when another name is asked for");
		return 0;
	}
	probe_say(p, FACT_WILDCARDS, by_pattern ? "yes" : "no", "a name is %sfound by its first letters and *", by_pattern ? "" : "not ");
	probe_say(p, FACT_NAME_CASE, by_swapped ? "insensitive" : "sensitive", "a name is %sfound with small and capital letters exchanged",
		  by_swapped ? "" : "not ");
	return 0;
}

static int ask_series(struct probing *p, char series_uid[140], struct err *e)
{
	struct answer a;
	struct query q;
	bool counted = false;

	query_init(&q, LEVEL_SERIES);
	dataset_text(&q.keys, TAG_StudyInstanceUID, of_sample(p, TAG_StudyInstanceUID));
	query_add_returns(&q);
	if (ask(p, &q, &a, e) < 0)
		return -1;
	for (size_t i = 0; i < a.rows.count; i++) {
		const struct dataset *row = &a.rows.rows[i];

		counted |= dataset_int(row, TAG_NumberOfSeriesRelatedInstances, -1) >= 0;
		if (!*p->modality)
			snprintf(p->modality, sizeof p->modality, "%s", dataset_get(row, TAG_Modality));
		if (!*series_uid)
			snprintf(series_uid, 140, "%.139s", dataset_get(row, TAG_SeriesInstanceUID));
	}
	probe_say(p, FACT_SERIES_LEVEL, a.rows.count ? "yes" : "no", "the series of one study: %s", a.words);
	if (a.rows.count)
		probe_say(p, FACT_SERIES_COUNTS, counted ? "yes" : "no", "number of objects in the rows of series");
	find_rows_done(&a.rows);
	return 0;
}

static int ask_images(struct probing *p, const char *studies, const char *series_uid, struct answer *a, struct err *e)
{
	struct query q;

	query_init(&q, LEVEL_IMAGE);
	dataset_text(&q.keys, TAG_StudyInstanceUID, studies);
	dataset_text(&q.keys, TAG_SeriesInstanceUID, series_uid);
	query_add_returns(&q);
	return ask(p, &q, a, e);
}

static void tell_counts(struct probing *p, const struct answer *images)
{
	long count = dataset_int(&p->sample, TAG_NumberOfStudyRelatedInstances, -1);

	if (count < 0)
		probe_say(p, FACT_COUNTS, "no", "the rows of studies have no number of objects");
	else if (images && (long)images->rows.count != count)
		probe_say(p, FACT_COUNTS, "wrong", "%ld objects by the row of a study, %zu in its list", count, images->rows.count);
	else
		probe_say(p, FACT_COUNTS, "yes", images ? "%ld objects by the row of a study, as many in its list" : "%ld objects by the row of "
			  "a study", count);
}

static void tell_classes(struct probing *p, const struct answer *images)
{
	auto_buf struct buf classes = BUF_INIT(95);
	struct map *seen = map_new();
	size_t with = 0;

	for (size_t i = 0; i < images->rows.count; i++) {
		const char *class = dataset_get(&images->rows.rows[i], TAG_SOPClassUID);

		with += *class != 0;
		if (*class && map_put(seen, class, NULL))
			buf_printf(&classes, "%s%s", classes.len ? " " : "", class);
	}
	map_free(seen, NULL);
	probe_say(p, FACT_CLASS_IN_LIST, with ? "yes" : "no", "SOP classes in the list of objects: %s", with ? buf_text(&classes) : "none");
}

/* By study, else by series; and several studies in one list. */
static int ask_image_level(struct probing *p, const char *series_uid, struct err *e)
{
	auto_free char *list = mem_printf("%s\\%s", of_sample(p, TAG_StudyInstanceUID), dataset_get(&p->other, TAG_StudyInstanceUID));
	struct answer a, lists;
	bool whole, several = false;

	if (ask_images(p, of_sample(p, TAG_StudyInstanceUID), "", &a, e) < 0)
		return -1;
	whole = !refused(&a) && a.rows.count;
	tell_counts(p, whole ? &a : NULL);
	if (whole)
		tell_classes(p, &a);
	if (whole && p->other.count && dataset_int(&p->other, TAG_NumberOfStudyRelatedInstances, 1) < 2000) {
		if (ask_images(p, list, "", &lists, e) < 0) {
			find_rows_done(&a.rows);
			return -1;
		}
		several = !refused(&lists) && lists.rows.count > a.rows.count;
		find_rows_done(&lists.rows);
		probe_say(p, FACT_LIST, several ? "studies" : "study", several ? "the objects of two studies are listed at once: %s"
			  : "the objects of one study are listed, of two at once they are not: %s", lists.words);
	} else if (whole) {
		probe_say(p, FACT_LIST, NULL, "the objects of one study are listed: %s", a.words);
	}
	if (!whole) {
		auto_free char *why = mem_str(a.words);

		find_rows_done(&a.rows);
		if (ask_images(p, of_sample(p, TAG_StudyInstanceUID), series_uid, &a, e) < 0)
			return -1;
		probe_say(p, FACT_LIST, a.rows.count ? "series" : "none", "of a study: %s; of a series: %s", why, a.words);
	}
	find_rows_done(&a.rows);
	return 0;
}

static int ask_model(struct probing *p, enum model model, const char *what, struct err *e)
{
	struct peer peer = *p->peer;
	struct answer a;
	struct query q;
	bool yes;

	peer.model = model;
	near_sample(p, &q);
	if (ask_by(p, &peer, &q, ROWS_MAX, &a, e) < 0)
		return -1;
	yes = has_sample(p, &a);
	probe_say(p, what, yes ? "yes" : "no", "a study asked for by %s: %s", model_name(model), a.words);
	find_rows_done(&a.rows);
	if (model != MODEL_PATIENT || !yes)
		return 0;
	query_init(&q, LEVEL_PATIENT);
	dataset_text(&q.keys, TAG_PatientID, of_sample(p, TAG_PatientID));
	query_add_returns(&q);
	if (ask_by(p, &peer, &q, ROWS_MAX, &a, e) < 0)
		return -1;
	if (!a.rows.count && p->dated)
		probe_say(p, FACT_PATIENT_LEVEL, NULL, "patients cannot be asked for with a date, which this PACS needs: %s", a.words);
	else
		probe_say(p, FACT_PATIENT_LEVEL, a.rows.count ? "yes" : "no", "one patient: %s", a.words);
	find_rows_done(&a.rows);
	return 0;
}

static void tell_availability(struct probing *p)
{
	const char *availability = of_sample(p, TAG_InstanceAvailability);

	probe_say(p, FACT_AVAILABILITY, *availability ? "yes" : "no", *availability ? "the row of a study says %s" : "the rows of studies do not say "
		  "whether they are online%s", availability);
}

static int ask_all(struct probing *p, struct err *e)
{
	char series_uid[140] = "";
	const char *modality = of_sample(p, TAG_ModalitiesInStudy);

	snprintf(p->modality, sizeof p->modality, "%.*s", (int)strcspn(modality, "\\"), modality);
	probe_say(p, FACT_MODALITIES, *modality ? "yes" : "no", "modalities in the rows of studies");
	tell_availability(p);
	if (ask_date(p, e) < 0 || ask_series(p, series_uid, e) < 0 || ask_modality(p, e) < 0 || ask_names(p, e) < 0 ||
	    ask_image_level(p, series_uid, e) < 0)
		return -1;
	return ask_model(p, MODEL_PATIENT, "patient-root", e) < 0 || ask_model(p, MODEL_PATIENT_STUDY, "patient-study", e) < 0 ? -1 : 0;
}

int probe_run(struct session *s, const struct peer *peer, const struct probe_options *options,
	      void (*line)(void *owner, const struct probe_line *), void *owner, struct probe *out, struct err *e)
{
	struct peer study_root = *peer;
	struct probing p = { .session = s, .peer = &study_root, .options = options, .out = out, .line = line, .owner = owner };
	int failed = -1;

	memset(out, 0, sizeof *out);
	study_root.model = MODEL_STUDY;
	dataset_init(&p.sample);
	dataset_init(&p.other);
	if (probe_echo(&p, e) == 0 && find_sample(&p, e) == 0) {
		if (!p.any)
			probe_say(&p, "sample", NULL, "no study with a date and a patient was answered: what needs one was not asked");
		if ((!p.any || ask_all(&p, e) == 0) && probe_methods(&p, e) == 0)
			failed = (options->retrieve && probe_retrieve(&p, e) < 0) || (options->associations && probe_associations(&p, e) < 0);
	}
	dataset_done(&p.sample);
	dataset_done(&p.other);
	return failed ? -1 : 0;
}
