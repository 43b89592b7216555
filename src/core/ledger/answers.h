/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of answers to the lines of a batch that is not asked to its end yet: what was asked before an interruption is not asked
 * again.  They hold patient data, as plans do, and go when the batch has been asked, or are forgotten after a day. */
#pragma once

#include <time.h>

#include "core/ledger/ledger.h"

#define ANSWER_MAX_AGE_S ((time_t)86400)

/* batch: which one, for which node.  question: all that was asked.  answer: any text.  Replaces an older one. */
int ledger_answer_put(struct ledger *, const char *batch, const char *question, const char *answer, struct err *);
/* NULL when there is none, or only one that is too old; yours. */
char *ledger_answer(struct ledger *, const char *batch, const char *question);
/* Those of this batch, and what is too old of any. */
int ledger_answers_drop(struct ledger *, const char *batch, struct err *);
