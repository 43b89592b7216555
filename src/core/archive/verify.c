/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manifests say what ought to be; every file is read to its end and hashed, as somebody else would read it. */
#include "core/archive/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/files/manifest.h"
#include "core/intake/examine.h"
#include "core/intake/quarantine.h"
#include "core/ledger/instances.h"
#include "dicom/layout.h"
#include "dicom/tag.h"

static const char *const finding_names[FINDINGS] = {
	[FINDING_MISSING] = "missing",
	[FINDING_CHANGED] = "changed",
	[FINDING_UNREADABLE] = "unreadable",
	[FINDING_STRANGER] = "stranger",
};

const char *finding_name(enum finding kind)
{
	return finding_names[kind];
}

/* What the manifest says of a file. */
struct expected {
	char *study, *sop, *sha256;
	int64_t bytes;
};

struct verifying {
	const char *output;
	bool set_aside;
	verify_fn *tell;
	void *owner;
	struct verify_sum *sum;
	struct map *expected;		/* path -> struct expected */
	struct path_list paths;		/* in the order of the manifests */
};

static void expected_free(void *p)
{
	struct expected *x = p;

	free(x->study);
	free(x->sop);
	free(x->sha256);
	free(x);
}

static int expect(void *owner, const struct ledger_instance *i)
{
	struct verifying *v = owner;
	struct expected *x, *before = map_get(v->expected, i->path);

	x = mem_alloc(sizeof *x);
	*x = (struct expected){ mem_str(i->study), mem_str(i->sop), mem_str(i->sha256 ? i->sha256 : ""), i->bytes };
	if (map_put(v->expected, i->path, x))
		path_list_add(&v->paths, i->path);
	else
		expected_free(before);
	return 0;
}

static int read_manifests(struct verifying *v, struct err *e)
{
	struct manifest_names names;
	int failed = manifest_list(v->output, &names, e);

	for (size_t i = 0; !failed && i < names.count; i++)
		failed = manifest_last(v->output, names.items[i], expect, v, e);
	v->sum->studies = (long long)names.count;
	if (!failed && !names.count)
		failed = err_set(e, ERR_INPUT, "%s has no manifest (.dicom-qr/manifest): is it the output folder of a retrieval? \"dicom-qr "
				 "import\" takes any folder in", v->output);
	manifest_names_done(&names);
	return failed;
}

static int put_aside(struct verifying *v, const char *path, const char *sop, const char *words, struct err *e)
{
	auto_free char *full = file_join(v->output, path);
	auto_free char *name = layout_safe(sop);
	const struct quarantine_file file = { full, name, words, "dicom-qr verify" };

	return quarantine_put(v->output, &file, e);
}

static int tell(struct verifying *v, enum finding kind, const char *path, const struct expected *x, const char *words,
		struct err *e)
{
	struct verify_found found = { kind, path, x->study, x->sop, words, false };

	if (v->set_aside && kind != FINDING_MISSING) {
		if (put_aside(v, path, x->sop, words, e) < 0)
			return -1;
		found.set_aside = true;
	}
	v->sum->count[kind]++;
	v->tell(v->owner, &found);
	return 0;
}

/* A folder on its way may be a link that another put there: what lies behind it is not the archive's. */
static const char *missing_words(const struct verifying *v, const struct examine_file *f)
{
	auto_free char *full = file_join(v->output, f->path);
	struct err e = { ERR_NONE, "" };
	auto_close int fd = beneath_open(v->output, full, O_RDONLY, 0, &e);

	if (fd < 0 && errno == ELOOP)
		return "a symbolic link is in its place or on its way";
	if (f->bytes >= 0)
		return NULL;
	return access(full, F_OK) == 0 ? "what is there is no plain file" : "the file is not there";
}

static int check_file(void *owner, const struct examine_file *f, struct err *e)
{
	struct verifying *v = owner;
	const struct expected *x = map_get(v->expected, f->path);
	const char *damage, *missing = missing_words(v, f);
	auto_free char *words = NULL;

	v->sum->files++;
	v->sum->bytes += f->bytes > 0 ? f->bytes : 0;
	if (missing)
		return tell(v, FINDING_MISSING, f->path, x, missing, e);
	damage = examine_damage(f);
	if (f->why)
		return tell(v, FINDING_UNREADABLE, f->path, x, damage, e);
	if (x->bytes >= 0 && f->bytes != x->bytes)
		words = mem_printf("%lld bytes instead of %lld%s%s", (long long)f->bytes, (long long)x->bytes, damage ? "; " : "",
				   damage ? damage : "");
	else if (*x->sha256 && strcmp(x->sha256, f->sha256))
		words = mem_printf("its size is right, its content is another%s%s", damage ? "; " : "", damage ? damage : "");
	if (words)
		return tell(v, FINDING_CHANGED, f->path, x, words, e);
	if (damage)
		return tell(v, FINDING_UNREADABLE, f->path, x, damage, e);
	v->sum->good++;
	return 0;
}

/* ---- files that no manifest knows ---- */

static int tell_stranger(void *owner, const struct examine_file *f, struct err *e)
{
	struct verifying *v = owner;
	const char *damage = examine_damage(f);
	const struct verify_found found = { FINDING_STRANGER, f->path, dataset_get(f->set, TAG_StudyInstanceUID),
					    dataset_get(f->set, TAG_SOPInstanceUID),
					    damage ? damage : "a DICOM object that no manifest knows", false };

	(void)e;
	if (f->bytes < 0)		/* gone meanwhile */
		return 0;
	v->sum->count[FINDING_STRANGER]++;
	v->tell(v->owner, &found);
	return 0;
}

/* Our own state files often lie beside what they brought. */
static bool is_state_file(const char *output, const char *path)
{
	static const char head[] = "{\n  \"studies\": [";
	auto_free char *full = file_join(output, path);
	auto_close int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char begins[sizeof head - 1];

	return fd >= 0 && read(fd, begins, sizeof begins) == sizeof begins && !memcmp(begins, head, sizeof begins);
}

static int look_for_strangers(struct session *s, struct verifying *v, struct examine_how *how, struct err *e)
{
	struct path_list all, strangers = { NULL, 0, 0 };
	int failed;

	if (examine_list(v->output, &all, e) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++)
		if (!map_has(v->expected, all.items[i]) && !is_state_file(v->output, all.items[i]))
			path_list_add(&strangers, all.items[i]);
	path_list_done(&all);
	how->hash = false;
	failed = examine_read(s, v->output, &strangers, how, tell_stranger, v, e);
	path_list_done(&strangers);
	return failed;
}

int verify_tree(struct session *s, const char *output, bool set_aside, verify_fn *fn, void *owner, struct verify_sum *sum,
		struct err *e)
{
	struct verifying v = { .output = output, .set_aside = set_aside, .tell = fn, .owner = owner, .sum = sum,
			       .expected = map_new() };
	struct examine_how how = { .whole = true, .hash = true };
	int failed;

	memset(sum, 0, sizeof *sum);
	examine_identity(&how);
	failed = read_manifests(&v, e);
	if (!failed)
		failed = examine_read(s, output, &v.paths, &how, check_file, &v, e);
	if (!failed)
		failed = look_for_strangers(s, &v, &how, e);
	path_list_done(&v.paths);
	map_free(v.expected, expected_free);
	return failed;
}
