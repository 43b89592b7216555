/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verdict on what was read: from statuses, causes and what is known of the process to one sentence. */
#include "wrappers/reading.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const char *service_words(enum service service, enum model model, char out[64])
{
	static const char *const names[] = {
		[SERVICE_ECHO] = "C-ECHO", [SERVICE_FIND] = "C-FIND", [SERVICE_GET] = "C-GET", [SERVICE_MOVE] = "C-MOVE",
		[SERVICE_STORE] = "C-STORE",
	};
	const char *root = model == MODEL_PATIENT ? " Patient Root" : model == MODEL_PATIENT_STUDY ? " Patient/Study Only"
										   : " Study Root";

	snprintf(out, 64, "%s%s", names[service], service == SERVICE_ECHO || service == SERVICE_STORE ? "" : root);
	return out;
}

/* One {word} of a sentence: its value, and how many characters it takes in the sentence. */
static size_t fill_word(struct buf *out, const char *text, const struct reading *r, const struct peer *p)
{
	char port[16], service[64];
	struct {
		const char *word, *value;
	} words[] = {
		{ "{host}", p->host }, { "{port}", port }, { "{called}", p->called }, { "{calling}", p->calling },
		{ "{service}", service_words(r->service, p->model, service) }, { "{words}", r->trouble.text },
	};

	snprintf(port, sizeof port, "%d", p->port);
	for (size_t i = 0; i < countof(words); i++)
		if (text_after(text, words[i].word)) {
			buf_str(out, words[i].value);
			return strlen(words[i].word);
		}
	buf_char(out, *text);
	return 1;
}

static int say_trouble(const struct reading *r, const struct peer *p, struct err *e)
{
	const struct cause_meaning *cause = cause_meaning(r->cause);
	const char *text = !r->accepted && cause->early ? cause->early : cause->says;
	auto_buf struct buf b = BUF_INIT(sizeof e->text);

	while (*text)
		text += fill_word(&b, text, r, p);
	return err_set(e, r->trouble.kind, "%s", buf_text(&b));
}

static int say_status(const struct reading *r, int status, const struct peer *p, const char *aet, int port, struct err *e)
{
	enum err_kind kind = status_info(r->service, status)->kind;
	char text[sizeof e->text];
	int all = r->done_all + r->failed_all;

	status_sentence(text, sizeof text, r->service, status, r->comment, aet ? aet : p->calling, port, p->called);
	if (r->failed_all > 0)
		return err_set(e, kind, "%s; %d of %d sub-operations failed", text, r->failed_all, all);
	return err_set(e, kind, "%s", text);
}

/* The last complaint that is about something, for endings that nothing else explains. */
static const char *last_words(const struct reading *r, char out[READING_WORDS_MAX])
{
	const char *said = buf_text(&r->said), *end = said + r->said.len, *line;

	if (end > said && end[-1] == '\n')
		end--;
	for (line = end; line > said && line[-1] != '\n'; line--)
		;
	snprintf(out, READING_WORDS_MAX, "%.*s", (int)(end - line < READING_WORDS_MAX ? end - line : READING_WORDS_MAX), line);
	return out;
}

static int say_unfinished(const struct reading *r, const struct err *child, const struct peer *p, struct err *e)
{
	bool stopped = child && child->kind != ERR_NONE;
	char words[READING_WORDS_MAX];

	if (stopped && child->kind == ERR_INTERRUPTED)
		return err_set(e, child->kind, "%s", child->text);
	if (r->trouble.kind != ERR_NONE)
		return say_trouble(r, p, e);
	if (stopped)
		return err_set(e, child->kind, "%s", child->text);
	if (*last_words(r, words))
		return err_set(e, ERR_ABORTED, "ended without a final answer: %s", words);
	return err_set(e, ERR_ABORTED, "ended without a final answer");
}

/* What was said last about a request decides, not how the process ended: getscu with several query files dies of SIGSEGV
 * after the last one is done, and a peer may hang when all is said. */
int reading_verdict(const struct reading *r, const struct err *child_trouble, const struct peer *p, const char *aet, int port,
		  struct err *e)
{
	bool finished = r->finals > 0 && r->finals >= r->requests;
	bool interrupted = child_trouble && child_trouble->kind == ERR_INTERRUPTED;

	if (r->worst >= 0 && (finished || !interrupted))
		return say_status(r, r->worst, p, aet, port, e);
	if (!finished)
		return say_unfinished(r, child_trouble, p, e);
	if (r->trouble.kind != ERR_NONE)
		return say_trouble(r, p, e);
	if (r->failed_all > 0)
		return err_set(e, ERR_ABORTED, "%d of %d sub-operations failed, though the final status is success",
			       r->failed_all, r->done_all + r->failed_all);
	return 0;
}

bool reading_service_refused(const struct reading *r)
{
	return r->finals == 0 && r->cause == CAUSE_NO_CONTEXT;
}
