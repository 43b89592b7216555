/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files go through in batches: one dcmdump reads them while one child hashes and flushes them; then they are renamed into
 * place, the folders flushed, the ledger committed, and only then is anybody told.  Two batches may be under way. */
#include "core/intake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"
#include "core/manifest.h"
#include "core/seal.h"
#include "dicom/layout.h"
#include "dicom/tag.h"
#include "wrappers/dcmdump.h"

#define BATCH_FILES 400
#define BATCH_BYTES ((int64_t)64 << 20)
#define BATCHES_MAX 2
#define UID_LEN_MAX 128			/* longer ones than the standard's 64 exist */

struct item {
	char *path;			/* in the staging folder; then NULL */
	char *sender;
	unsigned connection;
	int64_t bytes;
	bool in_flight;
	char sha256[65];
	char *damage;
	struct dataset set;
	char *placed;			/* relative path */
	bool duplicate, conflict;
	bool recorded;			/* ... and in the manifest */
};

struct batch {
	struct intake *in;
	struct item *items;
	size_t count, room;
	int64_t bytes;
	struct dcmdump_reading reading;
	struct child *dump, *seal, *sync;
	uint64_t first;			/* number of its first item among all that came in */
	char *list;			/* file with the paths for dcmdump */
	struct table *sops, *places;	/* while it is settled: SOP Instance UID -> item, paths taken */
	size_t read;			/* items for which dcmdump has answered */
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
	uint32_t tags[64];
	size_t tag_count;
};

static void start_ready(struct intake *);

static void item_done(struct item *item)
{
	if (item->path)
		unlink(item->path);
	free(item->path);
	free(item->sender);
	free(item->damage);
	free(item->placed);
	dataset_done(&item->set);
}

static void batch_free(struct batch *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->count; i++)
		item_done(&b->items[i]);
	table_free(b->sops, NULL);
	table_free(b->places, NULL);
	if (b->list)
		unlink(b->list);
	free(b->list);
	free(b->items);
	free(b);
}

struct intake *intake_new(struct session *s, struct staging *staging, const struct layout *layout, const char *node,
			  const struct intake_hooks *hooks, void *owner)
{
	static const uint32_t always[] = {
		TAG_SpecificCharacterSet, TAG_TransferSyntaxUID, TAG_SOPClassUID, TAG_SOPInstanceUID, TAG_StudyInstanceUID,
		TAG_SeriesInstanceUID, TAG_Rows, TAG_PixelData, TAG(0x7fe0, 0x0008), TAG(0x7fe0, 0x0009), TAG(0x0028, 0x7fe0)
	};
	struct intake *in = mem_alloc(sizeof *in);

	in->session = s;
	in->staging = staging;
	in->layout = layout;
	in->node = mem_str(node);
	in->hooks = *hooks;
	in->owner = owner;
	memcpy(in->tags, always, sizeof always);
	in->tag_count = countof(always);
	in->tag_count += layout_tags(layout, in->tags + in->tag_count, countof(in->tags) - in->tag_count);
	return in;
}

void intake_free(struct intake *in)
{
	if (!in)
		return;
	while (in->active) {
		struct batch *b = in->active;

		in->active = b->next;
		batch_free(b);
	}
	batch_free(in->filling);
	free(in->node);
	free(in);
}

bool intake_idle(const struct intake *in)
{
	return !in->active && (in->failed || !in->filling || !in->filling->count);
}

uint64_t intake_ticket(const struct intake *in)
{
	return in->added;
}

bool intake_passed(const struct intake *in, uint64_t ticket)
{
	for (const struct batch *b = in->active; b; b = b->next)
		if (b->first <= ticket)
			return false;
	return in->failed || !in->filling || !in->filling->count || in->filling->first > ticket;
}

bool intake_has_failed(const struct intake *in)
{
	return in->failed;
}

static void fail(struct intake *in, const struct err *e)
{
	if (in->failed)
		return;
	in->failed = true;
	in->hooks.failed(in->owner, e);
}

/* ---- reading and sealing ---- */

