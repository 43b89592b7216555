/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The unit tests' harness: a program calls CHECK... as often as it likes and ends with "return check_done();".  A failed
 * check is printed and counted, never fatal, so that one run shows all that is wrong.  CHECK_... return whether they
 * held: "if (!CHECK(x)) return;" stops a test that cannot go on. */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int check_passed, check_failed;
static const char *check_case = "";

/* Names the row of a table in the failures that follow. */
#define CHECK_CASE(name) (check_case = (name))
#define CHECK(cond) check_true(!!(cond), #cond, __FILE__, __LINE__)
#define CHECK_INT(got, want) check_int((long long)(got), (long long)(want), #got, __FILE__, __LINE__)
#define CHECK_STR(got, want) check_str((got), (want), #got, __FILE__, __LINE__)
/* The text holds the part. */
#define CHECK_HAS(text, part) check_has((text), (part), #text, __FILE__, __LINE__)

static inline bool check_note(bool held, const char *file, int line)
{
	if (held)
		check_passed++;
	else
		check_failed++;
	if (!held)
		printf("%s:%d: %s%s", file, line, check_case, *check_case ? ": " : "");
	return held;
}

static inline bool check_true(bool held, const char *what, const char *file, int line)
{
	if (!check_note(held, file, line))
		printf("%s does not hold\n", what);
	return held;
}

static inline bool check_int(long long got, long long want, const char *what, const char *file, int line)
{
	if (check_note(got == want, file, line))
		return true;
	printf("%s is %lld, not %lld\n", what, got, want);
	return false;
}

static inline bool check_str(const char *got, const char *want, const char *what, const char *file, int line)
{
	if (check_note(got == want || (got && want && !strcmp(got, want)), file, line))
		return true;
	printf("%s is \"%s\", not \"%s\"\n", what, got ? got : "(null)", want ? want : "(null)");
	return false;
}

static inline bool check_has(const char *text, const char *part, const char *what, const char *file, int line)
{
	if (check_note(text && strstr(text, part), file, line))
		return true;
	printf("%s is \"%s\", without \"%s\"\n", what, text ? text : "(null)", part);
	return false;
}

/* The exit status; its line is the last one printed. */
static inline int check_done(void)
{
	printf("%d passed, %d failed\n", check_passed, check_failed);
	return check_failed ? 1 : 0;
}
