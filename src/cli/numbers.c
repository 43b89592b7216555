/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nothing is guessed: a choice is understood whole or refused. */
#include "cli/numbers.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "parse/span.h"

enum { SHOWN_MAX = 60 };		/* bytes of a wrong part repeated to the person */

static int refuse(struct span s, struct err *e, const char *why)
{
	return err_set(e, ERR_USAGE, "%.*s%s: %s", (int)(s.len < SHOWN_MAX ? s.len : SHOWN_MAX), s.text,
		       s.len < SHOWN_MAX ? "" : "...", why);
}

/* A number of as many digits as one likes: what does not fit is as good as SIZE_MAX, which no list reaches. */
static bool read_number(struct span s, size_t *ret_number)
{
	size_t number = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.text[i] < '0' || s.text[i] > '9')
			return false;
		if (__builtin_mul_overflow(number, (size_t)10, &number) ||
		    __builtin_add_overflow(number, (size_t)(s.text[i] - '0'), &number))
			number = SIZE_MAX / 10;
	}
	*ret_number = number;
	return s.len > 0;
}

static int check_range(struct span part, size_t from, size_t until, size_t count, struct err *e)
{
	char why[80];

	if (!from || !until)
		return refuse(part, e, "numbers begin at 1");
	if (from > until)
		return refuse(part, e, "the range runs backwards");
	if (until <= count)
		return 0;
	snprintf(why, sizeof why, count ? "there %s only %zu stud%s" : "there are no studies", count == 1 ? "is" : "are", count,
		 count == 1 ? "y" : "ies");
	return refuse(part, e, why);
}

/* "5" or "1-5". */
static int read_range(struct span part, size_t count, size_t *ret_from, size_t *ret_until, struct err *e)
{
	const char *dash = memchr(part.text, '-', part.len);
	struct span first = part, last = part;

	if (dash) {
		first.len = (size_t)(dash - part.text);
		last = (struct span){ dash + 1, part.len - first.len - 1 };
	}
	first = span_trim(first);
	last = span_trim(last);
	if (dash && (!first.len || !last.len))
		return refuse(part, e, first.len ? "the range has no end" : "the range has no beginning");
	if (!read_number(first, ret_from) || !read_number(last, ret_until))
		return refuse(part, e, "not a number; write numbers like 1,3,5-7, or all, or none");
	return check_range(part, *ret_from, *ret_until, count, e);
}

/* One range or "all"; marks it unless chosen is NULL. */
static int take_part(struct span part, bool *chosen, size_t count, struct err *e)
{
	size_t from = 1, until = count;

	if (!part.len)
		return err_set(e, ERR_USAGE, "nothing beside a comma: write numbers like 1,3,5-7");
	if (!span_is(part, "all") && read_range(part, count, &from, &until, e) < 0)
		return -1;
	for (size_t i = from; chosen && i <= until; i++)
		chosen[i - 1] = true;
	return 0;
}

static int take_parts(const char *text, bool *chosen, size_t count, struct err *e)
{
	while (text)
		if (take_part(span_next(&text, ","), chosen, count, e) < 0)
			return -1;
	return 0;
}

int numbers_parse(const char *text, bool *chosen, size_t count, struct err *e)
{
	struct span whole = span_trim((struct span){ text, strlen(text) });
	bool none = !whole.len || span_is(whole, "none");

	if (!none && take_parts(text, NULL, count, e) < 0)	/* first only looks: a refused choice changes nothing */
		return -1;
	for (size_t i = 0; i < count; i++)
		chosen[i] = false;
	return none ? 0 : take_parts(text, chosen, count, e);
}
