/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A template, a NUL, and a value for all that it names: no path may leave the folder or grow without end. */
#include "dicom/layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_path(const char *path)
{
	for (const char *name = path; name; name = strchr(name, '/')) {
		name += *name == '/' && name != path;
		if (*name == '.' || *name == '/' || !*name || strcspn(name, "/") > 240)
			abort();
	}
	if (strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/") != strlen(path))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = mem_strn((const char *)data, size);
	const char *value = text + strlen(text) + (strlen(text) < size);
	struct err e = { ERR_NONE, "" };
	struct layout *l = layout_parse(text, &e);
	uint32_t tags[LAYOUT_FIELDS_MAX];
	struct dataset d;

	if (!l != (e.kind == ERR_USAGE))
		abort();
	dataset_init(&d);
	for (size_t i = l ? layout_tags(l, tags, LAYOUT_FIELDS_MAX) : 0; i; i--)
		dataset_text(&d, tags[i - 1], value);
	for (int serial = 0; l && serial < 2; serial++) {
		auto_free char *path = layout_path(l, &d, serial);

		check_path(path);
	}
	dataset_done(&d);
	layout_free(l);
	return 0;
}
