/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to state*.c: the members of a state file, the same for reading and for writing. */
#pragma once

#include "core/plan/state.h"

/* Takes the members that object has into the struct, and removes them from object.  ERR_INPUT names the member. */
int numbers_take(struct plan_study *, struct json *object, struct err *);	/* expected, held, received, bytes, attempts */
/* Adds them to object in the order of the manual, without those that are empty or unknown. */
void numbers_give(const struct plan_study *, struct json *object);

/* The text of a member, "" when it is absent or null; NULL with ERR_INPUT when it is no text. */
const char *member_text(const struct json *object, const char *name, struct err *);
