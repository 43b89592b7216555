/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The faults of a retrieval: those that end it before it starts, and those that strike at its n-th object. */
#include "retrieve_p.h"

#include <algorithm>

#include "shared.h"

static bool targeted(const rule *r, const struct item &it)
{
	const instance &i = *it.what;

	for (size_t k = 0; k < r->words.size(); k++) {
		const std::string &w = r->words[k];

		if (w == "every") {
			if (it.index % r->number(++k) == 0)
				return true;
		} else if (w == "all" || w == i.sop || w == i.series || w == i.study || w == i.sop_class ||
			   w == i.xfer) {
			return true;
		}
	}
	return r->words.empty();
}

const rule *strikes(struct job *j, const char *name, const struct item &it)
{
	for (const rule *r : j->s->sc->all(name, j->at))
		if ((r->study.empty() || r->study == it.what->study) && targeted(r, it) && r->take())
			return r;
	return nullptr;
}

/* How many objects the rule has seen sent in this request: all, or those of its study. */
static long seen(struct job *j, const rule *r)
{
	return r->study.empty() ? j->sent : j->sent_of_study[r->study];
}

static bool strikes_at(struct job *j, const rule *r, long n, const std::string &study)
{
	if ((!r->study.empty() && r->study != study) || seen(j, r) != n || j->struck.count(r) || !r->take())
		return false;
	j->struck.insert(r);
	log_event("fault %s %s", r->name.c_str(), r->rest(0).c_str());
	return true;
}

static bool end_with(struct job *j, unsigned status, const std::string &comment = "")
{
	j->final = status;
	j->comment = comment;
	return true;
}

bool concerns(const struct job *j, const rule *r)
{
	if (r->study.empty())
		return true;
	for (const instance *i : j->wanted)
		if (i->study == r->study)
			return true;
	return false;
}

static bool has_unknown(const struct job *j, const std::vector<std::string> &asked)
{
	for (const std::string &uid : asked)
		if (std::none_of(j->wanted.begin(), j->wanted.end(),
				 [&](const instance *i) { return i->unique(j->rq.level) == uid; }))
			return true;
	return false;
}

static bool destination_known(struct job *j)
{
	for (const rule *r : j->s->sc->all("destination", situation()))
		if (r->words[0] == j->rq.destination) {
			j->c.host = r->words[1];
			j->c.port = (int)r->number(2);
			return !j->s->sc->has("unknown-destination", j->at);
		}
	return false;
}

bool refuse(struct job *j)
{
	const scenario *sc = j->s->sc;
	std::vector<std::string> asked;

	if (const rule *r = sc->find("first-fails", j->at))
		if (concerns(j, r) && r->first(r->number(0)))
			return end_with(j, r->status(1));
	for (const rule *r : sc->all("refuse", j->at))
		if (concerns(j, r) && r->take())
			return end_with(j, r->status(0), r->rest(1));
	if (!model_allows(j->rq.model, j->rq.level))
		return end_with(j, 0xa900, "level missing or not of this model");
	for (const rule *r : sc->all("level-refuse", j->at))
		if (level_parse(r->words[0]) == j->rq.level && r->take())
			return end_with(j, r->status(1));
	asked = split_list(identifier_value(j->rq.identifier, level_keys[j->rq.level]));
	if (asked.empty())
		return end_with(j, 0xa900, "unique key of the level is missing");
	if (const rule *r = sc->find("no-lists", j->at))
		if (asked.size() > 1 && r->take())
			return end_with(j, r->status(0));
	if (j->method == METHOD_MOVE && !destination_known(j))
		return end_with(j, 0xa801);
	if (const rule *r = sc->find("unknown-fails", j->at))
		if (has_unknown(j, asked) && r->take())
			return end_with(j, r->status(0), r->rest(1));
	for (const rule *r : sc->all("deny", j->at))
		for (const instance *i : j->wanted)
			if (i->sop == r->words[0] && r->take())
				return end_with(j, r->status(1), r->rest(2));
	for (const rule *r : sc->all("empty", j->at))
		if (concerns(j, r) && r->take()) {
			log_event("fault empty");
			return end_with(j, 0x0000);
		}
	if (const rule *r = sc->find("empty-first", j->at))
		if (concerns(j, r) && r->first(r->number(0))) {
			log_event("fault empty-first");
			return end_with(j, 0x0000);
		}
	return false;
}

