/* SPDX-License-Identifier: GPL-3.0-or-later */
/* findscu: C-FIND.  Keys travel in query files (ps shows arguments to everyone); answers are taken as files (-X) in a
 * private folder, never from the log; their number must equal that of the last pending response. */
#pragma once

#include <stdbool.h>

#include "wrappers/dcmtk.h"

/* query_paths: one C-FIND each, on one association.  answers_dir: empty folder, also the working folder. */
struct command *findscu_command(const struct dcmtk *, const struct peer *, const char *const *query_paths, size_t count,
				const char *answers_dir);
/* The name of an answer by its number, from 1 on; and back: "rsp0012.dcm" -> 12, 0 when it is no answer. */
#define FINDSCU_ANSWER "rsp%04d.dcm"
int findscu_answer_number(const char *name);
