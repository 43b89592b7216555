/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rule: every statement is recognised at the start of a line of the level it is made at, and a number or comment counts
 * only inside its own block, so that values cannot forge statements. */
#include "wrappers/reading.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "wrappers/dump.h"
#include "wrappers/logconfig.h"

enum { SAID_MAX = 8192 };

enum block {
	NO_BLOCK,
	OUTGOING,	/* a message of ours: its numbers are no answer */
	INCOMING,	/* a message of any kind */
	RESPONSE,	/* ... which is the response we wait for */
	DETAIL,		/* status detail of the last response */
	IDENTIFIERS,	/* its data set */
	KEYS,		/* of ours, repeated */
	REJECTION,
	LEAVING		/* release or abort: the next error is about that */
};

enum { REMAINING, COMPLETED, FAILED, WARNING };

void reading_init(struct reading *r, enum service service)
{
	*r = (struct reading){
		.service = service, .requests = 1, .final = -1, .worst = -1, .cause = CAUSE_NONE,
		.completed = -1, .failed = -1, .warning = -1, .remaining = -1, .count = { -1, -1, -1, -1 }, .claimed = -1,
	};
	buf_init(&r->failed_uids, BUF_MB(1));
	buf_init(&r->said, SAID_MAX);
}

void reading_done(struct reading *r)
{
	buf_done(&r->failed_uids);
	buf_done(&r->said);
}

/* "Find SCU Failed: 0006:0207 DIMSE No data" -> "DIMSE No data"; without a number, the text as it is. */
static const char *after_number(const char *text)
{
	for (const char *p = text; (p = strchr(p, ':')); p++)
		if (p - text >= 4 && strspn(p - 4, "0123456789abcdef") == 4 && strspn(p + 1, "0123456789abcdef") == 4 &&
		    p[5] == ' ' && p[6])
			return p + 6;
	return text;
}

static void note_cause(struct reading *r, enum cause cause, const char *text)
{
	if (cause_meaning(r->cause)->rank >= cause_meaning(cause)->rank)
		return;
	r->cause = cause;
	r->trouble.kind = cause_meaning(cause)->kind;
	snprintf(r->trouble.text, sizeof r->trouble.text, "%.*s", READING_WORDS_MAX, after_number(text));
	log_clean(r->trouble.text);
}

/* The last lines are kept: the older half goes when there is no room. */
static void note_said(struct reading *r, const char *text)
{
	auto_free char *line = mem_str(text);
	size_t len = strlen(line);

	log_clean(line);
	if (len > SAID_MAX / 4)
		len = SAID_MAX / 4;
	if (r->said.len + len + 1 > SAID_MAX) {
		const char *half = strchr(r->said.data + r->said.len / 2, '\n');
		auto_free char *kept = mem_str(half ? half + 1 : "");

		buf_reset(&r->said);
		buf_str(&r->said, kept);
	}
	buf_add(&r->said, line, len);
	buf_char(&r->said, '\n');
}

/* Pending responses may be one ahead of themselves, and one of them may be the last that is heard: the largest sum counts, until a
 * final response says that this is the end. */
static void note_claim(struct reading *r, int status)
{
	bool told = false, ended = status == 0x0000 || status == 0xb000;
	int sum = r->claimed_before;

	for (size_t i = 0; i < countof(r->count); i++) {
		told |= r->count[i] >= 0;
		sum += r->count[i] > 0 ? r->count[i] : 0;
	}
	if (told && (ended || sum > r->claimed))
		r->claimed = sum;
}

static void note_final(struct reading *r, int status)
{
	r->claimed_before = r->claimed > 0 ? r->claimed : 0;
	r->final = status;
	r->finals++;
	r->comment[0] = '\0';
	if (status_info(r->service, status)->kind != ERR_NONE)
		r->worst = status;
	r->remaining = r->count[REMAINING];
	r->completed = r->count[COMPLETED];
	r->failed = r->count[FAILED];
	r->warning = r->count[WARNING];
	r->failed_all += r->failed > 0 ? r->failed : 0;
	r->done_all += (r->completed > 0 ? r->completed : 0) + (r->warning > 0 ? r->warning : 0);
}

