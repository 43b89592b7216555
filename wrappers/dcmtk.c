/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the DCMTK tools share.  The rule of the reader: every statement is recognised at the start of a line of the level it
 * is made at, and a number or comment counts only inside its own block, so that values cannot forge statements. */
#include "wrappers/dcmtk.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "wrappers/dump.h"
#include "wrappers/storescp.h"

#ifndef PKGLIBDIR
#define PKGLIBDIR "/usr/local/lib/dicom-qr"
#endif

enum { SAID_MAX = 8192, WORDS_MAX = 200 };

/* Tools and commands. */

char *dcmtk_find_promptack(void)
{
	const char *path = getenv("DICOM_QR_PROMPTACK");

	if (path && strcmp(path, "off") == 0)
		return NULL;
	if (!path || !*path)
		path = PKGLIBDIR "/promptack.so";
	if (*path != '/' || strpbrk(path, " :") || access(path, R_OK) < 0)	/* what separates paths for ld.so */
		return NULL;
	return mem_str(path);
}

void dcmtk_init(struct dcmtk *d)
{
	const char *dir = getenv("DICOM_QR_DCMTK_DIR");

	*d = (struct dcmtk){ .connect_s = 60, .acse_s = 60, .dimse_s = 600 };
	d->dir = dir && *dir ? mem_str(dir) : NULL;
	d->promptack = dcmtk_find_promptack();
}

void dcmtk_done(struct dcmtk *d)
{
	free(d->dir);
	free(d->promptack);
	free(d->log_config);
	free(d->dictionary);
	*d = (struct dcmtk){ 0 };
}

int dcmtk_version_parse(const char *line, char text[64])
{
	int major, minor, patch, begin = 0, end = 0;
	const char *v;

	if (strncmp(line, "$dcmtk: ", 8) != 0)
		return 0;
	v = strstr(line, " v");
	if (!v || sscanf(v, " v%n%2d.%2d.%2d%n", &begin, &major, &minor, &patch, &end) != 3)
		return 0;
	if (major < 0 || minor < 0 || patch < 0)
		return 0;
	if (text)
		snprintf(text, 64, "%.*s", end - begin, v + begin);
	return major * 10000 + minor * 100 + patch;
}

/* What each tool may do.  All may read the system's programs, libraries and resolver files, and what its command names;
 * none may start another process, trace, mount, listen, change modes or owners, or keep its core.  Memory and file size in
 * megabytes; an object can be larger than 4 GB. */
enum { ANSWER_MB = 16, OBJECT_MB = 64 << 10, MEMORY_MB = 512, NO_LIMIT = -1, NO_FILE = 0 };
static const struct confine_rule tool_rules[] = {
	/* tool		may connect				memory		files it writes */
	{ "echoscu",	CONFINE_EXEC | CONFINE_SOCKET | CONFINE_CONNECT, MEMORY_MB, NO_FILE },
	{ "findscu",	CONFINE_EXEC | CONFINE_SOCKET | CONFINE_CONNECT, MEMORY_MB, ANSWER_MB },	/* its answers */
	{ "movescu",	CONFINE_EXEC | CONFINE_SOCKET | CONFINE_CONNECT, MEMORY_MB, NO_FILE },
	{ "getscu",	CONFINE_EXEC | CONFINE_SOCKET | CONFINE_CONNECT, NO_LIMIT, OBJECT_MB },	/* objects */
	{ "storescp",	CONFINE_EXEC | CONFINE_SOCKET,	NO_LIMIT,	OBJECT_MB },	/* the same; it asks DNS who has connected */
	{ "dcmdump",	CONFINE_EXEC,			MEMORY_MB,	NO_FILE },	/* and any tool that has no row */
};

static const struct confine_rule *rule_of(const char *tool)
{
	size_t i = 0;

	while (i < countof(tool_rules) - 1 && strcmp(tool_rules[i].tool, tool))
		i++;
	return &tool_rules[i];
}

struct command *dcmtk_plain_command(const struct dcmtk *d, const char *tool)
{
	auto_free char *path = d->dir ? file_join(d->dir, tool) : NULL;
	struct command *c = command_new(path ? path : tool);

	command_confine(c, rule_of(tool));
	return c;
}

struct command *dcmtk_version_command(const struct dcmtk *d, const char *tool)
{
	struct command *c = dcmtk_plain_command(d, tool);

	command_arg(c, "--version");
	return c;
}

