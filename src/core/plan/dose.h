/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which series and objects of a study are worth having.  Pure: it is told what the PACS answered at the levels of series and images,
 * and says what to take, what to leave, or which lists it needs first.
 *
 * The dose rules take a study as the first that applies of MG, DX (DX or CR), FL (XA or RF) and CT among those asked for:
 *
 *	MG, DX	the series that hold a Radiation Dose SR; else the images
 *	FL	the Radiation Dose SR; else an Enhanced SR; else nothing
 *	CT	the Radiation Dose SR; else an Enhanced SR; else the series described "dose info"; else, where the PACS returns no
 *		descriptions at all, the series of five objects or fewer; else nothing
 *	SR	studies that consist of SR alone: as FL */
#pragma once

#include "core/plan/plan.h"

#define DOSE_MG 1u
#define DOSE_DX 2u
#define DOSE_FL 4u
#define DOSE_CT 8u
#define DOSE_SR 16u
#define DOSE_IMAGING (DOSE_MG | DOSE_DX | DOSE_FL | DOSE_CT)

struct dose_rules {
	bool dose;
	unsigned kinds;			/* SELECT_..., of the dose rules */
	bool empty_sr;			/* without another dose report: SR series of which the PACS lists no object, or no SOP class */
	/* Free conditions, comma-separated, each NULL = any: series must meet the first two, objects the third. */
	const char *series_modality;
	const char *series_description;	/* contains one of the words, in any case */
	const char *sop_class;
};
bool dose_wants(const struct dose_rules *);		/* is there anything to select by? */
/* The kinds of a list of modalities ("CT,DX"); "" or NULL = all but SR.  ERR_USAGE for a modality of none. */
int dose_kinds_parse(const char *modalities, unsigned *ret_kinds, struct err *);
/* Does a study with these modalities (ModalitiesInStudy) belong to the kind of this modality? */
bool dose_is_kind(const char *modality, const char *modalities);
/* The modalities of the kinds, comma-separated: "MG,DX,CR". */
void dose_modalities(unsigned kinds, char out[40]);

enum dose_list { LIST_UNKNOWN, LIST_KNOWN, LIST_EMPTY };	/* of a series: not asked, the objects, none were listed */

struct dose_series {
	char *uid, *modality, *description;
	int count;			/* objects as the PACS counts them, -1 unknown */
	enum dose_list list;
	struct wanted_list objects;
	bool ask;			/* out: its objects must be listed */
	bool kept;			/* out */
	const char *classes;		/* out: of it only objects of these SOP classes; NULL = all */
};

struct dose_study {
	const char *modalities;		/* ModalitiesInStudy as answered, "" = not */
	struct dose_series *series;
	size_t count, room;
};

void dose_study_done(struct dose_study *);
struct dose_series *dose_add(struct dose_study *, const char *uid, const char *modality, const char *description, int count);

enum selected { DOSE_ASK, DOSE_TAKE, DOSE_LEAVE };

/* True when ModalitiesInStudy, as far as answered, leaves the dose rules nothing: no series need be listed. */
bool dose_is_none(const struct dose_rules *, const char *modalities, char *why, size_t room);
/* DOSE_ASK: the series marked ask must be listed, then it is to be called again.  why: what was taken or why nothing was,
 * without patient data. */
enum selected dose_decide(const struct dose_rules *, struct dose_study *, char *why, size_t room);
/* After DOSE_TAKE: what the plan asks for, with its expected number of objects. */
void dose_apply(const struct dose_rules *, const struct dose_study *, struct plan_study *);
