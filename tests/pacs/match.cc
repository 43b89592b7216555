/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match.h"

#include <algorithm>
#include <cstdlib>

#include <dcmtk/dcmdata/dcspchrs.h>

#include "store.h"

bool match_glob(const char *pattern, const char *text)
{
	const char *star = nullptr, *from = nullptr;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			from = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool match_is_list(DcmEVR vr, const std::string &key)
{
	return vr == EVR_UI && key.find('\\') != std::string::npos;
}

/* Calls f with each value, until it says true. */
template <typename F> static bool any_value(const std::string &values, char separator, F f)
{
	size_t from = 0, to;

	do {
		to = values.find(separator, from);
		if (f(trimmed(values.substr(from, to == std::string::npos ? to : to - from))))
			return true;
		from = to + 1;
	} while (to != std::string::npos);
	return false;
}

static std::string in_utf8(const match_text &text)
{
	DcmSpecificCharacterSet set;
	OFString out;

	if (std::all_of(text.value.begin(), text.value.end(), [](char c) { return (c & 0x80) == 0 && c != '\033'; }))
		return text.value;
	if (!DcmSpecificCharacterSet::isConversionAvailable() || set.selectCharacterSet(text.charset.c_str()).bad() ||
	    set.convertString(text.value.c_str(), out, "\\^=").bad())
		return text.value;
	return std::string(out.c_str(), out.length());
}

static std::string digits_only(const std::string &s)
{
	std::string out;

	for (char c : s)
		if (c != '.' && c != ':' && c != ' ')	/* 1997.04.24 and 10:15 are old but legal */
			out += c;
	return out;
}

/* HHMMSSFFFFFF, what is missing filled up. */
static std::string time_filled(const std::string &s, char fill)
{
	std::string out = digits_only(s);

	if (out.size() < 12)
		out.append(12 - out.size(), fill);
	return out;
}

static bool match_range(DcmEVR vr, const std::string &key, const std::string &stored)
{
	size_t dash = key.find('-');
	bool time = vr == EVR_TM;
	std::string value = time ? time_filled(stored, '0') : digits_only(stored);
	std::string low, high;

	if (stored.empty())
		return false;
	if (dash == std::string::npos)
		return (time ? time_filled(key, '0') : digits_only(key)) == value;
	low = trimmed(key.substr(0, dash));
	high = trimmed(key.substr(dash + 1));
	if (low.empty() && high.empty())	/* a bare dash is no range */
		return false;
	if (time) {
		low = low.empty() ? low : time_filled(low, '0');
		high = high.empty() ? high : time_filled(high, '9');
	} else {
		low = digits_only(low);
		high = digits_only(high);
		if (vr == EVR_DT && !high.empty())
			high += '~';		/* 2020 includes 20201231 */
	}
	return (low.empty() || value >= low) && (high.empty() || value <= high);
}

static std::string name_folded(std::string s, bool case_sensitive)
{
	while (!s.empty() && (s.back() == '^' || s.back() == ' '))
		s.pop_back();
	if (!case_sensitive)
		std::transform(s.begin(), s.end(), s.begin(),
			       [](char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; });
	return s;
}

/* The whole name or one of its component groups. */
static bool match_name(const std::string &key, const std::string &stored, bool case_sensitive)
{
	std::string pattern = name_folded(key, case_sensitive);
	auto fits = [&](const std::string &s) {
		return match_glob(pattern.c_str(), name_folded(s, case_sensitive).c_str());
	};

	return fits(stored) || any_value(stored, '=', fits);
}

bool match_value(DcmEVR vr, const match_text &key, const match_text &stored, bool names_case_sensitive)
{
	std::string k = trimmed(key.value);

	if (k.empty())
		return true;
	switch (vr) {
	case EVR_UI:
		return any_value(k, '\\', [&](const std::string &want) {
			return !want.empty() && any_value(stored.value, '\\', [&](const std::string &s) {
				return s == want;
			});
		});
	case EVR_DA: case EVR_TM: case EVR_DT:
		return match_range(vr, k, trimmed(stored.value));
	case EVR_IS: case EVR_DS: case EVR_US: case EVR_SS: case EVR_UL: case EVR_SL: case EVR_FL: case EVR_FD:
		return any_value(stored.value, '\\', [&](const std::string &s) {
			return !s.empty() && (s == k || strtod(s.c_str(), nullptr) == strtod(k.c_str(), nullptr));
		});
	case EVR_PN:
		k = trimmed(in_utf8({ k, key.charset }));
		return any_value(in_utf8(stored), '\\', [&](const std::string &s) {
			return match_name(k, s, names_case_sensitive);
		});
	default:
		k = trimmed(in_utf8({ k, key.charset }));
		return any_value(in_utf8(stored), '\\', [&](const std::string &s) {
			return match_glob(k.c_str(), s.c_str());
		});
	}
}
