/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of a retrieval share. */
#pragma once

#include "core/transfer/retrieval.h"

/* Walks the objects: "for (size_t at = 0; (o = retrieval_next(r, &at, &sop));)". */
struct object *retrieval_next(const struct retrieval *, size_t *at, const char **ret_sop);
/* The way the ladder starts with. */
struct way retrieval_way(const struct retrieval *, const struct abilities *);
/* After its way was chosen: in which form it travels with other studies. */
void retrieval_form_company(struct retrieval *, const struct abilities *);
/* Marks an object as withheld, with the words unless it has better ones. */
void object_refuse(struct object *, const char *words);
void object_forgive(struct object *);
int retrieval_here(const struct retrieval *);		/* on the list or not */
bool retrieval_any_refused(const struct retrieval *);
bool retrieval_all_refused(const struct retrieval *);	/* of those missing; there is a list */
