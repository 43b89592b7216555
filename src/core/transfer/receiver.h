/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The port that moves are sent to.  We own the listening socket; each accepted connection from an allowed address is handed
 * to a confined storescp of its own, writing into a folder of its own; strangers are turned away. */
#pragma once

#include <stdint.h>

#include "core/intake/intake.h"
#include "core/intake/staging.h"
#include "core/plan/plan.h"
#include "core/session/session.h"

struct receiver;

/* Listens on all addresses of how->listen_port as AE title how->destination.  Allowed are the addresses of the peer's
 * host and how->accept_from.  ERR_SYSTEM: port in use (says what to do), no such host. */
struct receiver *receiver_open(struct session *, struct staging *, struct intake *, const struct settings *how, struct err *);
/* Takes no more connections, and ends each that is open when the object in flight on it is whole. */
void receiver_drain(struct receiver *);
/* Takes no more connections and ends those that are open; they are gone when receiver_connections() is 0. */
void receiver_stop(struct receiver *);
void receiver_close(struct receiver *);	/* when none is open */
/* Looks for new whole objects and hands them to the intake; called now and then, and by itself when a connection ends. */
void receiver_scan(struct receiver *);
/* Objects of the study are for whose from now on (receiver_judge.h says whose a connection is). */
void receiver_claim(struct receiver *, const char *study_uid, const void *whose);
/* An object that was received is of this study. */
void receiver_came(struct receiver *, const char *sop, const char *study_uid);
void receiver_last(struct receiver *, const void *whose);	/* connections opened from now on are for others */
void receiver_release(struct receiver *, const void *whose);	/* it is over */
/* Ends the open connections that are for whose and nobody else. */
void receiver_hang_up(struct receiver *, const void *whose);
int64_t receiver_bytes(const struct receiver *, const void *whose);	/* seen on the open connections that may be for whose */
size_t receiver_connections(const struct receiver *, const void *whose);	/* open ones that may be for whose; NULL: all */
int receiver_stored(const struct receiver *, const void *whose);	/* objects that came for whose over connections that are gone */
size_t receiver_refused(const struct receiver *);	/* strangers turned away */
