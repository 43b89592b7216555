/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger's facts about a node, read and used.  A ledger that cannot be written costs knowledge, never a query. */
#include "core/node/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/ledger/facts.h"
#include "dicom/tag.h"
#include "dicom/value.h"

static const struct { const char *what, *words; } fact_words[] = {
	{ FACT_LIST, "lists objects by" },
	{ FACT_LIST_CAP, "cuts lists at" },
	{ FACT_CAP, "cuts answers at" },
	{ FACT_WHOLE, "largest answer seen without truncation" },
	{ FACT_DATE, "needs a date" },
	{ FACT_MODALITY, "modality filter" },
	{ FACT_NAME_CASE, "case of names" },
	{ FACT_WILDCARDS, "wildcards in names" },
	{ FACT_MODALITIES, "returns modalities" },
	{ FACT_COUNTS, "counts objects" },
	{ FACT_AVAILABILITY, "returns availability" },
	{ FACT_CHARSET, "character set" },
	{ FACT_PATIENT_ROOT, "patient root" },
	{ FACT_GET, "C-GET" },
	{ FACT_MOVE, "C-MOVE" },
	{ FACT_ASSOCIATIONS, "associations" },
	{ FACT_WIDTH, "connections" },
	{ FACT_STUDIES, "many studies as" },
	{ FACT_IMAGES, "named objects as" },
	{ FACT_WAYS, "ways of classes" },
	{ FACT_METHOD, "method left" },
	{ FACT_MOVE_LISTS, "several studies by C-MOVE" },
	{ FACT_SENDS, "sends moved objects" },
	{ FACT_STUDY_LEVEL, "study level" },
	{ FACT_SERIES_LEVEL, "series level" },
	{ FACT_PATIENT_LEVEL, "patient level" },
	{ FACT_SERIES_COUNTS, "counts objects of series" },
	{ FACT_CLASS_IN_LIST, "classes in lists" },
	{ FACT_ECHO_MS, "C-ECHO, milliseconds" },
	{ FACT_FETCHED, "fetched by probe" },
	{ FACT_FETCHED_CLASSES, "classes fetched" },
	{ FACT_FETCHED_SYNTAXES, "transfer syntaxes fetched" },
};

const char *facts_words(const char *what)
{
	for (size_t i = 0; i < countof(fact_words); i++)
		if (!strcmp(fact_words[i].what, what))
			return fact_words[i].words;
	return NULL;
}

char *facts_get(struct session *s, const struct peer *peer, const char *what)
{
	char node[300];

	peer_key(peer, node);
	return s->ledger ? ledger_learned(s->ledger, node, what) : NULL;
}

int facts_cap(struct session *s, const struct peer *peer)
{
	auto_free char *text = facts_get(s, peer, FACT_CAP);

	return text ? atoi(text) : 0;
}

/* A PACS is changed, too: what was seen long ago proves nothing. */
static char *this_week(struct session *s, const struct peer *peer, const char *what)
{
	const time_t week = 7 * 86400;
	char node[300];

	peer_key(peer, node);
	return s->ledger ? ledger_learned_since(s->ledger, node, what, clock_wall() - week) : NULL;
}

int facts_whole(struct session *s, const struct peer *peer)
{
	auto_free char *text = this_week(s, peer, FACT_WHOLE);

	return text ? atoi(text) : 0;
}

bool facts_knows_no_availability(struct session *s, const struct peer *peer)
{
	auto_free char *text = this_week(s, peer, FACT_AVAILABILITY);

	return text && !strcmp(text, "no");
}

void facts_learn(struct session *s, const struct peer *peer, const char *what, const char *value)
{
	struct err e = { ERR_NONE, "" };
	char node[300];

	peer_key(peer, node);
	if (s->ledger && ledger_learn(s->ledger, node, what, value, &e) < 0)
		log_error("%s", e.text);
}

static bool is_dated(const struct query *q)
{
	return *dataset_get(&q->keys, TAG_StudyDate) || *dataset_get(&q->keys, TAG_StudyInstanceUID);
}

void facts_needed_dates(struct date_range *dates)
{
	dates->until = date_of(clock_wall());
	dates->from = date_add(dates->until, -FACT_NEEDED_DAYS);
}

static void give_date(struct query *q)
{
	struct date_range dates;
	char text[20];

	facts_needed_dates(&dates);
	date_range_format(&dates, text);
	dataset_text(&q->keys, TAG_StudyDate, text);
	log_warning("this PACS needs a date: the last %d days are asked for (%s); --study-date says otherwise", FACT_NEEDED_DAYS, text);
}

bool facts_steer(struct session *s, const struct peer *peer, struct query *q)
{
	auto_free char *date = facts_get(s, peer, FACT_DATE);
	auto_free char *modality = facts_get(s, peer, FACT_MODALITY);
	auto_free char *names = facts_get(s, peer, FACT_NAME_CASE);

	if (q->level > LEVEL_STUDY)
		return false;
	if (date && strcmp(date, "no") != 0 && !is_dated(q) && !peer->dateless)
		give_date(q);
	if (names && !strcmp(names, "sensitive") && *dataset_get(&q->keys, TAG_PatientName))
		log_warning("this PACS tells capital from small letters in names: what is written otherwise is not found");
	if (!modality || strcmp(modality, "refused") != 0 || !*dataset_get(&q->keys, TAG_ModalitiesInStudy))
		return false;
	dataset_text(&q->keys, TAG_ModalitiesInStudy, "");
	log_verbose("this PACS refuses to be asked for a modality: it is checked here");
	return true;
}
