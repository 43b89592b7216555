/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files: what is replaced, made, removed, locked; each test in a folder of its own. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "tests/unit/check.h"

static mode_t mode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 ? 0 : st.st_mode & 07777;
}

static bool is_there(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

static void put(const char *path, const char *text)
{
	struct err e = { ERR_NONE, "" };

	file_replace(path, text, strlen(text), &e);
	CHECK_STR(e.text, "");
}

static void holds(const char *path, const char *text)
{
	auto_buf struct buf b = BUF_INIT(BUF_MB(1));
	struct err e = { ERR_NONE, "" };

	CHECK_INT(file_read(path, &b, &e), 0);
	CHECK_STR(buf_text(&b), text);
}

static int count_entries(const char *dir)
{
	auto_free char *command = mem_printf("ls -A '%s' | wc -l", dir);
	FILE *f = popen(command, "r");
	int count = -1;

	if (!f || fscanf(f, "%d", &count) != 1)
		count = -1;
	if (f)
		pclose(f);
	return count;
}

static void test_replace(void)
{
	char name[256];
	struct err e;

	put("state", "old");
	put("state", "new\n");
	holds("state", "new\n");
	CHECK_INT(mode_of("state"), 0600);
	put("./state", "");
	holds("state", "");
	memset(name, 'n', 255);
	name[255] = '\0';
	put(name, "long");
	holds(name, "long");
	unlink(name);
	CHECK_INT(file_replace("absent/state", "x", 1, &e), -1);
	CHECK_INT(e.kind, ERR_SYSTEM);
	CHECK_HAS(e.text, strerror(ENOENT));
	mkdir("taken", 0700);
	CHECK_INT(file_replace("taken", "x", 1, &e), -1);
	rmdir("taken");
	CHECK_INT(count_entries("."), 1);
	unlink("state");
}

static void test_read(void)
{
	auto_buf struct buf exact = BUF_INIT(5), less = BUF_INIT(4), any = BUF_INIT(100);
	struct err e;

	put("five", "12345");
	CHECK_INT(file_read("five", &exact, &e), 0);
	CHECK_INT(exact.len, 5);
	CHECK_INT(file_read("five", &less, &e), -1);
	CHECK_INT(e.kind, ERR_INPUT);
	CHECK_STR(e.text, "five: larger than 4 bytes");
	CHECK_INT(file_read("six", &any, &e), -1);
	CHECK_INT(e.kind, ERR_SYSTEM);
	CHECK_INT(file_read(".", &any, &e), -1);
	CHECK_INT(e.kind, ERR_SYSTEM);
	unlink("five");
}

static const struct {
	mode_t given, process, file, dir;
} modes[] = {
	{ 0077, 0022, 0600, 0700 },
	{ 0027, 0077, 0640, 0750 },
	{ 0002, 0777, 0664, 0775 },
	{ 0000, 0027, 0666, 0777 },
};

static void test_modes(void)
{
	struct err e;
	mode_t old;

	for (size_t i = 0; i < countof(modes); i++) {
		old = umask(modes[i].process);

		file_set_umask(modes[i].given);
		CHECK_INT(file_make_dirs("m/a/b", &e), 0);
		put("m/a/b/f", "x");
		umask(old);
		CHECK_INT(mode_of("m"), modes[i].dir);
		CHECK_INT(mode_of("m/a/b"), modes[i].dir);
		CHECK_INT(mode_of("m/a/b/f"), modes[i].file);
		CHECK_INT(file_remove_tree("m", &e), 0);
	}
	file_set_umask(0027);
	mkdir("shared", 0700);
	chmod("shared", 02777);
	old = umask(0077);
	CHECK_INT(file_make_dirs("shared/sub", &e), 0);
	umask(old);
	CHECK_INT(mode_of("shared/sub"), 02750);
	CHECK_INT(mode_of("shared"), 02777);
	file_set_umask(0077);
	file_remove_tree("shared", &e);
}

static void test_make_dirs(void)
{
	struct err e;

	CHECK_INT(file_make_dirs("a//b/./c/", &e), 0);
	CHECK_INT(file_make_dirs("a/b/c", &e), 0);
	CHECK(file_is_dir("a/b/c"));
	put("a/file", "x");
	CHECK(!file_is_dir("a/file"));
	CHECK_INT(file_make_dirs("a/file/x", &e), -1);
	CHECK_INT(e.kind, ERR_SYSTEM);
	CHECK_INT(file_make_dirs("a/file", &e), -1);
	CHECK_INT(file_make_dirs("", &e), -1);
	CHECK(!symlink("b", "a/link"));
	CHECK_INT(file_make_dirs("a/link/d", &e), 0);
	CHECK(file_is_dir("a/b/d"));
	CHECK_INT(file_remove_tree("a", &e), 0);
}

static void test_temp_dir(void)
{
	struct err e;
	auto_free char *one = file_temp_dir(".", "job", &e), *two = file_temp_dir(".", "job", &e);

	CHECK_INT(strncmp(one, "./job-", 6), 0);
	CHECK(strcmp(one, two));
	CHECK_INT(mode_of(one), 0700);
	CHECK(!file_temp_dir("absent", "job", &e));
	CHECK_INT(e.kind, ERR_SYSTEM);
	rmdir(one);
	rmdir(two);
}

static void test_remove_tree(void)
{
	struct err e;

	file_make_dirs("keep/inner", &e);
	put("keep/inner/file", "precious");
	file_make_dirs("gone/x/y/z", &e);
	put("gone/x/file", "x");
	CHECK(!symlink("../../keep", "gone/x/link") && !symlink("keep", "link") && !symlink("nowhere", "gone/dangling"));
	CHECK_INT(file_remove_tree("gone", &e), 0);
	CHECK(!is_there("gone"));
	CHECK_INT(file_remove_tree("gone", &e), 0);
	CHECK_INT(file_remove_tree("link", &e), 0);
	CHECK(!is_there("link"));
	holds("keep/inner/file", "precious");
	CHECK_INT(file_remove_tree("keep/inner/file", &e), 0);
	CHECK_INT(file_remove_tree("keep/", &e), 0);
	CHECK(!is_there("keep"));
}

static void test_rename_new(void)
{
	struct err e;

	put("from", "1");
	put("there", "2");
	CHECK_INT(file_rename_new("from", "there", &e), 1);
	holds("there", "2");
	holds("from", "1");
	CHECK_INT(file_rename_new("from", "to", &e), 0);
	holds("to", "1");
	CHECK(!is_there("from"));
	CHECK_INT(file_rename_new("from", "elsewhere", &e), -1);
	CHECK_INT(e.kind, ERR_SYSTEM);
	CHECK_HAS(e.text, strerror(ENOENT));
	unlink("to");
	unlink("there");
}

static void lock_in_child(const char *wanted)
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		struct err e = { ERR_NONE, "" };
		int fd = file_lock("lock", &e);

		_exit(fd >= 0 ? 10 : e.kind == ERR_LOCKED && !strcmp(e.text, wanted) ? 20 : 30);
	}
	waitpid(pid, &status, 0);
	CHECK_INT(WEXITSTATUS(status), *wanted ? 20 : 10);
}

