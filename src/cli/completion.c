/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A script has one rule for each option that takes a value, and one for the words of each command. */
#include "cli/completion.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/commands.h"
#include "core/ledger/jobs.h"
#include "core/ledger/ledger.h"
#include "core/node/nodes.h"

enum { JOBS_OFFERED = 20 };

/* What a value or an argument is. */
enum offer { OFFER_NOTHING, OFFER_CHOICES, OFFER_FILES, OFFER_FOLDERS, OFFER_NODES, OFFER_JOBS };

static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += len)
		if ((at == text || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[len]))
			return true;
	return false;
}

/* By the names that the tables and synopses give to values. */
static enum offer offer_by_name(const char *text)
{
	static const struct { const char *word; enum offer offer; } offers[] = {
		{ "NODE", OFFER_NODES }, { "JOB", OFFER_JOBS }, { "DIR", OFFER_FOLDERS }, { "FILE", OFFER_FILES },
		{ "PATH", OFFER_FILES }, { "PROGRAM", OFFER_FILES },
	};

	for (size_t i = 0; text && i < countof(offers); i++)
		if (has_word(text, offers[i].word))
			return offers[i].offer;
	return OFFER_NOTHING;
}

static enum offer offer_of(const struct opt *o)
{
	if (o->choices)
		return OFFER_CHOICES;
	return opt_is_plain(o) ? OFFER_NOTHING : offer_by_name(o->arg);
}

/* What the arguments of a command are: dicom-qr node has the names of nodes after its own words. */
static enum offer arguments_of(const struct program *p)
{
	return p->command == &command_node ? OFFER_NODES : offer_by_name(p->command->synopsis);
}

/* The words that the lines of a synopsis begin with, in small letters: "add list show "; yours. */
static char *own_words(const struct program *p)
{
	auto_buf struct buf words = BUF_INIT(BUF_MB(1));

	for (const char *line = p->command->synopsis; line && *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t len = strcspn(line, " \n");

		if (islower((unsigned char)*line) && p->command == &command_node)
			buf_printf(&words, "%.*s ", (int)len, line);
	}
	return mem_str(buf_text(&words));
}

static char *spaced(const char *text, char divider)
{
	char *copy = mem_str(text);

	for (char *c = copy; *c; c++)
		if (*c == divider)
			*c = ' ';
	return copy;
}

static char *command_words(void)
{
	auto_buf struct buf words = BUF_INIT(BUF_MB(1));

	for (size_t i = 0; i < programs_count; i++)
		if (*programs[i].word)
			buf_printf(&words, "%s ", programs[i].word);
	return mem_str(buf_text(&words));
}

/* ---- bash ---- */

/* "--output|-o" */
static void bash_names(struct buf *out, const struct opt *o)
{
	const char *between = "";

	if (o->name && *o->name) {
		buf_printf(out, "--%s", o->name);
		between = "|";
	}
	if (o->letters && *o->letters)
		buf_printf(out, "%s-%s", between, o->letters);
}

static void bash_value(const struct opt *o, void *out)
{
	static const char *const words[] = { [OFFER_FILES] = "files", [OFFER_FOLDERS] = "folders", [OFFER_NODES] = "nodes",
					     [OFFER_JOBS] = "jobs" };
	auto_free char *choices = o->choices ? spaced(o->choices, '|') : NULL;

	if (opt_is_plain(o))
		return;
	buf_str(out, "\t\t");
	bash_names(out, o);
	if (offer_of(o) == OFFER_CHOICES)
		buf_printf(out, ") value=words words=\"%s\" ;;\n", choices);
	else
		buf_printf(out, ") value=%s ;;\n", offer_of(o) == OFFER_NOTHING ? "none" : words[offer_of(o)]);
}

