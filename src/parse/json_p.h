/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What json.c and json_read.c share and nobody else sees: how a value is kept. */
#pragma once

#include <locale.h>

#include "parse/json.h"

struct member {
	char *name;			/* NULL in an array */
	struct json *value;
};

struct json {
	enum json_type type;
	bool truth;
	union {
		long long integer;
		double number;
		char *text;
		struct {
			struct member *members;
			size_t count, room;
		};
	};
};

struct json *json_make(enum json_type);
/* Adds at the end without looking for the name; takes both. */
void json_append(struct json *, char *name, struct json *value);
/* The C locale: everything that decides on a decimal point uses it, whatever the program's is. */
locale_t json_locale(void);
