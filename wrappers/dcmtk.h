/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the DCMTK tools share: where they are, which version, how each is started. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "dicom/peer.h"
#include "process/command.h"

/* How all tools of one run are started. */
struct dcmtk {
	char *dir;			/* of the tools; NULL = PATH */
	char *promptack;		/* path of the preload object, or NULL = off */
	char *log_config;		/* path of the file written by logconfig_write */
	char *dictionary;		/* path of the file written by dcmdump_write_dictionary, or NULL */
	int version;			/* 30607; 0 = not yet asked */
	char version_text[64];		/* "3.6.7" */
	int connect_s, acse_s, dimse_s;	/* -to, -ta, -td: always given */
};

#define DCMTK_VERSION_MIN 30605

void dcmtk_init(struct dcmtk *);	/* dir from DICOM_QR_DCMTK_DIR, promptack found by dcmtk_find_promptack */
void dcmtk_done(struct dcmtk *);
/* DICOM_QR_PROMPTACK in the environment ("off", or a path), else the package's own library folder, where it was configured or beside
 * the program; NULL when not there. */
char *dcmtk_find_promptack(void);
/* The path of the preload object as seen from a program at this path, by the distance between BINDIR and PKGLIBDIR; NULL when there
 * is none; yours. */
char *dcmtk_beside(const char *program);
/* "$dcmtk: findscu v3.6.7 2022-04-22 $" -> 30607; 0 when it is no such line. */
int dcmtk_version_parse(const char *line, char text[64]);
/* A command for one tool with all that every network tool gets: environment (TCP_NODELAY, preload), -lc, timeouts; without
 * them (dcmdump); and its --version. */
struct command *dcmtk_command(const struct dcmtk *, const char *tool);
struct command *dcmtk_plain_command(const struct dcmtk *, const char *tool);
struct command *dcmtk_version_command(const struct dcmtk *, const char *tool);
/* -aet CALLING -aec CALLED, and later the parameters host and port. */
void dcmtk_titles(struct command *, const struct peer *);		/* and TLS, where the peer has it */
/* ERR_TOOL when there is to be TLS and this version of the tool has none. */
int dcmtk_tls_check(const struct dcmtk *, const struct tls *, const char *tool, struct err *);
void dcmtk_address(struct command *, const struct peer *);
/* The small dictionary instead of the whole, where there is one. */
void dcmtk_dictionary(struct command *, const struct dcmtk *);
/* -S, -P or -O. */
void dcmtk_model(struct command *, enum model);
