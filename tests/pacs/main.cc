/* SPDX-License-Identifier: GPL-3.0-or-later */
/* badpacs: a PACS for tests that serves a folder of DICOM files and misbehaves as its scenario says.
 * The parent accepts connections and keeps the index; each connection has a forked process of its own, which dies with
 * the parent.  README.md has the scenario's grammar. */
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <arpa/inet.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <set>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "generate.h"
#include "session.h"
#include "shared.h"

#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/oflog/oflog.h>

struct server {
	std::string data, scenario_path, port_file;
	int port = 0, listener = -1, signals = -1;
	long up_again_ms = 0;			/* 0: for good */
	bool nagle = false;
	scenario sc;
	store st;
	std::set<pid_t> children;
};

static void die(const char *what)
{
	fprintf(stderr, "badpacs: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int listen_on(int *port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	struct sockaddr_in a = {};
	socklen_t len = sizeof a;

	a.sin_family = AF_INET;
	a.sin_port = htons((uint16_t)*port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0)
		die("bind");
	if (listen(fd, 128) < 0 || getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		die("listen");
	*port = ntohs(a.sin_port);
	return fd;
}

/* The name appears when the number is in it. */
static void write_port(const struct server &v)
{
	std::string temp = v.port_file + ".new";
	FILE *f;

	if (v.port_file.empty())
		return;
	if (!(f = fopen(temp.c_str(), "w")))
		die(temp.c_str());
	fprintf(f, "%d\n", v.port);
	if (fclose(f) || rename(temp.c_str(), v.port_file.c_str()) < 0)
		die(v.port_file.c_str());
}

static void apply(struct server *v)
{
	situation any;

	generate_prepare(v->sc);
	v->nagle = v->sc.has("nagle", any);
	setenv("TCP_NODELAY", v->nagle ? "0" : "1", 1);
	if (v->nagle)
		unsetenv("TCP_NODELAY");
	log_stamps(v->sc.has("log-stamps", any));
}

static void kill_all(struct server *v)
{
	for (pid_t p : v->children)
		kill(p, SIGKILL);
	for (shared_slot &s : shared->slot)		/* late senders are nobody's children but ours by adoption */
		if (s.pid > 0)
			kill(s.pid, SIGKILL);
	while (waitpid(-1, nullptr, 0) > 0)
		;
}

static void reap(struct server *v)
{
	pid_t p;

	while ((p = waitpid(-1, nullptr, WNOHANG)) > 0) {
		shared_leave(p);
		v->children.erase(p);
	}
}

/* A new scenario starts with new counters; associations that are open keep the old one. */
static void reload(struct server *v)
{
	std::string why;
	scenario fresh;

	if (!fresh.read(v->scenario_path.c_str(), &why)) {
		log_event("scenario rejected %s", why.c_str());
		return;
	}
	v->sc = fresh;
	for (int i = 0; i < SHARED_RULES; i++) {
		shared->rule_count[i] = 0;
		shared->rule_since[i] = 0;
	}
	shared->sent = 0;
	shared->associations = 0;
	apply(v);
	log_event("scenario reloaded");
}

static void serve_connection(struct server *v, int fd, pid_t parent)
{
	sigset_t none;
	int on = 1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, nullptr);
	close(v->signals);
	if (v->listener >= 0)
		close(v->listener);
	if (!v->nagle)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	shared_enter(getpid());
	session_run(fd, v->sc, v->st);
	_exit(0);
}

static void take_connection(struct server *v)
{
	int fd = accept4(v->listener, nullptr, nullptr, SOCK_CLOEXEC);
	const rule *down;
	pid_t parent = getpid(), p;

	if (fd < 0)
		return;
	v->st.refresh(v->data);
	shared->associations++;
	fflush(nullptr);
	if ((p = fork()) == 0)
		serve_connection(v, fd, parent);
	close(fd);
	if (p < 0)
		die("fork");
	v->children.insert(p);
	down = v->sc.find("down-after", situation());
	if (down && shared->associations == down->number(0)) {
		log_event("fault down-after");
		close(v->listener);
		v->listener = -1;
		v->up_again_ms = down->words.size() > 1 ? now_ms() + down->ms(1) : 0;
	}
}

/* True when it is time to go. */
static bool take_signal(struct server *v, int *ret_status)
{
	struct signalfd_siginfo info;

	if (read(v->signals, &info, sizeof info) != (ssize_t)sizeof info)
		return false;
	switch (info.ssi_signo) {
	case SIGCHLD:
		reap(v);
		return false;
	case SIGHUP:
		reload(v);
		return false;
	case SIGUSR1:
		*ret_status = 3;
		return true;
	default:
		*ret_status = 0;
		return true;
	}
}

static int run(struct server *v)
{
	int status = 0;

	for (;;) {
		struct pollfd p[2] = { { v->signals, POLLIN, 0 }, { v->listener, POLLIN, 0 } };
		int timeout = -1;

		if (v->listener < 0 && v->up_again_ms) {
			if (now_ms() >= v->up_again_ms) {
				v->listener = listen_on(&v->port);
				log_event("listening %d", v->port);
				continue;
			}
			timeout = (int)(v->up_again_ms - now_ms());
		}
		if (poll(p, 2, timeout) < 0 && errno != EINTR)
			die("poll");
		if (p[0].revents && take_signal(v, &status)) {
			kill_all(v);
			return status;
		}
		if (v->listener >= 0 && p[1].revents)
			take_connection(v);
	}
}

static void watch_signals(struct server *v)
{
	sigset_t set;

	sigemptyset(&set);
	for (int s : { SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGUSR1 })
		sigaddset(&set, s);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, nullptr);
	if ((v->signals = signalfd(-1, &set, SFD_CLOEXEC)) < 0)
		die("signalfd");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static void usage()
{
	fprintf(stderr, "usage: badpacs --data DIR --scenario FILE [--port N] [--port-file FILE] [--log FILE] "
			"[--debug]\n");
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "data", required_argument, nullptr, 'd' }, { "scenario", required_argument, nullptr, 's' },
		{ "port", required_argument, nullptr, 'p' }, { "port-file", required_argument, nullptr, 'f' },
		{ "log", required_argument, nullptr, 'l' }, { "debug", no_argument, nullptr, 'D' },
		{ nullptr, 0, nullptr, 0 },
	};
	struct server v;
	std::string why;
	bool debug = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, nullptr)) != -1)
		switch (c) {
		case 'd': v.data = optarg; break;
		case 's': v.scenario_path = optarg; break;
		case 'p': v.port = atoi(optarg); break;
		case 'f': v.port_file = optarg; break;
		case 'l':
			if (!log_open(optarg))
				die(optarg);
			break;
		case 'D': debug = true; break;
		default: usage();
		}
	if (optind != argc || v.data.empty() || v.scenario_path.empty() || v.port < 0 || v.port > 65535)
		usage();
	shared_create();
	OFLog::configure(debug ? OFLogger::DEBUG_LOG_LEVEL : OFLogger::FATAL_LOG_LEVEL);
	if (!v.sc.read(v.scenario_path.c_str(), &why)) {
		fprintf(stderr, "badpacs: %s\n", why.c_str());
		return 2;
	}
	dcmEnableAutomaticInputDataCorrection.set(OFFalse);
	DcmRLEDecoderRegistration::registerCodecs();
	watch_signals(&v);
	apply(&v);
	v.st.refresh(v.data);
	v.listener = listen_on(&v.port);
	log_event("listening %d", v.port);
	write_port(v);
	return run(&v);
}