static bool is_pending(struct reading *r, int status)
{
	if (status == 0xff01)
		r->optional_keys_ignored = true;
	return status == 0xff00 || status == 0xff01;
}

/* Without a log configuration (and in echoscu always) the status is words in brackets, with less detail. */
static int status_of_words(const char *words, size_t len)
{
	static const struct {
		const char *words;
		int status;
	} table[] = {
		{ "Success", 0x0000 },
		{ "Pending", 0xff00 },
		{ "Pending: WarningUnsupportedOptionalKeys", 0xff01 },
		{ "Refused: OutOfResources", 0xa700 },
		{ "Refused: OutOfResourcesNumberOfMatches", 0xa701 },
		{ "Refused: OutOfResourcesSubOperations", 0xa702 },
		{ "Refused: MoveDestinationUnknown", 0xa801 },
		{ "Failed: MoveDestinationUnknown", 0xa801 },			/* 3.6.5, 3.6.6 */
		{ "Error: DataSetDoesNotMatchSOPClass", 0xa900 },
		{ "Failed: IdentifierDoesNotMatchSOPClass", 0xa900 },		/* 3.6.5, 3.6.6 */
		{ "Warning: SubOperationsCompleteOneOrMoreFailures", 0xb000 },
		{ "Failed: UnableToProcess", 0xc000 },
		{ "Refused: SOPClassNotSupported", 0x0122 },
		{ "Failed: SOPClassNotSupported", 0x0122 },			/* 3.6.5, 3.6.6 */
		{ "Cancel: MatchingTerminatedDueToCancelRequest", 0xfe00 },
		{ "Cancel: SubOperationsTerminatedDueToCancelIndication", 0xfe00 },
	};
	const char *hex;

	for (size_t i = 0; i < countof(table); i++)
		if (strlen(table[i].words) == len && memcmp(table[i].words, words, len) == 0)
			return table[i].status;
	hex = text_after(words, "Unknown Status: 0x");
	return hex ? (int)(strtoul(hex, NULL, 16) & 0xffff) : 0xc000;
}

/* "... Response (Success)": notes it when it is final; with -lc and -d there are no brackets, the message follows. */
static void read_brackets(struct reading *r, const char *text)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	int status;

	memset(r->count, 0xff, sizeof r->count);
	if (!open || !close || close < open)
		return;
	status = status_of_words(open + 1, (size_t)(close - open - 1));
	if (!is_pending(r, status))
		note_final(r, status);
}

/* Said by the tools at level INFO. */
static void read_info(struct reading *r, const char *text)
{
	const char *rest;
	long n;

	if (text_after(text, "Association Accepted")) {
		r->accepted = true;
	} else if ((rest = text_after(text, "Received Find Response ")) || (rest = text_after(text, "Find Response: "))) {
		n = strtol(rest, NULL, 10);
		r->rows++;
		if (n > r->responses && n < 1000000000)
			r->responses = (int)n;
		r->optional_keys_ignored |= strstr(rest, "(Pending: WarningUnsupported") != NULL;
	} else if ((rest = text_after(text, "Received Final Find Response")) || (rest = text_after(text, "Received Final Move Response")) ||
		   (rest = text_after(text, "Received C-GET Response")) || (rest = text_after(text, "Received Echo Response"))) {
		read_brackets(r, rest);
	} else if (text_after(text, "Releasing Association") || text_after(text, "Aborting Association")) {
		r->block = LEAVING;
	} else if (text_after(text, "Request Identifiers:")) {
		r->block = KEYS;
	}
}

