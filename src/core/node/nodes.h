/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The nodes that people wrote down, in nodes.json: their own file, and behind it the one of the whole system.  What is stated
 * here is never overruled by what the program finds out by itself.
 *
 *	{ "format": 1, "default": "pacs",
 *	  "nodes": [ { "name": "pacs", "number": 2, "host": "10.0.0.5", "port": 11112, "calledAE": "PACS", "callingAE": "ME" } ] }
 *
 * Members of a node: name (needed), number, requireDate, noModalityFilter, and the settings of core/plan/members: host (needed unless it
 * has a listenPort), port, calledAE, method, outputPath, parallel, retries ...  Others are kept.
 */
#pragma once

#include "core/plan/plan.h"
#include "parse/json.h"

#define NODES_FORMAT 1

struct node {
	struct json *members;		/* the object as it was written */
	const char *name;		/* in members, as are all texts here */
	int number;			/* 0 = none */
	struct settings how;		/* with our defaults where nothing is stated; peer.host "" when the node is only a place for files */
	uint64_t stated;		/* which of them are (node_states) */
	bool require_date;		/* refuses, or answers nothing to, a query without a date */
	bool no_modality_filter;	/* ModalitiesInStudy must not be a key */
};

struct nodes_file {
	char *path;
	struct json *top;		/* the document without its nodes; NULL = there is no such file */
	struct node *nodes;
	size_t count, room;
};

struct nodes {
	struct nodes_file own, system;
};

/* $DICOM_QR_CONFIG, else $XDG_CONFIG_HOME/dicom-qr/nodes.json, else ~/.config/dicom-qr/nodes.json; yours. */
char *nodes_own_path(void);
/* Reads both files; one that is not there has no nodes.  ERR_INPUT in one line: file, line, node and member.  A file that others can
 * change is a warning, and for root ERR_INPUT. */
int nodes_load(struct nodes *, struct err *);
void nodes_done(struct nodes *);

/* One document; what the file held is replaced on success, as it was on failure. */
int nodes_parse(struct nodes_file *, const char *text, size_t len, struct err *);
void nodes_text(const struct nodes_file *, struct buf *);
void nodes_file_done(struct nodes_file *);

/* By name, else by number; a person's own before the system's.  NULL. */
const struct node *nodes_find(const struct nodes *, const char *word);
/* The node for whoever names none; NULL without err (kind NONE) when there is none, ERR_USAGE when it is named and unknown. */
const struct node *nodes_default(const struct nodes *, struct err *);
bool nodes_any(const struct nodes *);				/* is there any? */
/* "pacs, store" for a sentence; "none". */
void nodes_names(const struct nodes *, struct buf *);

/* Into a person's own file, in memory: takes members.  A node of that name is replaced, or with replace false ERR_USAGE.  Checked like
 * what is read. */
int nodes_put(struct nodes *, struct json *members, bool replace, struct err *);
int nodes_remove(struct nodes *, const char *name, struct err *);
int nodes_set_default(struct nodes *, const char *name, struct err *);	/* NULL = none */
/* A copy of a node's members, to be changed and put back; yours. */
struct json *nodes_members(const struct node *);
/* Lock before loading what is to be changed (descriptor or -1, ERR_LOCKED); then save: folder made, file replaced whole. */
int nodes_lock(struct err *);
int nodes_save(const struct nodes *, struct err *);

/* Of the members that were written and mean nothing to us (misspelt ones, as a rule) the next; start with *at = 0; NULL at the end. */
const char *node_unknown(const struct node *, size_t *at);
/* "; did you mean 'port'?", or nothing when the member is nearly none of ours. */
void node_hint(const char *member, struct buf *);
bool node_states(const struct node *, const char *member);	/* of the settings, by its name in nodes.json */
/* What the node states goes into the settings; the rest stays. */
void node_settle(const struct node *, struct settings *);
