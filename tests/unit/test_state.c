/* SPDX-License-Identifier: GPL-3.0-or-later */
/* State files: those of the first day, our own round trip, and hostile ones, of which none may do more than be refused. */
#include "core/plan/state.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "check.h"

static char folder[] = "/tmp/test-state-XXXXXX";

/* As the manual shows it, with digits for its "xxx". */
static const char first_day[] =
	"{\n"
	"  \"studies\": [\n"
	"    {\n"
	"      \"patientName\": \"SMITH^JOHN\",\n"
	"      \"patientID\": \"123456\",\n"
	"      \"studyInstanceUID\": \"1.2.840.113619.2.777\",\n"
	"      \"studyDate\": \"20240105\",\n"
	"      \"modality\": \"CT\",\n"
	"      \"studyDescription\": \"CT CHEST W/CONTRAST\"\n"
	"    }\n"
	"  ],\n"
	"  \"host\": \"pacs.hospital.org\",\n"
	"  \"port\": 11112,\n"
	"  \"callingAE\": \"WORKSTATION\",\n"
	"  \"calledAE\": \"ANY-SCP\",\n"
	"  \"moveDestination\": \"MY_SCP\",\n"
	"  \"method\": \"c-move\",\n"
	"  \"outputPath\": \"/data/studies\",\n"
	"  \"hierarchical\": true\n"
	"}\n";

/* Everything that we write, and members that are nobody's. */
static const char ours[] =
	"{\"studies\": ["
	"{\"studyInstanceUID\": \"1.2.3\", \"status\": \"incomplete\", \"error\": \"2 objects missing\", \"expected\": 5,"
	" \"expectedFrom\": \"images\", \"held\": 1, \"received\": 3, \"bytes\": 99999999999, \"attempts\": 4,"
	" \"seriesInstanceUID\": \"1.2.3.4\", \"instances\": [{\"seriesInstanceUID\": \"1.2.3.4\","
	" \"sopInstanceUID\": \"1.2.3.4.5\", \"sopClassUID\": \"1.2.840.10008.5.1.4.1.1.2\"}, \"1.2.3.4.6\"],"
	" \"leftForLater\": 4, \"instancesOf\": [\"1.2.3.4.5\", \"1.2.3.4.6\", \"1.2.3.4.7\"],"
	" \"missing\": [{\"sopInstanceUID\": \"1.2.3.4.5\"}], \"patientBirthDate\": \"19700101\", \"studyTime\": \"101112\","
	" \"accessionNumber\": \"A1\", \"instanceAvailability\": \"NEARLINE\", \"studyID\": \"7\", \"stationName\": \"CT1\","
	" \"numberOfSeries\": 2, \"numberOfInstances\": 5, \"note\": {\"by\": [\"a\", 1, null, 1.5]}},"
	"{\"studyInstanceUID\": \"1.2.9\", \"status\": \"skipped\", \"reason\": \"held\", \"error\": null, \"later\": true}],"
	"\"format\": 1, \"listenPort\": 104, \"layout\": \"{StudyInstanceUID}/{SOPInstanceUID}.dcm\", \"model\": \"patient\","
	"\"charset\": \"ISO_IR 100\", \"validate\": true, \"force\": true, \"trust\": \"count\", \"maxStudies\": 11,"
	"\"maxImages\": 12, \"maxBytes\": 13, \"maxDuration\": 14, \"window\": \"19:00-06:00\", \"parallel\": 15, \"retries\": 16, \"retryWait\": 17,"
	"\"pause\": 18, \"timeout\": 19, \"firstTimeout\": 20, \"stallTimeout\": 21, \"studyTimeout\": 22,"
	"\"site\": {\"name\": \"x\\ny\"}, \"host\": \"h\"}";

static int parse(const char *text, struct plan *p, struct err *e)
{
	*e = (struct err){ ERR_NONE, "" };
	return state_parse(text, strlen(text), p, e);
}

