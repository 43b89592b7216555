/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps carried out and taken back.  The undo list is whole and flushed before the first step; a step that was not made, or whose
 * file was changed since, is passed over when it is taken back.  Files first, records after: a crash between leaves records that
 * the next organise puts right. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/archive/organise_p.h"
#include "core/files/manifest.h"
#include "core/intake/examine.h"
#include "core/intake/hashing.h"
#include "core/intake/staging.h"
#include "core/ledger/instances.h"
#include "parse/json.h"
#include "process/child.h"

/* ---- locks ---- */

static int lock_one(struct folder_lock *l, const char *folder, struct err *e)
{
	l->house = file_join(folder, ".dicom-qr");
	l->path = file_join(l->house, "organise.lock");
	if (beneath_make_dirs(folder, l->house, e) < 0)
		return -1;
	if (staging_in_use(l->house))
		return err_set(e, ERR_LOCKED, "a run writes into %s: organise it afterwards", folder);
	l->fd = file_lock(l->path, e);
	return l->fd < 0 ? -1 : 0;
}

static int same_file_system(const char *from, const char *to, struct err *e)
{
	struct stat a, b;

	if (stat(from, &a) < 0)
		return err_sys(e, "open %s", from);
	if (stat(to, &b) < 0)
		return err_sys(e, "open %s", to);
	if (a.st_dev == b.st_dev)
		return 0;
	return err_set(e, ERR_USAGE, "%s is on another file system than %s: files are renamed or linked, never copied", to, from);
}

int steps_lock(const char *from, const char *to, bool link, struct folder_locks *l, struct err *e)
{
	if (lock_one(&l->to, to, e) < 0)
		return -1;
	if (!strcmp(from, to))
		return 0;
	if (!link && lock_one(&l->from, from, e) < 0)
		return -1;
	return same_file_system(from, to, e);
}

static void unlock_one(struct folder_lock *l)
{
	if (l->fd >= 0) {
		unlink(l->path);
		close(l->fd);
	}
	if (l->house)
		rmdir(l->house);		/* only when nothing else is kept there */
	free(l->house);
	free(l->path);
}

void steps_unlock(struct folder_locks *l)
{
	unlock_one(&l->to);
	unlock_one(&l->from);
}

/* ---- carrying out ---- */

struct carrying {
	struct steps *steps;
	bool undo;
	const struct organise_hooks *hooks;
	void *owner;
	struct organise_sum *sum;
	struct map *made, *left;	/* folders: known to be there; files went from them */
	struct map *halls;		/* places in our house -> the steps that lead there */
};

static int make_parents(struct carrying *c, const struct beneath_move *m, struct err *e)
{
	auto_free char *folder = mem_strn(m->to, (size_t)(strrchr(m->to, '/') - m->to));

	return map_put(c->made, folder, NULL) ? beneath_make_dirs(m->to_root, folder, e) : 0;
}

static bool is_house(const char *path)
{
	return !strncmp(path, ".dicom-qr/", 10);
}

/* 0 done, 1 not possible (why), -1 error. */
static int move_file(const struct beneath_move *m, const char **why, struct err *e)
{
	int there = beneath_rename_new(m, e);

	if (there > 0)
		*why = "its new name is taken meanwhile";
	return there;
}

static int link_file(const struct beneath_move *m, const char **why, struct err *e)
{
	int there = beneath_link_new(m, e);

	if (there > 0)
		*why = "its new name is taken meanwhile";
	return there;
}

/* A link is taken back when the file has its other name still. */
static int unlink_file(const struct beneath_move *m, const char **why, struct err *e)
{
	const char *from = m->from, *to = m->to;
	struct stat a, b;

	if (lstat(to, &b) < 0 && errno == ENOENT) {
		*why = "it is not there any more";
		return 1;
	}
	if (lstat(from, &a) < 0 || lstat(to, &b) < 0 || a.st_ino != b.st_ino || a.st_dev != b.st_dev) {
		*why = "it is not the same file any more";
		return 1;
	}
	return beneath_unlink(m->to_root, to, e);
}

