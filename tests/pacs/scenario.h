/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scenario file: one rule a line, words separated by blanks.  Everything that is wrong with it is found when it is
 * read, so that the code that acts on a rule can trust its words. */

#ifndef BADPACS_SCENARIO_H
#define BADPACS_SCENARIO_H

#include <string>
#include <vector>

enum method { METHOD_NONE = 0, METHOD_GET = 1, METHOD_MOVE = 2 };

enum level { LEVEL_PATIENT, LEVEL_STUDY, LEVEL_SERIES, LEVEL_IMAGE, LEVEL_UNKNOWN };

struct rule {
	std::string name;			/* without retrieve-, get-, move- */
	unsigned methods = 0;			/* of a retrieval rule, else 0 */
	std::vector<std::string> words;
	std::string calling;			/* for AET; empty = anyone */
	std::string study;			/* study UID; empty = any */
	int level = LEVEL_UNKNOWN;		/* level LEVEL; unknown = any */
	long times = -1;			/* times N, over all associations; -1 = always */
	int id = 0;				/* its counter in the shared page */

	long number(size_t i) const;		/* words that were checked when read */
	unsigned status(size_t i) const;
	long ms(size_t i) const;
	std::string rest(size_t from) const;	/* the words from there on, with a blank between */

	bool spent() const;			/* took its `times' already */
	bool take() const;			/* counts one; false when spent */
	bool first(long n) const;		/* counts one; was it among the first n? */
};

/* What a question is about, to be compared with the suffixes of a rule.  Empty and unknown match everything. */
struct situation {
	unsigned method = METHOD_NONE;
	std::string calling;
	int level = LEVEL_UNKNOWN;
};

struct scenario {
	std::string folder;			/* of the file, for paths named in it */
	std::vector<rule> rules;

	bool read(const char *path, std::string *ret_error);
	std::vector<const rule *> all(const char *name, const situation &) const;
	const rule *find(const char *name, const situation &) const;	/* the first that is not spent */
	bool has(const char *name, const situation &s) const { return find(name, s) != nullptr; }
};

int level_parse(const std::string &word);		/* LEVEL_UNKNOWN if it is none */
const char *level_name(int level);
bool status_parse(const std::string &word, unsigned *ret_status);

#endif
