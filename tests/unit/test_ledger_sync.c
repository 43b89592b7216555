/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What nightly runs remember: each for itself, and nothing of a transaction that was rolled
 * back. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "check.h"
#include "core/ledger/ledger.h"
#include "core/ledger/marks.h"

static char folder[] = "/tmp/test-ledger-sync-XXXXXX";

struct told {
	char text[400];
};

static int note(struct told *t, const char *text, int number)
{
	size_t len = strlen(t->text);

	snprintf(t->text + len, sizeof t->text - len, "%s%d ", text, number);
	return 0;
}

static int note_mark(void *owner, int day)
{
	return note(owner, "", day);
}

static int note_sync(void *owner, const struct ledger_sync *s)
{
	note(owner, s->what, s->mark);
	return note(owner, "since ", s->begun);
}

static void check_marks(struct ledger *l, int64_t sync, const char *want)
{
	struct told t = { "" };
	struct err e;

	CHECK_INT(ledger_sync_marks(l, sync, note_mark, &t, &e), 0);
	CHECK_STR(t.text, want);
}

static void check_syncs(struct ledger *l, const char *node, const char *want)
{
	struct told t = { "" };
	struct err e;

	CHECK_INT(ledger_syncs(l, node, note_sync, &t, &e), 0);
	CHECK_STR(t.text, want);
}

static struct ledger_sync begin(struct ledger *l, const char *node, const char *scope, const char *what, int begun)
{
	struct ledger_sync s = { .node = node, .scope = scope, .what = what, .begun = begun };
	struct err e;

	CHECK_INT(ledger_sync_begin(l, &s, &e), 0);
	CHECK(s.id > 0);
	CHECK_INT(s.begun, begun);
	return s;
}

static void test_scopes(struct ledger *l)
{
	struct ledger_sync none = { .node = "A@h:104", .scope = "ct", .id = 77, .begun = 77 };
	struct ledger_sync ct, mr, other, again;
	struct err e;

	CHECK_INT(ledger_sync_find(l, &none, &e), 0);
	CHECK_INT(none.id, 0);
	CHECK_INT(none.begun, 0);
	ct = begin(l, "A@h:104", "ct", "ct:", 20260301);
	mr = begin(l, "A@h:104", "mr", "mr:", 20260302);
	other = begin(l, "B@h:104", "ct", "other:", 20260303);
	CHECK(ct.id != mr.id && mr.id != other.id);
	again = begin(l, "A@h:104", "ct", "CT:", 20260201);
	CHECK_INT(again.id, ct.id);
	CHECK_INT(ledger_sync_mark(l, ct.id, 20260304, &e), 0);
	CHECK_INT(ledger_sync_mark(l, ct.id, 20260305, &e), 0);
	CHECK_INT(ledger_sync_mark(l, other.id, 20260310, &e), 0);
	check_marks(l, ct.id, "20260304 20260305 ");
	check_marks(l, mr.id, "");
	check_syncs(l, "A@h:104", "CT:20260305 since 20260201 mr:0 since 20260302 ");
	check_syncs(l, NULL, "CT:20260305 since 20260201 mr:0 since 20260302 other:20260310 since 20260303 ");

	CHECK_INT(ledger_sync_mark(l, ct.id, 20291231, &e), 0);
	CHECK_INT(ledger_sync_mark(l, ct.id, 20260305, &e), 0);
	check_marks(l, ct.id, "20260304 20260305 20291231 ");
	CHECK_INT(ledger_sync_unmark(l, ct.id, 20260305, &e), 0);
	check_marks(l, ct.id, "20260304 20260305 ");
	CHECK_INT(ledger_sync_unmark(l, ct.id, 0, &e), 0);
	check_marks(l, ct.id, "");
	check_marks(l, other.id, "20260310 ");
}

static void test_memory(struct ledger *l)
{
	const struct ledger_sync_study was = { 20260304, 12, 1772600001, 1772600000, LEDGER_NEVER, 0, 20260301 };
	const struct ledger_sync_study is = { 20260304, 15, 1772700001, 1772700000, 15, 3, 0 };
	struct ledger_sync_study got = { .count = 99 };
	struct err e;

	CHECK_INT(ledger_sync_study(l, 1, "1.2.3", &got, &e), 0);
	CHECK_INT(got.count, 99);
	CHECK_INT(ledger_sync_study_put(l, 1, "1.2.3", &was, &e), 0);
	CHECK_INT(ledger_sync_study_put(l, 2, "1.2.3", &is, &e), 0);
	CHECK_INT(ledger_sync_study(l, 1, "1.2.3", &got, &e), 1);
	CHECK_INT(got.whole, LEDGER_NEVER);
	CHECK_INT(got.seen, 1772600001);
	CHECK_INT(got.changed, 1772600000);
	CHECK_INT(got.since, 20260301);
	CHECK_INT(ledger_sync_study_put(l, 1, "1.2.3", &is, &e), 0);
	CHECK_INT(ledger_sync_study(l, 1, "1.2.3", &got, &e), 1);
	CHECK_INT(got.date, 20260304);
	CHECK_INT(got.count, 15);
	CHECK_INT(got.whole, 15);
	CHECK_INT(got.kept, 3);
	CHECK_INT(ledger_sync_prune(l, 1, 20260304, &e), 0);
	CHECK_INT(ledger_sync_study(l, 1, "1.2.3", &got, &e), 1);
	CHECK_INT(ledger_sync_prune(l, 1, 20260305, &e), 0);
	CHECK_INT(ledger_sync_study(l, 1, "1.2.3", &got, &e), 0);
	CHECK_INT(ledger_sync_study(l, 2, "1.2.3", &got, &e), 1);
}

static void test_rollback(struct ledger *l)
{
	struct err e;

	CHECK_INT(ledger_sync_mark(l, 2, 20260301, &e), 0);
	CHECK_INT(ledger_begin(l, &e), 0);
	CHECK_INT(ledger_sync_mark(l, 2, 20260302, &e), 0);
	CHECK_INT(ledger_sync_unmark(l, 2, 20260225, &e), 0);
	ledger_rollback(l);
	check_marks(l, 2, "20260301 ");
}

int main(void)
{
	struct err e;
	struct ledger *l;
	auto_free char *path = NULL;

	if (!mkdtemp(folder))
		return 99;
	path = file_join(folder, "ledger.db");
	l = ledger_open(path, &e);
	if (!CHECK(l))
		return check_done();
	test_scopes(l);
	test_memory(l);
	test_rollback(l);
	ledger_close(l);
	file_remove_tree(folder, &e);
	return check_done();
}
