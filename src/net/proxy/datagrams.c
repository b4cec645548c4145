/* SPDX-License-Identifier: Apache-2.0 */
#include "net/proxy/datagrams.h"

#include <errno.h>
#include <string.h>

int datagrams_receive(struct datagrams *d, int fd)
{
	int n;

	for (unsigned i = 0; i < DATAGRAMS_MAX; i++) {
		d->bytes[i] = (struct iovec){ d->room[i], DATAGRAM_BYTES };
		d->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &d->from[i],
			.msg_namelen = sizeof(d->from[i]),
			.msg_iov = &d->bytes[i],
			.msg_iovlen = 1,
			.msg_control = d->control[i],
			.msg_controllen = DATAGRAM_CONTROL,
		};
	}
	n = recvmmsg(fd, d->messages, DATAGRAMS_MAX, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		d->bytes[i].iov_len = d->messages[i].msg_len;
	return n < 0 ? -errno : n;
}

static void read_local(struct cmsghdr *c, struct peer *ret)
{
	union peer_address address = { 0 };

	if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		address.in.sin_family = AF_INET;
		address.in.sin_addr = info.ipi_spec_dst;
	} else if (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		address.in6.sin6_family = AF_INET6;
		address.in6.sin6_addr = info.ipi6_addr;
		if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
			address.in6.sin6_scope_id = info.ipi6_ifindex;
	} else {
		return;
	}
	peer_read(&address, ret);
}

void datagrams_local(struct datagrams *d, unsigned i, struct peer *ret)
{
	struct msghdr *m = &d->messages[i].msg_hdr;

	*ret = (struct peer){ 0 };
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		read_local(c, ret);
	if (peer_is_group(ret))
		*ret = (struct peer){ 0 };
}

/* Writes the address to send from.  @control: DATAGRAM_CONTROL bytes.
 * Return: how many are used. */
static size_t write_local(const struct peer *from, int family, char *control)
{
	struct cmsghdr *c = (struct cmsghdr *)(void *)control;
	union peer_address address;
	struct in6_pktinfo info6;

	if (peer_write(from, family, &address) == 0)
		return 0;
	memset(control, 0, DATAGRAM_CONTROL);
	if (family == AF_INET) {
		struct in_pktinfo info = { .ipi_spec_dst = address.in.sin_addr };

		*c = (struct cmsghdr){ CMSG_LEN(sizeof(info)), SOL_IP, IP_PKTINFO };
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		return CMSG_SPACE(sizeof(info));
	}
	info6 = (struct in6_pktinfo){ address.in6.sin6_addr, from->scope };
	*c = (struct cmsghdr){ CMSG_LEN(sizeof(info6)), SOL_IPV6, IPV6_PKTINFO };
	memcpy(CMSG_DATA(c), &info6, sizeof(info6));
	return CMSG_SPACE(sizeof(info6));
}

void datagrams_address(struct datagrams *d, unsigned first, unsigned n, int family,
		       const struct flow_key *key)
{
	union peer_address *address = &d->from[first];
	char *control = d->control[first];
	socklen_t len = key ? peer_write(&key->client, family, address) : 0;
	size_t control_len = key ? write_local(&key->local, family, control) : 0;

	for (unsigned i = first; i < first + n; i++)
		d->messages[i].msg_hdr = (struct msghdr){
			.msg_name = len ? address : NULL,
			.msg_namelen = len,
			.msg_iov = &d->bytes[i],
			.msg_iovlen = 1,
			.msg_control = control_len ? control : NULL,
			.msg_controllen = control_len,
		};
}

unsigned datagrams_send(struct datagrams *d, unsigned first, unsigned n, int fd)
{
	unsigned sent = 0;
	bool again = true;

	while (sent < n) {
		int r = sendmmsg(fd, d->messages + first + sent, n - sent,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (r > 0) {
			sent += (unsigned)r;
			continue;
		}
		/* The error is an earlier datagram's, told of late: this one may still go. */
		if (errno != ECONNREFUSED || !again)
			break;
		again = false;
	}
	return sent;
}
