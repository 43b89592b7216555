/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hash table from strings to pointers, and a set of strings when the pointers are not used.  Keys are copied. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct map;

struct map *map_new(void);
void map_free(struct map *, void (*free_value)(void *));	/* both may be NULL */
void *map_get(const struct map *, const char *key);		/* NULL when absent or stored as NULL */
bool map_has(const struct map *, const char *key);
/* True when the key is new; otherwise the old value is replaced (not freed). */
bool map_put(struct map *, const char *key, void *value);
void *map_remove(struct map *, const char *key);
size_t map_count(const struct map *);
/* In the order of insertion (removed ones left out); start with *at = 0; NULL at the end; ret_value may be NULL.  Removing
 * during a walk is fine, putting is not. */
const char *map_next(const struct map *, size_t *at, void **ret_value);
