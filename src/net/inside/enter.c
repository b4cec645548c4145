/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A child leaves for the new namespaces, and its child is the process that
 * stays: a process namespace holds only what is made after it.  The one in between ends at once.
 *
 * A user namespace is needed only where we are not root.  As root the capabilities that are kept
 * are the host's, but hold for nothing except the network namespace the process cannot leave.
 */
#include "net/inside/enter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "jail/attacks.h"
#include "jail/identity.h"
#include "jail/root.h"
#include "jail/userns.h"

static int map_user(uid_t uid, gid_t gid)
{
	char line[32];
	int r = file_set_at(AT_FDCWD, "/proc/self/setgroups", "deny");

	snprintf(line, sizeof(line), "0 %u 1", uid);
	if (r == 0)
		r = file_set_at(AT_FDCWD, "/proc/self/uid_map", line);
	snprintf(line, sizeof(line), "0 %u 1", gid);
	return r == 0 ? file_set_at(AT_FDCWD, "/proc/self/gid_map", line) : r;
}

static int make_namespace(struct err *err)
{
	const uid_t uid = geteuid();
	const gid_t gid = getegid();
	int r;

	if (unshare(uid == 0 ? CLONE_NEWNET : CLONE_NEWNET | CLONE_NEWUSER) < 0)
		return uid == 0 ? err_errno(err, -errno, "network namespace")
				: userns_refused(-errno, err);
	r = uid == 0 ? 0 : map_user(uid, gid);
	return r < 0 ? userns_refused(r, err) : 0;
}

/* Finds the namespace that @fd leads to: @fd may be it, or a tap in it.  Return: a descriptor of
 * the namespace, owned. */
static int find_namespace(int fd)
{
	int ns = ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET ? fcntl(fd, F_DUPFD_CLOEXEC, 3)
							  : ioctl(fd, TUNGETDEVNETNS, 0);

	return ns < 0 ? -errno : ns;
}

static int join_namespace(int fd, struct err *err)
{
	cleanup_close int ns = find_namespace(fd), user = -1;

	if (ns < 0)
		return err_errno(err, ns, "network namespace of the moat-net before");
	if (geteuid() != 0) {
		user = ioctl(ns, NS_GET_USERNS);
		if (user < 0 || setns(user, CLONE_NEWUSER) < 0)
			return err_errno(err, -errno, "user namespace of the moat-net before");
	}
	if (setns(ns, CLONE_NEWNET) < 0)
		return err_errno(err, -errno, "network namespace of the moat-net before");
	return 0;
}

int enter_fork(int namespace_fd, struct err *err)
{
	pid_t pid = fork();
	int r;

	if (pid < 0)
		return err_errno(err, -errno, "fork");
	if (pid > 0)
		return waitpid(pid, NULL, 0) < 0 ? err_errno(err, -errno, "wait") : 1;
	r = namespace_fd >= 0 ? join_namespace(namespace_fd, err) : make_namespace(err);
	if (r < 0)
		return r;
	if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		return geteuid() == 0 ? err_errno(err, -errno, "namespaces")
				      : userns_refused(-errno, err);
	pid = fork();
	if (pid < 0)
		return err_errno(err, -errno, "fork");
	if (pid > 0)
		_exit(0);
	return 0;
}

/* Makes a root with what nft and dnsmasq need to run, and a folder for dnsmasq's files. */
static int enter_root(uid_t uid, struct err *err)
{
	static const char *const expose[] = { "/usr",	     "/bin",
					      "/sbin",	     "/lib",
					      "/lib32",	     "/lib64",
					      "/libx32",     "/etc/ld.so.cache",
					      "/etc/passwd", "/etc/alternatives",
					      NULL };
	static const char *const devices[] = { "/dev/null", "/dev/urandom", "/dev/net/tun", NULL };
	static const char *const no_tun[] = { "/dev/null", "/dev/urandom", NULL };
	static const char *const folders[] = { "/run", NULL };
	struct jail j = { .expose = expose,
			  .devices = access("/dev/net/tun", F_OK) == 0 ? devices : no_tun,
			  .folders = folders,
			  .sees_proc = true };
	bool done = false;
	int r = root_enter(&j, NULL, uid, &done, err);

	if (r == 0 && !done)
		return err_set(err, -EPERM, "this host lets nobody mount anything");
	return r;
}

int enter_narrow(uid_t uid, struct err *err)
{
	static const int caps[] = { CAP_NET_ADMIN, CAP_NET_RAW };
	int r = enter_root(uid, err);

	if (r == 0)
		r = identity_keep(uid, caps, sizeof(caps) / sizeof(caps[0]), err);
	/* dnsmasq runs as the same user, and could otherwise look into this process. */
	if (r == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_errno(err, -errno, "dumpable");
	return r == 0 ? attacks_refuse(err) : r;
}
