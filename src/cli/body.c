/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/body.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/work.h"

int body_run(const struct opt_command *command, int argc, char **argv, body_fn *body)
{
	struct values v;
	struct session s = { 0 };
	struct err e = { ERR_NONE, "" };
	const char **rest = NULL;
	size_t count = 0;
	int status = -1, signal;

	values_init(&v);
	if (opt_parse(command, argc, argv, &v, &rest, &count, &e) == 0) {
		if (commands_answered(command, &v))
			status = EXIT_ALL_THERE;
		else if (work_begin(&v, &e) == 0)
			status = body(&s, &v, rest, count, &e);
	}
	signal = s.signal;
	session_close(&s);
	if (status < 0)
		status = exit_with(&e, signal);
	values_done(&v);
	free(rest);
	return status;
}

bool body_wants_json(const struct values *v)
{
	return v->format && !strcmp(v->format, "json");
}

char *body_folder(const char *const *rest, size_t count, struct err *e)
{
	char *folder;

	if (count != 1) {
		err_set(e, ERR_USAGE, count ? "one folder is expected, not %zu" : "which folder?", count);
		return NULL;
	}
	if (!*rest[0]) {		/* a variable that is unset must not mean the working folder */
		err_set(e, ERR_USAGE, "the name of the folder is empty");
		return NULL;
	}
	folder = file_absolute(rest[0]);
	log_hide_below(folder);
	if (file_is_dir(folder))
		return folder;
	err_set(e, ERR_USAGE, "%s is no folder", folder);
	free(folder);
	return NULL;
}

int body_node(const struct values *v, const char *const *rest, size_t count, char node[300], struct err *e)
{
	struct peer peer;
	size_t used = 0;

	node[0] = '\0';
	if (!count)
		return 0;
	if (values_peer(v, rest, count, &peer, &used, e) < 0)
		return -1;
	if (used < count)
		return err_set(e, ERR_USAGE, "what is '%s'? One NODE and options are expected", rest[used]);
	peer_key(&peer, node);
	return 0;
}

int body_open_files(struct session *s, struct err *e)
{
	static const char *const tools[] = { "dcmdump", NULL };

	return session_open(s, e) < 0 ? -1 : session_need_tools(s, tools, e);
}
