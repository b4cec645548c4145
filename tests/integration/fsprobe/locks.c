/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static int lock_of(int fd, int cmd, short type, off_t start, off_t len)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &l);
}

static int try_both(void)
{
	int fd = open("locked", O_RDWR), r = 0;

	if (lock_of(fd, F_SETLK, F_WRLCK, 0, 10) == 0)
		r |= 1;
	if (lock_of(fd, F_SETLK, F_WRLCK, 100, 10) == 0)
		r |= 2;
	if (lock_of(fd, F_SETLK, F_RDLCK, 200, 10) == 0)
		r |= 4;
	return r;
}

static int try_flock(void)
{
	int fd = open("locked", O_RDWR);

	return flock(fd, LOCK_EX | LOCK_NB) == 0 ? 1 : errno == EWOULDBLOCK ? 0 : 2;
}

static int wait_lock(void)
{
	int fd = open("locked", O_RDWR);

	return lock_of(fd, F_SETLKW, F_WRLCK, 0, 10) == 0 ? 7 : 8;
}

void probe_locks(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10 };
	int fd, other, status;
	pid_t pid;

	probe_put("locked", "");
	fd = open("locked", O_RDWR);
	HOLDS(lock_of(fd, F_SETLK, F_WRLCK, 0, 10) == 0);
	HOLDS(lock_of(fd, F_SETLK, F_RDLCK, 200, 10) == 0);
	HOLDS(probe_in_child(try_both) == 6);
	HOLDS(fcntl(fd, F_GETLK, &l) == 0 && l.l_type == F_UNLCK); /* its own is no obstacle */
	HOLDS(lock_of(fd, F_SETLK, F_UNLCK, 0, 5) == 0);
	HOLDS(probe_in_child(try_both) == 6);
	HOLDS(lock_of(fd, F_SETLK, F_UNLCK, 5, 5) == 0);
	HOLDS(probe_in_child(try_both) == 7);
	/* Any close of the file's in a process ends its locks. */
	HOLDS(lock_of(fd, F_SETLK, F_WRLCK, 0, 0) == 0);
	HOLDS(probe_in_child(try_both) == 0);
	other = open("locked", O_RDWR);
	close(other);
	HOLDS(probe_in_child(try_both) == 7);
	/* Waiting for a lock, until it is given up. */
	HOLDS(lock_of(fd, F_SETLK, F_WRLCK, 0, 10) == 0);
	pid = fork();
	if (pid == 0)
		_exit(wait_lock());
	usleep(200000);
	HOLDS(waitpid(pid, &status, WNOHANG) == 0);
	HOLDS(lock_of(fd, F_SETLK, F_UNLCK, 0, 10) == 0);
	HOLDS(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7);
	/* And until the one who waits is killed. */
	HOLDS(lock_of(fd, F_SETLK, F_WRLCK, 0, 10) == 0);
	pid = fork();
	if (pid == 0)
		_exit(wait_lock());
	usleep(200000);
	kill(pid, SIGKILL);
	HOLDS(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	HOLDS(lock_of(fd, F_SETLK, F_UNLCK, 0, 10) == 0);
	HOLDS(probe_in_child(try_both) == 7);
	/* flock(2) is of the open file. */
	HOLDS(flock(fd, LOCK_EX) == 0);
	HOLDS(probe_in_child(try_flock) == 0);
	HOLDS(flock(fd, LOCK_SH) == 0);
	other = open("locked", O_RDONLY);
	HOLDS(flock(other, LOCK_SH | LOCK_NB) == 0);
	close(other);
	HOLDS(probe_in_child(try_flock) == 0);
	close(fd);
	HOLDS(probe_in_child(try_flock) == 1);
	unlink("locked");
}
