/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One association, as the services see it. */

#ifndef BADPACS_SESSION_H
#define BADPACS_SESSION_H

#include <string>

#include "scenario.h"
#include "store.h"
#include "wire.h"

/* What becomes of the association after a request. */
enum outcome {
	GO_ON,
	DO_ABORT,		/* send A-ABORT */
	DO_CLOSE,		/* close the socket without a word */
	PEER_GONE,		/* it has broken already */
};

enum model { MODEL_PATIENT, MODEL_STUDY, MODEL_PSONLY };

struct session {
	const scenario *sc;
	const store *st;
	T_ASC_Association *assoc;
	std::string calling, called;
	bool gone;			/* nothing more can be sent */
	bool cancel_seen;		/* a C-CANCEL came while something else was awaited */
};

/* A request that has been received with its identifier. */
struct request {
	unsigned char context;
	const char *sop_class;
	unsigned message_id;
	enum model model;
	std::string destination;	/* of a C-MOVE */
	DcmDataset *identifier;
	E_TransferSyntax xfer;		/* of the context, in which we answer */
	int level;
};

const char *model_name(enum model);
bool model_allows(enum model, int level);

/* Has the peer sent a C-CANCEL?  Looks without waiting; true as well when it has gone. */
bool session_cancelled(struct session *, const struct request &);

/* The value of a string element without padding, all values with backslashes; "" when absent. */
std::string identifier_value(DcmDataset *, const DcmTagKey &);

/* The keys for the log: Name=value, sequences left out. */
std::string identifier_shown(DcmDataset *);

enum outcome find_serve(struct session *, const struct request &);
enum outcome retrieve_serve(struct session *, const struct request &, enum method);

/* Serves an accepted TCP connection to its end. */
void session_run(int fd, const scenario &, const store &);

/* Asks the parent for the end of everything, as if the server had crashed.  Does not return. */
void session_crash() __attribute__((noreturn));

#endif
