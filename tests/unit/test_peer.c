/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses as people type them, and everything that must not reach a command line. */
#include "dicom/peer.h"

#include "base/mem.h"
#include "tests/unit/check.h"

static const struct { const char *text, *second, *key; bool used_second; } good[] = {
	{ "pacs://server:104", NULL, "ANY-SCP@server:104", false },
	{ "pacs://server", NULL, "ANY-SCP@server:11112", false },
	{ "pacs://server/", NULL, "ANY-SCP@server:11112", false },
	{ "PACS://Server.Example.org:104/", "4242", "ANY-SCP@server.example.org:104", false },
	{ "pacs://10.0.0.1:4242", NULL, "ANY-SCP@10.0.0.1:4242", false },
	{ "ORTHANC@localhost:4242", NULL, "ORTHANC@localhost:4242", false },
	{ "ORTHANC@localhost", NULL, "ORTHANC@localhost:11112", false },
	{ "ORTHANC@localhost", "4242", "ORTHANC@localhost:4242", true },
	{ "My PACS@host_1:1", "104", "My PACS@host_1:1", false },
	{ "A@B@host:65535", NULL, "A@B@host:65535", false },
	{ "localhost:4242", "104", "ANY-SCP@localhost:4242", false },
	{ "localhost", "4242", "ANY-SCP@localhost:4242", true },
};

static const struct { const char *text, *second, *why; } bad[] = {
	{ "", NULL, "'' is not an address: use pacs://host[:port], AET@host[:port], host:port or host port" },
	{ "server", NULL, "'server' is not an address: use pacs://host[:port]" },
	{ "server", "other", "'server' is not an address" },
	{ "server", "-1", "'server' is not an address" },
	{ "server", "", "'server' is not an address" },
	{ "server", "0", "out of range" },
	{ "server", "65536", "out of range" },
	{ "server", "104x", "is not a number" },
	{ "server:", NULL, "is not a number" },
	{ "server:dicom", NULL, "server:dicom: port 'dicom' is not a number" },
	{ "pacs://", NULL, "is not an address" },
	{ "pacs:///", NULL, "is not an address" },
	{ "pacs://:104", NULL, "is not an address" },
	{ "pacs://server:", NULL, "is not a number" },
	{ "pacs://server:104/studies", NULL, "has a path" },
	{ "pacs://server?x", NULL, "has a path" },
	{ "pacs://AET@server:104", NULL, "has a user name" },
	{ "http://server:104", NULL, "is not an address" },
	{ "@server:104", NULL, "the AE title is empty" },
	{ "@@server:104", NULL, "begins with @" },
	{ "-v@server:104", NULL, "begins with -" },
	{ "A\\B@server:104", NULL, "backslash" },
	{ "SEVENTEENLETTERS_@server:104", NULL, "17 characters" },
	{ "-server:104", NULL, "is not an address" },
	{ "-server", "104", "is not an address" },
	{ "pacs://-server", NULL, "is not an address" },
	{ "ser ver:104", NULL, "is not an address" },
	{ "ser;ver:104", NULL, "is not an address" },
	{ "sérver:104", NULL, "is not an address" },
	{ "[::1]:104", NULL, "is an IPv6 address: the DCMTK tools know IPv4" },
	{ "::1", NULL, "is an IPv6 address" },
	{ "fe80::1", "104", "is an IPv6 address" },
	{ "pacs://[::1]:104", NULL, "is an IPv6 address" },
	{ "AET@[::1]:104", NULL, "is an IPv6 address" },
	{ "A@B@::1", NULL, "is an IPv6 address" },
};

static void test_good(void)
{
	for (size_t i = 0; i < countof(good); i++) {
		struct peer p;
		struct err e = { ERR_NONE, "" };
		bool used_second = !good[i].used_second;
		char key[300];

		CHECK_CASE(good[i].text);
		peer_init(&p);
		if (!CHECK_INT(peer_parse(&p, good[i].text, good[i].second, &used_second, &e), 0))
			continue;
		peer_key(&p, key);
		CHECK_STR(key, good[i].key);
		CHECK_INT(used_second, good[i].used_second);
		CHECK_STR(p.calling, "DICOMQR");
		CHECK_INT(peer_parse(&p, good[i].text, good[i].second, NULL, &e), 0);
	}
	CHECK_CASE("");
}

