/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hash table against what it must remember, and the clock that tests replace. */
#include "base/map.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tests/unit/check.h"

static void test_verbs(void)
{
	struct map *t = map_new();
	int one = 1, two = 2;

	CHECK(!map_get(t, "a"));
	CHECK(map_put(t, "a", &one));
	CHECK(map_put(t, "", NULL));
	CHECK(map_has(t, ""));
	CHECK(!map_has(t, "b"));
	CHECK(!map_put(t, "a", &two));
	CHECK(map_get(t, "a") == &two);
	CHECK_INT(map_count(t), 2);
	CHECK(map_remove(t, "a") == &two);
	CHECK(!map_remove(t, "a"));
	CHECK(!map_has(t, "a"));
	CHECK_INT(map_count(t), 1);
	CHECK(map_put(t, "a", &one));
	map_free(t, NULL);
	map_free(NULL, free);
}

static void test_order(void)
{
	static const char *const keys[] = { "z", "m", "a", "q", "b" };
	struct map *t = map_new();
	char seen[16] = "";
	const char *key;
	void *value;

	for (size_t i = 0; i < countof(keys); i++)
		map_put(t, keys[i], mem_str(keys[i]));
	free(map_remove(t, "a"));
	free(map_get(t, "z"));
	map_put(t, "z", mem_str("Z"));
	for (size_t at = 0; (key = map_next(t, &at, &value)); ) {
		strcat(seen, key);
		strcat(seen, value);
	}
	CHECK_STR(seen, "zZmmqqbb");
	seen[0] = '\0';
	for (size_t at = 0; (key = map_next(t, &at, &value)); ) {
		strcat(seen, key);
		free(map_remove(t, key));
	}
	CHECK_STR(seen, "zmqb");
	CHECK_INT(map_count(t), 0);
	map_free(t, free);
}

/* Half of many removed and put again: nothing lost, nothing twice, the late ones last. */
static void test_many(void)
{
	enum { MANY = 50000 };
	struct map *t = map_new();
	size_t at = 0, wrong = 0;
	char key[32];
	const char *last = NULL, *seen;

	for (size_t i = 0; i < MANY; i++) {
		snprintf(key, sizeof key, "1.2.840.%zu", i);
		wrong += !map_put(t, key, mem_str(key));
	}
	for (size_t i = 0; i < MANY; i += 2) {
		snprintf(key, sizeof key, "1.2.840.%zu", i);
		free(map_remove(t, key));
	}
	for (size_t i = 0; i < MANY; i++) {
		snprintf(key, sizeof key, "1.2.840.%zu", i);
		wrong += map_has(t, key) != (i % 2 == 1);
		wrong += i % 2 == 1 && strcmp(map_get(t, key), key) != 0;
	}
	for (size_t i = 0; i < MANY; i += 2) {
		snprintf(key, sizeof key, "1.2.840.%zu", i);
		wrong += !map_put(t, key, NULL);
	}
	CHECK_INT(wrong, 0);
	CHECK_INT(map_count(t), MANY);
	while ((seen = map_next(t, &at, NULL)))
		last = seen;
	CHECK_STR(last, "1.2.840.49998");
	map_free(t, free);
}

/* Put and remove for ever: the holes are closed. */
static void test_churn(void)
{
	struct map *t = map_new();
	size_t at = 0;
	char key[32];

	for (int i = 0; i < 200000; i++) {
		snprintf(key, sizeof key, "%d", i);
		map_put(t, key, NULL);
		map_remove(t, key);
	}
	CHECK_INT(map_count(t), 0);
	CHECK(!map_next(t, &at, NULL));
	CHECK(at < 1000);
	map_free(t, NULL);
}

static void test_clock(void)
{
	char stamp[20];
	int64_t before;
	time_t wall;

	setenv("TZ", "UTC", 1);
	setenv("DICOM_QR_NOW", "2026-11-21T01:43:08", 1);
	wall = clock_wall();
	CHECK(wall == 1795225388 || wall == 1795225389);
	CHECK_STR(clock_stamp(1795225388, stamp), "2026-11-21T01:43:08");
	before = clock_ms();
	clock_set_wall(1000);
	CHECK(clock_wall() >= 1000 && clock_wall() <= 1001 + (clock_ms() - before) / 1000);
	CHECK_STR(clock_stamp((time_t)INT64_MAX, stamp), "0000-00-00T00:00:00");
}

int main(void)
{
	test_verbs();
	test_order();
	test_many();
	test_churn();
	test_clock();
	return check_done();
}
