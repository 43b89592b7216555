/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Eight bytes are a moment, the rest a text of windows: what is understood opens and closes in the future, and what is closed at a
 * moment opens at the one that is told. */
#include "core/plan/hours.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = size < 8 ? NULL : mem_strn((const char *)data + 8, size - 8);
	struct err e = { ERR_NONE, "" };
	struct hours hours = { .count = 0 };
	struct hours_now at, then;
	char when[HOURS_WHEN_MAX];
	uint64_t bits;
	time_t now;

	if (!text)
		return 0;
	memcpy(&bits, data, 8);
	now = (time_t)(bits % 4102444800u);		/* up to the year 2100 */
	if (hours_parse(text, &hours, &e) < 0) {
		if (e.kind != ERR_USAGE || !*e.text)
			abort();
		return 0;
	}
	if (hours.count > HOURS_SPANS_MAX)
		abort();
	hours_at(&hours, now, &at);
	if (at.open ? at.closes && at.closes <= now : at.opens <= now)
		abort();
	if (!at.open) {
		hours_at(&hours, at.opens, &then);
		if (!then.open)
			abort();
		hours_when(at.opens, now, when);
		if (!*when || strlen(when) >= sizeof when)
			abort();
	}
	return 0;
}
