/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dcmdump: many files read by one process, as data sets.  Its exit status means nothing (bad files modulo 256): a file
 * without SOP Instance UID is unusable. */
#pragma once

#include "base/err.h"
#include "base/map.h"
#include "dicom/dataset.h"
#include "process/command.h"
#include "wrappers/dcmtk.h"
#include "wrappers/dump.h"

/* Writes the attributes we name, and those of commands, as a data dictionary.  dcmdump needs 9 of its 14 ms to read DCMTK's own,
 * findscu half of its time; attributes of a data set without VRs (Implicit VR) are known by it. */
int dcmdump_write_dictionary(const char *path, struct err *);

/* list_path: a file with one path a line, read as @list (paths without white space or quotes; absolute).  tags: what to
 * print (intake); count 0 = everything, top level (answers of a query).  whole: read to the end of the file without loading
 * pixel data, so that truncation shows; else reading stops behind the last of the tags. */
struct command *dcmdump_command(const struct dcmtk *, const char *list_path, const uint32_t *tags, size_t count, bool whole);

/* One file of the list: set is raw (not decoded), valid until the callback returns; of group 0002 it has the transfer syntax
 * and MediaStorageSOPInstanceUID; * what is over 4 KB (pixel data) is there, empty.  damage: NULL, or dcmdump's words about this file (truncated, not DICOM,
 * missing ...).  set may be empty. */
typedef void dcmdump_file_fn(void *owner, const char *path, struct dataset *set, const char *damage);

struct dcmdump_reading {
	struct dataset set;
	char *path;			/* of the file being read */
	struct buf room;
	dcmdump_file_fn *file;
	void *owner;
	struct map *damaged;		/* path -> words, from stderr */
	char *detail;			/* of the damage about to be named */
	struct dcmdump_held *held;	/* files whose stdout part is complete, until stderr is, too */
	size_t held_count, held_room;
};

void dcmdump_reading_init(struct dcmdump_reading *, dcmdump_file_fn *, void *owner);
void dcmdump_line(struct dcmdump_reading *, bool is_stderr, const char *text, size_t len);
void dcmdump_end(struct dcmdump_reading *);	/* delivers every file in the order read; call when the process has ended */
void dcmdump_reading_done(struct dcmdump_reading *);
