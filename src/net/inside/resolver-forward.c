/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Each of the host's resolvers is reached by forwards of the relay, which
 * listen on loopback, for dnsmasq.  Their sockets come from the outside, where they are the host's
 * own, so whatever the host can ask, containers can, too: a resolver on the host's loopback, behind
 * its VPN, or where its firewall lets nothing pass through.
 */
#include "net/inside/resolver-forward.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "net/inside/handle-publish.h"
#include "net/inside/names.h"
#include "net/inside/outward.h"
#include "net/proxy/proxy.h"

#define LISTEN_QUEUE 128

static int dial_server(const struct peer *to, int type, void *arg)
{
	struct wire_message m = { .kind = WIRE_DIAL, .dial.type = type };
	int fd = -1, r;

	m.dial.resolver = to->port - NAMES_SERVER_PORT;
	r = outward_ask(arg, &m, -1, &fd);
	return r == 0 && fd < 0 ? -EBADMSG : r < 0 ? r : fd;
}

static int listen_at(uint32_t i, int type)
{
	const struct sockaddr_in at = { .sin_family = AF_INET,
					.sin_port = htons((uint16_t)(NAMES_SERVER_PORT + i)),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int on = 1;
	cleanup_close int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		return -errno;
	if (type == SOCK_STREAM && listen(fd, LISTEN_QUEUE) < 0)
		return -errno;
	return take_fd(&fd);
}

/* The address is only a name for the resolver: the outside knows where it is. */
static int forward_by(struct keeper *k, uint32_t i, int type)
{
	struct proxy_spec spec = {
		.protocol = type == SOCK_STREAM ? PROXY_TCP : PROXY_UDP,
		.target = { .v4.net = { { AF_INET, { 127, 0, 0, 1 } }, 32 },
			    .port = (uint16_t)(NAMES_SERVER_PORT + i) },
		.dialer = { .socket = dial_server, .connects = true, .arg = k->outward },
	};
	char key[32];
	int fd, r;

	snprintf(key, sizeof(key), PUBLISH_OWN "%s-%u", type == SOCK_STREAM ? "tcp" : "udp", i);
	fd = proxy_fd(k->proxy, key) >= 0 ? -1 : listen_at(i, type);
	if (fd < 0 && fd != -1)
		return fd;
	r = proxy_publish(k->proxy, key, &spec, fd);
	if (r < 0 && fd >= 0)
		close(fd);
	return r;
}

int resolver_forward(struct keeper *k, uint32_t i)
{
	int r = forward_by(k, i, SOCK_DGRAM);

	return r == 0 ? forward_by(k, i, SOCK_STREAM) : r;
}
