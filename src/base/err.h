/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The error value: a kind for the program, a sentence for the person.  It holds no memory, so it can be copied into the
 * ledger and onto a page, and making it cannot fail.  Written only on failure, shown once at the top. */
#pragma once

enum err_kind {
	ERR_NONE,
	ERR_USAGE,		/* the user asked for something that cannot be; also bad configuration */
	ERR_SYSTEM,		/* a system call said no: permission, missing file, port in use */
	ERR_SPACE,		/* disk full or the free-space floor: stops the run, not the study */
	ERR_TOOL,		/* a DCMTK tool is missing, too old, or ended in a way nobody understands */
	ERR_INPUT,		/* a file given to us is not what it should be */
	ERR_UNREACHABLE,	/* no connection to the peer */
	ERR_BUSY,		/* the peer refused for now */
	ERR_REFUSED,		/* the peer refused for good */
	ERR_TIMEOUT,		/* a deadline passed */
	ERR_ABORTED,		/* the peer broke off in the middle */
	ERR_PROTOCOL,		/* what the peer said could not be understood */
	ERR_LOCKED,		/* another run holds the lock */
	ERR_LIMIT,		/* a limit or a window of the clock: nothing is wrong, it goes on later */
	ERR_INTERRUPTED,	/* a person or the system stopped us */
	ERR_KINDS
};

struct err {
	enum err_kind kind;
	char text[480];
};

/* Each returns -1, so that "return err_set(...)" reads well.  err_sys appends strerror(errno) and turns ENOSPC, EDQUOT,
 * EIO, ESTALE into ERR_SPACE.  err_in puts "where: " before what is already there. */
int err_set(struct err *, enum err_kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int err_sys(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int err_in(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The one place that says what is worth another try. */
int err_transient(enum err_kind);
/* Our own trouble (the disk, a tool, a signal): no other question to anybody will fare better. */
int err_ends_all(enum err_kind);
/* That, or the peer cannot be asked now (not reached, busy, silent): no other question to it will fare better. */
int err_stops_asking(enum err_kind);
/* A word for logs and the ledger: "busy", "timeout"; and back (ERR_NONE when unknown). */
const char *err_kind_name(enum err_kind);
enum err_kind err_kind_from_name(const char *name);
