/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What other services than C-FIND tell.  C-GET and C-MOVE are tried with a study that does not exist, so that nothing is moved; the
 * one study that may be retrieved goes into a folder of its own and is removed again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/check/probe_p.h"
#include "core/intake/examine.h"
#include "core/session/dump.h"
#include "core/session/tool.h"
#include "dicom/query.h"
#include "dicom/sopclass.h"
#include "dicom/tag.h"
#include "process/child.h"
#include "process/confine.h"
#include "wrappers/echoscu.h"
#include "wrappers/retriever.h"

#define NO_STUDY "1.2.826.0.1.3680043.10.1338.0.404"
#define HELD_ECHOES "1000000"		/* until it is stopped */
#define HOLD_S 20

/* One tool, to be freed, and its verdict. */
struct turn {
	struct tool *tool;
	struct err why;
};

static struct tool *start(struct probing *p, struct command *command, enum service service, long long limit_s, struct err *e)
{
	const struct tool_how how = { .service = service, .limit_ms = limit_s * 1000 };

	p->out->requests++;
	return tool_start(p->session, command, &how, NULL, NULL, e);
}

static int run(struct probing *p, struct command *command, enum service service, long long limit_s, struct turn *t, struct err *e)
{
	t->why.kind = ERR_NONE;
	t->tool = start(p, command, service, limit_s, e);
	if (!t->tool)
		return -1;
	if (tool_wait(t->tool, e) < 0) {
		tool_free(t->tool);
		return -1;
	}
	tool_verdict(t->tool, NULL, p->peer, NULL, 0, &t->why);
	return 0;
}

static void interrupted(void *owner)
{
	(void)owner;
	child_stop_all(false);
}

int probe_ping(struct session *s, const struct peer *peer, int64_t *ret_ms, struct err *e)
{
	struct probe count = { .requests = 0 };
	struct probing p = { .session = s, .peer = peer, .out = &count };
	struct turn t;

	s->on_interrupt = interrupted;
	if (run(&p, echoscu_command(&s->dcmtk, peer), SERVICE_ECHO, 120, &t, e) < 0)
		return -1;
	*ret_ms = t.tool->ran_ms;
	tool_free(t.tool);
	if (t.why.kind)
		*e = t.why;
	return t.why.kind ? -1 : 0;
}

int probe_echo(struct probing *p, struct err *e)
{
	int64_t ms = 0;
	char text[20];

	p->out->requests++;
	if (probe_ping(p->session, p->peer, &ms, e) < 0)
		return -1;
	snprintf(text, sizeof text, "%lld", (long long)ms);
	probe_say(p, FACT_ECHO_MS, text, "C-ECHO with its association, milliseconds");
	return 0;
}

/* ---- C-GET and C-MOVE ---- */

static int retrieve(struct probing *p, const struct retriever *with, const char *study_uid, const char *into, long long limit_s,
		    struct turn *t, struct err *e)
{
	auto_buf struct buf bytes = BUF_INIT(BUF_MB(1));
	auto_free char *folder = session_folder(p->session, "probe", e);
	auto_free char *path = folder ? file_join(folder, "query.dcm") : NULL;
	struct retrieve_request request = { .peer = p->peer, .query_paths = (const char *const *)&path, .count = 1,
					    .into = into ? into : folder, .destination = p->peer->calling };
	struct command *command;
	struct query q;
	int failed;

	query_init(&q, LEVEL_STUDY);
	dataset_text(&q.keys, TAG_StudyInstanceUID, study_uid);
	failed = !folder || query_encode(&q, p->peer->charset, &bytes, e) < 0 || file_replace(path, bytes.data, bytes.len, e) < 0;
	query_done(&q);
	if (failed)
		return -1;
	request.bit_preserving = confine_abi() > 0;
	command = with->command(&p->session->dcmtk, &request);
	command_may_write(command, request.into);
	return run(p, command, with->service, limit_s, t, e);
}

static int try_method(struct probing *p, const struct retriever *with, const char *what, bool *ret_offered, struct err *e)
{
	struct turn t;
	struct err no_tls = { ERR_NONE, "" };
	int final;

	if (dcmtk_tls_check(&p->session->dcmtk, &p->peer->tls, with->tool, &no_tls) < 0) {
		*ret_offered = false;
		probe_say(p, what, NULL, "%s", no_tls.text);
		return 0;
	}
	if (retrieve(p, with, NO_STUDY, NULL, 60, &t, e) < 0)
		return -1;
	final = t.tool->said.final;
	*ret_offered = final >= 0 || t.why.kind != ERR_REFUSED;
	if (final >= 0)
		probe_say(p, what, "yes", "offered and accepted; for a study that does not exist it says 0x%04X%s", (unsigned)final,
			  final == 0xa801 ? ": it does not know our AE title as a destination" : "");
	else if (t.why.kind == ERR_REFUSED && t.tool->said.accepted)
		probe_say(p, what, "no", "%.250s", t.why.text);
	else
		probe_say(p, what, t.why.kind == ERR_REFUSED ? "no" : NULL, "%.250s", t.why.text);
	tool_free(t.tool);
	return 0;
}

int probe_methods(struct probing *p, struct err *e)
{
	bool get, move;

	if (try_method(p, &retriever_getscu, "c-get", &get, e) < 0 || try_method(p, &retriever_movescu, "c-move", &move, e) < 0)
		return -1;
	if (get != move)
		probe_say(p, FACT_METHOD, get ? "c-get" : "c-move", "the only one offered: retrievals begin with it");
	return 0;
}

/* ---- a study that may be fetched ---- */

struct fetched {
	struct map *classes, *syntaxes;
	int whole, damaged;
};