static void preload(struct command *c, const char *path)
{
	const char *others = getenv("LD_PRELOAD");
	auto_free char *both = others && *others ? mem_printf("%s:%s", path, others) : NULL;

	command_env(c, "LD_PRELOAD", both ? both : path);
	command_may_read(c, path);
}

/* Nagle's algorithm costs 40 ms an object; TCP_BUFFER_LENGTH, were it set, minutes a study.  Without -td a peer silent for
 * 60 s is reported as one that aborted. */
struct command *dcmtk_command(const struct dcmtk *d, const char *tool)
{
	struct command *c = dcmtk_plain_command(d, tool);
	bool receiver = strcmp(tool, "storescp") == 0;
	auto_free char *config = NULL;

	command_env(c, "TCP_NODELAY", "1");
	pipecmd_unsetenv(c->cmd, "TCP_BUFFER_LENGTH");
	if (d->promptack)
		preload(c, d->promptack);
	if (d->log_config) {
		command_arg(c, "-lc");
		config = mem_printf("%s%s", d->log_config, receiver ? ".scp" : "");
		command_arg(c, config);
		command_may_read(c, config);
	} else {
		command_arg(c, "-v");
	}
	if (!receiver) {
		command_arg(c, "-to");
		command_argf(c, "%d", d->connect_s);
	}
	command_arg(c, "-ta");
	command_argf(c, "%d", d->acse_s);
	command_arg(c, "-td");
	command_argf(c, "%d", d->dimse_s);
	return c;
}

/* -pw: nobody is there to type a passphrase. */
static void secure(struct command *c, const struct tls *t)
{
	struct stat st;

	if (!*t->authorities)
		return;
	if (*t->key) {
		command_args(c, "+tls", t->key, t->certificate, "-pw", NULL);
		command_may_read(c, t->key);
		command_may_read(c, t->certificate);
	} else
		command_arg(c, "+tla");
	if (!strcmp(t->authorities, TLS_ANYBODY))
		command_arg(c, "-ic");
	else
		command_args(c, stat(t->authorities, &st) == 0 && S_ISDIR(st.st_mode) ? "+cd" : "+cf", t->authorities, NULL);
	command_may_read(c, t->authorities);
}

int dcmtk_tls_check(const struct dcmtk *d, const struct tls *t, const char *tool, struct err *e)
{
	static const struct { const char *tool; int since; const char *text; } late[] = {
		{ "getscu", 30609, "3.6.9" }, { "movescu", 30700, "3.7.0" },		/* the others have always had it */
	};

	for (size_t i = 0; *t->authorities && i < countof(late); i++)
		if (!strcmp(tool, late[i].tool) && d->version < late[i].since)
			return err_set(e, ERR_TOOL, "%s of DCMTK %s does no TLS: %s is needed, or a tunnel to the PACS (stunnel, say) in place of "
				       "the TLS settings", tool, d->version_text, late[i].text);
	return 0;
}

void dcmtk_titles(struct command *c, const struct peer *p)
{
	command_args(c, "-aet", p->calling, "-aec", p->called, NULL);
	secure(c, &p->tls);
}

void dcmtk_address(struct command *c, const struct peer *p)
{
	command_arg(c, p->host);
	command_argf(c, "%d", p->port);
	command_may_connect(c, p->port);
}

void dcmtk_dictionary(struct command *c, const struct dcmtk *d)
{
	if (!d->dictionary)
		return;
	command_env(c, "DCMDICTPATH", d->dictionary);
	command_may_read(c, d->dictionary);
}

void dcmtk_model(struct command *c, enum model model)
{
	command_arg(c, model == MODEL_PATIENT ? "-P" : model == MODEL_PATIENT_STUDY ? "-O" : "-S");
}

/* The log configuration. */

/* log4cplus asks the filters of an appender in turn about each event, which may have many lines; the first that does not
 * abstain decides.  So: what holds patient data is denied, whatever its level; warnings and above pass; of the rest only
 * what is named here does, the unnamed (association dumps, the keys of requests, a block per object) is denied.  Measured
 * with 3.6.7. */
struct rule {
	const char *match;	/* NULL ends */
	bool accept;
};

