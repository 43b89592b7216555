/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may connect to the receiver, and for whom a connection brings objects. */
#include "core/transfer/receiver_judge.h"

#include <arpa/inet.h>

#include "base/mem.h"
#include "check.h"

static struct admission_network one(uint32_t address)
{
	return (struct admission_network){ address, UINT32_MAX };
}

static void test_admission(void)
{
	struct admission_rules rules = { .count = 0 };

	CHECK_INT(admission_judge(&rules, 1, 0, 0), ADMISSION_STRANGER);
	admission_allow(&rules, one(1));
	admission_allow(&rules, one(7));
	CHECK_INT(admission_judge(&rules, 1, 0, 0), ADMISSION_GRANTED);
	CHECK_INT(admission_judge(&rules, 7, ADMISSION_OPEN_MAX - 1, 0), ADMISSION_GRANTED);
	CHECK_INT(admission_judge(&rules, 2, 0, 0), ADMISSION_STRANGER);
	CHECK_INT(admission_judge(&rules, 7, ADMISSION_OPEN_MAX, 0), ADMISSION_FULL);
	CHECK_INT(admission_judge(&rules, 7, ADMISSION_OPEN_MAX - 1, ADMISSION_OF_ADDRESS_MAX - 1), ADMISSION_GRANTED);
	CHECK_INT(admission_judge(&rules, 7, ADMISSION_OPEN_MAX - 1, ADMISSION_OF_ADDRESS_MAX), ADMISSION_FULL);
	CHECK_INT(admission_judge(&rules, 2, ADMISSION_OPEN_MAX, 0), ADMISSION_STRANGER);
	rules.draining = true;
	CHECK_INT(admission_judge(&rules, 1, 0, 0), ADMISSION_ENDING);
	CHECK_INT(admission_judge(&rules, 2, 0, 0), ADMISSION_ENDING);
	for (uint32_t i = 0; i < 2 * ADMISSION_NETWORKS_MAX; i++)
		admission_allow(&rules, one(100 + i));
	CHECK_INT(rules.count, ADMISSION_NETWORKS_MAX);
}

static uint32_t address(const char *text)
{
	struct in_addr in;

	return inet_pton(AF_INET, text, &in) == 1 ? in.s_addr : 0;
}

static void test_networks(void)
{
	static const struct { const char *network, *in, *out; } good[] = {
		{ "10.1.0.0/16", "10.1.255.255", "10.2.0.0" }, { "10.1.2.3/16", "10.1.0.0", "10.0.255.255" },
		{ "10.1.2.3/32", "10.1.2.3", "10.1.2.2" }, { "128.0.0.0/1", "255.1.1.1", "127.255.255.255" },
		{ "192.168.7.128/25", "192.168.7.128", "192.168.7.127" },
	};
	static const char *const bad[] = {
		"10.1.0.0", "10.1.0.0/", "10.1.0.0/0", "10.1.0.0/33", "10.1.0/16", "10.1.0.0/16x", "10.1.0.0/-1", "10.1.0.0/ 8", "/8", "host/8", "",
		"::1/64", "10.1.0.0/16/8",
	};
	struct admission_network network;

	for (size_t i = 0; i < countof(good); i++) {
		struct admission_rules rules = { .count = 0 };

		CHECK_CASE(good[i].network);
		CHECK(admission_parse(good[i].network, &network));
		admission_allow(&rules, network);
		CHECK_INT(admission_judge(&rules, address(good[i].in), 0, 0), ADMISSION_GRANTED);
		CHECK_INT(admission_judge(&rules, address(good[i].out), 0, 0), ADMISSION_STRANGER);
	}
	for (size_t i = 0; i < countof(bad); i++) {
		CHECK_CASE(bad[i]);
		CHECK(!admission_parse(bad[i], &network));
	}
	CHECK_CASE("");
}

static void test_titles(void)
{
	static const char *const two[] = { "STORE1", "STORE2" }, *const any[] = { "*" };
	static const struct { const char *pacs; const char *const *accepted; size_t count; const char *called, *calling; int titles; } cases[] = {
		{ "PACS", NULL, 0, "ME", "PACS", TITLES_FIT }, { "PACS", NULL, 0, "ME", "OTHER", TITLES_CALLING },
		{ "PACS", NULL, 0, "me", "PACS", TITLES_CALLED }, { "PACS", NULL, 0, "", "", TITLES_CALLED },
		{ NULL, NULL, 0, "ME", "OTHER", TITLES_FIT }, { NULL, NULL, 0, "YOU", "OTHER", TITLES_CALLED },
		{ "PACS", two, 2, "ME", "STORE2", TITLES_FIT }, { "PACS", two, 2, "ME", "PACS", TITLES_FIT },
		{ "PACS", two, 2, "ME", "STORE3", TITLES_CALLING }, { "PACS", any, 1, "ME", "STORE3", TITLES_FIT },
		{ "PACS", any, 1, "YOU", "STORE3", TITLES_CALLED },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct title_rules rules = { "ME", cases[i].pacs, cases[i].accepted, cases[i].count };

		CHECK_CASE(cases[i].calling);
		CHECK_INT(titles_judge(&rules, cases[i].called, cases[i].calling), cases[i].titles);
	}
	CHECK_CASE("");
}

