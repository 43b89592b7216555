/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/proof.h"

#include "base/mem.h"

#define AGAIN_MAX 2			/* requests for the sake of the proof, when the first breaks off */

/* ---- what agrees ---- */

/* A count and a list that come from the same answers are one witness. */
static bool count_agrees(const struct evidence *e)
{
	return e->count == e->here && !(e->list != PROOF_LIST_NONE && e->same_answers);
}

static bool counters_agree(const struct evidence *e)
{
	return e->claimed == e->here;
}

static bool anything_agrees(const struct evidence *e)
{
	return count_agrees(e) || counters_agree(e) || e->transfer == PROOF_TRANSFER_WELL;
}

/* What is here came from a transfer that did not end, of this run or the last. */
static bool broke(const struct evidence *e)
{
	return e->transfer == PROOF_TRANSFER_BROKE || (e->transfer == PROOF_TRANSFER_NONE && e->past == PROOF_PAST_UNFINISHED);
}

/* Two different questions that agree outweigh one count. */
static bool count_is_refuted(const struct evidence *e)
{
	if (e->unlisted || e->list == PROOF_LIST_NONE || e->list == PROOF_LIST_DOUBTFUL)
		return false;
	return e->list != PROOF_LIST_PLAIN || e->transfer == PROOF_TRANSFER_WELL;
}

/* ---- what speaks of missing objects ---- */

static enum proof_against missing_by(const struct evidence *e)
{
	if (e->lacking > 0)
		return AGAINST_LACKING;
	if (e->list == PROOF_LIST_NAMED)
		return AGAINST_NOTHING;
	if (e->named > 0 && e->list == PROOF_LIST_NONE)
		return AGAINST_NAMED;
	if (e->count > e->here && !count_is_refuted(e))
		return AGAINST_COUNT;
	if (e->claimed > e->here)
		return AGAINST_COUNTERS;
	if (e->short_together && !anything_agrees(e))
		return AGAINST_TOGETHER;
	return AGAINST_NOTHING;
}

/* ---- verdicts, where nothing does ---- */

static struct proof judge_doubtful(const struct evidence *e)
{
	if (counters_agree(e) || e->transfer == PROOF_TRANSFER_WELL || (count_agrees(e) && !broke(e)))
		return (struct proof){ VERDICT_COMPLETE, AGAINST_NOTHING };
	if (count_agrees(e))
		return (struct proof){ VERDICT_COMPLETE_BY_COUNT, AGAINST_LIMIT };
	if (broke(e))
		return (struct proof){ VERDICT_INCOMPLETE, AGAINST_ENDING };
	if (e->past == PROOF_PAST_COMPLETE)
		return (struct proof){ VERDICT_COMPLETE, AGAINST_NOTHING };
	return (struct proof){ VERDICT_UNVERIFIED, AGAINST_LIMIT };
}

static struct proof judge_list(const struct evidence *e)
{
	if (e->list == PROOF_LIST_NAMED)
		return (struct proof){ VERDICT_COMPLETE, AGAINST_NOTHING };
	if (e->list == PROOF_LIST_DOUBTFUL)
		return judge_doubtful(e);
	if (e->list == PROOF_LIST_PLAIN && broke(e) && !anything_agrees(e))
		return (struct proof){ VERDICT_INCOMPLETE, AGAINST_ENDING };
	return (struct proof){ VERDICT_COMPLETE, AGAINST_NOTHING };
}

/* Objects came that are not on the list. */
static struct proof judge_cut_list(const struct evidence *e)
{
	if (count_agrees(e))
		return (struct proof){ VERDICT_COMPLETE_BY_COUNT, AGAINST_UNLISTED };
	if (anything_agrees(e))
		return (struct proof){ VERDICT_UNVERIFIED, AGAINST_UNLISTED };
	return (struct proof){ VERDICT_INCOMPLETE, AGAINST_ENDING };
}

static struct proof judge_no_list(const struct evidence *e)
{
	bool well = counters_agree(e) || e->transfer == PROOF_TRANSFER_WELL;

	if (!well && (broke(e) || !count_agrees(e)))
		return (struct proof){ VERDICT_INCOMPLETE, AGAINST_ENDING };
	if (!well && e->past == PROOF_PAST_BAD)
		return (struct proof){ VERDICT_INCOMPLETE, AGAINST_PAST };
	if (count_agrees(e))
		return (struct proof){ VERDICT_COMPLETE_BY_COUNT, AGAINST_NO_LIST };
	return (struct proof){ VERDICT_UNVERIFIED, e->count >= 0 ? AGAINST_LOW_COUNT : AGAINST_NO_LIST };
}

struct proof proof_judge(const struct evidence *e)
{
	enum proof_against missing = missing_by(e);

	if (missing)
		return (struct proof){ VERDICT_INCOMPLETE, missing };
	if (e->list == PROOF_LIST_NONE)
		return judge_no_list(e);
	return e->unlisted ? judge_cut_list(e) : judge_list(e);
}

/* ---- what to do about it ---- */

bool proof_is_worth_a_request(const struct evidence *e)
{
	const struct proof proof = proof_judge(e);
	int most = e->transfer == PROOF_TRANSFER_BROKE ? AGAIN_MAX : 1;

	if (proof.verdict == VERDICT_COMPLETE || proof.against == AGAINST_LACKING || e->asked_again >= most)
		return false;
	/* It would bring the same once more. */
	if (e->transfer == PROOF_TRANSFER_WELL)
		return false;
	if (proof.verdict == VERDICT_COMPLETE_BY_COUNT)
		return proof.against == AGAINST_LIMIT && e->asked_again == 0;
	return proof.verdict == VERDICT_INCOMPLETE || proof.against == AGAINST_LIMIT;
}

char *proof_words(const struct evidence *e, enum proof_against against)
{
	switch (against) {
	case AGAINST_NAMED:
		return mem_printf("%d objects that the PACS listed, in an answer that could not be believed, are missing", e->named);
	case AGAINST_COUNT:
		return mem_printf("the PACS counts %d objects, and %s no more than %d", e->count,
				  e->list == PROOF_LIST_NONE ? "sends" : "lists and sends", e->here);
	case AGAINST_COUNTERS:
		return mem_printf("the PACS counts %d objects when it sends them, and %d are here", e->claimed, e->here);
	case AGAINST_TOGETHER:
		return mem_str("a request for several studies brought fewer objects than the PACS counted as sent");
	case AGAINST_ENDING:
		return mem_printf("%d objects are here, but no request for the whole study ended well, and the PACS does not tell how many it has",
				  e->here);
	case AGAINST_PAST:
		return mem_str("an earlier run called as many objects incomplete, and nothing has come since");
	case AGAINST_UNLISTED:
		return mem_printf("%d objects came that are not on the PACS's list, which it cut", e->unlisted);
	case AGAINST_LIMIT:
		return mem_printf("the PACS lists %d objects, a number that may be its limit, and nothing else confirms it", e->here);
	case AGAINST_LOW_COUNT:
		return mem_printf("the PACS counts %d objects, sent %d, and lists none", e->count, e->here);
	case AGAINST_NO_LIST:
		return mem_str("the PACS lists no objects of it");
	case AGAINST_NOTHING:
	case AGAINST_LACKING:
		break;
	}
	return NULL;
}
