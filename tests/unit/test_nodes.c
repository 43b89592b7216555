/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nodes.json: what is read, what is refused with line and member, what is kept, and what a change leaves of the rest. */
#include "core/node/nodes.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "check.h"

static const char whole[] =
	"{\n"
	"  \"format\": 1,\n"
	"  \"default\": \"pacs\",\n"
	"  \"site\": \"K\xc3\xb6ln\",\n"
	"  \"nodes\": [\n"
	"    {\n"
	"      \"name\": \"pacs\",\n"
	"      \"number\": 2,\n"
	"      \"host\": \"10.0.0.5\",\n"
	"      \"port\": 104,\n"
	"      \"calledAE\": \"PACS\",\n"
	"      \"callingAE\": \"ME\",\n"
	"      \"model\": \"patient\",\n"
	"      \"charset\": \"ISO_IR 100\",\n"
	"      \"method\": \"c-get\",\n"
	"      \"moveDestination\": \"MY_SCP\",\n"
	"      \"listenPort\": 11113,\n"
	"      \"acceptFrom\": [\n"
	"        \"10.0.0.6\",\n"
	"        \"gateway\"\n"
	"      ],\n"
	"      \"outputPath\": \"/data\",\n"
	"      \"layout\": \"{PatientID}/{SOPInstanceUID}.dcm\",\n"
	"      \"requireDate\": true,\n"
	"      \"noModalityFilter\": true,\n"
	"      \"windows\": \"mon-fri 19:00-06:00, sat-sun 00:00-24:00\",\n"
	"      \"tlsAuthorities\": \"/etc/ca\",\n"
	"      \"tlsCertificate\": \"/etc/cert\",\n"
	"      \"tlsKey\": \"/etc/key\",\n"
	"      \"contact\": {\n"
	"        \"phone\": \"123\"\n"
	"      }\n"
	"    },\n"
	"    {\n"
	"      \"name\": \"here\",\n"
	"      \"number\": 1,\n"
	"      \"listenPort\": 11112\n"
	"    },\n"
	"    {\n"
	"      \"name\": \"plain\",\n"
	"      \"host\": \"server\"\n"
	"    }\n"
	"  ]\n"
	"}\n";

static int parse(struct nodes_file *f, const char *text, struct err *e)
{
	*e = (struct err){ ERR_NONE, "" };
	return nodes_parse(f, text, strlen(text), e);
}

static void test_whole(void)
{
	struct nodes c = { .own = { .path = mem_str("own") } };
	auto_buf struct buf text = BUF_INIT(1 << 16);
	const struct node *n;
	struct err e;

	CHECK_CASE("whole");
	if (!CHECK_INT(parse(&c.own, whole, &e), 0))
		return;
	CHECK_INT(c.own.count, 3);
	n = nodes_find(&c, "pacs");
	CHECK(n == nodes_find(&c, "2"));
	CHECK(n == nodes_default(&c, &e));
	CHECK_INT(n->number, 2);
	CHECK_STR(n->how.peer.host, "10.0.0.5");
	CHECK_INT(n->how.peer.port, 104);
	CHECK_STR(n->how.peer.called, "PACS");
	CHECK_STR(n->how.peer.calling, "ME");
	CHECK_INT(n->how.peer.model, MODEL_PATIENT);
	CHECK_STR(n->how.peer.charset, "ISO_IR 100");
	CHECK_INT(n->how.method, METHOD_GET);
	CHECK_STR(n->how.destination, "MY_SCP");
	CHECK_INT(n->how.listen_port, 11113);
	CHECK_INT(n->how.accept_from.count, 2);
	CHECK_STR(n->how.accept_from.items[1], "gateway");
	CHECK_STR(n->how.output, "/data");
	CHECK_STR(n->how.peer.tls.authorities, "/etc/ca");
	CHECK_STR(n->how.peer.tls.certificate, "/etc/cert");
	CHECK_STR(n->how.peer.tls.key, "/etc/key");
	CHECK(n->require_date && n->no_modality_filter && node_states(n, "calledAE") && node_states(n, "callingAE") && node_states(n, "method"));
	n = nodes_find(&c, "plain");
	CHECK_INT(n->how.peer.port, PEER_DEFAULT_PORT);
	CHECK_STR(n->how.peer.called, PEER_DEFAULT_CALLED);
	CHECK(!node_states(n, "calledAE") && !node_states(n, "callingAE") && !node_states(n, "method") && !n->require_date);
	CHECK_STR(nodes_find(&c, "1")->how.peer.host, "");
	CHECK(!nodes_find(&c, "3"));
	CHECK(!nodes_find(&c, "0"));
	CHECK(!nodes_find(&c, ""));
	CHECK(!nodes_find(&c, "PACS"));
	nodes_text(&c.own, &text);
	CHECK_STR(buf_text(&text), whole);
	nodes_done(&c);
}

