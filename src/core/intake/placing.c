/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Into place: where each object of a batch goes is settled first, then the manifests are written, then the objects are moved, and
 * at last recorded.  Whenever we die, what lies in its place is in the manifest. */
#include "core/intake/intake_p.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/intake/flaw.h"
#include "core/intake/hashing.h"
#include "core/ledger/instances.h"
#include "core/ledger/manifest.h"
#include "dicom/layout.h"
#include "dicom/tag.h"
#include "dicom/value.h"

/* What cannot be read still has a name: its tool took it from the request that brought it. */
static const char *sop_of(const struct item *item)
{
	const char *sop = item_get(item, TAG_SOPInstanceUID), *dot = strchr(item->name, '.');

	if (*sop || !dot)
		return sop;
	if (uid_is_safe(item->name))
		return item->name;
	return uid_is_safe(dot + 1) ? dot + 1 : sop;		/* CT.1.2.3 */
}

static void refuse(struct intake *in, struct item *item, enum intake_refusal refusal, const char *reason)
{
	const char *sop = sop_of(item);
	auto_free char *name = layout_safe(*sop ? sop : "unknown");
	struct err e = { ERR_NONE, "" };

	if (staging_quarantine(in->staging, item->path, name, reason, item->sender, &e) < 0)
		intake_fail(in, &e);
	free(item->path);
	item->path = NULL;
	in->hooks.refused(in->owner, item_get(item, TAG_StudyInstanceUID), sop, refusal, reason);
}

/* ---- where to: settled for the whole batch before anything is moved ---- */

/* Is the object here already, or has this batch brought it before?  Sets duplicate or conflict. */
static void meet(struct batch *b, struct item *item)
{
	const char *sop = item_get(item, TAG_SOPInstanceUID);
	const struct intake *in = b->in;
	const char *known = in->hooks.present(in->owner, item_get(item, TAG_StudyInstanceUID), sop);
	auto_free char *path = known ? file_join(in->staging->output, known) : NULL;
	const struct item *before = map_get(b->sops, sop);

	if (path && hashing_same_dataset(item->path, path)) {
		item->duplicate = item->recorded = true;
		item->placed = mem_str(known);
	} else if (before && hashing_same_dataset(item->path, before->path)) {
		item->duplicate = item->recorded = true;
		item->placed = mem_str(before->placed);
	} else {
		item->conflict = before || (path && access(path, F_OK) == 0);
	}
}

/* The first free name of the layout; the same content under it means: already here. */
static int choose_place(struct batch *b, struct item *item, struct err *e)
{
	struct intake *in = b->in;

	for (int serial = 0; serial < 1000; serial++) {
		auto_free char *relative = layout_path(in->layout, &item->set, serial);
		auto_free char *path = file_join(in->staging->output, relative);
		bool there = access(path, F_OK) == 0;

		if (map_has(b->places, relative) || (there && !hashing_same_dataset(item->path, path)))
			continue;
		item->duplicate = there;
		item->placed = mem_str(relative);
		if (!there)
			map_put(b->places, relative, NULL);
		return 0;
	}
	return err_set(e, ERR_INPUT, "the layout '%s' gives too many objects one name", layout_source(in->layout));
}

static void settle_item(struct batch *b, struct item *item)
{
	struct intake *in = b->in;
	enum flaw flaw = flaw_of_received(&item->set, item->damage, item->in_flight, true);
	const char *damage = flaw == FLAW_DAMAGED ? item->damage : flaw_words(flaw);
	struct err e = { ERR_NONE, "" };

	if (flaw && item->in_flight) {
		log_verbose("an object that was cut when its transfer ended is dropped: %s", damage);
	} else if (flaw) {
		refuse(in, item, INTAKE_DAMAGED, damage);
	} else if (!in->hooks.wanted(in->owner, item_get(item, TAG_StudyInstanceUID), item_get(item, TAG_SeriesInstanceUID),
				     item_get(item, TAG_SOPInstanceUID))) {
		refuse(in, item, INTAKE_UNWANTED, "not asked for");
	} else {
		flaw_tell_odd(&item->set, &in->odd_told);
		meet(b, item);
		if (!item->placed && choose_place(b, item, &e) < 0)
			intake_fail(in, &e);
		else if (!map_has(b->sops, item_get(item, TAG_SOPInstanceUID)))
			map_put(b->sops, item_get(item, TAG_SOPInstanceUID), item);
	}
}

