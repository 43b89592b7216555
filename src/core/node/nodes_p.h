/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to node.c and nodes.c. */
#pragma once

#include "core/node/nodes.h"

/* Fills a zeroed node from its object, which it takes; *ret_member is what is wrong.  ERR_INPUT. */
int node_take(struct node *, struct json *object, const char **ret_member, struct err *);
void node_done(struct node *);
