/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The members of a state file.  One table each for settings and studies, read by both directions; every value is checked
 * for type and range before it is taken, and null is the same as absent. */
#include "core/plan/state_p.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "core/plan/hours.h"
#include "dicom/charset.h"
#include "dicom/value.h"

enum { SECONDS_MAX = 10 * 365 * 86400, WIDTH_MAX = 4096, TRIES_MAX = 1000000 };
#define MANY (1LL << 60)

enum member_kind {
	MEMBER_CHARS,		/* char[room], checked by check; "" is fine when may_be_empty */
	MEMBER_WORD,		/* of settings, through take and give */
	MEMBER_INT, MEMBER_LONG, MEMBER_INT64,
	MEMBER_FLAG,
	MEMBER_FORMAT		/* a constant */
};

struct member {
	const char *name;
	enum member_kind kind;
	size_t at;		/* offsetof in what the table describes */
	size_t room;
	long long min, max;
	long long silent;	/* the number that is not written */
	int (*check)(const char *text, const char *name, struct err *);
	int (*take)(struct settings *, const char *text, struct err *);
	const char *(*give)(const struct settings *);
	bool may_be_empty;
};

static int check_host(const char *text, const char *name, struct err *e)
{
	struct peer p;
	bool second;

	peer_init(&p);
	if (peer_parse(&p, text, "11112", &second, e) < 0)
		return err_in(e, "%s", name);
	return !strcmp(p.host, text) ? 0 : err_set(e, ERR_INPUT, "%s: a host name or address alone is expected", name);
}

static int check_address(const char *text, const char *name, struct err *e)
{
	struct in_addr in;

	return inet_pton(AF_INET, text, &in) == 1 ? 0 : err_set(e, ERR_INPUT, "%s: '%.40s' is no IPv4 address", name, text);
}

static int check_charset(const char *text, const char *name, struct err *e)
{
	return charset_is_known(text) ? 0 : err_set(e, ERR_INPUT, "%s: unknown character set '%.40s'", name, text);
}

static int check_tls(const char *text, const char *name, struct err *e)
{
	return *text == '/' || !strcmp(text, TLS_ANYBODY) ? 0 : err_set(e, ERR_INPUT, "%s: an absolute path is expected", name);
}

static int take_method(struct settings *how, const char *text, struct err *e)
{
	how->method_stated = true;
	return method_parse(text, &how->method, e);
}

static const char *give_method(const struct settings *how)
{
	return method_name(how->method);
}

static int take_model(struct settings *how, const char *text, struct err *e)
{
	return model_parse(text, &how->peer.model, e);
}

static const char *give_model(const struct settings *how)
{
	return model_name(how->peer.model);
}

static int take_trust(struct settings *how, const char *text, struct err *e)
{
	return trust_parse(text, &how->trust) ? 0 : err_set(e, ERR_INPUT, "'%.40s' is none of list, count, status", text);
}

static const char *give_trust(const struct settings *how)
{
	return trust_name(how->trust);
}

static int take_output(struct settings *how, const char *text, struct err *e)
{
	char *path = file_absolute(text);

	if (!*text || strlen(path) >= PATH_MAX) {
		free(path);
		return err_set(e, ERR_INPUT, *text ? "longer than a path can be" : "is empty");
	}
	free(how->output);
	how->output = path;
	return 0;
}

static const char *give_output(const struct settings *how)
{
	return how->output;
}

static int take_layout(struct settings *how, const char *text, struct err *e)
{
	struct layout *l = layout_parse(text, e);

	if (!l)
		return -1;
	layout_free(l);
	free(how->layout);
	how->layout = mem_str(text);
	return 0;
}

static const char *give_layout(const struct settings *how)
{
	return how->layout;
}

static int take_window(struct settings *how, const char *text, struct err *e)
{
	struct hours hours;

	if (*text && hours_parse(text, &hours, e) < 0)
		return -1;
	free(how->window);
	how->window = *text ? mem_str(text) : NULL;
	return 0;
}

static const char *give_window(const struct settings *how)
{
	return how->window;
}

#define AT(member) .at = offsetof(struct settings, member)
#define CHARS(n, m, by, empty) \
	{ .name = n, .kind = MEMBER_CHARS, AT(m), .room = sizeof ((struct settings *)0)->m, .check = by, .may_be_empty = empty }
