/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any JSON as a study: what is accepted must be written so that it is read the same again. */
#include "dicom/study.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool are_same(const struct study *a, const struct study *b)
{
	for (int i = 0; i < STUDY_FIELDS; i++)
		if (strcmp(study_get(a, (enum study_field)i), study_get(b, (enum study_field)i)))
			return false;
	return a->series == b->series && a->instances == b->instances;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { ERR_NONE, "" };
	struct json *j = json_parse((const char *)data, size, &e);
	struct study s, again;

	e.kind = ERR_NONE;
	study_init(&s);
	study_init(&again);
	if (study_from_json(&s, j, &e) < 0) {
		if (e.kind != ERR_INPUT || strcmp(study_get(&s, STUDY_UID), ""))
			abort();
	} else {
		study_to_json(&s, j);
		if (study_from_json(&again, j, &e) < 0 || !are_same(&s, &again))
			abort();
	}
	study_done(&again);
	study_done(&s);
	json_free(j);
	return 0;
}
