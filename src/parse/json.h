/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON values over yajl: read with ceilings on size and depth, written prettily or on one line.  Objects keep the order
 * of their members, so that a document read and written again is the same, unknown members included. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum json_type { JSON_NULL, JSON_BOOL, JSON_INTEGER, JSON_DOUBLE, JSON_STRING, JSON_ARRAY, JSON_OBJECT };
struct json;

/* Parsing.  Errors are ERR_INPUT and say line and reason in one sentence; invalid UTF-8, trailing bytes, a repeated
 * member name, a NUL in a string, numbers out of range, and nesting deeper than JSON_DEPTH_MAX are errors. */
#define JSON_DEPTH_MAX 64
struct json *json_parse(const char *text, size_t len, struct err *);
/* The same, but each element of the top-level member "key" (an array) is handed to item() (takes it; -1 with err stops)
 * instead of being kept (the document returned has an empty array there), so that a document of 100,000 studies needs
 * little memory.  The error of an item is passed on; the line is put before it when it is ERR_INPUT. */
struct json *json_parse_items(const char *text, size_t len, const char *key,
			      int (*item)(void *owner, struct json *, struct err *), void *owner, struct err *);

/* The same from a text that comes in pieces, which stay valid until the next is asked for; an empty one ends it. */
typedef int json_more_fn(void *source, const char **ret_piece, size_t *ret_len, struct err *);
struct json *json_read_items(json_more_fn *, void *source, const char *key,
			     int (*item)(void *owner, struct json *, struct err *), void *owner, struct err *);

struct json *json_new(enum json_type);			/* JSON_NULL, JSON_ARRAY, JSON_OBJECT */
struct json *json_string(const char *text);		/* NULL text makes JSON_NULL; bytes that are not UTF-8 become U+FFFD */
struct json *json_integer(long long);
struct json *json_bool(bool);
struct json *json_double(double);			/* written as null when it is no number */
void json_free(struct json *);				/* NULL is fine */

enum json_type json_type(const struct json *);
/* Lookups on objects; NULL when absent or j is no object. */
struct json *json_get(const struct json *object, const char *name);
void json_set(struct json *object, const char *name, struct json *value);	/* takes value (NULL: JSON_NULL); replaces */
void json_delete(struct json *object, const char *name);
void json_add(struct json *array, struct json *value);	/* takes value */
size_t json_count(const struct json *);			/* of an array or object */
struct json *json_at(const struct json *, size_t);	/* element, or value of the n-th member */
const char *json_name_at(const struct json *object, size_t);
/* Scalars: NULL/fallback when j is NULL or of another type; json_number takes integers as well. */
const char *json_text(const struct json *);
long long json_int(const struct json *, long long fallback);
double json_number(const struct json *, double fallback);
bool json_is_true(const struct json *);

void json_write(struct buf *, const struct json *, bool pretty);	/* two-space indent, no final newline */
void json_write_string(struct buf *, const char *text);			/* quoted and escaped */
