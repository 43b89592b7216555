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

#include "core/plan.h"

#define SELECT_MG 1u
#define SELECT_DX 2u
#define SELECT_FL 4u
#define SELECT_CT 8u
#define SELECT_SR 16u
#define SELECT_IMAGING (SELECT_MG | SELECT_DX | SELECT_FL | SELECT_CT)

struct select_rules {
	bool dose;
	unsigned kinds;			/* SELECT_..., of the dose rules */
	bool empty_sr;			/* without another dose report: SR series of which the PACS lists no object, or no SOP class */
	/* Free conditions, comma-separated, each NULL = any: series must meet the first two, objects the third. */
	const char *series_modality;
	const char *series_description;	/* contains one of the words, in any case */
	const char *sop_class;
};
bool select_wants(const struct select_rules *);		/* is there anything to select by? */
/* The kinds of a list of modalities ("CT,DX"); "" or NULL = all but SR.  ERR_USAGE for a modality of none. */
int select_kinds_parse(const char *modalities, unsigned *ret_kinds, struct err *);
/* Does a study with these modalities (ModalitiesInStudy) belong to the kind of this modality? */
bool select_is_kind(const char *modality, const char *modalities);
/* The modalities of the kinds, comma-separated: "MG,DX,CR". */
void select_modalities(unsigned kinds, char out[40]);

enum select_list { LIST_UNKNOWN, LIST_KNOWN, LIST_EMPTY };	/* of a series: not asked, the objects, none were listed */

struct select_series {
	char *uid, *modality, *description;
	int count;			/* objects as the PACS counts them, -1 unknown */
	enum select_list list;
	struct wanted_list objects;
	bool ask;			/* out: its objects must be listed */
	bool kept;			/* out */
	const char *classes;		/* out: of it only objects of these SOP classes; NULL = all */
};

struct select_study {
	const char *modalities;		/* ModalitiesInStudy as answered, "" = not */
	struct select_series *series;
	size_t count, room;
};

void select_study_done(struct select_study *);
struct select_series *select_add(struct select_study *, const char *uid, const char *modality, const char *description, int count);

enum selected { SELECT_ASK, SELECT_TAKE, SELECT_LEAVE };

/* True when ModalitiesInStudy, as far as answered, leaves the dose rules nothing: no series need be listed. */
bool select_is_none(const struct select_rules *, const char *modalities, char *why, size_t room);
/* SELECT_ASK: the series marked ask must be listed, then it is to be called again.  why: what was taken or why nothing was,
 * without patient data. */
enum selected select_decide(const struct select_rules *, struct select_study *, char *why, size_t room);
/* After SELECT_TAKE: what the plan asks for, with its expected number of objects. */
void select_apply(const struct select_rules *, const struct select_study *, struct plan_study *);
