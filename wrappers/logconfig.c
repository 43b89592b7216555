/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wrappers/logconfig.h"

#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "wrappers/storescp.h"

/* ---- the configuration ---- */

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

static bool is_level(const char *match)
{
	return !strcmp(match, "WARN") || !strcmp(match, "ERROR") || !strcmp(match, "FATAL");
}

static void write_rules(struct buf *b, const struct rule *rule)
{
	static const char key[] = "log4cplus.appender.log.filters";
	int n = 1;

	for (; rule->match; rule++, n++) {
		bool level = is_level(rule->match);

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

int logconfig_write(const char *path, struct err *e)
{
	auto_free char *receiver = mem_printf("%s.scp", path);

	if (write_config(path, "ConsoleAppender\nlog4cplus.appender.log.logToStdErr = true", asking, e) < 0)
		return -1;
	return write_config(receiver, "FileAppender\nlog4cplus.appender.log.File = " STORESCP_LOG
			    "\nlog4cplus.appender.log.Append = true", receiving, e);
}

/* ---- its lines ---- */

enum severity logconfig_level(const char **text)
{
	static const char *const words[] = { "TRACE|", "DEBUG|", "INFO|", "WARN|", "ERROR|", "FATAL|" };
	static const char letters[] = "TDIWEF";
	const char *rest, *letter;

	for (int i = 0; i < (int)countof(words); i++)
		if ((rest = text_after(*text, words[i]))) {
			*text = rest;
			return (enum severity)i;
		}
	letter = **text ? strchr(letters, **text) : NULL;
	if (letter && (*text)[1] == ':' && (*text)[2] == ' ') {
		*text += 3;
		return (enum severity)(letter - letters);
	}
	return SEVERITY_NONE;
}
