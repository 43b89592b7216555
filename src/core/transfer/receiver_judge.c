/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/transfer/receiver_judge.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

/* ---- who may connect ---- */

bool admission_parse(const char *text, struct admission_network *ret_network)
{
	const char *slash = strchr(text, '/');
	auto_free char *address = mem_strn(text, slash ? (size_t)(slash - text) : 0);
	struct in_addr in;
	char *end;
	long bits;

	if (!slash || !isdigit((unsigned char)slash[1]) || inet_pton(AF_INET, address, &in) != 1)
		return false;
	bits = strtol(slash + 1, &end, 10);
	if (*end || bits < 1 || bits > 32)
		return false;
	ret_network->mask = htonl(UINT32_MAX << (32 - bits));
	ret_network->address = in.s_addr & ret_network->mask;
	return true;
}

void admission_allow(struct admission_rules *rules, struct admission_network network)
{
	if (rules->count < ADMISSION_NETWORKS_MAX)
		rules->networks[rules->count++] = network;
}

static bool address_allowed(const struct admission_rules *rules, uint32_t address)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rules->networks[i].address == (address & rules->networks[i].mask))
			return true;
	return false;
}

enum admission admission_judge(const struct admission_rules *rules, uint32_t address, size_t open, size_t of_address)
{
	if (rules->draining)
		return ADMISSION_ENDING;
	if (!address_allowed(rules, address))
		return ADMISSION_STRANGER;
	return open < ADMISSION_OPEN_MAX && of_address < ADMISSION_OF_ADDRESS_MAX ? ADMISSION_GRANTED : ADMISSION_FULL;
}

/* ---- AE titles ---- */

enum titles titles_judge(const struct title_rules *rules, const char *called, const char *calling)
{
	if (strcmp(called, rules->called) != 0)
		return TITLES_CALLED;
	for (size_t i = 0; i < rules->count; i++)
		if (!strcmp(rules->accepted[i], "*") || !strcmp(rules->accepted[i], calling))
			return TITLES_FIT;
	return !rules->pacs || !strcmp(rules->pacs, calling) ? TITLES_FIT : TITLES_CALLING;
}

/* ---- whose a connection is ---- */

struct claimant {
	const void *whose;
	unsigned before;		/* connections that had been opened when it began */
	unsigned last;			/* the latest connection that may be for it; UINT_MAX = also those to come */
};

struct claimed {			/* a connection */
	unsigned number;
	const void *whose;		/* NULL = not known yet */
	struct map *sops;		/* SOP Instance UIDs of files that came over it, the study not known yet */
	bool shared;			/* it brought objects for several */
	bool gone;
	int stored;			/* whole objects, when it is gone */
};

#define SOPS_MAX 10000			/* of a connection; what nobody asked for stays among them */

struct claims {
	struct map *studies;		/* Study Instance UID -> whose */
	struct claimant *claimants;
	size_t claimant_count, claimant_room;
	struct claimed *connections;
	size_t connection_count, connection_room;
	unsigned numbered;
};

struct claims *claims_new(void)
{
	struct claims *c = mem_alloc(sizeof *c);

	*c = (struct claims){ .studies = map_new() };
	return c;
}

void claims_free(struct claims *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->connection_count; i++)
		map_free(c->connections[i].sops, NULL);
	map_free(c->studies, NULL);
	free(c->claimants);
	free(c->connections);
	free(c);
}

static struct claimant *claimant_find(const struct claims *c, const void *whose)
{
	for (size_t i = 0; i < c->claimant_count; i++)
		if (c->claimants[i].whose == whose)
			return &c->claimants[i];
	return NULL;
}

static struct claimed *connection_find(const struct claims *c, unsigned number)
{
	for (size_t i = 0; i < c->connection_count; i++)
		if (c->connections[i].number == number)
			return &c->connections[i];
	return NULL;
}

void claims_add(struct claims *c, const char *study_uid, const void *whose)
{
	map_put(c->studies, study_uid, (void *)(uintptr_t)whose);
	if (claimant_find(c, whose))
		return;
	mem_grow(c->claimants, c->claimant_count, c->claimant_room);
	c->claimants[c->claimant_count++] = (struct claimant){ whose, c->numbered, UINT_MAX };
}

void claims_close(struct claims *c, const void *whose)
{
	struct claimant *claimant = claimant_find(c, whose);

	if (claimant && claimant->last == UINT_MAX)
		claimant->last = c->numbered;
}

