/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each rule of the selection with a study that hits it and one that misses it; the studies are written down as the PACS would list
 * them, and a rule that asks for lists gets them. */
#include "core/plan/dose.h"

#include <stdlib.h>

#include "base/mem.h"
#include "check.h"

#define RDSR "1.2.840.10008.5.1.4.1.1.88.67"
#define ESR "1.2.840.10008.5.1.4.1.1.88.22"
#define TEXT "1.2.840.10008.5.1.4.1.1.88.11"
#define CTI "1.2.840.10008.5.1.4.1.1.2"
#define ALL DOSE_IMAGING

/* A series: its SOP classes are those of its objects when they are listed; "" = of none the class is told. */
struct series {
	const char *modality, *description;
	int count;				/* as the PACS counts; -1 = it does not */
	const char *classes[8];			/* NULL-terminated; none = the image-level answer is empty */
};

static const struct row {
	const char *name;
	struct dose_rules rules;
	const char *modalities;
	struct series series[5];
	enum selected result;
	const char *kept;			/* numbers of the series; "12*" = of series 2 objects only; "=" = the whole study */
	int expected;
	const char *why;
	const char *asked;			/* series that had to be listed, in order of asking; NULL = do not care */
} rows[] = {
	/* MG and DX */
	{ "MG with RDSR", { .dose = true, .kinds = ALL }, "MG\\SR", { { "MG", "R CC", 4, { CTI } }, { "SR", "", 1, { RDSR } } },
	  DOSE_TAKE, "2", 1, "MG: Radiation Dose SR", "2" },
	{ "MG with RDSR beside another report: the series", { .dose = true, .kinds = ALL }, "MG\\SR",
	  { { "MG", "", 4, { CTI } }, { "SR", "", 2, { RDSR, TEXT } } }, DOSE_TAKE, "2", 2, "MG: Radiation Dose SR", "2" },
	{ "MG without SR: the images", { .dose = true, .kinds = ALL }, "MG", { { "MG", "R CC", 2, { NULL } }, { "MG", "L CC", 2, { NULL } } },
	  DOSE_TAKE, "=", 0, "MG: images, as there is no Radiation Dose SR", "" },
	{ "MG with an Enhanced SR: the images, no SR", { .dose = true, .kinds = ALL }, "MG\\SR",
	  { { "MG", "", 4, { CTI } }, { "SR", "", 1, { ESR } } }, DOSE_TAKE, "1", 4, "MG: images", "2" },
	{ "MG: neither presentation states nor key objects", { .dose = true, .kinds = ALL }, "MG\\PR\\KO",
	  { { "MG", "", 1, { CTI } }, { "PR", "", 1, { CTI } }, { "KO", "", 1, { CTI } } }, DOSE_TAKE, "1", 1, "MG: images", "" },
	{ "MG not asked for", { .dose = true, .kinds = DOSE_DX }, "MG", { { "MG", "", 4, { CTI } } }, DOSE_LEAVE, "", 0,
	  "none of DX,CR", "" },
	{ "MG before DX and CT", { .dose = true, .kinds = ALL }, "CT\\DX\\MG",
	  { { "CT", "", 9, { CTI } }, { "DX", "", 1, { CTI } }, { "MG", "", 1, { CTI } } }, DOSE_TAKE, "=", 0, "MG: images", "" },
	{ "CT when MG is not asked for", { .dose = true, .kinds = DOSE_CT }, "CT\\MG\\SR",
	  { { "CT", "a", 9, { CTI } }, { "MG", "b", 1, { CTI } }, { "SR", "c", 1, { RDSR } } }, DOSE_TAKE, "3", 1,
	  "CT: Radiation Dose SR", "3" },
	{ "DX with RDSR", { .dose = true, .kinds = ALL }, "DX\\SR", { { "DX", "", 2, { CTI } }, { "SR", "", 1, { RDSR } } }, DOSE_TAKE, "2", 1,
	  "DX: Radiation Dose SR", "2" },
	{ "DX without", { .dose = true, .kinds = ALL }, "DX", { { "DX", "", 2, { CTI } } }, DOSE_TAKE, "=", 0, "DX: images", "" },
	{ "CR counts as DX", { .dose = true, .kinds = DOSE_DX }, "CR", { { "CR", "", 2, { CTI } } }, DOSE_TAKE, "=", 0, "DX: images", "" },
	{ "DX with report: several image series need their objects", { .dose = true, .kinds = ALL }, "DX\\SR",
	  { { "DX", "", 2, { CTI, CTI } }, { "DX", "", 1, { CTI } }, { "SR", "", 1, { TEXT } } }, DOSE_TAKE, "12", 3, "DX: images", "312" },
	{ "DX, several series, and no lists", { .dose = true, .kinds = ALL }, "DX\\SR",
	  { { "DX", "", 2, { NULL } }, { "DX", "", 1, { NULL } }, { "SR", "", 1, { TEXT } } }, DOSE_LEAVE, "12", 0,
	  "2 of 3 series are wanted, and the PACS does not list their objects", "312" },
	{ "DX: a report and no image", { .dose = true, .kinds = ALL }, "DX\\SR", { { "SR", "", 1, { TEXT } } }, DOSE_LEAVE, "", 0,
	  "DX: no dose report and no images", "1" },
	/* FL */
	{ "XA with RDSR", { .dose = true, .kinds = ALL }, "XA\\SR", { { "XA", "", 20, { CTI } }, { "SR", "", 1, { RDSR } } }, DOSE_TAKE, "2", 1,
	  "FL: Radiation Dose SR", "2" },
	{ "RF with Enhanced SR", { .dose = true, .kinds = DOSE_FL }, "RF\\SR", { { "RF", "", 20, { CTI } }, { "SR", "", 1, { ESR } } },
	  DOSE_TAKE, "2", 1, "FL: Enhanced SR, as there is no Radiation Dose SR", "2" },
	{ "RDSR before Enhanced SR", { .dose = true, .kinds = DOSE_FL }, "RF\\SR", { { "SR", "", 1, { ESR } }, { "SR", "", 1, { RDSR } } },
	  DOSE_TAKE, "2", 1, "FL: Radiation Dose SR", "12" },
	{ "FL: the report, not what is beside it", { .dose = true, .kinds = DOSE_FL }, "XA\\SR",
	  { { "XA", "", 2, { CTI } }, { "SR", "", 3, { TEXT, RDSR, TEXT } } }, DOSE_TAKE, "2*", 1, "FL: Radiation Dose SR", "2" },
	{ "FL with a text report", { .dose = true, .kinds = ALL }, "XA\\SR", { { "XA", "", 20, { CTI } }, { "SR", "", 1, { TEXT } } },
	  DOSE_LEAVE, "", 0, "FL: no dose report", "2" },
	{ "FL without", { .dose = true, .kinds = ALL }, "XA", { { "XA", "dose info", 2, { CTI } } }, DOSE_LEAVE, "", 0, "FL: no dose report", "" },
	/* CT */
	{ "CT with RDSR", { .dose = true, .kinds = ALL }, "CT\\SR", { { "CT", "", 800, { CTI } }, { "SR", "", 1, { RDSR } } }, DOSE_TAKE, "2", 1,
	  "CT: Radiation Dose SR", "2" },
	{ "CT with Enhanced SR", { .dose = true, .kinds = ALL }, "CT\\SR",
	  { { "CT", "Dose Info", 1, { CTI } }, { "SR", "", 1, { ESR } } }, DOSE_TAKE, "2", 1, "CT: Enhanced SR", "2" },
	{ "CT with dose info", { .dose = true, .kinds = ALL }, "CT\\SR",
	  { { "CT", "Thorax", 300, { CTI } }, { "CT", "Dose Info", 1, { CTI } }, { "SR", "Report", 1, { TEXT } } }, DOSE_TAKE, "2", 1,
	  "CT: series described \"dose info\"", "3" },
	{ "CT with descriptions, none of dose", { .dose = true, .kinds = ALL }, "CT",
	  { { "CT", "Thorax", 300, { CTI } }, { "CT", "", 1, { CTI } } }, DOSE_LEAVE, "", 0, "CT: no dose report and no dose info series", "" },
	{ "CT without descriptions: few objects", { .dose = true, .kinds = ALL }, "CT",
	  { { "CT", "", 300, { CTI } }, { "CT", "", 5, { CTI } } }, DOSE_TAKE, "2", 5, "CT: series of five objects or fewer", "" },
	{ "CT without descriptions: six are too many", { .dose = true, .kinds = ALL }, "CT",
	  { { "CT", "", 300, { CTI } }, { "CT", "", 6, { CTI } } }, DOSE_LEAVE, "", 0, "CT: no dose report", "" },
	{ "CT without descriptions or counts: they are counted", { .dose = true, .kinds = ALL }, "CT",
	  { { "CT", "", -1, { CTI, CTI, CTI, CTI, CTI, CTI } }, { "CT", "", -1, { CTI, CTI } } }, DOSE_TAKE, "2", 2,
	  "CT: series of five objects or fewer", "12" },
	{ "CT: two series of few objects", { .dose = true, .kinds = ALL }, "CT",
	  { { "CT", "", 300, { CTI } }, { "CT", "", 1, { CTI } }, { "CT", "", 2, { CTI, CTI } } }, DOSE_TAKE, "23", 3,
	  "CT: series of five objects or fewer", "23" },
	{ "two RDSR series", { .dose = true, .kinds = ALL }, "CT\\SR",
	  { { "CT", "", 300, { CTI } }, { "SR", "", 1, { RDSR } }, { "SR", "", 1, { RDSR } } }, DOSE_TAKE, "23", 2, "CT: Radiation Dose SR", "23" },
	{ "modalities of the study only", { .dose = true, .kinds = DOSE_CT }, "CT\\SR", { { "", "x", 300, { CTI } }, { "SR", "", 1, { RDSR } } },
	  DOSE_TAKE, "2", 1, "CT: Radiation Dose SR", "2" },
	{ "modalities of the series only", { .dose = true, .kinds = DOSE_CT }, "", { { "CT", "x", 300, { CTI } }, { "SR", "", 1, { RDSR } } },
	  DOSE_TAKE, "2", 1, "CT: Radiation Dose SR", "2" },
	{ "no class told", { .dose = true, .kinds = DOSE_CT }, "CT\\SR", { { "CT", "x", 300, { CTI } }, { "SR", "", 1, { "" } } },
	  DOSE_LEAVE, "", 0, "(the PACS tells no SOP class of an SR)", "2" },
	/* SR only */
	{ "SR alone, asked for", { .dose = true, .kinds = DOSE_SR }, "SR", { { "SR", "", 1, { RDSR } } }, DOSE_TAKE, "=", 0,
	  "SR: Radiation Dose SR", "1" },
	{ "SR alone, no dose report", { .dose = true, .kinds = DOSE_SR }, "SR", { { "SR", "", 1, { TEXT } } }, DOSE_LEAVE, "", 0,
	  "SR: no dose report", "1" },
	{ "SR alone, not asked for", { .dose = true, .kinds = ALL }, "SR", { { "SR", "", 1, { RDSR } } }, DOSE_LEAVE, "", 0,
	  "none of MG,DX,CR,XA,RF,CT", "" },
	{ "SR beside images, SR only asked for", { .dose = true, .kinds = DOSE_SR }, "CT\\SR",
	  { { "CT", "", 3, { CTI } }, { "SR", "", 1, { RDSR } } }, DOSE_LEAVE, "", 0, "not SR alone", "" },
	{ "CT and SR asked for: SR alone", { .dose = true, .kinds = DOSE_CT | DOSE_SR }, "SR", { { "SR", "", 1, { ESR } } }, DOSE_TAKE,
	  "=", 0, "SR: Enhanced SR", "1" },
	{ "an SR of which nothing is listed", { .dose = true, .kinds = DOSE_SR }, "SR", { { "SR", "", 1, { NULL } } }, DOSE_LEAVE, "", 0,
	  "SR: no dose report", "1" },
	{ "the same with --empty-sr", { .dose = true, .kinds = DOSE_SR, .empty_sr = true }, "SR", { { "SR", "", 1, { NULL } } }, DOSE_TAKE,
	  "=", 0, "(--empty-sr)", "1" },
	{ "--empty-sr of a CT: the series", { .dose = true, .kinds = ALL, .empty_sr = true }, "CT\\SR",
	  { { "CT", "", 3, { CTI } }, { "SR", "", 1, { NULL } } }, DOSE_TAKE, "2", 1, "(--empty-sr)", "2" },
	{ "--empty-sr only without another report", { .dose = true, .kinds = ALL, .empty_sr = true }, "CT\\SR",
	  { { "SR", "", 1, { NULL } }, { "SR", "", 1, { RDSR } } }, DOSE_TAKE, "2", 1, "CT: Radiation Dose SR", "12" },
	/* freely */
	{ "by modality", { .series_modality = "sr, KO" }, "CT\\SR", { { "CT", "", 3, { CTI } }, { "SR", "", 7, { TEXT } } }, DOSE_TAKE, "2", 7,
	  "series that meet the conditions", "" },
	{ "by modality, none", { .series_modality = "US" }, "CT\\SR", { { "CT", "", 3, { CTI } }, { "SR", "", 7, { TEXT } } }, DOSE_LEAVE, "",
	  0, "no series meets the conditions", "" },
	{ "by description", { .series_description = "LUNG,bone" }, "CT", { { "CT", "Lung 1.0", 3, { CTI } }, { "CT", "abd", 2, { CTI } } },
	  DOSE_TAKE, "1", 3, "series that meet the conditions", "" },
	{ "by description, none returned", { .series_description = "LUNG" }, "CT", { { "CT", "", 3, { CTI } } }, DOSE_LEAVE, "", 0,
	  "(the PACS returns no series descriptions)", "" },
	{ "by class", { .sop_class = RDSR "," ESR }, "CT\\SR", { { "CT", "", 1, { CTI } }, { "SR", "", 2, { TEXT, ESR } } }, DOSE_TAKE,
	  "2*", 1, "series that meet the conditions", "12" },
	{ "by class, none", { .sop_class = RDSR }, "CT", { { "CT", "", 1, { CTI } } }, DOSE_LEAVE, "", 0, "no series meets the conditions", "1" },
	{ "by modality and class: only those are listed", { .series_modality = "SR", .sop_class = RDSR }, "CT\\SR",
	  { { "CT", "", 1, { CTI } }, { "SR", "", 1, { RDSR } } }, DOSE_TAKE, "2", 1, "series that meet the conditions", "2" },
	{ "dose rules and more", { .dose = true, .kinds = ALL, .series_description = "final" }, "CT\\SR",
	  { { "SR", "final", 1, { RDSR } }, { "SR", "draft", 1, { RDSR } } }, DOSE_TAKE, "1", 1, "CT: Radiation Dose SR", "12" },
	{ "all series meet it: the whole study", { .series_modality = "CT" }, "CT", { { "CT", "a", 3, { CTI } }, { "CT", "b", -1, { CTI } } },
	  DOSE_TAKE, "=", 0, "series that meet the conditions", "" },
	{ "no series at all", { .dose = true, .kinds = ALL }, "CT", { { NULL, NULL, 0, { NULL } } }, DOSE_LEAVE, "", 0,
	  "the PACS lists no series of it", "" },
};

