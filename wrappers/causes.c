/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wrappers/causes.h"

#include <stddef.h>
#include <string.h>

#include "base/mem.h"

/* The first row whose words stand in a line explains it. */
static const struct {
	const char *words;
	enum cause cause;
} phrases[] = {
	{ "No space left on device", CAUSE_NO_SPACE },
	{ "Disk quota exceeded", CAUSE_NO_SPACE },
	{ "Input/output error", CAUSE_NO_SPACE },
	{ "Stale file handle", CAUSE_NO_SPACE },
	{ "cannot write DICOM file", CAUSE_OBJECT_NOT_WRITTEN },
	{ "Writing file: ", CAUSE_NOT_WRITTEN },
	{ "Cannot create file", CAUSE_NOT_WRITTEN },
	{ "Cannot write to file", CAUSE_NOT_WRITTEN },
	{ "createFilestream: cannot create file", CAUSE_BAD_FILE_NAME },
	{ "Cannot store received object", CAUSE_NOT_STORED },
	{ "Attempt to connect to unknown host", CAUSE_UNKNOWN_HOST },
	{ "Connection refused", CAUSE_CONNECTION_REFUSED },
	{ "Operation now in progress (Timeout)", CAUSE_CONNECTION_TIMEOUT },
	{ "Connection timed out", CAUSE_CONNECTION_TIMEOUT },
	{ "Address already in use", CAUSE_PORT_IN_USE },
	{ "TCP Initialization Error", CAUSE_TCP },
	{ "certificate verify failed", CAUSE_CERTIFICATE },
	{ "OpenSSL I/O error", CAUSE_NO_TLS },
	{ "TLS error", CAUSE_TLS },
	{ "Unable to load private TLS key", CAUSE_TLS_KEY },
	{ "Unable to load certificate", CAUSE_TLS_FILE },
	{ "Private key", CAUSE_TLS_KEY_MISMATCH },
	{ "Failed to establish association", CAUSE_NO_CONNECTION },
	{ "Unrecognized PDU type", CAUSE_NO_DICOM },
	{ "cceptable Presentation Contexts", CAUSE_NO_CONTEXT },
	{ "No adequate Presentation Contexts for sending", CAUSE_NO_CONTEXT },
	{ "No valid Presentation Context ID", CAUSE_NO_MOVE_CONTEXT },
	{ "Called AE Title Not Recognized", CAUSE_CALLED_TITLE },
	{ "Calling AE Title Not Recognized", CAUSE_CALLING_TITLE },
	{ "Temporary Congestion", CAUSE_CONGESTION },
	{ "Local Limit Exceeded", CAUSE_TOO_MANY },
	{ "App Context Name Not Supported", CAUSE_APPLICATION_CONTEXT },
	{ "Protocol Version Not Supported", CAUSE_PROTOCOL_VERSION },
	{ "No Reason", CAUSE_NO_REASON },
	{ "Association Rejected", CAUSE_REJECTED },
	{ "No data available (timeout", CAUSE_SILENT },
	{ "DUL network read timeout", CAUSE_READ_TIMEOUT },
	{ "Peer aborted Association", CAUSE_ABORTED },
	{ "Peer Requested Release", CAUSE_RELEASED },
	{ "Failed to send message", CAUSE_NOT_SENT },
	{ "Failed to receive message", CAUSE_GARBLED },
	{ "Unexpected Response MsgId", CAUSE_GARBLED },
	{ "Unexpected PDV type", CAUSE_GARBLED },
	{ "Read PDV failed", CAUSE_GARBLED },
	{ "cmdSet->read() Failed", CAUSE_GARBLED },
	/* getscu releases, though objects still come, when it could not write one; with +B it says nothing else */
	{ "DUL P-Data PDU arrived", CAUSE_LEFT_EARLY },
	{ "Bad DICOM file", CAUSE_QUERY_FILE },
	{ "error while loading shared libraries", CAUSE_LIBRARY },
};

#define NOT_ACCEPTED "PACS did not accept the association: "
#define NOT_OFFERED "{called} does not offer this service ({service})"
#define NO_ANSWER "cannot connect to {host}:{port}: no answer in time: check the address, and whether a firewall is between"
#define SILENT "{called} fell silent: no message within the time limit"
#define BROKEN "{called} broke off the association before its final answer"

