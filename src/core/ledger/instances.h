/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of files that are held. */
#pragma once

#include <stdint.h>
#include <time.h>

#include "core/ledger/ledger.h"

struct ledger_instance {
	const char *output;		/* absolute folder; the path is relative to it */
	const char *path;
	const char *sop, *study, *series, *sop_class, *transfer_syntax;
	int64_t bytes;
	const char *sha256;		/* 64 hexadecimal digits */
	time_t at;
	const char *node;
	int64_t job;
};
int ledger_instance_put(struct ledger *, const struct ledger_instance *, struct err *);	/* key: output, path */
int ledger_instance_delete(struct ledger *, const char *output, const char *path, struct err *);
/* Lent for the call, in which other functions of the ledger may be called; non-zero stops. */
typedef int ledger_instance_fn(void *owner, const struct ledger_instance *);
/* Those of one study under one output folder. */
int ledger_instances(struct ledger *, const char *output, const char *study_uid, ledger_instance_fn *, void *owner, struct err *);
long long ledger_instance_count(struct ledger *, const char *output, struct err *);

/* Files of all studies under an output folder. */
int ledger_folder_instances(struct ledger *, const char *output, ledger_instance_fn *, void *owner, struct err *);
/* The output folders that hold something of a study; NULL = of any. */
typedef int ledger_folder_fn(void *owner, const char *output, int64_t files, int64_t bytes);
int ledger_held_folders(struct ledger *, const char *study_uid, ledger_folder_fn *, void *owner, struct err *);
/* Within one output folder; a row of the new path is replaced. */
int ledger_instance_move(struct ledger *, const char *output, const char *from, const char *to, struct err *);
/* Forgets the files of a study (NULL: of all) under an output folder. */
int ledger_instances_drop(struct ledger *, const char *output, const char *study_uid, long long *ret_count, struct err *);
