/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Landlock by its system calls: glibc has no wrappers, and headers may be older than the kernel.  The seccomp filter is
 * compiled by libseccomp, which is not safe after a fork; the child hands the finished program to the kernel. */
#include "process/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

/* Newer than the headers of Debian 12. */
#define FS_REFER (1ULL << 13)		/* ABI 2, Linux 5.19 */
#define FS_TRUNCATE (1ULL << 14)	/* ABI 3, Linux 6.2 */
#define NET_BIND (1ULL << 0)		/* ABI 4, Linux 6.7 */
#define NET_CONNECT (1ULL << 1)
#define SCOPE_ABSTRACT (1ULL << 0)	/* ABI 6, Linux 6.12 */
#define SCOPE_SIGNAL (1ULL << 1)
enum { RULE_NET_PORT = 2 };
enum { ABI_REFER = 2, ABI_TRUNCATE = 3 };
enum { PORT_DNS = 53 };
enum { SPARE_MB = 64 };	/* what the child may take before its program begins */

struct ruleset_attr { uint64_t fs, net, scoped; };
struct net_attr { uint64_t access, port; };

static const uint64_t FS_WRITE = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
	LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
	LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
	LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
static const uint64_t FS_READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
/* Those that a rule for a single file may name. */
static const uint64_t FS_OF_FILES = LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE | LANDLOCK_ACCESS_FS_READ_FILE |
	LANDLOCK_ACCESS_FS_EXECUTE;

/* Programs and libraries, the resolver's files, OpenSSL's; no home, no key, nothing of other programs. */
static const char *const system_programs[] = { "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store",
					       "/gnu/store", NULL };
static const char *const system_files[] = {
	"/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/locale.alias",
	"/etc/localtime", "/etc/hosts", "/etc/host.conf", "/etc/hostname", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/gai.conf",
	"/etc/services", "/etc/protocols", "/etc/networks", "/etc/passwd", "/etc/ssl/openssl.cnf", "/etc/ssl/certs", "/etc/pki/tls/openssl.cnf",
	"/etc/pki/tls/certs", "/etc/crypto-policies", "/etc/dcmtk", "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager",
	"/run/nscd", "/var/run/nscd", "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/proc/sys", "/proc/meminfo", "/proc/cpuinfo",
	"/sys/devices/system/cpu", NULL
};
/* Variables that name files or folders, separated by colons. */
static const char *const path_names[] = { "LD_PRELOAD", "LD_LIBRARY_PATH", "DCMDICTPATH", "OPENSSL_CONF", "SSL_CERT_FILE",
					  "SSL_CERT_DIR", NULL };
static const char *const environment_names[] = {
	"PATH", "HOME", "LANG", "LANGUAGE", "LC_*", "TZ", "TZDIR", "TMPDIR", "LD_PRELOAD", "LD_LIBRARY_PATH", "DCMDICTPATH", "DCMTK_*",
	"TCP_*", "OPENSSL_CONF", "SSL_CERT_FILE", "SSL_CERT_DIR", "RES_OPTIONS", "LOCALDOMAIN", "HOSTALIASES", "ASAN_OPTIONS",
	"UBSAN_OPTIONS", "LSAN_OPTIONS", "DICOM_QR_TEST" /* by which a test finds its processes */, NULL
};

/* Refused to all. */
static const char *const calls_of_none[] = {
	"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp", "unshare", "setns", "mount",
	"umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
	"keyctl", "add_key", "request_key", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter",
	"io_uring_register", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "swapon", "swapoff",
	"reboot", "acct", "quotactl", "syslog", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "sethostname",
	"setdomainname", "open_by_handle_at", "fanotify_init", "mknod", "mknodat", "iopl", "ioperm", "modify_ldt", NULL
};
/* Refused where new processes are: what Landlock does not handle. */
static const char *const calls_of_scripts[] = {
	"fork", "vfork", "kill", "rt_sigqueueinfo", "pidfd_send_signal", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown",
	"lchown", "fchown", "fchownat", "utime", "utimes", "utimensat", "futimesat", "setxattr", "lsetxattr", "fsetxattr",
	"removexattr", "lremovexattr", "fremovexattr", NULL
};
static const char *const calls_of_network[] = { "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", NULL };
static const char *const calls_of_exec[] = { "execve", "execveat", NULL };

struct filter {
	struct filter *next;
	unsigned may;
	struct sock_fprog program;
};

