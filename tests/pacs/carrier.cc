/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "carrier.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <unistd.h>

#include "shared.h"

enum { CONTEXTS = 120, RESPONSE_SECONDS = 300 };

static std::string context_key(const instance &i)
{
	return i.sop_class + " " + i.xfer;
}

/* Each class gets one context for every transfer syntax it is stored in, and one for the uncompressed ones. */
static void offer(struct carrier *c, const std::vector<item> &plan, size_t at, T_ASC_Parameters *params)
{
	const char *plain[] = { UID_LittleEndianExplicitTransferSyntax, UID_LittleEndianImplicitTransferSyntax };
	std::set<std::string> classes;
	T_ASC_PresentationContextID id = 1;

	c->offered.clear();
	for (size_t k = at; k < plan.size() && c->offered.size() + classes.size() < CONTEXTS; k++) {
		const instance &i = *plan[k].what;
		const char *stored[] = { i.xfer.c_str() };

		if (c->offered.insert(context_key(i)).second) {
			ASC_addPresentationContext(params, id, i.sop_class.c_str(), stored, 1);
			id = (T_ASC_PresentationContextID)(id + 2);
		}
		if (classes.insert(i.sop_class).second) {
			ASC_addPresentationContext(params, id, i.sop_class.c_str(), plain, 2);
			id = (T_ASC_PresentationContextID)(id + 2);
		}
		if (c->each)
			break;
	}
}

static bool open_sub(struct carrier *c, const std::vector<item> &plan, size_t at)
{
	std::string peer = c->host + ":" + std::to_string(c->port);
	T_ASC_Parameters *params = nullptr;
	OFCondition cond;

	dcmConnectionTimeout.set(30);
	if (!c->net && ASC_initializeNetwork(NET_REQUESTOR, 0, 60, &c->net).bad())
		return false;
	if (ASC_createAssociationParameters(&params, ASC_DEFAULTMAXPDU).bad())
		return false;
	ASC_setAPTitles(params, c->s->called.c_str(), c->rq->destination.c_str(), nullptr);
	ASC_setPresentationAddresses(params, "localhost", peer.c_str());
	offer(c, plan, at, params);
	cond = ASC_requestAssociation(c->net, params, &c->sub);
	if (cond.bad()) {
		log_event("sub-association failed %s %s", c->rq->destination.c_str(), peer.c_str());
		ASC_destroyAssociation(&c->sub);
		c->sub = nullptr;
		c->dead = true;
		return false;
	}
	log_event("sub-association opened %s %s", c->rq->destination.c_str(), peer.c_str());
	return true;
}

void carrier_release(struct carrier *c)
{
	if (!c->sub)
		return;
	ASC_releaseAssociation(c->sub);
	ASC_destroyAssociation(&c->sub);
	c->sub = nullptr;
	log_event("sub-association released");
}

void carrier_abort(struct carrier *c)
{
	if (!c->sub)
		return;
	ASC_abortAssociation(c->sub);
	ASC_destroyAssociation(&c->sub);
	c->sub = nullptr;
	log_event("sub-association aborted");
}

void carrier_forget(struct carrier *c)
{
	if (c->sub)
		close(wire_socket(c->sub));	/* not released: the other process still sends on it */
	c->sub = nullptr;
	c->dead = true;
}

static T_ASC_Association *association_for(struct carrier *c, const std::vector<item> &plan, size_t at)
{
	if (c->method == METHOD_GET)
		return c->s->gone ? nullptr : c->s->assoc;
	if (c->sub && !c->offered.count(context_key(*plan[at].what)))
		carrier_release(c);
	if (!c->sub && !c->dead)
		open_sub(c, plan, at);
	return c->sub;
}

/* The data set in a transfer syntax the peer has accepted; 0 when there is none. */
static unsigned char prepare(struct carrier *c, T_ASC_Association *assoc, const instance &i,
			     const struct mistreatment &m, payload *ret_data)
{
	bool get = c->method == METHOD_GET;
	E_TransferSyntax xfer;
	bool stored = !m.decompress || i.xfer != UID_RLELosslessTransferSyntax;
	unsigned char context = stored ? wire_store_context(assoc, i.sop_class, i.xfer, get, &xfer) : 0;
	std::string bytes;
	bool ok;

	if (context && !m.inside_uid)
		return ret_data->map(i) ? context : 0;
	if (!context && (!stored || xfer_uncompressed(i.xfer)))
		context = wire_store_context(assoc, i.sop_class, "", get, &xfer);
	if (!context)
		return 0;
	ok = instance_converted(i, xfer, m.inside_uid, &bytes);
	ret_data->keep(&bytes);
	return ok ? context : 0;
}