static void test_first_day(void)
{
	struct plan p;
	struct err e;
	auto_buf struct buf again = BUF_INIT(BUF_MB(1));

	plan_init(&p);
	if (!CHECK_INT(parse(first_day, &p, &e), 0))
		puts(e.text);
	CHECK_INT(p.count, 1);
	CHECK_STR(study_get(&p.studies[0].study, STUDY_UID), "1.2.840.113619.2.777");
	CHECK_STR(study_get(&p.studies[0].study, STUDY_DESCRIPTION), "CT CHEST W/CONTRAST");
	CHECK(p.studies[0].verdict == VERDICT_WANTED && p.studies[0].expected == -1);
	CHECK_STR(p.how.peer.host, "pacs.hospital.org");
	CHECK_INT(p.how.peer.port, 11112);
	CHECK_STR(p.how.peer.calling, "WORKSTATION");
	CHECK_STR(p.how.destination, "MY_SCP");
	CHECK(p.how.method == METHOD_MOVE && p.how.hierarchical);
	CHECK_STR(p.how.layout, LAYOUT_PATIENT);
	CHECK_STR(p.how.output, "/data/studies");
	CHECK_INT(p.how.retries, 3);
	CHECK(!p.extra && !p.studies[0].extra);
	state_text(&p, &again);
	/* The study's documented members and then the document's come first and are the same, byte for byte. */
	CHECK(!strncmp(buf_text(&again), first_day, strlen("{\n  \"studies\": [\n    {\n      \"patientName\": \"SMITH^JOHN\"")));
	CHECK_HAS(buf_text(&again), "\"CT CHEST W/CONTRAST\",\n      \"status\": \"wanted\"\n    }\n  ],\n"
				    "  \"host\": \"pacs.hospital.org\"");
	CHECK_HAS(buf_text(&again), "\"hierarchical\": true,\n  \"format\": 1,\n");
	plan_done(&p);
}

static void test_letters_in_uid(void)
{
	struct plan p;
	struct err e;

	plan_init(&p);
	CHECK_INT(parse("{\"studies\": [{\"studyInstanceUID\": \"1.2\"}, {\"studyInstanceUID\": \"1.2.xxx\"}]}", &p, &e), -1);
	CHECK_INT(e.kind, ERR_INPUT);
	CHECK_HAS(e.text, "studies[1]: studyInstanceUID");
	plan_done(&p);
}

static void check_ours(const struct plan *p)
{
	const struct plan_study *s = &p->studies[0];
	const struct settings *h = &p->how;

	CHECK_INT(p->count, 2);
	CHECK(s->verdict == VERDICT_INCOMPLETE && s->counted == COUNT_IMAGES);
	CHECK_STR(s->why, "2 objects missing");
	CHECK_INT(s->expected, 5);
	CHECK_INT(s->held, 1);
	CHECK_INT(s->received, 3);
	CHECK_INT(s->bytes, 99999999999LL);
	CHECK_INT(s->attempts, 4);
	CHECK_STR(s->series_uid, "1.2.3.4");
	CHECK_INT(s->only.count, 2);
	CHECK_STR(s->only.items[0].sop_class, "1.2.840.10008.5.1.4.1.1.2");
	CHECK_STR(s->only.items[1].sop, "1.2.3.4.6");
	CHECK_INT(s->missing.count, 1);
	CHECK_INT(s->beyond, 4);
	CHECK_INT(s->whole.count, 3);
	CHECK_STR(s->whole.items[2].sop, "1.2.3.4.7");
	CHECK_INT(s->study.instances, 5);
	CHECK_INT(json_count(json_get(json_get(s->extra, "note"), "by")), 4);
	CHECK_INT(json_count(s->extra), 1);
	CHECK(p->studies[1].verdict == VERDICT_SKIPPED && !p->studies[1].extra);
	CHECK_STR(p->studies[1].why, "held");
	CHECK(p->studies[1].skip == SKIP_LIMIT && s->skip == SKIP_NOT);
	CHECK_INT(h->listen_port, 104);
	CHECK(h->peer.model == MODEL_PATIENT && h->trust == TRUST_COUNT && h->validate && h->force && !h->hierarchical);
	CHECK_STR(h->peer.charset, "ISO_IR 100");
	CHECK_STR(h->layout, "{StudyInstanceUID}/{SOPInstanceUID}.dcm");
	CHECK_INT(h->max_studies * 1000000 + h->max_images * 10000 + h->max_bytes * 100 + h->max_duration_s, 11121314);
	CHECK_STR(h->window, "19:00-06:00");
	CHECK_INT(h->parallel * 1000000 + h->retries * 10000 + h->retry_wait_s * 100 + h->pause_s, 15161718);
	CHECK_INT(h->timeout_s * 1000000 + h->first_timeout_s * 10000 + h->stall_timeout_s * 100 + h->study_timeout_s, 19202122);
	CHECK_STR(json_text(json_get(json_get(p->extra, "site"), "name")), "x\ny");
	CHECK_INT(json_count(p->extra), 1);
}

