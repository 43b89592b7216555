/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the lister share. */
#pragma once

#include "core/query/objects.h"
#include "core/search/find.h"

#define FILES_AT_ONCE 50		/* query files on one association */

enum stage { BY_STUDIES, BY_COUNTS, BY_SERIES_LIST, BY_SERIES, BY_STUDY_ITSELF };
enum answers { ANSWERS_STUDIES, ANSWERS_FILES, ANSWERS_STUDY, ANSWERS_SERIES, ANSWERS_NONE };

struct group {
	struct objects *lister;
	struct retrieval **of;
	int *rows;			/* answers for each */
	size_t count;
	struct map *index;		/* Study Instance UID -> &rows[i] */
	enum stage stage;
	bool each;			/* BY_STUDIES: a query file for each */
	bool both;			/* BY_STUDIES: and its series, with a second query file */
	struct find *find;
	int64_t started_ms;
	char **series;			/* Series Instance UIDs of the one study */
	size_t series_count, series_room, series_asked;
	struct map *seen;		/* series that were answered: some PACS answer twice */
	int series_sum;			/* of NumberOfSeriesRelatedInstances, -1 unknown */
	int *sums;			/* BY_COUNTS: the objects of the series of each, -1 unknown */
	bool known;			/* BY_STUDY_ITSELF: it was among the answers */
	bool believed;			/* the study-wide list was whole, if smaller than the count */
	int believed_rows;
	bool stray;			/* answers without a Study Instance UID */
	bool warned;			/* an answer came with a warning: not all keys were used */
	bool cut;			/* the PACS said of an answer that it is not whole */
	struct group *next;
};

struct objects {
	struct session *session;
	const struct peer *peer;
	objects_fn *listed;
	objects_heard_fn *heard;
	void *owner;
	struct group *groups;
	enum answers answers;
	int silent;			/* studies in a row without any list */
	int doubts;			/* groups of query files in a row that were not answered believably */
	int cap;			/* answers at which a list was cut without a word, 0 = none was seen */
	int shown;			/* most rows about one study in one answer */
	int countless;			/* questions in a row for counts that told none */
	int lies;			/* counts in a row that were larger than what each series has */
	int requests;
	bool not_both;			/* two levels on one association are not answered */
	bool stopped;
};

/* Sends what the stage of the group asks for; find_done hears the end. */
int group_ask(struct group *, struct err *);
void group_heard(void *owner, const struct find_result *);
