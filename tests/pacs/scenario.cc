/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario.h"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <strings.h>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "shared.h"

/* The words a rule takes, a letter each:
 *   n number   i number, may be negative   s seconds   x status   l level   m model   w any word
 *   t target: a UID, `all', or `every N'   a the word `as'   c find-cap's style   r error or empty   o one or each
 *   d a day, YYYYMMDD   z reverse or mixed
 *   h the word `fresh'   y `empty' or a status   ? what follows may be missing   * the last letter as often as wanted
 *   k an attribute: its keyword, or gggg,eeee
 * A retrieval rule is written retrieve-NAME, get-NAME or move-NAME. */
struct grammar {
	const char *name;
	const char *words;
	const char *suffixes;	/* f for AET, l level LEVEL, t times N, s study UID */
	unsigned methods;	/* a retrieval rule: of which ones */
};

enum { BOTH = METHOD_GET | METHOD_MOVE };

static const struct grammar grammars[] = {
	/* the association */
	{ "aetitle", "w*", "", 0 },
	{ "calling", "w*", "", 0 },
	{ "max-associations", "n", "f", 0 },
	{ "reject-first", "n", "f", 0 },
	{ "associate-delay", "s", "ft", 0 },
	{ "release-delay", "s", "ft", 0 },
	{ "down-after", "n?s", "", 0 },
	{ "refuse-after-objects", "n", "", 0 },
	{ "nagle", "", "", 0 },
	{ "log-stamps", "", "", 0 },
	{ "destination", "wwn", "", 0 },

	/* queries */
	{ "find-cap", "nc", "flt", 0 },
	{ "find-generate", "ndn", "f", 0 },
	{ "find-grow", "nn", "f", 0 },
	{ "find-order", "z", "fl", 0 },
	{ "find-pending", "x", "fl", 0 },
	{ "find-require-date", "r?x", "flt", 0 },
	{ "find-ignore", "k*", "fl", 0 },
	{ "find-omit", "k*", "fl", 0 },
	{ "find-hierarchical", "", "fl", 0 },
	{ "find-refuse", "x?w*", "flt", 0 },
	{ "find-level-refuse", "lx", "flt", 0 },
	{ "find-first-fails", "nx", "fl", 0 },
	{ "find-image-needs-parents", "", "fl", 0 },
	{ "find-series-needs-parents", "", "fl", 0 },
	{ "find-model-refuse", "m", "f", 0 },
	{ "find-no-lists", "?x", "flt", 0 },
	{ "find-duplicate-rows", "", "fl", 0 },
	{ "find-pad-uids", "", "fl", 0 },
	{ "find-case-sensitive", "", "fl", 0 },
	{ "find-charset", "w*", "fl", 0 },
	{ "find-abort-after", "n", "flt", 0 },
	{ "find-close-after", "n", "flt", 0 },
	{ "find-stall-after", "ns", "flt", 0 },
	{ "find-final", "x?w*", "flt", 0 },
	{ "find-endless", "?h", "flt", 0 },
	{ "find-endless-answer", "?n", "flt", 0 },
	{ "find-nearline", "w?w", "fl", 0 },
	{ "find-row-delay", "n", "fl", 0 },
	{ "find-lie-count", "i", "fl", 0 },

	/* retrievals */
	{ "unsupported", "", "f", BOTH },
	{ "model-refuse", "m", "f", BOTH },
	{ "refuse", "x?w*", "flts", BOTH },
	{ "first-fails", "nx", "fls", BOTH },
	{ "level-refuse", "lx", "flt", BOTH },
	{ "no-lists", "x", "flt", BOTH },
	{ "unknown-fails", "x?w*", "flt", BOTH },
	{ "deny", "wx?w*", "flt", BOTH },
	{ "empty", "", "flts", BOTH },
	{ "empty-first", "n", "fls", BOTH },
	{ "nearline", "ws?y", "fl", BOTH },
	{ "lose", "t*", "flts", BOTH },
	{ "fail", "t*", "flts", BOTH },
	{ "no-counters", "", "fl", BOTH },
	{ "no-pending", "", "fl", BOTH },
	{ "no-failed-list", "", "fl", BOTH },
	{ "success-always", "", "fl", BOTH },
	{ "final", "x?w*", "flts", BOTH },
	{ "stall-first", "s", "flts", BOTH },
	{ "stall-after", "ns", "flts", BOTH },
	{ "abort-after", "n", "flts", BOTH },
	{ "close-after", "n", "flts", BOTH },
	{ "stall-mid", "n?s", "flts", BOTH },
	{ "abort-mid", "n", "flts", BOTH },
	{ "close-mid", "n", "flts", BOTH },
	{ "truncate", "t*", "flts", BOTH },
	{ "duplicate", "?t*", "flts", BOTH },
	{ "foreign", "w", "flts", BOTH },
	{ "uid", "waw", "flt", BOTH },
	{ "uid-inside", "waw", "flt", BOTH },
	{ "object-delay", "n", "fl", BOTH },
	{ "prefer-uncompressed", "", "f", METHOD_GET },
	{ "unknown-destination", "", "fl", METHOD_MOVE },
	{ "lists-decompress", "", "fl", METHOD_MOVE },
	{ "associations", "o", "fl", METHOD_MOVE },
	{ "sub-abort-after", "n", "flts", METHOD_MOVE },
	{ "late", "s?n", "flts", METHOD_MOVE },
};

