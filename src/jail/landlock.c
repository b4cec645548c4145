/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Landlock repeats what the jail's root already says: these files, read only.
 * It is needed where the jail has no root of its own, and should a mount show more than was meant.
 * Newer kernels (ABI 4, 6) can also refuse TCP, abstract sockets and signals to processes outside;
 * the structure grows with the ABI, and the kernel is told how much of it we mean.
 */
#include "jail/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/* The structure as of ABI 6: <linux/landlock.h> of older distributions has only its first
 * member. */
struct ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

#define ACCESS_NET_BIND_TCP	   (1ULL << 0)
#define ACCESS_NET_CONNECT_TCP	   (1ULL << 1)
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define SCOPE_SIGNAL		   (1ULL << 1)
#define ACCESS_FS_TRUNCATE	   (1ULL << 14)

#define ACCESS_FS_READ                                                                             \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/* Every right of ABI 1, which are the bits from 0 to that of MAKE_SYM. */
#define ACCESS_FS_ABI_1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

int landlock_version(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi < 0 ? 0 : (int)abi;
}

static int create_ruleset(const struct jail *j, int abi)
{
	struct ruleset_attr attr = { .handled_access_fs = ACCESS_FS_ABI_1 };
	size_t size = sizeof(attr.handled_access_fs);

	if (abi >= 2)
		attr.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		attr.handled_access_fs |= ACCESS_FS_TRUNCATE;
	if (abi >= 4) {
		if (!j->serves)
			attr.handled_access_net = ACCESS_NET_BIND_TCP | ACCESS_NET_CONNECT_TCP;
		size += sizeof(attr.handled_access_net);
	}
	if (abi >= 6) {
		attr.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
		size += sizeof(attr.scoped);
	}
	return (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
}

static int allow_path(int ruleset, const char *path, uint64_t access)
{
	cleanup_close int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = { .allowed_access = access, .parent_fd = fd };
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= ~(uint64_t)LANDLOCK_ACCESS_FS_READ_DIR;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return -errno;
	return 0;
}

static int allow_jail(int ruleset, const struct jail *j)
{
	int r = 0;

	for (size_t i = 0; r == 0 && j->expose[i]; i++)
		r = allow_path(ruleset, j->expose[i], ACCESS_FS_READ);
	for (size_t i = 0; r == 0 && j->devices[i]; i++)
		r = allow_path(ruleset, j->devices[i],
			       LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
	for (size_t i = 0; r == 0 && i < j->n_fds; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/dev/fd/%zu", JAIL_FD_FIRST + i);
		if (j->fds[i].reopen)
			r = allow_path(ruleset, path, LANDLOCK_ACCESS_FS_READ_FILE);
	}
	return r;
}

int landlock_restrict(const struct jail *j, struct err *err)
{
	cleanup_close int ruleset = -1;
	int abi = landlock_version();
	int r;

	if (abi == 0)
		return 0;
	ruleset = create_ruleset(j, abi);
	if (ruleset < 0)
		return err_errno(err, -errno, "landlock ruleset");
	r = allow_jail(ruleset, j);
	if (r == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		r = -errno;
	return r < 0 ? err_errno(err, r, "landlock") : 0;
}
