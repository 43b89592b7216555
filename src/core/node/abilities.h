/* SPDX-License-Identifier: GPL-3.0-or-later */
/* By which means a node can be asked for objects: what the user allows, and what earlier requests taught.  Learned things are a
 * place to start from, never a reason not to try the rest. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/ledger/ledger.h"
#include "core/plan/plan.h"

/* How one request names several things: as a list of UIDs, as several query files on one association, or not at all. */
enum form { FORM_LIST, FORM_FILES, FORM_ALONE };

/* How single objects can be asked for. */
enum images { IMAGES_UNKNOWN, IMAGES_LIST, IMAGES_FILES, IMAGES_NONE };

/* A method and, for C-GET, a preference of transfer syntax (index into getscu_syntaxes). */
struct way {
	enum method method;
	size_t syntax;
};

struct abilities {
	bool get, move;			/* methods allowed, and for move a receiver (or a foreign destination) */
	enum method first;		/* where the ladder starts */
	bool foreign;			/* moves go to somebody else: nothing will be seen here */
	enum form studies;		/* how small studies travel together */
	bool move_lists;		/* a C-MOVE of several studies is known to send objects as stored */
	enum images images;
	struct map *ways;		/* SOP class -> struct way that brought what the first one could not */
	bool queues;			/* it answers a C-MOVE first and sends the objects later */
	int prompt;			/* ... but so many in a row came before the answer */
	bool lost;			/* the node was found not to offer one of the methods */
	bool changed;			/* since it was loaded or kept */
};

/* From the settings alone. */
void abilities_init(struct abilities *, const struct settings *);
void abilities_done(struct abilities *);
/* What the ledger knows of the node; and back, when something changed. */
void abilities_load(struct abilities *, struct ledger *, const char *node);
int abilities_keep(struct abilities *, struct ledger *, const char *node, struct err *);

void abilities_learn_studies(struct abilities *, enum form);
void abilities_learn_queue(struct abilities *);
/* A C-MOVE sent before it answered; after some of these in a row the node is no longer taken for one that queues. */
void abilities_learn_prompt(struct abilities *);
void abilities_learn_images(struct abilities *, enum images);
void abilities_learn_way(struct abilities *, const char *sop_class, struct way);
const struct way *abilities_way(const struct abilities *, const char *sop_class);	/* NULL: the first will do */
/* The node does not offer this method: the other one is the first from now on; false when no other is left. */
bool abilities_lose(struct abilities *, enum method);