/* The line is that of the member. */
static const struct { const char *text, *said; } bad[] = {
	{ "", "line 1" },
	{ "[]", "no list of nodes" },
	{ "{}", "no member \"nodes\"" },
	{ "{\"nodes\": 1}", "nodes: a list is expected" },
	{ "{\"nodes\": [ { \"name\": \"a\", \"host\": \"b\", \"tlsKey\": \"key\" } ]}", "tlsKey: an absolute path" },
	{ "{\"nodes\": [ { \"name\": \"a\", \"host\": \"b\", \"tlsKey\": \"/k\" } ]}", "tlsAuthorities" },
	{ "{\"format\": 2, \"nodes\": []}", "format: only 1 is known" },
	{ "{\"default\": 2, \"nodes\": []}", "default: the name of a node is expected" },
	{ "{\"nodes\": [\n1]}", "nodes[0]: an object is expected" },
	{ "{\"nodes\": [\n{\"name\": \"a\", \"host\": \"h\"},\n{\n\"host\": \"h\"}]}", "nodes[1]: name is missing" },
	{ "{\"nodes\": [{\"name\": \"a\"}]}", "nodes[0]: a: host is missing" },
	{ "{\"nodes\": [\n{\n\"name\": \"12\",\n\"host\": \"h\"}]}", "line 3: nodes[0]: name: invalid node name '12': use letters" },
	{ "{\"nodes\": [\n{\n\"name\": \"a b\",\n\"host\": \"h\"}]}", "line 3: nodes[0]: name: invalid node name 'a b'" },
	{ "{\"nodes\": [\n{\n\"name\": \"-x\",\n\"host\": \"h\"}]}", "name: invalid node name '-x'" },
	{ "{\"nodes\": [\n{\n\"name\": \"A@b\",\n\"host\": \"h\"}]}", "name: invalid node name 'A@b'" },
	{ "{\"nodes\": [\n{\n\"name\": 7,\n\"host\": \"h\"}]}", "line 3: nodes[0]: name: a text is expected" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"h\",\n\"port\": 70000\n}\n]}", "line 5: nodes[0]: port: a whole number from 1 to 65535" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"h\",\n\"port\": \"104\"}]}", "line 5: nodes[0]: port: a whole number from 1" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"h\",\n\"number\": 0}]}", "number: a whole number from 1" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"-h\"}]}", "line 4: nodes[0]: host: '-h' is no host name" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"h:1\"}]}", "host: 'h:1' is no host name" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"A@h\"}]}", "host: 'A@h' is no host name" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"h\",\n\"calledAE\": \"SEVENTEEN_LETTERS\"}]}", "line 5: nodes[0]: calledAE" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"h\",\n\"callingAE\": \"@x\"}]}", "callingAE" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"h\",\n\"model\": \"root\"}]}", "line 5: nodes[0]: model: 'root'" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"h\",\n\"method\": \"get\"}]}", "method: 'get'" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"h\",\n\"charset\": \"latin1\"}]}", "charset: 'latin1'" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"h\",\n\"outputPath\": \"data\"}]}", "outputPath: an absolute path" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"h\",\n\"layout\": \"../{PatientID}\"}]}", "layout" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"h\",\n\"acceptFrom\": \"x\"}]}", "acceptFrom: a list is" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"h\",\n\"acceptFrom\": [1]}]}", "acceptFrom: a text is expected" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"h\",\n\"requireDate\": \"yes\"}]}", "requireDate: true or false" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"h\",\n\"windows\": \"19-6\"}]}", "line 5: nodes[0]: windows: '19-6': write windows like" },
	{ "{\"nodes\": [\n{\n\"name\": \"a\",\n\"host\": \"h\",\n\"windows\": [1]}]}", "windows: a text is expected" },
	{ "{\"nodes\": [\n{\"name\": \"a\", \"host\": \"h\"},\n{\n\"name\": \"a\",\n\"host\": \"i\"}]}", "line 4: nodes[1]: name: 'a' is named twice" },
	{ "{\"nodes\": [\n{\"name\": \"a\", \"host\": \"h\", \"number\": 3},\n{\"name\": \"b\",\n\"host\": \"i\",\n\"number\": 3}]}",
	  "line 5: nodes[1]: number 3 is already used by node 'a'" },
	{ "{\"nodes\": [\n{\"name\": \"a\", \"name\": \"b\"}]}", "line 2: member \"name\" occurs twice" },
	{ "{\n\"nodes\": [\n{\n\"name\" \"a\"}]}", "line 4" },
};