static void test_round_trip(void)
{
	struct plan p;
	struct err e;
	auto_buf struct buf once = BUF_INIT(BUF_MB(1)), twice = BUF_INIT(BUF_MB(1));

	plan_init(&p);
	if (!CHECK_INT(parse(ours, &p, &e), 0))
		puts(e.text);
	check_ours(&p);
	state_text(&p, &once);
	if (!CHECK_INT(parse(buf_text(&once), &p, &e), 0))	/* replaces what it holds */
		puts(e.text);
	check_ours(&p);
	state_text(&p, &twice);
	CHECK_STR(buf_text(&twice), buf_text(&once));
	plan_done(&p);
}

/* What may be left out, and what that means. */
static void test_little(void)
{
	struct plan p;
	struct err e;
	auto_buf struct buf text = BUF_INIT(BUF_MB(1));
	auto_free char *here = file_absolute("nm_images");

	plan_init(&p);
	CHECK_INT(parse("\xef\xbb\xbf\r\n {\"studies\": [], \"outputPath\": \"./nm_images/\", \"host\": null,"
			" \"port\": null}", &p, &e), 0);
	CHECK_STR(p.how.peer.host, "");
	CHECK_INT(p.how.peer.port, 11112);
	CHECK_STR(p.how.output, here);
	CHECK_STR(p.how.layout, "flat");
	CHECK_INT(parse("{\"studies\": [], \"hierarchical\": true, \"layout\": \"flat\", \"moveDestination\": \"\"}", &p, &e), 0);
	CHECK_STR(p.how.layout, "flat");
	CHECK_STR(p.how.output, NULL);
	state_text(&p, &text);
	CHECK_HAS(buf_text(&text), "{\n  \"studies\": [],\n  \"port\": 11112,");
	plan_done(&p);
}

/* Why a study is skipped: in one word, or by what older files tell; and whether the plan is all that was asked for. */
static void test_skipped(void)
{
	static const struct { const char *members; enum skip skip; bool partial; } cases[] = {
		{ "\"status\": \"complete\", \"skipped\": \"held\"", SKIP_NOT, false },
		{ "\"status\": \"skipped\", \"skipped\": \"untold\"", SKIP_UNTOLD, true },
		{ "\"status\": \"skipped\", \"skipped\": \"given-up\"", SKIP_GIVEN_UP, false },
		{ "\"status\": \"skipped\", \"skipped\": \"limit\", \"later\": true", SKIP_LIMIT, false },
		{ "\"status\": \"skipped\", \"later\": true, \"held\": 3", SKIP_LIMIT, false },
		{ "\"status\": \"skipped\", \"held\": 3", SKIP_HELD, false },
		{ "\"status\": \"skipped\", \"reason\": \"beyond hope\"", SKIP_OTHER, false },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		auto_free char *text = mem_printf("{\"studies\": [{\"studyInstanceUID\": \"1.2\", %s}]}", cases[i].members);
		auto_buf struct buf again = BUF_INIT(BUF_MB(1));
		struct plan p;
		struct err e;

		plan_init(&p);
		CHECK_CASE(cases[i].members);
		CHECK_INT(parse(text, &p, &e), 0);
		CHECK_INT(p.studies[0].skip, cases[i].skip);
		CHECK_INT(plan_partial(&p), cases[i].partial);
		plan_not_covered(&p, "one second holds more");
		plan_not_covered(&p, "another reason");
		state_text(&p, &again);
		CHECK_INT(parse(buf_text(&again), &p, &e), 0);
		CHECK_INT(p.studies[0].skip, cases[i].skip);
		CHECK_STR(p.not_covered, "one second holds more");
		CHECK(plan_partial(&p) && !p.extra);
		CHECK_INT(parse("{\"studies\": [], \"notCovered\": 1}", &p, &e), -1);
		CHECK_HAS(e.text, "notCovered: a text is expected");
		plan_done(&p);
	}
	CHECK_CASE("");
}

