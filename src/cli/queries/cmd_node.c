/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom-qr node: who the PACS are.  The rule: what is changed is changed under a lock, checked as if it were read, and written whole. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/options.h"
#include "cli/task.h"
#include "core/ledger/facts.h"
#include "core/ledger/ledger.h"
#include "core/node/facts.h"
#include "core/node/nodes.h"

struct node_values {
	struct values v;		/* first: the rows of all commands are those of a node, too */
	long long number, port;
	const char *host, *require_date, *no_modality_filter;
	struct opt_list unset;
	bool replace, none;
};

#define OURS(member) offsetof(struct node_values, member)
#define SHARED(member) offsetof(struct node_values, v.member)
#define MEMBERS "Node"

static const struct opt own_members[] = {
	INTEGER("number", "", "N", OURS(number), 1, 1000000, MEMBERS, "Its number, by which qrscu names it."),
	STRING("host", "", "HOST", OURS(host), MEMBERS, "Host name or IPv4 address."),
	INTEGER("port", "", "PORT", OURS(port), 1, 65535, MEMBERS,
		"Its port (default: 11112).  A node with --listen and without a host is a place for files on this machine."),
	CHOICE("require-date", "", "YES", OURS(require_date), "yes|no", MEMBERS,
	       "It answers no query without a date: the last 30 days are asked for when none is given."),
	CHOICE("no-modality-filter", "", "YES", OURS(no_modality_filter), "yes|no", MEMBERS,
	       "It must not be asked for a modality: all is asked for and the modality checked here."),
	OPT_END
};

static const struct opt own[] = {
	LIST("unset", "", "MEMBER", OURS(unset), MEMBERS,
	       "With edit: takes a member away, by its name in nodes.json (method, port, outputPath ...).  May be repeated."),
	FLAG("replace", "", OURS(replace), MEMBERS, "With import: nodes of the same name are replaced."),
	FLAG("none", "", OURS(none), MEMBERS, "With default: there is no default node any more."),
	CHOICE("format", "", "FORMAT", SHARED(format), "table|json", MEMBERS, "With list and show (default: table)."),
	OPT_END
};
static const struct opt *const tables[] = { own_members, own, options_node, options_retrieve, options_limits, options_general, NULL };
/* Their rows are members of a node. */
static const struct opt *const member_tables[] = { own_members, options_node, options_retrieve, options_limits, NULL };

const struct opt_command command_node = {
	.name = "dicom-qr node",
	.synopsis = "add NAME [ADDRESS] [options]\nedit NAME [ADDRESS] [options]\nremove NAME\nlist\nshow NAME\ndefault [NAME]\n"
		    "import FILE\nexport [NAME...]",
	.summary = "write down who the PACS are, and name them",
	.description =
		"Keeps the nodes in nodes.json: $DICOM_QR_CONFIG, else $XDG_CONFIG_HOME/dicom-qr/nodes.json, else "
		"~/.config/dicom-qr/nodes.json; behind it stands a file for the whole system, which these commands do not change.  Every command "
		"takes a node by its name or number.  What a node states is used unless the command line says otherwise, and is never overruled by "
		"what the program learned.\n"
		"\n"
		"ADDRESS is pacs://host[:port], AET@host[:port], host:port, or host and port.  import reads a file as export writes it; - is standard "
		"input.",
	.examples =
		"dicom-qr node add pacs PACS@10.0.0.5:11112 --number 2 --aet MY_AET --method c-get\n"
		"dicom-qr node add store --number 1 --listen 11113 --called-aet MY_AET --output /data/dose\n"
		"dicom-qr node edit pacs --require-date yes --unset charset\n"
		"dicom-qr node default pacs\n"
		"dicom-qr node export > nodes.json",
	.tables = tables,
};

/* ---- options to members ---- */

/* The members that are not called as the option is; the others are the same words, written together. */
static const struct { const char *option, *member; } other_names[] = {
	{ "aet", "callingAE" }, { "called-aet", "calledAE" }, { "move-dest", "moveDestination" }, { "accept-aet", "acceptAET" },
	{ "output", "outputPath" }, { "tls-ca", "tlsAuthorities" }, { "tls-cert", "tlsCertificate" }, { "window", "windows" },
};

