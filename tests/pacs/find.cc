/* SPDX-License-Identifier: GPL-3.0-or-later */
/* C-FIND.  All keys are compared with every instance, whatever their level; the instances that match are grouped by
 * the unique key of the level asked for.  So a relational query needs no code of its own. */
#include "session.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "generate.h"
#include "match.h"
#include "shared.h"

struct key {
	DcmTag tag;
	match_text want;
};

/* What is counted over a whole study, series or patient, matching or not. */
struct totals {
	long instances = 0;
	std::set<std::string> series, studies, modalities, classes;
};

struct row {
	const instance *what;		/* the first instance that matched; null: a generated study, */
	long number;			/* this one */
	std::string invented;		/* Study Instance UID of an endless query */
};

struct search {
	struct session *s;
	const struct request &rq;
	situation at;
	std::vector<key> keys;
	std::set<DcmTagKey> ignored, omitted;
	std::map<std::string, totals> patients, studies, series;
	std::vector<row> rows;
	const rule *generated;		/* null: there are none */
	unsigned final = 0x0000;
	std::string comment;
};

/* Two patients may have a study of one UID: then each has a row of its own. */
static std::string identity(const instance &i, int level)
{
	if (level == LEVEL_SERIES)		/* one UID may stand in two studies */
		return i.study + "\\" + i.series;
	return level == LEVEL_STUDY ? i.study + "\\" + i.patient : i.unique(level);
}

static bool is_counter(const DcmTagKey &t)
{
	return t == DCM_NumberOfStudyRelatedInstances || t == DCM_NumberOfStudyRelatedSeries ||
	       t == DCM_NumberOfSeriesRelatedInstances || t == DCM_NumberOfPatientRelatedStudies ||
	       t == DCM_NumberOfPatientRelatedSeries || t == DCM_NumberOfPatientRelatedInstances ||
	       t == DCM_InstanceAvailability || t == DCM_RetrieveAETitle || t == DCM_SOPClassesInStudy;
}

/* The level an attribute belongs to, for a PACS that keeps to the hierarchy. */
static int level_of(const DcmTagKey &t)
{
	static const std::set<DcmTagKey> of_study = {
		DCM_StudyDate, DCM_StudyTime, DCM_AccessionNumber, DCM_StudyID, DCM_StudyInstanceUID,
		DCM_StudyDescription, DCM_ReferringPhysicianName, DCM_ModalitiesInStudy, DCM_SOPClassesInStudy,
		DCM_NameOfPhysiciansReadingStudy, DCM_AdmittingDiagnosesDescription, DCM_PatientAge,
		DCM_NumberOfStudyRelatedSeries, DCM_NumberOfStudyRelatedInstances, DCM_InstanceAvailability,
		DCM_RetrieveAETitle, DCM_TimezoneOffsetFromUTC,
	}, of_series = {
		DCM_Modality, DCM_SeriesDate, DCM_SeriesTime, DCM_SeriesNumber, DCM_SeriesInstanceUID,
		DCM_SeriesDescription, DCM_BodyPartExamined, DCM_Laterality, DCM_ProtocolName, DCM_OperatorsName,
		DCM_PerformingPhysicianName, DCM_StationName, DCM_Manufacturer, DCM_ManufacturerModelName,
		DCM_InstitutionName, DCM_InstitutionalDepartmentName, DCM_PerformedProcedureStepStartDate,
		DCM_PerformedProcedureStepStartTime, DCM_NumberOfSeriesRelatedInstances,
	};

	if (of_study.count(t))
		return LEVEL_STUDY;
	if (of_series.count(t))
		return LEVEL_SERIES;
	return t.getGroup() == 0x0010 || is_counter(t) ? LEVEL_PATIENT : LEVEL_IMAGE;
}

static std::set<DcmTagKey> named_tags(const search &f, const char *rule_name)
{
	std::set<DcmTagKey> tags;

	for (const rule *r : f.s->sc->all(rule_name, f.at))
		for (const std::string &word : r->words) {
			DcmTag tag;

			if (DcmTag::findTagFromName(word.c_str(), tag).good())
				tags.insert(tag);
		}
	return tags;
}

