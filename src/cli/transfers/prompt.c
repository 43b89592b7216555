/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list, the question, the answer.  The rule: stdin is read through the session's loop, because signals come that way
 * too and Ctrl-C must end the question. */
#include "cli/transfers/prompt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/amounts.h"
#include "cli/numbers.h"
#include "dicom/value.h"

#define RULE "─────────────────────────────────────────────────"
#define ANSWER_CEILING BUF_MB(1)

/* Only what is still wanted is offered; its numbers count these alone. */
static bool is_offered(const struct plan_study *s)
{
	return s->verdict == VERDICT_WANTED;
}

static size_t count_offered(const struct plan *p)
{
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++)
		count += is_offered(&p->studies[i]);
	return count;
}

/* A value as a person may see it; yours. */
static char *shown(const struct study *s, enum study_field field)
{
	char *text = mem_str(study_get(s, field));

	if (field == STUDY_PATIENT_NAME)
		name_group(study_get(s, field), text, strlen(text) + 1);
	for (char *c = text; field == STUDY_MODALITIES && *c; c++)
		if (*c == '\\')
			*c = '/';
	if (*text)
		return log_clean(text);
	free(text);
	return mem_str("(none)");
}

static void list_study(FILE *out, size_t number, const struct study *s)
{
	auto_free char *name = shown(s, STUDY_PATIENT_NAME), *id = shown(s, STUDY_PATIENT_ID), *uid = shown(s, STUDY_UID);
	auto_free char *description = shown(s, STUDY_DESCRIPTION), *date = shown(s, STUDY_DATE);
	auto_free char *modality = shown(s, STUDY_MODALITIES);

	fprintf(out, "[%zu] %s (ID: %s)\n", number, name, id);
	fprintf(out, "    Study: %s\n", description);
	fprintf(out, "    Date: %s  Modality: %s\n", date, modality);
	fprintf(out, "    UID: %s\n", uid);
}

void prompt_list(FILE *out, const struct plan *p)
{
	size_t count = count_offered(p), number = 0;

	fprintf(out, "Found %s\n", show_studies(count));
	if (count)
		fputs("\nStudies:\n" RULE "\n", out);
	for (size_t i = 0; i < p->count; i++)
		if (is_offered(&p->studies[i]))
			list_study(out, ++number, &p->studies[i].study);
}

/* ---- the answer ---- */

struct asking {
	struct session *session;
	struct buf got;
	bool eof;
	int failed;		/* errno of a read that did not work */
};

static void take_input(void *owner, int fd, short revents)
{
	struct asking *a = owner;
	char bytes[4096];
	ssize_t len = read(fd, bytes, sizeof bytes);

	(void)revents;
	if (len > 0)
		buf_add(&a->got, bytes, (size_t)len);
	else if (len == 0)
		a->eof = true;
	else if (errno != EAGAIN && errno != EINTR)
		a->failed = errno;
}

static bool answered(void *owner)
{
	const struct asking *a = owner;

	return a->eof || a->failed || a->got.over || a->session->signal || memchr(buf_text(&a->got), '\n', a->got.len);
}

/* The next line into *ret_line (yours), NULL at the end of input.  What follows it stays for the next question. */
static int read_answer(struct asking *a, char **ret_line, struct err *e)
{
	struct buf rest = BUF_INIT(ANSWER_CEILING);
	size_t len;

	if (session_run(a->session, answered, a, e) < 0)
		return -1;
	if (a->session->signal)
		return err_set(e, ERR_INTERRUPTED, "interrupted: nothing was chosen");
	if (a->failed) {
		errno = a->failed;
		return err_sys(e, "read the answer");
	}
	if (a->got.over)
		return err_set(e, ERR_USAGE, "the answer is too long");
	*ret_line = NULL;
	if (!a->got.len)
		return 0;
	len = strcspn(a->got.data, "\n");
	if (a->got.data[len])
		buf_str(&rest, a->got.data + len + 1);
	*ret_line = mem_strn(a->got.data, len);
	buf_done(&a->got);
	a->got = rest;
	return 0;
}

static bool abilities_quit(const char *answer)
{
	auto_free char *word = mem_str(answer);

	word[strcspn(word, "\r")] = '\0';
	value_trim(word);
	return !strcasecmp(word, "q") || !strcasecmp(word, "quit");
}

static void skip_others(struct plan *p, const bool *chosen)
{
	size_t number = 0;

	for (size_t i = 0; i < p->count; i++)
		if (is_offered(&p->studies[i]) && !chosen[number++])
			plan_skip(&p->studies[i], SKIP_NOT_CHOSEN, "not chosen");
}

/* 1 = understood, 0 = ask again. */
static int ask_once(struct asking *a, bool terminal, bool *chosen, size_t count, struct err *e)
{
	auto_free char *answer = NULL;
	int failed;

	fputs("> ", stdout);
	fflush(stdout);
	failed = read_answer(a, &answer, e);
	if (failed || !answer || !terminal)
		putchar('\n');		/* the cursor stands behind the "> " */
	if (failed)
		return -1;
	if (!answer || abilities_quit(answer))
		return 1;
	if (numbers_parse(answer, chosen, count, e) == 0)
		return 1;
	log_clean(e->text);
	if (!terminal)
		return err_in(e, "the choice of studies");
	printf("%s\n", e->text);
	return 0;
}

static int ask(struct session *s, bool *chosen, size_t count, struct err *e)
{
	struct asking a = { .session = s, .got = BUF_INIT(ANSWER_CEILING) };
	struct watch *watch = loop_watch(s->loop, STDIN_FILENO, POLLIN, take_input, &a);
	bool terminal = isatty(STDIN_FILENO);
	struct err why = { ERR_NONE, "" };
	int said;

	do {
		said = ask_once(&a, terminal, chosen, count, &why);
	} while (!said);
	if (said < 0)
		*e = why;
	loop_unwatch(s->loop, watch);
	buf_done(&a.got);
	return said < 0 ? -1 : 0;
}

int prompt_choose(struct session *s, struct plan *p, struct err *e)
{
	size_t count = count_offered(p);
	auto_free bool *chosen = mem_alloc((count + 1) * sizeof *chosen);

	prompt_list(stdout, p);
	if (count) {
		fputs("\nEnter study numbers to retrieve (comma-separated, or 'all'):\n"
		      "Examples: 1,3,5  or  all  or  1-5\n\n", stdout);
		if (ask(s, chosen, count, e) < 0)
			return -1;
	}
	fflush(stdout);
	skip_others(p, chosen);
	return 0;
}
