/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Amounts in words.  Each result stands in a ring of static buffers: the last eight are valid. */
#pragma once

#include <stddef.h>

const char *show_bytes(long long bytes);		/* "512 bytes", "1.2 MB", "3.4 GB" */
const char *show_duration(long long ms);		/* "1 m 02 s" */
const char *show_count(long long count);		/* "1,234" */
const char *show_number(long long count, const char *one, const char *many);	/* "1 file", "1,234 files"; the words at most 20 bytes */
const char *show_studies(size_t count);			/* "1 study" */
const char *show_objects(long long count);		/* "1,234 objects" */
