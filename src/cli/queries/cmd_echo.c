/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr echo: is the PACS there, and does it let us in? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/task.h"
#include "core/session/tool.h"
#include "dicom/value.h"
#include "parse/json.h"
#include "process/child.h"
#include "wrappers/echoscu.h"

#define AT_ONCE 16		/* with --all */

struct echo_values {
	struct values v;
	bool all;
};

static const struct opt own[] = {
	FLAG("all", "a", offsetof(struct echo_values, all), "Node", "Ask all nodes of nodes.json, at once, and show the state of each."),
	CHOICE("format", "", "FORMAT", offsetof(struct echo_values, v.format), "table|json", "Node", "table or json (default: table)."),
	OPT_END
};
static const struct opt *const tables[] = { own, options_node, options_general, NULL };

const struct opt_command command_echo = {
	.name = "dicom-qr echo",
	.synopsis = "NODE [options]\n--all [options]",
	.summary = "ask whether a PACS is there (C-ECHO)",
	.description = "Sends a C-ECHO and says whether the PACS answered, or why it did not and what to do.  With --all every node that has been "
		       "written down is asked, with ten seconds to answer unless --timeout says otherwise; the exit status is 0 when all answered, 3 when some did, else that of the first that did not.",
	.examples = "dicom-qr echo pacs://server:11112 --aet MY_AET --called-aet PACS\ndicom-qr echo --all",
	.tables = tables,
};

static void interrupted(void *owner)
{
	(void)owner;
	child_stop_all(false);
}

static bool wants_json(const struct values *v)
{
	return v->format && !strcmp(v->format, "json");
}

static void add_peer(struct json *j, const struct peer *peer)
{
	json_set(j, "host", json_string(peer->host));
	json_set(j, "port", json_integer(peer->port));
	json_set(j, "calledAE", json_string(peer->called));
}

static void print(struct json *all)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(16));

	json_write(&text, all, true);
	printf("%s\n", buf_text(&text));
	json_free(all);
}

static void tell(const struct peer *peer, const struct values *v, const struct err *why, int64_t ms)
{
	struct json *j;

	if (!wants_json(v) && !why->kind && !v->quiet)
		printf("%s at %s:%d answered %s in %lld ms\n", peer->called, peer->host, peer->port, peer->calling, (long long)ms);
	if (!wants_json(v))
		return;
	j = json_new(JSON_OBJECT);
	add_peer(j, peer);
	json_set(j, "state", json_string(why->kind ? err_kind_name(why->kind) : "up"));
	if (why->kind)
		json_set(j, "error", json_string(why->text));
	else
		json_set(j, "ms", json_integer(ms));
	print(j);
}

static int ask(struct session *s, const struct peer *peer, const struct values *v, struct err *e)
{
	const struct tool_how how = { .service = SERVICE_ECHO, .limit_ms = tool_patience_ms(s) };
	struct err none = { ERR_NONE, "" };
	struct tool *tool;
	int failed = -1;

	s->on_interrupt = interrupted;
	tool = tool_start(s, echoscu_command(&s->dcmtk, peer), &how, NULL, NULL, e);
	if (tool)
		failed = tool_wait(tool, e);
	if (!failed)
		failed = tool_verdict(tool, NULL, peer, NULL, 0, e);
	tell(peer, v, failed ? e : &none, tool ? tool->ran_ms : 0);
	tool_free(tool);
	return failed < 0 ? -1 : EXIT_ALL_THERE;
}

/* ---- all nodes ---- */

struct everyone;

struct one {
	struct everyone *all;
	const struct node *node;
	struct peer peer;
	int64_t ran_ms;
	struct err why;			/* kind ERR_NONE: it answered */
	bool asked;
};

struct everyone {
	struct session *session;
	struct one *of;
	size_t count, next, running;
};

static void one_done(void *owner, struct tool *tool)
{
	struct one *one = owner;
	struct err stopped = { ERR_NONE, "" };

	if (one->all->session->signal)
		err_set(&stopped, ERR_INTERRUPTED, "stopped");
	one->ran_ms = tool->ran_ms;
	tool_verdict(tool, &stopped, &one->peer, NULL, 0, &one->why);
	tool_free(tool);
	one->all->running--;
}

static void start_one(struct everyone *all, struct one *one)
{
	const struct tool_how how = { .service = SERVICE_ECHO, .limit_ms = tool_patience_ms(all->session) };

	one->asked = true;
	if (tool_start(all->session, echoscu_command(&all->session->dcmtk, &one->peer), &how, one_done, one, &one->why))
		all->running++;
}

static bool everyone_over(void *owner)
{
	struct everyone *all = owner;

	while (!all->session->signal && all->running < AT_ONCE && all->next < all->count)
		start_one(all, &all->of[all->next++]);
	return !all->running && (all->session->signal || all->next == all->count);
}

static const char *state_of(const struct one *one)
{
	return !one->asked ? "not asked" : one->why.kind ? err_kind_name(one->why.kind) : "up";
}

