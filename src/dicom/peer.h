/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A remote node: where it is, what it is called, how it wants to be asked. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

enum model { MODEL_STUDY, MODEL_PATIENT, MODEL_PATIENT_STUDY };
enum method { METHOD_GET, METHOD_MOVE, METHOD_AUTO };

/* DICOM over TLS: on when it is said whose certificates are believed.  Paths of PEM files, read by the tools. */
struct tls {
	char authorities[256];	/* a file or folder of certificates; TLS_ANYBODY; "" = no TLS */
	char certificate[256];	/* our own, and its private key without a passphrase; both or neither */
	char key[256];
};
#define TLS_ANYBODY "none"	/* no certificate is checked */

struct peer {
	char host[256];
	int port;
	char called[17];	/* the peer's AE title; default ANY-SCP */
	char calling[17];	/* ours */
	enum model model;
	char charset[33];	/* for keys, and for answers that declare none; "" = none */
	bool dateless;		/* stated: it needs no date, whatever was learned */
	struct tls tls;
};

/* PEER_DEFAULT_PORT, ANY-SCP, DICOMQR. */
void peer_init(struct peer *);
/* "pacs://host[:port]", "AET@host[:port]", "host:port", "host port" (second may be NULL; *ret_used_second tells).  ERR_USAGE. */
int peer_parse(struct peer *, const char *text, const char *second, bool *ret_used_second, struct err *);
/* "CALLED@host:port": the key in the ledger. */
void peer_key(const struct peer *, char out[300]);
/* What belongs together, and absolute paths; not whether the files are there.  ERR_USAGE. */
int tls_check(const struct tls *, struct err *);
int model_parse(const char *, enum model *, struct err *);	/* study, patient, patient-study (psonly) */
const char *model_name(enum model);
int method_parse(const char *, enum method *, struct err *);	/* c-get, c-move, auto */
const char *method_name(enum method);
#define PEER_DEFAULT_PORT 11112
#define PEER_DEFAULT_CALLED "ANY-SCP"
#define PEER_DEFAULT_CALLING "DICOMQR"