static void read_keys(search *f)
{
	std::string charset = identifier_value(f->rq.identifier, DCM_SpecificCharacterSet);
	bool hierarchical = f->s->sc->has("find-hierarchical", f->at);

	f->ignored = named_tags(*f, "find-ignore");
	f->omitted = named_tags(*f, "find-omit");
	for (DcmObject *o = f->rq.identifier->nextInContainer(nullptr); o; o = f->rq.identifier->nextInContainer(o)) {
		DcmTagKey t = o->getTag().getXTag();

		if (t == DCM_QueryRetrieveLevel || t == DCM_SpecificCharacterSet || o->ident() == EVR_SQ ||
		    t.getElement() == 0)
			continue;
		if (hierarchical && level_of(t) > f->rq.level)
			continue;
		f->keys.push_back({ o->getTag(), { identifier_value(f->rq.identifier, t), charset } });
	}
}

static void count_instance(search *f, const instance &i)
{
	for (totals *t : { &f->patients[i.patient], &f->studies[identity(i, LEVEL_STUDY)], &f->series[identity(i, LEVEL_SERIES)] }) {
		t->instances++;
		t->studies.insert(i.study);
		t->series.insert(i.series);
		t->modalities.insert(trimmed(i.value(DCM_Modality)));
		t->classes.insert(i.sop_class);
	}
}

static void count(search *f)
{
	for (const auto &i : f->s->st->instances)
		count_instance(f, *i);
}

static std::string joined(const std::set<std::string> &words)
{
	std::string out;

	for (const std::string &w : words)
		if (!w.empty())
			out += (out.empty() ? "" : "\\") + w;
	return out;
}

static bool matches(search *f, const instance &i)
{
	bool exact = f->s->sc->has("find-case-sensitive", f->at);

	for (const key &k : f->keys) {
		DcmTagKey t = k.tag.getXTag();
		match_text stored = { "", i.value(DCM_SpecificCharacterSet) };

		if (k.want.value.empty() || f->ignored.count(t) || is_counter(t))
			continue;
		stored.value = t == DCM_ModalitiesInStudy ? joined(f->studies[identity(i, LEVEL_STUDY)].modalities) : i.value(t);
		if (!match_value(k.tag.getEVR(), k.want, stored, exact))
			return false;
	}
	return true;
}

/* A generated study is counted while it is looked at, and then forgotten. */
static void forget_counts(search *f, const instance &i)
{
	f->patients.erase(i.patient);
	f->studies.erase(identity(i, LEVEL_STUDY));
	f->series.erase(identity(i, LEVEL_SERIES));
}

/* With find-grow, the last studies come in one after the other: so many with each query, so many times. */
static long visible(search *f)
{
	const rule *grow = f->s->sc->find("find-grow", { METHOD_NONE, f->s->calling, LEVEL_UNKNOWN });
	long all = f->generated->number(0);

	return grow ? all - grow->number(0) * std::max(grow->number(1) - shared->rule_count[grow->id]++, 0L) : all;
}

static void collect_generated(search *f)
{
	bool ignores_date = f->ignored.count(DCM_StudyDate), all_match = true;
	std::string dates = ignores_date ? "" : identifier_value(f->rq.identifier, DCM_StudyDate);
	long first, end;

	for (const key &k : f->keys)
		all_match = all_match && (k.want.value.empty() || k.tag.getXTag() == DCM_StudyDate);
	generate_between(f->generated, dates, &first, &end);
	end = std::min(end, visible(f));
	for (long n = first; n < end; n++) {
		if (!all_match) {
			std::shared_ptr<const instance> i = generate_study(f->generated, n);
			bool fits;

			count_instance(f, *i);
			fits = matches(f, *i);
			forget_counts(f, *i);
			if (!fits)
				continue;
		}
		f->rows.push_back({ nullptr, n, "" });
	}
}

static void collect(search *f)
{
	std::set<std::string> known;

	count(f);
	for (const auto &i : f->s->st->instances)
		if (!known.count(identity(*i, f->rq.level)) && matches(f, *i)) {
			known.insert(identity(*i, f->rq.level));
			f->rows.push_back({ i.get(), 0, "" });
		}
	if (f->generated && f->rq.level == LEVEL_STUDY)
		collect_generated(f);
}

