/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of attempts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "core/ledger/ledger.h"

struct ledger_attempt {
	int64_t id, job;
	const char *study_uids;		/* backslash-separated */
	const char *rung;		/* "C-GET study", "C-MOVE instances" ... */
	const char *command, *tool_version;
	time_t at;
	int64_t ms, bytes;
	int exit_status, status, completed, failed, objects;
	const char *outcome, *words;	/* err_kind_name, and the sentence */
	int studies;			/* when told of: how many shared it */
};
int ledger_attempt_begin(struct ledger *, struct ledger_attempt *, struct err *);	/* sets id */
int ledger_attempt_end(struct ledger *, const struct ledger_attempt *, struct err *);

typedef int ledger_attempt_fn(void *owner, const struct ledger_attempt *);
int ledger_attempts(struct ledger *, const char *study_uid, ledger_attempt_fn *, void *owner, struct err *);

/* From history of this node and modality ("" = any): mean bytes per object and objects per second; false when unknown. */
bool ledger_estimate(struct ledger *, const char *node, const char *modality, double *ret_bytes, double *ret_per_second);
