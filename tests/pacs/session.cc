/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One association: asked for, accepted or rejected, its requests one after the other, its end. */
#include "session.h"

#include <cstring>
#include <signal.h>
#include <unistd.h>

#include "shared.h"

static const struct {
	const char *uid;
	enum model model;
	char service;			/* f find, g get, m move */
} services[] = {
	{ UID_FINDPatientRootQueryRetrieveInformationModel, MODEL_PATIENT, 'f' },
	{ UID_FINDStudyRootQueryRetrieveInformationModel, MODEL_STUDY, 'f' },
	{ UID_RETIRED_FINDPatientStudyOnlyQueryRetrieveInformationModel, MODEL_PSONLY, 'f' },
	{ UID_GETPatientRootQueryRetrieveInformationModel, MODEL_PATIENT, 'g' },
	{ UID_GETStudyRootQueryRetrieveInformationModel, MODEL_STUDY, 'g' },
	{ UID_RETIRED_GETPatientStudyOnlyQueryRetrieveInformationModel, MODEL_PSONLY, 'g' },
	{ UID_MOVEPatientRootQueryRetrieveInformationModel, MODEL_PATIENT, 'm' },
	{ UID_MOVEStudyRootQueryRetrieveInformationModel, MODEL_STUDY, 'm' },
	{ UID_RETIRED_MOVEPatientStudyOnlyQueryRetrieveInformationModel, MODEL_PSONLY, 'm' },
};

const char *model_name(enum model m)
{
	return m == MODEL_PATIENT ? "patient" : m == MODEL_STUDY ? "study" : "psonly";
}

bool model_allows(enum model m, int level)
{
	if (level == LEVEL_UNKNOWN)
		return false;
	return m == MODEL_PATIENT || (m == MODEL_STUDY ? level != LEVEL_PATIENT : level <= LEVEL_STUDY);
}

std::string identifier_value(DcmDataset *ds, const DcmTagKey &tag)
{
	OFString text;

	if (ds->findAndGetOFStringArray(tag, text).bad())
		return "";
	return trimmed(std::string(text.c_str(), text.length()));
}

std::string identifier_shown(DcmDataset *ds)
{
	std::string out;

	for (DcmObject *o = ds->nextInContainer(nullptr); o; o = ds->nextInContainer(o)) {
		DcmTag tag = o->getTag();

		if (o->ident() == EVR_SQ || tag.getXTag() == DCM_QueryRetrieveLevel)
			continue;
		out += out.empty() ? "" : " ";
		out += std::string(tag.getTagName()) + "=" + log_quoted(identifier_value(ds, tag.getXTag()));
	}
	return out;
}

bool session_cancelled(struct session *s, const struct request &rq)
{
	T_ASC_PresentationContextID context;
	T_DIMSE_Message msg;

	if (s->gone || s->cancel_seen || !ASC_dataWaiting(s->assoc, 0))
		return s->gone || s->cancel_seen;
	if (DIMSE_receiveCommand(s->assoc, DIMSE_NONBLOCKING, 10, &context, &msg, nullptr).bad()) {
		s->gone = true;
		return true;
	}
	if (msg.CommandField != DIMSE_C_CANCEL_RQ || msg.msg.CCancelRQ.MessageIDBeingRespondedTo != rq.message_id)
		return false;
	log_event("cancel");
	return true;
}

void session_crash()
{
	log_event("crash");
	kill(shared->main_pid, SIGUSR1);
	for (;;)
		pause();
}

/* The transfer syntax in which most objects of the class are stored, of those that are offered. */
static std::string choose_xfer(const struct session *s, const T_ASC_PresentationContext &pc, bool plain_first)
{
	static const char *const plain[] = { UID_LittleEndianExplicitTransferSyntax,
		UID_LittleEndianImplicitTransferSyntax, UID_BigEndianExplicitTransferSyntax };
	std::map<std::string, long> stored;
	std::string best;

	for (const auto &i : s->st->instances)
		if (i->sop_class == pc.abstractSyntax)
			stored[i->xfer]++;
	for (int k = 0; k < pc.transferSyntaxCount && !plain_first; k++)
		if (stored[pc.proposedTransferSyntaxes[k]] > (best.empty() ? 0 : stored[best]))
			best = pc.proposedTransferSyntaxes[k];
	for (const char *p : plain)
		for (int k = 0; k < pc.transferSyntaxCount && best.empty(); k++)
			if (!strcmp(p, pc.proposedTransferSyntaxes[k]))
				best = p;
	return best.empty() && pc.transferSyntaxCount ? pc.proposedTransferSyntaxes[0] : best;
}

static bool model_refused(const struct session *s, const char *rule_name, const situation &at, enum model m)
{
	for (const rule *r : s->sc->all(rule_name, at))
		if (r->words[0] == model_name(m))
			return true;
	return false;
}

