/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The proof: which objects of a study the PACS has.  Image-level lists for many studies in one request where the PACS answers
 * that, else with a query file for each on one association, else study by study, else by its series; what it answers is learned
 * for the node. */
#pragma once

#include <stdbool.h>

#include "core/session/session.h"
#include "core/transfer/retrieval.h"

#define OBJECTS_STUDIES_MAX 250		/* Study Instance UIDs in one request */

struct objects;

/* listed: once for each retrieval added.  why kind ERR_NONE: its objects are known (retrieval->listed) or the PACS
 * cannot tell (not listed; in->expected may have been filled from series counts); otherwise it could not be asked. */
typedef void objects_fn(void *owner, struct retrieval *, const struct err *why);
/* heard (may be NULL): how a request went that began at started_ms, before its studies are told. */
typedef void objects_heard_fn(void *owner, const struct err *why, int64_t started_ms);
struct objects *objects_new(struct session *, const struct peer *, objects_fn *listed, objects_heard_fn *heard, void *owner);
void objects_free(struct objects *);
/* Copies the array. */
void objects_add(struct objects *, struct retrieval *const *of, size_t count);
size_t objects_running(const struct objects *);	/* requests under way */
void objects_stop(struct objects *);
int objects_requests(const struct objects *);	/* C-FINDs sent so far */
/* This list was not whole, though nothing said so: the number at which it was cut is kept for the node. */
void objects_cut(struct objects *, const struct retrieval *);
/* How many studies may go into one request here: learned, 1 when the PACS wants them one by one. */
size_t objects_width(const struct objects *);
