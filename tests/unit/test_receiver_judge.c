/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may connect to the receiver, and for whom a connection brings objects. */
#include "core/retrieve/receiver_judge.h"

#include "check.h"

static void test_admission(void)
{
	struct admission_rules rules = { .count = 0 };

	CHECK_INT(admission_judge(&rules, 1, 0), ADMISSION_STRANGER);
	admission_allow(&rules, 1);
	admission_allow(&rules, 7);
	CHECK_INT(admission_judge(&rules, 1, 0), ADMISSION_GRANTED);
	CHECK_INT(admission_judge(&rules, 7, ADMISSION_OPEN_MAX - 1), ADMISSION_GRANTED);
	CHECK_INT(admission_judge(&rules, 2, 0), ADMISSION_STRANGER);
	CHECK_INT(admission_judge(&rules, 7, ADMISSION_OPEN_MAX), ADMISSION_FULL);
	CHECK_INT(admission_judge(&rules, 2, ADMISSION_OPEN_MAX), ADMISSION_STRANGER);
	rules.draining = true;
	CHECK_INT(admission_judge(&rules, 1, 0), ADMISSION_ENDING);
	CHECK_INT(admission_judge(&rules, 2, 0), ADMISSION_ENDING);
	for (uint32_t i = 0; i < 2 * ADMISSION_ADDRESSES_MAX; i++)
		admission_allow(&rules, 100 + i);
	CHECK_INT(rules.count, ADMISSION_ADDRESSES_MAX);
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
	test_one_claim();
	test_two_claims();
	test_later_connections();
	test_kept_open();
	return check_done();
}
