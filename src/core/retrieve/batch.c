/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/retrieve/batch.h"

#include "dicom/query.h"

#define BATCH_OBJECTS 500		/* objects in one request for several studies */
#define BATCH_STUDY_OBJECTS 100		/* a study larger than that travels alone */

static bool size_is_known(const struct batch_budget *budget)
{
	return budget->objects > 0 && budget->bytes > 0;
}

/* Objects of the size of those that came. */
static double objects_left(const struct batch_budget *budget)
{
	double left = (double)(budget->max_bytes - budget->bytes);

	return left * (double)budget->objects / (double)budget->bytes - (double)budget->under_way;
}

/* Before the size of an object is known, one study goes alone. */
static long long objects_within(const struct batch_budget *budget)
{
	double left;

	if (!budget->max_bytes)
		return BATCH_OBJECTS;
	if (!size_is_known(budget))
		return 0;
	left = objects_left(budget);
	return left < BATCH_OBJECTS ? (long long)left : BATCH_OBJECTS;
}

bool batch_waits(const struct batch_budget *budget)
{
	if (!budget->max_bytes)
		return false;
	if (budget->bytes >= budget->max_bytes)
		return true;
	if (!budget->under_way)
		return false;
	return !size_is_known(budget) || objects_left(budget) < 1;
}

void batch_begin(struct batch_draft *draft, const struct batch_budget *budget)
{
	*draft = (struct batch_draft){ .most = QUERY_LIST_UIDS_MAX, .objects_max = objects_within(budget) };
}

static bool travels(const struct batch_candidate *c)
{
	return !c->part && !c->slow && c->most > 1 && c->expected >= 0 && c->expected <= BATCH_STUDY_OBJECTS;
}

bool batch_fits(const struct batch_draft *draft, const struct batch_candidate *c)
{
	const struct batch_candidate *first = &draft->first;

	if (!draft->count)
		return true;
	if (!travels(c) || first->way.method != c->way.method || first->way.syntax != c->way.syntax || first->company != c->company)
		return false;
	return draft->objects + c->expected <= draft->objects_max;
}

void batch_add(struct batch_draft *draft, const struct batch_candidate *c)
{
	if (!draft->count)
		draft->first = *c;
	draft->count++;
	draft->objects += c->expected;
	if (!travels(c))
		draft->most = 1;
	else if (c->most < draft->most)
		draft->most = c->most;
}

bool batch_full(const struct batch_draft *draft)
{
	return draft->count >= draft->most;
}

size_t batch_count(const struct batch_draft *draft)
{
	return draft->count < draft->most ? draft->count : draft->most;
}
