/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A range of studies that one query asks for: days, or inside one day seconds, or inside one second a modality. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "dicom/query.h"

enum range_state {
	RANGE_FRESH,		/* nothing is known about it */
	RANGE_DOUBTED,		/* part of a range whose answer may have been cut */
	RANGE_SLICE,		/* part of a range that was cut */
	RANGE_BESIDE,		/* part of a range that was cut, beside the studies that were seen: often empty */
	RANGE_DENSE,		/* rest of a range that was cut: asked in slices from its newer end */
	RANGE_DENSE_CUT,	/* exactly this was cut: the first slice must be less than all of it */
	RANGE_UPWARD,		/* as RANGE_DENSE, from its older end */
	RANGE_UPWARD_CUT,	/* as RANGE_DENSE_CUT, from its older end */
};

struct range {
	int from, until;		/* dates, 0 = open */
	int second, last_second;	/* inside the one day; last_second -1 = the whole day */
	int modality;			/* index + 1; 0 = any */
	enum range_state state;
	int tries;
};

#define DAY_S 86400
#define RANGE_MODALITIES 36

bool range_is_dense(const struct range *);		/* to be asked in slices */
bool range_was_cut(const struct range *);		/* exactly this was cut */
bool range_many_days(const struct range *);
bool range_whole_day(const struct range *);
int range_end_second(const struct range *);
/* Days, or seconds inside one day; 0 = it has no bound. */
int range_length(const struct range *);
/* by_modality: the query names none itself. */
bool range_can_divide(const struct range *, bool by_modality);
/* "20240105 101500-101559 CT": for people; and the same as keys. */
void range_describe(const struct range *, char *out, size_t room);
void range_set_keys(struct query *, const struct range *);