struct known_path { const char *path; bool found; };

static int is_path(void *owner, const struct ledger_instance *i)
{
	struct known_path *k = owner;

	return k->found = !strcmp(i->path, k->path);
}

/* A DICOM file, or one that the manifest names; nothing else was moved. */
static bool is_object(const char *root, const struct step *step)
{
	struct known_path known = { step->to, false };
	struct err ignored = { ERR_NONE, "" };

	if (is_house(step->to) || !examine_is_foreign(root, step->to))
		return true;
	manifest_last(root, step->study, is_path, &known, &ignored);
	return known.found;
}

static int back(const struct step *step, const struct beneath_move *m, const char **why, struct err *e)
{
	struct stat st;

	if (lstat(m->from, &st) < 0) {
		*why = "it is not there any more";
		return 1;
	}
	if (!S_ISREG(st.st_mode) || st.st_size != step->bytes || !is_object(m->from_root, step)) {
		*why = "it was changed since";
		return 1;
	}
	return move_file(m, why, e);
}

static bool lies_at(const char *folder, const char *name, int64_t bytes)
{
	auto_free char *path = file_join(folder, name);
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && (bytes < 0 || st.st_size == bytes);
}

/* An undo that was killed has moved it already, and may not have recorded that. */
static bool is_undone(const struct carrying *c, const struct step *step)
{
	const struct step *first = map_get(c->halls, step->from);

	if (!c->undo || c->steps->link || lies_at(c->steps->to, step->to, -1))
		return false;
	return lies_at(c->steps->from, step->from, step->bytes) || (first && lies_at(c->steps->from, first->from, step->bytes));
}

static int carry_one(struct carrying *c, struct step *step, struct err *e)
{
	auto_free char *from = file_join(c->steps->from, step->from), *to = file_join(c->steps->to, step->to);
	const char *source = c->undo ? step->to : step->from, *why = NULL;
	const struct beneath_move there = { c->steps->from, from, c->steps->to, to }, home = { c->steps->to, to, c->steps->from, from };
	const char *gone = c->undo ? to : from;
	int stuck;

	if (is_undone(c, step)) {
		step->done = true;
		c->sum->in_place += !is_house(step->from);
		return 0;
	}
	if (!(c->undo && c->steps->link) && make_parents(c, c->undo ? &home : &there, e) < 0)
		return -1;
	if (c->steps->link)
		stuck = c->undo ? unlink_file(&there, &why, e) : link_file(&there, &why, e);
	else
		stuck = c->undo ? back(step, &home, &why, e) : move_file(&there, &why, e);
	if (stuck < 0)
		return -1;
	if (stuck) {
		c->sum->findings[ORGANISE_BLOCKED]++;
		c->hooks->found(c->owner, ORGANISE_BLOCKED, source, why);
		return 0;
	}
	step->done = true;
	ledger_step();
	if (!c->steps->link || c->undo) {
		auto_free char *folder = mem_strn(gone, (size_t)(strrchr(gone, '/') - gone));

		map_put(c->left, folder, NULL);
	}
	if (!is_house(c->undo ? step->from : step->to)) {
		c->sum->moved++;
		c->hooks->move(c->owner, source, c->undo ? (c->steps->link ? "" : step->from) : step->to);
	}
	return 0;
}

/* Upwards, as long as they are empty, and never the folder itself. */
static void remove_empty(const char *root, char *folder)
{
	size_t len = strlen(root);

	while (strlen(folder) > len && rmdir(folder) == 0)
		*strrchr(folder, '/') = '\0';
}

static void remove_left(struct carrying *c)
{
	const char *root = c->undo ? c->steps->to : c->steps->from, *folder;

	for (size_t at = 0; (folder = map_next(c->left, &at, NULL));) {
		auto_free char *copy = mem_str(folder);

		remove_empty(root, copy);
	}
}

