/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Allocation that cannot return NULL (out of memory aborts), and locals that clean up after themselves. */
#pragma once

#include <stddef.h>

void *mem_alloc(size_t size);				/* zeroed */
void *mem_resize(void *old, size_t count, size_t size);	/* checks count * size */
char *mem_str(const char *text);			/* NULL stays NULL */
char *mem_strn(const char *text, size_t len);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void mem_auto_free(void *pointer_to_pointer);
void mem_auto_close(int *fd);
#define auto_free __attribute__((cleanup(mem_auto_free)))
#define auto_close __attribute__((cleanup(mem_auto_close)))

/* Room for one more element at array[count]; array and room are lvalues (room: size_t). */
#define mem_grow(array, count, room) \
	do { \
		if ((count) >= (room)) { \
			(room) = (room) ? (room) * 2 : 8; \
			(array) = mem_resize((array), (room), sizeof *(array)); \
		} \
	} while (0)
#define countof(array) (sizeof(array) / sizeof((array)[0]))