struct cage {
	int ruleset;			/* Landlock's; -1 = none */
	const struct filter *filter;	/* NULL = none */
	bool cut;			/* the environment */
	int data_mb, file_mb;
};

int confine_abi(void)
{
	const char *off = getenv("DICOM_QR_NO_LANDLOCK");	/* for tests of what happens without */
	long abi;

	if (off && strcmp(off, "1") == 0)
		return 0;
	abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
	return abi > 0 ? (int)abi : 0;		/* ENOSYS: not built in; EOPNOTSUPP: not switched on */
}

bool confine_filters(void)
{
	uint32_t action = SECCOMP_RET_ERRNO;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0U, &action) == 0;
}

void confine_ourselves(void)
{
	struct rlimit core;

	if (getrlimit(RLIMIT_CORE, &core) == 0) {
		core.rlim_cur = 0;		/* hooks may raise it again */
		setrlimit(RLIMIT_CORE, &core);
	}
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void confinement_done(struct confinement *c)
{
	for (size_t i = 0; i < c->read_count; i++)
		free(c->reads[i]);
	free(c->reads);
	free(c->folder);
}

/* ---- the filter ---- */

static int refuse_calls(scmp_filter_ctx ctx, const char *const *names)
{
	int failed = 0;

	for (; *names; names++) {
		int call = seccomp_syscall_resolve_name(*names);

		if (call != __NR_SCMP_ERROR)	/* younger than this libseccomp: it cannot be named */
			failed |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), call, 0);
	}
	return failed;
}

/* A filter cannot look at clone3's arguments, which lie in memory; told that there is no such call, glibc uses clone. */
static int refuse_clone(scmp_filter_ctx ctx, bool fork)
{
	static const int spaces[] = { CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP };
#if defined(__s390__)
	const unsigned flags = 1;
#else
	const unsigned flags = 0;
#endif
	int failed = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	if (!fork)
		return failed | seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
						 SCMP_CMP(flags, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
		failed |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
					   SCMP_CMP(flags, SCMP_CMP_MASKED_EQ, (scmp_datum_t)spaces[i], (scmp_datum_t)spaces[i]));
	return failed;
}

static int refuse_all(scmp_filter_ctx ctx, unsigned may)
{
	int failed = refuse_calls(ctx, calls_of_none) | refuse_clone(ctx, may & CONFINE_FORK);

	if (!(may & CONFINE_FORK))
		failed |= refuse_calls(ctx, calls_of_scripts);
	if (!(may & CONFINE_SOCKET))
		failed |= refuse_calls(ctx, calls_of_network);
	if (!(may & CONFINE_EXEC))
		failed |= refuse_calls(ctx, calls_of_exec);
	return failed;
}

/* libseccomp writes the program to a descriptor alone. */
static int filter_export(scmp_filter_ctx ctx, struct sock_fprog *program)
{
	auto_close int fd = memfd_create("filter", MFD_CLOEXEC);
	struct stat st;

	if (fd < 0 || seccomp_export_bpf(ctx, fd) < 0 || fstat(fd, &st) < 0 || st.st_size <= 0)
		return -1;
	program->filter = mem_alloc((size_t)st.st_size);
	program->len = (unsigned short)((size_t)st.st_size / sizeof *program->filter);
	return pread(fd, program->filter, (size_t)st.st_size, 0) == (ssize_t)st.st_size ? 0 : -1;
}

/* One for each set of rights, kept: a run starts thousands of tools. */
static const struct filter *filter_for(unsigned may, struct err *e)
{
	static struct filter *made;
	struct filter *f;
	scmp_filter_ctx ctx;

	for (f = made; f; f = f->next)
		if (f->may == may)
			return f;
	f = mem_alloc(sizeof *f);
	f->may = may;
	ctx = seccomp_init(SCMP_ACT_ALLOW);
	if (!ctx || refuse_all(ctx, may) || filter_export(ctx, &f->program) < 0) {
		err_set(e, ERR_SYSTEM, "a seccomp filter could not be made");
		free(f->program.filter);
		free(f);
		f = NULL;
	} else {
		f->next = made;
		made = f;
	}
	seccomp_release(ctx);
	return f;
}

/* ---- the ruleset ---- */

static int add_path(int ruleset, const char *path, uint64_t access, struct err *e)
{
	struct landlock_path_beneath_attr below = { .allowed_access = access };
	auto_close int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "open %s", path);
	if (!S_ISDIR(st.st_mode))
		below.allowed_access &= FS_OF_FILES;
	below.parent_fd = fd;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0U) < 0)
		return err_sys(e, "landlock rule for %s", path);
	return 0;
}

