/* SPDX-License-Identifier: Apache-2.0 */
#include "net/outside/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"

#define DNS_PORT 53

union address {
	struct sockaddr_in6 in6; /* first, as it is the longest: { 0 } is all zeros */
	struct sockaddr_in in;
	struct sockaddr any;
};

static socklen_t fill_address(const struct wire_resolver *r, union address *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (r->ip.family == AF_INET) {
		ret->in.sin_family = AF_INET;
		ret->in.sin_port = htons(DNS_PORT);
		memcpy(&ret->in.sin_addr, r->ip.bytes, sizeof(ret->in.sin_addr));
		return sizeof(ret->in);
	}
	ret->in6.sin6_family = AF_INET6;
	ret->in6.sin6_port = htons(DNS_PORT);
	ret->in6.sin6_scope_id = r->scope;
	memcpy(&ret->in6.sin6_addr, r->ip.bytes, sizeof(ret->in6.sin6_addr));
	return sizeof(ret->in6);
}

int resolver_dial(const struct wire_resolver *resolver, int type, int *ret_fd)
{
	cleanup_close int fd = -1;
	union address to;
	socklen_t len;

	if ((type != SOCK_STREAM && type != SOCK_DGRAM) || ip_is_none(&resolver->ip))
		return -EINVAL;
	fd = socket(resolver->ip.family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	len = fill_address(resolver, &to);
	if (connect(fd, &to.any, len) < 0 && errno != EINPROGRESS)
		return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}
