/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What arrived at a move destination that nodes.json knows as a node that answers queries: it and the PACS are asked for their objects
 * of the study.  While more arrives, the destination is asked again. */
#pragma once

#include <stdbool.h>

#include "core/session/session.h"
#include "core/transfer/retrieval.h"

struct elsewhere;

/* The verdict of the study is what is known now. */
typedef void elsewhere_fn(void *owner, struct retrieval *);

/* NULL: no such node has the AE title that the settings move to. */
struct elsewhere *elsewhere_new(struct session *, const struct settings *, elsewhere_fn *done, void *owner);
void elsewhere_free(struct elsewhere *);
/* A study that was moved, and is unverified; done is told once, not within this call. */
void elsewhere_ask(struct elsewhere *, struct retrieval *);
/* Sends what is due; to be called in every turn. */
void elsewhere_turn(struct elsewhere *);
bool elsewhere_idle(const struct elsewhere *);
/* Nothing more is asked: all are told as they stand. */
void elsewhere_stop(struct elsewhere *);
int elsewhere_requests(const struct elsewhere *);	/* C-FINDs sent */
