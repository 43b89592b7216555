/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DIMSE statuses.  The rule: rows are tried from the top and the first that fits the service and the number decides, so
 * a single number stands above the range that holds it.  Sources: PS3.7 Annex C, PS3.4 B.2, C.4.1 to C.4.3. */
#include "dicom/status.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"

enum {
	ECHO = 1 << SERVICE_ECHO,
	FIND = 1 << SERVICE_FIND,
	GET = 1 << SERVICE_GET,
	MOVE = 1 << SERVICE_MOVE,
	STORE = 1 << SERVICE_STORE,
	RETRIEVE = GET | MOVE,
	QUERY = FIND | RETRIEVE,
	ALL = ECHO | QUERY | STORE
};

#define REPORT "the PACS takes the request for malformed: report it with the log"
#define BAD_OBJECT "the receiver finds the object invalid: report it to the owner of the archive"
#define NO_SERVICE "the PACS does not offer this: use the study root model, or the other one of C-MOVE and C-GET"
#define TOO_MUCH "the PACS is busy or found too many matches: narrow the query by date or modality, or try again later"

static const struct {
	int services, first, last;
	struct status_info info;
} rows[] = {
	{ ALL, 0x0000, 0x0000, { "success", "", ERR_NONE } },
	{ ALL, 0x0001, 0x0001, { "success, without some optional attributes", "", ERR_NONE } },
	{ ALL, 0x0105, 0x0105, { "no such attribute", REPORT, ERR_REFUSED } },
	{ ALL, 0x0106, 0x0106, { "invalid attribute value", REPORT, ERR_REFUSED } },
	{ ALL, 0x0107, 0x0107, { "attribute list error", REPORT, ERR_REFUSED } },
	{ ALL, 0x0110, 0x0110, { "processing failure",
	  "the PACS failed internally: try once more, then report it", ERR_BUSY } },
	{ ALL, 0x0111, 0x0111, { "duplicate SOP instance", "the receiver has this object already", ERR_REFUSED } },
	{ ALL, 0x0112, 0x0112, { "no such SOP instance", "the PACS does not have it: query again", ERR_REFUSED } },
	{ ALL, 0x0113, 0x0113, { "no such event type", REPORT, ERR_REFUSED } },
	{ ALL, 0x0114, 0x0114, { "no such argument", REPORT, ERR_REFUSED } },
	{ ALL, 0x0115, 0x0115, { "invalid argument value", REPORT, ERR_REFUSED } },
	{ ALL, 0x0116, 0x0116, { "attribute value out of range", REPORT, ERR_REFUSED } },
	{ ALL, 0x0117, 0x0117, { "invalid SOP instance", BAD_OBJECT, ERR_REFUSED } },
	{ ALL, 0x0118, 0x0118, { "no such SOP class", NO_SERVICE, ERR_REFUSED } },
	{ ALL, 0x0119, 0x0119, { "class and instance conflict", BAD_OBJECT, ERR_REFUSED } },
	{ ALL, 0x0120, 0x0120, { "missing attribute", REPORT, ERR_REFUSED } },
	{ ALL, 0x0121, 0x0121, { "missing attribute value", REPORT, ERR_REFUSED } },
	{ ALL, 0x0122, 0x0122, { "SOP class not supported", NO_SERVICE, ERR_REFUSED } },
	{ ALL, 0x0123, 0x0123, { "no such action type", REPORT, ERR_REFUSED } },
	{ ALL, 0x0124, 0x0124, { "not authorised",
	  "ask the PACS administrator to allow this to AE title {aet}", ERR_REFUSED } },
	{ ALL, 0x0210, 0x0210, { "duplicate invocation", "the two sides lost step: try again", ERR_BUSY } },
	{ ALL, 0x0211, 0x0211, { "unrecognised operation", NO_SERVICE, ERR_REFUSED } },
	{ ALL, 0x0212, 0x0212, { "mistyped argument", REPORT, ERR_REFUSED } },
	{ ALL, 0x0213, 0x0213, { "resource limitation", TOO_MUCH, ERR_BUSY } },
	{ RETRIEVE, 0xa701, 0xa701, { "out of resources, cannot count the matches",
	  "the PACS could not prepare the retrieve: try again later, one study or series at a time", ERR_BUSY } },
	{ GET, 0xa702, 0xa702, { "out of resources, could not send the objects",
	  "these objects may be of a class or transfer syntax that C-GET did not offer, or {called} is busy: try C-MOVE, or later",
	  ERR_ABORTED } },
	{ MOVE, 0xa702, 0xa702, { "out of resources, could not send the objects",
	  "check that {called} has the right address for AE title {aet} (this host, port {port}), that no firewall is between, and that "
	  "{aet} takes this kind of object", ERR_ABORTED } },
	{ STORE, 0xa700, 0xa7ff, { "out of resources", "the receiver's disk is full or cannot be written", ERR_BUSY } },
	{ QUERY, 0xa700, 0xa7ff, { "out of resources", TOO_MUCH, ERR_BUSY } },
	{ MOVE, 0xa801, 0xa801, { "move destination unknown",
	  "ask the PACS administrator to register AE title {aet} at this host, port {port}", ERR_REFUSED } },
	{ QUERY, 0xa900, 0xa9ff, { "identifier does not match SOP class",
	  "the PACS misses a key it insists on, or forbids one that was sent: give the level and the unique keys of all "
	  "higher levels", ERR_REFUSED } },
	{ STORE, 0xa900, 0xa9ff, { "data set does not match SOP class",
	  "the object contradicts itself: report it to the owner of the archive", ERR_REFUSED } },
	{ RETRIEVE, 0xaa00, 0xaa04, { "frames cannot be extracted", "fetch the whole object", ERR_REFUSED } },
	{ GET, 0xb000, 0xbfff, { "finished, but some objects failed or gave warnings",
	  "those may be of a class or transfer syntax that C-GET did not offer: C-MOVE may bring them", ERR_ABORTED } },
	{ MOVE, 0xb000, 0xbfff, { "finished, but some objects failed or gave warnings",
	  "{called} could not read them, or {aet} did not take them: see the log of {called}", ERR_ABORTED } },
	{ STORE, 0xb006, 0xb006, { "stored without some elements", "", ERR_NONE } },
	{ STORE, 0xb007, 0xb007, { "stored although it does not match its SOP class", "", ERR_NONE } },
	{ STORE, 0xb000, 0xbfff, { "stored with changed values", "", ERR_NONE } },
	{ FIND, 0xc000, 0xcfff, { "unable to process",
	  "{called} failed while searching: try again, then a simpler query, then ask its administrator", ERR_ABORTED } },
	{ GET, 0xc000, 0xcfff, { "unable to process",
	  "usual reasons are an object that is gone, or one in a form that {called} cannot send: try again, then one series "
	  "at a time", ERR_ABORTED } },
	{ MOVE, 0xc000, 0xcfff, { "unable to process",
	  "usual reasons are that {called} does not know or cannot reach {aet} at this host, port {port}, or that an object "
	  "is gone: try again, then ask its administrator", ERR_ABORTED } },
	{ STORE, 0xc000, 0xcfff, { "cannot understand", "the receiver could not read the object", ERR_ABORTED } },
	{ ECHO, 0xc000, 0xcfff, { "unable to process", "try again later", ERR_ABORTED } },
	{ ALL, 0xfe00, 0xfe00, { "cancelled", "what arrived is good but not all: ask again for the rest", ERR_ABORTED } },
	{ QUERY, 0xff00, 0xff00, { "pending", "", ERR_NONE } },
	{ FIND, 0xff01, 0xff01, { "pending, some keys not supported",
	  "the PACS ignored a filter; the results are filtered again here", ERR_NONE } },
};

