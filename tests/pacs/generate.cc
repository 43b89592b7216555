/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate.h"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <map>

enum { DAY_S = 86400 };
static const int64_t NO_DAY = INT64_MIN;

static std::map<std::string, std::vector<int64_t>> made;	/* seconds since 1970, ascending; by the words of the rule */

/* The finaliser of splitmix64: the same number for the same n. */
static uint64_t scattered(uint64_t n)
{
	n += 0x9e3779b97f4a7c15u;
	n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9u;
	n = (n ^ (n >> 27)) * 0x94d049bb133111ebu;
	return n ^ (n >> 31);
}

static double fraction(uint64_t n)
{
	return (double)(scattered(n) >> 11) / (double)(UINT64_C(1) << 53);
}

static int64_t seconds_of(const std::string &day)
{
	struct tm t = {};

	if (day.size() != 8 || strptime(day.c_str(), "%Y%m%d", &t) != day.c_str() + 8)
		return NO_DAY;
	return timegm(&t);
}

/* Of a day beside others: few on a weekend, and no day is like the next. */
static double weight(int64_t day)
{
	static const double week[] = { 0.9, 0.25, 0.2, 1.15, 1.05, 1, 1 };	/* 1970 began with a Thursday: Fri Sat Sun Mon ... */

	return week[(day / DAY_S + 6) % 7] * (0.85 + 0.3 * fraction((uint64_t)day));
}

/* Most between seven and six, some at any hour. */
static int64_t time_of_day(uint64_t n)
{
	if (scattered(n) % 10 == 0)
		return (int64_t)(fraction(n + 1) * DAY_S);
	return (int64_t)(7 * 3600 + (fraction(n + 1) + fraction(n + 2)) / 2 * 11 * 3600);
}

static void make(const rule *r, std::vector<int64_t> *out)
{
	long studies = r->number(0), days = std::max(r->number(2), 1L);
	int64_t first = seconds_of(r->words[1]);
	std::vector<double> until(1, 0);

	for (long d = 0; d < days; d++)
		until.push_back(until.back() + weight(first + d * DAY_S));
	out->reserve((size_t)studies);
	for (long i = 0; i < studies; i++) {
		double at = (double)i / (double)studies * until.back();
		long day = std::upper_bound(until.begin(), until.end(), at) - until.begin() - 1;

		out->push_back(first + std::min(day, days - 1) * DAY_S + time_of_day((uint64_t)i * 3));
	}
	std::sort(out->begin(), out->end());
}

void generate_prepare(const scenario &sc)
{
	for (const rule &r : sc.rules)
		if (r.name == "find-generate" && !made.count(r.rest(0)))
			make(&r, &made[r.rest(0)]);
}

void generate_between(const rule *r, const std::string &dates, long *ret_first, long *ret_end)
{
	const std::vector<int64_t> &all = made[r->rest(0)];
	size_t dash = dates.find('-');
	int64_t from = seconds_of(dates.substr(0, dash)), until = dash == std::string::npos ? from : seconds_of(dates.substr(dash + 1));

	*ret_first = from == NO_DAY ? 0 : std::lower_bound(all.begin(), all.end(), from) - all.begin();
	*ret_end = (until == NO_DAY ? all.end() : std::lower_bound(all.begin(), all.end(), until + DAY_S)) - all.begin();
}

std::shared_ptr<const instance> generate_study(const rule *r, long number)
{
	static const char *const modalities[] = { "CT", "MR", "CR", "US", "DX" };
	time_t at = made[r->rest(0)][(size_t)number];
	auto i = std::make_shared<instance>();
	std::string n = std::to_string(number);
	char date[16], time[16];
	struct tm t;

	gmtime_r(&at, &t);
	strftime(date, sizeof date, "%Y%m%d", &t);
	strftime(time, sizeof time, "%H%M%S", &t);
	i->patient = "G-" + std::to_string(scattered((uint64_t)number) % 100000);
	i->study = "1.2.826.0.1.3680043.10.1338.77." + n;
	i->series = i->study + ".1";
	i->sop = i->series + ".1";
	i->sop_class = UID_CTImageStorage;
	i->values = {
		{ DCM_PatientID, i->patient }, { DCM_PatientName, "GENERATED^" + i->patient }, { DCM_StudyInstanceUID, i->study },
		{ DCM_SeriesInstanceUID, i->series }, { DCM_SOPInstanceUID, i->sop }, { DCM_StudyDate, date }, { DCM_StudyTime, time },
		{ DCM_Modality, modalities[scattered((uint64_t)number) % 5] }, { DCM_AccessionNumber, "A" + n },
		{ DCM_StudyDescription, "Generated study " + n }, { DCM_StudyID, n },
	};
	return i;
}
