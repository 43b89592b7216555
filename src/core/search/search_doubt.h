/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Was a long answer all there is?  Many a PACS stops at its limit and reports success.  So an answer that is longer than any that was
 * shown to be whole is asked for once more in two parts, on either side of its middle study: when there was more, one of them brings
 * it.  That is kept for a week, so it costs two requests when a node is new or has grown, and none otherwise. */
#pragma once

#include "core/search/search_course.h"

bool doubt_arises(const struct course *, int rows);

enum doubt_verdict { DOUBT_REFUTED, DOUBT_CONFIRMED, DOUBT_RECHECK, DOUBT_OPEN };
/* All parts are in: they brought so many more studies, and so many ranges among them could not be made whole. */
enum doubt_verdict doubt_settle(int rows, long more, int missed);