/* What is not there, or cannot be looked at, needs no right. */
static int add_if_there(int ruleset, const char *path, uint64_t access, struct err *e)
{
	struct stat st;

	return stat(path, &st) < 0 ? 0 : add_path(ruleset, path, access, e);
}

static int add_paths(int ruleset, const char *const *paths, uint64_t access, struct err *e)
{
	for (; *paths; paths++)
		if (add_if_there(ruleset, *paths, access, e) < 0)
			return -1;
	return 0;
}

static int add_variables(int ruleset, struct err *e)
{
	for (const char *const *name = path_names; *name; name++) {
		const char *value = getenv(*name);
		auto_free char *text = mem_str(value ? value : "");
		char *rest = text, *path;

		while ((path = strsep(&rest, ":")))
			if (*path == '/' && add_if_there(ruleset, path, FS_READ, e) < 0)
				return -1;
	}
	return 0;
}

/* A tool of its own prefix has its libraries, dictionary and configuration beside its folder. */
static int add_program(int ruleset, const char *program, struct err *e)
{
	static const char *const beside[] = { "lib", "lib64", "share", "etc", NULL };
	auto_free char *real = realpath(program, NULL);
	char *slash = real ? strrchr(real, '/') : NULL;

	if (!slash)
		return 0;
	*slash = '\0';
	if (add_if_there(ruleset, real, FS_READ | LANDLOCK_ACCESS_FS_EXECUTE, e) < 0)
		return -1;
	slash = strrchr(real, '/');
	if (!slash || strcmp(slash, "/bin"))
		return 0;
	for (const char *const *name = beside; *name; name++) {
		auto_free char *path = mem_printf("%.*s/%s", (int)(slash - real), real, *name);

		if (add_if_there(ruleset, path, FS_READ, e) < 0)
			return -1;
	}
	return 0;
}

static int add_reads(int ruleset, const struct confinement *c, const char *program, struct err *e)
{
	if (add_paths(ruleset, system_programs, FS_READ | LANDLOCK_ACCESS_FS_EXECUTE, e) < 0 ||
	    add_paths(ruleset, system_files, FS_READ, e) < 0 || add_variables(ruleset, e) < 0 ||
	    (program && add_program(ruleset, program, e) < 0))
		return -1;
	for (size_t i = 0; i < c->read_count; i++)
		if (add_if_there(ruleset, c->reads[i], FS_READ, e) < 0)
			return -1;
	return 0;
}

static int add_port(int ruleset, int port, struct err *e)
{
	struct net_attr rule = { NET_CONNECT, (uint64_t)port };

	if (syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0U) < 0)
		return err_sys(e, "landlock rule for port %d", port);
	return 0;
}

static uint64_t rights_to_write(int abi)
{
	return FS_WRITE | (abi >= ABI_REFER ? FS_REFER : 0) | (abi >= ABI_TRUNCATE ? FS_TRUNCATE : 0);
}

static struct ruleset_attr handled(const struct confinement *c, unsigned may, int abi)
{
	struct ruleset_attr a = { .fs = rights_to_write(abi) };

	if (!(may & CONFINE_READ_ALL))
		a.fs |= FS_READ | LANDLOCK_ACCESS_FS_EXECUTE;
	if (abi >= CONFINE_ABI_NET)
		a.net = NET_BIND | NET_CONNECT;
	if (may & CONFINE_CONNECT && !c->port)
		a.net &= ~NET_CONNECT;
	if (abi >= CONFINE_ABI_SCOPE)
		a.scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL;
	return a;
}

static int add_all(int ruleset, const struct confinement *c, const struct ruleset_attr *a, const char *program, struct err *e)
{
	uint64_t write = rights_to_write(confine_abi());

	/* storescp -id (3.6.7) opens /dev/null for writing as its new stdout, and ends with 99 when it cannot */
	if (add_path(ruleset, "/dev/null", write & FS_OF_FILES, e) < 0 ||
	    (c->folder && add_path(ruleset, c->folder, a->fs & (write | FS_READ), e) < 0) ||
	    (a->fs & FS_READ && add_reads(ruleset, c, program, e) < 0))
		return -1;
	if (!(a->net & NET_CONNECT))
		return 0;
	if (c->rule->may & CONFINE_CONNECT && c->port != PORT_DNS && add_port(ruleset, c->port, e) < 0)
		return -1;
	return c->rule->may & CONFINE_SOCKET ? add_port(ruleset, PORT_DNS, e) : 0;
}

