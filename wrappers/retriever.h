/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table in which getscu and movescu are interchangeable. */
#pragma once

#include <stdbool.h>

#include "dicom/status.h"
#include "wrappers/dcmtk.h"

struct retrieve_request {
	const struct peer *peer;
	const char *const *query_paths;		/* usually one; several = one association */
	size_t count;
	const char *into;			/* private folder; working folder too */
	bool bit_preserving;			/* getscu +B: only when confined */
	const char *syntax;			/* getscu preference such as "+xv", or NULL */
	const char *destination;		/* movescu: move destination AE title */
};

struct retriever {
	const char *name;			/* "C-GET" */
	const char *tool;			/* "getscu" */
	enum service service;
	struct command *(*command)(const struct dcmtk *, const struct retrieve_request *);
};

extern const struct retriever retriever_getscu, retriever_movescu;
/* The preferences worth trying in turn, NULL first; NULL-terminated after it. */
extern const char *const getscu_syntaxes[];
extern const unsigned long getscu_syntaxes_count;
