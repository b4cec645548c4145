/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/network/netprocess.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/locate.h"
#include "base/unix.h"
#include "net/client.h"

void netprocess_reset(struct netprocess *p)
{
	fd_close(&p->namespace_fd);
	fd_close(&p->watch_fd);
}

int netprocess_greet(struct netprocess *p, struct err *err)
{
	int namespace_fd = -1, watch_fd = -1;
	int r = net_hello(p->dir_fd, &namespace_fd, err);

	if (r == 0)
		r = net_watch(p->dir_fd, &watch_fd, err);
	if (r < 0) {
		fd_close(&namespace_fd);
		return r;
	}
	netprocess_reset(p);
	p->namespace_fd = namespace_fd;
	p->watch_fd = watch_fd;
	return 0;
}

int netprocess_launch(struct netprocess *p, struct err *err)
{
	cleanup_free char *program = NULL;
	struct net_launch l = { .dir = p->dir,
				.dir_fd = p->dir_fd,
				.namespace_fd = p->namespace_fd };
	int r = locate_program("moat-net", &program, err);

	if (r < 0)
		return r;
	netprocess_forget(p);
	p->started_usec = clock_mono_usec();
	l.program = program;
	r = net_spawn(&l, &p->pid, err);
	if (r == 0)
		r = netprocess_greet(p, err);
	if (r < 0)
		netprocess_forget(p);
	return r;
}

void netprocess_forget(struct netprocess *p)
{
	fd_close(&p->watch_fd);
	/* The process in the namespace: one that hangs would not notice that the other has ended.
	 */
	net_kill(p->dir_fd);
	if (p->pid <= 0)
		return;
	child_kill(p->pid);
	p->pid = 0;
}

ssize_t netprocess_hear(const struct netprocess *p, char **ret)
{
	cleanup_free char *packet = NULL;
	int unexpected = -1;
	ssize_t n;

	*ret = NULL;
	if (p->watch_fd < 0 || fd_wait(p->watch_fd, POLLIN, 0) == 0)
		return 0;
	packet = malloc(NET_PACKET_MAX);
	if (!packet)
		return -ENOMEM;
	n = unix_recv(p->watch_fd, packet, NET_PACKET_MAX, &unexpected);
	fd_close(&unexpected);
	if (n <= 0)
		return -EPIPE;
	*ret = take_ptr(packet);
	return n;
}