/* A descriptor; -2 when the kernel has no Landlock. */
static int make_ruleset(const struct confinement *c, unsigned may, const char *program, struct err *e)
{
	int abi = confine_abi(), ruleset;
	struct ruleset_attr a = handled(c, may, abi);

	if (abi == 0)
		return -2;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &a, sizeof a, 0U);	/* close-on-exec by itself */
	if (ruleset < 0)
		return err_sys(e, "landlock ruleset");
	if (add_all(ruleset, c, &a, program, e) < 0) {
		close(ruleset);
		return -1;
	}
	if (ruleset <= STDERR_FILENO) {		/* the child's own three would take its place */
		int low = ruleset;

		ruleset = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		close(low);
	}
	return ruleset < 0 ? err_sys(e, "landlock ruleset") : ruleset;
}

/* ---- the cage ---- */

static bool is_script(const char *program)
{
	char head[2] = "";
	auto_close int fd = program ? open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

	return fd >= 0 && read(fd, head, 2) == 2 && !memcmp(head, "#!", 2);
}

/* The limit counts from the fork on, when the child still has all that is ours (terabytes under AddressSanitizer). */
static int memory_mb(int wanted)
{
	auto_buf struct buf text = BUF_INIT(1000);
	struct err ignored = { ERR_NONE, "" };
	long pages, held;

	if (wanted < 0 || file_read("/proc/self/statm", &text, &ignored) < 0 ||
	    sscanf(buf_text(&text), "%*d %*d %*d %*d %*d %ld", &pages) != 1)
		return wanted;
	held = pages / ((1L << 20) / sysconf(_SC_PAGESIZE)) + SPARE_MB;
	if (held > INT_MAX)
		return -1;
	return held > wanted ? (int)held : wanted;
}

struct cage *cage_make(const struct confinement *c, const char *program, struct err *e)
{
	bool script = is_script(program);
	unsigned may = c->rule->may | (script ? CONFINE_FORK | CONFINE_READ_ALL | CONFINE_ENVIRONMENT : 0);
	const struct filter *filter = confine_filters() ? filter_for(may, e) : NULL;
	int ruleset = !filter && confine_filters() ? -1 : make_ruleset(c, may, program, e);
	struct cage *cage;

	if (ruleset == -1)
		return NULL;
	cage = mem_alloc(sizeof *cage);
	*cage = (struct cage){ ruleset < 0 ? -1 : ruleset, filter, !(may & CONFINE_ENVIRONMENT), memory_mb(c->rule->data_mb), c->rule->file_mb };
	return cage;
}

void cage_free(struct cage *c)
{
	if (c && c->ruleset >= 0)
		close(c->ruleset);
	free(c);
}

static bool is_listed(const char *variable)
{
	for (const char *const *name = environment_names; *name; name++) {
		size_t len = strlen(*name);

		if ((*name)[len - 1] == '*' && !strncmp(variable, *name, len - 1))
			return true;
		if (!strncmp(variable, *name, len) && variable[len] == '=')
			return true;
	}
	return false;
}

static void cut_environment(void)
{
	char **kept = environ;

	for (char **at = environ; at && *at; at++)
		if (is_listed(*at))
			*kept++ = *at;
	if (kept)
		*kept = NULL;
}

static int limit(int what, int mb)
{
	struct rlimit now, wanted = { (rlim_t)mb << 20, (rlim_t)mb << 20 };

	if (mb < 0)
		return 0;
	if (getrlimit(what, &now) == 0 && now.rlim_max < wanted.rlim_max)
		wanted.rlim_cur = wanted.rlim_max = now.rlim_max;
	return setrlimit(what, &wanted);
}

int cage_enter(const struct cage *c)
{
	if (limit(RLIMIT_CORE, 0) < 0 || limit(RLIMIT_DATA, c->data_mb) < 0 || limit(RLIMIT_FSIZE, c->file_mb) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	if (c->cut)
		cut_environment();
	if (c->ruleset >= 0 && syscall(SYS_landlock_restrict_self, c->ruleset, 0U) < 0)
		return -1;
	return c->filter && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &c->filter->program) < 0 ? -1 : 0;
}
