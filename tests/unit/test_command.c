/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is shown does what is run: each command is run through child, and its text by a shell, and both say the same. */
#include "process/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "process/child.h"
#include "process/loop.h"
#include "unit/check.h"

static const char *const words[] = {
	"plain", "", " ", "two words", "it's", "''", "'", "\"", "\\", "\\n", "a\nb", "\t", "$HOME", "${x}", "`id`", "$(id)",
	"*", "?", "[a]", "~", "~root", "#no comment", "a#b", ";", "&", "|", "<", ">", "(", ")", "{a,b}", "!", "!!", "^",
	"-n", "--", "-", "%s", "%", "A=B", "=", "+aet", "@list", "a,b:c@d/e.f_g%h+i-j", "1.2.3\\1.2.4",
	"0008,0060=CT\\MR", "K\303\266ln", "\351 latin", "\033[31m", "\r", "\001\177", "last\n",
};

static const struct { const char *word, *quoted; } quotes[] = {
	{ "plain",              "plain" },
	{ "a/b.c_d:e=f,g@h%i+-", "a/b.c_d:e=f,g@h%i+-" },
	{ "",                   "''" },
	{ "two words",          "'two words'" },
	{ "it's",               "'it'\\''s'" },
	{ "1.2\\1.3",           "'1.2\\1.3'" },
	{ "$x",                 "'$x'" },
};

static void keep_line(void *owner, enum stream from, const char *text, size_t len)
{
	(void)from;
	buf_add(owner, text, len);
	buf_char(owner, '\n');
}

static bool all_over(void *owner)
{
	(void)owner;
	return child_count() == 0;
}

static void run(struct loop *l, struct command *c, struct buf *said)
{
	static const struct child_hooks hooks = { keep_line, NULL };
	struct err e;

	if (!CHECK(child_start(l, c, NULL, &hooks, said, &e)))
		return;
	CHECK_INT(loop_run(l, all_over, NULL, &e), 0);
}

static void run_text(const char *text, struct buf *said)
{
	char line[4096];
	FILE *f = popen(text, "r");

	if (!CHECK(f))
		return;
	while (fgets(line, sizeof line, f))
		buf_str(said, line);
	pclose(f);
}

/* Runs the command and its text, and checks what both say; takes c. */
static void check_both(struct loop *l, struct command *c, const char *expected)
{
	auto_buf struct buf shown = BUF_INIT(BUF_MB(1)), ran = BUF_INIT(BUF_MB(1));

	run_text(command_text(c), &shown);
	run(l, c, &ran);
	CHECK_STR(buf_text(&shown), expected);
	CHECK_STR(buf_text(&ran), expected);
}

static void test_quoting(void)
{
	for (size_t i = 0; i < countof(quotes); i++) {
		auto_buf struct buf b = BUF_INIT(BUF_MB(1));

		CHECK_CASE(quotes[i].word);
		command_quote(&b, quotes[i].word);
		CHECK_STR(buf_text(&b), quotes[i].quoted);
	}
	CHECK_CASE("");
}

static void test_each_word(struct loop *l)
{
	for (size_t i = 0; i < countof(words); i++) {
		struct command *c = command_new("printf");
		auto_free char *expected = mem_printf("<%s>\n", words[i]);

		CHECK_CASE(words[i]);
		command_args(c, "<%s>\\n", words[i], NULL);
		/* child strips the CR of a line end, so this one is only given to the shell */
		if (strcmp(words[i], "\r") == 0) {
			command_free(c);
			continue;
		}
		check_both(l, c, expected);
	}
	CHECK_CASE("");
}

static void test_all_words(struct loop *l)
{
	struct command *c = command_new("printf");
	auto_buf struct buf expected = BUF_INIT(BUF_MB(1));

	command_arg(c, "<%s>\\n");
	for (size_t i = 0; i < countof(words); i++) {
		command_argf(c, "%s", words[i]);
		buf_printf(&expected, "<%s>\n", words[i]);
	}
	check_both(l, c, buf_text(&expected));
}

static void test_environment(struct loop *l)
{
	struct command *c = command_new("sh");

	command_args(c, "-c", "echo $ONE; echo \"$TWO\"; pwd", NULL);
	command_env(c, "ONE", "1");
	command_env(c, "TWO", "it's  two");
	command_chdir(c, "/usr");
	CHECK_STR(command_text(c),
		  "(cd /usr && ONE=1 TWO='it'\\''s  two' sh -c 'echo $ONE; echo \"$TWO\"; pwd')");
	check_both(l, c, "1\nit's  two\n/usr\n");
}

static void test_hidden(struct loop *l)
{
	struct command *c = command_new("/bin/sh");
	auto_buf struct buf said = BUF_INIT(BUF_MB(1));

	command_args(c, "-c", "echo $SECRET", NULL);
	command_env_hidden(c, "SECRET", "open sesame");
	CHECK_STR(command_text(c), "/bin/sh -c 'echo $SECRET'");
	CHECK_STR(c->name, "sh");
	run(l, c, &said);
	CHECK_STR(buf_text(&said), "open sesame\n");
}

static int freed;

static int do_nothing(void *data)
{
	(void)data;
	return 0;
}

static void count_free(void *data)
{
	freed += *(int *)data;
}

static void test_function(void)
{
	int one = 1;
	struct command *c = command_new_function("take in", do_nothing, count_free, &one);

	CHECK_STR(command_text(c), "'take in'");
	CHECK(!c->program);
	command_free(c);
	CHECK_INT(freed, 1);
	command_free(NULL);
}

int main(void)
{
	struct err e;
	struct loop *l = loop_new(&e);

	if (!CHECK(l))
		return check_done();
	alarm(600);
	test_quoting();
	test_each_word(l);
	test_all_words(l);
	test_environment(l);
	test_hidden(l);
	test_function();
	loop_free(l);
	return check_done();
}