static const struct rule asking[] = {
	{ "query keys", false },		/* findscu repeats the keys, at level ERROR, when a query failed */
	{ "Request Identifiers", false },
	{ "WARN", true }, { "ERROR", true }, { "FATAL", true },
	{ "Association Accepted", true },
	{ "Association Rejected:", true },	/* getscu says why at level DEBUG only */
	{ "Peer Aborted Association", true },
	{ "Received Echo Response", true },
	{ "Received Find Response", true },
	{ "Received Final", true },
	{ "Status Detail:", true },
	{ "status detail:", true },		/* getscu: "Response has status detail:" */
	{ "Response Identifiers:", true },	/* movescu: what failed; findscu's are another logger, switched off */
	{ "0xff00", false },			/* pending; 0xff01 says that keys were ignored */
	{ "C-FIND RSP", true }, { "C-GET RSP", true }, { "C-MOVE RSP", true },
	{ NULL, false },
};

static const struct rule receiving[] = {
	{ "A-ASSOCIATE-AC", false },
	{ "WARN", true }, { "ERROR", true }, { "FATAL", true },
	{ "BEGIN A-ASSOCIATE-RQ", true },	/* the titles; one event with the presentation contexts */
	{ "Received Store Request", true },
	{ "Association Release", true },
	{ "Association Aborted", true },
	{ NULL, false },
};

static void write_rules(struct buf *b, const struct rule *rule)
{
	static const char key[] = "log4cplus.appender.log.filters";
	int n = 1;

	for (; rule->match; rule++, n++) {
		bool level = strcmp(rule->match, "WARN") == 0 || strcmp(rule->match, "ERROR") == 0 ||
			     strcmp(rule->match, "FATAL") == 0;

		buf_printf(b, "%s.%d = log4cplus::spi::%sMatchFilter\n", key, n, level ? "LogLevel" : "String");
		buf_printf(b, "%s.%d.%sToMatch = %s\n", key, n, level ? "LogLevel" : "String", rule->match);
		buf_printf(b, "%s.%d.AcceptOnMatch = %s\n", key, n, rule->accept ? "true" : "false");
	}
	buf_printf(b, "%s.%d = log4cplus::spi::DenyAllFilter\n", key, n);
}

static int write_config(const char *path, const char *appender, const struct rule *rules, struct err *e)
{
	auto_buf struct buf b = BUF_INIT(BUF_MB(1));

	buf_str(&b, "log4cplus.rootLogger = ERROR, log\n"	/* dcmdata warns about every odd value of every object */
		    "log4cplus.logger.dcmtk.dcmnet = DEBUG\n"
		    "log4cplus.logger.dcmtk.dcmnet.responses = OFF\n"
		    "log4cplus.logger.dcmtk.apps = DEBUG\n");
	buf_printf(&b, "log4cplus.appender.log = log4cplus::%s\n", appender);
	buf_str(&b, "log4cplus.appender.log.ImmediateFlush = true\n"
		    "log4cplus.appender.log.layout = log4cplus::PatternLayout\n"
		    "log4cplus.appender.log.layout.ConversionPattern = %p|%m%n\n");
	write_rules(&b, rules);
	return file_replace(path, buf_text(&b), b.len, e);
}

int dcmtk_write_log_config(const struct dcmtk *d, const char *path, struct err *e)
{
	auto_free char *receiver = mem_printf("%s.scp", path);

	(void)d;
	if (write_config(path, "ConsoleAppender\nlog4cplus.appender.log.logToStdErr = true", asking, e) < 0)
		return -1;
	return write_config(receiver, "FileAppender\nlog4cplus.appender.log.File = " STORESCP_LOG
			    "\nlog4cplus.appender.log.Append = true", receiving, e);
}

/* What can go wrong before a status is heard. */

/* The first row whose words stand in a line of level ERROR or FATAL explains it.  A line of higher rank replaces what a
 * vaguer one said before: 3.6.5 and 3.6.6 need three lines, the third of which says why, and what follows a loss of the
 * connection is its consequence.  {words}: the tool's, after its error number. */
struct cause {
	const char *words;
	int rank;
	enum err_kind kind;
	const char *early;	/* when there was no association yet; NULL = the same */
	const char *says;
};

#define NOT_ACCEPTED "PACS did not accept the association: "
#define BROKEN "{called} broke off the association before its final answer"
#define GARBLED "what {called} said could not be understood: {words}"

/* getscu releases, though objects still come, when it could not write one; with +B it says nothing else. */
#define LEFT_EARLY "DUL P-Data PDU arrived"

enum { CAUSE_NONE = -1 };

