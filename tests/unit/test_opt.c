/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The option table: what is parsed into what, what is refused in which words, and the three ways to show it. */
#include "parse/opt.h"

#include <stdlib.h>

#include "base/mem.h"
#include "tests/unit/check.h"

struct values {
	bool dry_run, verbose, hidden, ct;
	const char *date, *method, *aet;
	long long port, timeout, age, size, offset, many;
	struct opt_list modalities;
};

#define AT(member) offsetof(struct values, member)
static const struct opt common[] = {
	FLAG("dry-run", "n", AT(dry_run), "Running", "Only show what would be done."),
	FLAG("verbose", "v", AT(verbose), "Output", "Say more.\n.Twice: 'even' more\\."),
	FLAG("hidden", "", AT(hidden), "Output", NULL),
	{ NULL, NULL, NULL, OPT_FLAG, 0, 0, 0, NULL, NULL, NULL },
};
static const struct opt own[] = {
	STRING("study-date", "d", "DATE", AT(date), "Query",
	       "Studies of that day or range, such as 2026-11-21, -300d or yesterday; the default is the last 30 days."),
	{ "method", NULL, "METHOD", OPT_CHOICE, AT(method), 0, 0, "c-move|c-get|auto", "Running",
	  "How to retrieve: whichever of these has worked before, a guess otherwise." },
	INTEGER("port", "p", "PORT", AT(port), 1, 65535, "Query", "Port."),
	INTEGER("offset", "", "N", AT(offset), -5, 0, "Query", "Offset."),
	INTEGER("many", "", "N", AT(many), 1, 0, "Query", "Many."),
	SECONDS("timeout", "t", "SECONDS", AT(timeout), 0, 0, "Running", "Timeout."),
	TIME("age", "", "TIME", AT(age), 1, 0, "Running", "Age."),
	WORD("M", AT(method), "c-move"),
	BYTES("an-option-with-a-very-long-name", "", "SIZE", AT(size), 0, 0, "Running", "Size."),
	FLAG(NULL, "ct", AT(ct), "Query", "CT only."),
	STRING("aetitle", "aec", "TITLE", AT(aet), "Query", "Title."),
	LIST("modality", "m", "MOD", AT(modalities), "Query", "Modality; may be repeated."),
	OPT_END,
};
static const struct opt *const tables[] = { common, own, NULL };
static const struct opt_command command = {
	"dicom-qr query", "NODE [options]\nHOST PORT [options]", "Ask a node.", NULL, NULL, tables,
};

/* A command line in one string; empty words are written as "_". */
static int parse(const char *line, struct values *v, struct buf *rest, struct err *e)
{
	auto_free char *text = mem_printf("program %s", line);
	char *argv[32], *next = text, *word;
	static char empty[] = "";
	const char **words = NULL;
	size_t count = 0;
	int argc = 0, failed;

	while ((word = strsep(&next, " ")))
		if (*word)
			argv[argc++] = strcmp(word, "_") ? word : empty;
	failed = opt_parse(&command, argc, argv, v, &words, &count, e);
	for (size_t i = 0; i < count; i++)
		buf_printf(rest, "[%s]", words[i]);
	free(words);
	for (size_t i = 0; !failed && i < v->modalities.count; i++)
		buf_printf(rest, "(%s)", v->modalities.items[i]);
	if (!failed)
		buf_printf(rest, "%s%s%s", v->dry_run ? " n" : "", v->verbose ? " v" : "", v->ct ? " ct" : "");
	if (!failed && v->date)
		buf_printf(rest, " date=%s", v->date);
	if (!failed && v->aet)
		buf_printf(rest, " aet=%s", v->aet);
	if (!failed && v->method)
		buf_printf(rest, " method=%s", v->method);
	opt_list_done(&v->modalities);
	return failed;
}

static const struct {
	const char *line, *parsed;
} accepted[] = {
	{ "", "" },
	{ "a b", "[a][b]" },
	{ "a -n b", "[a][b] n" },
	{ "-nv", " n v" },
	{ "-vnd today", " n v date=today" },
	{ "-nd-30d x", "[x] n date=-30d" },
	{ "-d -30d", " date=-30d" },
	{ "--study-date -30d --", " date=-30d" },
	{ "--study-date=2026 --study-date 2025", " date=2025" },
	{ "--study-date=a=b", " date=a=b" },
	{ "-d=x", " date==x" },
	{ "-- -n --port", "[-n][--port]" },
	{ "-d -- -n", " n date=--" },
	{ "- _", "[-][]" },
	{ "-ct", " ct" },
	{ "-aec TITLE --aetitle=OTHER", " aet=OTHER" },
	{ "-aec -x", " aet=-x" },
	{ "-m CT --modality MR -mUS", "(CT)(MR)(US)" },
	{ "--method c-get", " method=c-get" },
	{ "--method=auto", " method=auto" },
	{ "--method C-GET", " method=c-get" },
	{ "--method=c_Move", " method=c-move" },
	{ "-M", " method=c-move" },
	{ "-nM x", "[x] n method=c-move" },
	{ "--hidden", "" },
};

