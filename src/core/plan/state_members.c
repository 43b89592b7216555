/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The numbers of a study in a state file. */
#include "core/plan/members_p.h"

#include <limits.h>
#include <stddef.h>

#define COUNT(n, m, low, quiet) \
	{ .name = n, .of = MEMBERS_STATE, .kind = MEMBER_INT, .at = offsetof(struct plan_study, m), .min = low, .max = INT_MAX, .silent = quiet }

static const struct member number_members[] = {
	COUNT("expected", expected, -1, -1),
	COUNT("held", held, 0, 0),
	COUNT("received", received, 0, 0),
	{ .name = "bytes", .of = MEMBERS_STATE, .kind = MEMBER_INT64, .at = offsetof(struct plan_study, bytes), .max = MANY },
	COUNT("attempts", attempts, 0, 0),
	COUNT("leftForLater", beyond, 0, 0),
	{ .name = NULL }
};

int numbers_take(struct plan_study *s, struct json *object, struct err *e)
{
	return members_take(number_members, s, object, e);
}

void numbers_give(const struct plan_study *s, struct json *object)
{
	members_give(number_members, s, object);
}

const char *member_text(const struct json *object, const char *name, struct err *e)
{
	const struct json *value = json_get(object, name);

	if (json_type(value) == JSON_NULL)
		return "";
	if (!json_text(value))
		err_set(e, ERR_INPUT, "%s: a text is expected", name);
	return json_text(value);
}