static const struct cause causes[] = {
	/* writing */
	{ "No space left on device", 4, ERR_SPACE, NULL, "cannot write: {words}" },
	{ "Disk quota exceeded", 4, ERR_SPACE, NULL, "cannot write: {words}" },
	{ "Input/output error", 4, ERR_SPACE, NULL, "cannot write: {words}" },
	{ "Stale file handle", 4, ERR_SPACE, NULL, "cannot write: {words}" },
	{ "cannot write DICOM file", 4, ERR_SYSTEM, NULL, "{words}: is the disk full, or the folder not writable?" },
	{ "Writing file: ", 4, ERR_SYSTEM, NULL, "{words}" },
	{ "Cannot create file", 4, ERR_SYSTEM, NULL, "{words}" },
	{ "Cannot write to file", 4, ERR_SYSTEM, NULL, "{words}" },
	/* getscu +B, which takes the peer's word for a file name */
	{ "createFilestream: cannot create file", 4, ERR_PROTOCOL, NULL,
	  "an object could not be stored: {words}: a name that leads out of the folder, or a full disk" },
	{ "Cannot store received object", 4, ERR_PROTOCOL, NULL, "{words}" },
	/* connecting */
	/* also when the name server is away, so it is worth another try */
	{ "Attempt to connect to unknown host", 3, ERR_UNREACHABLE, NULL,
	  "host '{host}' is unknown: check its name, and the name server" },
	{ "Connection refused", 3, ERR_UNREACHABLE, NULL,
	  "cannot connect to {host}:{port}: Connection refused: is the PACS running, and the port right?" },
	{ "Operation now in progress (Timeout)", 3, ERR_UNREACHABLE, NULL,
	  "cannot connect to {host}:{port}: no answer in time: check the address, and whether a firewall is between" },
	{ "Connection timed out", 3, ERR_UNREACHABLE, NULL,
	  "cannot connect to {host}:{port}: no answer in time: check the address, and whether a firewall is between" },
	{ "Address already in use", 3, ERR_SYSTEM, NULL, "the local port is in use" },
	{ "TCP Initialization Error", 3, ERR_UNREACHABLE, NULL, "cannot connect to {host}:{port}: {words}" },
	/* TLS */
	{ "certificate verify failed", 3, ERR_REFUSED, NULL,
	  "{host}:{port} shows a certificate that --tls-ca (tlsAuthorities) does not vouch for" },
	{ "OpenSSL I/O error", 3, ERR_REFUSED, NULL, "no TLS connection to {host}:{port}: does it speak TLS at this port?" },
	{ "TLS error", 3, ERR_REFUSED, NULL, "no TLS connection to {host}:{port}: {words}" },
	{ "Unable to load private TLS key", 3, ERR_USAGE, NULL, "TLS: {words}: is it a PEM file without a passphrase?" },
	{ "Unable to load certificate", 3, ERR_USAGE, NULL, "TLS: {words}" },
	{ "Private key", 2, ERR_USAGE, NULL, "TLS: {words}" },
	{ "Failed to establish association", 1, ERR_UNREACHABLE, NULL, "cannot connect to {host}:{port}" },
	{ "Unrecognized PDU type", 3, ERR_REFUSED, NULL,
	  "what answers at {host}:{port} speaks no DICOM: is the port right?" },
	/* associating */
	{ "cceptable Presentation Contexts", 3, ERR_REFUSED, NULL, "{called} does not offer this service ({service})" },
	{ "No adequate Presentation Contexts for sending", 3, ERR_REFUSED, NULL, "{called} does not offer this service ({service})" },
	/* movescu, when of its contexts only that of C-FIND was accepted */
	{ "No valid Presentation Context ID", 3, ERR_REFUSED, NULL, "{called} does not offer this service ({service})" },
	{ "Called AE Title Not Recognized", 3, ERR_REFUSED, NULL,
	  NOT_ACCEPTED "called AE title '{called}' not recognised: check --called-aet" },
	{ "Calling AE Title Not Recognized", 3, ERR_REFUSED, NULL,
	  NOT_ACCEPTED "calling AE title not recognised: ask the PACS administrator to register AE title '{calling}'" },
	{ "Temporary Congestion", 3, ERR_BUSY, NULL, NOT_ACCEPTED "temporary congestion" },
	{ "Local Limit Exceeded", 3, ERR_BUSY, NULL, NOT_ACCEPTED "it has too many of them already" },
	{ "App Context Name Not Supported", 3, ERR_REFUSED, NULL, NOT_ACCEPTED "application context not supported" },
	{ "Protocol Version Not Supported", 3, ERR_REFUSED, NULL, NOT_ACCEPTED "protocol version not supported" },
	{ "No Reason", 3, ERR_REFUSED, NULL, NOT_ACCEPTED
	  "no reason given: often AE title '{calling}' or this host is not registered; ask the PACS administrator" },
	{ "Association Rejected", 2, ERR_REFUSED, NULL, NOT_ACCEPTED
	  "check --called-aet, and ask the PACS administrator to register AE title '{calling}'" },
	/* talking */
	{ "No data available (timeout", 3, ERR_TIMEOUT, NULL, "{called} fell silent: no message within the time limit" },
	{ "DUL network read timeout", 3, ERR_TIMEOUT,
	  "{host}:{port} does not answer the association request: is it a DICOM port, and the PACS well?",
	  "{called} fell silent: no message within the time limit" },
	{ "Peer aborted Association", 2, ERR_ABORTED,
	  "{host}:{port} broke off instead of answering the association request", BROKEN },
	{ "Peer Requested Release", 3, ERR_ABORTED, NULL, "{called} ended the association before its final answer" },
	{ "Failed to send message", 2, ERR_ABORTED, NULL, BROKEN },
	{ "Failed to receive message", 2, ERR_PROTOCOL, NULL, GARBLED },
	{ "Unexpected Response MsgId", 2, ERR_PROTOCOL, NULL, GARBLED },
	{ "Unexpected PDV type", 2, ERR_PROTOCOL, NULL, GARBLED },
	{ "Read PDV failed", 2, ERR_PROTOCOL, NULL, GARBLED },
	{ "cmdSet->read() Failed", 2, ERR_PROTOCOL, NULL, GARBLED },
	{ LEFT_EARLY, 1, ERR_ABORTED, NULL,
	  "getscu broke off in the middle: it could not store an object; is the disk full?" },
	/* the tool */
	{ "Bad DICOM file", 3, ERR_TOOL, NULL, "the query file could not be read: {words}" },
	{ "error while loading shared libraries", 3, ERR_TOOL, NULL, "{words}" },
};

