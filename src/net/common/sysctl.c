/* SPDX-License-Identifier: Apache-2.0 */
#include "net/common/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"

static int open_sysctl(const char *name, int flags)
{
	char path[160];
	int n = snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	int fd;

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int sysctl_set(const char *name, int value)
{
	cleanup_close int fd = open_sysctl(name, O_WRONLY);
	char text[16];
	int n = snprintf(text, sizeof(text), "%d\n", value);

	return fd < 0 ? fd : fd_write_all(fd, text, (size_t)n);
}

int sysctl_get(const char *name, int *ret)
{
	cleanup_close int fd = open_sysctl(name, O_RDONLY);
	char text[32] = "", *end;
	ssize_t n;
	long value;

	if (fd < 0)
		return fd;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	value = strtol(text, &end, 10);
	if (end == text || value < INT32_MIN || value > INT32_MAX)
		return -EINVAL;
	*ret = (int)value;
	return 0;
}