void leave_nearline(struct job *j)
{
	for (const rule *r : j->s->sc->all("nearline", j->at)) {
		std::vector<const instance *> here;
		long none = 0, now = now_ms();

		if (std::none_of(j->wanted.begin(), j->wanted.end(),
				 [&](const instance *i) { return i->study == r->words[0]; }))
			continue;
		if (shared->rule_since[r->id].compare_exchange_strong(none, now))
			log_event("recall %s", r->words[0].c_str());
		if (now >= shared->rule_since[r->id] + r->ms(1))
			continue;
		for (const instance *i : j->wanted) {
			if (i->study != r->words[0])
				here.push_back(i);
			else if (r->words.size() > 2 && r->words[2] != "empty")
				count_failed(j, *i);
		}
		if (r->words.size() > 2 && r->words[2] != "empty")
			j->nearline_final = r->status(2);
		log_event("fault nearline %s", r->words[0].c_str());
		j->wanted.swap(here);
	}
}

enum outcome mishap(struct job *j, long n, const std::string &study)
{
	const scenario *sc = j->s->sc;

	for (const rule *r : sc->all("stall-first", j->at))
		if (n == 0 && strikes_at(j, r, 0, study) && !wire_wait(j->s->assoc, r->ms(0)))
			return PEER_GONE;
	for (const rule *r : sc->all("stall-after", j->at))
		if ((n == 0) == (r->number(0) == 0) && strikes_at(j, r, r->number(0), study) &&
		    !wire_wait(j->s->assoc, r->ms(1)))
			return PEER_GONE;
	for (const rule *r : sc->all("sub-abort-after", j->at))
		if ((n == 0) == (r->number(0) == 0) && strikes_at(j, r, r->number(0), study)) {
			carrier_abort(&j->c);
			j->c.dead = true;
		}
	for (const rule *r : sc->all("abort-after", j->at))
		if ((n == 0) == (r->number(0) == 0) && strikes_at(j, r, r->number(0), study))
			return DO_ABORT;
	for (const rule *r : sc->all("close-after", j->at))
		if ((n == 0) == (r->number(0) == 0) && strikes_at(j, r, r->number(0), study))
			return DO_CLOSE;
	return GO_ON;
}

struct mistreatment mistreat(struct job *j, const struct item &it)
{
	const scenario *sc = j->s->sc;
	struct mistreatment m;

	for (const rule *r : sc->all("uid", j->at))
		if (r->words[0] == it.what->sop && r->take())
			m.command_uid = &r->words[2];
	for (const rule *r : sc->all("uid-inside", j->at))
		if (r->words[0] == it.what->sop && r->take())
			m.inside_uid = &r->words[2];
	if (m.command_uid || m.inside_uid)
		log_event("fault uid %s", it.what->sop.c_str());
	if ((m.truncate = strikes(j, "truncate", it) != nullptr))
		log_event("fault truncate %s", it.what->sop.c_str());
	m.decompress = sc->has("lists-decompress", j->at) &&
		       split_list(identifier_value(j->rq.identifier, level_keys[LEVEL_STUDY])).size() > 1;
	for (const rule *r : sc->all("stall-mid", j->at))
		if (strikes_at(j, r, r->number(0) - 1, it.what->study))
			m.stall_mid_ms = r->words.size() > 1 ? r->ms(1) : 1000000000L;
	for (const rule *r : sc->all("abort-mid", j->at))
		if (strikes_at(j, r, r->number(0) - 1, it.what->study))
			m.mid = DO_ABORT;
	for (const rule *r : sc->all("close-mid", j->at))
		if (strikes_at(j, r, r->number(0) - 1, it.what->study))
			m.mid = DO_CLOSE;
	return m;
}
