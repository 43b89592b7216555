/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan as a value: studies, what became of them, and how they are to be fetched.  Pure: it neither reads nor writes
 * anything, so that a dry run and a run see the same. */
#include "core/plan/plan.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char *const verdict_names[VERDICTS] = {
	[VERDICT_WANTED] = "wanted",
	[VERDICT_COMPLETE] = "complete",
	[VERDICT_COMPLETE_BY_COUNT] = "complete-by-count",
	[VERDICT_UNVERIFIED] = "unverified",
	[VERDICT_INCOMPLETE] = "incomplete",
	[VERDICT_EMPTY] = "empty",
	[VERDICT_FAILED] = "failed",
	[VERDICT_PARKED] = "parked",
	[VERDICT_SKIPPED] = "skipped",
};

static const char *const skip_names[SKIPS] = {
	[SKIP_NOT] = "",
	[SKIP_HELD] = "held",
	[SKIP_LIMIT] = "limit",
	[SKIP_SETTLING] = "settling",
	[SKIP_FILTER] = "filter",
	[SKIP_UNTOLD] = "untold",
	[SKIP_NOT_CHOSEN] = "not-chosen",
	[SKIP_GIVEN_UP] = "given-up",
	[SKIP_UNKNOWN] = "unknown",
	[SKIP_OTHER] = "other",
};

static const char *const count_source_names[] = {
	[COUNT_NONE] = "none",
	[COUNT_STUDY] = "study",
	[COUNT_SERIES] = "series",
	[COUNT_IMAGES] = "images",
};

static const char *const trust_names[] = {
	[TRUST_LIST] = "list",
	[TRUST_COUNT] = "count",
	[TRUST_STATUS] = "status",
};

/* The place of word among names; -1. */
static int place(const char *word, const char *const *names, size_t count)
{
	for (size_t i = 0; word && i < count; i++)
		if (!strcmp(names[i], word))
			return (int)i;
	return -1;
}

const char *verdict_name(enum verdict v)
{
	return (unsigned int)v < VERDICTS ? verdict_names[v] : "unknown";
}

bool verdict_parse(const char *word, enum verdict *ret_verdict)
{
	int at = place(word, verdict_names, countof(verdict_names));

	if (at >= 0)
		*ret_verdict = (enum verdict)at;
	return at >= 0;
}

bool verdict_is_good(enum verdict v)
{
	return v == VERDICT_COMPLETE || v == VERDICT_COMPLETE_BY_COUNT || v == VERDICT_UNVERIFIED || v == VERDICT_SKIPPED;
}

const char *skip_name(enum skip s)
{
	return (unsigned int)s < SKIPS ? skip_names[s] : "other";
}

bool skip_parse(const char *word, enum skip *ret_skip)
{
	int at = place(word, skip_names, countof(skip_names));

	if (at >= 0)
		*ret_skip = (enum skip)at;
	return at >= 0;
}

const char *count_source_name(enum count_source s)
{
	return (unsigned int)s < countof(count_source_names) ? count_source_names[s] : "unknown";
}

bool count_source_parse(const char *word, enum count_source *ret_source)
{
	int at = place(word, count_source_names, countof(count_source_names));

	if (at >= 0)
		*ret_source = (enum count_source)at;
	return at >= 0;
}

const char *trust_name(enum trust t)
{
	return (unsigned int)t < countof(trust_names) ? trust_names[t] : "unknown";
}

bool trust_parse(const char *word, enum trust *ret_trust)
{
	int at = place(word, trust_names, countof(trust_names));

	if (at >= 0)
		*ret_trust = (enum trust)at;
	return at >= 0;
}

/* Behind series in one block: lists of a hundred thousand objects are common. */
void wanted_add(struct wanted_list *list, const char *series, const char *sop, const char *sop_class)
{
	size_t series_size = strlen(series) + 1, sop_size = strlen(sop) + 1, class_size = strlen(sop_class) + 1;
	char *block = mem_resize(NULL, series_size + sop_size + class_size, 1);
	struct wanted w = { block, block + series_size, block + series_size + sop_size };

	memcpy(w.series, series, series_size);
	memcpy(w.sop, sop, sop_size);
	memcpy(w.sop_class, sop_class, class_size);
	mem_grow(list->items, list->count, list->room);
	list->items[list->count++] = w;
}