static void bash_command(struct buf *out, const struct program *p)
{
	static const char *const kinds[] = { [OFFER_NOTHING] = "none", [OFFER_FILES] = "files", [OFFER_FOLDERS] = "folders",
					     [OFFER_NODES] = "nodes", [OFFER_JOBS] = "jobs" };
	auto_buf struct buf names = BUF_INIT(BUF_MB(1));
	auto_free char *options = NULL, *words = own_words(p), *commands = *p->word ? mem_str("") : command_words();

	opt_names(p->command, &names);
	options = spaced(buf_text(&names), '\n');
	buf_printf(out, "\t%s)\n\t\toptions=\"%s\" own=\"%s%s\" arguments=%s\n\t\tcase \"$before\" in\n", *p->word ? p->word : "\"\"",
		   options, words, commands, kinds[arguments_of(p)]);
	opt_each(p->command, bash_value, out);
	buf_str(out, "\t\tesac ;;\n");
}

static void bash_script(struct buf *out)
{
	buf_str(out, "# bash completion for dicom-qr, made from its option tables\n"
		     "_dicom_qr()\n{\n"
		     "\tlocal current=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\" first=1 command=\"\"\n"
		     "\tlocal options=\"\" own=\"\" arguments=none value=\"\" words=\"\"\n"
		     "\tcase \"${COMP_WORDS[0]##*/}\" in\n");
	for (size_t i = 0; i < programs_count; i++)
		if (programs[i].alias && *programs[i].word)
			buf_printf(out, "\t%s) command=%s ;;\n", programs[i].alias, programs[i].word);
	buf_str(out, "\t*) if [ \"$COMP_CWORD\" -gt 1 ]; then\n\t\tcase \" ");
	for (size_t i = 0; i < programs_count; i++)
		if (*programs[i].word)
			buf_printf(out, "%s ", programs[i].word);
	buf_str(out, "\" in *\" ${COMP_WORDS[1]} \"*) command=\"${COMP_WORDS[1]}\" first=2 ;; esac\n\tfi ;;\n\tesac\n\tcase \"$command\" in\n");
	for (size_t i = 0; i < programs_count; i++)
		bash_command(out, &programs[i]);
	buf_str(out, "\tesac\n"
		     "\tcase \"$current\" in\n"
		     "\t-*) value=words words=$options ;;\n"
		     "\t*) [ -n \"$value\" ] || { value=$arguments words=\"\"; [ \"$COMP_CWORD\" != \"$first\" ] || words=$own; } ;;\n"
		     "\tesac\n"
		     "\tcase \"$value\" in\n"
		     "\tnodes) words=\"$words $(dicom-qr --manual nodes 2>/dev/null)\" ;;\n"
		     "\tjobs) words=\"$words $(dicom-qr --manual jobs 2>/dev/null)\" ;;\n"
		     "\tesac\n"
		     "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\"\n"
		     "\t\tcase \"$value\" in\n\t\tfiles) compgen -f -- \"$current\" ;;\n\t\tfolders) compgen -d -- \"$current\" ;;\n\t\tesac)\n"
		     "}\n"
		     "complete -o filenames -F _dicom_qr");
	for (size_t i = 0; i < programs_count; i++)
		if (programs[i].alias)
			buf_printf(out, " %s", programs[i].alias);
	buf_char(out, '\n');
}

/* ---- zsh ---- */

/* Into single quotes; brackets and colons mean something in a specification. */
static void zsh_text(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'') {
			buf_str(out, "'\\''");
			continue;
		}
		if (strchr("[]:\\", *text))
			buf_char(out, '\\');
		buf_char(out, *text);
	}
}

static const char *const zsh_offers[] = {
	[OFFER_NOTHING] = " ", [OFFER_FILES] = "_files", [OFFER_FOLDERS] = "_files -/", [OFFER_NODES] = "_dicom_qr_nodes",
	[OFFER_JOBS] = "_dicom_qr_jobs",
};

static void zsh_name(struct buf *out, const struct opt *o, const char *name)
{
	auto_free char *choices = o->choices ? spaced(o->choices, '|') : NULL;

	buf_printf(out, "\t\t'*%s[", name);
	zsh_text(out, o->help);
	buf_char(out, ']');
	if (!opt_is_plain(o)) {
		buf_char(out, ':');
		zsh_text(out, o->arg ? o->arg : "VALUE");
		if (choices)
			buf_printf(out, ":(%s)", choices);
		else
			buf_printf(out, ":%s", zsh_offers[offer_of(o)]);
	}
	buf_str(out, "'\n");
}