#define WORD(n, by) { .name = n, .kind = MEMBER_WORD, .take = take_##by, .give = give_##by }
#define FLAG(n, m) { .name = n, .kind = MEMBER_FLAG, AT(m) }
#define LONG(n, m, low, high) { .name = n, .kind = MEMBER_LONG, AT(m), .min = low, .max = high, .silent = -1 }
#define PORT(n, m, low) { .name = n, .kind = MEMBER_INT, AT(m), .min = low, .max = 65535, .silent = -1 }

static const struct member settings_members[] = {
	/* What every state file has had since the first day. */
	CHARS("host", peer.host, check_host, true),
	PORT("port", peer.port, 1),
	CHARS("callingAE", peer.calling, ae_title_check, false),
	CHARS("calledAE", peer.called, ae_title_check, false),
	CHARS("moveDestination", destination, ae_title_check, true),
	WORD("method", method),
	WORD("outputPath", output),
	FLAG("hierarchical", hierarchical),
	/* Ours. */
	{ .name = "format", .kind = MEMBER_FORMAT },
	PORT("listenPort", listen_port, 0),
	CHARS("listenAddress", listen_address, check_address, true),
	WORD("layout", layout),
	WORD("model", model),
	CHARS("charset", peer.charset, check_charset, true),
	CHARS("tlsAuthorities", peer.tls.authorities, check_tls, true),
	CHARS("tlsCertificate", peer.tls.certificate, check_tls, true),
	CHARS("tlsKey", peer.tls.key, check_tls, true),
	FLAG("validate", validate),
	FLAG("force", force),
	WORD("trust", trust),
	LONG("maxStudies", max_studies, 0, MANY),
	LONG("maxImages", max_images, 0, MANY),
	LONG("maxBytes", max_bytes, 0, MANY),
	LONG("maxDuration", max_duration_s, 0, SECONDS_MAX),
	WORD("window", window),
	LONG("parallel", parallel, 1, WIDTH_MAX),
	LONG("retries", retries, 0, TRIES_MAX),
	LONG("retryWait", retry_wait_s, 0, SECONDS_MAX),
	LONG("pause", pause_s, 0, SECONDS_MAX),
	LONG("timeout", timeout_s, 0, SECONDS_MAX),
	LONG("firstTimeout", first_timeout_s, 0, SECONDS_MAX),
	LONG("stallTimeout", stall_timeout_s, 0, SECONDS_MAX),
	LONG("studyTimeout", study_timeout_s, 0, SECONDS_MAX),
	{ .name = NULL }
};

#define COUNT(n, m, low, quiet) \
	{ .name = n, .kind = MEMBER_INT, .at = offsetof(struct plan_study, m), .min = low, .max = INT_MAX, .silent = quiet }

static const struct member number_members[] = {
	COUNT("expected", expected, -1, -1),
	COUNT("held", held, 0, 0),
	COUNT("received", received, 0, 0),
	{ .name = "bytes", .kind = MEMBER_INT64, .at = offsetof(struct plan_study, bytes), .max = MANY },
	COUNT("attempts", attempts, 0, 0),
	COUNT("leftForLater", beyond, 0, 0),
	{ .name = NULL }
};

static int take_chars(const struct member *m, char *field, const char *text, struct err *e)
{
	if (!text)
		return err_set(e, ERR_INPUT, "%s: text is expected", m->name);
	if (strlen(text) >= m->room)
		return err_set(e, ERR_INPUT, "%s: longer than %zu characters", m->name, m->room - 1);
	if ((*text || !m->may_be_empty) && m->check(text, m->name, e) < 0)
		return -1;
	memcpy(field, text, strlen(text) + 1);
	return 0;
}

static int take_word(const struct member *m, struct settings *how, const char *text, struct err *e)
{
	if (!text)
		return err_set(e, ERR_INPUT, "%s: text is expected", m->name);
	return m->take(how, text, e) < 0 ? err_in(e, "%s", m->name) : 0;
}