void wanted_done(struct wanted_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].series);
	free(list->items);
	*list = (struct wanted_list){ 0 };
}

void settings_init(struct settings *s)
{
	*s = (struct settings){
		.method = METHOD_MOVE,
		.layout = mem_str(LAYOUT_FLAT),
		.umask = -1,
		.trust = TRUST_LIST,
		.parallel = 1,
		.retries = 3,
		.retry_wait_s = 5,
		.timeout_s = 60,
		.first_timeout_s = 300,
		.stall_timeout_s = STALL_DEFAULT_S,
		.hook_timeout_s = 600,
	};
	peer_init(&s->peer);
}

/* What is missing of the permissions that chmod would be given; a folder can be entered where its files can be read. */
static unsigned long umask_of(unsigned long permissions)
{
	if (permissions < 0700)
		permissions |= permissions >> 2 & 0111;
	return ~permissions & 0077;
}

int mode_parse(const char *text, int *ret_umask, struct err *e)
{
	char *end;
	unsigned long number = strtoul(text, &end, 8);
	bool chmod = strlen(text) == 3 && (*text == '6' || *text == '7');

	if (*text < '0' || *text > '7' || *end || (!chmod && number > 0077))
		return err_set(e, ERR_USAGE, "'%.20s' is no mode: give permissions such as 700, 750 or 640, or a umask such as 077, 027 or 022; "
			       "the owner can always read and write", text);
	*ret_umask = (int)(chmod ? umask_of(number) : number);
	return 0;
}

void settings_choose_method(struct settings *s, bool to_title)
{
	bool moves = s->listen_port || *s->destination;

	if (!s->method_stated)
		s->method = moves ? METHOD_MOVE : METHOD_AUTO;
	else if (to_title && !s->listen_port)
		s->method = METHOD_MOVE;
}

int settings_listen(struct settings *s, const char *text, struct err *e)
{
	const char *colon = strrchr(text, ':');
	auto_free char *address = mem_strn(text, colon ? (size_t)(colon - text) : 0);
	const char *digits = colon ? colon + 1 : text;
	struct in_addr in;
	char *end;
	long port = strtol(digits, &end, 10);

	if (strchr(address, ':'))
		return err_set(e, ERR_USAGE, "IPv6 is not served: DCMTK's storescp receives by IPv4 alone");
	if (colon && inet_pton(AF_INET, address, &in) != 1)
		return err_set(e, ERR_USAGE, "'%.60s' is no IPv4 address (example: 10.0.0.5:11112)", address);
	if (!isdigit((unsigned char)*digits) || *end)
		return err_set(e, ERR_USAGE, "a port is expected, or an address and a port (example: 10.0.0.5:11112)");
	if (port < 1 || port > 65535)
		return err_set(e, ERR_USAGE, "must be from 1 to 65535");
	s->listen_port = (int)port;
	snprintf(s->listen_address, sizeof s->listen_address, "%s", address);
	return 0;
}

void settings_done(struct settings *s)
{
	free(s->output);
	free(s->layout);
	free(s->window);
	free(s->on_study);
	free(s->on_finish);
	s->output = s->layout = s->window = s->on_study = s->on_finish = NULL;
}

bool settings_goes_elsewhere(const struct settings *s)
{
	return s->method == METHOD_MOVE && !s->listen_port;
}

void plan_init(struct plan *p)
{
	*p = (struct plan){ 0 };
	settings_init(&p->how);
}

void plan_study_done(struct plan_study *s)
{
	study_done(&s->study);
	free(s->why);
	free(s->series_uid);
	wanted_done(&s->only);
	wanted_done(&s->whole);
	wanted_done(&s->missing);
	json_free(s->extra);
	*s = (struct plan_study){ 0 };
}