static const char *base_name(const char *path)
{
	return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

static struct item *item_of(struct batch *b, const char *path)
{
	for (size_t i = 0; i < b->count; i++)	/* dcmdump answers in the order of the list */
		if (!strcmp(base_name(b->items[(b->read + i) % b->count].path), base_name(path)))
			return &b->items[(b->read + i) % b->count];
	return NULL;
}

static void file_read_by_dcmdump(void *owner, const char *path, struct dataset *set, const char *damage)
{
	struct batch *b = owner;
	struct item *item = item_of(b, path);

	if (!item)
		return;
	b->read++;
	item->damage = mem_str(damage);
	dataset_decode(set, NULL);
	dataset_copy(&item->set, set);
}

static void dump_line_read(void *owner, enum stream from, const char *text, size_t len)
{
	dcmdump_line(&((struct batch *)owner)->reading, from == STREAM_ERR, text, len);
}

static void place_batch(struct batch *);

static void dump_done(void *owner, const struct child_result *result)
{
	struct batch *b = owner;

	b->dump = NULL;
	dcmdump_end(&b->reading);
	dcmdump_reading_done(&b->reading);
	if (result->signal && !result->stopped)
		err_set(&b->trouble, ERR_TOOL, "dcmdump was ended by signal %d", result->signal);
	if (!b->seal)
		place_batch(b);
}

static void seal_line_read(void *owner, enum stream from, const char *text, size_t len)
{
	struct batch *b = owner;
	char sha256[65];
	int64_t bytes;
	size_t index;

	(void)len;
	if (from != STREAM_OUT || seal_line(text, &index, sha256, &bytes, &b->trouble) < 0 || index >= b->count)
		return;
	memcpy(b->items[index].sha256, sha256, sizeof sha256);
	b->items[index].bytes = bytes;
}

static void seal_done(void *owner, const struct child_result *result)
{
	struct batch *b = owner;

	b->seal = NULL;
	if ((result->signal || result->exit_status) && !b->trouble.kind)
		err_set(&b->trouble, ERR_SYSTEM, "hashing received files failed");
	if (!b->dump)
		place_batch(b);
}

static int write_list(struct batch *b, struct err *e)
{
	auto_buf struct buf list = BUF_INIT(BUF_MB(4));
	auto_free char *name = mem_printf("intake-%u", ++b->in->session->serial);

	for (size_t i = 0; i < b->count; i++)
		buf_printf(&list, "./%s\n", base_name(b->items[i].path));
	b->list = file_join(b->in->session->scratch, name);
	return file_replace(b->list, list.data, list.len, e);
}

static int start_seal(struct batch *b, struct err *e)
{
	static const struct child_hooks hooks = { seal_line_read, seal_done };
	const struct child_limits limits = { 0 };
	const char **paths = mem_alloc(b->count * sizeof *paths);

	for (size_t i = 0; i < b->count; i++)
		paths[i] = b->items[i].path;
	b->seal = child_start(b->in->session->loop, seal_command(paths, b->count), &limits, &hooks, b, e);
	free(paths);
	return b->seal ? 0 : -1;
}

static int start_batch(struct batch *b, struct err *e)
{
	static const struct child_hooks hooks = { dump_line_read, dump_done };
	const struct child_limits limits = { .line_max = 1 << 20 };
	struct intake *in = b->in;
	struct command *command;

	if (write_list(b, e) < 0)
		return -1;
	command = dcmdump_command(&in->session->dcmtk, b->list, in->tags, in->tag_count, true);
	command_chdir(command, in->staging->folder);
	dcmdump_reading_init(&b->reading, file_read_by_dcmdump, b);
	b->dump = child_start(in->session->loop, command, &limits, &hooks, b, e);
	if (!b->dump) {
		dcmdump_reading_done(&b->reading);
		return -1;
	}
	return start_seal(b, e);
}

/* ---- placing ---- */

static bool uid_fits(const char *uid)
{
	size_t len = strlen(uid);

	return len && len <= UID_LEN_MAX && strspn(uid, "0123456789.") == len;
}

static const char *get(const struct item *item, uint32_t tag)
{
	return dataset_get(&item->set, tag);
}

/* What is wrong with a file, in words, or NULL. */
static const char *damage_of(const struct item *item)
{
	if (item->damage)
		return item->damage;
	if (!uid_fits(get(item, TAG_SOPInstanceUID)))
		return item->set.count ? "no valid SOP Instance UID" : "not a DICOM file";
	if (!uid_fits(get(item, TAG_StudyInstanceUID)) || !uid_fits(get(item, TAG_SeriesInstanceUID)))
		return "no valid Study or Series Instance UID";
	if (dataset_find(&item->set, TAG_Rows) && !dataset_find(&item->set, TAG_PixelData) &&
	    !dataset_find(&item->set, TAG(0x7fe0, 0x0008)) && !dataset_find(&item->set, TAG(0x7fe0, 0x0009)) &&
	    !dataset_find(&item->set, TAG(0x0028, 0x7fe0)))
		return "it has rows but no pixel data: the file is cut";
	return NULL;
}

static void refuse(struct intake *in, struct item *item, const char *reason)
{
	auto_free char *name = layout_safe(*get(item, TAG_SOPInstanceUID) ? get(item, TAG_SOPInstanceUID) : "unknown");
	struct err e = { ERR_NONE, "" };

	if (staging_quarantine(in->staging, item->path, name, reason, item->sender, &e) < 0)
		fail(in, &e);
	free(item->path);
	item->path = NULL;
	in->hooks.refused(in->owner, get(item, TAG_StudyInstanceUID), get(item, TAG_SOPInstanceUID), reason);
}

static int make_parents(const char *path, struct err *e)
{
	auto_free char *folder = mem_str(path);

	*strrchr(folder, '/') = '\0';
	return file_make_dirs(folder, e);
}

/* ---- where to: settled for the whole batch before anything is moved ---- */

/* Is the object here already, or has this batch brought it before?  Sets duplicate or conflict. */
static void meet(struct batch *b, struct item *item)
{
	const char *sop = get(item, TAG_SOPInstanceUID);
	const struct intake *in = b->in;
	const char *known = in->hooks.present(in->owner, get(item, TAG_StudyInstanceUID), sop);
	auto_free char *path = known ? file_join(in->staging->output, known) : NULL;
	const struct item *before = table_get(b->sops, sop);

	if (path && seal_same_dataset(item->path, path)) {
		item->duplicate = item->recorded = true;
		item->placed = mem_str(known);
	} else if (before && seal_same_dataset(item->path, before->path)) {
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

		if (table_has(b->places, relative) || (there && !seal_same_dataset(item->path, path)))
			continue;
		item->duplicate = there;
		item->placed = mem_str(relative);
		if (!there)
			table_put(b->places, relative, NULL);
		return 0;
	}
	return err_set(e, ERR_INPUT, "the layout '%s' gives too many objects one name", layout_source(in->layout));
}

static void settle_item(struct batch *b, struct item *item)
{
	const char *damage = damage_of(item);
	struct intake *in = b->in;
	struct err e = { ERR_NONE, "" };

	if (damage && item->in_flight) {
		log_verbose("an object that was cut when its transfer ended is dropped: %s", damage);
	} else if (damage) {
		refuse(in, item, damage);
	} else if (!in->hooks.wanted(in->owner, get(item, TAG_StudyInstanceUID), get(item, TAG_SeriesInstanceUID),
				     get(item, TAG_SOPInstanceUID))) {
		refuse(in, item, "not asked for");
	} else {
		meet(b, item);
		if (!item->placed && choose_place(b, item, &e) < 0)
			fail(in, &e);
		else if (!table_has(b->sops, get(item, TAG_SOPInstanceUID)))
			table_put(b->sops, get(item, TAG_SOPInstanceUID), item);
	}
}

static void settle_batch(struct batch *b)
{
	b->sops = table_new();
	b->places = table_new();
	for (size_t i = 0; i < b->count && !b->in->failed; i++)
		settle_item(b, &b->items[i]);
}

static struct ledger_instance instance_of(const struct intake *in, const struct item *item)
{
	return (struct ledger_instance){
		.output = in->staging->output,
		.path = item->placed,
		.sop = get(item, TAG_SOPInstanceUID),
		.study = get(item, TAG_StudyInstanceUID),
		.series = get(item, TAG_SeriesInstanceUID),
		.sop_class = get(item, TAG_SOPClassUID),
		.transfer_syntax = get(item, TAG_TransferSyntaxUID),
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

/* Before the objects are moved: what lies in its place is in the manifest, whenever we die. */
static int write_manifests(struct batch *b, struct err *e)
{
	size_t count, i = 0;
	auto_free struct ledger_instance *all = placed_instances(b, false, &count);

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
	auto_free char *path = file_join(b->in->staging->output, item->placed);
	struct ledger_instance record;
	int there;

	if (make_parents(path, e) < 0 || (there = file_rename_new(item->path, path, e)) < 0)
		return -1;
	if (there && seal_same_dataset(item->path, path)) {
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

static int record(struct batch *b, struct err *e)
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

static void tell(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct item *item = &b->items[i];
		struct intake_object object = {
			get(item, TAG_StudyInstanceUID), get(item, TAG_SeriesInstanceUID), get(item, TAG_SOPInstanceUID),
			get(item, TAG_SOPClassUID), get(item, TAG_TransferSyntaxUID), item->placed, item->sender,
			item->connection, item->bytes,
			item->duplicate, item->conflict
		};

		if (item->placed)
			b->in->hooks.placed(b->in->owner, &object);
	}
}

static void end_batch(struct batch *b)
{
	struct intake *in = b->in;

	for (struct batch **at = &in->active; *at; at = &(*at)->next)
		if (*at == b) {
			*at = b->next;
			break;
		}
	in->active_count--;
	if (b->trouble.kind)
		fail(in, &b->trouble);
	else if (!in->failed)
		tell(b);
	batch_free(b);
	start_ready(in);
}

static void sync_done(void *owner, const struct child_result *result)
{
	struct batch *b = owner;

	b->sync = NULL;
	if (result->exit_status == 2)
		err_set(&b->trouble, ERR_SPACE, "the output folder could not be flushed: is the disk full?");
	else if (result->exit_status)
		err_set(&b->trouble, ERR_SYSTEM, "the output folder could not be flushed");
	else
		record(b, &b->trouble);
	end_batch(b);
}

static void place_batch(struct batch *b)
{
	static const struct child_hooks hooks = { NULL, sync_done };
	const struct child_limits limits = { 0 };
	struct intake *in = b->in;

	if (!b->trouble.kind && !in->failed)
		settle_batch(b);
	if (!b->trouble.kind && !in->failed && write_manifests(b, &b->trouble) == 0 && move_batch(b, &b->trouble) == 0)
		b->sync = child_start(in->session->loop, seal_sync_command(in->staging->output), &limits, &hooks, b, &b->trouble);
	if (!b->sync)
		end_batch(b);
}

/* ---- queueing ---- */

static void start_ready(struct intake *in)
{
	while (in->filling && in->filling->count && !in->failed && in->active_count < BATCHES_MAX) {
		struct batch *b = in->filling;

		if (!in->flush && b->count < BATCH_FILES && b->bytes < BATCH_BYTES)
			return;
		in->filling = NULL;
		b->next = in->active;
		in->active = b;
		in->active_count++;
		if (start_batch(b, &b->trouble) < 0 && !b->dump && !b->seal)
			end_batch(b);
	}
	if (!in->filling || !in->filling->count)
		in->flush = false;
}

void intake_add(struct intake *in, const char *path, int64_t bytes, const char *sender, unsigned connection,
		bool in_flight)
{
	auto_free char *own = staging_file(in->staging);
	struct batch *b = in->filling;
	struct err e = { ERR_NONE, "" };

	if (rename(path, own) < 0) {
		err_sys(&e, "move %s", path);
		fail(in, &e);
		return;
	}
	if (!b) {
		b = in->filling = mem_alloc(sizeof *b);
		b->in = in;
		b->first = in->added + 1;
	}
	in->added++;
	mem_grow(b->items, b->count, b->room);
	b->items[b->count] = (struct item){ .path = mem_str(own), .sender = mem_str(sender), .connection = connection,
						.bytes = bytes, .in_flight = in_flight };
	dataset_init(&b->items[b->count++].set);
	b->bytes += bytes;
	start_ready(in);
}

void intake_flush(struct intake *in)
{
	in->flush = true;
	start_ready(in);
}