static void test_bad(void)
{
	for (size_t i = 0; i < countof(bad); i++) {
		struct nodes_file f = { .path = NULL };
		struct err e;

		CHECK_CASE(bad[i].text);
		CHECK_INT(parse(&f, "{\"nodes\": [{\"name\": \"old\", \"host\": \"h\"}]}", &e), 0);
		CHECK_INT(parse(&f, bad[i].text, &e), -1);
		CHECK_INT(e.kind, ERR_INPUT);
		CHECK_HAS(e.text, bad[i].said);
		CHECK_STR(f.count ? f.nodes[0].name : "", "old");
		nodes_file_done(&f);
	}
}

static struct json *members(const char *text)
{
	struct err e;

	return json_parse(text, strlen(text), &e);
}

static void test_changes(void)
{
	struct nodes c = { .own = { .path = mem_str("own") }, .system = { .path = mem_str("system") } };
	auto_buf struct buf text = BUF_INIT(1 << 16), names = BUF_INIT(1000);
	struct err e;

	CHECK_CASE("changes");
	CHECK_INT(parse(&c.system, "{\"default\": \"site\", \"nodes\": [{\"name\": \"site\", \"number\": 1, \"host\": \"s\"},"
			"{\"name\": \"both\", \"number\": 4, \"host\": \"s\"}]}", &e), 0);
	CHECK_STR(nodes_default(&c, &e)->name, "site");
	CHECK_INT(nodes_put(&c, members("{\"name\": \"a\", \"number\": 1, \"host\": \"h\", \"ours\": [1, 2]}"), false, &e), 0);
	CHECK_INT(nodes_put(&c, members("{\"name\": \"both\", \"host\": \"h\"}"), false, &e), 0);
	CHECK_INT(nodes_put(&c, members("{\"name\": \"a\", \"host\": \"h\"}"), false, &e), -1);
	CHECK_INT(e.kind, ERR_USAGE);
	CHECK_HAS(e.text, "there is a node 'a' already");
	CHECK_INT(nodes_put(&c, members("{\"name\": \"b\", \"number\": 1, \"host\": \"h\"}"), true, &e), -1);
	CHECK_HAS(e.text, "number 1 is already used by node 'a'");
	CHECK_INT(nodes_put(&c, members("{\"name\": \"b\", \"host\": \"h\", \"port\": 0}"), true, &e), -1);
	CHECK_HAS(e.text, "port: a whole number from 1 to 65535");
	/* a person's own come first, by name and by number */
	CHECK_STR(nodes_find(&c, "1")->name, "a");
	CHECK_STR(nodes_find(&c, "both")->how.peer.host, "h");
	CHECK_STR(nodes_find(&c, "4")->how.peer.host, "s");
	nodes_names(&c, &names);
	CHECK_STR(buf_text(&names), "a, both, site");
	CHECK_INT(nodes_put(&c, members("{\"name\": \"a\", \"number\": 1, \"host\": \"other\", \"ours\": [1, 2]}"), true, &e), 0);
	CHECK_INT(nodes_set_default(&c, "nobody", &e), -1);
	CHECK_INT(nodes_set_default(&c, "1", &e), 0);
	CHECK_STR(nodes_default(&c, &e)->name, "a");
	nodes_text(&c.own, &text);
	CHECK_HAS(buf_text(&text), "\"default\": \"a\"");
	CHECK_HAS(buf_text(&text), "\"host\": \"other\",\n      \"ours\": [\n        1,\n        2\n      ]");
	CHECK_INT(nodes_remove(&c, "site", &e), -1);
	CHECK_HAS(e.text, "it stands in system");
	CHECK_INT(nodes_remove(&c, "nobody", &e), -1);
	CHECK_INT(nodes_remove(&c, "a", &e), 0);
	e.kind = ERR_NONE;
	CHECK_STR(nodes_default(&c, &e)->name, "site");
	nodes_done(&c);
}

