/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The receiver's judging: who may connect, whose titles fit, and for whom a connection brings objects.  Pure: no I/O.
 *
 * Several moves may be under way, and the PACS does not say which of them a connection is for.  Each move claims its studies; the
 * first object that is known by its study tells whose the connection is.  Until then it may be anybody's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- who may connect ---- */

enum admission { ADMISSION_GRANTED, ADMISSION_ENDING, ADMISSION_STRANGER, ADMISSION_FULL };

#define ADMISSION_NETWORKS_MAX 64
#define ADMISSION_OPEN_MAX 64		/* connections at once ... */
#define ADMISSION_OF_ADDRESS_MAX 32	/* ... and of one address */

struct admission_network { uint32_t address, mask; };	/* IPv4, network byte order */

struct admission_rules {
	struct admission_network networks[ADMISSION_NETWORKS_MAX];
	size_t count;
	bool draining;			/* the run is ending */
};

/* "10.1.0.0/16", the bits from 1 to 32; bits of the address behind them are ignored. */
bool admission_parse(const char *text, struct admission_network *ret_network);
void admission_allow(struct admission_rules *, struct admission_network);	/* beyond the most: ignored */
/* open, of_address: connections that are open at all, and from this address. */
enum admission admission_judge(const struct admission_rules *, uint32_t address, size_t open, size_t of_address);

/* ---- AE titles ---- */

enum titles { TITLES_FIT, TITLES_CALLED, TITLES_CALLING };	/* the latter two: that one is wrong */

/* We are called by the title of the move destination.  Whoever calls is the PACS, by its own title (pacs, NULL = not known), or by one
 * of the accepted ("*": any). */
struct title_rules {
	const char *called, *pacs;
	const char *const *accepted;
	size_t count;
};

enum titles titles_judge(const struct title_rules *, const char *called, const char *calling);

/* ---- whose a connection is ---- */

struct claims;

struct claims *claims_new(void);
void claims_free(struct claims *);
/* Objects of this study are for whose from now on, and so are connections that are opened. */
void claims_add(struct claims *, const char *study_uid, const void *whose);
/* Connections opened from now on are for others: all that whose waited for was begun. */
void claims_close(struct claims *, const void *whose);
/* It waits for nothing more. */
void claims_drop(struct claims *, const void *whose);
/* A connection was opened; the number by which it is known from now on. */
unsigned claims_connected(struct claims *);
/* A file came over it, of which no more than the SOP Instance UID is known. */
void claims_carried(struct claims *, unsigned connection, const char *sop);
/* The object with this SOP Instance UID is of this study: so its connection is known. */
void claims_came(struct claims *, const char *sop, const char *study_uid);
/* It is gone; stored: whole objects that came over it. */
void claims_gone(struct claims *, unsigned connection, int stored);
/* May it bring objects for whose? */
bool claims_may_be(const struct claims *, unsigned connection, const void *whose);
/* Does it bring objects for whose and for nobody else? */
bool claims_is(const struct claims *, unsigned connection, const void *whose);
/* Open connections that may bring objects for whose. */
size_t claims_open(const struct claims *, const void *whose);
/* Objects that came for whose over connections that were opened since its first claim and are gone; those that may be of others do
 * not count. */
int claims_stored(const struct claims *, const void *whose);
