/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The option table as text: for --help, for the manual page, for completion.  An option without help is hidden. */
#include "parse/opt.h"

#include <string.h>

#include "base/mem.h"
#include "parse/opt_p.h"

enum {
	WIDTH = 80,
	LEFT_MAX = 30		/* longer left sides get a line of their own */
};

static const char *arg_of(const struct opt *o)
{
	if (opt_is_plain(o))
		return NULL;
	return o->arg ? o->arg : o->kind == OPT_CHOICE ? o->choices : "VALUE";
}

static const char *group_of(const struct opt *o)
{
	return o->group ? o->group : "Options";
}

static const struct opt *next_shown(const struct opt_command *c, struct opt_walk *walk)
{
	const struct opt *o;

	do
		o = opt_next(c, walk);
	while (o && !o->help);
	return o;
}

static bool is_first_of_group(const struct opt_command *c, const struct opt *o)
{
	struct opt_walk walk = { 0, 0 };
	const struct opt *earlier;

	while ((earlier = next_shown(c, &walk)) && strcmp(group_of(earlier), group_of(o)))
		;
	return earlier == o;
}

/* Tells each group with its options, in the order in which the groups appear first, wherever their options are. */
static void each_group(const struct opt_command *c, struct buf *b, void (*begin)(struct buf *, const char *group),
		       void (*entry)(struct buf *, const struct opt *, size_t), size_t column)
{
	struct opt_walk outer = { 0, 0 }, inner;
	const struct opt *first, *o;

	while ((first = next_shown(c, &outer))) {
		if (!is_first_of_group(c, first))
			continue;
		begin(b, group_of(first));
		inner = (struct opt_walk){ 0, 0 };
		while ((o = next_shown(c, &inner)))
			if (!strcmp(group_of(o), group_of(first)))
				entry(b, o, column);
	}
}

/* "  -o, --output DIR" */
static void left_side(struct buf *b, const struct opt *o)
{
	bool has_letters = o->letters && *o->letters;

	buf_str(b, "  ");
	if (has_letters)
		buf_printf(b, "-%s", o->letters);
	if (o->name && *o->name)
		buf_printf(b, "%s--%s", has_letters ? ", " : "    ", o->name);
	if (arg_of(o))
		buf_printf(b, " %s", arg_of(o));
}

static size_t help_column(const struct opt_command *c)
{
	struct opt_walk walk = { 0, 0 };
	const struct opt *o;
	size_t widest = 0;

	while ((o = next_shown(c, &walk))) {
		auto_buf struct buf left = BUF_INIT(WIDTH);

		left_side(&left, o);
		if (left.len <= LEFT_MAX - 2 && left.len > widest)
			widest = left.len;
	}
	return widest ? widest + 2 : LEFT_MAX;
}

static void start_line(struct buf *b, size_t column)
{
	buf_printf(b, "\n%*s", (int)column, "");
}

/* Words from column on, the cursor being there. */
static void wrap(struct buf *b, const char *text, size_t column)
{
	size_t at = column;

	while (*(text += strspn(text, " \n"))) {
		size_t len = strcspn(text, " \n");

		if (at > column && at + 1 + len > WIDTH) {
			start_line(b, column);
			at = column;
		} else if (at > column) {
			buf_char(b, ' ');
			at++;
		}
		buf_add(b, text, len);
		at += len;
		text += len;
	}
	buf_char(b, '\n');
}

static void help_group(struct buf *b, const char *group)
{
	buf_printf(b, "\n%s:\n", group);
}

static void help_entry(struct buf *b, const struct opt *o, size_t column)
{
	auto_buf struct buf left = BUF_INIT(BUF_MB(1));

	left_side(&left, o);
	buf_str(b, buf_text(&left));
	if (left.len + 2 > column)
		start_line(b, column);
	else
		buf_printf(b, "%*s", (int)(column - left.len), "");
	wrap(b, o->help, column);
}

void opt_help(const struct opt_command *c, struct buf *b)
{
	const char *form = c->synopsis ? c->synopsis : "[options]";

	for (const char *lead = "Usage:"; form; lead = "      ") {
		size_t len = strcspn(form, "\n");

		buf_printf(b, "%s %s %.*s\n", lead, c->name, (int)len, form);
		form = form[len] && form[len + 1] ? form + len + 1 : NULL;
	}
	if (c->summary)
		buf_printf(b, "\n%s\n", c->summary);
	each_group(c, b, help_group, help_entry, help_column(c));
}

/* Hyphens are minus signs to be copied into a shell; quotes and the like must not become typographical; a line must not
 * begin with a request. */
static void roff(struct buf *b, const char *text)
{
	static const struct {
		char plain;
		const char *escape;
	} escapes[] = {
		{ '\\', "\\(rs" }, { '-', "\\-" }, { '\'', "\\(aq" }, { '`', "\\(ga" }, { '^', "\\(ha" },
		{ '~', "\\(ti" }, { '"', "\\(dq" },
	};

	if (*text == '.')
		buf_str(b, "\\&");
	for (; *text; text++) {
		size_t i = 0;

		while (i < countof(escapes) && escapes[i].plain != *text)
			i++;
		if (i < countof(escapes))
			buf_str(b, escapes[i].escape);
		else
			buf_char(b, *text == '\n' ? ' ' : *text);
	}
}

static void man_name(struct buf *b, const char *dashes, const char *name)
{
	buf_str(b, "\\fB");
	roff(b, dashes);
	roff(b, name);
	buf_str(b, "\\fR");
}

static void man_group(struct buf *b, const char *group)
{
	buf_str(b, ".SS ");
	roff(b, group);
	buf_char(b, '\n');
}

static void man_entry(struct buf *b, const struct opt *o, size_t column)
{
	bool has_name = o->name && *o->name, has_letters = o->letters && *o->letters;

	(void)column;
	buf_str(b, ".TP\n");
	if (has_letters)
		man_name(b, "-", o->letters);
	if (has_letters && has_name)
		buf_str(b, ", ");
	if (has_name)
		man_name(b, "--", o->name);
	if (arg_of(o)) {
		buf_str(b, " \\fI");
		roff(b, arg_of(o));
		buf_str(b, "\\fR");
	}
	buf_char(b, '\n');
	roff(b, o->help);
	buf_char(b, '\n');
}

void opt_man(const struct opt_command *c, struct buf *b)
{
	buf_str(b, ".SH OPTIONS\n");
	each_group(c, b, man_group, man_entry, 0);
}

void opt_names(const struct opt_command *c, struct buf *b)
{
	struct opt_walk walk = { 0, 0 };
	const struct opt *o;

	while ((o = next_shown(c, &walk))) {
		if (o->name && *o->name)
			buf_printf(b, "--%s\n", o->name);
		if (o->letters && *o->letters)
			buf_printf(b, "-%s\n", o->letters);
	}
}

void opt_each(const struct opt_command *c, void (*each)(const struct opt *, void *owner), void *owner)
{
	struct opt_walk walk = { 0, 0 };
	const struct opt *o;

	while ((o = next_shown(c, &walk)))
		each(o, owner);
}
