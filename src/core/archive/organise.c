/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole plan is made before anything is moved.  Files that are in their place keep it; then the others choose, in the order of
 * their names: the first name of the layout that is free, and "-2", "-3" when it is not. */
#include "core/archive/organise.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/archive/organise_p.h"
#include "core/files/manifest.h"
#include "core/intake/examine.h"
#include "core/intake/hashing.h"
#include "core/ledger/instances.h"
#include "dicom/tag.h"

#define SERIAL_MAX 10000

static const char *const finding_names[ORGANISE_FINDINGS] = {
	[ORGANISE_LEFT] = "left",
	[ORGANISE_DUPLICATE] = "duplicate",
	[ORGANISE_CONFLICT] = "conflict",
	[ORGANISE_BLOCKED] = "blocked",
};

const char *organise_finding_name(enum organise_finding kind)
{
	return finding_names[kind];
}

void organise_sum_done(struct organise_sum *sum)
{
	free(sum->undo);
	sum->undo = NULL;
}

struct entry {
	char *path, *sop, *study, *series;
	char *name;			/* of the layout */
	size_t serial_at;		/* where "-2" would stand in it */
	int64_t bytes;
	char *target;			/* NULL = it stays */
};

struct planning {
	struct session *session;
	const struct organise_how *how;
	const struct organise_hooks *hooks;
	void *owner;
	struct organise_sum *sum;
	bool in_place;			/* from and to are the same */
	struct entry *entries;
	size_t count, room;
	struct map *here;		/* current path -> its entry, when in_place */
	struct map *taken;		/* name -> the entry that has it from now on */
};

static void found(struct planning *p, enum organise_finding kind, const char *path, const char *words)
{
	p->sum->findings[kind]++;
	p->hooks->found(p->owner, kind, path, words);
}

/* ---- reading ---- */

/* The names of two serials differ in the serial alone, and first where it stands. */
static size_t serial_place(const char *first, const char *second)
{
	size_t at = 0;

	while (first[at] && first[at] == second[at])
		at++;
	return at;
}

static int read_entry(void *owner, const struct examine_file *f, struct err *e)
{
	struct planning *p = owner;
	const char *damage;
	auto_free char *second = NULL;
	struct entry *entry;

	(void)e;
	if (f->bytes < 0)		/* gone meanwhile */
		return 0;
	damage = examine_damage(f);
	if (damage && examine_is_foreign(p->how->from, f->path)) {
		p->sum->foreign++;
		return 0;
	}
	if (damage) {
		found(p, ORGANISE_LEFT, f->path, damage);
		return 0;
	}
	mem_grow(p->entries, p->count, p->room);
	entry = &p->entries[p->count++];
	*entry = (struct entry){ .path = mem_str(f->path), .sop = mem_str(dataset_get(f->set, TAG_SOPInstanceUID)),
				 .study = mem_str(dataset_get(f->set, TAG_StudyInstanceUID)),
				 .series = mem_str(dataset_get(f->set, TAG_SeriesInstanceUID)), .bytes = f->bytes,
				 .name = layout_path(p->how->layout, f->set, 0) };
	second = layout_path(p->how->layout, f->set, 1);
	entry->serial_at = serial_place(entry->name, second);
	return 0;
}

static void choose_tags(struct examine_how *scan, const struct layout *layout)
{
	static const uint32_t always[] = {
		TAG_SpecificCharacterSet, TAG_SOPClassUID, TAG_SOPInstanceUID, TAG_StudyInstanceUID, TAG_SeriesInstanceUID
	};

	memcpy(scan->tags, always, sizeof always);
	scan->tag_count = countof(always);
	scan->tag_count += layout_tags(layout, scan->tags + scan->tag_count, countof(scan->tags) - scan->tag_count);
}

static int read_tree(struct planning *p, struct err *e)
{
	struct examine_how scan = { .whole = false };
	struct path_list list;
	int failed;

	if (examine_list(p->how->from, &list, e) < 0)
		return -1;
	p->sum->files = (long long)list.count;
	choose_tags(&scan, p->how->layout);
	failed = examine_read(p->session, p->how->from, &list, &scan, read_entry, p, e);
	path_list_done(&list);
	return failed;
}

/* ---- choosing names ---- */

static char *name_of(const struct entry *entry, int serial)
{
	if (!serial)
		return mem_str(entry->name);
	return mem_printf("%.*s-%d%s", (int)entry->serial_at, entry->name, serial + 1, entry->name + entry->serial_at);
}

/* Is path a name that the layout gives this object, with whatever serial? */
static bool is_own_name(const struct entry *entry, const char *path)
{
	const char *rest = path + entry->serial_at;
	size_t digits;

	if (strncmp(path, entry->name, entry->serial_at) != 0)
		return false;
	if (!strcmp(rest, entry->name + entry->serial_at))
		return true;
	digits = *rest == '-' ? strspn(rest + 1, "0123456789") : 0;
	return digits && digits < 6 && rest[1] != '0' && !strcmp(rest + 1 + digits, entry->name + entry->serial_at);
}

