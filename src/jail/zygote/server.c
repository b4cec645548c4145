/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A library that is loaded into the QEMU of a zygote.  A thread of its own
 * waits for requests (zygote-request.h).  At the first one it has all others stand still, for good;
 * at each it makes a process that has all memory of this one, copied when it is written to.  That
 * is alone in a process namespace with its keeper (keeper.h), goes into its control group, takes
 * the descriptors that came, narrows itself as a jail's program is narrowed before it is executed,
 * and then makes its threads again.
 *
 * Until then it has run nothing but the kernel that is set for all, moat-init and the rehearsal,
 * and after that it is as confined as any other QEMU.  Requests come from moat-shim alone.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "jail/zygote/files.h"
#include "jail/zygote/keeper.h"
#include "jail/zygote/message.h"
#include "jail/zygote/shared.h"
#include "jail/zygote/threads.h"

static struct {
	int fd;
	struct sock_filter filter[JAIL_FILTER_MAX];
	size_t filter_len;
	bool parked;
} server;

struct order {
	struct zygote_request rq;
	int fds[ZYGOTE_FDS_MAX];
	size_t n_fds;
};

static void close_order(const struct order *o)
{
	for (size_t i = 0; i < o->n_fds; i++)
		close(o->fds[i]);
}

static bool is_complete(const struct order *o)
{
	const struct zygote_request *rq = &o->rq;

	return rq->n_groups <= ZYGOTE_GROUPS_MAX && rq->n_moves <= ZYGOTE_MOVES_MAX &&
	       o->n_fds == (size_t)1 + rq->n_groups + rq->n_moves;
}

/* Receives a request.  Return: 1; 0 for a packet that is none; -EPIPE at the end of the socket. */
static int receive_order(struct order *o)
{
	ssize_t len = message_receive(server.fd, &o->rq, sizeof(o->rq), o->fds, ZYGOTE_FDS_MAX,
				      &o->n_fds);

	if (len <= 0 && len != -EBADMSG)
		return -EPIPE;
	if (len == (ssize_t)sizeof(o->rq) && is_complete(o))
		return 1;
	close_order(o);
	return 0;
}

static void send_answer(int fd, int result, pid_t pid, int pidfd)
{
	const struct zygote_answer a = { .result = result, .pid = pid };

	(void)message_send(fd, &a, sizeof(a), &pidfd, pidfd >= 0);
}

static int join_groups(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (write(fds[i], "0", 1) != 1)
			return -errno;
	return 0;
}

/* Makes the new process a jailed QEMU with all its threads.  Return: 0; -errno. */
static int become_machine(const struct order *o)
{
	const int *groups = o->fds + 1;
	const int *moved = groups + o->rq.n_groups;
	int r = join_groups(groups, o->rq.n_groups);

	close(server.fd);
	keeper_leave();
	for (const int *fd = o->fds + 1; fd < moved; fd++)
		close(*fd);
	for (size_t i = 0; r == 0 && i < o->rq.n_moves; i++)
		r = files_move(moved[i], o->rq.to[i]);
	if (r == 0)
		r = files_renew();
	if (r == 0)
		r = shared_check();
	if (r == 0)
		r = jail_enter_late(&o->rq.late, server.filter, server.filter_len);
	return r == 0 ? threads_revive() : r;
}

static _Noreturn void run_machine(const struct order *o)
{
	int r = become_machine(o);

	send_answer(o->fds[0], r, 0, -1);
	close(o->fds[0]);
	/* Serves requests; QEMU does not know of this thread. */
	while (r == 0)
		syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
	for (;;)
		syscall(SYS_exit_group, EXIT_FAILURE);
}

static pid_t fork_machine(int *ret_pidfd)
{
	struct clone_args args = { .flags = CLONE_PIDFD,
				   .pidfd = (uintptr_t)ret_pidfd,
				   .exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	return pid < 0 ? -errno : (pid_t)pid;
}

static int get_ready(const struct order *first)
{
	int r;

	if (server.parked)
		return 0;
	r = files_can_be_renewed();
	if (r == 0)
		r = threads_park();
	if (r < 0)
		return r;
	shared_note(first->fds, first->n_fds);
	server.parked = true;
	return 0;
}

static void serve_order(const struct order *o)
{
	int pidfd = -1;
	pid_t pid = get_ready(o);

	if (pid == 0)
		pid = keeper_make(o->fds[0]);
	if (pid == 0) {
		pid = fork_machine(&pidfd);
		if (pid == 0)
			run_machine(o);
	}
	send_answer(o->fds[0], pid < 0 ? pid : 0, pid, pidfd);
	if (pidfd >= 0)
		close(pidfd);
}

static void *run_server(void *arg)
{
	static struct order o;
	int r;

	(void)arg;
	while ((r = receive_order(&o)) >= 0) {
		if (r == 0)
			continue;
		serve_order(&o);
		close_order(&o);
	}
	close(server.fd);
	return NULL;
}

/* Reads the filter, and closes the file: forks share no file that can be written to. */
static int read_filter(int fd)
{
	ssize_t n = pread(fd, server.filter, sizeof(server.filter), 0);

	close(fd);
	if (n <= 0 || (size_t)n % sizeof(server.filter[0]) != 0)
		return -EBADMSG;
	server.filter_len = (size_t)n / sizeof(server.filter[0]);
	return 0;
}

__attribute__((constructor)) static void begin_server(void)
{
	const char *numbers = getenv(ZYGOTE_VARIABLE);
	int filter_fd, r;

	if (!numbers || sscanf(numbers, "%d,%d", &server.fd, &filter_fd) != 2)
		return;
	files_begin();
	/* Nobody waits for processes here: whoever has a process's descriptor sees its end. */
	signal(SIGCHLD, SIG_IGN);
	r = read_filter(filter_fd);
	if (r == 0)
		r = keeper_begin(server.filter, server.filter_len);
	if (r == 0)
		r = threads_begin();
	if (r == 0)
		r = threads_start_hidden(run_server, NULL);
	send_answer(server.fd, r, 0, -1);
	if (r < 0)
		close(server.fd);
}
