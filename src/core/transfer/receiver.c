/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One listening socket, one storescp for each connection.  No server is left behind: the socket dies with us, and so does
 * every storescp. */
#include "core/transfer/receiver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/intake/arrivals.h"
#include "core/intake/quarantine.h"
#include "core/transfer/receiver_judge.h"
#include "process/child.h"
#include "process/confine.h"
#include "wrappers/storescp.h"

/* Silent until it has asked for an association; then its AE titles are known. */
enum caller { CALLER_SILENT, CALLER_PACS, CALLER_STRANGER };

enum { TOLD_MAX = 10, ASSOCIATE_MS = 15000 };
#define STRANGERS_BYTES_MAX ((int64_t)1 << 30)		/* of a run, kept in quarantine */

struct connection {
	struct receiver *receiver;
	unsigned number;		/* among the claims */
	bool released;			/* it ended as it should: nothing was cut */
	struct arrivals inbox;
	struct child *child;
	struct storescp_reading said;
	char from[INET_ADDRSTRLEN];
	char sender[64];
	uint32_t address;
	enum caller caller;
	bool given_up;			/* it was silent, and another had need of its place */
	int64_t opened_ms;
	int64_t bytes, active_ms;	/* what had arrived, and when last something did */
	int drain_taken;		/* objects that were whole when the draining began */
	struct connection *next;
};

struct receiver {
	struct session *session;
	struct staging *staging;
	struct intake *intake;
	const struct settings *how;
	int fd;
	struct watch *watch;
	struct connection *connections;
	size_t open, refused;
	uint32_t told[TOLD_MAX];	/* addresses that were turned away, each told once */
	size_t told_count;
	int64_t put_aside;		/* bytes of strangers in quarantine */
	struct admission_rules admission;
	struct claims *claims;
};

static int allow(struct receiver *r, const char *host, struct err *e)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found = NULL;
	struct admission_network network;
	int code;

	if (strchr(host, ':'))
		return err_set(e, ERR_USAGE, "'%s': IPv6 is not served: DCMTK's storescp receives by IPv4 alone", host);
	if (strchr(host, '/') && !admission_parse(host, &network))
		return err_set(e, ERR_USAGE, "'%s' is no network (example: 10.1.0.0/16)", host);
	if (strchr(host, '/')) {
		admission_allow(&r->admission, network);
		return 0;
	}
	code = getaddrinfo(host, NULL, &hints, &found);
	if (code)
		return err_set(e, ERR_USAGE, "host '%s' is unknown: %s", host, gai_strerror(code));
	for (struct addrinfo *a = found; a; a = a->ai_next) {
		struct sockaddr_in in;

		memcpy(&in, a->ai_addr, sizeof in);
		admission_allow(&r->admission, (struct admission_network){ in.sin_addr.s_addr, UINT32_MAX });
	}
	freeaddrinfo(found);
	return 0;
}

/* The first few are told; all are counted. */
static bool tell_of(struct receiver *r, uint32_t address)
{
	r->refused++;
	for (size_t i = 0; i < r->told_count; i++)
		if (r->told[i] == address)
			return false;
	if (r->told_count == TOLD_MAX)
		return false;
	r->told[r->told_count++] = address;
	return true;
}

static void judge_titles(struct connection *c, const struct storescp_reading *said)
{
	const struct settings *how = c->receiver->how;
	const struct title_rules rules = {
		.called = how->destination, .pacs = strcmp(how->peer.called, PEER_DEFAULT_CALLED) != 0 ? how->peer.called : NULL,
		.accepted = how->accept_aet.items, .count = how->accept_aet.count,
	};
	enum titles titles = titles_judge(&rules, said->called, said->calling);

	c->caller = titles == TITLES_FIT ? CALLER_PACS : CALLER_STRANGER;
	if (titles == TITLES_FIT || !tell_of(c->receiver, c->address))
		return;
	if (titles == TITLES_CALLED)
		log_warning("a connection from %s was ended: it calls AE title '%s', and we are '%s'", c->sender, said->called, how->destination);
	else
		log_warning("a connection from %s was ended: the PACS is '%s' (--accept-aet %s allows it)", c->sender, how->peer.called,
			    said->calling);
}

