/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where objects lie between their arrival and their place: OUTPUT/.dicom-qr/RUN-XXXXXX/, on the file system of the output,
 * for the owner alone, removed when empty.  What a crashed run left is found, so that it can be taken in. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct staging {
	char *output;		/* absolute */
	char *house;		/* OUTPUT/.dicom-qr */
	char *folder;		/* ours, locked while we live */
	int lock_fd;
	unsigned serial;
	bool keep;		/* files in it could not be placed: the next run takes them in */
};

int staging_open(struct staging *, const char *output, struct err *);
void staging_close(struct staging *);				/* removes our folder, unless it is to be kept */
/* Writes down for which job the files are, so that whoever finds them can find out whether they were wanted. */
int staging_label(struct staging *, int64_t job, struct err *);
/* A new empty folder for one child; yours. */
char *staging_folder(struct staging *, const char *prefix, struct err *);
/* A path for one received file that no child knows of; yours. */
char *staging_file(struct staging *);
/* Calls folder() for each folder of a run that is dead, with its job (0 = nobody knows), and file() for each regular file in it, then
 * removes what is left (file() moves away what it takes). */
struct staging_finder {
	void (*folder)(void *owner, int64_t job);
	void (*file)(void *owner, const char *path);
};
/* Calls other() for each folder of a run that lives, but for ours, with its job (0 = nobody knows). */
int staging_others(const struct staging *, void (*other)(void *owner, int64_t job), void *owner, struct err *);
int staging_leftovers(struct staging *, const struct staging_finder *, void *owner, struct err *);
/* Does a run that lives have a folder in this house (OUTPUT/.dicom-qr)? */
bool staging_in_use(const char *house);