static void file_read_in(void *owner, size_t index, struct dataset *set, const char *damage)
{
	struct fetched *f = owner;

	(void)index;
	if (damage || !*dataset_get(set, TAG_SOPInstanceUID)) {
		f->damaged++;
		return;
	}
	f->whole++;
	dataset_decode(set, "");
	map_put(f->classes, dataset_get(set, TAG_SOPClassUID), NULL);
	map_put(f->syntaxes, dataset_get(set, TAG_TransferSyntaxUID), NULL);
}

static void list_names(const struct map *names, bool classes, struct buf *out)
{
	const char *name;

	for (size_t at = 0; (name = map_next(names, &at, NULL));)
		buf_printf(out, "%s%s", out->len ? " " : "", classes ? sopclass_name(name) : name);
}

static int read_files(struct probing *p, const char *folder, struct fetched *f, struct err *e)
{
	static const uint32_t tags[] = { TAG_TransferSyntaxUID, TAG_SOPClassUID, TAG_SOPInstanceUID };
	const struct dump_how how = { .folder = folder, .tags = tags, .tag_count = countof(tags), .whole = true };
	struct path_list paths = { NULL, 0, 0 };
	int failed = examine_list(folder, &paths, e);

	if (!failed)
		failed = dump_now(p->session, (const char *const *)paths.items, paths.count, &how, file_read_in, f, e);
	path_list_done(&paths);
	return failed;
}

static int look_at(struct probing *p, const char *folder, struct turn *t, struct err *e)
{
	auto_buf struct buf classes = BUF_INIT(95), syntaxes = BUF_INIT(95);
	struct fetched f = { .classes = map_new(), .syntaxes = map_new() };
	int failed = read_files(p, folder, &f, e);
	char text[60];

	if (!failed) {
		list_names(f.classes, true, &classes);
		list_names(f.syntaxes, false, &syntaxes);
		snprintf(text, sizeof text, "%d objects", f.whole);
		probe_say(p, FACT_FETCHED, f.whole ? text : "nothing", "by C-GET in %lld ms, %d damaged: %.200s", (long long)t->tool->ran_ms, f.damaged,
			  t->why.kind ? t->why.text : "success");
		if (f.whole)
			probe_say(p, FACT_FETCHED_CLASSES, buf_text(&classes), "storage classes of that study");
		if (f.whole)
			probe_say(p, FACT_FETCHED_SYNTAXES, buf_text(&syntaxes), "transfer syntaxes in which they came");
	}
	map_free(f.classes, NULL);
	map_free(f.syntaxes, NULL);
	return failed;
}

int probe_retrieve(struct probing *p, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	auto_free char *folder = file_temp_dir(tmp && *tmp == '/' ? tmp : "/tmp", "dicom-qr-probe", e);
	struct err ignored = { ERR_NONE, "" };
	struct turn t;
	int failed;

	if (!folder)
		return -1;
	failed = retrieve(p, &retriever_getscu, p->options->retrieve, folder, 3600, &t, e);
	if (!failed) {
		failed = look_at(p, folder, &t, e);
		tool_free(t.tool);
	}
	file_remove_tree(folder, &ignored);
	return failed;
}

/* ---- how many at once ---- */

static bool all_over(void *owner)
{
	struct tool *const *tools = owner;

	for (; *tools; tools++)
		if (!(*tools)->ended)
			return false;
	return true;
}

/* Let in, or turned away: then those that are in may go. */
static bool all_decided(void *owner)
{
	struct tool *const *tools = owner;

	for (; *tools; tools++)
		if (!(*tools)->ended && !(*tools)->said.accepted)
			return false;
	return true;
}

/* Each keeps its association by echo after echo. */
static struct command *held_echo(struct probing *p)
{
	struct command *c = dcmtk_command(&p->session->dcmtk, "echoscu");

	command_args(c, "--repeat", HELD_ECHOES, NULL);
	dcmtk_titles(c, p->peer);
	dcmtk_address(c, p->peer);
	return c;
}

static void count_tools(struct probing *p, struct tool *const *tools, int started)
{
	int accepted = 0, refused = 0, other = 0;
	char text[20];

	for (int i = 0; i < started; i++) {
		struct err why = { ERR_NONE, "" };

		tool_verdict(tools[i], NULL, p->peer, NULL, 0, &why);
		if (tools[i]->said.accepted)
			accepted++;
		else if (why.kind == ERR_BUSY || why.kind == ERR_REFUSED)
			refused++;
		else
			other++;
	}
	snprintf(text, sizeof text, "%d", accepted);
	if (accepted == PROBE_ASSOCIATIONS)
		probe_say(p, FACT_ASSOCIATIONS, "16 or more", "%d at once, all accepted", accepted);
	else
		probe_say(p, FACT_ASSOCIATIONS, refused ? text : NULL, "of %d at once %d were accepted, %d rejected, %d not answered", started,
			  accepted, refused, other);
}

int probe_associations(struct probing *p, struct err *e)
{
	struct tool *tools[PROBE_ASSOCIATIONS + 1] = { NULL };
	struct err unheard = { ERR_NONE, "" };
	int started = 0, failed = 0;

	while (started < PROBE_ASSOCIATIONS && !failed) {
		tools[started] = start(p, held_echo(p), SERVICE_ECHO, HOLD_S, e);
		failed = tools[started] ? 0 : -1;
		started += !failed;
	}
	if (!failed)
		failed = session_run(p->session, all_decided, tools, e);
	child_stop_all(false);
	if (session_run(p->session, all_over, tools, failed ? &unheard : e) < 0)
		failed = -1;
	if (!failed && p->session->signal)
		failed = err_set(e, ERR_INTERRUPTED, "stopped");
	if (!failed)
		count_tools(p, tools, started);
	for (int i = 0; i < started; i++)
		tool_free(tools[i]);
	return failed;
}
