/* SPDX-License-Identifier: Apache-2.0 */
#include "base/private.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/auxv.h>
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

/*
 * Theory of operation.  A library that is not linked with -z now gets a function's address when it
 * first calls it.  The dynamic linker saves the vector registers on the stack for that, and those
 * of the last copy, which may have been of a secret, stay there.  LD_BIND_NOW has all addresses
 * found before main(); it counts when a program begins (ld.so(8)).
 */
void private_bind(char **argv)
{
	const char *name = "LD_BIND_NOW", *value = getenv(name);
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	/* A program that got privileges by being executed has the variable taken away each time. */
	if ((value && *value) || getauxval(AT_SECURE) || n <= 0 || setenv(name, "1", 1) < 0)
		return;
	path[n] = '\0';
	execv(path, argv);
	(void)unsetenv(name);
}