static void print_table(const struct everyone *all)
{
	printf("%6s  %-20s %-28s %-16s %-12s %s\n", "NUMBER", "NAME", "ADDRESS", "AE TITLE", "STATE", "");
	for (size_t i = 0; i < all->count; i++) {
		const struct one *one = &all->of[i];
		auto_free char *address = mem_printf("%s:%d", one->peer.host, one->peer.port);
		auto_free char *took = mem_printf("%lld ms", (long long)one->ran_ms);
		auto_free char *words = log_clean(mem_str(one->why.kind ? one->why.text : one->asked ? took : ""));
		char number[16] = "";

		if (one->node->number)
			snprintf(number, sizeof number, "%d", one->node->number);
		printf("%6s  %-20s %-28s %-16s %-12s %s\n", number, one->node->name, address, one->peer.called, state_of(one), words);
	}
}

static void print_json(const struct everyone *all)
{
	struct json *list = json_new(JSON_ARRAY);

	for (size_t i = 0; i < all->count; i++) {
		const struct one *one = &all->of[i];
		struct json *j = json_new(JSON_OBJECT);

		json_set(j, "name", json_string(one->node->name));
		if (one->node->number)
			json_set(j, "number", json_integer(one->node->number));
		add_peer(j, &one->peer);
		json_set(j, "state", json_string(state_of(one)));
		if (one->asked && !one->why.kind)
			json_set(j, "ms", json_integer(one->ran_ms));
		if (one->why.kind)
			json_set(j, "error", json_string(one->why.text));
		json_add(list, j);
	}
	print(list);
}

static void gather(struct everyone *all, const struct nodes *c)
{
	const struct nodes_file *files[] = { &c->own, &c->system };

	all->of = mem_alloc((c->own.count + c->system.count + 1) * sizeof *all->of);
	for (size_t f = 0; f < countof(files); f++)
		for (size_t i = 0; i < files[f]->count; i++) {
			const struct node *node = &files[f]->nodes[i];

			if (*node->how.peer.host && nodes_find(c, node->name) == node)
				all->of[all->count++] = (struct one){ .all = all, .node = node, .peer = node->how.peer };
		}
}

static int status_of_all(const struct everyone *all)
{
	size_t up = 0;
	const struct err *first = NULL;

	for (size_t i = 0; i < all->count; i++) {
		if (!all->of[i].why.kind)
			up++;
		else if (!first)
			first = &all->of[i].why;
	}
	if (all->session->signal)
		return EXIT_SIGNAL + all->session->signal;
	return !first ? EXIT_ALL_THERE : up ? EXIT_INCOMPLETE : exit_of_error(first, 0);
}

static int ask_all(struct session *s, const struct values *v, struct err *e)
{
	struct everyone all = { .session = s };
	const struct nodes *config;
	int status;

	if (values_config(v, &config, e) < 0)
		return -1;
	gather(&all, config);
	for (size_t i = 0; i < all.count; i++) {
		if (v->aet)
			snprintf(all.of[i].peer.calling, sizeof all.of[i].peer.calling, "%s", v->aet);
	}
	s->on_interrupt = interrupted;
	status = session_run(s, everyone_over, &all, e) < 0 ? -1 : status_of_all(&all);
	if (status >= 0 && wants_json(v))
		print_json(&all);
	else if (status >= 0 && !all.count && !v->quiet)
		printf("No nodes: add one with \"dicom-qr node add NAME AET@host[:port]\"\n");
	else if (status >= 0 && all.count && !(v->quiet && status == EXIT_ALL_THERE))
		print_table(&all);
	free(all.of);
	return status;
}

/* ---- the command ---- */

static int check(const struct echo_values *n, const struct task *t, struct peer *peer, struct err *e)
{
	if (!n->all)
		return task_peer(t, peer, e);
	if (n->v.called_aet || n->v.model || n->v.charset || n->v.tls_ca || n->v.tls_cert || n->v.tls_key)
		return err_set(e, ERR_USAGE, "--all takes what each node states: of the options of a node only --aet and --timeout go with it");
	if (n->v.aet && ae_title_check(n->v.aet, "--aet", e) < 0)
		return -1;
	return t->count ? err_set(e, ERR_USAGE, "unexpected argument '%s': --all goes without a node", t->rest[0]) : 0;
}

static int echo(struct task *t, struct err *e)
{
	static const char *const tools[] = { "echoscu", NULL };
	const struct echo_values *n = t->kind->options;
	struct session *s = &t->session;
	long long timeout = n->all ? 10 : 60;
	struct peer peer;

	if (check(n, t, &peer, e) < 0 || session_open(s, e) < 0 || session_need_tools(s, tools, e) < 0)
		return -1;
	if (n->v.timeout > 0)
		timeout = n->v.timeout;
	session_timeouts(s, timeout, timeout);
	return n->all ? ask_all(s, &n->v, e) : ask(s, &peer, &n->v, e);
}

int cmd_echo(int argc, char **argv)
{
	struct echo_values n = { .all = false };

	return task_run(&(struct task_kind){ .about = &command_echo, .work = echo, .options = &n, .values = &n.v }, argc, argv);
}
