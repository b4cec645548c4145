/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The kernel does not say who watches a file, but /proc tells what each
 * descriptor is.  /proc is read without libc's directory streams, which allocate.
 */
#include "guest/share/watchers.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

/* The layout of getdents64(2). */
struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

/* Calls @fn for each name that is a number, until it returns true. */
static bool any_number(int dir_fd, bool (*fn)(int dir_fd, const char *name))
{
	_Alignas(8) char buffer[4096];
	long n;

	while ((n = syscall(SYS_getdents64, dir_fd, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < n;) {
			const struct entry *e = (const void *)(buffer + at);

			if (e->name[0] >= '0' && e->name[0] <= '9' && fn(dir_fd, e->name))
				return true;
			at += e->len;
		}
	}
	return false;
}

static bool is_watcher(int dir_fd, const char *name)
{
	static const char *const kinds[] = { "anon_inode:inotify", "anon_inode:[fanotify]" };
	char text[32];
	ssize_t n = readlinkat(dir_fd, name, text, sizeof(text) - 1);

	if (n <= 0)
		return false;
	text[n] = '\0';
	return STR_FIND(kinds, text);
}

static bool has_watcher(int dir_fd, const char *name)
{
	char path[32];
	cleanup_close int fd = -1;

	if (snprintf(path, sizeof(path), "%s/fd", name) >= (int)sizeof(path))
		return false;
	fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && any_number(fd, is_watcher);
}

bool watchers_exist(void)
{
	cleanup_close int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && any_number(fd, has_watcher);
}
