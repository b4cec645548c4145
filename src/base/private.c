/* SPDX-License-Identifier: Apache-2.0 */
#include "base/private.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"

/*
 * Theory of operation.  A limit of 0 keeps the kernel from writing a core file, but not from piping
 * one to a program (core(5)); the filter says which memory a core has, and applies to both.  A
 * process stays traceable by its user, who can read its memory anyway: PR_SET_DUMPABLE would only
 * take away /proc, which moatd needs.
 */
void private_memory(void)
{
	cleanup_close int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
	struct rlimit limit;

	if (fd >= 0 && write(fd, "0", 1) < 0)
		return;
	if (getrlimit(RLIMIT_CORE, &limit) < 0)
		return;
	limit.rlim_cur = 0;
	(void)setrlimit(RLIMIT_CORE, &limit);
}
