/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What a host permits is found by doing it, in a child that ends at
 * once: whether namespaces can be made is a matter of privilege, sysctls, security modules and
 * limits together.  The child makes system calls only, as the caller may have threads.
 */
#include "jail/describe.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/cleanup.h"
#include "jail/group.h"
#include "jail/identity.h"
#include "jail/jail.h"
#include "jail/landlock.h"
#include "jail/root.h"
#include "jail/userns.h"

#define OWN_USER 0x80

/* Runs in the child.  Return: 0 when it could make a root of its own, else the errno that says
 * why not; OWN_USER is added when the jail gets a user of its own. */
static int try_steps(const struct identity *who)
{
	static const char *const nothing[] = { NULL };
	const struct jail empty = { .expose = nothing, .devices = nothing };
	bool done = false;
	int r = identity_unshare(who, NULL);

	if (r == 0)
		r = root_enter(&empty, NULL, who->uid, &done, NULL);
	if (r == 0 && !done)
		r = -EPERM;
	if (identity_drop(who->target, NULL) == 0 && geteuid() != who->uid)
		return -r | OWN_USER;
	return -r;
}

/* Return: what try_steps() returned in a child, or the errno that kept the child from being
 * made. */
static int try_jail(int group_fd, struct identity *ret)
{
	cleanup_close int pidfd = -1;
	int status, r;
	pid_t pid = identity_fork(group_fd, false, ret, &pidfd);

	if (pid < 0)
		return -pid;
	if (pid == 0)
		_exit(try_steps(ret));
	r = child_await(pid, &status);
	if (r < 0)
		return -r;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

/* Which parts of a jail this host permits, and why it refuses the others. */
struct found {
	struct identity who;
	int steps;
	struct err no_group;
};

static void find_permitted(struct found *ret)
{
	const struct jail some = { .threads = 1, .memory_bytes = MIB(1) };
	struct jail_group group = JAIL_GROUP_NONE;
	cleanup_close int fd = -1;
	int r = group_make(&some, &group, &fd, &ret->no_group);

	ret->steps = try_jail(fd, &ret->who);
	if (r == 0 && fd >= 0 && !ret->who.grouped)
		err_set(&ret->no_group, -EPERM, "no process can be made in one");
	group_remove(&group);
}

static const char *describe_refusal(int code)
{
	return geteuid() == 0 ? strerror(code) : userns_why();
}

char *jail_describe(void)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	struct found found = { 0 };
	int landlock = landlock_version(), refused;
	int r = buf_adds(&text, "seccomp, limits, no new privileges");

	find_permitted(&found);
	refused = found.steps & ~OWN_USER;
	if (r == 0 && (found.steps & OWN_USER))
		r = buf_adds(&text, ", a user of its own");
	if (r == 0 && landlock > 0)
		r = buf_addf(&text, ", Landlock (ABI %d)", landlock);
	if (r == 0 && refused == 0)
		r = buf_addf(&text, ", a root and namespaces of its own%s",
			     found.who.apart ? "" : " (but for processes)");
	else if (r == 0)
		r = buf_addf(&text, "; no root or namespaces of its own: %s",
			     describe_refusal(refused));
	if (r == 0 && found.no_group.code == 0)
		r = buf_adds(&text, ", a control group of its own");
	else if (r == 0)
		r = buf_addf(&text, "; no control group of its own: %s", found.no_group.msg);
	return r < 0 ? NULL : buf_take(&text);
}
