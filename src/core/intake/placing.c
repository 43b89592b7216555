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
#include "core/intake/quarantine.h"
#include "core/intake/record.h"
#include "dicom/layout.h"
#include "dicom/tag.h"
#include "dicom/value.h"

/* What cannot be read still has a name: its tool took it from the request that brought it. */
static const char *sop_of(const struct item *item)
{
	const char *sop = item_get(item, TAG_SOPInstanceUID), *dot = strchr(item->name, '.');

	if (*sop || !dot)
		return sop;
	if (uid_is_plausible(item->name))
		return item->name;
	return uid_is_plausible(dot + 1) ? dot + 1 : sop;		/* CT.1.2.3 */
}

static void refuse(struct intake *in, struct item *item, struct intake_refused refused)
{
	auto_free char *name = layout_safe(*refused.sop ? refused.sop : "unknown");
	const struct quarantine_file file = { item->path, name, refused.reason, item->sender };
	struct err e = { ERR_NONE, "" };
	int again = quarantine_put(in->staging->output, &file, &e);

	if (again < 0)
		intake_fail(in, &e);
	free(item->path);
	item->path = NULL;
	refused.again = again == 1;
	in->hooks.refused(in->owner, &refused);
}

/* ---- where to: settled for the whole batch before anything is moved ---- */

static char *name_key(const struct intake_name *name)
{
	return mem_printf("%s/%s/%s", name->study, name->series, name->sop);
}

static char *sop_key(const struct intake_name *name)
{
	return mem_printf("%s/%s", name->study, name->sop);
}

/* Is the object here already, or has this batch brought it before? */
static void meet(struct batch *b, struct item *item)
{
	const struct intake *in = b->in;
	const struct intake_name name = item_name(item);
	auto_free char *key = name_key(&name), *other_key = sop_key(&name);
	const char *known = in->hooks.present(in->owner, &name);
	auto_free char *path = known ? file_join(in->staging->output, known) : NULL;
	const struct item *before = map_get(b->names, key), *other = map_get(b->sops, other_key);

	item->twin = in->hooks.twin(in->owner, &name) || (other && strcmp(item_get(other, TAG_SeriesInstanceUID), name.series));
	if (path && hashing_same_dataset(item->path, path)) {
		item->duplicate = item->known = true;
		item->placed = mem_str(known);
	} else if (before && before->path && hashing_same_dataset(item->path, before->path)) {
		item->duplicate = item->known = true;
		item->placed = mem_str(before->placed);
	} else {
		item->conflict = before || (path && access(path, F_OK) == 0);
	}
}

static void remember(struct batch *b, struct item *item)
{
	const struct intake_name name = item_name(item);
	auto_free char *key = name_key(&name), *other_key = sop_key(&name);

	if (!map_has(b->names, key))
		map_put(b->names, key, item);
	if (!map_has(b->sops, other_key))
		map_put(b->sops, other_key, item);
}

static char *item_layout_path(const struct intake *in, const struct item *item, int serial)
{
	return item->twin ? layout_path_twin(in->layout, &item->set, serial) : layout_path(in->layout, &item->set, serial);
}

/* What lies in its place is what is recorded: its file meta information may differ. */
static void take_over(struct item *item, const char *path)
{
	item->duplicate = true;
	hashing_file(path, item->sha256, &item->bytes);
}

/* The first free name of the layout; the same content under it means: already here. */
static int choose_place(struct batch *b, struct item *item, struct err *e)
{
	struct intake *in = b->in;

	for (int serial = 0; serial < 1000; serial++) {
		auto_free char *relative = item_layout_path(in, item, serial);
		auto_free char *path = file_join(in->staging->output, relative);
		bool there = access(path, F_OK) == 0;

		if (map_has(b->places, relative) || (there && !hashing_same_dataset(item->path, path)))
			continue;
		item->placed = mem_str(relative);
		if (there)
			take_over(item, path);
		else
			map_put(b->places, relative, NULL);
		return 0;
	}
	return err_set(e, ERR_INPUT, "the layout '%s' gives too many objects one name", layout_source(in->layout));
}

