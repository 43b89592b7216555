/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A selection typed by anyone, conditions against a study made of the same bytes, and windows of the clock. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/numbers.h"
#include "core/plan/filter.h"
#include "core/plan/hours.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void choose(const char *text)
{
	bool chosen[9] = { false };
	struct err e = { ERR_NONE, "" };

	if (numbers_parse(text, chosen, 8, &e) < 0 && (e.kind != ERR_USAGE || !*e.text || chosen[0]))
		abort();
	if (chosen[8])
		abort();
}

/* The text is a list of fields, a byte 0x01 between them. */
static void condition(const char *text)
{
	auto_free char *copy = mem_str(text);
	char *rest = copy, *field, room[64];
	struct filter c = { .dates = { 20240101, 20240131 } };
	char **wanted[] = { &c.patient_name, &c.modality, &c.study_uid, &c.include, &c.exclude, &c.patient_id, &c.study_description };
	struct study s;
	const char *unknown;

	study_init(&s);
	for (size_t i = 0; (field = strsep(&rest, "\x01")); i++) {
		if (i % 2)
			study_set(&s, (enum study_field)(i / 2 % STUDY_FIELDS), field);
		else if (i / 2 < countof(wanted))
			*wanted[i / 2] = mem_str(field);
	}
	filter_miss(&c, &s, room, sizeof room, &unknown);
	study_done(&s);
	filter_done(&c);
}

static void hours(const char *text)
{
	struct err e = { ERR_NONE, "" };
	struct hours h;
	struct hours_now now;

	if (hours_parse(text, &h, &e) < 0) {
		if (e.kind != ERR_USAGE || !*e.text)
			abort();
		return;
	}
	hours_at(&h, 1711882800, &now);
	if (!now.open && now.opens <= 1711882800)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = mem_strn((const char *)data, size);

	choose(text);
	condition(text);
	hours(text);
	return 0;
}
