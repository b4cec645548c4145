/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The zygote has a large memory, which a keeper has no use for.  So keepers
 * are forked of another process, which was forked of the zygote before that had any.  It is asked
 * over a socket, and ends with it; keepers live as long as they are needed, with the zygote or
 * without.
 */
#include "jail/zygote/keeper.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "jail/zygote/message.h"

#define LIFE_FD 3

static const struct sock_filter *filter;
static size_t filter_len;
static int maker_fd; /* in the zygote: socket to the process that makes keepers */

static _Noreturn void end_process(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

/* The keeper stays the zygote's user: only so may the zygote enter its namespace. */
static _Noreturn void keep_namespace(int life_fd)
{
	static const struct jail_late stays = { 0 };
	char byte;
	ssize_t n;

	if (dup3(life_fd, LIFE_FD, 0) < 0 || syscall(SYS_close_range, LIFE_FD + 1, ~0u, 0) < 0 ||
	    jail_enter_late(&stays, filter, filter_len) < 0)
		end_process(EXIT_FAILURE);
	do {
		n = read(LIFE_FD, &byte, sizeof(byte));
	} while (n > 0 || (n < 0 && errno == EINTR));
	end_process(EXIT_SUCCESS);
}

/* Return: the keeper's descriptor; -errno. */
static int make_keeper(int life_fd)
{
	int pidfd = -1;
	struct clone_args args = { .flags = CLONE_NEWPID | CLONE_PIDFD,
				   .pidfd = (uintptr_t)&pidfd,
				   .exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		keep_namespace(life_fd);
	return pid < 0 ? -errno : pidfd;
}

static _Noreturn void make_keepers(int fd)
{
	int life_fd;
	char byte;
	size_t n;

	for (;;) {
		ssize_t len = message_receive(fd, &byte, sizeof(byte), &life_fd, 1, &n);
		int pidfd;

		if (len != (ssize_t)sizeof(byte) || n != 1)
			end_process(EXIT_SUCCESS);
		pidfd = make_keeper(life_fd);
		close(life_fd);
		(void)message_send(fd, &pidfd, sizeof(pidfd), &pidfd, pidfd >= 0);
		if (pidfd >= 0)
			close(pidfd);
	}
}

int keeper_begin(const struct sock_filter *f, size_t n)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	int pair[2];
	long pid;

	filter = f;
	filter_len = n;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0) {
		dup3(pair[1], LIFE_FD, 0);
		syscall(SYS_close_range, LIFE_FD + 1, ~0u, 0);
		make_keepers(LIFE_FD);
	}
	close(pair[1]);
	maker_fd = pair[0];
	return pid < 0 ? -errno : 0;
}

void keeper_leave(void)
{
	close(maker_fd);
}

int keeper_make(int life_fd)
{
	int result, pidfd = -1, r;
	size_t n;

	if (message_send(maker_fd, "", 1, &life_fd, 1) < 0 ||
	    message_receive(maker_fd, &result, sizeof(result), &pidfd, 1, &n) != sizeof(result))
		return -EPIPE;
	if (n == 0)
		return result;
	r = setns(pidfd, CLONE_NEWPID) < 0 ? -errno : 0;
	close(pidfd);
	return r;
}
