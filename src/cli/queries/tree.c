/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The studies are known when the tree begins; below them each parent is asked for its children, and shown at once: memory holds
 * the children of one parent at a time. */
#include "cli/queries/tree.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "cli/amounts.h"
#include "core/query/series.h"
#include "dicom/sopclass.h"
#include "dicom/tag.h"
#include "dicom/value.h"
#include "parse/json.h"

struct tree {
	struct session *session;
	const struct peer *peer;
	FILE *out;
	enum level deepest;
	bool json;
	struct tree_result *result;
};

/* Children of one parent. */
struct children {
	struct dataset *rows;
	size_t count, room;
	struct map *seen;
	uint32_t uid;			/* their unique key */
};

static void keep_child(void *owner, const struct dataset *row)
{
	struct children *c = owner;
	const char *uid = dataset_get(row, c->uid);

	if (!*uid || !map_put(c->seen, uid, NULL))
		return;
	mem_grow(c->rows, c->count, c->room);
	dataset_init(&c->rows[c->count]);
	dataset_copy(&c->rows[c->count++], row);
}

static void children_done(struct children *c)
{
	for (size_t i = 0; i < c->count; i++)
		dataset_done(&c->rows[i]);
	free(c->rows);
	map_free(c->seen, NULL);
}

/* ---- order ---- */

static int by_patient(const void *a, const void *b)
{
	static const uint32_t keys[] = { TAG_PatientName, TAG_PatientID, TAG_StudyDate, TAG_StudyTime, TAG_StudyInstanceUID };

	for (size_t i = 0; i < countof(keys); i++) {
		int order = strcmp(dataset_get(a, keys[i]), dataset_get(b, keys[i]));

		if (order)
			return order;
	}
	return 0;
}

static int by_number(const void *a, const void *b)
{
	long x = dataset_int(a, TAG_SeriesNumber, -1), y = dataset_int(b, TAG_SeriesNumber, -1);

	if (x == y) {
		x = dataset_int(a, TAG_InstanceNumber, -1);
		y = dataset_int(b, TAG_InstanceNumber, -1);
	}
	return x != y ? (x > y) - (x < y) : 0;
}

static bool same_patient(const struct dataset *a, const struct dataset *b)
{
	return !strcmp(dataset_get(a, TAG_PatientID), dataset_get(b, TAG_PatientID)) &&
	       !strcmp(dataset_get(a, TAG_PatientName), dataset_get(b, TAG_PatientName));
}

/* ---- lines ---- */

static void __attribute__((format(printf, 3, 4))) show(struct tree *t, int depth, const char *fmt, ...)
{
	char text[2000];
	va_list args;
	size_t len;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	log_clean(text);
	len = strlen(text);
	while (len && text[len - 1] == ' ')
		text[--len] = '\0';
	fprintf(t->out, "%*s%s\n", 2 * depth, "", text);
	t->result->rows++;
}

static const char *objects_text(const struct dataset *row, uint32_t tag, char room[40])
{
	long objects = dataset_int(row, tag, -1);

	*room = '\0';
	if (objects >= 0)
		snprintf(room, 40, "%ld object%s ", objects, objects == 1 ? "" : "s");
	return room;
}

static void show_row(struct tree *t, enum level level, const struct dataset *row)
{
	char name[200], objects[40];

	switch (level) {
	case LEVEL_PATIENT:
		show(t, 0, "%s  %s %s", name_group(dataset_get(row, TAG_PatientName), name, sizeof name), dataset_get(row, TAG_PatientID),
		     dataset_get(row, TAG_PatientBirthDate));
		break;
	case LEVEL_STUDY:
		show(t, 1, "%s %s  %s  %s%s", dataset_get(row, TAG_StudyDate), dataset_get(row, TAG_ModalitiesInStudy),
		     dataset_get(row, TAG_StudyDescription), objects_text(row, TAG_NumberOfStudyRelatedInstances, objects),
		     dataset_get(row, TAG_StudyInstanceUID));
		break;
	case LEVEL_SERIES:
		show(t, 2, "%s %s  %s  %s%s", dataset_get(row, TAG_SeriesNumber), dataset_get(row, TAG_Modality),
		     dataset_get(row, TAG_SeriesDescription), objects_text(row, TAG_NumberOfSeriesRelatedInstances, objects),
		     dataset_get(row, TAG_SeriesInstanceUID));
		break;
	case LEVEL_IMAGE:
		show(t, 3, "%s %s  %s", dataset_get(row, TAG_InstanceNumber), sopclass_name(dataset_get(row, TAG_SOPClassUID)),
		     dataset_get(row, TAG_SOPInstanceUID));
		break;
	}
}

