/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings by name: one table for state files and for nodes.json, which "node add" writes.  Every value is checked for type and
 * range before it is taken; null is the same as absent. */
#pragma once

#include "core/plan/plan.h"

/* What a table of members describes: the table, and the struct that offsets are of. */
struct member;

enum members_of { MEMBERS_STATE = 1, MEMBERS_NODE = 2 };

/* Takes the members that a state file has into the settings, and removes them from object.  ERR_INPUT names the member. */
int settings_take(struct settings *, struct json *object, struct err *);
/* Adds them to object in the order of the manual, without those that are empty or unknown. */
void settings_give(const struct settings *, struct json *object);

/* The same for a node; object keeps its members, and lends the list of acceptFrom.  *ret_stated is the set of those that were there,
 * *ret_member what is wrong. */
int settings_take_node(struct settings *, const struct json *object, uint64_t *ret_stated, const char **ret_member, struct err *);
bool settings_state(uint64_t stated, const char *name);		/* is this member of a node in the set? */
/* What is stated goes from one to the other; the rest stays. */
void settings_copy_stated(struct settings *to, const struct settings *from, uint64_t stated);
/* The name of each member that nodes.json may have; NULL behind the last. */
const char *settings_node_member(size_t at);
