/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Manifests: what is appended is read, the last line of a path counts, edits keep what they do not know, torn lines are passed
 * over, and who appends while another edits loses nothing. */
#include "core/files/manifest.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "check.h"
#include "core/ledger/instances.h"

static char folder[] = "/tmp/test-manifest-XXXXXX";

#define FILLED "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"

static void append_hashed(const char *path, const char *study, const char *sha256)
{
	struct err e = { ERR_NONE, "" };
	const struct ledger_instance i = { .output = folder, .path = path, .sop = path, .study = study, .series = "1.2.3", .sop_class = "1.5",
					   .transfer_syntax = "1.6", .bytes = 1, .sha256 = sha256, .at = 1, .node = "A@h:104" };

	CHECK_INT(manifest_append(folder, &i, 1, &e), 0);
}

static void append(const char *path, const char *study, int64_t bytes)
{
	struct err e = { ERR_NONE, "" };
	const struct ledger_instance i = { .output = folder, .path = path, .sop = path, .study = study, .series = "1.2.3", .sop_class = "1.5",
					   .transfer_syntax = "1.6", .bytes = bytes, .sha256 = "00", .at = 1, .node = "A@h:104" };

	CHECK_INT(manifest_append(folder, &i, 1, &e), 0);
}

struct seen {
	char paths[400];
	int64_t bytes;
	int count;
};

static int see(void *owner, const struct ledger_instance *i)
{
	struct seen *s = owner;
	size_t len = strlen(s->paths);

	snprintf(s->paths + len, sizeof s->paths - len, "%s ", i->path);
	s->bytes += i->bytes;
	s->count++;
	return 0;
}

static void check_last(const char *study, const char *paths, int64_t bytes)
{
	struct seen s = { "", 0, 0 };
	struct err e;

	CHECK_INT(manifest_last(folder, study, see, &s, &e), 0);
	CHECK_STR(s.paths, paths);
	CHECK_INT(s.bytes, bytes);
}

static const char *edit(void *owner, const struct ledger_instance *i)
{
	(void)owner;
	return !strcmp(i->path, "b") ? NULL : !strcmp(i->path, "c") ? "d/c" : i->path;
}

static const char *drop(void *owner, const struct ledger_instance *i)
{
	(void)owner;
	(void)i;
	return NULL;
}

static void add_raw(const char *study, const char *text)
{
	auto_free char *path = manifest_path(folder, study);
	FILE *f = fopen(path, "a");

	if (!CHECK(f))
		return;
	fputs(text, f);
	fclose(f);
}

static void test_edit(void)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(1));
	auto_free char *path = manifest_path(folder, "1.2");
	struct manifest_names names;
	struct err e = { ERR_NONE, "" };

	CHECK_INT(manifest_edit(folder, "1.2", edit, NULL, &e), 0);
	check_last("1.2", "", 0);
	append("a", "1.2", 1);
	append("b", "1.2", 2);
	append("c", "1.2", 4);
	append("a", "1.2", 8);
	add_raw("1.2", "{\"path\":\"z\",\"sopInstanceUID\":\"1\",\"studyInstanceUID\":\"1.2\",\"seriesInstanceUID\":\"3\",\"bytes\":16,\"mine\":[1]}\n"
		       "{\"path\":\"../evil\",\"sopInstanceUID\":\"1\",\"studyInstanceUID\":\"1.2\",\"seriesInstanceUID\":\"3\"}\n{\"pa");
	check_last("1.2", "a b c z ", 8 + 2 + 4 + 16);
	CHECK_INT(manifest_edit(folder, "1.2", edit, NULL, &e), 0);
	check_last("1.2", "a d/c z ", 8 + 4 + 16);
	CHECK_INT(file_read(path, &text, &e), 0);
	CHECK_HAS(buf_text(&text), "\"mine\":[1]");
	CHECK(!strstr(buf_text(&text), "evil"));

	append("x", "1.3", 1);
	CHECK_INT(manifest_list(folder, &names, &e), 0);
	CHECK_INT(names.count, 2);
	CHECK_STR(names.items[1], "1.3");
	manifest_names_done(&names);
	CHECK_INT(manifest_edit(folder, "1.2", drop, NULL, &e), 0);
	CHECK(access(path, F_OK) < 0);
	CHECK_INT(manifest_edit(folder, "1.3", drop, NULL, &e), 0);
	CHECK_INT(manifest_list(folder, &names, &e), 0);
	CHECK_INT(names.count, 0);
}

static void check_sums(const char *want)
{
	auto_free char *path = mem_printf("%s/.dicom-qr/manifest/1.5.SHA256SUMS", folder);
	auto_buf struct buf text = BUF_INIT(BUF_MB(1));
	struct err e = { ERR_NONE, "" };

	if (!want) {
		CHECK(access(path, F_OK) < 0);
		return;
	}
	CHECK_INT(file_read(path, &text, &e), 0);
	CHECK_STR(buf_text(&text), want);
}

/* The checksums tell what the last line of each path tells, whichever call has written it. */
static void test_sums(void)
{
	auto_free char *sums = mem_printf("%s/.dicom-qr/manifest/1.5.SHA256SUMS", folder);
	struct err e = { ERR_NONE, "" };

	append_hashed("a", "1.5", FILLED "1");
	append_hashed("b/x y", "1.5", FILLED "2");
	check_sums(FILLED "1  a\n" FILLED "2  b/x y\n");
	append_hashed("a", "1.5", FILLED "3");
	append_hashed("none", "1.5", "");
	check_sums(FILLED "3  a\n" FILLED "2  b/x y\n");
	append_hashed("c\nd\\", "1.5", FILLED "4");
	check_sums(FILLED "3  a\n" FILLED "2  b/x y\n" "\\" FILLED "4  c\\nd\\\\\n");
	CHECK_INT(unlink(sums), 0);			/* an archive of an older version */
	append_hashed("b/x y", "1.5", FILLED "5");
	append_hashed("c", "1.5", FILLED "6");
	check_sums(FILLED "3  a\n" FILLED "5  b/x y\n" "\\" FILLED "4  c\\nd\\\\\n" FILLED "6  c\n");
	CHECK_INT(manifest_edit(folder, "1.5", edit, NULL, &e), 0);
	check_sums(FILLED "3  a\n" FILLED "5  b/x y\n" "\\" FILLED "4  c\\nd\\\\\n" FILLED "6  d/c\n");
	CHECK_INT(manifest_edit(folder, "1.5", drop, NULL, &e), 0);
	check_sums(NULL);
}

static const char *keep(void *owner, const struct ledger_instance *i)
{
	(void)owner;
	return i->path;
}

static void test_two_at_once(void)
{
	struct seen s = { "", 0, 0 };
	struct err e;
	pid_t child = fork();

	for (int i = 0; i < 200; i++) {
		auto_free char *path = mem_printf("%s%d", child ? "a" : "b", i);

		append(path, "1.4", 1);
		if (!(i % 10))
			CHECK_INT(manifest_edit(folder, "1.4", keep, NULL, &e), 0);
	}
	if (!child)
		_exit(check_failed ? 1 : 0);
	CHECK_INT(waitpid(child, NULL, 0), child);
	CHECK_INT(manifest_last(folder, "1.4", see, &s, &e), 0);
	CHECK_INT(s.count, 400);
}

int main(void)
{
	struct err e;

	if (!mkdtemp(folder))
		return 1;
	test_edit();
	test_sums();
	test_two_at_once();
	file_remove_tree(folder, &e);
	return check_done();
}