static bool same_content(const struct planning *p, const char *of_from, const char *folder, const char *path)
{
	auto_free char *a = file_join(p->how->from, of_from);
	auto_free char *b = file_join(folder, path);

	return hashing_same_dataset(a, b);
}

enum choice { NAME_FREE, NAME_TAKEN, NAME_IS_SAME };

/* May the entry have this name?  What lies there now and is about to move does not count. */
static enum choice look_at(const struct planning *p, const struct entry *entry, const char *name, bool *conflict,
			   const char **words)
{
	const struct entry *other = map_get(p->taken, name);
	auto_free char *full = NULL;
	struct stat st;

	if (other) {
		if (strcmp(other->sop, entry->sop) != 0)
			return NAME_TAKEN;
		*words = other->path;
		if (same_content(p, entry->path, p->how->from, other->path))
			return NAME_IS_SAME;
		*conflict = true;
		return NAME_TAKEN;
	}
	if (p->in_place && map_has(p->here, name))
		return NAME_FREE;
	full = file_join(p->how->to, name);
	if (lstat(full, &st) < 0)
		return NAME_FREE;
	*words = name;
	if (S_ISREG(st.st_mode) && same_content(p, entry->path, p->how->to, name))
		return NAME_IS_SAME;
	*conflict = true;
	return NAME_TAKEN;
}

static int choose(struct planning *p, struct entry *entry, struct err *e)
{
	bool conflict = false;

	for (int serial = 0; serial < SERIAL_MAX; serial++) {
		auto_free char *name = name_of(entry, serial);
		const char *words = "";

		switch (look_at(p, entry, name, &conflict, &words)) {
		case NAME_FREE:
			map_put(p->taken, name, entry);
			entry->target = mem_str(name);
			if (conflict)
				found(p, ORGANISE_CONFLICT, entry->path, name);
			return 0;
		case NAME_IS_SAME:
			if (!p->in_place && !map_has(p->taken, name))
				p->sum->in_place++;		/* from an earlier time */
			else
				found(p, ORGANISE_DUPLICATE, entry->path, words);
			if (p->in_place)
				map_put(p->taken, entry->path, entry);
			return 0;
		case NAME_TAKEN:
			break;
		}
	}
	return err_set(e, ERR_USAGE, "the layout '%s' gives more than %d objects the name %s", layout_source(p->how->layout), SERIAL_MAX,
		       entry->name);
}

