/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files go through in batches: one dcmdump reads them while one child hashes and flushes them; then they are renamed into
 * place, the folders flushed, the ledger committed, and only then is anybody told.  Two batches may be under way. */
#include "core/intake/intake_p.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/intake/hashing.h"
#include "dicom/tag.h"

#define BATCH_FILES 400
#define BATCH_BYTES ((int64_t)64 << 20)
#define IDLE_FILES 100			/* so many are worth a start when nothing is under way */
#define BATCHES_MAX 2

static void start_ready(struct intake *);

static void item_done(struct item *item, bool keep)
{
	if (item->path && !keep)
		unlink(item->path);
	free(item->path);
	free(item->name);
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
		item_done(&b->items[i], b->in->keep);
	map_free(b->sops, NULL);
	map_free(b->places, NULL);
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
	in->staging->keep |= in->keep;
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

int64_t intake_waiting(const struct intake *in)
{
	int64_t bytes = in->filling ? in->filling->bytes : 0;

	for (const struct batch *b = in->active; b; b = b->next)
		bytes += b->bytes;
	return bytes;
}

void intake_fail(struct intake *in, const struct err *e)
{
	if (in->failed)
		return;
	in->failed = true;
	in->keep = e->kind == ERR_SPACE || e->kind == ERR_SYSTEM;	/* it may go well when there is room */
	in->hooks.failed(in->owner, e);
}

/* ---- reading and sealing ---- */

const char *intake_base_name(const char *path)
{
	return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

static struct item *item_of(struct batch *b, const char *path)
{
	for (size_t i = 0; i < b->count; i++)	/* dcmdump answers in the order of the list */
		if (!strcmp(intake_base_name(b->items[(b->read + i) % b->count].path), intake_base_name(path)))
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

static void hashing_line_read(void *owner, enum stream from, const char *text, size_t len)
{
	struct batch *b = owner;
	char sha256[65];
	int64_t bytes;
	size_t index;

	(void)len;
	if (from != STREAM_OUT || hashing_line(text, &index, sha256, &bytes, &b->trouble) < 0 || index >= b->count)
		return;
	memcpy(b->items[index].sha256, sha256, sizeof sha256);
	b->items[index].bytes = bytes;
}

static void hashing_done(void *owner, const struct child_result *result)
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
		buf_printf(&list, "./%s\n", intake_base_name(b->items[i].path));
	b->list = file_join(b->in->session->scratch, name);
	return file_replace(b->list, list.data, list.len, e);
}

static int start_seal(struct batch *b, struct err *e)
{
	static const struct child_hooks hooks = { hashing_line_read, hashing_done };
	const struct child_limits limits = { 0 };
	const char **paths = mem_alloc(b->count * sizeof *paths);

	for (size_t i = 0; i < b->count; i++)
		paths[i] = b->items[i].path;
	b->seal = child_start(b->in->session->loop, hashing_command(paths, b->count), &limits, &hooks, b, e);
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

/* ---- the end of a batch ---- */

static void tell(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct item *item = &b->items[i];
		struct intake_object object = {
			item_get(item, TAG_StudyInstanceUID), item_get(item, TAG_SeriesInstanceUID), item_get(item, TAG_SOPInstanceUID),
			item_get(item, TAG_SOPClassUID), item_get(item, TAG_TransferSyntaxUID), item->placed, item->sender,
			item->bytes, item->duplicate, item->conflict
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
		intake_fail(in, &b->trouble);
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
		batch_record(b, &b->trouble);
	end_batch(b);
}

static void place_batch(struct batch *b)
{
	static const struct child_hooks hooks = { NULL, sync_done };
	const struct child_limits limits = { 0 };
	struct intake *in = b->in;

	batch_place(b);
	if (!b->trouble.kind && !in->failed)
		b->sync = child_start(in->session->loop, hashing_sync_command(in->staging->output), &limits, &hooks, b, &b->trouble);
	if (!b->sync)
		end_batch(b);
}

/* ---- queueing ---- */

/* While a batch is under way the next one grows; so batches are as large as the disk is slow. */
static bool worth_starting(const struct intake *in, const struct batch *b)
{
	return in->flush || b->count >= BATCH_FILES || b->bytes >= BATCH_BYTES ||
	       (!in->active && b->count >= IDLE_FILES);
}

static void start_ready(struct intake *in)
{
	while (in->filling && in->filling->count && !in->failed && in->active_count < BATCHES_MAX) {
		struct batch *b = in->filling;

		if (!worth_starting(in, b))
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

void intake_add(struct intake *in, const char *path, int64_t bytes, const char *sender, bool in_flight)
{
	auto_free char *own = staging_file(in->staging);
	struct batch *b = in->filling;
	struct err e = { ERR_NONE, "" };

	if (rename(path, own) < 0) {
		err_sys(&e, "move %s", path);
		intake_fail(in, &e);
		return;
	}
	if (!b) {
		b = in->filling = mem_alloc(sizeof *b);
		b->in = in;
		b->first = in->added + 1;
	}
	in->added++;
	mem_grow(b->items, b->count, b->room);
	b->items[b->count] = (struct item){ .path = mem_str(own), .name = mem_str(intake_base_name(path)), .sender = mem_str(sender),
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
