/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The kernel decides who has a port: a port that can be bound is free, and it
 * stays bound until every descriptor of the socket is closed, moat-net's and moatd's.  A port
 * without an address is one socket for both families, which fails where either has the port.
 */
#include "daemon/network/port-socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"

#define BACKLOG	 4096 /* bounded by net.core.somaxconn */
#define ATTEMPTS 8    /* at a port that the kernel chooses */

union address {
	struct sockaddr_in6 in6; /* first, as it is the longest: { 0 } is all zeros */
	struct sockaddr_in in;
	struct sockaddr any;
};

static socklen_t make_address(const struct port_binding *b, int family, uint16_t port,
			      union address *ret)
{
	*ret = (union address){ 0 };
	if (family == AF_INET) {
		ret->in.sin_family = AF_INET;
		ret->in.sin_port = htons(port);
		(void)inet_pton(AF_INET, b->host_ip, &ret->in.sin_addr);
		return sizeof(ret->in);
	}
	ret->in6.sin6_family = AF_INET6;
	ret->in6.sin6_port = htons(port);
	(void)inet_pton(AF_INET6, b->host_ip, &ret->in6.sin6_addr);
	return sizeof(ret->in6);
}

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* Return: the descriptor; -errno. */
static int open_on(const struct port_binding *b, int family, uint16_t port)
{
	bool is_tcp = b->protocol == PORT_TCP;
	union address address;
	socklen_t len = make_address(b, family, port, &address);
	cleanup_close int fd = socket(
		family, (is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = fd < 0 ? -errno : 0;

	if (r == 0 && family == AF_INET6)
		r = set_option(fd, SOL_IPV6, IPV6_V6ONLY, b->host_ip[0] != '\0');
	/* Connections of an earlier run that are being closed do not hold the port. */
	if (r == 0 && is_tcp)
		r = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (r == 0 && bind(fd, &address.any, len) < 0)
		r = -errno;
	if (r == 0 && is_tcp && listen(fd, BACKLOG) < 0)
		r = -errno;
	return r < 0 ? r : take_fd(&fd);
}

/* Has the host no IPv6 at all? */
static bool lacks_family(int r)
{
	return r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL || r == -EPROTONOSUPPORT;
}

static int open_any_family(const struct port_binding *b, uint16_t port)
{
	bool v4 = b->host_ip[0] && !strchr(b->host_ip, ':');
	int r = v4 ? -EAFNOSUPPORT : open_on(b, AF_INET6, port);

	return v4 || (!b->host_ip[0] && lacks_family(r)) ? open_on(b, AF_INET, port) : r;
}

/* Two sockets for which the kernel chose the same port may collide only when they listen: tried
 * again. */
static int open_free(const struct port_binding *b)
{
	int r = -EADDRINUSE;

	for (int i = 0; i < ATTEMPTS && r == -EADDRINUSE; i++)
		r = open_any_family(b, 0);
	return r;
}

static int open_range(const struct port_binding *b)
{
	int r = -EADDRINUSE;

	for (uint32_t port = b->host.first; port <= b->host.last && r == -EADDRINUSE; port++)
		r = open_any_family(b, (uint16_t)port);
	return r;
}

static const char *shown_ip(const struct port_binding *b)
{
	return b->host_ip[0] ? b->host_ip : "0.0.0.0";
}

/* "0.0.0.0:8080", "[::1]:8000-8010" */
static void describe_place(const struct port_binding *b, struct port_range r, char *ret,
			   size_t size)
{
	bool v6 = strchr(b->host_ip, ':') != NULL;
	int len = snprintf(ret, size, "%s%s%s:%u", v6 ? "[" : "", shown_ip(b), v6 ? "]" : "",
			   r.first);

	if (r.last > r.first && len > 0 && (size_t)len < size)
		snprintf(ret + len, size - (size_t)len, "-%u", r.last);
}

static int explain_failure(const struct port_binding *b, struct port_range range, int code,
			   struct err *err)
{
	char key[PORT_TEXT_MAX], place[INET6_ADDRSTRLEN + 32];

	port_key(b->port, b->protocol, key);
	describe_place(b, range, place, sizeof(place));
	switch (code) {
	case -EADDRINUSE:
		return err_set(err, code,
			       "cannot publish port %s: Bind for %s failed: port is already "
			       "allocated",
			       key, place);
	case -EACCES:
		return err_set(
			err, code,
			"cannot publish port %s: Bind for %s failed: ports below that of "
			"net.ipv4.ip_unprivileged_port_start (1024, as a rule) are for root; "
			"choose a higher one, as in -p 80%02u:%u",
			key, place, b->port % 100u, b->port);
	case -EADDRNOTAVAIL:
		return err_set(err, code, "cannot publish port %s: %s is no address of this host",
			       key, shown_ip(b));
	default:
		return err_errno(err, code, "cannot publish port %s: Bind for %s failed", key,
				 place);
	}
}

uint16_t port_socket_number(int fd)
{
	union address address = { 0 };
	socklen_t len = sizeof(address);

	if (getsockname(fd, &address.any, &len) < 0)
		return 0;
	return ntohs(address.any.sa_family == AF_INET6 ? address.in6.sin6_port
						       : address.in.sin_port);
}

bool port_socket_is_dual(int fd)
{
	int family = 0, only = 1;
	socklen_t len = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) == 0 && family == AF_INET6 &&
	       getsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &only, &len) == 0 && !only;
}

int port_socket_open(const struct port_binding *b, uint16_t port, int *ret_fd, uint16_t *ret_port,
		     struct err *err)
{
	struct port_range range = port ? (struct port_range){ port, port } : b->host;
	int fd = port ? open_any_family(b, port) : b->host.first ? open_range(b) : open_free(b);

	if (fd < 0)
		return explain_failure(b, range, fd, err);
	*ret_port = port_socket_number(fd);
	*ret_fd = fd;
	return 0;
}