static int take_number(const struct member *m, char *field, const struct json *value, struct err *e)
{
	long long number = json_int(value, 0);

	if (json_type(value) != JSON_INTEGER || number < m->min || number > m->max)
		return err_set(e, ERR_INPUT, "%s: a whole number from %lld to %lld is expected", m->name, m->min, m->max);
	if (m->kind == MEMBER_INT)
		memcpy(field, &(int){ (int)number }, sizeof(int));
	else if (m->kind == MEMBER_INT64)
		memcpy(field, &(int64_t){ number }, sizeof(int64_t));
	else
		memcpy(field, &number, sizeof number);
	return 0;
}

static int take_flag(const struct member *m, char *field, const struct json *value, struct err *e)
{
	if (json_type(value) != JSON_BOOL)
		return err_set(e, ERR_INPUT, "%s: true or false is expected", m->name);
	memcpy(field, &(bool){ json_is_true(value) }, sizeof(bool));
	return 0;
}

static int take_format(const struct json *value, struct err *e)
{
	if (json_type(value) != JSON_INTEGER)
		return err_set(e, ERR_INPUT, "format: a whole number is expected");
	if (json_int(value, 0) == STATE_FORMAT)
		return 0;
	return err_set(e, ERR_INPUT, "format %lld is unknown: this program reads format %d", json_int(value, 0), STATE_FORMAT);
}

static int take(const struct member *m, void *base, const struct json *value, struct err *e)
{
	char *field = (char *)base + m->at;

	switch (m->kind) {
	case MEMBER_CHARS:
		return take_chars(m, field, json_text(value), e);
	case MEMBER_WORD:
		return take_word(m, base, json_text(value), e);
	case MEMBER_INT: case MEMBER_LONG: case MEMBER_INT64:
		return take_number(m, field, value, e);
	case MEMBER_FLAG:
		return take_flag(m, field, value, e);
	case MEMBER_FORMAT:
		return take_format(value, e);
	}
	abort();
}

static int take_members(const struct member *table, void *base, struct json *object, struct err *e)
{
	for (const struct member *m = table; m->name; m++) {
		const struct json *value = json_get(object, m->name);

		if (json_type(value) != JSON_NULL && take(m, base, value, e) < 0) {
			e->kind = ERR_INPUT;		/* the checks think of a person at the command line */
			return -1;
		}
		json_delete(object, m->name);
	}
	return 0;
}

static long long number_in(const struct member *m, const char *field)
{
	int small;
	int64_t exact;
	long long number;

	if (m->kind == MEMBER_INT) {
		memcpy(&small, field, sizeof small);
		return small;
	}
	if (m->kind == MEMBER_INT64) {
		memcpy(&exact, field, sizeof exact);
		return exact;
	}
	memcpy(&number, field, sizeof number);
	return number;
}

/* NULL when there is nothing to write. */
static struct json *give(const struct member *m, const void *base)
{
	const char *field = (const char *)base + m->at, *text;
	bool flag;

	switch (m->kind) {
	case MEMBER_CHARS: case MEMBER_WORD:
		text = m->kind == MEMBER_CHARS ? field : m->give(base);
		return text && *text ? json_string(text) : NULL;
	case MEMBER_INT: case MEMBER_LONG: case MEMBER_INT64:
		return number_in(m, field) == m->silent ? NULL : json_integer(number_in(m, field));
	case MEMBER_FLAG:
		memcpy(&flag, field, sizeof flag);
		return json_bool(flag);
	case MEMBER_FORMAT:
		return json_integer(STATE_FORMAT);
	}
	abort();
}

static void give_members(const struct member *table, const void *base, struct json *object)
{
	for (const struct member *m = table; m->name; m++) {
		struct json *value = give(m, base);

		if (value)
			json_set(object, m->name, value);
	}
}

int settings_take(struct settings *how, struct json *object, struct err *e)
{
	return take_members(settings_members, how, object, e);
}

int numbers_take(struct plan_study *s, struct json *object, struct err *e)
{
	return take_members(number_members, s, object, e);
}

void settings_give(const struct settings *how, struct json *object)
{
	give_members(settings_members, how, object);
}

void numbers_give(const struct plan_study *s, struct json *object)
{
	give_members(number_members, s, object);
}

const char *member_text(const struct json *object, const char *name, struct err *e)
{
	const struct json *value = json_get(object, name);

	if (json_type(value) == JSON_NULL)
		return "";
	if (!json_text(value))
		err_set(e, ERR_INPUT, "%s: text is expected", name);
	return json_text(value);
}
