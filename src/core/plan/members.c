/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/members_p.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "core/plan/hours.h"
#include "dicom/charset.h"
#include "dicom/value.h"

enum { SECONDS_MAX = 10 * 365 * 86400, WIDTH_MAX = 4096, TRIES_MAX = 1000000 };

static int check_host(const char *text, const char *name, struct err *e)
{
	struct peer p;
	bool second;
	struct err why;

	peer_init(&p);
	if (*text && peer_parse(&p, text, "11112", &second, &why) == 0 && !strcmp(p.host, text))
		return 0;
	return err_set(e, ERR_INPUT, "%s: '%.100s' is no host name or IPv4 address", name, text);
}

static int check_address(const char *text, const char *name, struct err *e)
{
	struct in_addr in;

	return inet_pton(AF_INET, text, &in) == 1 ? 0 : err_set(e, ERR_INPUT, "%s: '%.60s' is no IPv4 address", name, text);
}

/* The bits behind the / are checked when the receiver opens. */
static int check_sender(const char *text, const char *name, struct err *e)
{
	auto_free char *host = mem_strn(text, strcspn(text, "/"));

	return check_host(host, name, e);
}

static int check_title(const char *text, const char *name, struct err *e)
{
	return strcmp(text, "*") != 0 ? ae_title_check(text, name, e) : 0;
}

static int check_charset(const char *text, const char *name, struct err *e)
{
	return charset_is_known(text) ? 0 : err_set(e, ERR_INPUT, "%s: '%.40s' is no DICOM character set (such as ISO_IR 100, ISO_IR 192, GB18030)",
							    name, text);
}

