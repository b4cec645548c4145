/* SPDX-License-Identifier: Apache-2.0 */
#include "net/outside/host-address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "net/netlink/link.h"
#include "net/netlink/route.h"

union socket_address {
	struct sockaddr_in6 in6; /* first, as it is the longest: { 0 } is all zeros */
	struct sockaddr_in in;
	struct sockaddr any;
};

/* An address for documentation.  Nothing is sent there: the kernel only tells which address would
 * be the sender. */
static socklen_t address_somewhere(uint8_t family, union socket_address *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->any.sa_family = family;
	if (family == AF_INET) {
		ret->in.sin_port = htons(9);
		inet_pton(family, "203.0.113.1", &ret->in.sin_addr);
		return sizeof(ret->in);
	}
	ret->in6.sin6_port = htons(9);
	inet_pton(family, "2001:db8::1", &ret->in6.sin6_addr);
	return sizeof(ret->in6);
}

static int address_to_world(uint8_t family, struct ip *ret)
{
	cleanup_close int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	union socket_address at;
	socklen_t len = address_somewhere(family, &at);

	if (fd < 0 || connect(fd, &at.any, len) < 0 || getsockname(fd, &at.any, &len) < 0)
		return -errno;
	*ret = (struct ip){ .family = family };
	if (family == AF_INET)
		memcpy(ret->bytes, &at.in.sin_addr, sizeof(at.in.sin_addr));
	else
		memcpy(ret->bytes, &at.in6.sin6_addr, sizeof(at.in6.sin6_addr));
	return 0;
}

static bool is_of_others(const struct ip *ip)
{
	if (ip->family == AF_INET)
		return ip->bytes[0] != 127 && !(ip->bytes[0] == 169 && ip->bytes[1] == 254);
	/* Global addresses, and unique local ones. */
	return (ip->bytes[0] & 0xe0) == 0x20 || (ip->bytes[0] & 0xfe) == 0xfc;
}

struct search {
	uint8_t family;
	struct ip found;
};

static int look_at(const struct address *a, void *arg)
{
	struct search *search = arg;

	if (a->net.ip.family == search->family && ip_is_none(&search->found) &&
	    is_of_others(&a->net.ip))
		search->found = a->net.ip;
	return 0;
}

int host_address(struct netlink *nl, uint8_t family, struct ip *ret)
{
	struct search search = { .family = family };
	struct ip ip;
	int r;

	if (address_to_world(family, &ip) == 0 && is_of_others(&ip)) {
		*ret = ip;
		return 0;
	}
	r = address_each(nl, look_at, &search);
	if (r < 0)
		return r;
	if (ip_is_none(&search.found))
		return -EADDRNOTAVAIL;
	*ret = search.found;
	return 0;
}