static void test_settle(void)
{
	struct nodes_file f = { .path = NULL };
	struct settings how;
	struct err e;

	CHECK_CASE("settle");
	CHECK_INT(parse(&f, whole, &e), 0);
	settings_init(&how);
	how.output = mem_str("/before");
	node_settle(&f.nodes[2], &how);
	CHECK_STR(how.peer.host, "server");
	CHECK_STR(how.output, "/before");
	CHECK_STR(how.layout, LAYOUT_FLAT);
	CHECK_INT(how.method, METHOD_MOVE);
	CHECK_STR(how.window, NULL);
	node_settle(&f.nodes[0], &how);
	CHECK_STR(how.peer.host, "10.0.0.5");
	CHECK_STR(how.output, "/data");
	CHECK_STR(how.layout, "{PatientID}/{SOPInstanceUID}.dcm");
	CHECK_INT(how.method, METHOD_GET);
	CHECK_STR(how.destination, "MY_SCP");
	CHECK_INT(how.listen_port, 11113);
	CHECK_INT(how.accept_from.count, 2);
	CHECK_STR(how.window, "mon-fri 19:00-06:00, sat-sun 00:00-24:00");
	settings_done(&how);
	nodes_file_done(&f);
}

static void test_files(void)
{
	char dir[] = "/tmp/test_config.XXXXXX";
	auto_free char *path = NULL, *own = NULL;
	struct nodes c;
	struct stat st;
	struct err e = { ERR_NONE, "" };

	CHECK_CASE("files");
	if (!CHECK(mkdtemp(dir) != NULL))
		return;
	unsetenv("DICOM_QR_CONFIG");
	setenv("XDG_CONFIG_HOME", dir, 1);
	path = mem_printf("%s/dicom-qr/nodes.json", dir);
	own = nodes_own_path();
	CHECK_STR(own, path);
	CHECK_INT(nodes_load(&c, &e), 0);
	CHECK_INT(c.own.count, 0);
	CHECK_INT(nodes_put(&c, members("{\"name\": \"a\", \"host\": \"h\"}"), false, &e), 0);
	CHECK_INT(nodes_save(&c, &e), 0);
	nodes_done(&c);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	CHECK_INT(nodes_load(&c, &e), 0);
	CHECK_STR(c.own.count ? c.own.nodes[0].name : "", "a");
	nodes_done(&c);
	CHECK_INT(file_replace(path, "{\n\"nodes\":\n", 11, &e), 0);
	CHECK_INT(nodes_load(&c, &e), -1);
	CHECK_HAS(e.text, path);
	CHECK_HAS(e.text, "line ");
	nodes_done(&c);
	file_remove_tree(dir, &e);
}

int main(void)
{
	test_whole();
	test_bad();
	test_changes();
	test_settle();
	test_files();
	return check_done();
}
