/* SPDX-License-Identifier: Apache-2.0 */
#include "jail/zygote.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/unix.h"
#include "jail/identity.h"
#include "jail/syscalls.h"
#include "jail/zygote-request.h"

int zygote_filter(const struct jail *j, int *ret_fd, struct err *err)
{
	cleanup_close int fd = memfd_create("moat-filter", MFD_CLOEXEC);
	int r = fd < 0 ? err_errno(err, -errno, "filter") : syscalls_export(j, fd, err);

	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

char *zygote_setting(int socket_fd, int filter_fd)
{
	return str_printf(ZYGOTE_VARIABLE "=%d,%d", socket_fd, filter_fd);
}

int zygote_check(int fd, struct err *err)
{
	struct zygote_answer a;
	cleanup_close int none = -1;
	/* The library's message comes before the program does anything. */
	int r = fd_wait(fd, POLLIN, 0);
	ssize_t n = r > 0 ? unix_recv(fd, &a, sizeof(a), &none) : r;

	if (n == 0)
		return err_set(err, -ENOTSUP, "zygote: " JAIL_ZYGOTE_LIBRARY " was not loaded");
	if (n != (ssize_t)sizeof(a))
		return err_errno(err, n < 0 ? (int)n : -EPROTO, "zygote");
	return a.result < 0 ? err_errno(err, a.result, "zygote: " JAIL_ZYGOTE_LIBRARY) : 0;
}

/* A request on its way. */
struct packet {
	struct zygote_request rq;
	int fds[ZYGOTE_FDS_MAX];
	size_t n;
	int opened[ZYGOTE_GROUPS_MAX]; /* of these, descriptors to be closed */
	size_t n_opened;
};

static void packet_reset(struct packet *p)
{
	for (size_t i = 0; i < p->n_opened; i++)
		close(p->opened[i]);
}

/* The process may join because we may: the kernel checks who opened the file, in version 2 since
 * Linux 5.16. */
static int add_groups(struct packet *p, const struct jail_group *g)
{
	int r = group_open(g, p->opened);

	if (r < 0)
		return r;
	p->n_opened = (size_t)r;
	p->rq.n_groups = (uint8_t)r;
	for (size_t i = 0; i < p->n_opened; i++)
		p->fds[p->n++] = p->opened[i];
	return 0;
}

static void add_moves(struct packet *p, const struct zygote_fork *f)
{
	p->rq.n_moves = (uint8_t)f->n_moves;
	for (size_t i = 0; i < f->n_moves; i++) {
		p->rq.to[i] = f->moves[i].to;
		p->fds[p->n++] = f->moves[i].fd;
	}
}

static int receive_answer(int fd, int timeout_msec, struct zygote_answer *ret, int *ret_fd,
			  struct err *err)
{
	int r = fd_wait(fd, POLLIN, timeout_msec);
	ssize_t n;

	if (r <= 0)
		return err_errno(err, r < 0 ? r : -ETIMEDOUT, "zygote");
	n = unix_recv(fd, ret, sizeof(*ret), ret_fd);
	if (n != (ssize_t)sizeof(*ret))
		return err_errno(err, n < 0 ? (int)n : -EPIPE, "zygote");
	return ret->result < 0 ? err_errno(err, ret->result, "zygote: fork") : 0;
}

/* Awaits two answers, in either order: the zygote's that the process exists, and the process's that
 * it is ready. */
static int await_child(int fd, int timeout_msec, struct zygote_child *ret, struct err *err)
{
	bool ready = false;
	int r = 0;

	while (r == 0 && (ret->pidfd < 0 || !ready)) {
		cleanup_close int pidfd = -1;
		struct zygote_answer a;

		r = receive_answer(fd, timeout_msec, &a, &pidfd, err);
		if (r == 0 && a.pid == 0) {
			ready = true;
		} else if (r == 0) {
			ret->pid = a.pid;
			ret->pidfd = take_fd(&pidfd);
			if (ret->pidfd < 0)
				r = err_set(err, -EPROTO, "zygote: no process came");
		}
	}
	return r;
}

static int ask_zygote(const struct zygote_fork *f, struct packet *p, struct zygote_child *ret,
		      struct err *err)
{
	cleanup_close int ours = -1, theirs = -1;
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, -errno, "zygote: socket");
	ours = pair[0];
	theirs = pair[1];
	p->fds[0] = theirs;
	r = unix_send_fds(f->fd, &p->rq, sizeof(p->rq), p->fds, p->n);
	close(take_fd(&theirs));
	if (r < 0)
		return err_errno(err, r, "zygote");
	r = await_child(ours, f->timeout_msec, ret, err);
	if (r == 0)
		ret->life_fd = take_fd(&ours);
	return r;
}

int zygote_fork(const struct zygote_fork *f, struct zygote_child *ret, struct err *err)
{
	struct zygote_child child = { .pidfd = -1, .life_fd = -1, .group = JAIL_GROUP_NONE };
	cleanup(packet_reset) struct packet p = { .n = 1 };
	cleanup_close int folder_fd = -1;
	int r;

	if (f->n_moves > ZYGOTE_MOVES_MAX)
		return err_set(err, -EINVAL, "zygote: too many descriptors");
	identity_late(f->j, &p.rq.late);
	/* Without a control group the limits of the process itself remain (limits.c). */
	(void)group_make(f->j, &child.group, &folder_fd, NULL);
	r = add_groups(&p, &child.group);
	add_moves(&p, f);
	r = r < 0 ? err_errno(err, r, "control group") : ask_zygote(f, &p, &child, err);
	if (r == 0) {
		*ret = child;
		return 0;
	}
	fd_close(&child.pidfd); /* the process has ended, or ends with its socket */
	group_remove(&child.group);
	return r;
}
