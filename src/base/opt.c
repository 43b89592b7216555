/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parsing by the option table.  A word of the command line is an option by its spelling alone, exactly: no prefixes, so
 * that an option added later cannot change what an old script means. */
#include "base/opt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/opt_p.h"

enum { SUGGEST_MAX = 64 };	/* bytes of a name that is compared */

struct parsing {
	const struct opt_command *command;
	int argc, at;		/* argv[at] is the word looked at */
	char **argv;
	void *values;
	struct err *e;
};

const struct opt *opt_next(const struct opt_command *c, struct opt_walk *w)
{
	for (; c->tables[w->table]; w->table++, w->row = 0) {
		const struct opt *o = &c->tables[w->table][w->row];

		if ((o->name && *o->name) || (o->letters && *o->letters)) {
			w->row++;
			return o;
		}
	}
	return NULL;
}

/* Letters hold a word, such as "ct" for -ct. */
static bool is_word(const struct opt *o)
{
	return o->letters && o->letters[0] && o->letters[1];
}

/* By its letters or by its long name. */
static const struct opt *find(const struct opt_command *c, bool by_letters, const char *text, size_t len)
{
	struct opt_walk walk = { 0, 0 };
	const struct opt *o;

	while ((o = opt_next(c, &walk))) {
		const char *name = by_letters ? o->letters : o->name;

		if (name && len && !strncmp(name, text, len) && !name[len])
			return o;
	}
	return NULL;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to insert, remove or replace to get from a to b; both shorter than SUGGEST_MAX. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[SUGGEST_MAX + 1], columns = strlen(b);

	for (size_t j = 0; j <= columns; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= columns; j++) {
			size_t replaced = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[columns];
}

/* How far the typed word is from a name; a beginning of the name is close whatever its length. */
static size_t distance(const char *typed, const char *name)
{
	size_t len = strlen(typed);

	if (!name || len >= SUGGEST_MAX || strlen(name) >= SUGGEST_MAX)
		return SUGGEST_MAX;
	if (len > 2 && !strncmp(typed, name, len))
		return least(1, strlen(name) - len);
	return edit_distance(typed, name);
}

/* The nearest name with its dashes, yours, or NULL when nothing is near. */
static char *suggest(const struct opt_command *c, const char *typed)
{
	size_t best = strlen(typed) < 4 ? 2 : 3;
	const char *name = NULL, *dashes = "";
	struct opt_walk walk = { 0, 0 };
	const struct opt *o;

	while ((o = opt_next(c, &walk))) {
		if (o->help && distance(typed, o->name) < best) {
			best = distance(typed, o->name);
			name = o->name;
			dashes = "--";
		}
		if (o->help && is_word(o) && distance(typed, o->letters) < best) {
			best = distance(typed, o->letters);
			name = o->letters;
			dashes = "-";
		}
	}
	return name ? mem_printf("%s%s", dashes, name) : NULL;
}

/* word as typed, with its dashes and without a value. */
static int refuse_unknown(struct parsing *p, const char *word)
{
	auto_free char *near = suggest(p->command, word + strspn(word, "-"));

	if (near)
		return err_set(p->e, ERR_USAGE, "unknown option %s; did you mean %s?", word, near);
	return err_set(p->e, ERR_USAGE, "unknown option %s", word);
}

struct unit {
	const char *letters;
	long long factor;
};

static const struct unit no_units[] = { { "", 1 } };
static const struct unit second_units[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 }, };
static const struct unit byte_units[] = {
	{ "", 1 }, { "kK", 1LL << 10 }, { "mM", 1LL << 20 }, { "gG", 1LL << 30 }, { "tT", 1LL << 40 },
};

static const struct {
	const struct unit *units;
	size_t count;
	const char *wanted;
} amounts[] = {
	[OPT_INTEGER] = { no_units, countof(no_units), "a whole number" },
	[OPT_SECONDS] = { second_units, countof(second_units), "a time such as 90, 90s, 5m, 2h or 3d" },
	[OPT_BYTES] = { byte_units, countof(byte_units), "a size such as 512K, 10M or 2G" },
};

static bool is_unit(const struct unit *u, const char *text)
{
	return !*u->letters ? !*text : *text && !text[1] && strchr(u->letters, *text);
}

/* 0; EINVAL when it is no amount, ERANGE when it is one too large to hold. */
static int parse_amount(enum opt_kind kind, const char *text, long long *ret_amount)
{
	const char *digits = text + (*text == '-' || *text == '+');
	long long amount;
	char *end;

	if (*digits < '0' || *digits > '9')
		return EINVAL;
	errno = 0;
	amount = strtoll(text, &end, 10);
	for (size_t i = 0; i < amounts[kind].count; i++) {
		const struct unit *u = &amounts[kind].units[i];

		if (is_unit(u, end))
			return errno || __builtin_mul_overflow(amount, u->factor, ret_amount) ? ERANGE : 0;
	}
	return EINVAL;
}

/* A table that gives no maximum, or one below its minimum, means none. */
static bool has_max(const struct opt *o)
{
	return o->max > o->min || (o->max == o->min && o->max);
}

