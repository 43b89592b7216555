/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parsing by the option table.  A word of the command line is an option by its spelling alone, exactly: no prefixes, so
 * that an option added later cannot change what an old script means. */
#include "parse/opt.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/ownership.h"
#include "parse/opt_p.h"
#include "parse/spelling.h"

struct parsing {
	const struct opt_command *command;
	int argc, at;		/* argv[at] is the word looked at */
	char **argv;
	void *values;
	struct err *e;
	struct opt_list *rest;
	bool in_file;
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

bool opt_is_plain(const struct opt *o)
{
	return o->kind == OPT_FLAG || o->kind == OPT_WORD;
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

/* word as typed, with its dashes and without a value. */
static int refuse_unknown(struct parsing *p, const char *word)
{
	struct spelling near = { .typed = word + strspn(word, "-") };
	auto_buf struct buf hint = BUF_INIT(512);
	struct opt_walk walk = { 0, 0 };
	const struct opt *o;

	while ((o = opt_next(p->command, &walk))) {
		if (o->help && o->name)
			spelling_try(&near, o->name, "--");
		if (o->help && is_word(o))
			spelling_try(&near, o->letters, "-");
	}
	spelling_hint(&near, &hint);
	return err_set(p->e, ERR_USAGE, "unknown option %s%s", word, buf_text(&hint));
}

struct unit {
	const char *words;		/* each between blanks, in small letters; NULL = a number alone */
	long long factor;
};

static const struct unit no_units[] = { { NULL, 1 } };
static const struct unit second_units[] = { { NULL, 1 }, { " s ", 1 }, { " m min ", 60 }, { " h ", 3600 }, { " d ", 86400 } };
static const struct unit byte_units[] = {
	{ " b ", 1 }, { " k kb kib ", 1LL << 10 }, { " m mb mib ", 1LL << 20 }, { " g gb gib ", 1LL << 30 }, { " t tb tib ", 1LL << 40 },
};

static const struct {
	const struct unit *units;
	size_t count;
	const char *wanted;
	const char *bare;		/* what is said of a number alone where it means nothing */
} amounts[] = {
	[OPT_INTEGER] = { no_units, countof(no_units), "a whole number", NULL },
	[OPT_SECONDS] = { second_units, countof(second_units), "a time such as 90, 90s, 5m, 2h or 3d", NULL },
	[OPT_TIME] = { second_units + 1, countof(second_units) - 1, "a time such as 90s, 5m, 2h or 3d",
		       "a unit is missing: s, m, h or d, as in 90s, 5m, 2h or 3d" },
	[OPT_BYTES] = { byte_units, countof(byte_units), "a size such as 512K, 10M or 2G",
			"a unit is missing: B, K, M, G or T, as in 512K, 10M or 2G" },
};

static bool is_unit(const struct unit *u, const char *text)
{
	char word[8] = " ";
	size_t len = strlen(text);

	if (!u->words || !len || len > sizeof word - 3)
		return !u->words && !len;
	for (size_t i = 0; i < len; i++)
		word[i + 1] = (char)tolower((unsigned char)text[i]);
	word[len + 1] = ' ';
	return strstr(u->words, word) != NULL;
}

enum amount { AMOUNT_GOOD, AMOUNT_NONE, AMOUNT_BARE, AMOUNT_TOO_LARGE };

/* Nought needs no unit. */
static enum amount parse_amount(enum opt_kind kind, const char *text, long long *ret_amount)
{
	const char *digits = text + (*text == '-' || *text == '+');
	long long amount;
	char *end;

	if (*digits < '0' || *digits > '9')
		return AMOUNT_NONE;
	errno = 0;
	amount = strtoll(text, &end, 10);
	*ret_amount = 0;
	if (!*end && amounts[kind].bare)
		return amount ? AMOUNT_BARE : AMOUNT_GOOD;
	for (size_t i = 0; i < amounts[kind].count; i++) {
		const struct unit *u = &amounts[kind].units[i];

		if (is_unit(u, end))
			return errno || __builtin_mul_overflow(amount, u->factor, ret_amount) ? AMOUNT_TOO_LARGE : AMOUNT_GOOD;
	}
	return AMOUNT_NONE;
}

/* A table that gives no maximum, or one below its minimum, means none. */
static bool has_max(const struct opt *o)
{
	return o->max > o->min || (o->max == o->min && o->max);
}

static int put_amount(const struct opt *o, const char *shown, const char *text, long long *value, struct err *e)
{
	long long amount = 0;
	enum amount what = parse_amount(o->kind, text, &amount);

	if (what == AMOUNT_NONE)
		return err_set(e, ERR_USAGE, "%s %s: not %s", shown, text, amounts[o->kind].wanted);
	if (what == AMOUNT_BARE)
		return err_set(e, ERR_USAGE, "%s %s: %s", shown, text, amounts[o->kind].bare);
	if (what == AMOUNT_GOOD && amount >= o->min && (!has_max(o) || amount <= o->max)) {
		*value = amount;
		return 0;
	}
	if (has_max(o))
		return err_set(e, ERR_USAGE, "%s %s: must be from %lld to %lld", shown, text, o->min, o->max);
	if (what == AMOUNT_TOO_LARGE)
		return err_set(e, ERR_USAGE, "%s %s: too large", shown, text);
	return err_set(e, ERR_USAGE, "%s %s: must be at least %lld", shown, text, o->min);
}

/* C-GET and c_get are c-get, too. */
static bool is_choice(const char *word, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (tolower((unsigned char)(text[i] == '_' ? '-' : text[i])) != word[i])
			return false;
	return true;
}

/* The choice as the table spells it replaces the word that was typed. */
static int put_choice(const struct opt *o, const char *shown, char *text, const char **value, struct err *e)
{
	size_t len = strlen(text);

	for (const char *word = o->choices; word; word = strchr(word, '|')) {
		word += *word == '|';
		if (len && strcspn(word, "|") == len && is_choice(word, text, len)) {
			if (memcmp(text, word, len))
				memcpy(text, word, len);
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

static int parse_file(const struct parsing *p, const char *shown, const char *path);

/* shown is the option as typed; text is NULL for flags. */
static int put(const struct parsing *p, const struct opt *o, const char *shown, char *text)
{
	void *value = (char *)p->values + o->at;

	if (o->kind == OPT_WORD) {
		*(const char **)value = o->choices;
		return 0;
	}
	if (!text) {
		*(bool *)value = true;
		return 0;
	}
	if ((o->kind == OPT_STRING || o->kind == OPT_LIST) && !*text)
		return err_set(p->e, ERR_USAGE, "%s is empty: give a value, or leave it out", shown);
	switch (o->kind) {
	case OPT_FLAG: case OPT_WORD:
		break;
	case OPT_STRING: case OPT_TEXT:
		*(const char **)value = text;
		return 0;
	case OPT_INTEGER: case OPT_SECONDS: case OPT_TIME: case OPT_BYTES:
		return put_amount(o, shown, text, value, p->e);
	case OPT_CHOICE:
		return put_choice(o, shown, text, value, p->e);
	case OPT_LIST:
		put_list(value, text);
		return 0;
	case OPT_OPTIONS:
		return parse_file(p, shown, text);
	}
	abort();
}

/* attached is what was written behind the option in its own word; NULL for nothing. */
static int put_next(struct parsing *p, const struct opt *o, const char *shown, char *attached)
{
	if (opt_is_plain(o) && attached)
		return err_set(p->e, ERR_USAGE, "%s takes no value", shown);
	if (opt_is_plain(o) || attached)
		return put(p, o, shown, attached);
	if (p->at + 1 >= p->argc)
		return err_set(p->e, ERR_USAGE, "%s needs a value (%s)", shown, o->arg ? o->arg : "VALUE");
	return put(p, o, shown, p->argv[++p->at]);
}

static int parse_long(struct parsing *p, char *word)
{
	size_t len = strcspn(word, "=");
	auto_free char *shown = mem_strn(word, len);
	const struct opt *o = find(p->command, false, shown + 2, len - 2);

	if (!o)
		return refuse_unknown(p, shown);
	return put_next(p, o, shown, word[len] ? word + len + 1 : NULL);
}

/* -nv, -x value, -xvalue; -ct was looked for before. */
static int parse_letters(struct parsing *p, char *word)
{
	for (char *at = word + 1; *at; at++) {
		const struct opt *o = find(p->command, true, at, 1);
		char shown[] = { '-', *at, '\0' };

		if (!o && at == word + 1)
			return refuse_unknown(p, word);
		if (!o)
			return err_set(p->e, ERR_USAGE, "unknown option %s in %s", shown, word);
		if (!opt_is_plain(o))
			return put_next(p, o, shown, at[1] ? at + 1 : NULL);
		put(p, o, shown, NULL);
	}
	return 0;
}

static int parse_option(struct parsing *p)
{
	char *word = p->argv[p->at];
	const struct opt *o;

	if (word[1] == '-')
		return parse_long(p, word);
	o = find(p->command, true, word + 1, strlen(word + 1));
	return o ? put_next(p, o, word, NULL) : parse_letters(p, word);
}

static int parse_words(struct parsing *p)
{
	bool ended = false;

	for (; p->at < p->argc; p->at++) {
		char *word = p->argv[p->at];

		if (ended || word[0] != '-' || !word[1])
			put_list(p->rest, word);
		else if (!strcmp(word, "--"))
			ended = true;
		else if (parse_option(p) < 0)
			return -1;
	}
	return 0;
}

/* One line: an option and its value are two words. */
static int parse_line(const struct parsing *outer, char *line)
{
	static struct opt_list kept;		/* values point into lines */
	size_t name = *line == '-' ? strcspn(line, "= \t") : strlen(line);
	struct parsing p = *outer;
	char *words[2] = { line, NULL };

	for (size_t len = strlen(line); len && strchr(" \t\r", line[len - 1]); len--)
		line[len - 1] = '\0';
	if (!*line || *line == '#')
		return 0;
	words[0] = mem_str(line);
	put_list(&kept, words[0]);
	if (words[0][0] == '-' && (line[name] == ' ' || line[name] == '\t')) {
		words[0][name] = '\0';
		words[1] = words[0] + name + 1 + strspn(words[0] + name + 1, " \t");
	}
	p.argv = words;
	p.argc = words[1] ? 2 : 1;
	p.at = 0;
	p.in_file = true;
	return parse_words(&p);
}

static int read_options(const char *path, struct buf *text, struct err *e)
{
	bool standard = !strcmp(path, "-");
	auto_close int fd = standard ? -1 : open(path, O_RDONLY | O_CLOEXEC);

	if (standard)
		return file_read(path, text, e);
	if (fd < 0)
		return err_sys(e, "open %s", path);
	return ownership_check(fd, path, e) < 0 ? -1 : file_read_fd(fd, path, text, e);
}

static int parse_file(const struct parsing *p, const char *shown, const char *path)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(1));
	char *rest, *line;
	int number = 0;

	if (p->in_file)
		return err_set(p->e, ERR_USAGE, "%s stands in a file of options: one file cannot name another", shown);
	if (read_options(path, &text, p->e) < 0)
		return err_in(p->e, "%s", shown);
	if (memchr(buf_text(&text), '\0', text.len))
		return err_set(p->e, ERR_USAGE, "%s %s: it is no text", shown, path);
	rest = text.len ? text.data : NULL;
	while ((line = strsep(&rest, "\n"))) {
		number++;
		if (parse_line(p, line + strspn(line, " \t")) < 0)
			return err_in(p->e, "%s %s: line %d", shown, path, number);
	}
	return 0;
}

int opt_parse(const struct opt_command *c, int argc, char **argv, void *values, const char ***rest, size_t *ret_rest,
	      struct err *e)
{
	struct opt_list words = { NULL, 0, 0 };
	struct parsing p = { .command = c, .argc = argc, .at = 1, .argv = argv, .values = values, .e = e, .rest = &words };

	if (parse_words(&p) < 0) {
		opt_list_done(&words);
		return -1;
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