/* As they lie there, which for generated ones is by date, unless the rule says otherwise. */
static void arrange(search *f)
{
	const rule *r = f->s->sc->find("find-order", f->at);

	if (r && r->words[0] == "reverse")
		std::reverse(f->rows.begin(), f->rows.end());
	else if (r)
		std::shuffle(f->rows.begin(), f->rows.end(), std::minstd_rand(1));
}

static std::string availability(const search &f, const instance &i)
{
	situation any = f.at;

	for (const rule *r : f.s->sc->all("find-nearline", f.at))
		if (r->words[0] == i.study)
			return r->words.size() > 1 ? r->words[1] : "NEARLINE";
	any.method = METHOD_NONE;
	for (const rule *r : f.s->sc->all("nearline", any)) {
		long since = shared->rule_since[r->id];

		if (r->words[0] == i.study && (!since || now_ms() < since + r->ms(1)))
			return "NEARLINE";
	}
	return "ONLINE";
}

static std::string answer(search *f, const row &r, const DcmTagKey &t)
{
	const instance &i = *r.what;
	const rule *lie = f->s->sc->find("find-lie-count", f->at);
	long delta = lie ? lie->number(0) : 0;

	if (t == DCM_NumberOfStudyRelatedInstances)
		return std::to_string(f->studies[identity(i, LEVEL_STUDY)].instances + delta);
	if (t == DCM_NumberOfStudyRelatedSeries)
		return std::to_string(f->studies[identity(i, LEVEL_STUDY)].series.size());
	if (t == DCM_NumberOfSeriesRelatedInstances)
		return std::to_string(f->series[identity(i, LEVEL_SERIES)].instances + delta);
	if (t == DCM_NumberOfPatientRelatedStudies)
		return std::to_string(f->patients[i.patient].studies.size());
	if (t == DCM_NumberOfPatientRelatedSeries)
		return std::to_string(f->patients[i.patient].series.size());
	if (t == DCM_NumberOfPatientRelatedInstances)
		return std::to_string(f->patients[i.patient].instances + delta);
	if (t == DCM_ModalitiesInStudy)
		return joined(f->studies[identity(i, LEVEL_STUDY)].modalities);
	if (t == DCM_SOPClassesInStudy)
		return joined(f->studies[identity(i, LEVEL_STUDY)].classes);
	if (t == DCM_InstanceAvailability)
		return availability(*f, i);
	if (t == DCM_RetrieveAETitle)
		return f->s->called;
	if (t == DCM_StudyInstanceUID && !r.invented.empty())
		return r.invented;
	return i.value(t);
}

static void put_charset(search *f, const row &r, DcmDataset *ds)
{
	const rule *charset = f->s->sc->find("find-charset", f->at);
	std::string stored = r.what->value(DCM_SpecificCharacterSet);

	if (charset && charset->words[0] == "none")
		return;
	if (charset)
		ds->putAndInsertString(DCM_SpecificCharacterSet, charset->rest(0).c_str());
	else if (!stored.empty() || f->rq.identifier->tagExists(DCM_SpecificCharacterSet))
		ds->putAndInsertString(DCM_SpecificCharacterSet, stored.c_str());
}

static void fill(search *f, const row &r, DcmDataset *ds)
{
	bool pad = f->s->sc->has("find-pad-uids", f->at);

	if (!f->omitted.count(DCM_SpecificCharacterSet))
		put_charset(f, r, ds);
	if (!f->omitted.count(DCM_QueryRetrieveLevel))
		ds->putAndInsertString(DCM_QueryRetrieveLevel, level_name(f->rq.level));
	for (const key &k : f->keys) {
		DcmTagKey t = k.tag.getXTag();
		std::string value;

		if (f->omitted.count(t))
			continue;
		value = answer(f, r, t);
		if (pad && k.tag.getEVR() == EVR_UI && !value.empty())
			value += ' ';
		if (value.empty() || ds->putAndInsertString(k.tag, value.c_str()).bad())
			ds->insertEmptyElement(k.tag);
	}
}

static bool refused(search *f, unsigned status, const std::string &comment = "")
{
	f->final = status;
	f->comment = comment;
	return true;
}

