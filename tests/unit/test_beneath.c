/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Below a shared folder: what others may have put in the way is not followed, with openat2 and without. */
#include "base/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "tests/unit/check.h"

static void put(const char *path)
{
	struct err e = { ERR_NONE, "" };

	CHECK_INT(file_replace(path, "x", 1, &e), 0);
}

static bool is_there(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

static void test_names(void)
{
	static const struct { const char *name; bool fits; } rows[] = {
		{ "a", true }, { "a/b.dcm", true }, { "a..b/..c", true }, { ".hidden", true }, { ".dicom-qr2/a", true }, { "a/.dicom-qr/b", true },
		{ "", false }, { "/a", false }, { "..", false }, { "../a", false }, { "a/../b", false }, { "a/..", false },
		{ ".dicom-qr", false }, { ".dicom-qr/manifest/1.jsonl", false }, { "./.dicom-qr/a", false }, { ".//.dicom-qr/a", false }
	};

	for (size_t i = 0; i < countof(rows); i++) {
		CHECK_CASE(rows[i].name);
		CHECK(beneath_is_name(rows[i].name) == rows[i].fits);
	}
	CHECK_CASE("");
	CHECK(!beneath_is_name(NULL));
}

static void test_honest(void)
{
	struct err e = { ERR_NONE, "" };
	int fd;

	CHECK_INT(beneath_make_dirs("root", "root/a/b", &e), 0);
	CHECK_INT(beneath_make_dirs("root", "root/a/b", &e), 0);
	CHECK_INT(beneath_make_dirs("root/", "root", &e), 0);
	CHECK_INT(beneath_make_parents("root", "root/c/d/file", &e), 0);
	CHECK(is_there("root/a/b") && is_there("root/c/d") && !is_there("root/c/d/file"));
	put("root/a/file");
	CHECK_INT(beneath_rename_new(&(struct beneath_move){ "root", "root/a/file", "root", "root/c/d/file" }, &e), 0);
	CHECK(!is_there("root/a/file"));
	CHECK_INT(beneath_link_new(&(struct beneath_move){ "root", "root/c/d/file", "root", "root/a/file" }, &e), 0);
	CHECK_INT(beneath_link_new(&(struct beneath_move){ "root", "root/c/d/file", "root", "root/a/file" }, &e), 1);
	CHECK_INT(beneath_rename_new(&(struct beneath_move){ NULL, "root/a/file", "root", "root/c/d/file" }, &e), 1);
	CHECK_INT(beneath_unlink("root", "root/a/file", &e), 0);
	CHECK_STR(e.text, "");
	fd = beneath_open("root", "root/c/d/file", O_RDONLY, 0, &e);
	CHECK(fd >= 0);
	close(fd);
	CHECK_INT(beneath_open("root", "root/c/d/none", O_RDONLY, 0, &e), -1);
	CHECK_INT(errno, ENOENT);
	CHECK_INT(beneath_open("root", "root/none/none", O_RDONLY, 0, &e), -1);
	CHECK_INT(errno, ENOENT);
}

static void is_refused(int result, const struct err *e)
{
	CHECK_INT(result, -1);
	CHECK_INT(e->kind, ERR_SYSTEM);
	if (!strstr(e->text, "symbolic link"))
		CHECK_STR(e->text, "symbolic link");
}

/* root/link leads to outside, root/a/link too, a level deeper. */
static void test_diverted(void)
{
	static const char *const ways[] = { "root/link/file", "root/link/d/file", "root/a/link/file", "root/../outside/file", NULL };
	struct err e;

	CHECK(!symlink("../outside", "root/link") && !symlink("../../outside", "root/a/link"));
	put("root/mine");
	for (const char *const *way = ways; *way; way++) {
		CHECK_CASE(*way);
		is_refused(beneath_make_parents("root", *way, (e.kind = ERR_NONE, &e)), &e);
		is_refused(beneath_rename_new(&(struct beneath_move){ "root", "root/mine", "root", *way }, &e), &e);
		is_refused(beneath_rename_new(&(struct beneath_move){ "root", *way, "root", "root/taken" }, &e), &e);
		is_refused(beneath_link_new(&(struct beneath_move){ "root", *way, "root", "root/taken" }, &e), &e);
		is_refused(beneath_unlink("root", *way, &e), &e);
		is_refused(beneath_open("root", *way, O_RDONLY, 0, &e), &e);
	}
	CHECK_CASE("");
	is_refused(beneath_open("root", "outside/file", O_RDONLY, 0, &e), &e);
	is_refused(beneath_open("root", "roots/file", O_RDONLY, 0, &e), &e);
	CHECK(is_there("outside/file") && is_there("root/mine") && !is_there("root/taken") && !is_there("outside/d"));
	/* the user's own way to the root may have links */
	CHECK(!symlink("root", "way"));
	CHECK_INT(beneath_unlink("way", "way/mine", &e), 0);
	unlink("way");
}

int main(void)
{
	char folder[] = "/tmp/test_beneath.XXXXXX";
	struct err e = { ERR_NONE, "" };

	CHECK(mkdtemp(folder) && !chdir(folder));
	test_names();
	for (int walked = 0; walked < 2; walked++) {
		if (walked)
			setenv("DICOM_QR_NO_OPENAT2", "1", 1);
		CHECK(!mkdir("outside", 0700));
		put("outside/file");
		test_honest();
		test_diverted();
		CHECK_INT(file_remove_tree("root", &e), 0);
		CHECK_INT(file_remove_tree("outside", &e), 0);
	}
	CHECK(!chdir("/") && !rmdir(folder));
	return check_done();
}
