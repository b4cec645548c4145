/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A change of the file system user id takes away the capabilities that are
 * about files.  They are raised again: a new file in a folder that the user may write to only by a
 * further group, of which a request does not tell, is allowed by the guest's kernel and must not
 * fail here.
 *
 * Without root, in a user namespace, ids are those of the namespace and all is the same; where
 * there is none, every file is the caller's.
 */
#include "fs/creds.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Capabilities of the calling thread.  System calls are made directly, as the wrappers of some
 * libraries change all threads. */
static int get_caps(struct __user_cap_data_struct *ret)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capget, &head, ret) < 0 ? -errno : 0;
}

static int set_caps(const struct __user_cap_data_struct *caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capset, &head, caps) < 0 ? -errno : 0;
}

/* @without: a capability to leave out; -1: none */
static int raise_caps(int without)
{
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];
	int r = get_caps(caps);

	if (r < 0)
		return r;
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		caps[i].effective = caps[i].permitted;
	if (without >= 0)
		caps[CAP_TO_INDEX(without)].effective &= ~CAP_TO_MASK(without);
	return set_caps(caps);
}

int creds_begin(int folder_fd)
{
	if (unshare(CLONE_FS) < 0 || fchdir(folder_fd) < 0)
		return -errno;
	umask(0);
	return 0;
}

static int become_user(uid_t uid, gid_t gid)
{
	/* These calls do not report failures: the ids are compared after them. */
	setfsgid(gid);
	setfsuid(uid);
	if ((gid_t)setfsgid((gid_t)-1) != gid || (uid_t)setfsuid((uid_t)-1) != uid)
		return -EPERM;
	return raise_caps(-1);
}

int creds_enter(uid_t uid, gid_t gid, mode_t mask)
{
	int r = 0;

	umask(mask & 0777);
	if (geteuid() == 0 && (uid != 0 || gid != 0))
		r = become_user(uid, gid);
	if (r < 0)
		creds_leave();
	return r;
}

void creds_leave(void)
{
	umask(0);
	if (geteuid() != 0)
		return;
	setfsuid(0);
	setfsgid(0);
}

void creds_keep_ids(int keep)
{
	(void)raise_caps(keep ? -1 : CAP_FSETID);
}