static void settle_batch(struct batch *b)
{
	b->sops = map_new();
	b->places = map_new();
	for (size_t i = 0; i < b->count && !b->in->failed; i++)
		settle_item(b, &b->items[i]);
}

static struct ledger_instance instance_of(const struct intake *in, const struct item *item)
{
	return (struct ledger_instance){
		.output = in->staging->output,
		.path = item->placed,
		.sop = item_get(item, TAG_SOPInstanceUID),
		.study = item_get(item, TAG_StudyInstanceUID),
		.series = item_get(item, TAG_SeriesInstanceUID),
		.sop_class = item_get(item, TAG_SOPClassUID),
		.transfer_syntax = item_get(item, TAG_TransferSyntaxUID),
		.bytes = item->bytes,
		.sha256 = item->sha256,
		.at = clock_wall(),
		.node = in->node,
		.job = in->session->job,
	};
}

static int by_study(const void *a, const void *b)
{
	const struct ledger_instance *x = a, *y = b;

	return strcmp(x->study, y->study);
}

static struct ledger_instance *placed_instances(struct batch *b, bool recorded, size_t *ret_count)
{
	struct ledger_instance *all = mem_alloc((b->count + 1) * sizeof *all);
	size_t count = 0;

	for (size_t i = 0; i < b->count; i++)
		if (b->items[i].placed && (recorded || !b->items[i].recorded))
			all[count++] = instance_of(b->in, &b->items[i]);
	qsort(all, count, sizeof *all, by_study);
	*ret_count = count;
	return all;
}

/* all is sorted by study. */
static int tell_publishing(struct batch *b, const struct ledger_instance *all, size_t count, struct err *e)
{
	const struct intake *in = b->in;
	auto_free const char **studies = mem_alloc((count + 1) * sizeof *studies);
	size_t different = 0;

	for (size_t i = 0; i < count; i++)
		if (!i || strcmp(all[i].study, all[i - 1].study))
			studies[different++] = all[i].study;
	return in->hooks.publishing && different ? in->hooks.publishing(in->owner, studies, different, e) : 0;
}

/* Before the objects are moved: what lies in its place is in the manifest, whenever we die. */
static int write_manifests(struct batch *b, struct err *e)
{
	size_t count, i = 0;
	auto_free struct ledger_instance *all = placed_instances(b, false, &count);

	if (tell_publishing(b, all, count, e) < 0)
		return -1;
	while (i < count) {
		size_t end = i + 1;

		while (end < count && !strcmp(all[end].study, all[i].study))
			end++;
		if (manifest_append(b->in->staging->output, all + i, end - i, e) < 0)
			return -1;
		i = end;
	}
	return 0;
}

/* Another run may have put something there meanwhile: the same, or what only shares the name. */
static int move(struct batch *b, struct item *item, struct err *e)
{
	const char *output = b->in->staging->output;
	auto_free char *path = file_join(output, item->placed);
	const struct beneath_move from_staging = { output, item->path, output, path };
	struct ledger_instance record;
	int there;

	if (beneath_make_parents(output, path, e) < 0 || (there = beneath_rename_new(&from_staging, e)) < 0)
		return -1;
	if (there && hashing_same_dataset(item->path, path)) {
		item->duplicate = true;
		return 0;
	}
	if (there) {
		free(item->placed);
		item->placed = NULL;
		if (choose_place(b, item, e) < 0)
			return -1;
		record = instance_of(b->in, item);
		return manifest_append(b->in->staging->output, &record, 1, e) < 0 ? -1 : move(b, item, e);
	}
	free(item->path);
	item->path = NULL;
	ledger_step();
	return 0;
}

static int move_batch(struct batch *b, struct err *e)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->items[i].placed && !b->items[i].duplicate && move(b, &b->items[i], e) < 0)
			return -1;
	return 0;
}

int batch_record(struct batch *b, struct err *e)
{
	struct ledger *ledger = b->in->session->ledger;
	size_t count;
	auto_free struct ledger_instance *all = placed_instances(b, true, &count);

	if (!count)
		return 0;
	if (ledger_begin(ledger, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (ledger_instance_put(ledger, &all[i], e) < 0) {
			ledger_rollback(ledger);
			return -1;
		}
	return ledger_commit(ledger, e);
}

void batch_place(struct batch *b)
{
	if (b->trouble.kind || b->in->failed)
		return;
	settle_batch(b);
	if (b->in->failed || write_manifests(b, &b->trouble) < 0)
		return;
	move_batch(b, &b->trouble);
}
