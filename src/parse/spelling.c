/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "parse/spelling.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum { LONGEST = 64, PART = LONGEST };		/* PART: farther than any misspelling */

static int least(int a, int b)
{
	return a < b ? a : b;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* In words of up to four letters a replaced letter makes another word ("node", "mode"). */
static int count_edits(const char *a, const char *b, int replaced)
{
	int rows[3][LONGEST + 1], *row = rows[0], *above = rows[1], *before = rows[2];
	int columns = (int)strlen(b);

	for (int j = 0; j <= columns; j++)
		row[j] = j;
	for (int i = 1; a[i - 1]; i++) {
		int *spare = before;

		before = above;
		above = row;
		row = spare;
		row[0] = i;
		for (int j = 1; j <= columns; j++) {
			row[j] = least(above[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : replaced), least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return row[columns];
}

int spelling_distance(const char *typed, const char *known)
{
	size_t len = strlen(typed), other = strlen(known);
	int edits, allowed = len < 8 ? 1 : 2;

	if (len < 2 || len >= LONGEST || other >= LONGEST || other < 2)
		return -1;
	edits = count_edits(typed, known, len <= 4 || other <= 4 ? 2 : 1);
	return edits <= allowed ? edits : -1;
}

bool spelling_is_part(const char *typed, const char *name)
{
	size_t len = strlen(typed);

	for (const char *part = name; len > 1 && part; part = strpbrk(part, "-_")) {
		part += part != name;
		if (!strncasecmp(part, typed, len) && (len > 2 || !part[len] || strchr("-_", part[len])))
			return true;
	}
	return false;
}

void spelling_try(struct spelling *s, const char *known, const char *before)
{
	int edits = spelling_distance(s->typed, known);
	int rank = edits + 1;

	if (!rank && spelling_is_part(s->typed, known))
		rank = PART;
	if (!rank || (s->best && rank > s->best))
		return;
	if (rank < s->best)
		s->count = 0;
	s->best = rank;
	if (s->count < countof(s->found))
		snprintf(s->found[s->count], sizeof s->found[0], "%s%s", before, known);
	s->count++;
}

void spelling_hint(const struct spelling *s, struct buf *out)
{
	if (!s->count || s->count > countof(s->found))
		return;
	buf_str(out, "; did you mean ");
	for (size_t i = 0; i < s->count; i++) {
		if (i)
			buf_str(out, i + 1 < s->count ? ", " : " or ");
		buf_str(out, s->found[i]);
	}
	buf_char(out, '?');
}
