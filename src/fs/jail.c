/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What a guest can make of a flaw in the server is what the server can do.
 * So it has an empty root and no network; the shares are descriptors, from which names lead on in
 * the mount namespace they were opened in.  It keeps the capabilities that are about files, as it
 * has to give files to their owners; not those to make devices, to mount, or to set what is for
 * the host's own administration (trusted attributes, quotas).  Landlock, where the kernel has it,
 * bounds opens to what is beneath the shares, and a filter the system calls.
 *
 * Without root all of this is in a user namespace, where root is the user.
 */
#include "fs/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "fs/filter.h"
#include "fs/idmap.h"
#include "jail/identity.h"
#include "jail/landlock.h"
#include "jail/root.h"

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)

static const int capabilities[] = {
	CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER,
	CAP_FSETID, CAP_SETFCAP,      CAP_SETUID,	   CAP_SETGID,
};

int jail_ids(struct err *err)
{
	int r;

	if (geteuid() == 0)
		return 0;
	r = idmap_enter(NAMESPACES, err);
	if (r != -EPERM)
		return r;
	log_warning("files can belong to the user alone: %s", err->msg);
	return 0;
}

/* Files that the guest has open take descriptors here. */
static int set_limits(struct err *err)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return err_errno(err, -errno, "limits");
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return err_errno(err, -errno, "limits");
	return 0;
}

/* Where the host does not permit this, the other walls remain. */
static int leave_root(struct err *err)
{
	const char *const nothing[] = { NULL };
	const struct jail j = { .expose = nothing, .devices = nothing };
	bool done = false;
	int r = geteuid() == 0 && prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) == 1 ? 0 : -EPERM;

	if (r == 0)
		r = root_enter(&j, NULL, geteuid(), &done, err);
	if (r == 0 && done)
		return 0;
	if (r == 0 || r == -EPERM)
		log_info("the host permits no root of its own");
	return r == -EPERM ? 0 : r;
}

/* For root; without root jail_ids() has made them. */
static int make_namespaces(bool was_root, struct err *err)
{
	if (!was_root || unshare(NAMESPACES) == 0)
		return 0;
	if (errno != EPERM)
		return err_errno(err, -errno, "namespaces");
	log_info("the host permits no namespaces of its own");
	return 0;
}

#define LANDLOCK_ALL	   ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define LANDLOCK_TRUNCATE  (1ull << 14)
#define LANDLOCK_ABI_REFER 2 /* versions before this let nothing be moved between folders */
#define LANDLOCK_READ                                                                              \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE)
#define LANDLOCK_OF_FILES                                                                          \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |                            \
	 LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_TRUNCATE)

static uint64_t handled_by(int abi)
{
	uint64_t access = LANDLOCK_ALL | LANDLOCK_ACCESS_FS_REFER;

	return abi >= 3 ? access | LANDLOCK_TRUNCATE : access;
}

static int allow_share(int ruleset, const struct fs_share *share, uint64_t handled)
{
	struct landlock_path_beneath_attr rule = { .parent_fd = share->fd,
						   .allowed_access = handled };
	struct stat st;

	if (fstat(share->fd, &st) < 0)
		return -errno;
	if (share->read_only)
		rule.allowed_access &= LANDLOCK_READ;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= LANDLOCK_OF_FILES;
	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0
		       ? -errno
		       : 0;
}

static int bound_opens(const struct fs_share *shares, size_t n, struct err *err)
{
	const int abi = landlock_version();
	const uint64_t handled = handled_by(abi);
	const struct landlock_ruleset_attr attr = { .handled_access_fs = handled };
	cleanup_close int ruleset = -1;
	int r = 0;

	if (abi < LANDLOCK_ABI_REFER)
		return 0;
	ruleset =
		(int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);
	if (ruleset < 0)
		return err_errno(err, -errno, "landlock ruleset");
	for (size_t i = 0; r == 0 && i < n; i++)
		r = allow_share(ruleset, &shares[i], handled);
	if (r == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		r = -errno;
	return r < 0 ? err_errno(err, r, "landlock") : 0;
}

int jail_enter(const struct fs_share *shares, size_t n, int *ret_self_fd, struct err *err)
{
	cleanup_close int self_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const uid_t uid = geteuid();
	int r = self_fd < 0 ? err_errno(err, -errno, "/proc/self/fd") : set_limits(err);

	if (r == 0)
		r = make_namespaces(uid == 0, err);
	if (r == 0)
		r = leave_root(err);
	if (r == 0)
		r = uid == 0 ? identity_keep(0, capabilities, ARRAY_SIZE(capabilities), err)
			     : identity_drop(uid, err);
	if (r == 0)
		r = bound_opens(shares, n, err);
	/* The sanitizers need more than the filter lets through. */
	if (r == 0 && !IS_SANITIZED)
		r = filter_load(err);
	if (r == 0)
		*ret_self_fd = take_fd(&self_fd);
	return r;
}