static const char *const level_names[] = { "PATIENT", "STUDY", "SERIES", "IMAGE" };

int level_parse(const std::string &word)
{
	for (int i = 0; i < LEVEL_UNKNOWN; i++)
		if (word == level_names[i])
			return i;
	return LEVEL_UNKNOWN;
}

const char *level_name(int level)
{
	return level >= 0 && level < LEVEL_UNKNOWN ? level_names[level] : "-";
}

bool status_parse(const std::string &word, unsigned *ret_status)
{
	char *end;
	unsigned long n = strtoul(word.c_str(), &end, 16);

	if (word.empty() || *end || n > 0xffff || word[0] == '-')
		return false;
	*ret_status = (unsigned)n;
	return true;
}

static bool number_parse(const std::string &word, long *ret_number)
{
	char *end;
	long n = strtol(word.c_str(), &end, 10);

	if (word.empty() || *end)
		return false;
	*ret_number = n;
	return true;
}

long rule::number(size_t i) const
{
	return i < words.size() ? atol(words[i].c_str()) : 0;
}

unsigned rule::status(size_t i) const
{
	unsigned n = 0;

	if (i < words.size())
		status_parse(words[i], &n);
	return n;
}

long rule::ms(size_t i) const
{
	long n = 0;

	if (i < words.size())
		seconds_to_ms(words[i], &n);
	return n;
}

std::string rule::rest(size_t from) const
{
	std::string out;

	for (size_t i = from; i < words.size(); i++)
		out += (i > from ? " " : "") + words[i];
	return out;
}

bool rule::spent() const
{
	return times >= 0 && shared->rule_count[id] >= times;
}

bool rule::take() const
{
	return times < 0 || shared->rule_count[id]++ < times;
}

bool rule::first(long n) const
{
	return shared->rule_count[id]++ < n;
}

/* Blanks separate words, "..." holds one with blanks or none at all, # opens a comment. */
static bool split(const std::string &line, std::vector<std::string> *words, std::vector<bool> *quoted)
{
	size_t i = 0;

	while (i < line.size()) {
		std::string word;
		bool quotes = line[i] == '"';

		if (strchr(" \t\r", line[i])) {
			i++;
			continue;
		}
		if (line[i] == '#')
			break;
		if (quotes) {
			size_t end = line.find('"', i + 1);

			if (end == std::string::npos)
				return false;
			word = line.substr(i + 1, end - i - 1);
			i = end + 1;
		} else {
			while (i < line.size() && !strchr(" \t\r", line[i]))
				word += line[i++];
		}
		words->push_back(word);
		quoted->push_back(quotes);
	}
	return true;
}

/* Takes one suffix into the rule; false when its value is none. */
static bool take_suffix(char which, const std::string &value, rule *r)
{
	switch (which) {
	case 'f': r->calling = value; return true;
	case 's': r->study = value; return true;
	case 'l': return (r->level = level_parse(value)) != LEVEL_UNKNOWN;
	default: return number_parse(value, &r->times) && r->times >= 0;
	}
}

/* Takes `for AET', `study UID', `level LEVEL' and `times N' from the end of a line. */
static bool take_suffixes(const struct grammar *g, std::vector<std::string> *words, const std::vector<bool> &quoted,
			  rule *r)
{
	while (words->size() >= 3 && !quoted[words->size() - 2]) {
		const std::string key = (*words)[words->size() - 2];

		if (key != "for" && key != "study" && key != "level" && key != "times")
			break;
		if (!strchr(g->suffixes, key[0]) || !take_suffix(key[0], words->back(), r))
			return false;
		words->resize(words->size() - 2);
	}
	return true;
}

