/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  To speak with a client's address, a socket is made transparent and bound to
 * it: the kernel then sends from an address that is not its own, and what comes back for it is led
 * to the socket by a rule (transparent.c).  The client's port is taken as well where it is free; it
 * is not, if the same client reaches the same service by two published ports.  What fails for want
 * of an address is tried again with the next one.
 */
#include "net/proxy/dial.h"

#include <errno.h>
#include <netinet/tcp.h>

#include "base/cleanup.h"

static int new_socket(const struct proxy_dialer *d, const struct peer *to, int type)
{
	int fd;

	if (d->socket)
		return d->socket(to, type, d->arg);
	fd = socket(to->ip.family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd < 0 ? -errno : fd;
}

static int set_option(int fd, int level, int name)
{
	int on = 1;

	return setsockopt(fd, level, name, &on, sizeof(on)) < 0 ? -errno : 0;
}

static int bind_source(int fd, const struct peer *from)
{
	int family = from->ip.family;
	union peer_address address;
	socklen_t len = peer_write(from, family, &address);
	int r = family == AF_INET ? set_option(fd, SOL_IP, IP_TRANSPARENT)
				  : set_option(fd, SOL_IPV6, IPV6_TRANSPARENT);

	/* Two sockets may share an address and port if they are connected to different ones. */
	if (r == 0)
		r = set_option(fd, SOL_SOCKET, SO_REUSEADDR);
	if (r == 0 && from->port == 0)
		r = set_option(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT);
	if (r == 0 && bind(fd, &address.any, len) < 0)
		r = -errno;
	return r;
}

/* A dialer may have begun to connect the socket itself. */
static bool is_under_way(int error)
{
	return error == EINPROGRESS || error == EALREADY || error == EISCONN;
}

/* @from: NULL: the kernel chooses */
static int dial_from(const struct proxy_dialer *d, const struct peer *to, const struct peer *from,
		     int type, int *ret_fd)
{
	union peer_address address;
	socklen_t len = peer_write(to, to->ip.family, &address);
	cleanup_close int fd = new_socket(d, to, type);
	int r = fd < 0 ? fd : 0;

	if (r == 0 && from)
		r = bind_source(fd, from);
	if (r == 0 && !d->connects && connect(fd, &address.any, len) < 0 && !is_under_way(errno))
		r = -errno;
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

/* Is the failure about the sender's address, and not about the service? */
static bool is_about_source(int r)
{
	return r == -EADDRINUSE || r == -EADDRNOTAVAIL || r == -EINVAL || r == -EPERM ||
	       r == -EACCES;
}

int dial(const struct proxy_dialer *d, const struct route *route, int type, int *ret_fd)
{
	int r = -EADDRNOTAVAIL;

	for (size_t i = 0; i < route->n_from && is_about_source(r); i++)
		r = dial_from(d, &route->to, &route->from[i], type, ret_fd);
	return is_about_source(r) ? dial_from(d, &route->to, NULL, type, ret_fd) : r;
}