static const char *skip(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : NULL;
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

static void note_cause(struct dcmtk_reading *r, int cause, const char *text)
{
	if (r->cause != CAUSE_NONE && causes[r->cause].rank >= causes[cause].rank)
		return;
	r->cause = cause;
	r->trouble.kind = causes[cause].kind;
	snprintf(r->trouble.text, sizeof r->trouble.text, "%.*s", WORDS_MAX, after_number(text));
	log_clean(r->trouble.text);
}

static int find_cause(const char *text)
{
	for (size_t i = 0; i < countof(causes); i++)
		if (strstr(text, causes[i].words))
			return (int)i;
	return CAUSE_NONE;
}

/* Reading. */

enum severity { TRACE, DEBUG, INFO, WARN, ERROR, FATAL, BARE };

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

void dcmtk_reading_init(struct dcmtk_reading *r, enum service service)
{
	*r = (struct dcmtk_reading){
		.service = service, .requests = 1, .final = -1, .worst = -1, .cause = CAUSE_NONE,
		.completed = -1, .failed = -1, .warning = -1, .remaining = -1, .count = { -1, -1, -1, -1 },
	};
	buf_init(&r->failed_uids, BUF_MB(1));
	buf_init(&r->said, SAID_MAX);
}

void dcmtk_reading_done(struct dcmtk_reading *r)
{
	buf_done(&r->failed_uids);
	buf_done(&r->said);
}

/* The last lines are kept: the older half goes when there is no room. */
static void note_said(struct dcmtk_reading *r, const char *text)
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

static void note_final(struct dcmtk_reading *r, int status)
{
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

static bool is_pending(struct dcmtk_reading *r, int status)
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
	hex = skip(words, "Unknown Status: 0x");
	return hex ? (int)(strtoul(hex, NULL, 16) & 0xffff) : 0xc000;
}

/* "... Response (Success)": notes it when it is final; with -lc and -d there are no brackets, the message follows. */
static void read_brackets(struct dcmtk_reading *r, const char *text)
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
static void read_info(struct dcmtk_reading *r, const char *text)
{
	const char *rest;
	long n;

	if (skip(text, "Association Accepted")) {
		r->accepted = true;
	} else if ((rest = skip(text, "Received Find Response ")) || (rest = skip(text, "Find Response: "))) {
		n = strtol(rest, NULL, 10);
		r->rows++;
		if (n > r->responses && n < 1000000000)
			r->responses = (int)n;
		r->optional_keys_ignored |= strstr(rest, "(Pending: WarningUnsupported") != NULL;
	} else if ((rest = skip(text, "Received Final Find Response")) || (rest = skip(text, "Received Final Move Response")) ||
		   (rest = skip(text, "Received C-GET Response")) || (rest = skip(text, "Received Echo Response"))) {
		read_brackets(r, rest);
	} else if (skip(text, "Releasing Association") || skip(text, "Aborting Association")) {
		r->block = LEAVING;
	} else if (skip(text, "Request Identifiers:")) {
		r->block = KEYS;
	}
}

/* "Completed Suboperations       : 6", "none" when the message has none. */
static void read_number(struct dcmtk_reading *r, const char *text)
{
	static const char *const names[] = { "Remaining", "Completed", "Failed", "Warning" };
	const char *colon = strstr(text, ": ");

	if (!colon)
		return;
	for (size_t i = 0; i < countof(names); i++)
		if (skip(text, names[i]) && skip(text + strlen(names[i]), " Suboperations "))
			r->count[i] = isdigit((unsigned char)colon[2]) ? (int)(strtoul(colon + 2, NULL, 10) & 0xffff) : -1;
	if (skip(text, "DIMSE Status ") && skip(colon, ": 0x")) {
		int status = (int)(strtoul(colon + 4, NULL, 16) & 0xffff);

		r->block = INCOMING;			/* one status a message */
		if (!is_pending(r, status))
			note_final(r, status);
	}
}

static bool is_response(const struct dcmtk_reading *r, const char *text)
{
	static const char *const types[] = {
		[SERVICE_ECHO] = "C-ECHO RSP", [SERVICE_FIND] = "C-FIND RSP", [SERVICE_GET] = "C-GET RSP",
		[SERVICE_MOVE] = "C-MOVE RSP", [SERVICE_STORE] = "C-STORE RSP",
	};
	const char *colon = strstr(text, ": ");

	return skip(text, "Message Type ") && colon && strcmp(colon + 2, types[r->service]) == 0;
}

/* UIDs of one element; of a line that was cut, all but the last, which may be cut. */
static void add_failed(struct dcmtk_reading *r, const char *text, size_t len)
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

static void read_comment(struct dcmtk_reading *r, const char *text, size_t len)
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

static void read_rejection(struct dcmtk_reading *r, const char *text)
{
	const char *reason = skip(text, "Reason: ");
	int cause;

	if (skip(text, "Result: Rejected "))
		r->transient = strstr(text, "Rejected Transient") != NULL;
	if (!reason)
		return;
	r->block = NO_BLOCK;
	cause = find_cause(reason);
	if (cause == CAUSE_NONE)
		cause = find_cause("No Reason");	/* 3.6.5: UNKNOWN */
	note_cause(r, cause, reason);
	if (r->transient && r->trouble.kind == ERR_REFUSED && strstr(causes[cause].words, "No Reason"))
		r->trouble.kind = ERR_BUSY;
}

/* Messages and their parts are dumped at level DEBUG; a new part ends the one before. */
static bool read_heading(struct dcmtk_reading *r, enum severity level, const char *text)
{
	int was = r->block;

	if (skip(text, "Association Rejected:") && !r->accepted)
		r->block = REJECTION;
	else if (level == DEBUG && strstr(text, "= INCOMING DIMSE MESSAGE ="))
		r->block = INCOMING;
	else if (level == DEBUG && strstr(text, "= OUTGOING DIMSE MESSAGE ="))
		r->block = OUTGOING;
	else if (level == DEBUG && strstr(text, "= END DIMSE MESSAGE ="))
		r->block = NO_BLOCK;
	else if (level == DEBUG && (skip(text, "Status Detail:") || skip(text, "Response has status detail:")))
		r->block = DETAIL;
	else if (level == DEBUG && skip(text, "Response Identifiers:"))
		r->block = r->service == SERVICE_MOVE ? IDENTIFIERS : KEYS;
	else
		return false;
	if (r->block == INCOMING && was != INCOMING)
		memset(r->count, 0xff, sizeof r->count);
	return true;
}

static void read_debug(struct dcmtk_reading *r, const char *text, size_t len)
{
	if (r->block == INCOMING && is_response(r, text))
		r->block = RESPONSE;
	else if (r->block == RESPONSE)
		read_number(r, text);
	else if (r->block == DETAIL && skip(text, "(0000,0902) "))
		read_comment(r, text, len);
	else if (r->block == IDENTIFIERS && skip(text, "(0008,0058) "))
		add_failed(r, text, len);
}

/* WARN and above.  What goes wrong while leaving is harmless when the final response is here: a peer that does not answer
 * the release, or getscu, which leaves the data set of a failed final response unread and then finds it in its way. */
static void read_complaint(struct dcmtk_reading *r, enum severity level, const char *text)
{
	int cause;

	if (skip(text, "Find Failed, query keys:")) {
		r->block = KEYS;
		return;
	}
	if (r->block == KEYS && (!*text || *text == '#' || *text == '(' || *text == ' '))
		return;						/* patient data */
	if (r->block == KEYS)
		r->block = NO_BLOCK;
	note_said(r, text);
	if (level == WARN)
		return;
	if (skip(text, "Association Release Failed") || skip(text, "Association Abort Failed"))
		r->block = LEAVING;
	if (r->block == LEAVING) {
		r->released_badly = true;
		if (r->finals == 0 && strstr(text, LEFT_EARLY))
			note_cause(r, find_cause(LEFT_EARLY), text);
		return;
	}
	if (skip(text, "Store SCP Failed") || skip(text, "DIMSE failure"))
		return;						/* movescu's own receiver: the files will tell */
	cause = find_cause(text);
	if (cause != CAUSE_NONE)
		note_cause(r, cause, text);
}

/* Lines of no level: usage errors, the loader, progress. */
static void read_bare(struct dcmtk_reading *r, const char *text)
{
	const char *error = skip(text, "error: ");
	int cause = find_cause(text);

	if (!*text || skip(text, "RECV:") || skip(text, "$dcmtk:"))
		return;
	note_said(r, text);
	if (!(error && *error) && !(cause != CAUSE_NONE && causes[cause].kind == ERR_TOOL))
		return;
	if (r->trouble.kind == ERR_NONE) {
		r->trouble.kind = ERR_TOOL;
		snprintf(r->trouble.text, sizeof r->trouble.text, "%.*s", WORDS_MAX, error ? error : text);
		log_clean(r->trouble.text);
	}
}

static enum severity split_level(const char **text)
{
	static const char *const words[] = { "TRACE|", "DEBUG|", "INFO|", "WARN|", "ERROR|", "FATAL|" };
	static const char letters[] = "TDIWEF";
	const char *rest, *letter;

	for (int i = 0; i < (int)countof(words); i++)
		if ((rest = skip(*text, words[i]))) {
			*text = rest;
			return (enum severity)i;
		}
	letter = **text ? strchr(letters, **text) : NULL;
	if (letter && (*text)[1] == ':' && (*text)[2] == ' ') {
		*text += 3;
		return (enum severity)(letter - letters);
	}
	return BARE;
}

/* Ours as a string: padding may hold NUL. */
static char *copy_line(const char *line, size_t len)
{
	char *copy = mem_alloc(len + 1);

	for (size_t i = 0; i < len; i++)
		copy[i] = line[i] ? line[i] : ' ';
	return copy;
}

void dcmtk_line(struct dcmtk_reading *r, const char *line, size_t len)
{
	auto_free char *copy = copy_line(line, len);
	const char *text = copy;
	enum severity level = split_level(&text);
	bool complains = level >= WARN && level != BARE;

	if (level == BARE) {
		read_bare(r, text);
	} else if (read_heading(r, level, text)) {
		if (complains)
			note_said(r, text);
	} else if (r->block == REJECTION && level != INFO) {
		if (complains && *text)
			note_said(r, text);
		read_rejection(r, text);
	} else if (complains) {
		read_complaint(r, level, text);
	} else if (level == INFO) {
		read_info(r, text);
	} else if (level == DEBUG) {
		read_debug(r, text, strlen(text));
	}
}

/* The verdict. */

static const char *service_words(enum service service, enum model model, char out[64])
{
	static const char *const names[] = {
		[SERVICE_ECHO] = "C-ECHO", [SERVICE_FIND] = "C-FIND", [SERVICE_GET] = "C-GET", [SERVICE_MOVE] = "C-MOVE",
		[SERVICE_STORE] = "C-STORE",
	};
	const char *root = model == MODEL_PATIENT ? " Patient Root" : model == MODEL_PATIENT_STUDY ? " Patient/Study Only"
										   : " Study Root";

	snprintf(out, 64, "%s%s", names[service], service == SERVICE_ECHO || service == SERVICE_STORE ? "" : root);
	return out;
}

/* One {word} of a sentence: its value, and how many characters it takes in the sentence. */
static size_t fill_word(struct buf *out, const char *text, const struct dcmtk_reading *r, const struct peer *p)
{
	char port[16], service[64];
	struct {
		const char *word, *value;
	} words[] = {
		{ "{host}", p->host }, { "{port}", port }, { "{called}", p->called }, { "{calling}", p->calling },
		{ "{service}", service_words(r->service, p->model, service) }, { "{words}", r->trouble.text },
	};

	snprintf(port, sizeof port, "%d", p->port);
	for (size_t i = 0; i < countof(words); i++)
		if (skip(text, words[i].word)) {
			buf_str(out, words[i].value);
			return strlen(words[i].word);
		}
	buf_char(out, *text);
	return 1;
}

static int say_trouble(const struct dcmtk_reading *r, const struct peer *p, struct err *e)
{
	const struct cause *cause = r->cause == CAUSE_NONE ? NULL : &causes[r->cause];
	const char *text = !cause ? "{words}" : !r->accepted && cause->early ? cause->early : cause->says;
	auto_buf struct buf b = BUF_INIT(sizeof e->text);

	while (*text)
		text += fill_word(&b, text, r, p);
	return err_set(e, r->trouble.kind, "%s", buf_text(&b));
}

static int say_status(const struct dcmtk_reading *r, int status, const struct peer *p, const char *aet, int port, struct err *e)
{
	enum err_kind kind = status_info(r->service, status)->kind;
	char text[sizeof e->text];
	int all = r->done_all + r->failed_all;

	status_sentence(text, sizeof text, r->service, status, r->comment, aet ? aet : p->calling, port, p->called);
	if (r->failed_all > 0)
		return err_set(e, kind, "%s; %d of %d sub-operations failed", text, r->failed_all, all);
	return err_set(e, kind, "%s", text);
}

/* The last complaint that is about something, for endings that nothing else explains. */
static const char *last_words(const struct dcmtk_reading *r, char out[WORDS_MAX])
{
	const char *said = buf_text(&r->said), *end = said + r->said.len, *line;

	if (end > said && end[-1] == '\n')
		end--;
	for (line = end; line > said && line[-1] != '\n'; line--)
		;
	snprintf(out, WORDS_MAX, "%.*s", (int)(end - line < WORDS_MAX ? end - line : WORDS_MAX), line);
	return out;
}

static int say_unfinished(const struct dcmtk_reading *r, const struct err *child, const struct peer *p, struct err *e)
{
	bool stopped = child && child->kind != ERR_NONE;
	char words[WORDS_MAX];

	if (stopped && child->kind == ERR_INTERRUPTED)
		return err_set(e, child->kind, "%s", child->text);
	if (r->trouble.kind != ERR_NONE)
		return say_trouble(r, p, e);
	if (stopped)
		return err_set(e, child->kind, "%s", child->text);
	if (*last_words(r, words))
		return err_set(e, ERR_ABORTED, "ended without a final answer: %s", words);
	return err_set(e, ERR_ABORTED, "ended without a final answer");
}

/* What was said last about a request decides, not how the process ended: getscu with several query files dies of SIGSEGV
 * after the last one is done, and a peer may hang when all is said. */
int dcmtk_verdict(const struct dcmtk_reading *r, const struct err *child_trouble, const struct peer *p, const char *aet, int port,
		  struct err *e)
{
	bool finished = r->finals > 0 && r->finals >= r->requests;
	bool interrupted = child_trouble && child_trouble->kind == ERR_INTERRUPTED;

	if (r->worst >= 0 && (finished || !interrupted))
		return say_status(r, r->worst, p, aet, port, e);
	if (!finished)
		return say_unfinished(r, child_trouble, p, e);
	if (r->trouble.kind != ERR_NONE)
		return say_trouble(r, p, e);
	if (r->failed_all > 0)
		return err_set(e, ERR_ABORTED, "%d of %d sub-operations failed, though the final status is success",
			       r->failed_all, r->done_all + r->failed_all);
	return 0;
}

bool dcmtk_service_refused(const struct dcmtk_reading *r)
{
	return r->finals == 0 && r->cause != CAUSE_NONE && strstr(causes[r->cause].words, "Presentation Contexts") != NULL;
}
