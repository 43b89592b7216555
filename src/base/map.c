/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entries in the order of insertion, and slots that point into them.  A removed entry stays as a hole, so that slots and
 * positions of a walk remain valid, until the table is rebuilt by a put.  The keys come from peers and files: a keyed
 * hash (SipHash-1-3) keeps them from being chosen to collide. */
#include "base/map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"

enum { SLOTS_FIRST = 16 };

struct entry {
	char *key;		/* NULL: a hole */
	void *value;
	uint64_t hash;
};

struct map {
	struct entry *entries;
	size_t used, room;	/* entries, holes included */
	size_t count;		/* entries without the holes */
	size_t *slots;		/* index + 1 of an entry; 0: free */
	size_t slot_count;	/* a power of two, at least 4/3 of used */
};

static uint64_t seed[2];

static void seed_once(void)
{
	if (seed[0] || seed[1])
		return;
	if (getrandom(seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed)
		seed[0] = (uint64_t)clock_ms();
	seed[1] |= 1;
}

static uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

static uint64_t hash_key(const char *key)
{
	size_t left = strlen(key);
	uint64_t word, last = (uint64_t)left << 56;
	uint64_t v[4] = {
		seed[0] ^ 0x736f6d6570736575, seed[1] ^ 0x646f72616e646f6d,
		seed[0] ^ 0x6c7967656e657261, seed[1] ^ 0x7465646279746573,
	};

	for (; left >= 8; key += 8, left -= 8) {
		memcpy(&word, key, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	for (size_t i = 0; i < left; i++)
		last |= (uint64_t)(unsigned char)key[i] << (8 * i);
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct map *map_new(void)
{
	struct map *t = mem_alloc(sizeof *t);

	seed_once();
	t->slot_count = SLOTS_FIRST;
	t->slots = mem_alloc(t->slot_count * sizeof *t->slots);
	return t;
}

void map_free(struct map *t, void (*free_value)(void *))
{
	if (!t)
		return;
	for (size_t i = 0; i < t->used; i++) {
		if (t->entries[i].key && free_value)
			free_value(t->entries[i].value);
		free(t->entries[i].key);
	}
	free(t->entries);
	free(t->slots);
	free(t);
}

static struct entry *find(const struct map *t, const char *key, uint64_t hash)
{
	size_t mask = t->slot_count - 1;

	for (size_t at = hash & mask; t->slots[at]; at = (at + 1) & mask) {
		struct entry *e = &t->entries[t->slots[at] - 1];

		if (e->hash == hash && e->key && !strcmp(e->key, key))
			return e;
	}
	return NULL;
}

static void point_slot(struct map *t, size_t entry)
{
	size_t mask = t->slot_count - 1, at = t->entries[entry].hash & mask;

	while (t->slots[at])
		at = (at + 1) & mask;
	t->slots[at] = entry + 1;
}

/* Closes the holes and gives the slots twice the room that the entries need now. */
static void rebuild(struct map *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->used; i++)
		if (t->entries[i].key)
			t->entries[kept++] = t->entries[i];
	t->used = kept;
	t->slot_count = SLOTS_FIRST;
	while (t->slot_count < kept * 2 + SLOTS_FIRST)
		t->slot_count *= 2;
	free(t->slots);
	t->slots = mem_resize(NULL, t->slot_count, sizeof *t->slots);
	memset(t->slots, 0, t->slot_count * sizeof *t->slots);
	for (size_t i = 0; i < kept; i++)
		point_slot(t, i);
}

void *map_get(const struct map *t, const char *key)
{
	const struct entry *e = find(t, key, hash_key(key));

	return e ? e->value : NULL;
}

bool map_has(const struct map *t, const char *key)
{
	return find(t, key, hash_key(key));
}

bool map_put(struct map *t, const char *key, void *value)
{
	uint64_t hash = hash_key(key);
	struct entry *e = find(t, key, hash);

	if (e) {
		e->value = value;
		return false;
	}
	if ((t->used + 1) * 4 > t->slot_count * 3)
		rebuild(t);
	mem_grow(t->entries, t->used, t->room);
	t->entries[t->used] = (struct entry){ mem_str(key), value, hash };
	point_slot(t, t->used++);
	t->count++;
	return true;
}

void *map_remove(struct map *t, const char *key)
{
	struct entry *e = find(t, key, hash_key(key));

	if (!e)
		return NULL;
	free(e->key);
	e->key = NULL;
	t->count--;
	return e->value;
}

size_t map_count(const struct map *t)
{
	return t->count;
}

const char *map_next(const struct map *t, size_t *at, void **ret_value)
{
	while (*at < t->used && !t->entries[*at].key)
		++*at;
	if (*at >= t->used)
		return NULL;
	if (ret_value)
		*ret_value = t->entries[*at].value;
	return t->entries[(*at)++].key;
}