/* Each is put into an otherwise good file, of the document or of its study. */
static const struct { const char *member, *said; } bad[] = {
	{ "\"host\": 5", "host: a text is expected" }, { "\"host\": \"-x\"", "host: " }, { "\"host\": \"a b\"", "host: " },
	{ "\"host\": \"pacs://h\"", "host: " }, { "\"host\": \"A@h\"", "host: " }, { "\"host\": \"h:104\"", "host: " },
	{ "\"host\": [\"h\"]", "host: a text" }, { "\"port\": 0", "port: a whole number from 1 to 65535" },
	{ "\"port\": 65536", "port: a whole" }, { "\"port\": \"104\"", "port: a whole" }, { "\"port\": 104.0", "port: a whole" },
	{ "\"port\": -1", "port: a whole" }, { "\"port\": 1e400", "out of range" },
	{ "\"port\": 99999999999999999999999999", "out of range" },
	{ "\"callingAE\": \"\"", "callingAE" }, { "\"callingAE\": \"12345678901234567\"", "callingAE" },
	{ "\"callingAE\": \"a\\\\b\"", "callingAE" }, { "\"callingAE\": \"-to\"", "callingAE" },
	{ "\"callingAE\": {}", "callingAE: a text" },
	{ "\"calledAE\": \"@x\"", "calledAE" }, { "\"calledAE\": true", "calledAE: a text" },
	{ "\"moveDestination\": \"\xc3\xa4\"", "moveDestination" }, { "\"moveDestination\": 1", "moveDestination: a text" },
	{ "\"method\": \"ftp\"", "method: " }, { "\"method\": 3", "method: a text" }, { "\"method\": \"\"", "method: " },
	{ "\"outputPath\": \"\"", "outputPath: is empty" }, { "\"outputPath\": []", "outputPath: a text" },
	{ "\"hierarchical\": 1", "hierarchical: true or false" }, { "\"hierarchical\": \"yes\"", "hierarchical: true or false" },
	{ "\"format\": 2", "format 2 is unknown" }, { "\"format\": \"1\"", "format: a whole number" }, { "\"format\": 0", "format 0" },
	{ "\"listenPort\": 70000", "listenPort: " }, { "\"layout\": \"{Nonsense}\"", "layout: " }, { "\"layout\": 1", "layout: a text" },
	{ "\"model\": \"x\"", "model: " }, { "\"charset\": \"KOI-8\"", "charset: 'KOI-8' is no DICOM character set" }, { "\"charset\": 1", "charset: a text" },
	{ "\"charset\": \"ISO_IR 100ISO_IR 100ISO_IR 100ISO_IR 100\"", "charset: longer" },
	{ "\"validate\": 0", "validate: true" }, { "\"force\": \"\"", "force: true" }, { "\"trust\": \"me\"", "trust: 'me'" },
	{ "\"maxStudies\": -1", "maxStudies: a whole" }, { "\"maxImages\": 1.5", "maxImages: a whole" },
	{ "\"maxBytes\": \"2G\"", "maxBytes: a whole" }, { "\"maxDuration\": []", "maxDuration: a whole" },
	{ "\"window\": \"night\"", "window: 'night': write windows like" }, { "\"window\": 19", "window: a text" },
	{ "\"parallel\": 0", "parallel: a whole" }, { "\"parallel\": 9223372036854775807", "parallel: a whole" },
	{ "\"retries\": -5", "retries: a whole" }, { "\"retryWait\": false", "retryWait: a whole" }, { "\"pause\": -1", "pause: " },
	{ "\"timeout\": \"60\"", "timeout: a whole" }, { "\"firstTimeout\": -1", "firstTimeout: " },
	{ "\"stallTimeout\": {}", "stallTimeout: " }, { "\"studyTimeout\": 1e3", "studyTimeout: " },
	{ "\"studies\": []", "studies\" occurs twice" }, { "\"site\": 1, \"site\": 2", "occurs twice" }, { "\"a\\u0000b\": 1", "NUL" },
};

