/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/machine/alive.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "control/names.h"

int alive_lock(int dir_fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	cleanup_close int fd = -1;

	if (unlinkat(dir_fd, SHIM_LOCK_FILE, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dir_fd, SHIM_LOCK_FILE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (fd < 0 || fcntl(fd, F_SETLK, &lock) < 0)
		return -errno;
	(void)take_fd(&fd); /* closed with the process */
	return 0;
}
