/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run came to, in the text format of Prometheus' node exporter (its textfile collector reads FILE.prom).  No patient is in it:
 * the collector is another user, so the file can be read by all. */
#pragma once

#include <time.h>

#include "core/plan/plan.h"
#include "core/session/totals.h"

struct metrics {
	const char *command, *node;	/* labels of every line */
	time_t ended, succeeded;	/* succeeded: the last run with exit status 0; 0 = never */
	int64_t ran_ms;
	int status;			/* exit status */
	struct plan_summary sum;
	struct totals totals;
};

void metrics_text(const struct metrics *, struct buf *);
/* When a run of this command and node last succeeded, as the text of an earlier run says; 0 = it does not. */
time_t metrics_succeeded(const char *text, const struct metrics *);
/* Replaces the file as a whole, mode 0644; the time of the last success is taken over from the old one, when this was none. */
int metrics_write(const char *path, struct metrics *, struct err *);
