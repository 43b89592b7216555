/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each thing that a confined child is not to do is tried in one, under each rule; and what it may do works. */
#include "process/confine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "process/child.h"
#include "tests/unit/check.h"

static char folder[] = "/tmp/test_confine.XXXXXX";
static int allowed_port, other_port, abstract_fd;
static char *own, *secret;

/* ---- what is tried: 0 when it was done ---- */

static int done(int result)
{
	return result < 0 ? -1 : 0;
}

static int try_open(const char *path, int flags)
{
	auto_close int fd = open(path, flags | O_CLOEXEC, 0600);

	return done(fd);
}

static int in_own(const char *name, int flags)
{
	auto_free char *path = file_join(own, name);

	return try_open(path, flags);
}

static int outside(const char *name, int flags)
{
	auto_free char *path = file_join(folder, name);

	return try_open(path, flags);
}

static int try_connect(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	auto_close int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? -1 : done(connect(fd, (struct sockaddr *)&to, sizeof to));
}

static int try_listen(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	auto_close int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? -1 : done(bind(fd, (struct sockaddr *)&at, sizeof at));
}

static struct sockaddr_un abstract_name(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path + 1, sizeof a.sun_path - 1, "%s", folder);
	return a;
}

static int try_abstract(void)
{
	struct sockaddr_un to = abstract_name();
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return fd < 0 ? -1 : done(connect(fd, (struct sockaddr *)&to, sizeof to));
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : done(waitpid(pid, NULL, 0));
}

static int try_environ(void)
{
	auto_free char *path = mem_printf("/proc/%d/environ", (int)getppid());

	return try_open(path, O_RDONLY);
}

static int t_read_own(void) { return in_own("kept", O_RDONLY); }
static int t_write_own(void) { return in_own("new", O_WRONLY | O_CREAT); }
static int t_read_system(void) { return try_open("/etc/hosts", O_RDONLY); }
static int t_write_null(void) { return try_open("/dev/null", O_WRONLY); }
static int t_read_secret(void) { return outside("secret", O_RDONLY); }
static int t_write_secret(void) { return outside("secret", O_WRONLY); }
static int t_make_file(void) { return outside("made", O_WRONLY | O_CREAT); }
static int t_chmod(void) { return chmod(secret, 0644); }
static int t_times(void) { return utimensat(AT_FDCWD, secret, NULL, 0); }
static int t_connect_peer(void) { return try_connect(allowed_port); }
static int t_connect_other(void) { return try_connect(other_port); }
static int t_trace(void) { return done((int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL)); }
static int t_signal(void) { return kill(getppid(), 0); }
static int t_unshare(void) { return unshare(CLONE_NEWUSER); }
static int t_mount(void) { return mount("none", folder, "tmpfs", 0, NULL); }
static int t_keys(void) { return done((int)syscall(SYS_keyctl, 0, -3, 0)); }
static int t_bpf(void) { return done((int)syscall(SYS_bpf, 0, NULL, 0)); }
static int t_udp(void) { auto_close int fd = socket(AF_INET, SOCK_DGRAM, 0); return done(fd); }

static int t_execute(void)
{
	execl("/bin/true", "true", NULL);
	return -1;
}

#ifdef __SANITIZE_ADDRESS__		/* it maps terabytes of its own */
enum { MEMORY = -1 };
#else
enum { MEMORY = 512 };

