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
#include "core/intake/flaw.h"
#include "core/intake/hashing.h"

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
	map_free(b->names, NULL);
	map_free(b->sops, NULL);
	map_free(b->places, NULL);
	free(b->items);
	free(b);
}

struct intake *intake_new(struct session *s, struct staging *staging, const struct layout *layout, const char *node,
			  const struct intake_hooks *hooks, void *owner)
{
	struct intake *in = mem_alloc(sizeof *in);

	in->session = s;
	in->staging = staging;
	in->layout = layout;
	in->node = mem_str(node);
	in->hooks = *hooks;
	in->owner = owner;
	memcpy(in->tags, flaw_tags, sizeof flaw_tags);
	in->tag_count = FLAW_TAGS;
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
	in->keep = e->kind != ERR_INPUT;	/* it may go well when there is room, or a better tool */
	in->hooks.failed(in->owner, e);
}

/* ---- reading and sealing ---- */

static const char *base_name(const char *path)
{
	return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

static void file_read_by_dcmdump(void *owner, size_t index, struct dataset *set, const char *damage)
{
	struct item *item = &((struct batch *)owner)->items[index];

	item->damage = mem_str(damage);
	item->set = *set;		/* whole answers move: they are many */
	dataset_init(set);
	dataset_decode(&item->set, NULL);
}

static void place_batch(struct batch *);

static void dump_over(void *owner, const struct err *why)
{
	struct batch *b = owner;

	b->dump = NULL;
	if (why->kind && !b->trouble.kind)
		b->trouble = *why;
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

static const char **batch_paths(const struct batch *b)
{
	const char **paths = mem_alloc(b->count * sizeof *paths);

	for (size_t i = 0; i < b->count; i++)
		paths[i] = b->items[i].path;
	return paths;
}

static int start_batch(struct batch *b, struct err *e)
{
	static const struct dump_hooks hooks = { file_read_by_dcmdump, dump_over };
	static const struct child_hooks hash_hooks = { hashing_line_read, hashing_done };
	const struct child_limits limits = { 0 };
	struct intake *in = b->in;
	const struct dump_how how = { .tags = in->tags, .tag_count = in->tag_count, .whole = true };
	auto_free const char **paths = batch_paths(b);

	b->dump = dump_start(in->session, paths, b->count, &how, &hooks, b, e);
	if (!b->dump)
		return -1;
	b->seal = child_start(in->session->loop, hashing_command(paths, b->count), &limits, &hash_hooks, b, e);
	return b->seal ? 0 : -1;
}

/* ---- the end of a batch ---- */

static void tell(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct item *item = &b->items[i];
		struct intake_object object = {
			item_get(item, TAG_StudyInstanceUID), item_get(item, TAG_SeriesInstanceUID), item_get(item, TAG_SOPInstanceUID),
			item_get(item, TAG_SOPClassUID), item_get(item, TAG_TransferSyntaxUID), item->placed, item->sender,
			item->bytes, item->duplicate, item->conflict, item->twin
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
	b->items[b->count] = (struct item){ .path = mem_str(own), .name = mem_str(base_name(path)), .sender = mem_str(sender),
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
