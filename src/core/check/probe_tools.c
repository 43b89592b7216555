/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What other services than C-FIND tell.  C-GET and C-MOVE are tried with a study that does not exist, so that nothing is moved; the
 * one study that may be retrieved goes into a folder of its own and is removed again. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/confine.h"
#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/check/probe_p.h"
#include "dicom/query.h"
#include "dicom/sopclass.h"
#include "dicom/tag.h"
#include "wrappers/dcmdump.h"
#include "wrappers/echoscu.h"
#include "wrappers/retriever.h"

#define NO_STUDY "1.2.826.0.1.3680043.10.1338.0.404"
#define HELD_ECHOES "1000000"		/* until it is stopped */
#define HOLD_S 20

/* One child and what it said. */
struct turn {
	struct dcmtk_reading said;
	struct err why;
	int64_t ms;
	bool over;
};

static void turn_line(void *owner, enum stream from, const char *text, size_t len)
{
	(void)from;
	dcmtk_line(&((struct turn *)owner)->said, text, len);
}

static void turn_done(void *owner, const struct child_result *result)
{
	struct turn *t = owner;

	t->over = true;
	t->ms = result->ran_ms;
	if (result->timed_out)
		err_set(&t->why, ERR_TIMEOUT, "no end within the time allowed");
}

static bool turn_over(void *owner)
{
	return ((struct turn *)owner)->over;
}

static int start(struct probing *p, struct command *command, enum service service, long long limit_s, struct turn *t, struct err *e)
{
	static const struct child_hooks hooks = { turn_line, turn_done };
	const struct child_limits limits = { .total_ms = limit_s * 1000 };

	memset(t, 0, sizeof *t);
	dcmtk_reading_init(&t->said, service);
	log_debug("%s", command_text(command));
	p->out->requests++;
	if (child_start(p->session->loop, command, &limits, &hooks, t, e))
		return 0;
	dcmtk_reading_done(&t->said);
	return -1;
}

/* The verdict is in t->why; said is to be freed. */
static void judge(const struct probing *p, struct turn *t)
{
	struct err own = t->why;

	t->why.kind = ERR_NONE;
	dcmtk_verdict(&t->said, own.kind ? &own : NULL, p->peer, NULL, 0, &t->why);
}

static int run(struct probing *p, struct command *command, enum service service, long long limit_s, struct turn *t, struct err *e)
{
	if (start(p, command, service, limit_s, t, e) < 0)
		return -1;
	if (session_run(p->session, turn_over, t, e) < 0 || p->session->signal) {
		if (!e->kind)
			err_set(e, ERR_INTERRUPTED, "stopped");
		if (t->over)		/* else the child still writes to it until the loop has ended: never read again */
			dcmtk_reading_done(&t->said);
		return -1;
	}
	judge(p, t);
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
	dcmtk_reading_done(&t.said);
	*ret_ms = t.ms;
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
	probe_say(p, "echo-ms", text, "C-ECHO with its association, milliseconds");
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
	final = t.said.final;
	*ret_offered = final >= 0 || t.why.kind != ERR_REFUSED;
	if (final >= 0)
		probe_say(p, what, "yes", "offered and accepted; for a study that does not exist it says 0x%04X%s", (unsigned)final,
			  final == 0xa801 ? ": it does not know our AE title as a destination" : "");
	else if (t.why.kind == ERR_REFUSED && t.said.accepted)
		probe_say(p, what, "no", "%.250s", t.why.text);
	else
		probe_say(p, what, t.why.kind == ERR_REFUSED ? "no" : NULL, "%.250s", t.why.text);
	dcmtk_reading_done(&t.said);
	return 0;
}

int probe_methods(struct probing *p, struct err *e)
{
	bool get, move;

	if (try_method(p, &retriever_getscu, "c-get", &get, e) < 0 || try_method(p, &retriever_movescu, "c-move", &move, e) < 0)
		return -1;
	if (get != move)
		probe_say(p, "method", get ? "c-get" : "c-move", "the only one offered: retrievals begin with it");
	return 0;
}

/* ---- a study that may be fetched ---- */

struct fetched {
	struct dcmdump_reading reading;
	struct map *classes, *syntaxes;
	int whole, damaged;
	bool over;
};

static void file_read_in(void *owner, const char *path, struct dataset *set, const char *damage)
{
	struct fetched *f = owner;

	(void)path;
	if (damage || !*dataset_get(set, TAG_SOPInstanceUID)) {
		f->damaged++;
		return;
	}
	f->whole++;
	dataset_decode(set, "");
	map_put(f->classes, dataset_get(set, TAG_SOPClassUID), NULL);
	map_put(f->syntaxes, dataset_get(set, TAG_TransferSyntaxUID), NULL);
}

static void dump_line_in(void *owner, enum stream from, const char *text, size_t len)
{
	dcmdump_line(&((struct fetched *)owner)->reading, from == STREAM_ERR, text, len);
}