static bool fits(char kind, const std::string &word)
{
	unsigned status;
	DcmTag tag;
	long n;

	switch (kind) {
	case 'n': return number_parse(word, &n) && n >= 0;
	case 'i': return number_parse(word, &n);
	case 'z': return word == "reverse" || word == "mixed";
	case 'd': return word.size() == 8 && number_parse(word, &n) && n >= 19700101;
	case 's': return seconds_to_ms(word, &n);
	case 'x': return status_parse(word, &status);
	case 'l': return level_parse(word) != LEVEL_UNKNOWN;
	case 'm': return word == "patient" || word == "study" || word == "psonly";
	case 'a': return !strcasecmp(word.c_str(), "as");
	case 'k': return DcmTag::findTagFromName(word.c_str(), tag).good();
	case 'r': return word == "error" || word == "empty";
	case 'o': return word == "one" || word == "each";
	case 'h': return word == "fresh";
	case 'y': return word == "empty" || status_parse(word, &status);
	case 'c':
		if (word == "silent")
			return true;
		return status_parse(word.substr(0, word.find("-norows")), &status);
	default: return true;
	}
}

/* `every N' counts as one target, whatever stands beside it. */
static bool check_words(const char *kinds, const std::vector<std::string> &words)
{
	bool optional = false;
	size_t i = 0;

	for (const char *k = kinds; *k; k++) {
		bool many = k[1] == '*';

		if (*k == '?') {
			optional = true;
			continue;
		}
		if (i == words.size())
			return optional;
		do {
			long n;

			if (!fits(*k, words[i]))
				return false;
			if (*k == 't' && words[i] == "every" &&
			    (++i == words.size() || !number_parse(words[i], &n) || n < 1))
				return false;
			i++;
		} while (many && i < words.size());
		k += many;
	}
	return i == words.size();
}

/* %00 is a NUL, as no word can hold one. */
static std::string unescaped(const std::string &word)
{
	std::string out;

	for (size_t i = 0; i < word.size(); i++) {
		if (!word.compare(i, 3, "%00")) {
			out += '\0';
			i += 2;
		} else {
			out += word[i];
		}
	}
	return out;
}

static const struct grammar *lookup(const std::string &word, unsigned *ret_methods)
{
	static const struct { const char *prefix; unsigned methods; } prefixes[] = {
		{ "retrieve-", METHOD_GET | METHOD_MOVE }, { "get-", METHOD_GET }, { "move-", METHOD_MOVE },
	};
	std::string name = word;

	*ret_methods = METHOD_NONE;
	for (const auto &p : prefixes)
		if (!word.compare(0, strlen(p.prefix), p.prefix)) {
			*ret_methods = p.methods;
			name = word.substr(strlen(p.prefix));
		}
	if (word == "object-delay")		/* the one retrieval rule that reads well without a prefix */
		*ret_methods = METHOD_GET | METHOD_MOVE;
	for (const struct grammar &g : grammars)
		if (name == g.name && (*ret_methods & ~g.methods) == 0 && (*ret_methods == 0) == (g.methods == 0))
			return &g;
	return nullptr;
}

bool scenario::read(const char *path, std::string *ret_error)
{
	std::ifstream in(path);
	std::string line;
	int number = 0;

	if (!in) {
		*ret_error = std::string("cannot open ") + path;
		return false;
	}
	folder = path;
	folder = folder.find('/') == std::string::npos ? "." : folder.substr(0, folder.rfind('/'));
	while (std::getline(in, line)) {
		std::vector<std::string> words;
		std::vector<bool> quoted;
		const struct grammar *g = nullptr;
		rule r;

		number++;
		*ret_error = std::string(path) + ": line " + std::to_string(number) + ": ";
		if (!split(line, &words, &quoted)) {
			*ret_error += "quotation mark without end";
			return false;
		}
		if (words.empty())
			continue;
		if (!(g = lookup(words[0], &r.methods))) {
			*ret_error += "unknown keyword '" + words[0] + "'";
			return false;
		}
		if (!take_suffixes(g, &words, quoted, &r)) {
			*ret_error += "'" + words[0] + "' does not take this suffix";
			return false;
		}
		r.name = g->name;
		r.words.assign(words.begin() + 1, words.end());
		if (!check_words(g->words, r.words)) {
			*ret_error += "'" + words[0] + "' does not take these words";
			return false;
		}
		if (!strncmp(g->name, "uid", 3))
			r.words[2] = unescaped(r.words[2]);
		r.id = (int)rules.size();
		if (r.id == SHARED_RULES) {
			*ret_error += "too many rules";
			return false;
		}
		rules.push_back(r);
	}
	ret_error->clear();
	return true;
}

std::vector<const rule *> scenario::all(const char *name, const situation &s) const
{
	std::vector<const rule *> found;

	for (const rule &r : rules) {
		if (r.name != name || (r.methods && s.method && !(r.methods & s.method)))
			continue;
		if (!r.calling.empty() && r.calling != s.calling)
			continue;
		if (r.level != LEVEL_UNKNOWN && r.level != s.level)
			continue;
		found.push_back(&r);
	}
	return found;
}

const rule *scenario::find(const char *name, const situation &s) const
{
	for (const rule *r : all(name, s))
		if (!r->spent())
			return r;
	return nullptr;
}
