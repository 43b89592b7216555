/* SPDX-License-Identifier: GPL-3.0-or-later */
/* C-GET and C-MOVE.  A request becomes a plan, a list of objects to send; the faults of the scenario either end the
 * request before it, change the plan, or strike at its n-th object. */
#include "retrieve_p.h"

#include <algorithm>
#include <sys/prctl.h>
#include <unistd.h>

#include "shared.h"

std::vector<std::string> split_list(const std::string &list)
{
	std::vector<std::string> out;
	size_t from = 0, to;

	if (list.empty())
		return out;
	do {
		to = list.find('\\', from);
		out.push_back(trimmed(list.substr(from, to == std::string::npos ? to : to - from)));
		from = to + 1;
	} while (to != std::string::npos);
	return out;
}

const DcmTagKey level_keys[] = {
	DCM_PatientID, DCM_StudyInstanceUID, DCM_SeriesInstanceUID, DCM_SOPInstanceUID,
};

void count_failed(struct job *j, const instance &i)
{
	j->failed++;
	j->failed_list += (j->failed_list.empty() ? "" : "\\") + i.sop;
}

static void select(struct job *j)
{
	std::vector<std::string> lists[4];

	for (int k = 0; k < 4; k++)
		lists[k] = split_list(identifier_value(j->rq.identifier, level_keys[k]));
	for (const auto &i : j->s->st->instances) {
		bool in = true;

		for (int k = 0; k < 4 && in; k++)
			in = lists[k].empty() ||
			     std::find(lists[k].begin(), lists[k].end(), i->unique(k)) != lists[k].end();
		if (in)
			j->wanted.push_back(i.get());
	}
}

static void add_foreign(struct job *j)
{
	const rule *r = j->s->sc->find("foreign", j->at);
	std::string path;

	if (!r || j->plan.empty() || !concerns(j, r) || !r->take())
		return;
	path = r->words[0][0] == '/' ? r->words[0] : j->s->sc->folder + "/" + r->words[0];
	j->foreign = instance_read(path);
	if (!j->foreign) {
		const instance *known = j->s->st->by_sop(r->words[0]);

		if (known)
			j->foreign = std::make_shared<instance>(*known);
	}
	if (j->foreign)
		j->plan.insert(j->plan.begin() + 1, { j->foreign.get(), false, 0 });
	log_event("fault foreign %s", j->foreign ? j->foreign->sop.c_str() : "not found");
}

static void make_plan(struct job *j)
{
	const rule *late = j->s->sc->find("late", j->at);
	int index = 0;

	for (const instance *i : j->wanted) {
		struct item it = { i, true, ++index };

		j->plan.push_back(it);
		if (strikes(j, "duplicate", it))
			j->plan.push_back(it);
	}
	j->remaining = (long)j->plan.size();
	add_foreign(j);
	j->late_from = j->plan.size();
	if (late && concerns(j, late) && late->take())
		j->late_from -= std::min(j->plan.size(), late->words.size() > 1 ? (size_t)late->number(1) : 1);
}

static unsigned response_field(const struct job *j)
{
	return j->method == METHOD_GET ? 0x8010 : 0x8021;
}

static void put_counters(const struct job *j, command *c, bool last)
{
	if (j->s->sc->has("no-counters", j->at))
		return;
	if (!last || j->cancelled)
		c->us(0x1020, (unsigned)j->remaining & 0xffff);
	c->us(0x1021, (unsigned)j->completed & 0xffff);
	c->us(0x1022, (unsigned)j->failed & 0xffff);
	c->us(0x1023, (unsigned)j->warned & 0xffff);
}

static void send_pending(struct job *j)
{
	command c = response(response_field(j), j->rq.sop_class, j->rq.message_id, false, 0xff00);

	if (j->s->sc->has("no-pending", j->at) || j->s->gone || j->remaining == 0)
		return;
	put_counters(j, &c, false);
	if (wire_message(j->s->assoc, j->rq.context, c, nullptr, j->rq.xfer).bad())
		j->s->gone = true;
}

static void crash_if_due(struct job *j, long total)
{
	const rule *r = j->s->sc->find("refuse-after-objects", j->at);

	if (r && total == r->number(0))
		session_crash();
}

/* Sends one item and counts it. */
static enum outcome deliver(struct job *j, size_t at)
{
	const struct item &it = j->plan[at];
	struct mistreatment m = mistreat(j, it);
	enum delivery d = carrier_send(&j->c, j->plan, at, m);
	long total;

	if (d == CUT)
		return m.mid;
	if (d == STORED || d == STORED_WARNING) {
		j->sent++;
		j->sent_of_study[it.what->study]++;
		total = ++shared->sent;
		crash_if_due(j, total);
	}
	if (!it.counted)
		return GO_ON;
	if (d == STORED)
		j->completed++;
	else if (d == STORED_WARNING)
		j->warned++;
	else
		count_failed(j, *it.what);
	return GO_ON;
}

static enum outcome handle_item(struct job *j, size_t at)
{
	const struct item &it = j->plan[at];
	const rule *delay = j->s->sc->find("object-delay", j->at);
	enum outcome o = mishap(j, 0, it.what->study);
	long before = j->sent;

