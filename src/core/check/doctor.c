/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each look is one line.  The rule: a line says what was found; what is bad also says what to do. */
#include "core/check/doctor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "core/check/probe.h"
#include "core/node/facts.h"
#include "process/child.h"
#include "process/confine.h"

#define LITTLE_SPACE (1ULL << 30)
#define LITTLE_SCRATCH (64ULL << 20)

static void say(struct doctor *, enum finding, const char *what, enum err_kind, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

static void say(struct doctor *d, enum finding finding, const char *what, enum err_kind kind, const char *fmt, ...)
{
	struct doctor_line line = { .finding = finding, .what = what, .kind = kind };
	va_list args;

	va_start(args, fmt);
	vsnprintf(line.text, sizeof line.text, fmt, args);
	va_end(args);
	d->line(d->owner, &line);
}
#define fine(d, what, ...) say(d, FINDING_FINE, what, ERR_NONE, __VA_ARGS__)
#define note(d, what, ...) say(d, FINDING_NOTE, what, ERR_NONE, __VA_ARGS__)

/* ---- the tools ---- */

static void look_at_tools(struct doctor *d)
{
	static const char *const names[] = { "findscu", "getscu", "movescu", "storescp", "echoscu", "dcmdump" };
	struct session *s = d->session;
	const char *dir = s->dcmtk.dir ? s->dcmtk.dir : "PATH";
	int first = 0;

	for (size_t i = 0; i < countof(names); i++) {
		const char *const one[] = { names[i], NULL };
		struct err e = { ERR_NONE, "" };

		if (session_need_tools(s, one, &e) < 0)
			say(d, FINDING_BAD, "tools", e.kind, "%s", e.text);
		else if (first && s->dcmtk.version != first)
			note(d, "tools", "%s is of DCMTK %s, others are not: is the PATH as it should be?", names[i], s->dcmtk.version_text);
		else
			fine(d, "tools", "%s of DCMTK %s (%s)", names[i], s->dcmtk.version_text, dir);
		first = first ? first : s->dcmtk.version;
	}
}

struct preload_look {
	bool failed, over;
};

static void preload_line(void *owner, enum stream from, const char *text, size_t len)
{
	(void)from;
	(void)len;
	if (strstr(text, "ld.so") && strstr(text, "preload"))
		((struct preload_look *)owner)->failed = true;
}

static void preload_done(void *owner, const struct child_result *result)
{
	(void)result;
	((struct preload_look *)owner)->over = true;
}

static bool preload_over(void *owner)
{
	return ((struct preload_look *)owner)->over;
}

static void look_at_preload(struct doctor *d)
{
	static const struct child_hooks hooks = { preload_line, preload_done };
	const struct child_limits limits = { .total_ms = 20000 };
	struct session *s = d->session;
	struct preload_look look = { false, false };
	struct err e = { ERR_NONE, "" };
	struct command *command;

	if (!s->dcmtk.promptack) {
		note(d, "preload", "the TCP preload is not there or off: transfers are several times slower; is the package installed whole?");
		return;
	}
	command = dcmtk_command(&s->dcmtk, "echoscu");
	command_arg(command, "--version");
	if (!child_start(s->loop, command, &limits, &hooks, &look, &e) || session_run(s, preload_over, &look, &e) < 0)
		note(d, "preload", "%s could not be tried: %s", s->dcmtk.promptack, e.text);
	else if (look.failed)
		note(d, "preload", "%s cannot be loaded: transfers are several times slower; was it built for this machine?",
		     s->dcmtk.promptack);
	else
		fine(d, "preload", "%s is in force", s->dcmtk.promptack);
}

static void look_at_filters(struct doctor *d)
{
	if (confine_filters())
		fine(d, "seccomp", "the tools start no processes, trace none, and dcmdump opens no socket");
	else
		note(d, "seccomp", "this kernel takes no filters: the tools may use any system call");
}

static const char *landlock_also(int abi)
{
	if (abi >= CONFINE_ABI_SCOPE)
		return ", connect to the PACS alone, and signal nobody";
	if (abi >= CONFINE_ABI_NET)
		return ", and connect to the PACS alone";
	return "; they can connect anywhere (kernels from 6.7 on forbid it)";
}

static void look_at_landlock(struct doctor *d)
{
	int abi = confine_abi();

	if (abi > 0)
		fine(d, "landlock", "ABI %d: the tools can write into their own folders alone, read no files of others%s", abi,
		     landlock_also(abi));
	else
		note(d, "landlock", "this kernel offers none: the tools are not confined, and getscu runs without +B; kernels from 5.13 on have it");
}

/* ---- folders ---- */

static void look_at_space(struct doctor *d, const char *what, const char *path, uint64_t little, const char *more)
{
	struct err e = { ERR_NONE, "" };
	uint64_t bytes;

	if (file_free_bytes(path, &bytes, &e) < 0)
		say(d, FINDING_BAD, what, e.kind, "%s", e.text);
	else
		say(d, bytes < little ? FINDING_BAD : FINDING_FINE, what, bytes < little ? ERR_SPACE : ERR_NONE, "%s: %llu MB free%s%s", path,
		    (unsigned long long)(bytes >> 20), more, bytes < little ? ": make room" : "");
}

static void look_at_scratch(struct doctor *d)
{
	const char *path = d->session->scratch;

	if (path)
		look_at_space(d, "scratch", path, LITTLE_SCRATCH, strncmp(path, "/dev/shm/", 9) ? ", on a disk: answers of the PACS are written there"
			      : ", in memory");
}

static void look_at_ledger(struct doctor *d)
{
	struct err e = { ERR_NONE, "" };
	struct stat st;

	if (session_open_ledger(d->session, &e) < 0) {
		say(d, FINDING_BAD, "ledger", e.kind, "%s", e.text);
		return;
	}
	if (stat(ledger_path(d->session->ledger), &st) < 0)
		say(d, FINDING_BAD, "ledger", ERR_SYSTEM, "%s: %s", ledger_path(d->session->ledger), strerror(errno));
	else if (st.st_mode & 077)
		say(d, FINDING_NOTE, "ledger", ERR_NONE, "%s can be read by others (%03o): chmod 600 it", ledger_path(d->session->ledger),
		    (unsigned)st.st_mode & 0777);
	else
		fine(d, "ledger", "%s, %llu kB, for you alone", ledger_path(d->session->ledger), (unsigned long long)st.st_size >> 10);
}

static void look_at_output(struct doctor *d)
{
	const char *output = d->how->output;

	if (access(output, F_OK) < 0) {
		auto_free char *parent = mem_str(output);
		char *slash;

		while ((slash = strrchr(parent, '/')) && slash != parent && access(parent, F_OK) < 0)
			*slash = '\0';
		if (access(parent, F_OK) < 0 || access(parent, W_OK | X_OK) < 0)
			say(d, FINDING_BAD, "output", ERR_SYSTEM, "%s is not there, and cannot be made in %s: %s", output, parent, strerror(errno));
		else
			note(d, "output", "%s is not there: it is made when something is retrieved", output);
	} else if (!file_is_dir(output)) {
		say(d, FINDING_BAD, "output", ERR_SYSTEM, "%s is no folder", output);
		return;
	} else if (access(output, W_OK | X_OK) < 0) {
		say(d, FINDING_BAD, "output", ERR_SYSTEM, "%s cannot be written: %s", output, strerror(errno));
		return;
	}
	look_at_space(d, "disk", output, LITTLE_SPACE, "");
}

/* ---- our side of the network ---- */

static bool text_of(const struct sockaddr *a, char out[64])
{
	socklen_t len = a->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

	return getnameinfo(a, len, out, 64, NULL, 0, NI_NUMERICHOST) == 0;
}

/* The address from which the PACS is reached: no packet is sent for it. */
static void find_address(struct doctor *d)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
	struct addrinfo *found = NULL;
	struct sockaddr_storage own = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof own;
	auto_close int fd = -1;

	if (getaddrinfo(d->how->peer.host, "104", &hints, &found) != 0)
		return;
	fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0 && getsockname(fd, (struct sockaddr *)&own, &len) == 0 &&
	    !text_of((struct sockaddr *)&own, d->address))
		d->address[0] = '\0';
	freeaddrinfo(found);
}

