/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine that reads and writes a table of members, for the two tables: of settings (members.c), of a study (state_members.c). */
#pragma once

#include "core/plan/members.h"
#include "core/plan/state_p.h"

#define MANY (1LL << 60)

enum member_kind {
	MEMBER_CHARS,		/* char[room], checked by check; "" is fine when may_be_empty */
	MEMBER_WORD,		/* of settings, through take and give */
	MEMBER_INT, MEMBER_LONG, MEMBER_INT64,
	MEMBER_FLAG,
	MEMBER_TEXTS,		/* struct lent_texts, each checked by check; of a node alone */
	MEMBER_FORMAT		/* a constant */
};

struct member {
	const char *name;
	const char *node_name;	/* in nodes.json, where it is another */
	unsigned of;		/* enum members_of */
	enum member_kind kind;
	size_t at;		/* offsetof in what the table describes */
	size_t room;
	long long min, max;
	long long silent;	/* the number that is not written */
	int (*check)(const char *text, const char *name, struct err *);
	int (*take)(struct settings *, const char *text, struct err *);
	const char *(*give)(const struct settings *);
	bool may_be_empty, is_path;	/* is_path: absolute in nodes.json */
};

int members_take(const struct member *table, void *base, struct json *object, struct err *);
void members_give(const struct member *table, const void *base, struct json *object);