static void test_bad(void)
{
	for (size_t i = 0; i < countof(bad); i++) {
		struct peer p, before;
		struct err e = { ERR_NONE, "" };
		bool used_second = true;

		CHECK_CASE(bad[i].text);
		peer_init(&p);
		before = p;
		CHECK_INT(peer_parse(&p, bad[i].text, bad[i].second, &used_second, &e), -1);
		CHECK_INT(e.kind, ERR_USAGE);
		CHECK_HAS(e.text, bad[i].why);
		CHECK(used_second && !memcmp(&p, &before, sizeof p));
	}
	CHECK_CASE("");
}

static void test_long_host(void)
{
	struct peer p;
	struct err e = { ERR_NONE, "" };
	char text[300], key[300];

	peer_init(&p);
	memset(text, 'a', sizeof text);
	strcpy(text + 256, ":104");
	CHECK_INT(peer_parse(&p, text, NULL, NULL, &e), -1);
	strcpy(text + 255, ":10400");
	CHECK_INT(peer_parse(&p, text, NULL, NULL, &e), 0);
	peer_key(&p, key);
	CHECK_INT(strlen(key), 8 + 255 + 6);
}

static void test_words(void)
{
	struct err e = { ERR_NONE, "" };
	enum model model;
	enum method method;

	CHECK(model_parse("Patient", &model, &e) == 0 && model == MODEL_PATIENT);
	CHECK(model_parse("psonly", &model, &e) == 0 && model == MODEL_PATIENT_STUDY);
	CHECK(model_parse("patient-study", &model, &e) == 0 && model == MODEL_PATIENT_STUDY);
	CHECK(model_parse("study", &model, &e) == 0 && model == MODEL_STUDY);
	CHECK(model_parse("worklist", &model, &e) < 0 && e.kind == ERR_USAGE);
	CHECK_STR(model_name(MODEL_PATIENT_STUDY), "patient-study");
	CHECK(method_parse("C-GET", &method, &e) == 0 && method == METHOD_GET);
	CHECK(method_parse("c-move", &method, &e) == 0 && method == METHOD_MOVE);
	CHECK(method_parse("auto", &method, &e) == 0 && method == METHOD_AUTO);
	CHECK(method_parse("wado", &method, &e) < 0 && e.kind == ERR_USAGE);
	CHECK_STR(method_name(METHOD_AUTO), "auto");
}

static void test_tls(void)
{
	static const struct { const char *ca, *certificate, *key; const char *complaint; } rows[] = {
		{ "", "", "", NULL }, { "/ca", "", "", NULL }, { "none", "", "", NULL }, { "/ca", "/c", "/k", NULL },
		{ "", "/c", "/k", "--tls-ca" }, { "/ca", "/c", "", "go together" }, { "/ca", "", "/k", "go together" },
		{ "ca", "", "", "absolute" }, { "/ca", "none", "/k", "absolute" },
	};

	for (size_t i = 0; i < countof(rows); i++) {
		struct err e = { ERR_NONE, "" };
		struct tls t;

		snprintf(t.authorities, sizeof t.authorities, "%s", rows[i].ca);
		snprintf(t.certificate, sizeof t.certificate, "%s", rows[i].certificate);
		snprintf(t.key, sizeof t.key, "%s", rows[i].key);
		CHECK_INT(tls_check(&t, &e), rows[i].complaint ? -1 : 0);
		CHECK(!rows[i].complaint || (e.kind == ERR_USAGE && strstr(e.text, rows[i].complaint)));
	}
}

int main(void)
{
	test_tls();
	test_good();
	test_bad();
	test_long_host();
	test_words();
	return check_done();
}
