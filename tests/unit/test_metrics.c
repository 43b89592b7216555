/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/tell/metrics.h"

#include <stdlib.h>

#include "base/mem.h"
#include "unit/check.h"

static const struct { const char *node, *shown; } labels[] = {
	{ "", "node=\"\"" },
	{ "pacs", "node=\"pacs\"" },
	{ "A\"B\\C", "node=\"A\\\"B\\\\C\"" },
	{ "a\nb\rc\033[31m", "node=\"a?b?c?[31m\"" },
	{ "M\xc3\xbcller", "node=\"M\xc3\xbcller\"" },
	{ "\xff\xfe", "node=\"??\"" },
	{ "} 5\ndicom_qr_x 1", "node=\"} 5?dicom_qr_x 1\"" },
};

static void test_labels(void)
{
	for (size_t i = 0; i < countof(labels); i++) {
		struct metrics m = { .command = "sync", .node = labels[i].node, .ended = 1700000000, .succeeded = 1600000000 };
		auto_buf struct buf b = BUF_INIT(BUF_MB(1));
		auto_free char *series = mem_printf("dicom_qr_last_run_exit_status{command=\"sync\",%s} 0\n", labels[i].shown);

		CHECK_CASE(labels[i].node);
		metrics_text(&m, &b);
		CHECK_HAS(buf_text(&b), series);
		CHECK_INT(metrics_succeeded(buf_text(&b), &m), 1600000000);	/* what is written can be read */
		m.node = "another";
		CHECK_INT(metrics_succeeded(buf_text(&b), &m), 0);
	}
	CHECK_CASE("");
}

static void test_numbers(void)
{
	struct metrics m = { .command = "qrscu", .node = "2", .ended = 1, .ran_ms = 61005, .status = 137, .totals = { .bytes = 1LL << 40 } };
	auto_buf struct buf b = BUF_INIT(BUF_MB(1));
	auto_buf struct buf covered = BUF_INIT(BUF_MB(1));

	m.sum.studies[VERDICT_COMPLETE_BY_COUNT] = 7;
	metrics_text(&m, &b);
	CHECK_HAS(buf_text(&b), "dicom_qr_last_run_duration_seconds{command=\"qrscu\",node=\"2\"} 61.005\n");
	CHECK_HAS(buf_text(&b), "dicom_qr_last_run_exit_status{command=\"qrscu\",node=\"2\"} 137\n");
	CHECK_HAS(buf_text(&b), "dicom_qr_last_run_bytes{command=\"qrscu\",node=\"2\"} 1099511627776\n");
	CHECK_HAS(buf_text(&b), "dicom_qr_last_run_studies{command=\"qrscu\",node=\"2\",verdict=\"complete-by-count\"} 7\n");
	CHECK(!strstr(buf_text(&b), "covered"));
	setenv("TZ", "Europe/Berlin", 1);		/* the day after the clocks go forward */
	m.totals.covered = 20240401;
	metrics_text(&m, &covered);
	CHECK_HAS(buf_text(&covered), "dicom_qr_last_covered_day_timestamp_seconds{command=\"qrscu\",node=\"2\"} 1711922400\n");
}

static const struct { const char *text; long long when; } texts[] = {
	{ "", 0 },
	{ "\n", 0 },
	{ "dicom_qr_last_success_timestamp_seconds{command=\"sync\",node=\"pacs\"} 17\n", 17 },
	{ "# x\ndicom_qr_last_success_timestamp_seconds{command=\"sync\",node=\"pacs\"} 18", 18 },
	{ "x dicom_qr_last_success_timestamp_seconds{command=\"sync\",node=\"pacs\"} 19\n", 0 },
	{ "dicom_qr_last_success_timestamp_seconds{command=\"sync\",node=\"pacs\"} nonsense\n", 0 },
	{ "dicom_qr_last_success_timestamp_seconds{command=\"sync\",node=\"pacs", 0 },
};

int main(void)
{
	const struct metrics m = { .command = "sync", .node = "pacs" };

	test_labels();
	test_numbers();
	for (size_t i = 0; i < countof(texts); i++) {
		CHECK_CASE(texts[i].text);
		CHECK_INT(metrics_succeeded(texts[i].text, &m), texts[i].when);
	}
	return check_done();
}
