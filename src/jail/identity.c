/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  As root, a jail gets a user of its own: a number from a range nobody
 * is given, plus the process id of the starter, which lives as long as the jail does.  So two
 * jails cannot signal or trace each other, and own no file.  Without root the only way to
 * namespaces is a user namespace; the user stays the same in it, so that files the user may
 * read can still be opened.  Two jails of a user are told apart by their process namespaces: in
 * its own a jail is process 1, and there is no other to signal, to trace or to limit.
 *
 * Nothing here is controlled by anyone but the caller.
 */
#include "jail/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "jail/limits.h"

#define JAIL_UID_FIRST 2100000000u

/*
 * Makes a child without libc's fork(), as only clone3() can put it into a control group; it
 * makes system calls only, and then executes a program or ends.  libc's setresuid() and its kin
 * are more than that: they wait for the threads that libc knows of, which are the parent's, and
 * would do so without end.  Filters of other container managers may know only clone(), which is
 * tried then.
 */
static pid_t clone_process(uint64_t flags, int group_fd, int *ret_pidfd)
{
	int pidfd = -1;
	struct clone_args args = { .flags = flags | CLONE_PIDFD | CLONE_INTO_CGROUP,
				   .pidfd = (uintptr_t)&pidfd,
				   .exit_signal = SIGCHLD,
				   .cgroup = (unsigned)group_fd };
	long pid = group_fd >= 0
			   ? syscall(SYS_clone3, &args, sizeof(args))
			   : syscall(SYS_clone, flags | CLONE_PIDFD | SIGCHLD, 0, &pidfd, 0, 0);

	if (pid > 0)
		*ret_pidfd = pidfd;
	return pid < 0 ? -errno : (pid_t)pid;
}

static int write_proc(const char *path, const char *text)
{
	cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));
}

static int map_own_user(uid_t uid, gid_t gid)
{
	char line[64];
	int r = write_proc("/proc/self/setgroups", "deny");

	if (r < 0)
		return r;
	snprintf(line, sizeof(line), "%u %u 1", uid, uid);
	r = write_proc("/proc/self/uid_map", line);
	if (r < 0)
		return r;
	snprintf(line, sizeof(line), "%u %u 1", gid, gid);
	return write_proc("/proc/self/gid_map", line);
}

/* The errors with which a host refuses namespaces: a policy, a filter, a limit, an old kernel. */
static bool is_refusal(int code)
{
	return code == -EPERM || code == -EACCES || code == -ENOSYS || code == -ENOSPC ||
	       code == -EUSERS || code == -EINVAL;
}

uid_t identity_own_uid(void)
{
	const uid_t uid = geteuid();

	return uid == 0 ? JAIL_UID_FIRST + (uid_t)getpid() : uid;
}

pid_t identity_fork(int group_fd, bool zygote, struct identity *ret, int *ret_pidfd)
{
	const uid_t uid = geteuid();
	const uint64_t apart = (zygote ? 0 : CLONE_NEWPID) | (uid == 0 ? 0 : CLONE_NEWUSER);
	pid_t pid = -EPERM;

	*ret = (struct identity){ .uid = uid, .gid = getegid() };
	ret->target = identity_own_uid();
	/* Everything is tried first, and one thing more is left out each time the host refuses. */
	for (int left_out = group_fd < 0 ? 1 : 0; pid < 0 && left_out < 4; left_out++) {
		ret->grouped = group_fd >= 0 && !(left_out & 1);
		ret->apart = !(left_out & 2);
		pid = clone_process(ret->apart ? apart : 0, ret->grouped ? group_fd : -1,
				    ret_pidfd);
	}
	return pid;
}

int identity_unshare(const struct identity *who, struct err *err)
{
	int flags = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
	int r = 0;

	if (unshare(who->uid == 0 || who->apart ? flags : flags | CLONE_NEWUSER) < 0)
		r = -errno;
	else if (who->uid != 0)
		r = map_own_user(who->uid, who->gid);
	if (r == 0)
		return 0;
	err_errno(err, r, "namespaces");
	return is_refusal(r) ? -EPERM : r;
}

/* Inside a user namespace a user with a high number may not exist: then "nobody" is taken.  A
 * root that may not change its user at all stays root, without its capabilities. */
static int become_user(uid_t uid)
{
	const uid_t candidates[] = { uid, NOBODY_UID };

	/* A root that stays root keeps its groups: in a user namespace without root, the user may
	 * reach some files only by them. */
	if (uid == 0)
		return 0;
	if (syscall(SYS_setgroups, 0, NULL) < 0)
		return errno == EPERM ? 0 : -errno;
	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
		uid_t id = candidates[i];

		if (syscall(SYS_setresgid, id, id, id) == 0 &&
		    syscall(SYS_setresuid, id, id, id) == 0)
			return 0;
		if (errno != EINVAL)
			return errno == EPERM ? 0 : -errno;
	}
	return 0;
}

/* Without CAP_SETPCAP the bounding set cannot be cleared.  It cannot be used either, because of
 * no_new_privs. */
static int limit_bounding_set(uint64_t keep)
{
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(keep >> cap & 1) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return errno == EPERM ? 0 : -errno;
	return 0;
}

static int set_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
		uint32_t part = (uint32_t)(keep >> 32 * i);

		data[i] = (struct __user_cap_data_struct){ part, part, part };
	}
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/* Has programs that are executed keep capabilities, though their files have none. */
static int set_ambient(uint64_t keep)
{
	for (unsigned long cap = 0; cap < 64; cap++)
		if ((keep >> cap & 1) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return -errno;
	return 0;
}

static int keep_only(uid_t uid, uint64_t keep, struct err *err)
{
	int r = limit_bounding_set(keep);

	if (r < 0)
		return err_errno(err, r, "capability bounding set");
	/* A change from user 0 to another takes all capabilities away, unless this says not to. */
	if (keep && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_errno(err, -errno, "capabilities over a change of user");
	if (geteuid() == 0)
		r = become_user(uid);
	if (r < 0)
		return err_errno(err, r, "user %u", uid);
	r = set_capabilities(keep);
	if (r == 0)
		r = set_ambient(keep);
	if (r < 0)
		return err_errno(err, r, "capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(err, -errno, "no_new_privs");
	return 0;
}

int identity_drop(uid_t uid, struct err *err)
{
	return keep_only(uid, 0, err);
}

int identity_keep(uid_t uid, const int *caps, size_t n, struct err *err)
{
	uint64_t keep = 0;

	for (size_t i = 0; i < n; i++)
		keep |= (uint64_t)1 << caps[i];
	return keep_only(uid, keep, err);
}

void identity_late(const struct jail *j, struct jail_late *ret)
{
	bool root = geteuid() == 0;

	*ret = (struct jail_late){ .user = root ? identity_own_uid() : 0,
				   .threads_max = root ? limits_threads(j) : 0 };
}
