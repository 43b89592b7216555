/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "parse/span.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct span span_trim(struct span s)
{
	while (s.len && is_blank(s.text[0])) {
		s.text++;
		s.len--;
	}
	while (s.len && is_blank(s.text[s.len - 1]))
		s.len--;
	return s;
}

struct span span_next(const char **rest, const char *separators)
{
	struct span s = { *rest, strcspn(*rest, separators) };

	*rest = s.text[s.len] ? s.text + s.len + 1 : NULL;
	return span_trim(s);
}

bool span_is(struct span s, const char *word)
{
	return s.len == strlen(word) && !strncasecmp(s.text, word, s.len);
}