static void test_accepted(void)
{
	for (size_t i = 0; i < countof(accepted); i++) {
		auto_buf struct buf rest = BUF_INIT(1000);
		struct values v = { 0 };
		struct err e = { ERR_NONE, "" };

		CHECK_CASE(accepted[i].line);
		CHECK_INT(parse(accepted[i].line, &v, &rest, &e), 0);
		CHECK_STR(e.text, "");
		CHECK_STR(buf_text(&rest), accepted[i].parsed);
	}
	CHECK_CASE("");
}

static const struct {
	const char *line;
	size_t at;
	long long value;
} numbers[] = {
	{ "-p 1", AT(port), 1 }, { "-p65535", AT(port), 65535 }, { "--port=0104", AT(port), 104 },
	{ "--offset -5", AT(offset), -5 }, { "--offset=0", AT(offset), 0 },
	{ "--many 9223372036854775807", AT(many), 9223372036854775807 },
	{ "-t 90", AT(timeout), 90 }, { "-t 90s", AT(timeout), 90 }, { "-t5m", AT(timeout), 300 },
	{ "-t 2h", AT(timeout), 7200 }, { "-t 3d", AT(timeout), 259200 }, { "-t 0", AT(timeout), 0 },
	{ "--an-option-with-a-very-long-name 512K", AT(size), 524288 },
	{ "--an-option-with-a-very-long-name 10M", AT(size), 10485760 },
	{ "--an-option-with-a-very-long-name 2g", AT(size), 2147483648 },
	{ "--an-option-with-a-very-long-name 7B", AT(size), 7 }, { "--an-option-with-a-very-long-name 0", AT(size), 0 },
	{ "--an-option-with-a-very-long-name 10GB", AT(size), 10LL << 30 },
	{ "--an-option-with-a-very-long-name 3kib", AT(size), 3072 },
	{ "--age 26h", AT(age), 93600 }, { "--age 5min", AT(age), 300 }, { "-t 5MIN", AT(timeout), 300 },
};

static void test_numbers(void)
{
	for (size_t i = 0; i < countof(numbers); i++) {
		auto_buf struct buf rest = BUF_INIT(1000);
		struct values v = { .port = -77, .timeout = -77, .size = -77, .offset = -77, .many = -77 };
		struct err e = { ERR_NONE, "" };
		long long got;

		CHECK_CASE(numbers[i].line);
		CHECK_INT(parse(numbers[i].line, &v, &rest, &e), 0);
		memcpy(&got, (char *)&v + numbers[i].at, sizeof got);
		CHECK_INT(got, numbers[i].value);
	}
	CHECK_CASE("");
}

static const struct {
	const char *line, *error;
} refused[] = {
	{ "--study-date=", "--study-date is empty: give a value, or leave it out" },
	{ "-d _", "-d is empty: give a value, or leave it out" },
	{ "-m CT -m _", "-m is empty: give a value, or leave it out" },
	{ "--study-dat x", "unknown option --study-dat; did you mean --study-date?" },
	{ "--studydate x", "unknown option --studydate; did you mean --study-date?" },
	{ "--stu=x", "unknown option --stu; did you mean --study-date?" },
	{ "--modlaity CT", "unknown option --modlaity; did you mean --modality?" },
	{ "--dry", "unknown option --dry; did you mean --dry-run?" },
	{ "--ct", "unknown option --ct; did you mean -ct?" },
	{ "-cta", "unknown option -cta; did you mean -ct?" },
	{ "-aed X", "unknown option -aed" },
	{ "-ae X", "unknown option -ae; did you mean --age or -aec?" },
	{ "--date x", "unknown option --date; did you mean --study-date?" },
	{ "--stduy-date x", "unknown option --stduy-date; did you mean --study-date?" },
	{ "--dare x", "unknown option --dare" },
	{ "--offsets 1", "unknown option --offsets; did you mean --offset?" },
	{ "--part x", "unknown option --part" },
	{ "--hiddn", "unknown option --hiddn" },
	{ "--xyzzy", "unknown option --xyzzy" },
	{ "--=x", "unknown option --" },
	{ "-z", "unknown option -z" },
	{ "-nz", "unknown option -z in -nz" },
	{ "-n-", "unknown option -- in -n-" },
	{ "--dry-run=yes", "--dry-run takes no value" },
	{ "a --study-date", "--study-date needs a value (DATE)" },
	{ "-nd", "-d needs a value (DATE)" },
	{ "-aec", "-aec needs a value (TITLE)" },
	{ "--method c-store", "--method c-store: must be one of c-move|c-get|auto" },
	{ "--method c-", "--method c-: must be one of c-move|c-get|auto" },
	{ "--method=", "--method : must be one of c-move|c-get|auto" },
	{ "--method c-move|c-get", "--method c-move|c-get: must be one of c-move|c-get|auto" },
	{ "-p 0", "-p 0: must be from 1 to 65535" },
	{ "-p 65536", "-p 65536: must be from 1 to 65535" },
	{ "-p 99999999999999999999", "-p 99999999999999999999: must be from 1 to 65535" },
	{ "--port 11112x", "--port 11112x: not a whole number" },
	{ "--port 1.5", "--port 1.5: not a whole number" },
	{ "--port _", "--port : not a whole number" },
	{ "--port --", "--port --: not a whole number" },
	{ "--port 0x10", "--port 0x10: not a whole number" },
	{ "--offset 1", "--offset 1: must be from -5 to 0" },
	{ "--many 0", "--many 0: must be at least 1" },
	{ "--many 9223372036854775808", "--many 9223372036854775808: too large" },
	{ "-t -1", "-t -1: must be at least 0" },
	{ "-t 5x", "-t 5x: not a time such as 90, 90s, 5m, 2h or 3d" },
	{ "-t 5mm", "-t 5mm: not a time such as 90, 90s, 5m, 2h or 3d" },
	{ "-t 999999999999999d", "-t 999999999999999d: too large" },
	{ "--age 26", "--age 26: a unit is missing: s, m, h or d, as in 90s, 5m, 2h or 3d" },
	{ "--age 0", "--age 0: must be at least 1" },
	{ "--age x", "--age x: not a time such as 90s, 5m, 2h or 3d" },
	{ "--an-option-with-a-very-long-name 7",
	  "--an-option-with-a-very-long-name 7: a unit is missing: B, K, M, G or T, as in 512K, 10M or 2G" },
	{ "-nM=x", "unknown option -= in -nM=x" },
	{ "--an-option-with-a-very-long-name 1.5G", "--an-option-with-a-very-long-name 1.5G: not a size such as 512K, 10M or 2G" },
};

