/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program of --on-finish: told once, when all else is over, whatever came of it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/tell/hook.h"
#include "core/tell/notify.h"

#define ON_FINISH "--on-finish"

struct finishing {
	struct session *session;
	const char *program;
	bool over;
};

static void set_number(struct command *c, const char *name, long long number)
{
	auto_free char *text = mem_printf("%lld", number);

	command_env_hidden(c, name, text);
}

/* DICOM_QR_COMPLETE_BY_COUNT=3 and so on; DICOM_QR_WANTED are those that no verdict was reached on. */
static void set_verdicts(struct command *c, const struct plan *plan)
{
	struct plan_summary sum;

	plan_summarise(plan, &sum);
	for (int v = 0; v < VERDICTS; v++) {
		auto_free char *name = mem_printf("DICOM_QR_%s", verdict_name((enum verdict)v));

		for (char *at = name; *at; at++)
			*at = *at == '-' ? '_' : (char)toupper((unsigned char)*at);
		set_number(c, name, (long long)sum.studies[v]);
	}
	set_number(c, "DICOM_QR_STUDIES", (long long)plan->count);
}

static struct command *end_command(const struct session *s, const struct settings *how, const struct notify_end *end)
{
	struct command *c = command_new(how->on_finish);
	const struct totals *t = &s->totals;
	char node[300] = "";
	auto_free char *state = end->state_path ? file_absolute(end->state_path) : mem_str("");

	if (how->peer.host[0])
		peer_key(&how->peer, node);
	command_argf(c, "%d", end->status);
	command_arg(c, how->output);
	if (file_is_dir(how->output))
		command_chdir(c, how->output);
	command_env_hidden(c, "DICOM_QR_EVENT", "finish");
	command_env_hidden(c, "DICOM_QR_COMMAND", end->command);
	command_env_hidden(c, "DICOM_QR_NODE", node);
	command_env_hidden(c, "DICOM_QR_OUTPUT", how->output);
	command_env_hidden(c, "DICOM_QR_STATE", state);
	set_number(c, "DICOM_QR_STATUS", end->status);
	set_number(c, "DICOM_QR_JOB", s->job);
	set_number(c, "DICOM_QR_OBJECTS", t->objects);
	set_number(c, "DICOM_QR_BYTES", t->bytes);
	set_number(c, "DICOM_QR_HOOKS_FAILED", t->hooks_failed);
	set_verdicts(c, end->plan);
	return c;
}

static void told(void *owner, const struct hook_result *r)
{
	struct finishing *f = owner;

	f->over = true;
	f->session->totals.hooks++;
	if (!*r->words)
		return;
	f->session->totals.hooks_failed++;
	log_error(ON_FINISH ": %s did not end well: %s", f->program, r->words);
}

static bool over(void *owner)
{
	return ((struct finishing *)owner)->over;
}

int notify_finish(struct session *s, const struct settings *how, const struct notify_end *end, struct err *e)
{
	struct finishing f = { .session = s, .program = how->on_finish };

	if (!how->on_finish || s->signals > 1)
		return 0;
	hook_start(s, end_command(s, how, end), ON_FINISH, how->hook_timeout_s, told, &f);
	return session_run(s, over, &f, e);
}