static void flushed(void *owner, const struct child_result *result)
{
	*(int *)owner = result->exit_status ? -1 : 1;
}

static bool is_flushed(void *owner)
{
	return *(int *)owner != 0;
}

static int flush(struct session *s, const char *folder, struct err *e)
{
	static const struct child_hooks hooks = { NULL, flushed };
	int over = 0;

	if (!child_start(s->loop, hashing_sync_command(folder), NULL, &hooks, &over, e) || session_run(s, is_flushed, &over, e) < 0)
		return -1;
	return over < 0 ? err_set(e, ERR_SPACE, "%s could not be flushed: is the disk full?", folder) : 0;
}

int steps_carry_out(struct session *s, struct steps *steps, bool undo, const struct organise_hooks *hooks, void *owner,
		    struct organise_sum *sum, struct err *e)
{
	struct carrying c = { steps, undo, hooks, owner, sum, map_new(), map_new(), map_new() };
	struct err also = { ERR_NONE, "" };
	int failed = 0;

	for (size_t i = 0; i < steps->count; i++)
		if (is_house(steps->items[i].to))
			map_put(c.halls, steps->items[i].to, &steps->items[i]);

	for (size_t i = 0; !failed && i < steps->count && !s->signal; i++)
		failed = carry_one(&c, &steps->items[undo ? steps->count - 1 - i : i], e);
	remove_left(&c);
	map_free(c.made, NULL);
	map_free(c.left, NULL);
	map_free(c.halls, NULL);
	/* What was moved is recorded, whatever stopped the rest. */
	if (flush(s, undo ? steps->from : steps->to, failed ? &also : e) < 0 || steps_record(s, steps, undo, failed ? &also : e) < 0)
		return -1;
	if (!failed && s->signal)
		failed = err_set(e, ERR_INTERRUPTED, "stopped");
	return failed;
}

/* ---- records ---- */

struct recording {
	struct ledger *ledger;
	const struct steps *steps;
	bool undo;
	const char *source, *target;	/* folders */
	struct map *paths;		/* where a file was -> where it is; of all steps together */
	struct map *targets;		/* where they are -> where they were */
	struct map *known;		/* paths that the manifest under way has */
	struct map *studies;
	struct ledger_instance *copies;	/* records that go to another folder; lent texts are kept in kept */
	size_t count, room;
	struct json *kept;
};

/* One step after another, so that what went by way of our house arrives. */
static void follow_steps(struct recording *r)
{
	const struct steps *s = r->steps;
	struct map *began = map_new();	/* where it is now -> where it began */
	const char *now;
	void *value;

	for (size_t i = 0; i < s->count; i++) {
		const struct step *step = &s->items[r->undo ? s->count - 1 - i : i];
		const char *from = r->undo ? step->to : step->from, *to = r->undo ? step->from : step->to;
		const char *first;

		if (!step->done)
			continue;
		first = map_remove(began, from);
		map_put(began, to, (void *)(uintptr_t)(first ? first : from));
		map_put(r->studies, step->study, NULL);
	}
	for (size_t at = 0; (now = map_next(began, &at, &value));) {
		free(map_remove(r->paths, value));
		map_put(r->paths, value, mem_str(now));
		map_put(r->targets, now, value);
	}
	map_free(began, NULL);
}

/* What the manifest had of a file that was gone gives way to the one that has its name now; it stays when that one was recorded under
 * this name already. */
static const char *renamed(void *owner, const struct ledger_instance *i)
{
	const struct recording *r = owner;
	const char *now = map_get(r->paths, i->path), *was = map_get(r->targets, i->path);

	if (now)
		return now;
	return was && map_has(r->known, was) ? NULL : i->path;
}

static int note_known(void *owner, const struct ledger_instance *i)
{
	map_put(((struct recording *)owner)->known, i->path, NULL);
	return 0;
}