static int t_memory(void)
{
	void *much = mmap(NULL, (size_t)1 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return much == MAP_FAILED ? -1 : munmap(much, (size_t)1 << 30);
}
#endif

static int t_large_file(void)
{
	auto_free char *path = file_join(own, "large");
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	signal(SIGXFSZ, SIG_IGN);
	return fd < 0 ? -1 : done((int)pwrite(fd, "x", 1, 100 << 20));
}

/* Its answer tells both: no core, and no new privileges. */
static int t_core(void)
{
	struct rlimit core;

	return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? -1 : 0;
}

static int t_variable(void) { return getenv("SECRET_OF_OURS") ? 0 : -1; }
static int t_path_variable(void) { return getenv("PATH") ? 0 : -1; }

/* ---- the rules ---- */

enum { PARSER, TOOL, LISTENER, RULES };
static const struct confine_rule rules[RULES] = {
	[PARSER] = { "parser", 0, MEMORY, 0 },
	[TOOL] = { "tool", CONFINE_SOCKET | CONFINE_CONNECT, MEMORY, 16 },
	[LISTENER] = { "listener", CONFINE_SOCKET, -1, -1 },
};

enum { NO_FS = 1, ABI_4 = 4, ABI_6 = 6 };	/* from which ABI of Landlock on; 0: with seccomp and limits alone */
static const struct attempt_row {
	const char *name;
	int (*attempt)(void);
	int abi;
	bool done[RULES];		/* by PARSER, TOOL, LISTENER */
} attempts[] = {
	{ "read its own folder", t_read_own, 0, { true, true, true } },
	{ "write to /dev/null", t_write_null, 0, { true, true, true } },
	{ "read /etc/hosts", t_read_system, 0, { true, true, true } },
	{ "see PATH", t_path_variable, 0, { true, true, true } },
	{ "see a variable of ours", t_variable, 0, { false, false, false } },
	{ "leave a core or gain privileges", t_core, 0, { false, false, false } },
	{ "write to its own folder", t_write_own, NO_FS, { false, true, true } },
	{ "read a key", t_read_secret, NO_FS, { false, false, false } },
	{ "write to a file of ours", t_write_secret, NO_FS, { false, false, false } },
	{ "make a file of ours", t_make_file, NO_FS, { false, false, false } },
	{ "change a mode", t_chmod, 0, { false, false, false } },
	{ "change times", t_times, 0, { false, false, false } },
	{ "read our environment", try_environ, NO_FS, { false, false, false } },
	{ "connect to its peer", t_connect_peer, ABI_4, { false, true, false } },
	{ "connect to another port", t_connect_other, ABI_4, { false, false, false } },
	{ "listen", try_listen, ABI_4, { false, false, false } },
	{ "connect to an abstract socket", try_abstract, ABI_6, { false, false, false } },
	{ "open a socket", t_udp, 0, { false, true, true } },
	{ "start a process", try_fork, 0, { false, false, false } },
	{ "start a program", t_execute, 0, { false, false, false } },
	{ "trace us", t_trace, 0, { false, false, false } },
	{ "signal us", t_signal, 0, { false, false, false } },
	{ "make a user name space", t_unshare, 0, { false, false, false } },
	{ "mount", t_mount, 0, { false, false, false } },
	{ "look at keys", t_keys, 0, { false, false, false } },
	{ "load BPF", t_bpf, 0, { false, false, false } },
#ifndef __SANITIZE_ADDRESS__
	{ "take a gigabyte", t_memory, 0, { false, false, true } },
#endif
	{ "write a file of 100 MB", t_large_file, NO_FS, { false, false, true } },
};

static int try_all(void *data)
{
	(void)data;
	for (size_t i = 0; i < countof(attempts); i++) {
		errno = 0;
		printf("%s\n", attempts[i].attempt() == 0 ? "done" : "refused");
	}
	return 0;
}

/* ---- the parent ---- */

struct heard { struct loop *loop; size_t at; int rule; bool over; };

static void line(void *owner, enum stream from, const char *text, size_t len)
{
	struct heard *h = owner;
	const struct attempt_row *row = &attempts[h->at < countof(attempts) ? h->at : 0];
	auto_free char *name = mem_printf("%s: %s", rules[h->rule].tool, row->name);

	CHECK_CASE(name);
	CHECK_INT((int)from, (int)STREAM_OUT);
	h->at++;
	if (confine_abi() >= row->abi && confine_filters())
		CHECK_STR(text, row->done[h->rule] ? "done" : "refused");
	CHECK_CASE("");
	(void)len;
}

static void ended(void *owner, const struct child_result *result)
{
	struct heard *h = owner;

	CHECK_INT(result->exit_status, 0);
	h->over = true;
}

static bool is_over(void *owner)
{
	const struct heard *h = owner;

	return h->over;
}

static void test_rule(int rule)
{
	static const struct child_hooks hooks = { line, ended };
	struct heard h = { .rule = rule };
	struct err e = { ERR_NONE, "" };
	struct command *c = command_new_function("tries", try_all, NULL, NULL);

	h.loop = loop_new(&e);
	command_confine(c, &rules[rule]);
	command_may_connect(c, allowed_port);
	command_may_read(c, own);
	command_may_read(c, "/not/there");
	if (rule != PARSER)
		command_may_write(c, own);
	CHECK(child_start(h.loop, c, NULL, &hooks, &h, &e) != NULL);
	CHECK_STR(e.text, "");
	CHECK_INT(loop_run(h.loop, is_over, &h, &e), 0);
	CHECK_INT((long long)h.at, (long long)countof(attempts));
	loop_free(h.loop);
}

static int listener(int *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 5) == 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static void test_ourselves(void)
{
	struct rlimit core;

	confine_ourselves();
	CHECK_INT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	CHECK_INT(getrlimit(RLIMIT_CORE, &core), 0);
	CHECK_INT((long long)core.rlim_cur, 0);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);		/* for the leak check at the end */
}

int main(void)
{
	struct err e = { ERR_NONE, "" };
	struct sockaddr_un name;
	auto_free char *kept = NULL;
	auto_close int one = -1, two = -1;

	CHECK(mkdtemp(folder) != NULL);
	own = file_join(folder, "own");
	secret = file_join(folder, "secret");
	kept = file_join(own, "kept");
	CHECK_INT(file_make_dirs(own, &e), 0);
	CHECK_INT(file_replace(secret, "key\n", 4, &e), 0);
	CHECK_INT(file_replace(kept, "kept\n", 5, &e), 0);
	setenv("SECRET_OF_OURS", "1", 1);
	one = listener(&allowed_port);
	two = listener(&other_port);
	name = abstract_name();
	abstract_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(abstract_fd, (struct sockaddr *)&name, sizeof name) == 0 && listen(abstract_fd, 5) == 0);
	for (int rule = 0; rule < RULES; rule++)
		test_rule(rule);
	test_ourselves();
	close(abstract_fd);
	CHECK_INT(file_remove_tree(folder, &e), 0);
	free(own);
	free(secret);
	return check_done();
}
