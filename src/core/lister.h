/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The proof: which objects of a study the PACS has.  Image-level lists for many studies in one request where the PACS answers
 * that, else with a query file for each on one association, else study by study, else by its series; what it answers is learned
 * for the node. */
#pragma once

#include <stdbool.h>

#include "core/retrieval.h"
#include "core/session.h"

#define LISTER_STUDIES_MAX 250		/* Study Instance UIDs in one request */

struct lister;

/* listed: once for each retrieval added.  why kind ERR_NONE: its objects are known (retrieval->listed) or the PACS
 * cannot tell (not listed; in->expected may have been filled from series counts); otherwise it could not be asked. */
typedef void lister_fn(void *owner, struct retrieval *, const struct err *why);
/* heard (may be NULL): how a request went that began at started_ms, before its studies are told. */
typedef void lister_heard_fn(void *owner, const struct err *why, int64_t started_ms);
struct lister *lister_new(struct session *, const struct peer *, lister_fn *listed, lister_heard_fn *heard, void *owner);
void lister_free(struct lister *);
/* Copies the array. */
void lister_add(struct lister *, struct retrieval *const *of, size_t count);
size_t lister_running(const struct lister *);	/* requests under way */
void lister_stop(struct lister *);
int lister_requests(const struct lister *);	/* C-FINDs sent so far */
/* This list was not whole, though nothing said so: the number at which it was cut is kept for the node. */
void lister_cut(struct lister *, const struct retrieval *);
/* How many studies may go into one request here: learned, 1 when the PACS wants them one by one. */
size_t lister_width(const struct lister *);
