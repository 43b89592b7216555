/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes are records or an error with a line; and what was read, written again, reads the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "parse/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_record(struct buf *out, const struct csv_record *r)
{
	for (size_t i = 0; i < r->count; i++) {
		if (i)
			buf_char(out, ',');
		csv_put(out, r->fields[i]);
	}
	buf_char(out, '\n');
}

static void read_again(const struct csv_record *r)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(16));
	struct csv again;
	struct csv_record copy = { NULL, 0, 0 };
	struct err e = { ERR_NONE, "" };
	bool plain = r->count > 1;		/* the first line shows the divider; a single empty field is an empty line */

	write_record(&text, r);
	csv_init(&again, buf_text(&text), text.len);
	if (plain && again.divider == ',' && again.at == 0) {
		if (csv_next(&again, &copy, &e) != 1 || copy.count != r->count)
			abort();
		for (size_t i = 0; i < r->count; i++)
			if (strcmp(copy.fields[i], r->fields[i]) != 0)
				abort();
	}
	csv_record_done(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct csv c;
	struct csv_record r = { NULL, 0, 0 };
	struct err e = { ERR_NONE, "" };
	int more;
	long line = 0;

	csv_init(&c, (const char *)data, size);
	while ((more = csv_next(&c, &r, &e)) > 0) {
		if (!r.count || c.line <= line)
			abort();
		line = c.line;
		read_again(&r);
	}
	if (more < 0 && (e.kind != ERR_INPUT || strncmp(e.text, "line ", 5) != 0))
		abort();
	csv_record_done(&r);
	return 0;
}