/* "retryWait" for "retry-wait"; yours. */
static char *member_of(const char *option)
{
	char *name, *to;

	for (size_t i = 0; i < countof(other_names); i++)
		if (!strcmp(other_names[i].option, option))
			return mem_str(other_names[i].member);
	name = to = mem_str(option);
	for (const char *from = option; *from; from++)
		*to++ = *from == '-' ? (char)toupper((unsigned char)*++from) : *from;
	*to = '\0';
	return name;
}

static bool is_listen(const struct opt *o)
{
	return o->name && !strcmp(o->name, "listen");
}

static bool is_path(const struct opt *o)
{
	return !strcmp(o->name, "output") || !strncmp(o->name, "tls-", 4);
}

static struct json *text_value(const struct opt *o, const char *text)
{
	auto_free char *path = text && is_path(o) && strcmp(text, TLS_ANYBODY) != 0 ? file_absolute(text) : NULL;

	if (!text)
		return NULL;
	if (o->choices && !strcmp(o->choices, "yes|no"))
		return json_bool(!strcmp(text, "yes"));
	return json_string(path ? path : text);
}

static struct json *list_value(const struct opt_list *words)
{
	struct json *list = words->count ? json_new(JSON_ARRAY) : NULL;

	for (size_t i = 0; i < words->count; i++)
		json_add(list, json_string(words->items[i]));
	return list;
}

/* What was given; NULL when nothing was. */
static struct json *value_of(const struct opt *o, const struct node_values *n)
{
	const void *at = (const char *)n + o->at;

	switch (o->kind) {
	case OPT_FLAG:
		return *(const bool *)at ? json_bool(true) : NULL;
	case OPT_STRING: case OPT_TEXT: case OPT_CHOICE:
		return text_value(o, *(const char *const *)at);
	case OPT_INTEGER: case OPT_SECONDS: case OPT_TIME: case OPT_BYTES:
		return *(const long long *)at >= 0 ? json_integer(*(const long long *)at) : NULL;
	case OPT_LIST:
		return list_value(at);
	case OPT_OPTIONS: case OPT_WORD:	/* another spelling of a choice, which has a row of its own */
		return NULL;
	}
	abort();
}

static int set_address(struct json *members, const char *const *rest, size_t count, struct err *e)
{
	struct peer peer;
	bool second = false;

	if (!count)
		return 0;
	peer_init(&peer);
	if (peer_parse(&peer, rest[0], count > 1 ? rest[1] : NULL, &second, e) < 0)
		return -1;
	if (count > (second ? 2u : 1u))
		return err_set(e, ERR_USAGE, "unexpected argument '%s': one NAME, one ADDRESS and options are expected", rest[second ? 2 : 1]);
	json_set(members, "host", json_string(peer.host));
	json_set(members, "port", json_integer(peer.port));
	if (strcmp(peer.called, PEER_DEFAULT_CALLED) != 0)
		json_set(members, "calledAE", json_string(peer.called));
	return 0;
}

/* One option, two members. */
static int set_listen(struct json *members, const char *text, struct err *e)
{
	struct settings how = { .listen_port = 0 };

	if (!text)
		return 0;
	if (settings_listen(&how, text, e) < 0)
		return err_in(e, "--listen %s", text);
	json_set(members, "listenPort", json_integer(how.listen_port));
	json_delete(members, "listenAddress");
	if (*how.listen_address)
		json_set(members, "listenAddress", json_string(how.listen_address));
	return 0;
}

static int unset(struct json *members, const struct opt_list *names, struct err *e)
{
	for (size_t i = 0; i < names->count; i++) {
		if (!json_get(members, names->items[i]))
			return err_set(e, ERR_USAGE, "--unset: the node has no member '%s'", names->items[i]);
		json_delete(members, names->items[i]);
	}
	return 0;
}