/* Of a damaged object the study may be wrong as well: then it is known by the name that it was sent by. */
static bool judge_item(struct batch *b, struct item *item)
{
	struct intake *in = b->in;
	const struct intake_name name = item_name(item);
	enum intake_wish wish = in->hooks.wanted(in->owner, &name);
	enum flaw flaw = flaw_of_received(&item->set, item->damage, item->in_flight, wish == INTAKE_ASKED_BY_NAME);
	struct intake_refused refused = { .study = wish ? name.study : "", .refusal = INTAKE_DAMAGED };

	if (!flaw && wish)
		return true;
	refused.sop = flaw == FLAW_OTHER_NAME ? item_get(item, TAG_MediaStorageSOPInstanceUID) : sop_of(item);
	refused.reason = flaw == FLAW_DAMAGED ? item->damage : flaw_words(flaw);
	if (!flaw)
		refused = (struct intake_refused){ name.study, name.sop, INTAKE_UNWANTED, "not asked for", false };
	if (flaw && flaw != FLAW_OTHER_NAME && item->in_flight)
		log_verbose("an object that was cut when its transfer ended is dropped: %s", refused.reason);
	else
		refuse(in, item, refused);
	return false;
}

static void settle_item(struct batch *b, struct item *item)
{
	struct intake *in = b->in;
	struct err e = { ERR_NONE, "" };

	if (!judge_item(b, item))
		return;
	flaw_tell_odd(&item->set, &in->odd_told);
	meet(b, item);
	if (!item->placed && choose_place(b, item, &e) < 0)
		intake_fail(in, &e);
	else
		remember(b, item);
}

static void settle_batch(struct batch *b)
{
	b->names = map_new();
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

/* Those that are new to the records. */
static struct ledger_instance *placed_instances(const struct batch *b, size_t *ret_count)
{
	struct ledger_instance *all = mem_alloc((b->count + 1) * sizeof *all);
	size_t count = 0;

	for (size_t i = 0; i < b->count; i++)
		if (b->items[i].placed && !b->items[i].known)
			all[count++] = instance_of(b->in, &b->items[i]);
	*ret_count = count;
	return all;
}

static int tell_publishing(struct batch *b, const struct ledger_instance *all, size_t count, struct err *e)
{
	const struct intake *in = b->in;
	auto_free const char **studies = mem_alloc((count + 1) * sizeof *studies);
	struct map *told = map_new();
	size_t different = 0;

	for (size_t i = 0; i < count; i++)
		if (map_put(told, all[i].study, NULL))
			studies[different++] = all[i].study;
	map_free(told, NULL);
	return in->hooks.publishing && different ? in->hooks.publishing(in->owner, studies, different, e) : 0;
}

/* Before the objects are moved: what lies in its place is in the manifest, whenever we die. */
static int write_manifests(struct batch *b, struct err *e)
{
	size_t count;
	auto_free struct ledger_instance *all = placed_instances(b, &count);

	if (tell_publishing(b, all, count, e) < 0)
		return -1;
	return record_in_manifests(all, count, e);
}

static int record_anew(struct batch *b, const struct item *item, struct err *e)
{
	struct ledger_instance record = instance_of(b->in, item);

	return record_in_manifests(&record, 1, e);
}

/* Another run may have put something there meanwhile: the same, or what only shares the name. */
static int move_item(struct batch *b, struct item *item, struct err *e)
{
	const char *output = b->in->staging->output;
	auto_free char *path = file_join(output, item->placed);
	const struct beneath_move from_staging = { output, item->path, output, path };
	int there;

	if (beneath_make_parents(output, path, e) < 0 || (there = beneath_rename_new(&from_staging, e)) < 0)
		return -1;
	if (there && hashing_same_dataset(item->path, path)) {
		take_over(item, path);
		return record_anew(b, item, e);
	}
	if (there) {
		free(item->placed);
		item->placed = NULL;
		if (choose_place(b, item, e) < 0 || record_anew(b, item, e) < 0)
			return -1;
		return item->duplicate ? 0 : move_item(b, item, e);
	}
	free(item->path);
	item->path = NULL;
	ledger_step();
	return 0;
}

static int move_batch(struct batch *b, struct err *e)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->items[i].placed && !b->items[i].duplicate && move_item(b, &b->items[i], e) < 0)
			return -1;
	return 0;
}

int batch_record(struct batch *b, struct err *e)
{
	size_t count;
	auto_free struct ledger_instance *all = placed_instances(b, &count);

	return record_in_ledger(b->in->session->ledger, all, count, e);
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
