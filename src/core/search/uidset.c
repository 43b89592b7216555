/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Open addressing, linear probing, at most two thirds full.  Two of a million UIDs share a hash once in 30 million sets; the hash is
 * keyed, so that nobody can make them. */
#include "core/search/uidset.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"

struct uidset {
	uint64_t *slots;		/* 0 = empty */
	size_t size, count;
	uint64_t key;
};

struct uidset *uidset_new(void)
{
	struct uidset *s = mem_alloc(sizeof *s);

	s->size = 1024;
	s->slots = mem_alloc(s->size * sizeof *s->slots);
	if (getrandom(&s->key, sizeof s->key, GRND_NONBLOCK) < 0)
		s->key = 0x9e3779b97f4a7c15u;
	return s;
}

void uidset_free(struct uidset *s)
{
	if (!s)
		return;
	free(s->slots);
	free(s);
}

/* The finaliser of splitmix64 after each eight bytes. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint64_t hash(const struct uidset *s, const char *uid)
{
	size_t len = strlen(uid);
	uint64_t h = s->key ^ len;

	for (; len; uid += len < 8 ? len : 8, len -= len < 8 ? len : 8) {
		uint64_t word = 0;

		memcpy(&word, uid, len < 8 ? len : 8);
		h = mix(h ^ word) + 0x9e3779b97f4a7c15u;
	}
	h = mix(h);
	return h ? h : 1;
}

static bool insert(uint64_t *slots, size_t size, uint64_t h)
{
	size_t at = h & (size - 1);

	while (slots[at] && slots[at] != h)
		at = (at + 1) & (size - 1);
	if (slots[at])
		return false;
	slots[at] = h;
	return true;
}

static void grow(struct uidset *s)
{
	uint64_t *slots = mem_alloc(2 * s->size * sizeof *slots);

	for (size_t i = 0; i < s->size; i++)
		if (s->slots[i])
			insert(slots, 2 * s->size, s->slots[i]);
	free(s->slots);
	s->slots = slots;
	s->size *= 2;
}

bool uidset_add(struct uidset *s, const char *uid)
{
	if (3 * (s->count + 1) > 2 * s->size)
		grow(s);
	if (!insert(s->slots, s->size, hash(s, uid)))
		return false;
	s->count++;
	return true;
}