/* An object of this study came over this connection. */
static void came(struct claims *c, unsigned connection, const char *study)
{
	static unsigned objects;
	char sop[32];

	snprintf(sop, sizeof sop, "1.2.%u", ++objects);
	claims_carried(c, connection, sop);
	claims_came(c, sop, study);
}

static void test_one_claim(void)
{
	struct claims *c = claims_new();
	int a;
	unsigned one, two;

	CHECK_INT(claims_open(c, &a), 0);
	claims_add(c, "1.1", &a);
	claims_add(c, "1.2", &a);
	one = claims_connected(c);
	CHECK(claims_may_be(c, one, &a));
	CHECK(claims_is(c, one, &a));			/* there is no other */
	CHECK_INT(claims_open(c, &a), 1);
	CHECK_INT(claims_stored(c, &a), 0);
	claims_gone(c, one, 3);				/* nobody knows its objects */
	CHECK_INT(claims_open(c, &a), 0);
	CHECK_INT(claims_stored(c, &a), 3);
	two = claims_connected(c);
	came(c, two, "1.2");
	claims_gone(c, two, 2);
	CHECK_INT(claims_stored(c, &a), 5);
	claims_drop(c, &a);
	CHECK_INT(claims_stored(c, &a), 0);
	claims_add(c, "1.1", &a);			/* the same address, another attempt */
	CHECK_INT(claims_stored(c, &a), 0);
	claims_free(c);
}

static void test_two_claims(void)
{
	struct claims *c = claims_new();
	int a, b;
	unsigned one, two;

	claims_add(c, "1.1", &a);
	claims_add(c, "2.1", &b);
	one = claims_connected(c);
	two = claims_connected(c);
	CHECK(claims_may_be(c, one, &a) && claims_may_be(c, one, &b));
	CHECK(!claims_is(c, one, &a) && !claims_is(c, one, &b));
	came(c, one, "2.1");
	came(c, one, "9.9");			/* what nobody claims tells nothing */
	CHECK(!claims_may_be(c, one, &a) && claims_is(c, one, &b));
	CHECK_INT(claims_open(c, &a), 1);
	CHECK_INT(claims_open(c, &b), 2);
	claims_carried(c, two, "7.7");
	claims_gone(c, two, 4);				/* it may have been for either */
	CHECK_INT(claims_stored(c, &a), 0);
	CHECK_INT(claims_stored(c, &b), 0);
	claims_came(c, "7.8", "1.1");			/* an object that came another way */
	CHECK_INT(claims_stored(c, &a), 0);
	claims_came(c, "7.7", "1.1");			/* it was placed after the end of its connection */
	CHECK_INT(claims_stored(c, &a), 4);
	claims_drop(c, &b);
	CHECK(claims_may_be(c, one, &a));		/* it is open, and may be used for another */
	claims_free(c);
}

/* All of the first was begun: what is opened later is for the second. */
static void test_later_connections(void)
{
	struct claims *c = claims_new();
	int a, b;
	unsigned one, two;

	claims_add(c, "1.1", &a);
	one = claims_connected(c);
	claims_close(c, &a);
	claims_add(c, "2.1", &b);
	two = claims_connected(c);
	CHECK(claims_may_be(c, one, &a) && claims_may_be(c, one, &b));
	CHECK(!claims_may_be(c, two, &a) && claims_is(c, two, &b));
	claims_close(c, &a);				/* once more: nothing changes */
	CHECK(!claims_may_be(c, two, &a));
	claims_free(c);
}

/* A connection that is kept open for many moves proves nothing of the number of objects for one of them. */
static void test_kept_open(void)
{
	struct claims *c = claims_new();
	int a, b;
	unsigned one;

	claims_add(c, "1.1", &a);
	one = claims_connected(c);
	came(c, one, "1.1");
	claims_drop(c, &a);
	claims_add(c, "2.1", &b);
	came(c, one, "2.1");
	claims_gone(c, one, 10);
	CHECK_INT(claims_stored(c, &b), 0);
	claims_drop(c, &b);

	claims_add(c, "1.1", &a);
	claims_add(c, "2.1", &b);
	one = claims_connected(c);
	came(c, one, "1.1");
	came(c, one, "2.1");
	claims_gone(c, one, 10);
	CHECK_INT(claims_stored(c, &a), 0);
	CHECK_INT(claims_stored(c, &b), 0);
	claims_free(c);
}

int main(void)
{
	test_admission();
	test_networks();
	test_titles();
	test_one_claim();
	test_two_claims();
	test_later_connections();
	test_kept_open();
	return check_done();
}
