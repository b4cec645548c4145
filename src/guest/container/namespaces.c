/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/container/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>

#include "base/fd.h"
#include "base/macro.h"

static const struct {
	const char *path;
	int flag;
} kinds[] = {
	{ "/proc/self/ns/uts", CLONE_NEWUTS },
	{ "/proc/self/ns/ipc", CLONE_NEWIPC },
	{ "/proc/self/ns/cgroup", CLONE_NEWCGROUP },
};

_Static_assert(ARRAY_SIZE(kinds) == ARRAY_SIZE(NAMESPACES_NONE.fds), "a descriptor for each kind");

int namespaces_open(struct namespaces *ret)
{
	*ret = NAMESPACES_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		ret->fds[i] = open(kinds[i].path, O_RDONLY | O_CLOEXEC);
		if (ret->fds[i] < 0)
			return -errno;
	}
	return 0;
}

int namespaces_make(struct namespaces *ret)
{
	int flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		flags |= kinds[i].flag;
	return unshare(flags) < 0 ? -errno : namespaces_open(ret);
}

int namespaces_join(const struct namespaces *n)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (setns(n->fds[i], kinds[i].flag) < 0)
			return -errno;
	return 0;
}

void namespaces_close(struct namespaces *n)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		fd_close(&n->fds[i]);
}