static const struct status_info unknown = {
	"unknown status", "{called} said something that the standard does not define: read its log", ERR_PROTOCOL
};
static const struct status_info none = {
	"no final status", "{called} broke off before saying how it ended: try again", ERR_ABORTED
};

const struct status_info *status_info(enum service service, int status)
{
	if (status < 0)
		return &none;
	for (size_t i = 0; i < countof(rows); i++)
		if (rows[i].services & 1 << service && status >= rows[i].first && status <= rows[i].last)
			return &rows[i].info;
	return &unknown;
}

/* The text with its {words} filled in; without a port, the part that names it is left out. */
static void fill(struct buf *out, const char *text, const char *aet, int port, const char *called)
{
	static const char port_part[] = ", port {port}";

	while (*text) {
		if (!strncmp(text, port_part, strlen(port_part))) {
			if (port > 0)
				buf_printf(out, ", port %d", port);
			text += strlen(port_part);
		} else if (!strncmp(text, "{aet}", 5)) {
			buf_str(out, aet && *aet ? aet : "of this program");
			text += 5;
		} else if (!strncmp(text, "{called}", 8)) {
			buf_str(out, called && *called ? called : "the PACS");
			text += 8;
		} else {
			buf_char(out, *text++);
		}
	}
}

/* What the peer said goes to terminals and logs: one line, no control characters, no spaces around it. */
static void add_comment(struct buf *out, const char *comment)
{
	auto_free char *text = mem_str(comment);
	char *start;
	size_t len;

	if (!text)
		return;
	log_clean(text);
	start = text + strspn(text, " ");
	len = strlen(start);
	while (len && start[len - 1] == ' ')
		len--;
	if (len)
		buf_printf(out, " (PACS says: \"%.*s\")", (int)len, start);
}

/* Copies what fits, without half a UTF-8 character at the end. */
static void copy_cut(char *out, size_t room, const char *text)
{
	size_t len = strlen(text);

	if (!room)
		return;
	if (len >= room) {
		len = room - 1;
		while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(out, text, len);
	out[len] = '\0';
}

void status_sentence(char *out, unsigned long room, enum service service, int status, const char *comment, const char *aet,
		     int port, const char *called)
{
	const struct status_info *info = status_info(service, status);
	auto_buf struct buf text = BUF_INIT(4096);

	if (status >= 0)
		buf_printf(&text, "0x%04X ", (unsigned)status);
	buf_str(&text, info->meaning);
	if (*info->advice) {
		buf_str(&text, ": ");
		fill(&text, info->advice, aet, port, called);
	}
	add_comment(&text, comment);
	copy_cut(out, room, buf_text(&text));
}