static void list_series(struct dose_series *to, const struct series *from, size_t number)
{
	for (size_t i = 0; i < countof(from->classes) && from->classes[i]; i++) {
		auto_free char *sop = mem_printf("1.2.3.%zu.%zu", number, i);

		wanted_add(&to->objects, to->uid, sop, from->classes[i]);
	}
	to->list = to->objects.count ? LIST_KNOWN : LIST_EMPTY;
}

static enum selected decide(const struct row *row, struct dose_study *s, char *why, size_t room, struct buf *asked)
{
	enum selected result;

	for (int round = 0; round < 8; round++) {
		result = dose_decide(&row->rules, s, why, room);
		if (result != DOSE_ASK)
			return result;
		for (size_t i = 0; i < s->count; i++)
			if (s->series[i].ask) {
				buf_printf(asked, "%zu", i + 1);
				list_series(&s->series[i], &row->series[i], i + 1);
			}
	}
	return DOSE_ASK;
}

static void show_kept(const struct dose_study *s, const struct plan_study *in, struct buf *kept)
{
	if (!in->series_uid && !in->only.count)
		buf_str(kept, "=");
	for (size_t i = 0; i < s->count && buf_text(kept)[0] != '='; i++) {
		size_t taken = 0;

		for (size_t n = 0; n < in->only.count; n++)
			taken += !strcmp(in->only.items[n].series, s->series[i].uid);
		if (in->series_uid ? !strcmp(in->series_uid, s->series[i].uid) : taken > 0)
			buf_printf(kept, "%zu%s", i + 1, in->series_uid || taken == s->series[i].objects.count ? "" : "*");
	}
}

