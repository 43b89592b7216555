/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plain DICOM file: Explicit VR Little Endian, at the top level nothing but text and whole numbers, and all of it as the standard
 * has it.  That is what the answers of a query are when findscu has written them; what is otherwise in any way is not guessed at
 * but left to dcmdump. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "dicom/dataset.h"

/* Puts the elements of the data set into the empty *set, values as they stand there.  False when it is no such file; the set
 * then holds whatever was read so far. */
bool part10_read(const unsigned char *bytes, size_t len, struct dataset *set);
