/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A retrieval while it is served: between retrieve.cc, which serves it, and mishap.cc, which knows the faults. */

#ifndef BADPACS_RETRIEVE_P_H
#define BADPACS_RETRIEVE_P_H

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "carrier.h"
#include "session.h"

struct job {
	struct session *s;
	const struct request &rq;
	enum method method;
	situation at;

	std::vector<const instance *> wanted;
	std::vector<item> plan;
	std::shared_ptr<const instance> foreign;
	size_t late_from;		/* plan items from here are sent after the final response */
	struct carrier c;

	long sent, completed, failed, warned, remaining;
	std::map<std::string, long> sent_of_study;
	std::set<const rule *> struck;	/* faults that come once in a request */
	std::string failed_list;
	bool cancelled;
	unsigned final, nearline_final;
	std::string comment;
};

std::vector<std::string> split_list(const std::string &list);
extern const DcmTagKey level_keys[];			/* what names something at each level */
void count_failed(struct job *, const instance &);

/* Everything that ends a request before an object is sent; then the final status is set. */
bool refuse(struct job *);

/* Objects that are still on tape: the first request for them starts the recall, which takes them out of `wanted'. */
void leave_nearline(struct job *);

/* Does a rule with `study' have to do with this request? */
bool concerns(const struct job *, const rule *);

/* The first rule of the name that concerns this object and still has times left. */
const rule *strikes(struct job *, const char *name, const struct item &);

/* What strikes once n objects have been sent; before the first one n is 0. */
enum outcome mishap(struct job *, long n, const std::string &study);

struct mistreatment mistreat(struct job *, const struct item &);

#endif
