/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was read is recorded some thousand files at a time: the manifests of their studies first, then the ledger, as the intake
 * does it. */
#include "core/archive/import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/files/manifest.h"
#include "core/intake/examine.h"
#include "core/intake/flaw.h"
#include "core/intake/hashing.h"
#include "core/intake/record.h"
#include "core/ledger/instances.h"
#include "dicom/tag.h"
#include "process/child.h"

#define RECORD_AT_ONCE 4000
#define FROM "import"

/* Where a SOP Instance UID was met first. */
struct place {
	char *path;
	char sha256[65];
};

struct importing {
	struct session *session;
	const char *output;
	bool dry_run, odd_told;
	import_fn *found;
	void *owner;
	struct import_sum *sum;
	struct map *in_manifest, *in_ledger;	/* path -> its size as recorded, a number in its pointer's memory */
	struct map *places;			/* SOP Instance UID -> struct place */
	struct map *studies;
	struct ledger_instance *rows;		/* texts are ours */
	size_t count, room;
};

static void place_free(void *p)
{
	struct place *place = p;

	free(place->path);
	free(place);
}

static struct place *place_new(const char *path, const char *sha256)
{
	struct place *p = mem_alloc(sizeof *p);

	p->path = mem_str(path);
	memcpy(p->sha256, sha256, strnlen(sha256, sizeof p->sha256 - 1));
	return p;
}

/* ---- what is recorded already ---- */

static void note(struct map *known, const struct ledger_instance *i)
{
	int64_t *bytes = map_get(known, i->path);

	if (!bytes)
		map_put(known, i->path, bytes = mem_alloc(sizeof *bytes));
	*bytes = i->bytes;
}

static int note_in_ledger(void *owner, const struct ledger_instance *i)
{
	note(((struct importing *)owner)->in_ledger, i);
	return 0;
}

static int note_in_manifest(void *owner, const struct ledger_instance *i)
{
	struct importing *im = owner;

	note(im->in_manifest, i);
	if (!map_has(im->places, i->sop))
		map_put(im->places, i->sop, place_new(i->path, i->sha256 ? i->sha256 : ""));
	return 0;
}

static int read_records(struct importing *im, struct err *e)
{
	struct manifest_names names;
	int failed = manifest_list(im->output, &names, e);

	for (size_t i = 0; !failed && i < names.count; i++)
		failed = manifest_last(im->output, names.items[i], note_in_manifest, im, e);
	manifest_names_done(&names);
	return failed ? -1 : ledger_folder_instances(im->session->ledger, im->output, note_in_ledger, im, e);
}

static bool is_known(const struct importing *im, const char *path)
{
	const int64_t *ledger = map_get(im->in_ledger, path), *manifest = map_get(im->in_manifest, path);
	auto_free char *full = ledger && manifest ? file_join(im->output, path) : NULL;
	struct stat st;

	return full && lstat(full, &st) == 0 && st.st_size == *ledger && st.st_size == *manifest;
}

/* ---- recording ---- */

static void free_text(const char *text)
{
	free((void *)(uintptr_t)text);
}

static void empty_rows(struct importing *im)
{
	for (size_t i = 0; i < im->count; i++) {
		const struct ledger_instance *r = &im->rows[i];

		free_text(r->path);
		free_text(r->sop);
		free_text(r->study);
		free_text(r->series);
		free_text(r->sop_class);
		free_text(r->transfer_syntax);
		free_text(r->sha256);
	}
	im->count = 0;
}

static int record(struct importing *im, struct err *e)
{
	int failed = 0;

	if (!im->dry_run)
		failed = record_in_manifests(im->rows, im->count, e) < 0 ||
			 record_in_ledger(im->session->ledger, im->rows, im->count, e) < 0;
	empty_rows(im);
	return failed ? -1 : 0;
}

/* ---- one file ---- */

static void add_row(struct importing *im, const struct examine_file *f)
{
	mem_grow(im->rows, im->count, im->room);
	im->rows[im->count++] = (struct ledger_instance){
		.output = im->output, .path = mem_str(f->path), .sop = mem_str(dataset_get(f->set, TAG_SOPInstanceUID)),
		.study = mem_str(dataset_get(f->set, TAG_StudyInstanceUID)), .series = mem_str(dataset_get(f->set, TAG_SeriesInstanceUID)),
		.sop_class = mem_str(dataset_get(f->set, TAG_SOPClassUID)),
		.transfer_syntax = mem_str(dataset_get(f->set, TAG_TransferSyntaxUID)), .bytes = f->bytes, .sha256 = mem_str(f->sha256),
		.at = clock_wall(), .node = FROM,
	};
	im->sum->imported++;
	im->sum->bytes += f->bytes;
	if (map_put(im->studies, dataset_get(f->set, TAG_StudyInstanceUID), NULL))
		im->sum->studies++;
}

static void compare_place(struct importing *im, const struct examine_file *f)
{
	const char *sop = dataset_get(f->set, TAG_SOPInstanceUID);
	const struct place *first = map_get(im->places, sop);
	auto_free char *here = NULL, *there = NULL;

	if (!first) {
		map_put(im->places, sop, place_new(f->path, f->sha256));
		return;
	}
	if (!strcmp(first->path, f->path))
		return;
	here = file_join(im->output, f->path);
	there = file_join(im->output, first->path);
	if (!strcmp(first->sha256, f->sha256) || hashing_same_dataset(here, there)) {
		im->sum->duplicates++;
	} else {
		im->sum->findings[IMPORT_CONFLICT]++;
		im->found(im->owner, IMPORT_CONFLICT, f->path, sop, first->path);
	}
}