/* ---- JSON: the attributes of each level by keyword, and the level below ---- */

static void open_json(struct tree *t, enum level level, const struct dataset *row, bool first)
{
	static const uint32_t attributes[][10] = {
		[LEVEL_PATIENT] = { TAG_PatientName, TAG_PatientID, TAG_PatientBirthDate, TAG_PatientSex },
		[LEVEL_STUDY] = { TAG_StudyInstanceUID, TAG_StudyDate, TAG_StudyTime, TAG_ModalitiesInStudy, TAG_StudyDescription,
				  TAG_AccessionNumber, TAG_NumberOfStudyRelatedInstances },
		[LEVEL_SERIES] = { TAG_SeriesInstanceUID, TAG_SeriesNumber, TAG_Modality, TAG_SeriesDescription, TAG_StationName,
				   TAG_NumberOfSeriesRelatedInstances },
		[LEVEL_IMAGE] = { TAG_SOPInstanceUID, TAG_SOPClassUID, TAG_InstanceNumber },
	};
	static const char *const below[] = { "studies", "series", "objects" };
	auto_buf struct buf text = BUF_INIT(BUF_MB(1));

	buf_printf(&text, "%s{", first ? "\n" : ",\n");
	for (size_t i = 0; attributes[level][i]; i++) {
		buf_str(&text, i ? "," : "");
		json_write_string(&text, tag_name(attributes[level][i]));
		buf_char(&text, ':');
		json_write_string(&text, dataset_get(row, attributes[level][i]));
	}
	if (level < t->deepest)
		buf_printf(&text, ",\"%s\":[", below[level]);
	fputs(buf_text(&text), t->out);
	t->result->rows++;
}

static void open_row(struct tree *t, enum level level, const struct dataset *row, bool first)
{
	if (t->json)
		open_json(t, level, row, first);
	else
		show_row(t, level, row);
}

static void close_row(struct tree *t, enum level level)
{
	if (t->json)
		fputs(level < t->deepest ? "]}" : "}", t->out);
}

/* ---- down the levels ---- */

static int show_below(struct tree *t, enum level level, const char *patient_id, const char *study_uid, const struct dataset *parent,
		      struct err *e)
{
	struct children c = { .seen = map_new(), .uid = level == LEVEL_SERIES ? TAG_SeriesInstanceUID : TAG_SOPInstanceUID };
	struct err why = { ERR_NONE, "" };
	int failed;

	failed = series_below(t->session, t->peer, patient_id, study_uid,
				  level == LEVEL_IMAGE ? dataset_get(parent, TAG_SeriesInstanceUID) : NULL, keep_child, &c, &why, e);
	if (!failed && why.kind) {
		log_warning("study %s: what is below is not told whole: %s", study_uid, why.text);
		t->result->failed++;
	}
	if (c.count)
		qsort(c.rows, c.count, sizeof *c.rows, by_number);
	for (size_t i = 0; !failed && i < c.count; i++) {
		open_row(t, level, &c.rows[i], i == 0);
		if (level < t->deepest)
			failed = show_below(t, LEVEL_IMAGE, patient_id, study_uid, &c.rows[i], e);
		close_row(t, level);
	}
	children_done(&c);
	return failed;
}

static int show_study(struct tree *t, const struct dataset *row, bool first, struct err *e)
{
	int failed = 0;

	open_row(t, LEVEL_STUDY, row, first);
	if (t->deepest > LEVEL_STUDY)
		failed = show_below(t, LEVEL_SERIES, dataset_get(row, TAG_PatientID), dataset_get(row, TAG_StudyInstanceUID), row, e);
	close_row(t, LEVEL_STUDY);
	fflush(t->out);
	return failed;
}

int tree_show(struct session *s, const struct peer *peer, FILE *out, struct dataset *rows, size_t count, enum level deepest, bool json,
	      struct tree_result *result, struct err *e)
{
	struct tree t = { s, peer, out, deepest, json, result };
	int failed = 0;

	*result = (struct tree_result){ 0, 0 };
	if (count)
		qsort(rows, count, sizeof *rows, by_patient);
	if (json)
		fputs("[", out);
	for (size_t i = 0; i < count && !failed; i++) {
		bool new = !i || !same_patient(&rows[i - 1], &rows[i]);

		if (new && i)
			close_row(&t, LEVEL_PATIENT);
		if (new)
			open_row(&t, LEVEL_PATIENT, &rows[i], !i);
		if (deepest > LEVEL_PATIENT)
			failed = show_study(&t, &rows[i], new, e);
	}
	if (count)
		close_row(&t, LEVEL_PATIENT);
	if (json)
		fputs("\n]\n", out);
	return failed;
}
