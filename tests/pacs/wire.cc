/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire.h"

#include <algorithm>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>

#include <dcmtk/dcmnet/dcmtrans.h>

#include "shared.h"
#include "store.h"

static void put16(std::string *out, unsigned n)
{
	*out += (char)(n & 0xff);
	*out += (char)(n >> 8 & 0xff);
}

static void put32(std::string *out, size_t n)
{
	put16(out, n & 0xffff);
	put16(out, n >> 16 & 0xffff);
}

std::string element_head(unsigned group, unsigned element, size_t len, bool is_explicit)
{
	std::string out;

	put16(&out, group);
	put16(&out, element);
	if (is_explicit)
		out += std::string("UN\0\0", 4);
	put32(&out, len);
	return out;
}

command &command::us(unsigned element, unsigned value)
{
	put16(&body, 0);
	put16(&body, element);
	put32(&body, 2);
	put16(&body, value);
	return *this;
}

command &command::text(unsigned element, const std::string &value, char pad)
{
	std::string even = value;

	if (even.size() % 2)
		even += pad;
	put16(&body, 0);
	put16(&body, element);
	put32(&body, even.size());
	body += even;
	return *this;
}

std::string command::bytes() const
{
	std::string out;

	put32(&out, 0);			/* (0000,0000) */
	put32(&out, 4);
	put32(&out, body.size());
	return out + body;
}

command response(unsigned field, const char *sop_class, unsigned message_id, bool dataset, unsigned status)
{
	command c;

	c.uid(0x0002, sop_class).us(0x0100, field).us(0x0120, message_id);
	c.us(0x0800, dataset ? 0x0001 : 0x0101).us(0x0900, status);
	return c;
}

OFCondition wire_send(T_ASC_Association *assoc, unsigned char context, bool dataset, const char *bytes, size_t len,
		      bool last)
{
	size_t room = assoc->sendPDVLength & ~1UL, at = 0;

	do {
		size_t part = std::min(room, len - at);
		DUL_PDV pdv;
		DUL_PDVLIST list;
		OFCondition cond;

		memset(&pdv, 0, sizeof pdv);
		memset(&list, 0, sizeof list);
		memcpy(assoc->sendPDVBuffer, bytes + at, part);
		pdv.fragmentLength = part;
		pdv.presentationContextID = context;
		pdv.pdvType = dataset ? DUL_DATASETPDV : DUL_COMMANDPDV;
		pdv.lastPDV = last && at + part == len;
		pdv.data = assoc->sendPDVBuffer;
		list.count = 1;
		list.pdv = &pdv;
		cond = DUL_WritePDVs(&assoc->DULassociation, &list);
		if (cond.bad())
			return cond;
		at += part;
	} while (at < len);
	return EC_Normal;
}

OFCondition wire_message(T_ASC_Association *assoc, unsigned char context, const command &c, DcmDataset *ds,
			 E_TransferSyntax xfer)
{
	std::string head = c.bytes(), data;
	OFCondition cond;

	if (ds && !dataset_encode(ds, xfer, &data))
		return EC_IllegalCall;
	cond = wire_send(assoc, context, false, head.data(), head.size());
	if (cond.good() && ds)
		cond = wire_send(assoc, context, true, data.data(), data.size());
	return cond;
}

bool xfer_uncompressed(const std::string &uid)
{
	return uid == UID_LittleEndianExplicitTransferSyntax || uid == UID_LittleEndianImplicitTransferSyntax ||
	       uid == UID_BigEndianExplicitTransferSyntax;
}

unsigned char wire_store_context(T_ASC_Association *assoc, const std::string &sop_class, const std::string &xfer,
				 bool need_scp_role, E_TransferSyntax *ret_xfer)
{
	int n = ASC_countPresentationContexts(assoc->params);

	for (int i = 0; i < n; i++) {
		T_ASC_PresentationContext pc;

		if (ASC_getPresentationContext(assoc->params, i, &pc).bad() || pc.resultReason != ASC_P_ACCEPTANCE ||
		    sop_class != pc.abstractSyntax)
			continue;
		if (need_scp_role && pc.acceptedRole != ASC_SC_ROLE_SCP && pc.acceptedRole != ASC_SC_ROLE_SCUSCP)
			continue;
		if (xfer.empty() ? !xfer_uncompressed(pc.acceptedTransferSyntax) : xfer != pc.acceptedTransferSyntax)
			continue;
		*ret_xfer = DcmXfer(pc.acceptedTransferSyntax).getXfer();
		return pc.presentationContextID;
	}
	return 0;
}

/* getSocket() is protected; a derived class may name it. */
struct opened : DcmTransportConnection {
	static int socket_of(DcmTransportConnection *c) { return (c->*&opened::getSocket)(); }
};

int wire_socket(T_ASC_Association *assoc)
{
	DcmTransportConnection *c = DUL_getTransportConnection(assoc->DULassociation);

	return c ? opened::socket_of(c) : -1;
}

bool wire_wait(T_ASC_Association *assoc, long ms)
{
	long until = now_ms() + ms;
	struct pollfd p = { wire_socket(assoc), POLLRDHUP, 0 };

	while (now_ms() < until) {
		int n = poll(&p, 1, (int)std::min(until - now_ms(), 60000L));

		if (n > 0)
			return false;
	}
	return true;
}