static void studies_drop(struct claims *c, const void *whose)
{
	struct map *kept = map_new();
	const char *study;
	void *of;

	for (size_t at = 0; (study = map_next(c->studies, &at, &of));)
		if (of != whose)
			map_put(kept, study, of);
	map_free(c->studies, NULL);
	c->studies = kept;
}

/* A connection that is open stays, for another; one that is gone and nobody's is of use to those who still wait. */
static void connections_drop(struct claims *c, const void *whose)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->connection_count; i++) {
		struct claimed *at = &c->connections[i];

		if (at->gone && (at->whose == whose || !c->claimant_count)) {
			map_free(at->sops, NULL);
			continue;
		}
		if (at->whose == whose) {
			at->whose = NULL;
			at->shared = true;
		}
		c->connections[kept++] = *at;
	}
	c->connection_count = kept;
}

void claims_drop(struct claims *c, const void *whose)
{
	struct claimant *claimant = claimant_find(c, whose);

	if (!claimant)
		return;
	*claimant = c->claimants[--c->claimant_count];
	studies_drop(c, whose);
	connections_drop(c, whose);
}

unsigned claims_connected(struct claims *c)
{
	mem_grow(c->connections, c->connection_count, c->connection_room);
	c->connections[c->connection_count++] = (struct claimed){ .number = ++c->numbered, .sops = map_new() };
	return c->numbered;
}

void claims_carried(struct claims *c, unsigned connection, const char *sop)
{
	struct claimed *at = connection_find(c, connection);

	if (at && map_count(at->sops) < SOPS_MAX)
		map_put(at->sops, sop, NULL);
}

static struct claimed *connection_that_carried(const struct claims *c, const char *sop)
{
	for (size_t i = 0; i < c->connection_count; i++)
		if (map_has(c->connections[i].sops, sop))
			return &c->connections[i];
	return NULL;
}

void claims_came(struct claims *c, const char *sop, const char *study_uid)
{
	struct claimed *at = connection_that_carried(c, sop);
	const void *whose = map_get(c->studies, study_uid);

	if (!at)
		return;
	map_remove(at->sops, sop);
	if (!whose)
		return;
	at->shared |= at->whose && at->whose != whose;
	at->whose = whose;
}

void claims_gone(struct claims *c, unsigned connection, int stored)
{
	struct claimed *at = connection_find(c, connection);

	if (!at)
		return;
	at->gone = true;
	at->stored = stored;
	if (!c->claimant_count)
		connections_drop(c, NULL);
}

static bool claimed_may_be(const struct claims *c, const struct claimed *at, const void *whose)
{
	const struct claimant *claimant = claimant_find(c, whose);

	if (at->whose)
		return at->whose == whose;
	return claimant && at->number <= claimant->last;
}

bool claims_may_be(const struct claims *c, unsigned connection, const void *whose)
{
	const struct claimed *at = connection_find(c, connection);

	return at && claimed_may_be(c, at, whose);
}

/* It is for no other who waits for connections. */
static bool claimed_is(const struct claims *c, const struct claimed *at, const void *whose)
{
	if (!claimed_may_be(c, at, whose))
		return false;
	for (size_t i = 0; !at->whose && i < c->claimant_count; i++)
		if (c->claimants[i].whose != whose && at->number <= c->claimants[i].last)
			return false;
	return true;
}

bool claims_is(const struct claims *c, unsigned connection, const void *whose)
{
	const struct claimed *at = connection_find(c, connection);

	return at && claimed_is(c, at, whose);
}

size_t claims_open(const struct claims *c, const void *whose)
{
	size_t count = 0;

	for (size_t i = 0; i < c->connection_count; i++)
		count += !c->connections[i].gone && claimed_may_be(c, &c->connections[i], whose);
	return count;
}

/* One that was open before may have brought what others asked for. */
static bool counts_for(const struct claims *c, const struct claimed *at, const struct claimant *claimant)
{
	return at->gone && !at->shared && at->number > claimant->before && claimed_is(c, at, claimant->whose);
}

int claims_stored(const struct claims *c, const void *whose)
{
	const struct claimant *claimant = claimant_find(c, whose);
	int stored = 0;

	for (size_t i = 0; claimant && i < c->connection_count; i++)
		if (counts_for(c, &c->connections[i], claimant))
			stored += c->connections[i].stored;
	return stored;
}