static void look_at_addresses(struct doctor *d)
{
	auto_buf struct buf list = BUF_INIT(400);
	struct ifaddrs *all = NULL;
	char host[256] = "";

	gethostname(host, sizeof host - 1);
	if (getifaddrs(&all) < 0)
		all = NULL;
	for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
		char text[64];

		if (!one->ifa_addr || (one->ifa_flags & IFF_LOOPBACK) || (one->ifa_addr->sa_family != AF_INET && one->ifa_addr->sa_family != AF_INET6))
			continue;
		if (text_of(one->ifa_addr, text) && !strchr(text, '%'))
			buf_printf(&list, "%s%s", list.len ? ", " : "", text);
	}
	if (all)
		freeifaddrs(all);
	fine(d, "address", "%s: %s", host, list.len ? buf_text(&list) : "no address but loopback");
}

static void look_at_port(struct doctor *d)
{
	const int port = d->how->listen_port, yes = 1;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	auto_close int fd = -1;
	int failed;

	if (!port) {
		note(d, "port", "none is set to receive on: C-MOVE to here needs --listen PORT, or listenPort of the node; C-GET needs none");
		return;
	}
	if (*d->how->listen_address)
		inet_pton(AF_INET, d->how->listen_address, &at.sin_addr);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	failed = bind(fd, (struct sockaddr *)&at, sizeof at);
	if (!failed && listen(fd, 1) == 0)
		fine(d, "port", "%d is free to receive on", port);
	else if (errno == EADDRINUSE)
		say(d, FINDING_BAD, "port", ERR_SYSTEM, "%d is in use by another program: \"ss -ltnp 'sport = :%d'\" says which; a receiver or another "
		    "run of dicom-qr?", port, port);
	else if (errno == EACCES)
		say(d, FINDING_BAD, "port", ERR_SYSTEM, "%d cannot be opened without privileges: use one from 1024 on, such as 11112", port);
	else
		say(d, FINDING_BAD, "port", ERR_SYSTEM, "%d: %s", port, strerror(errno));
}

