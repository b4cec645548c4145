/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A shim does nothing that takes long, so one that lets a request for its end
 * wait is stuck, and is killed.  A shim holds a record lock for as long as it lives, and the kernel
 * says who holds one: so a shim that does not answer is found whoever started it, and a process
 * that only has its number by now is not taken for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "control/client.h"

#define ANSWER_MSEC	 1000
#define FINISH_STEP_USEC (20 * USEC_PER_MSEC)

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

int shim_ask_end(int containers_fd, const char *id, const char *op, struct err *err)
{
	int r = shim_ask(containers_fd, id, op, ANSWER_MSEC, NULL, err);

	return r == -ETIMEDOUT ? shim_end(containers_fd, id) : r;
}

/* One that does not answer may have one. */
static bool has_machine(int containers_fd, const char *id)
{
	cleanup_json json_t *status = NULL;
	int r = shim_ask(containers_fd, id, "status", ANSWER_MSEC, &status, NULL);

	return r == -ETIMEDOUT || json_integer_value(json_object_get(status, "pid")) > 0;
}

void shim_finish(int containers_fd, const char *id, int timeout_msec)
{
	uint64_t deadline = clock_mono_usec() + (unsigned)timeout_msec * USEC_PER_MSEC;

	while (has_machine(containers_fd, id)) {
		if (clock_mono_usec() >= deadline) {
			(void)shim_ask_end(containers_fd, id, "kill", NULL);
			return;
		}
		usleep(FINISH_STEP_USEC);
	}
}
