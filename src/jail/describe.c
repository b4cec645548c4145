/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What a host permits is found by doing it, in a child that ends at
 * once: whether namespaces can be made is a matter of privilege, sysctls, security modules and
 * limits together.  The child makes system calls only, as the caller may have threads.
 */
#include "jail/describe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "jail/identity.h"
#include "jail/jail.h"
#include "jail/landlock.h"
#include "jail/root.h"

#define OWN_USER 0x80

/* In the child.  Return: why there is no root of its own, an errno or 0; OWN_USER beside it. */
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

/* Return: what try_steps() found, or the errno that kept it from being tried. */
static int try_jail(bool *ret_apart)
{
	cleanup_close int pidfd = -1;
	struct identity who;
	int status;
	pid_t pid = identity_fork(&who, &pidfd);

	if (pid < 0)
		return -pid;
	if (pid == 0)
		_exit(try_steps(&who));
	*ret_apart = who.apart;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

char *jail_describe(void)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	bool apart = false;
	int found = try_jail(&apart), refused = found & ~OWN_USER;
	int landlock = landlock_version();
	int r = buf_adds(&text, "seccomp, no new privileges");

	if (r == 0 && (found & OWN_USER))
		r = buf_adds(&text, ", a user of its own");
	if (r == 0 && landlock > 0)
		r = buf_addf(&text, ", Landlock (ABI %d)", landlock);
	if (r == 0 && refused == 0)
		r = buf_addf(&text, ", a root and namespaces of its own%s",
			     apart ? "" : " (but for processes)");
	else if (r == 0)
		r = buf_addf(&text, "; no root or namespaces of its own: %s", strerror(refused));
	return r < 0 ? NULL : buf_take(&text);
}