static int set_members(struct json *members, const struct node_values *n, const char *const *rest, size_t count, struct err *e)
{
	if (unset(members, &n->unset, e) < 0 || set_address(members, rest, count, e) < 0 || set_listen(members, n->v.listen, e) < 0)
		return -1;
	if (n->v.layout && n->v.hierarchical)
		return err_set(e, ERR_USAGE, "--layout and --hierarchical exclude each other");
	for (const struct opt *const *table = member_tables; *table; table++)
		for (const struct opt *o = *table; (o->name && *o->name) || *o->letters; o++) {
			struct json *value = is_listen(o) ? NULL : value_of(o, n);
			auto_free char *name = value ? member_of(o->name) : NULL;

			if (value)
				json_set(members, name, value);
		}
	return 0;
}

/* ---- showing ---- */

static char *address_of(const struct node *n)
{
	if (*n->how.peer.host)
		return mem_printf("%s:%d", n->how.peer.host, n->how.peer.port);
	return mem_printf("(received on %d)", n->how.listen_port);
}

static void list_row(const struct node *n, bool is_default, bool is_system)
{
	auto_free char *address = address_of(n);
	char number[16] = "";

	if (n->number)
		snprintf(number, sizeof number, "%d", n->number);
	printf("%-1s %6s  %-20s %-28s %-16s %-16s %-6s%s\n", is_default ? "*" : "", number, n->name, address,
	       node_states(n, "calledAE") ? n->how.peer.called : "", node_states(n, "callingAE") ? n->how.peer.calling : "",
	       node_states(n, "method") ? method_name(n->how.method) : "", is_system ? " (system)" : "");
}

/* A person's own, then those of the system that are not hidden behind them. */
static const struct node *node_at(const struct nodes *c, size_t at, bool *ret_system)
{
	*ret_system = at >= c->own.count;
	if (!*ret_system)
		return &c->own.nodes[at];
	for (size_t i = 0, n = c->own.count; i < c->system.count; i++) {
		const struct node *node = &c->system.nodes[i];

		if (nodes_find(c, node->name) == node && n++ == at)
			return node;
	}
	return NULL;
}

static void print_json(struct json *j)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(64));

	json_write(&text, j, true);
	printf("%s\n", buf_text(&text));
	json_free(j);
}

static int list(const struct nodes *c, const struct node_values *n, struct err *e)
{
	const struct node *node, *fallback = nodes_default(c, e);
	struct json *all = json_new(JSON_ARRAY);
	bool json = n->v.format && !strcmp(n->v.format, "json"), system;
	size_t count = 0;

	e->kind = ERR_NONE;
	for (; (node = node_at(c, count, &system)); count++) {
		if (!count && !json)
			printf("  NUMBER  %-20s %-28s %-16s %-16s %s\n", "NAME", "ADDRESS", "AE TITLE", "OUR AE TITLE", "METHOD");
		if (json)
			json_add(all, nodes_members(node));
		else
			list_row(node, node == fallback, system);
	}
	if (json)
		print_json(all);
	else
		json_free(all);
	if (!count && !json && !n->v.quiet)
		printf("No nodes: add one with \"dicom-qr node add NAME AET@host[:port]\"\n");
	return EXIT_ALL_THERE;
}

static int add_fact(void *owner, const char *what, const char *value, time_t at, int times)
{
	(void)at;
	(void)times;
	json_set(owner, what, json_string(value));
	return 0;
}

/* What was found out, beside what was written down; a missing ledger has learned nothing. */
static struct json *learned(const struct node *n)
{
	auto_free char *path = ledger_default_path();
	struct err e = { ERR_NONE, "" };
	struct json *found = json_new(JSON_OBJECT);
	struct ledger *ledger;
	char key[300];

	if (!*n->how.peer.host || access(path, R_OK) < 0 || !(ledger = ledger_open(NULL, &e)))
		return found;
	peer_key(&n->how.peer, key);
	if (ledger_learned_all(ledger, key, add_fact, found, &e) < 0)
		log_error("%s", e.text);
	ledger_close(ledger);
	return found;
}

static const char *fact_shown(const char *what)
{
	const char *words = facts_words(what);

	return words ? words : what;
}

static void print_member(const char *name, const struct json *value)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(16));
	auto_free char *shown = NULL;

	if (!json_text(value))
		json_write(&text, value, false);
	shown = log_clean(mem_str(json_text(value) ? json_text(value) : buf_text(&text)));
	printf("  %-18s %s\n", name, shown);
}

