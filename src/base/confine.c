/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Landlock by its system calls: glibc has no wrappers, and headers may be older than the kernel.  Only rights that change
 * a file system are handled, so reading and executing stay as they are. */
#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)		/* ABI 2, Linux 5.19 */
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)	/* ABI 3, Linux 6.2 */
#endif

enum { ABI_REFER = 2, ABI_TRUNCATE = 3 };

static const uint64_t CHANGES = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
	LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
	LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
	LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

/* Those of them that a rule for a single file may name. */
static const uint64_t OF_FILES = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;

int confine_abi(void)
{
	const char *off = getenv("DICOM_QR_NO_LANDLOCK");	/* for tests of what happens without */
	long abi;

	if (off && strcmp(off, "1") == 0)
		return 0;
	abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
	return abi > 0 ? (int)abi : 0;		/* ENOSYS: not built in; EOPNOTSUPP: not switched on */
}

static uint64_t rights(int abi)
{
	return CHANGES | (abi >= ABI_REFER ? LANDLOCK_ACCESS_FS_REFER : 0) |
	       (abi >= ABI_TRUNCATE ? LANDLOCK_ACCESS_FS_TRUNCATE : 0);
}

static int allow(int ruleset, const char *path, int flags, uint64_t access, struct err *e)
{
	struct landlock_path_beneath_attr below = { .allowed_access = access };
	auto_close int fd = open(path, O_PATH | O_CLOEXEC | flags);

	if (fd < 0)
		return err_sys(e, "open %s", path);
	below.parent_fd = fd;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0U) < 0)
		return err_sys(e, "landlock rule for %s", path);
	return 0;
}

int confine_ruleset(const char *dir, struct err *e)
{
	struct landlock_ruleset_attr handled = { 0 };
	int abi = confine_abi(), ruleset;
	uint64_t all = rights(abi);

	if (abi == 0)
		return -2;
	handled.handled_access_fs = all;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0U);	/* close-on-exec by itself */
	if (ruleset < 0)
		return err_sys(e, "landlock ruleset");
	/* storescp -id (3.6.7) opens /dev/null for writing as its new stdout, and ends with 99 when it cannot */
	if (allow(ruleset, dir, O_DIRECTORY, all, e) < 0 || allow(ruleset, "/dev/null", 0, all & OF_FILES, e) < 0) {
		close(ruleset);
		return -1;
	}
	return ruleset;
}

int confine_enter(int ruleset_fd)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return syscall(SYS_landlock_restrict_self, ruleset_fd, 0U) < 0 ? -1 : 0;
}
