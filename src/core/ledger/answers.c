/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/ledger/answers.h"

#include "base/clock.h"
#include "core/ledger/sql.h"

int ledger_answer_put(struct ledger *l, const char *batch, const char *question, const char *answer, struct err *e)
{
	return ledger_run(l, SQL_ANSWER_PUT, CELLS(TEXT(batch), TEXT(question), TEXT(answer), NUM(clock_wall())), e);
}

char *ledger_answer(struct ledger *l, const char *batch, const char *question)
{
	struct err ignored = { ERR_NONE, "" };

	return ledger_first_text(l, SQL_ANSWER, CELLS(TEXT(batch), TEXT(question), NUM(clock_wall() - ANSWER_MAX_AGE_S)), &ignored);
}

int ledger_answers_drop(struct ledger *l, const char *batch, struct err *e)
{
	return ledger_run(l, SQL_ANSWERS_DROP, CELLS(TEXT(batch), NUM(clock_wall() - ANSWER_MAX_AGE_S)), e);
}
