/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Allocation that aborts instead of returning NULL: nobody above has a plan for running out of memory. */
#include "base/mem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *or_abort(void *memory)
{
	if (!memory) {
		static const char text[] = "out of memory\n";

		(void)!write(2, text, sizeof text - 1);
		abort();
	}
	return memory;
}

void *mem_alloc(size_t size)
{
	return or_abort(calloc(1, size ? size : 1));
}

void *mem_resize(void *old, size_t count, size_t size)
{
	/* realloc to nothing frees, and returns NULL or not as it likes. */
	if (!count || !size)
		count = size = 1;
	return or_abort(reallocarray(old, count, size));
}

char *mem_str(const char *text)
{
	return text ? or_abort(strdup(text)) : NULL;
}

char *mem_strn(const char *text, size_t len)
{
	char *copy = mem_resize(NULL, len + 1, 1);

	if (len)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *mem_printf(const char *fmt, ...)
{
	va_list args;
	char *text = NULL;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	return or_abort(len < 0 ? NULL : text);
}

void mem_auto_free(void *pointer_to_pointer)
{
	void *memory;

	/* The variable is a pointer of any type; copying its bytes asks no questions about aliasing. */
	memcpy(&memory, pointer_to_pointer, sizeof memory);
	free(memory);
}

void mem_auto_close(int *fd)
{
	int kept = errno;

	if (*fd >= 0)
		close(*fd);
	errno = kept;
}