static void print_unknown(const struct node *node)
{
	const char *name;
	size_t at = 0;

	while ((name = node_unknown(node, &at))) {
		auto_free char *shown = log_clean(mem_str(name));
		auto_buf struct buf hint = BUF_INIT(512);

		node_hint(name, &hint);
		printf("Unknown member '%s' (ignored)%s\n", shown, buf_text(&hint));
	}
}

static int show(const struct nodes *c, const struct node_values *n, const char *name, struct err *e)
{
	const struct node *node = nodes_find(c, name);
	struct json *facts_found, *members;

	if (!node)
		return err_set(e, ERR_USAGE, "there is no node '%s'", name);
	members = nodes_members(node);
	facts_found = learned(node);
	if (n->v.format && !strcmp(n->v.format, "json")) {
		struct json *both = json_new(JSON_OBJECT);

		json_set(both, "stated", members);
		json_set(both, "learned", facts_found);
		print_json(both);
		return EXIT_ALL_THERE;
	}
	printf("Stated:\n");
	for (size_t i = 0; i < json_count(members); i++)
		print_member(json_name_at(members, i), json_at(members, i));
	print_unknown(node);
	printf("Learned%s\n", json_count(facts_found) ? " (what is stated wins):" : ": nothing yet");
	for (size_t i = 0; i < json_count(facts_found); i++)
		print_member(fact_shown(json_name_at(facts_found, i)), json_at(facts_found, i));
	json_free(members);
	json_free(facts_found);
	return EXIT_ALL_THERE;
}

/* ---- the commands ---- */

/* The word after dicom-qr would be taken for a command; programs with a name of their own may have a node of that name. */
static int check_name(const char *name, struct err *e)
{
	for (size_t i = 0; i < programs_count; i++)
		if (!strcmp(programs[i].word, name) && !(programs[i].alias && !strcmp(programs[i].alias, name)))
			return err_set(e, ERR_USAGE, "a node cannot be called '%s': \"dicom-qr %s\" is a command", name, name);
	return 0;
}

static int add(struct nodes *c, const struct node_values *n, const char *const *rest, size_t count, struct err *e)
{
	struct json *members = json_new(JSON_OBJECT);

	json_set(members, "name", json_string(rest[0]));
	if (check_name(rest[0], e) < 0 || set_members(members, n, rest + 1, count - 1, e) < 0) {
		json_free(members);
		return -1;
	}
	return nodes_put(c, members, false, e);
}

static int edit(struct nodes *c, const struct node_values *n, const char *const *rest, size_t count, struct err *e)
{
	const struct node *node = nodes_find(c, rest[0]);
	struct json *members;

	if (!node)
		return err_set(e, ERR_USAGE, "there is no node '%s'", rest[0]);
	members = nodes_members(node);
	if (set_members(members, n, rest + 1, count - 1, e) < 0) {
		json_free(members);
		return -1;
	}
	return nodes_put(c, members, true, e);
}

static int import_nodes(struct nodes *c, const struct node_values *n, const char *path, struct err *e)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(16));
	struct nodes_file file = { .path = mem_str(path) };
	size_t count = 0;
	int failed = 0;

	if (file_read(path, &text, e) < 0 || nodes_parse(&file, buf_text(&text), text.len, e) < 0) {
		nodes_file_done(&file);
		return err_in(e, "%s", path);
	}
	for (; count < file.count && !failed; count++)
		failed = check_name(file.nodes[count].name, e) < 0 ? -1 :
			 nodes_put(c, nodes_members(&file.nodes[count]), n->replace, e);
	nodes_file_done(&file);
	if (failed)
		return err_in(e, "%s: nothing was imported", path);
	if (!n->v.quiet)
		printf("Imported %zu nodes\n", count);
	return 0;
}