static void test_row(const struct row *row)
{
	auto_buf struct buf asked = BUF_INIT(1000), kept = BUF_INIT(1000);
	struct dose_study s = { .modalities = row->modalities };
	struct plan_study in = { .expected = -1 };
	char why[300];

	CHECK_CASE(row->name);
	study_init(&in.study);
	for (size_t i = 0; i < countof(row->series) && row->series[i].modality; i++) {
		auto_free char *uid = mem_printf("1.2.%zu", i + 1);

		dose_add(&s, uid, row->series[i].modality, row->series[i].description, row->series[i].count);
	}
	CHECK_INT(decide(row, &s, why, sizeof why, &asked), row->result);
	CHECK_HAS(why, row->why);
	if (row->asked)
		CHECK_STR(buf_text(&asked), row->asked);
	if (row->result == DOSE_TAKE) {
		dose_apply(&row->rules, &s, &in);
		show_kept(&s, &in, &kept);
		CHECK_STR(buf_text(&kept), row->kept);
		if (*row->kept != '=')
			CHECK_INT(in.expected, row->expected);
	}
	plan_study_done(&in);
	dose_study_done(&s);
}

static void test_kinds(void)
{
	static const struct { const char *given; unsigned kinds; const char *modalities; } good[] = {
		{ NULL, DOSE_IMAGING, "MG,DX,CR,XA,RF,CT" }, { "", DOSE_IMAGING, "MG,DX,CR,XA,RF,CT" }, { "CT", DOSE_CT, "CT" },
		{ "cr", DOSE_DX, "DX,CR" }, { "RF, XA", DOSE_FL, "XA,RF" }, { "SR", DOSE_SR, "SR" },
		{ "SR,MG", DOSE_SR | DOSE_MG, "MG,SR" }, { "MG,DX,XA,CT,SR", 31, "MG,DX,CR,XA,RF,CT,SR" },
	};
	struct err e = { ERR_NONE, "" };
	unsigned kinds = 0;
	char modalities[40];

	for (size_t i = 0; i < countof(good); i++) {
		CHECK_CASE(good[i].given ? good[i].given : "NULL");
		CHECK_INT(dose_kinds_parse(good[i].given, &kinds, &e), 0);
		CHECK_INT(kinds, good[i].kinds);
		dose_modalities(kinds, modalities);
		CHECK_STR(modalities, good[i].modalities);
	}
	CHECK_CASE("MR");
	CHECK_INT(dose_kinds_parse("CT,MR", &kinds, &e), -1);
	CHECK_HAS(e.text, "not 'MR'");
}

