/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/task_p.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "core/retrieve/job.h"
#include "process/command.h"
#include "process/loop.h"

/* ---- the command line as the ledger keeps it ---- */

static int given_count;
static char **given;

/* Options whose values may identify a patient. */
static bool is_private(const char *word)
{
	static const char *const names[] = { "--patient-name", "--patient-id", "--accession-number", "--key", "-k" };

	for (size_t i = 0; i < countof(names); i++)
		if (!strncmp(word, names[i], strlen(names[i])))
			return true;
	return false;
}

/* What the kernel shows to everybody is what we were started with, in its place in memory. */
static void hide_values(int argc, char **argv)
{
	bool hide = false;

	for (int i = 1; i < argc; i++) {
		bool private = !hide && is_private(argv[i]);
		char *equals = private ? strchr(argv[i], '=') : NULL;

		if (hide)
			memset(argv[i], '*', strlen(argv[i]));
		else if (equals)
			memset(equals + 1, '*', strlen(equals + 1));
		hide = private && !equals;
	}
}

char **task_given(int argc, char **argv)
{
	given_count = argc;
	given = mem_alloc(((size_t)argc + 1) * sizeof *given);
	for (int i = 0; i < argc; i++)
		given[i] = mem_str(argv[i]);
	hide_values(argc, argv);
	return given;
}

char *task_command_line(void)
{
	struct buf line = BUF_INIT(1 << 16);
	bool hide = false;

	for (int i = 0; i < given_count; i++) {
		const char *equals = strchr(given[i], '=');

		if (i)
			buf_char(&line, ' ');
		if (hide)			/* also -5: the parser takes any word for the value */
			buf_str(&line, "*****");
		else if (is_private(given[i]) && equals)
			buf_printf(&line, "%.*s=*****", (int)(equals - given[i]), given[i]);
		else
			command_quote(&line, given[i]);
		hide = is_private(given[i]) && !equals;
	}
	return buf_take(&line);
}

int task_record(struct task *t, int exit_status, const char *summary, struct err *e)
{
	auto_free char *line = task_command_line();

	return job_record(&t->session, &t->plan, &(struct job_options){ .kind = t->kind->job, .parent = t->carries_on, .command = line },
			  exit_status, summary, e);
}

/* ---- from options to exit status ---- */

static enum log_level level_of(const struct values *v)
{
	if (v->debug)
		return LOG_DEBUG;
	if (v->verbose)
		return LOG_VERBOSE;
	return v->quiet ? LOG_ERROR : LOG_WARNING;
}

static int begin_log(struct values *v, struct err *e)
{
	v->begun_ms = clock_ms();
	log_show_all(v->log_phi);
	return log_setup(level_of(v), v->log_file, e);
}

/* For the log file: what was started. */
static void tell_begin(const struct task_kind *kind)
{
	auto_free char *line = kind->fetches ? task_command_line() : NULL;

	if (line)
		log_verbose("started: %s", line);
}

static int begin_work(struct task *t, int argc, char **argv, const char ***rest, struct err *e)
{
	const struct task_kind *kind = t->kind;

	if (opt_parse(kind->about, argc, argv, kind->options ? kind->options : t->values, rest, &t->count, e) < 0)
		return -1;
	t->rest = *rest;
	if ((kind->answered && kind->answered(t)) || commands_answered(kind->about, t->values))
		return EXIT_ALL_THERE;
	if (begin_log(t->values, e) < 0)
		return -1;
	tell_begin(kind);
	return kind->work(t, e);
}

int task_run(const struct task_kind *kind, int argc, char **argv)
{
	struct values own;
	struct task t = { .kind = kind, .called = argv[0], .values = kind->values ? kind->values : &own };
	struct err e = { ERR_NONE, "" };
	const char **rest = NULL;
	int status;

	values_init(t.values);
	plan_init(&t.plan);
	query_init(&t.query, LEVEL_STUDY);
	status = begin_work(&t, argc, argv, &rest, &e);
	if (status < 0)
		status = exit_with(&e, t.session.signal ? t.session.signal : loop_signal_waiting());
	if (kind->fetches)
		status = task_end(&t, status, &e);
	session_close(&t.session);
	filter_done(&t.filter);
	query_done(&t.query);
	plan_done(&t.plan);
	values_done(t.values);
	free(rest);
	return status;
}

int task_run_plain(const struct opt_command *about, int argc, char **argv, task_fn *work)
{
	return task_run(&(struct task_kind){ .about = about, .work = work }, argc, argv);
}

int task_run_fetching(const struct opt_command *about, enum job_kind job, int argc, char **argv, task_fn *work)
{
	return task_run(&(struct task_kind){ .about = about, .work = work, .job = job, .fetches = true }, argc, argv);
}

void task_tell_resume(FILE *out, const char *what, const char *state_path, long long job)
{
	auto_buf struct buf word = BUF_INIT(BUF_MB(1));

	if (state_path && *state_path == '-')		/* an option to the parser, standard output to us */
		buf_str(&word, "./");
	if (state_path)
		command_quote(&word, state_path);
	if (state_path)
		fprintf(out, "%s: dicom-qr resume --state %s\n", what, buf_text(&word));
	else
		fprintf(out, "%s: dicom-qr resume %lld\n", what, job);
}

/* ---- arguments ---- */

bool task_wants_json(const struct values *v)
{
	return v->format && !strcmp(v->format, "json");
}

int task_check_format(const struct values *v, struct err *e)
{
	return v->format && !v->dry_run ? err_set(e, ERR_USAGE, "--format goes with --dry-run") : 0;
}

char *task_folder(const char *const *rest, size_t count, struct err *e)
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

/* The first word is a node, unless a command was meant. */
static void add_command_hint(const char *word, struct err *e)
{
	auto_buf struct buf hint = BUF_INIT(256);
	size_t len = strlen(e->text);

	commands_hint(word, &hint);
	snprintf(e->text + len, sizeof e->text - len, "%s", buf_text(&hint));
}

int task_peer(const struct task *t, struct peer *peer, struct err *e)
{
	size_t used = 0;

	if (values_peer(t->values, t->rest, t->count, peer, &used, e) < 0) {
		if (t->kind->about == &command_qr && t->count && e->kind == ERR_USAGE)
			add_command_hint(t->rest[0], e);
		return -1;
	}
	if (used < t->count)
		return err_set(e, ERR_USAGE, "unexpected argument '%s': one NODE and options are expected", t->rest[used]);
	return 0;
}

int task_node(const struct task *t, char node[300], struct err *e)
{
	struct peer peer;

	node[0] = '\0';
	if (!t->count)
		return 0;
	if (task_peer(t, &peer, e) < 0)
		return -1;
	peer_key(&peer, node);
	return 0;
}

int task_open_files(struct session *s, struct err *e)
{
	static const char *const tools[] = { "dcmdump", NULL };

	return session_open(s, e) < 0 ? -1 : session_need_tools(s, tools, e);
}