static int export_nodes(const struct nodes *c, const char *const *names, size_t count, struct err *e)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(64));
	struct nodes out = { .own = { .path = NULL } };
	const struct node *node;
	bool system;
	int failed = 0;

	for (size_t i = 0; i < count && !failed; i++) {
		node = nodes_find(c, names[i]);
		failed = node ? nodes_put(&out, nodes_members(node), true, e) : err_set(e, ERR_USAGE, "there is no node '%s'", names[i]);
	}
	for (size_t i = 0; !count && !failed && (node = node_at(c, i, &system)); i++)
		failed = nodes_put(&out, nodes_members(node), true, e);
	if (!failed) {
		nodes_text(&out.own, &text);
		fputs(buf_text(&text), stdout);
	}
	nodes_done(&out);
	return failed ? -1 : EXIT_ALL_THERE;
}

static int show_default(const struct nodes *c, const struct node_values *n, struct err *e)
{
	const struct node *node = nodes_default(c, e);

	if (!node && e->kind)
		return -1;
	if (node)
		printf("%s\n", node->name);
	else if (!n->v.quiet)
		printf("No default node\n");
	return EXIT_ALL_THERE;
}

enum action { ADD, EDIT, REMOVE, LIST, SHOW, DEFAULT, IMPORT, EXPORT };
static const struct { const char *word; size_t least, most; bool changes; } actions[] = {
	[ADD] = { "add", 1, 3, true }, [EDIT] = { "edit", 1, 3, true }, [REMOVE] = { "remove", 1, 1, true }, [LIST] = { "list", 0, 0, false },
	[SHOW] = { "show", 1, 1, false }, [DEFAULT] = { "default", 0, 1, true }, [IMPORT] = { "import", 1, 1, true },
	[EXPORT] = { "export", 0, 10000, false },
};

static int find_action(const char *const *rest, size_t count, enum action *ret_action, struct err *e)
{
	for (size_t i = 0; count && i < countof(actions); i++) {
		if (strcmp(rest[0], actions[i].word) != 0)
			continue;
		*ret_action = (enum action)i;
		if (count - 1 < actions[i].least)
			return err_set(e, ERR_USAGE, "node %s: %s is missing", rest[0], i == IMPORT ? "FILE" : "NAME");
		if (count - 1 > actions[i].most)
			return err_set(e, ERR_USAGE, "node %s: unexpected argument '%s'", rest[0], rest[actions[i].most + 1]);
		return 0;
	}
	return err_set(e, ERR_USAGE, "%s%s%s: give add, edit, remove, list, show, default, import or export", count ? "node '" : "node",
		       count ? rest[0] : "", count ? "'" : "");
}

static int change(struct nodes *c, enum action action, const struct node_values *n, const char *const *rest, size_t count,
		  struct err *e)
{
	switch (action) {
	case ADD:
		return add(c, n, rest, count, e);
	case EDIT:
		return edit(c, n, rest, count, e);
	case REMOVE:
		return nodes_remove(c, rest[0], e);
	case DEFAULT:
		return nodes_set_default(c, n->none ? NULL : rest[0], e);
	default:
		return import_nodes(c, n, rest[0], e);
	}
}

static int node(struct task *t, struct err *e)
{
	const struct node_values *n = t->kind->options;
	const char *const *rest = t->rest;
	size_t count = t->count;
	enum action action = LIST;
	const struct nodes *config;
	bool changes;
	int lock, failed;

	if (find_action(rest, count, &action, e) < 0)
		return -1;
	rest++;
	count--;
	changes = actions[action].changes && (action != DEFAULT || count || n->none);
	if (changes) {
		if ((lock = nodes_lock(e)) < 0 || values_config(&n->v, &config, e) < 0)
			return -1;
		failed = change(&n->v.chosen->config, action, n, rest, count, e) < 0 || nodes_save(config, e) < 0;
		close(lock);
		return failed ? -1 : EXIT_ALL_THERE;
	}
	if (values_config(&n->v, &config, e) < 0)
		return -1;
	switch (action) {
	case LIST:
		return list(config, n, e);
	case SHOW:
		return show(config, n, rest[0], e);
	case EXPORT:
		return export_nodes(config, rest, count, e);
	default:
		return show_default(config, n, e);
	}
}

int cmd_node(int argc, char **argv)
{
	struct node_values n = { .number = -1, .port = -1 };
	int status = task_run(&(struct task_kind){ .about = &command_node, .work = node, .options = &n, .values = &n.v }, argc, argv);

	opt_list_done(&n.unset);
	return status;
}
