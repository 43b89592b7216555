/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hash table from strings to pointers, and a set of strings when the pointers are not used.  Keys are copied. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct table;

struct table *table_new(void);
void table_free(struct table *, void (*free_value)(void *));	/* both may be NULL */
void *table_get(const struct table *, const char *key);		/* NULL when absent or stored as NULL */
bool table_has(const struct table *, const char *key);
/* True when the key is new; otherwise the old value is replaced (not freed). */
bool table_put(struct table *, const char *key, void *value);
void *table_remove(struct table *, const char *key);
size_t table_count(const struct table *);
/* In the order of insertion (removed ones left out); start with *at = 0; NULL at the end; ret_value may be NULL.  Removing
 * during a walk is fine, putting is not. */
const char *table_next(const struct table *, size_t *at, void **ret_value);