static int choose_all(struct planning *p, struct err *e)
{
	for (size_t i = 0; p->in_place && i < p->count; i++)
		map_put(p->here, p->entries[i].path, &p->entries[i]);
	for (size_t i = 0; p->in_place && i < p->count; i++)
		if (is_own_name(&p->entries[i], p->entries[i].path)) {
			map_put(p->taken, p->entries[i].path, &p->entries[i]);
			p->sum->in_place++;
		}
	for (size_t i = 0; i < p->count; i++) {
		struct entry *entry = &p->entries[i];

		if (map_get(p->taken, entry->path) != entry && choose(p, entry, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- steps ---- */

/* A file whose new name is somebody's old one goes by way of our house; so the order of the others does not matter. */
static void make_steps(struct planning *p, struct steps *steps)
{
	auto_free size_t *through = mem_alloc((p->count + 1) * sizeof *through);
	size_t waiting = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct entry *x = &p->entries[i];
		auto_free char *hall = NULL;

		if (!x->target || !p->in_place || !map_has(p->here, x->target))
			continue;
		hall = mem_printf(".dicom-qr/organise-%d/%zu", (int)getpid(), i);
		steps_add(steps, x->path, hall, x->study, x->bytes);
		through[waiting++] = i;
	}
	for (size_t i = 0, next = 0; i < p->count; i++) {
		const struct entry *x = &p->entries[i];

		if (next < waiting && through[next] == i)
			next++;
		else if (x->target)
			steps_add(steps, x->path, x->target, x->study, x->bytes);
	}
	for (size_t i = 0; i < waiting; i++) {
		const struct entry *x = &p->entries[through[i]];
		auto_free char *hall = mem_printf(".dicom-qr/organise-%d/%zu", (int)getpid(), through[i]);

		steps_add(steps, hall, x->target, x->study, x->bytes);
	}
}

/* ---- records that lost their files ---- */

struct healing {
	struct planning *plan;
	struct steps *steps;
	struct map *by_path;		/* paths in the manifests */
	struct map *by_name;		/* series and SOP Instance UID -> a path where it is not any more */
};

static int note_record(void *owner, const struct ledger_instance *i)
{
	struct healing *h = owner;
	auto_free char *full = file_join(h->plan->how->from, i->path), *name = mem_printf("%s/%s", i->series, i->sop);
	struct stat st;

	map_put(h->by_path, i->path, NULL);
	if (lstat(full, &st) < 0 && !map_has(h->by_name, name))
		map_put(h->by_name, name, mem_str(i->path));
	return 0;
}

/* A crash between moving and recording leaves a file in its place that the manifest looks for where it was. */
static void heal(struct healing *h, const struct entry *x)
{
	auto_free char *old = NULL, *name = mem_printf("%s/%s", x->series, x->sop);

	if (x->target || map_has(h->by_path, x->path) || !(old = map_remove(h->by_name, name)))
		return;
	steps_add(h->steps, old, x->path, x->study, x->bytes);
	h->steps->items[h->steps->count - 1].done = true;
}

static int heal_records(struct planning *p, struct err *e)
{
	struct steps steps = { .from = mem_str(p->how->from), .to = mem_str(p->how->from) };
	struct healing h = { p, &steps, map_new(), map_new() };
	struct manifest_names names;
	int failed = manifest_list(p->how->from, &names, e);

	for (size_t i = 0; !failed && i < names.count; i++)
		failed = manifest_last(p->how->from, names.items[i], note_record, &h, e);
	for (size_t i = 0; !failed && map_count(h.by_name) && i < p->count; i++)
		heal(&h, &p->entries[i]);
	if (!failed && steps.count)
		failed = steps_record(p->session, &steps, false, e);
	manifest_names_done(&names);
	map_free(h.by_path, NULL);
	map_free(h.by_name, free);
	steps_done(&steps);
	return failed;
}

/* ---- all of it ---- */

static int carry_out(struct planning *p, struct err *e)
{
	struct steps steps = { .from = mem_str(p->how->from), .to = mem_str(p->how->to), .link = p->how->link };
	int failed = 0;

	make_steps(p, &steps);
	if (p->in_place)
		failed = heal_records(p, e);
	if (!failed && steps.count) {
		p->sum->undo = steps_write(&steps, e);
		failed = p->sum->undo ? steps_carry_out(p->session, &steps, false, p->hooks, p->owner, p->sum, e) : -1;
	}
	steps_done(&steps);
	return failed;
}

static void show_moves(struct planning *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->entries[i].target) {
			p->sum->moved++;
			p->hooks->move(p->owner, p->entries[i].path, p->entries[i].target);
		}
}

static void planning_done(struct planning *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->entries[i].path);
		free(p->entries[i].sop);
		free(p->entries[i].study);
		free(p->entries[i].series);
		free(p->entries[i].name);
		free(p->entries[i].target);
	}
	free(p->entries);
	map_free(p->here, NULL);
	map_free(p->taken, NULL);
}

int organise_tree(struct session *s, const struct organise_how *how, const struct organise_hooks *hooks, void *owner,
		  struct organise_sum *sum, struct err *e)
{
	struct planning p = { .session = s, .how = how, .hooks = hooks, .owner = owner, .sum = sum,
			      .in_place = !strcmp(how->from, how->to), .here = map_new(), .taken = map_new() };
	struct folder_locks locks = FOLDER_LOCKS_INIT;
	int failed;

	memset(sum, 0, sizeof *sum);
	if (!layout_tells_patients(how->layout))
		log_warning("layout '%s': patients can share a folder; {PatientID} tells them apart", layout_source(how->layout));
	failed = (!how->dry_run && steps_lock(how->from, how->to, how->link, &locks, e) < 0) || read_tree(&p, e) < 0 ||
		 choose_all(&p, e) < 0;
	if (!failed && how->dry_run)
		show_moves(&p);
	else if (!failed)
		failed = carry_out(&p, e);
	steps_unlock(&locks);
	planning_done(&p);
	return failed ? -1 : 0;
}

int organise_undo(struct session *s, const struct organise_back *how, const struct organise_hooks *hooks, void *owner,
		  struct organise_sum *sum, struct err *e)
{
	struct steps steps = { .from = NULL };
	struct folder_locks locks = FOLDER_LOCKS_INIT;
	int failed;

	memset(sum, 0, sizeof *sum);
	failed = steps_read(how->list, &steps, e) < 0 || steps_belong(&steps, how->list, how->folder, e) < 0;
	sum->files = (long long)steps.count;
	for (size_t i = steps.count; !failed && how->dry_run && i-- > 0;) {
		hooks->move(owner, steps.items[i].to, steps.link ? "" : steps.items[i].from);
		sum->moved++;
	}
	if (!failed && !how->dry_run)
		failed = steps_lock(steps.from, steps.to, steps.link, &locks, e) < 0 ||
			 steps_carry_out(s, &steps, true, hooks, owner, sum, e) < 0;
	steps_unlock(&locks);
	steps_done(&steps);
	return failed ? -1 : 0;
}
