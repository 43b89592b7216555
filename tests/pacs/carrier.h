/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an object travels on: for C-GET the association that asked, for C-MOVE associations of our own to the
 * destination.  Also the sending of one object, with the faults that concern one object. */

#ifndef BADPACS_CARRIER_H
#define BADPACS_CARRIER_H

#include <set>
#include <string>
#include <vector>

#include "session.h"

/* One object to send; a copy or a foreign object is an item of its own. */
struct item {
	const instance *what;
	bool counted;			/* in the sub-operation counters */
	int index;			/* among the objects asked for, from 1 */
};

/* How an object is to be sent wrongly. */
struct mistreatment {
	const std::string *command_uid = nullptr, *inside_uid = nullptr;
	bool truncate = false;
	bool decompress = false;	/* RLE, whatever the peer takes */
	enum outcome mid = GO_ON;	/* DO_ABORT, DO_CLOSE: in the middle of the data */
	long stall_mid_ms = -1;		/* hang in the middle of the data; -1: no */
};

enum delivery { STORED, STORED_WARNING, NOT_STORED, CUT };	/* CUT: the fault was to end the whole association */

struct carrier {
	struct session *s;
	const struct request *rq;
	enum method method;
	std::string host;		/* of the destination */
	int port = 0;
	bool each = false;		/* an association for every object */

	T_ASC_Network *net = nullptr;
	T_ASC_Association *sub = nullptr;
	std::set<std::string> offered;	/* "class transfer-syntax" that the open association has asked for */
	bool dead = false;		/* the destination cannot be reached any more */
	unsigned short message_id = 0;
};

/* Sends plan[at]. */
enum delivery carrier_send(struct carrier *, const std::vector<item> &plan, size_t at, const struct mistreatment &);

void carrier_release(struct carrier *);		/* in peace */
void carrier_abort(struct carrier *);
void carrier_forget(struct carrier *);		/* another process has it now */

#endif
