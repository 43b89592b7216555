/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the intake share. */
#pragma once

#include "base/map.h"
#include "core/intake/intake.h"
#include "core/session/dump.h"
#include "dicom/dataset.h"
#include "dicom/tag.h"
#include "process/child.h"

struct item {
	char *path;			/* in the staging folder; then NULL */
	char *name;			/* as its tool named it: CT.1.2.3 */
	char *sender;
	int64_t bytes;
	bool in_flight;
	char sha256[65];
	char *damage;
	struct dataset set;
	char *placed;			/* relative path */
	bool duplicate, conflict, twin;
	bool known;			/* a duplicate of what is recorded already */
};

struct batch {
	struct intake *in;
	struct item *items;
	size_t count, room;
	int64_t bytes;
	struct dump *dump;
	struct child *seal, *sync;
	uint64_t first;			/* number of its first item among all that came in */
	struct map *names, *sops, *places;	/* while it is settled: name -> item, study and SOP Instance UID -> item, paths taken */
	struct err trouble;
	struct batch *next;
};

struct intake {
	struct session *session;
	struct staging *staging;
	const struct layout *layout;
	char *node;
	struct intake_hooks hooks;
	void *owner;
	struct batch *filling, *active;
	size_t active_count;
	uint64_t added;
	bool flush, failed;
	bool odd_told;			/* of the first object with a UID that is none */
	bool keep;			/* failed, and what is not placed is for the next run */
	uint32_t tags[64];
	size_t tag_count;
};

void intake_fail(struct intake *, const struct err *);	/* nothing more can be taken in */
/* Where each item of a batch goes is settled, written to the manifests, and done; b->trouble tells. */
void batch_place(struct batch *);
int batch_record(struct batch *, struct err *);		/* in the ledger */

static inline struct intake_name item_name(const struct item *item)
{
	return (struct intake_name){ dataset_get(&item->set, TAG_StudyInstanceUID), dataset_get(&item->set, TAG_SeriesInstanceUID),
				     dataset_get(&item->set, TAG_SOPInstanceUID) };
}

static inline const char *item_get(const struct item *item, uint32_t tag)
{
	return dataset_get(&item->set, tag);
}