/* storescp writes who calls before the first object: known from then on, not only at the end. */
static void know_sender(struct connection *c)
{
	struct storescp_reading so_far = { .stored = 0 };
	struct err ignored = { ERR_NONE, "" };

	if (c->caller != CALLER_SILENT || storescp_read_log(&so_far, c->inbox.folder, &ignored) < 0 || !so_far.calling[0])
		return;
	snprintf(c->sender, sizeof c->sender, "%s at %s", so_far.calling, c->from);
	judge_titles(c, &so_far);
}

/* Somebody may believe that he has stored it here: it is kept, but not without end. */
static void put_aside(struct connection *c, const char *path, int64_t bytes)
{
	struct receiver *r = c->receiver;
	const char *slash = strrchr(path, '/');
	const struct quarantine_file file = { path, slash ? slash + 1 : path, "its sender is not the PACS", c->sender };
	struct err e = { ERR_NONE, "" };

	r->put_aside += bytes;
	if (r->put_aside > STRANGERS_BYTES_MAX)
		unlink(path);
	else if (quarantine_put(r->staging->output, &file, &e) < 0)
		log_error("%s", e.text);
}

static void take_file(void *owner, const char *path, int64_t bytes, bool in_flight)
{
	struct connection *c = owner;
	const char *sop = storescp_sop_of(path);

	know_sender(c);
	if (c->caller == CALLER_STRANGER) {
		put_aside(c, path, bytes);
		return;
	}
	if (sop)
		claims_carried(c->receiver->claims, c->number, sop);
	intake_add(c->receiver->intake, path, bytes, c->sender, in_flight && !c->released);
}

/* That came over it: the last one of a connection that was cut may not have. */
static int whole_objects(const struct connection *c)
{
	if (c->caller == CALLER_STRANGER)
		return 0;
	return c->released || !c->said.stored ? c->said.stored : c->said.stored - 1;
}

static void connection_free(struct connection *c)
{
	struct receiver *r = c->receiver;

	for (struct connection **at = &r->connections; *at; at = &(*at)->next)
		if (*at == c) {
			*at = c->next;
			break;
		}
	r->open--;
	claims_gone(r->claims, c->number, whole_objects(c));
	arrivals_done(&c->inbox);
	free(c);
}

static void scp_done(void *owner, const struct child_result *result)
{
	struct connection *c = owner;
	struct receiver *r = c->receiver;
	struct err e = { ERR_NONE, "" };

	c->child = NULL;
	know_sender(c);
	if (storescp_read_log(&c->said, c->inbox.folder, &e) == 0 && c->said.calling[0])
		c->released = !c->said.aborted && !result->signal;
	log_debug("connection from %s ended after %lld ms%s%s", c->sender, (long long)result->ran_ms, c->said.trouble[0] ? ": " : "",
		  c->said.trouble);
	arrivals_scan(&c->inbox, true, take_file, c);
	connection_free(c);
	intake_flush(r->intake);
}

static int start_scp(struct connection *c, int fd, struct err *e)
{
	static const struct child_hooks hooks = { NULL, scp_done };
	const struct child_limits limits = { .line_max = 1 << 16 };
	struct receiver *r = c->receiver;
	struct command *command;

	command = storescp_command(&r->session->dcmtk, r->how->destination, fd, c->inbox.folder);
	log_debug("%s", command_text(command));
	c->child = child_start(r->session->loop, command, &limits, &hooks, c, e);
	return c->child ? 0 : -1;
}