static const struct { const char *member, *said; } bad_study[] = {
	{ "\"studyInstanceUID\": \"1.2\"", "occurs twice" }, { "\"patientName\": 5", "studies[1]: patientName" },
	{ "\"patientID\": []", "studies[1]: patientID" }, { "\"studyDate\": 20240101", "studies[1]: studyDate" },
	{ "\"modality\": {}", "studies[1]: modality" }, { "\"studyDescription\": false", "studies[1]: studyDescription" },
	{ "\"numberOfInstances\": \"5\"", "studies[1]: numberOfInstances" },
	{ "\"status\": \"lost\"", "studies[1]: status: 'lost' is unknown" }, { "\"status\": 1", "studies[1]: status: a text" },
	{ "\"skipped\": \"lost\"", "studies[1]: skipped: 'lost' is unknown" },
	{ "\"reason\": 1", "studies[1]: reason: a text" }, { "\"error\": []", "studies[1]: error: a text" },
	{ "\"expected\": -2", "studies[1]: expected: a whole number" }, { "\"expected\": 2147483648", "studies[1]: expected: " },
	{ "\"expectedFrom\": \"heaven\"", "studies[1]: expectedFrom: 'heaven'" }, { "\"expectedFrom\": 1", "expectedFrom: a text" },
	{ "\"received\": -1", "studies[1]: received: " }, { "\"bytes\": 1.5", "studies[1]: bytes: " }, { "\"held\": \"\"", "held: " },
	{ "\"attempts\": \"3\"", "studies[1]: attempts: " }, { "\"seriesInstanceUID\": 1", "seriesInstanceUID: a text" },
	{ "\"seriesInstanceUID\": \"1\\\\2\"", "seriesInstanceUID: '1\\2' is no UID" },
	{ "\"instances\": {}", "studies[1]: instances: a list" }, { "\"instances\": [5]", "studies[1]: instances[0]: an object" },
	{ "\"instances\": [\"1.2\", \"*\"]", "studies[1]: instances[1]: '*' is no UID" },
	{ "\"instances\": [{}]", "instances[0]: sopInstanceUID is missing" },
	{ "\"missing\": [{\"sopInstanceUID\": 5}]", "missing[0]: sopInstanceUID: a text" },
	{ "\"missing\": [{\"sopInstanceUID\": \"1\", \"sopClassUID\": \"?\"}]", "missing[0]: sopClassUID: '?'" },
	{ "\"missing\": [null]", "studies[1]: missing[0]: an object" }, { "\"missing\": \"1.2\"", "studies[1]: missing: a list" },
	{ "\"x\": \"\xff\"", "" }, { "\"x\": \"\xed\xa0\x80\"", "" }, { "\"x\": \"\xc0\x80\"", "" }, { "\"x\": 01", "" },
};

static const struct { const char *text, *said; } bad_document[] = {
	{ "", "empty" }, { " \r\n\t", "empty" }, { "\xef\xbb\xbf", "empty" }, { "[]", "does not begin with {" },
	{ "null", "does not begin" }, { "\x89PNG\r\n", "does not begin" }, { "studies", "does not begin" },
	{ "{}", "no member \"studies\"" }, { "{\"studies\": null}", "studies: a list" }, { "{\"studies\": {}}", "studies: a list" },
	{ "{\"studies\": \"all\"}", "studies: a list" }, { "{\"studies\": [5]}", "studies[0]: an object" },
	{ "{\"studies\": [[]]}", "studies[0]: an object" }, { "{\"studies\": [null]}", "studies[0]: an object" },
	{ "{\"studies\": [{}]}", "studies[0]: studyInstanceUID" }, { "{\"studies\": []} x", "" }, { "{\"studies\": []}{}", "" },
	{ "{\"studies\": [],}", "" }, { "{'studies': []}", "" },
	{ "{\"studies\": [{\"studyInstanceUID\": \"\"}]}", "studyInstanceUID" },
	{ "{\"studies\": [{\"studyInstanceUID\": 12}]}", "studies[0]: studyInstanceUID" }, { "{\"Studies\": []}", "no member" },
	{ "{\"a\": {\"studies\": [{\"studyInstanceUID\": \"1\"}]}}", "no member" },
};

