/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a process has done so far, summed over its queries and runs: for those who are told at its end. */
#pragma once

struct totals {
	int queries;			/* C-FINDs */
	int requests;			/* C-GETs and C-MOVEs */
	int cut;			/* queries of which some answer stayed cut */
	long long objects, bytes;	/* that arrived */
	int duplicates, conflicts, damaged, foreign;
	int hooks, hooks_failed;	/* programs that were told; of them those that did not end well */
	long long hooks_owed;		/* studies that no program could be told of */
	int covered;			/* the last day that is covered whole, YYYYMMDD; 0 = nobody knows */
};