static const struct cause_meaning meanings[CAUSES] = {
	[CAUSE_NONE] = { 0, ERR_NONE, NULL, "{words}" },
	[CAUSE_NO_SPACE] = { 4, ERR_SPACE, NULL, "cannot write: {words}" },
	[CAUSE_OBJECT_NOT_WRITTEN] = { 4, ERR_SYSTEM, NULL, "{words}: is the disk full, or the folder not writable?" },
	[CAUSE_NOT_WRITTEN] = { 4, ERR_SYSTEM, NULL, "{words}" },
	/* getscu +B takes the peer's word for a file name */
	[CAUSE_BAD_FILE_NAME] = { 4, ERR_PROTOCOL, NULL,
		"an object could not be stored: {words}: a name that leads out of the folder, or a full disk" },
	[CAUSE_NOT_STORED] = { 4, ERR_PROTOCOL, NULL, "{words}" },
	/* also when the name server is away: worth another try */
	[CAUSE_UNKNOWN_HOST] = { 3, ERR_UNREACHABLE, NULL, "host '{host}' is unknown: check its name, and the name server" },
	[CAUSE_CONNECTION_REFUSED] = { 3, ERR_UNREACHABLE, NULL,
		"cannot connect to {host}:{port}: Connection refused: is the PACS running, and the port right?" },
	[CAUSE_CONNECTION_TIMEOUT] = { 3, ERR_UNREACHABLE, NULL, NO_ANSWER },
	[CAUSE_PORT_IN_USE] = { 3, ERR_SYSTEM, NULL, "the local port is in use" },
	[CAUSE_TCP] = { 3, ERR_UNREACHABLE, NULL, "cannot connect to {host}:{port}: {words}" },
	[CAUSE_NO_CONNECTION] = { 1, ERR_UNREACHABLE, NULL, "cannot connect to {host}:{port}" },
	[CAUSE_NO_DICOM] = { 3, ERR_REFUSED, NULL, "what answers at {host}:{port} speaks no DICOM: is the port right?" },
	[CAUSE_CERTIFICATE] = { 3, ERR_REFUSED, NULL,
		"{host}:{port} shows a certificate that --tls-ca (tlsAuthorities) does not vouch for" },
	[CAUSE_NO_TLS] = { 3, ERR_REFUSED, NULL, "no TLS connection to {host}:{port}: does it speak TLS at this port?" },
	[CAUSE_TLS] = { 3, ERR_REFUSED, NULL, "no TLS connection to {host}:{port}: {words}" },
	[CAUSE_TLS_KEY] = { 3, ERR_USAGE, NULL, "TLS: {words}: is it a PEM file without a passphrase?" },
	[CAUSE_TLS_FILE] = { 3, ERR_USAGE, NULL, "TLS: {words}" },
	[CAUSE_TLS_KEY_MISMATCH] = { 2, ERR_USAGE, NULL, "TLS: {words}" },
	[CAUSE_NO_CONTEXT] = { 3, ERR_REFUSED, NULL, NOT_OFFERED },
	/* movescu, when only the context of C-FIND was accepted */
	[CAUSE_NO_MOVE_CONTEXT] = { 3, ERR_REFUSED, NULL, NOT_OFFERED },
	[CAUSE_CALLED_TITLE] = { 3, ERR_REFUSED, NULL,
		NOT_ACCEPTED "called AE title '{called}' not recognised: check --called-aet" },
	[CAUSE_CALLING_TITLE] = { 3, ERR_REFUSED, NULL,
		NOT_ACCEPTED "calling AE title not recognised: ask the PACS administrator to register AE title '{calling}'" },
	[CAUSE_CONGESTION] = { 3, ERR_BUSY, NULL, NOT_ACCEPTED "temporary congestion" },
	[CAUSE_TOO_MANY] = { 3, ERR_BUSY, NULL, NOT_ACCEPTED "it has too many associations already" },
	[CAUSE_APPLICATION_CONTEXT] = { 3, ERR_REFUSED, NULL, NOT_ACCEPTED "application context not supported" },
	[CAUSE_PROTOCOL_VERSION] = { 3, ERR_REFUSED, NULL, NOT_ACCEPTED "protocol version not supported" },
	[CAUSE_NO_REASON] = { 3, ERR_REFUSED, NULL, NOT_ACCEPTED
		"no reason given: often AE title '{calling}' or this host is not registered; ask the PACS administrator" },
	[CAUSE_REJECTED] = { 2, ERR_REFUSED, NULL,
		NOT_ACCEPTED "check --called-aet, and ask the PACS administrator to register AE title '{calling}'" },
	[CAUSE_SILENT] = { 3, ERR_TIMEOUT, NULL, SILENT },
	[CAUSE_READ_TIMEOUT] = { 3, ERR_TIMEOUT,
		"{host}:{port} does not answer the association request: is it a DICOM port, and the PACS well?", SILENT },
	[CAUSE_ABORTED] = { 2, ERR_ABORTED, "{host}:{port} broke off instead of answering the association request", BROKEN },
	[CAUSE_RELEASED] = { 3, ERR_ABORTED, NULL, "{called} ended the association before its final answer" },
	[CAUSE_NOT_SENT] = { 2, ERR_ABORTED, NULL, BROKEN },
	[CAUSE_GARBLED] = { 2, ERR_PROTOCOL, NULL, "the answer of {called} could not be understood: {words}" },
	[CAUSE_LEFT_EARLY] = { 1, ERR_ABORTED, NULL,
		"getscu broke off in the middle: it could not store an object; is the disk full?" },
	[CAUSE_QUERY_FILE] = { 3, ERR_TOOL, NULL, "the query file could not be read: {words}" },
	[CAUSE_LIBRARY] = { 3, ERR_TOOL, NULL, "{words}" },
};

enum cause cause_find(const char *line)
{
	for (size_t i = 0; i < countof(phrases); i++)
		if (strstr(line, phrases[i].words))
			return phrases[i].cause;
	return CAUSE_NONE;
}

const struct cause_meaning *cause_meaning(enum cause cause)
{
	return &meanings[cause];
}