static int check_tls(const char *text, const char *name, struct err *e)
{
	return *text == '/' || !strcmp(text, TLS_ANYBODY) ? 0 : err_set(e, ERR_INPUT, "%s: an absolute path of at most 255 bytes is expected", name);
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

static int take_mode(struct settings *how, const char *text, struct err *e)
{
	return mode_parse(text, &how->umask, e);
}

static const char *give_mode(const struct settings *how)
{
	static char text[8];

	snprintf(text, sizeof text, "0%02o", (unsigned)how->umask & 077);
	return how->umask < 0 ? NULL : text;
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

#define BOTH .of = MEMBERS_STATE | MEMBERS_NODE
#define AT(member) .at = offsetof(struct settings, member)
#define CHARS(n, m, by, empty) \
	{ .name = n, BOTH, .kind = MEMBER_CHARS, AT(m), .room = sizeof ((struct settings *)0)->m, .check = by, .may_be_empty = empty }
#define WORD(n, by) { .name = n, BOTH, .kind = MEMBER_WORD, .take = take_##by, .give = give_##by }
#define FLAG(n, m) { .name = n, BOTH, .kind = MEMBER_FLAG, AT(m) }
#define LONG(n, m, low, high) { .name = n, BOTH, .kind = MEMBER_LONG, AT(m), .min = low, .max = high, .silent = -1 }
#define TEXTS(n, m, by) { .name = n, .of = MEMBERS_NODE, .kind = MEMBER_TEXTS, AT(m), .check = by }
#define PORT(n, m, low) { .name = n, BOTH, .kind = MEMBER_INT, AT(m), .min = low, .max = 65535, .silent = -1 }

static const struct member settings_members[] = {
	/* What every state file has had since the first day. */
	CHARS("host", peer.host, check_host, true),
	PORT("port", peer.port, 1),
	CHARS("callingAE", peer.calling, ae_title_check, false),
	CHARS("calledAE", peer.called, ae_title_check, false),
	CHARS("moveDestination", destination, ae_title_check, true),
	WORD("method", method),
	{ .name = "outputPath", BOTH, .kind = MEMBER_WORD, .take = take_output, .give = give_output, .is_path = true },
	FLAG("hierarchical", hierarchical),
	/* Ours. */
	{ .name = "format", .of = MEMBERS_STATE, .kind = MEMBER_FORMAT },
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
	{ .name = "window", .node_name = "windows", BOTH, .kind = MEMBER_WORD, .take = take_window, .give = give_window },
	LONG("parallel", parallel, 1, WIDTH_MAX),
	LONG("retries", retries, 0, TRIES_MAX),
	LONG("retryWait", retry_wait_s, 0, SECONDS_MAX),
	LONG("pause", pause_s, 0, SECONDS_MAX),
	LONG("timeout", timeout_s, 0, SECONDS_MAX),
	LONG("firstTimeout", first_timeout_s, 0, SECONDS_MAX),
	LONG("stallTimeout", stall_timeout_s, 0, SECONDS_MAX),
	LONG("studyTimeout", study_timeout_s, 0, SECONDS_MAX),
	/* A node's alone: a state file may come from anywhere. */
	TEXTS("acceptFrom", accept_from, check_sender),
	TEXTS("acceptAET", accept_aet, check_title),
	{ .name = "mode", .of = MEMBERS_NODE, .kind = MEMBER_WORD, .take = take_mode, .give = give_mode },
	{ .name = NULL }
};

static int take_chars(const struct member *m, char *field, const char *text, struct err *e)
{
	if (!text)
		return err_set(e, ERR_INPUT, "%s: a text is expected", m->name);
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
		return err_set(e, ERR_INPUT, "%s: a text is expected", m->name);
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

static int take_texts(const struct member *m, struct lent_texts *list, const struct json *value, struct err *e)
{
	list->count = 0;
	if (json_type(value) != JSON_ARRAY)
		return err_set(e, ERR_INPUT, "%s: a list is expected", m->name);
	for (size_t i = 0; i < json_count(value); i++) {
		const char *text = json_text(json_at(value, i));

		if (!text)
			return err_set(e, ERR_INPUT, "%s: a text is expected", m->name);
		if (m->check(text, m->name, e) < 0)
			return -1;
		mem_grow(list->items, list->count, list->room);
		list->items[list->count++] = text;
	}
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
	case MEMBER_TEXTS:
		return take_texts(m, (struct lent_texts *)(void *)field, value, e);
	case MEMBER_FORMAT:
		return take_format(value, e);
	}
	abort();
}

int members_take(const struct member *table, void *base, struct json *object, struct err *e)
{
	for (const struct member *m = table; m->name; m++) {
		const struct json *value = json_get(object, m->name);

		if (!(m->of & MEMBERS_STATE))
			continue;
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
	case MEMBER_TEXTS:
		return NULL;
	case MEMBER_FORMAT:
		return json_integer(STATE_FORMAT);
	}
	abort();
}

void members_give(const struct member *table, const void *base, struct json *object)
{
	for (const struct member *m = table; m->name; m++) {
		struct json *value = m->of & MEMBERS_STATE ? give(m, base) : NULL;

		if (value)
			json_set(object, m->name, value);
	}
}

int settings_take(struct settings *how, struct json *object, struct err *e)
{
	return members_take(settings_members, how, object, e);
}

void settings_give(const struct settings *how, struct json *object)
{
	members_give(settings_members, how, object);
}

/* ---- of a node ---- */

static const char *name_in_node(const struct member *m)
{
	return m->node_name ? m->node_name : m->name;
}

static uint64_t bit_of(const struct member *m)
{
	return 1ULL << (m - settings_members);
}

_Static_assert(countof(settings_members) <= 64, "a set of members has 64 bits");

/* Its name in messages is that of nodes.json. */
static int take_of_node(const struct member *m, struct settings *how, const struct json *value, struct err *e)
{
	struct member named = *m;

	named.name = name_in_node(m);
	if (m->is_path && json_text(value) && *json_text(value) != '/')
		return err_set(e, ERR_INPUT, "%s: an absolute path is expected", named.name);
	if (m->kind == MEMBER_CHARS && json_text(value) && !*json_text(value))
		return err_set(e, ERR_INPUT, "%s is empty", named.name);
	return take(&named, how, value, e);
}

/* "hierarchical" is a layout, too, unless another one is stated. */
static void settle_hierarchical(struct settings *how, const uint64_t *stated)
{
	if (settings_state(*stated, "layout"))
		how->hierarchical = false;
	if (!how->hierarchical)
		return;
	free(how->layout);
	how->layout = mem_str(LAYOUT_PATIENT);
}

int settings_take_node(struct settings *how, const struct json *object, uint64_t *ret_stated, const char **ret_member, struct err *e)
{
	*ret_stated = 0;
	for (const struct member *m = settings_members; m->name; m++) {
		const struct json *value = m->of & MEMBERS_NODE ? json_get(object, name_in_node(m)) : NULL;

		if (!value || json_type(value) == JSON_NULL)
			continue;
		*ret_member = name_in_node(m);
		if (take_of_node(m, how, value, e) < 0) {
			e->kind = ERR_INPUT;
			return -1;
		}
		*ret_stated |= bit_of(m);
	}
	settle_hierarchical(how, ret_stated);
	*ret_member = NULL;
	return 0;
}

bool settings_state(uint64_t stated, const char *name)
{
	for (const struct member *m = settings_members; m->name; m++)
		if (m->of & MEMBERS_NODE && !strcmp(name_in_node(m), name))
			return stated & bit_of(m);
	return false;
}

const char *settings_node_member(size_t at)
{
	for (const struct member *m = settings_members; m->name; m++)
		if (m->of & MEMBERS_NODE && at-- == 0)
			return name_in_node(m);
	return NULL;
}

static size_t size_of(const struct member *m)
{
	switch (m->kind) {
	case MEMBER_CHARS:
		return m->room;
	case MEMBER_INT:
		return sizeof(int);
	case MEMBER_LONG:
		return sizeof(long long);
	case MEMBER_INT64:
		return sizeof(int64_t);
	case MEMBER_FLAG:
		return sizeof(bool);
	case MEMBER_TEXTS:
		return sizeof(struct lent_texts);
	case MEMBER_WORD: case MEMBER_FORMAT:
		return 0;
	}
	abort();
}

void settings_copy_stated(struct settings *to, const struct settings *from, uint64_t stated)
{
	const bool layout = settings_state(stated, "layout") || settings_state(stated, "hierarchical");
	struct err none;

	for (const struct member *m = settings_members; m->name; m++) {
		if (!(stated & bit_of(m)))
			continue;
		if (m->kind == MEMBER_WORD)
			m->take(to, m->give(from), &none);		/* it was taken before */
		else
			memcpy((char *)to + m->at, (const char *)from + m->at, size_of(m));
	}
	if (!layout)
		return;
	free(to->layout);
	to->layout = mem_str(from->layout);
	to->hierarchical = from->hierarchical;
}
