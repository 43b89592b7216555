/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One page for each installed name and each command, all from the tables of the commands. */
#include "cli/manual.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/exit.h"
#include "cli/options.h"

static const struct { int status; const char *meaning; } exits[] = {
	{ EXIT_ALL_THERE, "All that was asked for is there, or there was nothing to do." },
	{ EXIT_ERROR, "Error." },
	{ EXIT_USAGE, "Usage or configuration; a state file that cannot be used; a DCMTK tool is missing." },
	{ EXIT_INCOMPLETE, "Finished; some study is incomplete or failed, an answer of the PACS was cut, a check found something, or a program of "
			   "--on-study or --on-finish failed." },
	{ EXIT_EMPTY, "Nothing matched (only with --fail-if-empty)." },
	{ EXIT_FOR_NOW, "Temporary problem: the PACS cannot be reached, or refuses at the moment." },
	{ EXIT_FOR_GOOD, "Permanent problem: AE title unknown, not permitted, not supported." },
	{ EXIT_LOCAL, "Local problem: disk, port, permission." },
	{ EXIT_LIMIT, "Stopped by a limit; can be resumed." },
	{ EXIT_LOCKED, "Another run holds the lock, or is fetching the same studies into the same folder." },
	{ EXIT_STALE, "Stale: no run has ended recently (status --max-age)." },
	{ EXIT_SIGNAL, "And above: ended by a signal, 128 plus its number; can be resumed." },
};

/* Text into roff: no line may begin with a control character, no hyphen or backslash be changed. */
static void put(struct buf *out, const char *text)
{
	for (const char *c = text; *c; c++) {
		if ((*c == '.' || *c == '\'') && (c == text || c[-1] == '\n'))
			buf_str(out, "\\&");
		if (*c == '-')
			buf_str(out, "\\-");
		else if (*c == '\\')
			buf_str(out, "\\e");
		else if (*c == '\n' && c[1] == '\n')
			buf_str(out, "\n.PP");
		else
			buf_char(out, *c);
	}
	buf_char(out, '\n');
}

/* Each line on its own, as it is. */
static void put_lines(struct buf *out, const char *text)
{
	buf_str(out, ".nf\n");
	put(out, text);
	buf_str(out, ".fi\n");
}

/* The page's name: the installed name, else dicom-qr-WORD. */
static char *page_name(const struct program *p)
{
	return p->alias ? mem_str(p->alias) : mem_printf("dicom-qr-%s", p->word);
}

/* The same command under its installed name. */
static void put_synopsis(struct buf *out, const struct program *p)
{
	const char *line, *end;

	for (line = p->command->synopsis; *line; line = *end ? end + 1 : end) {
		auto_free char *one = NULL;

		end = line + strcspn(line, "\n");
		one = mem_printf("%s %.*s", p->command->name, (int)(end - line), line);
		put(out, one);
		buf_str(out, ".br\n");
	}
}

static void put_commands(struct buf *out)
{
	buf_str(out, ".SH COMMANDS\n");
	for (size_t i = 0; i < programs_count; i++)
		if (*programs[i].word) {
			buf_str(out, ".TP\n.B ");
			put(out, programs[i].command->name);
			put(out, programs[i].command->summary);
		}
}

static void put_exits(struct buf *out)
{
	buf_str(out, ".SH EXIT STATUS\n");
	for (size_t i = 0; i < countof(exits); i++) {
		buf_printf(out, ".TP\n.B %d\n", exits[i].status);
		put(out, exits[i].meaning);
	}
}

static void put_files(struct buf *out)
{
	buf_str(out, ".SH FILES\n.TP\n.I $DICOM_QR_LEDGER\n");
	put(out, "The ledger, an SQLite file: $XDG_STATE_HOME/dicom-qr/ledger.db when unset, else ~/.local/state/dicom-qr/ledger.db.");
	buf_str(out, ".TP\n.I $DICOM_QR_CONFIG\n");
	put(out, "The nodes: $XDG_CONFIG_HOME/dicom-qr/nodes.json when unset, else ~/.config/dicom-qr/nodes.json; then the system's "
		 "dicom-qr/nodes.json.  See dicom-qr-node(1).");
	buf_str(out, ".TP\n.I OUTPUT/.dicom-qr/manifest/\n");
	put(out, "One file of JSON lines for each study: UIDs, path, size, SHA-256, transfer syntax, when and from where.  Beside it "
		 "STUDY.SHA256SUMS, which sha256sum -c reads in the OUTPUT folder.");
	buf_str(out, ".TP\n.I OUTPUT/.dicom-qr/quarantine/\n");
	put(out, "Objects that were damaged or not asked for, each with its reason.");
	buf_str(out, ".SH ENVIRONMENT\n");
	put(out, "DICOM_QR_LEDGER names the ledger, DICOM_QR_CONFIG the file of nodes.  DICOM_QR_DCMTK_DIR is the folder of the DCMTK tools (else PATH).  DICOM_QR_PROMPTACK "
		 "is the path of the preload object that makes their TCP prompt, or off.  DICOM_QR_NO_LANDLOCK=1 starts the tools "
		 "without Landlock.  NO_COLOR switches colours off.");
}

