/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A shim holds a record lock for as long as it lives, and the kernel says who
 * holds one: so a shim that does not answer is found whoever started it, and a process that
 * only has its number by now is not taken for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "control/client.h"

/* Who holds the lock of this file.  Return: a process id; 0 for nobody; -errno. */
static pid_t holder(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_GETLK, &lock) < 0)
		return -errno;
	return lock.l_type == F_UNLCK ? 0 : lock.l_pid;
}

int shim_end(int containers_fd, const char *id)
{
	cleanup_free char *name = str_printf("%s/shim.lock", id);
	cleanup_close int fd = -1, pidfd = -1;
	pid_t pid;

	if (!name)
		return -ENOMEM;
	fd = openat(containers_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	pid = holder(fd);
	if (pid <= 0)
		return pid < 0 ? pid : -ESRCH;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return -errno;
	/* It holds the lock still, so the number is its own. */
	if (holder(fd) != pid)
		return -ESRCH;
	log_warning("container %.12s: moat-shim does not answer and is killed", id);
	return syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0 ? -errno : 0;
}
