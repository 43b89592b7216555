/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of commands, and which of them runs: by its installed name, by the first word, or the bare form NODE ... */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/task.h"
#include "parse/spelling.h"
#include "process/confine.h"

const struct program programs[] = {
	{ "", "dicom-qr", cmd_qr, &command_qr },
	{ "query", "dicom-query", cmd_query, &command_query },
	{ "retrieve", "dicom-retrieve", cmd_retrieve, &command_retrieve },
	{ "resume", NULL, cmd_resume, &command_resume },
	{ "sync", NULL, cmd_sync, &command_sync },
	{ "echo", NULL, cmd_echo, &command_echo },
	{ "node", NULL, cmd_node, &command_node },
	{ "probe", NULL, cmd_probe, &command_probe },
	{ "doctor", NULL, cmd_doctor, &command_doctor },
	{ "qrscu", "qrscu", cmd_qrscu, &command_qrscu },
	{ "pacs-nm-retriever", "pacs-nm-retriever", cmd_nm, &command_nm },
	{ "verify", NULL, cmd_verify, &command_verify },
	{ "organise", NULL, cmd_organise, &command_organise },
	{ "status", NULL, cmd_status, &command_status },
	{ "history", NULL, cmd_history, &command_history },
	{ "explain", NULL, cmd_explain, &command_explain },
	{ "report", NULL, cmd_report, &command_report },
	{ "import", NULL, cmd_import, &command_import },
	{ "forget", NULL, cmd_forget, &command_forget },
	{ "purge", NULL, cmd_purge, &command_purge },
};
const size_t programs_count = countof(programs);

static void help_all(void)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(1));

	opt_help(&command_qr, &text);
	printf("%s\nOther commands (dicom-qr COMMAND --help):\n", buf_text(&text));
	for (size_t i = 1; i < programs_count; i++)
		printf("  %-17s %s\n", programs[i].word, programs[i].command->summary);
}

bool commands_answered(const struct opt_command *command, const struct values *v)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(1));

	if (v->version) {
		printf("dicom-qr %s\n", PACKAGE_VERSION);
	} else if (v->help && command == &command_qr) {
		help_all();
	} else if (v->help) {
		opt_help(command, &text);
		fputs(buf_text(&text), stdout);
	}
	return v->help || v->version;
}

/* What the scripts are called that these programs stand in for. */
static const struct { const char *name, *alias; } other_names[] = {
	{ "qrscu.py", "qrscu" }, { "openrem_qr.py", "qrscu" }, { "pacs_nm_retriever.py", "pacs-nm-retriever" },
	{ "pacs_nm_retriever", "pacs-nm-retriever" },
};

static const struct program *by_name(const char *name)
{
	for (size_t i = 0; i < countof(other_names); i++)
		if (!strcmp(other_names[i].name, name))
			name = other_names[i].alias;
	for (size_t i = 0; i < programs_count; i++)
		if (programs[i].alias && !strcmp(programs[i].alias, name))
			return &programs[i];
	return &programs[0];
}

/* Other words for a command. */
static const struct { const char *word, *means; } other_words[] = {
	{ "organize", "organise" }, { "find", "query" }, { "get", "retrieve" }, { "fetch", "retrieve" }, { "ping", "echo" },
	{ "nodes", "node list" }, { "list", "node list" }, { "jobs", "status" }, { "log", "history" }, { "config", "node" },
};

static const struct program *by_word(const char *word)
{
	if (!strcmp(word, other_words[0].word))
		word = other_words[0].means;
	for (size_t i = 1; i < programs_count; i++)
		if (!strcmp(programs[i].word, word))
			return &programs[i];
	return NULL;
}

void commands_hint(const char *word, struct buf *out)
{
	struct spelling near = { .typed = word };

	for (size_t i = 0; i < countof(other_words); i++)
		if (!strcmp(other_words[i].word, word)) {
			buf_printf(out, "; did you mean \"dicom-qr %s\"?", other_words[i].means);
			return;
		}
	for (size_t i = 1; i < programs_count; i++)
		if (spelling_distance(word, programs[i].word) >= 0)
			spelling_try(&near, programs[i].word, "dicom-qr ");
	spelling_hint(&near, out);
}

/* "help", "help COMMAND" and "version" as words; -1 for any other word. */
static int run_word(int argc, char **argv)
{
	const struct program *program = &programs[0];
	static char help[] = "--help", version[] = "--version";
	char *asked[] = { argv[0], help, NULL };

	if (!strcmp(argv[1], "version") && argc == 2)
		asked[1] = version;
	else if (strcmp(argv[1], "help") != 0 || argc > 3)
		return -1;
	if (argc == 3 && !(program = by_word(argv[2])))
		return -1;
	return exit_flushed(program->run(2, asked));
}

/* The documents promise two statuses for dicom-retrieve: 0 and 1. */
static int narrow(const struct program *program, int status)
{
	return program->alias && !strcmp(program->alias, "dicom-retrieve") && status && status < EXIT_SIGNAL ? EXIT_ERROR : status;
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash ? slash + 1 : argv[0];
	const struct program *program = by_name(name), *sub;
	struct err none;
	int status;

	argv = task_given(argc, argv);
	exit_guard_streams();
	confine_ourselves();
	setlocale(LC_CTYPE, "C.UTF-8");
	file_set_umask(077);
	log_setup(LOG_WARNING, NULL, &none);	/* for what is said before the options are known; cannot fail */
	log_set_hook(progress_log);
	if (program != &programs[0])
		progress_set_name(name);
	if (argc > 2 && !strcmp(argv[1], "--manual"))
		return exit_flushed(manual_print(argv[2]));
	if (program == &programs[0] && argc > 1) {
		if ((sub = by_word(argv[1])))
			return exit_flushed(sub->run(argc - 1, argv + 1));
		if ((status = run_word(argc, argv)) >= 0)
			return status;
	}
	return narrow(program, exit_flushed(program->run(argc, argv)));
}
