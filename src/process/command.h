/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command and the text that shows it, filled by the same calls so that they cannot disagree: pipecmd_tostring() does
 * not quote, and the arguments cannot be read back. */
#pragma once

#include <pipeline.h>
#include <stdbool.h>

#include "base/buf.h"

struct command {
	pipecmd *cmd;		/* what runs */
	struct buf shown;	/* the same words quoted for a shell: program and arguments */
	struct buf env, text;	/* NAME=value words before them; the whole as command_text() gave it last */
	char *program;		/* as given to command_new; NULL for a function */
	char *path;		/* PATH when command_env sets it, else NULL */
	char *dir;		/* working folder or NULL */
	bool deaf;		/* it ignores TERM and INT (command_deaf) */
	int stdin_fd;		/* -1 = /dev/null; else lent, dup'ed onto 0 */
	struct confinement *confined;	/* NULL: it runs as we do */
	char *name;		/* the program's last path component */
	struct command_call *call;	/* a function's */
};

struct confinement;
struct confine_rule;

struct command *command_new(const char *program);
/* A function run in a child process instead of a program; it gets data, returns the exit status, and writes to
 * descriptors 1 and 2 only.  free_data (may be NULL) is called in the parent when the command is freed. */
struct command *command_new_function(const char *name, int (*function)(void *data), void (*free_data)(void *), void *data);
void command_free(struct command *);
void command_arg(struct command *, const char *arg);
void command_argf(struct command *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void command_args(struct command *, ...) __attribute__((sentinel));	/* const char *, NULL-terminated */
void command_env(struct command *, const char *name, const char *value);	/* shown as NAME=value before the program */
void command_env_hidden(struct command *, const char *name, const char *value);	/* not shown */
void command_chdir(struct command *, const char *dir);	/* shown as (cd DIR && ...); it may read there */
/* From here on it is held to this rule (lent), and to what the next three say besides (base/confine.h). */
void command_confine(struct command *, const struct confine_rule *);
void command_may_write(struct command *, const char *folder);	/* the one folder; given again, the last one */
void command_may_read(struct command *, const char *path);	/* a file, or all below a folder */
void command_may_connect(struct command *, int port);
/* It ignores TERM and INT, which a scheduler sends to every process that we started: it ends by itself, or when we end it (by
 * KILL). For readers and helpers that hold nothing of their own. */
void command_deaf(struct command *);
const char *command_text(struct command *);		/* can be pasted into a shell; valid until the next change */
/* Appends one word quoted for sh: plain when [A-Za-z0-9_./:=,@%+-], else in single quotes. */
void command_quote(struct buf *, const char *word);
