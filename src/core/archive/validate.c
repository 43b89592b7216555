/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file is valid when it is a whole object by the rule that holds for all commands (intake/flaw.h); a missing file is invalid. */
#include "core/archive/validate.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/intake/examine.h"
#include "core/ledger/instances.h"

#define AT_ONCE 4000

struct validating {
	struct session *session;
	const char *output;
	struct validation *sum;
	struct path_list paths;
	struct map *sops;		/* path -> SOP Instance UID; a path may name a patient, and a log may not */
	struct err trouble;
};

static void log_invalid(const struct validating *v, const char *path, const char *words)
{
	const char *sop = map_get(v->sops, path);

	v->sum->invalid++;
	log_warning("invalid: SOP Instance UID %s, %s/%s: %s", sop ? sop : "unknown", v->output, path, words);
}

static int file_read_again(void *owner, const struct examine_file *f, struct err *e)
{
	struct validating *v = owner;
	const char *damage = f->bytes < 0 ? "the file is missing" : examine_damage(f);

	(void)e;
	if (damage)
		log_invalid(v, f->path, damage);
	else
		v->sum->valid++;
	return 0;
}

static int read_listed(struct validating *v, struct err *e)
{
	struct examine_how how = { .whole = true };
	int failed;

	examine_identity(&how);
	failed = examine_read(v->session, v->output, &v->paths, &how, file_read_again, v, e);
	path_list_done(&v->paths);
	map_free(v->sops, free);
	v->sops = map_new();
	return failed;
}

static int add_file(void *owner, const struct ledger_instance *i)
{
	struct validating *v = owner;

	path_list_add(&v->paths, i->path);
	free(map_get(v->sops, i->path));
	map_put(v->sops, i->path, mem_str(i->sop));
	return v->paths.count >= AT_ONCE ? read_listed(v, &v->trouble) : 0;
}

int validate_plan(struct session *s, const struct plan *plan, struct validation *sum, struct err *e)
{
	struct validating v = { .session = s, .output = plan->how.output, .sum = sum, .sops = map_new() };
	int failed = 0;

	memset(sum, 0, sizeof *sum);
	for (size_t i = 0; i < plan->count && !failed && !s->signal; i++)
		if (plan->studies[i].verdict != VERDICT_SKIPPED)
			failed = ledger_instances(s->ledger, plan->how.output, study_get(&plan->studies[i].study, STUDY_UID),
						  add_file, &v, e);
	if (v.trouble.kind) {
		*e = v.trouble;
		failed = -1;
	}
	if (!failed)
		failed = read_listed(&v, e);
	path_list_done(&v.paths);
	map_free(v.sops, free);
	return failed;
}