/* "Completed Suboperations       : 6", "none" when the message has none. */
static void read_number(struct reading *r, const char *text)
{
	static const char *const names[] = { "Remaining", "Completed", "Failed", "Warning" };
	const char *colon = strstr(text, ": ");

	if (!colon)
		return;
	for (size_t i = 0; i < countof(names); i++)
		if (text_after(text, names[i]) && text_after(text + strlen(names[i]), " Suboperations "))
			r->count[i] = isdigit((unsigned char)colon[2]) ? (int)(strtoul(colon + 2, NULL, 10) & 0xffff) : -1;
	if (text_after(text, "DIMSE Status ") && text_after(colon, ": 0x")) {
		int status = (int)(strtoul(colon + 4, NULL, 16) & 0xffff);

		r->block = INCOMING;			/* one status a message */
		note_claim(r, status);
		if (!is_pending(r, status))
			note_final(r, status);
	}
}

static bool is_response(const struct reading *r, const char *text)
{
	static const char *const types[] = {
		[SERVICE_ECHO] = "C-ECHO RSP", [SERVICE_FIND] = "C-FIND RSP", [SERVICE_GET] = "C-GET RSP",
		[SERVICE_MOVE] = "C-MOVE RSP", [SERVICE_STORE] = "C-STORE RSP",
	};
	const char *colon = strstr(text, ": ");

	return text_after(text, "Message Type ") && colon && strcmp(colon + 2, types[r->service]) == 0;
}

/* UIDs of one element; of a line that was cut, all but the last, which may be cut. */
static void add_failed(struct reading *r, const char *text, size_t len)
{
	const char *value;
	size_t n;
	bool whole;

	if (!dump_bracket(text, len, &value, &n, &whole))
		return;
	while (!whole && n && value[n - 1] != '\\')
		n--;
	while (n && (value[n - 1] == '\\' || value[n - 1] == ' '))
		n--;
	if (n == 0 || r->failed_uids.len + n + 1 > r->failed_uids.ceiling)
		return;
	if (r->failed_uids.len)
		buf_char(&r->failed_uids, '\\');
	for (size_t i = 0; i < n; i++)
		if (value[i] > ' ' && value[i] < 127)
			buf_char(&r->failed_uids, value[i]);
}

static void read_comment(struct reading *r, const char *text, size_t len)
{
	const char *value;
	size_t n;
	bool whole;

	if (!dump_bracket(text, len, &value, &n, &whole))
		return;
	while (n && (*value == ' '))
		value++, n--;
	while (n && (value[n - 1] == ' ' || value[n - 1] == '\0'))
		n--;
	if (n >= sizeof r->comment)
		n = sizeof r->comment - 1;
	memcpy(r->comment, value, n);
	r->comment[n] = '\0';
	log_clean(r->comment);
}

static void read_rejection(struct reading *r, const char *text)
{
	const char *reason = text_after(text, "Reason: ");
	enum cause cause;

	if (text_after(text, "Result: Rejected "))
		r->transient = strstr(text, "Rejected Transient") != NULL;
	if (!reason)
		return;
	r->block = NO_BLOCK;
	cause = cause_find(reason);
	if (cause == CAUSE_NONE)
		cause = CAUSE_NO_REASON;	/* 3.6.5: UNKNOWN */
	note_cause(r, cause, reason);
	if (r->transient && r->trouble.kind == ERR_REFUSED && cause == CAUSE_NO_REASON)
		r->trouble.kind = ERR_BUSY;
}

/* Messages and their parts are dumped at level DEBUG; a new part ends the one before. */
static bool read_heading(struct reading *r, enum severity level, const char *text)
{
	int was = r->block;

	if (text_after(text, "Association Rejected:") && !r->accepted)
		r->block = REJECTION;
	else if (level == SEVERITY_DEBUG && strstr(text, "= INCOMING DIMSE MESSAGE ="))
		r->block = INCOMING;
	else if (level == SEVERITY_DEBUG && strstr(text, "= OUTGOING DIMSE MESSAGE ="))
		r->block = OUTGOING;
	else if (level == SEVERITY_DEBUG && strstr(text, "= END DIMSE MESSAGE ="))
		r->block = NO_BLOCK;
	else if (level == SEVERITY_DEBUG && (text_after(text, "Status Detail:") ||
					     text_after(text, "Response has status detail:")))
		r->block = DETAIL;
	else if (level == SEVERITY_DEBUG && text_after(text, "Response Identifiers:"))
		r->block = r->service == SERVICE_MOVE ? IDENTIFIERS : KEYS;
	else
		return false;
	if (r->block == INCOMING && was != INCOMING)
		memset(r->count, 0xff, sizeof r->count);
	return true;
}

