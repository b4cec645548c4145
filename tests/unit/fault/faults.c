/* SPDX-License-Identifier: Apache-2.0 */
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

#define CALLS_MAX 100000u

static _Thread_local struct {
	enum fault_kind kind;
	unsigned left; /* until one fails; 0: none does */
	bool hit;
} armed;

void faults_arm(enum fault_kind kind, unsigned nth)
{
	armed.kind = kind;
	armed.left = nth;
	armed.hit = false;
}

bool faults_disarm(void)
{
	armed.left = 0;
	return armed.hit;
}

static bool fails(enum fault_kind kind)
{
	if (armed.left == 0 || armed.kind != kind || --armed.left > 0)
		return false;
	armed.hit = true;
	errno = kind == FAULT_MEMORY ? ENOMEM : ENOSPC;
	return true;
}

unsigned faults_each(enum fault_kind kind, int (*fn)(void *arg), void *arg)
{
	for (unsigned n = 1; n < CALLS_MAX; n++) {
		int r;

		faults_arm(kind, n);
		r = fn(arg);
		if (!faults_disarm()) {
			assert_int_equal(r, 0);
			return n - 1;
		}
		if (r >= 0)
			fail_msg("call %u failed and nobody said so", n);
	}
	fail_msg("there is no end of calls");
	return 0;
}

#define WRAP(kind, type, name, otherwise, params, args)                                            \
	type __real_##name params;                                                                 \
	type __wrap_##name params;                                                                 \
	type __wrap_##name params                                                                  \
	{                                                                                          \
		return fails(kind) ? (otherwise) : __real_##name args;                             \
	}

WRAP(FAULT_MEMORY, void *, malloc, NULL, (size_t n), (n))
WRAP(FAULT_MEMORY, void *, calloc, NULL, (size_t n, size_t size), (n, size))
WRAP(FAULT_MEMORY, void *, realloc, NULL, (void *p, size_t n), (p, n))
WRAP(FAULT_MEMORY, void *, reallocarray, NULL, (void *p, size_t n, size_t size), (p, n, size))
WRAP(FAULT_MEMORY, char *, strdup, NULL, (const char *s), (s))
WRAP(FAULT_MEMORY, char *, strndup, NULL, (const char *s, size_t n), (s, n))
WRAP(FAULT_FILES, int, fsync, -1, (int fd), (fd))
WRAP(FAULT_FILES, int, ftruncate64, -1, (int fd, off_t size), (fd, size))
WRAP(FAULT_FILES, int, renameat, -1, (int a, const char *from, int b, const char *to),
     (a, from, b, to))

/* A full disk takes a part before it takes nothing. */
ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	if (!fails(FAULT_FILES))
		return __real_write(fd, data, len);
	if (len > 1)
		(void)__real_write(fd, data, len / 2);
	errno = ENOSPC;
	return -1;
}
