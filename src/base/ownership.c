/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/ownership.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

const char *ownership_words(const struct stat *st, uid_t self, bool group_of_owner, char text[static 100])
{
	unsigned mode = st->st_mode & 07777;

	if (st->st_uid != self && st->st_uid != 0)
		snprintf(text, 100, "it belongs to user %lu", (unsigned long)st->st_uid);
	else if (mode & S_IWOTH)
		snprintf(text, 100, "everybody can write to it (mode %03o)", mode);
	else if (mode & S_IWGRP && !group_of_owner)
		snprintf(text, 100, "its group can write to it (mode %03o)", mode);
	else
		return NULL;
	return text;
}

static bool is_group_of_owner(const struct stat *st)
{
	const struct passwd *owner = getpwuid(st->st_uid);
	const struct group *group = owner ? getgrgid(st->st_gid) : NULL;

	return group && !strcmp(owner->pw_name, group->gr_name);
}

int ownership_check(int fd, const char *shown, struct err *e)
{
	char text[100];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "%s", shown);
	if (!S_ISREG(st.st_mode) || !ownership_words(&st, geteuid(), st.st_mode & S_IWGRP && is_group_of_owner(&st), text))
		return 0;
	if (geteuid() == 0)
		return err_set(e, ERR_INPUT, "%s is not read by root, because others can change it: %s", shown, text);
	log_warning("others can change %s: %s", shown, text);
	return 0;
}
