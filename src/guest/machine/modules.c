/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/machine/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"

#define LIST_MAX KIB(64)

static int load_module(int dir_fd, const char *name)
{
	cleanup_close int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST)
		return -errno;
	unlinkat(dir_fd, name, 0);
	return 0;
}

int modules_load(const char *dir, struct err *err)
{
	cleanup_close int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup(buf_reset) struct buf list = BUF_INIT;
	char *rest, *name;
	int r, result = 0;

	if (dir_fd < 0)
		return 0;
	r = file_read_at(dir_fd, "list", LIST_MAX, &list);
	if (r == -ENOENT || list.len == 0)
		return 0;
	if (r < 0)
		return err_errno(err, r, "read the list of kernel modules");
	rest = list.data;
	while ((name = strsep(&rest, "\n"))) {
		r = *name ? load_module(dir_fd, name) : 0;
		if (r < 0 && result == 0)
			result = err_errno(err, r, "load kernel module %s", name);
	}
	return result;
}
