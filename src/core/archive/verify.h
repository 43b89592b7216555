/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder of studies checked: its files against the manifests that travel with them, and what a PACS lists against what is
 * on the disk. */
#pragma once

#include "core/plan/plan.h"
#include "core/session/session.h"

enum finding { FINDING_MISSING, FINDING_CHANGED, FINDING_UNREADABLE, FINDING_STRANGER, FINDINGS };
const char *finding_name(enum finding);			/* "missing" */

struct verify_found {
	enum finding kind;
	const char *path;		/* relative */
	const char *study, *sop;	/* as the manifest has them; of a stranger as the file has them, else "" */
	const char *words;
	bool set_aside;			/* it now lies in the quarantine */
};
typedef void verify_fn(void *owner, const struct verify_found *);

struct verify_sum {
	long long studies, files, bytes;	/* of the manifests */
	long long count[FINDINGS];
	long long good;
};
/* Reads and hashes every file.  set_aside: what is changed or unreadable is moved into the quarantine, so that it counts as
 * missing from then on.  ERR_INPUT when there is no manifest. */
int verify_tree(struct session *, const char *output, bool set_aside, verify_fn *, void *owner, struct verify_sum *,
		struct err *);

/* The studies of the manifests under output into the plan, wanted, each with its UID alone. */
int verify_studies(const char *output, struct plan *, struct err *);
/* For each wanted study of the plan: asks the PACS which objects it has, looks which of those are on the disk with the size that
 * the manifest says, and writes verdict, counts and missing objects.  Skipped is what the PACS does not have. */
struct verify_pacs {
	long long listed, here, missing, surplus;	/* objects; surplus: on the disk and not at the PACS */
	int queries;
};
int verify_against(struct session *, struct plan *, struct verify_pacs *, struct err *);
