/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The receiver's judging: who may connect, and for whom a connection brings objects.  Pure: no I/O.
 *
 * Several moves may be under way, and the PACS does not say which of them a connection is for.  Each move claims its studies; the
 * first object that is known by its study tells whose the connection is.  Until then it may be anybody's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- who may connect ---- */

enum admission { ADMISSION_GRANTED, ADMISSION_ENDING, ADMISSION_STRANGER, ADMISSION_FULL };

#define ADMISSION_ADDRESSES_MAX 64
#define ADMISSION_OPEN_MAX 64

struct admission_rules {
	uint32_t addresses[ADMISSION_ADDRESSES_MAX];	/* IPv4, network byte order */
	size_t count;
	bool draining;			/* the run is ending */
};

void admission_allow(struct admission_rules *, uint32_t address);	/* beyond the most: ignored */
enum admission admission_judge(const struct admission_rules *, uint32_t address, size_t open);

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
