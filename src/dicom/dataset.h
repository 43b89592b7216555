/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An ordered list of elements as a tool showed them: top level only, values as text.  Values are the original bytes until
 * dataset_decode turns text VRs into UTF-8. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct element {
	uint32_t tag;
	char vr[3];
	char *value;		/* NUL-terminated; never NULL */
	size_t len;
};

struct dataset {
	struct element *elements;
	size_t count, room;
};

void dataset_init(struct dataset *);
void dataset_done(struct dataset *);
void dataset_reset(struct dataset *);
/* Replaces an element of the same tag. */
void dataset_put(struct dataset *, uint32_t tag, const char *vr, const char *value, size_t len);
void dataset_text(struct dataset *, uint32_t tag, const char *value);	/* VR from the table; NULL = "" */
void dataset_drop(struct dataset *, uint32_t tag);	/* absent is fine */
const struct element *dataset_find(const struct dataset *, uint32_t tag);
/* The value, "" when absent. */
const char *dataset_get(const struct dataset *, uint32_t tag);
long dataset_int(const struct dataset *, uint32_t tag, long absent);	/* IS/US; malformed ("1.0" is 1, "x" absent) tolerated */
/* Once, after the last element was put: all text to UTF-8 by the data set's own (0008,0005) or the fallback; UI, DA, TM, CS, IS, DS, AE trimmed on both ends,
 * others on the right only. */
void dataset_decode(struct dataset *, const char *fallback_charset);
void dataset_copy(struct dataset *to, const struct dataset *from);
