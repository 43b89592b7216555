/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wrappers/dcmtk.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "process/confine.h"

#ifndef PKGLIBDIR
#define PKGLIBDIR "/usr/local/lib/dicom-qr"
#endif

#ifndef BINDIR
#define BINDIR "/usr/local/bin"
#endif

char *dcmtk_beside(const char *program)
{
	static const char name[] = PKGLIBDIR "/promptack.so";
	const char *configured = BINDIR, *at = strrchr(program, '/');
	size_t same = 0;
	auto_free char *folder = at ? mem_strn(program, (size_t)(at - program)) : NULL;
	char *slash;

	for (size_t i = 0; folder && configured[i] && configured[i] == name[i]; i++)
		if (configured[i] == '/')
			same = i;		/* the folder that BINDIR and PKGLIBDIR share */
	if (!folder || !same)
		return NULL;
	for (at = configured + same; *at; at++)		/* as many folders up as BINDIR is below it */
		if (*at == '/' && at[1]) {
			slash = strrchr(folder, '/');
			if (!slash)
				return NULL;
			*slash = '\0';
		}
	return mem_printf("%s%s", folder, name + same);
}

/* Where the whole installation was moved, the preload object still lies at the same place as seen from the program. */
static char *moved_promptack(void)
{
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);

	if (len <= 0)
		return NULL;
	program[len] = '\0';
	return dcmtk_beside(program);
}

/* ld.so separates paths by blanks and colons. */
static bool can_be_preloaded(const char *path)
{
	return path && *path == '/' && !strpbrk(path, " :") && access(path, R_OK) == 0;
}

char *dcmtk_find_promptack(void)
{
	const char *path = getenv("DICOM_QR_PROMPTACK");
	auto_free char *moved = NULL;

	if (path && strcmp(path, "off") == 0)
		return NULL;
	if (!path || !*path) {
		path = PKGLIBDIR "/promptack.so";
		if (!can_be_preloaded(path))
			path = moved = moved_promptack();
	}
	return can_be_preloaded(path) ? mem_str(path) : NULL;
}

void dcmtk_init(struct dcmtk *d)
{
	const char *dir = getenv("DICOM_QR_DCMTK_DIR");

	*d = (struct dcmtk){ .connect_s = 60, .acse_s = 60, .dimse_s = 600 };
	d->dir = dir && *dir ? mem_str(dir) : NULL;
	d->promptack = dcmtk_find_promptack();
}

void dcmtk_done(struct dcmtk *d)
{
	free(d->dir);
	free(d->promptack);
	free(d->log_config);
	free(d->dictionary);
	*d = (struct dcmtk){ 0 };
}

int dcmtk_version_parse(const char *line, char text[64])
{
	int major, minor, patch, begin = 0, end = 0;
	const char *v;

	if (strncmp(line, "$dcmtk: ", 8) != 0)
		return 0;
	v = strstr(line, " v");
	if (!v || sscanf(v, " v%n%2d.%2d.%2d%n", &begin, &major, &minor, &patch, &end) != 3)
		return 0;
	if (major < 0 || minor < 0 || patch < 0)
		return 0;
	if (text)
		snprintf(text, 64, "%.*s", end - begin, v + begin);
	return major * 10000 + minor * 100 + patch;
}

/* What each tool may do.  All may read the system's programs, libraries and resolver files, and what its command names;
 * none may start another process, trace, mount, listen, change modes or owners, or keep its core.  Memory and file size in
 * megabytes; an object can be larger than 4 GB. */
enum { ANSWER_MB = 16, OBJECT_MB = 64 << 10, MEMORY_MB = 512, NO_LIMIT = -1, NO_FILE = 0 };
static const struct confine_rule tool_rules[] = {
	/* tool		may connect				memory		files it writes */
	{ "echoscu",	CONFINE_EXEC | CONFINE_SOCKET | CONFINE_CONNECT, MEMORY_MB, NO_FILE },
	{ "findscu",	CONFINE_EXEC | CONFINE_SOCKET | CONFINE_CONNECT, MEMORY_MB, ANSWER_MB },	/* its answers */
	{ "movescu",	CONFINE_EXEC | CONFINE_SOCKET | CONFINE_CONNECT, MEMORY_MB, NO_FILE },
	{ "getscu",	CONFINE_EXEC | CONFINE_SOCKET | CONFINE_CONNECT, NO_LIMIT, OBJECT_MB },	/* objects */
	{ "storescp",	CONFINE_EXEC | CONFINE_SOCKET,	NO_LIMIT,	OBJECT_MB },	/* the same; it asks DNS who has connected */
	{ "dcmdump",	CONFINE_EXEC,			MEMORY_MB,	NO_FILE },	/* and any tool that has no row */
};