static int rename_in_manifest(struct recording *r, const char *study, struct err *e)
{
	int failed;

	r->known = map_new();
	failed = manifest_last(r->source, study, note_known, r, e) < 0 || manifest_edit(r->source, study, renamed, r, e) < 0;
	map_free(r->known, NULL);
	r->known = NULL;
	return failed ? -1 : 0;
}

static const char *dropped(void *owner, const struct ledger_instance *i)
{
	return map_has(((struct recording *)owner)->paths, i->path) ? NULL : i->path;
}

static const char *keep(struct recording *r, const char *text)
{
	json_add(r->kept, json_string(text ? text : ""));
	return json_text(json_at(r->kept, json_count(r->kept) - 1));
}

static int note_copy(void *owner, const struct ledger_instance *i)
{
	struct recording *r = owner;
	const char *now = map_get(r->paths, i->path);

	if (!now)
		return 0;
	mem_grow(r->copies, r->count, r->room);
	r->copies[r->count++] = (struct ledger_instance){
		.output = r->target, .path = now, .sop = keep(r, i->sop), .study = keep(r, i->study), .series = keep(r, i->series),
		.sop_class = keep(r, i->sop_class), .transfer_syntax = keep(r, i->transfer_syntax), .bytes = i->bytes,
		.sha256 = keep(r, i->sha256), .at = clock_wall(), .node = keep(r, i->node),
	};
	return 0;
}

/* What the manifest of a study says goes with its files. */
static int record_study(struct recording *r, const char *study, struct err *e)
{
	bool same = !strcmp(r->source, r->target), unlinked = r->undo && r->steps->link;
	size_t before = r->count;

	if (same)
		return rename_in_manifest(r, study, e);
	if (!unlinked && manifest_last(r->source, study, note_copy, r, e) < 0)
		return -1;
	if (r->count > before && manifest_append(r->target, r->copies + before, r->count - before, e) < 0)
		return -1;
	return r->steps->link && !r->undo ? 0 : manifest_edit(r->source, study, dropped, r, e);
}

static int ledger_steps(struct recording *r, struct err *e)
{
	const struct steps *s = r->steps;
	bool same = !strcmp(r->source, r->target), stays = s->link && !r->undo;

	for (size_t i = 0; i < s->count; i++) {
		const struct step *step = &s->items[r->undo ? s->count - 1 - i : i];
		const char *from = r->undo ? step->to : step->from, *to = r->undo ? step->from : step->to;

		if (!step->done || (!same && stays))
			continue;
		if ((same ? ledger_instance_move(r->ledger, r->source, from, to, e)
			  : ledger_instance_delete(r->ledger, r->source, from, e)) < 0)
			return -1;
	}
	for (size_t i = 0; i < r->count; i++)
		if (ledger_instance_put(r->ledger, &r->copies[i], e) < 0)
			return -1;
	return 0;
}

static int record_all(struct recording *r, struct err *e)
{
	const char *study;

	for (size_t at = 0; (study = map_next(r->studies, &at, NULL));)
		if (record_study(r, study, e) < 0)
			return -1;
	if (ledger_begin(r->ledger, e) < 0)
		return -1;
	if (ledger_steps(r, e) == 0)
		return ledger_commit(r->ledger, e);
	ledger_rollback(r->ledger);
	return -1;
}

int steps_record(struct session *s, const struct steps *steps, bool undo, struct err *e)
{
	struct recording r = { .ledger = s->ledger, .steps = steps, .undo = undo, .source = undo ? steps->to : steps->from,
			       .target = undo ? steps->from : steps->to, .paths = map_new(), .targets = map_new(), .studies = map_new(),
			       .kept = json_new(JSON_ARRAY) };
	int failed;

	follow_steps(&r);
	failed = record_all(&r, e);
	map_free(r.paths, free);
	map_free(r.targets, NULL);
	map_free(r.studies, NULL);
	json_free(r.kept);
	free(r.copies);
	return failed;
}
