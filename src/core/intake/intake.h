/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Received files: identified, validated, hashed, flushed, placed, recorded.  Nothing is counted that is not a whole, readable
 * DICOM file of a study that was asked for, named safely, flushed and renamed into place. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/intake/staging.h"
#include "core/plan/plan.h"
#include "core/session/session.h"

struct intake_object {
	const char *study, *series, *sop, *sop_class, *transfer_syntax;
	const char *path;		/* relative to the output */
	const char *sender;
	int64_t bytes;
	bool duplicate;			/* the same content lies there already: counted, not stored twice */
	bool conflict;			/* the same object with other content lies there already: both are kept */
	bool twin;			/* another series of the study has an object of the same SOP Instance UID */
};

/* What makes an object the same in all places. */
struct intake_name {
	const char *study, *series, *sop;
};

/* Why an object was put into quarantine. */
enum intake_refusal { INTAKE_DAMAGED, INTAKE_UNWANTED };

struct intake_refused {
	const char *study, *sop;	/* as what it was asked for; may be "" */
	enum intake_refusal refusal;
	const char *reason;		/* in words */
	bool again;			/* the same bytes came before: they will not be others the next time */
};

enum intake_wish {
	INTAKE_NOT_ASKED,		/* quarantined with its sender */
	INTAKE_ASKED,			/* its study or series was */
	INTAKE_ASKED_BY_NAME		/* ... and the PACS lists this very object */
};

struct intake_hooks {
	enum intake_wish (*wanted)(void *owner, const struct intake_name *);
	/* Where this object lies already (relative to the output), or NULL. */
	const char *(*present)(void *owner, const struct intake_name *);
	/* Is an object of the same SOP Instance UID known in another series of the study? */
	bool (*twin)(void *owner, const struct intake_name *);
	/* New objects of these studies are about to be moved into their places; may be NULL. */
	int (*publishing)(void *owner, const char *const *studies, size_t count, struct err *);
	/* After it is durable in folder and ledger. */
	void (*placed)(void *owner, const struct intake_object *);
	/* A damaged or foreign object, quarantined. */
	void (*refused)(void *owner, const struct intake_refused *);
	/* Our own disk or ledger failed: nothing more can be taken in. */
	void (*failed)(void *owner, const struct err *);
};

struct intake;

struct intake *intake_new(struct session *, struct staging *, const struct layout *, const char *node, const struct intake_hooks *,
			  void *owner);
/* What could not be placed for want of room stays in the staging folder, which is marked to be kept. */
void intake_free(struct intake *);
/* Moves the file away from path and queues it.  in_flight: it may have been cut when its tool was ended; if it
 * was, it is dropped without a word. */
void intake_add(struct intake *, const char *path, int64_t bytes, const char *sender, bool in_flight);
/* Starts on what is queued even if it is little. */
void intake_flush(struct intake *);
bool intake_idle(const struct intake *);
/* A ticket for everything added so far, and whether all of that has been dealt with (placed, refused or failed). */
uint64_t intake_ticket(const struct intake *);
bool intake_passed(const struct intake *, uint64_t ticket);
bool intake_has_failed(const struct intake *);
int64_t intake_waiting(const struct intake *);	/* bytes that were added and are not through */