static void test_refused(void)
{
	for (size_t i = 0; i < countof(refused); i++) {
		auto_buf struct buf rest = BUF_INIT(1000);
		struct values v = { 0 };
		struct err e = { ERR_NONE, "" };

		CHECK_CASE(refused[i].line);
		CHECK_INT(parse(refused[i].line, &v, &rest, &e), -1);
		CHECK_INT(e.kind, ERR_USAGE);
		CHECK_STR(e.text, refused[i].error);
		CHECK_STR(buf_text(&rest), "");
	}
	CHECK_CASE("");
}

static void test_help(void)
{
	auto_buf struct buf b = BUF_INIT(BUF_MB(1));

	opt_help(&command, &b);
	CHECK_STR(buf_text(&b),
		  "Usage: dicom-qr query NODE [options]\n"
		  "       dicom-qr query HOST PORT [options]\n"
		  "\n"
		  "Ask a node.\n"
		  "\n"
		  "Running:\n"
		  "  -n, --dry-run          Only show what would be done.\n"
		  "      --method METHOD    How to retrieve: whichever of these has worked before,\n"
		  "                         a guess otherwise.\n"
		  "  -t, --timeout SECONDS  Timeout.\n"
		  "      --age TIME         Age.\n"
		  "      --an-option-with-a-very-long-name SIZE\n"
		  "                         Size.\n"
		  "\n"
		  "Output:\n"
		  "  -v, --verbose          Say more. .Twice: 'even' more\\.\n"
		  "\n"
		  "Query:\n"
		  "  -d, --study-date DATE  Studies of that day or range, such as 2026-11-21, -300d\n"
		  "                         or yesterday; the default is the last 30 days.\n"
		  "  -p, --port PORT        Port.\n"
		  "      --offset N         Offset.\n"
		  "      --many N           Many.\n"
		  "  -ct                    CT only.\n"
		  "  -aec, --aetitle TITLE  Title.\n"
		  "  -m, --modality MOD     Modality; may be repeated.\n");
}

static void test_man(void)
{
	auto_buf struct buf b = BUF_INIT(BUF_MB(1));

	opt_man(&command, &b);
	CHECK_INT(strncmp(buf_text(&b), ".SH OPTIONS\n.SS Running\n.TP\n\\fB\\-n\\fR, \\fB\\-\\-dry\\-run\\fR\nOnly", 62), 0);
	CHECK_HAS(buf_text(&b), ".TP\n\\fB\\-v\\fR, \\fB\\-\\-verbose\\fR\nSay more. .Twice: \\(aqeven\\(aq more\\(rs.\n");
	CHECK_HAS(buf_text(&b), ".TP\n\\fB\\-aec\\fR, \\fB\\-\\-aetitle\\fR \\fITITLE\\fR\nTitle.\n");
	CHECK_HAS(buf_text(&b), "such as 2026\\-11\\-21, \\-300d or");
	CHECK(!strstr(buf_text(&b), "hidden"));
}

static void test_names(void)
{
	auto_buf struct buf b = BUF_INIT(BUF_MB(1));

	opt_names(&command, &b);
	CHECK_STR(buf_text(&b), "--dry-run\n-n\n--verbose\n-v\n--study-date\n-d\n--method\n--port\n-p\n--offset\n--many\n"
		  "--timeout\n-t\n--age\n--an-option-with-a-very-long-name\n-ct\n--aetitle\n-aec\n--modality\n-m\n");
}

int main(void)
{
	test_accepted();
	test_numbers();
	test_refused();
	test_help();
	test_man();
	test_names();
	return check_done();
}
