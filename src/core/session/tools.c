/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tools are asked for their versions, all at once.  Where the ledger is open it keeps what a tool said beside the identity of
 * its file, and only a file that is new is asked. */
#include "core/session/session_p.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "core/ledger/facts.h"
#include "process/child.h"

#define LEARNED_OF ""			/* no node's key is empty */

/* One tool that was asked for its version. */
struct version_ask {
	struct version_ask *next;
	const char *tool;
	char *path, *identity;		/* of its file, as it was when asked; NULL = not to be remembered */
	int version;
	char text[64];
	bool over;
};

static void ask_free(struct version_ask *ask)
{
	free(ask->path);
	free(ask->identity);
	free(ask);
}

/* ---- what the ledger knows ---- */

static char *identity_of(const char *path)
{
	struct stat st;

	if (!path || stat(path, &st) < 0)
		return NULL;
	return mem_printf("%llu:%llu:%lld:%lld.%09ld:%lld.%09ld", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
			  (long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long long)st.st_ctim.tv_sec,
			  st.st_ctim.tv_nsec);
}

/* "30607 3.6.7 IDENTITY" */
static bool is_known(struct session *s, struct version_ask *ask)
{
	auto_free char *known = ask->identity ? ledger_learned(s->ledger, LEARNED_OF, ask->path) : NULL;
	int end = 0;

	return known && sscanf(known, "%d %63s %n", &ask->version, ask->text, &end) == 2 && end && !strcmp(known + end, ask->identity);
}

static int remember(struct session *s, const struct version_ask *ask, struct err *e)
{
	auto_free char *value = ask->identity ? mem_printf("%d %s %s", ask->version, ask->text, ask->identity) : NULL;

	return value ? ledger_learn(s->ledger, LEARNED_OF, ask->path, value, e) : 0;
}

/* All or nothing; failing costs the same questions next time, no more. */
static void remember_all(struct session *s)
{
	struct err ignored = { ERR_NONE, "" };

	if (!s->ledger || !s->asked || ledger_begin(s->ledger, &ignored) < 0)
		return;
	for (const struct version_ask *ask = s->asked; ask; ask = ask->next)
		if (remember(s, ask, &ignored) < 0) {
			ledger_rollback(s->ledger);
			return;
		}
	ledger_commit(s->ledger, &ignored);
}

/* ---- asking ---- */

static void version_line(void *owner, enum stream from, const char *text, size_t len)
{
	struct version_ask *ask = owner;

	(void)from;
	(void)len;
	if (!ask->version)
		ask->version = dcmtk_version_parse(text, ask->text);
}

static void version_done(void *owner, const struct child_result *result)
{
	struct version_ask *ask = owner;

	(void)result;
	ask->over = true;
}

static bool versions_over(void *owner)
{
	for (const struct version_ask *ask = ((struct session *)owner)->asked; ask; ask = ask->next)
		if (!ask->over)
			return false;
	return true;
}

static int check_version(struct session *s, const struct version_ask *ask, struct err *e)
{
	if (!ask->version)
		return err_set(e, ERR_TOOL, "%s did not tell its version: is it DCMTK's?", ask->tool);
	if (ask->version < DCMTK_VERSION_MIN)
		return err_set(e, ERR_TOOL, "%s %s is too old: 3.6.5 is needed; install the Debian package dcmtk", ask->tool, ask->text);
	s->dcmtk.version = ask->version;
	memcpy(s->dcmtk.version_text, ask->text, sizeof ask->text);
	return 0;
}

static int start_asking(struct session *s, struct version_ask *ask, struct err *e)
{
	static const struct child_hooks hooks = { version_line, version_done };
	const struct child_limits limits = { .total_ms = 20000 };
	struct version_ask **end = &s->asked;

	ask->version = 0;
	if (!child_start(s->loop, dcmtk_version_command(&s->dcmtk, ask->tool), &limits, &hooks, ask, e))
		return -1;
	while (*end)
		end = &(*end)->next;
	*end = ask;
	return 0;
}

static int explain(const struct session *s, const char *tool, struct err *e)
{
	if (e->kind == ERR_TOOL && s->dcmtk.dir)
		return err_set(e, ERR_TOOL, "%s was not found in %s (DICOM_QR_DCMTK_DIR)", tool, s->dcmtk.dir);
	if (e->kind == ERR_TOOL)
		return err_set(e, ERR_TOOL, "%s was not found: install the Debian package dcmtk", tool);
	return -1;
}

int session_ask_version(struct session *s, const char *tool, struct err *e)
{
	auto_free char *name = s->dcmtk.dir ? file_join(s->dcmtk.dir, tool) : mem_str(tool);
	struct version_ask *ask = mem_alloc(sizeof *ask);
	struct err ignored = { ERR_NONE, "" };
	int failed;

	ask->tool = tool;
	if (s->ledger) {
		ask->path = child_find(name, &ignored);
		ask->identity = identity_of(ask->path);
	}
	if (s->ledger && is_known(s, ask)) {
		failed = check_version(s, ask, e);
		ask_free(ask);
		return failed;
	}
	if (start_asking(s, ask, e) == 0)
		return 0;
	ask_free(ask);
	return explain(s, tool, e);
}

/* Each takes some 10 ms, which they share. */
int session_hear_versions(struct session *s, struct err *e)
{
	int failed = s->asked ? loop_run(s->loop, versions_over, s, e) : 0;

	for (const struct version_ask *ask = s->asked; ask && !failed; ask = ask->next)
		failed = check_version(s, ask, e);
	if (!failed)
		remember_all(s);
	session_drop_asked(s);
	return failed;
}

void session_drop_asked(struct session *s)
{
	while (s->asked) {
		struct version_ask *ask = s->asked;

		s->asked = ask->next;
		ask_free(ask);
	}
}

int session_need_tools(struct session *s, const char *const *names, struct err *e)
{
	for (; *names; names++)
		if (session_ask_version(s, *names, e) < 0)
			return -1;
	return session_hear_versions(s, e);
}
