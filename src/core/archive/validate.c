/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dcmdump decides what is readable, to the end of each file; a missing file is invalid too. */
#include "core/archive/validate.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/ledger/instances.h"
#include "dicom/tag.h"
#include "wrappers/dcmdump.h"

#define AT_ONCE 1000

struct validating {
	struct session *session;
	const char *output;
	struct validation *sum;
	struct buf list;
	size_t listed;
	struct map *sops;		/* "./path" -> SOP Instance UID; a path may name a patient, and a log may not */
	struct dcmdump_reading reading;
	bool over;
	struct err trouble;
};

static void log_invalid(const struct validating *v, const char *sop, const char *path, const char *words)
{
	log_warning("invalid: SOP Instance UID %s, %s/%s: %s", sop ? sop : "unknown", v->output, path, words);
}

static void file_read_again(void *owner, const char *path, struct dataset *set, const char *damage)
{
	struct validating *v = owner;

	if (!damage && dataset_find(set, TAG_SOPInstanceUID)) {
		v->sum->valid++;
		return;
	}
	v->sum->invalid++;
	log_invalid(v, map_get(v->sops, path), path + 2, damage ? damage : "no SOP Instance UID");
}

static void line(void *owner, enum stream from, const char *text, size_t len)
{
	dcmdump_line(&((struct validating *)owner)->reading, from == STREAM_ERR, text, len);
}

static void done(void *owner, const struct child_result *result)
{
	(void)result;
	((struct validating *)owner)->over = true;
}

static bool over(void *owner)
{
	return ((struct validating *)owner)->over;
}

static int read_listed(struct validating *v, struct err *e)
{
	static const struct child_hooks hooks = { line, done };
	static const uint32_t tags[] = { TAG_SOPInstanceUID };
	const struct child_limits limits = { .line_max = 1 << 20 };
	auto_free char *path = file_join(v->session->scratch, "validate");
	struct command *command;
	int failed = -1;

	if (!v->listed)
		return 0;
	v->over = false;
	if (file_replace(path, v->list.data, v->list.len, e) < 0)
		return -1;
	command = dcmdump_command(&v->session->dcmtk, path, tags, countof(tags), true);
	command_chdir(command, v->output);
	dcmdump_reading_init(&v->reading, file_read_again, v);
	if (child_start(v->session->loop, command, &limits, &hooks, v, e))
		failed = session_run(v->session, over, v, e);
	dcmdump_end(&v->reading);
	dcmdump_reading_done(&v->reading);
	buf_reset(&v->list);
	map_free(v->sops, free);
	v->sops = map_new();
	v->listed = 0;
	return failed;
}

static int add_file(void *owner, const struct ledger_instance *i)
{
	struct validating *v = owner;
	auto_free char *path = file_join(v->output, i->path), *listed = NULL;

	if (access(path, R_OK) < 0) {
		v->sum->invalid++;
		log_invalid(v, i->sop, i->path, "the file is missing");
		return 0;
	}
	listed = mem_printf("./%s", i->path);
	buf_printf(&v->list, "%s\n", listed);
	free(map_get(v->sops, listed));
	map_put(v->sops, listed, mem_str(i->sop));
	return ++v->listed >= AT_ONCE ? read_listed(v, &v->trouble) : 0;
}

int validate_plan(struct session *s, const struct plan *plan, struct validation *sum, struct err *e)
{
	struct validating v = { .session = s, .output = plan->how.output, .sum = sum, .list = BUF_INIT(BUF_MB(16)), .sops = map_new() };
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
	buf_done(&v.list);
	map_free(v.sops, free);
	return failed;
}
