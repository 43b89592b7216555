/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/intake/record.h"

#include <stdlib.h>
#include <string.h>

#include "core/files/manifest.h"

static int by_study(const void *a, const void *b)
{
	const struct ledger_instance *x = a, *y = b;
	int order = strcmp(x->study, y->study);

	return order ? order : strcmp(x->path, y->path);
}

int record_in_manifests(struct ledger_instance *all, size_t count, struct err *e)
{
	size_t i = 0;

	if (count)
		qsort(all, count, sizeof *all, by_study);
	while (i < count) {
		size_t end = i + 1;

		while (end < count && !strcmp(all[end].study, all[i].study))
			end++;
		if (manifest_append(all[i].output, all + i, end - i, e) < 0)
			return -1;
		i = end;
	}
	return 0;
}

int record_in_ledger(struct ledger *l, const struct ledger_instance *all, size_t count, struct err *e)
{
	if (!count)
		return 0;
	if (ledger_begin(l, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (ledger_instance_put(l, &all[i], e) < 0) {
			ledger_rollback(l);
			return -1;
		}
	return ledger_commit(l, e);
}