/* Known from the row of the study alone. */
static void test_none(void)
{
	static const struct { unsigned kinds; const char *modalities; bool none; } cases[] = {
		{ DOSE_CT, "MR", true }, { DOSE_CT, "CT\\SR", false }, { DOSE_CT, "", false }, { DOSE_DX, "CR", false },
		{ DOSE_FL, "SR\\RF", false }, { DOSE_SR, "SR", false }, { DOSE_SR, "CT\\SR", true }, { DOSE_CT | DOSE_SR, "SR", false },
		{ DOSE_CT | DOSE_SR, "MR\\SR", true },
	};
	char why[200];

	for (size_t i = 0; i < countof(cases); i++) {
		const struct dose_rules rules = { .dose = true, .kinds = cases[i].kinds };

		CHECK_CASE(cases[i].modalities);
		CHECK_INT(dose_is_none(&rules, cases[i].modalities, why, sizeof why), cases[i].none);
	}
	CHECK(dose_is_kind("DX", "CR\\PR"));
	CHECK(!dose_is_kind("DX", "CT"));
	CHECK(!dose_is_kind("MR", "MR"));
}

int main(void)
{
	for (size_t i = 0; i < countof(rows); i++)
		test_row(&rows[i]);
	test_kinds();
	test_none();
	return check_done();
}
