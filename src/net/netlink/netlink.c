/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  One request is under way at a time.  The kernel does what it is asked for
 * while the request is being sent, and its answer waits in the socket then; that there is a
 * deadline is for kernels that are out of memory.
 */
#include "net/netlink/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define TIMEOUT_SEC 5

struct netlink {
	struct mnl_socket *socket;
	uint32_t sequence;
};

int netlink_new(struct netlink **ret)
{
	const struct timeval timeout = { .tv_sec = TIMEOUT_SEC };
	struct netlink *nl = calloc(1, sizeof(*nl));
	int r;

	if (!nl)
		return -ENOMEM;
	nl->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl->socket || mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    setsockopt(mnl_socket_get_fd(nl->socket), SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout)) < 0) {
		r = -errno;
		netlink_free(nl);
		return r;
	}
	*ret = nl;
	return 0;
}

void netlink_free(struct netlink *nl)
{
	if (!nl)
		return;
	if (nl->socket)
		mnl_socket_close(nl->socket);
	free(nl);
}

void *netlink_begin(struct netlink_request *rq, uint16_t type, uint16_t flags, size_t size)
{
	rq->head = mnl_nlmsg_put_header(rq->room);
	rq->head->nlmsg_type = type;
	rq->head->nlmsg_flags = NLM_F_REQUEST | flags;
	return mnl_nlmsg_put_extra_header(rq->head, size);
}

struct reader {
	netlink_fn fn;
	void *arg;
	int result;
};

static int read_message(const struct nlmsghdr *head, void *arg)
{
	struct reader *reader = arg;

	if (reader->fn)
		reader->result = reader->fn(head, reader->arg);
	return reader->result < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

/* Reads answers until the kernel says that these are all. */
static int receive(struct netlink *nl, struct reader *reader)
{
	_Alignas(8) char room[32768];
	int r = MNL_CB_OK;

	while (r == MNL_CB_OK) {
		ssize_t n = mnl_socket_recvfrom(nl->socket, room, sizeof(room));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		errno = 0;
		r = mnl_cb_run(room, (size_t)n, nl->sequence, mnl_socket_get_portid(nl->socket),
			       read_message, reader);
	}
	if (r < 0 && reader->result == 0)
		return errno ? -errno : -EBADMSG;
	return reader->result;
}

static int ask(struct netlink *nl, struct netlink_request *rq, uint16_t flags,
	       struct reader *reader)
{
	rq->head->nlmsg_flags |= flags;
	rq->head->nlmsg_seq = ++nl->sequence;
	if (mnl_socket_sendto(nl->socket, rq->head, rq->head->nlmsg_len) < 0)
		return -errno;
	return receive(nl, reader);
}

int netlink_call(struct netlink *nl, struct netlink_request *rq)
{
	struct reader reader = { 0 };

	return ask(nl, rq, NLM_F_ACK, &reader);
}

int netlink_dump(struct netlink *nl, struct netlink_request *rq, netlink_fn fn, void *arg)
{
	struct reader reader = { .fn = fn, .arg = arg };

	return ask(nl, rq, NLM_F_DUMP, &reader);
}

int netlink_monitor(int protocol, const int *groups, size_t n, int *ret_fd)
{
	const struct sockaddr_nl own = { .nl_family = AF_NETLINK };
	cleanup_close int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&own, sizeof(own)) < 0)
		return -errno;
	for (size_t i = 0; i < n; i++)
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i],
			       sizeof(groups[i])) < 0)
			return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

void netlink_drain(int fd)
{
	char room[8192];

	/* The socket's overflow (ENOBUFS) is no loss: what it says is thrown away. */
	while (read(fd, room, sizeof(room)) > 0 || errno == ENOBUFS || errno == EINTR)
		errno = 0;
}
