/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patients, their studies, the series of these and their objects, asked for level by level and shown as a tree. */
#pragma once

#include <stdio.h>

#include "core/session/session.h"
#include "dicom/dataset.h"
#include "dicom/query.h"

struct tree_result {
	long rows;			/* at all levels */
	int failed;			/* parents of which the PACS would not tell what is below */
};

/* rows: answers at the study level; they are put into the order of patients.  deepest: the last level shown.  json: one document
 * instead of lines. */
int tree_show(struct session *, const struct peer *, FILE *, struct dataset *rows, size_t count, enum level deepest, bool json,
	      struct tree_result *, struct err *);