static command store_request(struct carrier *c, const instance &i, const struct mistreatment &m)
{
	command q;

	c->message_id++;
	q.uid(0x0002, i.sop_class).us(0x0100, 0x0001).us(0x0110, c->message_id).us(0x0700, 0).us(0x0800, 1);
	q.uid(0x1000, m.command_uid ? *m.command_uid : i.sop);
	if (c->method == METHOD_MOVE)
		q.ae(0x1030, c->s->calling).us(0x1031, c->rq->message_id);
	return q;
}

/* Waits while the main association lives, and the one the object travels on as well. */
static bool stall(struct carrier *c, T_ASC_Association *assoc, long ms)
{
	long until = now_ms() + ms;

	while (now_ms() < until) {
		if (!wire_wait(c->s->assoc, std::min(until - now_ms(), 100L)) ||
		    (assoc != c->s->assoc && !wire_wait(assoc, 1)))
			return false;
	}
	return true;
}

/* The association is of no use any more; the next object for a destination tries another. */
static enum delivery give_up(struct carrier *c, T_ASC_Association *assoc)
{
	if (assoc == c->s->assoc) {
		c->s->gone = true;
	} else {
		ASC_destroyAssociation(&c->sub);
		c->sub = nullptr;
	}
	return NOT_STORED;
}

static enum delivery read_store_response(struct carrier *c, T_ASC_Association *assoc, const instance &i)
{
	T_ASC_PresentationContextID context;
	T_DIMSE_Message msg;
	unsigned status;

	do {
		if (DIMSE_receiveCommand(assoc, DIMSE_NONBLOCKING, RESPONSE_SECONDS, &context, &msg, nullptr).bad()) {
			log_event("no-response %s", i.sop.c_str());
			return give_up(c, assoc);
		}
		if (msg.CommandField == DIMSE_C_CANCEL_RQ && assoc == c->s->assoc) {
			c->s->cancel_seen = true;
			log_event("cancel");
		}
	} while (msg.CommandField != DIMSE_C_STORE_RSP);
	status = msg.msg.CStoreRSP.DimseStatus;
	if (status != 0)
		log_event("store-status %s 0x%04x", i.sop.c_str(), status);
	return status == 0 ? STORED : (status & 0xf000) == 0xb000 ? STORED_WARNING : NOT_STORED;
}

static enum delivery broken(struct carrier *c, T_ASC_Association *assoc, const instance &i)
{
	log_event("broken %s", i.sop.c_str());
	return give_up(c, assoc);
}

/* Even, and inside the pixel data wherever they are the last and largest element, as they are in an image. */
static size_t cut_at(size_t len)
{
	return (len - len / 4) & ~(size_t)1;
}

enum delivery carrier_send(struct carrier *c, const std::vector<item> &plan, size_t at, const struct mistreatment &m)
{
	const instance &i = *plan[at].what;
	T_ASC_Association *assoc = association_for(c, plan, at);
	const char *way = c->method == METHOD_GET ? "get" : "move";
	bool mid = m.mid != GO_ON || m.stall_mid_ms >= 0;
	std::string head;
	payload data;
	unsigned char context;
	enum delivery d;
	size_t half;

	if (!assoc)
		return NOT_STORED;
	if (!(context = prepare(c, assoc, i, m, &data))) {
		log_event("no-context %s %s", i.sop.c_str(), i.xfer.c_str());
		return NOT_STORED;
	}
	if (m.truncate)
		data.cut(cut_at(data.size()));
	head = store_request(c, i, m).bytes();
	if (wire_send(assoc, context, false, head.data(), head.size()).bad())
		return broken(c, assoc, i);
	half = mid ? (data.size() / 2) & ~(size_t)1 : 0;
	if (half && wire_send(assoc, context, true, data.data(), half, false).bad())
		return broken(c, assoc, i);
	if (m.mid != GO_ON)
		return CUT;
	if (m.stall_mid_ms >= 0 && !stall(c, assoc, m.stall_mid_ms))
		return broken(c, assoc, i);
	if (wire_send(assoc, context, true, data.data() + half, data.size() - half).bad())
		return broken(c, assoc, i);
	log_event("sent %s %s %s", i.sop.c_str(), i.study.c_str(), way);
	d = read_store_response(c, assoc, i);
	if (c->each && c->method == METHOD_MOVE)
		carrier_release(c);
	return d;
}