/* Everything that ends a query before anything is looked up. */
static bool refuse(search *f)
{
	const scenario *sc = f->s->sc;
	DcmDataset *id = f->rq.identifier;
	std::string study = identifier_value(id, DCM_StudyInstanceUID);
	std::string series = identifier_value(id, DCM_SeriesInstanceUID);
	auto single = [](const std::string &uid) { return !uid.empty() && uid.find('\\') == std::string::npos; };

	if (const rule *r = sc->find("find-first-fails", f->at))
		if (r->first(r->number(0)))
			return refused(f, r->status(1));
	if (const rule *r = sc->find("find-refuse", f->at))
		if (r->take())
			return refused(f, r->status(0), r->rest(1));
	if (!model_allows(f->rq.model, f->rq.level))
		return refused(f, 0xa900, "level missing or not of this model");
	for (const rule *r : sc->all("find-level-refuse", f->at))
		if (level_parse(r->words[0]) == f->rq.level && r->take())
			return refused(f, r->status(1));
	if (f->rq.level == LEVEL_IMAGE && sc->has("find-image-needs-parents", f->at) &&
	    !(single(study) && single(series)))
		return refused(f, 0xc000, "unique keys of the levels above are missing");
	if (f->rq.level == LEVEL_SERIES && sc->has("find-series-needs-parents", f->at) && !single(study))
		return refused(f, 0xc000, "unique keys of the levels above are missing");
	if (const rule *r = sc->find("find-no-lists", f->at))
		for (const key &k : f->keys)
			if (match_is_list(k.tag.getEVR(), k.want.value) && r->take())
				return refused(f, r->words.empty() ? 0xa900 : r->status(0));
	if (const rule *r = sc->find("find-require-date", f->at))
		if (f->rq.level <= LEVEL_STUDY && study.empty() && identifier_value(id, DCM_StudyDate).empty() &&
		    r->take())
			return r->words[0] == "empty" ? refused(f, 0x0000)
			     : refused(f, r->words.size() > 1 ? r->status(1) : 0xa900, "Study Date is required");
	return false;
}

static void cap(search *f)
{
	const rule *r = f->s->sc->find("find-cap", f->at);

	if (!r || (long)f->rows.size() <= r->number(0) || !r->take())
		return;
	log_event("fault find-cap %s of %zu", r->rest(0).c_str(), f->rows.size());
	f->rows.resize(r->words[1].find("-norows") == std::string::npos ? (size_t)r->number(0) : 0);
	if (r->words[1] != "silent")
		status_parse(r->words[1].substr(0, r->words[1].find('-')), &f->final);
}

/* What happens when so many rows have been sent. */
static enum outcome mishap(search *f, long sent)
{
	for (const rule *r : f->s->sc->all("find-stall-after", f->at))
		if (r->number(0) == sent && r->take()) {
			log_event("fault find-stall-after %ld", sent);
			if (!wire_wait(f->s->assoc, r->ms(1)))
				return PEER_GONE;
		}
	for (const rule *r : f->s->sc->all("find-abort-after", f->at))
		if (r->number(0) == sent && r->take()) {
			log_event("fault find-abort-after %ld", sent);
			return DO_ABORT;
		}
	for (const rule *r : f->s->sc->all("find-close-after", f->at))
		if (r->number(0) == sent && r->take()) {
			log_event("fault find-close-after %ld", sent);
			return DO_CLOSE;
		}
	return GO_ON;
}

/* One answer of private elements, 16,000 bytes each, until the peer has had enough or so many megabytes are out. */
static enum outcome send_endless_answer(search *f, const rule *r)
{
	const std::string filler(16000, 'x');
	const bool is_explicit = f->rq.xfer != EXS_LittleEndianImplicit;
	const long most = r->words.empty() ? 0 : r->number(0) * 1000000;
	command c = response(0x8020, f->rq.sop_class, f->rq.message_id, true, 0xff00);
	std::string head = c.bytes();
	long sent = 0;

	log_event("fault find-endless-answer");
	if (wire_send(f->s->assoc, f->rq.context, false, head.data(), head.size()).bad())
		return PEER_GONE;
	for (unsigned group = 0x0021; group < 0xff00; group += 2)
		for (unsigned element = 0x1000; element < 0xffff; element++) {
			std::string bytes = element_head(group, element, filler.size(), is_explicit) + filler;
			bool last = most && (sent += (long)bytes.size()) >= most;

			if (wire_send(f->s->assoc, f->rq.context, true, bytes.data(), bytes.size(), last).bad())
				return PEER_GONE;
			if (last)
				return GO_ON;
		}
	return PEER_GONE;
}

