/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text is a date range that reads back as itself, or an error with a sentence; and a matcher always comes back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dicom/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
	if (!held)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = size ? mem_strn((const char *)data, size) : mem_str("");
	size_t half = strlen(text) / 2;
	struct date_range range, again;
	struct time_range times;
	int day;
	struct err e = { .kind = ERR_NONE };
	char name[16];

	clock_set_wall(1711882800);
	if (date_range_parse(text, &range, &e) == 0) {
		char key[20];

		date_range_format(&range, key);
		require(date_range_parse(key, &again, &e) == 0 && again.from == range.from && again.until == range.until);
		require(date_range_has(&range, range.from ? range.from : range.until));
	} else {
		require(e.kind == ERR_USAGE && *e.text);
	}
	if (time_range_parse(text, &times, &e) == 0)
		require(times.from >= 0 && times.from <= times.until && times.until < 86400);
	if (date_day_parse(text, &day, &e) == 0)
		require(date_add(day, 0) == day);
	require(time_seconds(text) < 86400);
	value_matches(text, text + half, true);
	value_contains_fold(text, text + half);
	require(strlen(name_group(text, name, sizeof name)) < sizeof name);
	value_trim(text);
	return 0;
}