static void dump_ended(void *owner, const struct child_result *result)
{
	(void)result;
	((struct fetched *)owner)->over = true;
}

static bool dump_over(void *owner)
{
	return ((struct fetched *)owner)->over;
}

static void list_names(const struct map *names, bool classes, struct buf *out)
{
	const char *name;

	for (size_t at = 0; (name = map_next(names, &at, NULL));)
		buf_printf(out, "%s%s", out->len ? " " : "", classes ? sopclass_name(name) : name);
}

static int read_files(struct probing *p, const char *folder, struct fetched *f, struct err *e)
{
	static const struct child_hooks hooks = { dump_line_in, dump_ended };
	static const uint32_t tags[] = { TAG_TransferSyntaxUID, TAG_SOPClassUID, TAG_SOPInstanceUID };
	const struct child_limits limits = { .line_max = 1 << 20, .total_ms = 600000 };
	auto_buf struct buf list = BUF_INIT(BUF_MB(16));
	auto_free char *path = file_join(p->session->scratch, "probe-list");
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct command *command;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "query.dcm") != 0 && !strpbrk(entry->d_name, " \t\n\"'"))
			buf_printf(&list, "./%s\n", entry->d_name);
	if (dir)
		closedir(dir);
	if (!list.len)
		return 0;
	if (file_replace(path, list.data, list.len, e) < 0)
		return -1;
	dcmdump_reading_init(&f->reading, file_read_in, f);
	command = dcmdump_command(&p->session->dcmtk, path, tags, countof(tags), true);
	command_chdir(command, folder);
	if (!child_start(p->session->loop, command, &limits, &hooks, f, e) || session_run(p->session, dump_over, f, e) < 0)
		return -1;
	dcmdump_end(&f->reading);
	dcmdump_reading_done(&f->reading);
	return 0;
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
		probe_say(p, "fetched", f.whole ? text : "nothing", "by C-GET in %lld ms, %d damaged: %.200s", (long long)t->ms, f.damaged,
			  t->why.kind ? t->why.text : "success");
		if (f.whole)
			probe_say(p, "fetched-classes", buf_text(&classes), "storage classes of that study");
		if (f.whole)
			probe_say(p, "fetched-syntaxes", buf_text(&syntaxes), "transfer syntaxes in which they came");
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
		dcmtk_reading_done(&t.said);
	}
	file_remove_tree(folder, &ignored);
	return failed;
}

/* ---- how many at once ---- */

static bool all_over(void *owner)
{
	const struct turn *turns = owner;

	for (int i = 0; i < PROBE_ASSOCIATIONS; i++)
		if (!turns[i].over)
			return false;
	return true;
}

/* Let in, or turned away: then those that are in may go. */
static bool all_decided(void *owner)
{
	const struct turn *turns = owner;

	for (int i = 0; i < PROBE_ASSOCIATIONS; i++)
		if (!turns[i].over && !turns[i].said.accepted)
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

static void count_turns(struct probing *p, struct turn *turns, int started)
{
	int accepted = 0, refused = 0, other = 0;
	char text[20];

	for (int i = 0; i < started; i++) {
		judge(p, &turns[i]);
		if (turns[i].said.accepted)
			accepted++;
		else if (turns[i].why.kind == ERR_BUSY || turns[i].why.kind == ERR_REFUSED)
			refused++;
		else
			other++;
		dcmtk_reading_done(&turns[i].said);
	}
	snprintf(text, sizeof text, "%d", accepted);
	if (accepted == PROBE_ASSOCIATIONS)
		probe_say(p, "associations", "16 or more", "%d at once, all accepted", accepted);
	else
		probe_say(p, "associations", refused ? text : NULL, "of %d at once %d were accepted, %d rejected, %d not answered", started,
			  accepted, refused, other);
}

int probe_associations(struct probing *p, struct err *e)
{
	struct turn *turns = mem_alloc(PROBE_ASSOCIATIONS * sizeof *turns);
	struct err unheard = { ERR_NONE, "" };
	int started = 0, failed = 0;

	while (started < PROBE_ASSOCIATIONS && !failed) {
		failed = start(p, held_echo(p), SERVICE_ECHO, HOLD_S, &turns[started], e);
		started += !failed;
	}
	for (int i = started; i < PROBE_ASSOCIATIONS; i++)
		turns[i].over = true;
	if (!failed)
		failed = session_run(p->session, all_decided, turns, e);
	child_stop_all(false);
	if (session_run(p->session, all_over, turns, failed ? &unheard : e) < 0)
		return -1;			/* stopped in haste: the children may still write to the turns */
	if (!failed && p->session->signal)
		failed = err_set(e, ERR_INTERRUPTED, "stopped");
	if (!failed) {
		count_turns(p, turns, started);
	} else {
		for (int i = 0; i < started; i++)
			dcmtk_reading_done(&turns[i].said);
	}
	free(turns);
	return failed;
}