static void serve(struct receiver *r, int fd, const char *from, uint32_t address)
{
	struct err e = { ERR_NONE, "" };
	char *folder = staging_folder(r->staging, "in", &e);
	struct connection *c;

	if (!folder) {
		log_error("a connection from %s could not be served: %s", from, e.text);
		return;
	}
	c = mem_alloc(sizeof *c);
	c->receiver = r;
	c->number = claims_connected(r->claims);
	c->address = address;
	c->opened_ms = c->active_ms = clock_ms();
	arrivals_init(&c->inbox, folder);
	snprintf(c->from, sizeof c->from, "%s", from);
	snprintf(c->sender, sizeof c->sender, "%s", from);
	c->next = r->connections;
	r->connections = c;
	r->open++;
	if (start_scp(c, fd, &e) < 0) {
		log_error("a connection from %s could not be served: %s", from, e.text);
		connection_free(c);
	}
}

static size_t open_from(const struct receiver *r, uint32_t address)
{
	size_t count = 0;

	for (const struct connection *c = r->connections; c; c = c->next)
		count += c->address == address;
	return count;
}

/* Who has connected and says nothing makes room for the next: the oldest such. */
static bool make_room(struct receiver *r)
{
	struct connection *oldest = NULL;

	for (struct connection *c = r->connections; c; c = c->next) {
		know_sender(c);
		if (c->caller == CALLER_SILENT && c->child && !c->given_up)
			oldest = c;		/* the newest stands first */
	}
	if (!oldest || r->open >= 2 * (size_t)ADMISSION_OPEN_MAX)
		return false;
	oldest->given_up = true;
	child_stop(oldest->child, true);
	return true;
}

static void admit(struct receiver *r, int connection, uint32_t address)
{
	const int one = 1;
	char from[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &(struct in_addr){ address }, from, sizeof from);
	switch (admission_judge(&r->admission, address, r->open, open_from(r, address))) {
	case ADMISSION_ENDING:
		log_debug("a connection from %s was turned away: the run is ending", from);
		return;
	case ADMISSION_STRANGER:
		if (tell_of(r, address))
			log_warning("a connection from %s was turned away: it is not the PACS (--accept-from %s allows it)", from, from);
		return;
	case ADMISSION_FULL:
		if (make_room(r))
			break;
		if (tell_of(r, address))
			log_warning("a connection from %s was turned away: %zu are open already", from, r->open);
		return;
	case ADMISSION_GRANTED:
		break;
	}
	setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(connection, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	serve(r, connection, from, address);
}

static void connected(void *owner, int fd, short revents)
{
	struct sockaddr_in peer;
	socklen_t len = sizeof peer;
	int connection = accept4(fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);

	(void)revents;
	if (connection < 0)
		return;
	admit(owner, connection, peer.sin_addr.s_addr);
	close(connection);
}

static int open_port(struct receiver *r, struct err *e)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)r->how->listen_port),
				  .sin_addr.s_addr = htonl(INADDR_ANY) };
	const char *address = r->how->listen_address;
	const int one = 1;

	if (*address)
		inet_pton(AF_INET, address, &at.sin_addr);

	r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (r->fd < 0)
		return err_sys(e, "socket");
	setsockopt(r->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(r->fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(r->fd, 64) < 0) {
		if (errno == EADDRINUSE)
			return err_set(e, ERR_SYSTEM, "port %d is in use by another program: end it, or give another port with "
				       "--listen (and register that one at the PACS)", r->how->listen_port);
		if (errno == EADDRNOTAVAIL)
			return err_set(e, ERR_SYSTEM, "this host has no address %s to listen on", address);
		return err_sys(e, "listen on port %d", r->how->listen_port);
	}
	return 0;
}

static int allow_all(struct receiver *r, struct err *e)
{
	if (allow(r, r->how->peer.host, e) < 0)
		return -1;
	for (size_t i = 0; i < r->how->accept_from.count; i++)
		if (allow(r, r->how->accept_from.items[i], e) < 0)
			return -1;
	return 0;
}

struct receiver *receiver_open(struct session *s, struct staging *staging, struct intake *intake, const struct settings *how,
			       struct err *e)
{
	struct receiver *r = mem_alloc(sizeof *r);

	*r = (struct receiver){ .session = s, .staging = staging, .intake = intake, .how = how, .fd = -1, .claims = claims_new() };
	if (allow_all(r, e) < 0 || open_port(r, e) < 0) {
		receiver_close(r);
		return NULL;
	}
	r->watch = loop_watch(s->loop, r->fd, POLLIN, connected, r);
	return r;
}

