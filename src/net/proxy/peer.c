/* SPDX-License-Identifier: Apache-2.0 */
#include "net/proxy/peer.h"

#include <string.h>

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

static bool is_mapped(const uint8_t *bytes)
{
	return memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

static void read_in6(const struct sockaddr_in6 *from, struct peer *ret)
{
	const uint8_t *bytes = from->sin6_addr.s6_addr;

	ret->port = ntohs(from->sin6_port);
	if (is_mapped(bytes)) {
		ret->ip.family = AF_INET;
		memcpy(ret->ip.bytes, bytes + sizeof(mapped_prefix), 4);
		return;
	}
	ret->ip.family = AF_INET6;
	memcpy(ret->ip.bytes, bytes, 16);
	ret->scope = from->sin6_scope_id;
}

void peer_read(const union peer_address *from, struct peer *ret)
{
	*ret = (struct peer){ 0 };
	if (from->any.sa_family == AF_INET6) {
		read_in6(&from->in6, ret);
	} else if (from->any.sa_family == AF_INET) {
		ret->ip.family = AF_INET;
		memcpy(ret->ip.bytes, &from->in.sin_addr, 4);
		ret->port = ntohs(from->in.sin_port);
	}
}

socklen_t peer_write(const struct peer *p, int family, union peer_address *ret)
{
	*ret = (union peer_address){ 0 };
	if (family == AF_INET && p->ip.family == AF_INET) {
		ret->in.sin_family = AF_INET;
		ret->in.sin_port = htons(p->port);
		memcpy(&ret->in.sin_addr, p->ip.bytes, 4);
		return sizeof(ret->in);
	}
	if (family != AF_INET6 || p->ip.family == 0)
		return 0;
	ret->in6.sin6_family = AF_INET6;
	ret->in6.sin6_port = htons(p->port);
	ret->in6.sin6_scope_id = p->scope;
	if (p->ip.family == AF_INET6) {
		memcpy(&ret->in6.sin6_addr, p->ip.bytes, 16);
	} else {
		memcpy(&ret->in6.sin6_addr, mapped_prefix, sizeof(mapped_prefix));
		memcpy(ret->in6.sin6_addr.s6_addr + sizeof(mapped_prefix), p->ip.bytes, 4);
	}
	return sizeof(ret->in6);
}

static bool is_local_in6(const uint8_t *bytes)
{
	struct in6_addr a;

	memcpy(&a, bytes, sizeof(a));
	return IN6_IS_ADDR_LOOPBACK(&a) || IN6_IS_ADDR_LINKLOCAL(&a) ||
	       IN6_IS_ADDR_UNSPECIFIED(&a) || IN6_IS_ADDR_MULTICAST(&a);
}

bool peer_is_local(const struct peer *p)
{
	const uint8_t *b = p->ip.bytes;

	if (p->ip.family == AF_INET6)
		return is_local_in6(b);
	return p->ip.family != AF_INET || b[0] == 127 || b[0] == 0 || b[0] >= 224 ||
	       (b[0] == 169 && b[1] == 254);
}

bool peer_is_group(const struct peer *p)
{
	const uint8_t *b = p->ip.bytes;

	return p->ip.family == AF_INET ? b[0] >= 224 : p->ip.family == AF_INET6 && b[0] == 0xff;
}