/* The answer to one match, of a study that lies there or one that is made up now. */
static void fill_row(search *f, const row &r, DcmDataset *ds)
{
	std::shared_ptr<const instance> i;

	if (r.what) {
		fill(f, r, ds);
		return;
	}
	i = generate_study(f->generated, r.number);
	count_instance(f, *i);
	fill(f, { i.get(), r.number, r.invented }, ds);
	forget_counts(f, *i);
}

static enum outcome send_row(search *f, const row &r, long *sent)
{
	const rule *pending = f->s->sc->find("find-pending", f->at);
	const rule *delay = f->s->sc->find("find-row-delay", f->at);
	int copies = f->s->sc->has("find-duplicate-rows", f->at) ? 2 : 1;
	DcmDataset ds;

	fill_row(f, r, &ds);
	while (copies--) {
		command c = response(0x8020, f->rq.sop_class, f->rq.message_id, true,
				     pending ? pending->status(0) : 0xff00);
		enum outcome o;

		if (delay && !wire_wait(f->s->assoc, delay->number(0)))
			return PEER_GONE;
		if (wire_message(f->s->assoc, f->rq.context, c, &ds, f->rq.xfer).bad())
			return PEER_GONE;
		if ((o = mishap(f, ++*sent)) != GO_ON)
			return o;
	}
	return GO_ON;
}

/* Sends the rows; once, or again and again for a query without end. */
static enum outcome send_rows(search *f, long *sent, bool *ret_cancelled)
{
	const rule *endless = f->s->sc->find("find-endless", f->at), *answer = f->s->sc->find("find-endless-answer", f->at);
	enum outcome o = mishap(f, 0);

	if (o == GO_ON && answer && answer->take())
		o = send_endless_answer(f, answer);

	bool turning = endless && !f->rows.empty() && endless->take();

	do {
		for (row r : f->rows) {
			if (o != GO_ON)
				return o;
			if (turning && !endless->words.empty())
				r.invented = (r.what ? r.what->study : "1.2.826.0.1.3680043.10.1338.77").substr(0, 48) + "." + std::to_string(*sent);
			o = send_row(f, r, sent);
			if (o == GO_ON && session_cancelled(f->s, f->rq)) {
				*ret_cancelled = !f->s->gone;
				return f->s->gone ? PEER_GONE : GO_ON;
			}
		}
	} while (turning && o == GO_ON && wire_wait(f->s->assoc, 1));
	return turning && o == GO_ON ? PEER_GONE : o;
}

static enum outcome send_final(search *f)
{
	command c = response(0x8020, f->rq.sop_class, f->rq.message_id, false, f->final);

	if (!f->comment.empty())
		c.text(0x0902, f->comment.substr(0, 64), ' ');
	return wire_message(f->s->assoc, f->rq.context, c, nullptr, f->rq.xfer).good() ? GO_ON : PEER_GONE;
}

enum outcome find_serve(struct session *s, const struct request &rq)
{
	static const char *const ends[] = { "", "aborted", "closed", "gone" };
	search f = { s, rq, { METHOD_NONE, s->calling, rq.level }, {}, {}, {}, {}, {}, {}, {},
		     s->sc->find("find-generate", { METHOD_NONE, s->calling, LEVEL_UNKNOWN }), 0x0000, "" };
	std::string shown = identifier_shown(rq.identifier);
	enum outcome o = GO_ON;
	bool cancelled = false;
	char final[16];
	long sent = 0;

	read_keys(&f);
	if (!refuse(&f)) {
		collect(&f);
		arrange(&f);
		if (const rule *r = s->sc->find("find-final", f.at)) {
			f.final = r->status(0);
			f.comment = r->rest(1);
			r->take();
		}
		cap(&f);
		o = send_rows(&f, &sent, &cancelled);
		if (cancelled) {
			f.final = 0xfe00;
			f.comment.clear();
		}
	}
	/* Logged first: who has the final response may look at once. */
	snprintf(final, sizeof final, "0x%04x", f.final);
	log_event("find %s %s rows %ld final %s %s", level_name(rq.level), model_name(rq.model), sent,
		  o == GO_ON ? final : ends[o], shown.c_str());
	return o == GO_ON ? send_final(&f) : o;
}