static const struct confine_rule *rule_of(const char *tool)
{
	size_t i = 0;

	while (i < countof(tool_rules) - 1 && strcmp(tool_rules[i].tool, tool))
		i++;
	return &tool_rules[i];
}

struct command *dcmtk_plain_command(const struct dcmtk *d, const char *tool)
{
	auto_free char *path = d->dir ? file_join(d->dir, tool) : NULL;
	struct command *c = command_new(path ? path : tool);

	command_confine(c, rule_of(tool));
	return c;
}

struct command *dcmtk_version_command(const struct dcmtk *d, const char *tool)
{
	struct command *c = dcmtk_plain_command(d, tool);

	command_arg(c, "--version");
	return c;
}

static void preload(struct command *c, const char *path)
{
	const char *others = getenv("LD_PRELOAD");
	auto_free char *both = others && *others ? mem_printf("%s:%s", path, others) : NULL;

	command_env(c, "LD_PRELOAD", both ? both : path);
	command_may_read(c, path);
}

/* Nagle's algorithm costs 40 ms an object; TCP_BUFFER_LENGTH, were it set, minutes a study.  Without -td a peer silent for
 * 60 s is reported as one that aborted. */
struct command *dcmtk_command(const struct dcmtk *d, const char *tool)
{
	struct command *c = dcmtk_plain_command(d, tool);
	bool receiver = strcmp(tool, "storescp") == 0;
	auto_free char *config = NULL;

	command_env(c, "TCP_NODELAY", "1");
	pipecmd_unsetenv(c->cmd, "TCP_BUFFER_LENGTH");
	if (d->promptack)
		preload(c, d->promptack);
	if (d->log_config) {
		command_arg(c, "-lc");
		config = mem_printf("%s%s", d->log_config, receiver ? ".scp" : "");
		command_arg(c, config);
		command_may_read(c, config);
	} else {
		command_arg(c, "-v");
	}
	if (!receiver) {
		command_arg(c, "-to");
		command_argf(c, "%d", d->connect_s);
	}
	command_arg(c, "-ta");
	command_argf(c, "%d", d->acse_s);
	command_arg(c, "-td");
	command_argf(c, "%d", d->dimse_s);
	return c;
}

/* -pw: nobody is there to type a passphrase. */
static void secure(struct command *c, const struct tls *t)
{
	struct stat st;

	if (!*t->authorities)
		return;
	if (*t->key) {
		command_args(c, "+tls", t->key, t->certificate, "-pw", NULL);
		command_may_read(c, t->key);
		command_may_read(c, t->certificate);
	} else
		command_arg(c, "+tla");
	if (!strcmp(t->authorities, TLS_ANYBODY))
		command_arg(c, "-ic");
	else
		command_args(c, stat(t->authorities, &st) == 0 && S_ISDIR(st.st_mode) ? "+cd" : "+cf", t->authorities, NULL);
	command_may_read(c, t->authorities);
}

int dcmtk_tls_check(const struct dcmtk *d, const struct tls *t, const char *tool, struct err *e)
{
	static const struct { const char *tool; int since; const char *text; } late[] = {
		{ "getscu", 30609, "3.6.9" }, { "movescu", 30700, "3.7.0" },		/* the others have always had it */
	};

	for (size_t i = 0; *t->authorities && i < countof(late); i++)
		if (!strcmp(tool, late[i].tool) && d->version < late[i].since)
			return err_set(e, ERR_TOOL, "%s of DCMTK %s does no TLS: %s is needed, or a tunnel to the PACS (stunnel, say) in place of "
				       "the TLS settings", tool, d->version_text, late[i].text);
	return 0;
}

void dcmtk_titles(struct command *c, const struct peer *p)
{
	command_args(c, "-aet", p->calling, "-aec", p->called, NULL);
	secure(c, &p->tls);
}

void dcmtk_address(struct command *c, const struct peer *p)
{
	command_arg(c, p->host);
	command_argf(c, "%d", p->port);
	command_may_connect(c, p->port);
}

void dcmtk_dictionary(struct command *c, const struct dcmtk *d)
{
	if (!d->dictionary)
		return;
	command_env(c, "DCMDICTPATH", d->dictionary);
	command_may_read(c, d->dictionary);
}

void dcmtk_model(struct command *c, enum model model)
{
	command_arg(c, model == MODEL_PATIENT ? "-P" : model == MODEL_PATIENT_STUDY ? "-O" : "-S");
}
