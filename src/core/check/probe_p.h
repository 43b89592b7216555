/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What probe.c (queries) and probe_tools.c (C-ECHO, C-GET, C-MOVE, associations) share. */
#pragma once

#include "core/check/probe.h"
#include "core/node/facts.h"
#include "core/search/find.h"

struct probing {
	struct session *session;
	const struct peer *peer;
	const struct probe_options *options;
	struct probe *out;
	void (*line)(void *owner, const struct probe_line *);
	void *owner;
	struct dataset sample;		/* a study to ask about */
	struct dataset other;		/* of another study, for lists; without elements: none */
	char modality[20];		/* of a series of the sample */
	bool dated;			/* a date is needed */
	bool any;			/* there is a sample */
};

/* value NULL: could not be found out; nothing is learned then.  what NULL: shown, not learned, under the name given first. */
void probe_say(struct probing *, const char *what, const char *value, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

int probe_echo(struct probing *, struct err *);
int probe_methods(struct probing *, struct err *);
int probe_associations(struct probing *, struct err *);
int probe_retrieve(struct probing *, struct err *);
