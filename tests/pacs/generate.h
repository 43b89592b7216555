/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Studies that exist only as answers to queries, so that an archive of a million needs no million files.  They are spread over days and
 * hours as those of a hospital are, and are always the same. */

#ifndef BADPACS_GENERATE_H
#define BADPACS_GENERATE_H

#include <memory>

#include "scenario.h"
#include "store.h"

/* Works out when the studies of all rules were made: before the first fork, which inherits it. */
void generate_prepare(const scenario &);

/* The studies from..until (StudyDate as a key: a day, a range, or empty for all) are numbers *ret_first to *ret_end - 1, by time. */
void generate_between(const rule *, const std::string &dates, long *ret_first, long *ret_end);
std::shared_ptr<const instance> generate_study(const rule *, long number);

#endif