	if (o != GO_ON)
		return o;
	if (delay && !wire_wait(j->s->assoc, delay->number(0)))
		return PEER_GONE;
	j->remaining -= it.counted;
	if (it.counted && strikes(j, "lose", it)) {
		log_event("lost %s %s", it.what->sop.c_str(), it.what->study.c_str());
		j->completed++;
	} else if (it.counted && strikes(j, "fail", it)) {
		log_event("failed %s %s", it.what->sop.c_str(), it.what->study.c_str());
		count_failed(j, *it.what);
	} else if ((o = deliver(j, at)) != GO_ON) {
		return o;
	}
	send_pending(j);
	if (j->s->gone)
		return PEER_GONE;
	return j->sent > before ? mishap(j, j->sent, it.what->study) : GO_ON;
}

static enum outcome carry_out(struct job *j)
{
	for (size_t at = 0; at < j->late_from; at++) {
		enum outcome o;

		if (session_cancelled(j->s, j->rq)) {
			j->cancelled = true;
			return j->s->gone ? PEER_GONE : GO_ON;
		}
		if ((o = handle_item(j, at)) != GO_ON)
			return o;
	}
	for (size_t at = j->late_from; at < j->plan.size(); at++) {	/* a promise */
		j->completed += j->plan[at].counted;
		j->remaining -= j->plan[at].counted;
	}
	return GO_ON;
}

static void judge(struct job *j)
{
	const rule *r = j->s->sc->find("final", j->at);

	j->final = j->cancelled ? 0xfe00 : !j->failed ? 0x0000 : j->completed + j->warned ? 0xb000
		 : j->nearline_final ? j->nearline_final : 0xa702;
	if (j->s->sc->has("success-always", j->at) && !j->cancelled)
		j->final = 0x0000;
	if (r && !j->cancelled && concerns(j, r) && r->take()) {
		j->final = r->status(0);
		j->comment = r->rest(1);
	}
}

static enum outcome send_final(struct job *j)
{
	bool list = !j->failed_list.empty() && j->final != 0 && !j->s->sc->has("no-failed-list", j->at);
	command c = response(response_field(j), j->rq.sop_class, j->rq.message_id, list, j->final);
	DcmDataset ds;

	log_event("final 0x%04x completed %ld failed %ld warning %ld", j->final, j->completed, j->failed, j->warned);
	if (!j->comment.empty())
		c.text(0x0902, j->comment.substr(0, 64), ' ');
	put_counters(j, &c, true);
	if (list)
		ds.putAndInsertString(DCM_FailedSOPInstanceUIDList, j->failed_list.c_str());
	if (wire_message(j->s->assoc, j->rq.context, c, list ? &ds : nullptr, j->rq.xfer).bad())
		return PEER_GONE;
	return GO_ON;
}

/* The last objects come when the final response is long out, from a process of their own. */
static void send_late(struct job *j)
{
	const rule *late = j->s->sc->all("late", j->at).front();

	if (fork()) {
		carrier_forget(&j->c);
		return;
	}
	prctl(PR_SET_PDEATHSIG, 0);		/* our parent may end before us; badpacs itself knows our slot */
	shared_enter(getpid());
	close(wire_socket(j->s->assoc));
	sleep_ms(late->ms(0));
	for (size_t at = j->late_from; at < j->plan.size(); at++)
		carrier_send(&j->c, j->plan, at, mistreatment());
	carrier_release(&j->c);
	shared_leave(getpid());
	_exit(0);
}

static const char *outcome_name(enum outcome o)
{
	return o == DO_ABORT ? "aborted" : o == DO_CLOSE ? "closed" : "gone";
}

enum outcome retrieve_serve(struct session *s, const struct request &rq, enum method method)
{
	struct job j = { s, rq, method, { method, s->calling, rq.level }, {}, {}, nullptr, 0,
			 { s, &rq, method, "", 0, false, nullptr, nullptr, {}, false, 0 },
			 0, 0, 0, 0, 0, {}, {}, "", false, 0x0000, 0x0000, "" };
	enum outcome o = GO_ON;
	const rule *r;

	log_event("%s %s %s%s%s %s", method == METHOD_GET ? "get" : "move", level_name(rq.level), model_name(rq.model),
		  method == METHOD_MOVE ? " " : "", rq.destination.c_str(), identifier_shown(rq.identifier).c_str());
	select(&j);
	if (refuse(&j))
		return send_final(&j);
	if ((r = s->sc->find("associations", j.at)))
		j.c.each = r->words[0] == "each";
	leave_nearline(&j);
	make_plan(&j);
	o = carry_out(&j);
	if (o == PEER_GONE || o == DO_ABORT)
		carrier_abort(&j.c);
	if (o != GO_ON) {
		log_event("final %s completed %ld failed %ld warning %ld", outcome_name(o), j.completed, j.failed,
			  j.warned);
		return o;
	}
	judge(&j);
	if (j.late_from == j.plan.size())
		carrier_release(&j.c);
	o = send_final(&j);
	if (j.late_from < j.plan.size())
		send_late(&j);
	return o;
}
