/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A shim does nothing that takes long, so one that lets a request for its end
 * wait is stuck, and is killed.  A shim holds a record lock for as long as it lives, and the kernel
 * says who holds one: so a shim that does not answer is found whoever started it, and a process
 * that only has its number by now is not taken for it.
 */
#include "control/kill.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "control/client.h"
#include "control/names.h"

#define ANSWER_MSEC	 1000
#define FINISH_STEP_USEC (20 * USEC_PER_MSEC)

/* Finds the process that holds the lock of a file.  Return: its id; 0 for nobody; -errno. */
static pid_t lock_holder(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_GETLK, &lock) < 0)
		return -errno;
	return lock.l_type == F_UNLCK ? 0 : lock.l_pid;
}

/* Opens the lock file of a shim.  Return: 0; -ESRCH where there was never a shim; -errno. */
static int open_lock(struct shim_ref shim, int *ret_fd)
{
	cleanup_free char *name = str_printf("%s/" SHIM_LOCK_FILE, shim.name);

	if (!name)
		return -ENOMEM;
	*ret_fd = openat(shim.dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	return *ret_fd >= 0 ? 0 : errno == ENOENT ? -ESRCH : -errno;
}

pid_t shim_pid(struct shim_ref shim)
{
	cleanup_close int fd = -1;
	int r = open_lock(shim, &fd);

	return r == 0 ? lock_holder(fd) : r == -ESRCH ? 0 : r;
}

int shim_end(struct shim_ref shim)
{
	cleanup_close int fd = -1, pidfd = -1;
	int r = open_lock(shim, &fd);
	pid_t pid;

	if (r < 0)
		return r;
	pid = lock_holder(fd);
	if (pid <= 0)
		return pid < 0 ? pid : -ESRCH;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return -errno;
	/* The process still holds the lock, so @pid is still the shim's number and not another
	 * process's. */
	if (lock_holder(fd) != pid)
		return -ESRCH;
	log_warning("container %.12s: moat-shim does not answer and is killed", shim.name);
	return syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0 ? -errno : 0;
}

int shim_ask_end(struct shim_ref shim, enum control_op op, struct err *err)
{
	int r = shim_ask(shim, op, ANSWER_MSEC, NULL, err);

	return r == -ETIMEDOUT ? shim_end(shim) : r;
}

/* Does the shim have a machine?  One that does not answer is taken to have one. */
static bool has_machine(struct shim_ref shim)
{
	cleanup(control_event_reset) struct control_event now = { 0 };
	int r = shim_status(shim, ANSWER_MSEC, &now, NULL);

	return r == -ETIMEDOUT || now.pid > 0;
}

void shim_finish(struct shim_ref shim, int timeout_msec)
{
	uint64_t deadline = clock_mono_usec() + (unsigned)timeout_msec * USEC_PER_MSEC;

	while (has_machine(shim)) {
		if (clock_mono_usec() >= deadline) {
			(void)shim_ask_end(shim, CONTROL_KILL, NULL);
			return;
		}
		usleep(FINISH_STEP_USEC);
	}
}