static void refused(const char *name, const char *text, const char *said)
{
	struct plan p;
	struct err e;

	plan_init(&p);
	p.how.retries = 77;
	CHECK_CASE(name);
	if (CHECK_INT(parse(text, &p, &e), -1)) {
		CHECK_INT(e.kind, ERR_INPUT);
		CHECK_HAS(e.text, said);
	}
	CHECK(p.how.retries == 77 && !p.count);		/* as it was */
	CHECK_CASE("");
	plan_done(&p);
}

static void test_bad(void)
{
	for (size_t i = 0; i < countof(bad); i++) {
		auto_free char *text = mem_printf("{%s, \"studies\": []}", bad[i].member);

		refused(bad[i].member, text, bad[i].said);
	}
	for (size_t i = 0; i < countof(bad_study); i++) {
		auto_free char *text = mem_printf("{\"studies\": [{\"studyInstanceUID\": \"1.2\"}, {\"studyInstanceUID\": \"1.3\","
						  " %s}], \"host\": \"h\"}", bad_study[i].member);

		refused(bad_study[i].member, text, bad_study[i].said);
	}
	for (size_t i = 0; i < countof(bad_document); i++)
		refused(bad_document[i].text, bad_document[i].text, bad_document[i].said);
}

static void test_truncated(void)
{
	static const char *const samples[] = { first_day, ours };
	struct plan p;
	struct err e;

	for (size_t s = 0; s < countof(samples); s++)
		for (size_t len = (size_t)(strrchr(samples[s], '}') - samples[s]); len--;) {
			auto_free char *text = mem_strn(samples[s], len);

			plan_init(&p);
			if (state_parse(text, len, &p, &e) != -1 || e.kind != ERR_INPUT)
				CHECK_INT(len, -1);
			plan_done(&p);
		}
}

/* Big enough to fell whoever recurses or copies; blank and '[' are refused, and so is nesting in the middle. */
static void test_big(void)
{
	static const struct { const char *head; char fill; const char *said; } cases[] = {
		{ "", ' ', "empty" }, { "", '[', "does not begin" }, { "{\"studies\": ", '[', "" }, { "{\"x\": ", '[', "" },
		{ "{\"studies\": [{\"x\": ", '[', "" }, { "{\"x\": \"", 'a', "" }, { "{\"x\": ", '9', "" }, { "{", ' ', "" },
		{ "{\"studies\": [", '\0', "" },
	};
	enum { SIZE = 100 << 20 };
	char *text = mem_alloc(SIZE);
	struct plan p;
	struct err e;

	plan_init(&p);
	for (size_t i = 0; i < countof(cases); i++) {
		memset(text, cases[i].fill, SIZE);
		memcpy(text, cases[i].head, strlen(cases[i].head));
		CHECK_CASE(cases[i].head);
		CHECK_INT(state_parse(text, SIZE, &p, &e), -1);
		CHECK_INT(e.kind, ERR_INPUT);
		CHECK_HAS(e.text, cases[i].said);
	}
	CHECK_CASE("");
	plan_done(&p);
	free(text);
}

static void test_deep(void)
{
	auto_buf struct buf text = BUF_INIT(BUF_MB(1));

	buf_str(&text, "{\"studies\": [], \"x\": ");
	for (int i = 0; i < 100000; i++)
		buf_char(&text, '[');
	for (int i = 0; i < 100000; i++)
		buf_char(&text, ']');
	buf_char(&text, '}');
	refused("deep", buf_text(&text), "nested too deeply");
}

