/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A child is held to what its rule names.  DCMTK has had path traversal through UIDs that a peer sends, and most of its
 * faults lie in parsers, so the kernel forbids what a tool has no need of:
 *
 *   no new privileges, no core, limits of memory and file size	any kernel
 *   a seccomp filter: system calls that no tool needs, new processes, sockets	any kernel that has it
 *   Landlock: the files it may read, the one folder it may write to		5.13
 *   Landlock: the TCP port it may connect to, and none to listen on		6.7 (ABI 4)
 *   Landlock: no signals to others, no abstract sockets of others		6.12 (ABI 6)
 *   an environment of names from a list
 *
 * All is made before the fork and entered in the child by system calls alone.  A rule that the kernel knows and refuses
 * ends the child before its program. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum confine_may {
	CONFINE_CONNECT = 1,		/* to the port of its peer (any, when none was named) and to DNS */
	CONFINE_SOCKET = 2,		/* without it there is no network at all, and no other socket */
	CONFINE_EXEC = 4,		/* to become its program */
	/* What a script that stands in the place of a tool gets besides: it is the user's own. */
	CONFINE_FORK = 8, CONFINE_READ_ALL = 16, CONFINE_ENVIRONMENT = 32,
};

struct confine_rule {
	const char *tool;
	unsigned may;			/* enum confine_may */
	int data_mb;			/* of memory; -1 = no limit */
	int file_mb;			/* of each file written; -1 = no limit, 0 = it writes none */
};

/* Of one command: its rule, and what changes from one call to the next. */
struct confinement {
	const struct confine_rule *rule;
	char *folder;			/* it may write below this one (and read there); NULL = none */
	char **reads;			/* files and folders besides the system's own */
	size_t read_count, read_room;
	int port;			/* it may connect to; 0 = any */
};

enum { CONFINE_ABI_NET = 4, CONFINE_ABI_SCOPE = 6 };	/* of Landlock: from here on ports, signals and abstract sockets */
/* The ABI of Landlock that the kernel offers; 0 = none. */
int confine_abi(void);
/* Whether the kernel takes seccomp filters. */
bool confine_filters(void);
/* Ourselves: no core with patients in it, and no process of the same user may trace us or read our memory. */
void confine_ourselves(void);

void confinement_done(struct confinement *);

struct cage;
/* program: the path of what is executed, NULL for a function.  NULL with err when the kernel refuses a rule, or the
 * folder is not there; a path to be read that is not there is left out. */
struct cage *cage_make(const struct confinement *, const char *program, struct err *);
void cage_free(struct cage *);
/* In the child, between fork and exec: async-signal-safe.  0 or -1. */
int cage_enter(const struct cage *);
