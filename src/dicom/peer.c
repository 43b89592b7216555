/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A remote node from what a person typed.  The rule: host and titles end up on command lines of tools that take a leading
 * "-" for an option and a leading "@" for a file, so only characters known to be harmless pass. */
#include "dicom/peer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "dicom/value.h"

#define FORMS "use pacs://host[:port], AET@host[:port], host:port or host port"

void peer_init(struct peer *p)
{
	memset(p, 0, sizeof *p);
	p->port = PEER_DEFAULT_PORT;
	strcpy(p->called, PEER_DEFAULT_CALLED);
	strcpy(p->calling, PEER_DEFAULT_CALLING);
	p->model = MODEL_STUDY;
}

static int not_an_address(const char *text, struct err *e)
{
	return err_set(e, ERR_USAGE, "'%.100s' is not an address: " FORMS, text);
}

static bool is_host(const char *host)
{
	size_t len = strlen(host);

	return len && len < sizeof ((struct peer *)NULL)->host && *host != '-' &&
	       strspn(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

/* An address in its parts, each still unchecked; the pieces point into one copy. */
struct address {
	char *called, *host, *port;	/* NULL = not given */
};

/* Cuts text behind the scheme and the title; host and port hang together yet. */
static void split(struct address *a, char *text)
{
	char *at = strrchr(text, '@');
	char *colon;

	if (at) {
		*at = '\0';
		a->called = text;
		text = at + 1;
	}
	colon = strrchr(text, ':');
	if (colon) {
		*colon = '\0';
		a->port = colon + 1;
	}
	a->host = text;
}

static bool is_ipv6(const char *text)
{
	const char *colon = strchr(text, ':');

	return *text == '[' || (colon && strchr(colon + 1, ':') && strspn(text, "0123456789abcdefABCDEF:.%") == strlen(text));
}

static int take(struct peer *p, const struct address *a, const char *text, struct err *e)
{
	int port = PEER_DEFAULT_PORT;

	if (!is_host(a->host))
		return not_an_address(text, e);
	if ((a->called && ae_title_check(a->called, "the AE title", e) < 0) || (a->port && port_parse(a->port, &port, e) < 0))
		return err_in(e, "%.100s", text);
	snprintf(p->host, sizeof p->host, "%s", a->host);
	p->port = port;
	if (a->called)
		snprintf(p->called, sizeof p->called, "%s", a->called);
	return 0;
}

/* pacs://host[:port][/] */
static int parse_url(struct peer *p, const char *text, struct err *e)
{
	auto_free char *rest = mem_str(text + strlen("pacs://"));
	struct address a = { NULL, NULL, NULL };
	size_t len = strlen(rest);

	if (len && rest[len - 1] == '/')
		rest[len - 1] = '\0';
	if (strpbrk(rest, "/?#"))
		return err_set(e, ERR_USAGE, "'%.100s' has a path, which a PACS does not: use pacs://host[:port]", text);
	if (strchr(rest, '@'))
		return err_set(e, ERR_USAGE, "'%.100s' has a user name, which a PACS does not know: use AET@host[:port]", text);
	split(&a, rest);
	return take(p, &a, text, e);
}

/* A word in second is a port when it looks like one; otherwise it is the next argument. */
static int parse_plain(struct peer *p, const char *text, const char *second, bool *ret_used_second, struct err *e)
{
	auto_free char *copy = mem_str(text);
	struct address a = { NULL, NULL, NULL };

	if (strstr(text, "://"))
		return not_an_address(text, e);
	split(&a, copy);
	if (!a.port && second && isdigit((unsigned char)*second)) {
		auto_free char *port = mem_str(second);

		a.port = port;
		if (take(p, &a, text, e) < 0)
			return -1;
		*ret_used_second = true;
		return 0;
	}
	return a.port || a.called ? take(p, &a, text, e) : not_an_address(text, e);
}

int peer_parse(struct peer *p, const char *text, const char *second, bool *ret_used_second, struct err *e)
{
	bool is_url = strncasecmp(text, "pacs://", strlen("pacs://")) == 0;
	const char *at = strrchr(text, '@');
	bool used_second = false;
	int failed;

	if (is_ipv6(is_url ? text + strlen("pacs://") : at ? at + 1 : text))
		return err_set(e, ERR_USAGE, "'%.100s' is an IPv6 address: the DCMTK tools know IPv4 addresses and names only", text);
	failed = is_url ? parse_url(p, text, e) : parse_plain(p, text, second, &used_second, e);
	if (!failed && ret_used_second)
		*ret_used_second = used_second;
	return failed;
}

void peer_key(const struct peer *p, char out[300])
{
	snprintf(out, 300, "%s@%s:%d", p->called, p->host, p->port);
	for (char *c = out + strlen(p->called) + 1; *c; c++)	/* host names have no case */
		*c = (char)tolower((unsigned char)*c);
}

/* The place of word in a list of names; -1 when it is none of them. */
static int find_word(const char *const *names, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(names[i], word) == 0)
			return (int)i;
	return -1;
}

static const char *const model_names[] = { "study", "patient", "patient-study" };
static const char *const method_names[] = { "c-get", "c-move", "auto" };

int model_parse(const char *text, enum model *ret_model, struct err *e)
{
	int found = strcasecmp(text, "psonly") == 0 ? MODEL_PATIENT_STUDY : find_word(model_names, countof(model_names), text);

	if (found < 0)
		return err_set(e, ERR_USAGE, "'%.40s' is not a model: use study, patient or patient-study", text);
	*ret_model = (enum model)found;
	return 0;
}

const char *model_name(enum model model)
{
	return model_names[model];
}

int method_parse(const char *text, enum method *ret_method, struct err *e)
{
	int found = find_word(method_names, countof(method_names), text);

	if (found < 0)
		return err_set(e, ERR_USAGE, "'%.40s' is not a method: use c-get, c-move or auto", text);
	*ret_method = (enum method)found;
	return 0;
}

const char *method_name(enum method method)
{
	return method_names[method];
}

static int check_path(const char *path, const char *what, struct err *e)
{
	return !*path || *path == '/' ? 0 : err_set(e, ERR_USAGE, "TLS: the %s, %.200s, is no absolute path", what, path);
}

int tls_check(const struct tls *t, struct err *e)
{
	if (!*t->authorities && (*t->certificate || *t->key))
		return err_set(e, ERR_USAGE, "TLS: whose certificates are believed?  --tls-ca FILE (tlsAuthorities) is missing; " TLS_ANYBODY
			       " believes anybody's");
	if (!*t->certificate != !*t->key)
		return err_set(e, ERR_USAGE, "TLS: a certificate and its private key go together: --tls-cert (tlsCertificate), --tls-key (tlsKey)");
	if (strcmp(t->authorities, TLS_ANYBODY) != 0 && check_path(t->authorities, "authorities", e) < 0)
		return -1;
	return check_path(t->certificate, "certificate", e) < 0 ? -1 : check_path(t->key, "private key", e);
}
