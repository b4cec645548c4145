/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A container's mounts are served by a process that moatd started for it.
 * The port that the guest's requests come from is the machine's, so it is passed on here, and again
 * where another machine takes the place of one that did not come up.  From then on no byte of a
 * request passes through the shim.
 *
 * The server ends when its control socket is closed.  Where it ends by itself, as it does when the
 * guest sends what is no request, the port is closed, and what the container asks of its mounts
 * fails: else it would wait for ever.
 */
#include "shim/container/share.h"

#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/unix.h"
#include "fs/names.h"
#include "shim/container/containers.h"

int share_take(struct container *c, int *fd, struct err *err)
{
	size_t n = c->runtime->options.mounts.n;

	if (n > 0 && *fd < 0)
		return err_set(err, -EINVAL, "the container has %zu mounts, and no server for them",
			       n);
	c->share.fd = take_fd(fd);
	return 0;
}

static int on_server(struct source *source, int fd, uint32_t events, void *arg)
{
	struct container *c = arg;

	(void)source, (void)fd, (void)events;
	log_warning(
		"%.12s: moat-fs has ended, and with it the container's mounts: see " FS_LOG_FILE,
		c->name);
	if (c->slot >= 0)
		machine_close_share(&c->all->life->machine, (unsigned)c->slot);
	share_end(&c->share);
	return 0;
}

int share_pass(struct container *c, struct err *err)
{
	int port, r;

	if (c->runtime->options.mounts.n == 0)
		return 0;
	port = c->all->life->machine.share_fds[c->slot];
	if (port < 0)
		return err_set(err, -EPIPE, "the machine's port for mounts was closed before");
	if (c->share.fd < 0)
		return err_set(err, -EPIPE, "moat-fs has ended: see " FS_LOG_FILE);
	r = unix_send(c->share.fd, FS_PORT_MESSAGE, sizeof(FS_PORT_MESSAGE), port);
	if (r == -EPIPE || r == -ECONNRESET)
		return err_set(err, -EPIPE, "moat-fs has ended: see " FS_LOG_FILE);
	if (r == 0 && !c->share.source)
		r = loop_add_io(c->all->loop, c->share.fd, EPOLLRDHUP, on_server, c,
				&c->share.source);
	return r < 0 ? err_errno(err, r, "moat-fs") : 0;
}

void share_end(struct share *s)
{
	source_free(s->source);
	s->source = NULL;
	fd_close(&s->fd);
}
