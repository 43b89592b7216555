/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Only the pipecmd half of libpipeline is used, here to fill it and in child to become it.  Its other half waits for
 * every child there is and ends the program when it fails. */
#include "process/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "process/confine.h"

enum { SHOWN_MAX_MB = 4 };	/* twice what the kernel takes as arguments */

struct command_call {
	int (*function)(void *data);
	void (*free_data)(void *data);
	void *data;
};

/* In the child.  _exit, because exit() would run what the parent registered, and the leak check of a sanitizer. */
static void call_and_leave(void *data)
{
	struct command_call *call = data;
	int status = call->function(call->data);

	fflush(NULL);
	_exit(status & 255);
}

static struct command *new_named(const char *name)
{
	struct command *c = mem_alloc(sizeof *c);
	const char *slash = strrchr(name, '/');

	buf_init(&c->shown, BUF_MB(SHOWN_MAX_MB));
	buf_init(&c->env, BUF_MB(SHOWN_MAX_MB));
	buf_init(&c->text, BUF_MB(SHOWN_MAX_MB));
	c->name = mem_str(slash ? slash + 1 : name);
	c->stdin_fd = -1;
	command_quote(&c->shown, name);
	return c;
}

struct command *command_new(const char *program)
{
	struct command *c = new_named(program);

	c->program = mem_str(program);
	c->cmd = pipecmd_new(program);
	return c;
}

struct command *command_new_function(const char *name, int (*function)(void *data), void (*free_data)(void *), void *data)
{
	struct command *c = new_named(name);

	c->call = mem_alloc(sizeof *c->call);
	*c->call = (struct command_call){ function, free_data, data };
	c->cmd = pipecmd_new_function(name, call_and_leave, NULL, c->call);
	return c;
}

void command_deaf(struct command *c)
{
	c->deaf = true;
}

void command_free(struct command *c)
{
	if (!c)
		return;
	pipecmd_free(c->cmd);
	if (c->call && c->call->free_data)
		c->call->free_data(c->call->data);
	free(c->call);
	buf_done(&c->shown);
	buf_done(&c->env);
	buf_done(&c->text);
	free(c->program);
	free(c->path);
	free(c->dir);
	free(c->name);
	if (c->confined)
		confinement_done(c->confined);
	free(c->confined);
	free(c);
}

void command_arg(struct command *c, const char *arg)
{
	pipecmd_arg(c->cmd, arg);
	buf_char(&c->shown, ' ');
	command_quote(&c->shown, arg);
}

void command_argf(struct command *c, const char *fmt, ...)
{
	auto_free char *arg = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&arg, fmt, ap) < 0)
		abort();
	va_end(ap);
	command_arg(c, arg);
}

void command_args(struct command *c, ...)
{
	const char *arg;
	va_list ap;

	va_start(ap, c);
	while ((arg = va_arg(ap, const char *)))
		command_arg(c, arg);
	va_end(ap);
}

void command_env_hidden(struct command *c, const char *name, const char *value)
{
	pipecmd_setenv(c->cmd, name, value);
	if (strcmp(name, "PATH") == 0) {
		free(c->path);
		c->path = mem_str(value);
	}
}

void command_env(struct command *c, const char *name, const char *value)
{
	command_env_hidden(c, name, value);
	buf_str(&c->env, name);
	buf_char(&c->env, '=');
	command_quote(&c->env, value);
	buf_char(&c->env, ' ');
}

void command_chdir(struct command *c, const char *dir)
{
	pipecmd_chdir(c->cmd, dir);
	command_may_read(c, dir);
	free(c->dir);
	c->dir = mem_str(dir);
}

void command_confine(struct command *c, const struct confine_rule *rule)
{
	if (!c->confined)
		c->confined = mem_alloc(sizeof *c->confined);
	c->confined->rule = rule;
}

void command_may_write(struct command *c, const char *folder)
{
	if (!c->confined)
		return;
	free(c->confined->folder);
	c->confined->folder = file_absolute(folder);
}

void command_may_read(struct command *c, const char *path)
{
	struct confinement *held = c->confined;

	if (!held)
		return;
	mem_grow(held->reads, held->read_count, held->read_room);
	held->reads[held->read_count++] = file_absolute(path);
}

void command_may_connect(struct command *c, int port)
{
	if (c->confined)
		c->confined->port = port;
}

const char *command_text(struct command *c)
{
	buf_reset(&c->text);
	if (c->dir) {
		buf_str(&c->text, *c->dir == '-' ? "(cd -- " : "(cd ");
		command_quote(&c->text, c->dir);
		buf_str(&c->text, " && ");
	}
	buf_str(&c->text, buf_text(&c->env));
	buf_str(&c->text, buf_text(&c->shown));
	if (c->dir)
		buf_char(&c->text, ')');
	return buf_text(&c->text);
}

void command_quote(struct buf *b, const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:=,@%+-";

	if (*word && word[strspn(word, plain)] == '\0') {
		buf_str(b, word);
		return;
	}
	buf_char(b, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			buf_str(b, "'\\''");
		else
			buf_char(b, *word);
	}
	buf_char(b, '\'');
}
