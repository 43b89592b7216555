/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to organise*.c: the steps, made by the plan or read from an undo list, and carrying them out. */
#pragma once

#include "core/archive/organise.h"

/* One rename or link. */
struct step {
	char *from, *to;		/* relative to their folders */
	char *study;
	int64_t bytes;
	bool done;
};

struct steps {
	char *from, *to;		/* folders */
	bool link;
	struct step *items;
	size_t count, room;
};
void steps_add(struct steps *, const char *from, const char *to, const char *study, int64_t bytes);
void steps_done(struct steps *);

/* Writes the undo list into the house of steps->to, whole; its path, yours, or NULL. */
char *steps_write(const struct steps *, struct err *);
/* Of a file that is ours and that others cannot write to. */
int steps_read(const char *path, struct steps *, struct err *);
/* The list is of this folder; without one (NULL) it lies in the house of the folder it tells of.  ERR_INPUT. */
int steps_belong(const struct steps *, const char *list, const char *folder, struct err *);
/* Carries them out in their order, then removes the folders that are empty now, flushes, and puts manifests and ledger in step.
 * undo: each backwards, the last first.  A target that is taken blocks its step alone. */
int steps_carry_out(struct session *, struct steps *, bool undo, const struct organise_hooks *, void *owner, struct organise_sum *,
		    struct err *);
/* Manifests and ledger after the steps that are done. */
int steps_record(struct session *, const struct steps *, bool undo, struct err *);
/* Makes the folders' houses and locks them against another of us (the source of links stays untouched).  ERR_LOCKED also when a run
 * writes there; ERR_USAGE when they lie on two file systems. */
struct folder_lock {
	int fd;
	char *house, *path;
};
struct folder_locks {
	struct folder_lock from, to;
};
#define FOLDER_LOCKS_INIT { { -1, NULL, NULL }, { -1, NULL, NULL } }
int steps_lock(const char *from, const char *to, bool link, struct folder_locks *, struct err *);
void steps_unlock(struct folder_locks *);