/* Whether we serve this abstract syntax, and in which role for us as its user. */
static bool served(const struct session *s, const T_ASC_PresentationContext &pc, T_ASC_SC_ROLE *ret_role)
{
	situation at;

	at.calling = s->calling;
	*ret_role = ASC_SC_ROLE_DEFAULT;
	if (!strcmp(pc.abstractSyntax, UID_VerificationSOPClass))
		return true;
	for (const auto &v : services) {
		if (strcmp(pc.abstractSyntax, v.uid))
			continue;
		at.method = v.service == 'g' ? METHOD_GET : v.service == 'm' ? METHOD_MOVE : METHOD_NONE;
		if (v.service == 'f')
			return !model_refused(s, "find-model-refuse", at, v.model);
		return !s->sc->has("unsupported", at) && !model_refused(s, "model-refuse", at, v.model);
	}
	*ret_role = pc.proposedRole;			/* we send; to be sent to is no service of ours */
	if (pc.proposedRole != ASC_SC_ROLE_SCP && pc.proposedRole != ASC_SC_ROLE_SCUSCP)
		return false;
	return dcmIsaStorageSOPClassUID(pc.abstractSyntax);
}

static void negotiate(struct session *s)
{
	int n = ASC_countPresentationContexts(s->assoc->params);
	situation at;
	bool plain;

	at.calling = s->calling;
	plain = s->sc->has("prefer-uncompressed", at);
	for (int i = 0; i < n; i++) {
		T_ASC_PresentationContext pc;
		T_ASC_SC_ROLE role;

		if (ASC_getPresentationContext(s->assoc->params, i, &pc).bad())
			continue;
		if (served(s, pc, &role)) {
			std::string xfer = choose_xfer(s, pc, plain || role == ASC_SC_ROLE_DEFAULT);

			ASC_acceptPresentationContext(s->assoc->params, pc.presentationContextID, xfer.c_str(), role);
		} else {
			ASC_refusePresentationContext(s->assoc->params, pc.presentationContextID,
						      ASC_P_ABSTRACTSYNTAXNOTSUPPORTED);
		}
	}
}

/* Why the association is to be rejected; null if it is not. */
static const char *rejection(struct session *s, T_ASC_RejectParameters *rej)
{
	situation at;
	const rule *r;
	bool known = true;

	at.calling = s->calling;
	rej->result = ASC_RESULT_REJECTEDPERMANENT;
	rej->source = ASC_SOURCE_SERVICEUSER;
	for (const rule *names : s->sc->all("aetitle", situation())) {
		known = false;
		for (const std::string &name : names->words)
			if (name == s->called)
				known = true;
		if (known)
			break;
	}
	if (!known) {
		rej->reason = ASC_REASON_SU_CALLEDAETITLENOTRECOGNIZED;
		return "called-unknown";
	}
	for (const rule *names : s->sc->all("calling", situation())) {
		known = false;
		for (const std::string &name : names->words)
			if (name == s->calling)
				known = true;
		if (known)
			break;
	}
	if (!known) {
		rej->reason = ASC_REASON_SU_CALLINGAETITLENOTRECOGNIZED;
		return "calling-unknown";
	}
	rej->result = ASC_RESULT_REJECTEDTRANSIENT;
	rej->source = ASC_SOURCE_SERVICEPROVIDER_PRESENTATION_RELATED;
	if ((r = s->sc->find("reject-first", at)) && r->first(r->number(0))) {
		rej->reason = ASC_REASON_SP_PRES_TEMPORARYCONGESTION;
		return "congestion";
	}
	r = s->sc->find("max-associations", at);
	if (!shared_admit(getpid(), r ? r->number(0) : -1)) {
		rej->reason = ASC_REASON_SP_PRES_LOCALLIMITEXCEEDED;
		return "limit";
	}
	return nullptr;
}

/* Receives the identifier of a request and hands it to its service. */
static enum outcome serve(struct session *s, unsigned char context, const T_DIMSE_Message &msg)
{
	struct request rq = { context, nullptr, 0, MODEL_STUDY, "", nullptr, EXS_LittleEndianImplicit, LEVEL_UNKNOWN };
	enum outcome o = PEER_GONE;
	T_ASC_PresentationContext pc;
	char service;