static void test_lock(void)
{
	auto_free char *wanted = mem_printf("lock: held by process %ld", (long)getpid());
	struct err e = { ERR_NONE, "" };
	int fd = file_lock("lock", &e);

	CHECK(fd >= 0);
	CHECK_INT(mode_of("lock"), 0600);
	CHECK_INT(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	lock_in_child(wanted);
	unlink("lock");
	lock_in_child("");
	close(fd);
	lock_in_child("");
	CHECK_INT(file_lock("absent/lock", &e), -1);
	CHECK_INT(e.kind, ERR_SYSTEM);
	unlink("lock");
}

static void is_refused(const char *path, bool own, const char *words)
{
	struct err e = { ERR_NONE, "" };

	CHECK_INT(own ? file_open_own(path, O_WRONLY | O_CREAT, 0600, &e) : file_open_plain(path, O_WRONLY | O_CREAT, 0600, &e), -1);
	CHECK_INT(e.kind, ERR_SYSTEM);
	if (!strstr(e.text, words))
		CHECK_STR(e.text, words);
	if (*words != 'o')		/* it is named by its owner */
		CHECK(strstr(e.text, "belongs to") != NULL);
}

/* Each thing that another user may plant under the name of a file of ours. */
static void test_planted(void)
{
	auto_buf struct buf b = BUF_INIT(100);
	struct err e = { ERR_NONE, "" };

	put("victim", "precious");
	CHECK(!symlink("victim", "link"));
	CHECK(!symlink("absent", "dangling"));
	CHECK(!mkfifo("fifo", 0600));
	CHECK(!link("victim", "second"));
	for (int own = 0; own < 2; own++) {
		is_refused("link", own, "link is a symbolic link");
		is_refused("dangling", own, "dangling is a symbolic link");
		is_refused("fifo", own, "fifo is no plain file");
		is_refused("second", own, "second has a second name");
		is_refused("no/folder", own, "open no/folder");
	}
	CHECK_INT(file_read_plain("fifo", &b, &e), -1);
	CHECK_INT(file_lock("fifo", &e), -1);
	CHECK_INT(file_lock("link", &e), -1);
	CHECK_INT(file_lock("second", &e), -1);
	holds("victim", "precious");
	CHECK(!is_there("absent"));
	unlink("second");
	if (!geteuid() && !chown("victim", 65534, (gid_t)-1)) {
		CHECK_INT(file_lock("victim", &e), -1);
		CHECK(strstr(e.text, "victim is not ours; it belongs to nobody") != NULL);
		CHECK_INT(file_read_plain("victim", &b, &e), 0);
		holds("victim", "precious");
	}
	for (const char *const *p = (const char *const[]){ "victim", "link", "dangling", "fifo", NULL }; *p; p++)
		unlink(*p);
}

static void test_free_bytes(void)
{
	uint64_t here = 0, below = 0, root = 0;
	struct err e;

	CHECK_INT(file_free_bytes(".", &here, &e), 0);
	CHECK_INT(file_free_bytes("not/yet/made", &below, &e), 0);
	CHECK_INT(file_free_bytes("/not-yet-made/at-all", &root, &e), 0);
	CHECK(here > 0 && below > 0 && root > 0);
}

static const struct {
	const char *dir, *name, *joined;
} joins[] = {
	{ "a", "b", "a/b" }, { "a/", "b", "a/b" }, { "/", "b", "/b" }, { "", "b", "b" },
};

static const struct {
	const char *path, *absolute;	/* from /usr */
} absolutes[] = {
	{ "a", "/usr/a" }, { "./a/", "/usr/a" }, { "", "/usr" }, { ".", "/usr" }, { "../x", "/usr/../x" },
	{ "/a//b/./c/", "/a/b/c" }, { "/", "/" }, { "//", "/" }, { "/.", "/" }, { ".hidden", "/usr/.hidden" },
};

static void test_paths(void)
{
	for (size_t i = 0; i < countof(joins); i++) {
		auto_free char *joined = file_join(joins[i].dir, joins[i].name);

		CHECK_STR(joined, joins[i].joined);
	}
	CHECK_INT(chdir("/usr"), 0);
	for (size_t i = 0; i < countof(absolutes); i++) {
		auto_free char *absolute = file_absolute(absolutes[i].path);

		CHECK_STR(absolute, absolutes[i].absolute);
	}
}

static void test_sweep(void)
{
	put("swept", "kept");
	put(".swept.aB3dE6", "left");
	put(".swept.aB3dE67", "of somebody else");
	put(".swept.a.3dE6", "of somebody else");
	file_sweep_temps("swept");
	CHECK(!is_there(".swept.aB3dE6"));
	CHECK(is_there(".swept.aB3dE67"));
	CHECK(is_there(".swept.a.3dE6"));
	holds("swept", "kept");
	unlink("swept");
	unlink(".swept.aB3dE67");
	unlink(".swept.a.3dE6");
}

int main(void)
{
	struct err e = { ERR_NONE, "" };
	const char *tmp = getenv("TMPDIR");
	auto_free char *home = file_temp_dir(tmp ? tmp : "/tmp", "test_file", &e);

	if (!CHECK(home) || chdir(home) < 0)
		return check_done();
	test_replace();
	test_sweep();
	test_read();
	test_modes();
	test_make_dirs();
	test_temp_dir();
	test_remove_tree();
	test_rename_new();
	test_lock();
	test_planted();
	test_free_bytes();
	CHECK_INT(count_entries("."), 0);
	test_paths();
	CHECK_INT(file_remove_tree(home, &e), 0);
	return check_done();
}