static void zsh_option(const struct opt *o, void *out)
{
	if (o->name && *o->name) {
		auto_free char *name = mem_printf("--%s", o->name);

		zsh_name(out, o, name);
	}
	if (o->letters && *o->letters) {
		auto_free char *name = mem_printf("-%s", o->letters);

		zsh_name(out, o, name);
	}
}

static void zsh_commands(struct buf *out)
{
	buf_str(out, "_dicom_qr_commands()\n{\n\tlocal -a commands=(\n");
	for (size_t i = 0; i < programs_count; i++)
		if (*programs[i].word) {
			buf_printf(out, "\t\t'%s:", programs[i].word);
			zsh_text(out, programs[i].command->summary);
			buf_str(out, "'\n");
		}
	buf_str(out, "\t)\n\t_describe -t commands command commands\n\t_dicom_qr_nodes\n}\n");
}

static void zsh_command(struct buf *out, const struct program *p)
{
	auto_free char *words = own_words(p);

	buf_printf(out, "\t%s) specs=(\n", *p->word ? p->word : "''");
	opt_each(p->command, zsh_option, out);
	if (!*p->word)
		buf_str(out, "\t\t'1: :_dicom_qr_commands'\n");
	if (*words)
		buf_printf(out, "\t\t'1:what to do:(%s)'\n", words);
	buf_printf(out, "\t\t'*: :%s'\n\t) ;;\n", zsh_offers[arguments_of(p)]);
}

static void zsh_script(struct buf *out)
{
	buf_str(out, "#compdef");
	for (size_t i = 0; i < programs_count; i++)
		if (programs[i].alias)
			buf_printf(out, " %s", programs[i].alias);
	buf_str(out, "\n# zsh completion for dicom-qr, made from its option tables\n"
		     "_dicom_qr_nodes()\n{\n\tlocal -a found=(${(f)\"$(dicom-qr --manual nodes 2>/dev/null)\"})\n\tcompadd -a found\n}\n"
		     "_dicom_qr_jobs()\n{\n\tlocal -a found=(${(f)\"$(dicom-qr --manual jobs 2>/dev/null)\"})\n\tcompadd -a found\n}\n");
	zsh_commands(out);
	buf_str(out, "_dicom_qr()\n{\n\tlocal command=''\n\tlocal -a specs\n\tcase ${words[1]:t} in\n");
	for (size_t i = 0; i < programs_count; i++)
		if (programs[i].alias && *programs[i].word)
			buf_printf(out, "\t%s) command=%s ;;\n", programs[i].alias, programs[i].word);
	buf_str(out, "\t*) if ((CURRENT > 2)); then\n\t\tcase ${words[2]} in\n\t\t");
	for (size_t i = 0, n = 0; i < programs_count; i++)
		if (*programs[i].word)
			buf_printf(out, "%s%s", n++ ? "|" : "", programs[i].word);
	buf_str(out, ") command=${words[2]}; shift words; ((CURRENT--)) ;;\n\t\tesac\n\tfi ;;\n\tesac\n\tcase $command in\n");
	for (size_t i = 0; i < programs_count; i++)
		zsh_command(out, &programs[i]);
	buf_str(out, "\tesac\n\t_arguments -s $specs\n}\n_dicom_qr \"$@\"\n");
}

/* ---- fish ---- */

/* In single quotes; of the help its first sentence. */
static void fish_text(struct buf *out, const char *text)
{
	buf_char(out, '\'');
	for (; *text && !(*text == '.' && (text[1] == ' ' || !text[1])); text++) {
		if (*text == '\'' || *text == '\\')
			buf_char(out, '\\');
		buf_char(out, *text);
	}
	buf_char(out, '\'');
}

static const char *const fish_offers[] = {
	[OFFER_NOTHING] = " -x", [OFFER_FILES] = " -r -F", [OFFER_FOLDERS] = " -x -a '(__fish_complete_directories)'",
	[OFFER_NODES] = " -x -a '(dicom-qr --manual nodes 2>/dev/null)'", [OFFER_JOBS] = " -x -a '(dicom-qr --manual jobs 2>/dev/null)'",
};

struct fish_lines {
	struct buf *out;
	const char *lead;		/* "complete -c dicom-qr -n ..." */
};

