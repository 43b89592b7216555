/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what a file says of itself to a safe relative path.  A value keeps [A-Za-z0-9._-], a run of anything else becomes
 * one "_", no leading dot, at most 64 bytes (with a short hash when shortened), an empty value becomes "unknown".  A UID
 * that is no proper one, and what tells patients and studies apart when something in it was replaced, carry the hash always: "A/1" and
 * "A_1" are two patients.  A name keeps "_" for each single "^" (SMITH_JOHN); any other that would be written so has the hash. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "dicom/dataset.h"

struct layout;

#define LAYOUT_FLAT "flat"				/* MOD.SOPInstanceUID, as DCMTK names them */
#define LAYOUT_PATIENT "{PatientID}/{StudyInstanceUID}/{SeriesInstanceUID}/{SOPInstanceUID}.dcm"
#define LAYOUT_STUDY "{StudyInstanceUID}/{SeriesInstanceUID}/{SOPInstanceUID}.dcm"

/* "flat" or a template: {Keyword} or {gggg,eeee}, {Keyword:04} zero-padded numbers, {Prefix} for DCMTK's "CT"; between
 * them [A-Za-z0-9._-] and "/".  ERR_USAGE says where: unknown attributes, braces, absolute paths, folders beginning with a
 * dot, nothing in braces at all.  A template need not tell objects apart: the caller appends on collision (layout_path
 * with serial 1, 2 adds "-2", "-3" before the extension, which is what the template itself ends in; a UID has none). */
struct layout *layout_parse(const char *text, struct err *);
void layout_free(struct layout *);
const char *layout_source(const struct layout *);
/* The attributes it needs, each once, at most room: for the reader of the files.  Returns how many were written. */
#define LAYOUT_FIELDS_MAX 24
size_t layout_tags(const struct layout *, uint32_t *tags, size_t room);
/* False when two patients can share a folder: it names them otherwise than by PatientID, or nothing but dates and the like. */
bool layout_tells_patients(const struct layout *);
/* How many folders of a path stand above the first that its template names by series or object: those are the study's. */
size_t layout_study_depth(const struct layout *);
/* Relative path, yours.  Each component has at most 240 bytes. */
char *layout_path(const struct layout *, const struct dataset *decoded, int serial);
/* The same for an object whose SOP Instance UID another series of the study has, too: a layout that does not name the series adds a
 * short hash of it to the file's name. */
char *layout_path_twin(const struct layout *, const struct dataset *decoded, int serial);
/* One component made safe; yours. */
char *layout_safe(const char *value);
/* The same with the hash when something was replaced: "A/1" and "A_1" do not meet. */
char *layout_safe_distinct(const char *value);
/* The same with the hash always ("A_1-1b2c3d4e"): for values that must not meet when made safe. */
char *layout_safe_hashed(const char *value);
