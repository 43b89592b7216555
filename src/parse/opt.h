/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The option table: one table per command yields parsing, --help, the manual page and completion, so that they cannot
 * drift apart.  GNU rules: --name value, --name=value, unambiguous prefixes refused (scripts must not break), -x value,
 * -xvalue, options after arguments, -- ends options. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum opt_kind {
	OPT_FLAG,	/* bool */
	OPT_STRING,	/* const char *: points into argv; never empty: a script whose variable is unset must not ask for everything */
	OPT_TEXT,	/* the same, and may be empty */
	OPT_INTEGER,	/* long long within min..max */
	OPT_CHOICE,	/* const char *: one of the words in choices ("c-move|c-get|auto"), in any case */
	OPT_WORD,	/* const char *: takes no value and is set to choices */
	OPT_SECONDS,	/* long long seconds; accepts 90, 90s, 5m, 2h, 3d */
	OPT_TIME,	/* the same, and the unit is needed: 26 may be meant as hours */
	OPT_BYTES,	/* long long bytes; the unit is needed: 10M, 2G, 512K, 10GB, 10GiB (1024s), 100B */
	OPT_LIST,	/* struct opt_list: may be repeated; never empty */
	OPT_OPTIONS	/* a file (or "-") with further options, which take its place; it has no member */
};

struct opt_list {
	const char **items;
	size_t count, room;
};

struct opt {
	const char *name;	/* "study-date"; NULL with a letter only; ends the table when both are empty */
	const char *letters;	/* one short letter or "", or "word" for old single-dash words such as -ct (given as "ct") */
	const char *arg;	/* "DATE"; NULL for flags */
	enum opt_kind kind;
	size_t at;		/* offsetof in the command's struct of values */
	long long min, max;	/* OPT_INTEGER/SECONDS/TIME/BYTES; both 0 = from 0; max below min = none */
	const char *choices;
	const char *group;	/* heading in --help and the manual page */
	const char *help;	/* one sentence; default mentioned here; NULL hides the option */
};

/* The rows of a table, and its end.  letters, at and the rest as above. */
#define FLAG(n, l, a, g, h)		{ .name = n, .letters = l, .kind = OPT_FLAG, .at = a, .group = g, .help = h }
#define VALUE_ROW(k, n, l, v, ...)	{ .name = n, .letters = l, .arg = v, .kind = k, __VA_ARGS__ }
#define STRING(n, l, v, a, g, h)	VALUE_ROW(OPT_STRING, n, l, v, .at = a, .group = g, .help = h)
#define TEXT(n, l, v, a, g, h)		VALUE_ROW(OPT_TEXT, n, l, v, .at = a, .group = g, .help = h)
#define LIST(n, l, v, a, g, h)		VALUE_ROW(OPT_LIST, n, l, v, .at = a, .group = g, .help = h)
#define CHOICE(n, l, v, a, c, g, h)	VALUE_ROW(OPT_CHOICE, n, l, v, .at = a, .choices = c, .group = g, .help = h)
#define INTEGER(n, l, v, a, lo, hi, g, h)	VALUE_ROW(OPT_INTEGER, n, l, v, .at = a, .min = lo, .max = hi, .group = g, .help = h)
#define SECONDS(n, l, v, a, lo, hi, g, h)	VALUE_ROW(OPT_SECONDS, n, l, v, .at = a, .min = lo, .max = hi, .group = g, .help = h)
#define TIME(n, l, v, a, lo, hi, g, h)	VALUE_ROW(OPT_TIME, n, l, v, .at = a, .min = lo, .max = hi, .group = g, .help = h)
#define BYTES(n, l, v, a, lo, hi, g, h)	VALUE_ROW(OPT_BYTES, n, l, v, .at = a, .min = lo, .max = hi, .group = g, .help = h)
#define OPTIONS(n, l, v, g, h)		VALUE_ROW(OPT_OPTIONS, n, l, v, .group = g, .help = h)
#define WORD(l, a, w)			{ .letters = l, .kind = OPT_WORD, .at = a, .choices = w }	/* hidden: another spelling */
#define OPT_END				{ .letters = "" }

struct opt_command {
	const char *name;		/* "dicom-qr query" as shown */
	const char *synopsis;		/* "NODE [options]" (one line per form, separated by LF) */
	const char *summary;		/* one line for the command list */
	const char *description;	/* paragraphs, for the manual page */
	const char *examples;		/* lines, for the manual page */
	const struct opt *const *tables;	/* NULL-terminated list of tables, so that commands share groups */
};

/* A file of OPT_OPTIONS: a line is one option, "--name value", "--name=value" or "--name", the value unquoted up to its end, or one
 * argument; empty lines and those that begin with # are skipped.  What such a line holds is in no list of processes.
 *
 * Parses argv[1..argc-1].  values is the command's struct (already holding the defaults); *rest receives the positional
 * arguments (pointers into argv, or kept for good; array yours).  Errors are ERR_USAGE, naming the option, the value, the range, and for
 * an unknown option the nearest known one ("did you mean --study-date?"). */
int opt_parse(const struct opt_command *, int argc, char **argv, void *values, const char ***rest, size_t *ret_rest,
	      struct err *);
bool opt_is_plain(const struct opt *);		/* takes no value */
void opt_list_done(struct opt_list *);
void opt_help(const struct opt_command *, struct buf *);		/* grouped, 80 columns */
void opt_man(const struct opt_command *, struct buf *);			/* the OPTIONS part in man(7) roff */
void opt_names(const struct opt_command *, struct buf *);		/* one option a line, for completion and tests */
/* Calls each with every row that is not hidden, in the order of the tables. */
void opt_each(const struct opt_command *, void (*each)(const struct opt *, void *owner), void *owner);
