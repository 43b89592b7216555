/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger: one SQLite file that remembers every query, job, study, attempt and file, and what was learned of each
 * node.  The disk decides what is present, the ledger what was wanted and tried.  Each table has its header: jobs, queries, studies,
 * attempts, instances, facts, owed, marks. */
#pragma once

#include "base/err.h"

struct ledger;

/* path NULL: $DICOM_QR_LEDGER, else $XDG_STATE_HOME/dicom-qr/ledger.db, else ~/.local/state/dicom-qr/ledger.db.  Made with
 * its folders for the owner alone, WAL, synchronous=FULL, migrated when older; a newer schema, a damaged or foreign
 * file is ERR_INPUT with advice; a full disk ERR_SPACE. */
struct ledger *ledger_open(const char *path, struct err *);
void ledger_close(struct ledger *);
const char *ledger_path(const struct ledger *);
char *ledger_default_path(void);		/* yours */

/* Transactions nest by counting: only the outermost commits, and a rollback anywhere within undoes all of it (the commits
 * around it then fail).  A commit that failed has rolled back.  Every call below works inside and outside of one. */
int ledger_begin(struct ledger *, struct err *);
int ledger_commit(struct ledger *, struct err *);
void ledger_rollback(struct ledger *);
/* Counts a durable step: every outermost commit does, and whoever publishes a file or writes a state file calls it.  A test
 * hook: at the step numbered by $DICOM_QR_STOP_AT_COMMIT the process kills itself. */
void ledger_step(void);