void doctor_look(struct doctor *d)
{
	struct err e = { ERR_NONE, "" };

	if (session_open(d->session, &e) < 0)
		say(d, FINDING_BAD, "tools", e.kind, "%s", e.text);
	else {
		look_at_tools(d);
		look_at_preload(d);
	}
	look_at_landlock(d);
	look_at_filters(d);
	look_at_scratch(d);
	look_at_ledger(d);
	look_at_output(d);
	look_at_addresses(d);
	look_at_port(d);
}

/* ---- the PACS ---- */

static void look_at_tls(struct doctor *d)
{
	static const char *const names[] = { "getscu", "movescu" };
	const struct tls *tls = &d->how->peer.tls;

	for (size_t i = 0; *tls->authorities && i < countof(names); i++) {
		struct err e = { ERR_NONE, "" };

		if (dcmtk_tls_check(&d->session->dcmtk, tls, names[i], &e) < 0)
			note(d, "tls", "%s", e.text);
	}
	if (*tls->authorities)
		note(d, "tls", "%s; what the PACS sends to our own receiver is not encrypted",
		     strcmp(tls->authorities, TLS_ANYBODY) ? "the PACS's certificate is checked, its host name is not" :
		     "no certificate is checked: anybody between here and the PACS can read along");
}

void doctor_ask(struct doctor *d)
{
	const struct peer *peer = &d->how->peer;
	struct err e = { ERR_NONE, "" };
	int64_t ms = 0;

	find_address(d);
	if (!d->session->dcmtk.version)
		return;
	look_at_tls(d);
	if (probe_ping(d->session, peer, &ms, &e) == 0) {
		fine(d, "echo", "%s at %s:%d answered %s in %lld ms", peer->called, peer->host, peer->port, peer->calling, (long long)ms);
		return;
	}
	d->echo_failed = true;
	say(d, FINDING_BAD, "echo", e.kind, "%s", e.text);
}

static const char *destination(const struct doctor *d)
{
	return *d->how->destination ? d->how->destination : d->how->peer.calling;
}

static void advise_registration(struct doctor *d, const char *port)
{
	note(d, "register", "the administrator of the PACS must know: AE title %s, address %s, %s; and that %s may query and retrieve",
	     destination(d), *d->address ? d->address : "of this machine (above)", port, d->how->peer.calling);
}

void doctor_advise(struct doctor *d)
{
	const struct settings *how = d->how;
	auto_free char *move = *how->peer.host ? facts_get(d->session, &how->peer, FACT_MOVE) : NULL;
	char port[40] = "the port you receive on";
	int step = 0;

	if (how->listen_port)
		snprintf(port, sizeof port, "port %d", how->listen_port);
	advise_registration(d, port);
	if (!*how->peer.host)
		return;
	if (d->echo_failed)
		note(d, "c-move", "%d. C-ECHO fails: mend that first (line \"echo\")", ++step);
	if (move && !strcmp(move, "no"))
		note(d, "c-move", "%d. probe found that this PACS does not offer C-MOVE: use --method c-get", ++step);
	note(d, "c-move", "%d. is the destination %s registered there, with this spelling, capital and small letters alike?  A PACS that does not know "
	     "it answers 0xA801", ++step, destination(d));
	note(d, "c-move", "%d. is it registered with address %s and %s?  The PACS sends where its own table says, whoever asks", ++step,
	     *d->address ? d->address : "of this machine", port);
	note(d, "c-move", "%d. does a firewall let %s connect to %s here?  Try from the PACS; C-GET needs no connection back", ++step,
	     how->peer.host, port);
	if (!how->listen_port)
		note(d, "c-move", "%d. no --listen PORT is given: the objects go to %s, which must be running and is not this program", ++step,
		     destination(d));
	else
		note(d, "c-move", "%d. does the PACS send from another address than %s?  Then --accept-from that address; the log names who was turned "
		     "away", ++step, how->peer.host);
	note(d, "c-move", "%d. may %s move at all?  Some PACS let a title query and not retrieve", ++step, how->peer.calling);
	note(d, "c-move", "%d. are the studies online?  0xA702 and silence also come from an archive that has to recall them", ++step);
	note(d, "c-move", "%d. is this machine behind address translation or in a container?  Then the PACS cannot reach the address above", ++step);
}