static void fish_option(const struct opt *o, void *owner)
{
	const struct fish_lines *l = owner;
	bool is_letter = o->letters && o->letters[0] && !o->letters[1];
	auto_free char *choices = o->choices ? spaced(o->choices, '|') : NULL;

	buf_str(l->out, l->lead);
	if (o->name && *o->name)
		buf_printf(l->out, " -l %s", o->name);
	if (o->letters && *o->letters)
		buf_printf(l->out, " -%c %s", is_letter ? 's' : 'o', o->letters);
	if (choices)
		buf_printf(l->out, " -x -a '%s'", choices);
	else if (!opt_is_plain(o))
		buf_str(l->out, fish_offers[offer_of(o)]);
	buf_str(l->out, " -d ");
	fish_text(l->out, o->help);
	buf_char(l->out, '\n');
}

static void fish_lead(struct buf *out, const struct program *p, const char *commands, bool by_alias)
{
	buf_printf(out, "complete -c %s", by_alias ? p->alias : "dicom-qr");
	if (!by_alias && *p->word)
		buf_printf(out, " -n '__fish_seen_subcommand_from %s'", p->word);
	else if (!by_alias)
		buf_printf(out, " -n 'not __fish_seen_subcommand_from %s'", commands);
}

static void fish_command(struct buf *out, const struct program *p, const char *commands, bool by_alias)
{
	auto_buf struct buf lead = BUF_INIT(BUF_MB(1));
	auto_free char *words = own_words(p);
	struct fish_lines lines = { out, NULL };

	fish_lead(&lead, p, commands, by_alias);
	lines.lead = buf_text(&lead);
	if (arguments_of(p) == OFFER_NODES || arguments_of(p) == OFFER_JOBS)
		buf_printf(out, "%s%s\n", lines.lead, fish_offers[arguments_of(p)] + strlen(" -x"));
	if (*words)
		buf_printf(out, "%s -a '%s'\n", lines.lead, words);
	opt_each(p->command, fish_option, &lines);
}

static void fish_script(struct buf *out)
{
	auto_free char *commands = command_words();

	buf_str(out, "# fish completion for dicom-qr, made from its option tables\n");
	for (size_t i = 0; i < programs_count; i++) {
		const struct program *p = &programs[i];

		if (*p->word) {
			buf_printf(out, "complete -c dicom-qr -n 'not __fish_seen_subcommand_from %s' -a %s -d ", commands, p->word);
			fish_text(out, p->command->summary);
			buf_char(out, '\n');
		}
		fish_command(out, p, commands, false);
		if (p->alias && *p->word)
			fish_command(out, p, commands, true);
	}
}

/* ---- what the scripts ask ---- */

static void node_names(struct buf *out)
{
	struct nodes nodes;
	struct err e = { ERR_NONE, "" };

	if (nodes_load(&nodes, &e) == 0) {
		for (size_t i = 0; i < nodes.own.count; i++)
			buf_printf(out, "%s\n", nodes.own.nodes[i].name);
		for (size_t i = 0; i < nodes.system.count; i++)
			buf_printf(out, "%s\n", nodes.system.nodes[i].name);
	}
	nodes_done(&nodes);
}

static int job_number(void *out, const struct ledger_job *j)
{
	buf_printf(out, "%lld\n", (long long)j->id);
	return 0;
}

static void job_numbers(struct buf *out)
{
	auto_free char *path = ledger_default_path();
	struct err e = { ERR_NONE, "" };
	struct ledger *l;

	if (access(path, R_OK) < 0 || !(l = ledger_open(NULL, &e)))
		return;
	ledger_jobs(l, NULL, JOBS_OFFERED, job_number, out, &e);
	ledger_close(l);
}

bool completion_print(struct buf *out, const char *what)
{
	static const struct { const char *what; void (*print)(struct buf *); } prints[] = {
		{ "bash", bash_script }, { "zsh", zsh_script }, { "fish", fish_script }, { "nodes", node_names }, { "jobs", job_numbers },
	};

	for (size_t i = 0; i < countof(prints); i++)
		if (!strcmp(prints[i].what, what)) {
			prints[i].print(out);
			return true;
		}
	return false;
}