static void read_debug(struct reading *r, const char *text, size_t len)
{
	if (r->block == INCOMING && is_response(r, text))
		r->block = RESPONSE;
	else if (r->block == RESPONSE)
		read_number(r, text);
	else if (r->block == DETAIL && text_after(text, "(0000,0902) "))
		read_comment(r, text, len);
	else if (r->block == IDENTIFIERS && text_after(text, "(0008,0058) "))
		add_failed(r, text, len);
}

/* WARN and above.  What goes wrong while leaving is harmless when the final response is here: a peer that does not answer
 * the release, or getscu, which leaves the data set of a failed final response unread and then finds it in its way. */
static void read_complaint(struct reading *r, enum severity level, const char *text)
{
	enum cause cause;

	if (text_after(text, "Find Failed, query keys:")) {
		r->block = KEYS;
		return;
	}
	if (r->block == KEYS && (!*text || *text == '#' || *text == '(' || *text == ' '))
		return;						/* patient data */
	if (r->block == KEYS)
		r->block = NO_BLOCK;
	note_said(r, text);
	if (level == SEVERITY_WARN)
		return;
	if (text_after(text, "Association Release Failed") || text_after(text, "Association Abort Failed"))
		r->block = LEAVING;
	if (r->block == LEAVING) {
		r->released_badly = true;
		if (r->finals == 0 && cause_find(text) == CAUSE_LEFT_EARLY)
			note_cause(r, CAUSE_LEFT_EARLY, text);
		return;
	}
	if (text_after(text, "Store SCP Failed") || text_after(text, "DIMSE failure"))
		return;						/* movescu's own receiver: the files will tell */
	cause = cause_find(text);
	if (cause != CAUSE_NONE)
		note_cause(r, cause, text);
}

/* Lines of no level: usage errors, the loader, progress. */
static void read_bare(struct reading *r, const char *text)
{
	const char *error = text_after(text, "error: ");
	enum cause cause = cause_find(text);

	if (!*text || text_after(text, "RECV:") || text_after(text, "$dcmtk:"))
		return;
	note_said(r, text);
	if (!(error && *error) && cause_meaning(cause)->kind != ERR_TOOL)
		return;
	if (r->trouble.kind == ERR_NONE) {
		r->trouble.kind = ERR_TOOL;
		snprintf(r->trouble.text, sizeof r->trouble.text, "%.*s", READING_WORDS_MAX, error ? error : text);
		log_clean(r->trouble.text);
	}
}

/* Ours as a string: padding may hold NUL. */
static char *copy_line(const char *line, size_t len)
{
	char *copy = mem_alloc(len + 1);

	for (size_t i = 0; i < len; i++)
		copy[i] = line[i] ? line[i] : ' ';
	return copy;
}

void reading_line(struct reading *r, const char *line, size_t len)
{
	auto_free char *copy = copy_line(line, len);
	const char *text = copy;
	enum severity level = logconfig_level(&text);
	bool complains = level >= SEVERITY_WARN && level != SEVERITY_NONE;

	if (level == SEVERITY_NONE) {
		read_bare(r, text);
	} else if (read_heading(r, level, text)) {
		if (complains)
			note_said(r, text);
	} else if (r->block == REJECTION && level != SEVERITY_INFO) {
		if (complains && *text)
			note_said(r, text);
		read_rejection(r, text);
	} else if (complains) {
		read_complaint(r, level, text);
	} else if (level == SEVERITY_INFO) {
		read_info(r, text);
	} else if (level == SEVERITY_DEBUG) {
		read_debug(r, text, strlen(text));
	}
}