static int put_amount(const struct opt *o, const char *shown, const char *text, long long *value, struct err *e)
{
	long long amount = 0;
	int why = parse_amount(o->kind, text, &amount);

	if (why == EINVAL)
		return err_set(e, ERR_USAGE, "%s %s: not %s", shown, text, amounts[o->kind].wanted);
	if (!why && amount >= o->min && (!has_max(o) || amount <= o->max)) {
		*value = amount;
		return 0;
	}
	if (has_max(o))
		return err_set(e, ERR_USAGE, "%s %s: must be from %lld to %lld", shown, text, o->min, o->max);
	if (why)
		return err_set(e, ERR_USAGE, "%s %s: too large", shown, text);
	return err_set(e, ERR_USAGE, "%s %s: must be at least %lld", shown, text, o->min);
}

static int put_choice(const struct opt *o, const char *shown, const char *text, const char **value, struct err *e)
{
	size_t len = strlen(text);

	for (const char *word = o->choices; word; word = strchr(word, '|')) {
		word += *word == '|';
		if (len && strcspn(word, "|") == len && !strncmp(word, text, len)) {
			*value = text;
			return 0;
		}
	}
	return err_set(e, ERR_USAGE, "%s %s: must be one of %s", shown, text, o->choices);
}

static void put_list(struct opt_list *list, const char *text)
{
	mem_grow(list->items, list->count, list->room);
	list->items[list->count++] = text;
}

/* shown is the option as typed; text is NULL for flags. */
static int put(const struct parsing *p, const struct opt *o, const char *shown, const char *text)
{
	void *value = (char *)p->values + o->at;

	if (!text) {
		*(bool *)value = true;
		return 0;
	}
	if ((o->kind == OPT_STRING || o->kind == OPT_LIST) && !*text)
		return err_set(p->e, ERR_USAGE, "%s is empty: give a value, or leave it out", shown);
	switch (o->kind) {
	case OPT_FLAG:
		break;
	case OPT_STRING: case OPT_TEXT:
		*(const char **)value = text;
		return 0;
	case OPT_INTEGER: case OPT_SECONDS: case OPT_BYTES:
		return put_amount(o, shown, text, value, p->e);
	case OPT_CHOICE:
		return put_choice(o, shown, text, value, p->e);
	case OPT_LIST:
		put_list(value, text);
		return 0;
	}
	abort();
}

/* attached is what was written behind the option in its own word; NULL for nothing. */
static int put_next(struct parsing *p, const struct opt *o, const char *shown, const char *attached)
{
	if (o->kind == OPT_FLAG && attached)
		return err_set(p->e, ERR_USAGE, "%s takes no value", shown);
	if (o->kind == OPT_FLAG || attached)
		return put(p, o, shown, attached);
	if (p->at + 1 >= p->argc)
		return err_set(p->e, ERR_USAGE, "%s needs a value (%s)", shown, o->arg ? o->arg : "VALUE");
	return put(p, o, shown, p->argv[++p->at]);
}

static int parse_long(struct parsing *p, const char *word)
{
	size_t len = strcspn(word, "=");
	auto_free char *shown = mem_strn(word, len);
	const struct opt *o = find(p->command, false, shown + 2, len - 2);

	if (!o)
		return refuse_unknown(p, shown);
	return put_next(p, o, shown, word[len] ? word + len + 1 : NULL);
}

/* -nv, -x value, -xvalue; -ct was looked for before. */
static int parse_letters(struct parsing *p, const char *word)
{
	for (const char *at = word + 1; *at; at++) {
		const struct opt *o = find(p->command, true, at, 1);
		char shown[] = { '-', *at, '\0' };

		if (!o && at == word + 1)
			return refuse_unknown(p, word);
		if (!o)
			return err_set(p->e, ERR_USAGE, "unknown option %s in %s", shown, word);
		if (o->kind != OPT_FLAG)
			return put_next(p, o, shown, at[1] ? at + 1 : NULL);
		put(p, o, shown, NULL);
	}
	return 0;
}

static int parse_option(struct parsing *p)
{
	const char *word = p->argv[p->at];
	const struct opt *o;

	if (word[1] == '-')
		return parse_long(p, word);
	o = find(p->command, true, word + 1, strlen(word + 1));
	return o ? put_next(p, o, word, NULL) : parse_letters(p, word);
}

int opt_parse(const struct opt_command *c, int argc, char **argv, void *values, const char ***rest, size_t *ret_rest,
	      struct err *e)
{
	struct parsing p = { c, argc, 1, argv, values, e };
	struct opt_list words = { NULL, 0, 0 };
	bool ended = false;

	for (; p.at < argc; p.at++) {
		const char *word = argv[p.at];

		if (ended || word[0] != '-' || !word[1]) {
			put_list(&words, word);
		} else if (!strcmp(word, "--")) {
			ended = true;
		} else if (parse_option(&p) < 0) {
			opt_list_done(&words);
			return -1;
		}
	}
	*rest = words.items;
	*ret_rest = words.count;
	return 0;
}

void opt_list_done(struct opt_list *list)
{
	free(list->items);
	*list = (struct opt_list){ NULL, 0, 0 };
}
