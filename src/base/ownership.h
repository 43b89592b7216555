/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that say whom we connect to and what we do: only the user and root may be able to change them. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"

/* Who else can change a file like this one, in words ("everybody can write to it (mode 666)"); NULL = nobody.  group_of_owner: its
 * group is the one that has the owner's name, as many systems give each user one of his own. */
const char *ownership_words(const struct stat *, uid_t self, bool group_of_owner, char text[static 100]);
/* For an open file.  When others can change it, that is a warning, and for root ERR_INPUT: -1.  shown: its name for the sentence. */
int ownership_check(int fd, const char *shown, struct err *);