void receiver_stop(struct receiver *r)
{
	loop_unwatch(r->session->loop, r->watch);
	r->watch = NULL;
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	for (struct connection *c = r->connections; c; c = c->next)
		if (c->child)
			child_stop(c->child, false);
}

void receiver_close(struct receiver *r)
{
	if (!r)
		return;
	receiver_stop(r);
	claims_free(r->claims);
	free(r);
}

/* By its titles, or by saying nothing for as long as a PACS would never take to ask for an association. */
static void end_if_stranger(struct connection *c)
{
	know_sender(c);
	if (c->child && c->caller == CALLER_STRANGER)
		child_stop(c->child, true);
	else if (c->child && c->caller == CALLER_SILENT && clock_ms() - c->opened_ms > ASSOCIATE_MS)
		child_stop(c->child, false);
}

/* A PACS that keeps a connection open and sends nothing holds a place; it may open another. */
static void end_if_silent(struct connection *c)
{
	const struct settings *how = c->receiver->how;
	long long limit_s = how->first_timeout_s > how->stall_timeout_s ? how->first_timeout_s : how->stall_timeout_s;

	if (c->receiver->admission.draining)
		limit_s = how->stall_timeout_s ? how->stall_timeout_s : STALL_DEFAULT_S;
	if (c->inbox.seen_bytes != c->bytes) {
		c->bytes = c->inbox.seen_bytes;
		c->active_ms = clock_ms();
	} else if (limit_s && c->child && clock_ms() - c->active_ms > limit_s * 1000) {
		log_verbose("the connection from %s was silent for %lld s: ended", c->sender, limit_s);
		child_stop(c->child, false);
	}
}

/* What was in flight is whole when another object has begun behind it. */
static void end_if_drained(struct connection *c)
{
	if (c->receiver->admission.draining && c->child && (!c->inbox.lying || c->inbox.taken > c->drain_taken))
		child_stop(c->child, false);
}

void receiver_drain(struct receiver *r)
{
	r->admission.draining = true;
	for (struct connection *c = r->connections; c; c = c->next) {
		arrivals_scan(&c->inbox, false, take_file, c);
		c->drain_taken = c->inbox.taken;
		c->active_ms = clock_ms();
	}
}

void receiver_scan(struct receiver *r)
{
	for (struct connection *c = r->connections; c; c = c->next) {
		end_if_stranger(c);
		arrivals_scan(&c->inbox, false, take_file, c);
		end_if_silent(c);
		end_if_drained(c);
	}
}

void receiver_claim(struct receiver *r, const char *study_uid, const void *whose)
{
	claims_add(r->claims, study_uid, whose);
}

void receiver_came(struct receiver *r, const char *sop, const char *study_uid)
{
	claims_came(r->claims, sop, study_uid);
}

void receiver_last(struct receiver *r, const void *whose)
{
	claims_close(r->claims, whose);
}

void receiver_release(struct receiver *r, const void *whose)
{
	claims_drop(r->claims, whose);
}

void receiver_hang_up(struct receiver *r, const void *whose)
{
	for (struct connection *c = r->connections; c; c = c->next)
		if (c->child && claims_is(r->claims, c->number, whose))
			child_stop(c->child, false);
}

int64_t receiver_bytes(const struct receiver *r, const void *whose)
{
	int64_t bytes = 0;

	for (const struct connection *c = r->connections; c; c = c->next)
		if (claims_may_be(r->claims, c->number, whose))
			bytes += c->inbox.seen_bytes;
	return bytes;
}

size_t receiver_connections(const struct receiver *r, const void *whose)
{
	return whose ? claims_open(r->claims, whose) : r->open;
}

int receiver_stored(const struct receiver *r, const void *whose)
{
	return claims_stored(r->claims, whose);
}

size_t receiver_refused(const struct receiver *r)
{
	return r->refused;
}