	if (ASC_findAcceptedPresentationContext(s->assoc->params, context, &pc).bad())
		return DO_ABORT;
	rq.xfer = DcmXfer(pc.acceptedTransferSyntax).getXfer();
	switch (msg.CommandField) {
	case DIMSE_C_ECHO_RQ: {
		command c = response(0x8030, msg.msg.CEchoRQ.AffectedSOPClassUID, msg.msg.CEchoRQ.MessageID, false, 0);

		log_event("echo");
		return wire_message(s->assoc, context, c, nullptr, rq.xfer).good() ? GO_ON : PEER_GONE;
	}
	case DIMSE_C_CANCEL_RQ:
		return GO_ON;			/* of something that is over */
	case DIMSE_C_FIND_RQ:
		service = 'f';
		rq.sop_class = msg.msg.CFindRQ.AffectedSOPClassUID;
		rq.message_id = msg.msg.CFindRQ.MessageID;
		break;
	case DIMSE_C_GET_RQ:
		service = 'g';
		rq.sop_class = msg.msg.CGetRQ.AffectedSOPClassUID;
		rq.message_id = msg.msg.CGetRQ.MessageID;
		break;
	case DIMSE_C_MOVE_RQ:
		service = 'm';
		rq.sop_class = msg.msg.CMoveRQ.AffectedSOPClassUID;
		rq.message_id = msg.msg.CMoveRQ.MessageID;
		rq.destination = trimmed(msg.msg.CMoveRQ.MoveDestination);
		break;
	default:
		return DO_ABORT;
	}
	for (const auto &v : services)
		if (v.service == service && !strcmp(v.uid, rq.sop_class))
			rq.model = v.model;
	if (DIMSE_receiveDataSetInMemory(s->assoc, DIMSE_NONBLOCKING, 60, &context, &rq.identifier, nullptr,
					 nullptr).bad())
		return PEER_GONE;
	s->cancel_seen = false;
	rq.level = level_parse(identifier_value(rq.identifier, DCM_QueryRetrieveLevel));
	o = service == 'f' ? find_serve(s, rq) : retrieve_serve(s, rq, service == 'g' ? METHOD_GET : METHOD_MOVE);
	delete rq.identifier;
	return o;
}

static void requests(struct session *s)
{
	for (;;) {
		T_ASC_PresentationContextID context;
		T_DIMSE_Message msg;
		OFCondition cond = DIMSE_receiveCommand(s->assoc, DIMSE_BLOCKING, 0, &context, &msg, nullptr);
		enum outcome o;

		if (cond == DUL_PEERREQUESTEDRELEASE) {
			situation at = { METHOD_NONE, s->calling, LEVEL_UNKNOWN };
			const rule *r = s->sc->find("release-delay", at);

			if (r && r->take())
				wire_wait(s->assoc, r->ms(0));
			shared_close(getpid());
			log_event("association released");
			ASC_acknowledgeRelease(s->assoc);
			return;
		}
		if (cond.bad()) {
			shared_close(getpid());
			log_event("association %s", cond == DUL_PEERABORTEDASSOCIATION ? "aborted-by-peer" : "lost");
			return;
		}
		o = serve(s, context, msg);
		if (o == GO_ON && !s->gone)
			continue;
		shared_close(getpid());
		log_event("association %s", o == DO_ABORT ? "aborted" : o == DO_CLOSE ? "closed" : "lost");
		if (o == DO_ABORT)
			ASC_abortAssociation(s->assoc);
		return;
	}
}

void session_run(int fd, const scenario &sc, const store &st)
{
	struct session s = { &sc, &st, nullptr, "", "", false, false };
	T_ASC_Network *net = nullptr;
	T_ASC_RejectParameters rej;
	situation at;
	char calling[80] = "", called[80] = "", responding[80] = "";
	const rule *r;
	const char *why;
	OFCondition cond;

	dcmExternalSocketHandle.set(fd);
	if (ASC_initializeNetwork(NET_ACCEPTOR, 0, 60, &net).bad())
		return;
	if ((cond = ASC_receiveAssociation(net, &s.assoc, ASC_DEFAULTMAXPDU)).bad()) {
		log_event("association garbage");
		return;
	}
	ASC_getAPTitles(s.assoc->params, calling, sizeof calling, called, sizeof called, responding,
			sizeof responding);
	s.calling = trimmed(calling);
	s.called = trimmed(called);
	log_event("association requested %s %s", s.calling.empty() ? "-" : log_quoted(s.calling).c_str(),
		  s.called.empty() ? "-" : log_quoted(s.called).c_str());
	at.calling = s.calling;
	if ((r = sc.find("associate-delay", at)) && r->take() && !wire_wait(s.assoc, r->ms(0))) {
		log_event("association lost");
		return;
	}
	if ((why = rejection(&s, &rej))) {
		log_event("association rejected %s", why);
		ASC_rejectAssociation(s.assoc, &rej);
		return;
	}
	negotiate(&s);
	log_event("association accepted");
	if (ASC_acknowledgeAssociation(s.assoc).good())
		requests(&s);
	shared_close(getpid());
}
