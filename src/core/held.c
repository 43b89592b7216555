/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An object counts as held when its recorded path is a file of its recorded size.  The manifest travels with the files, so a
 * machine without our ledger knows them too. */
#include "core/held.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "core/manifest.h"

struct holding {
	const char *output;
	struct retrieval *retrieval;
};

static int look(void *owner, const struct ledger_instance *i)
{
	struct holding *h = owner;
	auto_free char *path = file_join(h->output, i->path);
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == i->bytes)
		retrieval_have(h->retrieval, i->series, i->sop, i->sop_class ? i->sop_class : "", i->path);
	return 0;
}

int held_load(struct ledger *ledger, const char *output, struct retrieval *r, struct err *e)
{
	struct holding h = { output, r };

	if (ledger_instances(ledger, output, r->uid, look, &h, e) < 0)
		return -1;
	return retrieval_whole(r) ? 0 : manifest_read(output, r->uid, look, &h, e);
}