static bool tells_others(const struct opt_command *command)
{
	for (const struct opt *const *table = command->tables; *table; table++)
		if (*table == options_tell)
			return true;
	return false;
}

static void put_told(struct buf *out)
{
	buf_str(out, ".SH TELLING OTHERS\n");
	put(out, "The programs of --on-study and --on-finish are looked for by PATH, or by their path, before anything is asked.  They are started "
		 "without a shell.  A program that needs arguments needs a script around it.  The programs read nothing; their output goes to "
		 "the log (--verbose, --log-file).  They have the umask of --mode.  Processes that they leave running in their process group are "
		 "ended.\n\n"
		 "--on-study is run as PROGRAM FOLDER STUDY VERDICT MANIFEST.  It is run for each study that reached a verdict with at least one "
		 "new object, or with another verdict than last time; one study after the other, beside the transfers.  The objects, the manifest "
		 "and the ledger are on the disk by then.  FOLDER is the deepest folder that holds all objects of the study and that the layout "
		 "gives to no series.  Without --hierarchical or --layout it is the output directory, and the manifest names the files of the "
		 "study.  The program is started in FOLDER.  Every user of the machine can read arguments.  So FOLDER is a path only when it is "
		 "the output directory, or a folder right below it that ends in the Study Instance UID; else it is a dot, and "
		 "DICOM_QR_STUDY_FOLDER has the path.  MANIFEST has one line of JSON for each object; it may be missing when nothing came.\n\n"
		 "Each study is reported once.  When a program did not end with 0 within --hook-timeout, or was killed, the next run with "
		 "--on-study into the same output directory runs it again, unless nothing is left of the study.  So a program may be told of a "
		 "study twice.  After five failures in a row this run starts no more programs.  A failure changes no verdict.  It is reported, "
		 "counted in the last line, and shown by dicom-qr explain.\n\n"
		 "--on-finish is run as PROGRAM STATUS OUTPUT at the end of every run that is no dry run, also of a run that failed, once the "
		 "options were understood.\n\n"
		 "After an interrupt the program that is running may finish, and no further one is started; a second interrupt ends it.\n\n"
		 "--metrics replaces FILE as a whole, with mode 644, since the collector is another user.  The file holds no patient data.  Each "
		 "job needs a file of its own, and the collector reads only names that end in .prom.");
	buf_str(out, ".TP\n.B Environment of both\n");
	put(out, "DICOM_QR_EVENT (study or finish), DICOM_QR_OUTPUT, DICOM_QR_NODE, DICOM_QR_JOB");
	buf_str(out, ".TP\n.B Of \\-\\-on\\-study\n");
	put(out, "DICOM_QR_STUDY_FOLDER, DICOM_QR_STUDY_UID, DICOM_QR_VERDICT, DICOM_QR_MANIFEST, DICOM_QR_RECEIVED, DICOM_QR_EXPECTED (empty: "
		 "nobody knows)");
	buf_str(out, ".TP\n.B Of \\-\\-on\\-finish\n");
	put(out, "DICOM_QR_STATUS, DICOM_QR_COMMAND, DICOM_QR_STATE (the state file), DICOM_QR_OBJECTS, DICOM_QR_BYTES, DICOM_QR_HOOKS_FAILED, "
		 "DICOM_QR_STUDIES, and of those by verdict: DICOM_QR_COMPLETE, DICOM_QR_COMPLETE_BY_COUNT, DICOM_QR_UNVERIFIED, "
		 "DICOM_QR_INCOMPLETE, DICOM_QR_EMPTY, DICOM_QR_FAILED, DICOM_QR_PARKED, DICOM_QR_SKIPPED, DICOM_QR_WANTED (not reached)");
}

static void page(struct buf *out, const struct program *p)
{
	auto_free char *name = page_name(p);
	auto_free char *upper = mem_str(name);

	for (char *c = upper; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	buf_printf(out, ".TH %s 1 \"\" \"dicom-qr %s\" \"User Commands\"\n.SH NAME\n", upper, PACKAGE_VERSION);
	put(out, name);
	buf_printf(out, "\\- %s\n.SH SYNOPSIS\n", p->command->summary);
	put_synopsis(out, p);
	buf_str(out, ".SH DESCRIPTION\n");
	put(out, p->command->description);
	if (!*p->word)
		put_commands(out);
	opt_man(p->command, out);
	if (tells_others(p->command))
		put_told(out);
	put_exits(out);
	put_files(out);
	buf_str(out, ".SH EXAMPLES\n");
	put_lines(out, p->command->examples);
}

int manual_print(const char *what)
{
	auto_buf struct buf out = BUF_INIT(BUF_MB(4));
	bool found = completion_print(&out, what);

	for (size_t i = 0; i < programs_count; i++) {
		auto_free char *name = page_name(&programs[i]);

		if (!strcmp(what, "list"))
			buf_printf(&out, "%s\n", name);
		else if (!strcmp(what, name))
			page(&out, &programs[i]);
	}
	fputs(buf_text(&out), stdout);
	return found || out.len ? EXIT_ALL_THERE : EXIT_USAGE;
}