static void test_files(void)
{
	auto_free char *path = file_join(folder, "a.state"), *link = file_join(folder, "link.state");
	auto_free char *none = file_join(folder, "none/b.state");
	auto_buf struct buf text = BUF_INIT(BUF_MB(1)), direct = BUF_INIT(BUF_MB(1));
	struct plan p;
	struct stat st;
	struct err e;

	plan_init(&p);
	CHECK_INT(parse(ours, &p, &e), 0);
	CHECK_INT(state_write(path, &p, &e), 0);
	CHECK(!stat(path, &st) && (st.st_mode & 0777) == 0600);
	CHECK_INT(file_read(path, &text, &e), 0);
	state_text(&p, &direct);
	CHECK_STR(buf_text(&text), buf_text(&direct));
	CHECK_INT(state_read(path, &p, &e), 0);
	check_ours(&p);
	CHECK_INT(symlink("a.state", link), 0);
	CHECK_INT(state_write(link, &p, &e), 0);
	CHECK(!lstat(link, &st) && S_ISLNK(st.st_mode));
	CHECK_INT(state_write("/dev/null", &p, &e), -1);
	CHECK_HAS(e.text, "/dev/null is there and no plain file");
	CHECK(!stat("/dev/null", &st) && S_ISCHR(st.st_mode));
	CHECK_INT(state_write(folder, &p, &e), -1);
	CHECK_INT(state_write(none, &p, &e), -1);
	CHECK_INT(e.kind, ERR_SYSTEM);
	CHECK_INT(state_read(none, &p, &e), -1);
	CHECK_INT(e.kind, ERR_SYSTEM);
	CHECK_INT(state_read(folder, &p, &e), -1);
	free(p.how.output);
	p.how.output = mem_str("/data/\xff");
	CHECK_INT(state_write(path, &p, &e), -1);
	CHECK_HAS(e.text, "not UTF-8");
	CHECK_INT(file_replace(path, "{\"studies\": [{\"x\": 1}]}", 23, &e), 0);
	CHECK_INT(state_read(path, &p, &e), -1);
	CHECK_HAS(e.text, path);
	CHECK_HAS(e.text, "studies[0]: studyInstanceUID");
	plan_done(&p);
}

static size_t files_in(const char *path)
{
	DIR *dir = opendir(path);
	size_t count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

/* A file that may not grow stands for a full disk: the old one stays, and no temporary one. */
static void test_full_disk(void)
{
	auto_free char *path = file_join(folder, "a.state");
	auto_buf struct buf before = BUF_INIT(BUF_MB(1)), after = BUF_INIT(BUF_MB(1));
	size_t files = files_in(folder);
	struct rlimit kept, small;
	struct plan p;
	struct err e = { ERR_NONE, "" };
	int failed;

	plan_init(&p);
	CHECK_INT(parse(ours, &p, &e), 0);
	CHECK_INT(file_read(path, &before, &e), 0);
	getrlimit(RLIMIT_FSIZE, &kept);
	small = (struct rlimit){ 100, kept.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	failed = state_write(path, &p, &e);
	setrlimit(RLIMIT_FSIZE, &kept);
	CHECK_INT(failed, -1);
	CHECK_HAS(e.text, "a.state: write: File too large");
	CHECK_INT(file_read(path, &after, &e), 0);
	CHECK_STR(buf_text(&after), buf_text(&before));
	CHECK_INT(files_in(folder), files);
	plan_done(&p);
}

static void test_lock(void)
{
	auto_free char *path = file_join(folder, "a.state"), *lock = file_join(folder, ".a.state.lock");
	struct err e;
	int fd = state_lock(path, &e);

	CHECK(fd >= 0);
	CHECK(!access(lock, F_OK));
	CHECK_INT(state_lock(path, &e), -1);
	CHECK_INT(e.kind, ERR_LOCKED);
	close(fd);
	fd = state_lock(path, &e);
	CHECK(fd >= 0);
	close(fd);
}

int main(void)
{
	struct err e;

	if (!mkdtemp(folder))
		return 99;
	test_first_day();
	test_letters_in_uid();
	test_round_trip();
	test_little();
	test_skipped();
	test_bad();
	test_truncated();
	test_big();
	test_deep();
	test_files();
	test_full_disk();
	test_lock();
	file_remove_tree(folder, &e);
	return check_done();
}
