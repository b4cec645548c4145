/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The needs of a program are known before it runs, and anything more it takes
 * harms others.  Limits are the bound that is there on every host, without privileges.  They count
 * for a process, so they hold because a jail cannot make another one.
 *
 * Memory has two bounds.  What is private and can be written is what costs memory: guest memory,
 * heaps, stacks, translated code.  Address space is larger, as heaps reserve it, and counts what is
 * shared, too.
 */
#include "jail/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/macro.h"

/* When the host is out of memory the kernel kills a machine before moatd and moat-shim, which
 * can then say why it ended. */
#define OOM_SCORE_ADJ "100"
#define NOFILE_MAX    256

#define STACK_BYTES MIB(8)
/* Address space for the heap of one thread: 64 MiB, but glibc reserves twice as much to find an
 * aligned half. */
#define ARENA_BYTES MIB(128)
#define IMAGE_BYTES GIB(2) /* program and libraries */

/* A jail's user is made from a process number, which is unique in one process namespace only.
 * So a few jails of different namespaces may share a user, and its limit of threads. */
#define SHARERS 4

static int set_limit(__rlimit_resource_t which, uint64_t value, struct err *err)
{
	struct rlimit limit;

	if (getrlimit(which, &limit) < 0)
		return err_errno(err, -errno, "limits");
	if (value < limit.rlim_max)
		limit.rlim_max = value;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(which, &limit) < 0 ? err_errno(err, -errno, "limits") : 0;
}

static int prefer_for_oom(struct err *err)
{
	cleanup_close int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	int r = fd < 0 ? 0 : fd_write_all(fd, OOM_SCORE_ADJ, strlen(OOM_SCORE_ADJ));

	/* The value may not be lowered without a privilege; the jail works without that. */
	return r < 0 && r != -EACCES ? err_errno(err, r, "oom_score_adj") : 0;
}

int limits_set(const struct jail *j, struct err *err)
{
	__attribute__((unused)) uint64_t stacks = j->threads * STACK_BYTES;
	const struct {
		__rlimit_resource_t which;
		uint64_t value;
	} limits[] = {
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_NOFILE, NOFILE_MAX },
		{ RLIMIT_MEMLOCK, 0 },
		{ RLIMIT_MSGQUEUE, 0 },
		{ RLIMIT_RTPRIO, 0 },
		{ RLIMIT_STACK, STACK_BYTES },
		{ RLIMIT_FSIZE, j->file_bytes },
#if !IS_SANITIZED /* their shadow memory takes terabytes in this process */
		{ RLIMIT_DATA, j->memory_bytes + stacks },
		{ RLIMIT_AS, j->memory_bytes + stacks + j->threads * ARENA_BYTES + IMAGE_BYTES },
#endif
	};
	int r = prefer_for_oom(err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(limits); i++)
		r = set_limit(limits[i].which, limits[i].value, err);
	return r;
}

/* Are a user's threads counted for each user namespace apart?  They are since Linux 5.14. */
static bool counts_by_namespace(void)
{
	unsigned major = 0, minor = 0;
	struct utsname name;

	return uname(&name) == 0 && sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
	       (major > 5 || (major == 5 && minor >= 14));
}

uint32_t limits_threads(const struct jail *j)
{
	return j->threads * SHARERS;
}

/* Where threads are not counted for each namespace, the user's other processes would count, so no
 * limit is set. */
int limits_set_threads(const struct jail *j, const struct identity *who, struct err *err)
{
	bool alone = who->uid == 0 ? geteuid() == who->target && who->target != 0
				   : who->apart && counts_by_namespace();

	return alone ? set_limit(RLIMIT_NPROC, limits_threads(j), err) : 0;
}
