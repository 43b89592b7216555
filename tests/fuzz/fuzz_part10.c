/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An answer of a PACS, as findscu wrote it; the text of it made UTF-8. */
#include "dicom/part10.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define HEAD 132			/* preamble and DICM, which teach a fuzzer nothing */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *file = malloc(HEAD + size);
	struct dataset set;
	size_t sum = 0;

	if (!file)
		return 0;
	memset(file, 0, HEAD);
	memcpy(file + HEAD - 4, "DICM", 4);
	memcpy(file + HEAD, data, size);
	dataset_init(&set);
	if (part10_read(file, HEAD + size, &set)) {
		for (size_t i = 0; i < set.count; i++)
			sum += set.elements[i].len;
		if (sum > 6 * size || (set.count > 1 && set.elements[0].tag >= set.elements[1].tag))
			__builtin_trap();
		dataset_decode(&set, "ISO_IR 100");
		for (size_t i = 0; i < set.count; i++)
			if (strlen(set.elements[i].value) != set.elements[i].len)
				__builtin_trap();
	}
	dataset_done(&set);
	free(file);
	return 0;
}