static int import_file(void *owner, const struct examine_file *f, struct err *e)
{
	struct importing *im = owner;
	const char *damage;

	if (f->bytes < 0)		/* gone meanwhile */
		return 0;
	damage = examine_damage(f);
	if (damage && !f->why && examine_is_foreign(im->output, f->path)) {
		im->sum->foreign++;
		return 0;
	}
	if (damage) {
		im->sum->findings[IMPORT_DAMAGED]++;
		im->found(im->owner, IMPORT_DAMAGED, f->path, dataset_get(f->set, TAG_SOPInstanceUID), damage);
		return 0;
	}
	flaw_tell_odd(f->set, &im->odd_told);
	compare_place(im, f);
	add_row(im, f);
	return im->count < RECORD_AT_ONCE ? 0 : record(im, e);
}

/* ---- all of it ---- */

static int list_unknown(struct importing *im, struct path_list *unknown, struct err *e)
{
	struct path_list all;

	if (examine_list(im->output, &all, e) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++)
		if (is_known(im, all.items[i]))
			im->sum->known++;
		else
			path_list_add(unknown, all.items[i]);
	im->sum->files = (long long)all.count;
	path_list_done(&all);
	return 0;
}

static void flushed(void *owner, const struct child_result *result)
{
	*(int *)owner = result->exit_status ? -1 : 1;
}

static bool is_flushed(void *owner)
{
	return *(int *)owner != 0;
}

/* The manifests last from here on. */
static int flush(struct importing *im, struct err *e)
{
	static const struct child_hooks hooks = { NULL, flushed };
	int over = 0;

	if (im->dry_run || !im->sum->imported)
		return 0;
	if (!child_start(im->session->loop, hashing_sync_command(im->output), NULL, &hooks, &over, e) ||
	    session_run(im->session, is_flushed, &over, e) < 0)
		return -1;
	return over < 0 ? err_set(e, ERR_SPACE, "%s could not be flushed: is the disk full?", im->output) : 0;
}

int import_tree(struct session *s, const char *output, bool dry_run, import_fn *fn, void *owner, struct import_sum *sum,
		struct err *e)
{
	struct importing im = { .session = s, .output = output, .dry_run = dry_run, .found = fn, .owner = owner, .sum = sum,
				.in_manifest = map_new(), .in_ledger = map_new(), .places = map_new(), .studies = map_new() };
	struct path_list unknown = { NULL, 0, 0 };
	struct examine_how how = { .whole = true, .hash = true };
	int failed;

	memset(sum, 0, sizeof *sum);
	examine_identity(&how);
	failed = read_records(&im, e) < 0 || list_unknown(&im, &unknown, e) < 0 ||
		 examine_read(s, output, &unknown, &how, import_file, &im, e) < 0 || record(&im, e) < 0 || flush(&im, e) < 0;
	empty_rows(&im);
	free(im.rows);
	path_list_done(&unknown);
	map_free(im.in_manifest, free);
	map_free(im.in_ledger, free);
	map_free(im.places, place_free);
	map_free(im.studies, NULL);
	return failed ? -1 : 0;
}

/* ---- forgetting ---- */

struct forgetting {
	const char *output, *study;
	bool all, dry_run;
	struct map *gone;		/* paths */
};

/* What cannot be looked at (no permission) may be there. */
static bool is_gone(const struct forgetting *f, const char *path)
{
	auto_free char *full = file_join(f->output, path);
	struct stat st;

	return f->all || (lstat(full, &st) < 0 && (errno == ENOENT || errno == ENOTDIR));
}

static int note_gone(void *owner, const struct ledger_instance *i)
{
	struct forgetting *f = owner;

	if ((!f->study || !strcmp(f->study, i->study)) && is_gone(f, i->path))
		map_put(f->gone, i->path, NULL);
	return 0;
}

static const char *drop_gone(void *owner, const struct ledger_instance *i)
{
	struct forgetting *f = owner;

	if (!is_gone(f, i->path))
		return i->path;
	map_put(f->gone, i->path, NULL);
	return f->dry_run ? i->path : NULL;
}

static int forget_in_manifests(struct forgetting *f, struct err *e)
{
	struct manifest_names names;
	int failed;

	if (f->study)
		return manifest_edit(f->output, f->study, drop_gone, f, e);
	failed = manifest_list(f->output, &names, e);
	for (size_t i = 0; !failed && i < names.count; i++)
		failed = manifest_edit(f->output, names.items[i], drop_gone, f, e);
	manifest_names_done(&names);
	return failed;
}

static int forget_in_ledger(struct ledger *l, const struct forgetting *f, struct err *e)
{
	const char *path;
	size_t at = 0;

	if (ledger_begin(l, e) < 0)
		return -1;
	while ((path = map_next(f->gone, &at, NULL)))
		if (ledger_instance_delete(l, f->output, path, e) < 0) {
			ledger_rollback(l);
			return -1;
		}
	return ledger_commit(l, e);
}

int import_forget(struct ledger *l, const char *output, const char *study_uid, bool all, bool dry_run, long long *ret_files,
		  struct err *e)
{
	struct forgetting f = { output, study_uid, all, dry_run, map_new() };
	int failed = ledger_folder_instances(l, output, note_gone, &f, e) < 0 || forget_in_manifests(&f, e) < 0 ||
		     (!dry_run && forget_in_ledger(l, &f, e) < 0);

	*ret_files = (long long)map_count(f.gone);
	map_free(f.gone, NULL);
	return failed ? -1 : 0;
}