void plan_done(struct plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		plan_study_done(&p->studies[i]);
	free(p->studies);
	free(p->not_covered);
	json_free(p->extra);
	settings_done(&p->how);
	p->studies = NULL;
	p->not_covered = NULL;
	p->extra = NULL;
	p->count = p->room = 0;
}

void plan_not_covered(struct plan *p, const char *why)
{
	if (!p->not_covered)
		p->not_covered = mem_str(why);
}

bool plan_partial(const struct plan *p)
{
	bool untold = false;

	for (size_t i = 0; i < p->count; i++)
		untold |= p->studies[i].verdict == VERDICT_SKIPPED && p->studies[i].skip == SKIP_UNTOLD;
	return untold || p->not_covered;
}

struct plan_study *plan_add(struct plan *p)
{
	struct plan_study *s;

	mem_grow(p->studies, p->count, p->room);
	s = &p->studies[p->count++];
	*s = (struct plan_study){ .expected = -1 };
	study_init(&s->study);
	return s;
}

struct plan_study *plan_find(struct plan *p, const char *study_uid)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(study_get(&p->studies[i].study, STUDY_UID), study_uid))
			return &p->studies[i];
	return NULL;
}

void plan_skip(struct plan_study *s, enum skip skip, const char *fmt, ...)
{
	va_list args;
	char *why;

	va_start(args, fmt);
	if (vasprintf(&why, fmt, args) < 0)
		abort();
	va_end(args);
	free(s->why);		/* only now: it may be among the arguments */
	s->why = why;
	s->verdict = VERDICT_SKIPPED;
	s->skip = skip;
}

bool plan_study_later(const struct plan_study *s)
{
	return s->verdict == VERDICT_SKIPPED && s->skip == SKIP_LIMIT;
}

bool plan_study_cut(const struct plan_study *s)
{
	return s->beyond && s->verdict == VERDICT_INCOMPLETE && !s->missing.count && s->received + s->beyond >= s->expected;
}

/* The part that a limit made is judged by the whole. */
const char *plan_study_counted(const struct plan_study *s)
{
	bool part = s->series_uid || s->whole.count || (s->only.count && !s->beyond);

	return part ? PLAN_PART : count_source_name(s->counted);
}

/* The part that a limit made is over, or not wanted as it is. */
static void make_whole(struct plan_study *s)
{
	if (s->verdict == VERDICT_WANTED && s->expected >= 0)
		s->expected += s->beyond;
	s->beyond = 0;
	wanted_done(&s->only);
	s->only = s->whole;
	s->whole = (struct wanted_list){ 0 };
}

void plan_want(struct plan_study *s)
{
	s->verdict = VERDICT_WANTED;
	s->skip = SKIP_NOT;
	free(s->why);
	s->why = NULL;
}

void plan_want_again(struct plan *p, bool limited, bool whole)
{
	for (size_t i = 0; i < p->count; i++) {
		struct plan_study *s = &p->studies[i];
		bool tried = s->verdict != VERDICT_WANTED && !plan_study_later(s) && !plan_study_cut(s);

		if (s->beyond && (whole || s->verdict != VERDICT_WANTED))
			make_whole(s);
		if (verdict_is_good(s->verdict) && !plan_study_later(s))
			continue;
		s->again = tried && limited;
		if (!s->again)
			plan_want(s);
	}
	p->cut_by = NULL;
}

static void summarise_study(const struct plan_study *s, struct plan_summary *sum)
{
	sum->studies[s->verdict]++;
	sum->later += plan_study_later(s);
	sum->again += s->again;
	sum->beyond += s->beyond;
	if (s->verdict == VERDICT_SKIPPED)
		return;
	sum->received += s->received;
	sum->bytes += s->bytes;
	if (s->expected < 0)
		sum->expected_known = false;
	else
		sum->expected += s->expected;
}

void plan_summarise(const struct plan *p, struct plan_summary *ret_sum)
{
	struct plan_summary sum = { .expected_known = true };

	for (size_t i = 0; i < p->count; i++)
		summarise_study(&p->studies[i], &sum);
	if (!sum.expected_known)
		sum.expected = -1;
	*ret_sum = sum;
}
