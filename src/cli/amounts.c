/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/amounts.h"

#include <stdio.h>

#include "base/mem.h"

static char *next_slot(void)
{
	static char slots[8][40];
	static unsigned next;

	return slots[next++ % countof(slots)];
}

/* Without printf's decimal point, which a locale may change. */
const char *show_bytes(long long bytes)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	unsigned long long amount = bytes > 0 ? (unsigned long long)bytes : 0, tenth = 100;
	char *slot = next_slot();
	size_t u = 0;

	if (amount < 1000) {
		snprintf(slot, 40, "%llu byte%s", amount, amount == 1 ? "" : "s");
		return slot;
	}
	while (u + 1 < countof(units) && (amount + tenth / 2) / tenth >= 10000) {
		tenth *= 1000;
		u++;
	}
	amount = (amount + tenth / 2) / tenth;
	snprintf(slot, 40, "%llu.%llu %s", amount / 10, amount % 10, units[u]);
	return slot;
}

const char *show_duration(long long ms)
{
	char *slot = next_slot();
	long long s = ms > 0 ? ms / 1000 : 0;

	if (s < 10)
		snprintf(slot, 40, "%lld.%lld s", s, ms > 0 ? ms / 100 % 10 : 0);
	else if (s < 60)
		snprintf(slot, 40, "%lld s", s);
	else if (s < 3600)
		snprintf(slot, 40, "%lld m %02lld s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(slot, 40, "%lld h %02lld m", s / 3600, s / 60 % 60);
	else
		snprintf(slot, 40, "%lld d %02lld h", s / 86400, s / 3600 % 24);
	return slot;
}

const char *show_count(long long count)
{
	char digits[24], *slot = next_slot(), *to = slot;
	int len = snprintf(digits, sizeof digits, "%lld", count > 0 ? count : 0);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return slot;
}

const char *show_number(long long count, const char *one, const char *many)
{
	char *slot = next_slot();

	snprintf(slot, 40, "%s %s", show_count(count), count == 1 ? one : many);
	return slot;
}

const char *show_studies(size_t count)
{
	return show_number((long long)count, "study", "studies");
}

const char *show_objects(long long count)
{
	return show_number(count, "object", "objects");
}
