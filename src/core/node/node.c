/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One node: its own members, and the settings that it states. */
#include "core/node/nodes_p.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/plan/members.h"
#include "parse/spelling.h"

#define NUMBER_MAX 1000000

enum { NAME_MAX_BYTES = 64 };

static int no_text(const char *name, struct err *e)
{
	return err_set(e, ERR_INPUT, "%s: a text is expected", name);
}

static int take_int(int *to, long long min, long long max, const struct json *value, const char *name, struct err *e)
{
	long long number = json_int(value, min - 1);

	if (json_type(value) != JSON_INTEGER || number < min || number > max)
		return err_set(e, ERR_INPUT, "%s: a whole number from %lld to %lld is expected", name, min, max);
	*to = (int)number;
	return 0;
}

static int take_flag(bool *to, const struct json *value, const char *name, struct err *e)
{
	if (json_type(value) != JSON_BOOL)
		return err_set(e, ERR_INPUT, "%s: true or false is expected", name);
	*to = json_is_true(value);
	return 0;
}

/* A word on the command line: no address, no number, no option. */
static int take_name(struct node *n, const struct json *value, const char *name, struct err *e)
{
	const char *text = json_text(value);
	size_t len = text ? strlen(text) : 0;

	if (!len)
		return no_text(name, e);
	if (len > NAME_MAX_BYTES || !isalnum((unsigned char)*text) || strspn(text, "0123456789") == len ||
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") != len)
		return err_set(e, ERR_INPUT, "%s: invalid node name '%.80s': use letters, digits, '.', '_' or '-' (max. %d), at least one letter",
			       name, text, NAME_MAX_BYTES);
	n->name = text;
	return 0;
}

static int take_number(struct node *n, const struct json *value, const char *name, struct err *e)
{
	return take_int(&n->number, 1, NUMBER_MAX, value, name, e);
}

static int take_require_date(struct node *n, const struct json *value, const char *name, struct err *e)
{
	return take_flag(&n->require_date, value, name, e);
}

static int take_no_modality_filter(struct node *n, const struct json *value, const char *name, struct err *e)
{
	return take_flag(&n->no_modality_filter, value, name, e);
}

static const struct {
	const char *name;
	int (*take)(struct node *, const struct json *, const char *name, struct err *);
} own_members[] = {
	{ "name", take_name }, { "number", take_number }, { "requireDate", take_require_date },
	{ "noModalityFilter", take_no_modality_filter },
};

static const char *own_member(size_t at)
{
	return at < countof(own_members) ? own_members[at].name : settings_node_member(at - countof(own_members));
}

static bool is_member(const char *name)
{
	const char *known;

	for (size_t i = 0; (known = own_member(i)); i++)
		if (!strcmp(known, name))
			return true;
	return false;
}

const char *node_unknown(const struct node *n, size_t *at)
{
	while (*at < json_count(n->members)) {
		const char *name = json_name_at(n->members, (*at)++);

		if (!is_member(name))
			return name;
	}
	return NULL;
}

void node_hint(const char *member, struct buf *out)
{
	struct spelling near = { .typed = member };
	const char *known;

	for (size_t i = 0; (known = own_member(i)); i++)
		if (spelling_distance(member, known) >= 0)
			spelling_try(&near, known, "");
	spelling_hint(&near, out);
}

bool node_states(const struct node *n, const char *member)
{
	return settings_state(n->stated, member);
}

void node_done(struct node *n)
{
	free(n->how.accept_from.items);
	free(n->how.accept_aet.items);
	settings_done(&n->how);
	json_free(n->members);
	memset(n, 0, sizeof *n);
}

static int take_own(struct node *n, const struct json *object, const char **ret_member, struct err *e)
{
	for (size_t i = 0; i < countof(own_members); i++) {
		const struct json *value = json_get(object, own_members[i].name);

		if (json_type(value) == JSON_NULL)
			continue;
		*ret_member = own_members[i].name;
		if (own_members[i].take(n, value, own_members[i].name, e) < 0)
			return -1;
	}
	*ret_member = NULL;
	return 0;
}

static int check_whole(const struct node *n, struct err *e)
{
	if (!n->name)
		return err_set(e, ERR_INPUT, "name is missing");
	if (tls_check(&n->how.peer.tls, e) < 0) {
		e->kind = ERR_INPUT;
		return err_in(e, "%s", n->name);
	}
	if (!*n->how.peer.host && !n->how.listen_port)
		return err_set(e, ERR_INPUT, "%s: host is missing (only a receiver of our own, with a listenPort, needs none)", n->name);
	return 0;
}

int node_take(struct node *n, struct json *object, const char **ret_member, struct err *e)
{
	settings_init(&n->how);
	n->how.peer.host[0] = '\0';
	*ret_member = NULL;
	if (json_type(object) != JSON_OBJECT)
		return err_set(e, ERR_INPUT, "an object is expected");
	if (take_own(n, object, ret_member, e) < 0 || settings_take_node(&n->how, object, &n->stated, ret_member, e) < 0)
		return -1;
	n->how.peer.dateless = json_get(object, "requireDate") && !n->require_date;
	return check_whole(n, e);
}

void node_settle(const struct node *n, struct settings *how)
{
	how->peer = n->how.peer;
	settings_copy_stated(how, &n->how, n->stated);
}
